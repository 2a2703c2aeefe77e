"""Linked views: a selection in one of them is seen in the others, and in Python."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from histories import HOUR, hours
from ledger import NOW, PATIENCE, A, B, Ledger, chip, comes_true, cost, facts, heading, join_threads, title

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer import Selection, UsageExplorer
from cfusage_lab.explorer.worker import THREADS
from cfusage_lab.view import drawing
from cfusage_lab.view.vega_lite import to_vega_lite

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)
MORNING = {"left": [1000 * (MONDAY + n * HOUR).timestamp() for n in (9, 11.5)]}
"""From nine until half past eleven: the bars of nine, ten and eleven o'clock."""


@pytest.fixture
def explorer() -> UsageExplorer:
    """Show two weeks in which an hour costs as many dollars as the clock says: 276 a day."""
    start = MONDAY - timedelta(days=7)
    table = hours(start, [float(n % 24) for n in range(14 * 24)], account_id=A)
    explorer = UsageExplorer(table)
    assert explorer.wait(PATIENCE)
    return explorer


def test_days_are_written_as_vega_lite_before_somebody_asks_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Altair writes the first chart of a kind down slowly; hours and days are two kinds."""
    charts = []
    monkeypatch.setattr(drawing, "to_vega_lite", lambda chart: charts.append(chart) or to_vega_lite(chart))
    explorer = UsageExplorer(hours(MONDAY, [1.0] * 72, account_id=A))
    assert explorer.wait(PATIENCE)
    join_threads()  # what may be asked for next is made ready after all else
    count = len(charts)

    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)

    assert "US dollars a day" in facts(explorer)
    assert len(charts) == count


def test_a_brush_filters_every_other_view(explorer: UsageExplorer) -> None:
    """9 + 10 + 11 dollars of 3,864: the charts, the table, the words, and Python."""
    explorer.view.selections = {"brush": MORNING}
    assert explorer.wait(PATIENCE)

    assert explorer.selection == Selection(start=MONDAY + 9 * HOUR, end=MONDAY + 12 * HOUR)
    assert explorer.history["aggregated_value"].to_list() == [9.0, 10.0, 11.0]
    assert explorer.daily.select("cost_usd", "hours", "is_whole").row(0) == (30.0, 3, False)
    assert heading(explorer, "heatmap") == "Peak of the week: Monday 11:00 to 12:00, $11.00 on average"
    assert heading(explorer, "profile") == "Peak hour 11:00 to 12:00: $11.00 on average"
    assert heading(explorer, "compared") == "The selected days: $276.00, the same as Sun 8 Nov 2026"
    assert chip(explorer) == "Mon 9 Nov 2026, 09:00 to 12:00 · $30.00 · 0.8% of the range · 3 hours"
    assert [row["key"] for row in explorer.widget.days.rows.rows] == ["2026-11-09"]
    assert cost(explorer) == 30.0
    assert title(explorer) == "AI Gateway cost: $3,864.00"
    assert explorer.fetched.height == 14 * 24


def test_a_day_is_compared_whole_with_a_partner_outside_the_brush(explorer: UsageExplorer) -> None:
    """Three hours are selected; the day that they are of cost as much as the day before."""
    explorer.chart_days.value = "day"
    explorer.view.selections = {"brush": MORNING}
    assert explorer.wait(PATIENCE)

    assert heading(explorer, "compared") == (
        "Day over day: Mon 9 Nov 2026 cost $276.00, the same as the day before"
    )


def test_a_brush_that_comes_while_the_chart_is_drawn_anew_is_kept(explorer: UsageExplorer) -> None:
    """The browser speaks in one thread, the drawing goes on in another, between reading and setting."""
    view = explorer.charts["heatmap"]
    cell = {"weekday": [1], "hour": [9]}
    view.selections = {"cell": cell}
    assert explorer.wait(PATIENCE)
    browser = threading.Thread(
        target=view.set_state, args=({"selections": {"cell": {**cell, "hour": [10]}}},)
    )

    class Speaking(list[str]):
        def __contains__(self, name: object) -> bool:
            browser.start()
            browser.join(0.2)  # where nothing holds it up, it has spoken long before
            return super().__contains__(name)

    with explorer.widget.writing(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            drawing.Drawing, "selections", property(lambda _self: Speaking(["cell"])), raising=False
        )
        view.draw(view.chart)
    browser.join(PATIENCE)
    assert explorer.wait(PATIENCE)

    assert view.selections == {"cell": {**cell, "hour": [10]}}
    assert explorer.selection == Selection(weekday=1, hour=10)


def test_a_brush_taken_back_shows_everything(explorer: UsageExplorer) -> None:
    explorer.view.selections = {"brush": MORNING}
    explorer.view.selections = {}
    assert explorer.wait(PATIENCE)

    assert explorer.selection.is_empty
    assert explorer.history is explorer.fetched
    assert heading(explorer, "profile") == "Peak hour 23:00 to 24:00: $23.00 on average"


def test_a_click_on_a_cell_shows_its_windows_and_leaves_the_charts(explorer: UsageExplorer) -> None:
    """Mondays at ten, two of them."""
    before = heading(explorer, "heatmap")

    explorer.charts["heatmap"].selections = {"cell": {"weekday": [1], "hour": [10]}}
    assert explorer.wait(PATIENCE)

    assert explorer.selection == Selection(weekday=1, hour=10)
    assert explorer.history["start_time"].to_list() == [
        MONDAY - timedelta(days=7) + 10 * HOUR,
        MONDAY + 10 * HOUR,
    ]
    assert chip(explorer) == "Mondays 10:00 to 11:00 · $20.00 · 0.5% of the range · 2 hours"
    assert cost(explorer) == 20.0
    assert heading(explorer, "heatmap") == before
    assert (explorer.widget.bar.weekday.value, explorer.widget.bar.hour.value) == (1, 10)

    explorer.charts["heatmap"].selections = {}
    assert explorer.selection.is_empty


def test_a_click_on_a_day_shows_its_windows(explorer: UsageExplorer) -> None:
    """Tuesday, 10 November: 24 of them."""
    midnight = (MONDAY + timedelta(days=1)).timestamp() * 1000

    explorer.charts["compared"].selections = {"day": {"day": [midnight]}}
    assert explorer.wait(PATIENCE)

    assert explorer.selection == Selection(day=date(2026, 11, 10))
    assert explorer.history.height == 24
    assert explorer.widget.bar.day.value == date(2026, 11, 10)


def test_what_python_selects_is_marked_in_the_browser(explorer: UsageExplorer) -> None:
    """The brush ends before the next bar; the cell and the day are framed; the pickers follow."""
    explorer.select("2026-11-09T09:00", "2026-11-09T12:00", weekday=1, hour=10, day="2026-11-09")
    assert explorer.wait(PATIENCE)

    left, right = explorer.view.selections["brush"]["left"]
    assert left == MORNING["left"][0]
    assert MORNING["left"][1] < right < left + 3 * 3_600_000
    assert explorer.charts["heatmap"].selections == {"cell": {"weekday": [1], "hour": [10]}}
    assert explorer.charts["compared"].selections == {"day": {"day": [MONDAY.timestamp() * 1000]}}
    assert explorer.widget.bar.select_from.value == datetime(2026, 11, 9, 9)  # noqa: DTZ001 - a clock's reading
    assert explorer.history["aggregated_value"].to_list() == [10.0]

    explorer.selection = None

    assert explorer.view.selections == {}
    assert explorer.charts["heatmap"].selections == {}
    assert explorer.charts["compared"].selections == {}


def test_moments_can_be_chosen_without_a_mouse(explorer: UsageExplorer) -> None:
    """One end alone goes to the end of the range; Clear takes both back."""
    explorer.widget.bar.select_from.value = datetime(2026, 11, 15, 22)  # noqa: DTZ001 - a clock's reading
    assert explorer.wait(PATIENCE)
    assert explorer.history["aggregated_value"].to_list() == [22.0, 23.0]
    assert "brush" in explorer.view.selections

    explorer.widget.bar.leave.click()
    assert explorer.wait(PATIENCE)
    assert explorer.history is explorer.fetched
    assert explorer.widget.bar.select_from.value is None


def test_an_end_goes_with_the_one_that_is_selected_whatever_its_control_says(explorer: UsageExplorer) -> None:
    """A drawing of before may have set the control back while its moment was taken."""
    screen = explorer.widget.bar
    screen.select_from.value = datetime(2026, 11, 10, 6)  # noqa: DTZ001 - a clock's reading
    screen.weekday.value = 2
    with explorer.widget.writing():
        screen.select_from.value, screen.weekday.value = None, -1

    screen.select_until.value = datetime(2026, 11, 10, 9)  # noqa: DTZ001 - a clock's reading
    screen.hour.value = 8

    assert explorer.wait(PATIENCE)
    assert explorer.history["aggregated_value"].to_list() == [8.0]
    assert explorer.selection.weekday == 2


def test_both_ends_can_be_moved_past_each_other(explorer: UsageExplorer) -> None:
    """The first of the two is refused, and is not forgotten when the second is there."""
    explorer.select("2026-11-10T06:00", "2026-11-10T09:00")
    assert explorer.wait(PATIENCE)
    screen = explorer.widget.bar

    screen.select_from.value = datetime(2026, 11, 11, 20)  # noqa: DTZ001 - a clock's reading
    assert "nothing lies from" in explorer.banner
    screen.select_until.value = datetime(2026, 11, 11, 22)  # noqa: DTZ001 - a clock's reading

    assert explorer.wait(PATIENCE)
    assert explorer.history["start_time"].to_list() == [
        datetime(2026, 11, 11, h, tzinfo=UTC) for h in (20, 21)
    ]
    assert explorer.banner == ""


def test_a_weekday_alone_can_be_chosen(explorer: UsageExplorer) -> None:
    """A heatmap has no mark for it, and takes nothing back."""
    explorer.widget.bar.weekday.value = 7
    assert explorer.wait(PATIENCE)

    assert explorer.selection == Selection(weekday=7)
    assert explorer.history.height == 48


def test_a_span_beside_the_range_is_refused(explorer: UsageExplorer) -> None:
    """In Python as an error, in the browser as a banner; the selection stays."""
    explorer.select(weekday=7)
    with pytest.raises(ConfigError, match="no window on screen lies in Thu 1 Jan 2026"):
        explorer.select("2026-01-01", "2026-01-02")
    with pytest.raises(ConfigError, match="pass both"):
        explorer.select("2026-01-01")

    explorer.widget.bar.select_until.value = datetime(2026, 1, 1)  # noqa: DTZ001 - a clock's reading
    assert explorer.wait(PATIENCE)

    assert "nothing lies from" in explorer.banner
    assert "role" in explorer.widget.banner.value
    assert explorer.selection == Selection(weekday=7)


def test_another_range_takes_the_selection_back_and_another_clock_does_not() -> None:
    """The windows are the same on every clock."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.select("2026-11-10T09:00", "2026-11-10T12:00")
    span = explorer.selection

    explorer.time_range.value = "Today"
    assert explorer.wait(PATIENCE)
    assert explorer.selection.is_empty
    assert explorer.view.selections == {}

    explorer.select("2026-11-15T01:00", "2026-11-15T02:00")
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert explorer.history.height == 1
    assert span != explorer.selection


def test_of_hasty_brushes_the_last_is_seen(explorer: UsageExplorer) -> None:
    """Every bar in turn, as fast as they come."""
    for hour in range(24):
        at = (MONDAY + hour * HOUR).timestamp() * 1000
        explorer.view.selections = {"brush": {"left": [at, at + 1]}}
    assert explorer.wait(PATIENCE)
    join_threads()

    assert heading(explorer, "profile").startswith("Peak hour 23:00")
    assert "$23.00" in chip(explorer)


def test_days_are_drawn_with_their_mean_and_brushed_whole(explorer: UsageExplorer) -> None:
    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)
    assert explorer.view.chart.vconcat[0].data.height == 14

    noon = (MONDAY + 12 * HOUR).timestamp() * 1000
    explorer.view.selections = {"brush": {"left": [noon, noon + 24 * 3_600_000]}}
    assert explorer.wait(PATIENCE)

    assert explorer.daily.select("date", "is_whole").rows() == [(date(2026, 11, 10), True)]


def test_the_statistic_is_that_of_the_heatmap_alone(explorer: UsageExplorer) -> None:
    explorer.statistic.value = "share"
    assert explorer.wait(PATIENCE)

    assert "of all cost" in heading(explorer, "heatmap")
    assert "$23.00 on average" in heading(explorer, "profile")


def test_a_click_in_the_table_selects_a_day_and_another_click_leaves_it(explorer: UsageExplorer) -> None:
    click = {"kind": "click", "key": "2026-11-10"}

    explorer.widget.days.rows._handle_custom_msg(click, [])
    assert explorer.wait(PATIENCE)
    assert explorer.selection == Selection(day=date(2026, 11, 10))
    assert explorer.history.height == 24

    explorer.widget.days.rows._handle_custom_msg(click, [])
    assert explorer.wait(PATIENCE)
    assert explorer.selection.is_empty


def test_a_click_on_the_costliest_day_goes_there_and_escape_leaves_it(explorer: UsageExplorer) -> None:
    (card,) = [one for one in explorer.figures if one.figure.title == "Costliest day"]
    assert (card.day, card.figure.number) == (date(2026, 11, 2), 276.0), "the earliest of fourteen"
    assert 'data-action="day 2026-11-02"' in explorer.widget.figures.value

    explorer.widget.browser._handle_custom_msg({"kind": "action", "action": "day 2026-11-02"}, [])
    assert explorer.selection == Selection(day=date(2026, 11, 2))
    explorer.widget.browser._handle_custom_msg({"kind": "escape"}, [])
    assert explorer.selection.is_empty


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 11, 9), Selection(weekday=1, hour=10, day=date(2026, 11, 9))),
        (date(2026, 11, 10), Selection(day=date(2026, 11, 10))),
    ],
)
def test_a_day_of_another_weekday_replaces_a_cell(
    explorer: UsageExplorer, day: date, expected: Selection
) -> None:
    """Never are there 0 hours."""
    explorer.charts["heatmap"].selections = {"cell": {"weekday": [1], "hour": [10]}}
    midnight = 1000 * datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()

    explorer.charts["compared"].selections = {"day": {"day": [midnight]}}
    assert explorer.wait(PATIENCE)

    assert explorer.selection == expected
    assert not explorer.history.is_empty()
    cell = {"cell": {"weekday": [1], "hour": [10]}} if expected.weekday else {}
    assert explorer.charts["heatmap"].selections == cell


def test_custom_days_are_local_days_and_the_pickers_tell_every_range() -> None:
    """The 10th and the 11th of Alpha: 48 dollars."""
    explorer = UsageExplorer(Ledger(), now=NOW)
    assert (explorer.first_day.value, explorer.last_day.value) == (date(2026, 10, 18), date(2026, 11, 14))

    explorer.first_day.value, explorer.last_day.value = date(2026, 11, 10), date(2026, 11, 11)
    assert explorer.wait(PATIENCE)

    assert explorer.time_range.value == "Custom days"
    assert title(explorer) == "AI Gateway cost: $48.00"

    explorer.time_range.value = "Today"
    assert explorer.wait(PATIENCE)
    assert explorer.first_day.value == date(2026, 11, 15)


@pytest.mark.parametrize(
    ("first", "message"),
    [(date(2026, 11, 16), "lies before the first"), (date(2027, 1, 1), "lies before"), (None, "choose both")],
)
def test_days_that_make_no_range_are_told_in_the_banner(first: date | None, message: str) -> None:
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)

    explorer.first_day.value = first
    assert explorer.wait(PATIENCE)

    assert message in explorer.banner
    assert explorer.history.height == 10


def test_an_error_in_a_chart_is_shown_and_the_others_follow() -> None:
    """Nobody would see it otherwise."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)

    explorer.view.selections = {"brush": {"left": ["no", "number"]}}

    assert "a fault in this program" in explorer.banner


def test_a_moment_counts_although_a_new_drawing_resets_its_field_meanwhile(explorer: UsageExplorer) -> None:
    """The hand waits for its turn, and the drawing before it shows what was selected until then."""
    screen = explorer.widget.bar
    wanted = datetime(2026, 11, 5)  # noqa: DTZ001 - a clock's reading
    with explorer.widget.writing():
        hand = threading.Thread(target=lambda: setattr(screen.select_until, "value", wanted))
        hand.start()
        while screen.select_until.value != wanted:
            assert hand.is_alive()
        explorer.widget.show(explorer.state)
        assert screen.select_until.value is None
    hand.join(PATIENCE)
    assert explorer.wait(PATIENCE)

    assert explorer.selection.end == datetime(2026, 11, 5, tzinfo=UTC)


def test_nothing_is_fetched_for_a_selection() -> None:
    ledger = Ledger()
    explorer = UsageExplorer(ledger, now=NOW)
    assert explorer.wait(PATIENCE)
    asked = len(ledger.asked)

    explorer.select("2026-11-10", "2026-11-12")
    explorer.granularity.value = "day"
    explorer.statistic.value = "median"
    explorer.chart_days.value = "week"
    explorer.chart_days.value = "month"
    explorer.comparison.value = "weekdays"
    explorer.comparison.value = "month"
    assert explorer.wait(PATIENCE)

    assert len(ledger.asked) == asked
    assert comes_true(lambda: sum(thread.name == THREADS for thread in threading.enumerate()) <= 3)


def test_several_accounts_have_a_column_in_the_table_unless_they_are_added_up() -> None:
    explorer = UsageExplorer(Ledger(own=(A, B)), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    days = explorer.widget.days.rows
    assert [row["cells"][:2] for row in days.rows] == [["Sun 15 Nov", {"ratio": 1.0, "text": "$12.50"}]]
    assert title(explorer) == "AI Gateway cost: $12.50"

    explorer.accounts.is_together = False
    assert explorer.wait(PATIENCE)

    assert "Account" in [column["name"] for column in days.columns]
    assert [row["cells"][1] for row in days.rows] == ["Alpha", "Beta"]
    assert explorer.daily["cost_usd"].to_list() == [10.0, 2.5]


def test_an_answer_does_not_write_over_a_date_that_is_being_typed() -> None:
    """The field says the 1st of March, a key on the way to the 12th; by its answer, it is the 12th."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, now=NOW)
    assert explorer.wait(PATIENCE)
    held = ledger.hold()
    explorer.first_day.value = date(2026, 3, 1)
    assert held.has_begun()
    written: list[date] = []
    explorer.first_day.observe(lambda change: written.append(change["new"]), names="value")

    with explorer.widget.writing():  # the key has arrived, and waits for its turn
        explorer.first_day.value = date(2026, 3, 12)
    held.released.set()
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == (date(2026, 11, 15) - date(2026, 3, 1)).days * 24
    assert written == [date(2026, 3, 12)]
