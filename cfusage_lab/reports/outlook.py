"""Where the month of a report ends, and what stood out: of the total, and of the accounts it names.

The month is that of the last hour that is known, whatever the time range of the report.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from cfusage_lab import headline
from cfusage_lab.anomaly_detection import event_span, explanation, what_stood_out
from cfusage_lab.changes import same_time_yesterday
from cfusage_lab.charts import month_end_chart
from cfusage_lab.forecasts import budget_sentence, forecast_month_path, month_end_sentence, runway_sentence
from cfusage_lab.headline import MOST_ACCOUNTS, NO_FORECAST, NOT_JUDGED, MonthEnd, StoodOut, Usage
from cfusage_lab.ranges import zone
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.markup import Card, Column, cards, money, paragraph, table
from cfusage_lab.view.pages import Block
from cfusage_lab.wording import counted, days_text, html_text, moment_text, state_text

__all__ = ["events_found", "month_end", "stood_out", "where_it_ends"]

_MOST_EVENTS: Final = 20
"""Events that are listed; of more, the largest."""


# As tables


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


def _month_path(figures: Figures) -> pl.DataFrame:
    """Return how the month of the total adds up (``schema.FORECAST_MONTH_PATH``)."""
    known = figures.known
    return forecast_month_path(known.total_daily, history=known.total, time_zone=figures.time_zone)


def _until(figures: Figures) -> str:
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


# As parts of the report


def where_it_ends(figures: Figures, end: MonthEnd | None) -> Iterator[Block]:
    """Say where the month ends, how a budget stands, and how long credit lasts."""
    if end is None:
        first: Any = figures.known.total["start_time"].min()
        start, today = moment_text(first, zone(figures.time_zone)), figures.latest
        yield paragraph(
            f"{NO_FORECAST}: it begins on {start}, after the first of {today:%B %Y}. "
            "From the first of the previous month on, it tells where the month ends; 90 days tell it better."
        )
        return
    whole = end.whole
    others = f" {figures.whose} are added up." if not figures.is_alone else ""
    yield paragraph(f"{month_end_sentence(whole)}.{others}")
    yield from _limits(figures, end)
    if whole["forecast_usd"] is None:
        return
    yield cards(_cards(figures, end))
    own = None if end.budget is None else end.budget.filter(pl.col("account_id") == whole["account_id"])
    yield month_end_chart(
        _month_path(figures),
        budget=own,
        runway=end.runway if figures.is_alone else None,
        until=_until(figures),
        names=figures.names,
        time_zone=figures.time_zone,
    )
    if end.each.height:
        yield _accounts(figures, end.each)


def _limits(figures: Figures, end: MonthEnd) -> Iterator[Block]:
    """Say how budgets and prepaid credit stand, of each account that has them."""
    for row in () if end.budget is None else end.budget.iter_rows(named=True):
        whose = "" if row["account_id"] == end.whole["account_id"] else figures.names[row["account_id"]]
        yield _said(whose, budget_sentence(row, time_zone=figures.time_zone))
    for row in () if end.runway is None else end.runway.iter_rows(named=True):
        whose = "" if figures.is_alone else figures.names[row["account_id"]]
        yield _said(whose, runway_sentence(row))


def _said(whose: str, sentence: str) -> Block:
    return paragraph(f"{whose}: {sentence}." if whose else f"{sentence}.")


def _cards(figures: Figures, end: MonthEnd) -> list[Card]:
    whole = end.whole
    today = figures.latest
    last = _until(figures)
    clock = "" if last == "24:00" else f", {last}"
    is_running = (figures.known.total["state"] == "in_progress").any()
    running = ", and the running hour" if is_running else ""
    found = [
        Card(
            f"Spent in {whole['month']:%B %Y}",
            money(whole["spent_usd"]),
            html_text(f"until {days_text(today, today)}{clock}{running}"),
        ),
        Card("Forecast", money(whole["forecast_usd"]), html_text(f"by {whole['method']}")),
    ]
    for level in (80, 95):
        lower, upper = whole[f"lower_{level}_usd"], whole[f"upper_{level}_usd"]
        if lower is not None:
            found.append(
                Card(f"{level} % interval", f"{money(lower)} to {money(upper)}", "of the month's sum")
            )
    return found


def _accounts(figures: Figures, each: pl.DataFrame) -> Block:
    order = figures.accounts.select("account_id")  # the costliest first
    shown = order.join(each, on="account_id", how="inner", maintain_order="left")
    rows = [
        [
            html_text(figures.names[row["account_id"]]),
            money(row["spent_usd"]),
            money(row["forecast_usd"]),
            money(row["lower_80_usd"]),
            money(row["upper_80_usd"]),
            html_text(row["method"]),
        ]
        for row in shown.iter_rows(named=True)
    ]
    numbers = [Column(heading, "number") for heading in ("Spent", "Forecast", "80 % from", "80 % to")]
    return table(
        "Where the month of each account ends"
        if each.height == figures.accounts.height
        else f"Where the month ends of {each.height:,} of {counted(figures.accounts.height, 'account')}",
        [Column("Account", "name"), *numbers, Column("Method")],
        rows,
    )


def events_found(figures: Figures, found: StoodOut | None) -> Iterator[Block]:
    """List what stood out, largest dollars first."""
    if found is None:
        yield paragraph(f"{NOT_JUDGED}. Four weeks are a good past.")
        return
    whose = "" if figures.is_alone else f"{figures.whose} added up: "
    yield paragraph(f"{whose}{what_stood_out(found.total)}")
    if figures.is_alone:
        yield from _events(figures, found.total, "Events", is_named=False)
        return
    yield from _events(figures, found.total, "Events of all accounts added up", is_named=False)
    which = "Events of each account"
    if figures.accounts.height > MOST_ACCOUNTS:
        which = f"Events of the {MOST_ACCOUNTS} costliest accounts"
    yield from _events(figures, found.each, which, is_named=True)


def _events(figures: Figures, events: pl.DataFrame, caption: str, *, is_named: bool) -> Iterator[Block]:
    if events.is_empty():
        if is_named:
            yield paragraph(f"{caption}: none.")
        return
    shown = events.head(_MOST_EVENTS)
    if events.height > shown.height:
        caption += f", the largest {shown.height} of {events.height:,}"
    rows = [
        [
            html_text(event_span(event, time_zone=figures.time_zone)),
            *([html_text(figures.names[event["account_id"]])] if is_named else []),
            money(event["actual_usd"]),
            money(event["expected_usd"]),
            money(event["impact_usd"]),
            html_text(explanation(event, time_zone=figures.time_zone)),
            html_text(state_text(event["state"])),
        ]
        for event in shown.iter_rows(named=True)
    ]
    yield table(
        caption,
        [
            Column(f"When, {figures.time_zone} time"),
            *([Column("Account", "name")] if is_named else []),
            *(Column(heading, "number") for heading in ("Cost", "Expected", "Impact")),
            Column("In words", "name"),
            Column("State"),
        ],
        rows,
    )
