"""Which bounds a time range comes to, in whole windows."""

from datetime import datetime, timedelta

from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import Granularity

__all__ = ["aligned"]


def aligned(time_range: TimeRange, granularity: Granularity, now: datetime) -> tuple[datetime, datetime]:
    """Return the bounds to ask for, or refuse a range that the endpoint could not answer."""
    start, end = time_range.start, time_range.end
    hour_end = now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    if granularity == "day":
        if end == hour_end:  # the day that is running is a window too
            end = _midnight(end - timedelta(hours=1)) + timedelta(days=1)
        if start != _midnight(start) or end != _midnight(end):
            raise ConfigError(
                f"{time_range} is not made of whole UTC days: take granularity='hour', and make local days "
                "of hours"
            )
    newest = hour_end if granularity == "hour" else _midnight(now) + timedelta(days=1)
    if end > newest:
        raise ConfigError(
            f"{time_range} reaches past the window that is running, which ends {newest:%Y-%m-%dT%H:%MZ}"
        )
    return start, end


def _midnight(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
