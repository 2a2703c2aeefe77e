"""What Cloudflare corrects late reaches the archive; what it has forgotten stays."""

from datetime import datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from nights import DAY, HOUR, NOW, ONE, SUPPORT, Nights, costs, used
from polars.testing import assert_frame_equal

from cfusage_lab.archive import REVISIONS
from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Knobs

MIDNIGHT = NOW.replace(hour=0, minute=0)


@pytest.mark.slow
def test_forty_days_of_late_corrections_end_equal_to_the_truth(tmp_path: Path) -> None:
    """Cost arrives for 40 days; a nightly update that re-checks has all of it, one that does not has not."""
    nights = Nights(tmp_path / "checked", knobs=Knobs(settling_hours=40 * 24, page_size=None))
    other = Nights(tmp_path / "unchecked", knobs=nights.knobs)
    other.sandbox = nights.sandbox
    watched = TimeRange(MIDNIGHT - 2 * DAY, MIDNIGHT + DAY)
    for night in range(1, 44):
        nights.now = MIDNIGHT + night * DAY + 3 * HOUR
        nights.update(None if night > 1 else TimeRange(watched.start, nights.now + HOUR))
        if night in {1, 43}:
            other.now = nights.now
            other.update(TimeRange(watched.start, watched.end + 3 * HOUR), with_recheck=False)

    got = nights.archive.usage_history(watched)

    truth = nights.truth(SUPPORT, watched)
    assert_frame_equal(used(got), truth)
    assert set(got["state"]) == {"complete"}
    partial = other.archive.usage_history(watched)["aggregated_value"].sum()
    assert partial != pytest.approx(truth["aggregated_value"].sum(), rel=0.01)


def test_a_recheck_asks_by_hour_for_the_days_that_differ_alone(tmp_path: Path) -> None:
    """Day 3 of ten gets 0.25 dollars more, days 5 and 6 one dollar each: two spans of hours."""
    before = {ONE: costs(*[1.0] * 240)}
    nights = Nights(tmp_path, usage=before)
    week = TimeRange(MIDNIGHT - 10 * DAY, MIDNIGHT - 3 * DAY)
    nights.update(week, accounts=ONE)
    after = [1.0] * 240
    after[2 * 24 + 7] = 1.25
    after[4 * 24] = after[5 * 24 + 23] = 2.0
    nights.correct({ONE: costs(*after)})

    assert nights.update(week, accounts=ONE, with_recheck=True) == ["day", "hour", "hour"]

    spans = [
        tuple(int(one.query[name]) / 1_000 for name in ("start_time", "end_time"))
        for one in nights.sandbox.requests[1:]
    ]
    assert spans == [
        ((week.start + first * DAY).timestamp(), (week.start + last * DAY).timestamp())
        for first, last in ((2, 3), (4, 6))
    ]
    assert nights.archive.usage_history(week)["aggregated_value"].to_list() == after[: 7 * 24]


def test_a_recheck_never_changes_a_state(tmp_path: Path) -> None:
    """What was complete stays so, whether it is corrected or not."""
    nights = Nights(tmp_path, usage={ONE: costs(1.0, 2.0, 3.0)})
    week = TimeRange(MIDNIGHT - 10 * DAY, MIDNIGHT - 3 * DAY)
    nights.update(week, accounts=ONE)
    nights.correct({ONE: costs(1.0, 2.5, 3.0)})

    nights.update(week, accounts=ONE, with_recheck=True)

    got = nights.archive.usage_history(week)
    assert got["state"].unique().to_list() == ["complete"]
    assert got["aggregated_value"].sum() == 6.5


def test_a_recheck_finds_nothing_where_nothing_changed(tmp_path: Path) -> None:
    """Sums of twenty-four floats differ in the last bits; that is no correction, and no commit."""
    nights = Nights(tmp_path)
    month = TimeRange(MIDNIGHT - 33 * DAY, MIDNIGHT - 3 * DAY)
    nights.update(month)

    assert nights.update(month, with_recheck=True) == ["day"]
    assert nights.archive.verify()["version"].item() == 1


def test_a_day_table_is_rechecked_by_the_same_request(tmp_path: Path) -> None:
    nights = Nights(tmp_path, usage={ONE: costs(*[1.0] * 72)})
    week = TimeRange(MIDNIGHT - 10 * DAY, MIDNIGHT - 3 * DAY)
    nights.update(week, accounts=ONE, granularity="day")
    nights.correct({ONE: costs(*[1.0] * 71, 5.0)})

    assert set(nights.update(week, accounts=ONE, granularity="day", with_recheck=True)) == {"day"}

    got = nights.archive.usage_history(week, granularity="day")["aggregated_value"].to_list()
    assert got == [24.0, 24.0, 28.0, 0.0, 0.0, 0.0, 0.0]


def test_revisions_say_what_changed_when_and_from_what(tmp_path: Path) -> None:
    """Two dollars became three while provisional, and three and a half after they had been complete."""
    first = NOW.replace(minute=0) - 2 * HOUR
    nights = Nights(tmp_path, usage={ONE: {first: 2.0, first - HOUR: 1.0}})
    span = TimeRange(first - HOUR, first + HOUR)
    moments = [NOW, NOW + DAY, NOW + 3 * DAY, NOW + 5 * DAY]
    for moment, value in zip(moments, (2.0, 3.0, 3.0, 3.5), strict=True):
        nights.now = moment
        nights.correct({ONE: {first: value, first - HOUR: 1.0}})
        nights.update(span, accounts=ONE)
    nights.update(TimeRange(first.replace(hour=0), first.replace(hour=0) + DAY), accounts=ONE)
    nights.update(with_recheck=True, accounts=ONE)

    got = nights.archive.revisions()

    assert got.schema == REVISIONS
    assert got.select("start_time", "old_usd", "new_usd", "change_usd", "old_state", "revised_at").rows() == [
        (first, 2.0, 3.0, 1.0, "provisional", NOW + DAY),
        (first, 3.0, 3.5, 0.5, "complete", NOW + 5 * DAY),
    ]


def test_the_growth_of_the_running_window_is_no_revision(tmp_path: Path) -> None:
    """Half an hour of it costs half as much; the hour after shows the rest."""
    nights = Nights(tmp_path, usage={ONE: {NOW.replace(minute=0): 2.0}})
    running = TimeRange(NOW.replace(minute=0), NOW.replace(minute=0) + HOUR)
    nights.update(running, accounts=ONE)
    assert nights.archive.usage_history(running)["aggregated_value"].to_list() == [1.0]
    nights.now += HOUR

    nights.update(running, accounts=ONE)

    assert nights.archive.usage_history(running)["aggregated_value"].to_list() == [2.0]
    assert nights.archive.revisions().height == 0


def test_what_the_endpoint_has_forgotten_stays(tmp_path: Path) -> None:
    """It reports nothing before the last two days any more: neither a re-check nor an update loses it."""
    nights = Nights(tmp_path, usage={ONE: costs(*[1.0] * 240)})
    ten_days = TimeRange(MIDNIGHT - 10 * DAY, MIDNIGHT)
    nights.update(ten_days, accounts=ONE)
    recent = {start: cost for start, cost in costs(*[1.0] * 240).items() if start >= MIDNIGHT - 36 * HOUR}
    nights.correct({ONE: recent})
    nights.now += 3 * DAY

    asked = nights.update(ten_days, accounts=ONE, with_recheck=True)

    assert asked.count("hour") <= 2  # the two days that were open, and their proof
    got = nights.archive.usage_history(ten_days)
    assert got["aggregated_value"].to_list() == [1.0] * 240
    assert got["is_reported"].all()
    assert set(got["state"]) == {"complete"}


def test_a_correction_to_nothing_is_believed_while_older_cost_is_still_reported(tmp_path: Path) -> None:
    before = costs(*[1.0] * 72)
    nights = Nights(tmp_path, usage={ONE: before})
    three_days = TimeRange(MIDNIGHT - 10 * DAY, MIDNIGHT - 7 * DAY)
    nights.update(three_days, accounts=ONE)
    dropped = MIDNIGHT - 9 * DAY + 5 * HOUR
    nights.correct({ONE: {start: cost for start, cost in before.items() if start != dropped}})

    nights.update(three_days, accounts=ONE, with_recheck=True)

    got = nights.archive.usage_history(three_days).filter(pl.col("start_time") == dropped)
    assert got.select("aggregated_value", "is_reported").rows() == [(0.0, False)]
    assert nights.archive.revisions().select("old_usd", "new_usd").rows() == [(1.0, 0.0)]


def test_after_a_clock_that_ran_ahead_everything_is_fetched_again(tmp_path: Path) -> None:
    """Ten days ahead, half an hour's cost seemed complete, and days that had not begun seemed free."""
    hour = NOW.replace(minute=0)
    truth = {hour + number * HOUR: 2.0 for number in range(-24, 120)}
    nights = Nights(tmp_path, usage={ONE: truth})
    ahead = nights.archive.__class__(tmp_path, now=NOW + 10 * DAY)
    wrong = nights.client.__class__.sandbox(nights.sandbox, now=NOW + 10 * DAY)
    span = TimeRange(hour - DAY, hour + 5 * DAY)
    ahead.update(wrong, span, accounts=ONE)
    assert set(ahead.usage_history(span)["state"]) == {"complete"}

    assert set(nights.archive.usage_history(TimeRange(hour - DAY, hour + HOUR))["state"]) == {
        "provisional",
        "in_progress",
    }
    nights.now += 8 * DAY
    nights.update(span, accounts=ONE)

    got = nights.archive.usage_history(span)
    assert got["aggregated_value"].to_list() == [2.0] * 144
    assert set(got["state"]) == {"complete"}


def test_a_clock_set_back_loses_nothing(tmp_path: Path) -> None:
    """Two days back: what lies ahead stays stored, and is complete again once the clock is right."""
    nights = Nights(tmp_path)
    week = TimeRange(MIDNIGHT - 7 * DAY, MIDNIGHT)
    nights.update(week)
    before = nights.archive.usage_history(week)
    nights.now -= 2 * DAY

    nights.update(TimeRange(week.start, nights.now.replace(minute=0)))
    assert nights.archive.verify()["rows"].item() == 7 * 24
    nights.now += 2 * DAY + timedelta(minutes=5)

    nights.update(week)
    assert_frame_equal(nights.archive.usage_history(week).drop("state"), before.drop("state"))
    assert nights.archive.revisions().height == 0


def test_what_was_partial_when_fetched_never_reads_as_complete(tmp_path: Path) -> None:
    """The running hour, read a month later without an update."""
    hour = NOW.replace(minute=0)
    nights = Nights(tmp_path, usage={ONE: {hour: 2.0}})
    nights.update(TimeRange(hour - HOUR, hour + HOUR), accounts=ONE)
    nights.now = datetime.fromisoformat("2026-12-24T12:00:00+00:00")

    got = nights.archive.usage_history(TimeRange(hour, hour + HOUR))

    assert got.select("aggregated_value", "state").row(0) == (1.0, "provisional")
