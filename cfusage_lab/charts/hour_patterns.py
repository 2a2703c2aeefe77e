"""Hours of a day or a week: their rows, and what a heading and the pointer say about them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, get_args

import polars as pl

from cfusage_lab.argument_checks import check_choice
from cfusage_lab.charts.headings import one_line
from cfusage_lab.charts.marks import Part, hover_columns
from cfusage_lab.charts.page import Row
from cfusage_lab.charts.rows import PickedAccounts
from cfusage_lab.charts.tooltips import add_account_title, exact_text, quote, range_text
from cfusage_lab.errors import FrameError
from cfusage_lab.frames import polars_table
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import WEEKDAYS
from cfusage_lab.wording import counted, dollars

__all__ = [
    "COLUMNS",
    "SPREAD",
    "STEPS",
    "Statistic",
    "check_pattern",
    "figure_text",
    "hour_facts",
    "hover_hours",
    "peak_of",
    "whole_day",
    "whole_week",
]

Statistic = Literal["mean", "median", "total", "share"]

COLUMNS: Final[dict[Statistic, str]] = {
    "mean": "mean_usd",
    "median": "median_usd",
    "total": "total_usd",
    "share": "share",
}
SPREAD: Final = ("median_usd", "q25_usd", "q75_usd")
"""The columns that a pattern without medians does not have."""
STEPS: Final = {"next": "datum.hour + 1", "middle": "datum.hour + 0.5"}
"""Where an hour ends, and its middle: Vega expressions."""


def check_pattern(
    pattern: object, needed: pl.Schema, *, statistic: Statistic, table: str, key: Sequence[str]
) -> tuple[pl.DataFrame, bool]:
    """Return a pattern that has all that a statistic takes, and whether its medians and quartiles are there.

    Every slot of an account is there once: one would be drawn over another.
    """
    check_choice(statistic, "statistic", get_args(Statistic))
    optional = () if statistic == "median" else SPREAD
    least = pl.Schema({name: kind for name, kind in needed.items() if name not in optional})
    rows = polars_table(pattern, least, table=table, key=key, optional=needed)
    if statistic == "median" and rows.height and rows["median_usd"].is_null().all():
        raise FrameError("median_usd is null throughout: make the pattern with median=True")
    return rows, set(SPREAD) <= set(rows.columns)


def whole_day(table: pl.DataFrame) -> pl.DataFrame:
    """Give each hour of the day a row, so that lines break where there is none."""
    return _HOURS.join(table.drop("account_id"), on="hour", how="left").sort("hour")


def whole_week(table: pl.DataFrame) -> pl.DataFrame:
    """Give each hour of the week a row."""
    days = pl.DataFrame({"weekday": range(1, 8)}, schema={"weekday": pl.Int64})
    week = days.join(_HOURS, how="cross")
    return week.join(table.drop("account_id"), on=["weekday", "hour"], how="left").sort("weekday", "hour")


def peak_of(pattern: pl.DataFrame, statistic: Statistic) -> dict[str, Any] | None:
    """Return the row with the highest figure of one account, the earliest of several, if one is not zero."""
    if pattern["account_id"].n_unique() != 1:
        return None
    column = COLUMNS[statistic]
    when = [name for name in ("weekday", "hour") if name in pattern.columns]
    order = pattern.sort([column, *when], descending=[True, *(False for _ in when)], nulls_last=True)
    return order.row(0, named=True) if (pattern[column].fill_null(0.0) != 0.0).any() else None


def figure_text(row: Mapping[str, Any], statistic: Statistic) -> str:
    """Write a row's figure as in a sentence."""
    figure = row[COLUMNS[statistic]]
    return f"{figure:.1%} of all cost" if statistic == "share" else f"{dollars(figure)} {_WORDS[statistic]}"


def hour_facts(found: PickedAccounts, unit: str, time_zone: str) -> list[str]:
    """Say whose hours these are, how many stand behind the figures, and on which clock."""
    clock = "" if found.is_short else f"{zone(time_zone).key} time"
    if found.table.is_empty():
        return one_line([clock])
    count = counted(int(found.table["hours"].sum()), "hour")
    return [*one_line([found.whose, unit]), *one_line([count, clock]), *found.facts]


def hover_hours(
    row: Row, base: Part, *, is_spread: bool, is_week: bool, also: Mapping[str, str] | None = None
) -> Part:
    """Answer the pointer for each hour of an account; ``also`` are the titles of columns with words."""
    fields = ["weekday", "hour"] if is_week else ["hour"]
    titles = add_account_title(_slot_titles(is_spread=is_spread, is_week=is_week), of=len(row.labels))
    words = {f"{name}_told": f"isValid(datum.{name}) ? datum.{name} : 'no hour'" for name in also or {}}
    titles |= {f"{name}_told": title for name, title in (also or {}).items()}
    return hover_columns(base, fields, titles, _slot_texts(row.label) | words, nth=row.nth)


def _slot_titles(*, is_spread: bool, is_week: bool) -> dict[str, str]:
    """Return the titles of what the pointer is told."""
    titles = {"weekday_name": "Weekday"} if is_week else {}
    titles |= {"clock": "Local time", "mean": "Mean"}
    titles |= {"median": "Median", "quartiles": "Middle half"} if is_spread else {}
    return titles | {"total": "Total", "part": "Share of all", "count": "Hours"}


def _slot_texts(account: str) -> dict[str, str]:
    """Write the expressions for what the pointer is told."""
    share = "isValid(datum.share) ? format(datum.share, ',.1%') : 'none: the total is not above $0'"
    told = {
        "mean": exact_text("datum.mean_usd"),
        "median": exact_text("datum.median_usd"),
        "quartiles": range_text("datum.q25_usd", "datum.q75_usd"),
        "total": exact_text("datum.total_usd"),
        "part": share,
    }
    return {
        "account": quote(account),
        "weekday_name": f"{quote(WEEKDAYS)}[datum.weekday - 1]",
        "clock": "format(datum.hour, '02d') + ':00 to ' + format(datum.hour + 1, '02d') + ':00'",
        "count": "format(isValid(datum.hours) ? datum.hours : 0, ',d')",
        **{name: f"isValid(datum.hours) ? ({text}) : 'no hour'" for name, text in told.items()},
    }


_WORDS: Final = {"mean": "on average", "median": "in the median", "total": "in all"}
_HOURS: Final = pl.DataFrame({"hour": range(24)}, schema={"hour": pl.Int64})
