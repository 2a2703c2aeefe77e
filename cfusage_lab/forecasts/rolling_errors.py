"""Errors over rolling origins: every day as if it had been the last, and how far off the next days were.

The first origins are left out, so that no method is judged by days on which it knew nearly nothing: a third
of the history, a week at least and six at most.
"""

from collections.abc import Iterable
from typing import Final

import polars as pl

from cfusage_lab.forecasts.methods import METHODS, SEASONAL_NAIVE, next_days, with_memory
from cfusage_lab.time_units import WEEK_DAYS

__all__ = [
    "ENGINE",
    "GRID",
    "SHORTEST",
    "errors_of",
    "freedom",
    "measure_errors",
    "prepared_for_errors",
]

ENGINE: Final = "in-memory"
"""What polars computes plans of many expressions with: of a few thousand days, four times as fast as it
would by itself, and of a thousand accounts no slower."""
GRID: Final = (1, 2, 3, 5, 7, 10, 14, 21, 28)
"""Horizons in days at which errors are measured; between them they are read off in proportion."""
SHORTEST: Final = 14
"""Fewer whole days than this say nothing of a week, and leave the run rate."""
_INDEPENDENT: Final = 0.7
"""Sums from origins a day apart share most of their days. So many a horizon count, and
less than one: what is usual lasts longer than a horizon, too."""
_LEAST_FREEDOM: Final = 0.5
"""What is added, so that one or two errors don't make an interval that holds whatever may come."""
_GROWTH_MEMORY: Final = 2 * WEEK_DAYS
"""Days over which growth is measured at least, and a method that goes on growing errs alike."""
_MOST_START: Final = 6 * WEEK_DAYS
"""Days after which every method knows what it will: growth of three weeks over the three before."""
_START_SHARE: Final = 3
"""One day in so many is only learned from."""
_FLOOR: Final = 0.2
"""A forecast below this part of the mean day is no measure for an error."""
_MOST_GAPS: Final = 7
"""One day in so many may be a gap where an error is measured."""


def measure_errors(prepared: pl.DataFrame, blocks: Iterable[tuple[int, int]]) -> pl.DataFrame:
    """Measure the errors of each method.

    Parameters
    ----------
    prepared
        Days, as :func:`prepared_for_errors` returns them.
    blocks
        Which days ahead are added up: ``(0, 7)`` the next seven, ``(6, 7)`` the seventh alone.

    Returns
    -------
    DataFrame
        One row an account, method and block: ``account_id``, ``method``, ``after``, ``until`` (the block),
        ``forecast_usd`` (from the last day), ``mae_usd`` (the mean absolute error), ``typical_usd`` (the root
        of the mean square, for the level of the forecast), ``origins`` (how many errors), ``sigma_usd`` (of
        seasonal differences), ``mean_usd`` (a mean day) and ``n`` (whole days).
    """
    parts = [part for block in blocks for part in _block(prepared, *block)]
    return pl.concat(parts)


def prepared_for_errors(days: pl.DataFrame) -> pl.DataFrame:
    """Add to the days of a series what candidates look at, and the running sums that errors are read off."""
    return with_memory(days).with_columns(
        target_sum=pl.col("target_usd").cum_sum().over("account"),
        gaps=pl.col("is_gap").cast(pl.Int32).cum_sum().over("account"),
        mean_usd=pl.col("target_usd").mean().over("account"),
    )


def errors_of(prepared: pl.DataFrame, after: int, until: int) -> pl.LazyFrame:
    """Add each method's forecast of a block, ``actual_usd`` where it may be measured, and ``floor_usd``."""
    forecasts = _forecasts(after, until)
    t, n = pl.col("t"), pl.col("n")
    start = (n // _START_SHARE).clip(WEEK_DAYS, _MOST_START)
    gaps = pl.col("gaps").shift(-until) - pl.col("gaps").shift(-after)
    is_measured = (t >= start - 1) & (t + until < n) & (gaps * _MOST_GAPS <= until - after)
    actual = pl.col("target_sum").shift(-until) - pl.col("target_sum").shift(-after)
    return prepared.lazy().with_columns(
        actual_usd=pl.when(is_measured).then(actual),
        floor_usd=_FLOOR * (until - after) * pl.col("mean_usd").abs(),
        **forecasts,
    )


def _typical_error(error: pl.Expr, level: pl.Expr) -> pl.Expr:
    """Return the typical error in dollars, as the root of the mean square over all origins.

    Where errors are more alike as parts of the forecast, they are taken as such and brought to the level of
    the last forecast: an account that has grown tenfold errs tenfold. Which of the two, the likelihood says.
    """
    absolute = (error**2).mean().sqrt()
    relative = ((error / level) ** 2).mean().sqrt()
    spread_of_levels = pl.when(error.is_not_null()).then(level.log()).mean()
    is_relative = (relative.log() + spread_of_levels) < absolute.log()
    return pl.when((level.min() > 0) & is_relative).then(relative * level.last()).otherwise(absolute)


def freedom(origins: pl.Expr, overlap: pl.Expr | int, *, is_growing: bool | pl.Expr = False) -> pl.Expr:
    """Return how many independent errors so many origins are, if ``overlap`` neighbours say the same.

    A method that goes on growing errs alike for as long as it measures the growth.
    """
    memory = pl.when(is_growing).then(_GROWTH_MEMORY).otherwise(0)
    return (_INDEPENDENT * origins / (overlap + memory)).clip(1.0) + _LEAST_FREEDOM


def _forecasts(after: int, until: int) -> dict[str, pl.Expr]:
    if not after:
        return dict(next_days(until))
    earlier, later = next_days(after), next_days(until)
    return {method: later[method] - earlier[method] for method in METHODS}


def _block(prepared: pl.DataFrame, after: int, until: int) -> list[pl.DataFrame]:
    """Measure all methods over one block, one table a method."""
    difference = (pl.col("target_usd") - pl.col("target_usd").shift(WEEK_DAYS)).filter(
        pl.col("t") >= WEEK_DAYS
    )
    aggregates = {
        "n": pl.col("n").last(),
        "mean_usd": pl.col("mean_usd").last(),
        "account_id": pl.col("account_id").last(),
        "sigma_usd": (difference**2).mean().sqrt(),
        "origins": pl.col("actual_usd").count().cast(pl.Int64),
    }
    for method in METHODS:
        error = pl.col("actual_usd") - pl.col(method)
        level = pl.max_horizontal(method, "floor_usd")
        aggregates |= {
            f"{method}|forecast_usd": pl.col(method).last(),
            f"{method}|mae_usd": error.abs().mean(),
            f"{method}|typical_usd": _typical_error(error, level),
        }
    by_account = errors_of(prepared, after, until).group_by("account", maintain_order=True)
    rows = by_account.agg(**aggregates).collect(engine=ENGINE)
    return [
        rows.select(
            "account_id",
            method=pl.lit(method),
            after=pl.lit(after),
            until=pl.lit(until),
            forecast_usd=f"{method}|forecast_usd",
            mae_usd=f"{method}|mae_usd",
            typical_usd=f"{method}|typical_usd",
            origins="origins",
            sigma_usd=pl.col("sigma_usd") if method == SEASONAL_NAIVE else pl.lit(0.0),
            mean_usd="mean_usd",
            n="n",
        )
        for method in METHODS
    ]
