"""More accounts than Cloudflare's limits let through at once; ``benchmarks/loading.py`` has ten thousand."""

from contextlib import suppress
from threading import Lock
from types import SimpleNamespace

import pytest
from benchmarks.loading import LIMIT, Counted, Watching, cancelled, fetched, ids, on_clock

from cfusage_lab.errors import RateLimitError
from cfusage_lab.sandbox import serve
from cfusage_lab.wire.pacing import REQUESTS, SECONDS

pytestmark = pytest.mark.slow

ACCOUNTS = REQUESTS + 100


class Jumping:
    """A clock that moves when somebody sleeps, and then at once."""

    def __init__(self) -> None:
        self._time = 1_000.0
        self._lock = Lock()

    def monotonic(self) -> float:
        return self._time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._time += seconds


def test_no_limit_is_passed_and_what_is_told_of_progress_is_so() -> None:
    clock, watching, refused = Jumping(), Watching(), SimpleNamespace(value=0)
    accounts = ids(ACCOUNTS)

    with serve(Counted(accounts, clock, refused)) as url, on_clock(clock):
        rows = fetched(url, accounts, 1, watching)

    assert rows == ACCOUNTS * 24
    assert refused.value == 0
    assert watching.is_honest
    assert watching.told[-1] == (ACCOUNTS, ACCOUNTS)
    assert clock.monotonic() - 1_000 >= SECONDS  # the limit was met, and waited for


def test_the_sandbox_refuses_who_keeps_to_no_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cfusage_lab.wire.pacing.Pacer._next", lambda *_: (0.0, "", False))
    clock, refused = Jumping(), SimpleNamespace(value=0)
    accounts = ids(LIMIT[0] + 20)

    with serve(Counted(accounts, clock, refused)) as url, on_clock(clock), suppress(RateLimitError):
        fetched(url, accounts, 1, Watching())  # how often it is let in again hangs on the machine

    assert refused.value > 0


def test_a_cancelled_call_asks_for_nothing_more() -> None:
    clock, refused = Jumping(), SimpleNamespace(value=0)
    accounts = ids(300)
    sandbox = Counted(accounts, clock, refused)

    with serve(sandbox) as url, on_clock(clock):
        cancelled(url, accounts, 1, after=20)

    assert len(sandbox.requests) < 100
