"""Text from outside, as it may be shown: an account's name, a message of Cloudflare's.

Whoever invites you to an account chose its name, so any string at all may come.
"""

import unicodedata
from typing import Final

__all__ = ["visible"]

_HIDDEN: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode's categories of control characters, lone surrogates, and breaks of lines and paragraphs."""

_DIRECTIONS: Final = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns the direction of writing, and can make a text look like another one."""

_DELETE: Final = 0x7F
_PICTURES: Final = 0x2400
"""Where Unicode keeps its pictures of the control characters, ␀ to ␟."""


def visible(text: str) -> str:
    r"""Return a text with a visible substitute for each character that would act instead of being read.

    A line break, an escape or a NUL becomes its picture, such as ␊; a direction mark, a lone surrogate and
    a separator of lines become their code point, such as ``<U+2028>``. Every other text comes back as it is.

    Examples
    --------
    >>> visible("Larkspur\nResearch")
    'Larkspur␊Research'
    """
    if text.isprintable():
        return text
    return "".join(map(_shown, text))


def _shown(character: str) -> str:
    code = ord(character)
    if unicodedata.category(character) not in _HIDDEN and character not in _DIRECTIONS:
        return character
    if code < ord(" "):
        return chr(_PICTURES + code)
    return "␡" if code == _DELETE else f"<U+{code:04X}>"
