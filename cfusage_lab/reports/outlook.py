"""Where the month of a report ends, and what stood out: of the total, and of the accounts it names."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.forecasts import budget_check, credit_runway, forecast_month_end, forecast_month_path
from cfusage_lab.reports.figures import MOST_ACCOUNTS, Figures
from cfusage_lab.schema import DAILY, WINDOWS

__all__ = ["MonthEnd", "StoodOut", "month_end", "stood_out"]

_UNJUDGED: Final = timedelta(days=7)
"""How long an account is known before its hours are judged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthEnd:
    """Where the month ends.

    Attributes
    ----------
    whole
        The row of ``schema.FORECAST_MONTH_END`` for all accounts added up, or for the only one.
    each
        The rows of the accounts, the costliest first; empty where there is one account.
    path
        ``schema.FORECAST_MONTH_PATH`` of the whole.
    until
        The local clock time until which the last day is counted.
    budget, runway
        ``schema.BUDGET_CHECK`` and ``schema.CREDIT_RUNWAY``, if a budget and a balance were given.
    """

    whole: Mapping[str, Any]
    each: pl.DataFrame
    path: pl.DataFrame
    until: str
    budget: pl.DataFrame | None
    runway: pl.DataFrame | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodOut:
    """What stood out (``schema.ANOMALIES``), largest dollars first: of the total, and of its accounts."""

    total: pl.DataFrame
    each: pl.DataFrame


def month_end(
    figures: Figures, *, budget: float | Mapping[str, float] | None, balance: pl.DataFrame | None
) -> MonthEnd | None:
    """Forecast the month of the last day; None where the history lacks the first of that month.

    A number as budget is one for all accounts together.
    """
    today: Any = figures.total_daily["date"].max()
    first = today.replace(day=1)
    if not _is_known_from(figures.total_daily, first):
        return None
    whole_id = figures.total_daily["account_id"][0]
    ids = _shown(figures, budget)
    daily = _with_total(figures.daily, figures.total_daily, ids, [*DAILY])
    history = _with_total(figures.history, figures.total, ids, [*WINDOWS])
    common: dict[str, Any] = {"history": history, "time_zone": figures.time_zone}
    ends = forecast_month_end(daily, **common)
    alone = daily.filter(pl.col("account_id") == whole_id)
    budgets = budget if isinstance(budget, Mapping) or budget is None else {whole_id: budget}
    credit = None if balance is None else balance.filter(pl.col("account_id").is_in(ids))
    is_whole = pl.col("account_id") == whole_id
    order = pl.DataFrame({"account_id": ids})
    each = order.join(ends, on="account_id", how="left", maintain_order="left")
    return MonthEnd(
        whole=ends.row(by_predicate=is_whole, named=True),
        each=each.clear() if figures.is_alone else each,
        path=forecast_month_path(alone, history=history.filter(is_whole), time_zone=figures.time_zone),
        until=figures.overall["until"] if figures.overall["date"] == today else "00:00",
        budget=None if budgets is None else budget_check(daily, budget_usd=budgets, **common),
        runway=None if credit is None else credit_runway(credit, daily, **common),
    )


def stood_out(figures: Figures) -> StoodOut | None:
    """Find what stood out; None where no hour has a past to be judged by."""
    zone_name = figures.time_zone
    ended: Any = figures.total.filter(pl.col("state") != "in_progress")["start_time"].max()
    if ended - figures.span[0] < _UNJUDGED:
        return None
    total = _largest_first(anomalies(figures.total, time_zone=zone_name))
    if figures.is_alone:
        return StoodOut(total=total, each=total)
    shown = figures.history.filter(pl.col("account_id").is_in(_shown(figures, None)))
    return StoodOut(total=total, each=_largest_first(anomalies(shown, time_zone=zone_name)))


def _largest_first(events: pl.DataFrame) -> pl.DataFrame:
    return events.sort(pl.col("impact_usd").abs(), "start_time", descending=[True, True])


def _shown(figures: Figures, budget: object) -> list[str]:
    """Return the costliest accounts, and those that have a budget of their own."""
    ids = figures.accounts["account_id"]
    named = ids.slice(MOST_ACCOUNTS).to_list() if isinstance(budget, Mapping) else []
    return [*ids.head(MOST_ACCOUNTS), *(one for one in named if one in budget)]  # type: ignore[operator]


def _with_total(table: pl.DataFrame, total: pl.DataFrame, ids: list[str], columns: list[str]) -> pl.DataFrame:
    """Return the rows of some accounts, and those of all added up."""
    if table is total:
        return table
    each = table.filter(pl.col("account_id").is_in(ids)).select(columns)
    return pl.concat([each, total.select(columns)], how="vertical_relaxed")


def _is_known_from(daily: pl.DataFrame, first: date) -> bool:
    """Whether the days reach back to the first of the month, all of it."""
    earliest = daily.sort("date").row(0, named=True)
    if earliest["date"] == first:
        return bool(earliest["is_whole"] or daily["date"].max() == first)
    return bool(earliest["date"] < first)
