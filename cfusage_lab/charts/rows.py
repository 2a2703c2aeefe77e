"""What is done to the rows of many charts: taken apart by account, placed on the axis, reduced."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.charts.headings import day_facts
from cfusage_lab.daily import TOTAL
from cfusage_lab.downsampling import MOST_SERIES
from cfusage_lab.wording import counted

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
        Lines for the heading where accounts were left out, or have no cost and so no row.
    is_short
        Whether the heading leaves the account to what stands around the chart.
    """

    table: pl.DataFrame
    labels: tuple[str, ...]
    tables: tuple[pl.DataFrame, ...]
    facts: tuple[str, ...]
    is_short: bool = False

    def joined(self, columns: pl.DataFrame, *, on: Sequence[str]) -> "PickedAccounts":
        """Return the same with more columns."""
        tables = (one.join(columns, on=on, how="left", maintain_order="left") for one in self.tables)
        return replace(self, tables=tuple(tables))

    @property
    def whose(self) -> str:
        """Whose cost it is, for the heading; empty where that is said elsewhere."""
        if len(self.labels) == 1:
            return "" if self.is_short else self.labels[0]
        has_sum = TOTAL in self.table["account_id"]
        accounts = counted(len(self.labels) - has_sum, "account")
        return f"{accounts} and all together on one scale" if has_sum else f"{accounts} on one scale"

    def when(self, time_zone: str | None) -> list[str]:
        """Say which days these are, and whose, for the heading; nothing where that is said elsewhere."""
        return [] if self.is_short else day_facts(self.table, time_zone)


def pick_accounts(
    table: pl.DataFrame, *, size: str, names: Mapping[str, str] | None, is_short: bool = False
) -> PickedAccounts:
    """Take a table apart by account: all that have cost, or those with the most ``size`` and a line about it.

    Where no account has cost, all are drawn.
    """
    sizes = dict(table.group_by("account_id").agg(pl.col(size).abs().sum()).iter_rows())
    known = labels(sizes, names=names)
    free = _without_cost(table) if len(known) > 1 else set()
    with_cost = [one for one in known if one not in free] or list(known)
    largest = sorted(with_cost, key=lambda one: -sizes[one])[:MOST_SERIES]
    shown = [one for one in known if one in largest]
    facts = [f"The largest {len(shown)} of {len(known):,} accounts; total_usage() adds all up"]
    facts = facts if len(shown) < len(with_cost) else []
    facts += [_no_cost([known[one] for one in known if one in free])] if len(with_cost) < len(known) else []
    return PickedAccounts(
        table.filter(pl.col("account_id").is_in(shown)) if len(shown) < len(known) else table,
        tuple(known[one] for one in shown),
        tuple(table.filter(pl.col("account_id") == one) for one in shown),
        tuple(facts),
        is_short,
    )


def _without_cost(table: pl.DataFrame) -> set[str]:
    """Return the accounts of which every amount that is known is zero, and some are."""
    amounts = pl.selectors.ends_with("_usd")
    known = table.group_by("account_id").agg(
        is_known=pl.any_horizontal(amounts.is_not_null().any()),
        is_free=pl.all_horizontal((amounts.fill_null(0.0) == 0.0).all()),
    )
    return set(known.filter("is_known", "is_free")["account_id"])


def _no_cost(names: list[str]) -> str:
    """Say whose rows are left out, a few of them by name."""
    named, more = names[:_MOST_NAMED], len(names) - _MOST_NAMED
    if more > 0:
        return f"No cost: {', '.join(named)} and {more:,} more"
    return f"No cost: {' and '.join(named)}"


_MOST_NAMED: Final = 2


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
