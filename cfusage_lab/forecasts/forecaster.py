"""A table of days and what was worked out of it, shared by every forecast that is asked of it."""

from collections.abc import Iterable
from functools import cached_property

import polars as pl

from cfusage_lab.forecasts.methods import next_days, with_memory
from cfusage_lab.forecasts.rolling_errors import ENGINE, measure_errors, prepared_for_errors
from cfusage_lab.forecasts.running_day import RunningDay, running_day
from cfusage_lab.forecasts.series import Series, daily_series
from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["Forecaster", "forecaster_of"]

_TAIL = 50
"""Days that candidates look back, and some."""


class Forecaster:
    """Days and their hours, and what was worked out of them: the month's end and credit share most of it.

    Attributes
    ----------
    series
        The days.
    running_day
        Tells the rest of the running day.
    """

    def __init__(self, series: Series, running_day: RunningDay) -> None:
        self.series, self.running_day = series, running_day
        self._errors: dict[tuple[int, int], pl.DataFrame] = {}

    def errors(self, blocks: Iterable[tuple[int, int]]) -> pl.DataFrame:
        """Measure each method's errors (:mod:`cfusage_lab.forecasts.rolling_errors`), each block once."""
        parts = []
        for block in blocks:
            if block not in self._errors:
                self._errors[block] = measure_errors(self._prepared, [block])
            parts.append(self._errors[block])
        return pl.concat(parts)

    @cached_property
    def coming_week(self) -> pl.DataFrame:
        """The cost of the next 1 to 7 days together, and ``growth``: one row an account that has a day.

        The columns are called ``1|run rate``: the count of days, and the method.
        """
        tail = with_memory(self.series.days).filter(pl.col("t") >= pl.col("n") - _TAIL).lazy()
        is_last = pl.col("t") == pl.col("n") - 1
        week = tail.filter(is_last).select("account_id", "growth").collect(engine=ENGINE)
        for ahead in range(
            1, WEEK_DAYS + 1
        ):  # a plan for each day: polars takes long over one of all of them
            sums = {f"{ahead}|{method}": value for method, value in next_days(ahead).items()}
            coming = tail.select(is_last.alias("is_last"), **sums).filter("is_last").drop("is_last")
            week = week.hstack(coming.collect(engine=ENGINE))
        return week

    @cached_property
    def _prepared(self) -> pl.DataFrame:
        return prepared_for_errors(self.series.days)


def forecaster_of(
    daily: object, *, history: object | None = None, time_zone: str | None = None
) -> Forecaster | None:
    """Open the tables; None without any day."""
    found = daily_series(daily)
    return None if found is None else Forecaster(found, running_day(found, history, time_zone))
