"""A summary as text for people, and as JSON for scripts."""

import json
import textwrap
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from cfusage_lab.commands.lines import Line, blocks
from cfusage_lab.commands.overview import Overview
from cfusage_lab.invoices import usage_by_model
from cfusage_lab.schema import SUMMARY
from cfusage_lab.wording import visible

__all__ = ["as_json", "as_text"]

_WHAT: Final = 27
_FIGURE: Final = 14
_NARROWEST: Final = 24
"""Columns that words need to stand beside a figure; where there are fewer, they go below it."""


def as_text(found: Overview, *, is_rich: bool, width: int | None) -> str:
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


def as_json(found: Overview) -> str:
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


def _events(found: Overview) -> list[dict[str, Any]]:
    """Return the events of each account and, where there are several, of all together, largest first."""
    assert found.found is not None  # noqa: S101 - the caller saw to it
    tables = [found.found.each] if found.total is None else [found.found.total, found.found.each]
    return [event for table in tables for event in table.iter_rows(named=True)]


def _iso(moment: object) -> str:
    """Return a date, or a moment in UTC, in ISO 8601."""
    if isinstance(moment, date):  # a datetime is one, too
        return moment.isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(moment).__name__} has no place in JSON")
