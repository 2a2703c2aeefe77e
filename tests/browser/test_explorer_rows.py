"""The table of rows in a real browser: clicks, keys, what is heard, and nothing run."""

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from canvases import switch_theme
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PATIENCE = 40_000
HOSTILE = "</script><img src=x onerror='pwned = 1'>"
CELL = f"""
import ipywidgets as w
from cfusage_lab.explorer.rows import Rows, bar_cell, change_cell, column, row, spark_cell
columns = [column("Day"), column("Cost", "money"), column("Share", "bar"), column("Change", "change")]
columns.append(column("Trend", "spark"))
table, told, opened, chosen = Rows(is_multiple=True), w.Label("nothing yet"), set(), set()

def line(key, share, **more):
    cells = [key, "$1.00", bar_cell(share, f"{{share:.1%}}"), change_cell(share, share, kind="up")]
    return row(key, [*cells, spark_cell([1.0, None, 3.0, 2.0], "Days: first $1.00, last $2.00")], **more)

def draw():
    rows = []
    for key, share in (("Monday", 0.5), ("Tuesday", -0.2), ({HOSTILE!r}, 1.0)):
        rows.append(line(key, share, is_expandable=True, is_open=key in opened, is_selected=key in chosen))
        if key in opened:
            rows.append(line(f"hour of {{key}}", 0.1, level=1, is_selected=None, is_quiet=True))
    table.show(columns, rows, caption="Days", empty="Nothing here.")

def click(key, is_added):
    chosen.symmetric_difference_update([key]) if is_added else (chosen.clear(), chosen.add(key))
    told.value = f"clicked: {{key}}, {{is_added}}"
    draw()

def open_(key):
    opened.symmetric_difference_update([key])
    draw()

table.on_click(click)
table.on_open(open_)
clear = w.Button(description="Clear it")
clear.on_click(lambda _: table.show(columns, [], caption="Days", empty="Nothing here."))
draw()
w.VBox([table, told, clear])
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Show the table once for all tests here."""
    shown: Page = shared_notebook.run(CELL)
    expect(shown.get_by_role("treegrid", name="Days")).to_be_visible(timeout=PATIENCE)
    return shown


def line(page: Page, key: str) -> Locator:
    """Find a row by its key."""
    return page.locator(f".cfusage-rows tr[data-key='{key}']")


def test_rows_are_chosen_by_clicks_and_unfolded_by_the_arrow_before_them(page: Page) -> None:
    monday, tuesday, hour = (line(page, key) for key in ("Monday", "Tuesday", "hour of Tuesday"))

    monday.get_by_text("$1.00").click()
    expect(page.get_by_text("clicked: Monday, False")).to_be_visible(timeout=PATIENCE)
    tuesday.get_by_text("$1.00").click(modifiers=["Control"])
    expect(page.get_by_text("clicked: Tuesday, True")).to_be_visible(timeout=PATIENCE)
    expect(monday).to_have_attribute("aria-selected", "true")
    expect(tuesday).to_have_attribute("aria-selected", "true")

    tuesday.get_by_role("button", name="Unfold").click()
    expect(hour).to_have_attribute("aria-level", "2")
    expect(tuesday).to_be_focused()
    hour.get_by_text("$1.00").click()
    tuesday.get_by_role("button", name="Fold").click()
    expect(hour).to_have_count(0)
    expect(page.get_by_text("clicked: Tuesday, True")).to_be_visible()


def test_the_keyboard_alone_does(page: Page) -> None:
    """One row is in the tab order; the notebook's own shortcuts keep still."""
    cells = page.locator(".jp-Cell").count()
    table = page.get_by_role("treegrid")
    expect(table.locator("tr[tabindex='0']")).to_have_count(1)
    table.locator("tr[tabindex='0']").focus()

    for key in ("Home", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
        page.wait_for_timeout(300)
    expect(line(page, "hour of Tuesday")).to_be_focused()
    for key in ("Enter", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
    expect(line(page, "hour of Tuesday")).to_have_count(0)
    expect(line(page, "Tuesday")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Space")
    expect(page.get_by_text("clicked: Monday, False")).to_be_visible(timeout=PATIENCE)
    page.keyboard.press("End")
    page.keyboard.press("Shift+Enter")
    expect(page.get_by_text("onerror='pwned = 1'>, True")).to_be_visible(timeout=PATIENCE)
    expect(page.locator("tr[aria-selected='true']")).to_have_count(2)
    assert page.locator(".jp-Cell").count() == cells


def test_names_are_read_and_never_run(page: Page) -> None:
    expect(page.get_by_text(HOSTILE, exact=True)).to_be_visible()

    assert page.evaluate("typeof pwned") == "undefined"
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_to_complain_of(page: Page, theme: str) -> None:
    switch_theme(page, theme)
    page.wait_for_function(
        "theme => document.body.dataset.jpThemeName === theme", arg=theme, timeout=PATIENCE
    )
    page.evaluate(AXE_SCRIPT)

    found = page.evaluate("() => axe.run(document.querySelector('.cfusage-rows'))")

    assert found["violations"] == [], json.dumps(found["violations"], indent=1)[:2000]
    assert found["passes"]
    expect(page.get_by_role("img", name="Days: first $1.00, last $2.00")).to_have_count(3)


def test_a_sentence_stands_where_no_row_is(page: Page) -> None:
    page.get_by_role("button", name="Clear it").click()

    expect(page.locator(".cfusage-empty")).to_have_text("Nothing here.", timeout=PATIENCE)
    expect(page.get_by_role("treegrid")).to_have_count(0)
