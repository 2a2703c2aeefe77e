"""The picture of the usage chart: bars above an overview to zoom with, and what is drawn over them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.axes import clock_axis, cost_axis, cost_scale, day_axis, key, legend_columns
from cfusage_lab.charts.colours import DOWN, NEUTRAL, PALETTE, REST, UP, pale_ground, state_look
from cfusage_lab.charts.marks import Part, centred_text, hover_columns
from cfusage_lab.charts.page import WIDTH, cached_page, stack_views
from cfusage_lab.charts.tooltips import quote
from cfusage_lab.charts.usage_rows import MEAN
from cfusage_lab.charts.usage_tooltips import day_texts, day_titles, window_texts, window_titles
from cfusage_lab.charts.zoomed_heading import visible_heading, visible_params
from cfusage_lab.downsampling import MOST_BARS, Series
from cfusage_lab.schema import STATES

__all__ = ["Look", "usage_page"]

_HEIGHT: Final = 250
_MOST_HEIGHT: Final = 440
"""In a cell as wide as a large screen."""
_STRIP: Final = 5
"""Pixels of the mark above an event."""
_IS_REDUCED: Final = "is_reduced"
"""The signal that says whether slots are drawn in the place of windows; drawing.js goes by it, too."""
_IS_LIVE: Final = "cfusage_live"
"""The signal that drawing.js sets where a chart answers; pictures have it false."""
_HINT: Final = "Drag on the chart to zoom, double-click for all"
_HINT_PIXELS: Final = 270
_ZOOM: Final = (
    "length(data('brush_store')) ? span(data('brush_store')[0].values[0]) : span(domain('overview_x'))"
)
_UNUSUAL: Final = "isValid(datum.event_words) ? datum.event_words : 'no'"


@dataclass(frozen=True, slots=True)
class Look:
    """What tells one usage chart from another, but for its rows.

    Attributes
    ----------
    series
        Whose cost is stacked.
    width
        How long a row is.
    is_zero
        Whether there is nothing but zeros.
    is_daily
        Whether the rows are local days, of which some may not be whole.
    is_with_mean
        Whether there is a rolling mean over the bars.
    is_with_events
        Whether bars that belong to an event are marked.
    """

    series: tuple[Series, ...]
    width: timedelta
    is_zero: bool
    is_daily: bool
    is_with_mean: bool
    is_with_events: bool

    @property
    def length(self) -> int:
        """How long a row is, in milliseconds."""
        return self.width // timedelta(milliseconds=1)


@cached_page
def usage_page(look: Look) -> Part:
    """Set the bars above the overview."""
    if look.series:
        views: list[Part] = [_detail(look), _overview(is_zero=look.is_zero)]
    else:
        what = "day" if look.is_daily else "window"
        views = [centred_text(f"There is no {what} in this table").properties(width=WIDTH, height=_HEIGHT)]
    whole = stack_views(views, spacing=6, right=4)
    if look.series:
        zoom = f"({_ZOOM}) / {look.length} > {MOST_BARS}"
        whole.params = [*whole.params, alt.VariableParameter(name=_IS_REDUCED, expr=zoom)]
        drag = {"drag": "drag", "zoom": "brush", "scale": "overview_x", "reach": look.length - 1}
        turns = {"column": "is_slot", "signal": _IS_REDUCED}
        visible = visible_heading([one.column for one in look.series], zoom="brush")
        whole.usermeta = {**whole.usermeta, "rowsInTurn": turns, "dragZoom": drag, "visible": visible}
        whole.usermeta |= {"heights": {"detail_height": (_HEIGHT, _MOST_HEIGHT)}}
        told = visible_params(look.width, is_daily=look.is_daily, is_reduced=_IS_REDUCED)
        whole.params = [*whole.params, alt.VariableParameter(name=_IS_LIVE, expr="false"), *told]
    return whole


def _detail(look: Look) -> Part:
    """Draw the bars, and over them a column a row that answers the pointer, also where there is no bar."""
    titles = (
        day_titles(look.series, is_with_mean=look.is_with_mean)
        if look.is_daily
        else window_titles(look.series)
    )
    texts = day_texts(look.series) if look.is_daily else window_texts(look.series, look.width)
    if look.is_with_events:
        titles, texts = titles | {"unusual": "Unusual"}, texts | {"unusual": _UNUSUAL}
    place = alt.Chart(name="windows").encode(x=_x(_axis(look)), x2="right:T")
    columns = hover_columns(place, ["start_time"], titles, texts)
    drag = _interval("drag", translate=False)
    mean = _mean() if look.is_with_mean else []
    events = _events(look) if look.is_with_events else []
    absence = [centred_text("No cost in this time range")] if look.is_zero else []
    is_inside = "!length(data('brush_store')) || vlSelectionTest('brush_store', datum)"
    return (
        alt.layer(*_bars(look), *mean, *events, *_marked(look), columns.add_params(drag), *absence)
        .transform_filter(f"datum.is_slot === {_IS_REDUCED} && ({is_inside})")
        .transform_calculate(**_stacked(look.series))
        .properties(name="detail", width=WIDTH, height=_HEIGHT)
    )


def _bars(look: Look) -> list[Part]:
    """Draw a layer of bars for each account, from its ``low`` to its ``high``."""
    series = look.series
    domain = [one.column for one in series]
    scale = alt.Scale(
        domain=domain, range=[REST if one.place is None else PALETTE[one.place] for one in series]
    )
    labels = quote({one.column: one.label for one in series})
    columns = legend_columns([one.label for one in series])
    legend = (
        key(labelExpr=f"{labels}[datum.label]", symbolType="square", columns=columns)
        if len(series) > 1
        else None
    )
    look_up: dict[str, Any] = {"scale": scale, "legend": legend}
    y: dict[str, Any] = {"axis": cost_axis("detail_y"), "scale": cost_scale(is_zero=look.is_zero)}
    whole = alt.Chart().encode(x=_x(_axis(look)), x2="right:T", y=alt.Y("lowest:Q", **y), y2="highest:Q")
    bars = [pale_ground(whole, x2Offset=_gap(look))]
    for nth in range(len(series)):
        colour = f"series_{nth}:N"
        bar = alt.Chart().encode(
            x=_x(_axis(look)),
            x2="right:T",
            y=alt.Y(f"low_{nth}:Q", **y),
            y2=f"high_{nth}:Q",
            color=alt.Color(colour, **look_up),
        )
        if look.is_daily:
            outline = alt.Stroke(colour, **look_up)
            bars.append(bar.mark_rect(x2Offset=_gap(look), **state_look()).encode(stroke=outline))
        else:
            bars.append(bar.mark_rect(x2Offset=_gap(look)).encode(opacity=_by_state()))
    return bars


def _by_state() -> alt.Opacity:
    scale = alt.Scale(type="ordinal", domain=list(STATES), range=[1, 0.55, 0.3])
    return alt.Opacity("state:O", scale=scale, legend=None)


def _mean() -> list[Part]:
    """Draw the rolling mean through the middle of the days; it breaks where it is not known."""
    base = (
        alt.Chart()
        .encode(x="middle:T", y=f"{MEAN}:Q")
        .transform_calculate(middle="(+datum.left + +datum.right) / 2")
    )
    lines = [
        base.mark_line(color=colour, strokeWidth=width, invalid="break-paths-show-path-domains")
        for colour, width in (("#ffffff", 4.5), ("#111111", 2))
    ]
    points = base.mark_point(
        color="#111111",
        stroke="#ffffff",
        strokeWidth=1,
        size=alt.ExprRef("datum.is_alone ? 40 : 0"),
    )
    return [*lines, points]


def _marked(look: Look) -> list[Part]:
    """Shade the windows that were chosen elsewhere, wide enough to be seen, and cap them."""
    place = alt.Chart().encode(x=_x(_axis(look)), x2="right:T", y=alt.value(0))
    shades = ((alt.ExprRef("detail_height"), 0.22), (_STRIP, 1.0))
    return [
        place.mark_rect(color=NEUTRAL, opacity=opacity, xOffset=-0.75, x2Offset=0.75)
        .encode(y2=alt.value(pixels))
        .transform_filter("datum.is_marked")
        for pixels, opacity in shades
    ]


def _events(look: Look) -> list[Part]:
    """Mark what belongs to an event by a strip above it, and by a shade from the top to the bottom."""
    marks = []
    for direction, colour in (("up", UP), ("down", DOWN)):
        for pixels, opacity in ((alt.ExprRef("detail_height"), 0.13), (_STRIP, 1.0)):
            mark = alt.Chart().mark_rect(color=colour, opacity=opacity)
            placed = mark.encode(x=_x(_axis(look)), x2="right:T", y=alt.value(0), y2=alt.value(pixels))
            marks.append(placed.transform_filter(f"datum.event_direction === '{direction}'"))
    return marks


def _stacked(series: tuple[Series, ...]) -> dict[str, str]:
    """Write the expressions that put accounts on top of each other, and corrections below zero."""
    steps = {}
    for nth, one in enumerate(series):
        cost = f"datum.{one.column}"
        above = "".join(f" + max(0, datum.{other.column})" for other in series[:nth])
        below = "".join(f" + min(0, datum.{other.column})" for other in series[:nth])
        steps[f"low_{nth}"] = f"{cost} < 0 ? 0{below} : 0{above}"
        steps[f"series_{nth}"] = f"'{one.column}'"
        steps[f"high_{nth}"] = f"datum.low_{nth} + {cost}"
    for edge, pick in (("lowest", "min"), ("highest", "max")):
        steps[edge] = " + ".join(f"{pick}(0, datum.{one.column})" for one in series)
    return steps


def _axis(look: Look) -> alt.Axis:
    return day_axis("detail_x") if look.is_daily else clock_axis("detail")


def _x(axis: alt.Axis) -> alt.X:
    return alt.X("left:T", axis=axis, scale=alt.Scale(type="utc", nice=False))


def _gap(look: Look) -> alt.ExprRef:
    """Part the bars where there is room; let them meet, without a seam, where there is none."""
    pixels = f"(scale('detail_x', {look.length}) - scale('detail_x', 0))"
    wide = f"{pixels} > 24 ? -4 : {pixels} > 6 ? -2" if look.is_daily else f"{pixels} > 6 ? -1.5"
    return alt.ExprRef(f"{wide} : {pixels} > 3 ? -0.5 : 0.4")


def _interval(name: str, **options: Any) -> alt.Parameter:  # noqa: ANN401 - altair's own
    looks = alt.BrushConfig(fill="#808080", fillOpacity=0.25)
    return alt.selection_interval(name=name, encodings=["x"], zoom=False, mark=looks, **options)


def _overview(*, is_zero: bool) -> Part:
    """Draw the whole range at a glance; a drag on it or on the bars is the zoom."""
    hint = alt.Axis(
        values=alt.ExprRef("[domain('overview_x')[0]]"),
        labelExpr=f"!{_IS_LIVE} ? '' : width > {_HINT_PIXELS} ? {quote(_HINT)} : 'Drag to zoom'",
        labelAlign="left",
        labelOverlap=False,
        labelLimit=0,
        domain=True,
    )
    return (
        alt.Chart()
        .mark_rect(color="#8c8c8c", x2Offset=0.4)
        .encode(
            x=_x(hint),
            x2="right:T",
            y=alt.Y("lowest:Q", axis=None, scale=cost_scale(is_zero=is_zero)),
            y2="highest:Q",
        )
        .add_params(_interval("brush"))
        .properties(name="overview", width=WIDTH, height=38)
    )
