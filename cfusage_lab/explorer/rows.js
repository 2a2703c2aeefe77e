// A table of few rows that can be chosen and unfolded, by mouse and by keyboard. Every text is data: none is markup.

const ARROWS = { up: "▲", down: "▼" };
const MOVES = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
const KEYS = [...Object.keys(MOVES), "ArrowLeft", "ArrowRight", "Enter", " "];
const SVG = "http://www.w3.org/2000/svg";
const SPARK = { width: 96, height: 22, margin: 3 };

function element(name, className, ...content) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...content);
  return made;
}

function drawn(name, attributes, ...content) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...content);
  return made;
}

function padded(text, letters, className) {
  const made = element("span", className, text);
  made.style.minWidth = letters ? `${letters + 1}ch` : ""; // signs are wider than digits
  return made;
}

// Cells, by the kind of their column. What a whole column shares is measured once.

function measure(kind, cells) {
  const known = cells.filter((cell) => cell !== null && cell !== undefined);
  const longest = (name) => Math.max(0, ...known.map((cell) => (cell[name] ?? "").length));
  if (kind === "bar") {
    const ratios = known.map(({ ratio }) => Math.max(-1, Math.min(1, ratio ?? 0)));
    const lowest = Math.min(0, ...ratios);
    const highest = lowest === 0 || ratios.some((ratio) => ratio > 0) ? 1 : 0;
    return { letters: longest("text"), lowest, span: highest - lowest };
  }
  return { letters: longest("text"), noted: longest("note") };
}

function bar({ ratio, text }, { letters, lowest, span }) {
  const fill = element("span", ratio < 0 ? "cfusage-fill cfusage-below" : "cfusage-fill");
  const within = Math.max(-1, Math.min(1, ratio ?? 0));
  fill.style.left = `${(100 * (Math.min(0, within) - lowest)) / span}%`;
  fill.style.width = `${(100 * Math.abs(within)) / span}%`;
  return element("div", "cfusage-bar", padded(text, letters), element("span", "cfusage-track", ...(ratio ? [fill] : [])));
}

function change({ text, note, direction }, { letters, noted }) {
  const arrow = element("span", `cfusage-arrow cfusage-${direction}`, ARROWS[direction] ?? "");
  arrow.ariaHidden = "true";
  const made = element("div", "cfusage-change", arrow, padded(text, letters));
  if (noted) made.append(padded(note ?? "", noted, "cfusage-note"));
  return made;
}

// A line from the first value to the last, with gaps where a value is not known, over a floor of nothing.
function spark({ values, text }) {
  const { width, height, margin } = SPARK;
  const known = values.filter((value) => value !== null);
  if (!known.length) return element("span", "cfusage-note", "–");
  const floor = Math.min(0, ...known);
  const span = Math.max(0, ...known) - floor || 1;
  const step = (width - 2 * margin) / Math.max(1, values.length - 1);
  const at = values.map((value, place) =>
    value === null ? null : [margin + place * step, height - margin - ((value - floor) / span) * (height - 2 * margin)],
  );
  let path = "";
  at.forEach((point, place) => {
    if (point) path += `${at[place - 1] ? "L" : "M"}${point.map((number) => number.toFixed(1)).join(" ")}h0`;
  });
  const [x, y] = at.findLast((point) => point);
  return drawn(
    "svg",
    { class: "cfusage-spark", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": text },
    drawn("path", { d: path }),
    drawn("circle", { cx: x, cy: y, r: 2 }),
  );
}

const MAKERS = { bar, change, spark };

function render({ model, el }) {
  const box = element("div", "cfusage-rows");
  el.append(box);
  const known = new Map(); // key → its row on the page, and the JSON of what it shows
  let focused = null; // the key of the row that the Tab key reaches

  const find = (key) => model.get("rows").find((row) => row.key === key);
  const elements = () => [...box.querySelectorAll("tbody tr")];

  function fill(line, row, columns, shared) {
    line.dataset.key = row.key;
    line.className = row.is_quiet ? "cfusage-quiet" : "";
    line.title = row.tooltip;
    line.ariaLevel = shared.isTree ? row.level + 1 : null;
    line.ariaExpanded = row.is_expandable ? String(row.is_open) : null;
    line.ariaSelected = row.is_selected === null ? null : String(row.is_selected);
    const cells = columns.map(({ kind }, place) => {
      const cell = row.cells[place];
      const made = element(place ? "td" : "th", `cfusage-${kind}`);
      if (!place) made.scope = "row";
      if (cell !== null && MAKERS[kind]) made.append(MAKERS[kind](cell, shared.measured[place]));
      else made.append(element("span", "cfusage-words", cell ?? ""));
      if (!place && kind === "text" && cell) made.title = [cell, row.tooltip].filter(Boolean).join(": "); // it may be cut off
      return made;
    });
    if (shared.isTree) cells[0]?.prepend(opener(row));
    line.replaceChildren(...cells);
  }

  function opener({ level, is_expandable, is_open }) {
    const made = element(is_expandable ? "button" : "span", "cfusage-opener");
    made.style.marginInlineStart = `${18 * level}px`;
    if (is_expandable) {
      Object.assign(made, { type: "button", tabIndex: -1, ariaLabel: is_open ? "Fold" : "Unfold" });
    }
    return made;
  }

  function draw() {
    const [columns, rows] = [model.get("columns"), model.get("rows")];
    const had = box.contains(document.activeElement) ? document.activeElement.closest("tbody tr") : null;
    const place = had ? elements().indexOf(had) : -1;
    if (!rows.length) {
      known.clear();
      box.replaceChildren(element("p", "cfusage-empty", model.get("empty")));
      return;
    }
    const isTree = rows.some((row) => row.is_expandable || row.level > 0);
    const measured = columns.map(({ kind }, at) => measure(kind, rows.map(({ cells }) => cells[at])));
    let table = box.querySelector("table");
    if (!table) {
      table = element("table", "", element("caption", ""), element("thead", ""), element("tbody", ""));
      box.replaceChildren(table);
    }
    table.setAttribute("role", isTree ? "treegrid" : "grid");
    table.ariaMultiSelectable = String(model.get("is_multiple"));
    table.caption.textContent = model.get("caption");
    const heads = columns.map(({ name, kind }, at) => {
      const head = element("th", `cfusage-${kind}`, kind === "bar" ? padded(name, measured[at].letters) : name);
      head.scope = "col";
      return head;
    });
    table.tHead.replaceChildren(element("tr", "", ...heads));
    const shared = { isTree, measured };
    const lines = rows.map((row) => {
      const text = JSON.stringify([row, columns, shared]);
      const kept = known.get(row.key) ?? { line: element("tr", "") };
      if (kept.text !== text) fill(kept.line, row, columns, shared);
      known.set(row.key, { line: kept.line, text });
      return kept.line;
    });
    const [body] = table.tBodies;
    const isSame = body.rows.length === lines.length && lines.every((line, at) => line === body.rows[at]);
    if (!isSame) body.replaceChildren(...lines);
    const keys = new Set(rows.map(({ key }) => key));
    for (const key of known.keys()) if (!keys.has(key)) known.delete(key);
    reach(keys.has(focused) ? focused : (rows.find((row) => row.is_selected) ?? rows[0]).key);
    if (had && document.activeElement !== had) {
      focus(keys.has(had.dataset.key) ? had : lines[Math.min(place, lines.length - 1)]);
    }
  }

  // One row is in the tab order: the one that was focused last.
  function reach(key) {
    focused = key;
    for (const line of elements()) line.tabIndex = line.dataset.key === key ? 0 : -1;
  }

  function focus(line) {
    if (!line) return;
    reach(line.dataset.key);
    line.focus({ preventScroll: true });
  }

  function go(line) {
    focus(line);
    line?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  const choose = (key, event) =>
    model.send({ kind: "click", key, is_added: event.ctrlKey || event.metaKey || event.shiftKey });
  const open = (key) => model.send({ kind: "open", key });

  function onClick(event) {
    const line = event.target.closest("tbody tr");
    if (!line) return;
    const isAdded = event.ctrlKey || event.metaKey || event.shiftKey;
    if (event.target.closest("button")) {
      reach(line.dataset.key);
      line.focus({ preventScroll: true });
      open(line.dataset.key);
      return;
    }
    const marked = window.getSelection();
    const isMarking = !marked.isCollapsed && box.contains(marked.anchorNode);
    if (event.detail > 1 || (isMarking && !isAdded)) return; // a double click is one; marked text is to be copied
    reach(line.dataset.key);
    if (find(line.dataset.key)?.is_selected !== null) choose(line.dataset.key, event);
  }

  // The browser would mark text from the last click to this one.
  function onPress(event) {
    const line = event.target.closest("tbody tr");
    if (!line || !event.shiftKey) return;
    event.preventDefault();
    line.focus({ preventScroll: true });
  }

  function onKey(event) {
    const line = event.target.closest("tbody tr");
    if (!line || event.altKey || !KEYS.includes(event.key)) return;
    event.preventDefault();
    const lines = elements();
    const [place, row] = [lines.indexOf(line), find(line.dataset.key)];
    if (!row) return;
    if (event.key in MOVES) {
      go(lines[Math.max(0, Math.min(lines.length - 1, place + MOVES[event.key]))]);
    } else if (event.key === "ArrowRight") {
      if (row.is_expandable && row.is_open) go(lines[place + 1]);
      else if (row.is_expandable) open(row.key);
    } else if (event.key === "ArrowLeft") {
      const above = lines.slice(0, place).findLast((one) => (find(one.dataset.key)?.level ?? 0) < row.level);
      if (row.is_expandable && row.is_open) open(row.key);
      else go(above);
    } else if (row.is_selected !== null) choose(row.key, event);
  }

  // JupyterLab hears keys first, and goes from cell to cell with the arrows; here they go from row to row.
  function keepKeys(event) {
    const line = event.target.closest?.("tbody tr");
    if (box.contains(line)) line.toggleAttribute("data-lm-suppress-shortcuts", KEYS.includes(event.key));
  }

  const listeners = { click: onClick, mousedown: onPress, keydown: onKey };
  for (const [event, listener] of Object.entries(listeners)) box.addEventListener(event, listener);
  window.addEventListener("keydown", keepKeys, true);
  model.on("change", draw); // once, however many traits came together
  draw();

  return () => {
    model.off("change", draw);
    window.removeEventListener("keydown", keepKeys, true);
    for (const [event, listener] of Object.entries(listeners)) box.removeEventListener(event, listener);
  };
}

export default { render };
