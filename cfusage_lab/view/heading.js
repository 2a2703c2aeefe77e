// The heading of one of our charts: broken into the lines that there is room for, as Vega breaks none; and where the
// chart is zoomed, of what is visible.

const pen = document.createElement("canvas").getContext("2d");

// Between facts, else between clauses, else between words; a word that is longer stays whole.
function linesOf(text, fits) {
  return [/ · /g, /(?<=[,:]) /g, / /g].reduce((lines, gap) => lines.flatMap((line) => broken(line, gap, fits)), [text]);
}

function broken(line, gap, fits) {
  const gaps = [...line.matchAll(gap)];
  const lines = [];
  let start = 0;
  while (!fits(line.slice(start))) {
    const ahead = gaps.filter(({ index }) => index > start);
    const next = ahead.filter(({ index }) => fits(line.slice(start, index))).at(-1) ?? ahead[0];
    if (!next) break;
    lines.push(line.slice(start, next.index));
    start = next.index + next[0].length;
  }
  return [...lines, line.slice(start)];
}

// What every object has in JavaScript, Vega would take such a line for.
function drawable(line) {
  return line in {} ? `${line}\u200b` : line;
}

function isZoomed({ view, spec }) {
  const { zoom, place } = spec.usermeta?.visible ?? {};
  return Boolean(zoom && view.signal(zoom)?.[place]?.length);
}

// What of the rows is visible: their costs added up, the first and the last with their neighbours, and how many are not
// as they will be. Rows that wait outside count, and coarse ones in their place don't.
function tallyOf({ view, spec, tables, turns, counted }) {
  const { zoom, place, costs, counts } = spec.usermeta.visible;
  if (!isZoomed({ view, spec })) return null;
  const edges = view.signal(zoom)[place];
  const [name, turn] = Object.entries(turns)[0];
  if (counted.table !== tables[name]) {
    Object.assign(counted, { table: tables[name], rows: unpack(tables[name], { column: turn.column, value: false }) });
  }
  const [low, high] = inNumbers([...edges]).toSorted((one, other) => one - other);
  const from = counted.rows.findIndex((row) => row[place] >= low);
  const rows = counted.rows.filter((row) => row[place] >= low && row[place] <= high);
  const found = { rows: rows.length, first: rows[0], last: rows.at(-1), usd: 0, gross_usd: 0, least_usd: 0 };
  found.before = counted.rows[from - 1];
  found.after = counted.rows[from + rows.length];
  for (const row of rows) {
    for (const column of costs) {
      found.usd += row[column] ?? 0;
      found.gross_usd += Math.abs(row[column] ?? 0);
      found.least_usd = Math.min(found.least_usd, row[column] ?? 0);
    }
  }
  for (const [word, [column, usual]] of Object.entries(counts)) {
    const differs = (row) => row[column] !== usual;
    found[word] = { count: rows.filter(differs).length, first: rows.findIndex(differs) };
  }
  return found;
}

// The title and the facts of what is visible; undefined if that is everything.
async function visibleHeading(drawing) {
  const { view, spec } = drawing;
  const { tally, text, subtitle } = spec.usermeta?.visible ?? {};
  if (!tally || !Object.keys(drawing.turns).length) return undefined;
  const found = tallyOf(drawing);
  if (!found && !view.signal(tally)) return undefined;
  view.signal(tally, found);
  await view.runAsync();
  return found ? { text: view.signal(text), subtitle: view.signal(subtitle).split("\n").filter(Boolean) } : undefined;
}

// Break both parts of a heading into lines; null where a chart is none of ours, or has none.
function wrapped({ view, spec, el, font }, texts) {
  const sizes = spec.usermeta?.heading;
  if (!sizes || texts.text === undefined) return null;
  const nth = view.signal("width") < sizes.narrow ? 0 : 1;
  const lines = (part) => {
    const fits = (text) => {
      pen.font = `${part === "text" ? "bold " : ""}${sizes[part][nth]}px ${font}`;
      return pen.measureText(text).width <= el.clientWidth - 8;
    };
    return [texts[part]].flat().flatMap((text) => linesOf(text, fits)).map(drawable);
  };
  return { text: lines("text"), subtitle: lines("subtitle") };
}

function wholeHeading({ values }) {
  return { text: values[heading.text], subtitle: values[heading.subtitle] };
}

// Set the lines with the next run of the view; returns whether they are others.
function putHeading(drawing, lines) {
  const words = JSON.stringify(lines);
  if (drawing.told === words) return false;
  drawing.told = words;
  for (const [part, name] of Object.entries(heading)) drawing.view.signal(name, lines[part]);
  return true;
}

// A zoomed chart keeps as many lines, so that it stays where it is under the pointer.
async function retitle(drawing) {
  const { view } = drawing;
  const zoomed = await visibleHeading(drawing);
  const whole = wrapped(drawing, wholeHeading(drawing));
  if (!whole) return zoomed;
  const lines = zoomed ? wrapped(drawing, zoomed) : whole;
  while (lines.text.length + lines.subtitle.length < whole.text.length + whole.subtitle.length) lines.subtitle.push("");
  if (!putHeading(drawing, lines)) return zoomed;
  view.resize();
  await view.redraw();
  return zoomed;
}

// Say what is visible whenever the zoom is another one; `onTold` hears of the heading.
function watchZoom(drawing, onTold = () => {}) {
  const { zoom } = drawing.spec.usermeta?.visible ?? {};
  if (!zoom) return;
  let running = null;
  let isWanted = false;
  const tell = () => {
    if (drawing.isTaking) return;
    isWanted = true;
    running ??= (async () => {
      while (isWanted) {
        isWanted = false;
        await retitle(drawing).then(onTold, () => {});
      }
      running = null;
    })();
  };
  drawing.view.addSignalListener(zoom, () => drawing.view.runAfter(tell));
}
