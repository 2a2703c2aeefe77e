"""Parts of a chart: axes, lines, what answers the pointer, and the page that holds them."""

import copy
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.shades import NEUTRAL
from cfusage_lab.charts.style import heading, mondays
from cfusage_lab.charts.texts import quoted, tooltip
from cfusage_lab.options import check_text
from cfusage_lab.time_units import WEEKDAYS
from cfusage_lab.wording import visible

__all__ = [
    "WEEKDAYS",
    "WIDTH",
    "bar_gap",
    "blank_axis",
    "choosable",
    "chosen",
    "copied",
    "cost_scale",
    "day_axis",
    "day_pixels",
    "day_x",
    "drawn",
    "hour_x",
    "is_zero",
    "page",
    "pointed",
    "row",
    "weekday_y",
    "words",
    "zero_line",
    "zeros_of",
]

WIDTH: Final = 640
_POINTED: Final = "pointed_"
_DAY_LABEL: Final = """
utcFormat(datum.value, '%H%M') !== '0000' || datum.value >= domain('{scale}')[1] ? ''
: utcFormat(datum.value, '%d%m') === '0101' && span(domain('{scale}')) > 200 * 86400000
  ? utcFormat(datum.value, '%Y')
: span(domain('{scale}')) < 45 * 86400000 ? utcFormat(datum.value, '%a %-d %b')
: utcFormat(datum.value, '%-d %b')
"""


def day_axis(scale: str = "x") -> alt.Axis:
    """Label days under their middle: weekdays while there are few of them, then dates, then years."""
    return alt.Axis(
        values=mondays(scale, pixels=90),
        labelExpr=" ".join(_DAY_LABEL.format(scale=scale).split()),
        labelFontSize=11,
        labelFlush=False,
        labelOverlap="parity",
        labelSeparation=6,
        labelPadding=6,
        labelOffset=alt.ExprRef(f"{day_pixels(scale)} / 2"),
        tickCount=alt.ExprRef("max(2, width / 90)"),
        ticks=False,
        domain=False,
        grid=False,
        title=None,
    )


def day_pixels(scale: str = "x") -> str:
    """Write the expression for the width of a day on screen."""
    return f"(scale('{scale}', 86400000) - scale('{scale}', 0))"


def bar_gap() -> alt.ExprRef:
    """Part the bars where there is room; let them meet, without a seam, where there is none."""
    return alt.ExprRef(f"{day_pixels()} > 6 ? -2 : {day_pixels()} > 3 ? -0.5 : 0.4")


def blank_axis() -> alt.Axis:
    """Show no axis; none at all would not go together with the axes of other layers."""
    return alt.Axis(labels=False, ticks=False, domain=False, grid=False, title=None)


def hour_x(*, is_labelled: bool) -> alt.X:
    """Place the hours of a day, and label them where they begin."""
    axis = alt.Axis(
        values=list(range(0, 25, 3)),
        labelExpr="format(datum.value, '02d') + ':00'",
        labelFontSize=11,
        labelFlush=False,
        labelOverlap="parity",
        labelSeparation=6,
        labelPadding=6,
        ticks=False,
        domain=False,
        grid=False,
        title=None,
    )
    scale = alt.Scale(domain=[0, 24], nice=False, zero=False)
    return alt.X("hour:Q", axis=axis if is_labelled else blank_axis(), scale=scale)


def weekday_y(*, of: int) -> alt.Y:
    """Give weekdays 1 to 7 a row each, lower ones where there are several accounts."""
    axis = alt.Axis(
        labelExpr=f"{quoted([name[:3] for name in WEEKDAYS])}[datum.value - 1]",
        labelFontSize=11,
        minExtent=44,
        ticks=False,
        domain=False,
        title=None,
    )
    scale = alt.Scale(domain=list(range(1, 8)), paddingInner=0.1 if of == 1 else 0.18)
    return alt.Y("weekday:O", axis=axis, scale=scale)


def is_zero(costs: pl.DataFrame) -> bool:
    """Whether there is nothing but zeros."""
    return not any((costs[name] != 0.0).any() for name in costs.columns)


def zeros_of(tables: Iterable[pl.DataFrame], *columns: str) -> tuple[bool, ...]:
    """Tell of which accounts there is nothing but zeros: each is on a scale of its own."""
    return tuple(is_zero(table.select(columns)) for table in tables)


def day_x(*, is_labelled: bool) -> alt.X:
    """Place days, as readings on a UTC scale."""
    axis = day_axis() if is_labelled else blank_axis()
    return alt.X("left:T", axis=axis, scale=alt.Scale(type="utc", nice=False))


def cost_scale(*, is_zero: bool) -> alt.Scale:
    """Begin at zero, and give a chart of nothing a height all the same."""
    return alt.Scale(zero=True, domainMax=1) if is_zero else alt.Scale(zero=True)


def pointed(nth: int, base: Any, fields: list[str], titles: Mapping[str, str]) -> Any:  # noqa: ANN401
    """Answer the pointer in part ``nth``, also where nothing is drawn."""
    under = alt.selection_point(
        name=f"{_POINTED}{nth}", on="pointerover", clear="pointerout", fields=fields, empty=False
    )
    return (
        base.mark_rect(aria=False, fill="#808080")
        .encode(fillOpacity=alt.condition(under, alt.value(0.22), alt.value(0)), tooltip=tooltip(titles))
        .add_params(under)
    )


def choosable(whole: Any, name: str, *, fields: list[str]) -> Any:  # noqa: ANN401 - altair's own
    """Let a click choose by ``fields`` whatever answers the pointer: one choice for all rows.

    The selection is called ``name``. A click beside everything, or a double click, takes it back.
    """
    views = [view for one in whole.params if one.name.startswith(_POINTED) for view in one.views]
    click = alt.PointSelectionConfig(type="point", on="click", clear="dblclick", toggle=False, fields=fields)
    whole.params = [*whole.params, alt.TopLevelSelectionParameter(name=name, select=click, views=views)]
    return whole


def chosen(base: Any, name: str, **mark: Any) -> list[Any]:  # noqa: ANN401 - altair's own
    """Frame what a click has chosen, light around dark: one of the two is seen on any background."""
    seen = alt.condition(alt.ParameterPredicate(param=name, empty=False), alt.value(1), alt.value(0))
    frames = (("#ffffff", 4.5), ("#111111", 1.5))
    return [
        base.mark_rect(aria=False, fillOpacity=0, stroke=colour, strokeWidth=width, **mark).encode(
            strokeOpacity=seen
        )
        for colour, width in frames
    ]


def zero_line() -> Any:  # noqa: ANN401 - altair's own
    """Draw the line that bars stand on."""
    return alt.Chart().mark_rule(aria=False, color=NEUTRAL).encode(y=alt.datum(0))


def words(text: str) -> Any:  # noqa: ANN401 - altair's own
    """Write in the middle, where there is nothing to draw."""
    mark = alt.Chart().mark_text(fontSize=14, text=text).transform_sample(1)
    return mark.properties(width=WIDTH, height=200)


def row(layers: Sequence[Any], nth: int, labels: Sequence[str], *, heights: tuple[int, int]) -> Any:  # noqa: ANN401 - altair's own
    """Lay layers over each other as the ``nth`` row; of several accounts, it is lower and has a name."""
    alone, among_others = heights
    if len(labels) == 1:
        return alt.layer(*layers).properties(name=f"row_{nth}", width=WIDTH, height=alone)
    title = alt.Title(labels[nth], anchor="start", fontSize=12, fontWeight="bold", offset=4)
    return alt.layer(*layers).properties(name=f"row_{nth}", width=WIDTH, height=among_others, title=title)


def page(views: Sequence[Any]) -> Any:  # noqa: ANN401 - altair's own
    """Set views under each other, over one horizontal scale."""
    return (
        alt.vconcat(*views, spacing=14)
        .resolve_scale(x="shared")
        .properties(padding={"left": 2, "top": 4, "right": 6, "bottom": 4}, usermeta={"fillsTheCell": True})
        .configure_view(stroke=None)
    )


def drawn(
    skeleton: alt.VConcatChart,
    tables: Sequence[pl.DataFrame],
    *,
    title: str,
    facts: Sequence[str],
    note: str | None,
    values: Mapping[str, object] | None = None,
) -> alt.VConcatChart:
    """Give a page its tables, its heading with the ``note`` last, and the values of its parameters."""
    check_text(note, "note")
    title = visible(title)
    facts = [visible(fact) for fact in (*facts, *(note.splitlines() if note else ()))]
    chart: alt.VConcatChart = copied(skeleton)
    chart.vconcat = [copied(view) for view in chart.vconcat]
    for view, table in zip(chart.vconcat, tables or [pl.DataFrame({"row": [0]})], strict=True):
        view.data = table
    chart.title = heading(title, facts)
    chart.description = ". ".join([title, *facts])
    if values:
        selections = chart.params if isinstance(chart.params, list) else []
        chart.params = selections + [
            alt.VariableParameter(name=name, value=value) for name, value in values.items()
        ]
    return chart


def copied(part: Any) -> Any:  # noqa: ANN401 - altair's own
    """Copy a chart without what is in it; altair's own copy takes all of it apart and together again."""
    copied = copy.copy(part)
    vars(copied)["_kwds"] = dict(vars(part)["_kwds"])
    return copied
