"""Hours of a day or a week: their rows, and what a heading and the pointer say about them."""

import json
from collections.abc import Sequence
from typing import Final

import polars as pl

from cfusage_lab.charts.accounts import Picked
from cfusage_lab.charts.parts import WEEKDAYS
from cfusage_lab.charts.style import exact_text
from cfusage_lab.errors import FrameError
from cfusage_lab.ranges import zone

__all__ = [
    "SPREAD",
    "hour_facts",
    "hour_text",
    "is_with_spread",
    "refuse_repeats",
    "slot_texts",
    "slot_titles",
    "whole_day",
    "whole_week",
]

SPREAD: Final = ("median_usd", "q25_usd", "q75_usd")
"""The columns that a pattern without medians does not have."""


def is_with_spread(pattern: pl.DataFrame) -> bool:
    """Whether medians and quartiles are there."""
    return set(SPREAD) <= set(pattern.columns)


def refuse_repeats(pattern: pl.DataFrame, key: Sequence[str]) -> None:
    """Raise unless every slot of an account stands there once: one would be drawn over another."""
    repeated = pattern.filter(pl.struct(key).is_duplicated())
    if repeated.height:
        where = ", ".join(
            f"{name} {value}" for name, value in repeated.select(key).row(0, named=True).items()
        )
        raise FrameError(f"more than one row for {where}: draw one pattern at a time")


def whole_day(table: pl.DataFrame) -> pl.DataFrame:
    """Give each hour of the day a row, so that lines break where there is none."""
    return _HOURS.join(table.drop("account_id"), on="hour", how="left").sort("hour")


def whole_week(table: pl.DataFrame) -> pl.DataFrame:
    """Give each hour of the week a row."""
    days = pl.DataFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int64})
    week = days.join(_HOURS, how="cross")
    return week.join(table.drop("account_id"), on=["weekday", "hour"], how="left").sort("weekday", "hour")


def hour_text(hour: int) -> str:
    """Write an hour by its ends."""
    return f"{hour:02d}:00 to {hour + 1:02d}:00"


def hour_facts(table: pl.DataFrame, found: Picked, unit: str, time_zone: str) -> list[str]:
    """Say whose hours these are, how many stand behind the figures, and on which clock."""
    key = zone(time_zone).key
    if table.is_empty():
        return [f"{key} time"]
    count = int(table["hours"].sum())
    counted = f"{count:,} {'hour' if count == 1 else 'hours'} · {key} time"
    return [f"{found.whose} · {unit}", counted, *found.facts]


def slot_titles(*, is_spread: bool, is_week: bool) -> dict[str, str]:
    """Return the titles of what the pointer is told."""
    titles = {"weekday_name": "Weekday"} if is_week else {}
    titles |= {"clock": "Local time", "mean": "Mean"}
    titles |= {"median": "Median", "quartiles": "Quartiles"} if is_spread else {}
    return titles | {"total": "Total", "part": "Share of all", "count": "Hours"}


def slot_texts(account: str) -> dict[str, str]:
    """Write the expressions for what the pointer is told."""
    low, high = exact_text("datum.q25_usd"), exact_text("datum.q75_usd")
    share = "isValid(datum.share) ? format(datum.share, ',.1%') : 'none: the total is not above $0'"
    told = {
        "mean": exact_text("datum.mean_usd"),
        "median": exact_text("datum.median_usd"),
        "quartiles": f"({low}) + ' to ' + ({high})",
        "total": exact_text("datum.total_usd"),
        "part": share,
    }
    return {
        "account": json.dumps(account),
        "weekday_name": f"{json.dumps(WEEKDAYS)}[datum.weekday - 1]",
        "clock": "format(datum.hour, '02d') + ':00 to ' + format(datum.hour + 1, '02d') + ':00'",
        "count": "format(isValid(datum.hours) ? datum.hours : 0, ',d')",
        **{name: f"isValid(datum.hours) ? ({text}) : 'no hour'" for name, text in told.items()},
    }


_HOURS: Final = pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int64})
