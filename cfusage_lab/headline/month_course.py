"""Where the month ends, day by day, how its budget stands and how long credit lasts: one forecast for all."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from cfusage_lab.daily import TOTAL, daily_usage
from cfusage_lab.errors import CfUsageError
from cfusage_lab.forecasts.budget import budget_table, checked_budget, require_known
from cfusage_lab.forecasts.credit import credit_balances, runway_table
from cfusage_lab.forecasts.forecaster import forecaster_of
from cfusage_lab.forecasts.month_end import month_end_table, month_of, month_path_table

__all__ = ["Budget", "Course", "budget_of", "forecast_course", "month_course", "require_accounts"]

Budget = float | tuple[tuple[str, float], ...] | None
"""US dollars a month: of all accounts together, or of each by its id."""


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


_UNKNOWN: Final = Course(month_end=month_end_table(None), path=month_path_table(None))


def month_course(
    windows: pl.DataFrame, *, time_zone: str, budget: Budget = None, credit: pl.DataFrame | None = None
) -> Course:
    """Tell where the month of the last window ends, of each account and of all of them together.

    What can't be told is said in :attr:`Course.refusal`.

    Parameters
    ----------
    windows
        Hour windows (``schema.HISTORY``) from the first of the month; 90 days tell it better.
    time_zone
        The IANA name of the zone whose days these are.
    budget
        What :func:`budget_of` returns. Several accounts together have the sum of theirs, if each has one.
    credit
        Balances (``schema.CREDIT_BALANCE``) of these accounts.
    """
    ids = windows["account_id"].unique().sort().to_list()
    ids = [*ids, TOTAL] if len(ids) > 1 else ids
    try:
        daily = daily_usage(windows, time_zone=time_zone)
        budgets = _budgets(budget, ids)
        return forecast_course(daily, windows, time_zone=time_zone, budgets=budgets, credit=credit)
    except CfUsageError as error:
        return Course(month_end=_UNKNOWN.month_end, path=_UNKNOWN.path, refusal=str(error))


def forecast_course(
    daily: pl.DataFrame,
    history: pl.DataFrame,
    *,
    time_zone: str,
    budgets: Mapping[str, float],
    credit: pl.DataFrame | None,
) -> Course:
    """Forecast the month of the last of some local days, which were made of ``history``.

    Raises
    ------
    ConfigError
        If an account has a budget and no days.
    FrameError
        If the tables are not what they should be.
    """
    forecaster = forecaster_of(daily, history=history, time_zone=time_zone)
    month = month_of(forecaster)
    return Course(
        month_end=month_end_table(month),
        path=month_path_table(month),
        budget=budget_table(month, budget=budgets) if budgets else None,
        runway=None if credit is None else runway_table(credit_balances(credit), forecaster),
    )


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
