"""A list of amounts: a bar each, between a name on the left and the amount on the right."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.charts.colours import NEUTRAL, kinds_colour, kinds_outline, pale_ground, state_look
from cfusage_lab.charts.marks import Part, hover_columns
from cfusage_lab.charts.page import WIDTH, Page, cached_page, empty_chart, stack_views

__all__ = ["MOST_ROWS", "bar_list_page", "list_letters"]

MOST_ROWS: Final = 40
"""Bars that are read one by one: a screen's height of them."""

_Pairs = tuple[tuple[str, str], ...]

_LETTER: Final = 7.2
"""Pixels that a letter takes on average, in a wide font."""
_ROW_PIXELS: Final = 24
"""The height of a bar, its letters of 12 pixels and the gap to the next."""
_RATIO_PIXELS: Final = 66
"""The room for a ratio such as ``+1,234%``, or a kind."""
_WHO_PIXELS: Final = f"min(list_letters.who * {_LETTER}, width * (list_letters.on ? 0.28 : 0.45))"
"""The room for names of accounts; longer ones are cut off."""
_IS_SHORT: Final = "(width < 420 && list_letters.who > 0)"
"""Whether what ``on`` begins with, a weekday as a rule, is left out for want of room."""
_BARS_BEGIN: Final = (
    f"({_WHO_PIXELS}) + max(0, list_letters.on - ({_IS_SHORT} ? list_letters.spare : 0)) * {_LETTER} + 16"
)
_BARS_END: Final = f"max({_BARS_BEGIN} + 10, width - list_letters.change * {_LETTER} - {_RATIO_PIXELS} - 8)"
"""Right of where they begin, however narrow the cell: else bars would go the wrong way."""
_WHEN: Final = f"{_IS_SHORT} ? slice(datum.on, list_letters.spare) : datum.on"


def list_letters(rows: pl.DataFrame, *, spare: int = 4) -> dict[str, object] | None:
    """Count the letters of the longest texts of each column, for their room.

    ``spare`` is how many letters ``on`` begins with that can be left out where there is little of it.
    """
    if rows.is_empty():
        return None
    sizes = rows["change_usd"].abs()
    largest, smallest = float(sizes.max()), float(sizes.min())  # type: ignore[arg-type]
    digits = 10 if 0 < smallest < 1e-5 else 6 if 0 < smallest < 1 else 2  # noqa: PLR2004 - as exact_text() has it
    change = max(len(f"+${largest:,.2f}"), len(f"+$0.{'0' * digits}"))
    who, on = _longest(rows["who"]), _longest(rows["on"])
    return {"list_letters": {"who": who, "on": on, "change": change, "spare": spare}}


def bar_list_page(
    count: int, titles: Mapping[str, str], texts: Mapping[str, str], *, empty: str, colour: str | None = None
) -> Page:
    """Return the page, without its table and its heading.

    Parameters
    ----------
    count
        How many rows there are, each with ``place``, from 1; ``who`` and ``on``, its names, of which one may
        be empty; ``change_usd``; and ``kind``, ``state`` and ``is_whole``, for its looks.
    titles
        The titles of what the pointer is told, by the name of the text.
    texts
        Vega expressions by name, ``change`` and ``aside`` among them, which stand beside the bar.
    empty
        What is said where there is no row.
    colour
        Of all bars, where their kind is not to tell.
    """
    return _page(count, tuple(titles.items()), tuple(texts.items()), empty, colour)


def _longest(texts: pl.Series) -> int:
    return max(map(len, texts))


@cached_page
def _page(count: int, titles: _Pairs, texts: _Pairs, empty: str, colour: str | None) -> Part:
    if not count:
        return empty_chart(empty)
    bars = _bars(dict(titles), dict(texts), colour)
    return stack_views([bars.properties(name="row_0", width=WIDTH, height=_ROW_PIXELS * count)])


def _bars(titles: Mapping[str, str], texts: Mapping[str, str], colour: str | None) -> Part:
    places = alt.Y("place:O", axis=None, scale=alt.Scale(paddingInner=0.2, paddingOuter=0.1))
    base = alt.Chart().encode(y=places)
    room = alt.Scale(nice=False, range=[alt.ExprRef(_BARS_BEGIN), alt.ExprRef(_BARS_END)])
    placed = base.encode(x=alt.X("change_usd:Q", axis=None, scale=room), x2=alt.datum(0))
    bars = placed.mark_bar(**state_look()).encode(
        color=alt.value(colour) if colour else kinds_colour(),
        stroke=alt.value(colour) if colour else kinds_outline(),
    )
    zero = alt.Chart().mark_rule(color=NEUTRAL).encode(x=alt.datum(0))
    name = base.mark_text(align="left", fontSize=12, limit=alt.ExprRef(_WHO_PIXELS))
    left = base.mark_text(align="left", fontSize=12)
    right = base.mark_text(align="right", fontSize=12)
    beside = [
        name.encode(x=alt.value(0), text="who:N"),
        left.encode(x=_at(f"({_WHO_PIXELS}) + (list_letters.who ? 8 : 0)"), text="when:N"),
        right.encode(x=_at(f"width - {_RATIO_PIXELS}"), text="change:N"),
        right.encode(x=_at("width"), text="aside:N"),
    ]
    columns = hover_columns(base, ["place"], titles)
    return alt.layer(pale_ground(placed), bars, zero, *beside, columns).transform_calculate(
        **texts, when=_WHEN
    )


def _at(pixels: str) -> Part:
    return alt.value(alt.ExprRef(pixels))
