"""Ask everything a plan needs, side by side."""

from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import Final

from cfusage_lab.fetch.planning import Part, Plan
from cfusage_lab.source import Progress
from cfusage_lab.wire.answers import Rows
from cfusage_lab.wire.pacing import Waiter

__all__ = ["WORKERS", "carry_out"]

WORKERS: Final = 10
"""Requests side by side: at 50 ms each they come to the 200 a second that an address may send."""

_POLL: Final = 0.2


def carry_out(plan: Plan, ask: Callable[[Part, Waiter], Rows], progress: Progress) -> None:
    """Ask everything a plan needs, side by side; the first failure ends it."""
    waiter = Waiter(progress)
    pool: ThreadPoolExecutor | None = None
    under_way: dict[Future[Rows], Part] = {}
    answered = 0
    try:
        while True:
            while len(under_way) < WORKERS and (part := plan.take()) is not None:
                if not under_way and not plan.waiting:  # nothing beside it: no thread is worth its while
                    plan.receive(part, ask(part, waiter))
                    answered += 1
                    continue
                pool = pool or ThreadPoolExecutor(WORKERS)
                under_way[pool.submit(ask, part, waiter)] = part
            if not under_way:
                return
            done, _ = wait(under_way, timeout=_POLL, return_when=FIRST_COMPLETED)
            waiter.check()
            for future in done:
                plan.receive(under_way.pop(future), future.result())
                answered += 1
            progress.update(answered, answered + len(under_way) + plan.waiting)
    finally:
        waiter.stop()
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
        progress.close()
