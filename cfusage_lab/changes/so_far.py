"""The month and the day so far, beside the same stretch of another one.

*Until now* means until the end of the last window that is no longer running, of all accounts together. A day
that is over then stands beside whole days; one that is not, beside days that are cut where the clock says the
same. A stretch in which an hour is missing is compared with nothing, and nothing is compared with a stretch
without any hour: ``kind`` is unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.frames import Frames, FrameT
from cfusage_lab.frames.expressions import day_span, state_of, state_rank, with_change, without_rounding
from cfusage_lab.frames.local_time import LocalHistory, calendar, localize
from cfusage_lab.options import check_flags
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.zones import day_of
from cfusage_lab.schema import COMPARISON, SAME_TIME
from cfusage_lab.time_units import DAY, EPOCH, HOUR

__all__ = ["month_over_month", "same_time_yesterday"]

_OTHER_DAYS: Final = {"yesterday": 1, "last_week": 7}


@dataclass(frozen=True, slots=True)
class _Now:
    """The end of the last window that counts.

    Attributes
    ----------
    moment
        That end.
    day
        The local date to which that window counts.
    clock
        What the local clock says then, in minutes since midnight; None if the day is over.
    """

    moment: datetime
    day: date
    clock: int | None

    @classmethod
    def at(cls, moment: datetime, time_zone: str) -> "_Now":
        """Read the clock at the end of a window."""
        info = zone(time_zone)
        day, reading = day_of(moment - HOUR, info), moment.astimezone(info)
        if day_of(moment, info) > day:
            return cls(moment, day, None)
        is_back = reading.date() < day  # clocks went back over midnight: none of that day has passed on them
        return cls(moment, day, 0 if is_back else reading.hour * 60 + reading.minute)

    @property
    def text(self) -> str:
        """The clock time, ``24:00`` at the end of a day, whatever its clock has skipped."""
        return "24:00" if self.clock is None else f"{self.clock // 60:02d}:{self.clock % 60:02d}"

    def is_passed(self) -> nw.Expr:
        """Say whether a window of another day starts before the same clock time."""
        if self.clock is None:
            return nw.lit(value=True)
        return nw.col("hour") * 60 + nw.col("minute") < self.clock


def month_over_month(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Accumulate cost from the first of the month, beside the same days of the month before.

    The month is the one in which the last finished window lies. Day 9 stands beside the days 1 to 9 of
    the month before; a day that month does not have, beside all of it. Where the last day is unfinished,
    the same day of the month before is cut at the same local clock time.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), from the first of the previous month for a
        comparison.
    time_zone
        The IANA name of the zone whose days and months these are.
    include_in_progress
        Count the running window as if it had ended.

    Returns
    -------
    DataFrame
        One row a day of the month and account (``schema.COMPARISON``), sorted by both unless it is lazy;
        the last is the month so far, not a forecast, and there for every account:

        - ``current_usd``: US dollars from the first of the month to the end of ``date``, or until now; null
          where the account has no window of the month
        - ``previous_usd``: the same days of the month before; null unless all their hours are there
        - ``is_whole``: whether every hour since the first of the month is there; a comparison needs it
        - ``state``: the least settled of the windows since the first of the month

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If columns are missing, windows are not hours, or (found only where the result is computed at once)
        there are duplicate windows.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.between("2026-10-01", "2026-11-18", now="2026-11-18T09:30Z"))
    >>> month = cfu.month_over_month(history, time_zone="UTC")
    >>> month.select("date", "current_usd", "previous_usd", "kind").tail(2)
    shape: (2, 4)
    ┌────────────┬─────────────┬──────────────┬──────┐
    │ date       ┆ current_usd ┆ previous_usd ┆ kind │
    │ ---        ┆ ---         ┆ ---          ┆ ---  │
    │ date       ┆ f64         ┆ f64          ┆ str  │
    ╞════════════╪═════════════╪══════════════╪══════╡
    │ 2026-11-16 ┆ 1383.931822 ┆ 1442.731067  ┆ down │
    │ 2026-11-17 ┆ 1480.244763 ┆ 1488.275232  ┆ down │
    └────────────┴─────────────┴──────────────┴──────┘
    """
    local, now, windows, accounts = _finished(history, time_zone, include_in_progress=include_in_progress)
    every_hour = _every_hour(now, time_zone)
    expected = _by_day_of_month(every_hour, now, every_hour.select("account_id").unique())
    due = expected.select("date", due="current_hours", previous_due="previous_hours")
    lent = local.table.lend(due.collect("polars").to_native())
    compared = _compared(_by_day_of_month(windows, now, accounts).join(lent, on="date", how="left"))
    return _returned(local, compared, COMPARISON, order=("account_id", "date"))  # type: ignore[no-any-return]


def same_time_yesterday(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Compare today until now with yesterday, and with the same weekday last week, until the same time.

    Today is the local day in which the last finished window lies. Once it is over, whole days stand beside
    each other; until then, hours go by their clock time. Where clocks change, one side may have an hour more.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), of the last 8 days for both comparisons.
    time_zone
        The IANA name of the zone whose clock this is.
    include_in_progress
        Count the running window as if it had ended.

    Returns
    -------
    DataFrame
        Two rows an account (``schema.SAME_TIME``), sorted unless it is lazy:

        - ``date``, ``until``: today, and the local clock time until which is added up: ``24:00`` when the
          day is over
        - ``against``, ``previous_date``: ``yesterday`` or ``last_week``, and its date
        - ``current_usd``, ``previous_usd``, ``change_usd``: US dollars until then; the last two are null
          unless every hour of both stretches is there, the first only where the account has none of today
        - ``change_ratio``: a fraction of ``previous_usd``; null unless that is above 0
        - ``kind``: what it comes to: ``up``, ``down``, ``flat``, ``new`` (something after nothing),
          ``stopped`` (nothing after something), ``zero`` (nothing twice), ``unknown`` (no partner)
        - ``is_whole``, ``state``: of today until then

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If columns are missing, windows are not hours, or (found only where the result is computed at once)
        there are duplicate windows.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(8, include_today=True, now="2026-11-18T09:30Z"))
    >>> pairs = cfu.same_time_yesterday(history, time_zone="UTC")
    >>> pairs.select("until", "against", "current_usd", "previous_usd", "kind")
    shape: (2, 5)
    ┌───────┬───────────┬─────────────┬──────────────┬──────┐
    │ until ┆ against   ┆ current_usd ┆ previous_usd ┆ kind │
    │ ---   ┆ ---       ┆ ---         ┆ ---          ┆ ---  │
    │ str   ┆ str       ┆ f64         ┆ f64          ┆ str  │
    ╞═══════╪═══════════╪═════════════╪══════════════╪══════╡
    │ 09:00 ┆ last_week ┆ 26.345034   ┆ 16.302255    ┆ up   │
    │ 09:00 ┆ yesterday ┆ 26.345034   ┆ 16.783384    ┆ up   │
    └───────┴───────────┴─────────────┴──────────────┴──────┘
    """
    local, now, windows, accounts = _finished(history, time_zone, include_in_progress=include_in_progress)
    due = _by_other_day(_every_hour(now, time_zone), now).collect("polars").to_native().row(0, named=True)
    partners = pl.DataFrame(
        {
            "against": list(_OTHER_DAYS),
            "previous_date": [now.day - n * DAY for n in _OTHER_DAYS.values()],
            "due": due["current_hours"],
            "previous_due": [due[f"{name}_hours"] for name in _OTHER_DAYS],
        }
    )
    is_yesterday = nw.col("against") == "yesterday"
    found = accounts.join(_by_other_day(windows, now), on="account_id", how="left")
    pairs = found.join(local.table.lend(partners), how="cross")
    pairs = pairs.with_columns(
        previous_usd=nw.when(is_yesterday).then(nw.col("yesterday_usd")).otherwise(nw.col("last_week_usd")),
        previous_hours=nw.when(is_yesterday)
        .then(nw.col("yesterday_hours"))
        .otherwise(nw.col("last_week_hours")),
        previous_gross=nw.when(is_yesterday)
        .then(nw.col("yesterday_gross"))
        .otherwise(nw.col("last_week_gross")),
    )
    compared = _compared(pairs.with_columns(date=nw.lit(now.day), until=nw.lit(now.text)))
    order = ("account_id", "previous_date")
    return _returned(local, compared, SAME_TIME, order=order)  # type: ignore[no-any-return]


def _compared(pairs: Frames) -> Frames:
    """Compare stretches of which hours are found and hours are due."""
    hours = pairs.with_columns(nw.col("current_hours", "previous_hours", "rank").fill_null(0))
    is_there, is_partner_there = nw.col("current_hours") > 0, nw.col("previous_due") > 0
    is_whole = is_there & (nw.col("current_hours") == nw.col("due"))
    is_partner = is_partner_there & (nw.col("previous_hours") == nw.col("previous_due"))
    current, previous = (
        without_rounding(nw.col(f"{side}_usd"), nw.col(f"{side}_gross")) for side in ("current", "previous")
    )
    sides = hours.with_columns(
        is_whole=is_whole,
        state=state_of("rank"),
        current_usd=nw.when(is_there).then(current),
        previous_usd=nw.when(is_whole & is_partner).then(previous),
    )
    return with_change(sides)


def _returned(local: LocalHistory, compared: Frames, columns: pl.Schema, *, order: Sequence[str]) -> Any:  # noqa: ANN401 - the caller's own kind
    """Return ``columns`` as the kind of table that came in."""
    return local.table.back(compared.select(*columns.names()), order=order)


def _finished(
    history: object, time_zone: str, *, include_in_progress: bool
) -> tuple[LocalHistory, _Now, Frames, Frames]:
    """Return the history in local time, the end of its last window that counts, what counts, and whose."""
    check_flags(include_in_progress=include_in_progress)
    local = localize(history, time_zone=time_zone, asks_until=True)
    moment = local.span.end if include_in_progress else local.span.until
    counted = local.frame if include_in_progress else local.frame.filter(nw.col("state") != "in_progress")
    accounts = local.accounts() if moment else counted.select("account_id").unique()
    return local, _Now.at(moment or EPOCH, time_zone), counted, accounts


def _every_hour(now: _Now, time_zone: str) -> Frames:
    """Return a history without gaps, to count the hours that there should be."""
    two_months = timedelta(days=63)
    hours = calendar(now.moment - two_months, now.moment, time_zone=time_zone)
    return nw.from_native(
        hours.lazy().with_columns(account_id=pl.lit(""), cost_usd=pl.lit(1.0), state=pl.lit("complete"))
    )


def _by_day_of_month(windows: Frames, now: _Now, accounts: Frames) -> Frames:
    """Accumulate this month and the one before it, beside each other by the day of the month.

    The last day is there for each of the accounts, whether it has a window then or not.
    """
    first = now.day.replace(day=1)
    before = (first - DAY).replace(day=1)
    length = (first - before).days
    counterpart = now.day - length * DAY  # in a longer month than the last one, a day of this month
    is_current = nw.col("date").is_between(first, now.day)
    is_previous = nw.col("date").is_between(before, min(counterpart, first - DAY))
    is_kept = is_current | (is_previous & ((nw.col("date") != nw.lit(counterpart)) | now.is_passed()))
    cost = nw.col("cost_usd")
    counted = windows.filter(is_kept).select(
        "account_id",
        date=nw.when(is_current).then(nw.col("date")).otherwise(nw.col("date") + day_span(length)),
        current=nw.when(is_current).then(cost),
        previous=nw.when(~is_current).then(cost),
        rank=nw.when(is_current).then(state_rank()),
    )
    nothing = {"current": nw.Float64, "previous": nw.Float64, "rank": nw.Int8}
    last_day = accounts.with_columns(
        date=nw.lit(now.day), **{name: nw.lit(None, kind) for name, kind in nothing.items()}
    )
    days = (
        nw.concat([counted, last_day])
        .group_by("account_id", "date")
        .agg(
            nw.col("current", "previous").sum(),
            current_gross=nw.col("current").abs().sum(),
            previous_gross=nw.col("previous").abs().sum(),
            current_hours=nw.col("current").count(),
            previous_hours=nw.col("previous").count(),
            rank=nw.col("rank").max(),
        )
    )
    sums = {
        "current_usd": nw.col("current").fill_null(0.0),
        "previous_usd": nw.col("previous").fill_null(0.0),
        "current_gross": nw.col("current_gross").fill_null(0.0),
        "previous_gross": nw.col("previous_gross").fill_null(0.0),
        "current_hours": nw.col("current_hours").cast(nw.Int64),
        "previous_hours": nw.col("previous_hours").cast(nw.Int64),
    }
    so_far = {name: nw.col(name).cum_sum().over("account_id", order_by="date") for name in sums}
    return (
        days.with_columns(
            **sums,
            rank=nw.col("rank").fill_null(0),
            is_there=(nw.col("current_hours") > 0) | (nw.col("date") == nw.lit(now.day)),
        )
        .with_columns(**so_far, rank=nw.col("rank").cum_max().over("account_id", order_by="date"))
        .filter(nw.col("is_there"))
    )


def _by_other_day(windows: Frames, now: _Now) -> Frames:
    """Add up each account's day so far, and the other days until the same clock time."""
    dates = {"current": now.day} | {name: now.day - n * DAY for name, n in _OTHER_DAYS.items()}
    is_day = {name: nw.col("date") == nw.lit(day) for name, day in dates.items()}
    cost = {name: nw.when(condition).then(nw.col("cost_usd")) for name, condition in is_day.items()}
    is_other = is_day["yesterday"] | is_day["last_week"]
    return (
        windows.filter(is_day["current"] | (is_other & now.is_passed()))
        .select("account_id", rank=nw.when(is_day["current"]).then(state_rank()), **cost)
        .group_by("account_id")
        .agg(
            nw.col("rank").max(),
            **{f"{name}_usd": nw.col(name).sum() for name in dates},
            **{f"{name}_gross": nw.col(name).abs().sum() for name in dates},
            **{f"{name}_hours": nw.col(name).count() for name in dates},
        )
    )
