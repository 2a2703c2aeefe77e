"""How a window is kept, how it is read back, and the seal by which an altered month is found."""

from datetime import datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Final

import polars as pl

from cfusage_lab import schema
from cfusage_lab.time_units import EPOCH

__all__ = [
    "KEYS",
    "LAYOUT",
    "LAYOUT_KEY",
    "REVISION",
    "STORED",
    "as_history",
    "instant",
    "is_settled",
    "month_of",
    "seal",
    "sealed",
]

LAYOUT: Final = 1
"""Number of this layout; a table with a higher one was written by a newer version."""

LAYOUT_KEY: Final = "cfusage_lab.layout"
"""The property of a table that says so."""

_INSTANT: Final = pl.Datetime("us", "UTC")

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
        "month_seal": pl.String(),
        "month": pl.String(),
    }
)
"""One row is one window of an account, as it was last fetched.

``aggregated_value`` is in US dollars; ``state`` is that of the moment ``fetched_at``; ``revisions`` is null
where the value never changed. ``month``, such as ``2026-11``, is the UTC month of ``start_time`` and names
the partition, which is always written whole: ``month_seal`` is the same in all its rows and follows from
them.
"""

KEYS: Final = ["account_id", "start_time"]


def instant(moment: datetime) -> pl.Expr:
    """Return a moment as an expression: by its number, which is a good deal faster than as it is."""
    return pl.lit((moment - EPOCH) // timedelta(microseconds=1), pl.Int64).cast(_INSTANT)


def month_of(start: pl.Expr) -> pl.Expr:
    """Return the name of the partition of a window."""
    return start.dt.strftime("%Y-%m")


def is_settled(now: datetime) -> pl.Expr:
    """Return whether a window's value is what it is: it was complete when it was fetched.

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


def sealed(rows: pl.DataFrame) -> pl.DataFrame:
    """Return rows of whole months in order, each with the seal of its month."""
    months = rows.sort("month", *KEYS).partition_by("month", maintain_order=True)
    return pl.concat(month.with_columns(month_seal=pl.lit(seal(month))) for month in months).select(
        STORED.names()
    )


def seal(month: pl.DataFrame) -> str:
    """Return a number that follows from every value of a month, whatever the order of its rows.

    Floats go in bit by bit and times as whole numbers, so that it never depends on how they are written.
    """
    month = month.sort(KEYS)
    plain = month.select(
        "account_id",
        pl.col("start_time", "end_time", "fetched_at").to_physical(),
        _bits("aggregated_value"),
        pl.col("is_reported").cast(pl.Int8),
        "state",
    )
    revised = month.filter(pl.col("revisions").is_not_null()).explode("revisions")
    revised = revised.select(*KEYS, pl.col("revisions").cast(REVISION)).unnest("revisions")
    revised = revised.select(
        "account_id", pl.col("start_time", "revised_at").to_physical(), _bits("old_usd"), "old_state"
    )
    number = sha256()
    for table in (plain, revised):
        text = BytesIO()
        table.write_csv(text, include_header=False)
        number.update(text.getbuffer())
    return number.hexdigest()


def _bits(name: str) -> pl.Expr:
    return pl.col(name).reinterpret(dtype=pl.Int64)
