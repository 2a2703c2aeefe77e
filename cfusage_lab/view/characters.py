"""JSON for the engine of pictures, without the characters that it can't take.

A picture is XML for a while, and XML has no control characters: one in any text of a chart, or in its rows,
and the engine ends the process, with nothing to catch.
"""

import json
import re
from typing import Final

from cfusage_lab.wording import visible

__all__ = ["replace_pairs", "replace_undrawable"]


def replace_undrawable(text: str) -> str:
    r"""Put visible substitutes into JSON, as :mod:`json` writes it, for what no picture can hold.

    An expression may hold it as an escape of its own, such as ``'\u000b'``.

    Examples
    --------
    >>> import json
    >>> json.loads(drawable(json.dumps({"title": "a\vb, two\nlines"})))
    {'title': 'a␋b, two\nlines'}
    """
    text = _UNWRITABLE.sub(lambda found: found["kept"] or _seen(json.loads(f'"{found[0]}"')), text)
    return _EXPRESSION.sub(lambda found: _ESCAPE.sub(_harmless, found[0]), text)


def replace_pairs(text: str) -> str:
    """Put a box in the place of each character that takes two units of UTF-16, which may not be parted."""
    return _PAIR.sub(lambda found: found["kept"] or _written("□"), text)


def _written(text: str) -> str:
    return json.dumps(text)[1:-1]


def _seen(character: str) -> str:
    return _written(visible(character))


def _harmless(escape: re.Match[str]) -> str:
    """Return an escape of an expression as it is, or what is seen in its place."""
    digits = escape["code"] or escape["byte"]
    if not (digits or escape["letter"]):
        return escape[0]
    character = chr(int(digits, 16)) if digits else _LETTERS[escape["letter"]]
    is_half = "\ud800" <= character <= "\udfff"  # the other one may follow
    is_kept = is_half or not _UNWRITABLE.fullmatch(_written(character))
    return escape[0] if is_kept else _seen(character)


_UNWRITABLE: Final = re.compile(
    r"(?P<kept>\\\\|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2})"
    r"|\\[bf]|\\u(?:00(?:0[0-8bcef]|1[0-9a-f])|fff[ef]|d[89a-f][0-9a-f]{2})"
)
"""Control characters, those that are none, and halves of pairs; what is kept only begins like that."""
_PAIR: Final = re.compile(r"(?P<kept>\\\\)|\\ud[89ab][0-9a-f]{2}\\ud[c-f][0-9a-f]{2}")
_EXPRESSION: Final = re.compile(r'"(?:calculate|expr|filter|init|labelExpr|test|update)": "(?:[^"\\]|\\.)*"')
_ESCAPE: Final = re.compile(
    r"\\\\(?:u(?P<code>[0-9a-fA-F]{4})|x(?P<byte>[0-9a-fA-F]{2})|(?P<letter>[bfv0])|\\\\|\\\"|.)"
)
"""An escape of an expression in JSON, where its backslash is two."""
_LETTERS: Final = {"0": "\0", "b": "\b", "v": "\v", "f": "\f"}
