"""The explorer in windows of any width, for those who hear it, and without a mouse: axe, names, keys."""

import json
import re
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from canvases import switch_theme
from playwright.sync_api import Page, expect
from screens import is_chosen, settle

pytestmark = pytest.mark.browser

READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 60_000
EXPLORE = (
    "import cfusage_lab as cfu",
    'cfu.explore(time_zone="Europe/Berlin", now="2026-11-18T09:30Z")',
)
OUTPUT = ".jp-OutputArea-output:has(.cfusage-chart)"
FOCUSABLE = "input, select, textarea, button:not([tabindex='-1']), a[href], summary, [tabindex='0']"


NAMELESS = re.compile(r'\s*- (textbox|combobox|button|checkbox)(?: "[\ue000-\uf8ff\s]*")?:?')
"""The letter of an icon is no name."""
NAMES = (
    *("First day", "Last day", "With today so far", "Compare with", "Time zone"),
    *("Bars", "Compare", "Statistic", "Order"),
    *("Select from", "Select until", "Weekday", "Hour", "Day"),
)


CUT_OFF = """([leeway]) => {
  const root = document.querySelector(".cfusage-explorer");
  const frame = root.getBoundingClientRect();
  const found = [];
  const say = (what, one) => found.push(`${what}: ${one.tagName} ${one.className} ${one.textContent}`);
  if (root.scrollWidth > root.clientWidth + 2) say("scrolls", root);
  for (const one of root.querySelectorAll("*")) {
    const {left, right, width, height} = one.getBoundingClientRect();
    if (!width || !height || one.closest(".cfusage-unseen, caption, svg")) continue;
    const scroller = one.closest(".cfusage-rows, .cfusage-scroll");
    const isInSight = left >= frame.left - 2 && right <= frame.right + 2;
    if (!isInSight && (!scroller || one === scroller)) say("outside", one);
    if (one === scroller && one.scrollWidth > one.clientWidth + leeway) say("scrolls", one);
    const isText = one.matches("button, select, label, dt, dd");
    if (isText && one.scrollWidth > one.clientWidth + 1) say("cut", one);
  }
  for (const canvas of root.querySelectorAll(".cfusage-drawing:not(.cfusage-unseen) canvas")) {
    const inner = canvas.getBoundingClientRect();
    const outer = canvas.closest(".cfusage-chart").getBoundingClientRect();
    if (inner.right > outer.right + 1 || inner.bottom > outer.bottom + 1) say("clipped", canvas);
  }
  return found.map((text) => text.slice(0, 160));
}"""
"""What is wider than the explorer, has words that its box cuts, or scrolls."""


@pytest.fixture(scope="module")
def opened(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once for all tests here."""
    page: Page = shared_notebook.run(*EXPLORE)
    page.wait_for_selector(READY, timeout=PATIENCE)
    page.get_by_role("button", name="Choose hours").click()
    return page


@pytest.fixture(params=["JupyterLab Light"])
def page(opened: Page, request: pytest.FixtureRequest) -> Page:
    """Give the explorer in a theme, with nothing on its way any more."""
    opened.set_viewport_size({"width": 1280, "height": 800})
    switch_theme(opened, request.param)
    opened.wait_for_function(
        "theme => document.body.dataset.jpThemeName === theme", arg=request.param, timeout=PATIENCE
    )
    settle(opened)
    return opened


@pytest.mark.parametrize("width", [600, 1100, 2560])
@pytest.mark.parametrize("page", ["JupyterLab Light", "JupyterLab Dark"], indirect=True)
def test_at_any_width_nothing_is_cut_off_and_axe_finds_nothing_to_complain_of(page: Page, width: int) -> None:
    """With the file browser open, 600 pixels leave 230 for the explorer: there its tables may scroll."""
    page.set_viewport_size({"width": width, "height": 1000})
    page.wait_for_timeout(500)  # charts follow
    settle(page)

    cut = page.evaluate(CUT_OFF, [2 if width > 600 else 1000])
    assert not cut, json.dumps(cut, indent=1)

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("selector => axe.run(document.querySelector(selector))", OUTPUT)
    complaints = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in found["violations"]
    }
    assert complaints == {}, json.dumps(complaints, indent=1)
    assert found["passes"]


def test_every_control_can_be_reached_with_the_tab_key_and_has_a_name(page: Page) -> None:
    controls = page.locator(OUTPUT).locator(FOCUSABLE)
    wanted = {
        index
        for index in range(controls.count())
        if controls.nth(index).is_visible() and controls.nth(index).is_enabled()
    }
    assert len(wanted) > 4
    controls.nth(min(wanted)).focus()
    reached = set()

    for _ in range(3 * len(wanted)):
        position = page.evaluate(
            "([output, kinds]) => [...document.querySelectorAll(`${output} :is(${kinds})`)]"
            ".indexOf(document.activeElement)",
            [OUTPUT, FOCUSABLE],
        )
        reached.add(position)
        page.keyboard.press("Tab")

    assert wanted <= reached
    snapshot = page.locator(OUTPUT).aria_snapshot()
    nameless = [line for line in snapshot.splitlines() if NAMELESS.fullmatch(line)]
    assert nameless == [], snapshot
    for name in NAMES:
        expect(page.locator(OUTPUT).get_by_label(name, exact=True)).to_be_visible()


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on an element of that kind."""
    for _ in range(60):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"the Tab key does not reach {selector}")


def test_a_period_an_account_and_hours_are_chosen_and_left_with_the_keyboard_alone(page: Page) -> None:
    """From the first control on, without a mouse; Esc leaves, wherever in the explorer the focus is."""
    status, chip = page.locator(OUTPUT).get_by_role("status"), page.locator(".cfusage-chip")
    page.mouse.move(0, 0)
    page.locator(OUTPUT).get_by_role("button", name="Refresh").focus()

    tab_to(page, ".cfusage-periods button:nth-child(2)")
    page.keyboard.press("Enter")
    is_chosen(page, "Last 7 days")
    expect(status).to_contain_text("168 hours of 4 accounts", timeout=PATIENCE)

    tab_to(page, ".cfusage-accounts tbody tr")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".cfusage-accounts")).to_contain_text("1 of 4 selected", timeout=PATIENCE)
    expect(status).to_contain_text("168 hours,", timeout=PATIENCE)
    page.keyboard.press("Enter")
    expect(page.locator(".cfusage-accounts")).to_contain_text("all 4", timeout=PATIENCE)

    page.get_by_label("Hour", exact=True).focus()
    page.keyboard.type("09")
    expect(chip).to_contain_text("09:00 to 10:00", timeout=PATIENCE)
    expect(chip).to_contain_text("7 hours")
    page.keyboard.press("Escape")
    expect(chip).to_have_count(0, timeout=PATIENCE)
    expect(page.get_by_label("Hour", exact=True)).to_have_value("Any hour")


def test_a_token_that_is_wrong_is_refused_and_gone_from_its_field(page: Page) -> None:
    """By the keyboard alone."""
    page.get_by_role("button", name="Token").focus()
    page.keyboard.press("Enter")
    field = page.locator(OUTPUT).get_by_label("API token", exact=True)
    field.fill('a "wrong" token')
    field.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("API token holds quotes", timeout=PATIENCE)
    expect(field).to_have_value("")
