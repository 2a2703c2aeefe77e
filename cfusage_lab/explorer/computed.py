"""What the explorer computes of windows and keeps with its data: totals, days, the month's end, events."""

from collections.abc import Callable

import polars as pl

from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.errors import FrameError
from cfusage_lab.explorer.data import Same
from cfusage_lab.headline import Budget, Course, Events, month_course, range_events
from cfusage_lab.ranges import TimeRange, no_zone_warning

__all__ = ["Compute", "course", "days", "events", "total", "total_of_all"]

Compute = Callable[[pl.DataFrame], pl.DataFrame]


def total(windows: pl.DataFrame) -> pl.DataFrame | None:
    """Add accounts up; None where they do not have the same windows."""
    try:
        return total_usage(windows) if windows["account_id"].n_unique() > 1 else windows
    except FrameError:
        return None


def total_of_all(windows: pl.DataFrame, *, count: int) -> pl.DataFrame:
    """Add up the windows that all of so many accounts have; others are missing in the total."""
    return total_usage(windows.filter(pl.len().over("start_time", "end_time") == count))


def days(
    windows: pl.DataFrame, *, time_zone: str, added: int, compute: Compute | None = None
) -> pl.DataFrame:
    """Return local days, or what a function makes of them; with ``added``, of so many accounts together."""
    with no_zone_warning():
        daily = daily_usage(total_of_all(windows, count=added) if added else windows, time_zone=time_zone)
        return daily if compute is None else compute(daily)


def course(windows: pl.DataFrame, *, time_zone: str, budget: Budget, credit: Same | None) -> Course:
    """Tell where the month ends."""
    balances = None if credit is None else credit.table
    with no_zone_warning():
        return month_course(windows, time_zone=time_zone, budget=budget, credit=balances)


def events(windows: pl.DataFrame, *, time_zone: str, time_range: TimeRange, added: int) -> Events:
    """Find what stood out in a range; with ``added``, of so many accounts together."""
    with no_zone_warning():
        judged = total_of_all(windows, count=added) if added else windows
        return range_events(judged, time_zone=time_zone, time_range=time_range)
