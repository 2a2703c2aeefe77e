"""Each account that a source lists has figures in the table, whatever was clicked; or it is said why not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import (
    NOW,
    PATIENCE,
    A,
    B,
    C,
    Held,
    Ledger,
    comes_true,
    cost,
    details,
    is_busy,
    join_threads,
    seen,
)
from states import state_of

from cfusage_lab.errors import AuthError, RateLimitError, TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.listed_accounts import (
    AWAITED,
    NOT_FETCHED,
    is_fetched,
    lacking,
    ranked_accounts,
    why_not_ranked,
)
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges import TimeRange

MANY = {f"{n:032x}": f"Team {n}" for n in range(25)}
NO_FIGURES = ["\N{EN DASH}", None, None, None]


class Refusing(Ledger):
    """A ledger that does not tell of some accounts."""

    refused: tuple[str, ...] = (B,)
    reason: Exception = AuthError("the token may not read it", status_code=403)

    def usage_history(self, time_range: TimeRange | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401 - passed on
        """Answer, or not."""
        history = super().usage_history(time_range, **options)
        if {*self.refused} & {*(options["accounts"] or ())}:
            raise self.reason
        return history


def opened(ledger: Ledger, time_range: str = "Last 7 days") -> UsageExplorer:
    explorer = UsageExplorer(ledger, time_range=time_range, now=NOW)
    assert explorer.wait(PATIENCE)
    return explorer


def rows(explorer: UsageExplorer) -> dict[str, dict[str, Any]]:
    return {row["key"]: row for row in explorer.accounts.rows.rows}


def costs(explorer: UsageExplorer) -> dict[str, str]:
    return {key: row["cells"][1] for key, row in rows(explorer).items()}


def asked(ledger: Ledger) -> list[tuple[str, ...]]:
    """Tell whose windows were asked for; the first request leaves that to the ledger."""
    return [tuple(accounts or ledger.own or ()) for _, accounts, _ in ledger.asked]


# Which accounts are asked for, have figures, or say why not


def week(names: dict[str, str], **more: Any) -> State:  # noqa: ANN401 - the state's own
    """Hold all that answers of account A need."""
    history = hours(NOW.replace(minute=0) - timedelta(days=150), [1.0] * 24 * 150, account_id=A)
    return state_of(history, now=NOW, days="Last 7 days", names=names, **more)


def test_nothing_is_lacking_where_one_account_is_listed() -> None:
    state = week({A: "Alpha"})

    assert (lacking(state), ranked_accounts(state), why_not_ranked(state)) == ([], (A,), {})
    assert is_fetched(state)


@pytest.mark.parametrize(("is_at_work", "why"), [(True, AWAITED), (False, NOT_FETCHED)])
def test_the_range_and_what_it_is_compared_with_are_lacking_of_others(*, is_at_work: bool, why: str) -> None:
    state = week({A: "Alpha", B: "Beta", C: "Gamma"}, is_busy=is_at_work)

    ((members, piece),) = lacking(state)

    assert members == (B, C)
    assert (piece.start, piece.end) == (state.query.ranked[1].start, state.query.time_range.end)
    assert (ranked_accounts(state), why_not_ranked(state)) == ((A,), {B: why, C: why})
    assert (state.is_complete, is_fetched(state)) == (True, False)


@pytest.mark.parametrize(("count", "is_asked"), [(20, True), (21, False)])
def test_of_many_accounts_only_those_that_are_chosen_are_asked_for(count: int, *, is_asked: bool) -> None:
    names = {A: "Alpha", **dict(list(MANY.items())[: count - 1])}
    state = week(names, is_busy=True)

    assert bool(lacking(state)) is is_asked
    assert {*why_not_ranked(state).values()} == {AWAITED if is_asked else NOT_FETCHED}


def test_a_refusal_counts_for_its_range_until_all_is_asked_for_again() -> None:
    """Or until somebody chose the account, and had it."""
    state = week({A: "Alpha", B: "Beta"})
    ((_, piece),) = lacking(state)
    asked_for = state.query.time_range

    refused = replace(state, data=state.data.with_refusal((B,), asked_for, "not allowed"))
    assert (lacking(refused), why_not_ranked(refused)) == ([], {B: "not allowed"})
    assert refused.data.lacking((B,), [asked_for]), "a click on it asks"
    assert lacking(replace(refused, data=refused.data.outdated()))
    other = replace(refused, query=replace(refused.query, time_range=TimeRange(piece.start, asked_for.start)))
    assert [members for members, _ in lacking(other)] == [(B,)]

    empty = pl.DataFrame(schema=state.history.schema)
    had = replace(refused, data=refused.data.with_windows((B,), piece, empty))
    assert (ranked_accounts(had), why_not_ranked(had)) == ((A, B), {})


def test_windows_from_before_a_refusal_are_no_figures_any_more() -> None:
    state = week({A: "Alpha", B: "Beta"})
    ((_, piece),) = lacking(state)
    data = state.data.with_windows((B,), piece, pl.DataFrame(schema=state.history.schema)).outdated()

    assert ranked_accounts(replace(state, data=data)) == (A, B)
    refused = replace(state, data=data.with_refusal((B,), state.query.time_range, "no"))
    assert (ranked_accounts(refused), why_not_ranked(refused)) == ((A,), {B: "no"})


# On screen


def test_all_listed_accounts_have_figures_without_a_click() -> None:
    """The others come last, in one request: a week, and from the month before it on."""
    ledger = Ledger()
    explorer = opened(ledger)

    assert costs(explorer) == {A: "$168.00", B: "$42.00", C: "$0.00"}
    assert [row["cells"][2]["text"] for row in rows(explorer).values()] == ["80.0%", "20.0%", "0.0%"]
    assert [row["cells"][3]["text"] for row in rows(explorer).values()] == ["$0.00"] * 3
    assert asked(ledger)[-1] == (B, C)
    assert {*asked(ledger)[:-1]} == {(A,)}


def test_other_accounts_hide_nothing_and_cancel_ends_them() -> None:
    """What is chosen is told in full meanwhile; the next click asks for the others again."""
    ledger = Ledger()
    ledger.held = [held := Held() for _ in range(4)]
    for one in ledger.held[:3]:
        one.released.set()
    explorer = UsageExplorer(ledger, time_range="Last 28 days", now=NOW)
    assert held.has_begun(), "the range, today, the days before, then the others"
    assert asked(ledger)[-1] == (B, C)

    assert is_busy(explorer)
    assert comes_true(lambda: {row["tooltip"] for row in rows(explorer).values()} == {"", AWAITED})
    assert rows(explorer)[B]["cells"][1:] == NO_FIGURES
    assert explorer.state.partners == "known"
    assert comes_true(lambda: explorer.state.events is not None)
    assert cost(explorer) == 672.0
    assert not explorer.month_end.is_empty()
    assert "fetched" not in seen(explorer.widget.figures.value)
    assert "requests answered" in details(explorer)

    explorer.cancel.click()
    assert explorer.wait(PATIENCE / 2)
    assert {row["tooltip"] for row in rows(explorer).values()} == {"", NOT_FETCHED}
    assert explorer.accounts.note.value == "2 not fetched: click to fetch"
    held.released.set()
    join_threads()

    explorer.comparison.value = "weekdays"
    assert explorer.wait(PATIENCE)
    assert (costs(explorer)[B], explorer.accounts.note.value) == ("$168.00", "")


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (Refusing.reason, "the token may not read it"),
        (TransportError("no way through"), "no way through"),
        (PermissionError("secret"), "not told: PermissionError"),
    ],
)
def test_an_account_that_is_refused_is_a_dash_with_its_reason(reason: Exception, words: str) -> None:
    """The others have theirs; it is asked for again where another range is, or by Refresh."""
    ledger = Refusing()
    ledger.reason = reason
    explorer = opened(ledger)

    assert (explorer.banner, costs(explorer)) == ("", {A: "$168.00", C: "$0.00", B: "\N{EN DASH}"})
    assert rows(explorer)[B]["tooltip"] == words
    assert "1 could not be fetched: shares are without it" in explorer.accounts.heading.value
    assert {row["cells"][2]["text"] for key, row in rows(explorer).items() if key != B} == {"100.0%", "0.0%"}
    assert asked(ledger)[-3:] == [(B, C), (B,), (C,)]

    count = len(ledger.asked)
    explorer.comparison.value = "weekdays"
    explorer.accounts.value = (C,)
    assert explorer.wait(PATIENCE)
    assert not any(B in one for one in asked(ledger)[count:])
    explorer.time_range.value = "Previous month"
    assert explorer.wait(PATIENCE)
    assert asked(ledger)[-1] == (B,)
    assert explorer.banner == ""

    ledger.refused = ()
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert costs(explorer)[B] == "$186.00"
    assert "could not" not in explorer.accounts.heading.value


def test_who_asks_too_often_does_not_ask_for_each_alone() -> None:
    ledger = Refusing()
    ledger.reason = RateLimitError("too many requests", status_code=429)
    explorer = opened(ledger)

    assert asked(ledger)[-1] == (B, C)
    assert {row["tooltip"] for row in rows(explorer).values()} == {"", "too many requests"}
    assert explorer.banner == ""


def test_a_click_on_a_refused_account_says_so_in_the_banner() -> None:
    explorer = opened(Refusing())

    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)

    assert "may not read" in explorer.banner
    assert explorer.state.accounts == (A,)


def test_of_25_accounts_only_those_that_are_chosen_are_fetched() -> None:
    first, second = list(MANY)[:2]
    ledger = Ledger(own=(first,), names={**MANY})
    explorer = opened(ledger)

    assert {*asked(ledger)} == {(first,)}
    assert explorer.accounts.note.value == "24 not fetched: click to fetch"
    assert rows(explorer)[second]["cells"] == ["Team 1", *NO_FIGURES]
    assert rows(explorer)[second]["tooltip"] == NOT_FETCHED

    explorer.accounts.value = (second,)
    assert explorer.wait(PATIENCE)
    assert costs(explorer)[second] == "$168.00"
    assert explorer.accounts.note.value == "23 not fetched: click to fetch"


def test_a_table_has_the_figures_of_all_however_many_there_are() -> None:
    start = NOW.replace(minute=0) - timedelta(days=30)
    table = pl.concat(hours(start, [1.0] * 24 * 30, account_id=one) for one in MANY)
    explorer = UsageExplorer(table, accounts=next(iter(MANY)), time_range="Last 7 days", now=NOW)
    assert explorer.wait(PATIENCE)

    assert {*costs(explorer).values()} == {"$168.00"}
    assert explorer.accounts.note.value == ""


def test_two_ways_of_clicking_lead_to_the_same_table() -> None:
    first, second = opened(Ledger()), opened(Ledger(), "Today")
    first.time_range.value = "Previous month"
    assert first.wait(PATIENCE)

    for accounts in ((B,), (A, C), (A,)):
        second.accounts.value = accounts
        assert second.wait(PATIENCE)
    second.comparison.value = "month"
    second.time_range.value = "Last 90 days"
    second.cancel.click()
    second.comparison.value = "previous"
    second.time_range.value = "Previous month"
    assert second.wait(PATIENCE)

    assert first.accounts.rows.rows == second.accounts.rows.rows
    assert [row["cells"][1] for row in first.accounts.rows.rows] == ["$744.00", "$186.00", "$0.00"]
