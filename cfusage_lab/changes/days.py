"""A day beside its partner.

Partners are found by calendar date, never by the position of a row. A day that is not whole stays where
it is, with ``kind`` unknown, and is nobody's partner; the running day is left out. Both can be asked for.
"""

from typing import Literal, get_args

import narwhals as nw

from cfusage_lab.argument_checks import check_choice, check_whole
from cfusage_lab.changes.partners import compare_with_partners, open_days, without_running_day
from cfusage_lab.errors import FrameError
from cfusage_lab.frames import FrameT, open_checked
from cfusage_lab.frames.expressions import day_span, without_rounding
from cfusage_lab.schema import COMPARISON, MOVERS, RANGE_COMPARISON
from cfusage_lab.time_units import WEEK_DAYS

__all__ = [
    "Alignment",
    "compare",
    "day_over_day",
    "movers",
    "week_over_week",
]

Alignment = Literal["day", "weekday"]


def day_over_day(
    daily: FrameT, *, include_in_progress: bool = False, include_partial: bool = False
) -> FrameT:
    """Compare each day with the calendar day before it.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``), in any order.
    include_in_progress
        Keep the running day, and let it be compared.
    include_partial
        Compare days that are not whole, too, as if they were.

    Returns
    -------
    DataFrame
        One row a day of an account (``schema.COMPARISON``), sorted by both unless it is lazy:

        - ``account_id``, ``date``: the account and the local day
        - ``current_usd``, ``previous_usd``, ``change_usd``: US dollars of this day, of the day before,
          and their difference; the last two are null without a partner
        - ``change_ratio``: the change as a fraction of ``previous_usd``; null unless that is above 0
        - ``kind``: what it comes to: ``up``, ``down``, ``flat``, ``new`` (something after nothing),
          ``stopped`` (nothing after something), ``zero`` (nothing twice), ``unknown`` (no partner)
        - ``is_whole``, ``state``: this day's

    Raises
    ------
    FrameError
        If columns are missing, or (found only where the result is computed at once) a row has no account
        or date, or a day of an account is a duplicate.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(3, now="2026-11-18T09:30Z"))
    >>> changes = cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))
    >>> changes.select("date", "current_usd", "previous_usd", "change_usd", "kind")
    shape: (3, 5)
    ┌────────────┬─────────────┬──────────────┬────────────┬─────────┐
    │ date       ┆ current_usd ┆ previous_usd ┆ change_usd ┆ kind    │
    │ ---        ┆ ---         ┆ ---          ┆ ---        ┆ ---     │
    │ date       ┆ f64         ┆ f64          ┆ f64        ┆ str     │
    ╞════════════╪═════════════╪══════════════╪════════════╪═════════╡
    │ 2026-11-15 ┆ 37.455998   ┆ null         ┆ null       ┆ unknown │
    │ 2026-11-16 ┆ 121.118892  ┆ 37.455998    ┆ 83.662894  ┆ up      │
    │ 2026-11-17 ┆ 96.312941   ┆ 121.118892   ┆ -24.805951 ┆ down    │
    └────────────┴─────────────┴──────────────┴────────────┴─────────┘
    """
    return _days_before(1, daily, include_in_progress=include_in_progress, include_partial=include_partial)


def week_over_week(
    daily: FrameT, *, include_in_progress: bool = False, include_partial: bool = False
) -> FrameT:
    """Compare each day with the same weekday one week before; otherwise as :func:`day_over_day`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(9, now="2026-11-18T09:30Z"))
    >>> changes = cfu.week_over_week(cfu.daily_usage(history, time_zone="UTC"))
    >>> changes.select("date", "current_usd", "previous_usd", "change_ratio", "kind").tail(2)
    shape: (2, 5)
    ┌────────────┬─────────────┬──────────────┬──────────────┬──────┐
    │ date       ┆ current_usd ┆ previous_usd ┆ change_ratio ┆ kind │
    │ ---        ┆ ---         ┆ ---          ┆ ---          ┆ ---  │
    │ date       ┆ f64         ┆ f64          ┆ f64          ┆ str  │
    ╞════════════╪═════════════╪══════════════╪══════════════╪══════╡
    │ 2026-11-16 ┆ 121.118892  ┆ 144.472949   ┆ -0.16165     ┆ down │
    │ 2026-11-17 ┆ 96.312941   ┆ 100.514471   ┆ -0.0418      ┆ down │
    └────────────┴─────────────┴──────────────┴──────────────┴──────┘
    """
    return _days_before(
        WEEK_DAYS, daily, include_in_progress=include_in_progress, include_partial=include_partial
    )


def compare(
    current: FrameT,
    previous: FrameT,
    *,
    align: Alignment = "day",
    include_in_progress: bool = False,
    include_partial: bool = False,
) -> FrameT:
    """Compare the days of one range with those of another.

    Parameters
    ----------
    current, previous
        Local days (``schema.DAILY``) of the two ranges, on the same engine.
    align
        ``"day"`` sets the first date of one table beside the first date of the other, the second beside
        the second. ``"weekday"`` sets each weekday beside the same one: the first date of ``current``
        beside the first such weekday in ``previous``, and so on.
    include_in_progress, include_partial
        As in :func:`day_over_day`.

    Returns
    -------
    DataFrame
        One row a day of ``current`` (``schema.RANGE_COMPARISON``), as in :func:`day_over_day`, and
        ``previous_date``, the date of its partner; null without one. Days of ``previous`` beyond the length
        of ``current`` do not appear.

    Raises
    ------
    ConfigError
        If ``align`` is neither of the two.
    FrameError
        As in :func:`day_over_day`, or if the tables are on two engines.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> pairs = cfu.compare(daily.tail(14), daily.head(14))
    >>> pairs.select("date", "previous_date", "current_usd", "previous_usd").head(2)
    shape: (2, 4)
    ┌────────────┬───────────────┬─────────────┬──────────────┐
    │ date       ┆ previous_date ┆ current_usd ┆ previous_usd │
    │ ---        ┆ ---           ┆ ---         ┆ ---          │
    │ date       ┆ date          ┆ f64         ┆ f64          │
    ╞════════════╪═══════════════╪═════════════╪══════════════╡
    │ 2026-11-04 ┆ 2026-10-21    ┆ 123.876879  ┆ 107.421202   │
    │ 2026-11-05 ┆ 2026-10-22    ┆ 109.493208  ┆ 93.563589    │
    └────────────┴───────────────┴─────────────┴──────────────┘
    """
    check_choice(align, "align", get_args(Alignment))
    table, other = open_days(current), open_days(previous)
    if table.is_spark != other.is_spark:
        raise FrameError("current and previous are on two engines: bring one to the other's first")
    first = table.frame.select(first=nw.col("date").min())
    partner = other.frame.select(partner=nw.col("date").min())
    starts = first.join(partner, how="cross")
    if align == "weekday":
        ahead = (nw.col("first").dt.weekday() - nw.col("partner").dt.weekday() + WEEK_DAYS) % WEEK_DAYS
        starts = starts.with_columns(partner=_later(nw.col("partner"), ahead))
    starts = starts.with_columns(nw.coalesce("first", "partner"))  # of no days, nothing is set beside
    rows = without_running_day(table.frame, include_in_progress=include_in_progress)
    partners = without_running_day(other.frame, include_in_progress=include_in_progress)
    shifted = partners.join(starts, how="cross").with_columns(
        date=nw.col("date") + (nw.col("first") - nw.col("partner")), previous_date=nw.col("date")
    )
    result: FrameT = compare_with_partners(
        rows, shifted, table, include_partial=include_partial, columns=RANGE_COMPARISON
    )
    return result


def movers(comparison: FrameT, *, top: int = 10) -> FrameT:
    """Return the largest changes in dollars, up or down.

    Parameters
    ----------
    comparison
        A table that a comparison here returned. Cut it down first to the dates and accounts that are
        meant: the rows compete with each other, whatever their account.
    top
        How many rows come back.

    Returns
    -------
    DataFrame
        At most ``top`` rows of ``comparison``, those with no known change left out, the largest change
        first (``schema.MOVERS``); ``share`` is the row's part of the sum of all known changes, and null
        where that sum is 0.

    Raises
    ------
    ConfigError
        If ``top`` is not a whole number from 1.
    FrameError
        If columns are missing.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> changes = cfu.week_over_week(cfu.daily_usage(history, time_zone="UTC"))
    >>> cfu.movers(changes).select("date", "change_usd", "change_ratio", "kind", "share").head(2)
    shape: (2, 5)
    ┌────────────┬────────────┬──────────────┬──────┬───────────┐
    │ date       ┆ change_usd ┆ change_ratio ┆ kind ┆ share     │
    │ ---        ┆ ---        ┆ ---          ┆ ---  ┆ ---       │
    │ date       ┆ f64        ┆ f64          ┆ str  ┆ f64       │
    ╞════════════╪════════════╪══════════════╪══════╪═══════════╡
    │ 2026-11-13 ┆ -49.403463 ┆ -0.555701    ┆ down ┆ 0.870898  │
    │ 2026-11-02 ┆ 41.465423  ┆ 0.378225     ┆ up   ┆ -0.730964 │
    └────────────┴────────────┴──────────────┴──────┴───────────┘
    """
    check_whole(top, "top")
    table = open_checked(comparison, COMPARISON, table="comparison")
    change = nw.col("change_usd")
    known = table.frame.filter(~change.is_null())
    whole = known.select(net=without_rounding(change.sum(), change.abs().sum()))
    found = (
        known.join(whole, how="cross")
        .with_columns(share=nw.when(nw.col("net") != 0).then(change / nw.col("net")), size=change.abs())
        .sort("size", "account_id", "date", descending=[True, False, False])
        .head(top)
    )
    result: FrameT = table.hand_back(found.select(*MOVERS.names()))
    return result


def _days_before(n: int, daily: FrameT, *, include_in_progress: bool, include_partial: bool) -> FrameT:
    """Compare each day with the date ``n`` days before it."""
    table = open_days(daily)
    rows = without_running_day(table.frame, include_in_progress=include_in_progress)
    partners = rows.with_columns(nw.col("date") + day_span(n))
    result: FrameT = compare_with_partners(rows, partners, table, include_partial=include_partial)
    return result


def _later(start: nw.Expr, by: nw.Expr) -> nw.Expr:
    """Return a date 0 to 6 days later, as a column of numbers says."""
    result = start
    for n in range(1, WEEK_DAYS):
        result = nw.when(by == n).then(start + day_span(n)).otherwise(result)
    return result
