"""A summary in words: blocks of lines, whatever they are written as."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import event_sentence, what_stood_out
from cfusage_lab.commands.overview import Overview
from cfusage_lab.forecasts import budget_sentence, month_end_sentence, runway_sentence
from cfusage_lab.frames.expressions import net
from cfusage_lab.invoices import agreement, is_alarming
from cfusage_lab.wording import counted, dollars, percent

__all__ = ["Block", "Line", "ahead", "blocks", "change", "usd"]

_MOST_EVENTS: Final = 3
_UNKNOWN: Final = "not enough history: it begins after the first of the month"
_UNJUDGED: Final = "not enough history to tell: nothing is judged in the first 7 days"

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


def blocks(found: Overview) -> Iterator[Block]:
    """Tell of all accounts together, where there are several, and then of each, the costliest first."""
    rows = {row["account_id"]: row for row in found.rows.iter_rows(named=True)}
    if found.total is not None:
        heading = f"All {counted(len(rows), 'account')}"
        yield Block(heading, (*_figures(found.total), *ahead(found, None)))
    for account_id in found.shown:
        yield Block(found.names[account_id], (*_figures(rows[account_id]), *ahead(found, account_id)))
    others = found.rows.filter(~pl.col("account_id").is_in(found.shown))
    if others.height:
        cost = dollars(net(others["month_usd"].drop_nulls()))
        yield Block(counted(others.height, "other account"), (Line("month until then", cost),))


def _figures(row: Row) -> list[Line]:
    """Tell of the day, the month, and when it costs."""
    day = _beside(row["day_kind"], row["day_change_ratio"], row["yesterday_usd"])
    month = _beside(row["month_kind"], row["month_change_ratio"], row["previous_month_usd"])
    until = f"{row['date']} until {row['until']}" if row["date"] else "no hour has ended"
    return [
        Line(until, usd(row["today_usd"]), f"{day} the day before, until then"),
        Line("month until then", usd(row["month_usd"]), f"{month} the month before, until then"),
        Line("mean of whole days", usd(row["mean_day_usd"])),
        Line("hour with the highest mean", _peak(row)),
        Line("load factor", _share(row["load_factor"]), "mean hour over highest hour"),
        Line("still provisional", _share(row["provisional_share"]), "of the finished hours"),
    ]


def ahead(found: Overview, account_id: str | None) -> Iterator[Line]:
    """Tell where the month ends and what stood out: of an account, or without one of all together."""
    end, is_whole = found.end, account_id is None or found.total is None
    if end is None:
        yield Line("end of the month", words=_UNKNOWN, is_in_table=True)
    else:
        row = end.whole if is_whole else _of(end.each, account_id)
        yield from (
            [] if row is None else [Line(f"end of {row['month']:%B %Y}", words=_month(row), is_in_table=True)]
        )
        if is_whole and end.budget is not None:
            budget = end.budget.row(0, named=True)
            yield Line("budget", words=budget_sentence(budget, time_zone=found.time_zone))
        credit = None if end.runway is None else _of(end.runway, account_id)
        yield from [] if credit is None else [Line("prepaid credit", words=runway_sentence(credit))]
    yield _events(found, account_id)
    yield from _invoice(found, account_id)


def _month(row: Row) -> str:
    said = month_end_sentence(row)
    return said if row["forecast_usd"] is None else f"{said}, by {row['method']}"


def _events(found: Overview, account_id: str | None) -> Line:
    """Tell of the largest events; how many there were, and what all of them came to."""
    what = "what stood out"
    if found.found is None:
        return Line(what, words=_UNJUDGED)
    events = found.found.total
    if account_id is not None and found.total is not None:
        events = found.found.each.filter(pl.col("account_id") == account_id)
    told = [
        event_sentence(event, time_zone=found.time_zone)
        for event in events.head(_MOST_EVENTS).iter_rows(named=True)
    ]
    said = what_stood_out(events)
    largest = f" The largest {len(told)}:" if events.height > len(told) else ""
    return Line(what, words=said + largest, parts=tuple(told))


def _invoice(found: Overview, account_id: str | None) -> Iterator[Line]:
    """Tell whether the hours of an account agree with its invoice."""
    row = None if found.checked is None else _of(found.checked, account_id)
    if row is not None:
        lead = "these figures and the invoice do not agree: " if is_alarming(row) else ""
        yield Line("hours and invoice", words=f"{lead}{agreement(row)}")


def _of(table: pl.DataFrame, account_id: str | None) -> Row | None:
    """Return an account's row, if it has one."""
    if account_id is None:
        return None
    rows = table.filter(pl.col("account_id") == account_id)
    return rows.row(0, named=True) if rows.height else None


def _beside(kind: str | None, ratio: float | None, previous: float | None) -> str:
    """Say how a figure compares."""
    if kind == "zero":
        return f"the same as {usd(previous)}"
    return f"{change(ratio, kind)} against {usd(previous)}"


def change(ratio: float | None, kind: str | None) -> str:
    """Write how a figure changed; where there is no ratio, its kind says why."""
    return (kind or "unknown") if ratio is None else percent(ratio)


def _peak(row: Row) -> str:
    """Name the hour; where nothing was charged, all of them are alike and none is the highest."""
    if row["peak_hour"] is None:
        return "none" if row["mean_day_usd"] == 0 else "unknown"
    return f"{row['peak_hour']:02d}:00"


def usd(value: float | None) -> str:
    """Write US dollars, where they are known."""
    return "unknown" if value is None else dollars(value)


def _share(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.1%}"
