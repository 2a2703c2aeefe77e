"""Where the month of a report ends, and what stood out: of the total, and of the accounts it names."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from cfusage_lab import summaries
from cfusage_lab.forecasts import forecast_month_path
from cfusage_lab.reports.figures import Figures
from cfusage_lab.summaries import MOST_ACCOUNTS, MonthEnd, StoodOut, Usage

__all__ = ["month_end", "month_path", "stood_out", "until"]


def month_end(
    figures: Figures, *, budget: float | Mapping[str, float] | None, balance: pl.DataFrame | None
) -> MonthEnd | None:
    """Forecast the month of the last day, of the costliest accounts and of those with a budget."""
    ids = figures.accounts["account_id"]
    named = ids.slice(MOST_ACCOUNTS).to_list() if isinstance(budget, Mapping) else []
    shown = [*ids.head(MOST_ACCOUNTS), *(one for one in named if one in budget)]  # type: ignore[operator]
    return summaries.month_end(_usage(figures, shown), budget=budget, balance=balance)


def stood_out(figures: Figures) -> StoodOut | None:
    """Find what stood out, of the costliest accounts."""
    return summaries.stood_out(_usage(figures, figures.accounts["account_id"].head(MOST_ACCOUNTS).to_list()))


def month_path(figures: Figures) -> pl.DataFrame:
    """Return how the month of the total adds up (``schema.FORECAST_MONTH_PATH``)."""
    return forecast_month_path(figures.total_daily, history=figures.total, time_zone=figures.time_zone)


def until(figures: Figures) -> str:
    """Return the local clock time until which the last day is counted."""
    today: Any = figures.total_daily["date"].max()
    return str(figures.overall["until"]) if figures.overall["date"] == today else "00:00"


def _usage(figures: Figures, ids: list[str]) -> Usage:
    """Return what the named accounts cost by themselves, and all of them together."""
    is_shown = pl.col("account_id").is_in(ids)
    is_alone = figures.is_alone
    return Usage(
        time_zone=figures.time_zone,
        history=figures.history if is_alone else figures.history.filter(is_shown),
        daily=figures.daily if is_alone else figures.daily.filter(is_shown),
        total=figures.total,
        total_daily=figures.total_daily,
    )
