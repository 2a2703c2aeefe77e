// Draws an altair chart that Python has taken apart: {spec, values, tables}. Knows no widget and no kernel, so that
// a page without either draws with the very same code.

// The Vega library

async function libraryFrom(source) {
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  try {
    return await prepare(await import(url));
  } finally {
    URL.revokeObjectURL(url);
  }
}

// Vega only logs what fails while it draws; in this kind of view it becomes an error that somebody sees.
async function prepare({ vegaEmbed }) {
  const { view, finalize } = await vegaEmbed(document.createElement("div"), {}, { mode: "vega", actions: false });
  finalize();
  class WatchedView extends view.constructor {
    error(...reasons) {
      this.failure ??= reasons.map((reason) => reason?.message ?? String(reason)).join(" ");
      return this;
    }
    warn(...reasons) {
      if (reasons[0] === "Loading failed") return this.error(...reasons);
      return String(reasons[0]).startsWith("Infinite extent") ? this : super.warn(...reasons); // no rows: no matter
    }
    async redraw() {
      await this.runAsync();
      if (this.failure) throw new Error(this.failure);
    }
  }
  return { vegaEmbed, WatchedView };
}

// Binary columns (packing.py) to the rows that Vega wants; rows that come as such stay as they are.

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f64: Float64Array };

function bytesOf(view) {
  return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength);
}

function onTheViewersClock(moment) {
  const clock = new Date(moment);
  return new Date(
    clock.getUTCFullYear(), clock.getUTCMonth(), clock.getUTCDate(),
    clock.getUTCHours(), clock.getUTCMinutes(), clock.getUTCSeconds(), clock.getUTCMilliseconds(),
  ).getTime();
}

// Runs are steps from one code to the next, and how often each is taken.
function codesOf(length, width, values) {
  if (width !== "runs") return new arrays[width](bytesOf(values));
  const runs = new Int32Array(bytesOf(values));
  const codes = new Float64Array(length);
  for (let run = 0, row = 0, code = 0; run < runs.length; run += 2) {
    for (let left = runs[run + 1]; left > 0; left--) codes[row++] = code += runs[run];
  }
  return codes;
}

function readerOf({ kind, width, base, step, divisor = 1, values, known, categories, local }, length) {
  const codes = codesOf(length, width, values);
  const mask = known && new Uint8Array(bytesOf(known));
  const read = {
    text: (row) => categories[codes[row]],
    boolean: (row) => base + codes[row] === 1,
    number: (row) => (base + step * codes[row]) / divisor,
  }[kind];
  const told = local ? (row) => onTheViewersClock(read(row)) : read;
  return mask ? (row) => (mask[row] ? told(row) : null) : told;
}

// The rows of a table, or those that have a value in a column.
function unpack(table, only) {
  if (Array.isArray(table)) {
    return table.filter((row) => !only || row[only.column] === only.value).map((row) => ({ ...row }));
  }
  const { length, columns } = table;
  const readers = columns.map((column) => [column.name, readerOf(column, length)]);
  const isMeant = only && readers.find(([name]) => name === only.column)[1];
  const rows = [];
  for (let row = 0; row < length; row++) {
    if (isMeant && isMeant(row) !== only.value) continue;
    const record = {};
    for (const [name, read] of readers) record[name] = read(row);
    rows.push(record);
  }
  return rows;
}

// Colours and type: those of a theme that was asked for, else those of what is around the chart. Whatever the chart
// itself sets, wins.

const darkScheme = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const { classList, dataset } = document.body;
  if (dataset.jpThemeLight) return dataset.jpThemeLight === "false";
  if (classList.contains("vscode-light") || classList.contains("vscode-dark")) return classList.contains("vscode-dark");
  return darkScheme.matches;
}

function nameOf(theme) {
  return theme === "light" || theme === "dark" ? theme : isDark() ? "dark" : "light";
}

function configOf(theme, el) {
  const style = getComputedStyle(el);
  const font = style.getPropertyValue("--jp-ui-font-family") || style.fontFamily;
  const config = themes[nameOf(theme)];
  const background = theme === nameOf(theme) ? config.background : "transparent";
  return { ...config, background, font, mark: { ...config.mark, font } };
}

// What of the page decides how a chart that follows it looks.
function look() {
  return `${isDark()} ${document.body.dataset.jpThemeName}`;
}

function watchTheme(onChange) {
  let last = look();
  const compare = () => {
    if (look() === last) return;
    last = look();
    onChange();
  };
  const observer = new MutationObserver(compare);
  observer.observe(document.body, { attributeFilter: ["class", "data-jp-theme-light", "data-jp-theme-name"] });
  darkScheme.addEventListener("change", compare);
  return () => {
    observer.disconnect();
    darkScheme.removeEventListener("change", compare);
  };
}

// Width: a chart that asks for its container's gets it, in a concatenation too, where Vega-Lite knows no way.

function fillsTheCell(spec) {
  return spec.width === "container" || spec.usermeta?.fillsTheCell === true;
}

// Which labels an axis has room for depends on the width, and so does how far the last one sticks out: where no width
// is the right one, the widest of those that fit is taken.
async function fit({ view, spec, el }) {
  if (!fillsTheCell(spec)) return;
  await grow({ view, spec, el });
  const isInside = view.signal("autosize")?.contains === "padding";
  const tried = new Map();
  for (let width = view.signal("width"); tries(tried, width); width = view.signal("width")) {
    const excess = (isInside ? width : widthBelowHeading(view)) - el.clientWidth;
    tried.set(width, excess);
    if (Math.abs(excess) < 1) return;
    await view.signal("width", Math.max(140, width - excess)).runAsync();
  }
  const fitting = [...tried].filter(([, excess]) => excess < 0).map(([width]) => width);
  if (fitting.length) await view.signal("width", Math.max(...fitting)).runAsync();
}

function tries(tried, width) {
  return tried.size < 4 && !tried.has(width); // a legend that had to stick out may not have to any more
}

// A heading that sticks out would not fit for narrower bars. A label that is hidden beside its neighbour counts: a
// little more room would bring it back, and less would hide it again.
function widthBelowHeading(view) {
  const parts = view.scenegraph().root.items[0].items.filter(({ role }) => role !== "title");
  const spans = parts.flatMap((part) => [[part.bounds.x1, part.bounds.x2], ...labelSpans(part)]);
  const [from, to] = [Math.min(...spans.map(([from]) => from)), Math.max(...spans.map(([, to]) => to))];
  const { left, right } = view.padding();
  return left + Math.ceil(to - from) + right;
}

function labelSpans({ role, items }, x = 0) {
  return items.flatMap((item) => {
    if (role === "axis-label") return item.text ? [[x + item.bounds.x1, x + item.bounds.x2]] : [];
    return (item.items ?? []).flatMap((part) => labelSpans(part, x + (item.x ?? 0)));
  });
}

// A chart may grow in height with its cell, where that is wide: its usermeta has the signals, and the height of each in
// a common cell and at the most.
async function grow({ view, spec, el }) {
  const share = Math.min(1, Math.max(0, (el.clientWidth - 1100) / 1400)); // from a laptop's cell to a wide screen's
  const wanted = Object.entries(spec.usermeta?.heights ?? {})
    .map(([signal, [least, most]]) => [signal, Math.round(least + share * (most - least))])
    .filter(([signal, height]) => view.signal(signal) !== height);
  for (const [signal, height] of wanted) view.signal(signal, height);
  if (wanted.length) await view.runAsync();
}

async function firstWidth(el) {
  if (el.clientWidth > 0) return; // an observer would wait for a frame
  await new Promise((resolve) => {
    const observer = new ResizeObserver(() => {
      if (el.clientWidth === 0) return; // not in the page yet, or in a folded part of it
      observer.disconnect();
      resolve();
    });
    observer.observe(el);
  });
}

// Drawing

// A title is a signal, so that another one takes no new drawing.
const heading = { text: "cfusage_title", subtitle: "cfusage_subtitle" };
// What a chart says only where it answers: a picture made without this file shows no hint.
const live = "cfusage_live";

function complete(spec, values) {
  const copy = structuredClone(spec);
  for (const param of copy.params ?? []) {
    if (Object.hasOwn(values, param.name)) param.value = values[param.name];
    if (param.name === live) param.expr = "true";
    if (param.name === spec.usermeta?.visible?.tally) Object.assign(param, { expr: undefined, value: null });
  }
  for (const [part, name] of Object.entries(heading)) if (Object.hasOwn(values, name)) copy.title[part] = values[name];
  return copy;
}

// Where a table's rows are changed, Vega keeps a copy of each, and a trace of the copy for ever. So times, which
// arrive as numbers, are not parsed again, and rows that are filtered out anyway are filtered out first.
function leanSources(sources, tables) {
  return sources.flatMap((source) => {
    if (!Object.hasOwn(tables, source.source ?? "")) return [source];
    const steps = (source.transform ?? []).filter(({ expr, as }) => expr !== `toDate(datum["${as}"])`);
    const first = steps.findIndex(({ type }) => type !== "filter");
    if (first < 1) return [{ ...source, transform: steps }];
    const filtered = { name: `${source.name}_filtered`, source: source.source, transform: steps.slice(0, first) };
    return [filtered, { ...source, source: filtered.name, transform: steps.slice(first) }];
  });
}

// And a table may hold coarse rows and fine ones, of which one kind is on screen. A chart says so in its usermeta, by
// the column that tells them apart and the signal that says which. The others wait outside: Vega would copy them, too,
// and filter them with each change, which takes half as long again.
function turnsOf({ usermeta }, tables) {
  const { column, signal } = usermeta?.rowsInTurn ?? {};
  const names = Object.keys(tables).filter((name) => column && columnsOf(tables[name]).includes(column));
  return Object.fromEntries(names.map((name) => [name, { column, signal }]));
}

// Which rows to begin with is a guess, the fewer ones; the view then says which.
function firstRows(table, turn) {
  const kinds = [false, true].map((value) => unpack(table, { column: turn.column, value }));
  turn.value = kinds[1].length > 0 && (kinds[0].length === 0 || kinds[1].length < kinds[0].length);
  return kinds[Number(turn.value)];
}

// Rows are changed where they stand: Vega never forgets the number of a row that it has copied, and draws only those
// that differ.
function putRows({ view, tables, turns }, name) {
  const turn = turns[name];
  const rows = unpack(tables[name], turn && { column: turn.column, value: turn.value });
  const old = [...view.data(name)];
  const places = new Map(old.slice(0, rows.length).map((row, nth) => [row, rows[nth]]));
  const changes = view.changeset();
  for (const column of columnsOf(tables[name])) {
    const differs = (row) => places.has(row) && places.get(row)[column] !== row[column];
    if (old.some(differs)) changes.modify(differs, column, (row) => places.get(row)[column]);
  }
  view.change(name, changes.remove(old.slice(rows.length)).insert(rows.slice(old.length)));
}

function columnsOf(table) {
  return Array.isArray(table) ? Object.keys(table[0] ?? {}) : table.columns.map(({ name }) => name);
}

function changeTurns(drawing) {
  let isAny = false;
  for (const [name, turn] of Object.entries(drawing.turns)) {
    const value = drawing.view.signal(turn.signal);
    if (turn.value === value) continue;
    turn.value = value;
    putRows(drawing, name);
    isAny = true;
  }
  return isAny;
}

// A zoom by hand; while a change from outside is being taken in, that looks after it.
function watchTurns(drawing) {
  const change = () => {
    if (!drawing.isTaking) drawing.zooming = settle(drawing).catch(() => {});
  };
  for (const { signal } of Object.values(drawing.turns)) {
    drawing.view.addSignalListener(signal, () => drawing.view.runAfter(change));
  }
}

// Run the view until it has the rows that it wants, and fits.
async function settle(drawing) {
  await drawing.view.redraw();
  if (changeTurns(drawing)) {
    drawing.view.resize();
    await drawing.view.redraw();
  }
  await fit(drawing);
  await retitle(drawing);
}

// Selections, by name: {field: [from, to]} of an interval, {field: [one, another, ...]} of points; times in
// milliseconds. Vega-Lite makes intervals in pixels, so each gets a signal more, by which its edges can be said.

function groupsOf(vega) {
  return [vega, ...(vega.marks ?? []).filter(({ type }) => type === "group").flatMap(groupsOf)];
}

function signalNamed(group, name) {
  return (group.signals ?? []).find((signal) => signal.name === name);
}

// Python hears of every selection but those that follow the pointer.
function isForPython({ select }) {
  return select !== undefined && !/^(pointer|mouse)(over|move|enter)/.test(select.on?.type ?? select.on ?? "");
}

// Let an interval have the edges that Python says, and not those that its pixels come to. Vega-Lite says the names of
// its signals and scales nowhere but in their expressions, so they are read there.
function addEdgeSignals(group, signal, fields, tuple) {
  const wanted = `cfusage_${signal}`;
  const sources = /values: \[(.*?)\]\}/.exec(tuple.on[0].update)?.[1].split(/,\s*/) ?? [];
  fields.forEach(({ channel, field }, place) => {
    const values = signalNamed(group, sources[place]);
    if (!values?.on) return;
    const edges = `${wanted}.value[${JSON.stringify(field)}]`;
    const take = (target, edges, nothing) => target.on.push({
      events: { signal: wanted },
      update: `!${wanted} ? ${target.name} : ${wanted}.value ? ${edges} : ${nothing}`,
    });
    const pixels = signalNamed(group, `${signal}_${channel}`);
    const scale = /invert\(("[^"]+")/.exec(values.on[0].update)?.[1];
    if (!pixels || !scale) { // bound to a scale: what is selected is what is shown
      take(values, edges, "null");
      return;
    }
    const [from, to] = [`scale(${scale}, ${edges}[0])`, `scale(${scale}, peek(${edges})) + bandwidth(${scale})`];
    take(pixels, `[${from}, ${to}]`, "[0, 0]");
    const isAsWanted = [`${wanted}`, `${wanted}.value`, `${pixels.name}[0] === ${from}`, `${pixels.name}[1] === ${to}`];
    values.on[0].update = `${isAsWanted.join(" && ")} ? ${edges} : ${values.on[0].update}`;
  });
}

// Prepare the selections of a specification, and return how to make each.
function selectionsOf(spec, vega) {
  const selections = {};
  for (const { name, select } of (spec.params ?? []).filter(isForPython)) {
    const signal = name.replace(/\W/g, "_");
    const isInterval = (select.type ?? select) === "interval";
    for (const group of groupsOf(vega)) {
      const fields = signalNamed(group, `${signal}_tuple_fields`)?.value;
      if (!fields || fields.some(({ field }) => field === "_vgsid_")) continue; // the number of a row on this page
      const tuple = signalNamed(group, `${signal}_tuple`);
      if (isInterval) addEdgeSignals(group, signal, fields, tuple);
      const unit = /unit: "([^"]*)"/.exec(tuple.on?.[0].update)?.[1] ?? "";
      selections[name] = { signal, isInterval, fields, unit };
    }
    if (name in selections && isInterval) {
      vega.signals.push({ name: `cfusage_${signal}`, value: null });
    }
  }
  return selections;
}

function inNumbers(value) {
  if (Array.isArray(value)) return value.map(inNumbers);
  return value instanceof Date ? value.getTime() : value;
}

// Read a selection; undefined if nothing is selected.
function selected({ isInterval, fields }, value) {
  const points = value?.vlPoint?.or;
  const found = fields
    .map(({ field }) => [field, inNumbers(isInterval ? value?.[field] : points?.map((point) => point[field]))])
    .filter(([, values]) => values?.length);
  return found.length ? Object.fromEntries(found) : undefined;
}

function wordsOf({ fields }, value) {
  return value && JSON.stringify(fields.map(({ field }) => value[field]));
}

// Make a selection with the next run of the view.
function select(view, { signal, isInterval, fields, unit }, value) {
  if (isInterval) {
    view.signal(`cfusage_${signal}`, { value: value ?? null });
    return;
  }
  const count = value ? value[fields[0].field].length : 0;
  const points = Array.from({ length: count }, (_, nth) => fields.map(({ field }) => value[field][nth]));
  const chosen = points.map((values) => ({ unit, fields, values }));
  view.change(`${signal}_store`, view.changeset().remove(() => true).insert(chosen));
}

// Views that stand in others do not hear the first change of a signal outside: let that one change nothing.
async function primeSignals({ view, selections }, handed) {
  const all = [...Object.values(selections), ...(handed ? [handed.drag] : [])];
  const intervals = all.filter(({ isInterval }) => isInterval);
  for (const { signal } of intervals) view.signal(`cfusage_${signal}`, false);
  await view.redraw();
}

// Make the selections that were changed outside since the drawing took them or told of them. One of other fields,
// which the chart had before it became another, is none.
function takeSelections({ view, selections, agreed, onSelect }, wanted) {
  let isAny = false;
  for (const [name, selection] of Object.entries(selections)) {
    const isOurs = selection.fields.every(({ field }) => wanted[name]?.[field]?.length);
    const value = isOurs ? wanted[name] : undefined;
    if (wanted[name] && !isOurs) onSelect(name, undefined);
    const words = wordsOf(selection, value);
    if (words === agreed[name]) continue;
    agreed[name] = words;
    select(view, selection, value);
    isAny = true;
  }
  return isAny;
}

function tellSelections({ view, selections, agreed, onSelect }) {
  for (const [name, selection] of Object.entries(selections)) {
    view.addSignalListener(selection.signal, (_, now) => {
      const value = selected(selection, now);
      const words = wordsOf(selection, value);
      if (words === agreed[name]) return;
      agreed[name] = words;
      onSelect(name, value);
    });
  }
}

// All that a drawing can't take in later: whatever differs in it takes another drawing.
function keyOf({ spec, theme }) {
  const isForced = theme === "light" || theme === "dark";
  return `${isForced ? theme : look()} ${JSON.stringify(spec)}`;
}

// Draw {spec, values, tables, selections} in an element of the page; `theme` is "auto", "light" or "dark". `onSelect`
// hears the name and the value of each selection that is made in it.
async function draw({ vegaEmbed, WatchedView }, state, el, { theme = "auto", onSelect = () => {} } = {}) {
  const { spec, values = {}, tables = {} } = state;
  const turns = turnsOf(spec, tables);
  let selections, handed;
  await firstWidth(el);
  const key = keyOf({ spec, theme });
  const config = configOf(theme, el);
  const { view, finalize } = await vegaEmbed(el, complete(spec, values), {
    actions: false,
    config,
    defaultStyle: false,
    mode: "vega-lite",
    renderer: "canvas",
    tooltip: { theme: `cfusage-${nameOf(theme)}` },
    viewClass: WatchedView,
    patch: (vega) => {
      for (const [part, name] of Object.entries(heading)) {
        if (!Object.hasOwn(values, name)) continue;
        (vega.signals ??= []).push({ name, value: values[name] });
        vega.title[part] = { signal: name };
      }
      vega.data = leanSources(vega.data ?? [], tables);
      selections = selectionsOf(spec, vega);
      handed = dragOf(spec, selections);
      for (const source of vega.data) {
        if (Object.hasOwn(tables, source.name)) {
          const turn = turns[source.name];
          source.values = turn ? firstRows(tables[source.name], turn) : unpack(tables[source.name]);
        }
      }
      return vega;
    },
  });
  const drawing = { key, view, spec, el, selections, values, tables, turns, onSelect, agreed: {}, counted: {}, font: config.font };
  await primeSignals(drawing, handed);
  const watch = watchDrags(view, el, handed);
  drawing.finalize = () => (watch.abort(), finalize());
  tellSelections(drawing);
  takeSelections(drawing, state.selections ?? {});
  await settle(drawing);
  watchTurns(drawing);
  watchZoom(drawing);
  return drawing;
}

// Let a drawing take other values, rows of the same tables and selections.
async function refresh(drawing, { values = {}, tables = {}, selections = {} }) {
  const { view, spec } = drawing;
  await drawing.zooming;
  const isSame = values === drawing.values && tables === drawing.tables;
  if (!takeSelections(drawing, selections) && isSame) return;
  view.failure = undefined;
  drawing.isTaking = true;
  try {
    const isWrapped = (name) => spec.usermeta?.heading && Object.values(heading).includes(name);
    for (const [name, value] of Object.entries(values)) if (!isWrapped(name)) view.signal(name, value);
    if (tables !== drawing.tables) for (const name of Object.keys(tables)) putRows({ ...drawing, tables }, name);
    Object.assign(drawing, { values, tables });
    const lines = isZoomed(drawing) ? null : wrapped(drawing, wholeHeading(drawing)); // zoomed, its rows tell it
    if (lines) putHeading(drawing, lines);
    view.resize(); // a heading may have more lines now, and labels more digits
    await settle(drawing);
  } finally {
    drawing.isTaking = false;
  }
}

function showError(root, message) {
  const box = document.createElement("div");
  box.className = "cfusage-error";
  box.setAttribute("role", "alert");
  box.textContent = `This chart cannot be drawn: ${message}`;
  root.append(box);
}

const MOST_KEPT = 2;

// Keep a chart drawn in `root`, a div of the class cfusage-chart: in place where only values and rows have changed, else
// with another drawing. `read` returns {spec, values, tables, selections, theme, description} as they are now;
// `library` returns what libraryFrom returned. `onSelect` hears of selections, `onOutcome` of errors, or "".
function mount(root, { library, read, onSelect, onOutcome = () => {} }) {
  root.setAttribute("role", "img");
  const kept = new Map(); // a reader goes back and forth: by key, the drawings that were on screen lately
  let current = null; // the one that is
  let isClosed = false;
  let running = null;
  let isWanted = false;

  function takeAway() {
    const gone = current;
    current = null;
    gone?.el.remove();
    document.getElementById("vg-tooltip-element")?.classList.remove("visible");
    return gone;
  }

  function keep(drawing) {
    kept.set(drawing.key, drawing);
    if (kept.size <= MOST_KEPT) return;
    const [[key, oldest]] = kept;
    kept.delete(key);
    oldest.finalize();
  }

  function dispose() {
    takeAway()?.finalize();
    for (const drawing of kept.values()) drawing.finalize();
    kept.clear();
  }

  // The next drawing is made ready unseen, and then takes the place of the last.
  async function replace(state, key) {
    const vega = await library();
    const known = kept.get(key);
    kept.delete(key);
    const next = known?.el ?? document.createElement("div");
    next.className = "cfusage-drawing cfusage-unseen";
    root.append(next);
    try {
      const drawing = known ?? (await draw(vega, state, next, { theme: state.theme, onSelect }));
      if (known) {
        await refresh(known, state);
        await fit(known); // the page may have another width by now
        await retitle(known);
      }
      const last = takeAway();
      if (last) keep(last);
      current = drawing;
      if (isClosed) return dispose();
      next.classList.remove("cfusage-unseen");
    } catch (error) {
      known?.finalize();
      next.remove();
      throw error;
    }
  }

  async function update() {
    const state = read();
    const key = keyOf(state);
    root.dataset.state = "drawing";
    root.setAttribute("aria-label", state.description ?? "");
    let message = "";
    try {
      await (current?.key === key ? refresh(current, state) : replace(state, key));
    } catch (error) {
      message = error?.message ?? String(error);
      takeAway()?.finalize();
    }
    root.querySelector(".cfusage-error")?.remove();
    if (message) showError(root, message);
    root.dataset.state = message ? "error" : "ready";
    onOutcome(message);
  }

  // Hasty changes while a drawing is under way end in one more drawing, of the last state.
  function change() {
    isWanted = true;
    running ??= (async () => {
      while (isWanted && !isClosed) {
        isWanted = false;
        await update();
      }
      running = null;
    })();
    return running;
  }

  const ignoreTheme = watchTheme(() => (read().theme ?? "auto") === "auto" && change());
  const resized = new ResizeObserver(() => {
    if (current && !running && root.clientWidth > 0) fit(current).then(() => current && retitle(current));
  });
  resized.observe(root);
  change();

  return {
    change,
    settled: async () => (await running, current),
    close: () => {
      isClosed = true;
      resized.disconnect();
      ignoreTheme();
      dispose();
    },
  };
}
