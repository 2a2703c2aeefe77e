"""Every answer at every moment, on real sockets: ``python tests/faults/matrix.py`` prints how cells ended.

A cell is one call during which one request is answered wrongly: at every try (``lasting``), or at the first
only (``once``). It ends well in the right table, or in the error that the answer stands for; in bounded time,
without the token, and with every connection, thread and file given back.
"""

import os
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import httpx
import polars as pl
import pytest
from answers import FAULTS, Fault, Turn
from moments import MOMENTS, NOW, Moment, query_of
from raw_server import Peer, answer, listening
from virtual_time import VirtualTime, in_virtual_time

import cfusage_lab as cfu
from cfusage_lab.sandbox import SANDBOX_TOKEN
from cfusage_lab.wire import bodies
from cfusage_lab.wire.limits import ALL_WAITS, EXCHANGE

__all__ = ["TOKEN", "Cell", "Watch", "ended", "join_threads", "look_at", "open_files", "run", "soon"]

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
_LONGEST = ALL_WAITS + 3 * EXCHANGE
"""Seconds of virtual time: all waits of a call, exchanges until there is no further try, and the last one."""
_HUNG = 30.0
"""Real seconds after which a cell is given up: it has taken some hundredths on every machine so far."""
_STALLED = 0.5
_GIVEN_BACK = 5.0


@dataclass
class Cell:
    """One call during which one request is answered wrongly."""

    moment: Moment
    told: str
    fault: Fault
    is_lasting: bool
    wrong: list[str] = field(default_factory=list)
    outcome: str = ""

    def __str__(self) -> str:
        return f"{self.moment.name} / {self.told} ({'lasting' if self.is_lasting else 'once'})"

    @property
    def expected(self) -> tuple[type[cfu.CfUsageError] | None, ...]:
        if self.fault.on_a_list and self.moment.is_list:
            return self.fault.on_a_list
        return self.fault.lasting if self.is_lasting else self.fault.once


class _End:
    """The other end of a cell: right answers, but for one request."""

    def __init__(self, cell: Cell, clock: VirtualTime) -> None:
        self._cell = cell
        self._clock = clock
        self._inside = httpx.Client(
            transport=httpx.WSGITransport(app=cell.moment.sandbox),
            base_url="http://inside",
            headers={"Authorization": f"Bearer {SANDBOX_TOKEN}"},
        )
        self.hits = 0
        self.connections = 0

    def talk(self, peer: Peer) -> None:
        self.connections += 1
        try:
            while (head := self._next(peer)) and self._answered(peer, head):
                pass
        finally:
            self.connections -= 1

    def _next(self, peer: Peer) -> bytes:
        """Wait for the next request; who waits here for more of the last answer finds that time passes."""
        peer.connection.settimeout(_STALLED)
        try:
            return peer.request()
        except TimeoutError:
            peer.connection.settimeout(None)
            with self._clock.passing(peer.port):
                return peer.request()

    def _answered(self, peer: Peer, head: bytes) -> bool:
        target = head.split(b" ", 2)[1].decode()
        right = self._right(target)
        path, _, query = target.partition("?")
        account_id = path.split("/")[4] if path.count("/") > 3 else ""
        if self._cell.moment.is_hit(account_id, query_of(query)):
            self.hits += 1
            if self._cell.is_lasting or self.hits == 1:
                others = right.replace(b'"aggregated_value":', b'"aggregated_value":9')
                return self._cell.fault.act(Turn(peer, head, right, others, self._clock))
        peer.send(answer(right))
        return True

    def _right(self, target: str) -> bytes:
        """Return a right answer; the same request has always the same one."""
        key = (id(self._cell.moment), target)
        if key not in _answers:
            _answers[key] = self._inside.get(target).raise_for_status().content
        return _answers[key]


_answers: dict[tuple[int, str], bytes] = {}
_tables: dict[int, pl.DataFrame] = {}


class Watch(cfu.Quiet):
    """Gives a call up that hangs."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _HUNG

    @property
    def is_cancelled(self) -> bool:  # type: ignore[override]
        return time.monotonic() > self._until


def right_table(moment: Moment) -> pl.DataFrame:
    """Return what a call is to bring, as the sandbox answers inside the process."""
    if id(moment) not in _tables:
        with cfu.UsageClient.sandbox(moment.sandbox, now=NOW) as client:
            client._credentials = cfu.Credentials(token=SANDBOX_TOKEN, accounts=moment.accounts)
            _tables[id(moment)] = moment.call(client, cfu.Quiet())
    return _tables[id(moment)]


def run(cell: Cell, clock: VirtualTime) -> Cell:
    """Let a cell happen, and note how it ended and what was wrong with that."""
    right = right_table(cell.moment)
    files = open_files()
    end = _End(cell, clock)
    clock.begin()
    with listening(end.talk) as base_url:
        client = cfu.UsageClient(
            cfu.Credentials(token=TOKEN, accounts=cell.moment.accounts), base_url=base_url, now=NOW
        )
        try:
            table = cell.moment.call(client, Watch())
        except Exception as error:  # noqa: BLE001 - that is what is looked at
            look_at(error, cell)
        else:
            _compare(table, right, cell)
        if clock.furthest > _LONGEST:
            cell.wrong.append(f"took {clock.furthest:.0f} s")
        join_threads(cell)
        if any(not one.is_idle() for one in _connections(client)):
            cell.wrong.append(f"leaves connections busy: {_connections(client)}")
        client.close()
        if not soon(lambda: not end.connections):
            cell.wrong.append(f"leaves {end.connections} connections open")
    if not end.hits:
        cell.wrong.append("never asked what was to go wrong")
    if not soon(lambda: open_files() <= files):
        cell.wrong.append(f"leaves {open_files() - files} files open")
    return cell


def look_at(error: Exception, cell: Cell) -> None:
    cell.outcome = type(error).__name__
    if type(error) not in cell.expected:
        wanted = " or ".join(kind.__name__ if kind else "the table" for kind in cell.expected)
        cell.wrong.append(f"{type(error).__name__} in the place of {wanted}: {error!s:.200}")
    if TOKEN in _shown(error) or TOKEN[:20] in str(error):
        cell.wrong.append("shows the token")


def _compare(table: pl.DataFrame, right: pl.DataFrame, cell: Cell) -> None:
    cell.outcome = "table"
    if not table.equals(right):
        cell.wrong.append("a wrong table")
    elif None not in cell.expected:
        cell.wrong.append("the table in the place of an error")


def _shown(error: BaseException) -> str:
    """Return what can be printed of an error and of those behind it, variables of frames and all."""
    parts: list[str] = []
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        link = todo.pop()
        if link is None or id(link) in seen:
            continue
        seen.add(id(link))
        parts += [str(link), repr(link), repr(vars(link))]
        stack = link.__traceback__
        while stack is not None:
            if stack.tb_frame.f_code.co_filename != __file__:
                parts += [repr(stack.tb_frame.f_locals)]
            stack = stack.tb_next
        todo += [link.__cause__, link.__context__]
    return "".join(parts)


def _connections(client: cfu.UsageClient) -> list[httpx.BaseTransport]:
    opened = client._opened
    return (
        []
        if opened is None
        else opened._client._transport._sync_transport._inner._pool.connections.connections
    )


def join_threads(cell: Cell) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith("cfusage_lab"):
            thread.join(_GIVEN_BACK)
            if thread.is_alive():
                cell.wrong.append(f"leaves a thread: {thread.name}")


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir()) if Path("/proc/self/fd").exists() else 0


def soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + _GIVEN_BACK
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(0.001)
    return True


@contextmanager
def ended(moments: Iterable[Moment] = MOMENTS, *, told: Iterable[str] = FAULTS) -> Iterator[Iterator[Cell]]:
    """Give the cells of some moments, each as it has ended."""
    with in_virtual_time() as clock, pytest.MonkeyPatch.context() as patch:
        patch.setattr(bodies, "MOST_BYTES", 1 << 20)
        for name in os.environ:
            if name.startswith("CLOUDFLARE_"):
                patch.delenv(name)
        yield (
            run(Cell(moment, name, FAULTS[name], is_lasting), clock)
            for moment in moments
            for name in told
            for is_lasting in (True, False)
            if is_lasting or FAULTS[name].lasting != FAULTS[name].once
        )


def _print() -> int:
    began = time.monotonic()
    outcomes: dict[str, Counter[str]] = {}
    wrong: list[str] = []
    with ended() as cells:
        for cell in cells:
            outcomes.setdefault(cell.moment.name, Counter())[cell.outcome] += 1
            wrong += [f"{cell}: {one}" for one in cell.wrong]
    total = sum(outcomes.values(), Counter())
    kinds = [kind for kind, _ in total.most_common()]
    width = max(map(len, outcomes))
    print(" " * width, *(f"{kind:>14}" for kind in ["cells", *kinds]))
    for name, counts in [*outcomes.items(), ("all", total)]:
        print(f"{name:{width}}", *(f"{n:>14,}" for n in [counts.total(), *(counts[kind] for kind in kinds)]))
    print(f"{len(FAULTS)} answers, {time.monotonic() - began:.0f} s, {len(wrong)} wrong", *wrong, sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(_print())
