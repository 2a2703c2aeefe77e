"""What the controls ask for, in hours: periods, the days compared with, and all windows of an answer."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from histories import HOUR
from ledger import NOW, A

import cfusage_lab as cfu
from cfusage_lab.changes.compared_days import Dates
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.period import COMPARISONS, CUSTOM, PRESETS, Period, dates_of
from cfusage_lab.explorer.query import Query
from cfusage_lab.ranges import TimeRange, is_inside, missing
from cfusage_lab.ranges.zones import OffTheHourWarning

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Auckland"]
MOMENTS = [
    NOW,
    datetime(2026, 11, 1, 0, 10, tzinfo=UTC),
    datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
    datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, tzinfo=UTC),
]


def day(text: str) -> date:
    """Read a date of 2026."""
    return date.fromisoformat(f"2026-{text}")


def days(first: str, last: str) -> Dates:
    return day(first), day(last)


def asked(
    preset: str = "Last 28 days",
    *,
    zone: str = "UTC",
    now: datetime = NOW,
    dates: Dates | None = None,
    is_with_today: bool = False,
    **more: Any,  # noqa: ANN401 - the query's own
) -> Query:
    period = Period(
        preset=CUSTOM if dates else preset, days=dates or (None, None), is_with_today=is_with_today
    )
    return Query.of(period, PRESETS, accounts=(A,), time_zone=zone, now=now, **more)


# The period


@pytest.mark.filterwarnings(f"ignore::{OffTheHourWarning.__module__}.{OffTheHourWarning.__name__}")
@pytest.mark.parametrize("now", MOMENTS)
@pytest.mark.parametrize("zone", ZONES)
def test_presets_are_the_very_ranges_of_their_functions(zone: str, now: datetime) -> None:
    """With today so far only where a reader asks for it."""
    on_clock = {"time_zone": zone, "now": now}
    for n in (7, 28, 90):
        assert asked(f"Last {n} days", **on_call(on_clock)).time_range == cfu.last_days(n, **on_clock)
        with_today = asked(f"Last {n} days", is_with_today=True, **on_call(on_clock))
        assert with_today.time_range == cfu.last_days(n, include_today=True, **on_clock)
    others = {
        "Today": cfu.today,
        "This week": cfu.this_week,
        "Month to date": cfu.month_to_date,
        "Previous month": cfu.previous_month,
    }
    for name, of in others.items():
        for is_with_today in (False, True):
            query = asked(name, is_with_today=is_with_today, **on_call(on_clock))
            assert query.time_range == of(**on_clock)


def on_call(on_clock: dict[str, Any]) -> dict[str, Any]:
    return {"zone": on_clock["time_zone"], "now": on_clock["now"]}


def test_custom_days_are_whole_local_days_until_the_running_hour() -> None:
    """On 15 November at 09:30 UTC it is 10:30 in Berlin; October has 743 hours there, and one twice."""
    until = datetime(2026, 11, 15, 10, tzinfo=UTC)

    october = asked(zone="Europe/Berlin", dates=days("10-01", "10-31"))
    assert (october.time_range.hours, october.dates) == (31 * 24 + 1, days("10-01", "10-31"))
    assert asked(zone="Europe/Berlin", dates=days("11-15", "11-15")).time_range.end == until
    assert asked(zone="Europe/Berlin", dates=days("11-10", "12-31")).dates == days("11-10", "11-15")


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        ((None, day("11-02")), "choose both dates"),
        ((day("11-02"), None), "choose both dates"),
        ((day("11-03"), day("11-02")), "the last day, 2026-11-02, lies before the first, 2026-11-03"),
    ],
)
def test_dates_that_make_no_range_are_refused(dates: Dates, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        asked(dates=dates)
    with pytest.raises(ConfigError, match=message):
        asked(comparison="custom", other_days=dates)


def test_a_zone_off_the_hour_is_noted_and_nobody_is_warned() -> None:
    assert asked(zone="Europe/Berlin").about == ()
    (note,) = asked(zone="Asia/Kathmandu").about
    assert "Asia/Kathmandu is +05:45 from UTC" in note


# What it is compared with


@pytest.mark.parametrize(
    ("comparison", "dates", "expected"),
    [
        ("previous", None, ("09-20", "10-17")),
        ("previous", ("11-10", "11-14"), ("11-05", "11-09")),
        ("weekdays", None, ("09-20", "10-17")),
        ("weekdays", ("11-09", "11-15"), ("11-02", "11-08")),
        ("month", ("11-01", "11-14"), ("10-01", "10-14")),
        ("month", ("10-01", "10-31"), ("09-01", "09-30")),
    ],
)
def test_the_days_that_are_compared_follow_what_is_selected(
    comparison: str, dates: tuple[str, str] | None, expected: tuple[str, str]
) -> None:
    query = asked(comparison=comparison)

    assert query.compared_days(days(*dates) if dates else None) == days(*expected)


def test_a_month_that_runs_is_compared_until_the_same_day() -> None:
    """On 30 November, as long as that day runs; whole from the next one on."""
    november = days("11-01", "11-30")
    running = asked(dates=november, comparison="month", now=datetime(2026, 11, 30, 9, tzinfo=UTC))
    over = asked(dates=november, comparison="month", now=datetime(2026, 12, 1, 9, tzinfo=UTC))

    assert running.compared_days() == days("10-01", "10-30")
    assert over.compared_days() == days("10-01", "10-31")


def test_custom_days_stand_beside_the_first_of_the_range() -> None:
    """Of a week of November and five days of May, the first beside the first; two have no partner."""
    query = asked(dates=days("11-02", "11-08"), comparison="custom", other_days=days("05-04", "05-08"))

    assert query.compared_days() == days("05-04", "05-08")
    assert query.compared_days(days("11-03", "11-04")) == days("05-05", "05-06")
    assert query.compared_days(days("11-06", "11-08")) == days("05-08", "05-08")
    assert query.compared_days(days("11-07", "11-08")) is None
    assert query.about == ()


def test_nobody_chose_other_days_then_they_are_those_before() -> None:
    query = asked(dates=days("11-02", "11-08"), comparison="custom")

    assert (query.other_days, query.compared_days()) == (None, days("10-26", "11-01"))


def test_days_are_not_compared_with_themselves() -> None:
    same = days("11-02", "11-08")
    query = asked(dates=same, comparison="custom", other_days=same)

    assert query.compared_days() is None
    assert query.about == ("not compared: the other days begin on 2026-11-02, as the range does",)
    assert query.compared[0] == query.time_range


@pytest.mark.parametrize(
    ("preset", "now", "is_running"),
    [
        ("Month to date", NOW, True),
        ("Today", NOW, False),
        ("Previous month", NOW, False),
        ("Today", datetime(2026, 11, 1, 5, tzinfo=UTC), True),
        ("Today", datetime(2026, 11, 1, 0, 10, tzinfo=UTC), False),
    ],
)
def test_the_month_that_runs(preset: str, now: datetime, *, is_running: bool) -> None:
    """On the first of a month, today is all of it; in its first hour nothing of it has ended."""
    assert asked(preset, now=now).is_running_month is is_running


# All windows of an answer


@pytest.mark.parametrize("comparison", COMPARISONS.values())
@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("zone", ["UTC", "Pacific/Auckland"])
def test_all_windows_that_answers_are_made_of_are_needed(preset: str, comparison: str, zone: str) -> None:
    """By day, in a plain loop: partners, both months, 90 days, six weeks before; the range comes first."""
    query = asked(preset, comparison=comparison, zone=zone)
    needed = {hour for one in query.needed for hour in hours_of(one)}

    assert query.needed[0] == query.time_range
    info = ZoneInfo(zone)
    wanted = set(hours_of(query.time_range))
    compared = query.compared_days()
    assert compared is not None
    for n in range((compared[1] - compared[0]).days + 1):
        wanted |= local_day(compared[0] + timedelta(days=n), info)
    for one in {hour.astimezone(info).date() for hour in wanted & set(hours_of(query.time_range))}:
        for before in (one - timedelta(days=1), one - timedelta(days=7), a_month_before(one)):
            wanted |= local_day(before, info)
    today = query.today
    for n in range(91):
        wanted |= local_day(today - timedelta(days=n), info)
    first = a_month_before(today.replace(day=1))
    while first <= today:
        wanted |= local_day(first, info)
        first += timedelta(days=1)
    wanted |= set(hours_of(TimeRange(query.time_range.start - timedelta(weeks=6), query.time_range.start)))
    wanted = {hour for hour in wanted if hour < NOW}
    assert wanted <= needed
    assert all(is_inside(one, TimeRange(min(needed), NOW.replace(minute=0) + HOUR)) for one in query.needed)


def hours_of(time_range: TimeRange) -> list[datetime]:
    return [time_range.start + n * HOUR for n in range(time_range.hours)]


def local_day(one: date, info: ZoneInfo) -> set[datetime]:
    first, last = (
        datetime(each.year, each.month, each.day, tzinfo=info).astimezone(UTC)
        for each in (one, one + timedelta(days=1))
    )
    return {first + n * HOUR for n in range((last - first) // HOUR)}


def a_month_before(one: date) -> date:
    end = one.replace(day=1) - timedelta(days=1)
    return end.replace(day=min(one.day, end.day))


def test_a_selection_inside_the_range_needs_nothing_more() -> None:
    """Whichever days are selected, their partners are needed already; but for whole weeks far apart."""
    query = asked("Last 28 days")
    first, last = query.dates
    inside = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    for start in inside:
        for end in [one for one in inside if one >= start]:
            for comparison in ("previous", "weekdays", "month"):
                chosen = asked("Last 28 days", comparison=comparison)
                before = chosen.compared_days((start, end))
                assert before is not None
                asked_for = TimeRange(midnight(before[0]), midnight(before[1] + timedelta(days=1)))
                assert missing([asked_for], chosen.needed) == []


def midnight(one: date) -> datetime:
    return datetime(one.year, one.month, one.day, tzinfo=UTC)


def test_the_dates_of_a_range_are_those_on_which_its_windows_start() -> None:
    last_hour = TimeRange(datetime(2026, 11, 14, 23, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC))

    assert dates_of(last_hour, "UTC") == days("11-14", "11-14")
    assert dates_of(last_hour, "Europe/Berlin") == days("11-15", "11-15")
