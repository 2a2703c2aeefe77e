"""The table of accounts in a real browser: a click, Ctrl and a click, the search, the switch."""

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PATIENCE = 40_000
CELL = """
import cfusage_lab as cfu, ipywidgets as w, polars as pl
from cfusage_lab.explorer.account_table import AccountTable, rank_accounts
client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
days = cfu.last_days(28, now="2026-11-18T09:30Z", time_zone="Europe/Berlin")
ids, names = list(cfu.SANDBOX_ACCOUNTS), dict(client.accounts().iter_rows())
history = client.usage_history(days, accounts=ids)
for n in range(8):
    one = history.filter(account_id=ids[0]).with_columns(account_id=pl.lit(f"{n:032x}"))
    history = pl.concat([history, one.with_columns(pl.col("aggregated_value") / (100 + n))])
    names[f"{n:032x}"] = f"Team {n}"
table, told = AccountTable(names), w.Label("nothing yet")
table.show(rank_accounts(history, history, names=names, time_zone="Europe/Berlin"))

def tell(_change):
    told.value = f"{[names[one] for one in table.value]}, {table.is_together}"

table.observe(tell, names=["value", "is_together"])
box = w.VBox([table, told])
box.add_class("cfusage-explorer")
box
"""


def test_accounts_are_chosen_found_and_shown_by_themselves(notebook: Any) -> None:  # noqa: ANN401
    page = notebook.run(CELL)
    grid = page.get_by_role("grid", name="Accounts, the costliest first")
    expect(grid.locator("tbody tr")).to_have_count(10, timeout=PATIENCE)
    page.get_by_role("button", name="and 2 more").click()
    expect(grid.locator("tbody tr")).to_have_count(12, timeout=PATIENCE)

    grid.get_by_text("Larkspur Batch").click()
    expect(page.get_by_text("['Larkspur Batch'], True")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Search", exact=True).fill("team 7")
    expect(grid.locator("tbody tr")).to_have_count(2, timeout=PATIENCE)
    grid.get_by_text("Team 7").click(modifiers=["Shift"])
    expect(page.get_by_text("['Team 7', 'Larkspur Batch'], True")).to_be_visible(timeout=PATIENCE)
    page.get_by_role("button", name="By account").click()
    expect(page.get_by_text("['Team 7', 'Larkspur Batch'], False")).to_be_visible(timeout=PATIENCE)

    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run(document.querySelector('.cfusage-accounts'))")
    assert found["violations"] == [], json.dumps(found["violations"], indent=1)[:2000]

    page.get_by_role("button", name="Select all 12 accounts").click()
    expect(page.get_by_text("[], False")).to_be_visible(timeout=PATIENCE)


def test_figures_that_come_in_move_nothing(notebook: Any) -> None:  # noqa: ANN401
    """An account without figures is as high as one with them, and says why it has none."""
    few = "table.show(rank_accounts(history.filter(account_id=ids[1]), None, names=names, time_zone='UTC'),"
    page = notebook.run(CELL, few + " {ids[0]: 'the token may not read it'})")
    rows = page.get_by_role("grid", name="Accounts, the costliest first").locator("tbody tr")
    refused = rows.filter(has_text="Larkspur Support")
    expect(refused).to_have_attribute("title", "the token may not read it", timeout=PATIENCE)
    expect(refused).to_have_text("Larkspur Support\N{EN DASH}")
    expect(page.get_by_text("1 could not be fetched: shares are without it")).to_be_visible()

    heights = {row.bounding_box()["height"] for row in rows.all()}

    assert len(heights) == 1
