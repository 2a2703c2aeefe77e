"""The way to the network, for httpx: through a proxy or not, over TLS or not, over sockets with bounds."""

import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpcore
import httpx

from cfusage_lab.credentials import setting
from cfusage_lab.errors import ConfigError
from cfusage_lab.wire.addresses import Proxy
from cfusage_lab.wire.sockets import Sockets

__all__ = ["SocketTransport"]

_KEEP_SECONDS: Final = 5.0
"""How long an idle connection is kept."""

_FAILURES: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@dataclass(slots=True)
class _Pool:
    """The connections on which one thing is asked, and how many requests are under way over them."""

    target: bytes
    connections: httpcore.ConnectionPool
    under_way: int = 0


class SocketTransport(httpx.BaseTransport):
    """Sends requests over sockets that a caller can leave (:mod:`cfusage_lab.wire.sockets`).

    A connection is used again only to ask the same once more. A broken proxy can send two answers to one
    request, the second of them late: it would pass for the answer to what is asked next, which may be about
    another account, or for other hours. Ten workers with a connection each hide what a new one costs.

    Parameters
    ----------
    is_secure
        Whether TLS is spoken.
    proxy
        What stands on the way, or None.
    connections
        How many are kept open for the next request.

    Raises
    ------
    ConfigError
        If the environment names certificates that can't be used, or the kernel runs inside a browser, which
        has no sockets.
    """

    def __init__(self, *, is_secure: bool, proxy: Proxy | None, connections: int) -> None:
        if sys.platform == "emscripten":
            raise ConfigError(
                "a kernel inside a browser has no sockets, so Cloudflare can't be asked from here: fetch in "
                "another kernel, and bring the table as a file (cfu.read_table)"
            )
        options: dict[str, Any] = {
            "ssl_context": _certificates() if is_secure else None,
            "max_connections": None,  # nobody waits for one: whoever asks has a worker of its own
            "max_keepalive_connections": connections,
            "keepalive_expiry": _KEEP_SECONDS,
            "network_backend": Sockets(),
        }
        if proxy is not None and proxy.url.startswith("https:"):
            options["proxy_ssl_context"] = _certificates()
        self._open: Callable[[], httpcore.ConnectionPool] = partial(_opened, proxy, options)
        self._lock = threading.Lock()
        self._pool = _Pool(b"", self._open())

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request, and return the head of its answer."""
        pool = self._enter(request.url.raw_path)
        try:
            with _httpx_errors():
                answer = pool.connections.handle_request(_as_httpcore(request))
        except BaseException:
            self._leave(pool)
            raise
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer, partial(self._leave, pool)),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close the connections; those with an earlier request under way close when its answer is read."""
        self._pool.connections.close()

    def _enter(self, target: bytes) -> _Pool:
        """Return the connections on which a target is asked for, and let those for another go."""
        with self._lock:
            last = self._pool
            if last.target != target:
                self._pool = _Pool(target, self._open())
                if not last.under_way:
                    last.connections.close()
            self._pool.under_way += 1
            return self._pool

    def _leave(self, pool: _Pool) -> None:
        with self._lock:
            pool.under_way -= 1
            if pool is not self._pool and not pool.under_way:
                pool.connections.close()


class _Body(httpx.SyncByteStream):
    def __init__(self, answer: httpcore.Response, leave: Callable[[], None]) -> None:
        self._answer = answer
        self._leave = leave

    def __iter__(self) -> Iterator[bytes]:
        with _httpx_errors():
            yield from self._answer.iter_stream()

    def close(self) -> None:
        try:
            self._answer.close()
        finally:
            self._leave()


def _as_httpcore(request: httpx.Request) -> httpcore.Request:
    url = request.url
    return httpcore.Request(
        request.method,
        httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
        headers=request.headers.raw,
        content=request.stream,
    )


@contextmanager
def _httpx_errors() -> Iterator[None]:
    """Turn what httpcore raises into its namesake in httpx."""
    try:
        yield
    except _FAILURES as exc:
        raise getattr(httpx, type(exc).__name__)(str(exc)) from None


def _opened(proxy: Proxy | None, options: dict[str, Any]) -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(**options) if proxy is None else _through(proxy, options)


def _through(proxy: Proxy, options: dict[str, Any]) -> httpcore.ConnectionPool:
    auth = None if proxy.user is None else (proxy.user.reveal().encode(), proxy.password.reveal().encode())
    kind: type[httpcore.ConnectionPool] = httpcore.HTTPProxy
    if proxy.is_socks:
        kind = httpcore.SOCKSProxy
    return kind(proxy.url, proxy_auth=auth, **options)  # type: ignore[call-arg, arg-type]


def _certificates() -> ssl.SSLContext:
    """Return what TLS trusts: the environment's certificates, else those that come with httpx."""
    file, folder = setting("SSL_CERT_FILE"), setting("SSL_CERT_DIR")
    try:
        if folder and not file and not Path(folder).is_dir():
            raise NotADirectoryError("there is no such folder")
        return httpx.create_ssl_context()
    except (OSError, ValueError) as exc:
        reason = getattr(exc, "strerror", None) or str(exc)
    names = ["SSL_CERT_FILE" if file else "SSL_CERT_DIR"] if file or folder else []
    names += ["SSLKEYLOGFILE"] if setting("SSLKEYLOGFILE") else []
    hint = (
        f": {' or '.join(names)} in the environment can't be used; set it right, or unset it" if names else ""
    )
    raise ConfigError(f"no certificates to trust ({reason}){hint}")
