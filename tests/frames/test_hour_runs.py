"""Rows of windows as runs of hours: the same hours and the same duplicates as row by row."""

import polars as pl
import pytest
from histories import hours
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.errors import FrameError
from cfusage_lab.frames import hour_runs as hour_runs_module
from cfusage_lab.frames.hour_runs import HourRuns
from cfusage_lab.frames.row_order import is_in_order

HOUR = 3_600_000_000
LONG = 1_500  # hours: so long that a run is a step of its own


def two_accounts() -> pl.DataFrame:
    """Make two accounts of many hours, the first with a gap after its third window."""
    first = hours("2026-01-01", [1.0] * LONG)
    return pl.concat([first[:3], first[5:], hours("2026-01-01", [1.0] * LONG, account_id="b")])


def test_a_run_ends_at_a_gap_and_where_accounts_change() -> None:
    """Three runs, whose hours count from the first of all windows."""
    table = two_accounts()
    hour_runs = HourRuns.of(table["start_time"])

    assert hour_runs.at.to_list() == [0, 3, LONG - 2]
    assert hour_runs.hours().to_list() == [0, 1, 2, *range(5, LONG), *range(LONG)]
    assert hour_runs.runs(table["account_id"]).rows() == [(LONG - 2, "a"), (LONG, "b")]


def test_one_window_off_the_hour_is_told() -> None:
    """Wherever it stands: the window after it does not begin an hour later."""
    table = two_accounts()
    for row in (0, 7, table.height - 1):
        moved = pl.when(pl.int_range(pl.len()) == row).then(pl.duration(minutes=30)).otherwise(pl.duration())
        starts = table.select(pl.col("start_time") + moved).to_series()

        assert HourRuns.of(starts).is_off(HOUR)
    assert not HourRuns.of(table["start_time"]).is_off(HOUR)


def test_no_rows_are_no_run() -> None:
    """Nothing is asked of them."""
    table = two_accounts().clear()
    hour_runs = HourRuns.of(table["start_time"])

    assert (len(hour_runs.at), len(hour_runs.hours()), hour_runs.is_off(HOUR)) == (0, 0, False)
    assert hour_runs.runs(table["account_id"]).is_empty()


@given(
    steps=st.lists(st.sampled_from([1, 1, 1, 2, 0, -3]), max_size=40),
    piece=st.integers(1, 8),
    widths=st.lists(st.sampled_from([1, 1, 24]), min_size=40, max_size=40),
)
def test_rows_looked_at_piece_by_piece_are_cut_as_all_at_once(
    steps: list[int], piece: int, widths: list[int]
) -> None:
    """Whether a piece ends at a gap, before it or after it."""
    hours_since = [sum(steps[: n + 1]) for n in range(len(steps))]
    starts = pl.Series([n * HOUR for n in hours_since], dtype=pl.Int64)
    ends = starts + pl.Series([width * HOUR for width in widths[: len(steps)]], dtype=pl.Int64)
    instants = starts.cast(pl.Datetime("us", "UTC"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hour_runs_module, "PIECE", piece)
        hour_runs = HourRuns.of(instants)
        found = hour_runs.widths(ends)

    expected = [n for n, step in enumerate(steps) if n == 0 or step != 1]
    assert hour_runs.at.to_list() == expected
    assert hour_runs.begins.to_list() == [starts[n] for n in expected]
    narrowest, widest = (pick(widths[: len(steps)]) * HOUR for pick in (min, max)) if steps else (None, None)
    assert found == (narrowest, widest)


@pytest.mark.parametrize("order", [("account_id", "start_time"), ("start_time", "account_id")])
def test_a_duplicate_is_found_in_either_order(order: tuple[str, str]) -> None:
    """Account by account, and hour by hour."""
    table = two_accounts()
    twice = pl.concat([table, table[LONG : LONG + 1]]).sort(order)

    assert HourRuns.of(table.sort(order)["start_time"]).runs(table.sort(order)["account_id"]).height
    with pytest.raises(FrameError, match="account b is a duplicate"):
        HourRuns.of(twice["start_time"]).runs(twice["account_id"])


@settings(max_examples=60)
@given(rows=st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 6)), min_size=1, max_size=12))
def test_any_rows_are_told_as_a_loop_tells_them(rows: list[tuple[str, int]]) -> None:
    """Their hours, whether one is a duplicate; and rows that are said to be in order are."""
    table = pl.DataFrame(
        {"account_id": [name for name, _ in rows], "start_time": [hour * HOUR for _, hour in rows]},
        schema={"account_id": pl.String, "start_time": pl.Datetime("us", "UTC")},
    )
    hour_runs = HourRuns.of(table["start_time"])
    first = min(hour for _, hour in rows)

    assert hour_runs.hours().to_list() == [hour - first for _, hour in rows]
    if is_in_order(table, ("account_id", "start_time")):
        assert rows == sorted(set(rows))
    if len(set(rows)) == len(rows):
        assert hour_runs.runs(table["account_id"])["len"].sum() == len(rows)
    else:
        with pytest.raises(FrameError, match="is a duplicate"):
            hour_runs.runs(table["account_id"])
