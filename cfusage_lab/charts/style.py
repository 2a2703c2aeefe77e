"""What all charts share: colours, how time and money are labelled, how headings are worded and broken.

The colours came out of a search: any two stay apart for normal sight and for protan, deutan and tritan
vision, and each has a contrast of 3:1 or more against a white and against a dark notebook.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

import altair as alt

from cfusage_lab.account_names import not_built_in

__all__ = [
    "PALETTE",
    "REST",
    "clock_axis",
    "cost_axis",
    "cost_label",
    "exact_text",
    "heading",
    "legend_columns",
    "lines",
    "mondays",
    "share_axis",
]

PALETTE: Final = ("#1560e2", "#b38808", "#0ca15e", "#9e3899", "#a34721")
"""Accounts, by their place."""
REST: Final = "#6b6b6b"
"""All accounts that have no colour of their own, together."""


def heading(text: str, subtitle: Sequence[str]) -> alt.Title:
    """Set a title over its facts, in lines that a narrow cell has room for: Vega breaks none itself."""
    first, *more = map(not_built_in, lines(text, _TITLE_LETTERS))
    return alt.Title(
        [first, *more] if more else first,
        subtitle=[not_built_in(line) for fact in subtitle for line in lines(fact, _FACT_LETTERS)],
        anchor="start",
        fontSize=_size_of(13, 15),
        subtitleFontSize=_size_of(11, 12),
        subtitleLineHeight=16,
        subtitlePadding=5,
        offset=12,
    )


def _size_of(narrow: int, wide: int) -> alt.ExprRef:
    """Write the expression for a size that depends on the cell."""
    return alt.ExprRef(f"width < {_NARROW} ? {narrow} : {wide}")


def lines(text: str, most: int) -> list[str]:
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


def clock_axis(view: str) -> alt.Axis:
    """Label the clock readings of the view of that name: times within days, dates within months, years."""
    return alt.Axis(
        values=mondays(f"{view}_x", pixels=80),
        labelExpr=" ".join(_TIME_LABEL.format(view=view).split()),
        labelFontSize=11,
        labelFlush=False,
        labelOverlap="greedy",
        labelSeparation=6,
        tickCount=alt.ExprRef("max(2, width / 80)"),
        grid=False,
        title=None,
    )


def mondays(scale: str, *, pixels: int) -> alt.ExprRef:
    """Put ticks on Mondays, where one tick in so many pixels makes about a week: Vega would take Sundays.

    Elsewhere there are no values, and Vega's own ticks remain.
    """
    each = f"span(domain('{scale}')) / max(2, width / {pixels})"
    first = f"ceil((+domain('{scale}')[0] - {_A_MONDAY}) / {_WEEK}) * {_WEEK} + {_A_MONDAY}"
    mondays = f"sequence({first}, +domain('{scale}')[1] + 1, {_WEEK})"
    return alt.ExprRef(f"{each} > {_LEAST_FOR_A_WEEK} && {each} < {_MOST_FOR_A_WEEK} ? {mondays} : null")


def cost_label(scale: str) -> str:
    """Write the expression for US dollars on the scale of that name, with the digits that its range needs."""
    return " ".join(_COST_LABEL.format(scale=scale).split())


def cost_axis(view: str) -> alt.Axis:
    """Label US dollars in the view of that name."""
    return alt.Axis(
        labelExpr=cost_label(f"{view}_y"),
        labelFontSize=11,
        domain=False,
        ticks=False,
        tickCount=4,
        minExtent=44,
        title=None,
    )


def legend_columns(labels: Sequence[str]) -> alt.ExprRef:
    """Set the entries of a legend in as many columns as there is room for, else Vega has them stick out."""
    pixels = 32 + 8 * max(map(len, labels), default=0)
    return alt.ExprRef(f"max(1, floor(width / {pixels}))")


def share_axis() -> alt.Axis:
    """Label shares as percent."""
    return alt.Axis(
        format=".2~%", labelFontSize=11, domain=False, ticks=False, tickCount=4, minExtent=44, title=None
    )


def exact_text(cost: str) -> str:
    """Write the expression for an amount in a tooltip: to the cent from a dollar up, in full below."""
    digits = f"abs({cost}) >= 1 ? '$,.2f' : abs({cost}) >= 1e-5 ? '$,.6~f' : '$,.10~f'"
    return f"({cost}) === 0 ? '$0' : format({cost}, {digits})"


_DAY: Final = 86_400_000
_WEEK: Final = 7 * _DAY
_A_MONDAY: Final = 4 * _DAY
"""5 January 1970."""
_LEAST_FOR_A_WEEK: Final = 2 * _DAY
"""Beyond it, a label has no room every other day."""
_MOST_FOR_A_WEEK: Final = round((7 * 30) ** 0.5 * _DAY)
"""Beyond it, Vega chooses months."""
_TITLE_LETTERS: Final = 44
_FACT_LETTERS: Final = 62
"""What a cell of 360 pixels has room for, in a wide font of the smaller size."""
_NARROW: Final = 360
"""The width of a view below which headings are set smaller."""
_TIME_LABEL: Final = """
utcFormat(datum.value, '%H%M') !== '0000' ? utcFormat(datum.value, '%H:%M')
: utcFormat(datum.value, '%d%m') === '0101' ? utcFormat(datum.value, '%Y')
: span(domain('{view}_x')) < 45 * 86400000 ? utcFormat(datum.value, '%a %-d %b')
: utcFormat(datum.value, '%-d %b')
"""
_COST_LABEL: Final = """
abs(datum.value) < 1e-12 ? '$0'
: span(domain('{scale}')) >= 4 ? format(datum.value, '$,.0f')
: format(datum.value,
  '$,.' + 2 * clamp(ceil(-log(span(domain('{scale}')) / 4) / LN10 / 2 - 1e-9), 1, 6) + 'f')
"""
"""Labels differ by about a quarter of the range: cents, or as many further pairs of digits as that takes."""
