"""The explorer of an account that is refused, in a real JupyterLab: the error first, then the account."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, serve

pytestmark = pytest.mark.browser

PATIENCE = 40_000
REAL = "0" * 31 + "1"
WRONG = "a-token-that-opens-nothing"
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
USAGE = {REAL: {NOW.replace(minute=0) - n * timedelta(hours=1): 0.25 for n in range(1, 101)}}


def test_a_right_token_typed_under_the_error_opens_the_account(
    notebook: Any,  # noqa: ANN401
    tmp_path: Path,
) -> None:
    """A sandbox with an id that is not one of its own is any real account to everybody here."""
    with serve(Sandbox(usage=USAGE, accounts={REAL: "Real Ltd"}, now=NOW)) as url:
        settings = {
            "CLOUDFLARE_API_TOKEN": WRONG,
            "CLOUDFLARE_ACCOUNT_ID": REAL,
            "CLOUDFLARE_BASE_URL": url,
            "XDG_DATA_HOME": str(tmp_path),
        }
        page = notebook.run(
            f"import os; os.environ.update({settings!r}); import cfusage_lab as cfu",
            f'explorer = cfu.explore(time_zone="Europe/Berlin", now="{NOW.isoformat()}"); explorer',
        )
        explorer = page.locator(".cfusage-explorer")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("AI Gateway Read", timeout=PATIENCE)
        expect(alert).to_contain_text("There is nothing to show yet")
        expect(page.get_by_role("status")).to_contain_text("nothing fetched yet")
        expect(explorer.locator(".cfusage-chart")).to_have_count(0)
        expect(explorer.locator(".cfusage-figures")).to_have_count(0)
        assert WRONG not in explorer.inner_html()

        field = page.get_by_label("API token")
        expect(field).to_be_visible()
        field.fill(SANDBOX_TOKEN)
        field.press("Enter")

        charts = explorer.locator(".cfusage-chart")
        expect(charts).to_have_count(4, timeout=PATIENCE)
        for nth in range(4):
            expect(charts.nth(nth)).to_have_attribute("data-state", "ready", timeout=PATIENCE)
        # ninety of the hundred hours are of days before today, at a quarter of a dollar
        expect(charts.first).to_have_attribute("aria-label", re.compile(r"AI Gateway cost: \$22\.50"))
        expect(charts.first.locator("canvas")).to_be_visible()
        assert charts.first.locator("canvas").bounding_box()["width"] > 400  # type: ignore[index]
        expect(alert).to_have_count(0)
        expect(explorer.locator(".cfusage-figures dt").first).to_contain_text("Cost, ")
        expect(field).to_have_value("")
