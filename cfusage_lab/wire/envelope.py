"""The envelope that every answer comes in: read, or refused with the place that does not fit."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final, Generic, TypeVar

import msgspec

from cfusage_lab.errors import CfUsageError, PayloadError
from cfusage_lab.wire import json_checks, refusals

__all__ = [
    "MILLISECONDS_FROM",
    "MOST_USD",
    "Envelope",
    "Info",
    "decode_envelope",
    "name_in_errors",
    "refuse_odd",
    "result",
]

MILLISECONDS_FROM: Final = 1e11
"""A time from here on is in milliseconds, one below in seconds: the one lies in 1973, the other in 5138."""
MOST_USD: Final = 1e12
"""US dollars: what no window or invoice costs; sums of what is below stay exact to the cent for long."""
_ROW: Final = re.compile(r"\$\.result\.(\w+)\[\.\.\.\]")

T = TypeVar("T")


class Info(msgspec.Struct):
    """What an answer says of its own length."""

    has_more: bool | None = None
    total_count: float | None = None


class Envelope(msgspec.Struct, Generic[T]):
    """An answer, as Cloudflare wraps every one."""

    success: bool
    result: T | None = None
    errors: Any = None
    result_info: Info | None = None


@contextmanager
def name_in_errors(path: str) -> Iterator[None]:
    """Say of an answer that does not fit what it answered, whatever came of reading it."""
    try:
        yield
    except PayloadError as exc:
        fields = {"status_code": exc.status_code, "retryable": exc.retryable}
        raise PayloadError(f"the answer to {path} is of no use: {exc}", **fields) from None  # type: ignore[arg-type]
    except (CfUsageError, MemoryError):
        raise
    except Exception as exc:  # noqa: BLE001 - bytes from outside: no text, no number, no end of nesting
        raise PayloadError(
            f"the answer to {path} is of no use: it can't be read ({type(exc).__name__}: {exc})"
        ) from None


def decode_envelope(
    decoder: "msgspec.json.Decoder[T]", body: bytes | bytearray, *, row: type | None = None
) -> T:
    """Decode an answer; ``row`` is what its list holds, so that a complaint names a row by its number."""
    try:
        return decoder.decode(body)
    except RecursionError:
        raise json_checks.too_deep() from None
    except msgspec.ValidationError as exc:
        raise PayloadError(f"{_place(body, exc, row)}; has the API changed?") from None
    except msgspec.DecodeError as exc:
        if not body:
            raise PayloadError("it is empty", retryable=True) from None
        kind = "a page of HTML" if body.lstrip()[:1] == b"<" else f"no JSON ({exc})"
        raise PayloadError(f"it is {kind}: {_shown(body)}", retryable=True) from None


def result(envelope: Envelope[T], body: bytes | bytearray, path: str, *, perhaps: str = "") -> T:
    """Return what an answer brings, or raise what it refuses with."""
    if not envelope.success:
        raise refusals.error(200, body, path=path)
    if envelope.result is None:
        hint = f"; perhaps {perhaps}" if perhaps else ""
        raise PayloadError(f"it says success, and `$.result` is null{hint}", status_code=200)
    return envelope.result


def refuse_odd(body: bytes | bytearray) -> None:
    """Raise if a small answer is too deep, or holds a duplicate key."""
    json_checks.refuse_deep(body)
    json_checks.refuse_duplicates(body)


def _place(body: bytes | bytearray, exc: msgspec.ValidationError, row_type: type | None) -> str:
    """Return the complaint with the row's number in its JSON path, which msgspec leaves out."""
    message = str(exc)
    listed = _ROW.search(message)
    if listed is None or row_type is None:
        return message
    name = listed[1]
    for number, row in enumerate(msgspec.json.decode(body)["result"][name]):
        try:
            msgspec.convert(row, row_type)
        except msgspec.ValidationError:
            return message.replace(f"{name}[...]", f"{name}[{number}]", 1)
    return message


def _shown(body: bytes | bytearray) -> str:
    return repr(body[:80].decode("utf-8", "replace"))
