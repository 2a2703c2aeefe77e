"""Local time, through one small calendar: UTC hour to local date, weekday and hour.

Engines disagree about time zones, weekdays and the zone of their session, and their time zone databases are
of different years. So the calendar is built once, of the offsets that ranges are cut by, for the hours that a
history spans, and each window looks itself up in it.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, cast

import narwhals as nw
import polars as pl

from cfusage_lab.frames.checks import no_local_hours, refuse_flaws, with_flaws_unknown
from cfusage_lab.frames.engines import EngineTable, Frames, open_table
from cfusage_lab.frames.history_span import Span, span_of_rows, span_of_table
from cfusage_lab.frames.hour_runs import HourRuns
from cfusage_lab.ranges import warn_if_off_the_hour, zone
from cfusage_lab.ranges.zones import offsets
from cfusage_lab.schema import WINDOWS
from cfusage_lab.time_units import (
    DAY,
    DAY_HOURS,
    DAY_SECONDS,
    EPOCH,
    HOUR,
    HOUR_MICROSECONDS,
    HOUR_SECONDS,
    SECOND,
)

__all__ = ["LocalHistory", "calendar", "local_time", "localize"]

_UTC: Final = ("UTC", "Etc/UTC")
_UNASKED: Final = pl.Schema({name: WINDOWS[name] for name in ("aggregated_value", "state")})
"""What is not asked of a lazy table with its span; a window without account or time is refused there."""
_WEEKDAY_OF_EPOCH: Final = 4
"""1 January 1970 was a Thursday."""


@dataclass(frozen=True, slots=True)
class LocalHistory:
    """A usage history in local time, and what is needed to go on with it.

    Attributes
    ----------
    frame
        One row is one window: ``account_id``, ``start_time``, ``cost_usd``, ``state`` and, in the local
        zone, ``date``, ``weekday`` (1 to 7, Monday first), ``hour`` (0 to 23), ``minute`` (of the
        window's start, 0 unless the zone is off the hour) and ``slot`` (the hour of the local week).
    days
        One row is a local ``date``, with ``day_hours``, how many windows start in it: 23, 24 or 25.
    table
        The way back to the caller's kind of table.
    span
        The first and the last hour, and the width of the windows.
    hours
        The calendar of that span.
    runs
        The runs of rows of one account, or None where the table is lazy.
    """

    frame: Frames
    days: Frames
    table: EngineTable
    span: Span
    hours: pl.DataFrame
    runs: pl.DataFrame | None

    def accounts(self) -> Frames:
        """Return each account once, as ``account_id``."""
        if self.runs is None:
            return self.frame.select("account_id").unique()
        return nw.from_native(self.runs.lazy().select(account_id="value").unique())


def calendar(start: datetime, end: datetime, *, time_zone: str) -> pl.DataFrame:
    """Return local date, weekday and hour of each UTC hour from ``start`` up to ``end``.

    Returns
    -------
    DataFrame
        One row a UTC hour, in order:

        - ``start_time``: the hour, in UTC
        - ``date``, ``weekday`` (1 to 7, Monday first), ``hour`` (0 to 23), ``minute``: in the zone; where
          clocks go back over midnight, a date that has begun goes on
        - ``slot``: the hour of the local week, ``weekday * 24 + hour``
        - ``day_hours``: how many UTC hours start in that local date: 23, 24 or 25
    """
    return _calendar(start, end, zone(time_zone).key)


@lru_cache(maxsize=8)
def _calendar(start: datetime, end: datetime, time_zone: str) -> pl.DataFrame:
    """Return the calendar, which is the same for each block of accounts and for each question."""
    first, last = start - 2 * DAY, end + 2 * DAY
    hours = pl.int_range((first - EPOCH) // HOUR, (last - EPOCH) // HOUR, eager=True)
    clock = pl.col("hours") * HOUR_SECONDS + _shifts(first, last, time_zone)
    days = (clock // DAY_SECONDS).cum_max()  # where clocks go back over midnight, the new day goes on
    return (
        pl.select(hours=hours)
        .select(
            start_time=(pl.col("hours") * HOUR_MICROSECONDS).cast(pl.Datetime("us", "UTC")),
            days=days,
            minutes=clock % DAY_SECONDS // 60,
        )
        .select(
            "start_time",
            date=pl.col("days").cast(pl.Int32).cast(pl.Date),
            weekday=((pl.col("days") + _WEEKDAY_OF_EPOCH - 1) % 7 + 1).cast(pl.Int16),
            hour=(pl.col("minutes") // 60).cast(pl.Int16),
            minute=(pl.col("minutes") % 60).cast(pl.Int16),
        )
        .with_columns(
            slot=pl.col("weekday") * 24 + pl.col("hour"),
            day_hours=pl.len().over("date").cast(pl.Int16),
        )
        .filter(pl.col("start_time").is_between(start, end, closed="left"))
    )


@lru_cache(maxsize=8)
def _days(start: datetime, end: datetime, time_zone: str) -> pl.DataFrame:
    """Return how many hours each local date of the calendar has."""
    hours = _calendar(start, end, time_zone)
    return hours.select("date", pl.col("day_hours").cast(pl.Int64)).unique()


def _shifts(first: datetime, last: datetime, time_zone: str) -> pl.Series:
    """Return the seconds that the zone's clock is ahead of UTC at each hour of a span."""
    found = offsets(first, last, zone(time_zone))
    starts = [-((first - at) // HOUR) for at, _ in found]  # hours from the first on, rounded up
    ends = [*starts[1:], (last - first) // HOUR]
    runs = zip((offset // SECOND for _, offset in found), starts, ends, strict=True)
    return pl.concat(
        [pl.repeat(shift, end - start, dtype=pl.Int64, eager=True) for shift, start, end in runs]
    )


def local_time(starts: pl.Series, *, time_zone: str) -> pl.DataFrame:
    """Look up in the :func:`calendar` when windows start: one row a window, in their order."""
    hours = starts.dt.convert_time_zone("UTC").dt.truncate("1h")
    first, last = hours.min() or EPOCH, hours.max() or EPOCH
    found = calendar(first, last + HOUR, time_zone=time_zone)  # type: ignore[arg-type, operator]
    return found.select(pl.all().gather((hours - first).dt.total_hours().cast(pl.UInt32)))


def localize(
    history: object,
    *,
    time_zone: str,
    is_day_allowed: bool = False,
    asks_until: bool = False,
) -> LocalHistory:
    """Look up the local date, weekday and hour of every window.

    One small aggregate is asked of the table: its first and last hour, the widths of its windows and
    whether any is off the hour. Its rows stay where they are. Of a DataFrame, every row is looked at; of a
    lazy table, a window whose cost or state is none is carried on as one of unknown cost.

    Parameters
    ----------
    history
        Usage history (``schema.HISTORY``; ``id`` and ``is_reported`` may be absent).
    time_zone
        An IANA name.
    is_day_allowed
        Whether windows of a UTC day will do, if the zone is UTC.
    asks_until
        Whether the small aggregate asks for ``until``, too.

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If the table is no history, its windows are not hours or not all of one width, or one begins off
        the hour; or about the first window that lacks something or, in a DataFrame, has a state or a cost
        that is none or is a duplicate.
    """
    zone(time_zone)
    table = open_table(history, WINDOWS, table="usage history")
    rows = hour_runs = None
    if table.is_eager:
        rows = table.rows()
        refuse_flaws(rows)
        hour_runs = HourRuns.of(rows["start_time"])
        span = span_of_rows(rows, hour_runs, asks_until=asks_until)
    else:
        span = span_of_table(table, asks_until=asks_until)
    if span.window_hours == DAY_HOURS and not (is_day_allowed and time_zone in _UTC):
        raise no_local_hours(time_zone)
    if span.start and span.end:
        warn_if_off_the_hour(time_zone, span.start, span.end)
    hours = calendar(span.start or EPOCH, span.end or EPOCH, time_zone=time_zone)
    runs = None
    if rows is not None and hour_runs is not None:
        runs = hour_runs.runs(rows["account_id"])
        table = replace(table, frame=nw.from_native(rows.lazy()))
        frame = _gathered(_windows(table, table.frame), hours, pl.lit(hour_runs.hours()))
    elif table.is_spark:
        frame = _joined(_windows(table, with_flaws_unknown(table.frame, _UNASKED)), hours, table)
    else:
        frame = _gathered(_windows(table, with_flaws_unknown(table.frame, _UNASKED)), hours)
    days = table.lend(_days(span.start or EPOCH, span.end or EPOCH, zone(time_zone).key))
    return LocalHistory(frame=frame, days=days, table=table, span=span, hours=hours, runs=runs)


def _windows(table: EngineTable, rows: Frames) -> Frames:
    _, frame = table.expressions(rows)
    windows = frame.select("account_id", "start_time", "state", cost_usd="aggregated_value")
    return cast("Frames", nw.from_native(windows))


def _gathered(windows: Frames, hours: pl.DataFrame, number: pl.Expr | None = None) -> Frames:
    """Look hours up by their number: several times faster than a join, and it streams."""
    if number is None:
        first = hours["start_time"].dt.timestamp("us").first() or 0
        since = (pl.col("start_time").dt.timestamp("us") - first) // HOUR_MICROSECONDS
        number = since.cast(pl.UInt32, wrap_numerical=True)  # quick; one before the first is out of bounds
    names = ("date", "weekday", "hour", "slot", "minute")
    native: Any = windows.to_native()
    looked_up = {name: pl.lit(hours[name]).gather(number) for name in names}
    return cast("Frames", nw.from_native(native.with_columns(**looked_up)))


def _joined(windows: Frames, hours: pl.DataFrame, table: EngineTable) -> Frames:
    """Look hours up by a join on the instant."""
    from pyspark.sql import functions  # noqa: PLC0415 - an optional engine

    found = windows.join(table.lend(hours.drop("day_hours")), on="start_time", how="left")
    outside = functions.raise_error(
        functions.lit("a window lies outside the hours that the table had when asked")
    )
    native: Any = found.to_native()
    return cast("Frames", nw.from_native(native.withColumn("date", functions.coalesce("date", outside))))
