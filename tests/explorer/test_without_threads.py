"""Where no thread can be started, as in a browser's kernel: serially, or an error that says what to do."""

import threading
from datetime import date, datetime
from types import SimpleNamespace

import pytest
from ledger import title
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, Trouble, serve
from cfusage_lab.wire import transport

NOW = "2026-11-18T09:30Z"
MOMENT = datetime.fromisoformat(NOW)
MONTH = cfu.last_days(30, now=NOW)
KEY = cfu.Credentials(token=SANDBOX_TOKEN)


def client_of(*trouble: Trouble) -> cfu.UsageClient:
    """Answer in small pages, so that a month is many requests."""
    return cfu.UsageClient.sandbox(Sandbox(Knobs(page_size=50), now=MOMENT, trouble=trouble), now=NOW)


def refuse(_thread: threading.Thread) -> None:
    """Do as Pyodide does."""
    raise RuntimeError("can't start new thread")


@pytest.fixture
def without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start no thread any more."""
    monkeypatch.setattr(threading.Thread, "start", refuse)


class Counting(cfu.Quiet):
    """Counts what it hears, and leaves when it has heard enough."""

    def __init__(self, enough: int = 1_000) -> None:
        self.heard: list[int] = []
        self._enough = enough

    @property
    def is_cancelled(self) -> bool:  # type: ignore[override]
        return len(self.heard) >= self._enough

    def update(self, done: int, total: int) -> None:  # noqa: ARG002 - the protocol's
        self.heard.append(done)


def test_a_history_of_many_requests_is_fetched_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the same table as side by side, and each answer is told."""
    beside = client_of().usage_history(MONTH, accounts=list(cfu.SANDBOX_ACCOUNTS))
    monkeypatch.setattr(threading.Thread, "start", refuse)
    counting = Counting()

    history = client_of().usage_history(MONTH, accounts=list(cfu.SANDBOX_ACCOUNTS), progress=counting)

    assert_frame_equal(history, beside)
    assert len(counting.heard) > 50
    assert counting.heard == sorted(set(counting.heard))


@pytest.mark.usefixtures("without_threads")
def test_a_refusal_and_a_cancelled_fetch_are_those_of_any_machine() -> None:
    with pytest.raises(cfu.AuthError):
        client_of(Trouble.forbidden(9109)).usage_history(MONTH)
    counting = Counting(enough=3)
    with pytest.raises(cfu.CfUsageError, match="cancelled"):
        client_of().usage_history(MONTH, accounts=list(cfu.SANDBOX_ACCOUNTS), progress=counting)
    assert len(counting.heard) == 3


@pytest.mark.usefixtures("without_threads")
def test_the_explorer_of_a_table_answers_before_a_control_returns() -> None:
    history = client_of().usage_history(MONTH)
    explorer = cfu.explore(history, now=NOW)

    explorer.time_range.value = "Last 7 days"

    assert explorer.wait(0)
    assert explorer.history.height == 7 * 24
    assert title(explorer) == f"AI Gateway cost: ${explorer.history['aggregated_value'].sum():,.2f}"
    explorer.widget.exports.by_form["csv"].click()
    assert "Saved" in explorer.widget.exports.result.value


@pytest.mark.usefixtures("without_threads")
def test_the_explorer_of_a_client_fetches_before_a_control_returns() -> None:
    explorer = cfu.UsageExplorer(client_of(), time_range="Today", now=NOW)
    assert explorer.wait(0)

    explorer.first_day.value = date(2026, 7, 1)

    assert explorer.wait(0)
    asked = cfu.between("2026-07-01", "2026-11-19", now=NOW)
    assert_frame_equal(explorer.history, client_of().usage_history(asked, with_ids=False))


def test_a_machine_out_of_threads_connects_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real socket; only the server, which may be anywhere, has threads."""
    start = threading.Thread.start
    sandbox = Sandbox(now=MOMENT)
    with serve(sandbox) as url, cfu.UsageClient(KEY, base_url=url, now=NOW) as client:
        monkeypatch.setattr(
            threading.Thread,
            "start",
            lambda thread: refuse(thread) if thread.name.startswith("cfusage_lab") else start(thread),
        )
        history = client.usage_history(MONTH, accounts=list(cfu.SANDBOX_ACCOUNTS))

    assert history.height == 4 * MONTH.hours
    assert history["aggregated_value"].sum() > 0


@pytest.mark.usefixtures("without_threads")
def test_the_sandbox_cannot_be_served_without_a_thread() -> None:
    with pytest.raises(cfu.ConfigError, match=r"UsageClient\.sandbox"), serve(Sandbox(now=MOMENT)):
        pass


def test_a_browsers_kernel_has_no_way_to_cloudflare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "sys", SimpleNamespace(platform="emscripten"))

    with pytest.raises(cfu.ConfigError, match=r"no sockets.*read_table"):
        cfu.UsageClient(KEY).usage_history(MONTH, accounts="0" * 32)
