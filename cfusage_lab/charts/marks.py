"""Marks that many charts draw: what answers the pointer, frames what was chosen, or says something."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.colours import NEUTRAL
from cfusage_lab.charts.tooltips import tooltip

__all__ = [
    "POINTED",
    "Part",
    "centred_text",
    "choice_frames",
    "hide_from_screen_readers",
    "hover_columns",
    "zero_line",
]

Part = Any
"""A chart, a layer or a view: altair's methods do not say which of them they return."""

POINTED: Final = "pointed_"
"""How selections begin that follow the pointer: one for each row."""


def hover_columns(
    base: Part,
    fields: Sequence[str],
    titles: Mapping[str, str],
    texts: Mapping[str, str] | None = None,
    *,
    nth: int = 0,
) -> Part:
    """Answer the pointer in the row ``nth``, also where nothing is drawn, with texts under their titles.

    ``texts`` are Vega expressions, for those of the titles that are no columns.
    """
    under = alt.selection_point(
        name=f"{POINTED}{nth}", on="pointerover", clear="pointerout", fields=list(fields), empty=False
    )
    shade = alt.condition(under, alt.value(0.22), alt.value(0))
    columns = base.mark_rect(fill="#808080").encode(fillOpacity=shade, tooltip=tooltip(titles))
    return (columns.transform_calculate(**texts) if texts else columns).add_params(under)


def choice_frames(base: Part, name: str, **mark: Any) -> list[Part]:  # noqa: ANN401 - altair's own
    """Frame what a click has chosen, light around dark: one of the two is seen on any background."""
    seen = alt.condition(alt.ParameterPredicate(param=name, empty=False), alt.value(1), alt.value(0))
    frames = (("#ffffff", 4.5), ("#111111", 1.5))
    return [
        base.mark_rect(fillOpacity=0, stroke=colour, strokeWidth=width, **mark).encode(strokeOpacity=seen)
        for colour, width in frames
    ]


def zero_line() -> Part:
    """Draw the line that bars stand on."""
    return alt.Chart().mark_rule(color=NEUTRAL).encode(y=alt.datum(0))


def centred_text(text: str) -> Part:
    """Write in the middle, where there is nothing to draw."""
    return alt.Chart().mark_text(aria=True, fontSize=14, text=text).transform_sample(1)


def hide_from_screen_readers(view: Part) -> None:
    """Keep screen readers from reading each bar: the chart's description says what there is to know."""
    if isinstance(view, alt.LayerChart):
        for layer in view.layer:
            hide_from_screen_readers(layer)
        return
    mark = view.mark if isinstance(view.mark, alt.MarkDef) else alt.MarkDef(view.mark)
    if mark.aria is alt.Undefined:
        mark.aria = False
    view.mark = mark
