"""The rows of stored usage history: how a window is kept, read back, and merged with one fetched again."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab import schema
from cfusage_lab.schema import STATES, WIDTHS, Granularity
from cfusage_lab.time_units import EPOCH

__all__ = [
    "CHECKSUM",
    "KEY",
    "REVISION",
    "STORED",
    "as_history",
    "broken_rules",
    "flaws",
    "instant",
    "is_settled",
    "month_of",
    "rows_to_write",
]

_INSTANT: Final = pl.Datetime("us", "UTC")

CHECKSUM: Final = "month_seal"
"""The column that holds a month's checksum: it is called as in archives that exist."""

REVISION: Final = pl.Struct({"old_usd": pl.Float64(), "old_state": pl.String(), "revised_at": _INSTANT})
"""What a window was worth until ``revised_at``, and the state it was in when that was fetched."""

STORED: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "start_time": _INSTANT,
        "end_time": _INSTANT,
        "aggregated_value": pl.Float64(),
        "is_reported": pl.Boolean(),
        "state": pl.String(),
        "fetched_at": _INSTANT,
        "revisions": pl.List(REVISION),
        CHECKSUM: pl.String(),
        "month": pl.String(),
    }
)
"""One row is one window of an account, as it was last fetched.

``aggregated_value`` is in US dollars; ``state`` is that of the moment ``fetched_at``; ``revisions`` is null
where the value never changed. ``month``, such as ``2026-11``, is the UTC month of ``start_time`` and names
the partition, which is always written whole, with one checksum in all its rows.
"""

KEY: Final = ["account_id", "start_time"]
"""What tells a window from every other."""


def instant(moment: datetime) -> pl.Expr:
    """Return a moment as an expression: by its number, which polars takes a good deal faster."""
    return pl.lit((moment - EPOCH) // timedelta(microseconds=1), pl.Int64).cast(_INSTANT)


def month_of(start: pl.Expr) -> pl.Expr:
    """Return the name of the partition of a window."""
    return start.dt.strftime("%Y-%m")


def is_settled(now: datetime) -> pl.Expr:
    """Return whether a window was already complete when it was fetched.

    What seems to have been fetched later than ``now`` was fetched by a clock that ran ahead, or this one
    has been set back: either way it is fetched again.
    """
    return (pl.col("state") == "complete") & (pl.col("fetched_at") <= instant(now))


def as_history(stored: pl.LazyFrame, *, now: datetime) -> pl.LazyFrame:
    """Return stored windows as a history table, in the state that they have at ``now``.

    A value that was fetched before its window had settled stays provisional until it is fetched again.
    """
    state = (
        pl.when(is_settled(now))
        .then(pl.lit("complete"))
        .when(pl.col("end_time") > instant(now))
        .then(pl.lit("in_progress"))
        .otherwise(pl.lit("provisional"))
    )
    return stored.with_columns(id=pl.lit(None, pl.String), state=state).select(schema.HISTORY.names())


def rows_to_write(stored: pl.DataFrame, fetched: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Return the fetched rows that replace a stored one or are new: the newer answer wins.

    Parameters
    ----------
    stored
        Rows of the months in question (:data:`STORED`).
    fetched
        The same columns without ``revisions`` and the checksum; and ``is_remembered``, whether the endpoint
        still reports anything that is at least as old. Where it does not, a window it leaves out is one
        that it has forgotten, and the value that is stored stays.
    now
        The moment of the merge. What was stored by then, and fetched later than this answer, stays as well.
    """
    both = fetched.join(stored.drop("month", CHECKSUM, "end_time"), on=KEY, how="left", suffix="_old")
    is_old = pl.col("fetched_at_old").is_not_null()
    is_overtaken = pl.col("fetched_at_old").is_between("fetched_at", now, closed="right")
    is_forgotten = (pl.col("is_reported_old") & ~pl.col("is_reported") & ~pl.col("is_remembered")).fill_null(
        value=False
    )
    both = both.filter(~is_overtaken.fill_null(value=False)).with_columns(
        aggregated_value=pl.when(is_forgotten).then("aggregated_value_old").otherwise("aggregated_value"),
        is_reported=pl.col("is_reported") | is_forgotten,
    )
    is_revised = is_old & (pl.col("aggregated_value") != pl.col("aggregated_value_old"))
    is_changed = (
        is_revised
        | (pl.col("is_reported") != pl.col("is_reported_old"))
        | (pl.col("state") != pl.col("state_old"))
        | (pl.col("fetched_at_old") > now)
    )
    old = pl.struct(old_usd="aggregated_value_old", old_state="state_old", revised_at="fetched_at")
    revisions = pl.col("revisions").fill_null(pl.lit([], pl.List(REVISION)))
    return (
        both.filter(~is_old | is_changed)
        .with_columns(
            revisions=pl.when(is_revised & (pl.col("state_old") != "in_progress"))
            .then(pl.concat_list(revisions, pl.concat_list(old.cast(REVISION))))
            .otherwise("revisions"),
            **{CHECKSUM: pl.lit(None, pl.String)},
        )
        .select(STORED.names())
    )


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
    return broken_rules(windows, rules)


def broken_rules(rows: pl.DataFrame, rules: Mapping[str, pl.Expr]) -> list[str]:
    """Return in words how many rows each rule is true of, where it is true of any."""
    counts = rows.select(rule.sum().alias(name) for name, rule in rules.items()).row(0, named=True)
    return [f"{count:,} {name}" for name, count in counts.items() if count]
