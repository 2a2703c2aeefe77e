"""What belongs to an explorer or a chart dies with it."""

import gc
from datetime import UTC, datetime

import ipywidgets
import polars as pl
import pytest
from histories import hours
from ledger import PATIENCE, A, join_threads

import cfusage_lab as cfu
from cfusage_lab.explorer import UsageExplorer


def alive() -> int:
    """Count the tables that somebody still holds."""
    gc.collect()
    return sum(isinstance(one, pl.DataFrame) for one in gc.get_objects())


def look_around(cost: float) -> None:
    """Open an explorer on a table of its own, draw every view that computes something, and close it."""
    table = hours(datetime(2026, 10, 20, tzinfo=UTC), [cost] * 600, account_id=A)
    explorer = UsageExplorer(table, time_zone="America/New_York")
    assert explorer.wait(PATIENCE)
    explorer.granularity.value = "day"
    for comparison in ("weekdays", "month", "custom", "previous"):
        explorer.comparison.value = comparison
        assert explorer.wait(PATIENCE)
    for chart in ("day", "week", "month", "range"):
        explorer.chart_days.value = chart
        assert explorer.wait(PATIENCE)
    ipywidgets.Widget.close_all()
    join_threads()  # what is being made ready is given up, and holds its tables until then


@pytest.mark.slow
def test_no_table_of_an_explorer_outlives_it() -> None:
    """However many there were: closed, deleted, collected."""
    look_around(1.0)
    before = alive()

    for cost in (2.0, 3.0, 4.0):
        look_around(cost)

    assert alive() == before


def test_no_table_of_a_chart_outlives_it() -> None:
    """Each has other rows, and all of them one structure that is kept."""

    def draw(cost: float) -> None:
        history = hours(datetime(2026, 10, 20, tzinfo=UTC), [cost] * 600, account_id=A)
        view = cfu.show(cfu.usage_chart(history, time_zone="UTC"))
        view.draw(cfu.calendar_chart(cfu.daily_usage(history, time_zone="UTC")))
        view.close()

    draw(1.0)
    before = alive()

    for cost in (2.0, 3.0, 4.0):
        draw(cost)

    assert alive() == before
