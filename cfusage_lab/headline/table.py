"""The few figures an analyst asks first."""

from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.changes import month_over_month, same_time_yesterday
from cfusage_lab.daily import daily_usage
from cfusage_lab.frames import Frames, FrameT
from cfusage_lab.frames.engines import EngineTable
from cfusage_lab.frames.expressions import without_rounding
from cfusage_lab.frames.local_time import localize
from cfusage_lab.patterns import load_factor, peak_hours
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.schema import SUMMARY

__all__ = ["HEADLINE", "headline_table", "summary"]

HEADLINE: Final = pl.Schema(
    {
        **SUMMARY,
        "day_is_whole": pl.Boolean(),
        "month_is_whole": pl.Boolean(),
        "whole_days": pl.Int64(),
        "first_whole_date": pl.Date(),
        "peak_hour_usd": pl.Float64(),
        "peak_hours": pl.Int64(),
        "first_date": pl.Date(),
    }
)
"""A summary, and what is said beside it.

Whether the day and the month so far have all their hours; of how many whole days the mean is, and since when;
the mean of the peak hour, how many hours of the clock share it, and since when they are known.
"""


def summary(history: FrameT, *, time_zone: str) -> FrameT:
    """Put an account into one row: today, the month, a usual day, the hours that cost most.

    The running window is left out of every figure.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), from the first of the previous month for all
        comparisons, as of :func:`cfusage_lab.since_previous_month`.
    time_zone
        The IANA name of the zone whose days, months and hours these are.

    Returns
    -------
    DataFrame
        One row an account (``schema.SUMMARY``), sorted unless it is lazy:

        - ``date``, ``until``: the day of the last finished window of all accounts, and the local clock time
          of its end, ``24:00`` when that day is over
        - ``today_usd``, ``yesterday_usd``, ``day_change_ratio``, ``day_kind``: that day until then beside
          the day before until the same time, in US dollars and as a fraction
        - ``month_usd``, ``previous_month_usd``, ``month_change_ratio``, ``month_kind``: the month so far
          beside the same days of the month before; of an account that lacks hours until then, what is there,
          beside nothing, and ``unknown``
        - ``mean_day_usd``: US dollars, the mean of all whole days; null where there is none
        - ``peak_hour``: the hour of the local clock with the highest mean, the earliest of several; null
          unless that mean is above 0
        - ``load_factor``: the mean hour over the highest one; null unless that is above 0
        - ``provisional_share``: of the finished windows, the fraction that may still change

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If columns are missing, or windows are not hours.

    Warns
    -----
    OffTheHourWarning
        If local midnights fall inside UTC hours, as in India.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.since_previous_month(now="2026-11-18T09:30Z"))
    >>> row = cfu.summary(history, time_zone="UTC").row(0, named=True)
    >>> print(f"{row['until']}: ${row['today_usd']:.2f} today, ${row['yesterday_usd']:.2f} by then yesterday")
    09:00: $26.35 today, $16.78 by then yesterday
    >>> print(f"${row['month_usd']:,.2f} this month, ${row['previous_month_usd']:,.2f} by then last month")
    $1,506.59 this month, $1,501.23 by then last month
    """
    table, rows = _rows(history, time_zone)
    result: FrameT = table.hand_back(rows.select(*SUMMARY.names()), order=("account_id",))
    return result


def headline_table(history: pl.DataFrame, *, time_zone: str) -> pl.DataFrame:
    """Return the rows of :func:`summary` with what is said beside them (``HEADLINE``)."""
    table, rows = _rows(history, time_zone)
    result: pl.DataFrame = table.hand_back(rows.select(*HEADLINE.names()), order=("account_id",))
    return result


def _rows(history: FrameT, time_zone: str) -> tuple[EngineTable, Frames]:
    local = localize(history, time_zone=time_zone)
    history = local.table.native
    is_finished = nw.col("state") != "in_progress"
    finished = local.frame.select(
        "account_id",
        is_provisional=nw.when(is_finished).then((nw.col("state") == "provisional").cast(nw.Float64)),
        date=nw.when(is_finished).then(nw.col("date")),
    )
    rows = finished.group_by("account_id").agg(
        provisional_share=nw.col("is_provisional").mean(), first_date=nw.col("date").min()
    )
    with no_zone_warning():
        parts = (
            _today(history, time_zone),
            _month(history, time_zone),
            _mean_day(history, time_zone),
            _peak_hour(history, time_zone),
            _lazy(load_factor(history)).select("account_id", "load_factor"),
        )
    for part in parts:
        rows = rows.join(part, on="account_id", how="left")
    return local.table, rows.with_columns(nw.col("day_kind", "month_kind").fill_null("unknown"))


def _lazy(table: Any) -> Frames:  # noqa: ANN401 - the caller's own kind
    frame: Frames = nw.from_native(table).lazy()
    return frame


def _today(history: FrameT, time_zone: str) -> Frames:
    pairs = _lazy(same_time_yesterday(history, time_zone=time_zone))
    return pairs.filter(nw.col("against") == "yesterday").select(
        "account_id",
        "date",
        "until",
        today_usd="current_usd",
        yesterday_usd="previous_usd",
        day_change_ratio="change_ratio",
        day_kind="kind",
        day_is_whole="is_whole",
    )


def _month(history: FrameT, time_zone: str) -> Frames:
    days = _lazy(month_over_month(history, time_zone=time_zone))
    latest = days.filter(nw.col("date") == nw.col("date").max().over("account_id"))
    return latest.select(
        "account_id",
        month_usd="current_usd",
        previous_month_usd="previous_usd",
        month_change_ratio="change_ratio",
        month_kind="kind",
        month_is_whole="is_whole",
    )


def _mean_day(history: FrameT, time_zone: str) -> Frames:
    days = _lazy(daily_usage(history, time_zone=time_zone))
    whole = days.filter(nw.col("is_whole") & (nw.col("state") != "in_progress"))
    cost = nw.col("cost_usd")
    means = whole.group_by("account_id").agg(
        mean=cost.mean(),
        gross=cost.abs().mean(),
        whole_days=nw.len().cast(nw.Int64),
        first_whole_date=nw.col("date").min(),
    )
    mean = without_rounding(nw.col("mean"), nw.col("gross"))
    return means.select("account_id", "whole_days", "first_whole_date", mean_day_usd=mean)


def _peak_hour(history: FrameT, time_zone: str) -> Frames:
    hours = _lazy(peak_hours(history, time_zone=time_zone)).filter(nw.col("mean_usd") > 0)
    return hours.group_by("account_id").agg(
        peak_hour=nw.col("hour").min(),
        peak_hours=nw.len().cast(nw.Int64),
        peak_hour_usd=nw.col("mean_usd").max(),
    )
