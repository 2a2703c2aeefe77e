"""The heading of a usage chart that is zoomed: what is visible, in the words of the whole heading.

drawing.js adds the visible windows up and puts that into a signal, from which these Vega expressions make the
title and the facts: the sum as :func:`cfusage_lab.wording.dollars` writes it, the span as
:func:`cfusage_lab.wording.span_text`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import altair as alt

from cfusage_lab.charts.tooltips import quote
from cfusage_lab.frames.expressions import ROUNDING
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["WORDS", "clock_edges", "visible_heading", "visible_params"]

WORDS: Final = "zoomed_words"
"""The value that has what expressions can't know: the line that stays, the zone, what slots are."""
_TALLY: Final = "visible"
"""The signal that drawing.js fills; null while everything is visible."""
_NAMES: Final = {"text": "visible_title", "subtitle": "visible_facts"}
_MINUTE: Final = timedelta(minutes=1)
_INSTANT: Final = timedelta(microseconds=1)


def visible_heading(columns: Sequence[str], *, zoom: str) -> dict[str, Any]:
    """Tell drawing.js what to add up, by which zoom, and where the words are."""
    counts = {"unsettled": ("state", "complete"), "partial": ("is_whole", True)}
    about = {"zoom": zoom, "place": "left", "costs": tuple(columns), "counts": counts}
    return {**about, "tally": _TALLY, **_NAMES}


def clock_edges(span: tuple[datetime, datetime] | None, info: ZoneInfo) -> dict[str, int]:
    """Return how many minutes the clock is ahead of UTC just before a span, and at its end."""
    start, end = span or (None, None)
    if start is None or end is None:
        return {"before": 0, "after": 0}
    offsets = ((start - _INSTANT).astimezone(info).utcoffset(), end.astimezone(info).utcoffset())
    before, after = ((offset or timedelta()) // _MINUTE for offset in offsets)
    return {"before": before, "after": after}


def visible_params(width: timedelta, *, is_daily: bool, is_reduced: str) -> list[alt.VariableParameter]:
    """Write the expressions for windows of that width; ``is_reduced`` is the signal that slots are drawn."""
    what = "hour" if width <= HOUR else "day"
    facts = [
        f"{WORDS}.line",
        f"({_in_one_line(_SPAN).format(**_moments(width))}) + ({WORDS}.zone ? ' · ' + {WORDS}.zone : '')",
        f"{is_reduced} ? {WORDS}.slots : ''",
        _settled(what) if not is_daily else f"{_settled(what)} + ({_DASHED})",
    ]
    none = f"No {what} begins in what is selected: double-click for all"
    title = f"!{_TALLY} ? '' : !{_TALLY}.rows ? {quote(none)} : 'AI Gateway cost: ' + ({_DOLLARS})"
    lines = " + '\\n' + ".join(f"({fact})" for fact in facts)
    texts = {"text": title, "subtitle": f"!({_TALLY} && {_TALLY}.rows) ? '' : {lines}"}
    return [
        alt.VariableParameter(name=_TALLY, expr="null"),
        *(alt.VariableParameter(name=_NAMES[part], expr=text) for part, text in texts.items()),
    ]


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _moments(width: timedelta) -> Mapping[str, str]:
    """Write the readings of the clock at the first start and the last end, and just before either."""
    first, last = f"+{_TALLY}.first.start_time", f"+{_TALLY}.last.start_time + {width // _MILLISECOND}"
    before = f"({_TALLY}.before ? {_TALLY}.before.offset_minutes : {WORDS}.before)"
    after = f"({_TALLY}.after ? {_TALLY}.after.offset_minutes : {WORDS}.after)"
    own = [f"{_TALLY}.{one}.offset_minutes" for one in ("first", "last")]
    offsets = {"start": own[0], "start_before": before, "end": after, "end_before": own[1]}
    readings = {
        name: f"({moment} + {offsets[name]} * 60000)"
        for name, moment in (
            ("start", first),
            ("start_before", f"{first} - 1"),
            ("end", last),
            ("end_before", f"{last} - 1"),
        )
    }
    days = {f"{name}_date": f"floor({reading} / {DAY // _MILLISECOND})" for name, reading in readings.items()}
    utc = {f"{name}_utc": _UTC.format(minutes=offsets[name]) for name in ("start", "end")}
    return {**readings, **days, **utc, "is_even": f"{offsets['start']} === {offsets['end']}"}


def _settled(what: str) -> str:
    """Say how many windows are not final, in the words of :func:`cfusage_lab.charts.headings.final_fact`."""
    count, found = f"{_TALLY}.rows", f"{_TALLY}.unsettled"
    of = f"format({count}, ',d') + ({count} === 1 ? ' {what}' : ' {what}s')"
    number = f"format({found}.count, ',d') + ' '"
    last = f"'the last ' + ({found}.count === 1 ? '' : {number})"
    some = f"({found}.first === {count} - {found}.count ? {last} : {number}) + 'not final'"
    words = f"{found}.count === {count} ? 'none final' : {some}"
    return f"({found}.count ? {of} + ', ' + ({words}) + ' (paler)' : '')"


_MILLISECOND: Final = timedelta(milliseconds=1)
_NET: Final = (
    f"({_TALLY}.least_usd < 0 && abs({_TALLY}.usd) <= {ROUNDING} * {_TALLY}.gross_usd ? 0 : {_TALLY}.usd)"
)
_DOLLARS: Final = (
    f"abs({_NET}) < 5e-11 ? '$0.00' : ({_NET} < 0 ? '-' : '') + format(abs({_NET}), abs({_NET}) >= 0.01"
    f" ? '$,.2f' : abs({_NET}) >= 1e-6 ? '$,.6f' : '$,.10f')"
)
_UTC: Final = (
    "(({minutes} < 0 ? '-' : '+') + format(floor(abs({minutes}) / 60), '02d')"
    " + ':' + format(abs({minutes}) % 60, '02d'))"
)
_SPAN: Final = """
{start_before_date} < {start_date} && {end_before_date} < {end_date}
? ({start_date} === {end_before_date} ? '' : utcFormat({start}, '%a %-d %b')
   + (utcyear({start}) === utcyear({end_before}) ? '' : utcFormat({start}, ' %Y')) + ' to ')
  + utcFormat({end_before}, '%a %-d %b %Y')
: {start_date} === {end_date}
? utcFormat({start}, '%a %-d %b %Y, %H:%M') + ({is_even} ? '' : ' (UTC' + {start_utc} + ')') + ' to '
  + utcFormat({end}, '%H:%M') + ({is_even} ? '' : ' (UTC' + {end_utc} + ')')
: utcFormat({start}, '%a %-d %b') + (utcyear({start}) === utcyear({end}) ? '' : utcFormat({start}, ' %Y'))
  + utcFormat({start}, ', %H:%M') + ' to ' + utcFormat({end}, '%a %-d %b %Y, %H:%M')
"""
_RUNNING: Final = f"({_TALLY}.last.is_whole === false && {_TALLY}.last.state === 'in_progress' ? 1 : 0)"
_DASHED: Final = (
    f"{_TALLY}.partial.count ? ({_TALLY}.unsettled.count ? ' · ' : '') + 'Dashed: '"
    f" + ({_RUNNING} ? 'today so far' : '') + ({_TALLY}.partial.count > {_RUNNING}"
    f" ? ({_RUNNING} ? '; ' : '') + 'hours are missing, ' + format({_TALLY}.partial.count - {_RUNNING}, ',d')"
    f" + ({_TALLY}.partial.count - {_RUNNING} === 1 ? ' day' : ' days') : '') : ''"
)
