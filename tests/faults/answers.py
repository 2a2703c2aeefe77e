"""What can come in the place of a right answer, and what a caller is to get of it."""

import gzip
import json
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any

from raw_server import Peer, answer
from virtual_time import VirtualTime

from cfusage_lab.errors import ApiError, AuthError, CfUsageError, PayloadError, RateLimitError, TransportError

__all__ = ["FAULTS", "Fault", "Turn"]


@dataclass(frozen=True)
class Turn:
    """One request, and what is at hand to answer it."""

    peer: Peer
    head: bytes
    right: bytes
    others: bytes
    clock: VirtualTime


Act = Callable[[Turn], bool]
"""Answers a request; tells whether the connection goes on."""
Make = Callable[[Turn], bytes]
Table = None
"""What stands for: the right table."""
Outcome = type[CfUsageError] | None


@dataclass(frozen=True)
class Fault:
    """An answer that is none, or hardly.

    Attributes
    ----------
    act
        Answers; tells whether the connection goes on.
    lasting
        What may come of it where every try gets it.
    once
        What may come of it where only the first try does.
    on_a_list
        What comes of it instead where the list of accounts is asked for.
    """

    act: Act
    lasting: tuple[Outcome, ...]
    once: tuple[Outcome, ...] = field(default=(Table,))
    on_a_list: tuple[Outcome, ...] = ()


def echo(turn: Turn) -> str:
    """Return what was asked, token and all, as a careless proxy repeats it."""
    return turn.head.decode("latin-1")


def authorization(turn: Turn) -> bytes:
    """Return the header that holds the token."""
    return next(line for line in turn.head.splitlines() if line.lower().startswith(b"authorization"))


def sends(make: Make, *, goes_on: bool = True) -> Act:
    def act(turn: Turn) -> bool:
        turn.peer.send(make(turn))
        return goes_on

    return act


def resets(make: Make) -> Act:
    """Send, then break the connection off without a farewell."""

    def act(turn: Turn) -> bool:
        turn.peer.send(make(turn))
        turn.peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    return act


def falls_silent(make: Make) -> Act:
    """Send, then nothing more; time passes for who waits."""

    def act(turn: Turn) -> bool:
        turn.peer.send(make(turn))
        with turn.clock.passing(turn.peer.port):
            turn.peer.request()
        return False

    return act


def drips(head: bytes, piece: bytes = b" ") -> Act:
    """Send something again and again, always before anybody would call it silent."""

    def act(turn: Turn) -> bool:
        turn.peer.send(head)
        turn.peer.connection.settimeout(0.002)
        with turn.clock.passing(turn.peer.port), suppress(ConnectionError):
            while not turn.peer.stopping.is_set():
                with suppress(TimeoutError):
                    if not turn.peer.connection.recv(1):
                        break
                turn.peer.send(piece)
        return False

    return act


def heals(act: Act, kind: type[CfUsageError] = TransportError) -> Fault:
    return Fault(act, (kind,))


def lasts(act: Act, kind: type[CfUsageError] = PayloadError, on_a_list: tuple[Outcome, ...] = ()) -> Fault:
    return Fault(act, (kind,), (kind,), on_a_list)


def harmless(make: Make, *, goes_on: bool = True) -> Fault:
    return Fault(sends(make, goes_on=goes_on), (Table,))


def refusal(status: int, *codes: int, headers: tuple[str, ...] = (), chain: bool = False) -> Act:
    """Refuse as Cloudflare does, and repeat what was asked."""

    def make(turn: Turn) -> bytes:
        errors: list[dict[str, Any]] = [{"code": code, "message": echo(turn)} for code in codes]
        if chain:
            errors = [errors[0] | {"error_chain": errors[1:]}]
        body = json.dumps({"errors": errors, "result": None, "success": False}).encode()
        return answer(body, *headers, status=f"{status} {'No' if status < 500 else 'Fault'}")

    return sends(make)


def page(status: int, *headers: str) -> Act:
    """Answer with a page of HTML that repeats what was asked."""
    return sends(
        lambda turn: answer(
            f"<!DOCTYPE html><title>{status}</title><pre>{echo(turn)}</pre>".encode(),
            "Content-Type: text/html",
            *headers,
            status=f"{status} Page",
        )
    )


def bare(status: int, *headers: str) -> Act:
    return sends(lambda _turn: answer(b"", *headers, status=f"{status} Bare"))


def refusals() -> Iterator[tuple[str, Fault]]:
    for status, codes, kind in (
        (400, (6003, 6111), AuthError),
        (401, (1000,), AuthError),
        (401, (10000,), AuthError),
        (403, (10000,), AuthError),
        (403, (9109,), AuthError),
        (403, (), AuthError),
        (429, (10502,), AuthError),
        (400, (1001,), ApiError),
        (400, (7001,), ApiError),
        *((status, (), ApiError) for status in (402, 404, 405, 409, 410, 418, 422, 451, 501, 505, 530, 599)),
    ):
        chain = codes == (6003, 6111)
        told = f"{status} {' '.join(map(str, codes))}".strip()
        yield told, lasts(refusal(status, *codes, chain=chain), kind)
    for status in (400, 404):
        yield (
            f"{status} 7003 7000",
            lasts(refusal(status, 7003, 7000), AuthError, on_a_list=(ApiError,)),
        )
    for status in (403, 404, 530):
        yield f"{status} as HTML", lasts(page(status), AuthError if status == 403 else ApiError)
    for status in (408, 500, 502, 503, 504, *range(520, 530)):
        yield f"{status}", heals(refusal(status, 1), ApiError)
    for status in (500, 502, 503, 522):
        yield f"{status} as HTML", heals(page(status), ApiError)
        yield f"{status} without a body", heals(bare(status), ApiError)
    elsewhere = "Location: http://127.0.0.1:9/elsewhere"
    for status in (301, 302, 303, 307, 308):
        yield f"{status} elsewhere", lasts(page(status, elsewhere), ApiError)
    yield "302 to itself", lasts(bare(302, "Location: /client/v4/accounts"), ApiError)
    yield "302 without a place", lasts(bare(302), ApiError)
    yield "300", lasts(bare(300), ApiError)
    yield "304", lasts(sends(lambda _turn: b"HTTP/1.1 304 Not Modified\r\n\r\n"), ApiError)


def storms() -> Iterator[tuple[str, Fault]]:
    """Ask to wait, with every form of what to do about it."""
    date = "Date: Mon, 05 Jan 2026 00:00:00 GMT"
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=200), usegmt=True)
    for told, headers in (
        ("", ()),
        ("Retry-After 0", ("Retry-After: 0",)),
        ("Retry-After 1", ("Retry-After: 1",)),
        ("Retry-After 290", ("Retry-After: 290",)),
        ("a date to come, by the server's clock", (date, "Retry-After: Mon, 05 Jan 2026 00:02:00 GMT")),
        ("a date to come, by this computer's clock", (f"Retry-After: {soon}",)),
        ("a date that is past", (date, "Retry-After: Sun, 04 Jan 2026 00:00:00 GMT")),
        ("a date of RFC 850", (date, "Retry-After: Monday, 05-Jan-26 00:01:00 GMT")),
        ("a date of no calendar", ("Retry-After: Mon, 35 Foo 2026 00:00:00 GMT",)),
        ("a date without an end", ("Retry-After: Mon, 05 Jan 999999 00:00:00 GMT",)),
        ("a negative number", ("Retry-After: -5",)),
        ("a fraction", ("Retry-After: 1.5",)),
        ("infinity", ("Retry-After: inf",)),
        ("words", ("Retry-After: soon",)),
        ("nothing", ("Retry-After:",)),
        ("two of them", ("Retry-After: 1", "Retry-After: 2")),
        ("no ASCII", ("Retry-After: \u0665",)),
        (
            "a limit used up for 20 s",
            ('Ratelimit: "default";r=0;t=20', 'Ratelimit-Policy: "default";q=100;w=60'),
        ),
    ):
        yield f"429 971, {told}".rstrip(", "), heals(refusal(429, 971, headers=headers), RateLimitError)
    yield "429 as HTML", heals(page(429), RateLimitError)
    yield "429 without a body", heals(bare(429), RateLimitError)
    for told, headers in (
        ("301 s", ("Retry-After: 301",)),
        ("a day", ("Retry-After: 86400",)),
        ("more digits than a number has", (f"Retry-After: {'9' * 5_000}",)),
        ("a date in a day", (date, "Retry-After: Tue, 06 Jan 2026 00:00:00 GMT")),
    ):
        yield f"429 971, {told}", lasts(refusal(429, 971, headers=headers), RateLimitError)
    yield "503, Retry-After 120", heals(refusal(503, 1, headers=("Retry-After: 120",)), ApiError)
    yield "503, a day", lasts(refusal(503, 1, headers=("Retry-After: 86400",)), ApiError)


def limits() -> Iterator[tuple[str, Fault]]:
    """Give right answers, with what they tell of limits."""
    for told, headers in (
        ("plenty", ('Ratelimit: "default";r=1199;t=300',)),
        ("nearly none", ('Ratelimit: "default";r=2;t=30', 'Ratelimit-Policy: "default";q=100;w=60')),
        ("none for 100 s", ('Ratelimit: "default";r=0;t=100',)),
        ("several", ('Ratelimit: "burst";r=9;t=3, "day";r=0;t=9',)),
        ("the older form", ("RateLimit-Limit: 100", "RateLimit-Remaining: 0", "RateLimit-Reset: 5")),
        ("numbers without end", (f'Ratelimit: "default";r={"9" * 5_000};t={"9" * 5_000}',)),
        ("less than nothing", ('Ratelimit: "default";r=-1;t=nan',)),
        ("no form at all", ('Ratelimit: ;;,,"',)),
        ("Retry-After beside a right answer", ("Retry-After: 86400",)),
    ):
        yield f"limits: {told}", harmless(lambda turn, headers=headers: answer(turn.right, *headers))
    used_up = sends(lambda turn: answer(turn.right, 'Ratelimit: "default";r=0;t=86400'))
    yield "limits: none for a day", Fault(used_up, (Table, RateLimitError), (Table, RateLimitError))


def bodies() -> Iterator[tuple[str, Fault]]:
    """Give bodies that are not the promised one, in answers that are well formed."""
    refused = [{"code": 10000, "message": "Authentication error"}]
    for told, make, kind in (
        (
            "200 that refuses",
            lambda t: json.dumps({"success": False, "errors": refused, "x": echo(t)}),
            ApiError,
        ),
        (
            "200 without a result",
            lambda t: json.dumps({"success": True, "result": None, "x": echo(t)}),
            None,
        ),
        ("an empty body", lambda _t: "", None),
        ("spaces", lambda _t: "   \r\n", None),
        ("null", lambda _t: "null", None),
        ("a list", lambda _t: "[]", None),
        ("an empty object", lambda _t: "{}", None),
        ("a text", lambda t: json.dumps(echo(t)), None),
        ("a number", lambda _t: "9" * 5_000, None),
        ("half of it", lambda t: t.right[: len(t.right) // 2].decode(), None),
        ("all but the last byte", lambda t: t.right[:-1].decode(), None),
        ("it, twice", lambda t: t.right.decode() * 2, None),
        ("a key twice", lambda t: t.right.decode().replace("{", '{"success":false,', 1), None),
        ("100,000 levels", lambda _t: "[" * 100_000 + "]" * 100_000, None),
        ("a result of another kind", lambda _t: '{"success": true, "result": "x"}', None),
        ("a page of HTML", lambda t: f"<!DOCTYPE html><pre>{echo(t)}", None),
        ("the request itself", echo, None),
    ):
        make_bytes = lambda turn, make=make: answer(make(turn).encode())  # noqa: E731
        yield told, lasts(sends(make_bytes), kind or PayloadError)
    yield "a byte order mark", lasts(sends(lambda t: answer(b"\xef\xbb\xbf" + t.right)))
    yield "UTF-16", lasts(sends(lambda t: answer(t.right.decode().encode("utf-16"))))
    yield "no UTF-8", lasts(sends(lambda t: answer(b'{"\xff": 1, ' + t.right[1:-1])))
    for status in ("204 No Content", "205 Reset Content"):
        yield status[:3], lasts(sends(lambda _t, status=status: answer(b"", status=status)))
    yield (
        "206 with half of it",
        lasts(sends(lambda t: answer(t.right[: len(t.right) // 2], status="206 Partial Content"))),
    )
    for status in ("201 Created", "202 Accepted"):
        yield status[:3], harmless(lambda t, status=status: answer(t.right, status=status))


def chunked(body: bytes, *, last: bytes = b"0\r\n\r\n", more: str = "") -> bytes:
    """Return an answer in two chunks."""
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return f"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n{more}\r\n".encode() + parts + last


def places(whole: bytes) -> dict[str, int]:
    """Return a byte offset of every class of an answer with a length."""
    body = whole.index(b"\r\n\r\n") + 4
    return {
        "before its first byte": 0,
        "in its protocol": 3,
        "in its status": 10,
        "after its status line": 17,
        "in a header's name": 21,
        "in a header's value": whole.index(b"Length: ") + 9,
        "after a header": body - 2,
        "between headers and body": body,
        "after the body's first byte": body + 1,
        "in the body": (body + len(whole)) // 2,
        "before its last byte": len(whole) - 1,
    }


def chunk_places(whole: bytes) -> dict[str, int]:
    """Return a byte offset of every class that only an answer in chunks has."""
    body = whole.index(b"\r\n\r\n") + 4
    first = whole.index(b"\r\n", body)
    return {
        "in a chunk's size": body + 1,
        "after a chunk's size": first + 2,
        "in a chunk": first + 20,
        "before the last chunk": len(whole) - 5,
        "in the last chunk": len(whole) - 4,
        "before the end of the last chunk": len(whole) - 2,
    }


def cuts() -> Iterator[tuple[str, Fault]]:
    """End answers too early: the connection is closed, reset, or falls silent."""
    ways = {"closed": partial(sends, goes_on=False), "reset": resets, "silent": falls_silent}
    sample = answer(b"{}" * 50)
    for form, of, example in ((answer, places, sample), (chunked, chunk_places, chunked(b"{}" * 50))):
        for place in of(example):
            for told, way in ways.items():
                cut = lambda t, form=form, of=of, place=place: form(t.right)[: of(form(t.right))[place]]  # noqa: E731
                yield f"{told} {place}", heals(way(cut))
    open_end = lambda t: b"HTTP/1.1 200 OK\r\n\r\n" + t.right  # noqa: E731
    yield "without a length, whole", harmless(open_end, goes_on=False)
    yield "without a length, cut", lasts(sends(lambda t: open_end(t)[:-20], goes_on=False))
    yield "without a length, silent", heals(falls_silent(open_end))
    yield "closed after the answer", harmless(lambda t: answer(t.right), goes_on=False)
    yield "reset after the answer", Fault(resets(lambda t: answer(t.right)), (Table, TransportError))
    yield "silent after the answer", Fault(falls_silent(lambda t: answer(t.right)), (Table,))


def lengths() -> Iterator[tuple[str, Fault]]:
    """Give lengths that are none."""

    def with_length(length: Callable[[int], str], *more: str) -> Make:
        def make(turn: Turn) -> bytes:
            lines = ["HTTP/1.1 200 OK", f"Content-Length: {length(len(turn.right))}", *more]
            return "".join(f"{line}\r\n" for line in lines).encode() + b"\r\n" + turn.right

        return make

    yield "a length too short", lasts(sends(with_length(lambda n: str(n - 7))))
    yield "a length of none", lasts(sends(with_length(lambda _n: "0")))
    yield "a length too long, closed", heals(sends(with_length(lambda n: str(n + 7)), goes_on=False))
    yield "a length too long, silent", heals(falls_silent(with_length(lambda n: str(n + 7))))
    for told, length in (
        ("negative", lambda n: str(-n)),
        ("with a sign", lambda n: f"+{n}"),
        ("hexadecimal", hex),
        ("a word", lambda _n: "many"),
        ("empty", lambda _n: ""),
        ("of 5,000 digits", lambda _n: "9" * 5_000),
        ("with a list of two", lambda n: f"{n}, {n + 1}"),
    ):
        yield f"a length that is {told}", heals(sends(with_length(length), goes_on=False))
    yield (
        "two lengths that differ",
        heals(sends(lambda t: with_length(str, f"Content-Length: {len(t.right) + 1}")(t), goes_on=False)),
    )
    yield "two lengths that agree", harmless(lambda t: with_length(str, f"Content-Length: {len(t.right)}")(t))
    yield (
        "a length beside chunks",
        harmless(lambda t: chunked(t.right, more=f"Content-Length: {len(t.right)}\r\n"), goes_on=False),
    )


def chunks() -> Iterator[tuple[str, Fault]]:
    """Send chunks, odd and broken ones."""
    yield "chunks", harmless(lambda t: chunked(t.right))
    yield "chunks with extensions", harmless(lambda t: chunked(t.right).replace(b"\r\n{", b";a=b\r\n{", 1))
    yield "chunks with trailers", harmless(lambda t: chunked(t.right, last=b"0\r\nA: b\r\n\r\n"))
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    for told, make in (
        ("a size of no number", lambda t: head + b"xyz\r\n" + t.right),
        ("a negative size", lambda t: head + b"-5\r\n" + t.right),
        ("a size with 0x", lambda t: head + b"0x10\r\n" + t.right),
        ("a size without end", lambda t: head + b"f" * 5_000 + b"\r\n" + t.right),
        ("no size", lambda t: head + t.right),
        ("a chunk longer than its size", lambda t: head + b"5\r\n" + t.right + b"\r\n0\r\n\r\n"),
        (
            "a chunk shorter than its size",
            lambda t: head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(t.right) + 9, t.right),
        ),
    ):
        yield f"chunks: {told}", heals(sends(make, goes_on=False))
    odd = lambda t: chunked(t.right).replace(b"chunked", b"gzip, chunked", 1)  # noqa: E731
    yield "chunks of gzip that is none", heals(sends(odd, goes_on=False))


def heads() -> Iterator[tuple[str, Fault]]:
    """Give heads that are none, and odd ones."""
    for told, text in (
        ("no HTTP", b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
        ("no status", b"HTTP/1.1 OK\r\n\r\n"),
        ("a status of four digits", b"HTTP/1.1 2000 OK\r\n\r\n"),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("TLS", b"\x15\x03\x01\x00\x02\x02\x46"),
        ("a header without a name", b"HTTP/1.1 200 OK\r\n: x\r\n\r\n"),
        ("a header of NULs", b"HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"),
        ("a flood of headers", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000),
        ("101", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    ):
        yield f"head: {told}", heals(sends(lambda _t, text=text: text, goes_on=False))
    yield "head: what was asked", heals(sends(lambda t: t.head, goes_on=False))
    yield (
        "head: what was asked, as a header",
        heals(
            sends(
                lambda t: b"HTTP/1.1 200 OK\r\n%b is: x\r\n\r\n" % authorization(t).split()[-1], goes_on=False
            )
        ),
    )
    yield (
        "head: what was asked, as a reason",
        lasts(sends(lambda t: answer(b"{}", status=f"403 {authorization(t).decode()}")), AuthError),
    )
    for told, before in (
        ("100", b"HTTP/1.1 100 Continue\r\n\r\n"),
        ("103", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    ):
        yield f"{told}, then the answer", harmless(lambda t, before=before: before + answer(t.right))
        yield f"{told} without end", lasts(drips(b"", before), TransportError)
    yield "HTTP/1.0", harmless(lambda t: answer(t.right).replace(b"HTTP/1.1", b"HTTP/1.0", 1), goes_on=False)
    yield "a cookie", harmless(lambda t: answer(t.right, "Set-Cookie: a=\u00fc\u2028; Secure"))
    yield "Connection: close", harmless(lambda t: answer(t.right, "Connection: close"), goes_on=False)


def drops() -> Iterator[tuple[str, Fault]]:
    """Answer drop by drop: one try takes all the time that a request has."""
    yield "dripping head", lasts(drips(b"HTTP/1.1 200 OK\r\nX: ", b"x"), TransportError)
    yield "dripping body", lasts(drips(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"), TransportError)
    yield (
        "dripping chunks",
        lasts(drips(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"), TransportError),
    )
    yield (
        "a dripping refusal",
        lasts(drips(b"HTTP/1.1 403 No\r\nContent-Length: 1000000\r\n\r\n"), TransportError),
    )


def bomb(size: int) -> bytes:
    packer = zlib.compressobj(wbits=31)
    return packer.compress(b" " * size) + packer.flush()


BOMB = bomb(10 << 20)


def packings() -> Iterator[tuple[str, Fault]]:
    """Pack bodies well and badly, and such as unpack without end."""
    packed = lambda data, name="gzip": answer(data, f"Content-Encoding: {name}")  # noqa: E731
    yield "gzip", harmless(lambda t: packed(gzip.compress(t.right)))
    yield "x-gzip", lasts(sends(lambda t: packed(gzip.compress(t.right), "x-gzip")))
    yield "identity", harmless(lambda t: packed(t.right, "identity"))
    for told, make in (
        ("that is none", lambda t: packed(t.right)),
        ("without its end", lambda t: packed(gzip.compress(t.right)[:-9])),
        ("with a wrong sum", lambda t: packed(gzip.compress(t.right)[:-8] + bytes(8))),
        ("with a damaged middle", lambda t: packed(_damaged(gzip.compress(t.right)))),
        ("with more behind", lambda t: packed(gzip.compress(t.right) + b"{}")),
        ("twice", lambda t: packed(gzip.compress(t.right) * 2)),
    ):
        yield f"gzip {told}", heals(sends(make))
    for name in ("deflate", "br", "zstd", "gzip, gzip", "\u00fc"):
        yield f"packed as {name}", lasts(sends(lambda t, name=name: packed(gzip.compress(t.right), name)))
    yield "gzip that nobody tells of", lasts(sends(lambda t: answer(gzip.compress(t.right))))
    yield "a bomb", lasts(sends(lambda _t: packed(BOMB)))
    yield (
        "a bomb in a refusal",
        lasts(sends(lambda _t: answer(BOMB, "Content-Encoding: gzip", status="403 No"))),
    )
    yield (
        "a body without end",
        lasts(sends(lambda _t: answer(b" " * (2 << 20)).replace(b"2097152", b"99999999999"), goes_on=False)),
    )


def _damaged(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes(byte ^ 0xFF for byte in data[middle : middle + 8]) + data[middle + 8 :]


def doubles() -> Iterator[tuple[str, Fault]]:
    """Give two answers to one request: the second is another's."""
    for told, form in (("", answer), (" in chunks", chunked)):
        yield f"two answers{told}", harmless(lambda t, form=form: form(t.right) + form(t.others))
        yield (
            f"an answer{told} and half another",
            harmless(lambda t, form=form: form(t.right) + form(t.others)[:60]),
        )
    yield "an answer and a line break", harmless(lambda t: answer(t.right) + b"\r\n")
    yield "an answer and a refusal", harmless(lambda t: answer(t.right) + answer(b"{}", status="403 No"))


FAULTS: dict[str, Fault] = dict(
    one
    for group in (
        refusals,
        storms,
        limits,
        bodies,
        cuts,
        lengths,
        chunks,
        heads,
        drops,
        packings,
        doubles,
    )
    for one in group()
)
