"""A summary in words: blocks of lines, whatever they are written as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import event_sentence, what_stood_out
from cfusage_lab.commands.summary import Summary
from cfusage_lab.forecasts import budget_sentence, month_end_sentence, runway_sentence
from cfusage_lab.frames.expressions import net
from cfusage_lab.headline import NO_FORECAST, NOT_JUDGED, headline_figures
from cfusage_lab.invoices import agreement, is_alarming
from cfusage_lab.wording import all_accounts, counted, dollars, share_text

__all__ = ["STOOD_OUT", "UNKNOWN", "Block", "Line", "blocks", "outlook_lines"]

_MOST_EVENTS: Final = 3
"""Events that are told one by one; of more, how many there are and what they came to."""
UNKNOWN: Final = "unknown"
STOOD_OUT: Final = "What stood out"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is told: what it is, a figure where there is one, words, and what they are about.

    ``is_in_table`` says that a table of accounts has a column for it.
    """

    what: str
    figure: str = ""
    words: str = ""
    parts: tuple[str, ...] = ()
    is_in_table: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """What is told of an account, or of several together."""

    heading: str
    lines: tuple[Line, ...]


def blocks(found: Summary) -> Iterator[Block]:
    """Tell of all accounts together, where there are several, and then of each, the costliest first."""
    rows = {row["account_id"]: row for row in found.rows.iter_rows(named=True)}
    if found.total is not None:
        heading = all_accounts(len(rows))
        yield Block(heading, (*_figures(found.total), *outlook_lines(found, None)))
    for account_id in found.shown:
        yield Block(found.names[account_id], (*_figures(rows[account_id]), *outlook_lines(found, account_id)))
    others = found.rows.filter(~pl.col("account_id").is_in(found.shown))
    if others.height:
        cost = dollars(net(others["month_usd"].drop_nulls()))
        yield Block(counted(others.height, "other account"), (Line("Month so far", cost),))


def _figures(row: Row) -> list[Line]:
    """Tell of the day, the month, and when it costs."""
    share = row["provisional_share"]
    return [
        *(Line(one.title, one.value or UNKNOWN, one.words) for one in headline_figures(row)),
        Line("Still provisional", UNKNOWN if share is None else share_text(share), "of the finished hours"),
    ]


def outlook_lines(found: Summary, account_id: str | None) -> Iterator[Line]:
    """Tell where the month ends and what stood out: of an account, or without one of all together."""
    end, is_whole = found.end, account_id is None or found.total is None
    if end is None:
        yield Line(
            "End of the month",
            words=f"{NO_FORECAST}: it begins after the first of the month",
            is_in_table=True,
        )
    else:
        row = end.whole if is_whole else _of(end.each, account_id)
        yield from (
            [] if row is None else [Line(f"End of {row['month']:%B %Y}", words=_month(row), is_in_table=True)]
        )
        if is_whole and end.budget is not None:
            budget = end.budget.row(0, named=True)
            yield Line("Budget", words=budget_sentence(budget, time_zone=found.time_zone))
        credit = None if end.runway is None else _of(end.runway, account_id)
        yield from [] if credit is None else [Line("Prepaid credit", words=runway_sentence(credit))]
    yield _events(found, account_id)
    yield from _invoice(found, account_id)


def _month(row: Row) -> str:
    said = month_end_sentence(row)
    return said if row["forecast_usd"] is None else f"{said}, by {row['method']}"


def _events(found: Summary, account_id: str | None) -> Line:
    """Tell of the largest events; how many there were, and what all of them came to."""
    if found.found is None:
        return Line(STOOD_OUT, words=NOT_JUDGED)
    events = found.found.total
    if account_id is not None and found.total is not None:
        events = found.found.each.filter(pl.col("account_id") == account_id)
    told = [
        event_sentence(event, time_zone=found.time_zone)
        for event in events.head(_MOST_EVENTS).iter_rows(named=True)
    ]
    said = what_stood_out(events)
    largest = f" The largest {len(told)}:" if events.height > len(told) else ""
    return Line(STOOD_OUT, words=said + largest, parts=tuple(told))


def _invoice(found: Summary, account_id: str | None) -> Iterator[Line]:
    """Tell whether the hours of an account agree with its invoice."""
    row = None if found.checked is None else _of(found.checked, account_id)
    if row is not None:
        lead = "these figures and the invoice do not agree: " if is_alarming(row) else ""
        yield Line("Hours and invoice", words=f"{lead}{agreement(row)}")


def _of(table: pl.DataFrame, account_id: str | None) -> Row | None:
    """Return an account's row, if it has one."""
    if account_id is None:
        return None
    rows = table.filter(pl.col("account_id") == account_id)
    return rows.row(0, named=True) if rows.height else None
