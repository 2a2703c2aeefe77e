"""What the pointer is told: Vega expressions, and the tooltip that shows them under their titles.

None of them reads the viewer's clock.
"""

import json
from collections.abc import Mapping
from typing import Final

import altair as alt

from cfusage_lab.account_names import BUILT_IN, NO_PLACE

__all__ = [
    "DAY_TEXT",
    "STATE_TEXT",
    "add_account_title",
    "compared_texts",
    "compared_titles",
    "exact_text",
    "known_text",
    "quote",
    "range_text",
    "signed_text",
    "tooltip",
]

DAY_TEXT: Final = "utcFormat(datum.day, '%a %-d %b %Y')"
STATE_TEXT: Final = "replace(datum.state, '_', ' ')"
_ENDS_OF_LINES: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "\u2028\u2029"}
"""What JSON may hold as it is, and JavaScript may not."""
_READ: Final = BUILT_IN | {"title", "image"}
"""Keys that every object has in JavaScript, and those that the tooltip shows as a heading and as an image."""


def add_account_title(titles: Mapping[str, str], *, of: int) -> dict[str, str]:
    """Put the account before the other titles where there are several."""
    return ({"account": "Account"} if of > 1 else {}) | dict(titles)


def quote(value: object) -> str:
    """Write a text, or texts in lists and dictionaries, into a Vega expression: none of it becomes code."""
    return json.dumps(value, ensure_ascii=False).translate(_ENDS_OF_LINES)


def tooltip(titles: Mapping[str, str]) -> list[alt.Tooltip]:
    r"""List texts under their titles.

    Vega-Lite makes the titles keys of an object, and writes them between quotes without a look at
    backslashes. So each has to be another one, and none may mean something to whoever reads the object:
    what looks the same gets a sign more that takes no place.
    """
    taken, listed = set(_READ), []
    for field, title in titles.items():
        key = title + NO_PLACE if title.isdecimal() else title  # JavaScript puts numbers before all else
        while key in taken:
            key += NO_PLACE
        taken.add(key)
        listed.append(alt.Tooltip(f"{field}:N", title=key.replace("\\", "\\\\")))
    return listed


# Amounts


def exact_text(cost: str) -> str:
    """Write the expression for an amount: to the cent from a dollar up, in full below."""
    digits = f"abs({cost}) >= 1 ? '$,.2f' : abs({cost}) >= 1e-5 ? '$,.6~f' : '$,.10~f'"
    return f"({cost}) === 0 ? '$0' : format({cost}, {digits})"


def known_text(cost: str) -> str:
    """Write the expression for an amount that may be null."""
    return f"isValid({cost}) ? ({exact_text(cost)}) : 'unknown'"


def signed_text(cost: str) -> str:
    """Write the expression for a difference that may be null."""
    return f"({cost} > 0 ? '+' : '') + ({known_text(cost)})"


def range_text(low: str, high: str) -> str:
    """Write the expression for all between two amounts."""
    return f"({exact_text(low)}) + ' to ' + ({exact_text(high)})"


# Comparisons


def compared_titles(*, date: str = "Day", cost: str = "Cost", before: str) -> dict[str, str]:
    """Return the titles of what :func:`compared_texts` tells."""
    return {
        "date": date,
        "cost": cost,
        "before": before,
        "change": "Change",
        "ratio": "Change ratio",
        "what": "Kind",
        "status": "State",
    }


def compared_texts(account: str = "", *, slot: str = "") -> dict[str, str]:
    """Write the expressions for the columns of a comparison; null becomes a word that says why.

    ``slot`` says which of several days is drawn in the place of all of them, if that can be.
    """
    picked = f" + (datum.slot_days > 1 ? ', {slot} of ' + datum.slot_days + ' days' : '')" if slot else ""
    return {
        "account": quote(account),
        "date": f"{DAY_TEXT}{picked}",
        "cost": known_text("datum.current_usd"),
        "before": known_text("datum.previous_usd"),
        "change": signed_text("datum.change_usd"),
        "ratio": _RATIO,
        "what": _KIND,
        "status": f"{STATE_TEXT} + (datum.is_whole ? '' : ', hours are missing')",
    }


_RATIO: Final = (
    "isValid(datum.change_ratio) ? format(datum.change_ratio, '+,.1%')"
    " : datum.kind === 'unknown' ? 'unknown'"
    " : datum.previous_usd < 0 ? 'none: it was below $0 before' : 'none: it was $0 before'"
)
_KIND: Final = (
    "datum.kind !== 'unknown' ? datum.kind"
    " : datum.is_whole ? 'unknown: nothing whole to compare with' : 'unknown: hours are missing here'"
)
