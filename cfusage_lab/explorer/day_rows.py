"""Selected days as rows of a table, and the hours of those that are unfolded."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.changes.selected_days import SelectedDays
from cfusage_lab.explorer.rows import Cell, change_cell, column, cost_cell, row
from cfusage_lab.ranges import zone
from cfusage_lab.wording import counted, date_text, day_text, hour_window_text

__all__ = ["DAYS", "ORDERS", "DayPage", "day_rows"]

DAYS: Final = 14
"""Rows of days on a page."""
ORDERS: Final = {
    "Newest first": (["date", "place"], [True, False]),
    "Oldest first": (["date", "place"], [False, False]),
    "Costliest first": (["cost_usd", "date", "place"], [True, True, False]),
}

_PROVISIONAL: Final = "may still change"


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPage:
    """A page of days.

    Attributes
    ----------
    columns, rows
        What :class:`cfusage_lab.explorer.rows.Rows` shows. The key of a row begins with its date.
    number
        Which page it is, from 0.
    first, last, count
        The places of its first and last day, from 1, and how many there are on all pages; 0 without any.
    """

    columns: tuple[dict[str, str], ...]
    rows: tuple[dict[str, Any], ...]
    number: int
    first: int
    last: int
    count: int


def day_rows(
    days: SelectedDays,
    *,
    names: Mapping[str, str] | None,
    order: str,
    page: int,
    open_days: frozenset[str],
    chosen: date | None = None,
) -> DayPage:
    """Make the rows of a page of days: what each cost, its change, and what to know about it.

    Parameters
    ----------
    days
        The selected days.
    names
        Account id to name.
    order
        One of ``ORDERS``.
    page
        From 0; the last one, if there are fewer.
    open_days
        The keys of rows that are unfolded.
    chosen
        The day that is marked.

    Returns
    -------
    DayPage
        Its columns: the day, the account if there are several by themselves, US dollars with a bar beside the
        largest day on any page, the change (a dash unless all hours of the day are selected), and whether it
        may still change, is not over, lacks hours or is only in part selected. Under an unfolded day follow
        its hours, each with a bar beside the largest of them.

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If selected or known windows are no history of hours.
    """
    called = labels(days.accounts, names=names)
    by_account = days.by_account and len(called) > 1
    places = {one: place for place, one in enumerate(called)}
    place = pl.col("account_id").replace_strict(places, default=0, return_dtype=pl.Int64)
    by, is_descending = ORDERS[order]
    daily = days.daily(days.selected).with_columns(place=place)
    ordered = daily.sort(by, descending=is_descending, nulls_last=True)
    number = min(max(page, 0), max(0, -(-daily.height // DAYS) - 1))
    shown = ordered.slice(number * DAYS, DAYS)
    scale = float(daily["cost_usd"].abs().max() or 0.0)  # type: ignore[arg-type]
    write_date = date_text if daily["date"].dt.year().n_unique() > 1 else day_text
    rows = []
    for day in days.with_changes(shown).iter_rows(named=True) if shown.height else ():
        whose = day["account_id"] if by_account else None
        key = f"{day['date']}" if whose is None else f"{day['date']} {whose}"
        cells = [write_date(day["date"]), *([] if whose is None else [called[whose]]), *_cells(day, scale)]
        is_open, is_chosen = key in open_days, day["date"] == chosen
        rows.append(row(key, cells, is_selected=is_chosen, is_open=is_open, is_expandable=True))
        rows += _hour_rows(days, day["date"], key, whose) if is_open else []
    return DayPage(
        columns=_columns(by_account=by_account),
        rows=tuple(rows),
        number=number,
        first=number * DAYS + 1 if shown.height else 0,
        last=number * DAYS + shown.height,
        count=daily.height,
    )


def _columns(*, by_account: bool) -> tuple[dict[str, str], ...]:
    account = [column("Account")] if by_account else []
    rest = column("Cost", "bar"), column("vs. day before", "change"), column("State")
    return (column("Day"), *account, *rest)


def _cells(day: Mapping[str, Any], scale: float) -> list[Cell]:
    return [
        cost_cell(day["cost_usd"], scale),
        change_cell(day["change_usd"], day["change_ratio"], kind=day["kind"]),
        _state(day),
    ]


def _state(day: Mapping[str, Any]) -> str:
    """Say what to know about a day; nothing of one that is whole and final."""
    is_running, missing = day["state"] == "in_progress", max(0, day["missing"])
    is_cut = day["hours"] + missing < day["day_hours"] and not is_running
    lacks = not (day["is_whole"] or is_cut or is_running or missing)
    words = (
        ("so far", is_running),
        (f"{day['hours']} of {day['day_hours']} hours", is_cut),
        (f"{counted(missing, 'hour')} missing", missing > 0),
        ("hours missing", lacks),
        (_PROVISIONAL, day["state"] == "provisional"),
    )
    return ", ".join(text for text, is_true in words if is_true)


def _hour_rows(days: SelectedDays, day: date, key: str, account_id: str | None) -> list[dict[str, Any]]:
    """Make a row for each hour of a day, of an account or of all added up."""
    hours = days.hours(day, account_id=account_id).to_dicts()
    accounts = days.accounts.len() if account_id is None else 1
    states = [_hour_state(hour, accounts) for hour in hours]
    if set(states) == {_PROVISIONAL}:  # the day has said so
        states = [""] * len(states)
    scale = max((abs(hour["cost_usd"]) for hour in hours if hour["cost_usd"] is not None), default=0.0)
    names = [None] if account_id is not None else []  # the column of accounts, which the day has told
    info, rows = zone(days.time_zone), []
    for hour, state in zip(hours, states, strict=True):
        start = hour["start_time"]
        clock = hour_window_text(start, info).partition(", ")[2]
        cells = [clock, *names, cost_cell(hour["cost_usd"], scale), None, state]
        rows.append(row(f"{key} {start:%Y-%m-%dT%HZ}", cells, level=1, is_selected=None, is_quiet=True))
    return rows


def _hour_state(hour: Mapping[str, Any], accounts: int) -> str:
    """Say what to know about an hour; nothing of one that is known of all accounts, and final."""
    known = hour["accounts"]
    if not known:
        return "missing"
    words = (
        ("so far", hour["state"] == "in_progress"),
        (f"{known:,} of {counted(accounts, 'account')}", known < accounts),
        (_PROVISIONAL, hour["state"] == "provisional"),
    )
    return ", ".join(text for text, is_true in words if is_true)
