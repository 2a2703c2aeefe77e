"""Where the month of a report ends, and what stood out: of the total, and of the accounts it names.

The month is that of the last hour that is known, whatever the time range of the report.
"""

from collections.abc import Mapping
from dataclasses import replace

import polars as pl

from cfusage_lab import headline
from cfusage_lab.changes import same_time_yesterday
from cfusage_lab.forecasts import forecast_month_path
from cfusage_lab.headline import MOST_ACCOUNTS, MonthEnd, StoodOut, Usage
from cfusage_lab.reports.figures import Figures

__all__ = ["month_end", "month_path", "stood_out", "until"]


def month_end(
    figures: Figures, *, budget: float | Mapping[str, float] | None, balance: pl.DataFrame | None
) -> MonthEnd | None:
    """Forecast the month of the last day, of the costliest accounts and of those with a budget."""
    ids = figures.accounts["account_id"]
    named = ids.slice(MOST_ACCOUNTS).to_list() if isinstance(budget, Mapping) else []
    shown = [*ids.head(MOST_ACCOUNTS), *(one for one in named if one in budget)]  # type: ignore[operator]
    return headline.month_end(_usage(figures, shown), budget=budget, balance=balance)


def stood_out(figures: Figures) -> StoodOut | None:
    """Find what stood out in the time range, of the costliest accounts; the hours before it are the past."""
    usage = _usage(figures, figures.accounts["account_id"].head(MOST_ACCOUNTS).to_list())
    if figures.before is None:
        return headline.stood_out(usage)
    start, end = figures.span
    is_past = pl.col("start_time") < end
    total = usage.total.filter(is_past)
    history = total if usage.is_alone else usage.history.filter(is_past)
    found = headline.stood_out(replace(usage, history=history, total=total))
    return None if found is None else found.since(start)


def month_path(figures: Figures) -> pl.DataFrame:
    """Return how the month of the total adds up (``schema.FORECAST_MONTH_PATH``)."""
    known = figures.known
    return forecast_month_path(known.total_daily, history=known.total, time_zone=figures.time_zone)


def until(figures: Figures) -> str:
    """Return the local clock time until which the last day is counted."""
    row = same_time_yesterday(figures.known.total, time_zone=figures.time_zone).row(0, named=True)
    return str(row["until"]) if row["date"] == figures.latest else "00:00"


def _usage(figures: Figures, ids: list[str]) -> Usage:
    """Return what the named accounts cost by themselves, and all of them together."""
    is_shown = pl.col("account_id").is_in(ids)
    known = figures.known
    if figures.is_alone:
        return known
    return replace(known, history=known.history.filter(is_shown), daily=known.daily.filter(is_shown))
