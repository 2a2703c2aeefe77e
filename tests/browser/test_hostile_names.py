"""Accounts whose names were chosen for the harm that they could do, in the explorer of a real JupyterLab."""

from typing import Any

import pytest
from playwright.sync_api import expect
from screens import settle

from cfusage_lab.wording import visible

pytestmark = pytest.mark.browser

PATIENCE = 40_000
NAMES = (
    "</script><img src=x onerror='pwned = 1'>\u2028",
    '\\" + pwned() + "\\',
    "${pwned()}\x0b{{pwned()}}\n\\",
    "constructor",
)
NAMED = f"""
import cfusage_lab as cfu
import polars as pl

class Named:
    def __init__(self):
        self.client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    def __getattr__(self, name):
        return getattr(self.client, name)
    def accounts(self):
        return self.client.accounts().with_columns(name=pl.Series({NAMES!a}))

explorer = cfu.UsageExplorer(Named(), now="2026-11-18T09:30Z", time_range="Last 7 days")
explorer
"""


def test_names_are_read_and_never_run(notebook: Any) -> None:  # noqa: ANN401
    """In the list, in four charts drawn for all accounts, and under the pointer."""
    page = notebook.run(NAMED)
    page.set_viewport_size({"width": 1280, "height": 2400})
    charts = page.locator(".cfusage-explorer .cfusage-chart")
    accounts = page.locator(".cfusage-accounts tbody th")
    expect(accounts).to_have_count(len(NAMES), timeout=PATIENCE)
    read = [one.replace("\xa0", " ").replace("\u200b", "") for one in accounts.all_text_contents()]
    assert sorted(read) == sorted(map(visible, NAMES))

    page.get_by_role("button", name="Select all 4 accounts").click()
    expect(page.get_by_role("status")).to_contain_text("of 4 accounts", timeout=PATIENCE)
    page.get_by_role("button", name="By account").click()
    settle(page)
    expect(page.locator('.cfusage-chart[data-state="ready"]')).to_have_count(4)
    tooltip = page.locator("#vg-tooltip-element")
    for nth in range(PATIENCE // 100):  # the chart of all together may be there for a moment still
        charts.first.locator("canvas").hover(position={"x": 300 + nth % 2, "y": 240})
        if visible(NAMES[0]) in tooltip.inner_text():
            break
    for name in NAMES:
        expect(tooltip).to_contain_text(visible(name), timeout=PATIENCE)

    assert page.evaluate("typeof pwned") == "undefined"
    assert page.locator("img[src=x]").count() == 0
