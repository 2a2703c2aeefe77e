"""What selected days cost beside other days: which days, the two sums, and the words."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from clock_changes import dates as local_dates
from histories import HOUR, hours, local_days
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.changes.compared_days import days_compared
from cfusage_lab.changes.range_comparison import RangeComparison, compare_range
from cfusage_lab.headline import range_sentence

BERLIN, KOLKATA = "Europe/Berlin", "Asia/Kolkata"


def day(text: str) -> date:
    """Read a date of 2026, unless it says another year."""
    return date.fromisoformat(text if len(text) > 5 else f"2026-{text}")


def span(first: str, last: str) -> tuple[date, date]:
    return day(first), day(last)


@pytest.mark.parametrize(
    ("how", "dates", "expected"),
    [
        ("previous", ("11-10", "11-16"), ("11-03", "11-09")),
        ("previous", ("11-16", "11-16"), ("11-15", "11-15")),
        ("previous", ("11-01", "11-29"), ("10-03", "10-31")),
        ("weekdays", ("11-16", "11-16"), ("11-09", "11-09")),
        ("weekdays", ("11-10", "11-16"), ("11-03", "11-09")),
        ("weekdays", ("11-09", "11-16"), ("10-26", "11-02")),
        ("weekdays", ("11-02", "11-29"), ("10-05", "11-01")),
        ("month", ("10-31", "10-31"), ("09-30", "09-30")),
        ("month", ("03-29", "03-31"), ("02-28", "02-28")),
        ("month", ("2028-03-29", "2028-03-31"), ("2028-02-29", "2028-02-29")),
        ("month", ("11-01", "11-16"), ("10-01", "10-16")),
        ("month", ("11-01", "11-30"), ("10-01", "10-31")),
        ("month", ("03-01", "03-31"), ("02-01", "02-28")),
        ("month", ("09-01", "11-30"), ("08-01", "10-31")),
        ("month", ("11-02", "11-30"), ("10-02", "10-30")),
        ("month", ("01-01", "01-31"), ("2025-12-01", "2025-12-31")),
    ],
)
def test_the_days_compared_with(how: str, dates: tuple[str, str], expected: tuple[str, str]) -> None:
    assert days_compared(span(*dates), how, whole=span(*dates)) == span(*expected)


def test_a_month_whose_last_day_runs_is_not_whole() -> None:
    november = span("11-01", "11-30")

    assert days_compared(november, "month", whole=november, is_over=False) == span("10-01", "10-30")


@pytest.mark.parametrize(
    ("dates", "custom", "expected"),
    [
        (("11-01", "11-28"), ("06-01", "06-28"), ("06-01", "06-28")),
        (("11-10", "11-16"), ("06-01", "06-28"), ("06-10", "06-16")),
        (("11-10", "11-16"), ("06-01", "06-12"), ("06-10", "06-12")),
        (("11-10", "11-16"), ("06-01", "06-10"), ("06-10", "06-10")),
        (("11-10", "11-16"), ("06-01", "06-09"), None),
        (("11-10", "11-16"), None, None),
    ],
)
def test_chosen_days_stand_beside_the_range(
    dates: tuple[str, str], custom: tuple[str, str] | None, expected: tuple[str, str] | None
) -> None:
    chosen = None if custom is None else span(*custom)
    found = days_compared(span(*dates), "custom", whole=span("11-01", "11-28"), custom=chosen)

    assert found == (None if expected is None else span(*expected))


def test_there_are_no_days_before_the_first_year() -> None:
    first = date(1, 1, 1), date(1, 1, 3)

    assert {
        days_compared(first, how, whole=first) for how in ("previous", "weekdays", "month", "custom")
    } == {None}


def compared(
    known: pl.DataFrame,
    dates: tuple[str, str],
    previous: tuple[str, str] | None,
    *,
    time_zone: str = "UTC",
    weekday: int | None = None,
    hour: int | None = None,
) -> RangeComparison:
    """Compare the windows of some local dates, as they are selected of a history."""
    info = ZoneInfo(time_zone)
    starts = known["start_time"].to_list()
    inside = [day(dates[0]) <= start.astimezone(info).date() <= day(dates[1]) for start in starts]
    return compare_range(
        known.filter(pl.Series(inside, dtype=pl.Boolean)),
        known,
        dates=span(*dates),
        previous_dates=None if previous is None else span(*previous),
        time_zone=time_zone,
        weekday=weekday,
        hour=hour,
    )


def test_whole_days() -> None:
    known = pl.concat([hours("2026-11-14", [1.0] * 48), hours("2026-11-16", [1.5] * 48)])

    found = compared(known, ("11-16", "11-17"), ("11-14", "11-15"))

    assert (found.cost_usd, found.current_usd, found.previous_usd) == (72.0, 72.0, 48.0)
    assert (found.change_usd, found.change_ratio, found.kind) == (24.0, 0.5, "up")
    assert (found.since, found.until, found.previous_until, found.is_running) == (None, None, None, False)
    assert range_sentence(found) == "$24.00 more (+50.0%) vs. 14\N{EN DASH}15 Nov 2026 ($48.00)"


def test_today_so_far_is_compared_until_the_same_time() -> None:
    """Yesterday costs a dollar an hour; today two, and its tenth hour is running."""
    states = ["complete"] * 24 + ["provisional"] * 9 + ["in_progress"]
    known = hours("2026-11-15", [1.0] * 24 + [2.0] * 10, states=states)

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.cost_usd, found.current_usd, found.previous_usd) == (20.0, 18.0, 9.0)
    assert (found.until, found.previous_until, found.is_running) == ("09:00", "09:00", True)
    assert range_sentence(found) == "$9.00 more (+100.0%) vs. 15 Nov 2026 by 09:00 ($9.00)"


def test_nothing_is_compared_in_the_first_hour_of_a_day() -> None:
    known = hours("2026-11-15", [1.0] * 25, states=["complete"] * 24 + ["in_progress"])

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.cost_usd, found.current_usd, found.previous_usd, found.kind) == (1.0, None, None, "unknown")
    assert (found.until, found.missing_hours) == ("00:00", 0)
    assert range_sentence(found) == "nothing to compare yet"


def test_days_go_on_to_the_day_that_has_just_begun() -> None:
    """Of the second day only the running hour is there: the first one is compared, whole."""
    known = hours("2026-11-13", [1.0] * 48 + [3.0] * 25, states=["complete"] * 72 + ["in_progress"])

    found = compared(known, ("11-15", "11-16"), ("11-13", "11-14"))

    assert (found.cost_usd, found.current_usd, found.previous_usd) == (75.0, 72.0, 24.0)
    assert range_sentence(found) == "$48.00 more (+200.0%) vs. 13 Nov 2026 ($24.00)"


def test_a_span_is_compared_with_the_same_clock_times() -> None:
    """A brush from Monday 14:00 to Tuesday 10:00 is compared with these hours a week before."""
    known = hours("2026-11-02", [float(n) for n in range(24 * 14)])
    start, end = datetime(2026, 11, 9, 14, tzinfo=UTC), datetime(2026, 11, 10, 10, tzinfo=UTC)
    brushed = known.filter(pl.col("start_time").is_between(start, end, closed="left"))

    found = compare_range(
        brushed, known, dates=span("11-09", "11-10"), previous_dates=span("11-02", "11-03"), time_zone="UTC"
    )

    assert (found.since, found.until) == ("14:00", "10:00")
    assert found.previous_usd == sum(range(14, 34))
    assert found.current_usd == sum(range(168 + 14, 168 + 34))
    assert range_sentence(found) == "$3,360.00 more (+714.9%) vs. 2 Nov, 14:00 to 3 Nov 2026, 10:00 ($470.00)"


def test_some_hours_of_one_day() -> None:
    known = hours("2026-11-09", [1.0] * 24 + [2.0] * 24)
    brushed = known[24 + 9 : 24 + 12]

    found = compare_range(
        brushed, known, dates=span("11-10", "11-10"), previous_dates=span("11-09", "11-09"), time_zone="UTC"
    )

    assert (found.current_usd, found.previous_usd) == (6.0, 3.0)
    assert range_sentence(found) == "$3.00 more (+100.0%) vs. 9 Nov 2026, 09:00 to 12:00 ($3.00)"


@pytest.mark.parametrize(
    ("dates", "previous", "current_usd", "previous_usd"),
    [
        (("10-25", "10-25"), ("10-18", "10-18"), 25.0, 24.0),  # clocks go back
        (("03-29", "03-29"), ("03-22", "03-22"), 23.0, 24.0),  # and ahead
        (("10-26", "10-26"), ("10-25", "10-25"), 24.0, 25.0),
    ],
)
def test_days_on_which_clocks_change(
    dates: tuple[str, str], previous: tuple[str, str], current_usd: float, previous_usd: float
) -> None:
    known = local_days("2026-03-01", "2026-11-01", BERLIN)

    found = compared(known, dates, previous, time_zone=BERLIN)

    assert (found.current_usd, found.previous_usd, found.missing_hours) == (current_usd, previous_usd, 0)


def test_the_hour_that_comes_twice_counts_twice_until_the_same_time() -> None:
    """By 04:00 on 26 October four hours have passed, and five had on the day before."""
    known = local_days("2026-10-24", "2026-10-25", BERLIN)
    states = ["complete"] * 4 + ["in_progress"]
    today = hours(datetime(2026, 10, 25, 23, tzinfo=UTC), [1.0] * 5, states=states)

    found = compared(pl.concat([known, today]), ("10-26", "10-26"), ("10-25", "10-25"), time_zone=BERLIN)

    assert (found.until, found.current_usd, found.previous_usd) == ("04:00", 4.0, 5.0)


def test_a_zone_off_the_hour() -> None:
    """In India the first window of a day starts at 00:30, and the ninth has ended by 09:30."""
    before = local_days("2026-11-15", "2026-11-15", KOLKATA)
    states = ["complete"] * 9 + ["in_progress"]
    today = hours(datetime(2026, 11, 15, 19, tzinfo=UTC), [2.0] * 10, states=states)

    found = compared(pl.concat([before, today]), ("11-16", "11-16"), ("11-15", "11-15"), time_zone=KOLKATA)

    assert before["start_time"][0] == datetime(2026, 11, 14, 19, tzinfo=UTC)
    assert (found.until, found.current_usd, found.previous_usd) == ("09:30", 18.0, 9.0)


def test_a_day_that_the_month_before_does_not_have_stands_beside_all_of_it() -> None:
    """As in ``month_over_month``: 31 October by 09:00 is no partner of 30 September by 09:00."""
    states = ["complete"] * (31 * 24 + 29 * 24 + 24 + 9) + ["in_progress"]
    known = hours("2026-08-31", [1.0] * len(states), states=states)

    found = compared(known, ("10-01", "10-31"), ("09-01", "09-30"))

    assert (found.until, found.previous_until) == ("09:00", None)
    assert (found.current_usd, found.previous_usd) == (30 * 24 + 9, 30 * 24)
    assert range_sentence(found).endswith("vs. 1\N{EN DASH}30 Sep 2026 ($720.00)")


def test_a_day_with_the_same_number_is_cut_in_a_month_of_another_length() -> None:
    states = ["complete"] * (31 * 24 + 14 * 24 + 6) + ["in_progress"]
    known = hours("2026-10-01", [1.0] * len(states), states=states)

    found = compared(known, ("11-01", "11-15"), ("10-01", "10-15"))

    assert (found.previous_until, found.current_usd, found.previous_usd) == ("06:00", 342.0, 342.0)
    assert found.kind == "flat"


@pytest.mark.parametrize("lost", ["absent", "unknown", "running"])
def test_an_hour_that_is_not_known_is_compared_with_nothing(lost: str) -> None:
    """Of two accounts one lacks an hour of the day before."""
    known = pl.concat([hours("2026-11-15", [1.0] * 48, account_id=account) for account in "ab"])
    is_it = (pl.col("account_id") == "b") & (pl.col("start_time") == datetime(2026, 11, 15, 7, tzinfo=UTC))
    known = {
        "absent": known.filter(~is_it),
        "unknown": known.with_columns(aggregated_value=pl.when(~is_it).then("aggregated_value")),
        "running": known.with_columns(
            state=pl.when(is_it).then(pl.lit("in_progress")).otherwise(pl.col("state"))
        ),
    }[lost]

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.current_usd, found.previous_usd, found.kind) == (48.0, None, "unknown")
    assert (found.change_usd, found.change_ratio, found.missing_hours) == (None, None, 1)
    assert range_sentence(found) == "not compared with 15 Nov 2026: 1 hour is missing"


def test_a_selection_with_a_gap_is_compared_with_nothing() -> None:
    known = hours("2026-11-15", [1.0] * 48)
    known = known.filter(pl.col("start_time") != datetime(2026, 11, 16, 7, tzinfo=UTC))

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.cost_usd, found.current_usd, found.previous_usd, found.missing_hours) == (23, 23, None, 1)


def test_an_account_whose_hour_still_runs_holds_up_the_others() -> None:
    """One was fetched before 09:00, the other after: both count until 08:00, and so do the days before."""
    parts = []
    for account, finished in {"a": 8, "b": 9}.items():
        states = ["complete"] * (24 + finished) + ["in_progress"]
        parts.append(hours("2026-11-15", [1.0] * len(states), account_id=account, states=states))

    found = compared(pl.concat(parts), ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.until, found.cost_usd, found.current_usd, found.previous_usd) == ("08:00", 19, 16, 16)


def test_other_accounts_do_not_count() -> None:
    known = pl.concat([hours("2026-11-15", [1.0] * 48, account_id=account) for account in "ab"])
    selected = known.filter(pl.col("start_time") >= datetime(2026, 11, 16, tzinfo=UTC), account_id="a")

    found = compare_range(
        selected, known, dates=span("11-16", "11-16"), previous_dates=span("11-15", "11-15"), time_zone="UTC"
    )

    assert (found.current_usd, found.previous_usd, found.missing_hours) == (24.0, 24.0, 0)


@pytest.mark.parametrize(
    ("before", "now", "kind", "ratio", "sentence"),
    [
        (0.0, 0.25, "new", None, "$6.00 more vs. 15 Nov 2026 ($0.00)"),
        (0.25, 0.0, "stopped", -1.0, "$6.00 less (-100.0%) vs. 15 Nov 2026 ($6.00)"),
        (0.0, 0.0, "zero", None, "the same as 15 Nov 2026 ($0.00)"),
        (0.1, 0.1, "flat", 0.0, "the same as 15 Nov 2026 ($2.40)"),
        (-0.5, 0.5, "up", None, "$24.00 more vs. 15 Nov 2026 (-$12.00)"),
        (0.5, -0.5, "down", -2.0, "$24.00 less (-200.0%) vs. 15 Nov 2026 ($12.00)"),
        (1.0, 1.0001, "up", 0.0001, "$0.002400 more (+0.0%) vs. 15 Nov 2026 ($24.00)"),
        (1.0, 100.0, "up", 99.0, "$2,376.00 more (+9,900.0%) vs. 15 Nov 2026 ($24.00)"),
    ],
)
def test_kinds(before: float, now: float, kind: str, ratio: float | None, sentence: str) -> None:
    known = hours("2026-11-15", [before] * 24 + [now] * 24)

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert found.kind == kind
    assert found.change_ratio == (None if ratio is None else pytest.approx(ratio))
    assert range_sentence(found) == sentence


def test_what_rounding_leaves_of_a_sum_is_nothing() -> None:
    """0.1 + 0.2 - 0.3 is no cost, and nothing is compared with it as a ratio."""
    known = hours("2026-11-15", [0.1, 0.2, -0.3, *[0.0] * 21, *[1.0] * 24])

    found = compared(known, ("11-16", "11-16"), ("11-15", "11-15"))

    assert (found.previous_usd, found.kind, found.change_ratio) == (0.0, "new", None)


def test_a_cell_is_picked_on_both_sides() -> None:
    """Mondays from 14:00: 9 and 16 November, beside 26 October and 2 November."""
    starts = [datetime(2026, 10, 26, tzinfo=UTC) + n * HOUR for n in range(28 * 24)]
    prices = {day("10-26"): 1.0, day("11-02"): 2.0, day("11-09"): 4.0, day("11-16"): 8.0}
    values = [prices.get(one.date(), 100.0) if one.hour == 14 else 100.0 for one in starts]
    known = hours(starts[0], values)

    found = compared(known, ("11-09", "11-22"), ("10-26", "11-08"), weekday=1, hour=14)

    assert (found.cost_usd, found.current_usd, found.previous_usd) == (12.0, 12.0, 3.0)
    partner = "Mondays, 14:00 to 15:00 of 26 Oct \N{EN DASH} 8 Nov 2026 ($3.00)"
    assert range_sentence(found) == f"$9.00 more (+300.0%) vs. {partner}"


def test_nothing_is_selected_or_nothing_to_compare_with() -> None:
    known = hours("2026-11-15", [1.0] * 48)

    alone = compared(known, ("11-16", "11-16"), None)
    empty = compared(known.clear(), ("11-16", "11-16"), ("11-15", "11-15"))
    tuesday = compared(known, ("11-16", "11-16"), ("11-15", "11-15"), weekday=2)

    assert (alone.current_usd, alone.previous_usd, alone.kind) == (24.0, None, "unknown")
    assert range_sentence(alone) == "nothing to compare with"
    assert (empty.cost_usd, empty.current_usd, range_sentence(empty)) == (0.0, None, "nothing to compare")
    assert (tuesday.cost_usd, tuesday.current_usd, range_sentence(tuesday)) == (0, None, "nothing to compare")


ZONES = ("UTC", BERLIN, KOLKATA, "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    zone=st.sampled_from(ZONES),
    how=st.sampled_from(["previous", "weekdays", "month"]),
    length=st.integers(1, 20),
    cut=st.integers(0, 30),
    weekday=st.none() | st.integers(1, 7),
    hour=st.none() | st.integers(0, 23),
)
def test_sums_are_those_of_plain_python(
    seed: int, zone: str, how: str, length: int, cut: int, weekday: int | None, hour: int | None
) -> None:
    """A loop over windows with the standard library's zones comes to the same, whatever is compared."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    info = ZoneInfo(zone)
    start = datetime(2026, chance.choice([2, 9]), 1, tzinfo=UTC)
    starts = [start + n * HOUR for n in range(70 * 24 - cut)]
    values = [chance.choice([0.0, 0.25, -0.5, chance.lognormvariate(0, 1)]) for _ in starts]
    known = hours(start, values, states=["complete"] * (len(starts) - 1) + ["in_progress"])
    of = dict(zip(starts, local_dates(starts, zone), strict=True))
    last = of[starts[-1]]
    dates = last - (length - 1) * timedelta(days=1), last
    end = starts[-1]
    previous = days_compared(dates, how, whole=dates, is_over=False)
    assert previous is not None

    found = compare_range(
        known.filter(pl.Series([dates[0] <= of[one] for one in starts])),
        known,
        dates=dates,
        previous_dates=previous,
        time_zone=zone,
        weekday=weekday,
        hour=hour,
    )

    def is_wanted(one: datetime) -> bool:
        local = one.astimezone(info)
        return weekday in (None, of[one].isoweekday()) and hour in (None, local.hour)

    until = end.astimezone(info)
    passed = until.hour * 60 + until.minute if until.date() == last else 0
    is_partner = how != "month" or previous[1].day == dates[1].day
    current, before = 0.0, 0.0
    for one, value in zip(starts, values, strict=True):
        clock = one.astimezone(info).hour * 60 + one.astimezone(info).minute
        if is_wanted(one) and one < end and of[one] >= dates[0]:
            current += value
        is_cut = is_partner and of[one] == previous[1] and clock >= passed
        if is_wanted(one) and previous[0] <= of[one] <= previous[1] and not is_cut:
            before += value
    assert (found.current_usd or 0.0) == pytest.approx(current, abs=1e-9)
    assert found.missing_hours == 0
    if found.previous_usd is not None:
        assert found.previous_usd == pytest.approx(before, abs=1e-9)
