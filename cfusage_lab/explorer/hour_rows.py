"""The hours of a day as rows of a table."""

from datetime import date, datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.changes.selected_days import SelectedDays
from cfusage_lab.explorer.rows import cost_cell, row
from cfusage_lab.frames.expressions import net
from cfusage_lab.frames.local_time import calendar
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import HOUR
from cfusage_lab.wording import counted, hour_window_text

__all__ = ["hour_rows"]

_PROVISIONAL: Final = "may still change"


def hour_rows(days: SelectedDays, day: date, *, key: str, account_id: str | None) -> list[dict[str, Any]]:
    """Make a row for each hour of a day that is selected, or would be, were it known.

    Parameters
    ----------
    days, day
        The selected days, and the one whose hours these are.
    key
        What their keys begin with.
    account_id
        Whose hours these are; None adds accounts up.
    """
    selected, known, (first, last) = days.selected, days.known, days.span()
    hours = calendar(first, last + HOUR, time_zone=days.time_zone)
    starts = hours.filter(date=day)["start_time"]
    inside = pl.col("start_time").is_between(starts.min(), starts.max())
    if account_id is not None:
        inside &= pl.col("account_id") == account_id
    accounts = days.accounts.len() if account_id is None else 1
    found = {moment: windows for (moment,), windows in selected.filter(inside).group_by("start_time")}
    elsewhere = known.filter(inside, pl.col("aggregated_value").is_not_null())
    unselected = set(elsewhere["start_time"]) - set(found)
    moments = [start for start in starts if start not in unselected]
    told = [_hour(found.get(start), accounts) for start in moments]
    if all(state == _PROVISIONAL for _, state in told):
        told = [(cost, "") for cost, _ in told]  # the day has said so
    scale = max((abs(cost) for cost, _ in told if cost is not None), default=0.0)
    names = [None] if account_id is not None else []  # the column of accounts, which the day has told
    return [
        row(
            f"{key} {start:%Y-%m-%dT%HZ}",
            [_clock(start, days.time_zone), *names, cost_cell(cost, scale), None, state],
            level=1,
            is_selected=None,
            is_quiet=True,
        )
        for start, (cost, state) in zip(moments, told, strict=True)
    ]


def _hour(windows: pl.DataFrame | None, accounts: int) -> tuple[float | None, str]:
    """Return what an hour cost, of all accounts of which it is known, and what to know about it."""
    costs = None if windows is None else windows["aggregated_value"].drop_nulls()
    if windows is None or costs is None or costs.is_empty():
        return None, "missing"
    states = set(windows["state"])
    words = (
        ("so far", "in_progress" in states),
        (f"{costs.len():,} of {counted(accounts, 'account')}", costs.len() < accounts),
        (_PROVISIONAL, "in_progress" not in states and "provisional" in states),
    )
    return net(costs), ", ".join(text for text, is_true in words if is_true)


def _clock(start: datetime, time_zone: str) -> str:
    """Say when an hour is, without its date."""
    return hour_window_text(start, zone(time_zone)).partition(", ")[2]
