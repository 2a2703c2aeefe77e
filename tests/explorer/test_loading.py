"""What is asked of a source for a query, in which order, and the steps that come of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import NOW, A, B, Ledger

from cfusage_lab.errors import TransportError
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.loader import Answer, SourceLoader, aside_of
from cfusage_lab.explorer.loading import Step, fetch, fetch_rest, first_state
from cfusage_lab.explorer.period import PRESETS, Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import as_source


def query(preset: str = "Today", accounts: tuple[str, ...] = (A,), **more: Any) -> Query:  # noqa: ANN401 - the query's own
    return Query.of(Period(preset=preset), PRESETS, accounts=accounts, time_zone="UTC", now=NOW, **more)


def ledger_of(*accounts: str) -> Ledger:
    return Ledger(names=dict.fromkeys(accounts))


def opened(ledger: Ledger, preset: str = "Today", loader: SourceLoader | None = None) -> State:
    """Open with the range alone."""
    source = DataSource.of(ledger, client=None, now=NOW)
    source = replace(source, loader=loader or source.loader)
    state, trouble = first_state(source, Period(preset=preset), time_zone="UTC", may_lack=False)
    assert trouble is None
    ledger.asked.clear()
    return state


def taken(state: State, steps: Iterator[Step]) -> State:
    for step in steps:
        state = step(state)
    return state


def rest_of(state: State, asked: Query) -> State:
    return taken(state, fetch_rest(replace(state, query=asked), None))


def days(ledger: Ledger) -> list[tuple[date, date]]:
    return [(one.start.date(), one.end.date()) for one, *_ in ledger.asked if one is not None]


def test_what_is_known_is_not_asked_for_again() -> None:
    ledger = ledger_of(A)
    state = opened(ledger)

    first = rest_of(state, state.query)
    again = list(fetch_rest(first, None))

    assert again == []
    assert days(ledger) == [(state.query.season.start.date(), date(2026, 11, 15))], (
        "today is the range itself"
    )
    assert first.is_complete


def test_other_days_are_asked_for_beside_the_months() -> None:
    ledger = ledger_of(A)
    state = opened(ledger)
    may = (date(2026, 5, 1), date(2026, 5, 1))
    asked = query(comparison="custom", other_days=may)

    known = rest_of(state, asked)

    assert days(ledger) == [
        (state.query.season.start.date(), date(2026, 11, 15)),
        (date(2026, 5, 1), date(2026, 5, 2)),
    ]
    assert known.data.holds((A,), asked.needed)


def test_the_range_itself_is_on_screen_before_anything_beside_it_is_asked_for() -> None:
    ledger = Ledger()
    state = opened(ledger)
    steps = fetch(state, query("Previous month"), None)

    shown = next(steps)(state)

    assert (shown.query.period.preset, shown.history.height) == ("Previous month", 31 * 24)
    assert days(ledger) == [(date(2026, 10, 1), date(2026, 11, 1))]
    assert shown.partners == "absent", "nobody is at work on it here"
    assert taken(shown, steps).partners == "known"


def test_an_account_that_comes_in_is_asked_for_alone() -> None:
    ledger = ledger_of(A, B)
    state = rest_of(opened(ledger), query())
    ledger.asked.clear()

    both = taken(state, fetch(state, query(accounts=(A, B)), None))

    assert {tuple(accounts or ()) for _, accounts, _ in ledger.asked} == {(B,)}
    assert both.accounts == (A, B)
    assert both.is_complete


@pytest.mark.parametrize(("count", "is_asked"), [(20, True), (21, False)])
def test_the_credit_of_many_accounts_is_not_asked_for(count: int, *, is_asked: bool) -> None:
    """A ledger knows of none; of twenty-one, it is not even asked."""
    aside = aside_of(as_source(Ledger()), tuple(f"{n:032x}" for n in range(count)))

    assert (aside.no_credit == "") is is_asked
    assert (aside.no_invoice == "") is is_asked


@pytest.mark.parametrize(("count", "opened_with"), [(1, 1), (20, 20), (21, 1)])
def test_all_accounts_that_a_source_lists_are_opened_together_if_they_are_few(
    count: int, opened_with: int
) -> None:
    """Each takes a request for each range."""
    names: dict[str, str | None] = {f"{n:032x}": f"Team {n}" for n in range(count)}

    state = opened(Ledger(own=None, names=names))

    assert len(state.accounts) == opened_with
    assert state.names == names


class HalfHeld(SourceLoader):
    """Holds the last six hours of October, at two dollars each."""

    def stored(self, _accounts: object, time_range: TimeRange) -> Answer | None:  # type: ignore[override]
        """Return the part of a range that is held."""
        start, end = max(HELD.start, time_range.start), min(HELD.end, time_range.end)
        if end <= start:
            return None
        history = priced(TimeRange(start, end))
        is_whole = start == time_range.start
        return Answer(
            history=history, label="half", made_up_label="", newest_stored=NOW, is_from_start=is_whole
        )


def priced(of: TimeRange) -> pl.DataFrame:
    return hours(of.start, [2.0] * of.hours, account_id=A)


HELD = TimeRange(datetime(2026, 10, 31, 18, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))


def test_a_part_that_is_held_is_shown_only_where_the_rest_could_not_be_had() -> None:
    """The newest six hours of October, and nothing that is called October's cost."""
    ledger = Ledger()
    state = opened(ledger, loader=HalfHeld(ledger))
    ledger.trouble = TransportError("no way through")
    steps = fetch(state, query("Previous month"), None)

    state = next(steps)(state)

    assert (state.history.height, state.history["aggregated_value"].sum()) == (6, 12.0)
    assert state.dates == (date(2026, 10, 31), date(2026, 10, 31))
    assert (state.told.label, state.told.newest_stored) == ("half", NOW)
    assert not state.data.holds((A,), [state.query.time_range]), "it counts for no more than it covers"
    assert state.data.holds((A,), [HELD])
    assert state.data.lacking((A,), [state.query.time_range]) == [((A,), state.query.time_range)]
    with pytest.raises(TransportError, match="no way through"):
        next(steps)
