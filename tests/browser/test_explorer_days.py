"""The table of days in a real browser: hours unfold, pages turn, a click tells the day."""

import json
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PATIENCE = 40_000
CELL = """
import cfusage_lab as cfu, ipywidgets as w
from cfusage_lab.explorer.days_table import DaysTable
client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z", time_zone="Europe/Berlin"))
table, told = DaysTable(), w.Label("nothing yet")
table.on_day(lambda day: setattr(told, "value", f"day: {day}"))
table.show(history, history, time_zone="Europe/Berlin", names={}, by_account=False)
box = w.VBox([table, told])
box.add_class("cfusage-explorer")
box
"""


def test_days_unfold_turn_and_are_told(notebook: Any) -> None:  # noqa: ANN401
    page = notebook.run(CELL)
    rows = page.locator(".cfusage-days tbody tr")
    expect(rows).to_have_count(14, timeout=PATIENCE)
    expect(rows.first).to_contain_text("Tue 17 Nov")

    rows.first.get_by_role("button", name="Unfold").click()
    expect(rows).to_have_count(14 + 24, timeout=PATIENCE)
    page.evaluate(AXE_SCRIPT)
    found = page.evaluate("() => axe.run(document.querySelector('.cfusage-days'))")
    assert found["violations"] == [], json.dumps(found["violations"], indent=1)[:2000]

    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("15 to 28 of 28")).to_be_visible(timeout=PATIENCE)
    page.get_by_label("Order").select_option("Oldest first")
    expect(rows.first).to_contain_text("Wed 21 Oct", timeout=PATIENCE)
    rows.first.get_by_text("Wed 21 Oct").click()
    expect(page.get_by_text("day: 2026-10-21")).to_be_visible(timeout=PATIENCE)
