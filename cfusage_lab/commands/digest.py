"""A summary as a digest in Markdown, for a chat or a mail: what comes from outside is text in it."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import polars as pl

from cfusage_lab.commands.lines import STOOD_OUT, UNKNOWN, Line, ahead
from cfusage_lab.commands.overview import Overview
from cfusage_lab.forecasts import month_end_sentence
from cfusage_lab.frames.expressions import net
from cfusage_lab.headline import change_text, figures
from cfusage_lab.invoices import model_name, usage_by_model
from cfusage_lab.ranges import zone
from cfusage_lab.wording import counted, dollars, markdown_text, moment_text

__all__ = ["as_markdown"]

_MOST_MODELS: Final = 3
_HEAD: Final = (
    "Account",
    "Day",
    "Against the day before",
    "Month",
    "Against the month before",
    "Month's end",
)


def as_markdown(found: Overview) -> str:
    """Return a heading with the range, a table by account, and a list of what else there is to know."""
    info = zone(found.time_zone)
    span = f"{moment_text(found.time_range.start, info)} to {moment_text(found.time_range.end, info)}"
    lines = [
        f"## AI Gateway cost, {span}",
        "",
        f"Source: {markdown_text(found.label)}; days of {found.time_zone}. {_until(found)}",
        "",
        f"| {' | '.join(_HEAD)} |",
        f"| --- {'| ---: ' * (len(_HEAD) - 1)}|",
        *(f"| {' | '.join(row)} |" for row in _rows(found)),
        "",
        *_told(found),
    ]
    return "\n".join(lines) + "\n"


def _until(found: Overview) -> str:
    """Say which day and which month are told of, and until when."""
    row = found.total or found.rows.row(0, named=True)
    if row["date"] is None:
        return "No hour has ended yet."
    shown = figures(row)
    return f"Day: {shown.day.title}; month: {shown.month.title}."


def _rows(found: Overview) -> Iterator[list[str]]:
    """Give all accounts together a row, if there are several, and the costliest one each."""
    rows = {row["account_id"]: row for row in found.rows.iter_rows(named=True)}
    ends: dict[str, Mapping[str, Any]] = {}
    if found.end is not None:
        ends = {row["account_id"]: row for row in found.end.each.iter_rows(named=True)}
    whole = None if found.end is None else found.end.whole
    if found.total is not None:
        yield [f"All {counted(len(rows), 'account')}", *_figures(found.total, whole)]
    for one in found.shown:
        yield [
            markdown_text(found.names[one]),
            *_figures(rows[one], whole if found.total is None else ends.get(one)),
        ]
    others = found.rows.filter(~pl.col("account_id").is_in(found.shown))
    if others.height:
        month = dollars(net(others["month_usd"].drop_nulls()))
        yield [counted(others.height, "other account"), "", "", month, "", ""]


def _figures(row: Mapping[str, Any], end: Mapping[str, Any] | None) -> list[str]:
    found = figures(row)
    return [
        found.day.value or UNKNOWN,
        change_text(row["day_change_ratio"], row["day_kind"]),
        found.month.value or UNKNOWN,
        change_text(row["month_change_ratio"], row["month_kind"]),
        UNKNOWN if end is None else month_end_sentence(end).removeprefix("On course for "),
    ]


def _told(found: Overview) -> Iterator[str]:
    """List the budget, what stood out, credit, the invoice: of all accounts together, and of each."""
    whose: tuple[str | None, ...] = found.shown if found.total is None else (None, *found.shown)
    for one in whose:
        name = "" if one is None or found.total is None else f", {markdown_text(found.names[one])}"
        is_each = bool(name)
        for line in ahead(found, one):
            is_repeated = is_each and line.what == STOOD_OUT
            if not line.is_in_table and not is_repeated:
                yield from _bullet(line, name)
    if found.invoice is not None and found.invoice.height:
        yield f"- Billed in this invoice period, the costliest models: {_models(found.invoice)}"


def _bullet(line: Line, name: str) -> Iterator[str]:
    yield f"- {line.what}{name}: {line.words}"
    yield from (f"  - {part}" for part in line.parts)


def _models(invoice: pl.DataFrame) -> str:
    models = usage_by_model(invoice)
    sums = models.group_by("provider", "model").agg(pl.col("billed_usd").sum())
    rows = sums.sort("billed_usd", "model", "provider", descending=[True, False, False]).head(_MOST_MODELS)
    return ", ".join(
        f"{markdown_text(model_name(row))} {dollars(row['billed_usd'])}" for row in rows.iter_rows(named=True)
    )
