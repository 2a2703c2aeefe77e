"""The explorer on an endpoint that takes its time: the notebook stays free, and Cancel works."""

import re
from typing import Protocol

import pytest
from playwright.sync_api import Page, expect
from screens import choose, is_chosen, settle

pytestmark = pytest.mark.browser

READY = '.cfusage-chart[data-state="ready"]'
PATIENCE = 40_000
TEN_MINUTES = 600

SLOW = """
import os
from contextlib import ExitStack
from datetime import UTC, datetime
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS
NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
sandbox, stack = Sandbox(now=NOW), ExitStack()
os.environ["CLOUDFLARE_BASE_URL"] = stack.enter_context(serve(sandbox))
os.environ["CLOUDFLARE_API_TOKEN"] = SANDBOX_TOKEN
os.environ["CLOUDFLARE_ACCOUNT_ID"] = next(iter(SANDBOX_ACCOUNTS))
"""
EXPLORE = """
from cfusage_lab.app import explore
explorer = explore(now=NOW, time_range="Last 7 days")
explorer.wait()
sandbox.knobs = Knobs(latency_seconds=LATENCY)
explorer
"""
CELL = """
import ipywidgets
said = ipywidgets.Label(str(explorer.wait(0)))
said.add_class("said")
said
"""
WRITE_DOWN = """() => {
  const root = document.querySelector(".cfusage-explorer");
  window.told = [];
  new MutationObserver(() => window.told.push(root.querySelector("[role=status]").textContent))
    .observe(root, {childList: true, characterData: true, subtree: true});
}"""
RUN_LAST = """async source => {
  const {commands, shell} = window.jupyterapp;
  const cells = shell.currentWidget.content.model.cells;
  shell.currentWidget.content.activeCellIndex = cells.length - 1;
  cells.get(cells.length - 1).sharedModel.setSource(source);
  await commands.execute("notebook:run-cell");
}"""


class Notebook(Protocol):
    """What the fixture ``notebook`` gives."""

    page: Page

    def run(self, *cells: str) -> Page:
        """Run the cells in a new notebook."""


def opened(notebook: Notebook, latency: float) -> Page:
    """Open the explorer, then let every answer take ``latency`` seconds."""
    page = notebook.run(SLOW, EXPLORE.replace("LATENCY", str(latency)), "pass")
    page.wait_for_selector(READY, timeout=PATIENCE)
    settle(page)
    is_chosen(page, "Last 7 days")
    return page


def test_cells_run_while_the_endpoint_is_slow_and_cancel_ends_it(notebook: Notebook) -> None:
    """An answer takes longer than anything here is waited for; controls then say what is on screen."""
    page = opened(notebook, TEN_MINUTES)
    before = page.locator(READY).first.get_attribute("aria-label")
    cancel = page.get_by_role("button", name="Cancel")
    bar = page.locator(".widget-hprogress")
    expect(cancel).to_be_hidden()
    expect(bar).to_be_hidden()

    first_day = page.get_by_label("First day", exact=True)
    first_day.fill("2026-03-01")

    expect(cancel).to_be_visible(timeout=PATIENCE)
    expect(bar).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("fetching")
    page.evaluate(RUN_LAST, CELL)
    expect(page.locator(".said")).to_have_text("False", timeout=PATIENCE)
    expect(cancel).to_be_enabled()

    cancel.click()

    expect(page.get_by_role("status")).to_contain_text("cancelled", timeout=PATIENCE)
    expect(cancel).to_be_hidden()
    expect(bar).to_be_hidden()
    assert page.locator(READY).first.get_attribute("aria-label") == before
    is_chosen(page, "Last 7 days")
    expect(first_day).to_have_value("2026-11-08")
    expect(page.get_by_label("Last day", exact=True)).to_have_value("2026-11-14")


def test_what_a_thread_fetched_is_drawn_and_requests_are_counted(notebook: Notebook) -> None:
    """Of hasty changes the last is drawn: 90 days, ten hours on top, in several requests."""
    page = opened(notebook, 0.7)
    page.evaluate(WRITE_DOWN)

    choose(page, "Last 28 days")
    choose(page, "Last 90 days")

    expect(page.get_by_role("status")).to_contain_text("2,160 hours", timeout=PATIENCE)
    expect(page.get_by_role("button", name="Cancel")).to_be_hidden(timeout=PATIENCE)
    expect(page.get_by_role("status")).not_to_contain_text("requests answered")
    assert re.search(r"\d+ of \d+ requests answered", "\n".join(page.evaluate("window.told")))
