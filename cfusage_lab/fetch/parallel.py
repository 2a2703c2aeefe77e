"""Requests in parallel: all that a plan needs, or one by one where no thread starts, as in a browser."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Final

from cfusage_lab.fetch.planning import Part, Plan
from cfusage_lab.progress import Progress
from cfusage_lab.wire.answers import Rows
from cfusage_lab.wire.limits import POLL
from cfusage_lab.wire.pacing import Waiter

__all__ = ["WORKERS", "fetch_all"]

WORKERS: Final = 10
"""Requests side by side: at 50 ms each they come to the 200 a second that an address may send."""

_Ask = Callable[[Part, Waiter], Rows]


class _Workers:
    """Daemon threads that send requests: neither a caller nor the interpreter waits for them to end."""

    def __init__(self, ask: _Ask, waiter: Waiter) -> None:
        self._ask = ask
        self._waiter = waiter
        self._todo: SimpleQueue[Part | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[Part, Rows | BaseException]] = SimpleQueue()
        self._threads = 0
        self.under_way = 0
        self.most = WORKERS

    def submit(self, part: Part) -> None:
        """Have a part asked for; without a single thread, it is answered when this returns."""
        self.under_way += 1
        if self._threads < min(self.under_way, self.most):
            self._start()
        if self._threads:
            self._todo.put(part)
        else:
            self._done.put((part, self._answer(part)))

    def answers(self) -> list[tuple[Part, Rows]]:
        """Return what was answered within a moment; an error among it is raised."""
        try:
            done = [self._done.get(timeout=POLL)]
            while not self._done.empty():
                done.append(self._done.get())
        except Empty:
            return []
        self.under_way -= len(done)
        found = []
        for part, rows in done:
            if isinstance(rows, BaseException):
                raise rows
            found.append((part, rows))
        return found

    def end(self) -> None:
        """Let the threads go, each when its exchange has ended."""
        for _ in range(self._threads):
            self._todo.put(None)

    def _start(self) -> None:
        """Start another thread; where none starts, go on with those that there are."""
        try:
            Thread(target=self._work, name="cfusage_lab fetch", daemon=True).start()
        except RuntimeError:
            self.most = max(self._threads, 1)
        else:
            self._threads += 1

    def _work(self) -> None:
        while (part := self._todo.get()) is not None:
            self._done.put((part, self._answer(part)))

    def _answer(self, part: Part) -> Rows | BaseException:
        try:
            return self._ask(part, self._waiter)
        except BaseException as exc:  # noqa: BLE001 - handed over
            return exc


def fetch_all(plan: Plan, ask: _Ask, waiter: Waiter, progress: Progress) -> None:
    """Send every request that a plan needs, in parallel; the first failure ends it."""
    workers = _Workers(ask, waiter)
    answered = 0
    try:
        while True:
            while workers.under_way < workers.most and (part := plan.take()) is not None:
                if not workers.under_way and not plan.waiting:  # a single request needs no thread
                    plan.receive(part, ask(part, waiter))
                    answered += 1
                    continue
                workers.submit(part)
            if not workers.under_way:
                return
            done = workers.answers()
            waiter.check()
            for part, rows in done:
                plan.receive(part, rows)
                answered += 1
            if done:
                progress.update(answered, answered + workers.under_way + plan.waiting)
    finally:
        waiter.stop()
        workers.end()
