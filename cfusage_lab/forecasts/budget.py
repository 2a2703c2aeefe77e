"""Whether a month stays within its budget, and when not."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl

from cfusage_lab.argument_checks import number, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.forecasts.account_forecasts import Outlook
from cfusage_lab.forecasts.forecaster import forecaster_of
from cfusage_lab.forecasts.month_end import Month, month_of
from cfusage_lab.forecasts.running_day import HourProfiles
from cfusage_lab.schema import BUDGET_CHECK

__all__ = ["budget_check", "budget_table", "checked_budget"]


def budget_check(
    daily: object,
    *,
    budget_usd: float | Mapping[str, float],
    history: object | None = None,
    time_zone: str | None = None,
) -> pl.DataFrame:
    """Tell how likely a month comes to more than its budget, and when it did or will.

    Otherwise as :func:`forecast_month_end`, whose forecast this is.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``), from the first of the month at least; 60 days or more are better.
    budget_usd
        US dollars a month: one number for each account, and for ``all`` of them together, or a number by
        account id, of which ``all`` is one; others are left out.
    history, time_zone
        The hour windows (``schema.HISTORY``) that the days were made of, and the IANA name of their zone:
        they tell the hour.

    Returns
    -------
    DataFrame
        One row an account (``schema.BUDGET_CHECK``), ``all`` last:

        - ``account_id``, ``month``, ``budget_usd``
        - ``spent_usd``, ``forecast_usd``: US dollars since the first of the month, and at its end
        - ``chance``: how likely the month comes to more than the budget, 0 to 1; 1 where it already has, and
          null where nobody can tell
        - ``is_passed``: whether it already has
        - ``passed_date``: the local day on which it has, or on which the forecast comes to more; null where
          that is not in this month
        - ``passed_time``: the start of the hour of that, in UTC; null without ``history``
        - ``method``

    Raises
    ------
    ConfigError
        If the budget is no number above 0, or one is given for an account that is not in the table.
    FrameError
        As :func:`forecast_month_end`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> history = client.usage_history(cfu.last_days(90, include_today=True, now=now))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> row = cfu.budget_check(daily, budget_usd=2_500, history=history, time_zone="UTC").row(0, named=True)
    >>> print(f"{row['chance']:.0%} on {row['passed_date']}, in the hour from {row['passed_time']:%H:%M}")
    64% on 2026-11-30, in the hour from 11:00
    """
    budget = checked_budget(budget_usd)
    forecaster = forecaster_of(daily, history=history, time_zone=time_zone)
    return budget_table(month_of(forecaster), budget=budget)


def budget_table(month: Month | None, *, budget: float | Mapping[str, float]) -> pl.DataFrame:
    """Return what :func:`budget_check` does, of a month that is there already."""
    ids = [outlook.account_id for outlook in month.outlooks] if month else []
    budgets = budget if isinstance(budget, Mapping) else dict.fromkeys(ids, budget)
    require_known(budgets, ids, where="in the table")
    if month is None:
        return pl.DataFrame(schema=BUDGET_CHECK)
    rows = [
        _checked(month, outlook, budgets[outlook.account_id])
        for outlook in month.outlooks
        if outlook.account_id in budgets
    ]
    return pl.DataFrame(rows, schema=BUDGET_CHECK)


def checked_budget(budget_usd: object) -> float | dict[str, float]:
    """Return one budget, or those of several accounts, or raise :class:`ConfigError`."""
    if isinstance(budget_usd, Mapping):
        if not budget_usd:
            raise ConfigError("budget {}: pass US dollars a month, or such a number for each account id")
        return {str(account_id): _amount(amount) for account_id, amount in budget_usd.items()}
    return _amount(budget_usd)


def require_known(budgets: Iterable[str], accounts: Collection[str], *, where: str) -> None:
    """Raise :class:`ConfigError` about an account that has a budget and is not among those ``where`` says."""
    strange = sorted(set(budgets) - set(accounts))
    if strange:
        raise ConfigError(f"a budget for account {strange[0]}, which is not {where}")


def _amount(value: object) -> float:
    found = number(value)
    if found is None or found <= 0:
        raise ConfigError(f"budget {said(value)}: pass US dollars a month, a number above 0")
    return found


def _checked(month: Month, outlook: Outlook, budget: float) -> dict[str, Any]:
    """Set one account beside its budget."""
    end = month.end(outlook)
    is_passed = end.known_usd > budget
    day, hour = _past(month, outlook, budget) if is_passed else _to_come(month, outlook, budget)
    return {
        "account_id": outlook.account_id,
        "month": month.first,
        "budget_usd": budget,
        "spent_usd": end.known_usd,
        "forecast_usd": end.total_usd if outlook.is_known else None,
        "chance": outlook.chance_above(end, budget) if outlook.is_known or is_passed else None,
        "is_passed": is_passed,
        "passed_date": day,
        "passed_time": hour,
        "method": outlook.method,
    }


def _past(month: Month, outlook: Outlook, budget: float) -> tuple[date | None, datetime | None]:
    """Tell when the budget was passed: from hours, if they are there, else from days."""
    if isinstance(month.running_day, HourProfiles):
        found = month.running_day.passed(outlook.account_id, month.first, budget)
        if found:
            return found
    days = month.known.filter(pl.col("account_id") == outlook.account_id)
    above = days.filter(days["cost_usd"].cum_sum() > budget).head(1)
    return above["date"].item() if above.height else None, None


def _to_come(month: Month, outlook: Outlook, budget: float) -> tuple[date | None, datetime | None]:
    """Tell when the forecast comes to more than the budget."""
    before = month.spent[outlook.account_id]
    for day, sum_ in month.path(outlook):
        if sum_.total_usd > budget:
            if not isinstance(month.running_day, HourProfiles):
                return day, None
            part = (budget - before) / (sum_.total_usd - before)
            return day, month.running_day.hour_of(outlook.account_id, day, part)
        before = sum_.total_usd
    return None, None
