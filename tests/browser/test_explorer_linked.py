"""The explorer in a real JupyterLab: a drag, a click, a file; and what Python knows of them."""

import re
from pathlib import Path
from typing import Protocol

import pytest
from playwright.sync_api import Locator, Page, expect
from screens import settle

pytestmark = pytest.mark.browser

PATIENCE = 40_000
EXPLORE = """
import cfusage_lab as cfu
NOW = "2026-11-15T09:30Z"
explorer = cfu.explore(cfu.UsageClient.sandbox(now=NOW), time_range="Last 7 days", now=NOW)
explorer
"""
TELL = """
import ipywidgets
told, select = ipywidgets.Label(), ipywidgets.Button(description="Select a morning")
told.add_class("told")
def tell(_change=None):
    windows = explorer.history
    told.value = f"{windows.height} windows, {explorer.selection.weekday}, {explorer.selection.hour}"
def inside(box): return [box, *(one for child in getattr(box, "children", ()) for one in inside(child))]
(table,) = [one for one in inside(explorer.widget) if "cfusage-windows" in str(getattr(one, "value", ""))]
table.observe(tell, names="value")
tell()
select.on_click(lambda _: explorer.select("2026-11-10T06:00", "2026-11-10T12:00"))
asked, ask = ipywidgets.Label(), ipywidgets.Button(description="Ask")
asked.add_class("asked")
ask.on_click(lambda _: setattr(asked, "value", str(explorer.history.height)))
ipywidgets.VBox([told, select, asked, ask])
"""
AFTER_THE_VIEW = "() => new Promise((done) => setTimeout(done, 100))"
"""A view tells of a selection 50 ms after it moved: whatever it has to tell is on its way by then."""
EVERYTHING = "178 windows, None, None"


class Notebook(Protocol):
    """What the fixture ``notebook`` gives."""

    page: Page

    def run(self, *cells: str) -> Page:
        """Run the cells in a new notebook."""


def chart(page: Page, nth: int) -> Locator:
    """Return a chart by its place on the page."""
    return page.locator(".cfusage-explorer .cfusage-chart").nth(nth)


@pytest.fixture(scope="module")
def opened(shared_notebook: Notebook) -> Page:
    """Open the explorer once, and wait for its four charts."""
    page = shared_notebook.run(EXPLORE, TELL)
    page.set_viewport_size({"width": 1280, "height": 2600})
    for nth in range(4):
        expect(chart(page, nth)).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(page.locator(".told")).to_have_text(EVERYTHING, timeout=PATIENCE)
    settle(page)
    return page


@pytest.fixture
def page(opened: Page) -> Page:
    """Give the explorer with nothing selected, whatever a test before this one chose."""
    clear = opened.get_by_role("button", name="Clear selection")
    if clear.is_enabled():
        clear.click()
    expect(opened.locator(".told")).to_have_text(EVERYTHING, timeout=PATIENCE)
    settle(opened)
    return opened


def drag(page: Page, start: float, end: float) -> None:
    """Drag over the strip under the time line, between two fractions of its width."""
    box = chart(page, 0).locator("canvas").bounding_box()
    assert box is not None
    at = box["y"] + box["height"] - 45
    page.mouse.move(box["x"] + box["width"] * start, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, at, steps=8)
    page.mouse.up()


def test_a_drag_filters_the_other_views_and_python_knows(page: Page) -> None:
    """A tenth of a week is some 16 or 17 hours; Clear shows everything again."""
    before = chart(page, 2).get_attribute("aria-label")

    drag(page, 0.4, 0.5)

    expect(page.locator(".told")).to_have_text(re.compile(r"^1[5-9] windows"), timeout=PATIENCE)
    expect(chart(page, 2)).not_to_have_attribute("aria-label", before or "", timeout=PATIENCE)
    expect(page.locator(".cfusage-selection")).to_contain_text(
        re.compile(r"1[5-9] hours · \$[\d.]+ · [\d.]+%")
    )

    page.get_by_role("button", name="Clear selection").click()

    expect(page.locator(".told")).to_have_text(re.compile("^178 windows"), timeout=PATIENCE)
    expect(chart(page, 2)).to_have_attribute("aria-label", before or "", timeout=PATIENCE)


def test_a_click_on_a_cell_shows_its_windows(page: Page) -> None:
    """One hour of the week is in a week once."""
    box = chart(page, 2).locator("canvas").bounding_box()
    assert box is not None

    page.mouse.click(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * 0.7)

    expect(page.locator(".told")).to_have_text(re.compile(r"^1 windows, [1-7], \d+$"), timeout=PATIENCE)
    expect(page.locator(".cfusage-windows tbody tr")).to_have_count(1)
    expect(page.get_by_label("Weekday")).not_to_have_value("Any weekday")


def test_what_python_selects_moves_the_brush(page: Page) -> None:
    """Six hours: the time line zooms to them, and tells nothing else back."""
    canvas = "document.querySelector('.cfusage-explorer .cfusage-chart canvas').toDataURL()"
    before = page.evaluate(canvas)

    page.get_by_role("button", name="Select a morning").click()

    expect(page.locator(".told")).to_have_text(re.compile("^6 windows"), timeout=PATIENCE)
    expect(page.get_by_label("Select from")).to_have_value(re.compile("2026-11-10T06:00"))
    expect(page.locator(".cfusage-selection")).to_contain_text("Tue 10 Nov 2026, 06:00 to 12:00")
    expect(page.locator(".cfusage-windows")).to_contain_text("of 6)", timeout=PATIENCE)
    expect(chart(page, 2)).to_have_attribute("aria-label", re.compile("6 hours"), timeout=PATIENCE)
    page.wait_for_function(f"before => {canvas} !== before", arg=before, timeout=PATIENCE)
    page.evaluate(AFTER_THE_VIEW)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".asked")).to_have_text("6", timeout=PATIENCE)
    expect(page.locator(".told")).to_have_text(re.compile("^6 windows"))


def test_a_file_is_made_and_downloaded(page: Page, tmp_path: Path) -> None:
    """The selected windows, a line each; and the code behind them to copy."""
    page.get_by_role("button", name="Select a morning").click()
    expect(page.locator(".told")).to_have_text(re.compile("^6 windows"), timeout=PATIENCE)

    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Hours (CSV)").click()
    with page.expect_download(timeout=PATIENCE) as download:
        page.get_by_role("link", name=re.compile("Download ai-gateway-cost_")).click(timeout=PATIENCE)
    path = tmp_path / "usage.csv"
    download.value.save_as(path)
    lines = path.read_text().splitlines()
    assert len(lines) == 7
    assert lines[1].split(",")[1] == "2026-11-10T06:00:00Z"

    page.get_by_role("button", name="Copy as code").click()
    expect(page.locator(".cfusage-code")).to_contain_text("client.usage_history(", timeout=PATIENCE)


def test_moments_are_the_zones_and_not_the_browsers(page: Page) -> None:
    """The browser is in Tokyo, the kernel in New York, the explorer on UTC. Last: it changes the range."""
    page.get_by_label("Select from").fill("2026-11-10T06:00")
    page.get_by_label("Select from").press("Enter")
    page.get_by_label("Select until").fill("2026-11-10T09:00")
    page.get_by_label("Select until").press("Enter")

    expect(page.locator(".told")).to_have_text(re.compile("^3 windows"), timeout=PATIENCE)
    expect(page.locator(".cfusage-selection")).to_contain_text("Tue 10 Nov 2026, 06:00 to 09:00")

    page.get_by_label("First day").fill("2026-11-11")
    expect(page.locator(".told")).to_have_text(re.compile("^106 windows"), timeout=PATIENCE)
