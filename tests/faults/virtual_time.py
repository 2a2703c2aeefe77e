"""A clock that stands still until somebody sleeps, or waits for an end that is slow: minutes take no time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from cfusage_lab.wire import pacing, retries, sockets

__all__ = ["VirtualTime", "in_virtual_time"]

_STEP = 2.0
"""Seconds that pass with each look at the clock by who reads from a slow end."""
_POLL = 0.005
"""Real seconds between two such looks."""


class VirtualTime:
    """Stands in for the module ``time``; each thread has its own, so that nobody's wait is another's delay.

    Attributes
    ----------
    furthest
        How many seconds have passed since :meth:`begin`, for whom most have.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew, without anything that was learnt about limits."""
        self.furthest = 0.0
        self._local = threading.local()
        self._slow: set[int] = set()
        pacing._pacers.clear()
        pacing._busy.clear()

    def monotonic(self) -> float:
        """Return the seconds so far."""
        if getattr(self._local, "port", None) in self._slow:
            self.sleep(_STEP)
        return 1_000.0 + getattr(self._local, "passed", 0.0)

    def sleep(self, seconds: float) -> None:
        """Let time pass at once."""
        self._local.passed = getattr(self._local, "passed", 0.0) + seconds
        self.furthest = max(self.furthest, self._local.passed)

    @contextmanager
    def reading(self, port: int) -> Iterator[None]:
        """Note which connection, by its port at this end, a thread reads from."""
        self._local.port = port
        try:
            yield
        finally:
            self._local.port = None

    @contextmanager
    def passing(self, port: int) -> Iterator[None]:
        """Let time pass for who reads from a connection: only who waits finds that it has passed."""
        self._slow.add(port)
        try:
            yield
        finally:
            self._slow.discard(port)


@contextmanager
def in_virtual_time() -> Iterator[VirtualTime]:
    """Have every bound and wait of the exchange measured by a clock of the test's own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pacing, "_pacers", type(pacing._pacers)())
        patch.setattr(pacing, "_busy", set())
        clock = VirtualTime()
        read = sockets._Stream.read

        def noted(stream: sockets._Stream, max_bytes: int, timeout: float | None = None) -> bytes:
            with clock.reading(stream._inner.get_extra_info("client_addr")[1]):
                return read(stream, max_bytes, timeout)

        patch.setattr(sockets._Stream, "read", noted)
        patch.setattr(sockets, "time", clock)
        patch.setattr(sockets, "POLL", _POLL)
        patch.setattr(retries, "time", clock)
        patch.setitem(pacing.Waiter.__init__.__kwdefaults__, "clock", clock)
        patch.setitem(pacing.Pacer.__init__.__kwdefaults__, "monotonic", clock.monotonic)
        yield clock
