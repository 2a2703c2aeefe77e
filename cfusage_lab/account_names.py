"""What accounts are called wherever they are shown: no two alike, and nothing that a browser would act on."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

from cfusage_lab.argument_checks import names_of
from cfusage_lab.daily import TOTAL
from cfusage_lab.wording import visible

__all__ = ["BUILT_IN", "NO_PLACE", "labels", "not_built_in", "short"]

BUILT_IN: Final = frozenset(
    {"__proto__", "__defineGetter__", "__defineSetter__", "__lookupGetter__", "__lookupSetter__"}
    | {"constructor", "hasOwnProperty", "isPrototypeOf", "propertyIsEnumerable", "toLocaleString", "toString"}
    | {"valueOf"}
)
"""What every object has in JavaScript: Vega takes such a text for it where it looks a text up."""
NO_PLACE: Final = "\N{ZERO WIDTH SPACE}"
"""A sign that makes a text another one, and is not seen."""
_MOST_LETTERS: Final = 100
"""Letters of a name; Cloudflare takes none that has more."""


def short(account_id: str) -> str:
    """Call an account without a name by the ends of its id."""
    return f"{account_id[:4]}…{account_id[-4:]}"


def labels(ids: Iterable[str], *, names: Mapping[str, str] | None) -> dict[str, str]:
    """Name accounts, those of ``names`` first and in its order, and no two of them alike.

    Any string may be a name or an id: what would act instead of being read gets a visible substitute.
    """
    names = names_of(names)
    order = {one: place for place, one in enumerate(names)}
    found = {
        one: _label(names.get(one) or "") or ("All accounts" if one == TOTAL else _label(short(one)))
        for one in sorted(ids, key=lambda one: (order.get(one, len(order)), one))
    }
    counts = Counter(found.values())
    apart: dict[str, str] = {}
    taken: set[str] = set()
    for one, text in found.items():
        whole = f"{text} ({_label(one)})" if counts[text] > 1 else text
        numbered = (f"{whole} #{nth}" for nth in range(2, len(found) + 2))
        apart[one] = whole if whole not in taken else next(text for text in numbered if text not in taken)
        taken.add(apart[one])
    return apart


def _label(text: str) -> str:
    """Return a text as it is shown, in one line of bounded length; nothing of one that is blank."""
    shown = visible(text) if text.strip() else ""
    return not_built_in(shown) if len(shown) <= _MOST_LETTERS else f"{shown[: _MOST_LETTERS - 1]}…"


def not_built_in(text: str) -> str:
    """Return a text that looks the same, and is nothing that JavaScript has already."""
    return text + NO_PLACE if text in BUILT_IN else text
