"""Where the month ends and what stood out, in the explorer of a real JupyterLab."""

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

PATIENCE = 60_000
EXPLORE = """
import cfusage_lab as cfu
now = "2026-11-18T09:30Z"
client = cfu.UsageClient.sandbox(now=now)
first = next(iter(cfu.SANDBOX_ACCOUNTS))
cfu.explore(client, accounts=first, time_zone="Europe/Berlin", now=now, budget_usd=2500)
"""


def test_a_budget_stands_in_the_month_and_an_event_leads_to_its_hours(notebook: Any) -> None:  # noqa: ANN401
    """By the mouse, and by the keyboard alone."""
    page = notebook.run(EXPLORE)
    page.set_viewport_size({"width": 1280, "height": 2400})
    figures = page.locator(".cfusage-figures")
    expect(figures).to_contain_text("End of November 2026", timeout=PATIENCE)
    expect(figures).to_contain_text("A budget of $2,500 is passed with a chance of")
    too_wide = (
        "cells => cells.filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)"
    )
    assert figures.locator("dd").evaluate_all(too_wide) == []
    expect(page.locator(".cfusage-stood-out")).to_contain_text("1 event came to $73.15 more than usual")
    events = page.locator(".cfusage-events button:visible")
    expect(events).to_have_count(2)
    assert [text[:7] for text in events.all_inner_texts()] == ["+$73.15", "-$45.26"]
    chip = page.locator(".cfusage-chip")

    events.first.click()
    expect(chip).to_contain_text("5 hours", timeout=PATIENCE)
    expect(chip).to_contain_text("Sun 1 Nov, 23:00 to Mon 2 Nov 2026, 04:00")

    events.last.press("Enter")
    expect(chip).to_contain_text("6 hours", timeout=PATIENCE)
    expect(chip).to_contain_text("Fri 13 Nov 2026, 10:00 to 16:00")

    page.get_by_role("button", name="Leave the selection").click()
    expect(chip).to_have_count(0, timeout=PATIENCE)
