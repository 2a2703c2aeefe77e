"""The coming days, one by one."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from cfusage_lab.argument_checks import check_whole
from cfusage_lab.forecasts.account_forecasts import outlooks
from cfusage_lab.forecasts.forecaster import forecaster_of
from cfusage_lab.forecasts.levels import LEVELS, checked_levels, level_name, quantile, with_intervals
from cfusage_lab.forecasts.prediction_intervals import Spread
from cfusage_lab.forecasts.rolling_errors import GRID
from cfusage_lab.schema import FORECAST_DAILY
from cfusage_lab.time_units import DAY

__all__ = ["forecast_daily"]

_MOST_DAYS: Final = 366
"""Beyond a year, the cost of today says nothing."""


def forecast_daily(daily: object, *, days: int, levels: Sequence[float] = LEVELS) -> pl.DataFrame:
    """Tell what each of the coming days will cost.

    The first is the day after the last one of the table, so the rest of the running day is none of them; the
    interval is that of the day. For the interval of a sum of days take :func:`forecast_month_end`, which says
    how history is read: intervals of days don't add up.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``); 60 of them or more are better.
    days
        How many days ahead, 1 to 366.
    levels
        How likely the intervals are to hold what comes: fractions between 0 and 1.

    Returns
    -------
    DataFrame
        One row a coming day and account (``schema.FORECAST_DAILY``), and, where there are several accounts,
        for ``all`` of them added up:

        - ``account_id``, ``date``
        - ``forecast_usd``: US dollars, never negative; null without any whole day of history
        - ``lower_80_usd``, ``upper_80_usd`` and so on for each level: null where ``forecast_usd`` is, or
          after a single day of history
        - ``method``: the candidate whose single days were nearest on average, when each earlier day was taken
          for the last one; with fewer than 14 whole days the run rate, which says of how many

    Raises
    ------
    ConfigError
        If ``days`` is no whole number from 1 to 366, or a level is no fraction between 0 and 1 or stands
        duplicate.
    FrameError
        If columns are missing, a day is a duplicate or its cost no number, or the table is lazy or on Spark.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T00:00Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> daily = cfu.daily_usage(client.usage_history(cfu.last_days(60, now=now)), time_zone="UTC")
    >>> cfu.forecast_daily(daily, days=3).select("date", "forecast_usd", "lower_80_usd", "upper_80_usd")
    shape: (3, 4)
    ┌────────────┬──────────────┬──────────────┬──────────────┐
    │ date       ┆ forecast_usd ┆ lower_80_usd ┆ upper_80_usd │
    │ ---        ┆ ---          ┆ ---          ┆ ---          │
    │ date       ┆ f64          ┆ f64          ┆ f64          │
    ╞════════════╪══════════════╪══════════════╪══════════════╡
    │ 2026-11-18 ┆ 102.778689   ┆ 63.603039    ┆ 141.95434    │
    │ 2026-11-19 ┆ 95.58985     ┆ 59.158093    ┆ 132.021608   │
    │ 2026-11-20 ┆ 72.00094     ┆ 44.913533    ┆ 99.088347    │
    └────────────┴──────────────┴──────────────┴──────────────┘
    """
    check_whole(days, "days", most=_MOST_DAYS)
    asked = checked_levels(levels)
    forecaster = forecaster_of(daily)
    rows = []
    if forecaster:
        today = forecaster.series.today
        blocks = [(ahead - 1, ahead) for ahead in GRID if ahead <= days]
        for outlook in outlooks(forecaster, until=today + days * DAY, blocks=blocks):
            coming = {day.date: day.rest_usd for day in outlook.days}
            for ahead in range(1, days + 1):
                day = today + ahead * DAY
                cost = coming.get(day)
                row = {"account_id": outlook.account_id, "date": day, "method": outlook.method}
                rows.append(row | {"forecast_usd": cost} | _interval(outlook.spread, ahead, cost, asked))
    return pl.DataFrame(rows, schema=with_intervals(FORECAST_DAILY, asked))


def _interval(
    spread: Spread | None, ahead: int, cost: float | None, levels: Sequence[float]
) -> dict[str, float | None]:
    """Return the interval of one day at each level."""
    columns: dict[str, float | None] = {}
    for level in levels:
        name = level_name(level)
        lower = upper = None
        if spread is not None and cost is not None:
            half = spread.half_width(ahead, quantile(level))
            lower, upper = max(cost - half, 0.0), cost + half
        columns |= {f"lower_{name}_usd": lower, f"upper_{name}_usd": upper}
    return columns
