"""The figures of what is to come: where the month ends, and how long the credit lasts."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.explorer.data import Aside
from cfusage_lab.explorer.rows import NOTHING
from cfusage_lab.explorer.state import State
from cfusage_lab.forecasts import budget_sentence, runway_sentence
from cfusage_lab.headline import NO_FORECAST, Course, Figure
from cfusage_lab.wording import counted, dollars, round_dollars

__all__ = ["credit_figure", "month_end_figure"]

_BETWEEN: Final = "\N{EN DASH}"
_MONTH_END: Final = "Month end"
_HISTORY_AWAITED: Final = "the days that tell it are still being fetched"
_HISTORY_LACKING: Final = "not all days that tell it could be fetched"
_BEING_TOLD: Final = "being worked out"


def month_end_figure(state: State) -> Figure:
    """Say where the month ends, of all accounts together, or why that is not told."""
    course, is_lacking = state.course, state.is_lacking([state.query.season])
    if course is None:
        note = _HISTORY_AWAITED if is_lacking and state.is_busy else _BEING_TOLD
        return Figure(title=_MONTH_END, value=NOTHING, note=note)
    figure = _told(course, time_zone=state.time_zone)
    if not is_lacking:
        return figure
    return replace(figure, note=" · ".join(filter(None, (figure.note, _HISTORY_LACKING))))


def _told(course: Course, *, time_zone: str) -> Figure:
    """Put into words where the month ends, and how its budget stands."""
    if course.month_end.is_empty():
        return Figure(title=_MONTH_END, value=NOTHING, note=course.refusal or "no day of it is known here")
    row = course.month_end.row(-1, named=True)
    title, whose = f"End of {row['month']:%B %Y}", row["account_id"]
    checked = [] if course.budget is None else course.budget.filter(account_id=whose).to_dicts()
    budget = budget_sentence(checked[0], time_zone=time_zone) if checked else ""
    lower, upper = row["lower_80_usd"], row["upper_80_usd"]
    if row["forecast_usd"] is None:
        return Figure(title=title, value=NOTHING, comparison=budget, note=NO_FORECAST)
    forecast = round_dollars(row["forecast_usd"])
    if lower is None or lower == upper:
        is_over = lower is not None and row["forecast_usd"] == row["spent_usd"]
        told = f"by {row['method']}" if lower is not None else "told from a single day"
        note = "" if is_over else told
        return Figure(title=title, value=forecast, comparison=budget, note=note)
    ends = list(dict.fromkeys(map(round_dollars, (lower, upper))))
    note = f"80 % interval, forecast {forecast}, by {row['method']}"
    return Figure(title=title, value=_BETWEEN.join(ends), comparison=budget, note=note)


def credit_figure(state: State) -> list[Figure]:
    """Put the prepaid credit into words, and how long it lasts; nothing where the source knows of none."""
    aside, course = state.aside, state.course
    if aside is None:
        return []
    return _credit(aside, state.names, None if course is None else course.runway)


def _credit(aside: Aside, names: Mapping[str, str], runway: pl.DataFrame | None) -> list[Figure]:
    title, credit = "Prepaid credit", aside.credit
    if credit is None or credit.is_empty():
        is_refused = aside.no_credit and credit is None
        return [Figure(title=title, value=NOTHING, note=aside.no_credit)] if is_refused else []
    notes = [
        f"tops up by {dollars(amount)} below {dollars(threshold)}"
        for amount, threshold in credit.select("topup_amount_usd", "topup_threshold_usd").iter_rows()
        if amount is not None and threshold is not None
    ]
    first = None if runway is None else _first_used_up(runway)
    whose = labels(credit["account_id"], names=names)
    if credit.height > 1:
        lowest = credit.sort("balance_usd").row(0, named=True)
        who, balance = whose[lowest["account_id"]], dollars(lowest["balance_usd"])
        notes = [f"of {counted(credit.height, 'account')}; lowest: {who}, {balance}"]
    elif first is not None and first["status"] == "topped up":
        notes = []  # the sentence says so
    lasts = ""
    if first is not None:
        lasts = runway_sentence(first).removeprefix(f"Credit of {dollars(first['balance_usd'])}").strip(": ")
        lasts = "is used up" if first["status"] == "used up" else lasts
        if credit.height > 1:
            lasts = f"first: {whose[first['account_id']]} {lasts}"
    total = dollars(float(credit["balance_usd"].sum()))
    return [Figure(title=title, value=total, comparison=lasts, note="".join(notes[:1]))]


def _first_used_up(runway: pl.DataFrame) -> dict[str, Any] | None:
    """Return the account whose credit is used up first; of several without a date, none.

    One that is topped up does not run out: it is named where all are topped up.
    """
    known = runway.filter(pl.col("used_up_date").is_not_null() | (pl.col("status") == "used up"))
    order = (pl.col("status") == "topped up", pl.col("used_up_date").fill_null(pl.date(1, 1, 1)))
    rows = known.sort(*order, "account_id").to_dicts() if runway.height > 1 else runway.to_dicts()
    return rows[0] if rows else None
