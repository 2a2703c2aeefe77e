"""Selections both ways, in a real JupyterLab: made by hand and read, made in Python and seen."""

import json
from typing import Any

import pytest
from canvases import CANVAS, PATIENCE, READY, Notebook, pixels, switch_theme, wait_for_pixels
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

DAY = 86_400_000
START = 1_767_225_600_000
"""1 January 2026, 00:00 UTC, in milliseconds."""
RED, GREEN, BLUE, YELLOW = "255,0,0", "0,255,0", "0,0,255", "255,255,0"

DAYS = """
import json
from datetime import UTC, datetime, timedelta
import altair as alt, ipywidgets, polars as pl
from cfusage_lab.view import show
start = datetime(2026, 1, 1, tzinfo=UTC)
table = pl.DataFrame({"day": ["1", "2", "3", "4"], "left": [start + timedelta(days=n) for n in range(4)]})
table = table.with_columns(right=pl.col("left") + timedelta(days=1))
time = alt.X("left:T", scale=alt.Scale(type="utc", nice=False))
said = ipywidgets.Label("nothing")
said.add_class("said")
def shown(view, **actions):
    def tell(_=None): said.value = json.dumps(view.selections)
    view.observe(tell, names="selections")
    tell()
    buttons = [ipywidgets.Button(description=name) for name in actions]
    for button in buttons: button.on_click(lambda pressed: actions[pressed.description]())
    return ipywidgets.VBox([ipywidgets.HBox(buttons), said, view])
"""
ZOOM = """
brush = alt.selection_interval(name="brush", encodings=["x"])
def draw(height=60):
    base = alt.Chart(table, width=400).encode(x2="right:T")
    zoomed = alt.X("left:T", scale=alt.Scale(type="utc", nice=False, domain=brush))
    colours = alt.Scale(domain=["1", "2", "3", "4"], range=["#ff0000", "#00ff00", "#0000ff", "#ffff00"])
    days = base.mark_rect(clip=True).encode(x=zoomed, color=alt.Color("day:N", scale=colours, legend=None))
    overview = base.mark_rect().encode(x=time).properties(height=40).add_params(brush)
    return days.properties(height=height) & overview
"""
POINTS = """
chosen = alt.selection_point(name="chosen", on="click", fields=["left"])
def draw(width=400):
    colour = alt.condition(chosen, alt.value("#ff0000"), alt.value("#0000ff"), empty=False)
    chart = alt.Chart(table, width=width, height=60).mark_rect().encode(x=time, x2="right:T", color=colour)
    return chart.add_params(chosen)
"""


def says(page: Page, selections: dict[str, Any]) -> None:
    """Wait until Python knows of exactly these selections."""
    expect(page.locator(".said")).to_have_text(json.dumps(selections), timeout=PATIENCE)


def press(page: Page, name: str) -> None:
    """Have Python do something."""
    page.get_by_role("button", name=name).click()


def test_an_interval_from_python_is_seen_and_outlives_new_drawings(notebook: Notebook) -> None:
    """The second day, to the millisecond, said before the chart was shown; then two days; then none."""
    second, two = [START + DAY + 7, START + 2 * DAY - 7], [START + DAY, START + 3 * DAY]
    page = notebook.run(
        DAYS + ZOOM,
        f"""
view = show(draw())
view.select("brush", {{"left": {second}}})
shown(view, Two=lambda: view.select("brush", {{"left": {two}}}), None_=lambda: view.select("brush", None),
      Higher=lambda: view.draw(draw(90)))""",
    )
    wait_for_pixels(page, GREEN, 23_000, 24_000)
    says(page, {"brush": {"left": second}})

    switch_theme(page, "JupyterLab Dark")
    wait_for_pixels(page, "168,168,168", 1, 1_000)  # labels of the axes
    wait_for_pixels(page, GREEN, 23_000, 24_000)
    says(page, {"brush": {"left": second}})

    press(page, "Two")
    wait_for_pixels(page, BLUE, 11_500, 12_000)
    assert 11_500 < pixels(page, GREEN) <= 12_000

    press(page, "Higher")
    wait_for_pixels(page, BLUE, 17_500, 18_000)
    says(page, {"brush": {"left": two}})

    press(page, "None_")
    wait_for_pixels(page, RED, 8_500, 9_000)
    says(page, {})


def test_a_drag_is_told_in_milliseconds_and_outlives_a_new_drawing(notebook: Notebook) -> None:
    """From the middle of the second day to the middle of the third; a double click ends it."""
    page = notebook.run(DAYS + ZOOM, "view = show(draw())\nshown(view, Higher=lambda: view.draw(draw(90)))")
    page.wait_for_selector(READY, timeout=PATIENCE)
    canvas = page.locator(CANVAS)
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, overview = box["x"] + (box["width"] - 412) / 2 + 6, box["y"] + box["height"] - 60
    page.mouse.move(left + 150, overview)
    page.mouse.down()
    page.mouse.move(left + 250, overview, steps=4)
    page.mouse.up()
    expect(page.locator(".said")).to_contain_text("brush", timeout=PATIENCE)
    page.wait_for_function("document.querySelector('.said').textContent.length > 40")
    edges = json.loads(page.locator(".said").text_content())["brush"]["left"]
    assert edges == pytest.approx([START + 1.5 * DAY, START + 2.5 * DAY], abs=DAY / 50)

    press(page, "Higher")

    wait_for_pixels(page, GREEN, 16_000, 20_000)
    says(page, {"brush": {"left": edges}})
    box = canvas.bounding_box()
    page.mouse.dblclick(left + 200, box["y"] + box["height"] - 60)
    says(page, {})
    wait_for_pixels(page, YELLOW, 8_500, 9_000)


def test_clicked_points_tell_the_values_of_their_fields(notebook: Notebook) -> None:
    """The second day, with Shift the third too; they outlive a new drawing; then Python chooses the first."""
    page = notebook.run(
        DAYS + POINTS,
        f"""
view = show(draw())
shown(view, Narrow=lambda: view.draw(draw(200)), First=lambda: view.select("chosen", {{"left": [{START}]}}),
      None_=lambda: view.select("chosen", None))""",
    )
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.locator(CANVAS).scroll_into_view_if_needed()
    box = page.locator(CANVAS).bounding_box()

    page.mouse.click(box["x"] + box["width"] * 0.4, box["y"] + 30)
    says(page, {"chosen": {"left": [START + DAY]}})
    page.keyboard.down("Shift")
    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + 30)
    page.keyboard.up("Shift")
    says(page, {"chosen": {"left": [START + DAY, START + 2 * DAY]}})
    assert (pixels(page, RED), pixels(page, BLUE)) == (12_000, 12_000)

    press(page, "Narrow")
    wait_for_pixels(page, RED, 6_000, 6_000)
    says(page, {"chosen": {"left": [START + DAY, START + 2 * DAY]}})

    press(page, "First")
    wait_for_pixels(page, RED, 3_000, 3_000)
    says(page, {"chosen": {"left": [START]}})

    press(page, "None_")
    wait_for_pixels(page, BLUE, 12_000, 12_000)
    says(page, {})
