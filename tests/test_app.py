"""The one call that opens the explorer."""

import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import ipywidgets
import pytest
from histories import hours

from cfusage_lab.app import explore
from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import AuthError, ConfigError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, Trouble, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
REAL = "0" * 31 + "1"
WRONG = "a-token-that-opens-nothing"
PATIENCE = 30
USAGE = {REAL: {NOW.replace(minute=0) - hours_ago * HOUR: 0.25 for hours_ago in range(1, 8 * 24)}}


def heading(explorer: UsageExplorer) -> str:
    """Return the heading of the time line, as a browser is sent it."""
    return str(explorer.view.get_state()["_values"]["cfusage_title"])


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give the user a data directory of their own."""
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


def parts(widget: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """List a widget with all that is in it."""
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def test_without_credentials_the_sandbox_is_explored(home: Path) -> None:
    """And it says so, on screen and in the picture; nothing made up is stored."""
    explorer = explore(now=NOW, time_range="Last 7 days", time_zone="Europe/Berlin")

    assert explorer.status.startswith(
        "Sandbox: made-up data · data as of Sun 15 Nov 2026, 10:30 Europe/Berlin"
    )
    assert explorer.wait(PATIENCE)
    labels = [row["cells"][0] for row in explorer.accounts.rows.rows]
    assert sorted(labels) == sorted(SANDBOX_ACCOUNTS.values())
    assert explorer.history.height == 4 * 7 * 24, "all of them are shown"
    assert not home.exists()


def test_a_table_is_explored_as_it_is() -> None:
    """Three dollars in three hours."""
    explorer = explore(hours("2026-01-05", [1.0] * 3))

    assert heading(explorer) == "AI Gateway cost: $3.00"


@pytest.mark.slow
def test_a_real_account_is_kept_and_opened_from_the_archive(sandbox: Sandbox) -> None:
    """168 hours at a quarter of a dollar; the second time from what is stored."""
    first = explore(now=NOW, time_range="Last 7 days")
    assert first.status == "Archive of Cloudflare · data as of Sun 15 Nov 2026, 09:30 UTC time"
    assert heading(first) == "AI Gateway cost: $42.00"
    assert first.state.accounts_text == "Real Ltd"
    assert UsageArchive(source="account", now=NOW).default_accounts == (REAL,)
    before = len(sandbox.requests)

    second = explore(now=NOW + HOUR, time_range="Last 7 days")
    stored = heading(second)
    assert second.wait(PATIENCE)

    assert stored == "AI Gateway cost: $42.00"
    assert second.history.height == 7 * 24
    assert second.status == "Archive of Cloudflare · data as of Sun 15 Nov 2026, 10:30 UTC time"
    assert len(sandbox.requests) > before


@pytest.mark.usefixtures("sandbox")
def test_a_refused_token_opens_an_explorer_that_asks_for_another(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message in the banner; a right token typed shows 168 hours at a quarter of a dollar."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", WRONG)

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert "AI Gateway Read" in explorer.banner
    assert explorer.status == "Cloudflare account, through 127.0.0.1 · nothing fetched yet"
    assert explorer.view not in parts(explorer.widget)
    assert explorer.token is not None
    assert explorer.token in parts(explorer.widget)
    explorer.token.value = SANDBOX_TOKEN
    assert explorer.wait(PATIENCE)
    assert explorer.view in parts(explorer.widget)
    assert heading(explorer) == "AI Gateway cost: $42.00"
    assert explorer.state.accounts_text == "Real Ltd"
    assert explorer.banner == ""
    assert not home.exists()


@pytest.mark.usefixtures("sandbox")
def test_what_reads_a_refused_table_says_why_without_scrolling(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Cloudflare said, and nothing of the way to it; the token is nowhere."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", WRONG)
    explorer = explore(now=NOW)

    with pytest.raises(AuthError, match="AI Gateway Read") as caught:
        _ = explorer.fetched

    assert [entry.name for entry in caught.traceback][1:] == ["fetched", "_held"]
    told = "".join(traceback.format_exception(caught.value))
    assert "another exception" not in told
    assert "the direct cause" not in told
    states = [str(one.get_state()) for one in parts(explorer.widget)]
    assert not any(WRONG in text for text in [told, repr(explorer), *states])


@pytest.mark.usefixtures("home")
def test_a_token_of_the_wrong_form_is_told_in_the_banner(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody is asked with it, and nothing made up is shown in the account's place."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", f"Bearer {WRONG}")

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert "starts with 'Bearer'" in explorer.banner
    assert WRONG not in explorer.banner
    assert explorer.status == "Cloudflare account · nothing fetched yet"
    assert sandbox.requests == ()
    assert explorer.token is not None
    explorer.token.value = SANDBOX_TOKEN
    assert explorer.wait(PATIENCE)
    assert heading(explorer) == "AI Gateway cost: $42.00"


def test_an_environment_that_was_put_right_is_read_by_refresh(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Emptied, it opens no sandbox in the account's place."""
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", "'quoted'")
    explorer = explore(now=NOW, time_range="Last 7 days")

    monkeypatch.delenv("CLOUDFLARE_API_TOKEN")
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert "no credentials: set CLOUDFLARE_API_TOKEN" in explorer.banner
    assert explorer.view not in parts(explorer.widget)

    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SANDBOX_TOKEN)
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert heading(explorer) == "AI Gateway cost: $42.00"
    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of")
    assert sandbox.requests
    assert not home.exists()


@pytest.mark.usefixtures("sandbox")
def test_a_wrong_account_id_can_be_changed_for_one_that_the_token_sees(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Cloudflare's list names those."""
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", "f" * 32)
    explorer = explore(now=NOW, time_range="Last 7 days")
    assert "check the token, the account id" in explorer.banner

    explorer.accounts.value = (REAL,)
    assert explorer.wait(PATIENCE)

    assert heading(explorer) == "AI Gateway cost: $42.00"


@pytest.mark.slow
def test_without_a_network_the_explorer_waits_for_one(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refresh shows the account as soon as there is somebody to answer."""
    assert not home.exists()
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SANDBOX_TOKEN)
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", REAL)
    sandbox = Sandbox(usage=USAGE, accounts={REAL: "Real Ltd"}, now=NOW)
    with serve(sandbox) as url:
        port = int(url.split(":")[2].partition("/")[0])
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", url)

    explorer = explore(now=NOW, time_range="Last 7 days")
    assert "no answer from 127.0.0.1" in explorer.banner
    assert explorer.view not in parts(explorer.widget)

    with serve(sandbox, port):
        explorer.refresh.click()
        assert explorer.wait(PATIENCE)
    assert heading(explorer) == "AI Gateway cost: $42.00"
    assert explorer.status.startswith("Archive of Cloudflare · data as of")


def test_a_call_that_is_wrong_is_an_error_read_without_scrolling() -> None:
    """The caller's line, one of ours, and the message."""
    with pytest.raises(ConfigError, match="no time range 'Eternity'") as caught:
        explore(hours("2026-01-05", [1.0] * 3), time_range="Eternity")

    assert [entry.name for entry in caught.traceback][1:] == ["explore"]


def test_an_archive_that_cannot_be_written_does_not_keep_it_from_opening(
    home: Path, sandbox: Sandbox
) -> None:
    """The account is asked, and a note says why."""
    home.write_text("no folder")

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert heading(explorer) == "AI Gateway cost: $42.00"
    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of Sun 15 Nov 2026")
    assert "not through the archive, which is of no use now" in explorer.widget.status.value
    assert sandbox.requests


def test_the_sandbox_reached_over_http_is_called_so_and_not_kept(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its published ids tell; another account behind the same address is not guessed to be made up."""
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", next(iter(SANDBOX_ACCOUNTS)))

    explorer = explore(now=NOW, time_range="Today")

    through = "Cloudflare account, through 127.0.0.1"
    assert explorer.status.startswith(f"Sandbox: made-up data ({through}) · data as of")
    assert ">Sandbox: made-up data (" in explorer.widget.status.value
    assert explorer.history.height == 10
    assert sandbox.requests
    assert not home.exists()

    assert explorer.wait(PATIENCE)
    explorer.accounts.value = (REAL,)
    assert explorer.wait(PATIENCE)
    assert explorer.status.startswith(f"{through} · data as of")


def test_a_table_of_the_sandbox_is_called_so() -> None:
    """Wherever it lay in between."""
    explorer = explore(hours("2026-01-05", [1.0] * 3, account_id=next(iter(SANDBOX_ACCOUNTS))))

    assert explorer.status.startswith("Sandbox: made-up data (History table) · data as of")


def test_without_the_extra_a_real_account_is_asked_directly(
    home: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No word of an archive, and nothing stored."""
    monkeypatch.setitem(sys.modules, "deltalake", None)

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert heading(explorer) == "AI Gateway cost: $42.00"
    assert explorer.status.startswith("Cloudflare account, through 127.0.0.1 · data as of")
    assert "archive" not in explorer.widget.status.value
    assert sandbox.requests
    assert not home.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"success": true, "result": {"history": [{"id": "\xff"}]}}',
        b'{"success": true, "success": true, "result": {"history": []}}',
    ],
)
def test_an_odd_answer_opens_the_explorer_with_its_banner(home: Path, sandbox: Sandbox, body: bytes) -> None:
    assert not home.exists()
    sandbox.trouble.extend([Trouble.body(body)] * 9)

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert "is of no use" in explorer.banner
    assert explorer.view not in parts(explorer.widget)


@pytest.mark.parametrize(
    ("name", "value"), [("SSL_CERT_FILE", "/no/where"), ("https_proxy", "http://u:a-password@p:99999")]
)
def test_a_network_that_is_set_up_wrong_opens_the_explorer_with_its_banner(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    assert not home.exists()
    for other in ("SSL_CERT_DIR", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SANDBOX_TOKEN)
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", REAL)
    monkeypatch.setenv(name, value)

    explorer = explore(now=NOW, time_range="Last 7 days")

    assert "the environment" in explorer.banner
    assert "a-password" not in explorer.banner
    assert explorer.view not in parts(explorer.widget)
