"""Twelve accounts in the explorer: chosen by clicks, found by a search, refused; and on whose clock."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from screens import choose, is_chosen

pytestmark = pytest.mark.browser

PATIENCE = 40_000
OPEN = """
import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
import ipywidgets as w
import cfusage_lab as cfu
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, Trouble, serve

now = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ids = [*cfu.SANDBOX_ACCOUNTS, *(f"{n:032x}" for n in range(1, 9))]
hours = [datetime(2026, 11, 18, 9, tzinfo=UTC) - timedelta(hours=n) for n in range(1, 178)]
usage = {one: dict.fromkeys(hours, n / 100) for n, one in enumerate(ids, start=1)}
names = {one: f"Team {n:02}" for n, one in enumerate(ids, start=1)}
sandbox, stack = Sandbox(usage=usage, accounts=names, now=now), ExitStack()
url = stack.enter_context(serve(sandbox))
os.environ.update(CLOUDFLARE_BASE_URL=url, CLOUDFLARE_API_TOKEN=SANDBOX_TOKEN)
os.environ.pop("CLOUDFLARE_ACCOUNT_ID", None)
explorer = cfu.UsageExplorer(cfu.UsageClient(now=now), now=now, time_range="Last 7 days")
explorer.wait()
refuse, answer = w.Button(description="Refuse from now on"), w.Button(description="Answer again")
refuse.on_click(lambda _: sandbox.trouble.extend([Trouble.forbidden()] * 100))
answer.on_click(lambda _: sandbox.trouble.clear())
w.VBox([w.HBox([refuse, answer]), explorer.widget])
"""


@pytest.fixture(scope="module")
def page(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once for all tests here: account n costs n cents an hour, for 168 hours."""
    page: Page = shared_notebook.run(OPEN)
    page.set_viewport_size({"width": 1280, "height": 2600})
    expect(page.locator('.cfusage-chart[data-state="ready"]')).to_have_count(4, timeout=PATIENCE)
    return page


def row(page: Page, name: str) -> Locator:
    """Find the row of an account."""
    return page.locator(".cfusage-accounts tbody tr").filter(has_text=name)


def costs(page: Page, amount: str) -> None:
    """Wait until the first figure is that."""
    expect(page.locator(".cfusage-main .cfusage-value")).to_have_text(amount, timeout=PATIENCE)


def test_accounts_are_added_up_chosen_by_clicks_and_found_by_a_search(page: Page) -> None:
    """Twelve cost 168 hours x 78 cents together, the costliest first; ten of them are seen at once."""
    accounts, rows = page.locator(".cfusage-accounts"), page.locator(".cfusage-accounts tbody tr")
    costs(page, "$131.04")
    expect(accounts).to_contain_text("all 12")
    expect(rows).to_have_count(10)
    expect(rows.first).to_contain_text("Team 12")
    expect(page.get_by_role("button", name="and 2 more")).to_be_visible()

    row(page, "Team 05").click()
    costs(page, "$8.40")
    expect(accounts).to_contain_text("1 of 12 selected")
    row(page, "Team 03").click(modifiers=["ControlOrMeta"])
    costs(page, "$13.44")
    expect(page.get_by_role("status")).to_contain_text("168 hours of 2 accounts", timeout=PATIENCE)

    page.get_by_label("Search", exact=True).fill("team 11")
    expect(rows).to_have_count(3, timeout=PATIENCE)  # what is chosen stays in sight
    row(page, "Team 11").click()
    costs(page, "$18.48")
    page.get_by_label("Search", exact=True).fill("")
    page.get_by_role("button", name="Select all 12 accounts").click()
    costs(page, "$131.04")


def test_accounts_stand_together_or_each_by_itself(page: Page) -> None:
    """By account, each has its day in the table; the sum stays what it is."""
    row(page, "Team 12").click()
    row(page, "Team 11").click(modifiers=["ControlOrMeta"])
    costs(page, "$38.64")
    days = page.locator(".cfusage-days")
    expect(days.get_by_role("columnheader", name="Account")).to_have_count(0)
    expect(days.locator("tbody tr")).to_have_count(7, timeout=PATIENCE)

    page.get_by_role("button", name="By account").click()

    expect(days.get_by_role("columnheader", name="Account")).to_be_visible(timeout=PATIENCE)
    expect(days.locator("tbody tr")).to_have_count(14, timeout=PATIENCE)
    expect(days).to_contain_text("Team 11")
    costs(page, "$38.64")
    page.get_by_role("button", name="Together").click()
    expect(days.locator("tbody tr")).to_have_count(7, timeout=PATIENCE)
    page.get_by_role("button", name="Select all 12 accounts").click()
    costs(page, "$131.04")


def test_after_an_error_the_controls_say_what_is_on_screen(page: Page) -> None:
    """Days that can't be had, and a zone that there is not, leave period, dates and zone as they were."""
    first_day, last_day, zone = (
        page.get_by_label(name, exact=True) for name in ("First day", "Last day", "Time zone")
    )
    alert = page.get_by_role("alert")
    page.get_by_role("button", name="Refuse from now on").click()

    first_day.fill("2026-02-01")

    expect(alert).to_contain_text("Below is the last good view", timeout=PATIENCE)
    is_chosen(page, "Last 7 days")
    expect(first_day).to_have_value("2026-11-11", timeout=PATIENCE)
    expect(last_day).to_have_value("2026-11-17")
    costs(page, "$131.04")

    zone.fill("Atlantis")
    zone.press("Enter")
    expect(alert).to_contain_text("there is no time zone 'Atlantis'", timeout=PATIENCE)
    expect(zone).to_have_value("UTC", timeout=PATIENCE)
    page.get_by_role("button", name="Answer again").click()
    choose(page, "Today")
    expect(alert).to_have_count(0, timeout=PATIENCE)
    costs(page, "$7.02")
    choose(page, "Last 7 days")
    costs(page, "$131.04")


def test_utc_says_so_and_the_readers_own_zone_is_one_click_away(page: Page) -> None:
    """The browser is in Tokyo, where 9 of the 168 hours come before any cost. Last: it changes the zone."""
    status, offer = page.get_by_role("status"), page.get_by_role("button", name="Use Asia/Tokyo")
    expect(status).to_contain_text("UTC time")
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("UTC")

    offer.click()

    expect(status).to_contain_text("18:30 Asia/Tokyo time", timeout=PATIENCE)
    expect(page.get_by_label("Time zone", exact=True)).to_have_value("Asia/Tokyo")
    expect(offer).to_have_count(0, timeout=PATIENCE)
    costs(page, "$124.02")
