"""Where the month ends and what stood out: of windows that reach further back than those on screen."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.daily import TOTAL, daily_usage
from cfusage_lab.errors import CfUsageError
from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.same import Memo, Same
from cfusage_lab.forecasts.budget import budget_table, checked_budget, require_known
from cfusage_lab.forecasts.credit import credit_balances, runway_table
from cfusage_lab.forecasts.forecaster import forecaster_of
from cfusage_lab.forecasts.month_end import month_end_table, month_of, month_path_table
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
    "judged_windows",
    "require_accounts",
    "season_windows",
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

    def of_course(self, history: pl.DataFrame, memo: Memo) -> tuple[pl.DataFrame, dict[str, object]]:
        """Return what :func:`course_of` takes."""
        windows = memo.rows(season_windows, history, beyond=self.beyond, season=self.season)
        credit = None if self.beyond.credit is None else Same(self.beyond.credit)
        return windows, {"time_zone": self.time_zone, "budget": self.budget, "credit": credit}

    def of_events(self, history: pl.DataFrame, memo: Memo) -> tuple[pl.DataFrame, dict[str, object]]:
        """Return what :func:`events_of` takes."""
        judged = (self.time_range, self.usual)
        windows = memo.rows(judged_windows, history, beyond=self.beyond, judged=judged)
        return windows, {"time_zone": self.time_zone, "asked": self.time_range}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # tables can't be asked whether they are equal
class Course:
    """Where the month ends.

    Attributes
    ----------
    month_end
        As :func:`cfusage_lab.forecast_month_end` returns it; no row where there are no windows.
    path
        As :func:`cfusage_lab.forecast_month_path` does.
    budget
        As :func:`cfusage_lab.budget_check` does, of the accounts that have one; None without any.
    runway
        As :func:`cfusage_lab.credit_runway` does; None where no credit is known.
    refusal
        Why none of it can be told, if so.
    """

    month_end: pl.DataFrame
    path: pl.DataFrame
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


def require_accounts(budget: Budget, accounts: Collection[str]) -> None:
    """Refuse a budget of an account that is not there; where none is known yet, any may come.

    Raises
    ------
    ConfigError
        If an account has a budget and is not among those that are known.
    """
    if accounts and isinstance(budget, tuple):
        require_known(dict(budget), {TOTAL, *accounts}, where="among those of the source")


def season_windows(history: pl.DataFrame, *, beyond: Beyond, season: TimeRange) -> pl.DataFrame:
    """Return the windows that tell the month's end: the range on screen may lie elsewhere."""
    inside = pl.col("start_time").is_between(season.start, season.end, closed="left")
    return beyond.of(history, (season,)).filter(inside)


def judged_windows(history: pl.DataFrame, *, beyond: Beyond, judged: tuple[TimeRange, ...]) -> pl.DataFrame:
    """Return the windows of the range, and those that tell what is usual in it."""
    return beyond.of(history, judged)


def course_of(windows: pl.DataFrame, *, time_zone: str, budget: Budget, credit: Same | None) -> Course:
    """Tell where the month ends, day by day, how its budget stands, and how long credit lasts."""
    try:
        daily = daily_usage(windows, time_zone=time_zone)
        forecaster = forecaster_of(daily, history=windows, time_zone=time_zone)
        month = month_of(forecaster)
        month_end = month_end_table(month)
        budgets = _budgets(budget, month_end["account_id"].to_list())
        balances = None if credit is None else credit_balances(credit.table)
        return Course(
            month_end=month_end,
            path=month_path_table(month),
            budget=budget_table(month, budget=budgets) if budgets else None,
            runway=None if balances is None else runway_table(balances, forecaster),
        )
    except CfUsageError as error:
        return Course(month_end=month_end_table(None), path=month_path_table(None), refusal=str(error))


def events_of(windows: pl.DataFrame, *, time_zone: str, asked: TimeRange) -> Events:
    """Find what stood out in a range; of many accounts, the costliest are judged."""
    costs = windows.group_by("account_id").agg(pl.col("aggregated_value").sum())
    found = costs.sort(["aggregated_value", "account_id"], descending=[True, False])["account_id"]
    judged = windows.filter(pl.col("account_id").is_in(found.head(MOST_JUDGED).to_list()))
    first = judged["start_time"].min()
    since = first + timedelta(days=JUDGED_DAYS) if isinstance(first, datetime) else None
    try:
        events = anomalies(judged, time_zone=time_zone)
    except CfUsageError as error:
        return Events(table=pl.DataFrame(schema=ANOMALIES), refusal=str(error))
    is_shown = (pl.col("end_time") > asked.start) & (pl.col("start_time") < asked.end)
    return Events(
        table=events.filter(is_shown),
        judged_from=since if since is not None and since < asked.end else None,
        judged=min(MOST_JUDGED, found.len()),
        accounts=found.len(),
    )


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
