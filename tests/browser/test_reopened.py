"""A notebook that somebody ran, saved and closed, opened again without running it."""

from typing import Any

import pytest
from canvases import PATIENCE, READY
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

CHART = """
import altair as alt, polars as pl
import cfusage_lab as cfu
bars = alt.Chart(pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0]})).mark_bar().encode(x="x", y="y")
"""
OUTPUTS = """() => window.jupyterapp.shell.currentWidget.context.model.sharedModel.toJSON().cells.map(
  ({outputs}) => outputs.map(({data}) => Object.keys(data ?? {}).sort()))"""
WITH_PICTURES = f"""count => ({OUTPUTS})().flat(2).filter((kind) => kind === "image/png").length === count"""
HEIGHTS = """() => [...document.querySelectorAll(".jp-OutputArea-child")].map((one) => one.clientHeight)"""
SAVE_AND_END = """async () => {
  const {context} = window.jupyterapp.shell.currentWidget;
  await context.save();
  await context.sessionContext.shutdown();
}"""
WIDGET, HTML = ["application/vnd.jupyter.widget-view+json", "text/plain"], ["text/html"]


@pytest.mark.parametrize("place", ["lab/tree", "notebooks"])
def test_pictures_stand_in_the_place_of_what_was_live(fresh_page: Any, place: str) -> None:  # noqa: ANN401
    """No line of an error, nothing of a progress bar; on a live page, nothing of the pictures."""
    page: Page = fresh_page.run(
        CHART,
        "display(cfu.show(bars))\ncfu.show(bars)",
        "cfu.explore(now='2026-11-18T09:30Z')",
        "1",
        place=place,
    )
    expect(page.locator(READY)).to_have_count(6, timeout=PATIENCE)
    page.wait_for_function(WITH_PICTURES, arg=3, timeout=PATIENCE)
    page.wait_for_selector(".cfusage-skeleton", state="detached", timeout=PATIENCE)
    kept = [WIDGET, HTML, ["image/png", "text/plain"]]
    assert page.evaluate(OUTPUTS)[1:3] == [kept * 2, [[], *kept]]
    assert [height > 0 for height in page.evaluate(HEIGHTS)[:9]] == [True, False, False] * 3

    page.evaluate(SAVE_AND_END)
    page.reload()

    pictures = page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(3, timeout=PATIENCE)
    page.wait_for_function("() => document.body.dataset.jpThemeLight !== undefined")
    for nth in range(3):
        expect(pictures.nth(nth)).to_be_visible()
    page.wait_for_timeout(2_000)
    assert "Error displaying widget" not in page.locator(".jp-Notebook").inner_text()
    assert "Loading widget" not in page.locator(".jp-Notebook").inner_text()
    assert [height > 0 for height in page.evaluate(HEIGHTS)[:9]] == [False, True, True] * 3
    fresh_page.complaints.clear()  # some are about widgets that are gone, others the front end's own


def test_the_next_cell_does_not_wait_for_a_picture(notebook: Any) -> None:  # noqa: ANN401
    """What draws it is not even loaded when the next cell runs."""
    page = notebook.run(CHART, "cfu.show(bars)", "import sys\nprint('vl_convert' in sys.modules)")

    said = page.locator(".jp-CodeCell").nth(2).locator(".jp-OutputArea-output")

    expect(said).to_have_text("False", timeout=PATIENCE)
    page.wait_for_function(WITH_PICTURES, arg=1, timeout=PATIENCE)


def test_on_a_dark_page_the_picture_is_dark_unless_a_theme_was_asked_for(fresh_page: Any) -> None:  # noqa: ANN401
    page: Page = fresh_page.run(CHART, "display(cfu.show(bars))\ncfu.show(bars, theme='light')")
    page.wait_for_function(WITH_PICTURES, arg=2, timeout=PATIENCE)
    page.evaluate(SAVE_AND_END)
    page.reload()
    pictures = page.locator(".jp-OutputArea-output img")
    expect(pictures).to_have_count(2, timeout=PATIENCE)
    page.wait_for_function("() => window.jupyterapp?.shell?.currentWidget")

    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Dark'})")
    page.wait_for_function("() => document.body.dataset.jpThemeLight === 'false'")

    filters = pictures.evaluate_all("all => all.map((one) => getComputedStyle(one).filter)")
    assert filters == ["invert(0.93) hue-rotate(180deg)", "none"]
    page.evaluate("window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})")
    fresh_page.complaints.clear()
