"""Who may ask, and how often."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Final

from cfusage_lab.sandbox.answers import Answer, refuse
from cfusage_lab.sandbox.knobs import Knobs

__all__ = ["SANDBOX_EMAIL", "SANDBOX_KEY", "SANDBOX_TOKEN", "RateLimit", "refuse_credentials"]

SANDBOX_TOKEN: Final = "made-up-token-that-opens-only-the-sandbox"  # noqa: S105 - it is no secret
"""The one token that the sandbox accepts."""

SANDBOX_EMAIL: Final = "analyst@example.com"
SANDBOX_KEY: Final = "5a4db0c500000000000000000000000000000"
"""With the email, the one pair that the sandbox accepts instead of a token."""

_BEARER = re.compile(r"Bearer ([A-Za-z0-9._-]+)")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
_KEY = re.compile(r"[0-9a-f]{37}")


def refuse_credentials(authorization: str | None, email: str | None, key: str | None) -> Answer | None:
    """Judge the credentials of a request; None means that they are good.

    Where an ``Authorization`` header is sent, it alone counts.
    """
    if authorization is not None:
        bearer = _BEARER.fullmatch(authorization)
        if bearer is None:
            chain = [(6111, "Invalid format for Authorization header")]
            return refuse(400, (6003, "Invalid request headers"), chain=chain)
        return None if bearer[1] == SANDBOX_TOKEN else refuse(403, (10000, "Authentication error"))
    if email is None and key is None:
        return refuse(400, (9106, "Missing X-Auth-Key, X-Auth-Email or Authorization headers"))
    headers = ((6102, "X-Auth-Email", _EMAIL, email), (6103, "X-Auth-Key", _KEY, key))
    chain = [
        (code, f"Invalid format for {header} header")
        for code, header, pattern, value in headers
        if not pattern.fullmatch(value or "")
    ]
    if chain:
        return refuse(400, (6003, "Invalid request headers"), chain=chain)
    if (email, key) != (SANDBOX_EMAIL, SANDBOX_KEY):
        return refuse(403, (9103, "Unknown X-Auth-Key or X-Auth-Email"))
    return None


@dataclass(slots=True)
class RateLimit:
    """Counts requests, and refuses them once there were too many."""

    knobs: Knobs
    clock: Callable[[], float]
    _used: int = field(default=0, init=False)
    _reset: float = field(default=float("-inf"), init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def admit(self) -> tuple[Answer | None, tuple[tuple[str, str], ...]]:
        """Count one request; return a refusal or None, and the headers of either answer."""
        if self.knobs.limit is None:
            if self.knobs.ratelimit is None:
                return None, ()
            return None, _headers(*self.knobs.ratelimit, quota=1_200, window=300)
        most, window = self.knobs.limit
        with self._lock:
            now = self.clock()
            if now >= self._reset:
                self._used, self._reset = 0, now + window
            self._used += 1
            if self._used == most + 1:
                self._reset = now + window
            used, wait = self._used, ceil(self._reset - now)
        headers = _headers(max(0, most - used), wait, quota=most, window=ceil(window))
        if used <= most:
            return None, headers
        message = "Please wait and consider throttling your request speed"
        return refuse(429, (971, message), headers=(("retry-after", str(wait)),)), headers


def _headers(left: int, seconds: int, *, quota: int, window: int) -> tuple[tuple[str, str], ...]:
    return (
        ("Ratelimit", f'"default";r={left};t={seconds}'),
        ("Ratelimit-Policy", f'"default";q={quota};w={window}'),
    )
