"""What a selection selects, clock changes included."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from histories import HOUR, hours, local_days
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger import seen
from polars.testing import assert_frame_equal
from states import state_of

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.selection import EVERYTHING, Clock, Selection
from cfusage_lab.explorer.selection_bar import SelectionBar

BERLIN = "Europe/Berlin"
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
TWO_WEEKS = hours(MONDAY, [float(n) for n in range(14 * 24)])


def milliseconds(reading: str) -> float:
    return datetime.fromisoformat(reading).replace(tzinfo=UTC).timestamp() * 1000


def starts(selection: Selection, history: pl.DataFrame, time_zone: str = "UTC") -> list[datetime]:
    return selection.of(history, time_zone=time_zone)["start_time"].to_list()


def test_nothing_selected_is_the_very_table() -> None:
    assert EVERYTHING.of(TWO_WEEKS, time_zone="UTC") is TWO_WEEKS
    assert EVERYTHING.is_empty
    assert EVERYTHING.words(time_zone="UTC") == "everything"


def test_a_span_holds_its_start_and_not_its_end() -> None:
    span = Selection(start=MONDAY + 9 * HOUR, end=MONDAY + 11 * HOUR)

    assert starts(span, TWO_WEEKS) == [MONDAY + 9 * HOUR, MONDAY + 10 * HOUR]


def test_a_cell_is_that_hour_of_each_such_weekday_on_the_local_clock() -> None:
    """Monday 00:00 in Berlin is Sunday 23:00 UTC: of two weeks from Monday, one such hour."""
    cell = Selection(weekday=1, hour=0)

    assert starts(cell, TWO_WEEKS) == [MONDAY, MONDAY + timedelta(days=7)]
    assert starts(cell, TWO_WEEKS, BERLIN) == [MONDAY + timedelta(days=n) - HOUR for n in (7, 14)]


@pytest.mark.parametrize(("day", "count"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-03-28", 24)])
def test_a_day_has_the_hours_that_its_clock_has(day: str, count: int) -> None:
    wanted = date.fromisoformat(day)
    history = local_days(str(wanted - timedelta(days=1)), str(wanted + timedelta(days=1)), BERLIN)

    found = starts(Selection(day=wanted), history, BERLIN)

    assert len(found) == count
    assert {one.astimezone(ZoneInfo(BERLIN)).date() for one in found} == {wanted}


def test_parts_narrow_each_other_down() -> None:
    """Ten o'clock of the first week's Monday alone."""
    both = Selection(start=MONDAY, end=MONDAY + timedelta(days=7), weekday=1, hour=10)

    assert starts(both, TWO_WEEKS) == [MONDAY + 10 * HOUR]
    assert both.brush == Selection(start=MONDAY, end=MONDAY + timedelta(days=7))


def chip(history: pl.DataFrame, selection: Selection) -> str:
    """Tell what is said of a selection while the eleventh hour of Monday has just ended."""
    bar = SelectionBar()
    day = (MONDAY.date(), MONDAY.date())
    bar.show(state_of(history, now=MONDAY + 11 * HOUR, days=day, selection=selection))
    return seen(bar.chip.value)


def test_the_chip_counts_cost_and_hours() -> None:
    """Hours 9 and 10 at 9 and 10 dollars, and a dollar each of another account; 55 and 11 in all."""
    one, two = TWO_WEEKS.head(11), pl.concat([TWO_WEEKS.head(11), hours(MONDAY, [1.0] * 11, account_id="b")])
    span = Selection(start=MONDAY + 9 * HOUR, end=MONDAY + 11 * HOUR)

    assert chip(two, span) == "Mon 2 Nov 2026, 09:00 to 11:00 · $21.00 · 31.8% of the range · 2 hours"
    assert chip(one, span) == "Mon 2 Nov 2026, 09:00 to 11:00 · $19.00 · 34.5% of the range · 2 hours"
    cell = Selection(weekday=1, hour=9)
    assert chip(one, cell) == "Mondays 09:00 to 10:00 · $9.00 · 16.4% of the range · 1 hour"
    assert chip(one, EVERYTHING).startswith("Whole range.")


def test_of_a_range_that_cost_nothing_no_share_is_told() -> None:
    free = hours(MONDAY, [0.0] * 11)

    assert chip(free, Selection(hour=1)) == "01:00 to 02:00 · $0.00 · 1 hour"


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": MONDAY},
        {"end": MONDAY},
        {"start": MONDAY, "end": MONDAY},
        {"start": datetime(2026, 11, 2), "end": datetime(2026, 11, 3)},  # noqa: DTZ001 - that is what is wrong
        {"weekday": 0},
        {"weekday": 8},
        {"hour": 24},
        {"hour": -1},
    ],
)
def test_what_cannot_be_selected_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        Selection(**wrong)  # type: ignore[arg-type]


def test_ends_are_kept_in_utc() -> None:
    local = MONDAY.astimezone(ZoneInfo(BERLIN))

    assert Selection(start=local, end=local + HOUR) == Selection(start=MONDAY, end=MONDAY + HOUR)


# The brush: readings of the clock


def test_a_brush_takes_the_bars_that_begin_inside_it() -> None:
    """From half past eight until ten: the bars of nine and ten o'clock."""
    clock = Clock(TWO_WEEKS, time_zone=BERLIN, is_daily=False)

    found = clock.spanned([milliseconds("2026-11-02T08:30"), milliseconds("2026-11-02T10:00")])

    assert found == Selection(start=MONDAY + 8 * HOUR, end=MONDAY + 10 * HOUR)


def test_a_brush_from_right_to_left_is_the_same() -> None:
    clock = Clock(TWO_WEEKS, time_zone="UTC", is_daily=False)
    edges = [milliseconds("2026-11-02T08:30"), milliseconds("2026-11-02T10:00")]

    assert clock.spanned(edges[::-1]) == clock.spanned(edges)


def test_a_brush_beside_all_bars_selects_nothing() -> None:
    clock = Clock(TWO_WEEKS, time_zone="UTC", is_daily=False)

    assert clock.spanned([milliseconds("2026-01-01T00:00"), milliseconds("2026-01-02T00:00")]) == EVERYTHING


def test_the_hour_that_comes_twice_can_be_brushed_by_halves() -> None:
    """In Berlin 02:00 comes twice on 25 October: at 00:00 and 01:00 UTC, each half as wide."""
    clock = Clock(local_days("2026-10-25", "2026-10-25", BERLIN), time_zone=BERLIN, is_daily=False)
    midnight = datetime(2026, 10, 25, tzinfo=UTC)

    first = clock.spanned([milliseconds("2026-10-25T01:45"), milliseconds("2026-10-25T02:15")])
    second = clock.spanned([milliseconds("2026-10-25T02:15"), milliseconds("2026-10-25T02:45")])

    assert first == Selection(start=midnight, end=midnight + HOUR)
    assert second == Selection(start=midnight + HOUR, end=midnight + 2 * HOUR)


@pytest.mark.parametrize("zone", [BERLIN, "America/New_York", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("is_daily", [False, True])
@settings(max_examples=25)
@given(st.integers(0, 13 * 24), st.integers(1, 48))
def test_a_brush_that_is_set_tells_the_same_span_back(
    zone: str,
    is_daily: bool,  # noqa: FBT001 - pytest's own
    first: int,
    length: int,
) -> None:
    """Over the clock changes of Berlin and New York: what Python selects is what the browser then tells."""
    start = datetime(2026, 10, 22, tzinfo=UTC)
    clock = Clock(hours(start, [1.0] * 24 * 14), time_zone=zone, is_daily=is_daily)
    wanted = Selection(start=start + first * HOUR, end=start + (first + length) * HOUR)

    near = clock.nearest(wanted)
    readings = clock.readings(near)

    assert readings is not None
    assert clock.spanned(readings) == near
    assert clock.nearest(near) == near
    assert near.start is not None
    assert near.end is not None
    assert near.start <= wanted.start  # type: ignore[operator]
    if not is_daily:
        assert near.start == wanted.start
        assert near.end == min(wanted.end, start + timedelta(days=14))  # type: ignore[type-var]


def test_days_are_brushed_whole() -> None:
    """From Monday noon until Wednesday noon the bars of Tuesday and Wednesday begin."""
    clock = Clock(local_days("2026-10-19", "2026-11-01", BERLIN), time_zone=BERLIN, is_daily=True)

    found = clock.spanned([milliseconds("2026-10-24T12:00"), milliseconds("2026-10-26T00:00")])

    assert found == Selection(
        start=datetime(2026, 10, 24, 22, tzinfo=UTC), end=datetime(2026, 10, 26, 23, tzinfo=UTC)
    )


def test_a_selection_of_all_accounts_has_the_windows_of_each() -> None:
    both = pl.concat([TWO_WEEKS, TWO_WEEKS.with_columns(account_id=pl.lit("b"))])
    span = Selection(start=MONDAY, end=MONDAY + HOUR)

    assert_frame_equal(span.of(both, time_zone="UTC"), both.filter(pl.col("start_time") == MONDAY))
