"""Days: their place on the axis, and what a heading says about them."""

from datetime import date
from typing import Final

import polars as pl

from cfusage_lab.ranges import zone
from cfusage_lab.schema import STATES
from cfusage_lab.wording import days_text

__all__ = ["MOST_DAYS", "changing", "dated", "slots", "when"]

MOST_DAYS: Final = 750
"""Days that can be told apart at all, on a wide screen."""


def slots(table: pl.DataFrame) -> tuple[date | None, int]:
    """Return the first date, and how many neighbouring days have to share a place on the screen."""
    if table.is_empty():
        return None, 1
    first, last = table["date"].min(), table["date"].max()
    return first, -(-((last - first).days + 1) // MOST_DAYS)  # type: ignore[operator, return-value, union-attr]


def dated(table: pl.DataFrame, *, first: date | None = None, days: int = 1) -> pl.DataFrame:
    """Put ``day`` and its midnights, ``left`` and ``right``, in the place of ``date``: readings marked UTC.

    ``day`` is in milliseconds, because no axis makes a moment of it.

    Slots of several ``days`` are counted from ``first``.
    """
    midnight = pl.col("date").cast(pl.Datetime("ms")).dt.replace_time_zone("UTC")
    into = (pl.col("date") - pl.lit(first)).dt.total_days() % days if days > 1 else pl.lit(0)
    left = midnight - pl.duration(days=into)
    return table.with_columns(
        day=midnight.dt.epoch("ms"), left=left, right=left + pl.duration(days=days)
    ).drop("date")


def when(table: pl.DataFrame, time_zone: str | None) -> list[str]:
    """Say from which date to which the table goes, and whose days these are."""
    key = [] if time_zone is None else [f"{zone(time_zone).key} days"]
    if table.is_empty():
        return key
    return [days_text(table["date"].min(), table["date"].max()), *key]  # type: ignore[arg-type]


def changing(table: pl.DataFrame) -> str:
    """Say how many rows may still change; nothing if none may."""
    counts = dict(table["state"].value_counts().iter_rows())
    return ", ".join(
        f"{counts[state]:,} {state.replace('_', ' ')}" for state in STATES[1:] if state in counts
    )
