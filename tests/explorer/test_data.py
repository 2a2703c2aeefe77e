"""What is known of a source: each window as it was told last, and what was computed of it only once."""

from datetime import UTC, datetime

import polars as pl
import pytest
from histories import HOUR, hours
from hypothesis import given
from hypothesis import strategies as st
from ledger import A, B, C
from polars.testing import assert_frame_equal

from cfusage_lab.explorer.data import Aside, Data, Part
from cfusage_lab.ranges import TimeRange

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def span(first: int, last: int) -> TimeRange:
    """Count hours from noon."""
    return TimeRange(NOON + first * HOUR, NOON + last * HOUR)


def told(of: TimeRange, price: float, *accounts: str) -> pl.DataFrame:
    return pl.concat(hours(of.start, [price] * of.hours, account_id=one) for one in accounts)


def known(data: Data, accounts: tuple[str, ...], *ranges: tuple[int, int], price: float = 1.0) -> Data:
    """Add what was fetched of some ranges, one after the other."""
    for one in ranges:
        data = data.with_windows(accounts, span(*one), told(span(*one), price, *accounts))
    return data


def costs(data: Data, accounts: tuple[str, ...], *ranges: tuple[int, int]) -> list[float]:
    part = Part(accounts, tuple(span(*one) for one in ranges))
    return data.part(part)["aggregated_value"].to_list()


# Each window once


def test_a_window_is_as_it_was_told_last() -> None:
    """Four hours at 2, then three at 3 that begin with the last of them."""
    data = known(known(Data(), (A,), (0, 4), price=2.0), (A,), (3, 6), price=3.0)

    assert data.windows["aggregated_value"].to_list() == [2.0, 2.0, 2.0, 3.0, 3.0, 3.0]
    assert data.windows["start_time"].is_sorted()


def test_a_window_that_is_not_told_any_more_is_gone() -> None:
    """An answer without a window says that there is none."""
    data = known(Data(), (A,), (0, 4)).with_windows((A,), span(1, 3), told(span(2, 3), 5.0, A))

    assert costs(data, (A,), (0, 4)) == [1.0, 5.0, 1.0]


def test_other_accounts_and_other_hours_keep_what_they_have() -> None:
    data = known(known(Data(), (A, B), (0, 3)), (A,), (1, 2), price=9.0)

    assert costs(data, (A,), (0, 3)) == [1.0, 9.0, 1.0]
    assert costs(data, (B,), (0, 3)) == [1.0, 1.0, 1.0]
    assert costs(data, (C,), (0, 3)) == []


def test_an_answer_counts_for_no_more_than_it_was_asked_for() -> None:
    """A source that tells more, of other hours or of somebody else, changes nothing that was told before."""
    data = known(Data(), (A, B), (0, 3)).with_windows((A,), span(1, 2), told(span(0, 9), 7.0, A, B))

    assert costs(data, (A,), (0, 9)) == [1.0, 7.0, 1.0]
    assert costs(data, (B,), (0, 9)) == [1.0, 1.0, 1.0]


def test_a_part_of_several_ranges_has_each_window_once_in_order() -> None:
    data = known(Data(), (B, A), (0, 9))

    part = data.part(Part((B, A), (span(6, 8), span(1, 3), span(2, 4))))

    assert_frame_equal(part, part.sort("account_id", "start_time"))
    assert part.group_by("account_id").len()["len"].to_list() == [5, 5]


# What has to be asked for


@pytest.mark.parametrize(
    ("fetched", "wanted", "asked_for"),
    [
        ([], [(0, 4)], [(0, 4)]),
        ([(0, 4)], [(0, 4)], []),
        ([(0, 9)], [(2, 4)], []),
        ([(0, 4)], [(2, 6)], [(4, 6)]),
        ([(4, 6)], [(0, 9)], [(6, 9), (0, 4)]),
        ([(0, 4), (4, 6)], [(1, 5)], []),
        ([(0, 2), (4, 6), (2, 4)], [(0, 6)], []),
        ([(0, 2), (4, 6)], [(0, 6)], [(2, 4)]),
        ([(0, 4)], [(4, 6), (6, 8)], [(4, 8)]),
        ([(0, 4)], [], []),
    ],
)
def test_what_is_lacking_is_asked_for_in_as_few_ranges_as_that_takes(
    fetched: list[tuple[int, int]], wanted: list[tuple[int, int]], asked_for: list[tuple[int, int]]
) -> None:
    """Ranges are half open; the newest comes first."""
    data = known(Data(), (A,), *fetched)
    ranges = [span(*one) for one in wanted]

    assert data.lacking((A,), ranges) == [((A,), span(*one)) for one in asked_for]
    assert data.holds((A,), ranges) is (not asked_for)


def test_accounts_that_lack_the_same_are_asked_for_together() -> None:
    data = known(known(Data(), (A, B), (0, 4)), (B,), (4, 6))

    assert data.lacking((A, B, C), [span(0, 6)]) == [
        ((A,), span(4, 6)),
        ((C,), span(0, 6)),
    ]
    assert not data.holds((A, B), [span(0, 6)])
    assert data.holds((B,), [span(0, 6)])


def test_what_was_stored_is_held_and_asked_for_all_the_same() -> None:
    data = Data().with_windows((A,), span(0, 4), told(span(0, 4), 1.0, A), is_fetched=False)

    assert data.holds((A,), [span(0, 4)])
    assert data.lacking((A,), [span(0, 4)]) == [((A,), span(0, 4))]


def test_who_is_held_is_told_of_many_at_once() -> None:
    data = known(known(Data(), (A, B), (0, 5)), (B,), (5, 9))

    assert data.holders((C, B, A), [span(0, 5)]) == [B, A]
    assert data.holders((A, B, C), [span(0, 4), span(6, 8)]) == [B]
    assert data.holds((A, B), [span(1, 3)])
    assert not data.holds((A, C), [span(1, 3)])


def test_what_is_outdated_stays_until_it_is_asked_for_anew() -> None:
    data = known(Data(), (A,), (0, 4)).with_aside(Aside(accounts=(A,)))
    outdated = data.outdated()

    assert costs(outdated, (A,), (0, 4)) == [1.0] * 4
    assert outdated.holds((A,), [span(0, 4)])
    assert outdated.lacking((A,), [span(0, 4)]) == [((A,), span(0, 4))]
    assert (data.knows_aside_of((A,)), outdated.knows_aside_of((A,))) == (True, False)
    assert outdated.aside is data.aside


def test_credit_and_invoice_are_those_of_the_accounts_on_screen() -> None:
    data = Data().with_aside(Aside(accounts=(A, B)))

    assert data.knows_aside_of((A, B))
    assert not data.knows_aside_of((A,))
    assert not Data().knows_aside_of(())


few = st.integers(0, 12)
pieces = st.tuples(st.sets(st.sampled_from((A, B, C)), min_size=1), few, few).filter(
    lambda one: one[1] < one[2]
)


@given(st.lists(pieces, max_size=6), pieces)
def test_it_knows_what_a_plain_table_of_hours_would_know(
    answers: list[tuple[set[str], int, int]], wanted: tuple[set[str], int, int]
) -> None:
    """By account and hour: the price told last; and what nobody told is asked for once, nothing else."""
    data, plain = Data(), {}
    for price, (accounts, first, last) in enumerate(answers):
        data = known(data, tuple(sorted(accounts)), (first, last), price=float(price))
        plain.update({(one, hour): float(price) for one in accounts for hour in range(first, last)})

    found = {(row[0], (row[1] - NOON) // HOUR): row[3] for row in data.windows.iter_rows()}
    assert found == plain
    assert data.windows.height == len(plain)

    accounts, first, last = wanted
    asked = [
        (one, hour)
        for members, piece in data.lacking(tuple(sorted(accounts)), [span(first, last)])
        for one in members
        for hour in range((piece.start - NOON) // HOUR, (piece.end - NOON) // HOUR)
    ]
    assert sorted(asked) == sorted(
        (one, hour) for one in accounts for hour in range(first, last) if (one, hour) not in plain
    )


# What is computed


def test_what_was_computed_of_other_windows_is_the_very_same_after_an_answer() -> None:
    """Half of the hours are told anew: sums of the others stay, sums with any of them are made again."""
    data, calls = known(Data(), (A, B), (0, 8)), []

    def add(windows: pl.DataFrame, *, by: float = 0.0) -> float:
        calls.append(by)
        return float(windows["aggregated_value"].sum()) + by

    parts = {name: Part(*one) for name, one in PARTS.items()}
    assert [data.made(add, one) for one in parts.values()] == [4.0, 4.0, 8.0, 4.0]
    tables = {name: data.part(one) for name, one in parts.items()}
    assert data.known(add, parts["early"]) == 4.0
    assert data.known(add, parts["early"], by=1.0) is None

    later = known(data, (A,), (4, 8), price=2.0)

    calls.clear()
    assert [later.made(add, one) for one in parts.values()] == [4.0, 8.0, 12.0, 4.0]
    assert len(calls) == 2, "of late and whole"
    assert [later.part(one) is tables[name] for name, one in parts.items()] == [True, False, False, True]
    assert [data.made(add, one) for one in parts.values()] == [4.0, 4.0, 8.0, 4.0], "as it was"


PARTS = {
    "early": ((A,), (span(0, 4),)),
    "late": ((A,), (span(4, 8),)),
    "whole": ((A,), (span(0, 4), span(4, 8))),
    "other": ((B,), (span(4, 8),)),
}


def test_each_result_is_computed_once_and_the_oldest_are_forgotten() -> None:
    data, asked = known(Data(), (A,), (0, 4)), []
    part = Part((A,), (span(0, 4),))

    def height(windows: pl.DataFrame, *, by: int) -> int:
        asked.append(by)
        return windows.height + by

    assert [data.made(height, part, by=1) for _ in range(3)] == [5, 5, 5]
    assert asked == [1]
    for by in range(2, 200):
        data.made(height, part, by=by)
    data.made(height, part, by=1)
    assert asked[-1] == 1
    assert len(asked) == 200


def test_an_answer_may_come_while_something_is_computed_of_the_older_windows() -> None:
    """A view is drawn in one thread while another fetches: here each look at a part computes one more."""

    class Busy(Part):
        def overlaps(self, other: Part) -> bool:
            data.made(heights.append, other)
            return super().overlaps(other)

    heights: list[pl.DataFrame] = []
    data = known(Data(), (A,), (0, 8))
    for n in range(3):
        data.part(Busy((A,), (span(n, n + 1),)))

    later = known(data, (A,), (6, 8), price=2.0)

    assert heights
    assert costs(later, (A,), (0, 8)) == [1.0] * 6 + [2.0] * 2


def test_none_is_a_result_too() -> None:
    data, asked = known(Data(), (A,), (0, 4)), []
    part = Part((A,), (span(0, 4),))

    def nothing(windows: pl.DataFrame) -> None:
        asked.append(windows.height)

    data.made(nothing, part)
    data.made(nothing, part)

    assert asked == [4]
