"""Every control of the explorer, moved by hand in a real JupyterLab, and what changes on the page."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect
from screens import choose, is_chosen, says, settle

pytestmark = pytest.mark.browser

PATIENCE = 40_000
EXPLORE = (
    "import cfusage_lab as cfu",
    'cfu.explore(time_zone="Europe/Berlin", now="2026-11-18T09:30Z")',
)
TIME_LINE, COMPARED, HEATMAP, PROFILE = range(4)


@pytest.fixture(scope="module")
def page(shared_notebook: Any) -> Page:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once for all tests here."""
    page: Page = shared_notebook.run(*EXPLORE)
    page.set_viewport_size({"width": 1280, "height": 3200})
    says(page, PROFILE, "Peak hour 10:00 to 11:00")
    return page


def test_controls_in_the_corners_of_charts_change_how_they_are_drawn(page: Page) -> None:
    page.get_by_label("Bars", exact=True).select_option("Days")
    says(page, TIME_LINE, "US dollars a day")
    page.get_by_label("Bars", exact=True).select_option("Hours")
    says(page, TIME_LINE, "US dollars an hour")

    page.get_by_label("Statistic", exact=True).select_option("Share")
    says(page, HEATMAP, "share of all cost")
    page.get_by_label("Statistic", exact=True).select_option("Median")
    says(page, HEATMAP, "median")

    for choice, title in {
        "Week over week": "Week over week",
        "Month to date": "Month to date",
        "Day over day": "Day over day",
        "With the compared days": "This range",
    }.items():
        page.get_by_label("Compare", exact=True).select_option(choice)
        says(page, COMPARED, title)


def test_hours_are_chosen_without_a_mouse_and_the_days_are_theirs(page: Page) -> None:
    chip, days = page.locator(".cfusage-chip"), page.locator(".cfusage-days tbody tr")
    page.get_by_label("Order", exact=True).select_option("Costliest first")
    expect(days.first).to_contain_text("Wed 28 Oct", timeout=PATIENCE)

    page.get_by_role("button", name="Choose hours").click()
    page.get_by_label("Weekday", exact=True).select_option("Sunday")

    expect(chip).to_contain_text("Sundays", timeout=PATIENCE)
    expect(days).to_have_count(4, timeout=PATIENCE)
    expect(days).to_contain_text(["Sun"] * 4)
    page.get_by_role("button", name="Leave the selection").click()
    expect(chip).to_have_count(0, timeout=PATIENCE)
    expect(days).to_have_count(14, timeout=PATIENCE)


def test_the_period_the_accounts_and_the_zone_are_told_in_the_status(page: Page) -> None:
    """Last: it changes the range. A zone that there is not leaves the page as it is."""
    status = page.get_by_role("status")
    choose(page, "This week")
    expect(status).to_contain_text("59 hours of 4 accounts", timeout=PATIENCE)
    expect(page.get_by_label("With today so far")).to_be_hidden()
    choose(page, "Last 7 days")
    expect(status).to_contain_text("168 hours of 4 accounts", timeout=PATIENCE)
    page.get_by_label("With today so far").check()
    expect(status).to_contain_text("179 hours of 4 accounts", timeout=PATIENCE)

    page.get_by_label("First day", exact=True).fill("2026-11-02")
    says(page, TIME_LINE, "Mon 2 Nov")
    is_chosen(page, "Custom days")
    page.get_by_label("Last day", exact=True).fill("2026-11-08")
    expect(status).to_contain_text("168 hours of 4 accounts", timeout=PATIENCE)
    settle(page)

    page.get_by_label("Time zone", exact=True).fill("Atlantis")
    page.get_by_label("Time zone", exact=True).press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("there is no time zone 'Atlantis'")
    page.get_by_label("Time zone", exact=True).fill("tokyo")
    page.get_by_label("Time zone", exact=True).press("Enter")
    expect(status).to_contain_text("Asia/Tokyo time", timeout=PATIENCE)
    expect(page.get_by_role("alert")).to_have_count(0)
