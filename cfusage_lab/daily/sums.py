"""Windows added up to local days, on every engine.

A usage history comes account by account and hour by hour. On polars, each batch of rows is therefore added
up run by run before anything is looked up by account and date, which saves a third of the time. What is
left is small, and is added up as on any other engine: no order of rows is relied upon.
"""

from typing import Final

import narwhals as nw
import polars as pl

from cfusage_lab.frames import Frames
from cfusage_lab.frames.expressions import state_rank

__all__ = ["by_date"]

_PARTS: Final = pl.Schema(
    {
        "account_id": pl.String(),
        "date": pl.Date(),
        "cost_usd": pl.Float64(),
        "windows": pl.Int64(),
        "rank": pl.Int32(),
    }
)
_WORTHWHILE: Final = 4
"""How many rows a run must have, on average, to be worth adding up by itself."""


def by_date(windows: Frames) -> Frames:
    """Add windows up.

    Parameters
    ----------
    windows
        A lazy frame with ``account_id``, ``date``, ``cost_usd`` and ``state``.

    Returns
    -------
    LazyFrame
        One row an ``account_id`` and ``date``, with the sum of ``cost_usd``, how many ``windows`` have a
        cost that is not null, and ``rank``, the largest of the states'.
    """
    rows = windows.select("account_id", "date", "cost_usd", "state")
    native = rows.to_native()
    if isinstance(native, pl.LazyFrame):
        parts: Frames = nw.from_native(native.map_batches(_run_by_run, streamable=True, schema=_PARTS))
    else:
        parts = _single(rows)
    return parts.group_by("account_id", "date").agg(nw.col("cost_usd", "windows").sum(), nw.col("rank").max())


def _single(rows: Frames) -> Frames:
    """Let each window be a part by itself."""
    is_there = (~nw.col("cost_usd").is_null()).cast(nw.Int64)
    return rows.select("account_id", "date", "cost_usd", windows=is_there, rank=state_rank().cast(nw.Int32))


def _run_by_run(batch: pl.DataFrame) -> pl.DataFrame:
    """Add neighbouring rows of one account and date up, unless the rows are in another order."""
    run = batch["account_id"].rle_id() + batch["date"].rle_id()  # counts on where either one changes
    if not batch.height or run[-1] * _WORTHWHILE > batch.height:
        single: pl.DataFrame = _single(nw.from_native(batch).lazy()).collect("polars").to_native()
        return single
    return (
        batch.with_columns(run=run.set_sorted(), rank=state_rank(pl))
        .group_by("run", maintain_order=True)
        .agg(
            pl.first("account_id", "date"),
            pl.sum("cost_usd"),
            windows=pl.count("cost_usd").cast(pl.Int64),
            rank=pl.max("rank"),
        )
        .drop("run")
    )
