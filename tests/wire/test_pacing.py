"""How fast requests go, how waits are announced, and how they end early."""

import gc
import threading
import weakref

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.errors import CancelledError, RateLimitError
from cfusage_lab.progress import Quiet
from cfusage_lab.wire.pacing import Pacer, Waiter, pacer_of


class Clock:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def monotonic(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


class Listener:
    """Writes down what it is told, and cancels at a moment if asked to."""

    def __init__(self, clock: Clock, cancel_at: float = float("inf")) -> None:
        self.waits: list[tuple[str, float]] = []
        self._clock = clock
        self._cancel_at = cancel_at

    @property
    def is_cancelled(self) -> bool:
        return self._clock.time >= self._cancel_at

    def update(self, done: int, total: int) -> None:
        raise NotImplementedError

    def wait(self, reason: str, seconds: float) -> None:
        self.waits.append((reason, seconds))

    def close(self) -> None:
        raise NotImplementedError


def sent(count: int, *, pacer: Pacer, clock: Clock, listener: Listener) -> list[float]:
    waiter = Waiter(listener, clock=clock)
    times = []
    for _ in range(count):
        pacer.wait(waiter)
        times.append(clock.time)
    return times


def test_ten_thousand_accounts_never_pass_the_limit() -> None:
    """1,200 in 5 minutes: in any span of 300 s there are fewer, and the wait is announced."""
    clock = Clock()
    listener = Listener(clock)

    times = sent(10_000, pacer=Pacer(monotonic=clock.monotonic), clock=clock, listener=listener)

    assert min(late - soon for soon, late in zip(times, times[1_200:], strict=False)) > 300
    assert times[-1] - times[0] < 45 * 60
    assert any("limit" in reason for reason, _ in listener.waits)


@settings(max_examples=50)
@given(
    requests=st.integers(1, 20),
    seconds=st.floats(1, 50),
    idle=st.lists(st.floats(0, 30), min_size=5, max_size=60),
)
def test_in_no_span_go_more_than_allowed(requests: int, seconds: float, idle: list[float]) -> None:
    clock = Clock()
    pacer = Pacer(requests, seconds, per_second=1_000, monotonic=clock.monotonic)
    waiter = Waiter(Listener(clock), clock=clock)
    times = []
    for pause in idle:
        clock.sleep(pause)
        pacer.wait(waiter)
        times.append(clock.time)

    assert all(late - soon >= seconds - 1e-6 for soon, late in zip(times, times[requests:], strict=False))


def test_at_most_180_go_in_a_second() -> None:
    clock = Clock()

    times = sent(361, pacer=Pacer(monotonic=clock.monotonic), clock=clock, listener=Listener(clock))

    assert times[-1] - times[0] == pytest.approx(2.0)


def test_a_budget_that_is_nearly_gone_is_spread_until_the_reset() -> None:
    """9 requests left for 30 s, of a quota of 100: one every 3 s."""
    clock = Clock()
    listener = Listener(clock)
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.observe({"ratelimit": '"default";r=9;t=30', "ratelimit-policy": '"burst";q=100;w=60'})

    times = sent(10, pacer=pacer, clock=clock, listener=listener)

    assert [time - 1_000 for time in times[:4]] == pytest.approx([3, 6, 9, 12])
    assert listener.waits[0] == ("Cloudflare leaves 9 requests for the next 30 s", pytest.approx(3))


@pytest.mark.parametrize("header", ['"default";r=50;t=30', "", "nonsense"])
def test_a_budget_that_is_not_nearly_gone_slows_nothing(header: str) -> None:
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.observe({"ratelimit": header, "ratelimit-policy": '"burst";q=100;w=60'})

    assert sent(1, pacer=pacer, clock=clock, listener=Listener(clock)) == [1_000]


def test_when_one_is_told_to_wait_all_wait_and_hear_of_it_once() -> None:
    clock = Clock()
    listener = Listener(clock)
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.hold(212)

    times = sent(2, pacer=pacer, clock=clock, listener=listener)

    assert times[0] == pytest.approx(1_212)
    assert times[1] - times[0] < 0.1
    assert listener.waits == [("Cloudflare asks to wait: too many requests", pytest.approx(212))]


def test_a_wait_that_many_share_is_announced_once() -> None:
    clock = Clock()
    listener = Listener(clock)
    waiter = Waiter(listener, clock=clock)
    clock_before = clock.time

    for _ in range(3):
        clock.time = clock_before
        waiter.sleep(20, "a pause")

    assert listener.waits == [("a pause", 20)]


def test_a_wait_ends_within_a_second_of_being_cancelled() -> None:
    clock = Clock()
    waiter = Waiter(Listener(clock, cancel_at=1_010.0), clock=clock)

    with pytest.raises(CancelledError):
        waiter.sleep(300, "a long pause")
    assert clock.time - 1_010 < 1


def test_a_wait_in_a_thread_ends_when_it_is_stopped() -> None:
    """On the real clock: 300 s are over at once."""
    heard = threading.Event()

    class Hearing(Listener):
        def wait(self, reason: str, seconds: float) -> None:
            super().wait(reason, seconds)
            heard.set()

    waiter = Waiter(Hearing(Clock()))
    ended: list[str] = []

    def wait() -> None:
        try:
            waiter.sleep(300, "a long pause")
        except CancelledError:
            ended.append("cancelled")

    thread = threading.Thread(target=wait)
    thread.start()
    heard.wait(10)
    waiter.stop()
    thread.join(1)

    assert ended == ["cancelled"]


@pytest.mark.parametrize("asked", [302.0, 99_999.0, 1e9])
def test_what_a_call_cannot_wait_for_fails_at_once_and_says_how_long(asked: float) -> None:
    """Also the next call, of any client of that token; nothing waits for 27 hours."""
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.hold(asked)
    clock.sleep(1)

    with pytest.raises(RateLimitError, match="Cloudflare asks to wait") as caught:
        pacer.wait(Waiter(Listener(clock), clock=clock))

    assert caught.value.retry_after == asked - 1
    assert caught.value.retryable
    assert clock.time == 1_001


def test_after_a_quarter_of_an_hour_it_is_asked_anew() -> None:
    """However long was asked for: a wrong header, or a fault on the way, closes no door for ever."""
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.hold(1e9)
    clock.sleep(900)

    assert sent(1, pacer=pacer, clock=clock, listener=Listener(clock)) == [1_900]


def test_a_limit_that_is_used_up_for_a_day_fails_the_next_request_at_once() -> None:
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.observe({"ratelimit": '"default";r=0;t=86400'})

    with pytest.raises(RateLimitError, match="leaves 0 requests for the next 86400 s") as caught:
        pacer.wait(Waiter(Listener(clock), clock=clock))

    assert caught.value.retry_after == 86_400
    assert clock.time == 1_000


def test_of_several_limits_the_tightest_counts() -> None:
    """Each by its own quota: 50 of 1,000 are nearly gone, 50 of 100 are not, and one a minute is tightest."""
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.observe(
        {
            "ratelimit": '"burst";r=50;t=10, "minute";t=60;r=0, "day";r=50;t=510',
            "ratelimit-policy": '"burst";q=100;w=60, "minute";q=5;w=60,"day";q=1000;w=86400',
        }
    )

    assert sent(1, pacer=pacer, clock=clock, listener=Listener(clock)) == [1_060]


@pytest.mark.parametrize(
    "header",
    [
        f'"default";r={"9" * 5_000};t={"9" * 5_000}',
        '"default";r=-1;t=30',
        '"default";r=0;t=nan',
        '"default";r=0',
        '"default";t=30',
        '"default";r=0.0;t=30',
        ';;,,"',
        "r=0, t=30",
    ],
)
def test_an_odd_limit_is_no_limit(header: str) -> None:
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    pacer.observe({"ratelimit": header})

    assert sent(1, pacer=pacer, clock=clock, listener=Listener(clock)) == [1_000]


def test_all_waits_of_one_call_come_to_a_quarter_of_an_hour() -> None:
    """Three times 290 s are borne, a fourth is not; another call has its own quarter."""
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    waiter = Waiter(Listener(clock), clock=clock)
    for _ in range(3):
        pacer.hold(290)
        pacer.wait(waiter)
    pacer.hold(290)

    with pytest.raises(RateLimitError):
        pacer.wait(waiter)

    pacer.wait(Waiter(Listener(clock), clock=clock))
    assert clock.time == 1_000 + 4 * 290


def test_waits_that_workers_share_are_counted_once() -> None:
    """Ten workers wait for the same 290 s, which is one wait."""
    clock = Clock()
    waiter = Waiter(Listener(clock), clock=clock)
    for _ in range(10):
        clock.time = 1_000
        waiter.sleep(290, "a pause")

    assert waiter.has_time_for(300)
    assert not waiter.has_time_for(301)


def test_a_fleet_may_wait_as_long_as_its_requests_take() -> None:
    """The limit's own pace is no wait that anybody asked for: 2,300 requests earn ten minutes more."""
    clock = Clock()
    pacer = Pacer(monotonic=clock.monotonic)
    waiter = Waiter(Listener(clock), clock=clock)
    for _ in range(2_300):
        pacer.wait(waiter)

    for _ in range(5):
        pacer.hold(299)
        pacer.wait(waiter)
    pacer.hold(299)
    with pytest.raises(RateLimitError):
        pacer.wait(waiter)


def test_a_pacer_lives_as_long_as_it_has_something_to_remember() -> None:
    """And the token is no key of anything: its fingerprint is, which says nothing of it."""
    one = pacer_of("https://one.example", b"fingerprint of one")
    assert pacer_of("https://one.example", b"fingerprint of one") is one
    assert pacer_of("https://two.example", b"fingerprint of one") is not one
    one.wait(Waiter(Quiet()))
    remembered = weakref.ref(one)
    del one
    pacer_of("https://three.example", b"another")
    gc.collect()
    assert remembered() is pacer_of("https://one.example", b"fingerprint of one")

    idle = weakref.ref(pacer_of("https://four.example", b"another"))
    pacer_of("https://five.example", b"another")
    gc.collect()
    assert idle() is None
