"""The page of the month-end chart without its tables and its heading.

Made once, because altair takes long over it.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.parts import cost_scale, day_x, page, pointed, row, words
from cfusage_lab.charts.style import PALETTE, cost_axis, exact_text
from cfusage_lab.charts.texts import titled

__all__ = ["LIMITS", "month_end_page"]

LIMITS: Final = {"budget": PALETTE[4], "credit": PALETTE[3]}
"""Lines that a month may reach, and their colours."""
_LIMIT_TEXTS: Final = {"budget": "Budget", "credit": "Credit used up at"}
_DASHES: Final = {"spent": [1, 0], "forecast": [5, 3]}
_FAN: Final = (0.26, 0.16, 0.1)
"""How dense the narrowest interval is, and those around it."""


@lru_cache(maxsize=64)
def month_end_page(labels: tuple[str, ...], *, levels: tuple[str, ...], zero_rows: tuple[bool, ...]) -> Any:  # noqa: ANN401 - altair's own
    """Set a line and a fan over a month for each account."""
    if not labels:
        return page([words("There is no day in this table")])
    return page(
        [_row(nth, labels, levels, is_nothing=is_nothing) for nth, is_nothing in enumerate(zero_rows)]
    )


def _row(nth: int, labels: tuple[str, ...], levels: Sequence[str], *, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    y = {"axis": cost_axis(f"row_{nth}"), "scale": cost_scale(is_zero=is_nothing)}
    base = alt.Chart().encode(x=day_x(is_labelled=nth == len(labels) - 1), x2="right:T")
    titles = {"date": "Until the end of", "spent": "Spent", "forecast": "Forecast"}
    titles |= {f"interval_{place}": level for place, level in enumerate(levels)}
    columns = (
        pointed(nth, base, ["left"], titled(titles, of=len(labels)))
        .transform_filter("isValid(datum.left) && datum.at == datum.right")
        .transform_calculate(**_texts(labels[nth], len(levels)))
    )
    fan = [_interval(place, y) for place in reversed(range(len(levels)))]
    limits = [mark for name in LIMITS for mark in _limit(name, y)]
    layers = [*fan, *limits, _line("forecast", y), _line("spent", y), _now(), columns]
    return row(layers, nth, labels, heights=(280, 140))


def _interval(place: int, y: dict[str, Any]) -> Any:  # noqa: ANN401 - altair's own
    return (
        alt.Chart()
        .mark_area(aria=False, color=PALETTE[0], opacity=_FAN[min(place, len(_FAN) - 1)], line=False)
        .encode(x="at:T", y=alt.Y(f"lower_{place}_usd:Q", **y), y2=f"upper_{place}_usd:Q")
        .transform_filter(f"isValid(datum.lower_{place}_usd)")
    )


def _line(name: str, y: dict[str, Any]) -> Any:  # noqa: ANN401 - altair's own
    order = list(_DASHES)
    legend = alt.Legend(
        orient="top",
        title=None,
        labelFontSize=12,
        labelExpr="end_labels[datum.label]",
        labelLimit=0,
        symbolType="stroke",
        symbolSize=400,
        symbolStrokeWidth=2.5,
        symbolStrokeColor=PALETTE[0],
    )
    dashes = alt.Scale(domain=order, range=[_DASHES[one] for one in order])
    return (
        alt.Chart()
        .mark_line(aria=False, strokeWidth=2.5 if name == "spent" else 2, color=PALETTE[0])
        .encode(
            x="at:T",
            y=alt.Y(f"{name}_usd:Q", **y),
            strokeDash=alt.StrokeDash("line:N", scale=dashes, legend=legend),
        )
        .transform_filter(f"isValid(datum.{name}_usd)")
        .transform_calculate(line=f"'{name}'")
    )


def _now() -> Any:  # noqa: ANN401 - altair's own
    """Mark how far the month is known."""
    return (
        alt.Chart()
        .mark_point(aria=False, filled=True, opacity=1, size=60, color=PALETTE[0])
        .encode(x="at:T", y="spent_usd:Q")
        .transform_filter("datum.is_last && isValid(datum.spent_usd)")
    )


def _limit(name: str, y: dict[str, Any]) -> list[Any]:
    """Draw a line across the month, and say over its start what it is."""
    base = alt.Chart().transform_filter(f"datum.is_first && isValid(datum.{name}_usd)")
    text = f"{json.dumps(_LIMIT_TEXTS[name])} + ' ' + format(datum.{name}_usd, '$,.2~f')"
    return [
        base.mark_rule(aria=False, color=LIMITS[name], strokeWidth=1.5, strokeDash=[8, 3]).encode(
            y=alt.Y(f"{name}_usd:Q", **y)
        ),
        base.mark_text(aria=False, align="left", baseline="bottom", dx=4, dy=-3, fontSize=11)
        .encode(x="at:T", y=f"{name}_usd:Q", text="text:N")
        .transform_calculate(text=text),
    ]


def _texts(account: str, levels: int) -> dict[str, str]:
    """Write the expressions for what the pointer is told."""

    def known(cost: str) -> str:
        return f"isValid({cost}) ? ({exact_text(cost)}) : 'unknown'"

    texts = {
        "account": json.dumps(account),
        "date": "utcFormat(datum.day, '%a %-d %b %Y')",
        "spent": known("datum.known_usd"),
        "forecast": known("datum.forecast_usd"),
    }
    for place in range(levels):
        lower, upper = (f"datum.{side}_{place}_usd" for side in ("lower", "upper"))
        both = f"({exact_text(lower)}) + ' to ' + ({exact_text(upper)})"
        texts[f"interval_{place}"] = f"isValid({lower}) ? {both} : 'unknown'"
    return texts
