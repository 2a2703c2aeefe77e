// One altair chart in a notebook cell: drawn offline, updated in place, with its errors where the chart would be.

// The Vega library is one module a page and version, however many charts there are.
const libraries = (globalThis.cfusageLabLibraries ??= new Map());

async function loadVega(model, host) {
  const library = await host.getModel(model.get("_library"));
  const name = library.get("name");
  if (!libraries.has(name)) {
    const url = URL.createObjectURL(new Blob([library.get("source")], { type: "text/javascript" }));
    const loading = import(url).then(prepare).finally(() => URL.revokeObjectURL(url));
    loading.catch(() => libraries.delete(name));
    libraries.set(name, loading);
  }
  return libraries.get(name);
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
      return reasons[0] === "Loading failed" ? this.error(...reasons) : super.warn(...reasons);
    }
    async redraw() {
      await this.runAsync();
      if (this.failure) throw new Error(this.failure);
    }
  }
  return { vegaEmbed, WatchedView };
}

// Binary columns (packing.py) to the rows that Vega wants.

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

function unpackColumn({ kind, width, base, step, values, known, categories, local }) {
  const mask = known && new Uint8Array(bytesOf(known));
  const read = {
    text: (code) => categories[code],
    boolean: (code) => base + code === 1,
    number: local ? (code) => onTheViewersClock(base + step * code) : (code) => base + step * code,
  }[kind];
  return Array.from(new arrays[width](bytesOf(values)), (code, row) => (mask && !mask[row] ? null : read(code)));
}

function unpack({ length, columns }) {
  const unpacked = columns.map((column) => [column.name, unpackColumn(column)]);
  return Array.from({ length }, (_, row) => {
    const record = {};
    for (const [name, values] of unpacked) record[name] = values[row];
    return record;
  });
}

// Colours and type follow the notebook around the chart; whatever the chart itself sets, wins.

function isDark() {
  const { body } = document;
  return body.dataset.jpThemeLight === "false" || body.classList.contains("vscode-dark");
}

function themeOf(el) {
  const style = getComputedStyle(el);
  const [text, faint, line] = isDark() ? ["#e6e6e6", "#a8a8a8", "#3d3d3d"] : ["#1f1f1f", "#616161", "#e4e4e4"];
  const font = style.getPropertyValue("--jp-ui-font-family") || style.fontFamily;
  return {
    background: "transparent",
    font,
    axis: { labelColor: faint, titleColor: faint, domainColor: line, tickColor: line, gridColor: line },
    header: { labelColor: text, titleColor: text },
    legend: { labelColor: text, titleColor: faint },
    mark: { font },
    text: { color: text },
    title: { color: text, subtitleColor: faint },
    view: { stroke: isDark() ? "#3d3d3d" : "#dddddd" },
  };
}

function watchTheme(onChange) {
  const observer = new MutationObserver(onChange);
  observer.observe(document.body, { attributeFilter: ["data-jp-theme-light", "data-jp-theme-name"] });
  return () => observer.disconnect();
}

// Width: a chart that asks for its container's gets it, in a concatenation too, where Vega-Lite knows no way.

function fillsTheCell(spec) {
  return spec.width === "container" || spec.usermeta?.fillsTheCell === true;
}

async function fit(view, el) {
  const isInside = view.getState().signals.autosize?.contains === "padding";
  for (let tries = 0; tries < 3; tries++) { // a legend that had to stick out may not have to any more
    const total = isInside ? view.signal("width") : el.querySelector("canvas").clientWidth;
    const excess = total - el.clientWidth;
    if (Math.abs(excess) < 1) return;
    await view.signal("width", Math.max(160, view.signal("width") - excess)).runAsync();
  }
}

function firstWidth(el) {
  return new Promise((resolve) => {
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

function complete(spec, values) {
  const copy = structuredClone(spec);
  for (const param of copy.params ?? []) if (param.name in values) param.value = values[param.name];
  for (const [part, name] of Object.entries(heading)) if (name in values) copy.title[part] = values[name];
  return copy;
}

// Where a table's rows are changed, Vega keeps a copy of each, and a trace of the copy for ever. So times, which
// arrive as numbers, are not parsed again, and rows that are filtered out anyway are filtered out first.
function thrifty(sources, tables) {
  return sources.flatMap((source) => {
    if (!(source.source in tables)) return [source];
    const steps = (source.transform ?? []).filter(({ expr, as }) => expr !== `toDate(datum["${as}"])`);
    const first = steps.findIndex(({ type }) => type !== "filter");
    if (first < 1) return [{ ...source, transform: steps }];
    const filtered = { name: `${source.name}_filtered`, source: source.source, transform: steps.slice(0, first) };
    return [filtered, { ...source, source: filtered.name, transform: steps.slice(first) }];
  });
}

async function draw({ vegaEmbed, WatchedView }, model, el) {
  const tables = model.get("_tables");
  const values = model.get("_values");
  const spec = complete(model.get("_spec"), values);
  const { view, finalize } = await vegaEmbed(el, spec, {
    actions: false,
    config: themeOf(el),
    defaultStyle: false,
    mode: "vega-lite",
    renderer: "canvas",
    tooltip: { theme: "cfusage" },
    viewClass: WatchedView,
    patch: (vega) => {
      for (const [part, name] of Object.entries(heading)) {
        if (!(name in values)) continue;
        (vega.signals ??= []).push({ name, value: values[name] });
        vega.title[part] = { signal: name };
      }
      vega.data = thrifty(vega.data ?? [], tables);
      for (const source of vega.data) {
        if (source.name in tables) source.values = unpack(tables[source.name]);
      }
      return vega;
    },
  });
  await view.redraw();
  if (fillsTheCell(spec)) await fit(view, el);
  return { view, finalize, spec, el };
}

async function refresh({ view, spec, el }, model) {
  view.failure = undefined;
  for (const [name, value] of Object.entries(model.get("_values"))) view.signal(name, value);
  for (const [name, table] of Object.entries(model.get("_tables"))) {
    view.change(name, view.changeset().remove(() => true).insert(unpack(table)));
  }
  view.resize(); // a heading may have more lines now, and labels more digits
  await view.redraw();
  if (fillsTheCell(spec)) await fit(view, el);
}

// What merely follows the pointer stays in the browser.
function isTold({ select }) {
  return select !== undefined && !String(select.on ?? "").startsWith("pointer");
}

function tellSelections({ view, spec }, model) {
  let timer;
  const chosen = {};
  for (const { name } of (spec.params ?? []).filter(isTold)) {
    view.addSignalListener(name, (_, value) => {
      chosen[name] = JSON.parse(JSON.stringify(value));
      clearTimeout(timer);
      timer = setTimeout(() => {
        model.set("selections", { ...model.get("selections"), ...chosen });
        model.save_changes();
      }, 50);
    });
  }
  return () => clearTimeout(timer);
}

function showError(root, message) {
  const box = document.createElement("div");
  box.className = "cfusage-error";
  box.setAttribute("role", "alert");
  box.textContent = `This chart cannot be drawn: ${message}`;
  root.append(box);
}

async function render({ model, el, host, signal }) {
  const root = document.createElement("div");
  root.className = "cfusage-chart";
  root.setAttribute("role", "img");
  el.append(root);

  let current = null; // the drawing on screen
  let forget = () => {};
  let isStale = true; // whether it takes a new drawing, not only new data
  let running = null;
  let isWanted = false;

  function dispose() {
    forget();
    current?.finalize();
    current?.el.remove();
    current = null;
    document.getElementById("vg-tooltip-element")?.classList.remove("visible");
  }

  async function replace() {
    const library = await loadVega(model, host);
    const next = document.createElement("div");
    next.className = "cfusage-drawing cfusage-unseen";
    root.append(next);
    try {
      await firstWidth(next);
      const drawing = await draw(library, model, next);
      dispose();
      if (signal.aborted) return drawing.finalize();
      current = drawing;
      forget = tellSelections(current, model);
      next.classList.remove("cfusage-unseen");
      if (Object.keys(model.get("selections")).length) {
        model.set("selections", {});
        model.save_changes();
      }
    } catch (error) {
      next.remove();
      throw error;
    }
  }

  async function update() {
    root.dataset.state = "drawing";
    root.setAttribute("aria-label", model.get("_description"));
    let message = "";
    try {
      const isNew = isStale || current === null;
      isStale = false;
      await (isNew ? replace() : refresh(current, model));
    } catch (error) {
      message = error?.message ?? String(error);
      dispose();
    }
    root.querySelector(".cfusage-error")?.remove();
    if (message) showError(root, message);
    root.dataset.state = message ? "error" : "ready";
    if (model.get("error") !== message) {
      model.set("error", message);
      model.save_changes();
    }
  }

  // Hasty changes while a drawing is under way end in one more drawing, of the last state.
  function want() {
    isWanted = true;
    running ??= (async () => {
      while (isWanted && !signal.aborted) {
        isWanted = false;
        await update();
      }
      running = null;
    })();
  }

  function redraw() {
    isStale = true;
    want();
  }

  async function clear({ kind, names }) {
    if (kind !== "clear") return;
    await running;
    for (const name of names) current?.view.data(`${name}_store`, []);
    await current?.view.runAsync();
  }

  model.on("change:_spec", redraw);
  for (const name of ["change:_tables", "change:_values", "change:_description"]) model.on(name, want);
  model.on("msg:custom", clear);
  const ignoreTheme = watchTheme(redraw);
  const resized = new ResizeObserver(() => {
    if (current && !running && root.clientWidth > 0 && fillsTheCell(current.spec)) fit(current.view, current.el);
  });
  resized.observe(root);
  want();

  return () => {
    resized.disconnect();
    ignoreTheme();
    for (const name of ["_spec", "_tables", "_values", "_description"]) model.off(`change:${name}`);
    model.off("msg:custom", clear);
    dispose();
  };
}

export default { render };
