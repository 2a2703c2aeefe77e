"""How fast requests go, how waits are announced, and how they end early."""

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.errors import CancelledError
from cfusage_lab.wire.pacing import Pacer, Waiter


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


@settings(deadline=None, max_examples=50)
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
