"""A summary as text for people, as JSON for scripts, and as Markdown for a chat or a mail."""

import json
import textwrap
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Final

import polars as pl

from cfusage_lab.commands.summary import Summary
from cfusage_lab.commands.summary_lines import STOOD_OUT, UNKNOWN, Line, blocks, outlook_lines
from cfusage_lab.forecasts import month_end_sentence
from cfusage_lab.frames.expressions import net
from cfusage_lab.headline import change_text, headline_figures
from cfusage_lab.invoices import model_name, usage_by_model
from cfusage_lab.ranges import zone
from cfusage_lab.schema import SUMMARY
from cfusage_lab.wording import all_accounts, counted, dollars, markdown_text, moment_text, visible

__all__ = ["as_json", "as_markdown", "as_text"]

_MOST_MODELS: Final = 3
"""Models that Markdown names: a message is read at a glance, and the JSON has them all."""
_MARKDOWN_HEAD: Final = (
    "Account",
    "Day",
    "Against the day before",
    "Month",
    "Against the month before",
    "Month's end",
)
_WHAT: Final = 27
"""Columns of the longest title, as of ``Sun 29 Nov 2026 until 15:00``."""
_FIGURE: Final = 14
"""Columns of a figure, as of ``-$1,234,567.89``."""
_NARROWEST: Final = 24
"""Columns that words need to stand beside a figure; where there are fewer, they go below it."""


def as_text(found: Summary, *, is_rich: bool, width: int | None) -> str:
    """Return the label, the range, and a block of lines for each account.

    Parameters
    ----------
    is_rich
        Whether headings are bold.
    width
        How many columns there are; None where no line is broken.
    """
    bold, plain = ("\033[1m", "\033[0m") if is_rich else ("", "")
    about = f"{found.time_range}; days of {found.time_zone}"
    lines = [f"{bold}{visible(found.label)}{plain}", *_wrapped(about, width, "")]
    for block in blocks(found):
        lines += ["", f"{bold}{visible(block.heading)}{plain}"]
        lines += [text for line in block.lines for text in _written(line, width)]
    return "\n".join(lines) + "\n"


def _written(line: Line, width: int | None) -> Iterator[str]:
    """Write a line: what it is, the figure, and the words, broken where they end."""
    what = f"  {line.what:<{_WHAT}}"
    head = f"{what}{line.figure:>{_FIGURE}}  " if line.figure else what
    if width is None:
        yield f"{head}{line.words}".rstrip()
    elif width - len(head) >= _NARROWEST or not line.words:
        yield from _wrapped(line.words, width, " " * len(head), head)
    else:
        yield head.rstrip()
        yield from _wrapped(line.words, width, " " * 4)
    for part in line.parts:
        yield from _wrapped(visible(part), width, " " * 6, "    · ")


def _wrapped(words: str, width: int | None, indent: str, first: str | None = None) -> list[str]:
    """Break words where a line ends, never inside one."""
    first = indent if first is None else first
    if width is None:
        return [f"{first}{words}"]
    found = textwrap.wrap(
        words,
        max(width, len(indent) + _NARROWEST),
        initial_indent=first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.rstrip() for line in found] or [first.rstrip()]


def as_json(found: Summary) -> str:
    """Return the same as figures: unrounded, in units that their names say, and with times in UTC."""
    end, events = found.end, found.found
    about = {
        "source": found.source,
        "label": found.label,
        "time_zone": found.time_zone,
        "start_time": found.time_range.start,
        "end_time": found.time_range.end,
        "history_start_time": found.history_start,
        "names": found.names,
        "summary": found.rows.select(*SUMMARY).to_dicts(),
        "total": None if found.total is None else {name: found.total[name] for name in SUMMARY},
        "month_end": None if end is None else [*end.each.to_dicts(), end.whole],
        "budget": None if end is None or end.budget is None else end.budget.row(0, named=True),
        "credit": None if end is None or end.runway is None else end.runway.to_dicts(),
        "anomalies": None if events is None else _events(found),
        "usage_by_model": None if found.invoice is None else usage_by_model(found.invoice).to_dicts(),
        "reconciliation": None if found.checked is None else found.checked.to_dicts(),
    }
    return json.dumps(about, indent=2, allow_nan=False, default=_iso) + "\n"


def _events(found: Summary) -> list[dict[str, Any]]:
    """Return the events of each account and, where there are several, of all together, largest first."""
    assert found.found is not None  # noqa: S101 - the caller saw to it
    tables = [found.found.each] if found.total is None else [found.found.total, found.found.each]
    return [event for table in tables for event in table.iter_rows(named=True)]


def _iso(moment: object) -> str:
    """Return a date, or a moment in UTC, in ISO 8601."""
    if isinstance(moment, date):  # a datetime is one, too
        return moment.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(moment).__name__} has no place in JSON")


# Markdown


def as_markdown(found: Summary) -> str:
    """Return a heading with the range, a table by account, and a list of what else there is to know.

    What comes from outside, such as a name, is text in it and no markup.
    """
    info = zone(found.time_zone)
    span = f"{moment_text(found.time_range.start, info)} to {moment_text(found.time_range.end, info)}"
    lines = [
        f"## AI Gateway cost, {span}",
        "",
        f"Source: {markdown_text(found.label)}; days of {found.time_zone}. {_until(found)}",
        "",
        f"| {' | '.join(_MARKDOWN_HEAD)} |",
        f"| --- {'| ---: ' * (len(_MARKDOWN_HEAD) - 1)}|",
        *(f"| {' | '.join(row)} |" for row in _rows(found)),
        "",
        *_bullets(found),
    ]
    return "\n".join(lines) + "\n"


def _until(found: Summary) -> str:
    """Say which day and which month are told of, and until when."""
    row = found.total or found.rows.row(0, named=True)
    if row["date"] is None:
        return "No hour has ended yet."
    shown = headline_figures(row)
    return f"Day: {shown.day.title}; month: {shown.month.title}."


def _rows(found: Summary) -> Iterator[list[str]]:
    """Give all accounts together a row, if there are several, and the costliest one each."""
    rows = {row["account_id"]: row for row in found.rows.iter_rows(named=True)}
    ends: dict[str, Mapping[str, Any]] = {}
    if found.end is not None:
        ends = {row["account_id"]: row for row in found.end.each.iter_rows(named=True)}
    whole = None if found.end is None else found.end.whole
    if found.total is not None:
        yield [all_accounts(len(rows)), *_figures(found.total, whole)]
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
    found = headline_figures(row)
    return [
        found.day.value or UNKNOWN,
        change_text(row["day_change_ratio"], row["day_kind"]),
        found.month.value or UNKNOWN,
        change_text(row["month_change_ratio"], row["month_kind"]),
        UNKNOWN if end is None else month_end_sentence(end).removeprefix("On course for "),
    ]


def _bullets(found: Summary) -> Iterator[str]:
    """List the budget, what stood out, credit, the invoice: of all accounts together, and of each."""
    whose: tuple[str | None, ...] = found.shown if found.total is None else (None, *found.shown)
    for one in whose:
        name = "" if one is None or found.total is None else f", {markdown_text(found.names[one])}"
        is_each = bool(name)
        for line in outlook_lines(found, one):
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
