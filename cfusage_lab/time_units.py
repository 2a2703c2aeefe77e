"""Hours, days and weeks, the numbers that everything above counts them in, and where UTC's begin."""

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = [
    "DAY",
    "DAY_HOURS",
    "DAY_SECONDS",
    "EPOCH",
    "HOUR",
    "HOUR_MICROSECONDS",
    "HOUR_SECONDS",
    "SECOND",
    "WEEKDAYS",
    "WEEK_DAYS",
    "hour_end",
    "hour_start",
    "midnight",
]

SECOND: Final = timedelta(seconds=1)
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
DAY_HOURS: Final = 24
"""Hours of a day by UTC; by a zone's clock it may have 23 or 25."""
HOUR_SECONDS: Final = 3_600
DAY_SECONDS: Final = DAY_HOURS * HOUR_SECONDS
HOUR_MICROSECONDS: Final = HOUR_SECONDS * 1_000_000
"""In microseconds, as polars counts a time of ours."""
WEEK_DAYS: Final = 7
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""The weekdays that tables number 1 to 7."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when Unix counts."""


def hour_start(moment: datetime) -> datetime:
    """Return the start of the hour that is running at a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hour_end(moment: datetime) -> datetime:
    """Return the end of the hour that is running at a moment."""
    return hour_start(moment) + HOUR


def midnight(moment: datetime) -> datetime:
    """Return the midnight at or before a moment, on the clock that it is told by."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
