"""What an hour of the week cost in each week, in words: so that a one-off is seen behind a mean."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.frames.history import polars_history
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.schema import WINDOWS
from cfusage_lab.wording import date_text, dollars

__all__ = ["WEEK_TEXTS", "week_texts"]

WEEK_TEXTS: Final = {"weeks": "Each week", "costliest": "Costliest"}
"""Column to title."""
_SLOT: Final = ("account_id", "weekday", "hour")
_MOST_WEEKS: Final = 6
"""Weeks that are listed; the costliest one is named beside them."""


def week_texts(history: pl.DataFrame, heatmap: pl.DataFrame, *, time_zone: str) -> pl.DataFrame:
    """Tell of each hour of the week what it cost: ``weeks`` has the latest, ``costliest`` the highest.

    Raises
    ------
    FrameError
        If these are not the hours that the heatmap was made of.
    """
    windows = _counted(polars_history(history, WINDOWS), heatmap)
    local = local_time(windows["start_time"], time_zone=time_zone)
    hours = windows.select("account_id", "start_time", cost="aggregated_value").hstack(
        local.select("date", pl.col("weekday", "hour").cast(pl.Int64))
    )
    latest: Any = hours["date"].max()
    slots = hours.sort("start_time", descending=True).group_by(_SLOT).agg("date", "cost")
    texts = [_texts(dates, costs, latest) for dates, costs in slots.select("date", "cost").iter_rows()]
    columns = [pl.Series(name, [text[name] for text in texts], dtype=pl.String) for name in WEEK_TEXTS]
    return slots.select(_SLOT).hstack(columns)


def _counted(history: pl.DataFrame, heatmap: pl.DataFrame) -> pl.DataFrame:
    """Return the windows that a heatmap counts: all, or those that are over."""
    history = history.filter(pl.col("account_id").is_in(heatmap["account_id"].unique().to_list()))
    over = history.filter(pl.col("state") != "in_progress")
    count = int(heatmap["hours"].sum())
    for windows in (over, history):
        if windows.height == count:
            return windows
    raise FrameError(
        f"history has {history.height:,} hours of these accounts, and the heatmap counts {count:,}: pass the "
        "table that the heatmap was made of"
    )


def _texts(dates: Sequence[date], costs: Sequence[float], latest: date) -> dict[str, str]:
    """Say what an hour cost, the latest first."""
    said = [
        f"{day.day} {day:%b}{'' if day.year == latest.year else f' {day:%Y}'} {dollars(cost)}"
        for day, cost in zip(dates[:_MOST_WEEKS], costs[:_MOST_WEEKS], strict=True)
    ]
    more = [f"{len(dates) - _MOST_WEEKS:,} more"] if len(dates) > _MOST_WEEKS else []
    top = max(range(len(costs)), key=costs.__getitem__)
    return {
        "weeks": " · ".join(said + more),
        "costliest": f"{dollars(costs[top])} on {date_text(dates[top])}",
    }
