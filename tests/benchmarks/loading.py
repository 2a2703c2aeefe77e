"""What ten thousand accounts do to the limits, to memory and to whoever watches and cancels.

Run ``python tests/benchmarks/loading.py``: 30 days of hours of 10,000 accounts, from the sandbox on a socket
in a process of its own, with Cloudflare's limit of 1,200 requests in 5 minutes, on a clock that runs 30 times
as fast. Then the same once more, cancelled on the way; and a report of 1,000 accounts over a year of hours.
It prints what was refused, how long it took, what memory it needed, and whether what was told of its progress
was so. The test suite has the same with fewer accounts and a clock that jumps (``tests/fetch/test_load.py``).
"""

import argparse
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Protocol
from unittest import mock

import cfusage_lab as cfu
from cfusage_lab.fetch import client as fetching
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, serve
from cfusage_lab.wire.pacing import Pacer, Waiter

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
LIMIT = (1_200, 300.0)
"""Cloudflare's: requests, in so many seconds."""
FASTER = 30


class Clock(Protocol):
    """What tells the time to both ends."""

    def monotonic(self) -> float: ...

    def sleep(self, seconds: float, /) -> None: ...


class Scaled:
    """The real clock, some times as fast: the same in every process of a machine."""

    def monotonic(self) -> float:
        return time.monotonic() * FASTER

    def sleep(self, seconds: float, /) -> None:
        time.sleep(seconds / FASTER)


class Counted(Sandbox):
    """Remembers what it refused; ``refused`` has a ``value``, which may be shared between processes."""

    def __init__(self, accounts: Iterable[str], clock: Clock, refused: Any) -> None:  # noqa: ANN401 - of ctypes
        knobs = Knobs(page_size=None, limit=LIMIT, ratelimit=None)
        names = {one: f"Account {nth}" for nth, one in enumerate(accounts)}
        super().__init__(knobs, accounts=names, now=NOW, clock=clock.monotonic)
        self.refused = refused

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> list[bytes]:  # noqa: ANN401 - WSGI
        def start(status: str, *rest: Any) -> Any:  # noqa: ANN401 - WSGI
            if status.startswith("429"):
                self.refused.value += 1
            return start_response(status, *rest)

        return [*super().__call__(environ, start)]


@dataclass
class Watching:
    """A caller that remembers what it is told, and cancels once so many answers are there."""

    cancel_after: float = float("inf")
    told: list[tuple[int, int]] = field(default_factory=list)
    cancelled_at: float | None = None

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None

    @property
    def is_honest(self) -> bool:
        """Whether what is done never fell and never was more than all, and was all in the end."""
        done = [done for done, _ in self.told]
        is_within = all(done <= total for done, total in self.told)
        return done == sorted(done) and is_within and bool(done) and self.told[-1][0] == self.told[-1][1]

    def update(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if done >= self.cancel_after and self.cancelled_at is None:
            self.cancelled_at = time.perf_counter()

    def wait(self, reason: str, seconds: float) -> None: ...

    def close(self) -> None: ...


def ids(count: int) -> list[str]:
    """Return so many account ids."""
    return [f"{number:032x}" for number in range(1, count + 1)]


@contextmanager
def on_clock(clock: Clock) -> Iterator[None]:
    """Have the client keep to another clock than the machine's, at its usual pace."""
    pacer = Pacer(monotonic=clock.monotonic)
    with (
        mock.patch.object(fetching, "pacer_of", return_value=pacer),
        mock.patch.object(fetching, "Waiter", partial(Waiter, clock=clock)),
    ):
        yield


def fetched(url: str, accounts: list[str], days: int, watching: Watching) -> int:
    """Fetch, and return how many windows came."""
    span = cfu.TimeRange(NOW.replace(hour=0, minute=0) - timedelta(days=days), NOW.replace(hour=0, minute=0))
    with cfu.UsageClient(cfu.Credentials(token=SANDBOX_TOKEN), base_url=url, now=NOW) as client:
        history = client.usage_history(span, accounts=accounts, with_ids=False, progress=watching)
    if history.height != len(accounts) * days * 24:
        raise SystemExit(f"{history.height:,} windows of {len(accounts) * days * 24:,} came")
    return history.height


def cancelled(url: str, accounts: list[str], days: int, *, after: int) -> float:
    """Cancel once so many answers are there; return the seconds until the call ended."""
    watching = Watching(cancel_after=after)
    try:
        fetched(url, accounts, days, watching)
    except cfu.CancelledError:
        return time.perf_counter() - (watching.cancelled_at or 0.0)
    raise SystemExit("the call was cancelled, and went on")


def _serve(accounts: list[str], refused: Any, pipe: Any) -> None:  # noqa: ANN401 - of multiprocessing
    with serve(Counted(accounts, Scaled(), refused)) as url:
        pipe.send(url)
        pipe.recv()


def fleet(count: int, days: int) -> None:
    """Fetch from another process, cancel the second time, and print."""
    accounts, fork = ids(count), multiprocessing.get_context("fork")
    refused, (pipe, end) = fork.Value("i", 0), fork.Pipe()
    server = fork.Process(target=_serve, args=(accounts, refused, end), daemon=True)
    server.start()
    url, watching, clock = pipe.recv(), Watching(), Scaled()
    before = _peak()
    with on_clock(clock):
        begun, scaled, cpu = time.perf_counter(), clock.monotonic(), time.process_time()
        rows = fetched(url, accounts, days, watching)
        cpu, scaled = time.process_time() - cpu, clock.monotonic() - scaled
        print(f"{count:,} accounts x {days} days, {rows:,} windows, over a socket")
        print(f"  refused with 429           {refused.value:10,}")
        print(f"  on the scaled clock        {scaled:10,.0f} s; the limits allow {_least(count):,.0f}")
        print(f"  on the real one            {time.perf_counter() - begun:10,.0f} s")
        print(f"  CPU a request              {cpu / count * 1e3:10.2f} ms")
        print(f"  peak memory                {_peak():10,.0f} MB, {_peak() - before:,.0f} above the start")
        print(f"  told of progress           {len(watching.told):10,} times, honest: {watching.is_honest}")
    with on_clock(clock):  # a pacer of its own: what it remembers would make it wait
        clock.sleep(LIMIT[1])
        took = cancelled(url, accounts, days, after=min(1_000, count // 2))
    print(f"  cancelled after            {took:10.2f} s")
    pipe.send("end")
    server.join()


def _least(requests: int) -> float:
    """Return the seconds that so many requests take at least, at the pace that is kept."""
    from cfusage_lab.wire.pacing import REQUESTS, SECONDS  # noqa: PLC0415 - beside their only use

    return (requests - 1) // REQUESTS * SECONDS


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(count: int) -> None:
    """Write a report of a year of hours, in a process of its own, and print what that took."""
    fork = multiprocessing.get_context("spawn")
    child = fork.Process(target=_report, args=(count,))
    child.start()
    child.join()


def _report(count: int) -> None:
    sys.path.insert(0, str(Path(__file__).parent))
    import polars as pl  # noqa: PLC0415
    from analytics import generate  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), count)
        history = pl.read_parquet(Path(folder) / "*.parquet")
        before, cpu = _peak(), time.process_time()
        page = cfu.report(history, time_zone="Europe/Berlin", path=Path(folder) / "report.html")
        cpu = time.process_time() - cpu
        size = page.stat().st_size / 1e6
        print(
            f"a report of {count:,} accounts over a year, {history.height:,} windows, {size:.1f} MB of HTML"
        )
        print(f"  CPU                        {cpu:10.1f} s")
        print(f"  peak memory                {_peak():10,.0f} MB, {before:,.0f} before it, the table in it")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--report-accounts", type=int, default=1_000)
    given = parser.parse_args()
    fleet(given.accounts, given.days)
    report(given.report_accounts)
