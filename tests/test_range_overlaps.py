"""What of some ranges lies in others, or in none: hours as plain sets."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.ranges import LONGEST, TimeRange, joined, missing
from cfusage_lab.time_units import HOUR

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


def span(first: int, last: int) -> TimeRange:
    return TimeRange(NOON + first * HOUR, NOON + last * HOUR)


def hours_of(one: TimeRange) -> list[datetime]:
    return [one.start + n * HOUR for n in range(one.hours)]


@pytest.mark.parametrize(
    ("needed", "known", "asked_for"),
    [
        ([(2, 5)], [(2, 5)], []),
        ([(3, 4)], [(2, 5)], []),
        ([(1, 5)], [(2, 5)], [(1, 2)]),
        ([(0, 9)], [(2, 5)], [(5, 9), (0, 2)]),
        ([(0, 9)], [(2, 5), (4, 9)], [(0, 2)]),
        ([(0, 9)], [(2, 5), (5, 9), (0, 2)], []),
        ([(0, 2)], [(2, 5)], [(0, 2)]),
        ([(0, 3), (3, 6), (5, 7), (8, 9)], [], [(8, 9), (0, 7)]),
        ([(0, 4), (1, 2)], [(6, 9)], [(0, 4)]),
        ([], [(2, 5)], []),
    ],
)
def test_what_is_asked_for_is_what_nobody_told_in_as_few_ranges_as_that_takes(
    needed: list[tuple[int, int]], known: list[tuple[int, int]], asked_for: list[tuple[int, int]]
) -> None:
    """Ranges are half open: one that ends where another begins has nothing of it. The newest comes first."""
    found = missing([span(*one) for one in needed], [span(*one) for one in known])

    assert found == [span(*one) for one in asked_for]


def test_ranges_that_would_be_too_long_as_one_are_asked_for_apart() -> None:
    """Four years and three, which overlap by an hour: at most five are asked for at once."""
    year = 365 * 24
    old, new = span(-7 * year, -3 * year), span(-3 * year - 1, 0)

    assert missing([old, new], []) == [new, old]


some = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=5)


@settings(max_examples=200)
@given(some, some)
def test_missing_hours_are_those_of_one_set_without_the_other(
    needed: list[tuple[int, int]], known: list[tuple[int, int]]
) -> None:
    wanted, here = (
        {hour for first, count in one for hour in range(first, first + count)} for one in (needed, known)
    )

    found = missing(*([span(first, first + count) for first, count in one] for one in (needed, known)))

    hours = [(hour - NOON) // HOUR for one in found for hour in hours_of(one)]
    assert sorted(hours) == sorted(wanted - here), "each once"
    assert all(one.end - one.start <= LONGEST for one in found)
    assert all(later.start > earlier.end for later, earlier in pairwise(found))


@settings(max_examples=200)
@given(some)
def test_ranges_grow_together_to_the_same_hours(ranges: list[tuple[int, int]]) -> None:
    """Whatever the order: none of them touches another."""
    known: tuple[TimeRange, ...] = ()
    for first, count in ranges:
        known = joined(known, span(first, first + count))

    hours = [(hour - NOON) // HOUR for one in known for hour in hours_of(one)]
    assert sorted(hours) == sorted({hour for first, count in ranges for hour in range(first, first + count)})
    assert all(
        later.start > earlier.end for earlier, later in pairwise(sorted(known, key=lambda one: one.start))
    )
