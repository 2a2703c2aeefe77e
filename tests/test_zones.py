"""Time zones: one database for ranges and tables, and names that are none refused everywhere."""

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from clock_changes import DAY, HOUR, clock_changes, dates
from histories import hours
from hypothesis import given
from hypothesis import strategies as st

import cfusage_lab as cfu
from cfusage_lab.changes import month_over_month, same_time_yesterday
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames.local_time import calendar, local_time
from cfusage_lab.ranges import between, last_days, previous_month, this_week, today, yesterday
from cfusage_lab.ranges import month_to_date as month_range
from cfusage_lab.ranges.readings import readings
from cfusage_lab.ranges.zones import day_of

NOW = "2100-01-01T00:00Z"
pytestmark = pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")


def test_days_of_ranges_and_of_the_calendar_are_the_same_at_every_kind_of_clock_change() -> None:
    """Days before and after each: the windows of a range of one day are those of that date."""
    for zone, change in clock_changes():
        first = change - 3 * DAY
        row = [first + n * HOUR for n in range(5 * 24)]
        expected = dates(row, zone)
        found = calendar(first, first + 5 * DAY, time_zone=zone)

        assert found["start_time"].to_list() == row
        assert found["date"].to_list() == expected, (zone, change)
        clock = [hour.astimezone(ZoneInfo(zone)) for hour in row]
        assert found["hour"].to_list() == [one.hour for one in clock], (zone, change)
        assert found["minute"].to_list() == [one.minute for one in clock], (zone, change)
        assert found["weekday"].to_list() == [day.isoweekday() for day in expected]
        assert [day_of(hour, ZoneInfo(zone)) for hour in row] == expected
        for day in sorted(set(expected))[1:-1]:
            windows = [hour for hour, one in zip(row, expected, strict=True) if one == day]
            whole = between(day, day + DAY, time_zone=zone, now=NOW)

            assert (whole.start, whole.end, whole.hours) == (windows[0], windows[-1] + HOUR, len(windows))
            assert found.filter(date=day)["day_hours"].unique().to_list() == [len(windows)], (zone, day)


def test_presets_turn_with_the_calendar_s_day_at_every_kind_of_clock_change() -> None:
    """At each hour about a change: today begins where its date does, and the days before it end there."""
    for zone, change in clock_changes():
        row = [change + n * HOUR for n in range(-84, 30)]
        expected = dates(row, zone)
        for n in range(72, 114, 5):
            day = expected[n]
            start = row[expected.index(day)]
            running = today(time_zone=zone, now=row[n])

            assert (running.start, running.end) == (start, row[n] + HOUR), (zone, row[n])
            assert last_days(9, time_zone=zone, now=row[n]).end == start
            assert this_week(time_zone=zone, now=row[n]).end == row[n] + HOUR
            if day - DAY in expected:
                assert yesterday(time_zone=zone, now=row[n]).start == row[expected.index(day - DAY)]


def test_a_date_that_clocks_skip_is_no_day() -> None:
    """Samoa had no 30 December 2011."""
    with pytest.raises(ConfigError, match=r"no 2011-12-30 in Pacific/Apia: clocks skipped it"):
        yesterday(time_zone="Pacific/Apia", now="2011-12-31T05:00Z")

    assert last_days(2, time_zone="Pacific/Apia", now="2011-12-31T05:00Z").hours == 24


def test_a_date_that_has_begun_goes_on_where_clocks_go_back_over_midnight() -> None:
    """Casey Station, 5 March 2010: two hours after midnight it was 23:00 again."""
    late = calendar(
        datetime(2010, 3, 4, 12, tzinfo=UTC),
        datetime(2010, 3, 4, 18, tzinfo=UTC),
        time_zone="Antarctica/Casey",
    )

    assert late["hour"].to_list() == [23, 0, 1, 23, 0, 1]
    assert late["date"].dt.day().to_list() == [4, 5, 5, 5, 5, 5]


@given(
    moment=st.datetimes(datetime(1880, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    zone=st.sampled_from(
        ["Europe/Amsterdam", "Africa/Monrovia", "Asia/Kathmandu", "America/St_Johns", "Pacific/Apia", "UTC"]
    ),
)
def test_a_clock_is_the_standard_library_s_in_every_year(moment: datetime, zone: str) -> None:
    """Also where it was off by minutes and seconds, as Amsterdam's was until 1937."""
    hour = moment.replace(minute=0, second=0, microsecond=0)
    row = [hour + n * 37 * HOUR for n in range(60)]
    clock = [one.astimezone(ZoneInfo(zone)) for one in row]
    starts = pl.Series(row, dtype=pl.Datetime("us", "UTC"))

    assert readings(starts, zone).to_list() == [one.replace(tzinfo=None) for one in clock]
    found = local_time(starts, time_zone=zone)
    assert found["hour"].to_list() == [one.hour for one in clock]
    assert found["minute"].to_list() == [one.minute for one in clock]
    assert found["date"].to_list() == [one.date() for one in clock]


THREE_DAYS = """
import polars as pl
import cfusage_lab as cfu
from cfusage_lab.ranges.readings import readings

now, zone = "2026-11-20T09:30Z", "America/Vancouver"
client = cfu.UsageClient.sandbox(now=now)
history = client.usage_history(cfu.last_days(3, time_zone=zone, now=now))
daily = cfu.daily_usage(history, time_zone=zone)
print(daily["is_whole"].to_list(), daily["hours"].to_list(), readings(history["start_time"], zone)[0])
"""


def test_ranges_and_days_are_cut_by_one_database_wherever_it_comes_from(tmp_path: Path) -> None:
    """With the package ``tzdata``, as on Windows, and with a system that has made up a zone of its own."""
    for path in ("", str(_system_with_tokyo_for_vancouver(tmp_path))):
        done = subprocess.run(  # noqa: S603 - our own Python
            [sys.executable, "-c", THREE_DAYS],
            env={**os.environ, "PYTHONTZPATH": path},
            capture_output=True,
            text=True,
            check=True,
        )

        assert done.stdout.startswith("[True, True, True] [24, 24, 24] 2026-11-17 00:00:00"), path


def _system_with_tokyo_for_vancouver(folder: Path) -> Path:
    """Make a database that polars can't have, as that of a later year is to it."""
    from importlib.resources import files  # noqa: PLC0415

    target = folder / "America" / "Vancouver"
    target.parent.mkdir()
    target.write_bytes((files("tzdata") / "zoneinfo" / "Asia" / "Tokyo").read_bytes())
    return folder


NO_ZONES = [
    "",
    ".",
    "..",
    "Europe",
    "europe/berlin",
    "Europe/Berlin ",
    "/etc/localtime",
    "../zoneinfo/UTC",
    "localtime",
    "Factory",
    "posixrules",
    "right/UTC",
    "+01:00",
    "Europe/Ber\0lin",
    "\ud800",
    "x" * 5_000,
    3,
    b"UTC",
    ["UTC"],
    ZoneInfo("UTC"),
]
HISTORY = hours("2026-10-01", [1.0] * 24 * 3)
DAILY = cfu.daily_usage(HISTORY, time_zone="UTC")
CHANGES = cfu.day_over_day(DAILY)
TAKES_A_ZONE: dict[str, Callable[[object], object]] = {
    "today": lambda zone: today(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "yesterday": lambda zone: yesterday(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "last_days": lambda zone: last_days(2, time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "this_week": lambda zone: this_week(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "last_week": lambda zone: cfu.last_week(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "month range": lambda zone: month_range(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "previous_month": lambda zone: previous_month(time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "between": lambda zone: between("2026-10-01", "2026-10-02", time_zone=zone, now=NOW),  # type: ignore[arg-type]
    "daily_usage": lambda zone: cfu.daily_usage(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "lazy daily_usage": lambda zone: cfu.daily_usage(HISTORY.lazy(), time_zone=zone),  # type: ignore[arg-type]
    "month_over_month": lambda zone: month_over_month(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "same_time_yesterday": lambda zone: same_time_yesterday(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "summary": lambda zone: cfu.summary(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "hourly_profile": lambda zone: cfu.hourly_profile(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "weekly_heatmap": lambda zone: cfu.weekly_heatmap(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "peak_hours": lambda zone: cfu.peak_hours(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "weekend_share": lambda zone: cfu.weekend_share(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "off_hours_share": lambda zone: cfu.off_hours_share(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "usage_chart": lambda zone: cfu.usage_chart(HISTORY, time_zone=zone),  # type: ignore[arg-type]
    "usage_chart of days": lambda zone: cfu.usage_chart(DAILY, time_zone=zone),  # type: ignore[arg-type]
    "calendar_chart": lambda zone: cfu.calendar_chart(DAILY, time_zone=zone),  # type: ignore[arg-type]
    "day_over_day_chart": lambda zone: cfu.day_over_day_chart(CHANGES, time_zone=zone),  # type: ignore[arg-type]
    "comparison_chart": lambda zone: cfu.comparison_chart(CHANGES, time_zone=zone),  # type: ignore[arg-type]
    "report": lambda zone: cfu.report(HISTORY, time_zone=zone, path="never.html"),  # type: ignore[arg-type]
    "UsageExplorer": lambda zone: cfu.UsageExplorer(HISTORY, time_zone=zone),  # type: ignore[arg-type]
}


def told(name: object) -> str:
    """Write a value as a message repeats it: of a long text, the beginning."""
    return f"{name[:80]!r}…" if isinstance(name, str) and len(name) > 80 else repr(name)


@pytest.mark.parametrize("function", TAKES_A_ZONE)
def test_what_is_no_zone_is_refused_in_the_same_words_everywhere(function: str) -> None:
    for name in NO_ZONES:
        with pytest.raises(ConfigError) as refused:
            TAKES_A_ZONE[function](name)

        assert str(refused.value).startswith(f"there is no time zone {told(name)}: take an IANA name"), name


def test_old_and_odd_names_that_the_database_has_are_taken() -> None:
    """A day in each of them is a day."""
    for name in ("UTC", "GMT0", "Etc/GMT+5", "EST5EDT", "Asia/Calcutta", "US/Pacific"):
        assert between("2026-10-01", "2026-10-02", time_zone=name, now=NOW).hours == 24


def test_days_beyond_the_calendar_are_refused() -> None:
    for start, end in (("0001-01-01", "2026-10-01"), ("2026-10-01", "9999-12-31")):
        with pytest.raises(ConfigError, match=r"years 1 to 9999|years 1000 to 9000|at most 1,830 are"):
            between(start, end, time_zone="America/New_York", now="9999-12-30T00:00Z")
    with pytest.raises(ConfigError, match="years 1000 to 9000"):
        today(now=datetime(1, 1, 1, tzinfo=ZoneInfo("Asia/Tokyo")))
