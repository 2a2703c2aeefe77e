"""Sockets with a time limit, on which a caller stops waiting within a second, whatever the other end does."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from traceback import walk_tb
from typing import Any, Final, Generic, TypeVar

import httpcore

from cfusage_lab.redaction import without_frames
from cfusage_lab.wire.limits import CONNECT, EXCHANGE, POLL, SILENCE

__all__ = ["Sockets", "exchange"]

_LONGEST_HEAD: Final = 100 * 1024
"""Bytes: httpcore refuses a longer one."""
_AT_ONCE: Final = 512 * 1024
"""Bytes that are read at once from the second time on, if they are there: httpcore's 64 KiB make eight times
the turns, and most answers need no more."""
_END_OF_CHUNKS: Final = b"\r\n0\r\n\r\n"

T = TypeVar("T")
Check = Callable[[], None]


class _Exchange:
    """The time of one request and its answer, and whether anybody still waits for it."""

    def __init__(self, check: Check) -> None:
        self._check = check
        self._until = time.monotonic() + EXCHANGE
        self._look_at = 0.0

    def left(self, seconds: float, error: type[httpcore.TimeoutException]) -> float:
        """Return how much of so many seconds may still be used."""
        self.look()
        left = self._until - time.monotonic()
        if left <= 0:
            raise error(f"no whole answer within {EXCHANGE:.0f} s")
        return min(left, seconds)

    def look(self) -> None:
        """Raise if the caller wants no more of this; ask it a few times a second."""
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + POLL
            self._check()


_current: ContextVar[_Exchange] = ContextVar("exchange")


@contextmanager
def exchange(check: Check) -> Iterator[None]:
    """Bound what is done over sockets in this thread, and ask ``check`` now and then whether to go on."""
    token = _current.set(_Exchange(check))
    try:
        yield
    finally:
        _current.reset(token)


class Sockets(httpcore.NetworkBackend):
    """Opens connections, for httpcore."""

    def __init__(self) -> None:
        self._plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - ours is in limits
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect; the caller can leave even while a name is looked up, which nothing can interrupt."""

        def connect() -> httpcore.NetworkStream:
            return self._plain.connect_tcp(host, port, CONNECT / 2, local_address, socket_options)

        return _Stream(_Task(connect, leave=_close).result(f"no connection to {host}"))


class _Stream(httpcore.NetworkStream):
    """A connection that is used again only if what came over it was one answer to each request, exactly.

    A broken proxy can send two answers to one request. httpcore would take the second for the answer to
    the next request, which may be another account's.
    """

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner
        self._answer = _Framing()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - as above
        now = _current.get()
        size = _AT_ONCE if self._answer.is_begun else max_bytes
        silent_at = time.monotonic() + SILENCE
        while True:
            left = min(silent_at - time.monotonic(), now.left(SILENCE, httpcore.ReadTimeout))
            if left <= 0:
                raise httpcore.ReadTimeout(f"not a byte for {SILENCE:.0f} s")
            with suppress(httpcore.ReadTimeout):
                data = self._inner.read(size, min(left, POLL))
                break
        self._answer.receive(data)
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - as above
        self._answer = _Framing()
        self._inner.write(buffer, _current.get().left(SILENCE, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - as above
    ) -> httpcore.NetworkStream:
        inner = self._inner
        plain = inner.get_extra_info("socket")

        def greet() -> httpcore.NetworkStream:
            try:
                plain.getpeername()  # else Python's ssl leaves the socket open, and goes on without TLS
            except OSError as exc:
                inner.close()
                raise httpcore.ConnectError(str(exc)) from None
            try:
                return inner.start_tls(ssl_context, server_hostname, CONNECT)
            except Exception as exc:
                _close_begun(exc)
                raise

        with socket.fromfd(plain.fileno(), plain.family, plain.type) as twin:  # TLS takes the other over
            try:
                return _Stream(_Task(greet, leave=_close).result(f"no TLS with {server_hostname}"))
            except BaseException:
                with suppress(OSError):  # wakes the thread that waits for a greeting
                    twin.shutdown(socket.SHUT_RDWR)
                raise

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401 - httpcore's
        if info == "is_readable" and not self._answer.is_exact:
            return True  # to httpcore, a sign that the connection is of no more use
        return self._inner.get_extra_info(info)


class _Framing:
    """Whether the bytes since the last request are one answer and nothing else.

    Where that can't be told, the answer is no: the connection is then not used again.
    """

    __slots__ = ("_body_at", "_head", "_length", "_received", "_tail")

    def __init__(self) -> None:
        self._head = bytearray()
        self._body_at = 0
        self._length: int | None = None
        self._received = 0
        self._tail = b""

    def receive(self, data: bytes) -> None:
        self._received += len(data)
        if self._body_at:
            self._tail = self._tail[-len(_END_OF_CHUNKS) :] + data if self._length is None else b""
        elif len(self._head) <= _LONGEST_HEAD:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end >= 0:
                self._body_at = end + 4
                self._length = _content_length(bytes(self._head[: end + 2]).lower())
                self._tail = bytes(self._head[end + 2 :])
                self._head.clear()

    @property
    def is_begun(self) -> bool:
        """Whether some of the answer is here."""
        return self._received > 0

    @property
    def is_exact(self) -> bool:
        """Whether the connection is fresh, or holds nothing beyond one answer."""
        if not self._received:
            return True
        if self._length is not None:
            return self._received == self._body_at + self._length
        return self._tail.find(_END_OF_CHUNKS) == len(self._tail) - len(_END_OF_CHUNKS) >= 0


def _content_length(head: bytes) -> int | None:
    """Return the length that a head names; None where the body comes in chunks, -1 where it is unclear."""
    if b"\r\ntransfer-encoding:" in head:
        return None
    _, found, text = head.partition(b"\r\ncontent-length:")
    number = text.partition(b"\r\n")[0].strip()
    return int(number) if found and number.isdigit() and len(number) < 12 else -1  # noqa: PLR2004


def _close_begun(error: BaseException | None) -> None:
    """Close the socket that Python's ssl had begun when an error came: only the error's frames have it."""
    while error is not None:
        for frame, _ in walk_tb(error.__traceback__):
            begun = frame.f_locals.get("self")
            if isinstance(begun, ssl.SSLSocket):
                begun.close()
        error = error.__cause__ or error.__context__


def _close(stream: httpcore.NetworkStream) -> None:
    stream.close()


class _Task(Generic[T]):
    """Something that nothing can interrupt, done in a thread of its own, which the caller can leave."""

    def __init__(self, work: Callable[[], T], *, leave: Callable[[T], None]) -> None:
        self._work = work
        self._leave = leave
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._results: list[T] = []
        self._errors: list[Exception] = []
        self._is_left = False
        try:
            threading.Thread(target=self._run, name="cfusage_lab connection", daemon=True).start()
        except RuntimeError:  # a machine out of threads: then the caller can't leave, but is connected
            self._run()

    def result(self, what: str) -> T:
        """Wait for what comes of it; ``what`` says what is missing if nothing does."""
        until = time.monotonic() + CONNECT
        try:
            while not self._ended.wait(POLL):
                _current.get().left(CONNECT, httpcore.ConnectTimeout)
                _refuse_late(until, what)
        except BaseException:
            self._abandon()
            raise
        if self._errors:
            raise self._errors[0]
        return self._results[0]

    def _run(self) -> None:
        try:
            result = self._work()
        except Exception as exc:  # noqa: BLE001 - handed over
            self._errors.append(without_frames(exc))  # whose variables would keep a socket open
        else:
            with self._lock:
                self._results.append(result)
                if self._is_left:
                    self._leave(result)
        self._ended.set()

    def _abandon(self) -> None:
        with self._lock:
            self._is_left = True
            for result in self._results:
                self._leave(result)


def _refuse_late(until: float, what: str) -> None:
    if time.monotonic() >= until:
        raise httpcore.ConnectTimeout(f"{what} within {CONNECT:.0f} s")
