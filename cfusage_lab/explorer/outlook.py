"""Where the month ends and what stood out: of windows that reach further back than those on screen."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.daily import TOTAL, daily_usage
from cfusage_lab.errors import CfUsageError
from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.forecasts import budget_check, credit_runway, forecast_month_end, forecast_month_path
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import ANOMALIES

__all__ = [
    "MOST_JUDGED",
    "Budget",
    "Course",
    "Events",
    "Outlook",
    "budget_of",
    "course_of",
    "events_of",
    "path_of",
]

MOST_JUDGED: Final = 20
"""Accounts that are judged, the costliest: a quarter of a second of work."""

Budget = float | tuple[tuple[str, float], ...] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What forecasts and events are made of, beside the windows of the range.

    Attributes
    ----------
    time_range, usual, season
        As in :class:`Question`: the range, what tells what is usual in it, what tells the month's end.
    time_zone
        The zone whose days these are.
    beyond
        The windows outside the range, and the credit.
    budget
        US dollars a month: of all accounts, or of each by its id.
    is_season_loading, is_usual_loading
        Whether windows that tell the month's end, or what is usual, are on their way.
    is_lacking
        Whether some of them could not be had.
    """

    time_range: TimeRange
    usual: TimeRange
    season: TimeRange
    time_zone: str
    beyond: Beyond
    budget: Budget
    is_season_loading: bool = False
    is_usual_loading: bool = False
    is_lacking: bool = False

    @property
    def of_windows(self) -> "Outlook":
        """The same, whatever is on its way: what was told of windows stays true of them."""
        return replace(self, is_season_loading=False, is_usual_loading=False, is_lacking=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # tables can't be asked whether they are equal
class Course:
    """Where the month ends.

    Attributes
    ----------
    month_end
        As :func:`cfusage_lab.forecast_month_end` returns it; no row where there are no windows.
    budget
        As :func:`cfusage_lab.budget_check` does, of the accounts that have one; None without any.
    runway
        As :func:`cfusage_lab.credit_runway` does; None where no credit is known.
    refusal
        Why none of it can be told, if so.
    """

    month_end: pl.DataFrame
    budget: pl.DataFrame | None = None
    runway: pl.DataFrame | None = None
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Events:
    """What stood out in the range.

    Attributes
    ----------
    table
        The events (``schema.ANOMALIES``), by account and time.
    judged_from
        The first moment that was judged; None where none was, for want of history.
    judged, accounts
        How many accounts were judged, of how many.
    refusal
        Why nothing can be told, if so.
    """

    table: pl.DataFrame
    judged_from: datetime | None = None
    judged: int = 0
    accounts: int = 0
    refusal: str = ""


def budget_of(budget_usd: object) -> Budget:
    """Take a budget as a caller wrote it.

    Raises
    ------
    ConfigError
        If it is no number above 0, nor such numbers by account.
    """
    if budget_usd is None:
        return None
    budget = checked_budget(budget_usd)
    return tuple(budget.items()) if isinstance(budget, Mapping) else budget


def course_of(history: pl.DataFrame, *, outlook: Outlook) -> Course:
    """Tell where the month ends, how its budget stands, and how long credit lasts."""
    daily, options = _season(history, outlook)
    try:
        month_end = forecast_month_end(daily, **options)
        budgets = _budgets(outlook.budget, month_end["account_id"].to_list())
        credit = outlook.beyond.credit
        return Course(
            month_end=month_end,
            budget=budget_check(daily, budget_usd=budgets, **options) if budgets else None,
            runway=credit_runway(credit, daily, **options) if credit is not None else None,
        )
    except CfUsageError as error:
        return Course(month_end=forecast_month_end(daily.clear()), refusal=str(error))


def path_of(history: pl.DataFrame, *, outlook: Outlook) -> pl.DataFrame:
    """Tell how cost adds up over the month (``schema.FORECAST_MONTH_PATH``)."""
    daily, options = _season(history, outlook)
    return forecast_month_path(daily, **options)


def events_of(history: pl.DataFrame, *, outlook: Outlook) -> Events:
    """Find what stood out in the range; of many accounts, the costliest are judged."""
    asked = outlook.time_range
    windows = outlook.beyond.of(history, (asked, outlook.usual))
    costs = windows.group_by("account_id").agg(pl.col("aggregated_value").sum())
    found = costs.sort(["aggregated_value", "account_id"], descending=[True, False])["account_id"]
    judged = windows.filter(pl.col("account_id").is_in(found.head(MOST_JUDGED).to_list()))
    first = judged["start_time"].min()
    since = first + timedelta(days=JUDGED_DAYS) if isinstance(first, datetime) else None
    try:
        events = anomalies(judged, time_zone=outlook.time_zone)
    except CfUsageError as error:
        return Events(table=pl.DataFrame(schema=ANOMALIES), refusal=str(error))
    is_shown = (pl.col("end_time") > asked.start) & (pl.col("start_time") < asked.end)
    return Events(
        table=events.filter(is_shown),
        judged_from=since if since is not None and since < asked.end else None,
        judged=min(MOST_JUDGED, found.len()),
        accounts=found.len(),
    )


def _season(history: pl.DataFrame, outlook: Outlook) -> tuple[pl.DataFrame, dict[str, Any]]:
    """Return the days that forecasts are made of, and what else tells the hour."""
    season = outlook.season
    windows = outlook.beyond.of(history, (season,))
    inside = pl.col("start_time").is_between(season.start, season.end, closed="left")
    windows = windows.filter(inside)  # the range on screen may lie elsewhere
    daily = daily_usage(windows, time_zone=outlook.time_zone)
    return daily, {"history": windows, "time_zone": outlook.time_zone}


def _budgets(budget: Budget, ids: list[str]) -> dict[str, float]:
    """Return the budgets of the accounts of a forecast; all together have the sum, if each has one."""
    if budget is None:
        return {}
    if not isinstance(budget, tuple):
        return {TOTAL if TOTAL in ids else one: budget for one in ids}
    known = {one: amount for one, amount in budget if one in ids}
    each = [one for one in ids if one != TOTAL]
    if TOTAL in ids and TOTAL not in known and all(one in known for one in each):
        known[TOTAL] = sum(known[one] for one in each)
    return known
