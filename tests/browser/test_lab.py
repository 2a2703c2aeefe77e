"""Charts and the explorer in a real JupyterLab, offline."""

import re

import pytest
from canvases import (
    CANVAS,
    PATIENCE,
    PIXELS,
    READ_TEXTS,
    READY,
    Notebook,
    pixels,
    switch_theme,
    wait_until_written,
)
from playwright.sync_api import expect
from screens import choose, settle

pytestmark = pytest.mark.browser

SMALL = """
import altair as alt, polars as pl
from cfusage_lab.view import show
table = pl.DataFrame({"x": ["a", "b", "c"], "y": [1.0, 2.0, 3.0]})
chart = alt.Chart(table).mark_bar(color="#ff0000").encode(x="x:N", y="y:Q")
"""
EXPLORE = """
from datetime import UTC, datetime
from cfusage_lab.app import explore
explorer = explore(now=datetime(2026, 11, 15, 9, 30, tzinfo=UTC), time_range="Last 7 days")
explorer
"""


def test_any_chart_is_drawn_offline_and_fills_the_cell(notebook: Notebook) -> None:
    """A plain chart, a concatenation with text, a facet, data written in, one as wide as its cell."""
    page = notebook.run(
        SMALL,
        "show(chart)",
        "show(chart | chart.mark_text().encode(text='x:N'))",
        "show(chart.encode(column='x:N'))",
        "show(chart.properties(data=alt.Data(values=[{'x': 'a', 'y': 1}])))",
        "show(chart.properties(width='container'))",
    )

    expect(page.locator(READY)).to_have_count(5, timeout=PATIENCE)
    for nth in (0, 1, 2, 3, 4):
        assert pixels(page, "255,0,0", nth) > 500
    cell, drawn = page.locator(READY).nth(4).bounding_box(), page.locator(CANVAS).nth(4).bounding_box()
    assert abs(cell["width"] - drawn["width"]) <= 1
    assert page.evaluate("globalThis.cfusageLabLibraries.size") == 1


def test_the_library_comes_once_for_many_charts(fresh_page: Notebook) -> None:
    """Six charts cost the browser little more than one library of 0.9 MB."""
    received: list[int] = []
    fresh_page.page.on(
        "websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame)))
    )

    page = fresh_page.run(SMALL, "import ipywidgets\nipywidgets.VBox([show(chart) for _ in range(6)])")

    expect(page.locator(READY)).to_have_count(6, timeout=PATIENCE)
    assert 800_000 < sum(received) < 1_300_000


def test_other_numbers_are_drawn_in_place_and_the_selection_survives(notebook: Notebook) -> None:
    """The very same canvas, higher bars, and Python still knows the brush."""
    notebook.page.evaluate(READ_TEXTS)
    page = notebook.run(
        SMALL + "import ipywidgets",
        """
brush = alt.selection_interval(name="brush", encodings=["x"])
def draw(factor):
    data = table.with_columns(pl.col("y") * factor)
    return chart.properties(data=data, title=f"times {factor}", width=300).add_params(brush)
view, said = show(draw(1)), ipywidgets.Label("nothing")
said.add_class("said")
def tell(change): said.value = "/".join(change["new"].get("brush", {}).get("x", []))
view.observe(tell, names="selections")
more = ipywidgets.Button(description="More")
more.on_click(lambda _: view.draw(draw(10)))
ipywidgets.VBox([more, view, said])""",
    )
    page.wait_for_selector(READY, timeout=PATIENCE)
    box = page.locator(CANVAS).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 100)
    page.mouse.down()
    page.mouse.move(box["x"] + 200, box["y"] + 120, steps=5)
    page.mouse.up()
    expect(page.locator(".said")).to_have_text("a/b", timeout=PATIENCE)
    page.evaluate(
        "canvas => { window.before = document.querySelector(canvas); window.written = []; }", CANVAS
    )

    page.get_by_role("button", name="More").click()

    wait_until_written(page, "times 10")
    wait_until_written(page, "30")
    assert page.evaluate("canvas => window.before === document.querySelector(canvas)", CANVAS)
    expect(page.locator(".said")).to_have_text("a/b")


BROKEN = {
    "chart.transform_calculate(z='datum.y +')": "Unexpected end of input",
    "chart.transform_calculate(z='nonsense(datum.y)')": "Unrecognized function: nonsense",
    "alt.Chart('/nowhere.json').mark_point()": "Loading failed",
}
SHOW_BROKEN = """
view, said = show({}), ipywidgets.Label()
said.add_class("said")
view.observe(lambda change, said=said: setattr(said, "value", change["new"] or "mended"), names="error")
mend = ipywidgets.Button(description="Mend")
mend.on_click(lambda _, view=view: view.draw(chart))
ipywidgets.VBox([view, said, mend])"""


def test_what_cannot_be_drawn_says_why_in_the_cell(notebook: Notebook) -> None:
    """And a chart that can be drawn takes its place; Python hears of it too."""
    notebook.page.set_viewport_size({"width": 1280, "height": 2000})
    page = notebook.run(SMALL + "import ipywidgets", *map(SHOW_BROKEN.format, BROKEN))
    outputs = page.locator(".jp-OutputArea-output", has=page.locator(".said"))

    expect(outputs).to_have_count(len(BROKEN), timeout=PATIENCE)
    for nth, message in enumerate(BROKEN.values()):
        cell = outputs.nth(nth)
        why = f"This chart cannot be drawn: {message}"
        expect(cell.get_by_role("alert")).to_contain_text(why, timeout=PATIENCE)
        expect(cell.locator(".said")).to_contain_text(message)
        cell.get_by_role("button", name="Mend").click()

        cell.locator(READY).wait_for(timeout=PATIENCE)
        expect(cell.locator(".said")).to_have_text("mended")
        expect(cell.get_by_role("alert")).to_have_count(0)
    notebook.complaints[:] = [one for one in notebook.complaints if "nowhere.json" not in one]


def test_the_explorer_follows_its_controls(notebook: Notebook) -> None:
    """Range, account and zone change what is drawn; the status says sandbox throughout."""
    notebook.page.evaluate(READ_TEXTS)
    page = notebook.run(EXPLORE)
    settle(page)
    first = page.locator(READY).first.get_attribute("aria-label")
    assert pixels(page, "21,96,226") > 2000
    expect(page.get_by_role("status")).to_contain_text("Sandbox: made-up data")
    page.evaluate("canvas => { window.before = document.querySelector(canvas); }", CANVAS)

    choose(page, "Last 28 days")

    expect(page.get_by_role("status")).to_contain_text("672 hours of 4 accounts", timeout=PATIENCE)
    settle(page)
    assert page.evaluate("canvas => window.before === document.querySelector(canvas)", CANVAS)
    expect(page.locator(READY).first).not_to_have_attribute("aria-label", first, timeout=PATIENCE)

    page.get_by_role("button", name="By account").click()
    wait_until_written(page, "Larkspur Batch")

    page.get_by_label("Time zone").fill("Asia/Kolkata")
    page.get_by_label("Time zone").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Asia/Kolkata is +05:30 from UTC", timeout=PATIENCE)


def test_pointing_tells_the_window_and_another_range_leaves_the_zoom(notebook: Notebook) -> None:
    page = notebook.run(EXPLORE)
    settle(page)
    canvas = page.locator(CANVAS).first
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    height = box["y"] + box["height"] - 150
    page.mouse.move(box["x"] + box["width"] * 0.5, height)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, height, steps=5)
    page.mouse.up()
    expect(page.locator(".cfusage-chip")).to_be_visible(timeout=PATIENCE)

    page.mouse.move(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.4)
    expect(page.locator("#vg-tooltip-element")).to_contain_text(
        re.compile(
            r"Local time\w{3} \d+ Nov 2026, \d\d:00 to \d\d:00UTC offset\+00:00UTC2026-11-\d\d \d\d:00Z"
        )
    )

    choose(page, "Last 28 days")
    expect(page.locator(".cfusage-chip")).to_have_count(0, timeout=PATIENCE)


def test_the_dark_theme_is_followed_at_once(notebook: Notebook) -> None:
    """Light letters after the switch, dark ones before; nothing is run again."""
    page = notebook.run(SMALL, "show(chart.properties(title='Title'))")
    page.wait_for_selector(READY, timeout=PATIENCE)
    assert pixels(page, "31,31,31") > 0

    switch_theme(page, "JupyterLab Dark")

    page.wait_for_function(
        f"() => ({PIXELS})(document.querySelector('{CANVAS}'))['230,230,230'] > 0", timeout=PATIENCE
    )
    assert pixels(page, "31,31,31") == 0
    assert pixels(page, "255,0,0") > 500


CLICK_AND_WAIT = """async times => {
  const root = document.querySelector(".cfusage-chart");
  const button = document.querySelector(".go");
  for (let n = 0; n < times; n++) {
    await new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (root.dataset.state !== "ready") return;
        observer.disconnect();
        resolve();
      });
      observer.observe(root, {attributeFilter: ["data-state"]});
      button.click();
    });
  }
}"""


def test_many_updates_do_not_pile_up(fresh_page: Notebook) -> None:
    """After 120 updates, every tenth a drawing of its own, there is one canvas and hardly more memory."""
    page = fresh_page.run(
        SMALL + "import ipywidgets, itertools",
        """
many, count = pl.DataFrame({"x": range(2000), "y": range(2000)}), itertools.count(1)
def draw(n):
    chart = alt.Chart(many.with_columns(pl.col("y") * n)).encode(x="x:Q", y="y:Q")
    return chart.mark_bar(opacity=0.5 + n // 10 % 2 / 10).properties(title=str(n))
view, go = show(draw(0)), ipywidgets.Button(description="Go")
go.add_class("go")
go.on_click(lambda _: view.draw(draw(next(count))))
ipywidgets.VBox([go, view])""",
    )
    page.wait_for_selector(READY, timeout=PATIENCE)
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    heaps = []
    for times in (20, 100):
        page.evaluate(CLICK_AND_WAIT, times)
        for _ in range(3):  # what the first pass frees may hold something else
            session.send("HeapProfiler.collectGarbage")
        heaps.append(page.evaluate("performance.memory.usedJSHeapSize"))

    assert page.locator(CANVAS).count() == 1
    assert heaps[1] < 1.5 * heaps[0], "a view of this chart that stays behind takes 1 MB, the page 45"


def test_a_page_that_is_loaded_again_shows_the_chart_again(fresh_page: Notebook) -> None:
    """The kernel still runs; nothing is executed."""
    page = fresh_page.run(SMALL, "show(chart)")
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")

    page.goto(re.sub(r"\?.*", "", page.url))

    page.wait_for_selector(READY, timeout=PATIENCE)
    assert pixels(page, "255,0,0") > 500
