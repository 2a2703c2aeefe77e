"""Axes, their labels and the key: all that charts have in common stands once, in the page's configuration.

Times are readings of a zone's clock, marked UTC. Expressions are Vega's; none of them reads the viewer's
clock.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.tooltips import quote
from cfusage_lab.time_units import DAY, WEEK_DAYS, WEEKDAYS

__all__ = [
    "COMMON",
    "bar_gap",
    "clock_axis",
    "columns_of",
    "cost_axis",
    "cost_label",
    "cost_scale",
    "day_axis",
    "day_x",
    "hidden_axis",
    "hour_x",
    "key",
    "legend_columns",
    "line_key",
    "room_for_day",
    "share_axis",
    "weekday_y",
]

COMMON: Final[dict[str, dict[str, Any]]] = {
    "axis": {"title": None, "labelFontSize": 11, "labelSeparation": 6, "domain": False, "ticks": False},
    "axisX": {"grid": False, "labelFlush": False, "labelPadding": 6, "labelOverlap": "parity"},
    "legend": {"orient": "top", "title": None, "labelFontSize": 12},
    "point": {"filled": True, "opacity": 1},
    "view": {"stroke": None},
}
"""What all axes, keys and points of a page have in common."""


# Money


def cost_axis(scale: str = "y") -> alt.Axis:
    """Label US dollars on the scale of that name."""
    return alt.Axis(labelExpr=cost_label(scale), tickCount=4, minExtent=_LEFT)


def share_axis() -> alt.Axis:
    """Label shares as percent."""
    return alt.Axis(format=".2~%", tickCount=4, minExtent=_LEFT)


def cost_label(scale: str) -> str:
    """Write the expression for US dollars on the scale of that name, with the digits that its range needs."""
    return _in_one_line(_COST_LABEL).format(scale=scale)


def cost_scale(*, is_zero: bool) -> alt.Scale:
    """Begin at zero, and give a chart of nothing a height all the same."""
    return alt.Scale(zero=True, domainMax=1) if is_zero else alt.Scale(zero=True)


# Time


def clock_axis(view: str) -> alt.Axis:
    """Label the clock readings of the view of that name: times within days, dates within months, years."""
    return alt.Axis(
        values=_mondays(f"{view}_x", pixels=80),
        labelExpr=_in_one_line(_TIME_LABEL).format(view=view),
        labelOverlap="greedy",
        labelPadding=2,
        tickCount=alt.ExprRef("max(2, width / 80)"),
        domain=True,
        ticks=True,
    )


def day_axis(scale: str = "x") -> alt.Axis:
    """Label days under their middle: weekdays while there are few of them, then dates, then years."""
    return alt.Axis(
        values=_mondays(scale, pixels=90),
        labelExpr=_in_one_line(_DAY_LABEL).format(scale=scale),
        labelOffset=alt.ExprRef(f"{room_for_day(scale)} / 2"),
        tickCount=alt.ExprRef("max(2, width / 90)"),
    )


def day_x(*, is_labelled: bool) -> alt.X:
    """Place days."""
    axis = day_axis() if is_labelled else hidden_axis()
    return alt.X("left:T", axis=axis, scale=alt.Scale(type="utc", nice=False))


def hour_x(*, is_labelled: bool) -> alt.X:
    """Place the hours of a day, and label them where they begin."""
    axis = alt.Axis(values=list(range(0, 25, 3)), labelExpr="format(datum.value, '02d') + ':00'")
    scale = alt.Scale(domain=[0, 24], nice=False, zero=False)
    return alt.X("hour:Q", axis=axis if is_labelled else hidden_axis(), scale=scale)


def weekday_y(*, is_alone: bool, **options: Any) -> alt.Y:  # noqa: ANN401 - the scale's
    """Give weekdays 1 to 7 a row each, with more between them where accounts stand under each other."""
    names = quote([name[:3] for name in WEEKDAYS])
    axis = alt.Axis(labelExpr=f"{names}[datum.value - 1]", minExtent=_LEFT)
    scale = alt.Scale(domain=list(range(1, 8)), paddingInner=0.1 if is_alone else 0.18, **options)
    return alt.Y("weekday:O", axis=axis, scale=scale)


def hidden_axis() -> alt.Axis:
    """Show no axis; none at all would not go together with the axes of other layers."""
    return alt.Axis(labels=False)


def room_for_day(scale: str = "x") -> str:
    """Write the expression for the pixels that a day has on screen."""
    return f"(scale('{scale}', {_DAY}) - scale('{scale}', 0))"


def bar_gap() -> alt.ExprRef:
    """Part the bars where there is room; let them meet, without a seam, where there is none."""
    return alt.ExprRef(f"{room_for_day()} > 6 ? -2 : {room_for_day()} > 3 ? -0.5 : 0.4")


def _mondays(scale: str, *, pixels: int) -> alt.ExprRef:
    """Put ticks on Mondays, where one tick in so many pixels makes about a week: Vega would take Sundays.

    Elsewhere there are no values, and Vega's own ticks remain.
    """
    each = f"span(domain('{scale}')) / max(2, width / {pixels})"
    first = f"ceil((+domain('{scale}')[0] - {_A_MONDAY}) / {_WEEK}) * {_WEEK} + {_A_MONDAY}"
    mondays = f"sequence({first}, +domain('{scale}')[1] + 1, {_WEEK})"
    return alt.ExprRef(f"{each} > {_LEAST_FOR_A_WEEK} && {each} < {_MOST_FOR_A_WEEK} ? {mondays} : null")


# The key


def key(labels: str | None = None, **looks: Any) -> alt.Legend:  # noqa: ANN401 - altair's own
    """Make a key; ``labels`` is the parameter that has the words for its entries, whole.

    Vega places entries anew only when their padding changes: a millionth of a pixel of it follows the words.
    """
    if labels:
        looks |= {"labelExpr": f"{labels}[datum.label]", "labelLimit": 0}
        looks["columnPadding"] = alt.ExprRef(f"10 + length(toString({labels})) / 1000000")
    return alt.Legend(**looks)


def line_key(labels: str, **looks: Any) -> alt.Legend:  # noqa: ANN401 - altair's own
    """Make the key of lines that differ in their dashes: long enough to show them."""
    return key(labels, symbolType="stroke", symbolSize=400, symbolStrokeWidth=2.5, **looks)


def legend_columns(labels: Sequence[str]) -> alt.ExprRef:
    """Set the entries of a key in as many columns as there is room for, else Vega has them stick out."""
    return columns_of(
        32 + 8 * max(map(len, labels), default=0)
    )  # a square and its margins; a letter of 12 points


def columns_of(pixels: int) -> alt.ExprRef:
    """Set the entries of a key in columns of so many pixels."""
    return alt.ExprRef(f"max(1, floor(width / {pixels}))")


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


_LEFT: Final = 44
"""Pixels for labels on the left, ``$1,000`` and shorter, so that the bars of all charts begin in one line."""
_DAY: Final = DAY // timedelta(milliseconds=1)
_WEEK: Final = WEEK_DAYS * _DAY
_A_MONDAY: Final = 4 * _DAY
"""5 January 1970."""
_LEAST_FOR_A_WEEK: Final = 2 * _DAY
"""Beyond it, a label has no room every other day."""
_MOST_FOR_A_WEEK: Final = round((7 * 30) ** 0.5 * _DAY)
"""Beyond it, Vega chooses months."""
_TIME_LABEL: Final = """
utcFormat(datum.value, '%H%M') !== '0000' ? utcFormat(datum.value, '%H:%M')
: utcFormat(datum.value, '%d%m') === '0101' ? utcFormat(datum.value, '%Y')
: span(domain('{view}_x')) < 45 * 86400000 ? utcFormat(datum.value, '%a %-d %b')
: utcFormat(datum.value, '%-d %b')
"""
_DAY_LABEL: Final = """
utcFormat(datum.value, '%H%M') !== '0000' || datum.value >= domain('{scale}')[1] ? ''
: utcFormat(datum.value, '%d%m') === '0101' && span(domain('{scale}')) > 200 * 86400000
  ? utcFormat(datum.value, '%Y')
: span(domain('{scale}')) < 45 * 86400000 ? utcFormat(datum.value, '%a %-d %b')
: utcFormat(datum.value, '%-d %b')
"""
"""Weekdays up to 45 days: beyond, ticks are weeks apart and would all say Mon."""
_COST_LABEL: Final = """
abs(datum.value) < 1e-12 ? '$0'
: span(domain('{scale}')) >= 4 ? format(datum.value, '$,.0f')
: format(datum.value,
  '$,.' + 2 * clamp(ceil(-log(span(domain('{scale}')) / 4) / LN10 / 2 - 1e-9), 1, 6) + 'f')
"""
"""Labels differ by about a quarter of the range: cents, or as many further pairs of digits as that takes."""
