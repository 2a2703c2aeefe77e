"""What a reader selects in the explorer of a real JupyterLab, how it is left, and what Python knows of it."""

import re
from collections.abc import Callable
from typing import Any

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
explorer.widget.bar.chip.observe(tell, names="value")
tell()
select.on_click(lambda _: explorer.select("2026-11-10T06:00", "2026-11-10T12:00"))
asked, ask = ipywidgets.Label(), ipywidgets.Button(description="Ask")
asked.add_class("asked")
ask.on_click(lambda _: setattr(asked, "value", str(explorer.history.height)))
ipywidgets.VBox([told, select, asked, ask])
"""
AFTER_THE_VIEW = "() => new Promise((done) => setTimeout(done, 100))"
"""A view tells of a selection 50 ms after it moved: whatever it has to tell is on its way by then."""
EVERYTHING = "168 windows, None, None"
ON_BARS, ON_STRIP = 150, 45


def chart(page: Page, nth: int) -> Locator:
    """Return a chart by its place on the page."""
    return page.locator(".cfusage-explorer .cfusage-chart").nth(nth)


@pytest.fixture(scope="module")
def opened(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once, and wait for its four charts."""
    page: Page = shared_notebook.run(EXPLORE, TELL)
    page.set_viewport_size({"width": 1280, "height": 2600})
    for nth in range(4):
        expect(chart(page, nth)).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    page.get_by_role("button", name="Choose hours").click()
    settle(page)
    return page


@pytest.fixture
def page(opened: Page) -> Page:
    """Give the explorer with nothing selected, whatever a test before this one chose."""
    opened.set_viewport_size({"width": 1280, "height": 2600})
    leave = opened.get_by_role("button", name="Leave the selection")
    if leave.is_visible():
        leave.click()
    expect(opened.locator(".told")).to_have_text(EVERYTHING, timeout=PATIENCE)
    settle(opened)
    return opened


def drag(page: Page, start: float, end: float, *, from_bottom: int = ON_BARS) -> None:
    """Drag over the time line, between two fractions of its width."""
    canvas = chart(page, 0).locator("canvas")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box is not None
    at = box["y"] + box["height"] - from_bottom
    page.mouse.move(box["x"] + box["width"] * start, at)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, at, steps=8)
    page.mouse.up()


def press_escape(page: Page) -> None:
    """Press Esc with the pointer in the explorer."""
    page.keyboard.press("Escape")


def double_click(page: Page) -> None:
    """Click twice on the bars."""
    box = chart(page, 0).locator("canvas").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + box["width"] * 0.3, box["y"] + box["height"] - ON_BARS)


def press_the_x(page: Page) -> None:
    """Press the x of the chip."""
    page.get_by_role("button", name="Leave the selection").click()


@pytest.mark.parametrize("from_bottom", [ON_BARS, ON_STRIP], ids=["bars", "overview"])
@pytest.mark.parametrize("leave", [press_escape, double_click, press_the_x])
def test_a_drag_zooms_and_filters_all_views_until_it_is_left(
    page: Page, leave: Callable[[Page], None], from_bottom: int
) -> None:
    """A tenth of a week is some 16 or 17 hours, under one of four pixels at each end."""
    before = [chart(page, nth).get_attribute("aria-label") or "" for nth in range(4)]
    chip, days = page.locator(".cfusage-chip"), page.locator(".cfusage-days tbody tr")

    drag(page, 0.4, 0.5, from_bottom=from_bottom)

    expect(page.locator(".told")).to_have_text(re.compile(r"^1[5-9] windows"), timeout=PATIENCE)
    for nth in range(4):  # what the heading of the time line says is the browser's own, and stays as it was
        if nth:
            expect(chart(page, nth)).not_to_have_attribute("aria-label", before[nth], timeout=PATIENCE)
    expect(chip).to_contain_text(re.compile(r"Nov.* · \$[\d.]+ · [\d.]+% of the range · 1[5-9] hours"))
    expect(days).to_have_count(2, timeout=PATIENCE)
    expect(page.locator(".cfusage-main .cfusage-value")).to_have_text(
        re.findall(r"\$[\d.,]+", chip.inner_text())[0], timeout=PATIENCE
    )

    leave(page)

    expect(page.locator(".told")).to_have_text(EVERYTHING, timeout=PATIENCE)
    expect(chip).to_have_count(0)
    for nth in range(4):
        expect(chart(page, nth)).to_have_attribute("aria-label", before[nth], timeout=PATIENCE)


def test_what_is_selected_stays_in_sight_in_a_window_that_is_scrolled(page: Page) -> None:
    page.set_viewport_size({"width": 1280, "height": 800})
    drag(page, 0.4, 0.5)
    chip = page.locator(".cfusage-chip")
    expect(chip).to_be_visible(timeout=PATIENCE)
    expect(page.locator(".cfusage-days tbody tr")).to_have_count(2, timeout=PATIENCE)

    page.locator(".cfusage-days tbody tr").last.scroll_into_view_if_needed()

    expect(page.locator(".cfusage-days tbody tr").last).to_be_in_viewport()
    expect(chip).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="Leave the selection")).to_be_in_viewport(ratio=1)
    top = page.evaluate(
        """() => {
          const {x, y, width, height} = document.querySelector(".cfusage-chip").getBoundingClientRect();
          return document.elementFromPoint(x + width / 4, y + height / 2).className;
        }"""
    )
    assert top == "cfusage-chip", "nothing lies over it"


def test_a_click_on_a_cell_shows_its_day_and_then_a_day_of_another_weekday_replaces_it(page: Page) -> None:
    """One hour of the week is in a week once."""
    heatmap = chart(page, 2).locator("canvas")
    box = heatmap.bounding_box()
    assert box is not None

    heatmap.click(position={"x": box["width"] * 0.6, "y": box["height"] * 0.7})

    expect(page.locator(".told")).to_have_text(re.compile(r"^1 windows, [1-7], \d+$"), timeout=PATIENCE)
    days = page.locator(".cfusage-days tbody tr")
    expect(days).to_have_count(1, timeout=PATIENCE)
    weekday = page.get_by_label("Weekday", exact=True)
    chosen = weekday.evaluate("one => one.selectedOptions[0].text")
    assert chosen != "Any weekday"
    expect(days).to_contain_text(chosen[:3])

    other = "2026-11-09" if chosen != "Monday" else "2026-11-10"
    page.get_by_label("Day", exact=True).fill(other)
    expect(page.locator(".told")).to_have_text("24 windows, None, None", timeout=PATIENCE)
    expect(weekday.locator("option:checked")).to_have_text("Any weekday")


def test_what_python_selects_moves_the_brush(page: Page) -> None:
    """Six hours: the time line zooms to them, and tells nothing else back."""
    canvas = "document.querySelector('.cfusage-explorer .cfusage-chart canvas').toDataURL()"
    before = page.evaluate(canvas)

    page.get_by_role("button", name="Select a morning").click()

    expect(page.locator(".told")).to_have_text(re.compile("^6 windows"), timeout=PATIENCE)
    expect(page.get_by_label("Select from")).to_have_value(re.compile("2026-11-10T06:00"))
    expect(page.locator(".cfusage-chip")).to_contain_text("Tue 10 Nov 2026, 06:00 to 12:00")
    expect(page.locator(".cfusage-days tbody tr")).to_have_count(1, timeout=PATIENCE)
    page.wait_for_function(f"before => {canvas} !== before", arg=before, timeout=PATIENCE)
    page.evaluate(AFTER_THE_VIEW)
    page.get_by_role("button", name="Ask").click()
    expect(page.locator(".asked")).to_have_text("6", timeout=PATIENCE)
    expect(page.locator(".told")).to_have_text(re.compile("^6 windows"))


def test_moments_are_the_zones_and_not_the_browsers(page: Page) -> None:
    """The browser is in Tokyo, the kernel in New York, the explorer on UTC. Last: it changes the range."""
    page.get_by_label("Select from").fill("2026-11-10T06:00")
    page.get_by_label("Select from").press("Enter")
    page.get_by_label("Select until").fill("2026-11-10T09:00")
    page.get_by_label("Select until").press("Enter")

    expect(page.locator(".told")).to_have_text(re.compile("^3 windows"), timeout=PATIENCE)
    expect(page.locator(".cfusage-chip")).to_contain_text("Tue 10 Nov 2026, 06:00 to 09:00")

    page.get_by_label("First day", exact=True).fill("2026-11-11")
    expect(page.locator(".told")).to_have_text(re.compile("^96 windows"), timeout=PATIENCE)
