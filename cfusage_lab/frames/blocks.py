"""Many accounts, a few at a time, for what needs the values of an account together."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import polars as pl
from polars.io.plugins import register_io_source

from cfusage_lab.argument_checks import check_call, check_whole, said
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.frames.checks import null_error
from cfusage_lab.frames.engines import FrameT, open_table
from cfusage_lab.schema import ACCOUNT

__all__ = ["account_blocks", "in_account_blocks"]

_OnPlans = Callable[[pl.LazyFrame], pl.LazyFrame]


def in_account_blocks(history: FrameT, *, compute: Callable[[FrameT], FrameT], size: int = 250) -> FrameT:
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
    size
        How many accounts make a block. 250 accounts over a year of hours take some 0.5 GB with quartiles.

    Returns
    -------
    DataFrame
        What ``compute`` returns, block after block, in order of ``account_id``.

    Raises
    ------
    ConfigError
        If ``size`` is below 1.
    FrameError
        If there is no ``account_id``, or whatever ``compute`` raises.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> days = cfu.last_days(28, now="2026-11-18T09:30Z")
    >>> history = client.usage_history(days, accounts=list(cfu.SANDBOX_ACCOUNTS))
    >>> slots = cfu.in_account_blocks(
    ...     history.lazy(), compute=lambda block: cfu.weekly_heatmap(block, time_zone="UTC"), size=2
    ... )
    >>> slots.collect().height  # accounts times the 168 hours of a week
    672
    """
    check_whole(size, "size")
    check_call(compute, "compute")
    table = open_table(history, ACCOUNT, table="usage")
    if table.is_spark:
        return compute(history)
    if isinstance(history, pl.LazyFrame):
        return cast("FrameT", _lazily(history, cast("_OnPlans", compute), size))
    plan = table.native.lazy()
    blocks = account_blocks(plan, size=size)
    parts = [_checked(compute(cast("FrameT", block.collect())), pl.DataFrame) for block in blocks]
    return cast("FrameT", pl.concat(cast("list[pl.DataFrame]", parts))) if parts else compute(table.native)


def account_blocks(history: pl.LazyFrame, *, size: int = 250) -> Iterator[pl.LazyFrame]:
    """Cut a lazy polars table into blocks of accounts, for a loop that asks several questions of each.

    Collect a block's columns once, and everything asked of it is computed in memory.

    Parameters
    ----------
    history
        Any table with an ``account_id``.
    size
        How many accounts make a block.

    Yields
    ------
    LazyFrame
        The rows of some accounts; the blocks come in order of ``account_id``.

    Raises
    ------
    ConfigError
        If ``size`` is below 1.
    FrameError
        If a row has no account.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> days = cfu.last_days(7, now="2026-11-18T09:30Z")
    >>> history = client.usage_history(days, accounts=list(cfu.SANDBOX_ACCOUNTS))
    >>> [block.collect()["account_id"].n_unique() for block in cfu.account_blocks(history.lazy(), size=3)]
    [3, 1]
    """
    check_whole(size, "size")
    table = open_table(history, ACCOUNT, table="usage")
    if table.is_spark:
        raise FrameError("account_blocks takes a polars table: PySpark goes through partitions by itself")
    history = table.native.lazy()
    account = pl.col("account_id").cast(pl.String)
    is_new = account.is_null() | account.ne_missing(account.shift())  # seldom, where rows are sorted
    ids = history.select(account).filter(is_new).unique().collect(engine="streaming").to_series().sort()
    if ids.null_count():
        raise null_error({}, "account_id")
    for n in range(0, len(ids), size):
        some = ids[n : n + size]  # a range, because Parquet can skip what is outside it
        yield history.filter(account.is_between(pl.lit(some[0]), pl.lit(some[-1])))


def _lazily(plan: pl.LazyFrame, compute: _OnPlans, size: int) -> pl.LazyFrame:
    """Return a plan whose source is the blocks' results."""

    def source(
        columns: list[str] | None, predicate: pl.Expr | None, wanted: int | None, _size: int | None
    ) -> Iterator[pl.DataFrame]:
        for block in account_blocks(plan, size=size):
            result = _checked(compute(block), pl.LazyFrame)
            result = result if wanted is None else result.head(wanted)
            found = result.collect(engine="streaming")
            kept = found if predicate is None else found.filter(predicate)
            yield kept if columns is None else kept.select(columns)
            if wanted is not None:
                wanted -= found.height
                if wanted <= 0:
                    return

    return register_io_source(
        source, schema=lambda: _checked(compute(plan.limit(0)), pl.LazyFrame).collect_schema()
    )


def _checked(result: Any, kind: type) -> Any:  # noqa: ANN401 - whatever a function returned
    """Return a block's result, or refuse one that is no table of the kind that went in."""
    if not isinstance(result, kind):
        raise ConfigError(
            f"compute returned {said(result)}: pass a function that returns a {kind.__name__} of one"
        )
    return result
