"""Secrets taken out of what is shown: of a text, however it spells them, and of an error's frames."""

import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from html import unescape
from typing import Final, TypeVar

__all__ = ["HIDDEN", "Redactor", "without_frames"]

E = TypeVar("E", bound=BaseException)

HIDDEN: Final = "(hidden)"
"""What stands in a secret's place."""

_FRAGMENT: Final = 8
"""Characters: a part of a secret that is this long is hidden, too, since texts are cut and fields split."""

_PIECE: Final = re.compile(
    r"\\+u\{0*(?P<u>[0-9a-fA-F]{2})\}"
    r"|\\+u00(?P<u4>[0-9a-fA-F]{2})"
    r"|\\+x(?P<x>[0-9a-fA-F]{2})"
    r"|%(?:25)*(?P<percent>[0-9a-fA-F]{2})"
    r"|&(?:amp;)*(?P<entity>\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[a-z]{2,6});?"
    r"|\\+(?P<escaped>[^a-zA-Z0-9])"
    r"|(?P<plain>.)",
    re.DOTALL,
)
"""One character of a text: as JSON, Python, an address or HTML writes it, escaped again or not."""

_ESCAPED: Final = re.compile(rb"\\\\|\\u00([2-7][0-9a-fA-F])")
"""A character of ASCII that JSON need not escape; a backslash before it would make it none."""

_LOWER: Final = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Redactor:
    """Takes secrets out of texts: plain, escaped, encoded, in part.

    Parameters
    ----------
    secrets
        What nobody may see; the longest part of each that a text holds is hidden.
    whole
        What is hidden only where it stands as a whole, such as an email address.
    """

    __slots__ = ("_parts", "_sizes", "_spellings")

    def __init__(self, secrets: Iterable[str], *, whole: Iterable[str] = ()) -> None:
        secrets = tuple(secrets)
        self._spellings = tuple(
            dict.fromkeys(form for secret in secrets if secret for form in _written(secret))
        )
        parts: set[str] = set()
        for secret in secrets:
            for form in (one.translate(_LOWER) for one in _forms(secret)):
                size = min(_FRAGMENT, len(form))
                parts.update(form[at : at + size] for at in range(len(form) - size + 1))
        parts.update(text.translate(_LOWER) for text in whole)
        parts.discard("")
        self._parts = parts
        self._sizes = sorted({len(part) for part in parts})

    def __call__(self, text: str) -> str:
        """Return a text with ``(hidden)`` in the place of every secret."""
        raw = [(character, at, at + 1) for at, character in enumerate(text)]
        found = [*self._found(raw), *self._found(list(_decoded(text)))]
        shown: list[str] = []
        end = 0
        for first, last in sorted(found):
            if first > end or not shown:  # else it overlaps the one before, or follows it at once
                shown += [text[end:first], HIDDEN]
            end = max(end, last)
        return "".join([*shown, text[end:]])

    def in_json(self, body: bytearray) -> bytearray:
        """Return a JSON text without secrets that stand in it as a whole: plain, escaped or encoded.

        For an answer that may be large: no text in it is read by itself.
        """
        if b"\\" in body and b"\\u00" in body:  # a single byte is found in a fiftieth of the time
            body = bytearray(_ESCAPED.sub(_unescaped, body))
        for form in self._spellings:
            if form in body:
                body = body.replace(form, HIDDEN.encode())
        return body

    def _found(self, pieces: list[tuple[str, int, int]]) -> Iterator[tuple[int, int]]:
        """Say from where to where secrets stand in a text of which these are the characters."""
        view = "".join(piece[0] for piece in pieces).translate(_LOWER)
        for size in self._sizes:
            for at in range(len(view) - size + 1):
                if view[at : at + size] in self._parts:
                    yield pieces[at][1], pieces[at + size - 1][2]


def _forms(secret: str) -> Iterator[str]:
    """Return a secret as it may be written in one piece: plain, in hexadecimal, inside Base64."""
    raw = secret.encode("utf-8", "surrogatepass")
    yield secret
    yield raw.hex()
    for before in range(3):  # where it begins among three bytes changes every character of it
        text = b64encode(b"\0" * before + raw).decode()[-(-before * 4 // 3) :].rstrip("=")
        yield from {text[:-1], text[:-1].replace("+", "-").replace("/", "_")}


def _written(secret: str) -> Iterator[bytes]:
    """Return a secret's bytes as an answer may hold them: in each form, and percent-encoded throughout."""
    raw = secret.encode("utf-8", "surrogatepass")
    percents = "".join(f"%{byte:02x}" for byte in raw)
    yield raw
    for form in (*_forms(secret), raw.hex().upper(), percents, percents.upper()):
        if len(form) >= _FRAGMENT:  # what is shorter stands in many a text by chance
            yield form.encode("utf-8", "surrogatepass")


def _unescaped(match: re.Match[bytes]) -> bytes:
    plain = bytes.fromhex(match[1].decode()) if match[1] else b""
    return match[0] if plain in b'"\\\x7f' else plain


def _decoded(text: str) -> Iterator[tuple[str, int, int]]:
    """Return the characters that a text stands for, with the place of each; NULs of UTF-16 are skipped."""
    for match in _PIECE.finditer(text):
        kind = match.lastgroup
        value = match[kind or 0]
        if kind == "entity":
            character = unescape(f"&{value};")
        elif kind in {"plain", "escaped"}:
            character = value
        else:
            character = chr(int(value, 16))
        if len(character) > 1:  # no entity after all
            yield from ((one, match.start(), match.end()) for one in match[0])
        elif character not in {"\0", "\u2400"}:
            yield character, match.start(), match.end()


def without_frames(error: E) -> E:
    """Return an error without the frames it came through, and those behind it likewise.

    A frame holds its variables, and Jupyter's verbose tracebacks print them: a header, an environment. To
    be used where an error leaves the rooms in which a secret stands in the clear.
    """
    todo: list[BaseException | None] = [error]
    seen: set[int] = set()
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            link.__traceback__ = None
            todo += [link.__cause__, link.__context__]
    return error
