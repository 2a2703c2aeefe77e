"""The one call that opens the explorer."""

from datetime import UTC, datetime

import pytest
from histories import hours

from cfusage_lab.app import explore
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)


def test_without_credentials_the_sandbox_is_explored(monkeypatch: pytest.MonkeyPatch) -> None:
    """And it says so, on screen and in the picture."""
    for name in ("API_TOKEN", "EMAIL", "API_KEY", "ACCOUNT_ID", "BASE_URL"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)

    explorer = explore(now=NOW, time_range="Last 7 days", time_zone="Europe/Berlin")

    assert explorer.status.startswith(
        "Sandbox: made-up data · data as of Sun 15 Nov 2026, 10:30 Europe/Berlin"
    )
    assert [label for label, _ in explorer.account.options] == [*SANDBOX_ACCOUNTS.values(), "All 4 accounts"]
    assert explorer.history.height == 7 * 24 + 11


def test_a_table_is_explored_as_it_is() -> None:
    """Three dollars in three hours."""
    explorer = explore(hours("2026-01-05", [1.0] * 3))

    assert explorer.view._values["cfusage_title"] == "AI Gateway cost: $3.00"
