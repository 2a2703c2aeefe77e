"""What one table of days teaches: opened once, for as many questions as are asked of it."""

from collections.abc import Iterable
from functools import cached_property

import polars as pl

from cfusage_lab.forecasts.candidates import next_days, with_memory
from cfusage_lab.forecasts.clock import Rest, clock
from cfusage_lab.forecasts.errors import ENGINE, measured, prepared_for_errors
from cfusage_lab.forecasts.series import Series, series
from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["Forecaster", "forecaster_of"]

_TAIL = 50
"""Days that candidates look back, and some."""


class Forecaster:
    """Days and their hours, and what was worked out of them: the month's end and credit share most of it.

    Attributes
    ----------
    found
        The days.
    rest
        What tells the rest of the running day.
    """

    def __init__(self, found: Series, rest: Rest) -> None:
        self.found, self.rest = found, rest
        self._errors: dict[tuple[int, int], pl.DataFrame] = {}

    def errors(self, blocks: Iterable[tuple[int, int]]) -> pl.DataFrame:
        """Measure each method's errors (:func:`cfusage_lab.forecasts.errors.measured`), each block once."""
        parts = []
        for block in blocks:
            if block not in self._errors:
                self._errors[block] = measured(self._prepared, [block])
            parts.append(self._errors[block])
        return pl.concat(parts)

    @cached_property
    def coming_week(self) -> pl.DataFrame:
        """The cost of the next 1 to 7 days together, and ``growth``: one row an account that has a day.

        The columns are called ``1|run rate``: the count of days, and the method.
        """
        tail = with_memory(self.found.days).filter(pl.col("t") >= pl.col("n") - _TAIL).lazy()
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
        return prepared_for_errors(self.found.days)


def forecaster_of(
    daily: object, *, history: object | None = None, time_zone: str | None = None
) -> Forecaster | None:
    """Open the tables; None without any day."""
    found = series(daily)
    return None if found is None else Forecaster(found, clock(found, history, time_zone))
