"""A drawing that took other rows in place is what a new drawing of them is, shape by shape."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import hours
from playwright.sync_api import Browser, Page

from cfusage_lab.changes import compare
from cfusage_lab.charts import comparison_chart, usage_chart
from cfusage_lab.daily import daily_usage
from cfusage_lab.view import vega_bundle
from cfusage_lab.view.drawing import Drawing
from cfusage_lab.view.packing import pack

pytestmark = pytest.mark.browser

HOUR_MS = 3_600_000
PAGE = """<!DOCTYPE html><style>{style}</style>
<div id="chart" class="cfusage-chart" style="width: 700px"></div>
<script type="text/plain" id="bundle">{bundle}</script><script type="module">{script}
const library = await libraryFrom(document.getElementById("bundle").textContent);
const root = document.getElementById("chart");
const revive = (_, part) => part?.base64 === undefined ? part
  : new DataView(Uint8Array.from(atob(part.base64), (letter) => letter.charCodeAt(0)).buffer);
let drawing;
window.show = async (state) => {{
  state = JSON.parse(state, revive);
  if (drawing) await refresh(drawing, state);
  else drawing = await draw(library, state, root);
}};
window.forget = () => {{ drawing?.finalize(); root.replaceChildren(); drawing = undefined; }};
window.rowsIn = (name) => drawing.view.data(name).length;
window.shapes = async () => (await drawing.view.toSVG())
  .replaceAll(/\\b(clip|gradient_)\\d+/g, "").split("<");
let state;
let chart;
window.put = async (next) => {{
  state = JSON.parse(next, revive);
  if (chart) chart.change();
  else chart = mount(root, {{ library: () => library, read: () => state, onSelect: () => {{}} }});
  drawing = await chart.settled();
}};
window.call = (name) => {{ root.querySelector("canvas").cfusageName = name; }};
window.names = () => [...root.querySelectorAll("canvas")].map((one) => one.cfusageName ?? null);
window.narrow = (cell) => {{ root.style.width = `${{cell}}px`; }};
window.widths = () => [drawing.view.signal("width"), root.querySelector("canvas").clientWidth];
window.isReady = true;
</script>"""


class Canvas:
    """A page that draws states of charts."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def show(self, chart: alt.TopLevelMixin, **selections: Any) -> Counter[str]:  # noqa: ANN401
        """Draw a chart, in place if one is there, and count its shapes."""
        self._page.evaluate("state => window.show(state)", self._state(chart, selections, "auto"))
        return Counter(self._page.evaluate("window.shapes()"))

    def put(self, chart: alt.TopLevelMixin, theme: str = "auto", **selections: Any) -> Counter[str]:  # noqa: ANN401
        """Let a cell show a chart, whatever it showed before, and count its shapes."""
        self._page.evaluate("state => window.put(state)", self._state(chart, selections, theme))
        return Counter(self._page.evaluate("window.shapes()"))

    @staticmethod
    def _state(chart: alt.TopLevelMixin, selections: dict[str, Any], theme: str) -> str:
        drawing = Drawing.of(chart)
        state = {"spec": drawing.spec, "values": drawing.values, "selections": selections, "theme": theme}
        state["tables"] = {name: pack(table) for name, table in drawing.tables.items()}
        return json.dumps(state, default=lambda one: {"base64": base64.b64encode(one).decode()})

    def narrow(self, cell: int) -> None:
        """Make the cell as narrow as that."""
        self._page.evaluate("cell => window.narrow(cell)", cell)

    def widths(self) -> tuple[float, float]:
        """Return how wide the bars are together, and how wide all is."""
        plot, whole = self._page.evaluate("window.widths()")
        return float(plot), float(whole)

    def call(self, name: str) -> None:
        """Give the canvas in the cell a name."""
        self._page.evaluate("name => window.call(name)", name)

    def names(self) -> list[str | None]:
        """Return the names of all canvases in the cell."""
        found: list[str | None] = self._page.evaluate("window.names()")
        return found

    def show_anew(self, chart: alt.TopLevelMixin, **selections: Any) -> Counter[str]:  # noqa: ANN401
        """Draw a chart where none is."""
        self._page.evaluate("window.forget()")
        return self.show(chart, **selections)

    def rows_in(self, name: str) -> int:
        """Count the rows of a table that Vega holds."""
        return int(self._page.evaluate("name => window.rowsIn(name)", name))


@pytest.fixture
def canvas(browser: Browser) -> Iterator[Canvas]:
    """Open a page that has no kernel."""
    page = browser.new_page(viewport={"width": 800, "height": 600})
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    script, bundle = vega_bundle.drawing_source(), vega_bundle.bundle().decode()
    page.set_content(PAGE.format(style=vega_bundle.drawing_style(), script=script, bundle=bundle))
    page.wait_for_function("window.isReady")
    yield Canvas(page)
    page.close()
    assert complaints == []


def differences(one: Counter[str], other: Counter[str]) -> list[str]:
    """List some shapes that only one of two drawings has: all of them would take minutes to print."""
    return [*(one - other), *(other - one)][:6]


def rounded(shapes: Counter[str]) -> Counter[str]:
    """Leave out what sums of another order differ in."""
    return Counter(
        re.sub(r"\d+\.\d+", lambda found: f"{float(found[0]):.6f}", one) for one in shapes.elements()
    )


def table(count: int, seed: int) -> pl.DataFrame:
    """Make rows with a few groups, times, gaps and ups and downs."""
    start = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=seed)
    return pl.DataFrame(
        {
            "t": [start + timedelta(hours=n) for n in range(count)],
            "y": [None if (n + seed) % 7 == 3 else float((n * (seed + 3)) % 11 - 3) for n in range(count)],
            "group": ["abc"[(n * seed + n) % 3] for n in range(count)],
        },
        schema={"t": pl.Datetime("us", "UTC"), "y": pl.Float64, "group": pl.String},
    )


def stacked(rows: pl.DataFrame) -> alt.Chart:
    return alt.Chart(rows).mark_area().encode(x="t:T", y="y:Q", color="group:N")


def aggregated(rows: pl.DataFrame) -> alt.Chart:
    return alt.Chart(rows).mark_bar().encode(x=alt.X("group:N", sort="-y"), y="sum(y):Q", color="count():Q")


def filtered(rows: pl.DataFrame) -> alt.LayerChart:
    base = alt.Chart(rows).transform_filter("datum.y > 0").transform_calculate(z="datum.y * 2")
    return base.mark_line().encode(x="t:T", y="z:Q") + base.mark_text().encode(
        x="t:T", y="z:Q", text="group:N"
    )


def windowed(rows: pl.DataFrame) -> alt.Chart:
    chart = alt.Chart(rows).transform_window(total="sum(y)", sort=[alt.SortField("t")], groupby=["group"])
    return chart.mark_line().encode(x="t:T", y="total:Q", color="group:N")


def faceted(rows: pl.DataFrame) -> alt.FacetChart:
    return alt.Chart(rows).mark_point().encode(x="t:T", y="y:Q").facet("group:N")


@pytest.mark.parametrize("made", [stacked, aggregated, filtered, windowed, faceted])
def test_other_rows_in_place_are_drawn_like_new(canvas: Canvas, made: Any) -> None:  # noqa: ANN401
    """Fewer rows, more rows, as many others, and few again."""
    states = [made(table(count, seed)) for count, seed in ((30, 1), (12, 2), (50, 3), (50, 4), (9, 5))]
    canvas.show_anew(states[0])
    in_place = [canvas.show(state) for state in states[1:]]

    for drawn, state in zip(in_place, states[1:], strict=True):
        assert differences(drawn, canvas.show_anew(state)) == []


def year(factor: float, count: int = 3_000) -> alt.VConcatChart:
    """Draw so many hours that most of them wait until there is room for them."""
    costs = [factor * (n % 24) for n in range(count)]
    return usage_chart(hours("2026-01-01", costs), time_zone="Europe/Berlin")


def test_hours_that_nobody_can_see_wait_for_the_zoom(canvas: Canvas) -> None:
    """Of 3,000 hours 600 slots are with Vega; zoomed to ten days, the hours; other costs; and all again."""
    first = datetime(2026, 1, 1, 1, tzinfo=UTC).timestamp() * 1_000  # Berlin's clock
    ten_days = {"left": [first + 48 * HOUR_MS, first + 288 * HOUR_MS]}
    canvas.show_anew(year(1.0))
    assert canvas.rows_in("table_0") == 600

    zoomed = canvas.show(year(1.0), brush=ten_days)
    assert canvas.rows_in("table_0") == 3_000
    changed = canvas.show(year(2.5), brush=ten_days)
    assert canvas.rows_in("table_0") == 3_000
    whole = canvas.show(year(2.5))
    assert canvas.rows_in("table_0") == 600
    few = canvas.show(year(2.5, 400))
    assert canvas.rows_in("table_0") == 400

    assert differences(zoomed, changed)
    assert differences(canvas.show_anew(year(1.0), brush=ten_days), zoomed) == []
    assert differences(canvas.show_anew(year(2.5), brush=ten_days), changed) == []
    assert differences(canvas.show_anew(year(2.5)), whole) == []
    assert differences(canvas.show_anew(year(2.5, 400)), few) == []


def test_entries_of_a_key_that_are_called_otherwise_do_not_overlap(canvas: Canvas) -> None:
    """Longer, and shorter again, in place: the second stands where it stands in a new drawing."""
    daily = daily_usage(hours("2026-10-20", [1.0] * 24 * 4), time_zone="UTC")
    pairs = compare(daily.tail(2), daily.head(2))
    names = ("Now", "The selected days, 2 of 28 days", "This week")
    charts = [comparison_chart(pairs, current=name, previous="then") for name in names]
    canvas.show_anew(charts[0])
    in_place = [rounded(canvas.show(chart)) for chart in charts[1:]]

    for drawn, chart in zip(in_place, charts[1:], strict=True):
        assert differences(drawn, rounded(canvas.show_anew(chart))) == []


def test_a_heading_that_no_cell_has_room_for_leaves_the_bars_theirs(canvas: Canvas) -> None:
    """They would become no narrower than they are beside a short name, and nothing would fit for it."""
    costs = hours("2026-01-01", [1.0] * 48)
    canvas.narrow(300)
    canvas.show_anew(usage_chart(costs, names={"a": "Alpha"}))
    plot, whole = canvas.widths()
    assert abs(whole - 300) <= 1

    canvas.show_anew(usage_chart(costs, names={"a": "N" * 90}))

    assert canvas.widths()[0] == pytest.approx(plot, abs=1)
    assert canvas.widths()[1] > 400


def marked(rows: pl.DataFrame) -> alt.Chart:
    chosen = alt.selection_point(name="chosen", fields=["group"])
    faded = alt.condition(chosen, alt.value(1.0), alt.value(0.2))
    bars = alt.Chart(rows, width="container").mark_bar().encode(x="group:N", y="sum(y):Q", opacity=faded)
    return bars.add_params(chosen)


def test_a_chart_that_comes_back_is_the_one_that_was_there_with_what_is_true_now(canvas: Canvas) -> None:
    """Other rows and another selection came while it was away, and the same while it was not."""
    first, other = table(30, 1), table(30, 3)
    canvas.put(marked(first), chosen={"group": ["a"]})
    canvas.call("bars")
    canvas.put(stacked(first))
    assert canvas.names() == [None]

    back = canvas.put(marked(other), chosen={"group": ["b"]})
    assert canvas.names() == ["bars"]
    again = canvas.put(marked(first))

    assert canvas.names() == ["bars"]
    assert differences(back, canvas.show_anew(marked(other), chosen={"group": ["b"]})) == []
    assert differences(again, canvas.show_anew(marked(first))) == []


def test_a_chart_comes_back_in_the_theme_of_now(canvas: Canvas) -> None:
    """Light, dark while another is shown, and back; the light drawing is another one."""
    rows = table(30, 1)
    light = canvas.put(marked(rows), "light")
    canvas.call("light")
    canvas.put(stacked(rows), "light")
    canvas.put(stacked(rows), "dark")

    dark = canvas.put(marked(rows), "dark")
    assert canvas.names() == [None]
    assert differences(dark, light)
    assert differences(canvas.put(marked(rows), "light"), light) == []
    assert "light" not in canvas.names()


def test_few_drawings_are_kept(canvas: Canvas) -> None:
    """The one that was shown longest ago is given up."""
    rows = table(30, 1)
    for made in (stacked, aggregated, windowed, faceted):
        canvas.put(made(rows))
        canvas.call(made.__name__)

    canvas.put(aggregated(rows))
    assert canvas.names() == ["aggregated"]
    canvas.put(stacked(rows))
    assert canvas.names() == [None]
