"""What a range of a longer history is compared with: the month before, or the same weekdays before."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl

from cfusage_lab.changes import month_over_month
from cfusage_lab.changes.kinds import with_change
from cfusage_lab.errors import FrameError
from cfusage_lab.frames.expressions import without_rounding
from cfusage_lab.ranges import TimeRange, checked_range, zone
from cfusage_lab.ranges.zones import day_of, day_start
from cfusage_lab.time_units import DAY, HOUR, WEEK_DAYS, hour_start
from cfusage_lab.wording import counted

__all__ = ["UNTIL_THEN", "ComparisonRange", "check_held", "is_within"]

UNTIL_THEN: Final = " until then"
"""What is said of hours before that go on to the same clock time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRange:
    """The windows that a range is compared with.

    A range from the first of a month, and of no other month, is compared with the month before: with the
    same days of it, until the same clock time. Any other is compared with the same weekdays before it, as
    few weeks before as that takes.

    Attributes
    ----------
    current, previous
        The windows of the range that have ended, and those that they are compared with.
    partner
        What the latter are called.
    is_month
        Whether they are those of the month before.
    time_zone
        The IANA name of the zone whose days these are.
    """

    current: TimeRange
    previous: TimeRange
    partner: str
    is_month: bool
    time_zone: str

    @classmethod
    def of(cls, current: TimeRange, *, time_zone: str) -> "ComparisonRange":
        """Find what a range is compared with; its last window has ended."""
        info = zone(time_zone)
        first, last = day_of(current.start, info), day_of(current.end - HOUR, info)
        is_cut = current.end != day_start(last + DAY, info)
        if current.start == day_start(first, info) and first == last.replace(day=1):
            before = (first - DAY).replace(day=1)
            end = min(_moved(current.end, (first - before).days, info), current.start)
            is_whole = not is_cut and (last + DAY).day == 1
            return cls(
                current=current,
                previous=TimeRange(day_start(before, info), current.start if is_whole else end),
                partner="the month before" if is_whole else f"the month before{UNTIL_THEN}",
                is_month=True,
                time_zone=time_zone,
            )
        count = (last - first).days + 1
        weeks = -(-count // WEEK_DAYS)
        start, end = (_moved(moment, weeks * WEEK_DAYS, info) for moment in (current.start, current.end))
        is_right_before = count == weeks * WEEK_DAYS and end == current.start
        ago = f"{'a week' if weeks == 1 else f'{weeks} weeks'} before{UNTIL_THEN if is_cut else ''}"
        return cls(
            current=current,
            previous=TimeRange(start, end),
            partner=f"the {count} days before" if is_right_before else f"the same weekdays {ago}",
            is_month=False,
            time_zone=time_zone,
        )

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last local day before."""
        info = zone(self.time_zone)
        return day_of(self.previous.start, info), day_of(self.previous.end - HOUR, info)

    def compared(self, known: pl.DataFrame) -> pl.DataFrame:
        """Compare what each account of a history cost in the range with what it cost before.

        Returns
        -------
        DataFrame
            One row is an account: ``account_id``, ``current_usd``, ``previous_usd``, ``change_usd``,
            ``change_ratio`` and ``kind`` as in ``schema.COMPARISON``; ``kind`` is ``unknown`` where an hour
            of one of the two is not known.
        """
        columns = ["account_id", "current_usd", "previous_usd", "change_usd", "change_ratio", "kind"]
        if self.is_month:
            until = known.filter(pl.col("start_time") < self.current.end)
            days = month_over_month(until, time_zone=self.time_zone)
            return days.group_by("account_id", maintain_order=True).last().select(columns)
        cost = pl.col("aggregated_value")
        sums: dict[str, pl.Expr] = {}
        for side, span in {"current": self.current, "previous": self.previous}.items():
            inside = cost.filter(is_within(span))
            sums |= {
                f"{side}_usd": inside.sum(),
                f"{side}_gross": inside.abs().sum(),
                f"{side}_is_whole": inside.len() == span.hours,
            }
        rows = nw.from_native(known.group_by("account_id").agg(**sums).sort("account_id").lazy())
        is_known = nw.col("current_is_whole") & nw.col("previous_is_whole")
        current, previous = (
            without_rounding(nw.col(f"{side}_usd"), nw.col(f"{side}_gross"))
            for side in ("current", "previous")
        )
        sides = rows.with_columns(current_usd=current, previous_usd=nw.when(is_known).then(previous))
        result: pl.DataFrame = with_change(sides).select(*columns).collect("polars").to_native()
        return result

    def is_held(self, known: pl.DataFrame) -> bool:
        """Whether every account of a history has each of the windows before."""
        return _lacking(known, self.previous) == 0


def is_within(time_range: TimeRange) -> pl.Expr:
    """Say whether a window lies in a range."""
    return pl.col("start_time").is_between(time_range.start, time_range.end, closed="left")


def check_held(history: pl.DataFrame, time_range: object) -> TimeRange:
    """Return a range whose windows a history has, all of them and of every account.

    Raises
    ------
    ConfigError
        If it is no range.
    FrameError
        If a window of it is not there.
    """
    asked = checked_range(time_range)
    lacking = _lacking(history, asked)
    if lacking:
        first: Any = history["start_time"].min()
        last: Any = history["end_time"].max()
        goes = "" if first is None else f", which goes from {first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}"
        raise FrameError(
            f"{counted(lacking, 'hour')} of the time range {asked} can't be found in this usage "
            f"history{goes}: fetch it from {asked.start:%Y-%m-%dT%H:%MZ} or earlier to "
            f"{asked.end:%Y-%m-%dT%H:%MZ}, for all accounts"
        )
    return asked


def _lacking(history: pl.DataFrame, time_range: TimeRange) -> int:
    """Return how many windows of a range are absent, of all accounts."""
    accounts = max(1, history["account_id"].n_unique())
    return accounts * time_range.hours - history.filter(is_within(time_range)).height


def _moved(moment: datetime, days: int, info: ZoneInfo) -> datetime:
    """Return the moment so many local days earlier: midnight stays midnight, and a clock time stays one."""
    day = day_of(moment, info)
    if moment == day_start(day, info):
        return day_start(day - days * DAY, info)
    reading = moment.astimezone(info).replace(tzinfo=None) - days * DAY
    return hour_start(reading.replace(tzinfo=info).astimezone(UTC))
