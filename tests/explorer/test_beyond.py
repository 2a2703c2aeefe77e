"""Windows beside the range: asked for once, and each as it was told last."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import NOW, A, B, Ledger
from polars.testing import assert_frame_equal

from cfusage_lab.explorer.beyond import Beyond, fetched_beyond, stored_beyond
from cfusage_lab.explorer.presets import PRESETS
from cfusage_lab.explorer.questions import Question, asked, beside, missing
from cfusage_lab.explorer.tables import Alone, Answer
from cfusage_lab.ranges import TimeRange

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)


def span(first: int, last: int) -> TimeRange:
    """Count hours from noon."""
    return TimeRange(NOON + first * HOUR, NOON + last * HOUR)


def priced(price: float, of: TimeRange, *, account_id: str = A) -> pl.DataFrame:
    return hours(of.start, [price] * of.hours, account_id=account_id)


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


def test_a_window_is_what_is_on_screen_then_what_was_told_last() -> None:
    """The screen says 1, an older part 2, a newer part 3."""
    beyond = Beyond().with_part(span(0, 4), priced(2.0, span(0, 4)))
    beyond = beyond.with_part(span(3, 6), priced(3.0, span(3, 6)))
    screen = pl.concat([priced(1.0, span(5, 7)), priced(1.0, span(5, 7), account_id=B)])

    around = beyond.around(screen, (span(0, 7),))

    assert around["aggregated_value"].to_list() == [2.0, 2.0, 2.0, 3.0, 3.0, 1.0, 1.0, 1.0, 1.0]
    assert_frame_equal(around, around.sort("account_id", "start_time"))
    assert around.filter(account_id=B).height == 2
    assert beyond.around(screen, (span(0, 7),)) is around


def test_a_window_that_another_question_asked_for_does_not_count() -> None:
    """Four are known, and two of them needed."""
    beyond = Beyond().with_part(span(0, 4), priced(2.0, span(0, 4)))
    screen = priced(1.0, span(5, 6))

    around = beyond.around(screen, (span(5, 6), span(2, 5)))

    assert around["aggregated_value"].to_list() == [2.0, 2.0, 1.0]


def test_a_part_that_lies_in_another_is_let_go() -> None:
    inner, outer = span(1, 2), span(0, 4)
    beyond = Beyond().with_part(inner, priced(1.0, inner)).with_part(outer, priced(2.0, outer))

    assert list(beyond.parts) == [outer]


def test_what_is_known_is_not_asked_for_again() -> None:
    ledger = Ledger()
    question = asked(PRESETS["Today"], (A,), time_zone="UTC", now=NOW)
    tables = Alone(ledger)

    *_, first = fetched_beyond(Beyond(accounts=(A,)), tables, question, None)
    again = list(fetched_beyond(first, tables, question, None))

    assert again == []
    before = TimeRange(question.season.start, question.time_range.start)
    assert [one for one, _, _ in ledger.asked] == [before], "today is the range itself"
    assert first.parts[before]["aggregated_value"].sum() == before.hours


@pytest.mark.parametrize(("count", "is_asked"), [(20, True), (21, False)])
def test_the_credit_of_many_accounts_is_not_asked_for(count: int, *, is_asked: bool) -> None:
    """A ledger knows of none; of twenty-one, it is not even asked."""
    accounts = tuple(f"{n:032x}" for n in range(count))
    question = asked(PRESETS["Previous month"], accounts, time_zone="UTC", now=NOW)

    *_, known = fetched_beyond(Beyond(accounts=accounts), Alone(Ledger()), question, None)

    assert known.is_complete
    assert (known.no_credit == "") is is_asked


def test_other_days_are_asked_for_beside_the_months() -> None:
    ledger = Ledger()
    question = asked(PRESETS["Today"], (A,), time_zone="UTC", now=NOW)
    question = beside(question, (date(2026, 5, 1), date(2026, 5, 2)))

    *_, known = fetched_beyond(Beyond(accounts=(A,)), Alone(ledger), question, None)

    may = TimeRange(datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 5, 3, tzinfo=UTC))
    season = TimeRange(question.season.start, question.time_range.start)
    assert [one for one, _, _ in ledger.asked] == [season, may]
    assert may in known.parts


class HalfHeld(Alone):
    """Holds the newest six hours of whatever is asked for."""

    def stored(self, question: Question) -> Answer:
        held = TimeRange(question.time_range.end - 6 * HOUR, question.time_range.end)
        return Answer(history=priced(1.0, held), label="half", is_from_start=False)


def test_what_is_held_counts_for_no_more_than_it_covers() -> None:
    question = asked(PRESETS["Today"], (A,), time_zone="UTC", now=NOW)

    known = stored_beyond(Beyond(accounts=(A,)), HalfHeld(Ledger()), question)

    (held,) = known.parts
    assert (held.hours, held.end) == (6, question.time_range.start)
    assert stored_beyond(known, HalfHeld(Ledger()), question).parts.keys() > known.parts.keys()
