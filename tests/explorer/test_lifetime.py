"""What belongs to an explorer is gone with it."""

import gc
import threading
import weakref
from datetime import date

import pytest
from ipywidgets.widgets import widget as registry
from ledger import NOW, PATIENCE, A, B, Ledger, join_threads

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.worker import THREADS


def used() -> UsageExplorer:
    """Open one, and click on all sorts of things."""
    explorer = UsageExplorer(Ledger(), login=lambda _token: Ledger(), now=NOW)
    for comparison in ("weekdays", "month", "custom", "previous"):
        explorer.comparison.value = comparison
        explorer.granularity.value = "day" if comparison == "month" else "hour"
        assert explorer.wait(PATIENCE)
    for chart in ("day", "week", "month", "range"):
        explorer.chart_days.value = chart
        assert explorer.wait(PATIENCE)
    explorer.time_zone.value = "America/New_York"
    explorer.accounts.value = (A, B)
    explorer.select("2026-11-02", "2026-11-09", weekday=1, hour=9)
    explorer.widget.exports.by_form["csv"].click()
    assert explorer.wait(PATIENCE)
    assert explorer.daily.height
    return explorer


def parts(explorer: UsageExplorer) -> list[object]:
    """Return what it works with: its tables, what it keeps of them, its page and each of its charts."""
    state = explorer.state
    tables = [state.history, state.selected, state.known, state.drawn_known, state.known_days]
    kept = [state, state.data.windows, *tables, explorer.events, explorer.month_end]
    return [explorer, explorer.widget, *explorer.charts.values(), *kept]


@pytest.mark.slow
def test_nothing_of_an_explorer_that_is_closed_and_deleted_stays_behind() -> None:
    """No table, no thread, no widget with its comm, nobody who hears of it; three in a row."""
    UsageExplorer(Ledger(), now=NOW).close()  # what is made once and shared
    join_threads()
    gc.collect()
    widgets = set(registry._instances)
    left: list[weakref.ref[object]] = []

    for _ in range(3):
        explorer = used()
        left += [weakref.ref(one) for one in parts(explorer)]
        explorer.close()
        del explorer
    join_threads()
    gc.collect()

    assert [one() for one in left if one() is not None] == []
    assert set(registry._instances) - widgets == set()
    assert not [one for one in threading.enumerate() if one.name == THREADS]


def test_closing_gives_up_what_is_under_way_and_can_be_done_twice() -> None:
    ledger = Ledger()
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    held = ledger.hold()
    explorer.first_day.value = date(2026, 7, 1)
    assert held.has_begun()

    explorer.close()
    assert held.progress
    assert held.progress.is_cancelled
    held.released.set()
    join_threads()
    explorer.close()

    assert explorer.wait(0)
    assert explorer.history.height == 10, "what was on screen can still be read"
