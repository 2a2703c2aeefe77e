"""Colours, signs and outlines: of accounts, of change, of amount, of what may still change.

Any two of ``PALETTE`` and ``REST`` stay apart for normal sight and for protan, deutan and tritan vision; so
do ``UP`` and ``DOWN`` from each other and from ``NEUTRAL``. All of them have a contrast of 3:1 or more
against a white and against a dark notebook. ``RAMP`` is one hue over whatever ground there is, so that
cheap is light on a light page and dark on a dark one, without a word to the page about it.
"""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.axes import cost_label, key
from cfusage_lab.schema import KINDS

__all__ = [
    "CROSS",
    "DOWN",
    "FRAME",
    "NEUTRAL",
    "ON_CELLS",
    "PALETTE",
    "RAMP",
    "REST",
    "STRONG",
    "UP",
    "colour_by_amount",
    "inks",
    "kinds_colour",
    "kinds_outline",
    "kinds_shape",
    "pale_ground",
    "state_look",
]

PALETTE: Final = ("#1560e2", "#b38808", "#0ca15e", "#9e3899", "#a34721")
"""Accounts, by their place; the first is that of a single one."""
REST: Final = "#6b6b6b"
"""All accounts that have no colour of their own, together; and what is compared with."""
UP: Final = "#d4542a"
DOWN: Final = "#2f7fb5"
NEUTRAL: Final = "#7a7a7a"
"""What has neither risen nor fallen, and lines."""
RAMP: Final = ("rgba(21, 96, 226, 0.07)", "rgb(21, 96, 226)")
"""Amounts, from the lowest to the highest: the first of the palette, from a breath of it to all."""
CROSS: Final = "M-0.8,-1L0,-0.2L0.8,-1L1,-0.8L0.2,0L1,0.8L0.8,1L0,0.2L-0.8,1L-1,0.8L-0.2,0L-1,-0.8Z"
"""The shape of what is not known."""
FRAME: Final = "M-1,-1H1V1H-1ZM-0.7,-0.7V0.7H0.7V-0.7Z"
"""A hollow square."""

_COLOURS: Final = {
    "up": UP,
    "down": DOWN,
    "flat": NEUTRAL,
    "new": UP,
    "stopped": DOWN,
    "zero": NEUTRAL,
    "unknown": NEUTRAL,
}
_SHAPES: Final = {
    "up": "triangle-up",
    "down": "triangle-down",
    "flat": "M-1,-0.9H1V-0.35H-1ZM-1,0.35H1V0.9H-1Z",
    "new": "diamond",
    "stopped": "square",
    "zero": "circle",
    "unknown": CROSS,
}
"""Vega's names, an equals sign, a cross."""
_KIND_PIXELS: Final = 66
"""What an entry of the key takes, on average, in a wide font."""
_SHARE_LABEL: Final = "format(datum.value, '.2~%')"


def kinds_colour(*, listed: str | None = None) -> alt.Color:
    """Colour by kind; ``listed`` is the parameter that lists the kinds for the key, if there is one."""
    return alt.Color("kind:N", scale=_by_kind(_COLOURS), legend=_kinds_key(listed))


def kinds_outline(*, listed: str | None = None) -> alt.Stroke:
    """Outline by kind."""
    return alt.Stroke("kind:N", scale=_by_kind(_COLOURS), legend=_kinds_key(listed))


def kinds_shape(*, listed: str) -> alt.Shape:
    """Give each kind its sign."""
    return alt.Shape("kind:N", scale=_by_kind(_SHAPES), legend=_kinds_key(listed))


def pale_ground(placed: Any, **mark: Any) -> Any:  # noqa: ANN401 - altair's own
    """Put white under what is not settled: or else paler would be darker on a dark page."""
    ground = placed.mark_rect(fill="#ffffff", fillOpacity=0.5, **mark)
    return ground.transform_filter("datum.state !== 'complete' || datum.is_whole === false")


def state_look() -> dict[str, Any]:
    """Make a bar the paler, the less it is settled, with a dashed outline where hours are missing.

    The outline keeps its full colour, and so its contrast. ``[]`` is a solid one: ``[1, 0]`` looks like it,
    but a canvas cuts each outline into its dashes, which took longer than all else of a chart of a year.
    """
    filled = "datum.state === 'complete' ? 1 : datum.state === 'provisional' ? 0.35 : 0.1"
    return {
        "fillOpacity": alt.ExprRef(f"datum.is_whole ? ({filled}) : 0.1"),
        "strokeDash": alt.ExprRef("datum.is_whole ? [] : [4, 3]"),
        "strokeWidth": 1.2,
    }


def colour_by_amount(
    cells: Any,  # noqa: ANN401 - altair's own
    column: str,
    *,
    is_zero: bool,
    is_share: bool = False,
) -> Any:  # noqa: ANN401
    """Colour cells by an amount, if they have one; all accounts share the scale ``fill``.

    Zero is always on it; where ``is_zero`` says that there is no more, or nothing at all, it goes up to 1.
    """
    legend = key(
        gradientThickness=10,
        labelFontSize=11,
        labelExpr=_SHARE_LABEL if is_share else cost_label("fill"),
        labelOverlap="parity",
        labelSeparation=10,
        tickCount=3,
    )
    ends: dict[str, Any] = {"domainMin": 0, "domainMax": 1} if is_zero else {"zero": True, "nice": True}
    scale = alt.Scale(range=list(RAMP), interpolate="rgb", **ends)
    filled = cells.encode(fill=alt.Fill(f"{column}:Q", scale=scale, legend=legend))
    return filled.transform_filter(f"isValid(datum.{column})")


def inks(column: str) -> list[tuple[str, dict[str, str]]]:
    """Return what is written with on cells: when, as a Vega expression, and how a mark is told to.

    White on the strongest cells, where it is what can be read in either theme, and on the others what a theme
    says of :data:`ON_CELLS`.
    """
    strong = f"((datum.{column} - domain('fill')[0]) / span(domain('fill')) > {STRONG})"
    return [(strong, {"color": "#ffffff"}), (f"!{strong}", {"style": ON_CELLS})]


ON_CELLS: Final = "cfusage-on-cells"
"""The style of what is written on cells: black on a light page and white on a dark one, no grey."""
STRONG: Final = 0.89
"""The part of the ramp above which a cell is strong: there, on a light page, black and white are read alike,
with a contrast of 4.6:1."""


def _by_kind(looks: Mapping[str, str]) -> alt.Scale:
    return alt.Scale(domain=list(KINDS), range=[looks[kind] for kind in KINDS])


def _kinds_key(listed: str | None) -> alt.Legend | None:
    columns = alt.ExprRef(f"max(1, floor(width / {_KIND_PIXELS}))")
    return key(symbolSize=70, values=alt.ExprRef(listed), columns=columns) if listed else None
