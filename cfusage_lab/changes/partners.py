"""Local days beside their partners."""

from typing import Any

import narwhals as nw
import polars as pl

from cfusage_lab.argument_checks import check_flags
from cfusage_lab.changes.kinds import with_change
from cfusage_lab.frames import EngineTable, Frames, open_checked
from cfusage_lab.frames.integer_keys import IntegerKeys
from cfusage_lab.schema import COMPARISON, DAILY, DAY_KEY

__all__ = ["compare_with_partners", "open_days", "without_running_day"]


def open_days(daily: object) -> EngineTable:
    """Open a table of local days."""
    return open_checked(daily, DAILY, table="daily", key=DAY_KEY)


def without_running_day(days: Frames, *, include_in_progress: bool) -> Frames:
    """Leave the running day out, unless it is asked for."""
    check_flags(include_in_progress=include_in_progress)
    return days if include_in_progress else days.filter(nw.col("state") != "in_progress")


def compare_with_partners(
    days: Frames,
    partners: Frames,
    table: EngineTable,
    *,
    include_partial: bool,
    columns: pl.Schema = COMPARISON,
) -> Any:  # noqa: ANN401 - the caller's own kind
    """Compare each day with the partner of its date, and return that as the caller's kind of table.

    A partner may have a ``previous_date``; it comes back if it is among the ``columns``.
    """
    check_flags(include_partial=include_partial)
    dates = [name for name in columns.names() if name == "previous_date"]
    if not include_partial:
        partners = partners.filter(nw.col("is_whole"))
    partners = partners.select("account_id", "date", *dates, previous_usd="cost_usd")
    pairs = _joined(
        days.select("account_id", "date", "is_whole", "state", current_usd="cost_usd"), partners, table
    )
    if not include_partial:
        pairs = pairs.with_columns(
            **{name: nw.when(nw.col("is_whole")).then(nw.col(name)) for name in ("previous_usd", *dates)}
        )
    return table.hand_back(with_change(pairs).select(*columns.names()))


def _joined(rows: Frames, partners: Frames, table: EngineTable) -> Frames:
    """Join on account and date; on polars by one whole number, at once where both are in order of it."""
    if table.is_spark:
        return rows.join(partners, on=["account_id", "date"], how="left")
    keys = IntegerKeys()
    left, right = (
        keys.added(side.to_native(), place="date", at_once=table.is_eager) for side in (rows, partners)
    )
    joined = left.join(right, on="key", how="left")
    if table.is_eager:
        joined = joined.collect(engine="in-memory").lazy()
    found = joined.select(pl.exclude("key"), account_id=keys.account(), date=keys.place(pl.Date()))
    result: Frames = nw.from_native(found)
    return result
