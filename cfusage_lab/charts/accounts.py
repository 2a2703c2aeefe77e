"""Which accounts of a table are drawn, in which order, under which names."""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.downsampling import MOST_SERIES

__all__ = ["Picked", "picked"]


@dataclass(frozen=True, slots=True)
class Picked:
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


def picked(table: pl.DataFrame, *, size: str, names: Mapping[str, str] | None) -> Picked:
    """Take a table apart by account: all, or those with the most ``size`` and a line that says so."""
    sizes = dict(table.group_by("account_id").agg(pl.col(size).abs().sum()).iter_rows())
    known = labels(sizes, names=names)
    largest = sorted(known, key=lambda one: -sizes[one])[:MOST_SERIES]
    shown = [one for one in known if one in largest]
    left_out = len(known) - len(shown)
    facts = (f"The largest {len(shown)} of {len(known):,} accounts; total_usage() adds all up",)
    return Picked(
        table.filter(pl.col("account_id").is_in(shown)) if left_out else table,
        tuple(known[one] for one in shown),
        tuple(table.filter(pl.col("account_id") == one) for one in shown),
        facts if left_out else (),
    )
