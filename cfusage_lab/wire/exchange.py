"""One request and its answer: who asks, what is sent, and what comes of it.

Nothing leaves :meth:`Wire.get` but what was asked for or an error of ours: without the frames in which
headers stand, and without the secret, however an answer or the network's libraries repeat it.
"""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Final, TypeVar

import httpx
from httpx_retries import RetryTransport

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import CfUsageError, TransportError
from cfusage_lab.redaction import without_frames
from cfusage_lab.wire import bodies, refusals
from cfusage_lab.wire.addresses import proxy_of
from cfusage_lab.wire.logs import redacted_logs
from cfusage_lab.wire.pacing import Pacer, Waiter
from cfusage_lab.wire.retries import RetryableAnswerError, RetryPolicy, clock_lead, failure_text, retry_after
from cfusage_lab.wire.sockets import exchange
from cfusage_lab.wire.transport import SocketTransport
from cfusage_lab.wording import visible

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

__all__ = ["Wire", "wsgi_transport"]

_LONGEST_MESSAGE: Final = 2_000
"""Characters of what others say that an error repeats."""

T = TypeVar("T")


class Wire:
    """One place on the network that answers for one set of credentials.

    What the other end may take is bounded (:mod:`cfusage_lab.wire.limits`).

    Parameters
    ----------
    credentials
        What proves who asks.
    base_url
        Where, as :func:`cfusage_lab.wire.address` lets it pass.
    pacer
        Shared by everything that asks with the same credentials.
    connections
        How many are kept open.
    transport
        How to get there, if not over a socket.

    Raises
    ------
    ConfigError
        If the environment names a proxy or certificates that can't be used.
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
        proxy = proxy_of(base_url) if transport is None else None
        inner = transport or SocketTransport(
            is_secure=base_url.startswith("https:"), proxy=proxy, connections=connections
        )
        self._redacted = credentials.redactor(*(proxy.secrets if proxy else ()))
        self._paced = _Paced(inner, pacer)
        self._client = httpx.Client(
            base_url=base_url,
            auth=_Authentication(credentials),
            transport=RetryTransport(transport=self._paced),
            headers={
                "accept": "application/json",
                "accept-encoding": bodies.ENCODING,
                "user-agent": "cfusage_lab",
            },
            trust_env=False,
        )

    @property
    def clock_lead(self) -> float:
        """How many seconds the clock here was ahead of the newest answer's; 0 where that told no time."""
        return self._paced.clock_lead

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def get(self, path: str, decode: Callable[[bytearray], T], *, waiter: Waiter, **query: str | int) -> T:
        """Return what ``decode`` makes of the answer to ``GET path``, after retries where they may help.

        Raises
        ------
        ApiError
            If Cloudflare refuses (:func:`cfusage_lab.wire.refusals.error` says which kind).
        TransportError
            If no answer comes back, or none that is HTTP.
        PayloadError
            If it is too large, or ``decode`` says so.
        RateLimitError
            If it would have to be waited for too long.
        CancelledError
            If the caller stops waiting.
        """
        try:
            with redacted_logs(self._redacted):
                return decode(self._redacted.in_json(self._answer(path, waiter, query)))
        except BaseException as exc:  # noqa: BLE001 - an interrupt has the same frames
            failure = self._shown(exc, path, waiter)
        try:
            raise failure  # here, where no other error is under way that would hang on to it
        finally:
            del failure

    def redacted(self, text: str) -> str:
        """Return what the answer said without the secret, should it have repeated it."""
        return self._redacted(text)

    def _answer(self, path: str, waiter: Waiter, query: dict[str, str | int]) -> bytearray:
        extensions = {"retry": RetryPolicy(waiter), "waiter": waiter, "path": path}
        try:
            with self._client.stream("GET", path, params=query, extensions=extensions) as response:
                pass  # _Paced has read it
        except RetryableAnswerError as exc:
            response = exc.response
        body: bytearray = response.extensions["body"]
        if response.is_success:
            return body
        raise refusals.error(
            response.status_code, body, path=path, retry_after=response.extensions["retry_after"]
        )

    def _shown(self, exc: BaseException, path: str, waiter: Waiter) -> BaseException:
        """Return what is raised for an error: one of ours, fit to be printed with all its variables."""
        if exc is waiter.fault:  # the caller's own progress went wrong
            return without_frames(exc).with_traceback(waiter.fault_traceback)
        if not isinstance(exc, Exception) or isinstance(exc, MemoryError):
            return without_frames(exc)
        if isinstance(exc, CfUsageError):
            exc.args = (self._message(str(exc)),)
            exc.__cause__ = exc.__context__ = None
            return without_frames(exc)
        failure = TransportError(
            self._message(
                f"no answer from {self._client.base_url.host} for {path}: {failure_text(exc)}; "
                "check the network, then try again"
            ),
            retryable=isinstance(exc, httpx.HTTPError),
        )
        if isinstance(exc, httpx.HTTPError):
            exc.args = (self._message(str(exc)),)
            exc.__cause__ = exc.__context__ = None
            failure.__cause__ = without_frames(exc)
        return failure

    def _message(self, text: str) -> str:
        if len(text) > _LONGEST_MESSAGE:
            text = f"{text[: _LONGEST_MESSAGE // 2]} … {text[-_LONGEST_MESSAGE // 2 :]}"
        return visible(self._redacted(text))


class _Authentication(httpx.Auth):
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


class _Paced(httpx.BaseTransport):
    """Sends one request when its turn comes, and reads the whole answer, so that retries cover the body."""

    def __init__(self, inner: httpx.BaseTransport, pacer: Pacer) -> None:
        self._inner = inner
        self._pacer = pacer
        self.clock_lead = 0.0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        waiter: Waiter = request.extensions["waiter"]
        self._pacer.wait(waiter)
        with exchange(waiter.check):
            answer = self._inner.handle_request(request)
            try:
                body = bodies.read(answer, path=request.extensions["path"])
            finally:
                answer.close()
        self._pacer.observe(answer.headers)
        asked, self.clock_lead = retry_after(answer), clock_lead(answer)
        # no header goes further: httpx would keep and send cookies
        response = httpx.Response(
            answer.status_code, request=request, extensions={"body": body, "retry_after": asked}
        )
        if response.is_error and refusals.is_retryable(response.status_code, body):
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._pacer.hold(asked or 0.0)
            raise RetryableAnswerError(response)
        return response

    def close(self) -> None:
        self._inner.close()


def wsgi_transport(application: "WSGIApplication") -> httpx.BaseTransport:
    """Return a transport to an application within this process, for :class:`Wire`."""
    return httpx.WSGITransport(app=application)
