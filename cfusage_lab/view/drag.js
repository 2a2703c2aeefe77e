// A drag on the chart itself: an interval of its own, which nobody is told of, becomes the zoom when the pointer lets go.
// A chart says so in its usermeta: the names of both, the scale that the zoom is on, and how far before its start a row
// begins that the drag has touched.

const LEAST_DRAG = 4; // pixels; less is a click

// Take the drag out of the selections that others are told of.
function dragOf({ usermeta }, selections) {
  const { drag, zoom, scale, reach } = usermeta?.dragZoom ?? {};
  if (!selections[drag] || !selections[zoom]) return null;
  const found = { drag: selections[drag], zoom: selections[zoom], scale, reach };
  delete selections[drag];
  return found;
}

// Vega learns from movements what is under the pointer, and a finger comes down without any.
function pointFirst(event) {
  if (event.pointerType === "touch") event.target.dispatchEvent(new PointerEvent("pointermove", event));
}

// Zoom by drags in an element; a double click anywhere in it, or Escape while the pointer or the focus is there, ends
// the zoom. Returns what ends listening.
function watchDrags(view, el, handed) {
  const ending = new AbortController();
  if (!handed) return ending;
  const { drag, zoom, scale, reach } = handed;
  let start = null;
  const listen = (target, type, listener) => target.addEventListener(type, listener, { signal: ending.signal });
  const readingsOf = (selection) => selected(selection, view.signal(selection.signal))?.[selection.fields[0].field];
  async function release({ clientX }) {
    const isDrag = start !== null && Math.abs(clientX - start) >= LEAST_DRAG;
    start = null;
    await view.runAsync();
    const edges = readingsOf(drag)?.toSorted((one, other) => one - other);
    if (!edges) return;
    document.getElementById("vg-tooltip-element")?.classList.remove("visible"); // it tells of what has moved away
    select(view, drag, undefined);
    const first = Math.max(edges[0] - reach, Math.min(...view.scale(scale).domain()));
    if (isDrag) select(view, zoom, { [zoom.fields[0].field]: [first, edges[1]] });
    await view.runAsync();
  }
  const isAttended = () => el.matches(":hover") || el.parentElement?.contains(document.activeElement);
  function leave() {
    start = null;
    select(view, drag, undefined);
    if (readingsOf(zoom)) select(view, zoom, undefined);
    view.runAsync();
  }
  el.style.touchAction = "pan-y";
  listen(el, "pointerdown", ({ clientX }) => (start = clientX));
  el.addEventListener("pointerdown", pointFirst, { signal: ending.signal, capture: true });
  listen(window, "pointerup", release);
  listen(el, "dblclick", leave);
  listen(document, "keydown", ({ key }) => key === "Escape" && isAttended() && leave());
  return ending;
}
