"""Comparisons on screen: their partners may lie outside the range, and none is made up."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import hours
from ledger import NOW, PATIENCE, A, Ledger, details, heading
from states import state_of

from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.chart_views import CHARTS
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.explorer.state import State

DAY = timedelta(days=1)
START = datetime(2026, 10, 1, tzinfo=UTC)
RISING = hours(START, [float(n // 24 + 1) for n in range(46 * 24)], account_id=A)
"""Each hour of 1 October costs a dollar, of the 2nd two, … of 15 November 46."""


def shown(first: int, count: int, *, known: pl.DataFrame = RISING, **options: Any) -> State:  # noqa: ANN401 - passed on
    """Show some days, counted from 1 October, while the 16th of November begins."""
    start = date(2026, 10, 1) + (first - 1) * DAY
    options = {"now": START + 46 * DAY, "names": {A: "Alpha"}, "accounts": (A,)} | options
    return state_of(known, days=(start, start + (count - 1) * DAY), **options)


def drawn(of: State) -> alt.VConcatChart:
    return CHARTS["compared"].draw(of)


def rows(of: State) -> list[tuple[float, float | None, str]]:
    table = drawn(of).vconcat[0].data
    return table.sort("day").select("current_usd", "previous_usd", "kind").rows()  # type: ignore[no-any-return]


def test_the_first_day_of_a_range_has_its_partner_before_it() -> None:
    """The 10th and the 11th: 240 dollars after 216, 264 after 240."""
    assert rows(shown(10, 2, chart="day")) == [(240.0, 216.0, "up"), (264.0, 240.0, "up")]
    assert rows(shown(10, 2, chart="week")) == [(240.0, 72.0, "up"), (264.0, 96.0, "up")]


def test_a_partner_that_nobody_fetched_is_unknown() -> None:
    """The range alone is known."""
    alone = shown(10, 2).history

    assert rows(shown(10, 2, known=alone, chart="day")) == [(240.0, None, "unknown"), (264.0, 240.0, "up")]


def test_other_days_are_as_many_right_before_unless_some_are_chosen() -> None:
    assert rows(shown(10, 2)) == [(240.0, 192.0, "up"), (264.0, 216.0, "up")]
    chosen = (date(2026, 10, 1), date(2026, 10, 1))
    assert rows(shown(10, 2, comparison="custom", other_days=chosen)) == [
        (240.0, 24.0, "up"),
        (264.0, None, "unknown"),
    ]


def test_other_days_of_which_the_first_are_not_known_keep_their_places() -> None:
    """Beside the 10th and 11th stand the last two days of September, which are not there; then two are."""
    chosen = (date(2026, 9, 29), date(2026, 10, 2))

    assert rows(shown(10, 4, comparison="custom", other_days=chosen)) == [
        (240.0, None, "unknown"),
        (264.0, None, "unknown"),
        (288.0, 24.0, "up"),
        (312.0, 48.0, "up"),
    ]


def test_other_days_of_a_brush_are_those_before_the_brush() -> None:
    brush = Selection(start=START + 11 * DAY, end=START + 13 * DAY)

    assert rows(shown(10, 5, selection=brush)) == [
        (288.0, 240.0, "up"),
        (312.0, 264.0, "up"),
    ]


def test_the_month_to_date_ends_where_the_selection_does() -> None:
    """1 and 2 November: 32 and 33 dollars an hour, beside a dollar and two."""
    brush = Selection(start=START + 31 * DAY, end=START + 33 * DAY)

    chart = drawn(shown(31, 10, chart="month", selection=brush))

    assert "Month to date: $1,560.00" in " ".join(_lines(chart.title.text))


def _lines(text: list[str] | str) -> list[str]:
    return [text] if isinstance(text, str) else text


@pytest.mark.parametrize("chart", ["range", "day", "week", "month"])
def test_a_range_without_windows_is_drawn_all_the_same(chart: str) -> None:
    nothing = RISING.clear()

    assert "no days" in str(drawn(shown(10, 1, known=nothing, chart=chart)).title.text)


@pytest.mark.parametrize("chart", ["range", "day", "week", "month"])
def test_a_zone_off_the_hour_warns_nobody_a_second_time(chart: str) -> None:
    """The status line says it; under pytest a warning would be an error."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", time_zone="Asia/Kathmandu", now=NOW)
    explorer.chart_days.value = chart
    assert explorer.wait(PATIENCE)

    assert explorer.banner == ""
    assert explorer.daily.height == 7
    assert "+05:45" in details(explorer)


def test_chosen_days_are_fetched_if_they_are_not_known() -> None:
    """Two days of May, for the comparison alone."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Last 7 days", now=NOW)
    explorer.comparison.value = "custom"
    assert explorer.wait(PATIENCE)
    assert (explorer.before_first.value, explorer.before_last.value) == (
        date(2026, 11, 1),
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
    assert explorer.history.height == 7 * 24


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

    explorer.comparison.value = "previous"
    explorer.time_zone.value = "Europe/Berlin"
    explorer.comparison.value = "custom"
    assert explorer.wait(PATIENCE)
    assert compared_with(explorer) == may
    assert "Fri 1 May" in heading(explorer, "compared")

    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    assert [previous for _, previous, _ in rows(explorer.state)] == [24.0, 24.0, *[None] * 5]
    assert "not compared" not in details(explorer)


def test_chosen_days_that_the_range_itself_begins_with_are_compared_with_nothing_and_that_is_said() -> None:
    """The 9th of November is where this week begins: each day would be compared with itself."""
    explorer, _ = beside_days(date(2026, 11, 9), date(2026, 11, 12))
    assert "Mon 9 Nov" in heading(explorer, "compared")

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)

    assert compared_with(explorer) == (date(2026, 11, 9), date(2026, 11, 12))
    note = "not compared: the other days begin on 2026-11-09, as the range does"
    assert note in details(explorer)
    assert explorer.figures[0].figure.note == "nothing to compare with"

    explorer.before_first.value = date(2026, 11, 1)
    assert explorer.wait(PATIENCE)
    assert note not in details(explorer)
    assert explorer.figures[0].figure.kind != "unknown"


def test_pickers_that_make_no_range_do_not_hold_another_range_up() -> None:
    """An end is missing: the banner says so, and the days on screen stay."""
    explorer, _ = beside_days(date(2026, 5, 1))
    explorer.before_last.value = None
    assert explorer.wait(PATIENCE)
    assert "choose both dates" in explorer.banner

    explorer.time_range.value = "This week"
    assert explorer.wait(PATIENCE)

    assert explorer.banner == ""
    assert explorer.history.height == 6 * 24 + 10
    assert compared_with(explorer) == (date(2026, 5, 1), date(2026, 11, 7))


def test_a_range_that_fails_leaves_the_chosen_days_on_screen() -> None:
    """As the pickers say."""
    ninth = (date(2026, 11, 9), date(2026, 11, 12))
    explorer, ledger = beside_days(*ninth)
    ledger.trouble = TransportError("no answer")

    explorer.first_day.value = date(2026, 1, 1)
    assert explorer.wait(PATIENCE)
    explorer.statistic.value = "median"
    assert explorer.wait(PATIENCE)

    assert "no answer" in explorer.banner
    assert compared_with(explorer) == ninth
    assert "Mon 9 Nov" in heading(explorer, "compared")


def headed(of: State) -> tuple[str, list[str]]:
    """Tell the title of the comparison, and the last line of its heading."""
    title = drawn(of).title
    return " ".join(_lines(title.text)), title.subtitle


OCTOBER = (date(2026, 10, 1), date(2026, 10, 28))


def test_the_days_that_were_compared_are_named_not_those_that_were_asked_for() -> None:
    """7 days beside the first 7 of October: 40 to 46 dollars an hour beside 1 to 7."""
    title, facts = headed(shown(40, 7, comparison="custom", other_days=OCTOBER))

    assert title == ("This range: $7,224.00, $6,552.00 more (+975.0%) than Thu 1 Oct to Wed 7 Oct 2026")
    assert "Compared with 7 of 28 days, Thu 1 Oct to Wed 28 Oct 2026" in " ".join(facts)


def test_a_sum_without_the_running_day_says_so() -> None:
    """The 10th to the 12th, which runs: 240 and 264 dollars, beside 168 and 192 of the 7th and the 8th."""
    last = pl.col("start_time") == START + 12 * DAY - timedelta(hours=1)
    running = RISING.with_columns(state=pl.when(last).then(pl.lit("in_progress")).otherwise("state"))
    options = {"known": running, "now": START + 12 * DAY - timedelta(minutes=30)}
    today = shown(10, 3, **options)

    title, facts = headed(today)

    assert title == (
        "This range without today: $504.00, $144.00 more (+40.0%) than Wed 7 Oct to Thu 8 Oct 2026"
    )
    assert "Compared with 2 of 3 days, Wed 7 Oct to Fri 9 Oct 2026" in " ".join(facts)
    month, facts = headed(shown(10, 3, chart="month", **options))
    assert month.startswith("Month to date: $1,860.00")
    assert facts[-1].startswith("Without the running hour")


def test_days_that_have_no_partner_are_not_in_the_sum_and_that_is_said() -> None:
    """Two of the last days of September are not there: of four days two are compared."""
    chosen = (date(2026, 9, 29), date(2026, 10, 2))

    title, _ = headed(shown(10, 4, comparison="custom", other_days=chosen))

    assert title.startswith("This range, 2 of 4 days: $600.00, $528.00 more")
    assert title.endswith("than Thu 1 Oct to Fri 2 Oct 2026")


def test_where_all_days_are_compared_nothing_is_left_to_say() -> None:
    title, facts = headed(shown(10, 2))

    assert title.startswith("This range: $504.00")
    assert title.endswith("than Thu 8 Oct to Fri 9 Oct 2026")
    assert "Compared with" not in " ".join(facts)
