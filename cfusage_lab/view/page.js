// A page of its own: draws every chart that stands in it, from nothing but the page. What unpacks and watches is in
// drawing.js, which is put before this file.

// Charts are SVG in the page's own CSS variables: the reader's light or dark setting, and paper, redraw nothing.
const ofThePage = {
  background: "transparent",
  font: "system-ui, sans-serif",
  axis: {
    labelColor: "var(--faint)", titleColor: "var(--faint)",
    domainColor: "var(--line)", tickColor: "var(--line)", gridColor: "var(--line)",
  },
  header: { labelColor: "var(--text)", titleColor: "var(--text)" },
  legend: { labelColor: "var(--text)", titleColor: "var(--faint)" },
  style: { "cfusage-on-cells": { color: "var(--pure)" } },
  text: { color: "var(--text)" },
  title: { color: "var(--text)", subtitleColor: "var(--faint)" },
  view: { stroke: "var(--line)" },
};
const sheet = 680; // CSS pixels between the margins of a sheet of A4

function textIn(id) {
  return document.getElementById(id).textContent;
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function rowsOf({ length, columns }) {
  const read = ([key, part]) => [key, part?.base64 === undefined ? part : fromBase64(part.base64)];
  return unpack({ length, columns: columns.map((column) => Object.fromEntries(Object.entries(column).map(read))) });
}

// The width is asked for at every step: it may change while a drawing is under way.
async function fill(view, el, widthNow) {
  for (let tries = 0; tries < 3; tries++) { // a legend that had to stick out may not have to any more
    const excess = Number(el.querySelector("svg").getAttribute("width")) - widthNow();
    if (Math.abs(excess) < 1) return;
    await view.signal("width", Math.max(160, view.signal("width") - excess)).runAsync();
  }
}

// A chart's heading is the page's; where the chart is zoomed, it is of what is visible.
function tellBeside(el) {
  const [title, facts] = el.closest("figure").querySelectorAll("figcaption > *");
  const whole = [title?.textContent, facts?.textContent];
  return (zoomed) => {
    if (!facts) return;
    title.textContent = zoomed?.text ?? whole[0];
    facts.textContent = zoomed ? zoomed.subtitle.join(". ") : whole[1];
  };
}

async function place({ vegaEmbed, WatchedView }, { spec, values, tables }, el) {
  const rows = Object.entries(tables).map(([name, table]) => [name, rowsOf(table)]);
  const whole = complete(spec, values);
  let selections, handed;
  const { view } = await vegaEmbed(el, { ...whole, datasets: { ...whole.datasets, ...Object.fromEntries(rows) } }, {
    actions: false,
    config: ofThePage,
    defaultStyle: false,
    mode: "vega-lite",
    renderer: "svg",
    tooltip: { theme: "cfusage" },
    viewClass: WatchedView,
    patch: (vega) => {
      selections = selectionsOf(spec, vega);
      handed = dragOf(spec, selections);
      return vega;
    },
  });
  await primeSignals({ view, selections }, handed);
  watchDrags(view, el, handed);
  const turns = turnsOf(spec, Object.fromEntries(rows));
  watchZoom({ view, spec, el, values, turns, tables: Object.fromEntries(rows), counted: {} }, tellBeside(el));
  el.querySelector("svg").setAttribute("aria-hidden", "true"); // the place around it has the words for it
  if (!fillsTheCell(spec)) return;
  const refill = () => fill(view, el, () => (matchMedia("print").matches ? sheet : el.clientWidth));
  await refill();
  new ResizeObserver(refill).observe(el);
  addEventListener("beforeprint", () => fill(view, el, () => sheet));
  addEventListener("afterprint", refill);
}

const library = await libraryFrom(textIn("library"));
for (const [nth, drawing] of JSON.parse(textIn("drawings")).entries()) {
  const el = document.getElementById(`chart-${nth}`);
  try {
    await place(library, drawing, el);
  } catch (error) {
    el.replaceChildren();
    showError(el, error?.message ?? String(error));
  }
}
document.body.dataset.state = "drawn";
