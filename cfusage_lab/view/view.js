// One altair chart in a notebook cell: drawn offline, updated in place, with its errors where the chart would be.
// What draws stands in drawing.js, which is put before this file.

// The Vega library is one module a page and version, however many charts there are.
const libraries = (globalThis.cfusageLabLibraries ??= new Map());

async function loadVega(model, host) {
  const library = await host.getModel(model.get("_library"));
  const name = library.get("name");
  if (!libraries.has(name)) {
    const loading = libraryFrom(library.get("source"));
    loading.catch(() => libraries.delete(name));
    libraries.set(name, loading);
  }
  return libraries.get(name);
}

// JupyterLab takes the arrow keys to go from cell to cell; in a list beside our charts they choose.
function keepKeys({ target }) {
  if (target.matches(".cfusage-explorer select")) target.dataset.lmSuppressShortcuts = "true";
}
globalThis.cfusageLabKeys ??= (document.addEventListener("focusin", keepKeys), true);

function render({ model, el, host }) {
  const root = document.createElement("div");
  root.className = "cfusage-chart";
  el.append(root);

  // A drag makes many selections; the last one is told.
  const untold = {};
  let timer;
  function tell() {
    clearTimeout(timer);
    const told = Object.entries({ ...model.get("selections"), ...untold }).filter(([, value]) => value);
    for (const name of Object.keys(untold)) delete untold[name];
    model.set("selections", Object.fromEntries(told));
    model.save_changes();
  }
  function onSelect(name, value) {
    untold[name] = value;
    clearTimeout(timer);
    timer = setTimeout(tell, 50);
  }

  function onOutcome(message) {
    if (model.get("error") === message) return;
    model.set("error", message);
    model.save_changes();
  }

  const chart = mount(root, {
    library: () => loadVega(model, host),
    read: () => ({
      spec: model.get("_spec"),
      values: model.get("_values"),
      tables: model.get("_tables"),
      selections: { ...model.get("selections"), ...untold },
      theme: model.get("theme"),
      description: model.get("_description"),
    }),
    onSelect,
    onOutcome,
  });

  // What was selected so lately that Python did not know of it when it drew anew.
  async function clear({ kind, names }) {
    if (kind !== "clear") return;
    const drawing = await chart.settled();
    for (const name of names) if (drawing?.agreed[name]) select(drawing.view, drawing.selections[name], undefined);
    await drawing?.view.runAsync();
  }

  const listeners = {
    "change:_spec": chart.change,
    "change:theme": chart.change,
    "change:_tables": chart.change,
    "change:_values": chart.change,
    "change:_description": chart.change,
    "change:selections": chart.change,
    "msg:custom": clear,
  };
  for (const [event, listener] of Object.entries(listeners)) model.on(event, listener);

  return () => {
    for (const [event, listener] of Object.entries(listeners)) model.off(event, listener);
    clearTimeout(timer);
    chart.close();
  };
}

export default { render };
