"""Cost over time: a bar a window, an overview to zoom with, and what the pointer is told."""

import json
from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from cfusage_lab.charts.style import (
    PALETTE,
    REST,
    clock_axis,
    cost_axis,
    dollars,
    exact_text,
    heading,
    span,
)
from cfusage_lab.drawing import MOST_BARS, Series, Windows, windows_of
from cfusage_lab.ranges import zone
from cfusage_lab.schema import STATES

__all__ = ["usage_chart"]

_WIDTH: Final = 640
_HEIGHT: Final = 250
_HOUR: Final = timedelta(hours=1)


def usage_chart(
    history: pl.DataFrame,
    *,
    time_zone: str = "UTC",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw cost over time: a bar a window, accounts stacked, above an overview to zoom with.

    A drag on the overview zooms, a double click shows everything again. Windows that may still change are
    paler, and the running one paler still. Pointing at a window tells its local time, UTC offset, UTC
    instant, cost and state. Of more than five accounts, the costliest five are drawn and the rest added up.

    Parameters
    ----------
    history
        A history table (``schema.HISTORY``) of one granularity.
    time_zone
        An IANA name; the axis shows this zone's clock. The hour that a zone goes through twice in
        autumn is drawn as two narrow bars, the one that it skips in spring is a gap.
    names
        Account id to name; an account without one is called by the ends of its id. The order gives
        the colours.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell.

    Raises
    ------
    FrameError
        If a column is missing, or windows of several widths are mixed.
    ConfigError
        If there is no such zone.
    """
    info = zone(time_zone)
    windows = windows_of(history, info, names or {})
    text = f"AI Gateway cost: {dollars(windows.total_usd)}" if windows.span else "AI Gateway cost: no windows"
    subtitle = [*_facts(windows, info), *([note] if note else [])]
    chart: alt.VConcatChart = _usage(windows.series, windows.width, is_zero=windows.is_zero).copy(deep=False)
    tables = [windows.bars(), windows.overview()] if windows.series else [pl.DataFrame({"row": [0]})]
    chart.vconcat = [view.copy(deep=False) for view in chart.vconcat]
    for view, table in zip(chart.vconcat, tables, strict=True):
        view.data = table
    chart.title = heading(text, subtitle)
    chart.description = ". ".join([text, *subtitle])
    return chart


def _facts(windows: Windows, info: ZoneInfo) -> list[str]:
    """Say whose cost it is, in what unit and when, and how many windows may still change."""
    facts = [windows.series[0].label] if len(windows.series) == 1 else []
    facts += [f"US dollars {'a UTC day' if windows.width > _HOUR else 'an hour'}"]
    facts += [span(*windows.span, info)] if windows.span else []
    counts = dict(windows.table["state"].value_counts().iter_rows())
    unsettled = [f"{counts[state]:,} {state.replace('_', ' ')}" for state in STATES[1:] if counts.get(state)]
    lines = [" · ".join([*facts, f"{info.key} time"])]
    if windows.is_reduced:
        lines += [f"Zoomed out, each bar is the costliest of {windows.slot_windows:,} windows"]
    if unsettled:
        lines += [f"Paler bars may still change: {', '.join(unsettled)}, of {windows.table.height:,} windows"]
    return lines


# The chart without its tables and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _usage(series: tuple[Series, ...], width: timedelta, *, is_zero: bool) -> Any:  # noqa: ANN401 - altair's own
    if series:
        views: list[Any] = [
            _detail(series, width, is_zero=is_zero),
            _overview(is_zero=is_zero),
        ]
    else:
        views = [_words("There is no window in this table").properties(width=_WIDTH, height=_HEIGHT)]
    return (
        alt.vconcat(*views, spacing=6)
        .properties(padding={"left": 2, "top": 4, "right": 4, "bottom": 4}, usermeta={"fillsTheCell": True})
        .configure_view(stroke=None)
    )


def _words(words: str) -> Any:  # noqa: ANN401 - altair's own
    """Write in the middle, where there is nothing to draw."""
    return alt.Chart().mark_text(fontSize=14, text=words).transform_sample(1)


def _detail(series: tuple[Series, ...], width: timedelta, *, is_zero: bool) -> Any:  # noqa: ANN401 - altair's own
    """Draw the bars, and over them a column a window that answers the pointer, also where there is no bar."""
    pointed = alt.selection_point(
        name="pointed", on="pointerover", clear="pointerout", fields=["start_time"], empty=False
    )
    columns = (
        alt.Chart(name="windows")
        .mark_rect(aria=False, fill="#808080")
        .encode(
            x=_x(clock_axis("detail")),
            x2="right:T",
            fillOpacity=alt.condition(pointed, alt.value(0.22), alt.value(0)),
            tooltip=_tooltip(series),
        )
        .transform_calculate(**_tooltip_texts(series, width))
        .add_params(pointed)
    )
    layers = [*_bars(series, width, is_zero=is_zero), columns]
    if is_zero:
        layers.append(_words("No cost in this time range"))
    zoom = "length(data('brush_store')) ? span(data('brush_store')[0].values[0]) : span(domain('overview_x'))"
    is_reduced = f"({zoom}) / {width // timedelta(milliseconds=1)} > {MOST_BARS}"
    is_inside = "!length(data('brush_store')) || vlSelectionTest('brush_store', datum)"
    return (
        alt.layer(*layers)
        .transform_filter(f"datum.is_slot === ({is_reduced}) && ({is_inside})")
        .transform_calculate(**_stacked(series))
        .properties(name="detail", width=_WIDTH, height=_HEIGHT)
    )


def _bars(series: tuple[Series, ...], width: timedelta, *, is_zero: bool) -> list[alt.Chart]:
    """Draw a layer of bars for each account, from its ``low`` to its ``high``."""
    scale = alt.Scale(
        domain=[one.column for one in series],
        range=[REST if one.place is None else PALETTE[one.place] for one in series],
    )
    labels = json.dumps({one.column: one.label for one in series})
    legend = alt.Legend(
        orient="top", title=None, labelExpr=f"{labels}[datum.label]", labelFontSize=12, symbolType="square"
    )
    return [
        alt.Chart()
        .mark_rect(aria=False, x2Offset=_gap(width))
        .encode(
            x=_x(clock_axis("detail")),
            x2="right:T",
            y=alt.Y(f"low_{nth}:Q", axis=cost_axis("detail"), scale=_cost_scale(is_zero=is_zero)),
            y2=f"high_{nth}:Q",
            color=alt.Color(f"series_{nth}:N", scale=scale, legend=legend if len(series) > 1 else None),
            opacity=alt.Opacity(
                "state:O",
                scale=alt.Scale(type="ordinal", domain=list(STATES), range=[1, 0.55, 0.3]),
                legend=None,
            ),
        )
        for nth, one in enumerate(series)
    ]


def _stacked(series: tuple[Series, ...]) -> dict[str, str]:
    """Write the expressions that put accounts on top of each other, and corrections below zero."""
    words = {}
    for nth, one in enumerate(series):
        cost = f"datum.{one.column}"
        above = "".join(f" + max(0, datum.{other.column})" for other in series[:nth])
        below = "".join(f" + min(0, datum.{other.column})" for other in series[:nth])
        words[f"low_{nth}"] = f"{cost} < 0 ? 0{below} : 0{above}"
        words[f"series_{nth}"] = f"'{one.column}'"
        words[f"high_{nth}"] = f"datum.low_{nth} + {cost}"
    return words


def _x(axis: alt.Axis) -> alt.X:
    return alt.X("left:T", axis=axis, scale=alt.Scale(type="utc", nice=False))


def _cost_scale(*, is_zero: bool) -> alt.Scale:
    """Give a chart of nothing a height all the same."""
    return alt.Scale(domainMax=1) if is_zero else alt.Scale()


def _gap(width: timedelta) -> alt.ExprRef:
    """Part the bars where there is room; let them meet, without a seam, where there is none."""
    pixels = f"(scale('detail_x', {width // timedelta(milliseconds=1)}) - scale('detail_x', 0))"
    return alt.ExprRef(f"{pixels} > 6 ? -1.5 : {pixels} > 3 ? -0.5 : 0.4")


def _overview(*, is_zero: bool) -> Any:  # noqa: ANN401 - altair's own
    """Draw the whole range at a glance; a drag on it is the zoom."""
    brush = alt.selection_interval(
        name="brush", encodings=["x"], zoom=False, mark=alt.BrushConfig(fill="#808080", fillOpacity=0.25)
    )
    hint = alt.Axis(
        title="Drag above to zoom in, double-click for the whole range",
        titleAnchor="start",
        titleFontSize=11,
        titleFontWeight="normal",
        titlePadding=6,
        labels=False,
        ticks=False,
        grid=False,
    )
    return (
        alt.Chart()
        .mark_rect(aria=False, color="#8c8c8c", x2Offset=0.4)
        .encode(
            x=_x(hint),
            x2="right:T",
            y=alt.Y("lowest:Q", axis=None, scale=_cost_scale(is_zero=is_zero)),
            y2="highest:Q",
        )
        .add_params(brush)
        .properties(name="overview", width=_WIDTH, height=38)
    )


# What the pointer is told. No function in here reads the viewer's clock.

_LOCAL: Final = "(+datum.start_time + datum.offset_minutes * 60000)"
_OFFSET: Final = (
    "(datum.offset_minutes < 0 ? '-' : '+') + format(floor(abs(datum.offset_minutes) / 60), '02d')"
    " + ':' + format(abs(datum.offset_minutes) % 60, '02d')"
)


def _tooltip(series: tuple[Series, ...]) -> list[alt.Tooltip]:
    rows = [("local_time", "Local time"), ("utc_offset", "UTC offset"), ("utc", "UTC")]
    if len(series) > 1:
        rows += [(f"{one.column}_text", one.label) for one in series]
    rows += [("total", "All" if len(series) > 1 else "Cost"), ("status", "State")]
    return [alt.Tooltip(f"{field}:N", title=title) for field, title in rows]


def _tooltip_texts(series: tuple[Series, ...], width: timedelta) -> dict[str, str]:
    is_hour = width <= _HOUR
    until = (
        f"utcFormat({_LOCAL} + {width // timedelta(milliseconds=1)}, '%H:%M')" if is_hour else "'a day later'"
    )
    windows = f"round((datum.right - datum.left) / {width // timedelta(milliseconds=1)})"
    total = " + ".join(f"datum.{one.column}" for one in series)
    picked = f"({total} < 0 ? ', the lowest of ' : ', the costliest of ') + {windows} + ' windows'"
    texts = {
        "local_time": f"utcFormat({_LOCAL}, '%a %-d %b %Y, %H:%M') + ' to ' + {until}",
        "utc_offset": _OFFSET,
        "utc": "utcFormat(datum.start_time, '%Y-%m-%d %H:%MZ')",
        "total": exact_text(total),
        "status": f"replace(datum.state, '_', ' ') + (datum.is_slot ? {picked} : '')",
    }
    if len(series) > 1:
        for one in series:
            cost = f"datum.{one.column}"
            texts[f"{one.column}_text"] = f"isValid({cost}) ? {exact_text(cost)} : 'no window'"
    return texts
