"""What is tried again, after how long, and when to give up."""

import copy
import random
import re
import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

import httpx
from httpx_retries import Retry

from cfusage_lab.wire.limits import (
    ALL_WAITS,
    EXCHANGE,
    FIRST_WAIT,
    LONGEST_BACKOFF,
    LONGEST_RETRY_AFTER,
    RETRIES,
    RETRIES_AFTER_500,
    RETRIES_TO_CONNECT,
)
from cfusage_lab.wire.pacing import Waiter

__all__ = ["RetryPolicy", "RetryableAnswerError", "clock_lead", "failure_text", "retry_after"]

_SERVER_ERROR: Final = 500
_LONGEST: Final = 1e9
"""Seconds, some thirty years: what is longer is as good as for ever, and would print a line of digits."""


class RetryableAnswerError(Exception):
    """An answer that may be another one if the same is asked again."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class RetryPolicy(Retry):
    """How often one request is tried, and how long that may take.

    Where Cloudflare asks for a longer wait than is left, it stops: to come back early is punished.
    """

    def __init__(self, waiter: Waiter) -> None:
        super().__init__(
            total=RETRIES,
            total_timeout=ALL_WAITS,
            max_backoff_wait=LONGEST_RETRY_AFTER,
            backoff_factor=FIRST_WAIT,
        )
        self._waiter = waiter
        self._begun = time.monotonic()
        self._slept = 0.0

    def increment(self) -> "RetryPolicy":
        """Return the policy after one more try."""
        again = copy.copy(self)
        again.attempts_made += 1
        return again

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - already looked at
        """Return False: a status worth another try comes as an exception."""
        return False

    def is_retryable_exception(self, exception: Exception) -> bool:
        """Whether there is a point in trying again, and time for it."""
        if time.monotonic() - self._begun - self._slept >= EXCHANGE:
            return False
        if isinstance(exception, httpx.ConnectError | httpx.ConnectTimeout):
            return self.attempts_made < RETRIES_TO_CONNECT
        if not isinstance(exception, RetryableAnswerError):
            return super().is_retryable_exception(exception)
        if exception.response.status_code == _SERVER_ERROR and self.attempts_made >= RETRIES_AFTER_500:
            return False
        return self._waiter.has_time_for(self._wait_after(exception))

    def sleep(self, response: httpx.Response | Exception) -> None:
        """Wait before the next try."""
        seconds = self._wait_after(response)
        self.elapsed_sleep += seconds
        begun = time.monotonic()
        self._waiter.sleep(seconds, f"trying again after {failure_text(response)}")
        self._slept += time.monotonic() - begun

    def _wait_after(self, failure: object) -> float:
        asked = None
        if isinstance(failure, RetryableAnswerError):
            asked = failure.response.extensions["retry_after"]
        usual = min(FIRST_WAIT * 2.0**self.attempts_made, LONGEST_BACKOFF) * random.uniform(0.5, 1)  # noqa: S311
        return max(asked or 0.0, usual)  # a date that is past, or a zero, is no leave to hurry


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that an answer asks to wait, if it does: it names them, or a date.

    A date is compared with the answer's own, where it has one: the clock here may be wrong.
    """
    text = response.headers.get("retry-after", "").strip()
    if not text:
        return None
    if re.fullmatch(r"[0-9]+", text):
        return min(float(text), _LONGEST)
    until = _date(text)
    if until is None:
        return None
    now = _date(response.headers.get("date", "")) or datetime.now(UTC)
    return min(max(0.0, (until - now).total_seconds()), _LONGEST)


def clock_lead(response: httpx.Response) -> float:
    """Return how many seconds the clock here is ahead of an answer's; 0 where that tells no time."""
    date = _date(response.headers.get("date", ""))
    return 0.0 if date is None else (datetime.now(UTC) - date).total_seconds()


def failure_text(failure: object) -> str:
    """Say what went wrong, in the middle of a sentence."""
    if isinstance(failure, RetryableAnswerError):
        status = failure.response.status_code
        is_refused = status == httpx.codes.TOO_MANY_REQUESTS
        return f"an answer {status}" + (": too many requests" if is_refused else "")
    return f"{type(failure).__name__} ({failure})" if str(failure) else type(failure).__name__


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
