"""Expressions that several tables share: sums without rounding, states and dates."""

from datetime import date, timedelta
from functools import cache
from typing import Any, Final

import narwhals as nw
import polars as pl

__all__ = ["ROUNDING", "day_span", "net", "state_of", "state_rank", "without_rounding"]

ROUNDING: Final = 1e-12
"""Two sums that agree to this part of themselves differ by the order of the additions, not by cost."""

_ANY_DATE: Final = date(2000, 1, 1)
"""One that is far from either end of what dates can be."""


def without_rounding(total: Any, gross: Any, of: Any = nw) -> Any:  # noqa: ANN401 - as in state_rank
    """Return a sum, or 0 where it is nothing but the rounding of what was added, ``gross`` without signs.

    Only there is it known: later, 5e-17 could be cost. So each sum passes through here where it is made, and
    whoever divides by it needs to know no more than whether it is above zero.
    """
    return of.when(total.abs() > ROUNDING * gross).then(total).otherwise(of.lit(0.0))


def net(costs: pl.Series) -> float:
    """Return the sum of a column of costs, and 0 where it is nothing but rounding; null counts nowhere."""
    total, lowest = float(costs.sum()), costs.min()
    has_corrections = isinstance(lowest, float) and lowest < 0
    return 0.0 if has_corrections and abs(total) <= ROUNDING * float(costs.abs().sum()) else total


def day_span(n: int) -> nw.Expr:
    """Return a span of ``n`` days that can be added to a date.

    A difference of two dates, because on Spark anything else turns the date into a timestamp of the
    session's zone.
    """
    return nw.lit(_ANY_DATE + timedelta(days=n)) - nw.lit(_ANY_DATE)


@cache
def state_rank(of: Any = nw) -> Any:  # noqa: ANN401 - an expression of that library
    """Return ``state`` as a number, 0 where settled, so that the least settled is the largest.

    ``of`` is Narwhals, or polars where the table is polars' own: both say it alike.
    """
    state = of.col("state")
    settled, provisional, running = (of.lit(rank, of.Int8) for rank in range(3))
    unsettled = of.when(state == "provisional").then(provisional).otherwise(running)
    return of.when(state == "complete").then(settled).otherwise(unsettled)


def state_of(rank: str, of: Any = nw) -> Any:  # noqa: ANN401 - as in state_rank
    """Return a column of ranks as states again."""
    unsettled = of.when(of.col(rank) == 1).then(of.lit("provisional")).otherwise(of.lit("in_progress"))
    return of.when(of.col(rank) == 0).then(of.lit("complete")).otherwise(unsettled)
