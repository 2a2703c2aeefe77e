"""The exchange over HTTP: what is sent, what is tried again, for how long, and that no token leaks."""

import logging
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx
import pytest
from IPython.core.ultratb import VerboseTB

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import (
    ApiError,
    AuthError,
    CancelledError,
    CfUsageError,
    RateLimitError,
    TransportError,
)
from cfusage_lab.progress import Quiet
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, Trouble, serve
from cfusage_lab.wire import CLOUDFLARE, Wire
from cfusage_lab.wire.pacing import Pacer, Waiter
from cfusage_lab.wire.retries import RetryPolicy, retry_after

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
KEY = "a-global-key-that-nobody-may-see-either"
PATH = "/accounts"
GOOD = httpx.Response(200, content=b"{}")

Handler = Callable[[httpx.Request], httpx.Response]


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 0.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Desk:
    """A wire whose other end is a function, and whose clock is its own."""

    def __init__(self, handler: Handler, credentials: Credentials | None = None) -> None:
        self.clock = Clock()
        self.asked: list[tuple[float, httpx.Request]] = []
        self.waits: list[tuple[str, float]] = []

        def handle(request: httpx.Request) -> httpx.Response:
            sent = httpx.Request(request.method, request.url, headers=request.headers.raw)
            self.asked.append((self.clock.time, sent))
            return handler(request)

        desk = self

        class Hearing(Quiet):
            def wait(self, reason: str, seconds: float) -> None:
                desk.waits.append((reason, seconds))

        self.waiter = Waiter(Hearing(), clock=self.clock)
        self.wire = Wire(
            credentials or Credentials(token=TOKEN),
            base_url=CLOUDFLARE,
            pacer=Pacer(monotonic=self.clock.monotonic),
            connections=1,
            transport=httpx.MockTransport(handle),
        )

    def get(self) -> bytes:
        return self.wire.get(PATH, bytes, waiter=self.waiter)


def answering(*answers: httpx.Response | Exception) -> Handler:
    """Answer the nth request with the nth answer; the last one repeats."""
    queue = list(answers)

    def handle(_request: httpx.Request) -> httpx.Response:
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return handle


def refused(status: int, code: int, **headers: str) -> httpx.Response:
    body = {"errors": [{"code": code, "message": "why"}], "result": None, "success": False}
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


def test_a_token_goes_as_a_bearer_and_nothing_else() -> None:
    desk = Desk(answering(GOOD), Credentials(token=TOKEN, email="a@example.com", key=KEY))

    desk.get()

    sent = desk.asked[0][1].headers
    assert sent["authorization"] == f"Bearer {TOKEN}"
    assert "x-auth-email" not in sent
    assert "x-auth-key" not in sent


def test_a_pair_goes_as_two_headers() -> None:
    desk = Desk(answering(GOOD), Credentials(email="a@example.com", key=KEY))

    desk.get()

    sent = desk.asked[0][1].headers
    assert (sent["x-auth-email"], sent["x-auth-key"]) == ("a@example.com", KEY)
    assert "authorization" not in sent


HEALING = [
    refused(429, 971, retry_after="3"),
    httpx.Response(408),
    httpx.Response(500),
    httpx.Response(502, content=b"<html>"),
    httpx.Response(503),
    httpx.Response(504),
    *(httpx.Response(status) for status in range(520, 528)),
    httpx.ConnectError("refused"),
    httpx.ReadTimeout("slow"),
    httpx.ReadError("reset"),
    httpx.RemoteProtocolError("closed"),
]


@pytest.mark.parametrize("trouble", HEALING, ids=repr)
def test_what_may_heal_is_tried_again(trouble: httpx.Response | Exception) -> None:
    desk = Desk(answering(trouble, GOOD))

    assert desk.get() == b"{}"
    assert len(desk.asked) == 2


LASTING = [
    refused(400, 6003),
    refused(401, 1000),
    refused(403, 10000),
    refused(404, 7003),
    refused(429, 10502),
    httpx.Response(301, headers={"location": "https://evil.example/"}),
]


@pytest.mark.parametrize("refusal", LASTING, ids=repr)
def test_what_will_not_heal_is_asked_once(refusal: httpx.Response) -> None:
    desk = Desk(answering(refusal))

    with pytest.raises(ApiError):
        desk.get()
    assert len(desk.asked) == 1


def test_a_500_is_tried_twice_more_then_the_range_is_named() -> None:
    desk = Desk(answering(httpx.Response(500)))

    with pytest.raises(ApiError, match="the range may be the cause"):
        desk.get()
    assert len(desk.asked) == 3


def test_a_retry_after_of_300_s_is_waited_for_in_full_and_announced() -> None:
    desk = Desk(answering(refused(429, 971, retry_after="300"), GOOD))

    desk.get()

    assert desk.asked[1][0] - desk.asked[0][0] >= 300
    assert desk.waits == [("trying again after an answer 429: too many requests", 300)]


@pytest.mark.parametrize("asked", ["301", "86400"])
def test_a_longer_retry_after_is_not_cut_short_but_handed_up(asked: str) -> None:
    """To come back before the time is punished; to wait for a day is no service."""
    desk = Desk(answering(refused(429, 971, retry_after=asked)))

    with pytest.raises(RateLimitError) as caught:
        desk.get()

    assert caught.value.retry_after == float(asked)
    assert caught.value.retryable
    assert (len(desk.asked), desk.clock.time) == (1, 0)


def test_the_sum_of_waits_is_bounded_and_no_wait_is_shorter_than_asked() -> None:
    desk = Desk(answering(refused(429, 971, retry_after="290")))

    with pytest.raises(RateLimitError):
        desk.get()

    gaps = [late[0] - soon[0] for soon, late in zip(desk.asked, desk.asked[1:], strict=False)]
    assert len(gaps) == 3
    assert min(gaps) >= 290
    assert desk.clock.time <= 901


def test_a_date_in_retry_after_that_is_past_or_odd_does_no_harm() -> None:
    for text in ("Wed, 21 Oct 2015 07:28:00 GMT", "soon"):
        desk = Desk(answering(refused(503, 1, retry_after=text), GOOD))

        assert desk.get() == b"{}"


@pytest.mark.parametrize(
    "failure", [httpx.ConnectError("no route to host"), httpx.ConnectTimeout("no answer")]
)
def test_no_network_is_given_up_within_seconds(failure: httpx.TransportError) -> None:
    desk = Desk(answering(failure))

    with pytest.raises(TransportError, match=r"api.cloudflare.com.*no .*check the network") as caught:
        desk.get()

    assert caught.value.retryable
    assert caught.value.__cause__ is failure
    assert len(desk.asked) == 3
    assert desk.clock.time < 5


def test_a_host_that_breaks_every_answer_is_given_up_in_the_end() -> None:
    desk = Desk(answering(httpx.ReadError("reset")))

    with pytest.raises(TransportError, match="reset"):
        desk.get()
    assert len(desk.asked) == 7


def test_a_wait_between_tries_can_be_cancelled() -> None:
    desk = Desk(answering(httpx.Response(503)))
    desk.clock.sleep = lambda _seconds: desk.waiter.stop()  # type: ignore[method-assign]

    with pytest.raises(CancelledError):
        desk.get()


def test_a_redirect_does_not_carry_the_token_anywhere() -> None:
    desk = Desk(answering(httpx.Response(307, headers={"location": "https://evil.example/"})))

    with pytest.raises(ApiError, match="redirects are not followed"):
        desk.get()
    assert {request.url.host for _, request in desk.asked} == {"api.cloudflare.com"}


@contextmanager
def on_a_socket(*trouble: Trouble | None, knobs: Knobs | None = None) -> Iterator[Callable[[], bytes]]:
    """Ask a sandbox over a real socket, without real waits between tries."""
    clock = Clock()
    with serve(Sandbox(knobs or Knobs(), trouble=trouble)) as base_url:
        wire = Wire(
            Credentials(token=SANDBOX_TOKEN),
            base_url=base_url,
            pacer=Pacer(monotonic=clock.monotonic),
            connections=2,
        )
        try:
            yield lambda: wire.get(PATH, bytes, waiter=Waiter(Quiet(), clock=clock), page=1, per_page=50)
        finally:
            wire.close()


@pytest.mark.parametrize("trouble", [Trouble.dropped(), Trouble.dropped("in_body"), Trouble.html()], ids=repr)
def test_a_connection_that_breaks_before_or_in_the_body_is_tried_again(trouble: Trouble) -> None:
    with on_a_socket(trouble, trouble) as ask:
        assert b"Larkspur" in ask()


def test_nobody_listening_is_a_transport_error() -> None:
    with serve(Sandbox()) as base_url:
        pass
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    wire = Wire(Credentials(token=SANDBOX_TOKEN), base_url=base_url, pacer=pacer, connections=1)

    with pytest.raises(TransportError, match=r"no answer from 127\.0\.0\.1"):
        wire.get(PATH, bytes, waiter=Waiter(Quiet(), clock=clock))
    wire.close()


def shown(error: BaseException) -> str:
    """Return everything that Python and Jupyter, at its most talkative, print of an error."""
    kind, stack = type(error), error.__traceback__
    verbose = VerboseTB(theme_name="nocolor", include_vars=True)
    return "".join([*traceback.format_exception(error), verbose.text(kind, error, stack)])


def repeating(request: httpx.Request) -> httpx.Response:
    """Refuse, and repeat the headers that were sent, as a proxy on the way might."""
    return httpx.Response(400, json={"errors": [{"code": 1, "message": str(request.headers.raw)}]})


@pytest.mark.parametrize(
    "credentials", [Credentials(token=TOKEN), Credentials(email="a@example.com", key=KEY)]
)
@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ConnectError("refused"),
        refused(403, 10000),
        None,
    ],
    ids=repr,
)
def test_no_error_message_traceback_or_log_line_holds_the_secret(
    credentials: Credentials, trouble: httpx.Response | Exception | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither debug logs, nor Jupyter's verbose tracebacks, nor a body that repeats what was sent."""
    caplog.set_level(logging.DEBUG)
    desk = Desk(answering(trouble) if trouble else repeating, credentials)

    with pytest.raises(CfUsageError) as caught:
        desk.get()

    told = shown(caught.value) + caplog.text + repr(vars(desk.wire)) + repr(credentials)
    assert "desk.get" in told
    assert TOKEN not in told
    assert KEY not in told


def test_no_traceback_over_a_real_socket_holds_the_secret(caplog: pytest.LogCaptureFixture) -> None:
    """Httpcore's frames hold the raw headers: they are not in what is raised."""
    caplog.set_level(logging.DEBUG)
    with on_a_socket(*[Trouble.dropped()] * 9) as ask, pytest.raises(TransportError) as caught:
        ask()

    assert SANDBOX_TOKEN not in shown(caught.value) + caplog.text


def test_an_answer_or_exception_that_outlives_the_exchange_holds_no_secret() -> None:
    desk = Desk(answering(httpx.ConnectError("refused")), Credentials(email="a@example.com", key=KEY))

    with pytest.raises(TransportError) as caught:
        desk.get()

    cause = caught.value.__cause__
    assert isinstance(cause, httpx.ConnectError)
    assert KEY.encode() not in b"".join(b"".join(pair) for pair in cause.request.headers.raw)


def test_a_wrong_token_over_a_socket_is_an_auth_error() -> None:
    with serve(Sandbox()) as base_url:
        wire = Wire(Credentials(token="wrong" * 8), base_url=base_url, pacer=Pacer(), connections=1)
        with pytest.raises(AuthError, match="check the token"):
            wire.get(PATH, bytes, waiter=Waiter(Quiet()))
        wire.close()


def test_one_pacer_holds_back_every_worker_after_a_429() -> None:
    """Two workers: when one is told to wait 60 s, the other does not ask in the meantime."""
    desk = Desk(answering(refused(429, 971, retry_after="60"), GOOD))
    first = threading.Thread(target=desk.get)
    first.start()
    first.join()

    desk.get()

    assert [round(time) for time, _ in desk.asked] == [0, 60, 60]


DATED = [
    ("120", {}, 120.0),
    ("Wed, 21 Oct 2015 07:30:00 GMT", {"date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 120.0),
    ("Wed, 21 Oct 2015 07:30:00 -0000", {"date": "Wed, 21 Oct 2015 09:28:00 +0200"}, 120.0),
    ("Wed, 21 Oct 2015 07:26:00 GMT", {"date": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
    ("Wed, 21 Oct 2015 07:26:00 GMT", {}, 0.0),
    ("Wed, 21 Oct 99999 07:26:00 GMT", {}, None),
    ("9" * 5_000, {}, 1e9),
    ("-5", {}, None),
    ("1e3", {}, None),
    ("nan", {}, None),
    ("inf", {}, None),
    ("soon", {}, None),
    ("", {}, None),
]


@pytest.mark.parametrize(("text", "headers", "seconds"), DATED)
def test_a_wait_is_read_from_seconds_or_a_date(
    text: str, headers: dict[str, str], seconds: float | None
) -> None:
    """A date is compared with the answer's own: the clock here may be wrong by years."""
    response = httpx.Response(429, headers={"retry-after": text, **headers})

    assert retry_after(response) == seconds


def test_a_wait_of_no_seconds_is_no_leave_to_hurry() -> None:
    desk = Desk(answering(refused(429, 971, retry_after="0")))

    with pytest.raises(RateLimitError):
        desk.get()

    assert len(desk.asked) == 7
    assert desk.clock.time > 10


def test_the_call_after_one_that_was_told_to_wait_for_a_day_fails_at_once_too() -> None:
    desk = Desk(answering(refused(429, 971, retry_after="99999"), GOOD))
    with pytest.raises(RateLimitError):
        desk.get()

    with pytest.raises(RateLimitError) as caught:
        desk.get()

    assert caught.value.retry_after == pytest.approx(99_999)
    assert (len(desk.asked), desk.clock.time) == (1, 0)


def test_a_silent_server_costs_two_minutes_not_seven() -> None:
    """Once the exchanges of a request come to 120 s, there is no further try."""
    policy = RetryPolicy(Waiter(Quiet()))
    assert policy.is_retryable_exception(httpx.ReadTimeout("slow"))

    policy._begun -= 120
    assert not policy.is_retryable_exception(httpx.ReadTimeout("slow"))

    policy._slept += 60
    assert policy.is_retryable_exception(httpx.ReadTimeout("slow"))
