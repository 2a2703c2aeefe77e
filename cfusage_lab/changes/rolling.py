"""Each day beside the mean of the days that end with it."""

from typing import Final

import narwhals as nw
import polars as pl

from cfusage_lab.argument_checks import check_flags, check_whole
from cfusage_lab.changes.partners import open_days, without_running_day
from cfusage_lab.frames import EngineTable, Frames, FrameT
from cfusage_lab.frames.expressions import day_span, without_rounding
from cfusage_lab.schema import ROLLING

__all__ = ["rolling_mean"]

_MOST_DAYS: Final = 36_525
"""A century: more days than any table has, and few enough for every engine to count back."""


def rolling_mean(
    daily: FrameT, *, days: int = 7, include_in_progress: bool = False, include_partial: bool = False
) -> FrameT:
    """Average each day with the calendar days just before it.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``), in any order.
    days
        How many days are averaged, the day of the row included.
    include_in_progress
        Keep the running day, and average it.
    include_partial
        Average days that are not whole, too, as if they were.

    Returns
    -------
    DataFrame
        One row a day of an account (``schema.ROLLING``): the columns of ``daily`` and
        ``rolling_mean_usd``, US dollars a day; null until all ``days`` dates are there and whole.

    Raises
    ------
    ConfigError
        If ``days`` is not a whole number from 1 to 36,525, or a flag is neither True nor False.
    FrameError
        If columns are missing.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(8, now="2026-11-18T09:30Z"))
    >>> cfu.rolling_mean(cfu.daily_usage(history, time_zone="UTC")).drop("account_id").tail(3)
    shape: (3, 6)
    ┌────────────┬────────────┬───────┬──────────┬─────────────┬──────────────────┐
    │ date       ┆ cost_usd   ┆ hours ┆ is_whole ┆ state       ┆ rolling_mean_usd │
    │ ---        ┆ ---        ┆ ---   ┆ ---      ┆ ---         ┆ ---              │
    │ date       ┆ f64        ┆ i64   ┆ bool     ┆ str         ┆ f64              │
    ╞════════════╪════════════╪═══════╪══════════╪═════════════╪══════════════════╡
    │ 2026-11-15 ┆ 37.455998  ┆ 24    ┆ true     ┆ complete    ┆ null             │
    │ 2026-11-16 ┆ 121.118892 ┆ 24    ┆ true     ┆ provisional ┆ 75.808434        │
    │ 2026-11-17 ┆ 96.312941  ┆ 24    ┆ true     ┆ provisional ┆ 75.208216        │
    └────────────┴────────────┴───────┴──────────┴─────────────┴──────────────────┘
    """
    check_whole(days, "days", most=_MOST_DAYS)
    check_flags(include_partial=include_partial)
    table = open_days(daily)
    rows = without_running_day(table.frame, include_in_progress=include_in_progress)
    value = nw.col("cost_usd") if include_partial else nw.when(nw.col("is_whole")).then(nw.col("cost_usd"))
    result: FrameT = table.hand_back(_rolled(rows.with_columns(value=value), table, length=days))
    return result


def _rolled(rows: Frames, table: EngineTable, *, length: int) -> Frames:
    """Average ``value`` over ``length`` consecutive dates of an account; null unless all are there.

    The row ``length - 1`` places before must be that many days older. On polars the rows are sorted, and
    their places are counted over all accounts at once.
    """
    value, back = nw.col("value"), length - 1
    native = rows.to_native()
    if isinstance(native, pl.LazyFrame):
        ordered = native if table.is_eager else native.sort("account_id", "date")
        first: Frames = nw.from_native(
            ordered.with_columns(
                mean=pl.col("value").rolling_mean(length, min_samples=length),
                gross=pl.col("value").abs().rolling_mean(length, min_samples=length),
                first=pl.when(pl.col("account_id").shift(back) == pl.col("account_id")).then(
                    pl.col("date").shift(back)
                ),
            )
        )
    else:
        first = rows.with_columns(
            mean=value.rolling_mean(length, min_samples=length).over("account_id", order_by="date"),
            gross=value.abs().rolling_mean(length, min_samples=length).over("account_id", order_by="date"),
            first=nw.col("date").shift(back).over("account_id", order_by="date"),
        )
    is_there = nw.col("first") + day_span(back) == nw.col("date")
    mean = without_rounding(nw.col("mean"), nw.col("gross"))
    is_known = is_there & ~nw.col("mean").is_null()
    return first.with_columns(rolling_mean_usd=nw.when(is_known).then(mean)).select(*ROLLING.names())
