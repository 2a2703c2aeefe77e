"""Late corrections: how one is detected, and what is told of it.

Cloudflare may correct a window that was complete. An update that re-checks asks for the sums of the last 40
UTC days, one request an account, holds each against the hours that are stored, and asks by hour for the days
that differ. What a window was worth before goes into its ``revisions`` (``rows.rows_to_write``).
"""

from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab.archive.coverage import SPANS
from cfusage_lab.archive.rows import KEY
from cfusage_lab.time_units import DAY, midnight

__all__ = ["RECHECKED", "REVISIONS", "changed_days", "days_to_recheck", "first_reported", "revisions"]

RECHECKED: Final = timedelta(days=41)
"""How far back a re-check begins: a UTC day is looked at until 40 days after it ended.

Stripe, for one, takes events up to 35 days late.
"""

_SAME_USD: Final = 1e-9
"""Dollars by which a day and the sum of its hours may differ: what adding floats up leaves of small sums."""
_SAME_RATIO: Final = 1e-12
"""The same for large sums: doubles have 16 digits, and 24 of them are added up."""

_INSTANT: Final = pl.Datetime("us", "UTC")

REVISIONS: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "start_time": _INSTANT,
        "end_time": _INSTANT,
        "old_usd": pl.Float64(),
        "new_usd": pl.Float64(),
        "change_usd": pl.Float64(),
        "old_state": pl.String(),
        "revised_at": _INSTANT,
    }
)
"""One row is a change of a window's value after it was stored, in US dollars, seen at ``revised_at``.

``old_state`` is what the old value was: ``provisional``, or ``complete`` where it was thought to be final.
"""


def days_to_recheck(settled: pl.DataFrame, *, width: timedelta, now: datetime) -> pl.DataFrame:
    """Return the UTC days of the last weeks (:data:`SPANS`) of which all windows are stored and settled."""
    return (
        settled.filter(pl.col("start_time") >= midnight(now) - RECHECKED)
        .group_by("account_id", start=pl.col("start_time").dt.truncate("1d"))
        .agg(windows=pl.len())
        .filter(pl.col("windows") == DAY // width)
        .select("account_id", "start", end=pl.col("start") + DAY)
    )


def changed_days(days: pl.DataFrame, sums: pl.DataFrame, stored: pl.DataFrame) -> pl.DataFrame:
    """Return those days (:data:`SPANS`) whose sum is no longer that of their stored hours.

    A day that the endpoint no longer reports, nor any older one, is a day that it has forgotten.

    Parameters
    ----------
    days
        The days in question.
    sums
        The endpoint's day windows of them.
    stored
        The stored hours.
    """
    hours = stored.group_by("account_id", start=pl.col("start_time").dt.truncate("1d")).agg(
        stored_usd=pl.col("aggregated_value").sum()
    )
    found = (
        days.join(sums, left_on=["account_id", "start"], right_on=["account_id", "start_time"])
        .join(hours, on=["account_id", "start"])
        .join(first_reported(sums), on="account_id", how="left")
    )
    difference = (pl.col("aggregated_value") - pl.col("stored_usd")).abs()
    allowed = pl.max_horizontal(pl.lit(_SAME_USD), pl.col("stored_usd").abs() * _SAME_RATIO)
    return found.filter(difference > allowed, pl.col("start") >= pl.col("first")).select(SPANS.names())


def first_reported(windows: pl.DataFrame) -> pl.DataFrame:
    """Return, for each account, the start of the oldest window that the endpoint reported."""
    return windows.filter("is_reported").group_by("account_id").agg(first=pl.col("start_time").min())


def revisions(stored: pl.LazyFrame) -> pl.LazyFrame:
    """Return every change of every window (:data:`REVISIONS`), oldest first."""
    rows = stored.filter(pl.col("revisions").is_not_null()).select(
        "account_id", "start_time", "end_time", "aggregated_value", "revisions"
    )
    following = pl.col("old_usd").shift(-1).over(*KEY).fill_null(pl.col("aggregated_value"))
    return (
        rows.explode("revisions")
        .unnest("revisions")
        .with_columns(new_usd=following)
        .with_columns(change_usd=pl.col("new_usd") - pl.col("old_usd"))
        .select(REVISIONS.names())
        .sort("revised_at", "account_id", "start_time")
    )
