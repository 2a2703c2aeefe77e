"""Light and dark: forced or followed, in a notebook and in a page without a kernel."""

import json
from typing import Any

import altair as alt
import polars as pl
import pytest
from canvases import CANVAS, PATIENCE, PIXELS, READY, Notebook, pixels, wait_for_pixels
from playwright.sync_api import Browser

from cfusage_lab.view import vega_bundle

pytestmark = pytest.mark.browser

RED, WHITE = "255,0,0", "255,255,255"
DARK_GROUND, DARK_TITLE, LIGHT_TITLE = "17,17,17", "230,230,230", "31,31,31"
FEW = 10
"""Pixels at the edges of letters, which may have any colour between text and ground."""

CHART = """
import altair as alt, ipywidgets, polars as pl
from cfusage_lab.view import show
table = pl.DataFrame({"x": ["a", "b", "c"], "y": [1.0, 2.0, 3.0]})
chart = alt.Chart(table, title="Title").mark_bar(color="#ff0000").encode(x="x:N", y="y:Q")
"""


def test_a_forced_theme_has_its_own_ground_and_can_be_set_anew(notebook: Notebook) -> None:
    """Dark in a light notebook, then light, then as the notebook is, on no ground of its own."""
    page = notebook.run(
        CHART,
        """
view = show(chart, theme="dark")
buttons = [ipywidgets.Button(description=theme) for theme in ("light", "auto")]
for button in buttons: button.on_click(lambda pressed: setattr(view, "theme", pressed.description))
ipywidgets.VBox([*buttons, view])""",
    )
    wait_for_pixels(page, DARK_TITLE, FEW, 1_000)
    assert pixels(page, DARK_GROUND) > 5_000
    assert pixels(page, LIGHT_TITLE) < FEW
    red = pixels(page, RED)

    page.get_by_role("button", name="light").click()
    wait_for_pixels(page, LIGHT_TITLE, FEW, 1_000)
    assert pixels(page, DARK_GROUND) < FEW
    assert pixels(page, DARK_TITLE) < FEW
    assert pixels(page, WHITE) > 5_000

    page.get_by_role("button", name="auto").click()
    wait_for_pixels(page, WHITE, 0, 0)
    assert pixels(page, LIGHT_TITLE) > FEW
    assert pixels(page, RED) == red


def test_a_forced_theme_does_not_follow_the_notebook(notebook: Notebook) -> None:
    """Light in a dark notebook."""
    page = notebook.run(CHART, "show(chart, theme='light')", theme="JupyterLab Dark")

    page.wait_for_selector(READY, timeout=PATIENCE)
    assert pixels(page, WHITE) > 5_000
    assert pixels(page, LIGHT_TITLE) > FEW
    assert pixels(page, DARK_TITLE) < FEW


PAGE = """<!DOCTYPE html><style>{style}</style><div class="cfusage-chart" style="width: 300px"></div>
<script type="text/plain" id="bundle">{bundle}</script><script type="module">{script}
const library = await libraryFrom(document.getElementById("bundle").textContent);
const root = document.querySelector(".cfusage-chart");
mount(root, {{ library: () => library, read: () => ({drawing}) }});
</script>"""


def page_of(drawing: dict[str, Any]) -> str:
    """Write a page that draws from nothing but itself."""
    return PAGE.format(
        style=vega_bundle.drawing_style(),
        script=vega_bundle.drawing_source(),
        bundle=vega_bundle.bundle().decode(),
        drawing=json.dumps(drawing),
    )


def test_a_chart_in_our_theme_has_our_colour_and_follows_the_notebook(notebook: Notebook) -> None:
    page = notebook.run(
        "import altair as alt, polars as pl\nimport cfusage_lab as cfu\ncfu.theme()",
        "bars = alt.Chart(pl.DataFrame({'x': ['a', 'b'], 'y': [1.0, 2.0]})).mark_bar().encode(x='x', y='y')\n"
        "cfu.show(bars.properties(width=300))",
        theme="JupyterLab Dark",
    )

    page.wait_for_selector(READY, timeout=PATIENCE)
    assert pixels(page, "21,96,226") > 5_000
    assert pixels(page, "76,120,168") == 0
    assert pixels(page, "255,255,255") == 0
    assert pixels(page, "61,61,61") > 0  # a grid line of the dark theme


def test_a_page_without_a_kernel_follows_the_readers_light_or_dark_setting(browser: Browser) -> None:
    """Rows are plain, and the switch is followed while the page is open."""
    rows = pl.DataFrame({"x": ["a", "b", "c"], "y": [1.0, 2.0, 3.0]})
    chart = alt.Chart(alt.NamedData(name="rows"), width="container").encode(x="x:N", y="y:Q")
    spec = chart.mark_bar(color="#ff0000").properties(title="Title").to_dict()
    page = browser.new_page(color_scheme="dark")
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    page.set_content(page_of({"spec": spec, "tables": {"rows": rows.to_dicts()}}))

    page.wait_for_selector(READY, timeout=PATIENCE)
    wait_for_pixels(page, DARK_TITLE, FEW, 1_000)
    heights = page.locator(CANVAS).evaluate(PIXELS)[RED]
    assert heights > 1_000

    page.emulate_media(color_scheme="light")

    wait_for_pixels(page, LIGHT_TITLE, FEW, 1_000)
    assert page.locator(CANVAS).evaluate(PIXELS)[RED] == heights
    assert complaints == []
    page.close()
