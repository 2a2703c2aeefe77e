"""Hours, days and weeks, by the names that everything above counts in."""

from datetime import UTC, datetime, timedelta
from typing import Final

__all__ = ["DAY", "DAY_HOURS", "EPOCH", "HOUR", "WEEKDAYS", "WEEK_DAYS"]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
DAY_HOURS: Final = 24
"""Hours of a day by UTC; by a zone's clock it may have 23 or 25."""
WEEK_DAYS: Final = 7
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
"""The weekdays that tables number 1 to 7."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Since when Unix counts."""
