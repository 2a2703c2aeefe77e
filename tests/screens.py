"""The project's notebooks at a fixed moment, and the explorer of the sandbox on a page."""

import re
from pathlib import Path

import nbformat
from playwright.sync_api import Page, expect

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 60_000


def settle(page: Page) -> None:
    """Wait for the charts, and for what is told last: the month's end, the invoice, what stood out."""
    expect(page.locator(".cfusage-explorer").first).not_to_have_class(
        re.compile("cfusage-busy"), timeout=PATIENCE
    )
    expect(page.locator(".cfusage-figures")).to_contain_text("End of ", timeout=PATIENCE)
    expect(page.get_by_text("Hours and invoice").first).to_be_visible(timeout=PATIENCE)
    told, stood_out = re.compile("than usual|in this range|history"), page.locator(".cfusage-stood-out")
    expect(stood_out).to_contain_text(told, timeout=PATIENCE)
    if "than usual" in stood_out.inner_text():  # then the time line is drawn again, with marks
        time_line = page.locator(".cfusage-chart").first
        expect(time_line).to_have_attribute("aria-label", re.compile("Marked"), timeout=PATIENCE)
    page.wait_for_function(
        "() => [...document.querySelectorAll('.cfusage-chart')].every((one) => one.dataset.state === 'ready')"
    )


def put_notebook(name: str, folder: Path) -> str:
    """Copy a notebook, with 18 November 2026 for the present and without outputs; return the file's name."""
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    for cell in notebook.cells:
        cell.source = re.sub(r"^NOW = None\b", 'NOW = "2026-11-18T09:30Z"', cell.source, flags=re.MULTILINE)
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    nbformat.write(notebook, folder / f"{name}.ipynb")
    return f"{name}.ipynb"


def says(page: Page, nth: int, words: str) -> None:
    """Wait until a chart of the explorer is drawn, and its description holds some words."""
    chart = page.locator(".cfusage-explorer .cfusage-chart").nth(nth)
    expect(chart).to_have_attribute("aria-label", re.compile(re.escape(words)), timeout=PATIENCE)
    expect(chart).to_have_attribute("data-state", "ready", timeout=PATIENCE)


def choose(page: Page, period: str) -> None:
    """Press one of the buttons for a period."""
    page.get_by_role("button", name=period, exact=True).first.click()


def is_chosen(page: Page, period: str) -> None:
    """Wait until the button of that period, and no other one, is the chosen one."""
    chosen = page.locator(".cfusage-periods").first.locator("button[aria-pressed=true], button.mod-active")
    expect(chosen).to_have_text([period], timeout=PATIENCE)


def change_the_time_range(page: Page) -> None:
    """See the explorer of ``explore.ipynb``, ask for another range, see the chart change."""
    page.wait_for_selector(READY, timeout=PATIENCE)
    expect(page.get_by_text("Sandbox: made-up data").first).to_be_visible()
    chart = page.locator(READY).first
    before = chart.get_attribute("aria-label") or ""
    expect(page.get_by_text("673 hours of 4 accounts").first).to_be_visible()

    choose(page, "Last 7 days")

    expect(chart).not_to_have_attribute("aria-label", before, timeout=PATIENCE)
    expect(page.get_by_text("168 hours of 4 accounts").first).to_be_visible()
