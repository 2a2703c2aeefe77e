"""Other days to compare with, chosen in a real JupyterLab as a person does: key by key."""

import json
import re
from datetime import UTC, datetime
from math import fsum
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from screens import says, settle

from cfusage_lab.sandbox import Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS

pytestmark = pytest.mark.browser

PATIENCE = 40_000
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ACCOUNT = next(iter(SANDBOX_ACCOUNTS))
EXPLORE = f"""
import cfusage_lab as cfu
explorer = cfu.explore(accounts="{ACCOUNT}", time_zone="Europe/Berlin", now="{NOW.isoformat()}")
explorer
"""
TELL = """
import ipywidgets, json
told, ask = ipywidgets.Label(), ipywidgets.Button(description="Tell")
told.add_class("told")
def tell(_button):
    explorer.wait(30)
    total = explorer.figures[0].figure
    answer = {"usd": total.number, "sentence": total.comparison.replace("$", "")}  # a label would typeset it
    answer["before"] = [str(explorer.before_first.value), str(explorer.before_last.value)]
    told.value = json.dumps(answer)
ask.on_click(tell)
ipywidgets.VBox([told, ask])
"""


def cost_usd(start: datetime, end: datetime) -> float:
    """Add up what the sandbox knows to be true, not what it answers."""
    truth = Sandbox(now=NOW).truth(ACCOUNT, start, end)
    return fsum(truth["aggregated_value"])


def write(page: Page, label: str, day: str) -> None:
    """Write a date (month, day, year) into a picker as a whole, once all before is drawn.

    Key by key, each key makes a date of its own, and the answer to one may come between two others.
    """
    settle(page)
    picker = page.get_by_label(label, exact=True)
    picker.fill(f"{day[4:]}-{day[:2]}-{day[2:4]}")
    expect(picker).to_have_value(f"{day[4:]}-{day[:2]}-{day[2:4]}")


def told(page: Page) -> dict[str, Any]:
    """Ask the kernel what is compared with what."""
    label = page.locator(".told")
    before = label.text_content()
    page.get_by_role("button", name="Tell").click()
    expect(label).not_to_have_text(before or "", timeout=PATIENCE)
    answer: dict[str, Any] = json.loads(label.text_content() or "")
    return answer


def test_two_weeks_of_the_readers_choice_stand_side_by_side(notebook: Any) -> None:  # noqa: ANN401
    """A week of winter time beside one of summer time; then the week before it beside the same."""
    page = notebook.run(EXPLORE, TELL)
    page.set_viewport_size({"width": 1280, "height": 2400})
    compared = page.locator(".cfusage-explorer .cfusage-chart").nth(1)
    expect(compared).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    expect(page.get_by_label("Compared from")).to_be_hidden()

    write(page, "First day", "11022026")
    write(page, "Last day", "11082026")
    page.get_by_label("Compare with", exact=True).select_option("Other days")
    expect(page.get_by_label("Compared from")).to_have_value("2026-10-26", timeout=PATIENCE)
    write(page, "Compared from", "10052026")
    write(page, "Compared to", "10112026")
    expect(compared).to_have_attribute("aria-label", re.compile("Mon 5 Oct"), timeout=PATIENCE)
    expect(page.get_by_role("alert")).to_have_count(0)

    november = [datetime(2026, 11, day, 23, tzinfo=UTC) for day in range(1, 9)]
    october = [datetime(2026, 10, day, 22, tzinfo=UTC) for day in range(4, 12)]
    rows = told(page)
    assert rows["before"] == ["2026-10-05", "2026-10-11"]
    this, other = cost_usd(november[0], november[-1]), cost_usd(october[0], october[-1])
    assert this > other
    assert rows["usd"] == pytest.approx(this)
    assert rows["sentence"].endswith(f" vs. 5\N{EN DASH}11 Oct 2026 ({other:,.2f})")
    label = compared.get_attribute("aria-label") or ""
    assert f"${this:,.2f}" in label
    assert f"${this - other:,.2f} more (+{this / other - 1:.1%}) than Mon 5 Oct to Sun 11 Oct 2026" in label

    write(page, "Last day", "11032026")
    expect(page.get_by_role("status")).to_contain_text("48 hours", timeout=PATIENCE)
    expect(page.get_by_label("Compared from")).to_have_value("2026-10-05")
    rows = told(page)
    assert rows["before"] == ["2026-10-05", "2026-10-11"]
    this, other = cost_usd(november[0], november[2]), cost_usd(october[0], october[2])
    assert rows["usd"] == pytest.approx(this)
    assert rows["sentence"].endswith(f" vs. 5\N{EN DASH}6 Oct 2026 ({other:,.2f})")
    says(page, 1, f"${this:,.2f}")
