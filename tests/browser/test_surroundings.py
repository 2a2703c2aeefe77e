"""What is around charts and the explorer: boxes of the front end, layouts of others, a restarted kernel."""

from typing import Any

import pytest
from canvases import CANVAS, PATIENCE, READY, Notebook
from playwright.sync_api import Page, expect
from screens import put_notebook

pytestmark = pytest.mark.browser

TWO = """
import ipywidgets
import cfusage_lab as cfu
now = "2026-11-18T09:30Z"
history = cfu.UsageClient.sandbox(now=now).usage_history(cfu.last_days(7, now=now))
profile = cfu.hourly_profile(history, time_zone="UTC")
one, other = cfu.usage_chart(history), cfu.hour_profile_chart(profile, time_zone="UTC")
"""
SCROLLERS = """() => {
  const found = [];
  for (let box = document.querySelector(".cfusage-explorer").parentElement; box; box = box.parentElement) {
    if (box.matches(".jp-WindowedPanel-outer")) return found;
    if (getComputedStyle(box).overflowY !== "visible") found.push(box.className);
  }
}"""
RESTART = """async () => {
  const {kernel} = window.jupyterapp.shell.currentWidget.context.sessionContext.session;
  await kernel.restart();
  await kernel.info;
  for (let tries = 0; kernel.status !== "idle" && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}"""
SAYS = """box => getComputedStyle(box, "::before").content.replaceAll('"', "")"""
ICONS = """() => [...document.querySelectorAll(".jupyter-widgets-disconnected")].filter(
  (one) => one.clientHeight > 0 && getComputedStyle(one, "::before").content !== "none").length"""
LINE = "The kernel was restarted. Run the cell again."


@pytest.mark.parametrize("place", ["lab/tree", "notebooks"])
def test_the_explorer_has_its_full_height_and_no_scroller_of_its_own(fresh_page: Any, place: str) -> None:  # noqa: ANN401
    page: Page = fresh_page.open(put_notebook("explore", fresh_page.lab.root), place=place)
    page.wait_for_selector(f".cfusage-explorer {READY}", timeout=PATIENCE)
    expect(page.locator(f".cfusage-explorer {READY}")).to_have_count(4, timeout=PATIENCE)
    page.wait_for_function("() => document.querySelector('.cfusage-explorer').clientHeight > 1820")
    if place == "notebooks":  # a cell with so many lines would scroll here
        page.wait_for_selector(".jp-mod-outputsScrolled:has(.cfusage-explorer)", timeout=PATIENCE)

    area = page.locator(".jp-Cell-outputArea:has(.cfusage-explorer)")
    inside = page.locator(".cfusage-explorer").evaluate("one => one.clientHeight")

    assert area.evaluate("one => one.clientHeight") >= inside
    assert area.evaluate("one => getComputedStyle(one, '::after').content") == "none"
    assert page.evaluate(SCROLLERS) == []
    fresh_page.complaints[:] = [text for text in fresh_page.complaints if "cfusage" in text]


def test_no_tooltip_of_the_explorer_says_null(notebook: Notebook) -> None:
    page = notebook.run("import cfusage_lab as cfu\ncfu.explore(now='2026-11-18T09:30Z')")
    page.wait_for_selector(f".cfusage-explorer {READY}", timeout=PATIENCE)

    page.get_by_role("button", name="Choose hours").click()
    page.get_by_label("Compare with").select_option("Other days")
    page.get_by_label("Compared from").wait_for()

    found = page.locator(".cfusage-explorer [title='null']").all()
    assert [one.inner_text() for one in found if one.is_visible()] == []


def test_charts_share_a_row_and_stand_in_other_layouts(notebook: Notebook) -> None:
    page = notebook.run(
        TWO,
        "ipywidgets.HBox([cfu.show(one), cfu.show(other)])",
        "ipywidgets.HBox([cfu.show(one), ipywidgets.VBox([cfu.show(other), ipywidgets.Label('two')])])",
        "ipywidgets.GridBox([cfu.show(one), cfu.show(other)],"
        " layout=ipywidgets.Layout(grid_template_columns='repeat(2, 1fr)'))",
        "ipywidgets.Tab([cfu.show(one), cfu.show(other)], titles=['one', 'other'])",
        "view = cfu.show(one)\nview.layout.width = '340px'\nipywidgets.HBox([view, cfu.show(other)])",
    )

    drawn = page.locator(f"{READY} {CANVAS}")
    expect(drawn).to_have_count(9, timeout=PATIENCE)
    boxes = [one.bounding_box() for one in drawn.all()]
    for left, right in ((0, 1), (2, 3), (4, 5)):
        assert abs(boxes[left]["y"] - boxes[right]["y"]) < 2
        assert abs(boxes[left]["width"] - boxes[right]["width"]) < 4
        assert boxes[left]["x"] + boxes[left]["width"] <= boxes[right]["x"] + 2
        assert boxes[left]["width"] > 300
    assert boxes[7]["width"] == pytest.approx(340, abs=2)

    page.get_by_role("tab", name="other").click()
    expect(drawn).to_have_count(10, timeout=PATIENCE)


def test_a_restarted_kernel_is_said_in_one_line(notebook: Notebook) -> None:
    """A chart that stands alone needs no kernel to zoom and to tell."""
    page = notebook.run(
        TWO,
        "cfu.show(one)",
        "ipywidgets.HBox([cfu.show(one), ipywidgets.Dropdown(options=['a']), cfu.show(other)])",
        "cfu.explore(now=now)",
    )
    expect(page.locator(READY)).to_have_count(7, timeout=PATIENCE)

    page.evaluate(RESTART)

    page.wait_for_selector(".cfusage-explorer.jupyter-widgets-disconnected", timeout=PATIENCE)
    said = {".cfusage-chart": "none", ".widget-dropdown": LINE, ".cfusage-explorer": LINE}
    for nth, (what, line) in enumerate(said.items()):
        output = page.locator(".jp-CodeCell").nth(nth + 1).locator(f".jp-OutputArea-output:has({what})")
        assert output.evaluate(SAYS) == line
    assert page.evaluate(ICONS) == 0
    notebook.complaints.clear()


def test_charts_composed_by_altair_are_drawn(notebook: Notebook) -> None:
    """Without a word on the console."""
    page = notebook.run(
        TWO,
        "import altair as alt\n"
        "bars = alt.Chart(history).mark_bar().encode(x='start_time:T', y='aggregated_value')",
        "cfu.show((one | bars) & (one | other))",
    )

    page.wait_for_selector(READY, timeout=PATIENCE)
    assert page.locator(CANVAS).bounding_box()["width"] > 1_200
    assert page.locator(".cfusage-error").count() == 0


NARROW = """() => [...document.querySelectorAll(".cfusage-chart")].map((one) => {
  const drawn = one.querySelector(".cfusage-drawing:not(.cfusage-unseen) canvas");
  return [one.clientWidth, drawn.clientWidth, one.ariaLabel];
})"""


def test_nothing_is_cut_off_in_a_window_of_600_pixels_beside_the_file_browser(notebook: Notebook) -> None:
    """The headings, keys and hints of every kind of chart."""
    notebook.page.set_viewport_size({"width": 600, "height": 4_000})
    page = notebook.run(
        TWO + "from IPython.display import display\n"
        "client = cfu.UsageClient.sandbox(now=now)\n"
        "month = client.usage_history(cfu.since_previous_month(now=now, time_zone='UTC'))\n"
        "daily, zone = cfu.daily_usage(month, time_zone='UTC'), {'time_zone': 'UTC'}\n"
        "charts = [one, other, cfu.usage_chart(daily, rolling=cfu.rolling_mean(daily))]\n"
        "charts += [cfu.day_over_day_chart(cfu.day_over_day(daily)), cfu.calendar_chart(daily)]\n"
        "charts += [cfu.weekly_heatmap_chart(cfu.weekly_heatmap(month, **zone), **zone)]\n"
        "charts += [cfu.month_over_month_chart(cfu.month_over_month(month, **zone), **zone)]\n"
        "charts += [cfu.anomalies_chart(cfu.anomalies(month, **zone), **zone)]\n"
        "charts += [cfu.movers_chart(cfu.movers(cfu.day_over_day(daily)))]\n"
        "charts += [cfu.usage_by_model_chart(cfu.usage_by_model(client.invoice_preview()))]\n"
        "for chart in charts: display(cfu.show(chart))",
        "cfu.explore(now=now)",
    )

    expect(page.locator(READY)).to_have_count(14, timeout=PATIENCE)
    sizes = page.evaluate(NARROW)
    assert all(cell < 300 for cell, *_ in sizes)
    assert [label for cell, drawn, label in sizes if drawn > cell + 1] == []
