"""What some days cost beside other days, all accounts together: the two sums, and how they compare."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from cfusage_lab.changes.compared_days import Dates, month_before
from cfusage_lab.changes.kinds import with_change
from cfusage_lab.frames.expressions import net
from cfusage_lab.frames.local_time import calendar, local_time
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.ranges.zones import day_of, day_start
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["RangeComparison", "compare_range", "range_before"]

_SUMS: Final = ("current_usd", "previous_usd")


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeComparison:
    """What some days cost, beside others; US dollars, of all accounts added up.

    Attributes
    ----------
    cost_usd
        Everything that is selected, the running window included.
    current_usd, previous_usd
        The finished windows that are compared, and those that they are compared with. The first is None
        where no window has finished, the second where there is nothing to compare with, or an hour of one of
        the two is not known.
    change_usd, change_ratio, kind
        As in ``schema.COMPARISON``.
    dates, previous_dates
        The first and the last local date of the two.
    since, until
        Where the first day is cut, and where the last one ends so far, on the local clock (``"09:00"``); None
        where they are whole.
    previous_until
        Where the last day before is cut; None where it is whole, as it is, too, if it is no partner of the
        last selected day: beside 31 October, all of 30 September.
    weekday, hour
        The hours of the week that are compared; None means all.
    is_running
        Whether a window that is running is left out of the comparison.
    missing_hours
        How many hours of accounts are not known: absent, without an amount, or not over on the days before.
    """

    cost_usd: float
    current_usd: float | None
    previous_usd: float | None
    change_usd: float | None
    change_ratio: float | None
    kind: str
    dates: Dates
    previous_dates: Dates | None
    since: str | None
    until: str | None
    previous_until: str | None
    weekday: int | None
    hour: int | None
    is_running: bool
    missing_hours: int


@dataclass(frozen=True, slots=True)
class _Span:
    """The hours from one moment to another, and where they cut the first and the last of their days."""

    start: datetime
    end: datetime
    since: int | None
    until: int | None

    @classmethod
    def of(cls, selected: pl.DataFrame, dates: Dates, info: ZoneInfo) -> "_Span":
        """Span what is over of the selected windows, and of their days what should be there."""
        begin, over = day_start(dates[0], info), day_start(dates[1] + DAY, info)
        first: Any = selected["start_time"].min()
        last: Any = selected["end_time"].max()
        running: Any = selected.filter(pl.col("state") == "in_progress")["start_time"].min()
        start = first if first is not None and day_of(first, info) == dates[0] else begin
        end = last if last is not None and day_of(last - HOUR, info) == dates[1] else over
        end = end if running is None else min(end, running)
        since = None if start <= begin else _minutes(start, dates[0], info)
        return cls(start, end, since, None if end >= over else _minutes(end, dates[1], info))


def compare_range(
    selected: pl.DataFrame,
    known: pl.DataFrame,
    *,
    dates: Dates,
    previous_dates: Dates | None,
    time_zone: str,
    weekday: int | None = None,
    hour: int | None = None,
) -> RangeComparison:
    """Compare what is selected with the same hours of other days.

    Like is compared with like: a window that is running counts on neither side. Where the last selected day
    is not over, or the first one is cut, the days before are cut at the same time of the local clock. Where
    clocks change, one side may have an hour more.

    Parameters
    ----------
    selected
        The windows of the selected days or span (``schema.HISTORY``), of one account or of several, whatever
        their weekday and hour: these are picked here, on both sides.
    known
        All windows that are known of these accounts; others in it do not count.
    dates, previous_dates
        The local dates of ``selected``, and those to compare with, if any: :func:`days_compared`.
    time_zone
        The IANA name of the zone whose dates these are.
    weekday, hour
        Compare this weekday (1 is Monday) and this hour of the local clock only.
    """
    info = zone(time_zone)
    span = _Span.of(selected, dates, info)
    wanted = {"weekday": weekday, "hour": hour}
    cell = [pl.col(name) == value for name, value in wanted.items() if value is not None]
    accounts = selected["account_id"].unique()
    due = calendar(span.start, span.end, time_zone=time_zone).filter(*cell)["start_time"]
    current_usd, missing = _sum(selected, due, accounts)
    previous_usd, until = None, None
    if previous_dates is not None:
        until = span.until if _are_partners(dates, previous_dates) else None
        due = _hours_before(previous_dates, span.since, until, time_zone).filter(*cell)["start_time"]
        previous_usd, missing_before = _sum(known, due, accounts)
        missing += missing_before
    return RangeComparison(
        cost_usd=net(_picked(selected, cell, time_zone)["aggregated_value"]),
        current_usd=current_usd,
        **_change(current_usd, None if missing else previous_usd),
        dates=dates,
        previous_dates=previous_dates,
        since=_clock(span.since),
        until=_clock(span.until),
        previous_until=_clock(until),
        weekday=weekday,
        hour=hour,
        is_running="in_progress" in selected["state"],
        missing_hours=missing,
    )


def range_before(
    selected: pl.DataFrame, *, dates: Dates, previous_dates: Dates | None, time_zone: str
) -> TimeRange | None:
    """Return the hours of the days before that :func:`compare_range` adds up; None if there are none."""
    if previous_dates is None:
        return None
    span = _Span.of(selected, dates, zone(time_zone))
    until = span.until if _are_partners(dates, previous_dates) else None
    due = _hours_before(previous_dates, span.since, until, time_zone)["start_time"]
    return None if due.is_empty() else TimeRange(due[0], due[-1] + HOUR)


def _minutes(moment: datetime, day: date, info: ZoneInfo) -> int:
    """Return what the clock of a day says, in minutes since midnight; before it, none of it has passed."""
    reading = moment.astimezone(info)
    return 0 if reading.date() < day else reading.hour * 60 + reading.minute


def _clock(minutes: int | None) -> str | None:
    return None if minutes is None else f"{minutes // 60:02d}:{minutes % 60:02d}"


def _are_partners(dates: Dates, previous: Dates) -> bool:
    """Whether the last day before is the last selected day's partner: by its place, or by its number."""
    is_as_long = dates[1] - dates[0] == previous[1] - previous[0]
    return is_as_long or (previous[1] == month_before(dates[1]) and previous[1].day == dates[1].day)


def _hours_before(dates: Dates, since: int | None, until: int | None, time_zone: str) -> pl.DataFrame:
    """Return the hours of the days before, cut on the first and on the last one by the clock."""
    info = zone(time_zone)
    hours = calendar(day_start(dates[0], info), day_start(dates[1] + DAY, info), time_zone=time_zone)
    clock = pl.col("hour") * 60 + pl.col("minute")
    if since is not None:
        hours = hours.filter((pl.col("date") > dates[0]) | (clock >= since))
    if until is not None:
        hours = hours.filter((pl.col("date") < dates[1]) | (clock < until))
    return hours


def _sum(windows: pl.DataFrame, due: pl.Series, accounts: pl.Series) -> tuple[float | None, int]:
    """Add up the hours that are due of each account; say how many are not known or not over."""
    if due.is_empty() or accounts.is_empty():
        return None, 0
    inside = pl.col("start_time").is_between(due[0], due[-1])
    found = windows.filter(inside, pl.col("state") != "in_progress", pl.col("aggregated_value").is_not_null())
    found = found.join(due.to_frame(), on="start_time", how="semi")
    found = found.join(accounts.to_frame(), on="account_id", how="semi")
    total = None if found.is_empty() else net(found["aggregated_value"])
    return total, due.len() * accounts.len() - found.height


def _picked(windows: pl.DataFrame, cell: list[pl.Expr], time_zone: str) -> pl.DataFrame:
    if not cell:
        return windows
    clock = local_time(windows["start_time"], time_zone=time_zone)
    return windows.filter(clock.select(pl.all_horizontal(cell)).to_series())


def _change(current: float | None, previous: float | None) -> dict[str, Any]:
    """Compare two sums by the rules of every comparison."""
    sums = pl.LazyFrame(
        {"current_usd": [current], "previous_usd": [previous]}, schema=dict.fromkeys(_SUMS, pl.Float64)
    )
    compared: pl.DataFrame = with_change(nw.from_native(sums)).collect("polars").to_native()
    return compared.drop("current_usd").row(0, named=True)
