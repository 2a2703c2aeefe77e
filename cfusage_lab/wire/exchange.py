"""The way to Cloudflare and back: who asks, how fast, how often again. Only this module sends requests."""

import copy
import random
from collections.abc import Generator
from typing import TYPE_CHECKING, Final

import httpx
from httpx_retries import Retry, RetryTransport

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import TransportError
from cfusage_lab.wire import refusals
from cfusage_lab.wire.addresses import proxy_of
from cfusage_lab.wire.pacing import Pacer, Waiter

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["Wire", "inside"]

_LONGEST_WAIT: Final = 300.0
"""Seconds: the longest single wait that is obeyed, as long as Cloudflare's block lasts."""

_ALL_WAITS: Final = 900.0
_TRIES: Final = 6
_TRIES_AFTER_500: Final = 2
_TRIES_TO_CONNECT: Final = 2
_TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
_SERVER_ERROR: Final = 500


class Wire:
    """One place on the network that answers for one set of credentials.

    Parameters
    ----------
    credentials
        What proves who asks.
    base_url
        Where, as :func:`cfusage_lab.wire.address` lets it pass.
    pacer
        Shared by everything that asks with the same credentials.
    transport
        How to get there, if not over a socket.
    """

    def __init__(
        self,
        credentials: Credentials,
        *,
        base_url: str,
        pacer: Pacer,
        connections: int,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._credentials = credentials
        inner = transport or httpx.HTTPTransport(
            limits=httpx.Limits(max_connections=connections, max_keepalive_connections=connections),
            proxy=proxy_of(base_url),
        )
        self._client = httpx.Client(
            base_url=base_url,
            auth=_Proof(credentials),
            transport=RetryTransport(transport=_Paced(inner, pacer)),
            timeout=_TIMEOUT,
            headers={"accept": "application/json", "user-agent": "cfusage_lab"},
        )

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, *, waiter: Waiter, **query: str | int) -> bytearray:
        """Return the body of the answer to ``GET path``, after retries where they may help.

        Raises
        ------
        ApiError
            If Cloudflare refuses (:func:`cfusage_lab.refusals.error` says which kind).
        TransportError
            If no answer comes back.
        CancelledError
            If the caller stops waiting.
        """
        extensions = {"retry": _Patience(waiter), "waiter": waiter}
        try:
            with self._client.stream("GET", path, params=query, extensions=extensions) as response:
                pass  # _Paced has read it
        except _MayHealError as exc:
            response = exc.response
        except httpx.HTTPError as exc:
            failure = TransportError(
                f"no answer from {self._client.base_url.host} for {path}: {_told(exc)}; "
                "check the network, then try again",
                retryable=True,
            )
            raise failure from _without_frames(exc)
        body: bytearray = response.extensions["body"]
        if response.is_success:
            return body
        said = self._credentials.redacted(bytes(body))
        raise refusals.error(response.status_code, said, path=path, retry_after=_retry_after(response))


class _Proof(httpx.Auth):
    """Puts the credentials on a request for as long as it is under way, and takes them off again.

    httpx hides ``authorization`` in what it prints, but not ``x-auth-key``; and a request outlives its
    exchange in exceptions and responses.
    """

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        request.headers.update(self._credentials.headers())
        try:
            yield request
        finally:
            for name in ("Authorization", "X-Auth-Email", "X-Auth-Key"):
                request.headers.pop(name, None)


class _MayHealError(Exception):
    """An answer that is not worth having, where the next one may be."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.status_code)
        self.response = response


class _Paced(httpx.BaseTransport):
    """Sends one request when its turn comes, and reads the whole answer, so that retries cover the body."""

    def __init__(self, inner: httpx.BaseTransport, pacer: Pacer) -> None:
        self._inner = inner
        self._pacer = pacer

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._pacer.wait(request.extensions["waiter"])
        response = self._inner.handle_request(request)
        response.request = request
        body = bytearray()  # grows in place; response.read() would hold the body twice
        try:
            for chunk in response.iter_bytes():
                body += chunk
        finally:
            response.close()
        response.extensions["body"] = body
        self._pacer.observe(response.headers)
        if response.is_error and refusals.may_heal(response.status_code, body):
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._pacer.hold(_retry_after(response) or 0.0)
            raise _MayHealError(response)
        return response

    def close(self) -> None:
        self._inner.close()


class _Patience(Retry):
    """How often one request is tried, and how long that may take.

    Where Cloudflare asks for a longer wait than is left, it stops: to come back early is punished.
    """

    def __init__(self, waiter: Waiter) -> None:
        super().__init__(
            total=_TRIES, total_timeout=_ALL_WAITS, max_backoff_wait=_LONGEST_WAIT, backoff_factor=0.5
        )
        self._waiter = waiter

    def increment(self) -> "_Patience":
        again = copy.copy(self)
        again.attempts_made += 1
        return again

    def is_retryable_status_code(self, status_code: int) -> bool:  # noqa: ARG002 - _Paced has looked at it
        return False

    def is_retryable_exception(self, exception: Exception) -> bool:
        if isinstance(exception, httpx.ConnectError | httpx.ConnectTimeout):
            return self.attempts_made < _TRIES_TO_CONNECT  # nobody waits a minute to hear of no network
        if not isinstance(exception, _MayHealError):
            return super().is_retryable_exception(exception)
        if exception.response.status_code == _SERVER_ERROR and self.attempts_made >= _TRIES_AFTER_500:
            return False
        return self._wait_after(exception) <= min(_LONGEST_WAIT, _ALL_WAITS - self.elapsed_sleep)

    def sleep(self, response: httpx.Response | Exception) -> None:
        seconds = self._wait_after(response)
        self.elapsed_sleep += seconds
        self._waiter.sleep(seconds, f"trying again after {_told(response)}")

    def _wait_after(self, failure: object) -> float:
        asked = _retry_after(failure.response) if isinstance(failure, _MayHealError) else None
        if asked is not None:
            return asked
        return min(0.5 * 2.0**self.attempts_made, 30.0) * random.uniform(0.5, 1)  # noqa: S311


def _retry_after(response: httpx.Response) -> float | None:
    """Return the seconds that an answer asks to wait, if it does."""
    text = response.headers.get("retry-after", "")
    try:
        return Retry().parse_retry_after(text) if text else None
    except ValueError:
        return None


def _told(failure: object) -> str:
    if isinstance(failure, _MayHealError):
        status = failure.response.status_code
        return f"an answer {status}" + (
            ": too many requests" if status == httpx.codes.TOO_MANY_REQUESTS else ""
        )
    return f"{type(failure).__name__} ({failure})" if str(failure) else type(failure).__name__


def _without_frames(exc: BaseException) -> BaseException:
    """Return an exception without its stack, and those behind it likewise: frames below hold headers."""
    link: BaseException | None = exc
    while link is not None:
        link.__traceback__ = None
        link = link.__cause__ or link.__context__
    return exc


def inside(application: "WSGIApplication") -> httpx.BaseTransport:
    """Return a transport to an application within this process, for :class:`Wire`."""
    return httpx.WSGITransport(app=application)
