"""Which whole windows a time range comes to, and when the one that is running ends."""

from datetime import datetime, timedelta

from cfusage_lab.errors import ConfigError
from cfusage_lab.options import said
from cfusage_lab.ranges import TimeRange
from cfusage_lab.ranges.moments import hour_end
from cfusage_lab.schema import Granularity

__all__ = ["aligned", "midnight", "running_end"]


def aligned(time_range: TimeRange, granularity: Granularity, now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds of the windows that are meant, or refuse a range that has none or future ones."""
    if not isinstance(time_range, TimeRange):
        raise ConfigError(f"time_range {said(time_range)}: pass a TimeRange, such as last_days(7)")
    start, end = time_range.start, time_range.end
    newest = running_end(granularity, now)
    if granularity == "day":
        if end == running_end("hour", now):  # the day that is running is a window too
            end = newest
        if start != midnight(start) or end != midnight(end):
            raise ConfigError(
                f"{time_range} is not made of whole UTC days: take granularity='hour', and make local days "
                "of hours"
            )
    if end > newest:
        raise ConfigError(
            f"{time_range} reaches past the window that is running, which ends {newest:%Y-%m-%dT%H:%MZ}"
        )
    return start, end


def running_end(granularity: Granularity, now: datetime) -> datetime:
    """Return the end of the window that is running."""
    if granularity == "day":
        return midnight(now) + timedelta(days=1)
    return hour_end(now)


def midnight(moment: datetime) -> datetime:
    """Return the UTC midnight at or before a moment."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
