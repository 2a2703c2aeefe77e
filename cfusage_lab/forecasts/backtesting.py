"""A backtest: how good each method would have been on the days that are known."""

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from cfusage_lab.argument_checks import check_distinct, check_whole, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.forecasts.account_forecasts import INDEPENDENT_ERRORS, chosen_methods
from cfusage_lab.forecasts.levels import LEVELS, checked_levels, is_list, level_name, quantile
from cfusage_lab.forecasts.methods import GROWTH, METHODS, SEASONAL_NAIVE
from cfusage_lab.forecasts.prediction_intervals import closed_form_variance
from cfusage_lab.forecasts.rolling_errors import (
    ENGINE,
    errors_of,
    freedom,
    measure_errors,
    prepared_for_errors,
)
from cfusage_lab.forecasts.series import daily_series
from cfusage_lab.forecasts.student_t import student_quantile
from cfusage_lab.schema import BACKTEST
from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["backtest"]

_HORIZONS: Final = (3, 10, 20)
"""What is left of a month near its end, past its middle and after its first third."""
_MOST_DAYS: Final = 28
"""The longest horizon at which errors are measured."""


def backtest(
    daily: object, *, horizons: Sequence[int] = _HORIZONS, levels: Sequence[float] = LEVELS
) -> pl.DataFrame:
    """Take each earlier day for the last one, and tell how good each candidate would have been.

    What is forecast is the sum over the horizon. Days are read as :func:`forecast_month_end` reads them: gaps
    are not judged, and a runaway night counts for as much as there. The interval at a day is made of the
    errors that were known by then.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``).
    horizons
        How many days are added up, each 1 to 28.
    levels
        Of the intervals: fractions between 0 and 1.

    Returns
    -------
    DataFrame
        One row an account, horizon and candidate (``schema.BACKTEST``), in that order; an account has no row
        for a horizon that its history is too short for:

        - ``method``: ``weekday mean of 4 weeks`` and ``of 2 weeks``, the same weekday's; ``seasonal naive``,
          the week before once more; ``run rate``, the mean of 28 days; ``weekday mean with growth``
        - ``horizon_days``, ``is_chosen``: the horizon, and whether a forecast of it takes this method: the
          one with the smallest mean absolute error
        - ``origins``: how many days were taken for the last one
        - ``mase``: the mean absolute error, by day of the horizon, over the mean absolute difference of a day
          to the same weekday before; null where that is 0
        - ``smape``: the mean of ``200 · |actual - forecast| / (|actual| + |forecast|)``, 0 to 200; where both
          are 0, it is 0
        - ``coverage_80``, ``width_80_usd``, ``interval_score_80_usd`` and so on for each level: the fraction
          of sums that their interval held, its mean width, and the width with its misses, which count
          ``2 / (1 - level)`` times; null where there were too few errors to make an interval of

    Raises
    ------
    ConfigError
        If a horizon is no whole number from 1 to 28 or is a duplicate, or a level is no fraction.
    FrameError
        If columns are missing, a day is a duplicate or its cost no number, or the table is lazy or on Spark.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T00:00Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> daily = cfu.daily_usage(client.usage_history(cfu.last_days(120, now=now)), time_zone="UTC")
    >>> cfu.backtest(daily, horizons=[10]).select("method", "is_chosen", "mase", "coverage_80")
    shape: (5, 4)
    ┌──────────────────────────┬───────────┬──────────┬─────────────┐
    │ method                   ┆ is_chosen ┆ mase     ┆ coverage_80 │
    │ ---                      ┆ ---       ┆ ---      ┆ ---         │
    │ str                      ┆ bool      ┆ f64      ┆ f64         │
    ╞══════════════════════════╪═══════════╪══════════╪═════════════╡
    │ weekday mean of 4 weeks  ┆ true      ┆ 0.530713 ┆ 1.0         │
    │ seasonal naive           ┆ false     ┆ 0.75365  ┆ 0.97619     │
    │ weekday mean of 2 weeks  ┆ false     ┆ 0.622628 ┆ 1.0         │
    │ run rate                 ┆ false     ┆ 0.547834 ┆ 1.0         │
    │ weekday mean with growth ┆ false     ┆ 0.668443 ┆ 1.0         │
    └──────────────────────────┴───────────┴──────────┴─────────────┘
    """
    asked, wanted = checked_levels(levels), _checked(horizons)
    found = daily_series(daily)
    names = [f"{kind}_{level_name(level)}{unit}" for level in asked for kind, unit in _MEASURES]
    columns = pl.Schema({**BACKTEST, **dict.fromkeys(names, pl.Float64())})
    if found is None:
        return pl.DataFrame(schema=columns)
    prepared = prepared_for_errors(found.days)
    parts = []
    for horizon in wanted:
        chosen = chosen_methods(measure_errors(prepared, [(0, horizon)]))
        judged = _judged(prepared, horizon, asked)
        is_chosen = pl.col("method") == pl.col("account_id").replace_strict(chosen, default=None)
        parts.append(
            judged.filter(pl.col("account_id").is_in(list(chosen))).with_columns(is_chosen=is_chosen)
        )
    order = {one: place for place, one in enumerate((*found.accounts, *METHODS))}
    places = [pl.col(name).replace_strict(order, return_dtype=pl.Int64) for name in ("account_id", "method")]
    table = pl.concat(parts).sort(places[0], "horizon_days", places[1])
    return table.select(columns.names()).cast(columns)


_MEASURES: Final = (("coverage", ""), ("width", "_usd"), ("interval_score", "_usd"))


def _checked(horizons: Sequence[int]) -> list[int]:
    if not is_list(horizons):
        raise ConfigError(f"horizons {said(horizons)}: pass whole numbers of days, such as (3, 10, 20)")
    for one in horizons:
        check_whole(one, "horizon", most=_MOST_DAYS)
    check_distinct(horizons, "horizons")
    return sorted(horizons)


def _judged(prepared: pl.DataFrame, horizon: int, levels: Sequence[float]) -> pl.DataFrame:
    """Judge every method at one horizon."""
    rows = errors_of(prepared, 0, horizon).with_columns(
        difference=pl.when(pl.col("t") >= WEEK_DAYS).then(
            pl.col("target_usd") - pl.col("target_usd").shift(WEEK_DAYS)
        )
    )
    rows = rows.collect(engine=ENGINE).lazy()
    parts = [_method(rows, method, horizon, levels) for method in METHODS]
    return pl.concat(pl.collect_all(parts, engine=ENGINE))


def _method(rows: pl.LazyFrame, method: str, horizon: int, levels: Sequence[float]) -> pl.LazyFrame:
    actual, forecast = pl.col("actual_usd"), pl.col(method).clip(0.0)
    error = actual - forecast
    size = actual.abs() + forecast.abs()
    mean_difference = pl.col("difference").abs().mean()
    rows = rows.with_columns(**_typical_then(error, method, horizon))
    measures: dict[str, Any] = {
        "account_id": pl.col("account_id").last(),
        "origins": actual.count().cast(pl.Int64),
        "mase": pl.when(mean_difference > 0).then(error.abs().mean() / horizon / mean_difference),
        "smape": pl.when(size > 0)
        .then(200 * error.abs() / size)
        .otherwise(pl.when(actual.is_not_null()).then(0.0))
        .mean(),
    }
    for level in levels:
        measures |= _of_interval(method, horizon, level)
    return (
        rows.group_by("account", maintain_order=True)
        .agg(**measures)
        .with_columns(method=pl.lit(method), horizon_days=pl.lit(horizon, pl.Int64))
    )


def _typical_then(error: pl.Expr, method: str, horizon: int) -> dict[str, pl.Expr]:
    """Return the typical error, absolute and as a part of the forecast, of what was known at each origin."""
    level = pl.max_horizontal(method, "floor_usd")
    known, part = (errors.shift(horizon) for errors in (error, error / level))
    count = known.is_not_null().cum_sum().over("account")
    absolute = ((known**2).fill_null(0).cum_sum().over("account") / count).sqrt()
    relative = ((part**2).fill_null(0).cum_sum().over("account") / count).sqrt()
    levels = pl.when(known.is_not_null()).then(level.shift(horizon).log())
    mean_level = levels.fill_null(0).cum_sum().over("account") / count
    is_relative = (level > 0) & (relative.log() + mean_level < absolute.log())
    enough = count >= INDEPENDENT_ERRORS * horizon
    typical = pl.when(is_relative).then(relative * level).otherwise(absolute)
    squares = (pl.col("difference") ** 2).fill_null(0).cum_sum().over("account")
    differences = pl.col("difference").is_not_null().cum_sum().over("account")
    return {
        "typical": pl.when(enough).then(typical),
        "freedom": freedom(count, horizon, is_growing=method == GROWTH),
        "sigma": (squares / differences).sqrt(),
        "sigma_freedom": (differences / 2).clip(1.0),
    }


def _of_interval(method: str, horizon: int, level: float) -> dict[str, pl.Expr]:
    """Judge the interval at one level; where the forecast is 0 or nearly so, its lower end is 0."""
    z, name = quantile(level), level_name(level)
    half = pl.col("typical") * student_quantile(z, pl.col("freedom"))
    if method == SEASONAL_NAIVE:
        closed = pl.col("sigma") * closed_form_variance(horizon) ** 0.5
        half = pl.when(half.is_not_null()).then(
            pl.max_horizontal(half, closed * student_quantile(z, pl.col("sigma_freedom")))
        )
    forecast, actual = pl.col(method).clip(0.0), pl.col("actual_usd")
    half = pl.when(actual.is_not_null()).then(half)
    lower, upper = (forecast - half).clip(0.0), forecast + half
    below, above = (lower - actual).clip(0.0), (actual - upper).clip(0.0)
    is_inside = (actual >= lower) & (actual <= upper)
    return {
        f"coverage_{name}": is_inside.cast(pl.Float64).mean(),
        f"width_{name}_usd": (upper - lower).mean(),
        f"interval_score_{name}_usd": (upper - lower + 2 / (1 - level) * (below + above)).mean(),
    }
