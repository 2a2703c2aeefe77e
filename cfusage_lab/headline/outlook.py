"""Where the month ends, and what stood out: of all accounts added up, and of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.headline.month_course import forecast_course
from cfusage_lab.headline.range_events import first_judged
from cfusage_lab.schema import DAILY, WINDOWS

__all__ = ["MOST_ACCOUNTS", "MonthEnd", "StoodOut", "Usage", "month_end", "stood_out"]

MOST_ACCOUNTS: Final = 10
"""Accounts that are told one by one; the others are added up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What accounts cost, and what all of them cost together.

    Attributes
    ----------
    time_zone
        The IANA name of the zone whose days these are.
    history, daily
        Hour windows and local days of the accounts that are told of by themselves.
    total, total_daily
        The same of all accounts added up; of a single account, these are its own.
    """

    time_zone: str
    history: pl.DataFrame
    daily: pl.DataFrame
    total: pl.DataFrame
    total_daily: pl.DataFrame

    @classmethod
    def of(cls, history: pl.DataFrame, *, time_zone: str) -> "Usage":
        """Add up what several functions need, of each account.

        Raises
        ------
        ConfigError
            If there is no such zone.
        FrameError
            If the table is no history of hours, or its accounts do not have the same windows.
        """
        daily = daily_usage(history, time_zone=time_zone)
        is_alone = history["account_id"].n_unique() == 1
        return cls(
            time_zone=time_zone,
            history=history,
            daily=daily,
            total=history if is_alone else total_usage(history),
            total_daily=daily if is_alone else total_usage(daily),
        )

    @property
    def is_alone(self) -> bool:
        """Whether there is one account only."""
        return self.total is self.history

    @property
    def whole_id(self) -> str:
        """The id under which all accounts are added up, or the only account's."""
        return str(self.total_daily["account_id"][0])


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnd:
    """Where the month ends.

    Attributes
    ----------
    whole
        The row of ``schema.FORECAST_MONTH_END`` for all accounts added up, or for the only one.
    each
        The rows of the accounts, by id; empty where there is one account.
    budget, runway
        ``schema.BUDGET_CHECK`` and ``schema.CREDIT_RUNWAY``, if a budget and a balance were given.
    """

    whole: Mapping[str, Any]
    each: pl.DataFrame
    budget: pl.DataFrame | None
    runway: pl.DataFrame | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodOut:
    """What stood out (``schema.ANOMALIES``), largest dollars first.

    Attributes
    ----------
    total
        Events of all accounts added up, or of the only one.
    each
        Events of the accounts; of a single account, the same table.
    """

    total: pl.DataFrame
    each: pl.DataFrame

    def since(self, start: datetime) -> "StoodOut":
        """Leave out the events that were over before a moment."""
        is_told = pl.col("end_time") > start
        return StoodOut(total=self.total.filter(is_told), each=self.each.filter(is_told))


def month_end(
    usage: Usage, *, budget: float | Mapping[str, float] | None, balance: pl.DataFrame | None
) -> MonthEnd | None:
    """Forecast the month of the last day; None where the days lack the first of that month.

    A number as budget is one for all accounts together. Other accounts' rows of a balance are left out.
    """
    today: Any = usage.total_daily["date"].max()
    if not _is_known_from(usage.total_daily, today.replace(day=1)):
        return None
    daily = _with_total(usage.daily, usage.total_daily, [*DAILY])
    budgets = budget if isinstance(budget, Mapping) or budget is None else {usage.whole_id: budget}
    course = forecast_course(
        daily,
        _with_total(usage.history, usage.total, [*WINDOWS]),
        time_zone=usage.time_zone,
        budgets=_checked(budgets),
        credit=None if balance is None else balance.join(daily, on="account_id", how="semi"),
    )
    is_whole = pl.col("account_id") == usage.whole_id
    ends = course.month_end
    return MonthEnd(
        whole=ends.row(by_predicate=is_whole, named=True),
        each=ends.clear() if usage.is_alone else ends.filter(~is_whole),
        budget=course.budget,
        runway=course.runway,
    )


def _checked(budgets: Mapping[str, float] | None) -> Mapping[str, float]:
    checked = {} if budgets is None else checked_budget(budgets)
    assert isinstance(checked, Mapping)  # noqa: S101 - as it is handed over
    return checked


def stood_out(usage: Usage) -> StoodOut | None:
    """Find what stood out; None where no hour has a past to be judged by."""
    since = first_judged(usage.total)
    ended: Any = usage.total.filter(pl.col("state") != "in_progress")["start_time"].max()
    if since is None or ended is None or ended < since:
        return None
    total = _largest_first(anomalies(usage.total, time_zone=usage.time_zone))
    if usage.is_alone:
        return StoodOut(total=total, each=total)
    return StoodOut(total=total, each=_largest_first(anomalies(usage.history, time_zone=usage.time_zone)))


def _largest_first(events: pl.DataFrame) -> pl.DataFrame:
    return events.sort(pl.col("impact_usd").abs(), "start_time", descending=[True, True])


def _with_total(table: pl.DataFrame, total: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Return the rows of accounts, and those of all added up."""
    if table is total:
        return table
    return pl.concat([table.select(columns), total.select(columns)], how="vertical_relaxed")


def _is_known_from(daily: pl.DataFrame, first: date) -> bool:
    """Whether the days reach back to the first of the month, all of it."""
    earliest = daily.sort("date").row(0, named=True)
    if earliest["date"] == first:
        return bool(earliest["is_whole"] or daily["date"].max() == first)
    return bool(earliest["date"] < first)
