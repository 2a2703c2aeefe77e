"""Which whole windows a time range comes to, and when the one that is running ends."""

from datetime import datetime
from typing import TYPE_CHECKING

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges.presets import TimeRange
from cfusage_lab.time_units import DAY, hour_end, midnight

if TYPE_CHECKING:
    from cfusage_lab.schema import Granularity

__all__ = ["checked_range", "running_end", "window_bounds"]


def checked_range(time_range: object) -> TimeRange:
    """Return a time range, or raise :class:`ConfigError` about what is none."""
    if not isinstance(time_range, TimeRange):
        raise ConfigError(f"time_range {said(time_range)}: pass a TimeRange, such as last_days(7)")
    return time_range


def window_bounds(
    time_range: TimeRange, granularity: "Granularity", now: datetime
) -> tuple[datetime, datetime]:
    """Return the bounds of the windows that are meant, or refuse a range that has none or future ones."""
    asked = checked_range(time_range)
    start, end = asked.start, asked.end
    newest = running_end(granularity, now)
    if granularity == "day":
        if end == hour_end(now):  # the day that is running is a window too
            end = newest
        if start != midnight(start) or end != midnight(end):
            raise ConfigError(
                f"{asked} is not made of whole UTC days: take granularity='hour', and make local days "
                "of hours"
            )
    if end > newest:
        raise ConfigError(
            f"{asked} reaches past the window that is running, which ends {newest:%Y-%m-%dT%H:%MZ}"
        )
    return start, end


def running_end(granularity: "Granularity", now: datetime) -> datetime:
    """Return the end of the window that is running."""
    return midnight(now) + DAY if granularity == "day" else hour_end(now)
