"""Headings: the lines that they break into, and the facts that several charts state."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, get_args

import altair as alt
import polars as pl

from cfusage_lab.account_names import not_built_in
from cfusage_lab.argument_checks import check_choice
from cfusage_lab.ranges import zone
from cfusage_lab.wording import counted, days_text

__all__ = [
    "NOT_YET",
    "WRAPPED",
    "Heading",
    "break_lines",
    "check_heading",
    "dashed_fact",
    "day_facts",
    "final_fact",
    "heading",
    "heading_lines",
    "is_running_alone",
    "one_line",
    "unsettled_fact",
]

_NARROW: Final = 360
"""Pixels of a view, in a cell of half a screen, below which headings are set smaller."""
_TITLE_LETTERS: Final = 44
_FACT_LETTERS: Final = 62
"""What such a cell has room for, in a wide font of the smaller size."""


WRAPPED: Final = {"narrow": _NARROW, "text": (13, 15), "subtitle": (11, 12)}
"""By what drawing.js breaks a heading into lines: its sizes in narrow views, and in others."""


def heading(text: str, subtitle: Sequence[str]) -> alt.Title:
    """Set a title over its facts, in lines that a narrow cell has room for: Vega breaks none itself."""
    return alt.Title(
        **heading_lines(text, subtitle),
        anchor="start",
        fontSize=_size_of(13, 15),
        subtitleFontSize=_size_of(11, 12),
        subtitleLineHeight=16,
        subtitlePadding=5,
        offset=12,
    )


def heading_lines(text: str | Sequence[str], subtitle: Sequence[str]) -> dict[str, Any]:
    """Break the parts of a heading into lines that a narrow cell has room for; a title of one is a text."""
    whole = [text] if isinstance(text, str) else text
    first, *more = (not_built_in(line) for part in whole for line in break_lines(part, _TITLE_LETTERS))
    return {
        "text": [first, *more] if more else first,
        "subtitle": [not_built_in(line) for fact in subtitle for line in break_lines(fact, _FACT_LETTERS)],
    }


def _size_of(narrow: int, wide: int) -> alt.ExprRef:
    """Write the expression for a size that depends on the cell."""
    return alt.ExprRef(f"width < {_NARROW} ? {narrow} : {wide}")


def break_lines(text: str, most: int) -> list[str]:
    """Break a text into lines of ``most`` letters: between facts, else between clauses, else between words.

    A word that is longer stays whole.
    """
    broken = [text]
    for gap in (r" · ", r"(?<=[,:]) ", r" "):
        broken = [part for line in broken for part in _broken(line, gap, most)]
    return broken


def _broken(line: str, gap: str, most: int) -> Iterable[str]:
    """Break a line at gaps, if it has to be, as late as there is room."""
    start = 0
    while len(line) - start > most:
        gaps = [found for found in re.finditer(gap, line) if found.start() > start]
        fitting = [found for found in gaps if found.start() - start <= most] or gaps[:1]
        if not fitting:
            break
        yield line[start : fitting[-1].start()]
        start = fitting[-1].end()
    yield line[start:]


Heading = Literal["full", "short"]
"""Whether a heading names account, range and zone, or leaves that to what stands around the chart."""


def check_heading(heading: str) -> bool:
    """Return whether a heading is short.

    Raises
    ------
    ConfigError
        If it is neither full nor short.
    """
    check_choice(heading, "heading", get_args(Heading))
    return heading == "short"


def one_line(facts: Iterable[str]) -> list[str]:
    """Set short facts side by side in one line; no line where there is none."""
    line = " · ".join(filter(None, facts))
    return [line] if line else []


def day_facts(table: pl.DataFrame, time_zone: str | None) -> list[str]:
    """Say from which date to which the table goes, and whose days these are."""
    key = [] if time_zone is None else [f"{zone(time_zone).key} days"]
    if table.is_empty():
        return key
    return [days_text(table["date"].min(), table["date"].max()), *key]  # type: ignore[arg-type]


def unsettled_fact(table: pl.DataFrame) -> list[str]:
    """Say how many rows may still change, if any may, where they stand in no order of time."""
    count = table.filter(pl.col("state") != "complete").height
    return [f"Paler bars are not final: {count:,} of {table.height:,}"] if count else []


def final_fact(states: pl.DataFrame, what: str, *, by: str, is_paler: bool = True) -> list[str]:
    """Say how many hours or days may still change, if any may, and whether they are the last ones.

    ``states`` has a ``state`` and, in ``by``, what makes an hour or a day one, whatever its account.
    """
    is_open = (pl.col("state") != "complete").any()
    rows = states.group_by(by).agg(is_open=is_open).sort(by)["is_open"]
    count = int(rows.sum())
    if not count:
        return []
    if count == rows.len():
        words = "none final"
    else:
        number = "" if count == 1 else f"{count:,} "
        words = f"the last {number}not final" if rows.tail(count).all() else f"{count:,} not final"
    return [f"{counted(rows.len(), what)}, {words}{' (paler)' if is_paler else ''}"]


def dashed_fact(days: pl.DataFrame) -> list[str]:
    """Say which days are not whole, if any are: today, as it is running, or days that lack hours.

    Takes rows with ``date``, ``is_whole`` and ``state``.
    """
    partial = days.filter(~pl.col("is_whole"))
    running = partial.filter(pl.col("state") == "in_progress")["date"].unique()
    short = partial.filter(~pl.col("date").is_in(running.to_list()))["date"].n_unique()
    words = ["today so far"] if running.len() else []
    words += [f"hours are missing, {counted(short, 'day')}"] if short else []
    return [f"Dashed: {'; '.join(words)}"] if words else []


NOT_YET: Final = "nothing to compare yet, today isn't over"


def is_running_alone(comparison: pl.DataFrame) -> bool:
    """Whether no day is compared, because there is none but the running one."""
    states = set(comparison.filter(pl.col("kind") == "unknown")["state"])
    return states == {"in_progress"} and comparison["kind"].n_unique() == 1
