"""Local days beside their partners."""

from typing import Any

import narwhals as nw
import polars as pl

from cfusage_lab.frames import Door, Frames, opened_rows
from cfusage_lab.frames.expressions import with_change
from cfusage_lab.frames.keys import Keys
from cfusage_lab.options import check_flags
from cfusage_lab.schema import COMPARISON, DAILY

__all__ = ["beside", "kept", "opened_days"]


def opened_days(daily: object) -> Door:
    """Let a table of local days in."""
    return opened_rows(daily, DAILY, table="daily", key=("account_id", "date"))


def kept(rows: Frames, *, include_in_progress: bool) -> Frames:
    """Leave the running day out, unless it is asked for."""
    check_flags(include_in_progress=include_in_progress)
    return rows if include_in_progress else rows.filter(nw.col("state") != "in_progress")


def beside(
    rows: Frames, partners: Frames, door: Door, *, include_partial: bool, columns: pl.Schema = COMPARISON
) -> Any:  # noqa: ANN401
    """Set each row beside the partner that bears its date, and return it as the caller's kind of table.

    The partner's ``previous_date`` is among the ``columns`` where it is asked for.
    """
    check_flags(include_partial=include_partial)
    told = [name for name in columns.names() if name == "previous_date"]
    if not include_partial:
        partners = partners.filter(nw.col("is_whole"))
    partners = partners.select("account_id", "date", *told, previous_usd="cost_usd")
    paired = _joined(
        rows.select("account_id", "date", "is_whole", "state", current_usd="cost_usd"), partners, door
    )
    if not include_partial:
        sides = ("previous_usd", *told)
        paired = paired.with_columns(
            **{name: nw.when(nw.col("is_whole")).then(nw.col(name)) for name in sides}
        )
    compared = with_change(paired).select(*columns.names())
    return door.back(compared)


def _joined(rows: Frames, partners: Frames, door: Door) -> Frames:
    """Join on account and date; on polars by one whole number, at once where both are in order of it."""
    if door.is_spark:
        return rows.join(partners, on=["account_id", "date"], how="left")
    keys = Keys()
    left, right = (
        keys.added(side.to_native(), place="date", at_once=door.is_eager) for side in (rows, partners)
    )
    joined = left.join(right, on="key", how="left")
    if door.is_eager:
        joined = joined.collect(engine="in-memory").lazy()
    found = joined.select(pl.exclude("key"), account_id=keys.account(), date=keys.place(pl.Date()))
    result: Frames = nw.from_native(found)
    return result
