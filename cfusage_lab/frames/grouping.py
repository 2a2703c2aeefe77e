"""Windows grouped by account and by a date or a slot of the week, on every engine."""

from collections.abc import Callable, Mapping
from typing import Any

import narwhals as nw
import polars as pl

from cfusage_lab.frames.engines import EngineTable, Frames
from cfusage_lab.frames.integer_keys import IntegerKeys

__all__ = ["grouped"]

Aggregates = Callable[[Any], dict[str, Any]]


def grouped(
    windows: Frames,
    table: EngineTable,
    *,
    by: str,
    aggregates: Aggregates,
    figures: Mapping[str, pl.Expr] | None = None,
    is_valued: bool = False,
    runs: pl.DataFrame | None = None,
) -> Frames:
    """Group windows by ``account_id`` and the column ``by``, a date or a small whole number.

    On polars, one whole number is the key, unless there are few rows. A history comes account by account
    and hour by hour: where its result is computed at once, the rows of a day are then neighbours, and are
    added up as they stand. No order of rows is relied upon.

    Parameters
    ----------
    windows
        A lazy frame with ``account_id``, ``by`` and what is aggregated.
    table
        Where it came in.
    by
        The column.
    aggregates
        Given Narwhals or polars, the expressions by name.
    figures
        On polars, what is made of each group's aggregates, in their place.
    is_valued
        Whether to leave windows out that have a null.
    runs
        The runs of rows of one account, where they are known.

    Returns
    -------
    LazyFrame
        One row an account and value of ``by``: these two, and the aggregates or figures.
    """
    if table.is_spark:
        valued = windows.drop_nulls() if is_valued else windows
        return valued.group_by("account_id", by).agg(**aggregates(nw))
    rows: Any = windows.to_native()
    if table.is_short:
        valued = rows.drop_nulls() if is_valued else rows
        # In the rows' order: a sum over the groups then has the same last digit each time.
        groups = valued.group_by("account_id", by, maintain_order=True).agg(**aggregates(pl))
        found: Frames = nw.from_native(groups.select("account_id", by, **figures) if figures else groups)
        return found
    keys = IntegerKeys()
    keyed = keys.added(rows, place=by, at_once=table.is_eager, runs=runs)

    def of(part: pl.LazyFrame) -> pl.LazyFrame:
        groups = (part.drop_nulls() if is_valued else part).group_by("key").agg(**aggregates(pl))
        return groups.select("key", **figures) if figures else groups

    if table.is_eager and figures:
        pieces = keys.pieces(keyed.collect(engine="in-memory"))
        groups = pl.concat([of(piece.lazy()).collect(engine="in-memory") for piece in pieces]).lazy()
    else:
        groups = of(keyed)
    if table.is_eager:
        groups = groups.sort("key")  # numbers are soon in order
    parts = {"account_id": keys.account(), by: keys.place(rows.collect_schema()[by])}
    result: Frames = nw.from_native(groups.with_columns(**parts).drop("key"))
    return result
