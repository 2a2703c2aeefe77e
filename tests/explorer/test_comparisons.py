"""Comparisons on screen: their partners may lie outside the range, and none is made up."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from histories import hours
from ledger import NOW, PATIENCE, A, Ledger, heading

from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.scene import Scene
from cfusage_lab.explorer.selection import Selection

DAY = timedelta(days=1)
START = datetime(2026, 10, 1, tzinfo=UTC)
RISING = hours(START, [float(n // 24 + 1) for n in range(46 * 24)], account_id=A)
"""Each hour of 1 October costs a dollar, of the 2nd two, … of 15 November 46."""


def scene(first: int, count: int, *, known: pl.DataFrame = RISING, **options: object) -> Scene:
    """Show some days, counted from 1 October."""
    start = START + (first - 1) * DAY
    inside = pl.col("start_time").is_between(start, start + count * DAY, closed="left")
    return Scene(history=RISING.filter(inside), known=known, time_zone="UTC", names={A: "Alpha"}, **options)  # type: ignore[arg-type]


def rows(of: Scene) -> list[tuple[float, float | None, str]]:
    table = of.compared().vconcat[0].data
    return table.sort("day").select("current_usd", "previous_usd", "kind").rows()  # type: ignore[no-any-return]


def test_the_first_day_of_a_range_has_its_partner_before_it() -> None:
    """The 10th and the 11th: 240 dollars after 216, 264 after 240."""
    assert rows(scene(10, 2)) == [(240.0, 216.0, "up"), (264.0, 240.0, "up")]
    assert rows(scene(10, 2, comparison="week")) == [(240.0, 72.0, "up"), (264.0, 96.0, "up")]


def test_a_partner_that_nobody_fetched_is_unknown() -> None:
    """The range alone is known."""
    alone = scene(10, 2)

    assert rows(scene(10, 2, known=alone.history)) == [(240.0, None, "unknown"), (264.0, 240.0, "up")]


def test_other_days_are_as_many_right_before_unless_some_are_chosen() -> None:
    assert rows(scene(10, 2, comparison="custom")) == [(240.0, 192.0, "up"), (264.0, 216.0, "up")]
    chosen = (date(2026, 10, 1), date(2026, 10, 1))
    assert rows(scene(10, 2, comparison="custom", chosen_before=chosen)) == [
        (240.0, 24.0, "up"),
        (264.0, None, "unknown"),
    ]


def test_other_days_of_which_the_first_are_not_known_keep_their_places() -> None:
    """Beside the 10th and 11th stand the last two days of September, which are not there; then two are."""
    chosen = (date(2026, 9, 29), date(2026, 10, 2))

    assert rows(scene(10, 4, comparison="custom", chosen_before=chosen)) == [
        (240.0, None, "unknown"),
        (264.0, None, "unknown"),
        (288.0, 24.0, "up"),
        (312.0, 48.0, "up"),
    ]


def test_other_days_of_a_brush_are_those_before_the_brush() -> None:
    brush = Selection(start=START + 11 * DAY, end=START + 13 * DAY)

    assert rows(scene(10, 5, comparison="custom", selection=brush)) == [
        (288.0, 240.0, "up"),
        (312.0, 264.0, "up"),
    ]


def test_the_month_to_date_ends_where_the_selection_does() -> None:
    """1 and 2 November: 32 and 33 dollars an hour, beside a dollar and two."""
    brush = Selection(start=START + 31 * DAY, end=START + 33 * DAY)

    chart = scene(31, 10, comparison="month", selection=brush).compared()

    assert "Month to date: $1,560.00" in " ".join(_lines(chart.title.text))


def _lines(text: list[str] | str) -> list[str]:
    return [text] if isinstance(text, str) else text


@pytest.mark.parametrize("comparison", ["day", "week", "month", "custom"])
def test_a_range_without_windows_is_drawn_all_the_same(comparison: str) -> None:
    nothing = RISING.clear()

    assert "no days" in str(scene(900, 1, known=nothing, comparison=comparison).compared().title.text)


@pytest.mark.parametrize("comparison", ["day", "week", "month", "custom"])
def test_a_zone_off_the_hour_warns_nobody_a_second_time(comparison: str) -> None:
    """The status line says it; under pytest a warning would be an error."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", time_zone="Asia/Kathmandu", now=NOW)
    explorer.comparison.value = comparison
    assert explorer.wait(PATIENCE)

    assert explorer._telling.banner.value == ""
    assert explorer.daily.height == 8
    assert "+05:45" in explorer._telling.status.value


def test_chosen_days_are_fetched_if_they_are_not_known() -> None:
    """Two days of May, for the comparison alone."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Last 7 days", now=NOW)
    explorer.comparison.value = "custom"
    assert explorer.wait(PATIENCE)
    assert (explorer.before_first.value, explorer.before_last.value) == (
        date(2026, 10, 31),
        date(2026, 11, 7),
    )
    asked = len(ledger.asked)

    explorer.before_first.value = date(2026, 5, 1)
    explorer.before_last.value = date(2026, 5, 2)
    assert explorer.wait(PATIENCE)

    newest = ledger.asked[-1][0]
    assert len(ledger.asked) > asked
    assert newest is not None
    assert newest.start == datetime(2026, 5, 1, tzinfo=UTC)
    assert "Fri 1 May" in heading(explorer, "compared")
    assert explorer.history.height == 7 * 24 + 10


def compared_with(explorer: UsageExplorer) -> tuple[date | None, date | None]:
    return explorer.before_first.value, explorer.before_last.value


def beside_days(*chosen: date) -> tuple[UsageExplorer, Ledger]:
    """Compare the last seven days and today with others, perhaps with days that a hand chooses."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Last 7 days", now=NOW)
    explorer.comparison.value = "custom"
    for picker, day in zip((explorer.before_first, explorer.before_last), chosen, strict=False):
        picker.value = day
    assert explorer.wait(PATIENCE)
    return explorer, ledger


def test_days_that_nobody_chose_follow_the_range() -> None:
    explorer, _ = beside_days()

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)

    assert compared_with(explorer) == (date(2026, 11, 2), date(2026, 11, 8))


def test_chosen_days_stay_when_the_range_the_zone_or_the_comparison_changes() -> None:
    """The 1st and 2nd of May, beside the first two days of whatever is on screen."""
    may = (date(2026, 5, 1), date(2026, 5, 2))
    explorer, _ = beside_days(*may)

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)
    assert compared_with(explorer) == may
    assert "Fri 1 May" in heading(explorer, "compared")

    explorer.comparison.value = "day"
    explorer.time_zone.value = "Europe/Berlin"
    explorer.comparison.value = "custom"
    assert explorer.wait(PATIENCE)
    assert compared_with(explorer) == may
    assert "Fri 1 May" in heading(explorer, "compared")

    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    rows_ = explorer._conductor.scene().compared().vconcat[0].data.sort("day")
    assert rows_["previous_usd"].to_list() == [24.0, 24.0, *[None] * 6]
    assert "days right before" not in explorer._telling.status.value


def test_chosen_days_that_the_range_itself_begins_with_are_given_up_and_that_is_said() -> None:
    """The 9th of November is where this week begins: each day would be compared with itself."""
    explorer, _ = beside_days(date(2026, 11, 9), date(2026, 11, 12))
    assert "Mon 9 Nov" in heading(explorer, "compared")

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)

    assert compared_with(explorer) == (date(2026, 11, 2), date(2026, 11, 8))
    note = "compared with the days right before again: those that were chosen begin on 2026-11-09"
    assert note in explorer._telling.status.value

    explorer.before_first.value = date(2026, 11, 1)
    assert explorer.wait(PATIENCE)
    assert note not in explorer._telling.status.value


def test_pickers_that_make_no_range_do_not_hold_another_range_up() -> None:
    """An end is missing: the banner says so, then the note of the next range."""
    explorer, _ = beside_days(date(2026, 5, 1))
    explorer.before_last.value = None
    assert explorer.wait(PATIENCE)
    assert "choose both dates" in explorer._telling.banner.value

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)

    assert explorer._telling.banner.value == ""
    assert explorer.history.height == 6 * 24 + 10
    assert compared_with(explorer) == (date(2026, 11, 2), date(2026, 11, 8))
    assert "days right before again: a range of days has a first and a last one" in (
        explorer._telling.status.value
    )


def test_a_range_that_fails_leaves_the_chosen_days_on_screen() -> None:
    """As the pickers say."""
    ninth = (date(2026, 11, 9), date(2026, 11, 12))
    explorer, ledger = beside_days(*ninth)
    ledger.trouble = TransportError("no answer")

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)
    explorer.statistic.value = "median"
    assert explorer.wait(PATIENCE)

    assert "no answer" in explorer._telling.banner.value
    assert compared_with(explorer) == ninth
    assert "Mon 9 Nov" in heading(explorer, "compared")


def headed(of: Scene) -> tuple[str, list[str]]:
    """Tell the title of the comparison, and the last line of its heading."""
    title = of.compared().title
    return " ".join(_lines(title.text)), title.subtitle


OCTOBER = (date(2026, 10, 1), date(2026, 10, 28))


def test_the_days_that_were_compared_are_named_not_those_that_were_asked_for() -> None:
    """7 days beside the first 7 of October: 40 to 46 dollars an hour beside 1 to 7."""
    title, facts = headed(scene(40, 7, comparison="custom", chosen_before=OCTOBER))

    assert title == ("This range: $7,224.00, $6,552.00 more (+975.0%) than Thu 1 Oct to Wed 7 Oct 2026")
    assert "Compared with 7 of 28 days, Thu 1 Oct to Wed 28 Oct 2026" in " ".join(facts)


def test_a_sum_without_the_running_day_says_so() -> None:
    """The 10th to the 12th, which runs: 240 and 264 dollars, beside 168 and 192 of the 7th and the 8th."""
    last = pl.col("start_time") == START + 12 * DAY - timedelta(hours=1)
    running = RISING.with_columns(state=pl.when(last).then(pl.lit("in_progress")).otherwise("state"))
    inside = pl.col("start_time").is_between(START + 9 * DAY, START + 12 * DAY, closed="left")
    today = Scene(
        history=running.filter(inside),
        known=running,
        time_zone="UTC",
        names={A: "Alpha"},
        comparison="custom",
        today=date(2026, 10, 12),
    )

    title, facts = headed(today)

    assert title == (
        "This range without today: $504.00, $144.00 more (+40.0%) than Wed 7 Oct to Thu 8 Oct 2026"
    )
    assert "Compared with 2 of 3 days, Wed 7 Oct to Fri 9 Oct 2026" in " ".join(facts)
    month, facts = headed(replace(today, comparison="month"))
    assert month.startswith("Month to date: $1,860.00")
    assert facts[-1].startswith("Without the running hour")


def test_days_that_have_no_partner_are_not_in_the_sum_and_that_is_said() -> None:
    """Two of the last days of September are not there: of four days two are compared."""
    chosen = (date(2026, 9, 29), date(2026, 10, 2))

    title, _ = headed(scene(10, 4, comparison="custom", chosen_before=chosen))

    assert title.startswith("This range, 2 of 4 days: $600.00, $528.00 more")
    assert title.endswith("than Thu 1 Oct to Fri 2 Oct 2026")


def test_where_all_days_are_compared_nothing_is_left_to_say() -> None:
    title, facts = headed(scene(10, 2, comparison="custom"))

    assert title.startswith("This range: $504.00")
    assert title.endswith("than Thu 8 Oct to Fri 9 Oct 2026")
    assert "Compared with" not in " ".join(facts)
