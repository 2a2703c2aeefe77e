"""A report of a part of its history: figures are of that part, and what came before is what it is held to."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from histories import HOUR, hours
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.ranges import TimeRange
from cfusage_lab.reports.changes import change_card, what_changed
from cfusage_lab.reports.comparison_range import ComparisonRange
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.methodology import computed
from cfusage_lab.reports.outlook import month_end, stood_out

NOW = "2026-11-18T09:30Z"
START = datetime(2026, 8, 20, tzinfo=UTC)
END = datetime(2026, 11, 18, 10, tzinfo=UTC)
ZONES = ["UTC", "America/New_York", "Asia/Kolkata"]

pytestmark = pytest.mark.filterwarnings("ignore::cfusage_lab.OffTheHourWarning")


def history() -> pl.DataFrame:
    """Make three accounts of 90 days; no two hours of a week cost the same, and November costs more."""
    count = (END - START) // HOUR
    parts = [
        hours(
            START,
            [
                scale * (1 + (n * 37) % 168 / 8) * (1.5 if n > count - 18 * 24 else 1.0) * (1 + n / 5_000)
                for n in range(count)
            ],
            account_id=account,
            states=["complete"] * (count - 49) + ["provisional"] * 48 + ["in_progress"],
        )
        for account, scale in {"a": 1, "b": 2, "c": 0.25}.items()
    ]
    return pl.concat(parts)


HISTORY = history()


def figures_of(time_range: TimeRange | None, zone: str = "UTC", table: pl.DataFrame = HISTORY) -> Figures:
    return Figures.of(table, time_zone=zone, names=None, time_range=time_range)


def cost(start: datetime, end: datetime, *accounts: str) -> float:
    """Add windows up with plain polars."""
    rows = HISTORY.filter(pl.col("start_time") >= start, pl.col("start_time") < end)
    return float(
        rows.filter(pl.col("account_id").is_in(accounts or ["a", "b", "c"]))["aggregated_value"].sum()
    )


def midnight(year: int, month: int, day: int, zone: str) -> datetime:
    """Return the first whole UTC hour of a local day."""
    moment = datetime(year, month, day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    return moment + (timedelta(minutes=60 - moment.minute) if moment.minute else timedelta())


@pytest.mark.parametrize("zone", ZONES)
def test_a_week_is_the_sum_of_its_windows_beside_the_week_before(zone: str) -> None:
    """In New York the week before is longer: clocks went back on 1 November."""
    monday, next_one = midnight(2026, 11, 2, zone), midnight(2026, 11, 9, zone)
    before = midnight(2026, 10, 26, zone)
    week = TimeRange(monday, next_one)
    found = figures_of(week, zone)

    assert found.span == (monday, next_one)
    assert found.cost_usd == pytest.approx(cost(monday, next_one))
    assert found.daily["is_whole"].all()
    assert found.daily.height == 21
    assert dict(found.accounts.select("account_id", "cost_usd").iter_rows()) == pytest.approx(
        {one: cost(monday, next_one, one) for one in "abc"}
    )
    assert found.overall["mean_day_usd"] == pytest.approx(cost(monday, next_one) / 7)
    assert found.before is not None
    assert found.before.partner == "the 7 days before"
    assert (found.before.previous.start, found.before.previous.end) == (before, monday)
    (total,) = found.before.compared(found.known.total).to_dicts()
    assert total["current_usd"] == pytest.approx(cost(monday, next_one))
    assert total["previous_usd"] == pytest.approx(cost(before, monday))
    each = found.before.compared(found.known.history)
    assert each["previous_usd"].to_list() == pytest.approx([cost(before, monday, one) for one in "abc"])
    pairs = found.pairs(found.before)
    assert (pairs["date"] - pairs["previous_date"]).unique().to_list() == [timedelta(days=7)]
    assert pairs["previous_usd"].sum() == pytest.approx(cost(before, monday))
    assert found.heatmap()["total_usd"].sum() == pytest.approx(cost(monday, next_one))
    assert found.top_hours()["aggregated_value"].max() == pytest.approx(
        max(cost(monday + n * HOUR, monday + (n + 1) * HOUR) for n in range(168))
    )


@pytest.mark.parametrize("zone", ZONES)
def test_a_month_stands_beside_the_month_before(zone: str) -> None:
    """October's 31 days beside September's 30, whatever their weekdays are."""
    september, october, november = (midnight(2026, month, 1, zone) for month in (9, 10, 11))
    found = figures_of(TimeRange(october, november), zone)

    assert found.before is not None
    assert (found.before.is_month, found.before.partner) == (True, "the month before")
    assert found.before.previous == TimeRange(september, october)
    (row,) = found.before.compared(found.known.total).to_dicts()
    assert row["current_usd"] == pytest.approx(cost(october, november))
    assert row["previous_usd"] == pytest.approx(cost(september, october))
    assert found.month()["current_usd"].max() == pytest.approx(cost(october, november))
    first = found.changes().row(0, named=True)
    assert first["previous_usd"] == pytest.approx(cost(october - 24 * HOUR, october))


def test_the_running_month_stands_beside_the_same_days_until_the_same_time() -> None:
    """Until 09:00, for the hour from then on still runs; its cost so far is in the total alone."""
    first = datetime(2026, 11, 1, tzinfo=UTC)
    found = figures_of(TimeRange(first, END))

    assert found.cost_usd == pytest.approx(cost(first, END))
    assert found.before is not None
    assert found.before.partner == "the month before until then"
    assert found.before.previous.end == datetime(2026, 10, 18, 9, tzinfo=UTC)
    summary = cfu.summary(cfu.total_usage(HISTORY), time_zone="UTC").row(0, named=True)
    (row,) = found.before.compared(found.known.total).to_dicts()
    assert (row["current_usd"], row["previous_usd"]) == pytest.approx(
        (summary["month_usd"], summary["previous_month_usd"])
    )
    assert row["previous_usd"] == pytest.approx(
        cost(datetime(2026, 10, 1, tzinfo=UTC), found.before.previous.end)
    )


@pytest.mark.parametrize(
    ("start", "end", "partner", "previous"),
    [
        ("11-09T00", "11-10T00", "the same weekdays a week before", "11-02T00"),
        ("11-05T00", "11-15T00", "the same weekdays 2 weeks before", "10-22T00"),
        ("10-19T00", "11-16T00", "the 28 days before", "09-21T00"),
        ("11-09T06", "11-11T15", "the same weekdays a week before until then", "11-02T06"),
        ("11-09T12", "11-16T12", "the same weekdays 2 weeks before until then", "10-26T12"),
        ("10-01T00", "11-02T00", "the same weekdays 5 weeks before", "08-27T00"),
    ],
)
def test_other_ranges_stand_beside_the_same_weekdays(
    start: str, end: str, partner: str, previous: str
) -> None:
    first, last, before = (datetime.fromisoformat(f"2026-{one}:00Z") for one in (start, end, previous))
    found = ComparisonRange.of(TimeRange(first, last), time_zone="UTC")

    assert (found.partner, found.previous.start) == (partner, before)
    assert found.previous.hours == (last - first) // HOUR
    (row,) = found.compared(HISTORY.filter(account_id="a")).to_dicts()
    assert row["previous_usd"] == pytest.approx(cost(before, before + (last - first), "a"))


def test_a_range_that_cuts_a_day_says_so() -> None:
    """From Monday 06:00 to Wednesday 15:00: two days of three lack hours, and are compared with nothing."""
    week = TimeRange(datetime(2026, 11, 9, 6, tzinfo=UTC), datetime(2026, 11, 11, 15, tzinfo=UTC))
    found = figures_of(week)

    assert found.total_daily.select("hours", "is_whole").rows() == [(18, False), (24, True), (15, False)]
    assert found.before is not None
    assert found.pairs(found.before)["kind"].to_list() == ["unknown", "up", "unknown"]
    tuesday = cost(datetime(2026, 11, 10, tzinfo=UTC), datetime(2026, 11, 11, tzinfo=UTC))
    title = what_changed(found)[0].title.text
    assert " ".join(title).startswith(f"Whole days of this time range: ${tuesday:,.2f}, ")


def test_the_running_day_is_in_the_total_and_in_no_pair() -> None:
    """Of a week until Wednesday at 10:00, Monday and Tuesday stand beside theirs."""
    monday = datetime(2026, 11, 16, tzinfo=UTC)
    found = figures_of(TimeRange(monday, END))

    title = " ".join(what_changed(found)[0].title.text)
    assert title.startswith(f"Whole days of this time range: ${cost(monday, monday + 48 * HOUR):,.2f}, ")
    assert found.before is not None
    card = change_card(found, found.before)
    week = 168 * HOUR
    assert card.label == "The same weekdays a week before until then"
    current = cost(monday, END - HOUR)
    assert card.aside.startswith(f"this time range without the running hour, ${current:,.2f}: $")
    value = float(card.figure.partition('value="')[2].partition('"')[0])
    assert value == pytest.approx(cost(monday - week, END - HOUR - week))
    assert found.cost_usd == pytest.approx(cost(monday, END))


def test_what_is_usual_is_learned_before_and_nothing_after_it_counts() -> None:
    """Three hours of 300 dollars on a Tuesday; the next day, which costs as much, has not been yet."""
    start = datetime(2026, 11, 10, tzinfo=UTC)
    when = pl.col("start_time").is_between(start + 2 * HOUR, start + 5 * HOUR, closed="left")
    later = pl.col("start_time").is_between(start + 48 * HOUR, start + 60 * HOUR, closed="left")
    table = HISTORY.filter(account_id="a").with_columns(
        aggregated_value=pl.when(when | later).then(300.0).otherwise("aggregated_value")
    )
    found = stood_out(figures_of(TimeRange(start, start + 24 * HOUR), table=table))
    known = cfu.anomalies(table.filter(pl.col("start_time") < start + 24 * HOUR), time_zone="UTC")

    assert found is not None
    mine = known.filter(pl.col("end_time") > start)
    assert_frame_equal(found.total, mine, check_row_order=False)
    assert found.total.filter(when)["actual_usd"].to_list() == [900.0]


def test_a_week_without_a_past_is_not_judged() -> None:
    first = TimeRange(START, START + 7 * 24 * HOUR)

    assert stood_out(figures_of(first)) is None


def test_the_month_ends_where_it_does_whatever_the_range() -> None:
    whole, week = (
        month_end(figures_of(one), budget=9_000.0, balance=None)
        for one in (None, TimeRange(midnight(2026, 11, 2, "UTC"), midnight(2026, 11, 9, "UTC")))
    )

    assert whole is not None
    assert week is not None
    assert_frame_equal(pl.DataFrame([week.whole]), pl.DataFrame([whole.whole]))
    assert_frame_equal(week.each, whole.each)
    assert week.budget is not None
    assert whole.budget is not None
    assert_frame_equal(week.budget, whole.budget)


def test_hours_that_are_missing_before_are_said_to_be() -> None:
    monday = midnight(2026, 11, 2, "UTC")
    table = HISTORY.filter(pl.col("start_time") >= monday - 24 * HOUR)
    found = figures_of(TimeRange(monday, monday + 168 * HOUR), table=table)

    (said,) = what_changed(found)
    assert "Not compared with the 7 days before, Mon 26 Oct to Sun 1 Nov 2026" in said.text
    assert "Fetch the history from 2026-10-26T00:00Z or earlier" in said.text
    assert found.before is not None
    card = change_card(found, found.before)
    assert (card.label, card.figure) == ("The 7 days before", "unknown")
    assert card.aside == "this time range: not compared with that: hours are missing"


def test_it_says_what_it_learned_from() -> None:
    monday = midnight(2026, 11, 2, "UTC")
    found = figures_of(TimeRange(monday, monday + 168 * HOUR))

    text = "".join(one.text for one in computed(found, None, END, "", {}))
    assert "<dd>hours since 2026-08-20 00:00Z: what is usual" in text
    assert "as of 2026-11-18 10:00Z" in text
    assert "<dd>the 7 days before, Mon 26 Oct to Sun 1 Nov 2026</dd>" in text
    assert "<dt>Month to date</dt>" not in text
    assert "Learned from" not in "".join(one.text for one in computed(figures_of(None), None, END, "", {}))


@pytest.mark.parametrize(
    ("time_range", "error", "said"),
    [
        ("last-week", cfu.ConfigError, "time_range 'last-week': pass a TimeRange"),
        (
            TimeRange(START - HOUR, END),
            cfu.FrameError,
            "fetch it from 2026-08-19T23:00Z or earlier to 2026-11-18T10:00Z, for all accounts",
        ),
        (TimeRange(END, END + HOUR), cfu.FrameError, "3 hours of the time range"),
        (TimeRange(END - HOUR, END), cfu.FrameError, "no window in this usage history has ended"),
    ],
    ids=["no range", "before", "after", "running"],
)
def test_a_range_that_is_not_there_is_refused(
    time_range: Any,  # noqa: ANN401 - also what is none
    error: type[Exception],
    said: str,
    tmp_path: Path,
) -> None:
    with pytest.raises(error, match=said):
        cfu.report(HISTORY, time_zone="UTC", path=tmp_path / "usage.html", time_range=time_range, now=NOW)

    assert list(tmp_path.iterdir()) == []


def test_the_page_is_of_the_week(tmp_path: Path) -> None:
    """Its span, its cards and its charts; the month is the running one."""
    week = cfu.last_week(now=NOW)
    path = cfu.report(
        HISTORY.filter(account_id="a"),
        time_zone="UTC",
        path=tmp_path / "usage.html",
        time_range=week,
        now=NOW,
    )
    page = path.read_text(encoding="utf-8")

    week_usd, before_usd = (cost(week.start - n * 168 * HOUR, week.end - n * 168 * HOUR, "a") for n in (0, 1))
    assert "Mon 9 Nov to Sun 15 Nov 2026 · UTC time" in page
    assert f"AI Gateway cost: ${week_usd:,.2f}</h3>" in page
    assert f"This time range: ${week_usd:,.2f}, ${abs(week_usd - before_usd):,.2f}" in page
    assert "Spent in November 2026" in page
    assert "November 2026 so far" not in page
