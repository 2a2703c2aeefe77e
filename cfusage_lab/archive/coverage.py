"""What an archive holds, and what it lacks: the gaps between stored windows, by account and by month."""

from datetime import timedelta
from typing import Final

import polars as pl

from cfusage_lab.schema import WIDTHS, Granularity

__all__ = ["COVERAGE", "SPANS", "coverage", "gaps"]

_INSTANT: Final = pl.Datetime("us", "UTC")
_GAP: Final = pl.Struct({"start_time": _INSTANT, "end_time": _INSTANT})

SPANS: Final = pl.Schema({"account_id": pl.String(), "start": _INSTANT, "end": _INSTANT})
"""One row is a half-open span of time of an account."""

COVERAGE: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "granularity": pl.String(),
        "month": pl.Date(),
        "start_time": _INSTANT,
        "end_time": _INSTANT,
        "windows": pl.Int64(),
        "complete": pl.Int64(),
        "missing": pl.Int64(),
        "held_ratio": pl.Float64(),
        "gaps": pl.List(_GAP),
    }
)
"""One row is a UTC month of an account at one granularity, from the first window held to the last.

``start_time`` and ``end_time`` (exclusive) are the part of the month between them; of its windows,
``windows`` are held, ``complete`` of these are beyond change, and ``missing`` are in the ``gaps``.
``held_ratio`` is the share that is held: 1 where nothing is missing.
"""


def gaps(held: pl.DataFrame, bounds: pl.DataFrame, *, width: timedelta) -> pl.DataFrame:
    """Return the spans (:data:`SPANS`) inside each account's ``bounds`` in which no window is ``held``.

    ``bounds`` has one span an account, and ``held`` (``account_id``, ``start_time``) no window outside them.
    """
    edges = pl.concat(
        [
            bounds.select("account_id", start_time=pl.col("start") - width),
            held.select("account_id", "start_time"),
            bounds.select("account_id", start_time="end"),
        ]
    ).sort("account_id", "start_time")
    following = edges.select(
        "account_id",
        start=pl.col("start_time") + width,
        end=pl.col("start_time").shift(-1),
        is_same=pl.col("account_id") == pl.col("account_id").shift(-1),
    )
    return following.filter("is_same", pl.col("end") > pl.col("start")).select(SPANS.names())


def coverage(stored: pl.DataFrame, *, granularity: Granularity, is_complete: pl.Expr) -> pl.DataFrame:
    """Return what is held (:data:`COVERAGE`), in no order; ``is_complete`` says which windows are."""
    width = WIDTHS[granularity]
    bounds = stored.group_by("account_id").agg(start=pl.col("start_time").min(), end=pl.col("end_time").max())
    months = _months(bounds)
    counts = stored.group_by("account_id", month=pl.col("start_time").dt.truncate("1mo")).agg(
        windows=pl.len().cast(pl.Int64), complete=is_complete.sum().cast(pl.Int64)
    )
    missing = (
        months.join(gaps(stored, bounds, width=width), on="account_id", suffix="_gap")
        .with_columns(
            start_time=pl.max_horizontal("start_time", "start_gap"),
            end_time=pl.min_horizontal("end_time", "end_gap"),
        )
        .filter(pl.col("start_time") < pl.col("end_time"))
        .group_by("account_id", "month")
        .agg(gaps=pl.struct("start_time", "end_time").sort_by("start_time"))
    )
    meant = (pl.col("end_time") - pl.col("start_time")).dt.total_seconds() // int(width.total_seconds())
    return (
        months.join(counts, on=["account_id", "month"], how="left")
        .join(missing, on=["account_id", "month"], how="left")
        .with_columns(pl.col("windows", "complete").fill_null(0))
        .with_columns(
            granularity=pl.lit(granularity),
            missing=meant - pl.col("windows"),
            held_ratio=pl.col("windows") / meant,
            gaps=pl.col("gaps").fill_null(pl.lit([], pl.List(_GAP))),
            month=pl.col("month").dt.date(),
        )
        .select(COVERAGE.names())
    )


def _months(bounds: pl.DataFrame) -> pl.DataFrame:
    """Return the months of each account's span, and which part of each month is inside it."""
    starts = pl.datetime_ranges(
        pl.col("start").dt.month_start().dt.truncate("1d"), "end", "1mo", closed="left"
    )
    return (
        bounds.with_columns(month=starts)
        .explode("month")
        .with_columns(
            start_time=pl.max_horizontal("start", "month"),
            end_time=pl.min_horizontal("end", pl.col("month").dt.offset_by("1mo")),
        )
    )
