"""All that an answer needs is asked for; what is not there yet is on its way, and is not called missing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ledger import (
    NOW,
    PATIENCE,
    A,
    Held,
    Ledger,
    card,
    comes_true,
    facts,
    heading,
    is_busy,
    join_threads,
    title,
)

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.compared_chart import COMPARED
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.loading import first_state
from cfusage_lab.explorer.period import COMPARISONS, PRESETS, Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.store import Store
from cfusage_lab.ranges import TimeRange

AWAITED = "The days to compare with are still being fetched"
MORE = "More follow: their partners are still being fetched"
NOT_FETCHED = "Not all days to compare with could be fetched: Refresh asks again"


class Running(Ledger):
    """A ledger whose last window is still running; perhaps it has nothing of more than eight days ago."""

    now = NOW
    is_short = False

    def usage_history(self, time_range: TimeRange | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401 - passed on
        """Answer, or not."""
        if self.is_short and time_range and time_range.start < NOW - timedelta(days=8):
            self.asked.append((time_range, options["accounts"], False))
            raise TransportError("no way through")
        history = super().usage_history(time_range, **options)
        is_running = pl.col("end_time") > self.now
        return history.with_columns(state=pl.when(is_running).then(pl.lit("in_progress")).otherwise("state"))


def opened(source: Ledger | None = None, time_range: str = "Previous month", **options: str) -> UsageExplorer:
    explorer = UsageExplorer(source or Running(), time_range=time_range, now=NOW, **options)
    assert explorer.wait(PATIENCE)
    return explorer


def told(explorer: UsageExplorer) -> str:
    """Tell what the comparison chart and the figure of the range say."""
    figure = card(explorer, "Cost").figure
    return " ".join(
        (heading(explorer, "compared"), facts(explorer, "compared"), figure.comparison, figure.note)
    )


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("preset", [one for one in PRESETS if one != "Today"])
def test_each_day_that_has_ended_has_its_partner_as_soon_as_a_range_is_opened(preset: str, zone: str) -> None:
    """Without a click on anything but what to compare; a dollar an hour makes every change nothing."""
    explorer = opened(time_range=preset, time_zone=zone)

    for comparison in COMPARISONS.values():
        explorer.comparison.value = comparison
        for chart in COMPARED.values():
            explorer.chart_days.value = chart
            assert explorer.wait(PATIENCE)
            found = told(explorer)
            if (comparison, chart) == ("month", "range"):  # a month before may be shorter
                found = found.replace("Not compared: 1 of ", "")
            wrong = ("unknown", "ot compared", "not comparable", "missing", "fetched")
            assert not any(word in found for word in wrong), found


def test_each_day_of_the_time_line_has_the_mean_of_the_week_that_ends_with_it() -> None:
    explorer = opened()
    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)

    means = explorer.chart().vconcat[0].data["rolling_mean_usd"]

    assert means.to_list()[:2] == pytest.approx([24.0, 24.0])
    assert means.null_count() == 0


def test_a_brush_that_ends_in_the_month_before_is_compared_with_the_month_before_that() -> None:
    """Of the last 28 days, those of October: September has them, too."""
    explorer = opened(time_range="Last 28 days")
    explorer.chart_days.value = "month"
    explorer.comparison.value = "month"
    explorer.select("2026-10-20", "2026-10-23")
    assert explorer.wait(PATIENCE)

    assert heading(explorer, "compared") == "Month to date: $528.00, the same as in September"
    assert card(explorer, "Cost").figure.comparison == "the same as 20\N{EN DASH}22 Sep 2026 ($72.00)"


def test_in_the_first_hour_of_a_month_the_month_before_has_its_partner() -> None:
    """At 00:10 on 1 November nothing of November has ended: the month so far is October."""
    ledger = Running()
    ledger.now = datetime(2026, 11, 1, 0, 10, tzinfo=UTC)
    explorer = UsageExplorer(ledger, time_range="Today", now=ledger.now)
    explorer.chart_days.value = "month"
    assert explorer.wait(PATIENCE)

    month = card(explorer, "October").figure
    assert month.comparison == "$24.00 more (+3.3%) vs. 1\N{EN DASH}30 Sep ($720.00)"
    assert heading(explorer, "compared") == "Month to date: $744.00, $24.00 more (+3.3%) than in September"


def test_no_window_is_asked_for_twice() -> None:
    """90 days and what is beside them, in as few requests as that takes; a click on a control costs none."""
    ledger = Running(names={A: "Alpha"})
    explorer = opened(ledger, "Last 90 days")
    spans = [(one.start.date(), one.end.date()) for one, *_ in ledger.asked if one is not None]
    assert spans == [
        (date(2026, 8, 17), date(2026, 11, 15)),
        (date(2026, 11, 15), date(2026, 11, 15)),
        (date(2026, 5, 19), date(2026, 8, 17)),
    ], "the range, today, and the 90 days before"

    for chart in COMPARED.values():
        explorer.chart_days.value = chart
        explorer.granularity.value = "hour"
        assert explorer.wait(PATIENCE)
    for preset in PRESETS:
        explorer.time_range.value = preset
        assert explorer.wait(PATIENCE)
    explorer.time_zone.value = "Asia/Kathmandu"
    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    assert len(ledger.asked) == len(spans)


def held_beside(time_range: str = "Last 7 days") -> tuple[UsageExplorer, Held, Ledger]:
    """Open with the range, while what stands beside it is not answered."""
    ledger = Running(names={A: "Alpha"})
    first = ledger.hold()
    first.released.set()
    beside = ledger.hold()
    explorer = UsageExplorer(ledger, time_range=time_range, now=NOW)
    assert beside.has_begun()
    assert is_busy(explorer)
    return explorer, beside, ledger


def test_what_is_on_its_way_is_said_to_be() -> None:
    """Six of seven days have their partners in the range; of weeks, months and other days none is told."""
    explorer, beside, _ = held_beside()
    for chart, expected in (("day", None), ("week", AWAITED), ("month", AWAITED), ("range", AWAITED)):
        explorer.chart_days.value = chart
        if expected:
            assert comes_true(lambda expected=expected: heading(explorer, "compared") == expected)
        else:
            assert comes_true(lambda: facts(explorer, "compared").endswith(MORE))
            assert "6 flat" in facts(explorer, "compared")
    explorer.granularity.value = "day"
    assert comes_true(lambda: "a day" in facts(explorer))
    assert "average" not in facts(explorer), "the first days have none yet"
    seen = explorer.widget.figures.value
    assert "the days to compare with are still being fetched" in seen
    assert "hours of it are still being fetched" in seen
    told = seen + heading(explorer, "compared") + facts(explorer)
    assert not any(word in told for word in ("unknown", "not known", "not here", "missing", "not fetched"))

    beside.released.set()
    assert explorer.wait(PATIENCE)

    assert heading(explorer, "compared").endswith("the same as Sun 1 Nov to Sat 7 Nov 2026")
    assert "average" in facts(explorer)
    assert "still being fetched" not in explorer.widget.figures.value


def test_what_could_not_be_fetched_is_not_on_its_way_any_more() -> None:
    ledger = Running()
    ledger.is_short = True
    explorer = opened(ledger, "Last 7 days")
    explorer.chart_days.value = "day"
    assert explorer.wait(PATIENCE)
    assert "no way through" in explorer.banner
    assert facts(explorer, "compared").endswith(NOT_FETCHED)
    assert "1 unknown" in facts(explorer, "compared")
    assert "hours are missing" in card(explorer, "Cost").figure.note
    assert card(explorer, "November 2026 so far").figure.note == "hours of it are missing"

    ledger.is_short = False
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert NOT_FETCHED not in facts(explorer, "compared")
    assert "7 flat" in facts(explorer, "compared")
    assert "missing" not in explorer.widget.figures.value


def test_what_was_given_up_is_not_on_its_way_any_more_and_the_next_click_asks_for_it() -> None:
    explorer, beside, ledger = held_beside()
    explorer.chart_days.value = "day"

    explorer.cancel.click()
    assert explorer.wait(PATIENCE / 2)
    assert facts(explorer, "compared").endswith(NOT_FETCHED)
    beside.released.set()
    join_threads()

    asked_before = len(ledger.asked)
    explorer.comparison.value = "weekdays"
    assert explorer.wait(PATIENCE)
    assert len(ledger.asked) == asked_before + 2, "today, and the days before"
    assert "7 flat" in facts(explorer, "compared")


def test_a_slip_of_the_hand_does_not_end_what_is_being_fetched_beside_the_range() -> None:
    explorer, beside, _ = held_beside()
    explorer.chart_days.value = "day"

    explorer.time_zone.value = "Middle/Earth"
    beside.released.set()
    assert explorer.wait(PATIENCE)

    assert "there is no time zone" in explorer.banner
    assert "7 flat" in facts(explorer, "compared")


def test_windows_beside_the_range_are_not_counted_into_it() -> None:
    explorer = opened(time_range="Today")
    explorer.comparison.value = "custom"
    explorer.before_first.value = date(2026, 5, 1)
    explorer.before_last.value = date(2026, 5, 2)
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == explorer.fetched.height == 10
    assert title(explorer) == "AI Gateway cost: $10.00"
    assert card(explorer, "Cost").figure.comparison == "the same as 1 May 2026 by 09:00 ($9.00)"


def test_what_was_known_an_hour_ago_is_asked_for_again() -> None:
    """The window that ran then has ended since; within the hour nothing changed."""
    ledger, period = Ledger(), Period(preset="Last 28 days", is_with_today=True)
    source = DataSource.of(ledger, client=None, now=NOW)
    store = Store(first_state(source, period, time_zone="UTC", may_lack=False)[0])
    store.fetch_rest()
    assert store.wait(PATIENCE)
    asked = len(ledger.asked)

    for minutes, height, requests in ((29, 28 * 24 + 10, asked), (31, 28 * 24 + 11, 2 * asked)):
        now = NOW + timedelta(minutes=minutes)
        store.ask(Query.of(period, source.presets, accounts=(A,), time_zone="UTC", now=now))
        assert store.wait(PATIENCE)
        assert (store.state.history.height, len(ledger.asked)) == (height, requests)
    assert store.state.told.as_of == now


def test_what_was_known_an_hour_ago_is_on_screen_until_it_is_told_anew() -> None:
    """A week of the month that is there, as it was at 09:30; an hour later for sure."""
    ledger, period = Ledger(), Period(preset="Last 7 days")
    source = DataSource.of(ledger, client=None, now=NOW)
    store = Store(first_state(source, Period(preset="Last 28 days"), time_zone="UTC", may_lack=False)[0])
    store.fetch_rest()
    assert store.wait(PATIENCE)
    held, now = ledger.hold(), NOW + timedelta(hours=1)

    store.ask(Query.of(period, source.presets, accounts=(A,), time_zone="UTC", now=now))

    assert held.has_begun()
    assert (store.state.query.period, store.state.history.height) == (period, 7 * 24)
    assert (store.state.told.as_of, store.state.is_busy) == (NOW, True)
    held.released.set()
    assert store.wait(PATIENCE)
    assert (store.state.told.as_of, store.state.is_busy) == (now, False)


def test_without_a_network_a_range_has_the_partners_that_the_archive_holds(tmp_path: Path) -> None:
    """As if it had been opened with that range: September and October are held, August is not."""
    ledger = Ledger()
    held = TimeRange(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 15, 9, tzinfo=UTC))
    UsageArchive(tmp_path / "usage", now=NOW).update(ledger, held, accounts=[A])
    ledger.trouble = TransportError("no network here")
    archive = UsageArchive(tmp_path / "usage", now=NOW)

    explorer = UsageExplorer(archive, client=ledger, time_range="Today", now=NOW)
    explorer.time_range.value = "Previous month"
    explorer.chart_days.value = "week"
    assert explorer.wait(PATIENCE)

    assert "31 flat" in facts(explorer, "compared")
    explorer.chart_days.value = "month"
    assert explorer.wait(PATIENCE)
    assert heading(explorer, "compared") == "Month to date: $744.00, $24.00 more (+3.3%) than in September"
