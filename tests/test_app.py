"""The one call that opens the explorer."""

import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from histories import hours

from cfusage_lab import credentials
from cfusage_lab.app import explore
from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import AuthError
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
REAL = "0" * 31 + "1"
PATIENCE = 30
USAGE = {REAL: {NOW.replace(minute=0) - hours_ago * HOUR: 0.25 for hours_ago in range(1, 8 * 24)}}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the user a data directory of their own, and no credentials."""
    for name in ("API_TOKEN", "EMAIL", "API_KEY", "ACCOUNT_ID", "BASE_URL"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)
    monkeypatch.setattr(credentials, "_told", [])
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def sandbox(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Serve an account with an id that is not one of the sandbox's own: to everybody here it is real."""
    assert not home.exists()
    sandbox = Sandbox(usage=USAGE, accounts={REAL: "Real Ltd"}, now=NOW)
    with serve(sandbox) as url:
        monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SANDBOX_TOKEN)
        monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", REAL)
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", url)
        yield sandbox


def test_without_credentials_the_sandbox_is_explored(home: Path) -> None:
    """And it says so, on screen and in the picture; nothing made up is stored."""
    explorer = explore(now=NOW, time_range="Last 7 days", time_zone="Europe/Berlin")

    assert explorer.status.startswith(
        "Sandbox: made-up data · data as of Sun 15 Nov 2026, 10:30 Europe/Berlin"
    )
    labels = [label for label, _ in explorer.accounts.list.options]
    assert labels == ["All 4 accounts", *SANDBOX_ACCOUNTS.values()]
    assert explorer.history.height == 7 * 24 + 11
    assert not home.exists()


def test_a_table_is_explored_as_it_is() -> None:
    """Three dollars in three hours."""
    explorer = explore(hours("2026-01-05", [1.0] * 3))

    assert explorer.view._values["cfusage_title"] == "AI Gateway cost: $3.00"


def test_a_real_account_is_kept_and_opened_from_the_archive(sandbox: Sandbox) -> None:
    """177 hours at a quarter of a dollar, none in the running one; the second time from what is stored."""
    first = explore(now=NOW, time_range="Last 7 days")
    assert first.status == "Archive of Cloudflare · data as of Sun 15 Nov 2026, 09:30 UTC time"
    assert first.view._values["cfusage_title"] == "AI Gateway cost: $44.25"
    assert first.accounts.label == "Real Ltd"
    assert UsageArchive(source="account", now=NOW).default_accounts == (REAL,)
    before = len(sandbox.requests)

    second = explore(now=NOW + HOUR, time_range="Last 7 days")
    stored = second.view._values["cfusage_title"]
    assert second.wait(PATIENCE)

    assert stored == "AI Gateway cost: $44.25"
    assert second.history.height == 7 * 24 + 11
    assert second.status == "Archive of Cloudflare · data as of Sun 15 Nov 2026, 10:30 UTC time"
    assert len(sandbox.requests) > before


@pytest.mark.usefixtures("sandbox")
def test_what_keeps_it_from_opening_is_read_without_scrolling(monkeypatch: pytest.MonkeyPatch) -> None:
    """The caller's line, one of ours, and what Cloudflare said: nothing of the way to it, and no token."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "a-token-that-opens-nothing")

    with pytest.raises(AuthError, match="AI Gateway Read") as caught:
        explore(now=NOW)

    assert [entry.name for entry in caught.traceback][1:] == ["explore"]
    told = "".join(traceback.format_exception(caught.value))
    assert "another exception" not in told
    assert "the direct cause" not in told
    assert "a-token-that-opens-nothing" not in told


def test_an_archive_that_cannot_be_written_does_not_keep_it_from_opening(
    home: Path, sandbox: Sandbox
) -> None:
    """The account is asked, and a note says why."""
    home.write_text("no folder")

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert explorer.view._values["cfusage_title"] == "AI Gateway cost: $44.25"
    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of Sun 15 Nov 2026")
    assert "not through the archive, which is of no use now" in explorer._telling.status.value
    assert sandbox.requests


def test_the_sandbox_reached_over_http_is_not_kept(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its published ids tell."""
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", next(iter(SANDBOX_ACCOUNTS)))

    explorer = explore(now=NOW, time_range="Today")

    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of")
    assert explorer.history.height == 10
    assert sandbox.requests
    assert not home.exists()


def test_without_the_extra_a_real_account_is_asked_directly(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No word of an archive, and nothing stored."""
    monkeypatch.setitem(sys.modules, "deltalake", None)

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert explorer.view._values["cfusage_title"] == "AI Gateway cost: $44.25"
    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of")
    assert "archive" not in explorer._telling.status.value
    assert sandbox.requests
    assert not home.exists()
