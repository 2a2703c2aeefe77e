"""What all charts share: colours, how time and money are labelled, how headings are worded.

The colours came out of a search: any two stay apart for normal sight and for protan, deutan and tritan
vision, and each has a contrast of 3:1 or more against a white and against a dark notebook.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import altair as alt

__all__ = ["PALETTE", "REST", "clock_axis", "cost_axis", "dollars", "exact_text", "heading", "span"]

PALETTE: Final = ("#1560e2", "#b38808", "#0ca15e", "#9e3899", "#a34721")
"""Accounts, by their place."""
REST: Final = "#6b6b6b"
"""All accounts that have no colour of their own, together."""


def dollars(amount: float) -> str:
    """Write US dollars for a heading: cents, and more digits only where an amount would read as zero."""
    size = abs(amount)
    digits = 2 if size >= 0.01 or size == 0 else 6  # noqa: PLR2004 - a cent
    return f"{'-' if amount < 0 else ''}${size:,.{digits}f}"


def span(start: datetime, end: datetime, info: ZoneInfo) -> str:
    """Write a half-open span by the dates it covers on a zone's clock, with times where it cuts a day."""
    first, last = start.astimezone(info), end.astimezone(info)
    is_whole = (first.hour, first.minute, last.hour, last.minute) == (0, 0, 0, 0)
    pattern = "{0:%a} {0.day} {0:%b %Y}" if is_whole else "{0:%a} {0.day} {0:%b %Y, %H:%M}"
    texts = [pattern.format(first), pattern.format(last - timedelta(minutes=1) if is_whole else last)]
    return " to ".join(dict.fromkeys(texts))


def heading(text: str, subtitle: Sequence[str]) -> alt.Title:
    """Set a title over its facts."""
    return alt.Title(
        text,
        subtitle=list(subtitle),
        anchor="start",
        fontSize=17,
        subtitleFontSize=12,
        subtitleLineHeight=16,
        subtitlePadding=5,
        offset=12,
    )


def clock_axis(view: str) -> alt.Axis:
    """Label the clock readings of the view of that name: times within days, dates within months, years."""
    return alt.Axis(
        labelExpr=" ".join(_TIME_LABEL.format(view=view).split()),
        labelFontSize=11,
        labelFlush=False,
        labelOverlap="greedy",
        labelSeparation=6,
        tickCount=alt.ExprRef("max(2, width / 80)"),
        grid=False,
        title=None,
    )


def cost_axis(view: str) -> alt.Axis:
    """Label US dollars in the view of that name, with as many digits as its range needs."""
    return alt.Axis(
        labelExpr=" ".join(_COST_LABEL.format(view=view).split()),
        labelFontSize=11,
        domain=False,
        ticks=False,
        tickCount=4,
        minExtent=44,
        title=None,
    )


def exact_text(cost: str) -> str:
    """Write the expression for an amount in a tooltip: to the cent from a dollar up, in full below."""
    return f"abs({cost}) >= 1 ? format({cost}, '$,.2f') : ({cost}) === 0 ? '$0' : format({cost}, '$,.6~f')"


_TIME_LABEL: Final = """
utcFormat(datum.value, '%H%M') !== '0000' ? utcFormat(datum.value, '%H:%M')
: utcFormat(datum.value, '%d%m') === '0101' ? utcFormat(datum.value, '%Y')
: span(domain('{view}_x')) < 45 * 86400000 ? utcFormat(datum.value, '%a %-d %b')
: utcFormat(datum.value, '%-d %b')
"""
_COST_LABEL: Final = """
abs(datum.value) < 1e-12 ? '$0'
: span(domain('{view}_y')) >= 4 ? format(datum.value, '$,.0f')
: span(domain('{view}_y')) >= 0.04 ? format(datum.value, '$,.2f')
: span(domain('{view}_y')) >= 0.0004 ? format(datum.value, '$,.4f')
: format(datum.value, '$,.6f')
"""
