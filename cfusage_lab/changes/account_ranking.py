"""Accounts by what they cost in a range, each beside itself in another one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import narwhals as nw
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.changes.kinds import with_change
from cfusage_lab.daily import daily_usage
from cfusage_lab.frames.expressions import net, without_rounding
from cfusage_lab.ranges import TimeRange, no_zone_warning
from cfusage_lab.time_units import HOUR

__all__ = ["MOST_POINTS", "RANKED", "rank_accounts"]

MOST_POINTS: Final = 60
"""Points of a small line: it is some hundred pixels wide."""
RANKED: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "name": pl.String(),
        "cost_usd": pl.Float64(),
        "share": pl.Float64(),
        "previous_usd": pl.Float64(),
        "change_usd": pl.Float64(),
        "change_ratio": pl.Float64(),
        "kind": pl.String(),
        "spark": pl.List(pl.Float64()),
    }
)
"""What :func:`rank_accounts` returns: one row an account."""


def rank_accounts(
    history: pl.DataFrame,
    previous: pl.DataFrame | None,
    *,
    names: Mapping[str, str] | None,
    time_zone: str,
    previous_range: TimeRange | None = None,
) -> pl.DataFrame:
    """Rank accounts by cost, and compare each with what it cost in another range.

    The running window counts in ``cost_usd`` and nowhere else: of a range that is not over, hand in as
    ``previous`` what the finished windows are to be compared with.

    Parameters
    ----------
    history
        The hour windows of the range (``schema.HISTORY``).
    previous
        Those of the comparison range; None where nothing is compared.
    names
        Account id to name.
    time_zone
        The zone whose days the small lines are made of.
    previous_range
        The comparison range. Left out, it is the span of ``previous``.

    Returns
    -------
    DataFrame
        One row an account of ``history`` (``RANKED``), the costliest first, of the same cost by name:

        - ``account_id``, ``name``: the account, and what it is called, no two alike
        - ``cost_usd``: US dollars of all windows that are known; null if none is
        - ``share``: the fraction of all accounts' cost; null unless that is above 0
        - ``previous_usd``: US dollars of the account in ``previous``; null unless each hour of it is known,
          and each finished one of ``history``, too
        - ``change_usd``, ``change_ratio``, ``kind``: the finished windows less that, the same as a
          fraction, and what it comes to, as :func:`cfusage_lab.day_over_day` has them
        - ``spark``: US dollars of each local day from the first to the last, null for a day that is not
          whole; of more than 60 days, means of some at a time

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If ``history`` is no table of hour windows, or a window of it is a duplicate.
    """
    is_finished = history["state"] != "in_progress"
    finished, running = history.filter(is_finished), history.filter(~is_finished)
    with no_zone_warning():
        days = daily_usage(finished, time_zone=time_zone)
    sums = days.group_by("account_id").agg(_net("cost_usd"), pl.col("hours").sum())
    last = running.group_by("account_id").agg(running_usd=pl.col("aggregated_value").first())
    current = pl.when(pl.col("hours") == _span_hours(finished)).then(pl.col("cost_usd"))
    found = (
        sums.join(last, on="account_id", how="full", coalesce=True)
        .join(_before(previous, previous_range), on="account_id", how="left")
        .join(_sparks(days), on="account_id", how="left")
        .with_columns(current_usd=current)
    )
    compared: pl.DataFrame = with_change(nw.from_native(found.lazy())).to_native().collect()
    total = pl.sum_horizontal("cost_usd", "running_usd")
    is_known = (pl.col("hours") > 0) | pl.col("running_usd").is_not_null()
    ranked = compared.with_columns(cost_usd=pl.when(is_known).then(total))
    whole = net(ranked["cost_usd"])
    called = labels(ranked["account_id"], names=names)
    return (
        ranked.with_columns(
            name=pl.col("account_id").replace_strict(called, return_dtype=pl.String),
            share=pl.col("cost_usd") / whole if whole > 0 else pl.lit(None),
            spark=pl.col("spark").fill_null([]),
        )
        .sort("cost_usd", "name", descending=[True, False], nulls_last=True)
        .select(RANKED.names())
        .cast(RANKED)
    )


def _net(column: str) -> pl.Expr:
    """Return a sum, and 0 where it is nothing but rounding."""
    cost = pl.col(column)
    total: pl.Expr = without_rounding(cost.sum(), cost.abs().sum(), pl)
    return total.alias(column)


def _span_hours(finished: pl.DataFrame) -> int:
    """Count the hours from the first window to the last: what each account has if none is missing."""
    first, last = finished["start_time"].min(), finished["start_time"].max()
    if not (isinstance(first, datetime) and isinstance(last, datetime)):
        return 0
    return (last - first) // HOUR + 1


def _before(previous: pl.DataFrame | None, time_range: TimeRange | None) -> pl.DataFrame:
    """Return ``previous_usd`` of each account of which every hour is known."""
    if previous is None:
        return pl.DataFrame(schema={"account_id": pl.String, "previous_usd": pl.Float64})
    is_finished = previous["state"] != "in_progress"
    finished, running = previous.filter(is_finished), previous.filter(~is_finished)
    hours = _span_hours(finished)
    if time_range is not None:
        hours = time_range.hours - running["start_time"].n_unique()
    costs = finished.lazy().select("account_id", previous_usd="aggregated_value")
    sums = costs.group_by("account_id").agg(
        _net("previous_usd"), known=pl.col("previous_usd").count().cast(pl.Int64)
    )
    return sums.filter(pl.col("known") == hours).select("account_id", "previous_usd").collect()


def _sparks(days: pl.DataFrame) -> pl.DataFrame:
    """Return a ``spark`` of each account: all of them have the same days."""
    ends = pl.lit(days["date"].min()), pl.lit(days["date"].max())
    dates = days["date"] if days.is_empty() else pl.select(pl.date_range(*ends)).to_series()
    at_a_time = -(-dates.len() // MOST_POINTS) or 1
    points = pl.DataFrame({"date": dates, "point": pl.int_range(dates.len(), eager=True) // at_a_time})
    whole = days.filter("is_whole").select("account_id", "date", "cost_usd")
    grid = days.select(pl.col("account_id").unique(maintain_order=True)).join(points, how="cross")
    values = grid.join(whole, on=["account_id", "date"], how="left", maintain_order="left")
    if at_a_time > 1:
        values = values.group_by("account_id", "point", maintain_order=True).agg(pl.col("cost_usd").mean())
    return values.group_by("account_id", maintain_order=True).agg(spark="cost_usd")
