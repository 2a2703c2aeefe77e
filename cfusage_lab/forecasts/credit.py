"""How long prepaid credit lasts."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from cfusage_lab.forecasts.account_forecasts import Expected, Outlook, outlooks
from cfusage_lab.forecasts.forecaster import Forecaster, forecaster_of
from cfusage_lab.forecasts.levels import LEVELS, checked_levels, level_name, quantile
from cfusage_lab.forecasts.series import Series
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.frames.engines import open_checked, refuse_lazy
from cfusage_lab.schema import CREDIT_BALANCE, CREDIT_RUNWAY

__all__ = ["credit_balances", "credit_runway", "runway_table"]

_FARTHEST: Final = timedelta(days=366)
"""How far ahead a day is told: beyond a year, the cost of today says nothing."""
_SHORT: Final = "run rate:"
_SIDES: Final = {"earliest": 1, "latest": -1}

Path = Sequence[tuple[date, Expected]]


def credit_runway(
    balance: object,
    daily: object,
    *,
    levels: Sequence[float] = LEVELS,
    history: object | None = None,
    time_zone: str | None = None,
) -> pl.DataFrame:
    """Tell on which day prepaid credit is used up.

    The balance is that of the end of the daily table. What is paid in, by hand or automatically, is not cost
    and is in no forecast; where an automatic top-up is set up, the day of the first one is told, too.

    Parameters
    ----------
    balance
        Prepaid credit (``schema.CREDIT_BALANCE``), as ``UsageClient.credit_balance`` returns it.
    daily
        Local days of these accounts (``schema.DAILY``); 60 days or more are better.
    levels
        How likely the intervals are to hold the day: fractions between 0 and 1.
    history, time_zone
        As in :func:`forecast_month_end`, which says how days are forecast.

    Returns
    -------
    DataFrame
        One row an account of ``balance`` (``schema.CREDIT_RUNWAY``), sorted; credit is an account's own, so
        there is no row for ``all``:

        - ``account_id``, ``balance_usd``
        - ``status``: ``used up`` (there is none now), ``lasts`` (until ``used_up_date``), ``topped up``
          (automatically, first on ``topup_date``), ``beyond a year``, ``no cost`` (nothing uses it up), or
          ``not enough history``: fewer than 14 whole days, of which no date is told
        - ``used_up_date``: the local day on which the forecast comes to the balance, without any top-up
        - ``earliest_80_date``, ``latest_80_date`` and so on for each level: the days between which that is;
          the latest is null where it is more than a year away
        - ``topup_date``: the day on which the balance falls to the threshold of the automatic top-up; null
          where none is set up, or that is more than a year away
        - ``topup_amount_usd``, ``topup_threshold_usd``: as set up, or null
        - ``method``

    Raises
    ------
    ConfigError
        If a level is no fraction between 0 and 1, or only one of ``history`` and ``time_zone`` is passed.
    FrameError
        If a table lacks columns, is lazy or on Spark, or has a duplicate account or day.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> history = client.usage_history(cfu.last_days(90, include_today=True, now=now))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> row = cfu.credit_runway(client.credit_balance(), daily).row(0, named=True)
    >>> print(row["status"], row["used_up_date"], row["topup_date"])
    topped up 2026-11-23 2026-11-23
    """
    asked = checked_levels(levels)
    balances = credit_balances(balance)
    return runway_table(balances, forecaster_of(daily, history=history, time_zone=time_zone), levels=asked)


def runway_table(
    balances: pl.DataFrame, forecaster: Forecaster | None, *, levels: Sequence[float] = LEVELS
) -> pl.DataFrame:
    """Return what :func:`credit_runway` does, of days that are opened already."""
    found = forecaster.series if forecaster else None
    known: dict[str, Outlook] = {}
    if forecaster:
        until = forecaster.series.today + _FARTHEST
        known = {one.account_id: one for one in outlooks(forecaster, until=until)}
    rows = [
        _row(credit, known.get(credit["account_id"]), found, levels)
        for credit in balances.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, schema=_columns(levels))


def credit_balances(balance: object) -> pl.DataFrame:
    """Open a table of balances, with one row an account."""
    table = open_checked(balance, CREDIT_BALANCE, table="credit balance", key=("account_id",))
    refuse_lazy(table, "balance", why="a credit balance is one row an account")
    balances: pl.DataFrame = table.frame.collect("polars").to_native()
    refuse_nulls(balances, ["balance_usd"])
    return balances


def _columns(levels: Sequence[float]) -> pl.Schema:
    columns: dict[str, pl.DataType] = {}
    for name, kind in CREDIT_RUNWAY.items():
        columns[name] = kind
        if name == "used_up_date":
            columns |= {f"{side}_{level_name(one)}_date": pl.Date() for one in levels for side in _SIDES}
    return pl.Schema(columns)


def _row(
    credit: dict[str, Any], outlook: Outlook | None, found: Series | None, levels: Sequence[float]
) -> dict[str, Any]:
    """Tell how long one account's credit lasts."""
    balance, threshold = credit["balance_usd"], credit["topup_threshold_usd"]
    has_topup = credit["topup_amount_usd"] is not None and threshold is not None
    row = {name: credit.get(name) for name in CREDIT_RUNWAY if name in credit}
    row["method"] = outlook.method if outlook else "not enough history"
    if outlook is None or found is None or not outlook.is_known or outlook.method.startswith(_SHORT):
        return row | {"status": "used up" if balance <= 0 else "not enough history"}
    path = [(day, sum_) for day, sum_ in outlook.sums(found.today, 0.0) if day >= found.today]
    if balance <= 0:
        return row | {"status": "used up"}
    row["used_up_date"] = _first(path, balance)
    for level in levels:
        for side, sign in _SIDES.items():
            row[f"{side}_{level_name(level)}_date"] = _first(path, balance, outlook, sign * quantile(level))
    if has_topup:
        row["topup_date"] = _first(path, balance - threshold)
    return row | {"status": _status(row, path)}


def _first(path: Path, amount: float, outlook: Outlook | None = None, z: float = 0.0) -> date | None:
    """Return the first day on which the sum comes to an amount: the forecast, or an end of its interval."""
    for day, sum_ in path:
        value = sum_.total_usd
        if outlook:
            lower, upper = outlook.interval(sum_, abs(z)) or (0.0, 0.0)
            value = upper if z > 0 else lower
        if value >= amount:
            return day
    return None


def _status(row: dict[str, Any], path: Path) -> str:
    if row.get("topup_date"):
        return "topped up"
    if row["used_up_date"]:
        return "lasts"
    return "beyond a year" if path and path[-1][1].rest_usd > 0 else "no cost"
