"""The shape of a JSON text, before its values count: how deep it is, and that no key is a duplicate.

msgspec takes the last of two values of one key, and so may another reader take the first. Where one of them
is dollars, neither is right.
"""

import json
import re
from typing import Final

from cfusage_lab.errors import PayloadError
from cfusage_lab.wire.limits import DEEPEST

__all__ = ["refuse_deep", "refuse_duplicates", "refuse_odd_rows", "too_deep"]

_BRACKETS: Final = bytes.maketrans(b"{}", b"[]")
_NO_BRACKETS: Final = bytes(code for code in range(256) if code not in b"[]{}")
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+"', re.DOTALL)
_VALUE: Final = b'"aggregated_value"'
_START: Final = b'"start_time"'
_END: Final = b'"end_time"'
_ID: Final = b'"id"'
_ONCE: Final = (b'"success"', b'"result"', b'"history"')
_SELDOM: Final = (b'"result_info"', b'"has_more"', b'"total_count"')

_LARGE: Final = 16 * 1024
"""Bytes from which on only what decides on money is counted in rows: every pass over a year's answer costs
a twentieth of its fetch. A second end or id of a window changes nothing: the end follows from the start."""


def refuse_deep(body: bytes | bytearray) -> None:
    """Raise if values lie too deep inside each other to be read.

    Raises
    ------
    PayloadError
        If they do.
    """
    opened = body.count(b"[") + body.count(b"{")
    if opened > DEEPEST and not (_is_flat(body) or _is_flat(_STRING.sub(b"", body))):
        raise too_deep()


def refuse_odd_rows(body: bytes | bytearray, rows: int, *, with_ids: bool) -> None:
    """Raise if a key is a duplicate, or values lie too deep, in a usage answer with so many rows.

    Where nothing is escaped, counting is exact: as decoded, each row has each of its keys at least once. The
    keys around the rows are looked for around the rows only.

    Raises
    ------
    PayloadError
        If so.
    """
    around = body[: body.find(_VALUE)] + body[body.rfind(_VALUE) :] if rows else body
    refuse_deep(around)
    keys = [_VALUE, _START]
    if len(body) <= _LARGE:
        keys += [_END, _ID] if with_ids else [_END]
    is_plain = (
        b"\\" not in body
        and all(body.count(key) == rows for key in keys)
        and all(around.count(key) == 1 for key in _ONCE)
        and all(around.count(key) <= 1 for key in _SELDOM)
    )
    if not is_plain:
        refuse_duplicates(body)


def refuse_duplicates(body: bytes | bytearray) -> None:
    """Raise if a key is a duplicate in any object.

    Raises
    ------
    PayloadError
        If one is.
    """
    duplicates: list[str] = []

    def note(pairs: list[tuple[str, object]]) -> None:
        if not duplicates and len({key for key, _ in pairs}) < len(pairs):
            keys = [key for key, _ in pairs]
            duplicates.append(next(key for key in keys if keys.count(key) > 1))

    json.loads(
        body.decode("utf-8", "replace"),
        object_pairs_hook=note,
        parse_int=_nothing,
        parse_float=_nothing,
        strict=False,
    )
    if duplicates:
        raise PayloadError(
            f"`{duplicates[0][:40]}` is a duplicate key in one object, and which of the two holds is unknown"
        )


def too_deep() -> PayloadError:
    """Return the error about values that lie too deep."""
    return PayloadError(f"it is no JSON of ours: more than {DEEPEST} levels deep")


def _nothing(_digits: str) -> None:
    """Read no number: there are some with more digits than Python reads."""


def _is_flat(body: bytes | bytearray) -> bool:
    """Whether brackets alone, those inside strings too, are no deeper than is borne."""
    brackets = bytes(body).translate(_BRACKETS, _NO_BRACKETS)
    for _ in range(DEEPEST):
        if not brackets:
            return True
        brackets = brackets.replace(b"[]", b"")
    return not brackets
