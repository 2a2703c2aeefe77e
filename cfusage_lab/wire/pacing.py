"""When the next request may go, and how to wait for it so that a caller hears of it and can stop it.

Cloudflare's limits, from its API documentation: 1,200 requests in 5 minutes for a user or token, across
everything that user does, beyond which every call is refused for the next 5 minutes; 200 requests a
second for an address. ``Ratelimit`` on each answer says what is left and until when.
"""

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol
from weakref import WeakValueDictionary

from cfusage_lab.errors import CancelledError, RateLimitError
from cfusage_lab.progress import Progress
from cfusage_lab.wire.limits import ALL_WAITS, LONGEST_RETRY_AFTER, POLL

if TYPE_CHECKING:
    from types import TracebackType

__all__ = ["PER_SECOND", "REQUESTS", "SECONDS", "Pacer", "Waiter", "pacer_of"]

REQUESTS: Final = 1_150
"""How many requests go in one span of :data:`SECONDS`. Cloudflare allows 1,200 in five minutes to a user or
token, and refuses everything for five minutes after that; fifty are left for the rest of what the user
does."""
SECONDS: Final = 301.0
"""The span, with a second for requests that were longer under way than those after them."""
PER_SECOND: Final = 180
"""How many go in one second, of the 200 that an address may: others may share it."""

_NEARLY_GONE: Final = 0.1
"""From this part of a limit on, what is left is spread until it begins anew: a wait now is shorter than a
block."""
_ANNOUNCED_FROM: Final = 1.0
"""Seconds: nobody notices a shorter wait."""
_LONGEST: Final = 1e9
"""What a number in a header counts for at most: beyond it, floating arithmetic would lose seconds."""
_NUMBER: Final = re.compile(r";\s*([a-z]+)\s*=\s*([0-9]+)\s*(?=;|$)")


class Clock(Protocol):
    """The clock of one machine: ``time`` itself fits."""

    def monotonic(self) -> float:
        """Return seconds since some moment."""

    def sleep(self, seconds: float, /) -> None:
        """Do nothing for some seconds."""


class Waiter:
    """One caller's patience: waits in small slices, says so, and stops when told to.

    All workers of one call share it, so that a wait they have in common is announced and counted once. The
    time is the monotonic clock's: to set the computer's clock changes nothing. Where that clock stands still
    while a laptop sleeps, a wait goes on afterwards; it may be longer than was asked, never shorter.

    Attributes
    ----------
    fault
        What the caller's own progress raised, if it did, and from where.
    """

    def __init__(self, progress: Progress, *, clock: Clock = time) -> None:
        self.fault: BaseException | None = None
        self.fault_traceback: TracebackType | None = None
        self._progress = progress
        self._clock = clock
        self._lock = threading.Lock()
        self._announced_until = float("-inf")
        self._stopped = threading.Event()
        self._waits_left = ALL_WAITS
        self._counted_until = float("-inf")

    def stop(self) -> None:
        """End every wait, now and later, in :class:`CancelledError`."""
        self._stopped.set()

    def check(self) -> None:
        """Raise :class:`CancelledError` if the caller wants no more of this."""
        with self._callers():
            is_over = self._stopped.is_set() or self._progress.is_cancelled
        if is_over:
            raise CancelledError("the fetch was cancelled: nothing is returned")

    def add_time(self, seconds: float) -> None:
        """Let the call wait so much longer in all: what one more request takes at the usual pace."""
        with self._lock:
            self._waits_left += seconds

    def has_time_for(self, seconds: float) -> bool:
        """Whether so long a wait is bearable, by itself and beside those the call has behind it."""
        with self._lock:
            return seconds <= LONGEST_RETRY_AFTER and self._new(seconds) <= self._waits_left

    def sleep(self, seconds: float, reason: str, *, is_counted: bool = True) -> None:
        """Wait, and announce it first if it is long enough to be noticed."""
        until = self._clock.monotonic() + seconds
        is_new = False
        with self._lock:
            if is_counted:
                self._waits_left -= self._new(seconds)
                self._counted_until = max(until, self._counted_until)
            if seconds >= _ANNOUNCED_FROM:
                is_new = until > self._announced_until + _ANNOUNCED_FROM
                self._announced_until = max(until, self._announced_until)
        if is_new:
            with self._callers():
                self._progress.wait(reason, seconds)
        while True:
            self.check()
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            self._clock.sleep(min(left, POLL))

    def _new(self, seconds: float) -> float:
        """Return how much of a wait is not counted yet, as another worker's."""
        now = self._clock.monotonic()
        return max(0.0, now + seconds - max(now, self._counted_until))

    @contextmanager
    def _callers(self) -> Iterator[None]:
        """Remember an error of the caller's own: it is handed up as it is."""
        try:
            yield
        except BaseException as exc:
            self.fault, self.fault_traceback = exc, exc.__traceback__
            raise


_registry = threading.Lock()
_pacers: "WeakValueDictionary[tuple[str, bytes], Pacer]" = WeakValueDictionary()
_busy: "set[Pacer]" = set()
"""Shared pacers that have something to remember, whoever else has let go of them."""


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

    Attributes
    ----------
    is_shared
        Whether it outlives who uses it, as long as it has something to remember.
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
        self._asked_until = 0.0
        self.is_shared = False

    @property
    def is_idle(self) -> bool:
        """Whether nothing is left to remember: the next request may go as if it were the first."""
        with self._lock:
            now = self._monotonic()
            newest = self._sent[-1] + self._seconds if self._sent else 0.0
            return max(newest, self._free_at, self._gap_until) <= now

    def wait(self, waiter: Waiter) -> None:
        """Wait until one more request may go, and count it as gone.

        Raises
        ------
        RateLimitError
            If Cloudflare asked for a longer wait than a call bears.
        """
        waiter.check()
        while True:
            with self._lock:
                now = self._monotonic()
                at, reason, is_asked = self._next(now)
                if at <= now:
                    self._sent.append(now)
                    self._free_at = now + (self._gap if now < self._gap_until else 1 / self._per_second)
                    break
                asked = max(at, self._asked_until) - now
            if is_asked and not waiter.has_time_for(at - now):
                raise RateLimitError(
                    f"{reason or 'too many requests'}; try again in {asked:.0f} s",
                    retry_after=asked,
                    retryable=True,
                )
            waiter.sleep(at - now, reason, is_counted=is_asked)
        if self.is_shared:
            _busy.add(self)
        waiter.add_time(self._seconds / (self._sent.maxlen or 1))

    def observe(self, headers: Mapping[str, str]) -> None:
        """Learn from an answer's ``Ratelimit`` and ``Ratelimit-Policy`` what is left of which limit."""
        quotas = {name: of["q"] for name, of in _limits(headers.get("ratelimit-policy", "")) if "q" in of}
        usual = next(iter(quotas.values()), self._sent.maxlen or 0)
        for name, limit in _limits(headers.get("ratelimit", "")):
            if {"r", "t"} <= limit.keys() and limit["r"] <= quotas.get(name, usual) * _NEARLY_GONE:
                self._spread(limit["r"], limit["t"])

    def hold(self, seconds: float) -> None:
        """Let nothing go for some seconds: Cloudflare asked to wait.

        After a quarter of an hour one request may go all the same, and hears anew how long it is.
        """
        with self._lock:
            now = self._monotonic()
            self._free_at = max(self._free_at, now + min(seconds, ALL_WAITS))
            self._asked_until = max(self._asked_until, now + seconds)
            self._reason = "Cloudflare asks to wait: too many requests"

    def _spread(self, remaining: float, seconds: float) -> None:
        """Let what is left of a limit last until it begins anew."""
        with self._lock:
            now = self._monotonic()
            gap = seconds / (remaining + 1)
            if now < self._gap_until and gap < self._gap:
                return  # another limit is tighter
            self._gap, self._gap_until = min(gap, ALL_WAITS), now + min(seconds, ALL_WAITS)
            self._free_at = max(self._free_at, now + self._gap)
            self._asked_until = max(self._asked_until, now + gap)
            self._reason = f"Cloudflare leaves {remaining:.0f} requests for the next {seconds:.0f} s"

    def _next(self, now: float) -> tuple[float, str, bool]:
        """Return when the next request may go, why not sooner, and whether that is Cloudflare's wish."""
        if len(self._sent) == self._sent.maxlen and self._sent[0] + self._seconds > max(now, self._free_at):
            span = f"{self._sent.maxlen:,} requests in {self._seconds:.0f} s"
            return self._sent[0] + self._seconds, f"the limit of {span} is reached", False
        is_asked = now < max(self._asked_until, self._gap_until)  # else it is only the pace of a second
        return self._free_at, self._reason, is_asked


def _limits(header: str) -> Iterator[tuple[str, dict[str, float]]]:
    """Return each limit that a header tells of: its name, and its numbers; what is no number is left out."""
    for item in header.split(","):
        name, _, _ = item.partition(";")
        numbers = {key: min(float(digits), _LONGEST) for key, digits in _NUMBER.findall(item.strip())}
        yield name.strip().strip('"'), numbers


def pacer_of(base_url: str, fingerprint: bytes) -> Pacer:
    """Return the one pacer of all that is sent from this process with the same credentials.

    It lives as long as somebody uses it, or as long as it has something to remember.
    """
    with _registry:
        pacer = _pacers.setdefault((base_url, fingerprint), Pacer())
        pacer.is_shared = True
        for other in [*_busy]:
            if other.is_idle:
                _busy.discard(other)
        return pacer
