"""The explorer for those who hear it, or do without a mouse: an axe scan, names, and the Tab key."""

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from canvases import switch_theme
from playwright.sync_api import Page, expect
from screens import settle

pytestmark = pytest.mark.browser

READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 60_000
EXPLORE = (
    "import cfusage_lab as cfu",
    'cfu.explore(time_zone="Europe/Berlin", now="2026-11-18T09:30Z")',
)
OUTPUT = ".jp-OutputArea-output:has(.cfusage-chart)"
FOCUSABLE = "input, select, textarea, button, a[href], summary, [tabindex='0']"


NAMES = (
    *("Accounts", "Time range", "First day", "Last day", "Show", "Time zone", "Statistic", "Compare"),
    *("Select from", "Select until", "Weekday", "Hour", "Day", "Order"),
)


@pytest.fixture(scope="module")
def opened(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once for all tests here."""
    page: Page = shared_notebook.run(*EXPLORE)
    page.wait_for_selector(READY, timeout=PATIENCE)
    return page


@pytest.fixture(params=["JupyterLab Light"])
def page(opened: Page, request: pytest.FixtureRequest) -> Page:
    """Give the explorer in a theme, with nothing on its way any more."""
    switch_theme(opened, request.param)
    opened.wait_for_function(
        "theme => document.body.dataset.jpThemeName === theme", arg=request.param, timeout=PATIENCE
    )
    settle(opened)
    return opened


@pytest.mark.parametrize("page", ["JupyterLab Light", "JupyterLab Dark"], indirect=True)
def test_axe_finds_nothing_to_complain_of(page: Page) -> None:
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
    nameless = [
        line for line in snapshot.splitlines() if line.strip() in {"- textbox", "- combobox", "- button"}
    ]
    assert nameless == [], snapshot
    for name in NAMES:
        expect(page.locator(OUTPUT).get_by_label(name, exact=True)).to_be_visible()


def test_a_range_is_chosen_with_the_keyboard_alone(page: Page) -> None:
    chart = page.locator(READY).first
    before = chart.get_attribute("aria-label") or ""
    page.get_by_label("Time range").first.focus()

    page.keyboard.press("ArrowUp")

    expect(chart).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    expect(page.get_by_label("Time range").first).to_have_value("Last 7 days")


def test_a_token_that_is_wrong_is_refused_and_gone_from_its_field(page: Page) -> None:
    """By the keyboard alone."""
    page.get_by_role("button", name="Token").focus()
    page.keyboard.press("Enter")
    field = page.locator(OUTPUT).get_by_label("API token", exact=True)
    field.fill('a "wrong" token')
    field.press("Enter")

    expect(page.get_by_role("alert")).to_contain_text("API token holds quotes", timeout=PATIENCE)
    expect(field).to_have_value("")
