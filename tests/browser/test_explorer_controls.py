"""Every control of the explorer, moved by hand in a real JupyterLab, and what changes on the page."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

PATIENCE = 40_000
EXPLORE = (
    "import cfusage_lab as cfu",
    'cfu.explore(time_zone="Europe/Berlin", now="2026-11-18T09:30Z")',
)


def says(page: Page, nth: int, words: str) -> None:
    """Wait until a chart's description holds some words."""
    chart: Locator = page.locator(".cfusage-explorer .cfusage-chart").nth(nth)
    expect(chart).to_have_attribute("aria-label", re.compile(re.escape(words)), timeout=PATIENCE)
    expect(chart).to_have_attribute("data-state", "ready", timeout=PATIENCE)


def test_each_control_changes_what_it_says(notebook: Any) -> None:  # noqa: ANN401
    page = notebook.run(*EXPLORE)
    page.set_viewport_size({"width": 1280, "height": 2400})
    says(page, 3, "Peak hour 10:00 to 11:00")
    status = page.get_by_role("status")
    table = page.locator(".cfusage-windows")
    time_line, compared, heatmap, profile = range(4)

    page.get_by_label("Show", exact=True).select_option("Days")
    says(page, time_line, "US dollars a day")
    page.get_by_label("Show", exact=True).select_option("Hours")
    says(page, time_line, "US dollars an hour")

    page.get_by_label("Statistic").select_option("Share")
    says(page, heatmap, "share of all cost")
    says(page, profile, "Share of all cost")
    page.get_by_label("Statistic").select_option("Median")
    says(page, heatmap, "median")

    for choice, title in {
        "Week over week": "Week over week",
        "Month to date": "Month to date",
        "Other days": "This range",
        "Day over day": "Day over day",
    }.items():
        page.get_by_label("Compare", exact=True).select_option(choice)
        says(page, compared, title)

    page.get_by_label("Order").select_option("Costliest first")
    expect(table.locator("tbody tr").first).to_contain_text("23.4658")
    page.get_by_label("Weekday").select_option("Sunday")
    expect(table).to_contain_text("Sundays")
    page.get_by_role("button", name="Next page").click()
    expect(table).to_contain_text("(13 to 24 of")
    page.get_by_role("button", name="Clear selection").click()
    expect(table).to_contain_text("of 684)")

    page.get_by_label("First day").fill("2026-11-02")
    says(page, time_line, "Mon 2 Nov")
    expect(page.get_by_label("Time range")).to_have_value("Custom days")
    page.get_by_label("Last day").fill("2026-11-08")
    expect(status).to_contain_text("168 windows", timeout=PATIENCE)

    page.get_by_label("Accounts").select_option(["Larkspur Support", "Larkspur Batch"])
    expect(status).to_contain_text("336 windows", timeout=PATIENCE)
    says(page, compared, "Each account on its own scale")

    page.get_by_label("Time zone").fill("Atlantis")
    page.get_by_label("Time zone").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("there is no time zone 'Atlantis'")
    page.get_by_label("Time zone").fill("tokyo")
    page.get_by_label("Time zone").press("Enter")
    says(page, time_line, "· Asia/Tokyo")
    expect(page.get_by_role("alert")).to_have_count(0)
