"""What belongs to an explorer is gone with it."""

import gc
import threading
import weakref

import polars as pl
import pytest
from ipywidgets.widgets import widget as registry
from ledger import NOW, PATIENCE, A, B, Ledger, join_threads

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.beside import THREADS
from cfusage_lab.explorer.same import Memo


def used() -> UsageExplorer:
    """Open one, and click on all sorts of things."""
    explorer = UsageExplorer(Ledger(), login=lambda _token: Ledger(), now=NOW)
    for comparison in ("week", "month", "custom", "day"):
        explorer.comparison.value = comparison
        explorer.granularity.value = "day" if comparison == "month" else "hour"
        assert explorer.wait(PATIENCE)
    explorer.accounts.value = (A, B)
    explorer.select("2026-11-02", "2026-11-09", weekday=1, hour=9)
    explorer._conductor.exporter.by_form["csv"].click()
    assert explorer.wait(PATIENCE)
    assert explorer.daily.height
    return explorer


def tables(explorer: UsageExplorer) -> list[pl.DataFrame]:
    """Return those that it works with."""
    scene = explorer._conductor.scene()
    parts = explorer._conductor.state.beyond.parts.values()
    return [explorer.fetched, explorer.history, scene.known, scene.days(scene.known), *parts]


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
        kept = [explorer, explorer._conductor, explorer.widget, *explorer.charts.values(), *tables(explorer)]
        left += [weakref.ref(one) for one in kept]
        explorer.close()
        del explorer, kept
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
    explorer.time_range.value = "Last 7 days"
    assert held.has_begun()

    explorer.close()
    assert held.progress
    assert held.progress.is_cancelled
    held.released.set()
    join_threads()
    explorer.close()

    assert explorer.wait(0)
    assert explorer.history.height == 10, "what was on screen can still be read"


def test_a_memo_computes_once_of_the_very_same_table_and_forgets_the_oldest() -> None:
    memo, asked = Memo(), []

    def add(table: pl.DataFrame, *, by: int) -> pl.DataFrame:
        asked.append(by)
        return table + by

    one, alike = pl.DataFrame({"x": [1]}), pl.DataFrame({"x": [1]})
    assert memo.of(add, one, by=1) is memo.of(add, one, by=1)
    memo.of(add, alike, by=1)
    assert asked == [1, 1]
    for by in range(2, 40):
        memo.of(add, one, by=by)
    memo.of(add, one, by=1)
    assert asked[-1] == 1
