"""What is done to the rows of many charts: taken apart by account, placed on the axis, reduced."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.downsampling import MOST_SERIES

__all__ = ["MOST_DAYS", "PickedAccounts", "day_slots", "is_zero", "pick_accounts", "place_days", "zeros_of"]

MOST_DAYS: Final = 750
"""Days that are drawn apart: two pixels each on a wide screen."""


@dataclass(frozen=True, slots=True)
class PickedAccounts:
    """What is drawn of a table.

    Attributes
    ----------
    table
        The rows of the accounts that are drawn, which are those that a heading counts.
    labels
        The accounts' names.
    tables
        The rows of each.
    facts
        A line for the heading where accounts had to be left out.
    """

    table: pl.DataFrame
    labels: tuple[str, ...]
    tables: tuple[pl.DataFrame, ...]
    facts: tuple[str, ...]

    @property
    def whose(self) -> str:
        """Whose cost it is, for the heading."""
        return self.labels[0] if len(self.labels) == 1 else "Each account on its own scale"


def pick_accounts(table: pl.DataFrame, *, size: str, names: Mapping[str, str] | None) -> PickedAccounts:
    """Take a table apart by account: all, or those with the most ``size`` and a line that says so."""
    sizes = dict(table.group_by("account_id").agg(pl.col(size).abs().sum()).iter_rows())
    known = labels(sizes, names=names)
    largest = sorted(known, key=lambda one: -sizes[one])[:MOST_SERIES]
    shown = [one for one in known if one in largest]
    left_out = len(known) - len(shown)
    facts = (f"The largest {len(shown)} of {len(known):,} accounts; total_usage() adds all up",)
    return PickedAccounts(
        table.filter(pl.col("account_id").is_in(shown)) if left_out else table,
        tuple(known[one] for one in shown),
        tuple(table.filter(pl.col("account_id") == one) for one in shown),
        facts if left_out else (),
    )


def is_zero(costs: pl.DataFrame) -> bool:
    """Whether there is nothing but zeros."""
    return not any((costs[name] != 0.0).any() for name in costs.columns)


def zeros_of(tables: Iterable[pl.DataFrame], *columns: str) -> tuple[bool, ...]:
    """Tell of which accounts there is nothing but zeros: each is on a scale of its own."""
    return tuple(is_zero(table.select(columns)) for table in tables)


def day_slots(table: pl.DataFrame) -> tuple[date | None, int]:
    """Return the first date, and how many neighbouring days have to share a place on the screen."""
    if table.is_empty():
        return None, 1
    first, last = table["date"].min(), table["date"].max()
    return first, -(-((last - first).days + 1) // MOST_DAYS)  # type: ignore[operator, return-value, union-attr]


def place_days(table: pl.DataFrame, *, first: date | None = None, days: int = 1) -> pl.DataFrame:
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
