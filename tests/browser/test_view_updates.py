"""A drawing that took other rows in place is what a new drawing of them is, shape by shape."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import hours
from playwright.sync_api import Browser, Page

from cfusage_lab.charts import usage_chart
from cfusage_lab.view import vega
from cfusage_lab.view.anatomy import Drawing
from cfusage_lab.view.packing import pack

pytestmark = pytest.mark.browser

HOUR_MS = 3_600_000
PAGE = """<!DOCTYPE html><style>{style}</style><div id="chart" style="width: 700px"></div>
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
  .replaceAll(/\\b(clip|gradient_)\\d+/g, "").split("<").sort().join("\\n");
window.isReady = true;
</script>"""


class Canvas:
    """A page that draws states of charts."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def show(self, chart: alt.TopLevelMixin, **selections: Any) -> str:  # noqa: ANN401
        """Draw a chart, in place if one is there, and return its shapes, in no order."""
        drawing = Drawing.of(chart)
        state = {"spec": drawing.spec, "values": drawing.values, "selections": selections}
        state["tables"] = {name: pack(table) for name, table in drawing.tables.items()}
        words = json.dumps(state, default=lambda one: {"base64": base64.b64encode(one).decode()})
        self._page.evaluate("state => window.show(state)", words)
        return str(self._page.evaluate("window.shapes()"))

    def show_anew(self, chart: alt.TopLevelMixin, **selections: Any) -> str:  # noqa: ANN401
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
    script, bundle = vega.drawing_source(), vega.bundle().decode()
    page.set_content(PAGE.format(style=vega.drawing_style(), script=script, bundle=bundle))
    page.wait_for_function("window.isReady")
    yield Canvas(page)
    page.close()
    assert complaints == []


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

    assert in_place == [canvas.show_anew(state) for state in states[1:]]


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

    assert zoomed != changed
    assert canvas.show_anew(year(1.0), brush=ten_days) == zoomed
    assert canvas.show_anew(year(2.5), brush=ten_days) == changed
    assert canvas.show_anew(year(2.5)) == whole
    assert canvas.show_anew(year(2.5, 400)) == few
