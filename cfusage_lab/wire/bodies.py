"""The body of an answer: read to its end, unpacked, and never larger than is bearable."""

import zlib
from collections.abc import Callable, Iterable
from typing import Final, cast

import httpx

from cfusage_lab.errors import PayloadError
from cfusage_lab.wire.limits import MOST_BYTES

__all__ = ["ENCODING", "read"]

ENCODING: Final = "gzip"
"""The one packing that is asked for, and taken."""

_GZIP: Final = 31
"""What zlib calls a gzip header with the largest window."""


def read(response: httpx.Response, *, path: str) -> bytearray:
    """Return the body of an answer to ``path``; it grows in place, so that it is never held twice.

    Raises
    ------
    PayloadError
        If it is too large, or packed in a way that was not asked for.
    httpx.RemoteProtocolError
        If it does not unpack.
    """
    body = bytearray()
    append = _appender(response, body, path)
    for chunk in cast("Iterable[bytes]", response.stream):
        append(chunk)
        if len(body) > MOST_BYTES:
            raise _too_large(response, path)
    append(b"")
    return body


def _appender(response: httpx.Response, body: bytearray, path: str) -> Callable[[bytes], None]:
    """Return what adds a chunk, as it comes, to the body, as it is meant."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in {"", "identity"}:
        return body.extend
    if encoding != ENCODING:
        raise PayloadError(
            f"the answer to {path} is of no use: it is packed as {encoding[:40]!r}, and {ENCODING} was asked "
            "for",
            status_code=response.status_code,
        )
    unpacker = zlib.decompressobj(_GZIP)
    is_begun = False

    def append(chunk: bytes) -> None:
        nonlocal is_begun
        if not chunk:
            if is_begun and not unpacker.eof:
                raise httpx.RemoteProtocolError("the packed body ends too early")
            return
        is_begun = True
        try:
            body.extend(unpacker.decompress(chunk, MOST_BYTES + 1 - len(body)))
        except zlib.error:
            raise httpx.RemoteProtocolError("the packed body does not unpack") from None
        if unpacker.unused_data:
            raise httpx.RemoteProtocolError("the packed body goes on after its end")

    return append


def _too_large(response: httpx.Response, path: str) -> PayloadError:
    return PayloadError(
        f"the answer to {path} is of no use: it is larger than {MOST_BYTES >> 20} MiB",
        status_code=response.status_code,
    )
