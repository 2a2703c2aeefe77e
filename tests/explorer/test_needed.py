"""All that an answer needs is asked for; what is not there yet is on its way, and is not called missing."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import NOW, PATIENCE, A, Held, Ledger, heading, join_threads

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.presets import PRESETS
from cfusage_lab.explorer.questions import asked
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.tables import Answer
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


def facts(explorer: UsageExplorer, chart: str = "compared") -> str:
    return " ".join(explorer.charts[chart]._values["cfusage_subtitle"])


def figures(explorer: UsageExplorer) -> str:
    return str(explorer._conductor.screen.figures.value)


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("preset", [one for one in PRESETS if one != "Today"])
def test_each_day_that_has_ended_has_its_partner_as_soon_as_a_range_is_opened(preset: str, zone: str) -> None:
    """Without a click on anything but the comparison; a dollar an hour makes every change nothing."""
    explorer = opened(time_range=preset, time_zone=zone)

    for comparison in ("day", "week", "month", "custom"):
        explorer.comparison.value = comparison
        assert explorer.wait(PATIENCE)
        told = f"{heading(explorer, 'compared')} {facts(explorer)}"
        assert not any(word in told for word in ("unknown", "Not compared", "not comparable", "missing")), (
            told
        )


def test_each_day_of_the_time_line_has_the_mean_of_the_week_that_ends_with_it() -> None:
    explorer = opened()
    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)

    means = explorer._conductor.scene().time_line().vconcat[0].data["rolling_mean_usd"]

    assert means.to_list()[:2] == pytest.approx([24.0, 24.0])
    assert means.null_count() == 0


def test_a_brush_that_ends_in_the_month_before_is_compared_with_the_month_before_that() -> None:
    """Of the last 28 days, those of October: September has them, too."""
    explorer = opened(time_range="Last 28 days")
    explorer.comparison.value = "month"
    explorer.select("2026-10-20", "2026-10-23")
    assert explorer.wait(PATIENCE)

    assert heading(explorer, "compared") == "Month to date: $528.00, the same as in September"


def test_in_the_first_hour_of_a_month_the_month_before_has_its_partner() -> None:
    """At 00:10 on 1 November nothing of November has ended: the month so far is October."""
    ledger = Running()
    ledger.now = datetime(2026, 11, 1, 0, 10, tzinfo=UTC)
    explorer = UsageExplorer(ledger, time_range="Today", now=ledger.now)
    explorer.comparison.value = "month"
    assert explorer.wait(PATIENCE)

    assert "$24.00 more (+3.3%) than September" in figures(explorer)
    assert heading(explorer, "compared") == "Month to date: $744.00, $24.00 more (+3.3%) than in September"


def test_a_range_that_holds_its_partners_asks_for_no_window_twice() -> None:
    """90 days and what is before them; then days of the same range are asked of nobody."""
    ledger = Running()
    explorer = opened(ledger, "Last 90 days")
    spans = [one for one, *_ in ledger.asked if one is not None]
    assert [(one.start.date(), one.end.date()) for one in spans] == [
        (date(2026, 8, 17), date(2026, 11, 15)),
        (date(2026, 7, 1), date(2026, 8, 17)),
    ]

    for comparison in ("week", "month", "day"):
        explorer.comparison.value = comparison
        explorer.granularity.value = "day"
        assert explorer.wait(PATIENCE)
    assert len(ledger.asked) == len(spans)


def held_beside(time_range: str = "Last 7 days") -> tuple[UsageExplorer, Held, Ledger]:
    """Open with the range, while what stands beside it is not answered."""
    ledger = Running()
    first = ledger.hold()
    first.released.set()
    beside = ledger.hold()
    explorer = UsageExplorer(ledger, time_range=time_range, now=NOW)
    assert beside.has_begun()
    drawn(explorer)
    return explorer, beside, ledger


def drawn(explorer: UsageExplorer) -> None:
    """Wait until all is drawn, whatever is being fetched."""
    turn = explorer._conductor.turn
    with turn:
        assert turn.wait_for(lambda: explorer._conductor._drawing.is_idle, PATIENCE)


def test_what_is_on_its_way_is_said_to_be() -> None:
    """Six of seven days have their partners in the range; of weeks, months and other days none is told."""
    explorer, beside, _ = held_beside()
    assert explorer.charts["compared"]._description.endswith(MORE)
    assert "6 flat" in facts(explorer)
    assert "hours of it are still being fetched" in figures(explorer)
    for comparison in ("week", "month"):
        explorer.comparison.value = comparison
        drawn(explorer)
        assert heading(explorer, "compared") == AWAITED
    explorer.granularity.value = "day"
    drawn(explorer)
    assert "average" not in facts(explorer, "time_line"), "the first days have none yet"
    told = figures(explorer) + heading(explorer, "compared") + facts(explorer)
    assert not any(word in told for word in ("unknown", "not known", "not here", "missing"))

    beside.released.set()
    assert explorer.wait(PATIENCE)

    assert heading(explorer, "compared") == "Month to date: $345.00, the same as in October"
    assert "average" in facts(explorer, "time_line")
    assert "still being fetched" not in figures(explorer)


def test_what_could_not_be_fetched_is_not_on_its_way_any_more() -> None:
    ledger = Running()
    ledger.is_short = True
    explorer = opened(ledger, "Last 7 days")
    assert "no way through" in explorer._telling.banner.value
    assert facts(explorer).endswith(NOT_FETCHED)
    assert "1 unknown" in facts(explorer)
    assert "hours of it are missing" in figures(explorer)

    ledger.is_short = False
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert NOT_FETCHED not in facts(explorer)
    assert "7 flat" in facts(explorer)


def test_what_was_given_up_is_not_on_its_way_any_more_and_the_next_click_asks_for_it() -> None:
    explorer, beside, ledger = held_beside()

    explorer.cancel.click()
    assert explorer.wait(PATIENCE)
    assert facts(explorer).endswith(NOT_FETCHED)
    beside.released.set()
    join_threads()

    asked_before = len(ledger.asked)
    explorer.comparison.value = "week"
    assert explorer.wait(PATIENCE)
    assert len(ledger.asked) == asked_before + 1
    assert "7 flat" in facts(explorer)


def test_a_slip_of_the_hand_does_not_end_what_is_being_fetched_beside_the_range() -> None:
    explorer, beside, _ = held_beside()

    explorer.time_zone.value = "Middle/Earth"
    beside.released.set()
    assert explorer.wait(PATIENCE)

    assert "there is no time zone" in explorer._telling.banner.value
    assert "7 flat" in facts(explorer)


def test_windows_beside_the_range_are_not_counted_into_it() -> None:
    explorer = opened(time_range="Today")
    explorer.comparison.value = "custom"
    explorer.before_first.value = date(2026, 5, 1)
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == explorer.fetched.height == 10
    assert explorer.view._values["cfusage_title"] == "AI Gateway cost: $10.00"


def test_what_was_known_an_hour_ago_is_asked_for_again() -> None:
    """The window that ran then has ended since; within the hour nothing changed."""
    question = asked(PRESETS["Previous month"], (A,), time_zone="UTC", now=NOW)
    answer = Answer(history=hours(question.time_range.start, [1.0] * 744, account_id=A), label="")
    beyond = Beyond(accounts=(A,)).with_part(question.months, answer.history)
    state = State(question=question, answer=answer, names={}, beyond=beyond)

    soon = asked(PRESETS["Previous month"], (A,), time_zone="UTC", now=NOW + timedelta(minutes=20))
    later = asked(PRESETS["Previous month"], (A,), time_zone="UTC", now=NOW + HOUR)

    assert state.with_answer(soon, answer, {}).beyond is beyond
    assert not state.with_answer(later, answer, {}).beyond.parts


def test_without_a_network_a_range_has_the_partners_that_the_archive_holds(tmp_path: Path) -> None:
    """As if it had been opened with that range: September and October are held, August is not."""
    ledger = Ledger()
    held = TimeRange(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 15, 9, tzinfo=UTC))
    UsageArchive(tmp_path / "usage", now=NOW).update(ledger, held, accounts=[A])
    ledger.trouble = TransportError("no network here")
    archive = UsageArchive(tmp_path / "usage", now=NOW)

    explorer = UsageExplorer(archive, client=ledger, time_range="Today", now=NOW)
    explorer.time_range.value = "Previous month"
    explorer.comparison.value = "week"
    assert explorer.wait(PATIENCE)

    assert "31 flat" in facts(explorer)
    explorer.comparison.value = "month"
    assert explorer.wait(PATIENCE)
    assert heading(explorer, "compared") == "Month to date: $744.00, $24.00 more (+3.3%) than in September"
