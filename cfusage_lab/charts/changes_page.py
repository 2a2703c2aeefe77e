"""The page of the charts of changes without its tables and its heading.

Made once, because altair takes long over it.
"""

from functools import lru_cache
from typing import Any

import altair as alt

from cfusage_lab.charts.parts import (
    bar_gap,
    choosable,
    chosen,
    day_pixels,
    day_x,
    page,
    pointed,
    row,
    words,
    zero_line,
)
from cfusage_lab.charts.shades import kinds_colour, kinds_outline, kinds_shape, settled
from cfusage_lab.charts.style import cost_axis
from cfusage_lab.charts.texts import compared_texts, compared_titles, titled

__all__ = ["changes_page"]


@lru_cache(maxsize=64)
def changes_page(labels: tuple[str, ...], before: str) -> Any:  # noqa: ANN401 - altair's own
    """Set a row of bars a day for each account; ``before`` is what the other day's cost is called."""
    if not labels:
        return page([words("There is no day in this table")])
    rows = [_row(nth, labels, before) for nth in range(len(labels))]
    return choosable(page(rows), "day", fields=["day"])


def _row(nth: int, labels: tuple[str, ...], before: str) -> Any:  # noqa: ANN401 - altair's own
    base = alt.Chart().encode(x=day_x(is_labelled=nth == len(labels) - 1), x2="right:T")
    unknown = base.mark_rect(aria=False, fill="#808080", fillOpacity=0.14).transform_filter(
        "datum.kind === 'unknown'"
    )
    bars = (
        base.mark_rect(aria=False, x2Offset=bar_gap(), **settled())
        .encode(
            y="change_usd:Q",
            y2=alt.datum(0),
            color=kinds_colour(key="change_kinds"),
            stroke=kinds_outline(key="change_kinds"),
        )
        .transform_filter("isValid(datum.change_usd)")
    )
    titles = compared_titles(before=before)
    texts = compared_texts(labels[nth], slot="the largest rise or fall")
    columns = pointed(nth, base, ["left"], titled(titles, of=len(labels))).transform_calculate(**texts)
    layers = [
        unknown,
        zero_line(),
        bars,
        _marks(f"row_{nth}"),
        *chosen(base, "day", xOffset=-3, x2Offset=2),
        columns,
    ]
    return row(layers, nth, labels, heights=(240, 110))


def _marks(view: str) -> Any:  # noqa: ANN401 - altair's own
    """Set the sign of its kind at the end of each bar, or on the line, as far as there is room."""
    is_common = "(datum.kind === 'up' || datum.kind === 'down')"
    room = f"{day_pixels()} * datum.slot_days"
    return (
        alt.Chart()
        .mark_point(
            aria=False,
            filled=True,
            opacity=1,
            size=alt.ExprRef(f"{room} > 12 ? ({is_common} ? 40 : 70) : {is_common} || {room} < 3 ? 0 : 25"),
            yOffset=alt.ExprRef("datum.change_usd > 0 ? -7 : datum.change_usd < 0 ? 7 : 0"),
        )
        .encode(
            x="middle:T",
            y=alt.Y("tip:Q", axis=cost_axis(view), scale=alt.Scale(padding=14)),
            color=kinds_colour(key="change_kinds"),
            shape=kinds_shape(key="change_kinds"),
        )
        .transform_calculate(
            middle="(+datum.left + +datum.right) / 2", tip="isValid(datum.change_usd) ? datum.change_usd : 0"
        )
    )
