"""Every window, whatever the page size, from whichever end the endpoint cuts; and few requests."""

from dataclasses import dataclass
from math import ceil

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.errors import PayloadError
from cfusage_lab.fetch.planning import PageSize, Part, Plan
from cfusage_lab.wire.answers import Rows

HOUR = 3_600


@dataclass(frozen=True)
class Endpoint:
    """Pages as the knobs say; ``hours`` are the starts, in hours, in which an account had usage."""

    hours: dict[str, frozenset[int]]
    page: int | None
    drops: str
    tells: bool

    def answer(self, part: Part) -> Rows:
        """Answer one request."""
        inside = sorted(h * HOUR for h in self.hours[part.account_id] if part.start <= h * HOUR < part.end)
        kept = inside
        if self.page is not None and len(inside) > self.page:
            kept = inside[-self.page :] if self.drops == "oldest" else inside[: self.page]
        return rows(kept, claims_more=self.tells and len(kept) < len(inside))


def rows(starts: list[int], *, claims_more: bool = False) -> Rows:
    series = pl.Series(starts, dtype=pl.Int64)
    first, last = (min(starts), max(starts)) if starts else (0, 0)
    return Rows(series, series.cast(pl.Float64), None, len(starts), first, last, claims_more)


def carried_out(plan: Plan, endpoint: Endpoint, *, workers: int = 1) -> int:
    """Carry a plan out, answering the oldest request first; return how many requests it took."""
    asked = 0
    under_way: list[Part] = []
    while True:
        while len(under_way) < workers and (part := plan.take()) is not None:
            under_way.append(part)
        if not under_way:
            return asked
        asked += 1
        part = under_way.pop(0)
        plan.receive(part, endpoint.answer(part))


def found(plan: Plan) -> dict[str, list[int]]:
    got: dict[str, list[int]] = {account: [] for account in plan.account_ids}
    for account, piece in plan.pieces:
        got[account] += [start // HOUR for start in piece.starts]
    return {account: sorted(hours) for account, hours in got.items()}


def new_plan(accounts: list[str], hours: int, page: PageSize | None = None) -> Plan:
    return Plan(accounts, 0, hours * HOUR, HOUR, page or PageSize())


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[Endpoint, int]:
    """Accounts that are busy, idle at times, or never used, behind every kind of page."""
    windows = draw(st.integers(1, 120))
    busy = frozenset(range(windows))
    usage = st.one_of(
        st.just(busy),
        st.just(frozenset[int]()),
        st.frozensets(st.integers(0, windows - 1)),
        st.builds(lambda a, b: busy - set(range(min(a, b), max(a, b))), *[st.integers(0, windows)] * 2),
    )
    usages = draw(st.lists(usage, min_size=1, max_size=6))
    page = draw(st.one_of(st.none(), st.integers(1, 130)))
    hours = {f"account {number}": used for number, used in enumerate(usages)}
    drops = draw(st.sampled_from(["oldest", "newest"]))
    return Endpoint(hours, page, drops, draw(st.booleans())), windows


@settings(max_examples=600)
@given(world=endpoints(), workers=st.integers(1, 4))
def test_every_window_with_usage_arrives_once_whatever_the_pages(
    world: tuple[Endpoint, int], workers: int
) -> None:
    endpoint, windows = world
    page = PageSize()
    first, second = (new_plan(list(endpoint.hours), windows, page) for _ in range(2))

    for plan in (first, second):  # the second call uses what the first has learnt
        carried_out(plan, endpoint, workers=workers)

        assert found(plan) == {account: sorted(hours) for account, hours in endpoint.hours.items()}


@settings(max_examples=300)
@given(
    accounts=st.integers(1, 30),
    windows=st.integers(1, 800),
    page=st.integers(10, 200),
    tells=st.booleans(),
    idle=st.integers(0, 3),
)
def test_busy_accounts_cost_little_more_than_the_fewest_requests(
    *, accounts: int, windows: int, page: int, tells: bool, idle: int
) -> None:
    """Fewest: windows over page size for each account, and one proof; ``idle`` hours are not reported yet."""
    used = frozenset(range(-200, windows - min(idle, windows)))
    endpoint = Endpoint({f"account {n}": used for n in range(accounts)}, page, "oldest", tells)
    plan = new_plan(list(endpoint.hours), windows)

    asked = carried_out(plan, endpoint, workers=4)

    assert asked <= 1.2 * (accounts * ceil(windows / page) + 1)


def test_a_range_that_fits_a_page_takes_one_request() -> None:
    """All 24 windows came back: nothing is left to prove."""
    endpoint = Endpoint({"a": frozenset(range(24))}, 100, "oldest", tells=False)

    assert carried_out(new_plan(["a"], 24), endpoint) == 1


def test_an_account_that_never_used_the_feature_takes_one_request() -> None:
    endpoint = Endpoint({"a": frozenset()}, 100, "oldest", tells=False)

    assert carried_out(new_plan(["a"], 8_760), endpoint) == 1


def test_fifty_rows_without_a_word_are_not_taken_for_all() -> None:
    """A page of 50, no block that says so: a client that knows only 10 and 100 keeps 50 of 876."""
    endpoint = Endpoint({"a": frozenset(range(876))}, 50, "oldest", tells=False)
    plan = new_plan(["a"], 876)

    asked = carried_out(plan, endpoint)

    assert len(found(plan)["a"]) == 876
    assert asked <= ceil(876 / 50) + 1


def test_a_thousand_accounts_whose_running_hour_is_not_reported_need_one_proof_together() -> None:
    """All are one window short, so none is shorter than another: one fuller page settles them all."""
    used = frozenset(range(-100, 719))
    endpoint = Endpoint({f"account {n}": used for n in range(1_000)}, 10_000, "oldest", tells=False)

    assert carried_out(new_plan(list(endpoint.hours), 720), endpoint, workers=10) <= 1_002


def test_what_was_learnt_serves_the_next_call() -> None:
    """Page size 100: the second call plans 8 requests of at most 100 windows, side by side."""
    endpoint = Endpoint({"a": frozenset(range(720))}, 100, "oldest", tells=False)
    page = PageSize()
    carried_out(new_plan(["a"], 720, page), endpoint)

    plan = new_plan(["a"], 720, page)

    assert page.exactly == 100
    assert plan.waiting == 8
    assert carried_out(plan, endpoint) == 8
    assert page.exactly == 100  # full pages don't make it forget
    assert new_plan(["a", "b"], 720, page).waiting == 16  # nobody has to wait for the first answer


def test_a_page_size_is_what_was_cut_and_never_less_than_what_a_page_has_held() -> None:
    """Cut at 100; 40 rows of another answer are no page, and 120 rows are a larger one."""
    page = PageSize()
    page.saw(100)
    page.was_cut_at(100)
    page.saw(40)
    page.was_cut_at(40)
    assert (page.at_least, page.exactly) == (100, 100)

    page.saw(120)
    assert (page.at_least, page.exactly) == (120, None)


def test_one_new_window_between_answer_and_proof_does_not_teach_a_tiny_page() -> None:
    """The newest hour got its first usage meanwhile: no page of 3 rows follows from that."""
    page = PageSize()
    plan = new_plan(["a"], 720, page)
    first = plan.take()
    assert first is not None
    plan.receive(first, rows([0, HOUR, 2 * HOUR]))
    proof = plan.take()
    assert proof is not None

    plan.receive(proof, rows([719 * HOUR]))

    assert page.exactly is None
    assert found(plan) == {"a": [0, 1, 2, 719]}


@pytest.mark.parametrize("starts", [[], [0]])
def test_a_single_window_that_claims_more_is_an_error(starts: list[int]) -> None:
    plan = new_plan(["a"], 1)
    part = plan.take()
    assert part is not None

    with pytest.raises(PayloadError, match="account a: the answer says that it was cut"):
        plan.receive(part, rows(starts, claims_more=True))
