"""What an archive says about itself: what it holds, what was revised, and whether it is sound."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cfusage_lab.archive.layout import KEYS, STORED, month_of, seal
from cfusage_lab.archive.spans import absent
from cfusage_lab.schema import STATES, WIDTHS, Granularity

__all__ = [
    "COMPACTED",
    "COVERAGE",
    "REVISIONS",
    "TABLES",
    "coverage",
    "edges",
    "faults",
    "flaws",
    "revisions",
]

_INSTANT: Final = pl.Datetime("us", "UTC")
_GAP: Final = pl.Struct({"start_time": _INSTANT, "end_time": _INSTANT})

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

TABLES: Final = pl.Schema(
    {
        "source": pl.String(),
        "granularity": pl.String(),
        "version": pl.Int64(),
        "files": pl.Int64(),
        "rows": pl.Int64(),
        "bytes": pl.Int64(),
        "total_usd": pl.Float64(),
    }
)
"""One row is a table of the archive, of the ``source`` ``account`` or ``sandbox``: its newest version.

``granularity`` is ``hour`` or ``day``, or ``invoice_preview``: ``total_usd`` is null there, for the same
dollars are seen again and again.
"""


COMPACTED: Final = pl.Schema({"source": pl.String(), "granularity": pl.String(), "files_deleted": pl.Int64()})
"""One row is a table of the archive, and how many files it no longer needed."""


def coverage(stored: pl.DataFrame, *, granularity: Granularity, is_complete: pl.Expr) -> pl.DataFrame:
    """Return what is held (:data:`COVERAGE`), in no order; ``is_complete`` says which windows are."""
    width = WIDTHS[granularity]
    bounds = stored.group_by("account_id").agg(start=pl.col("start_time").min(), end=pl.col("end_time").max())
    months = (
        bounds.with_columns(
            month=pl.datetime_ranges(
                pl.col("start").dt.month_start().dt.truncate("1d"), "end", "1mo", closed="left"
            )
        )
        .explode("month")
        .with_columns(
            start_time=pl.max_horizontal("start", "month"),
            end_time=pl.min_horizontal("end", pl.col("month").dt.offset_by("1mo")),
        )
    )
    counts = stored.group_by("account_id", month=pl.col("start_time").dt.truncate("1mo")).agg(
        windows=pl.len().cast(pl.Int64), complete=is_complete.sum().cast(pl.Int64)
    )
    gaps = (
        months.join(absent(stored, bounds, width=width), on="account_id", suffix="_gap")
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
        .join(gaps, on=["account_id", "month"], how="left")
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


def revisions(stored: pl.LazyFrame) -> pl.LazyFrame:
    """Return every change of every window (:data:`REVISIONS`), oldest first."""
    rows = stored.filter(pl.col("revisions").is_not_null()).select(
        "account_id", "start_time", "end_time", "aggregated_value", "revisions"
    )
    following = pl.col("old_usd").shift(-1).over(*KEYS).fill_null(pl.col("aggregated_value"))
    return (
        rows.explode("revisions")
        .unnest("revisions")
        .with_columns(new_usd=following)
        .with_columns(change_usd=pl.col("new_usd") - pl.col("old_usd"))
        .select(REVISIONS.names())
        .sort("revised_at", "account_id", "start_time")
    )


def faults(stored: pl.DataFrame, *, granularity: Granularity) -> list[str]:
    """Return what is wrong with the rows of a table, in words; nothing if they are as they were written."""
    if stored.schema != STORED:
        return [f"its columns are {dict(stored.schema)}"]
    found = flaws(
        stored,
        {
            "windows that are there twice": pl.struct(KEYS).is_duplicated(),
            "windows in another month's files": month_of(pl.col("start_time")) != pl.col("month"),
        },
        granularity=granularity,
    )
    for (month,), rows in stored.partition_by("month", as_dict=True).items():
        if rows["month_seal"].unique().to_list() != [seal(rows)]:
            found.append(f"{month} is not what was written")
    return found


def flaws(windows: pl.DataFrame, more: Mapping[str, pl.Expr], *, granularity: Granularity) -> list[str]:
    """Return in words how many windows break which rule of what is kept, or one of ``more``."""
    width = WIDTHS[granularity]
    rules = {
        "values that are missing": pl.any_horizontal(pl.exclude("revisions").is_null()),
        "values that are no number of dollars": ~pl.col("aggregated_value").is_finite(),
        "windows off the grid": pl.col("start_time").dt.truncate(width) != pl.col("start_time"),
        "windows of another width": pl.col("end_time") - pl.col("start_time") != width,
        "unknown states": ~pl.col("state").is_in(STATES),
        "amounts beside a window that was not reported": ~pl.col("is_reported")
        & (pl.col("aggregated_value") != 0),
        **more,
    }
    counts = windows.select(rule.sum().alias(name) for name, rule in rules.items()).row(0, named=True)
    return [f"{count:,} {name}" for name, count in counts.items() if count]


def edges(stored: pl.DataFrame, *, rows: int) -> pl.DataFrame:
    """Return the windows that are first and last, by account or by time, in each group of so many rows.

    If all of these can be looked up, the statistics by which a query leaves files out hide no window.
    """
    found = [stored.select("month", *KEYS).clear()]
    for month in stored.sort("month", *KEYS).partition_by("month", maintain_order=True):
        for group in month.select("month", *KEYS).iter_slices(rows):
            start = group["start_time"]
            places = {0, group.height - 1, start.arg_min(), start.arg_max()}
            found.append(group[sorted(place for place in places if place is not None)])
    return pl.concat(found)
