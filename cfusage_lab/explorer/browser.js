// What only a browser can do for the explorer: tell its zone, save a file, copy a text, hear the Escape key.

const KEPT = 60_000; // milliseconds; a browser that asks where to save a file reads it only then
const NOT_TYPED = ["button", "checkbox", "color", "file", "image", "radio", "range", "reset", "submit"];

function save({ name, mime }, [content]) {
  const address = URL.createObjectURL(new Blob([content], { type: mime }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.style.display = "none";
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(address), KEPT);
}

// The clipboard is refused on pages without https, and inside a frame that has no leave for it.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyByHand(text);
  }
}

function copyByHand(text) {
  const focused = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.style.cssText = "position: fixed; top: 0; opacity: 0";
  document.body.append(field);
  field.select();
  let isCopied = false;
  try {
    isCopied = document.execCommand("copy");
  } catch {
    // then it is not copied, and Python hears so
  }
  field.remove();
  focused?.focus?.({ preventScroll: true });
  return isCopied;
}

function isTyping(target) {
  if (target.isContentEditable || target.matches?.("textarea")) return true;
  return Boolean(target.matches?.("input")) && !NOT_TYPED.includes(target.type);
}

// Once for each explorer, however often it is shown: a file is saved once.
function initialize({ model }) {
  async function hear(message, buffers) {
    if (message.kind === "save") save(message, buffers);
    if (message.kind === "copy") model.send({ kind: "copied", is_copied: await copy(message.text) });
  }
  model.on("msg:custom", hear);
  model.set("time_zone", Intl.DateTimeFormat().resolvedOptions().timeZone ?? "");
  model.save_changes();
  return () => model.off("msg:custom", hear);
}

function render({ model, el }) {
  function onKey({ key, target }) {
    if (key !== "Escape" || isTyping(target)) return;
    const explorer = el.closest(".cfusage-explorer");
    if (explorer?.contains(target) || explorer?.matches(":hover")) model.send({ kind: "escape" });
  }
  function onClick({ target }) {
    const action = target.closest?.("[data-action]");
    if (action && el.closest(".cfusage-explorer")?.contains(action)) {
      model.send({ kind: "action", action: action.dataset.action });
    }
  }
  document.addEventListener("keydown", onKey, true); // JupyterLab keeps some keys from going further
  document.addEventListener("click", onClick, true);
  return () => {
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("click", onClick, true);
  };
}

export default { initialize, render };
