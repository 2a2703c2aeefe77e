"""The candidates: how the cost of the next days is told from the days before.

Each is an expression over the days of :mod:`cfusage_lab.forecasts.series`, so that it answers for every day
of every account at once, as if that day had been the last.

- ``weekday mean of 4 weeks``, ``weekday mean of 2 weeks``: the mean of the same weekday
- ``seasonal naive``: the same weekday of the week before
- ``run rate``: the mean of the last 28 days, or of all there are, for each day
- ``weekday mean with growth``: that of two weeks, growing on as the last weeks grew over those before

A change of level is told from noise once it has lasted a week: each day was 30 % or more above, or below, the
same weekday before it. From then on, no candidate looks at the weeks before.
"""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["GROWTH", "METHODS", "SEASONAL_NAIVE", "growth_ahead", "next_days", "with_memory"]

SEASONAL_NAIVE: Final = "seasonal naive"
GROWTH: Final = "weekday mean with growth"
METHODS: Final = (
    "weekday mean of 4 weeks",
    SEASONAL_NAIVE,
    "weekday mean of 2 weeks",
    "run rate",
    GROWTH,
)
"""In the order in which they are taken where they are equally good."""

_WEEKS: Final = 4
"""How many weeks back a candidate looks at most: usage that is billed by the token is another one soon
after."""
_RATE_DAYS: Final = WEEK_DAYS * _WEEKS
"""As many of each weekday."""
_STEP: Final = 0.3
"""How much every day of a week has to differ from the week before, for a change of level."""
_GROWTH_DAYS: Final = (14, 21)
"""Growth is that of the last three weeks over the three before, or of two over two until there are more."""
_FARTHEST_GROWTH: Final = 31
"""Days ahead until which growth goes on: no account doubles for a year."""


def with_memory(days: pl.DataFrame) -> pl.DataFrame:
    """Add each account's running ``sum_usd``, how many ``weeks`` back candidates look, and ``growth``."""
    cost, t = pl.col("fit_usd"), pl.col("t")
    before = pl.when(t >= WEEK_DAYS).then(cost.shift(WEEK_DAYS))
    is_above = ((cost > (1 + _STEP) * before) & (before > 0)).fill_null(value=False)
    is_below = ((cost < (1 - _STEP) * before) & (before > 0)).fill_null(value=False)
    days = days.with_columns(sum_usd=cost.cum_sum().over("account"), is_above=is_above, is_below=is_below)
    whole_week = [
        pl.col(name).cast(pl.Int8).rolling_sum(WEEK_DAYS) == WEEK_DAYS for name in ("is_above", "is_below")
    ]
    has_stepped = (t >= 2 * WEEK_DAYS - 1) & pl.any_horizontal(whole_week).fill_null(value=False)
    since = t - pl.when(has_stepped).then(t).forward_fill().over("account")
    weeks = (since // WEEK_DAYS + 1).clip(1, _WEEKS).fill_null(_WEEKS)
    days = days.with_columns(weeks=weeks.cast(pl.Int32)).drop("is_above", "is_below")
    return days.with_columns(growth=_growth())


def next_days(count: int) -> Mapping[str, pl.Expr]:
    """Return the cost of the next ``count`` days together, by method; null in an account's first six days."""
    t = pl.col("t")
    weeks = pl.min_horizontal("weeks", (t + 1) // WEEK_DAYS)
    by_week = [_like_week(back, count) for back in range(1, _WEEKS + 1)]
    two = pl.when(weeks >= 2).then((by_week[0] + by_week[1]) / 2).otherwise(by_week[0])  # noqa: PLR2004
    three = pl.when(weeks >= 3).then((by_week[0] + by_week[1] + by_week[2]) / 3).otherwise(two)  # noqa: PLR2004
    four = pl.when(weeks >= _WEEKS).then(sum(by_week[1:], by_week[0]) / _WEEKS).otherwise(three)
    steady = pl.min_horizontal(_RATE_DAYS, t + 1)
    rate_days = pl.when(pl.col("weeks") < _WEEKS).then(pl.col("weeks") * WEEK_DAYS).otherwise(steady)
    lately = pl.col("sum_usd") - _at_rate_start(rate_days)
    found = (
        four,
        by_week[0],
        two,
        count * lately / rate_days,
        two * pl.col("growth").pow(growth_ahead(count)),
    )
    return {
        method: pl.when(t >= WEEK_DAYS - 1).then(value) for method, value in zip(METHODS, found, strict=True)
    }


def _sum_before(lag: int) -> pl.Expr:
    """Return the running sum of ``lag`` days ago; before the first day there was nothing."""
    return pl.when(pl.col("t") >= lag).then(pl.col("sum_usd").shift(lag)).otherwise(0.0)


def _like_week(back: int, count: int) -> pl.Expr:
    """Return the next days' cost if each were as the same weekday ``back`` weeks before the coming ones."""
    rounds, rest = divmod(count, WEEK_DAYS)
    start, end = _sum_before(WEEK_DAYS * back), _sum_before(WEEK_DAYS * (back - 1))
    value = _sum_before(WEEK_DAYS * back - rest) - start
    return rounds * (end - start) + value if rounds else value


def _at_rate_start(rate_days: pl.Expr) -> pl.Expr:
    """Return the running sum before the days of the run rate."""
    start = pl.lit(0.0)
    for weeks in range(_WEEKS, 0, -1):
        days = WEEK_DAYS * weeks
        start = pl.when((rate_days == days) & (pl.col("t") >= days)).then(_sum_before(days)).otherwise(start)
    return start


def growth_ahead(count: int) -> float:
    """Return how many days of growth lie between the last two weeks and the next days, by their middles."""
    return WEEK_DAYS + min(count, _FARTHEST_GROWTH) / 2


def _growth() -> pl.Expr:
    """Return the growth of a day, as a factor; 1 where that is not known, or the level changed."""
    growth = pl.lit(1.0)
    for days in _GROWTH_DAYS:
        late = pl.col("sum_usd") - _sum_before(days)
        early = _sum_before(days) - _sum_before(2 * days)
        is_known = (pl.col("t") + 1 >= 2 * days) & (late > 0) & (early > 0) & (pl.col("weeks") == _WEEKS)
        growth = pl.when(is_known).then((late / early).clip(0.5, 2.0).pow(1 / days)).otherwise(growth)
    return growth
