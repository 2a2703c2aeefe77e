"""Many accounts, a few at a time, for what needs the values of an account together."""

from collections.abc import Callable, Iterator
from typing import cast

import polars as pl
from polars.io.plugins import register_io_source

from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.frames import FrameT, opened

__all__ = ["in_account_blocks"]

_OnPlans = Callable[[pl.LazyFrame], pl.LazyFrame]


def in_account_blocks(history: FrameT, *, compute: Callable[[FrameT], FrameT], accounts: int = 500) -> FrameT:
    """Compute a table for some accounts at a time, so that memory is bounded by a block of them.

    Medians and quartiles need all hours of a slot at once; over thousands of accounts that is more than
    fits. A lazy table stays lazy: its accounts are looked up, and its blocks computed one after the other,
    when the result is collected or written. PySpark goes through partitions and spills by itself, and gets
    the whole table.

    A folder of Parquet that is sorted by account is read about once; in any other order it is read once
    for each block.

    Parameters
    ----------
    history
        Any table with an ``account_id``.
    compute
        What to compute of each block: a function of a table of the same kind, whose result for an account
        depends on that account alone.
    accounts
        How many accounts make a block. 500 accounts over a year of hours take some 0.5 GB with quartiles.

    Returns
    -------
    DataFrame
        What ``compute`` returns, block after block, in order of ``account_id``.

    Raises
    ------
    ConfigError
        If ``accounts`` is below 1.
    FrameError
        If there is no ``account_id``, or whatever ``compute`` raises.

    Examples
    --------
    >>> folder = pl.scan_parquet("history/*.parquet")
    >>> in_account_blocks(folder, compute=lambda some: weekly_heatmap(some, time_zone="Europe/Berlin"))
    """
    if accounts < 1:
        raise ConfigError(f"accounts={accounts}: pass how many make a block, from 1")
    door = opened(history, pl.Schema({"account_id": pl.String()}), table="usage")
    if door.is_spark:
        return compute(history)
    if isinstance(history, pl.LazyFrame):
        return cast("FrameT", _lazily(history, cast("_OnPlans", compute), accounts))
    table = pl.DataFrame(history)
    parts = [compute(cast("FrameT", block.collect())) for block in _blocks(table.lazy(), accounts)]
    return cast("FrameT", pl.concat(cast("list[pl.DataFrame]", parts))) if parts else compute(history)


def _blocks(plan: pl.LazyFrame, size: int) -> Iterator[pl.LazyFrame]:
    """Cut a table at account ids: in Parquet, a range of them can be skipped, a list can't."""
    account = pl.col("account_id")
    ids = plan.select(account.unique()).collect(engine="streaming").to_series().cast(pl.String).sort()
    if ids.null_count():
        raise FrameError("a row lacks its account_id: drop it, or fetch again")
    for n in range(0, len(ids), size):
        some = ids[n : n + size]
        yield plan.filter(account.cast(pl.String).is_between(pl.lit(some[0]), pl.lit(some[-1])))


def _lazily(plan: pl.LazyFrame, compute: _OnPlans, size: int) -> pl.LazyFrame:
    """Return a plan whose source is the blocks' results."""

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, wanted: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        for block in _blocks(plan, size):
            result = compute(block).head(wanted) if wanted is not None else compute(block)
            found = result.collect(engine="streaming")
            kept = found if predicate is None else found.filter(predicate)
            yield kept if columns is None else kept.select(columns)
            if wanted is not None:
                wanted -= found.height
                if wanted <= 0:
                    return

    return register_io_source(source, schema=lambda: compute(plan.limit(0)).collect_schema())
