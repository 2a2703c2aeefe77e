"""The explorer for those who hear it, or do without a mouse: an axe scan, names, and the Tab key."""

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
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


def shown(notebook: Any, theme: str) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    page: Page = notebook.run(*EXPLORE, theme=theme)
    page.wait_for_selector(READY, timeout=PATIENCE)
    settle(page)
    return page


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_to_complain_of(notebook: Any, theme: str) -> None:  # noqa: ANN401
    page = shown(notebook, theme)

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("selector => axe.run(document.querySelector(selector))", OUTPUT)

    complaints = {
        violation["id"]: [node["html"][:300] for node in violation["nodes"]]
        for violation in found["violations"]
    }
    assert complaints == {}, json.dumps(complaints, indent=1)
    assert found["passes"]


def test_every_control_can_be_reached_with_the_tab_key_and_has_a_name(notebook: Any) -> None:  # noqa: ANN401
    page = shown(notebook, "JupyterLab Light")
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


def test_a_range_is_chosen_with_the_keyboard_alone(notebook: Any) -> None:  # noqa: ANN401
    page = shown(notebook, "JupyterLab Light")
    chart = page.locator(READY).first
    before = chart.get_attribute("aria-label") or ""
    page.get_by_label("Time range").first.focus()

    page.keyboard.press("ArrowUp")

    expect(chart).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    expect(page.get_by_label("Time range").first).to_have_value("Last 7 days")
