"""The page of the month-to-date chart without its tables and its heading.

Made once, because altair takes long over it.
"""

from functools import lru_cache
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.parts import cost_scale, day_x, page, pointed, row, words
from cfusage_lab.charts.style import PALETTE, REST, cost_axis
from cfusage_lab.charts.texts import compared_texts, compared_titles, titled

__all__ = ["month_page"]

_DASHES: Final = {"current": [1, 0], "previous": [5, 3]}
_COLOURS: Final = {"current": PALETTE[0], "previous": REST}


@lru_cache(maxsize=64)
def month_page(labels: tuple[str, ...], *, zero_rows: tuple[bool, ...]) -> Any:  # noqa: ANN401 - altair's own
    """Set two lines over a month for each account."""
    if not labels:
        return page([words("There is no day in this table")])
    return page([_row(nth, labels, is_nothing=is_nothing) for nth, is_nothing in enumerate(zero_rows)])


def _row(nth: int, labels: tuple[str, ...], *, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    base = alt.Chart().encode(x=day_x(is_labelled=nth == len(labels) - 1), x2="right:T")
    shade = base.mark_rect(aria=False, fill="#808080", fillOpacity=0.14).transform_filter("datum.is_last")
    titles = compared_titles(date="Until the end of", cost="This month", before="Month before")
    texts = compared_texts(labels[nth])
    texts |= {name: f"isValid(datum.kind) ? ({texts[name]}) : 'no row'" for name in titles if name != "date"}
    texts["date"] += " + (datum.is_last ? ', ' + month_until : '')"
    columns = (
        pointed(nth, base, ["left"], titled(titles, of=len(labels)))
        .transform_filter("isValid(datum.left)")
        .transform_calculate(**texts)
    )
    y = {"axis": cost_axis(f"row_{nth}"), "scale": cost_scale(is_zero=is_nothing)}
    lines = [mark for month in ("previous", "current") for mark in (_line(month, y), _points(month))]
    return row([shade, _how_far(), *lines, columns], nth, labels, heights=(260, 120))


def _how_far() -> Any:  # noqa: ANN401 - altair's own
    """Say over the last day how far it goes."""
    side = alt.ExprRef("datum.is_early ? 'left' : 'right'")
    return (
        alt.Chart()
        .mark_text(aria=False, align=side, baseline="bottom", fontSize=11, text=alt.ExprRef("month_until"))
        .encode(x="edge:T", y=alt.value(-3))
        .transform_filter("datum.is_last")
        .transform_calculate(
            is_early="utcdate(datum.left) < 16", edge="datum.is_early ? datum.left : datum.right"
        )
    )


def _line(month: str, y: dict[str, Any]) -> Any:  # noqa: ANN401 - altair's own
    order = list(_COLOURS)
    colours = alt.Scale(domain=order, range=[_COLOURS[one] for one in order])
    dashes = alt.Scale(domain=order, range=[_DASHES[one] for one in order])
    legend = alt.Legend(
        orient="top",
        title=None,
        labelFontSize=12,
        labelExpr="month_labels[datum.label]",
        labelLimit=0,
        symbolType="stroke",
        symbolSize=400,
        symbolStrokeWidth=2.5,
    )
    return (
        alt.Chart()
        .mark_line(
            aria=False,
            strokeWidth=2.5 if month == "current" else 2,
            invalid="break-paths-show-path-domains",
        )
        .encode(
            x="at:T",
            y=alt.Y(f"{month}_usd:Q", **y),
            color=alt.Color("month:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("month:N", scale=dashes, legend=legend),
        )
        .transform_calculate(month=f"'{month}'")
    )


def _points(month: str) -> Any:  # noqa: ANN401 - altair's own
    """Mark the days, so that one between two unknown ones is seen, too."""
    return (
        alt.Chart()
        .mark_point(aria=False, filled=True, opacity=1, size=28, color=_COLOURS[month])
        .encode(x="at:T", y=f"{month}_usd:Q")
        .transform_filter(f"isValid(datum.left) && isValid(datum.{month}_usd)")
    )
