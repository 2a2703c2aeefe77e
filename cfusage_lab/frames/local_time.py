"""Local time, through one small calendar: UTC hour to local date, weekday and hour.

Engines disagree about time zones, weekdays and the zone of their session, and their time zone databases are
of different years. So the calendar is built once, of the offsets that ranges are cut by, for the hours that a
history spans, and each window looks itself up in it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, cast

import narwhals as nw
import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.frames.domain import asked, flaws, refuse, refuse_duplicates, with_flaws_unknown
from cfusage_lab.frames.door import Door, Frames, opened
from cfusage_lab.frames.keys import runs_of
from cfusage_lab.frames.windows import window_hours
from cfusage_lab.ranges import warn_if_off_the_hour, zone
from cfusage_lab.ranges.zones import offsets
from cfusage_lab.schema import WINDOWS

__all__ = ["LocalHistory", "Span", "calendar", "local_time", "localize"]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
SECOND: Final = timedelta(seconds=1)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECONDS: Final = 3_600_000_000
_KEYS: Final = pl.Schema({name: WINDOWS[name] for name in ("account_id", "start_time", "end_time")})
_UTC: Final = ("UTC", "Etc/UTC")
_DAY_HOURS: Final = 24
_DAY_SECONDS: Final = 86_400
_WEEKDAY_OF_EPOCH: Final = 4
"""1 January 1970 was a Thursday."""


@dataclass(frozen=True, slots=True)
class Span:
    """What the small aggregate says of a history.

    Attributes
    ----------
    start, end
        The span of the windows in UTC, or None where there are none.
    until
        The end of the last window that is no longer running, or None where there is none or it was not
        asked for.
    window_hours
        1 or, for a history of UTC days, 24.
    may_have_corrections
        Whether a cost may be below zero, so that a sum may come to nothing but its rounding.
    """

    start: datetime | None
    end: datetime | None
    until: datetime | None
    window_hours: int
    may_have_corrections: bool


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
    door
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
    door: Door
    span: Span
    hours: pl.DataFrame
    runs: pl.DataFrame | None


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
    clock = pl.col("hours") * 3_600 + _shifts(first, last, time_zone)
    days = (clock // _DAY_SECONDS).cum_max()  # where clocks go back over midnight, the new day goes on
    return (
        pl.select(hours=hours)
        .select(
            start_time=(pl.col("hours") * _MICROSECONDS).cast(pl.Datetime("us", "UTC")),
            days=days,
            minutes=clock % _DAY_SECONDS // 60,
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
    stacklevel: int = 4,
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
    stacklevel
        Which caller a warning about the zone points to.

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If the table is no history, its windows are not hours or not all of one width, or one begins off
        the hour; or about the first window that lacks something or, in a DataFrame, has a state or a cost
        that is none or stands there twice.
    """
    zone(time_zone)
    door = opened(history, WINDOWS, table="usage history")
    span = _span(door, asks_until=asks_until)
    if span.window_hours == _DAY_HOURS and not (is_day_allowed and time_zone in _UTC):
        raise FrameError(
            f"these windows are UTC days, and a UTC day can't be cut into the days and hours of "
            f"{time_zone}: fetch the history with granularity='hour'"
        )
    if span.start and span.end:
        warn_if_off_the_hour(time_zone, span.start, span.end, stacklevel=stacklevel)
    table = calendar(span.start or EPOCH, span.end or EPOCH, time_zone=time_zone)
    rows = door.frame if door.is_eager else with_flaws_unknown(door.frame, WINDOWS)
    windows = rows.select("account_id", "start_time", "state", cost_usd="aggregated_value")
    return LocalHistory(
        frame=_joined(windows, table, door) if door.is_spark else _gathered(windows, table),
        days=door.lend(table.select("date", pl.col("day_hours").cast(pl.Int64)).unique()),
        door=door,
        span=span,
        hours=table,
        runs=_distinct_runs(door.native) if door.is_eager else None,
    )


def _span(door: Door, *, asks_until: bool) -> Span:
    """Ask for the first and the last window, for the one width of all windows, and for flaws."""
    unit = 1 if door.is_spark else 1_000_000
    start, end = (_epoch(name, door) for name in ("start_time", "end_time"))
    found = flaws(WINDOWS if door.is_eager else _KEYS)
    questions = {
        "start": start.min(),
        "end": end.max(),
        "narrowest": (end - start).min(),
        "widest": (end - start).max(),
        "is_off": (start % (3600 * unit) != 0).any(),
        **asked(found, is_spark=door.is_spark),
    }
    if door.is_eager:
        questions["lowest"] = nw.col("aggregated_value").min()
    if asks_until:
        questions["until"] = nw.when(nw.col("state") != "in_progress").then(end).max()
    row = _answer(door, questions)
    refuse(door.frame, found, row)
    if row["start"] is None:
        return Span(start=None, end=None, until=None, window_hours=1, may_have_corrections=False)
    widths = {row["narrowest"] / unit / 3600, row["widest"] / unit / 3600}
    if widths == {_DAY_HOURS} and not row["is_off"]:
        row |= _answer(door, {"is_off": (start % (_DAY_HOURS * 3600 * unit) != 0).any()})
    hours = window_hours(widths, is_off=row["is_off"])
    moments = {
        name: None if row.get(name) is None else EPOCH + timedelta(seconds=row[name] // unit)
        for name in ("start", "end", "until")
    }
    may_have_corrections = not door.is_eager or (row["lowest"] or 0) < 0
    return Span(**moments, window_hours=hours, may_have_corrections=may_have_corrections)


def _answer(door: Door, questions: dict[str, nw.Expr]) -> dict[str, Any]:
    row: dict[str, Any] = door.frame.select(**questions).collect("polars").to_native().row(0, named=True)
    return row


def _distinct_runs(history: pl.DataFrame) -> pl.DataFrame:
    """Return the runs of rows of one account; raise if any of its windows stands in the table twice.

    In most tables an account has one run, and each of its windows begins after the one before it. So one
    comparison a row tells that none is there twice; where it does not, the windows are sorted.
    """
    starts, accounts = history["start_time"], history["account_id"].cast(pl.String)
    runs = runs_of(accounts)
    is_later = starts.slice(1) > starts.slice(0, max(0, len(starts) - 1))
    breaks = (~is_later).arg_true() + 1
    is_distinct = runs["value"].is_unique().all() and breaks.is_in(runs["len"].cum_sum().implode()).all()
    if not is_distinct:
        key = ("account_id", "start_time")
        refuse_duplicates(pl.DataFrame([accounts, starts]).sort(key), key)
    return runs


def _epoch(name: str, door: Door) -> nw.Expr:
    """Return an instant as a number: whole seconds on Spark, microseconds on polars.

    Both count from 1970 in UTC, whatever the zone of the session.
    """
    return nw.col(name).cast(nw.Int64) if door.is_spark else nw.col(name).dt.timestamp("us")


def _gathered(windows: Frames, table: pl.DataFrame) -> Frames:
    """Look hours up by their number: several times faster than a join, and it streams."""
    first = table["start_time"].dt.timestamp("us").first() or 0
    number = ((pl.col("start_time").dt.timestamp("us") - first) // _MICROSECONDS).cast(pl.UInt32)
    names = ("date", "weekday", "hour", "slot", "minute")
    native: Any = windows.to_native()
    looked_up = {name: pl.lit(table[name]).gather(number) for name in names}
    return cast("Frames", nw.from_native(native.with_columns(**looked_up)))


def _joined(windows: Frames, table: pl.DataFrame, door: Door) -> Frames:
    """Look hours up by a join on the instant."""
    from pyspark.sql import functions  # noqa: PLC0415 - an optional engine

    found = windows.join(door.lend(table.drop("day_hours")), on="start_time", how="left")
    outside = functions.raise_error(
        functions.lit("a window lies outside the hours that the table had when asked")
    )
    native: Any = found.to_native()
    return cast("Frames", nw.from_native(native.withColumn("date", functions.coalesce("date", outside))))
