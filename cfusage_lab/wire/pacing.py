"""When the next request may go, and how to wait for it so that a caller hears of it and can stop it.

Cloudflare's limits, from its API documentation: 1,200 requests in 5 minutes for a user or token, across
everything that user does, beyond which every call is refused for the next 5 minutes; 200 requests a
second for an address. ``Ratelimit`` on each answer says what is left and until when.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from cfusage_lab.errors import CancelledError
from cfusage_lab.source import Progress

__all__ = ["PER_SECOND", "REQUESTS", "SECONDS", "Pacer", "Waiter"]

REQUESTS: Final = 1_150
"""How many requests go in one span of :data:`SECONDS`: fifty fewer than allowed, for the rest of what
the user does."""
SECONDS: Final = 301.0
"""The span, with a second for requests that were longer under way than those after them."""
PER_SECOND: Final = 180
"""How many go in one second, of the 200 that an address may."""

_NEARLY_GONE: Final = 0.1
_SLICE: Final = 0.2
_ANNOUNCED_FROM: Final = 1.0
_LEFT: Final = re.compile(r"\br=(\d+)\s*;\s*t=(\d+)")
_QUOTA: Final = re.compile(r"\bq=(\d+)")


class Clock(Protocol):
    """The clock of one machine: ``time`` itself fits."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float, /) -> None:
        """Do nothing for some seconds."""


class Waiter:
    """One caller's patience: waits in small slices, says so, and stops when told to.

    All workers of one call share it, so that a wait they have in common is announced once.
    """

    def __init__(self, progress: Progress, *, clock: Clock = time) -> None:
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._announced_until = float("-inf")
        self._stopped = threading.Event()

    def stop(self) -> None:
        """End every wait, now and later, in :class:`CancelledError`."""
        self._stopped.set()

    def check(self) -> None:
        """Raise :class:`CancelledError` if the caller wants no more of this."""
        if self._stopped.is_set() or self._progress.is_cancelled:
            raise CancelledError("the fetch was cancelled: nothing is returned")

    def sleep(self, seconds: float, reason: str) -> None:
        """Wait, and announce it first if it is long enough to be noticed."""
        until = self._clock.monotonic() + seconds
        if seconds >= _ANNOUNCED_FROM:
            with self._lock:
                is_new = until > self._announced_until + _ANNOUNCED_FROM
                self._announced_until = max(until, self._announced_until)
            if is_new:
                self._progress.wait(reason, seconds)
        while True:
            self.check()
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, _SLICE))


class Pacer:
    """Lets requests go no faster than the limits allow; one serves every worker of a token.

    Parameters
    ----------
    requests, seconds
        At most so many requests in any span of so many seconds.
    per_second
        At most so many in a second.
    monotonic
        The clock.
    """

    def __init__(
        self,
        requests: int = REQUESTS,
        seconds: float = SECONDS,
        *,
        per_second: float = PER_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._per_second = per_second
        self._sent: deque[float] = deque(maxlen=requests)
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free_at = 0.0
        self._gap, self._gap_until = 0.0, 0.0
        self._reason = ""

    def wait(self, waiter: Waiter) -> None:
        """Wait until one more request may go, and count it as gone."""
        waiter.check()
        while True:
            with self._lock:
                now = self._monotonic()
                at, reason = self._next(now)
                if at <= now:
                    self._sent.append(now)
                    self._free_at = now + (self._gap if now < self._gap_until else 1 / self._per_second)
                    return
            waiter.sleep(at - now, reason)

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's ``Ratelimit`` and ``Ratelimit-Policy`` what is left."""
        left = _LEFT.search(headers.get("ratelimit", ""))
        if left is None:
            return
        remaining, seconds = int(left[1]), int(left[2])
        quota = _QUOTA.search(headers.get("ratelimit-policy", ""))
        with self._lock:
            if remaining <= (int(quota[1]) if quota else self._sent.maxlen or 0) * _NEARLY_GONE:
                now = self._monotonic()
                self._gap, self._gap_until = seconds / (remaining + 1), now + seconds
                self._free_at = max(self._free_at, now + self._gap)
                self._reason = f"Cloudflare leaves {remaining} requests for the next {seconds} s"

    def hold(self, seconds: float) -> None:
        """Let nothing go for some seconds: Cloudflare asked to wait."""
        with self._lock:
            self._free_at = max(self._free_at, self._monotonic() + seconds)
            self._reason = "Cloudflare asks to wait: too many requests"

    def _next(self, now: float) -> tuple[float, str]:
        """Return when the next request may go, and why not sooner."""
        if len(self._sent) == self._sent.maxlen and self._sent[0] + self._seconds > max(now, self._free_at):
            span = f"{self._sent.maxlen:,} requests in {self._seconds:.0f} s"
            return self._sent[0] + self._seconds, f"the limit of {span} is reached"
        return self._free_at, self._reason
