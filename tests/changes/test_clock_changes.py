"""Days and months so far where clocks change: held to whole days, to each other, and to slow loops."""

from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from clock_changes import DAY, HOUR, clock_changes, dates
from histories import hours

from cfusage_lab.changes import day_over_day, month_over_month, same_time_yesterday, week_over_week
from cfusage_lab.daily import daily_usage
from cfusage_lab.headline import summary
from cfusage_lab.ranges import between

pytestmark = pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")


def history(row: list[datetime]) -> pl.DataFrame:
    """Charge another amount for each hour, so that no two stretches cost the same."""
    return hours(row[0], [1 + (n * 37 % 101) / 100 for n in range(len(row))])


def so_far(table: pl.DataFrame, zone: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the day so far beside the week before and beside yesterday."""
    last_week, yesterday = same_time_yesterday(table, time_zone=zone).iter_rows(named=True)
    return last_week, yesterday


def test_the_day_before_clocks_skip_its_last_hour_stands_beside_a_whole_day() -> None:
    """Nuuk, 28 March 2026, from 22:59 to 00:00: the hour from 23:00 the day before cost 100 dollars."""
    zone = "America/Nuuk"
    whole = between("2026-02-01", "2026-03-29", time_zone=zone, now="2026-04-01T00:00Z")
    table = hours(whole.start, [1] * whole.hours).with_columns(
        aggregated_value=pl.when(pl.col("start_time") == datetime(2026, 3, 28, 1, tzinfo=UTC))
        .then(100.0)
        .otherwise("aggregated_value")
    )
    _, yesterday = so_far(table, zone)
    row = summary(table, time_zone=zone).row(0, named=True)
    daily = daily_usage(table, time_zone=zone)

    assert daily["hours"][-1] == 23
    assert (yesterday["date"], yesterday["until"]) == (date(2026, 3, 28), "24:00")
    assert (yesterday["current_usd"], yesterday["previous_usd"]) == (23.0, 123.0)
    assert day_over_day(daily)["previous_usd"][-1] == 123.0
    assert (row["until"], row["yesterday_usd"], row["day_kind"]) == ("24:00", 123.0, "down")
    assert row["month_usd"] == 27 * 24 + 99 + 23
    assert row["previous_month_usd"] == 28 * 24


def test_a_month_that_ends_with_a_short_day_stands_beside_whole_days() -> None:
    """Nuuk's month until 28 March stands beside all of 28 February, its last hour too."""
    zone = "America/Nuuk"
    whole = between("2026-02-01", "2026-03-29", time_zone=zone, now="2026-04-01T00:00Z")
    last = between("2026-02-28", "2026-03-01", time_zone=zone, now="2026-04-01T00:00Z").end - HOUR
    table = hours(whole.start, [1] * whole.hours).with_columns(
        aggregated_value=pl.when(pl.col("start_time") == last).then(100.0).otherwise("aggregated_value")
    )

    assert month_over_month(table, time_zone=zone)["previous_usd"][-1] == 28 * 24 + 99


def test_a_date_that_clocks_skipped_is_nobody_s_partner() -> None:
    """Samoa had no 30 December 2011: nothing is known of it, and nothing is new after it."""
    zone = "Pacific/Apia"
    span = between("2011-12-20", "2012-01-01", time_zone=zone, now="2012-02-01T00:00Z")
    last_week, yesterday = so_far(hours(span.start, [1] * span.hours), zone)

    assert (yesterday["date"], yesterday["previous_date"]) == (date(2011, 12, 31), date(2011, 12, 30))
    assert (yesterday["previous_usd"], yesterday["kind"], yesterday["is_whole"]) == (None, "unknown", True)
    assert (last_week["previous_usd"], last_week["kind"]) == (24.0, "flat")


@pytest.mark.parametrize(
    ("end", "until", "current", "yesterday"),
    [
        ("2018-02-18T01:00Z", "23:00", 23.0, 23.0),
        ("2018-02-18T02:00Z", "23:00", 24.0, 23.0),  # 23:00 comes once more
        ("2018-02-18T03:00Z", "24:00", 25.0, 24.0),
    ],
)
def test_a_day_whose_last_hour_comes_twice_is_over_after_the_second(
    end: str, until: str, current: float, yesterday: float
) -> None:
    """São Paulo, 17 February 2018."""
    zone = "America/Sao_Paulo"
    span = between("2018-02-10", end, time_zone=zone)
    _, found = so_far(hours(span.start, [1] * span.hours), zone)

    assert (found["date"], found["until"]) == (date(2018, 2, 17), until)
    assert (found["current_usd"], found["previous_usd"]) == (current, yesterday)


@pytest.mark.parametrize(
    ("zone", "end", "until", "current", "yesterday"),
    [
        ("Europe/Berlin", "2026-03-29T01:00Z", "03:00", 2.0, 3.0),  # 02:00 is skipped: it is 03:00 at once
        ("Europe/Berlin", "2026-10-25T01:00Z", "02:00", 3.0, 2.0),  # it is 02:00 for the second time
        ("America/Havana", "2025-11-02T05:00Z", "00:00", 1.0, None),  # it is midnight again
        ("America/Santiago", "2026-09-06T05:00Z", "02:00", 1.0, 2.0),  # the day begins at 01:00
        ("Antarctica/Casey", "2010-03-04T15:00Z", "00:00", 2.0, None),  # 23:00 of the day before again
        ("Antarctica/Casey", "2010-03-04T19:00Z", "03:00", 6.0, 3.0),
    ],
)
def test_until_is_what_the_clock_says_at_the_end_of_the_last_window(
    zone: str, end: str, until: str, current: float, yesterday: float | None
) -> None:
    """A dollar an hour."""
    last = datetime.fromisoformat(end)
    _, found = so_far(hours(last - 9 * DAY, [1] * 9 * 24), zone)

    assert (found["until"], found["current_usd"], found["previous_usd"]) == (until, current, yesterday)
    assert found["is_whole"]


PLACES = [
    "Africa/Cairo",
    "America/Caracas",
    "America/Havana",
    "America/Godthab",
    "America/St_Johns",
    "Antarctica/Casey",
    "Antarctica/Troll",
    "Asia/Pyongyang",
    "Australia/Lord_Howe",
    "Pacific/Apia",
]
"""Midnight skipped or gone through twice, a date skipped, changes by half an hour, two and three hours."""


@pytest.mark.slow
@pytest.mark.parametrize("place", PLACES)
def test_every_function_has_the_same_days_where_clocks_change(place: str) -> None:
    """At the change, an hour later, and at the ends of the days about it, for the last two kinds of it."""
    for change in [change for zone, change in clock_changes() if zone == place][-2:]:
        row = [change + n * HOUR for n in range(-65 * 24, 50)]
        local = dates(row, place)
        at = len(row) - 50
        ends = [n for n in range(at - 24, at + 40) if local[n] != local[n - 1]]
        for n in sorted({*ends[:3], at + 1, at + 2}):
            check(history(row).head(n), row[: n + 1], local, place)


def check(table: pl.DataFrame, row: list[datetime], local: list[date], zone: str) -> None:
    """Hold what is told of a history up to the last of ``row`` to loops, and to whole days."""
    n, today = table.height, local[table.height - 1]
    case = f"{zone}, {row[n]}"
    costs = table["aggregated_value"].to_list()
    clock = row[n].astimezone(ZoneInfo(zone))
    is_over = local[n] > today
    passed = clock.hour * 60 + clock.minute if clock.date() >= today else 0
    last_week, yesterday = so_far(table, zone)
    daily = daily_usage(table, time_zone=zone)

    assert yesterday["until"] == ("24:00" if is_over else f"{passed // 60:02d}:{passed % 60:02d}"), case
    assert daily["is_whole"][-1] == is_over, case
    for found, days in ((yesterday, 1), (last_week, 7)):
        minutes = {k: row[k].astimezone(ZoneInfo(zone)) for k in range(n) if local[k] == today - days * DAY}
        partner = [k for k, one in minutes.items() if is_over or one.hour * 60 + one.minute < passed]
        expected = sum(costs[k] for k in partner) if partner else None
        assert found["current_usd"] == pytest.approx(sum(costs[k] for k in range(n) if local[k] == today)), (
            case
        )
        assert found["previous_usd"] == pytest.approx(expected), case
        if is_over:
            whole = (day_over_day if days == 1 else week_over_week)(daily).row(-1, named=True)
            assert whole["previous_usd"] == pytest.approx(found["previous_usd"]), case
            assert whole["kind"] == found["kind"], case
    check_month(table, daily, today, yesterday, zone, case)


def check_month(
    table: pl.DataFrame, daily: pl.DataFrame, today: date, so_far: dict[str, Any], zone: str, case: str
) -> None:
    """Hold the month so far to the days that it is made of, and the summary to both."""
    month = month_over_month(table, time_zone=zone)
    row = summary(table, time_zone=zone).row(0, named=True)
    first = today.replace(day=1)
    days = daily.filter(pl.col("date") >= first)

    assert month["date"].to_list() == days["date"].to_list(), case
    assert month["current_usd"].to_list() == pytest.approx(list(accumulate(days["cost_usd"]))), case
    assert month["is_whole"].all(), case
    before = (first - DAY).replace(day=1)
    same = daily.filter(pl.col("date").is_between(before, min(before + (today - first), first - DAY)))
    if so_far["until"] == "24:00":
        assert month["previous_usd"][-1] == pytest.approx(same["cost_usd"].sum()), case
    assert (row["date"], row["until"]) == (so_far["date"], so_far["until"]), case
    assert (row["day_kind"], row["month_kind"]) == (so_far["kind"], month["kind"][-1]), case
    assert row["yesterday_usd"] == pytest.approx(so_far["previous_usd"]), case
    assert row["previous_month_usd"] == pytest.approx(month["previous_usd"][-1]), case
