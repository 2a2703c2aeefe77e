"""Numbers stay with the account, the source and the moment that they are of."""

import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from histories import HOUR, hours
from ledger import (
    NOW,
    PATIENCE,
    A,
    B,
    Held,
    Ledger,
    account_labels,
    chip,
    comes_true,
    cost,
    heading,
    join_threads,
    title,
)

from cfusage_lab.errors import AuthError, ConfigError, TransportError
from cfusage_lab.explorer import Selection, UsageExplorer, chart_views
from cfusage_lab.explorer.browser import Browser
from cfusage_lab.explorer.data import Data, Part
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import CREDIT_BALANCE

MONDAY = datetime(2026, 11, 9, tzinfo=UTC)


def figures(explorer: UsageExplorer) -> str:
    """Tell the headline."""
    return str(explorer.widget.figures.value)


def test_a_refresh_overtaken_by_another_account_leaves_nothing_of_the_first() -> None:
    """Beta costs a quarter of a dollar an hour; the months before it could not be had."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    held = ledger.hold()
    explorer.refresh.click()
    assert held.has_begun()
    months = ledger.hold()  # of Beta, asked for second
    ledger.held.insert(0, Held(released=_open()))

    explorer.accounts.value = (B,)
    assert months.has_begun()
    assert comes_true(lambda: "$2.50" in figures(explorer))
    shown = explorer.state.known["account_id"].unique().to_list()
    words = figures(explorer)
    held.released.set()
    months.released.set()
    assert explorer.wait(PATIENCE)
    join_threads()

    assert shown == [B]
    assert "$10.00" not in words, "ten hours of today at a dollar are Alpha's"
    assert cost(explorer) == 2.5


def _open() -> threading.Event:
    event = threading.Event()
    event.set()
    return event


def test_a_window_that_was_fetched_again_is_the_newer_one() -> None:
    """At half past nine the ninth hour had cost a dollar so far; an hour later it had cost seven."""
    early = hours(MONDAY, [1.0] * 10, account_id=A)
    late = hours(MONDAY, [1.0] * 9 + [7.0, 2.0], account_id=A)
    beside = TimeRange(MONDAY - HOUR, MONDAY)
    data = Data().with_windows((A,), beside, hours(MONDAY - HOUR, [3.0], account_id=A))
    data = data.with_windows((A,), TimeRange(MONDAY, MONDAY + 10 * HOUR), early)
    data = data.with_windows((A,), TimeRange(MONDAY, MONDAY + 11 * HOUR), late)

    known = data.part(Part((A,), (TimeRange(MONDAY - HOUR, MONDAY + 11 * HOUR),)))

    assert known["aggregated_value"].to_list() == [3.0, *[1.0] * 9, 7.0, 2.0]
    assert data.held == {A: (TimeRange(MONDAY - HOUR, MONDAY + 11 * HOUR),)}
    assert data.windows.height == 12, "what a newer one covers is not kept"


class Prepaid(Ledger):
    """Has twelve dollars left."""

    def credit_balance(self, accounts: object = None) -> pl.DataFrame:
        """Tell them."""
        assert accounts == (A,)
        row = {"account_id": A, "balance_usd": 12.0}
        return pl.DataFrame([row], schema=CREDIT_BALANCE)


def test_credit_is_told_where_the_range_holds_both_months_itself() -> None:
    """Then nothing else is fetched, and the windows that are known stay the very same."""
    explorer = UsageExplorer(Prepaid(), time_range="Last 90 days", now=NOW)
    assert explorer.wait(PATIENCE)
    assert explorer.banner == ""
    assert "$12.00" in figures(explorer)

    explorer.granularity.value = "day"
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert explorer.banner == ""
    assert "$12.00" in figures(explorer)


def test_a_file_is_of_what_was_on_screen_when_it_was_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is made of Alpha, and says so; Beta is on screen by the time that it is ready."""
    saved: list[tuple[str, bytes]] = []
    monkeypatch.setattr(Browser, "save", lambda _self, name, content, _mime: saved.append((name, content)))
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    explorer.widget.exports.by_form["html"].click()
    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    join_threads()

    assert title(explorer) == "AI Gateway cost: $2.50"
    ((name, content),) = saved
    assert name == "ai-gateway-cost_alpha_2026-11-15.html"
    assert "Alpha" in content.decode()
    assert "Beta" not in content.decode()


class Silent(Ledger):
    """Does not list accounts: its token may only read usage."""

    def accounts(self) -> pl.DataFrame:
        """Refuse."""
        raise AuthError("accounts can't be listed")


def test_names_of_the_source_before_are_offered_no_more() -> None:
    """The new one knows none for the same id, and not the other accounts at all."""
    explorer = UsageExplorer(Ledger(), login=lambda _token: Silent(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    assert explorer.token is not None
    assert "Beta" in account_labels(explorer)

    explorer.token.value = "x" * 40
    assert explorer.wait(PATIENCE)

    assert account_labels(explorer) == ["aaaa…aaaa"]
    assert explorer.accounts.value == (A,)


def test_a_source_after_a_table_has_the_present_of_the_clock() -> None:
    """A table ends when it ends; an account that is opened after it is told until now."""
    ledger = Ledger()
    explorer = UsageExplorer(
        hours(MONDAY, [1.0] * 48, account_id=A), login=lambda _token: ledger, time_range="Today"
    )
    assert explorer.token is not None
    explorer.token.value = "x" * 40
    assert explorer.wait(PATIENCE)

    asked = ledger.asked[0][0]
    assert asked is not None
    assert abs(asked.end - datetime.now(UTC)) <= HOUR


def test_views_that_fail_leave_no_number_of_the_account_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of Beta nobody can tell patterns: these views are not seen, the others are Beta's."""
    for name in ("weekly_heatmap", "hourly_profile"):
        monkeypatch.setattr(chart_views, name, _unless_of_beta(getattr(chart_views, name)))
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    assert explorer.wait(PATIENCE)
    assert cost(explorer) == 168.0

    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)

    assert explorer.banner == "no patterns"
    assert "no patterns" in explorer.widget.banner.value
    hidden = {name for name, chart in explorer.charts.items() if chart.layout.display == "none"}
    assert hidden == {"heatmap", "profile"}
    assert title(explorer) == "AI Gateway cost: $42.00"
    assert "$42.00" in heading(explorer, "compared")
    assert "$168.00" not in figures(explorer)

    explorer.accounts.value = (A,)
    assert explorer.wait(PATIENCE)
    assert {chart.layout.display for chart in explorer.charts.values()} == {None}
    assert "$168.00" in figures(explorer)
    assert explorer.banner == ""


def _unless_of_beta(compute: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
    def found(history: pl.DataFrame, **options: object) -> pl.DataFrame:
        if B in set(history["account_id"]):
            raise ConfigError("no patterns")
        return compute(history, **options)

    return found


def test_what_is_of_other_windows_looks_like_it_until_it_is_drawn_anew() -> None:
    """The time line is Beta's at once; the rest follows it, and is faded before."""
    explorer = UsageExplorer(Ledger(), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    faded: list[str] = []
    views = {**explorer.charts, "figures": explorer.widget.figures}

    def follow(change: dict[str, Any]) -> None:
        if "cfusage-old" in change["new"]:
            faded.extend(name for name, view in views.items() if view is change["owner"])

    for view in views.values():
        view.observe(follow, names="_dom_classes")

    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    assert set(faded) == set(views)
    assert not any("cfusage-old" in view._dom_classes for view in views.values())

    faded.clear()
    explorer.refresh.click()
    explorer.statistic.value = "share"
    assert explorer.wait(PATIENCE)
    assert faded == [], "the windows are the same"


def test_a_brush_stays_on_its_windows_when_the_clock_changes() -> None:
    """Nine o'clock in London is ten in Berlin: the brush moves, the hours stay."""
    table = hours(MONDAY - timedelta(days=7), [float(n % 24) for n in range(14 * 24)], account_id=A)
    explorer = UsageExplorer(table)
    explorer.select("2026-11-09T09:00", "2026-11-09T12:00")
    assert explorer.wait(PATIENCE)
    left, right = explorer.view.selections["brush"]["left"]

    explorer.time_zone.value = "Europe/Berlin"
    assert explorer.wait(PATIENCE)

    assert explorer.history["aggregated_value"].to_list() == [9.0, 10.0, 11.0]
    assert explorer.view.selections["brush"]["left"] == [left + 3_600_000, right + 3_600_000]
    assert "10:00 to 13:00" in chip(explorer)


def test_a_brush_stays_where_another_zone_or_a_later_hour_moves_the_ends_of_the_range() -> None:
    """Days of Berlin begin an hour earlier; the seven days before today still hold the three hours."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.select("2026-11-10T09:00", "2026-11-10T12:00", hour=10)
    span = explorer.selection

    explorer.time_zone.value = "Europe/Berlin"
    assert explorer.wait(PATIENCE)
    assert explorer.fetched.height == 7 * 24
    assert explorer.selection == span
    assert explorer.history["start_time"].to_list() == [datetime(2026, 11, 10, 9, tzinfo=UTC)]
    assert explorer.view.selections["brush"]["left"][0] == 1_000 * span.start.timestamp() + 3_600_000  # type: ignore[union-attr]

    explorer.last_day.value = date(2026, 11, 11)
    assert explorer.wait(PATIENCE)
    assert explorer.fetched.height == 4 * 24
    assert explorer.selection == span

    explorer.first_day.value = date(2026, 11, 9)
    assert explorer.wait(PATIENCE)
    assert explorer.selection.is_empty, "another range was chosen"


def test_a_brush_that_another_zone_cuts_is_taken_back() -> None:
    """The first hours of the range in UTC lie on the day before in New York."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.select("2026-11-08T00:00", "2026-11-08T06:00")

    explorer.time_zone.value = "America/New_York"
    assert explorer.wait(PATIENCE)

    assert explorer.selection.is_empty
    assert explorer.view.selections == {}
    assert explorer.history.height == 7 * 24


def test_a_brush_of_hours_is_the_brush_of_their_day_where_bars_are_days() -> None:
    """The same three hours are selected; the bar that they are in is under the brush."""
    table = hours(MONDAY - timedelta(days=7), [1.0] * 14 * 24, account_id=A)
    explorer = UsageExplorer(table)
    explorer.select("2026-11-09T09:00", "2026-11-09T12:00")

    explorer.granularity.value = "day"
    assert explorer.wait(PATIENCE)

    midnight = MONDAY.timestamp() * 1000
    assert explorer.view.selections["brush"]["left"] == [midnight, midnight + 24 * 3_600_000 - 1]
    assert explorer.history.height == 3

    explorer.granularity.value = "hour"
    assert explorer.wait(PATIENCE)
    nine = midnight + 9 * 3_600_000
    assert explorer.view.selections["brush"]["left"] == [nine, nine + 3 * 3_600_000 - 1]


def test_a_cell_is_marked_again_in_a_heatmap_that_could_not_have_it() -> None:
    """Several accounts have heatmaps without cells to point at, or others; back at one it is framed."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.select(weekday=1, hour=10)
    for accounts in ((A, B), (A,)):
        explorer.accounts.value = accounts
        assert explorer.wait(PATIENCE)

    assert explorer.selection == Selection(weekday=1, hour=10)
    assert explorer.charts["heatmap"].selections == {"cell": {"weekday": [1], "hour": [10]}}


@pytest.mark.slow
def test_all_accounts_are_those_that_are_counted() -> None:
    """One that the source does not list was there from the beginning."""
    explorer = UsageExplorer(Ledger(own=("d" * 32,)), time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    explorer.accounts.value = ()
    assert explorer.wait(PATIENCE)

    assert explorer.state.accounts_text == "all 4 accounts"
    assert explorer.history["account_id"].n_unique() == 4


def test_a_table_without_a_window_in_the_range_still_knows_its_account() -> None:
    """Another range can be chosen after it."""
    table = hours(MONDAY, [1.0] * 48, account_id=A)
    explorer = UsageExplorer(table, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    assert explorer.history.is_empty()

    explorer.time_range.value = "Whole table"
    assert explorer.wait(PATIENCE)

    assert explorer.banner == ""
    assert title(explorer) == "AI Gateway cost: $48.00"


def test_pickers_of_other_days_go_with_the_comparison() -> None:
    """They were used once."""
    explorer = UsageExplorer(Ledger(), time_range="Last 7 days", now=NOW)
    explorer.comparison.value = "custom"
    explorer.before_first.value = date(2026, 11, 1)
    assert explorer.wait(PATIENCE)
    assert explorer.before_first.layout.display is None

    explorer.comparison.value = "previous"
    assert explorer.wait(PATIENCE)
    assert explorer.before_first.layout.display == "none"


def test_the_hour_that_stands_twice_stays_the_second_when_the_other_end_moves() -> None:
    """Berlin, 25 October: 02:00 summer time, 02:00 winter time. The second costs 2 dollars, the next 3."""
    table = hours(datetime(2026, 10, 25, tzinfo=UTC), [float(n + 1) for n in range(12)], account_id=A)
    explorer = UsageExplorer(table, time_zone="Europe/Berlin")
    start = datetime(2026, 10, 25, 1, tzinfo=UTC)
    explorer.selection = Selection(start=start, end=start + HOUR)
    assert explorer.wait(PATIENCE)
    assert explorer.history["aggregated_value"].to_list() == [2.0]

    screen = explorer.widget.bar
    screen.select_from.value = datetime(2026, 10, 25, 2)  # noqa: DTZ001 - as a browser sends it back
    screen.select_until.value = datetime(2026, 10, 25, 4)  # noqa: DTZ001 - a clock's reading
    assert explorer.wait(PATIENCE)

    assert explorer.history["aggregated_value"].to_list() == [2.0, 3.0]


def test_what_a_selection_could_not_do_is_forgotten_with_the_next() -> None:
    """What a fetch could not do is not: the view is still the last good one."""
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    explorer.widget.bar.select_until.value = datetime(2026, 1, 1)  # noqa: DTZ001 - a clock's reading
    assert "nothing lies from" in explorer.banner
    explorer.widget.bar.weekday.value = 7
    assert explorer.banner == ""

    ledger.trouble = TransportError("no way through")
    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    explorer.widget.bar.hour.value = 3
    assert explorer.selection == Selection(weekday=7, hour=3)
    assert "no way through" in explorer.banner


@pytest.mark.parametrize("last", [date(2026, 11, 10), date(2027, 3, 1)])
def test_a_day_alone_and_days_to_come(last: date) -> None:
    """The 10th has 24 hours; a range that ends in the future ends with the hour that runs."""
    explorer = UsageExplorer(Ledger(), now=NOW)
    explorer.last_day.value = last
    explorer.first_day.value = date(2026, 11, 10)
    assert explorer.wait(PATIENCE)

    assert explorer.history.height == (24 if last == date(2026, 11, 10) else 5 * 24 + 10)
    assert explorer.last_day.value == min(last, date(2026, 11, 15))


@pytest.mark.parametrize("comparison", ["weekdays", "custom"])
def test_a_source_that_is_being_opened_is_not_lost_to_another_comparison(comparison: str) -> None:
    """Beta's source answers after the comparison was changed."""
    other = Ledger(own=(B,))
    held = other.hold()
    explorer = UsageExplorer(Ledger(), login=lambda _token: other, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    assert explorer.token is not None
    explorer.token.value = "x" * 40
    assert held.has_begun()

    explorer.comparison.value = comparison
    held.released.set()
    assert explorer.wait(PATIENCE)

    assert title(explorer) == "AI Gateway cost: $2.50"
    assert explorer.accounts.value == (B,)
