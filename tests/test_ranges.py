"""Time ranges: half-open, on whole UTC hours, cut on local midnights."""

import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from histories import hours
from hypothesis import given
from hypothesis import strategies as st

import cfusage_lab as cfu
from cfusage_lab import ranges
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import OffTheHourWarning, TimeRange, between

SUNDAY = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


@pytest.mark.parametrize(
    ("time_range", "start", "end"),
    [
        (ranges.today(now=SUNDAY), utc(2026, 11, 22), utc(2026, 11, 22, 10)),
        (ranges.today(time_zone=BERLIN, now=SUNDAY), utc(2026, 11, 21, 23), utc(2026, 11, 22, 10)),
        (ranges.yesterday(time_zone=BERLIN, now=SUNDAY), utc(2026, 11, 20, 23), utc(2026, 11, 21, 23)),
        (ranges.last_hours(3, now=SUNDAY), utc(2026, 11, 22, 7), utc(2026, 11, 22, 10)),
        (ranges.last_days(2, now=SUNDAY), utc(2026, 11, 20), utc(2026, 11, 22)),
        (ranges.last_days(2, include_today=True, now=SUNDAY), utc(2026, 11, 20), utc(2026, 11, 22, 10)),
        (ranges.this_week(time_zone=BERLIN, now=SUNDAY), utc(2026, 11, 15, 23), utc(2026, 11, 22, 10)),
        (ranges.last_week(time_zone=BERLIN, now=SUNDAY), utc(2026, 11, 8, 23), utc(2026, 11, 15, 23)),
        (ranges.month_to_date(time_zone=BERLIN, now=SUNDAY), utc(2026, 10, 31, 23), utc(2026, 11, 22, 10)),
        (ranges.previous_month(time_zone=BERLIN, now=SUNDAY), utc(2026, 9, 30, 22), utc(2026, 10, 31, 23)),
        (ranges.previous_month(now=utc(2026, 1, 5)), utc(2025, 12, 1), utc(2026, 1, 1)),
        (ranges.since_previous_month(now=SUNDAY), utc(2026, 10, 1), utc(2026, 11, 22, 10)),
        (
            ranges.since_previous_month(time_zone=BERLIN, now=SUNDAY),
            utc(2026, 9, 30, 22),
            utc(2026, 11, 22, 10),
        ),
        (ranges.since_previous_month(now=utc(2026, 11, 1, 0, 30)), utc(2026, 9, 1), utc(2026, 11, 1, 1)),
        (ranges.since_previous_month(now=utc(2026, 11, 1, 1)), utc(2026, 10, 1), utc(2026, 11, 1, 2)),
        (ranges.last_days(1, now=utc(2028, 3, 1, 0, 30)), utc(2028, 2, 29), utc(2028, 3, 1)),
    ],
)
def test_presets_are_cut_on_local_midnights(time_range: TimeRange, start: datetime, end: datetime) -> None:
    assert (time_range.start, time_range.end) == (start, end)


@pytest.mark.parametrize(
    ("day", "hours"),
    [(date(2026, 10, 25), 25), (date(2026, 3, 29), 23), (date(2026, 3, 28), 24)],
)
def test_a_day_on_which_clocks_change_has_25_or_23_hours(day: date, hours: int) -> None:
    assert between(day, day + timedelta(days=1), time_zone=BERLIN, now=SUNDAY).hours == hours


def test_a_day_whose_midnight_clocks_skip_begins_at_one() -> None:
    """Cairo, 24 April 2026: clocks go from 00:00 to 01:00, at 22:00 UTC the day before."""
    cairo = between(date(2026, 4, 24), date(2026, 4, 25), time_zone="Africa/Cairo", now=SUNDAY)

    assert cairo == TimeRange(utc(2026, 4, 23, 22), utc(2026, 4, 24, 21))
    assert cairo.start.astimezone(ZoneInfo("Africa/Cairo")).hour == 1
    assert cairo.hours == 23


@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu"])
def test_off_the_hour_a_day_begins_with_the_first_window_that_starts_in_it_and_warns(zone: str) -> None:
    """Midnight is at 18:30 UTC in India, at 18:15 in Nepal: the window from 18:00 is the day before's."""
    with pytest.warns(OffTheHourWarning, match=zone):
        yesterday = ranges.yesterday(time_zone=zone, now=SUNDAY)

    assert yesterday == TimeRange(utc(2026, 11, 20, 19), utc(2026, 11, 21, 19))


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
@pytest.mark.parametrize(
    ("minutes", "start"),
    [(29, utc(2026, 11, 21, 19)), (31, utc(2026, 11, 21, 19)), (61, utc(2026, 11, 22, 19))],
)
def test_off_the_hour_the_day_turns_with_the_window(minutes: int, start: datetime) -> None:
    """At 00:01 in India the window of 23:30 still runs, and today is still the day in which it started."""
    now = utc(2026, 11, 22, 18) + timedelta(minutes=minutes)

    assert ranges.today(time_zone="Asia/Kolkata", now=now).start == start


@pytest.mark.parametrize(
    "named",
    [
        lambda zone: cfu.yesterday(time_zone=zone, now=SUNDAY),
        lambda zone: between("2026-11-01", "2026-11-03", time_zone=zone, now=SUNDAY),
        lambda zone: cfu.daily_usage(hours("2026-11-02", [1.0] * 48), time_zone=zone),
        lambda zone: cfu.hourly_profile(hours("2026-11-02", [1.0] * 48), time_zone=zone),
        lambda zone: cfu.off_hours_share(hours("2026-11-02", [1.0] * 48), time_zone=zone),
        lambda zone: cfu.same_time_yesterday(hours("2026-11-02", [1.0] * 48), time_zone=zone),
        lambda zone: cfu.summary(hours("2026-11-02", [1.0] * 48), time_zone=zone),
        lambda zone: cfu.in_account_blocks(
            hours("2026-11-02", [1.0] * 48), compute=lambda one: cfu.daily_usage(one, time_zone=zone)
        ),
    ],
)
def test_off_the_hour_the_warning_points_to_the_line_that_named_the_zone(
    named: Callable[[str], object],
) -> None:
    with pytest.warns(OffTheHourWarning) as caught:
        named("Asia/Kolkata")

    assert {warning.filename for warning in caught} == {__file__}


def test_a_zone_that_is_off_the_hour_for_half_a_year_warns_for_a_range_that_only_crosses_it() -> None:
    """Lord Howe Island is 11:00 ahead in summer and 10:30 in winter."""
    with pytest.warns(OffTheHourWarning, match=r"Lord_Howe is \+10:30"):
        ranges.last_days(300, time_zone="Australia/Lord_Howe", now=SUNDAY)


@pytest.mark.parametrize("zone", ["UTC", BERLIN, "America/New_York", "Pacific/Kiritimati"])
def test_a_zone_on_the_hour_does_not_warn(zone: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")

        ranges.last_days(400, time_zone=zone, now=SUNDAY)


def test_between_takes_dates_datetimes_and_texts() -> None:
    expected = TimeRange(utc(2026, 10, 31, 23), utc(2026, 11, 2, 11))
    noon = datetime(2026, 11, 2, 12)  # noqa: DTZ001 - a naive one is what is tried

    assert between("2026-11-01", "2026-11-02T12:00", time_zone=BERLIN, now=SUNDAY) == expected
    assert between(date(2026, 11, 1), noon, time_zone=BERLIN, now=SUNDAY) == expected
    assert between("2026-11-01T00:00+01:00", "2026-11-02T11:00Z", now=SUNDAY) == expected
    assert between("2026-11-01", "2026-11-02", now=SUNDAY) == TimeRange(utc(2026, 11, 1), utc(2026, 11, 2))


def test_an_end_in_the_future_is_cut_at_the_end_of_the_running_hour() -> None:
    assert between("2026-11-01", "2026-12-01", now=SUNDAY).end == utc(2026, 11, 22, 10)


def test_now_may_be_a_text() -> None:
    assert ranges.yesterday(now="2026-11-22T09:30Z") == ranges.yesterday(now=SUNDAY)
    assert ranges.moment("2026-11-22T10:30+01:00") == SUNDAY


def test_the_hour_that_stands_twice_means_the_first() -> None:
    """Berlin, 25 October 2026: 02:00 is first 00:00 UTC, then 01:00 UTC."""
    assert between("2026-10-25T02:00", "2026-10-26", time_zone=BERLIN, now=SUNDAY).start == utc(2026, 10, 25)


NAIVE = datetime(2026, 11, 1)  # noqa: DTZ001 - a naive one is what is tried


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        (lambda: TimeRange(utc(2026, 2, 1), utc(2026, 1, 1)), "is not after start"),
        (lambda: TimeRange(utc(2026, 1, 1), utc(2026, 1, 1)), "is not after start"),
        (lambda: TimeRange(NAIVE, utc(2026, 12, 1)), "has no time zone"),
        (lambda: TimeRange(utc(2026, 1, 1, 9, 30), utc(2026, 2, 1)), "not a whole UTC hour.*09:00:00Z"),
        (lambda: TimeRange(date(2026, 1, 1), utc(2026, 2, 1)), "not a datetime"),  # type: ignore[arg-type]
        (lambda: TimeRange(utc(2016, 1, 1), utc(2026, 1, 1)), "at most 1,830"),
        (lambda: between("2026-11-03", "2026-11-01", now=SUNDAY), "is not after start"),
        (lambda: between(NAIVE, "2026-11-05", now=SUNDAY), "has no time zone"),
        (lambda: between("2026-11-01T09:30Z", "2026-11-05", now=SUNDAY), "not a whole UTC hour"),
        (lambda: between("2026-03-29T02:00", "2026-11-05", time_zone=BERLIN, now=SUNDAY), "clocks skip"),
        (lambda: between("last week", "2026-11-05", now=SUNDAY), "not an ISO 8601"),
        (lambda: between(3, "2026-11-05", now=SUNDAY), "neither a date"),  # type: ignore[arg-type]
        (lambda: between("2026-12-01", "2026-12-05", now=SUNDAY), "lies in the future"),
        (lambda: between("2026-11-01", "2026-11-05", time_zone="Europe/Berlim", now=SUNDAY), "no time zone"),
        (lambda: ranges.last_days(7, time_zone="+01:00", now=SUNDAY), "no time zone"),
        (lambda: ranges.last_days(7, time_zone="Europe", now=SUNDAY), "no time zone"),
        (lambda: ranges.last_days(0), "whole number from 1"),
        (lambda: ranges.last_days(1.5), "whole number from 1"),  # type: ignore[arg-type]
        (lambda: ranges.last_hours(n=True), "whole number from 1"),
        (lambda: ranges.last_days(10**9), "more than the 1,830 days"),
        (lambda: ranges.today(now=NAIVE), "has no time zone"),
        (lambda: ranges.today(now="2026-11-22T09:30"), "has no time zone"),
        (lambda: ranges.today(now="2026-11-22"), "is not a moment"),
        (lambda: ranges.today(now="noon"), "not an ISO 8601"),
    ],
)
def test_what_makes_no_range_is_refused_by_name(wrong: object, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        wrong()  # type: ignore[operator]


def test_bounds_are_kept_in_utc_and_shown_so() -> None:
    east = timezone(timedelta(hours=2))
    time_range = TimeRange(datetime(2026, 1, 1, 2, tzinfo=east), datetime(2026, 1, 2, 2, tzinfo=east))

    assert str(time_range) == "2026-01-01T00:00:00Z to 2026-01-02T00:00:00Z"
    assert time_range.start.tzinfo is UTC


moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.sampled_from([BERLIN, "America/New_York", "Pacific/Auckland", "Africa/Cairo", "UTC"])


@given(now=moments, zone=zones, days=st.integers(1, 60))
def test_days_join_without_a_gap_and_never_reach_past_the_running_hour(
    now: datetime, zone: str, days: int
) -> None:
    whole = ranges.last_days(days, time_zone=zone, now=now)
    running = ranges.today(time_zone=zone, now=now)
    both = ranges.last_days(days, time_zone=zone, include_today=True, now=now)

    assert whole.end == running.start
    assert both == TimeRange(whole.start, running.end)
    assert now < running.end <= now + timedelta(hours=1)
    assert (whole.end - whole.start) - timedelta(days=days) in {timedelta(hours=n) for n in (-1, 0, 1)}


@given(now=moments, zone=zones)
def test_weeks_begin_on_monday_and_months_on_the_first(now: datetime, zone: str) -> None:
    info = ZoneInfo(zone)
    week, month = ranges.this_week(time_zone=zone, now=now), ranges.month_to_date(time_zone=zone, now=now)

    assert week.start.astimezone(info).weekday() == 0
    assert month.start.astimezone(info).day == 1
    assert ranges.last_week(time_zone=zone, now=now).end == week.start
    assert ranges.previous_month(time_zone=zone, now=now).end == month.start


@pytest.mark.parametrize(("place", "begins"), [("Asia/Kolkata", "14:30"), ("Asia/Kathmandu", "14:45")])
def test_the_warning_says_when_an_hour_of_the_clock_begins(place: str, begins: str) -> None:
    """Windows are UTC hours: in Nepal, the one that starts at 09:00Z starts at 14:45."""
    with pytest.warns(OffTheHourWarning, match=f"called 14:00 begins at {begins}$"):
        ranges.yesterday(time_zone=place, now="2026-11-18T09:30Z")


def test_west_of_greenwich_the_minutes_count_from_the_other_side() -> None:
    """The Marquesas are 9:30 behind: the window of 00:00Z starts at 14:30 there."""
    with pytest.warns(OffTheHourWarning, match="begins at 14:30$"):
        ranges.yesterday(time_zone="Pacific/Marquesas", now="2026-11-18T09:30Z")
