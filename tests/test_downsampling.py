"""What is drawn: windows on a zone's clock, a column an account, few enough rows."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from histories import HOUR, hours
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.downsampling import MOST_BARS, MOST_SERIES, SLOTS, windows_of
from cfusage_lab.errors import FrameError
from cfusage_lab.schema import HISTORY

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def clock(table: pl.DataFrame) -> list[tuple[str, str]]:
    """Tell each bar's edges as the axis shows them."""
    return [(f"{left:%H:%M}", f"{right:%H:%M}") for left, right in table.select("left", "right").iter_rows()]


def test_a_window_stands_where_the_clock_of_the_zone_says() -> None:
    """10:00 UTC is 11:00 in Berlin in winter; the offset says so."""
    table = windows_of(hours("2026-01-05T10:00", [1.0]), BERLIN, {}).table

    assert clock(table) == [("11:00", "12:00")]
    assert table["offset_minutes"].to_list() == [60]


def test_the_hour_that_comes_twice_is_shared_by_its_two_windows() -> None:
    """Berlin, 25 October 2026: 02:00 summer time, then 02:00 winter time."""
    table = windows_of(hours("2026-10-24T23:00", [1.0, 2.0, 3.0, 4.0]), BERLIN, {}).table

    assert clock(table) == [("01:00", "02:00"), ("02:00", "02:30"), ("02:30", "03:00"), ("03:00", "04:00")]
    assert table["offset_minutes"].to_list() == [120, 120, 60, 60]


def test_the_hour_that_is_skipped_is_a_gap() -> None:
    """Berlin, 29 March 2026: 01:00, then 03:00."""
    table = windows_of(hours("2026-03-29T00:00", [1.0, 2.0]), BERLIN, {}).table

    assert clock(table) == [("01:00", "02:00"), ("03:00", "04:00")]


def test_half_an_hour_of_summer_time_cuts_a_bar_short() -> None:
    """Lord Howe Island goes back by 30 minutes on 5 April 2026: 01:30 begins half an hour after 01:00."""
    zone = ZoneInfo("Australia/Lord_Howe")
    table = windows_of(hours("2026-04-04T14:00", [1.0, 2.0, 3.0]), zone, {}).table

    assert clock(table) == [("01:00", "01:30"), ("01:30", "02:30"), ("02:30", "03:30")]


def test_accounts_get_a_column_each_in_the_order_of_their_names() -> None:
    """And a window that an account does not have is unknown, not free."""
    history = pl.concat(
        [hours("2026-01-05", [1.0, 2.0], account_id="b"), hours("2026-01-05", [5.0], account_id="a")]
    )

    windows = windows_of(history, UTC_ZONE, {"b": "Beta", "a": "Alpha"})

    assert [(one.column, one.label, one.place) for one in windows.series] == [
        ("cost_0", "Beta", 0),
        ("cost_1", "Alpha", 1),
    ]
    assert windows.table.select("cost_0", "cost_1").rows() == [(1.0, 5.0), (2.0, None)]
    assert windows.total_usd == 8.0


def test_one_account_alone_keeps_its_place_among_the_named() -> None:
    """So that its colour stays when the others are switched off."""
    windows = windows_of(hours("2026-01-05", [1.0], account_id="b"), UTC_ZONE, {"a": "Alpha", "b": "Beta"})

    assert [(one.label, one.place) for one in windows.series] == [("Beta", 1)]


def test_of_seven_accounts_the_costliest_five_are_drawn_and_two_added_up() -> None:
    """Account n costs n dollars: 3 to 7 apart, 1 + 2 together."""
    ids = [f"{n:032x}" for n in range(1, 8)]
    history = pl.concat([hours("2026-01-05", [n], account_id=one) for n, one in enumerate(ids, 1)])

    windows = windows_of(history, UTC_ZONE, {})

    assert [one.label for one in windows.series] == [f"0000…000{n}" for n in range(3, 8)] + [
        "2 other accounts"
    ]
    assert windows.table.select(one.column for one in windows.series).row(0) == (3.0, 4.0, 5.0, 6.0, 7.0, 3.0)
    assert windows.series[-1].place is None


def test_an_account_with_a_large_correction_is_drawn_apart() -> None:
    """Of 1 to 5 dollars and one of -9, the account of 1 dollar is the least."""
    history = pl.concat([hours("2026-01-05", [cost], account_id=str(cost)) for cost in (1, 2, 3, 4, 5, -9)])

    windows = windows_of(history, UTC_ZONE, {})

    assert windows.table.select(one.column for one in windows.series).row(0) == (
        -9.0,
        2.0,
        3.0,
        4.0,
        5.0,
        1.0,
    )


def test_of_many_named_accounts_the_drawn_ones_take_the_first_places() -> None:
    """There are five colours, and seven names."""
    names = {f"{n}": f"Account {n}" for n in range(7)}
    history = pl.concat([hours("2026-01-05", [1.0], account_id=one) for one in ("5", "6")])

    windows = windows_of(history, UTC_ZONE, names)

    assert [(one.label, one.place) for one in windows.series] == [("Account 5", 0), ("Account 6", 1)]


def test_days_span_up_to_the_end_of_the_last_one() -> None:
    """Two days from Monday end on Wednesday."""
    windows = windows_of(hours("2026-01-05", [1.0, 2.0], width=timedelta(days=1)), UTC_ZONE, {})

    assert windows.span == (datetime(2026, 1, 5, tzinfo=UTC), datetime(2026, 1, 7, tzinfo=UTC))


@pytest.mark.parametrize(
    ("costs", "is_zero"),
    [({"a": [0.0, 0.0], "b": [0.0]}, True), ({"a": [0.0], "b": [2.0]}, False), ({"a": [0.0, -2.0]}, False)],
)
def test_nothing_is_no_cost_and_no_correction_of_any_account(
    *, costs: dict[str, list[float]], is_zero: bool
) -> None:
    """A window that an account lacks costs nothing either."""
    history = pl.concat([hours("2026-01-05", values, account_id=one) for one, values in costs.items()])

    assert windows_of(history, UTC_ZONE, {}).is_zero is is_zero


def test_the_least_settled_account_gives_a_window_its_state() -> None:
    """In progress beats provisional beats complete."""
    history = pl.concat(
        [
            hours(
                "2026-01-05", [1.0, 1.0, 1.0], account_id="a", states=["complete", "provisional", "complete"]
            ),
            hours(
                "2026-01-05",
                [1.0, 1.0, 1.0],
                account_id="b",
                states=["provisional", "in_progress", "complete"],
            ),
        ]
    )

    assert windows_of(history, UTC_ZONE, {}).table["state"].to_list() == [
        "provisional",
        "in_progress",
        "complete",
    ]


def test_hour_and_day_windows_together_are_refused() -> None:
    """A bar of each would be compared by eye."""
    mixed = pl.concat([hours("2026-01-05", [1.0]), hours("2026-01-05", [1.0], width=timedelta(days=1))])

    with pytest.raises(
        FrameError, match="windows of 1 and 24 hours: a usage history has windows of one hour"
    ):
        windows_of(mixed, UTC_ZONE, {})


def test_a_table_of_something_else_is_refused() -> None:
    """The message names what is missing."""
    with pytest.raises(FrameError, match="missing 'aggregated_value'"):
        windows_of(hours("2026-01-05", [1.0]).drop("aggregated_value"), UTC_ZONE, {})


def test_no_window_is_no_window() -> None:
    """An empty history has no span and no series."""
    windows = windows_of(pl.DataFrame(schema=HISTORY), UTC_ZONE, {})

    assert (windows.span, windows.series, windows.total_usd, windows.table.height) == (None, (), 0.0, 0)


def test_few_windows_are_drawn_as_they_are() -> None:
    """No row is added for them."""
    windows = windows_of(hours("2026-01-05", [1.0] * MOST_BARS), UTC_ZONE, {})

    assert windows.bars()["is_slot"].to_list() == [False] * MOST_BARS


def test_many_windows_are_reduced_to_the_costliest_of_each_slot_and_the_corrections() -> None:
    """2,000 windows, four a slot: a peak of 9, corrections of -5 and -0.5, and an hour of nothing."""
    values = [1.0] * 2000
    values[2], values[5], values[9], values[13] = 9.0, -5.0, 0.0, -0.5
    windows = windows_of(hours("2026-01-01", values), UTC_ZONE, {})

    slots = windows.bars().filter("is_slot")

    start = datetime(2026, 1, 1, tzinfo=UTC)
    assert (windows.slot_windows, slots.height) == (4, 502)
    assert slots.select("start_time", "left", "right", "cost_0").row(0) == (
        start + 2 * HOUR,
        start,
        start + 4 * HOUR,
        9.0,
    )
    assert slots.select("start_time", "left", "right", "cost_0").row(500) == (
        start + 5 * HOUR,
        start + 4 * HOUR,
        start + 8 * HOUR,
        -5.0,
    )
    assert slots["cost_0"].to_list() == [9.0] + [1.0] * 499 + [-5.0, -0.5]
    assert windows.overview().head(5).rows() == [
        (start + 4 * n * HOUR, start + 4 * (n + 1) * HOUR, highest, lowest)
        for n, (highest, lowest) in enumerate([(9.0, 0.0), (1.0, -5.0), (1.0, 0.0), (1.0, -0.5), (1.0, 0.0)])
    ]


def test_a_slot_of_corrections_alone_reaches_up_to_nothing() -> None:
    """Two windows a slot: -1 and -2, then 3 and 4."""
    windows = windows_of(hours("2026-01-01", [-1.0, -2.0, 3.0, 4.0] * 200), UTC_ZONE, {})

    assert windows.overview().select("highest", "lowest").head(2).rows() == [(0.0, -2.0), (4.0, 0.0)]


@settings(max_examples=40)
@given(
    st.lists(st.floats(-100, 100), min_size=1, max_size=60),
    st.integers(1, 60),
    st.integers(1, 2 * MOST_SERIES),
)
def test_no_reduction_loses_a_dollar_a_peak_or_a_correction(
    values: list[float], repeat: int, accounts: int
) -> None:
    """Columns add up to the history; the overview and the slots reach as high and as low as the windows."""
    costs = values * repeat
    history = pl.concat([hours("2026-01-01", costs, account_id=f"{n:032x}") for n in range(accounts)])

    windows = windows_of(history, UTC_ZONE, {})

    cost = pl.sum_horizontal(one.column for one in windows.series)
    assert windows.table.select(cost.sum()).item() == pytest.approx(
        history["aggregated_value"].sum(), abs=1e-6
    )
    assert windows.total_usd == history["aggregated_value"].sum()
    overview = windows.overview()
    assert overview.height <= SLOTS
    assert overview["highest"].max() == pytest.approx(max(0.0, max(values) * accounts), abs=1e-9)
    assert overview["lowest"].min() == pytest.approx(min(0.0, min(values) * accounts), abs=1e-9)
    assert (overview["left"][0], overview["right"][-1]) == windows.span
    slots = windows.bars().filter("is_slot")
    assert slots.height <= 2 * SLOTS
    if windows.is_reduced:
        assert slots.select(cost.max()).item() == pytest.approx(max(values) * accounts, abs=1e-9)
        if min(values) < 0:
            assert slots.select(cost.min()).item() == pytest.approx(min(values) * accounts, abs=1e-9)
