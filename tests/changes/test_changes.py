"""Days, months and mornings beside their partners."""

from datetime import UTC, date, datetime, timedelta
from functools import reduce
from operator import add
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import reference_changes as slow
from engines import Engine, PolarsEager
from histories import HOUR, days, hours, local_days, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cfusage_lab.changes import (
    compare,
    day_over_day,
    month_over_month,
    movers,
    rolling_mean,
    same_time_yesterday,
    week_over_week,
)
from cfusage_lab.daily import daily_usage
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.ranges import OffTheHourWarning
from cfusage_lab.schema import COMPARISON, DAILY, HISTORY, KINDS, MOVERS, RANGE_COMPARISON, ROLLING, SAME_TIME

BY_DAY = ["account_id", "date"]
ONE_DAY = timedelta(days=1)


def month(first: str, costs: list[float], **options: Any) -> pl.DataFrame:  # noqa: ANN401 - as days() takes them
    """Make days one after the other."""
    start = date.fromisoformat(first)
    return days({str(start + n * ONE_DAY): cost for n, cost in enumerate(costs)}, **options)


@pytest.mark.parametrize(
    ("previous", "current", "kind", "change", "ratio"),
    [
        (2, 3, "up", 1, 0.5),
        (4, 3, "down", -1, -0.25),
        (2, 2, "flat", 0, 0),
        (0, 3, "new", 3, None),
        (0, -3, "new", -3, None),
        (3, 0, "stopped", -3, -1),
        (0, 0, "zero", 0, None),
        (2, -1, "down", -3, -1.5),
        (-2, -1, "up", 1, None),
        (-2, 3, "up", 5, None),
        (-2, 0, "up", 2, None),
        (-2, -2, "flat", 0, None),
        (-2, -3, "down", -1, None),
    ],
)
def test_what_two_days_come_to(
    previous: float, current: float, kind: str, change: float, ratio: float | None
) -> None:
    """A ratio is null unless the previous value is above zero, and there is always a kind."""
    found = day_over_day(month("2026-01-10", [previous, current])).row(1, named=True)

    assert (found["kind"], found["change_usd"], found["change_ratio"]) == (kind, change, ratio)


def test_the_first_row_and_the_row_after_a_missing_day_have_no_partner(engine: Engine) -> None:
    """0, 3, (a day missing), 6: not null, inf and 1, as the one-liner says."""
    table = days({"2026-01-10": 0, "2026-01-11": 3, "2026-01-13": 6}).reverse()
    found = engine.run(day_over_day, table, order=BY_DAY)

    assert found["kind"].to_list() == ["unknown", "new", "unknown"]
    assert found["previous_usd"].to_list() == [None, 0.0, None]
    assert found["change_usd"].to_list() == [None, 3.0, None]
    assert found["change_ratio"].to_list() == [None, None, None]


def test_the_last_digit_of_a_sum_is_not_a_change() -> None:
    """0.1 + 0.2 is 0.3, whichever order the hours were added in."""
    found = day_over_day(month("2026-01-10", [0.1 + 0.2, 0.3]))

    assert found.row(1)[4:7] == (0.0, 0.0, "flat")


@pytest.mark.parametrize(
    ("previous", "current", "kind", "change"),
    [
        (reduce(add, [1000.1] * 100), 100_010.0, "flat", 0.0),
        (reduce(add, [0.1] * 1000), 100.0, "flat", 0.0),
        (-(0.1 + 0.2), -0.3, "flat", 0.0),
        (1_000_000.0, 1_000_000.5, "up", 0.5),
        (2.0**-50, 2.0**-49, "up", 2.0**-50),
    ],
)
def test_rounding_goes_by_the_size_of_the_sums(
    previous: float, current: float, kind: str, change: float
) -> None:
    """Large sums differ by more of it, a correction's too; half a dollar in a million is a change.

    Added up one by one: from Python 3.12 on, ``sum`` rounds once.
    """
    found = day_over_day(month("2026-01-10", [previous, current])).row(1, named=True)

    assert previous != current
    assert (found["kind"], found["change_usd"]) == (kind, change)


def test_a_partial_day_stays_with_nothing_said_and_is_nobody_s_partner(engine: Engine) -> None:
    """One hour of a day is not a fall of 100 %, nor the next day a rise."""
    table = month("2026-01-10", [24, 1, 24, 12], partial=["2026-01-11"])
    found = engine.run(day_over_day, table, order=BY_DAY)

    assert found["current_usd"].to_list() == [24.0, 1.0, 24.0, 12.0]
    assert found["kind"].to_list() == ["unknown", "unknown", "unknown", "down"]
    assert found["change_usd"].to_list() == [None, None, None, -12.0]
    assert found["is_whole"].to_list() == [True, False, True, True]


def test_a_partial_day_is_compared_if_asked_for() -> None:
    """As if it were whole."""
    table = month("2026-01-10", [24, 1, 24], partial=["2026-01-11"])

    assert day_over_day(table, include_partial=True)["change_usd"].to_list() == [None, -23.0, 23.0]


def test_the_running_day_is_left_out_unless_asked_for(engine: Engine) -> None:
    """Its state is still to be seen."""
    table = month("2026-01-10", [4, 5], running=["2026-01-11"])

    assert engine.run(day_over_day, table)["date"].to_list() == [date(2026, 1, 10)]
    shown = engine.run(day_over_day, table, include_in_progress=True, order=BY_DAY)
    assert shown["change_usd"].to_list() == [None, 1.0]
    assert shown["state"].to_list() == ["complete", "in_progress"]


@pytest.mark.parametrize("function", [day_over_day, week_over_week, rolling_mean])
def test_an_empty_table_stays_empty(engine: Engine, function: Any) -> None:  # noqa: ANN401
    """With every column, and of its type."""
    found = engine.run(function, pl.DataFrame(schema=DAILY))

    assert found.is_empty()
    assert dict(found.schema) == dict(ROLLING if function is rolling_mean else COMPARISON)


def test_one_row_has_no_partner() -> None:
    """There is nothing before it."""
    assert day_over_day(days({"2026-01-10": 3})).row(0)[2:7] == (3.0, None, None, None, "unknown")


def test_week_over_week_finds_the_date_a_week_before(engine: Engine) -> None:
    """Eight days with a gap: the ninth is beside the second, whatever stands between."""
    table = month("2026-02-25", [1, 2, 4, 8, 16, 32, 64, 128, 256]).filter(
        pl.col("date") != date(2026, 2, 28)
    )
    found = engine.run(week_over_week, table, order=BY_DAY)

    assert found["previous_usd"].to_list() == [None] * 6 + [1.0, 2.0]
    assert found["change_usd"].to_list()[-2:] == [127.0, 254.0]
    assert found["change_ratio"].to_list()[-2:] == [127.0, 127.0]


def test_a_leap_day_is_the_day_before_1_march() -> None:
    """And the day after 28 February."""
    found = day_over_day(month("2028-02-28", [1, 2, 4]))

    assert found["date"].to_list()[1:] == [date(2028, 2, 29), date(2028, 3, 1)]
    assert found["change_usd"].to_list() == [None, 1.0, 2.0]


def test_accounts_are_never_each_other_s_partners() -> None:
    """A thousand accounts of two days: account n rises by n."""
    table = pl.concat(month("2026-01-10", [n, 2 * n], account_id=f"{n:04d}") for n in range(1, 1001))
    found = day_over_day(table.sample(fraction=1, shuffle=True, seed=3))

    assert found.height == 2000
    second = found.filter(pl.col("date") == date(2026, 1, 11))
    assert second["account_id"].to_list() == [f"{n:04d}" for n in range(1, 1001)]
    assert second["change_usd"].to_list() == [float(n) for n in range(1, 1001)]
    assert second["change_ratio"].to_list() == [1.0] * 1000


def test_a_day_that_is_a_duplicate_is_refused() -> None:
    """Its partner would be found twice."""
    table = days({"2026-01-10": 1})

    with pytest.raises(FrameError, match="the day 2026-01-10 of account a is a duplicate"):
        day_over_day(pl.concat([table, table]))


def test_two_accounts_of_one_day_are_no_duplicate() -> None:
    """The last day of one is the first of the other."""
    found = day_over_day(pl.concat([days({"2026-01-10": 1}), days({"2026-01-10": 2}, account_id="b")]))

    assert found["current_usd"].to_list() == [1.0, 2.0]


def test_a_table_that_is_not_daily_is_refused(engine: Engine) -> None:
    """The message says what is missing."""
    with pytest.raises(FrameError, match="not a daily table: missing 'date', 'cost_usd'"):
        engine.run(day_over_day, hours("2026-01-10", [1]))


def test_compare_sets_the_first_day_beside_the_first_day(engine: Engine) -> None:
    """February beside January, by the day of the range."""
    found = engine.run(
        compare, month("2026-02-01", [10, 20, 30]), month("2026-01-01", [1, 2, 3, 4]), order=BY_DAY
    )

    assert found["previous_usd"].to_list() == [1.0, 2.0, 3.0]
    assert found["change_usd"].to_list() == [9.0, 18.0, 27.0]


def test_compare_sets_weekdays_beside_the_same_ones(engine: Engine) -> None:
    """1 February 2026 is a Sunday; the first Sunday of January is the 4th."""
    found = engine.run(
        compare,
        month("2026-02-01", [10, 20]),
        month("2026-01-01", [1, 2, 3, 4, 5, 6]),
        align="weekday",
        order=BY_DAY,
    )

    assert found["previous_usd"].to_list() == [4.0, 5.0]
    assert found["previous_date"].to_list() == [date(2026, 1, 4), date(2026, 1, 5)]
    assert dict(found.schema) == dict(RANGE_COMPARISON)


@pytest.mark.parametrize("first", range(1, 15))
def test_compare_by_weekday_never_mixes_weekdays(first: int) -> None:
    """Each day costs its weekday's number."""
    start = date(2026, 2, first)
    current = month(str(start), [(start + n * ONE_DAY).isoweekday() for n in range(10)])
    january = month("2026-01-01", [(date(2026, 1, 1) + n * ONE_DAY).isoweekday() for n in range(31)])
    found = compare(current, january, align="weekday")

    assert found["kind"].to_list() == ["flat"] * 10


def test_compare_across_a_leap_day_goes_by_the_day_of_the_range() -> None:
    """29 February 2028 has a partner in a range of 28 days no more."""
    leap = month("2028-02-01", [2] * 29)
    found = compare(leap, month("2027-02-01", [1] * 28))

    assert found["kind"].to_list() == ["up"] * 28 + ["unknown"]


def test_compare_leaves_partial_and_running_partners_out() -> None:
    """On either side."""
    current = month("2026-02-01", [5, 5, 5], partial=["2026-02-01"])
    previous = month("2026-01-01", [1, 1, 1], partial=["2026-01-02"], running=["2026-01-03"])

    assert compare(current, previous)["kind"].to_list() == ["unknown"] * 3
    assert compare(current, previous)["previous_date"].null_count() == 3
    asked = compare(current, previous, include_partial=True, include_in_progress=True)
    assert asked["change_usd"].to_list() == [4.0, 4.0, 4.0]


def test_a_running_first_day_moves_no_other_day_s_partner() -> None:
    """The ranges begin where their tables do: the second day stays beside the second."""
    late, early = month("2026-02-01", [5, 6, 7]), month("2026-01-01", [1, 2, 4])
    for current, previous in (
        (month("2026-02-01", [5, 6, 7], running=["2026-02-01"]), early),
        (late, month("2026-01-01", [1, 2, 4], running=["2026-01-01"])),
    ):
        assert compare(current, previous)["previous_usd"].to_list()[-2:] == [2.0, 4.0]


def test_compare_refuses_an_alignment_that_it_does_not_know() -> None:
    """The message names the two."""
    with pytest.raises(ConfigError, match="pass 'day' or 'weekday'"):
        compare(days({"2026-01-10": 1}), days({"2026-01-10": 1}), align="month")  # type: ignore[arg-type]


def test_compare_with_nothing_knows_nothing(engine: Engine) -> None:
    """An empty table on the other side."""
    found = engine.run(compare, days({"2026-01-10": 1}), pl.DataFrame(schema=DAILY))

    assert found["kind"].to_list() == ["unknown"]


def test_rolling_mean_waits_for_seven_dates(engine: Engine) -> None:
    """1 to 8 dollars: the mean of 1..7 is 4, of 2..8 is 5."""
    found = engine.run(rolling_mean, month("2026-01-10", list(range(1, 9))).reverse(), order=BY_DAY)

    assert found["rolling_mean_usd"].to_list() == [None] * 6 + [4.0, 5.0]
    assert found["cost_usd"].to_list() == [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]


@pytest.mark.parametrize("broken", ["missing", "partial"])
def test_rolling_mean_does_not_reach_over_a_gap(broken: str) -> None:
    """Three of 1, 2, (3), 4, 5, 6: only the last three dates are there and whole."""
    table = month("2026-01-10", [1, 2, 3, 4, 5, 6], partial=["2026-01-12"] if broken == "partial" else [])
    if broken == "missing":
        table = table.filter(pl.col("date") != date(2026, 1, 12))
    found = rolling_mean(table, days=3)

    assert found["rolling_mean_usd"].to_list() == [None] * (found.height - 1) + [5.0]


def test_rolling_mean_of_one_day_is_the_day() -> None:
    """And of partial days, if they are asked for."""
    table = month("2026-01-10", [1, 2], partial=["2026-01-10"])

    assert rolling_mean(table, days=1)["rolling_mean_usd"].to_list() == [None, 2.0]
    assert rolling_mean(table, days=1, include_partial=True)["rolling_mean_usd"].to_list() == [1.0, 2.0]


def test_rolling_mean_leaves_the_running_day_out_unless_asked_for() -> None:
    """The last of three."""
    table = month("2026-01-10", [1, 2, 3], running=["2026-01-12"])

    assert rolling_mean(table, days=2)["rolling_mean_usd"].to_list() == [None, 1.5]
    asked = rolling_mean(table, days=2, include_in_progress=True)
    assert asked["rolling_mean_usd"].to_list() == [None, 1.5, 2.5]


def test_rolling_mean_forgets_what_has_left() -> None:
    """A million dollars leave no crumb in the zeros after them."""
    found = rolling_mean(month("2026-01-10", [1e6, 0.1, 0, 0, 0, 3]), days=3)

    assert found["rolling_mean_usd"].to_list()[-2:] == [0.0, 1.0]


def test_rolling_mean_carries_nothing_from_one_account_to_the_next() -> None:
    """A billion dollars in the first, a tenth of a cent in the second."""
    table = pl.concat([month("2026-01-10", [1e9] * 9), month("2026-01-10", [0.001] * 9, account_id="b")])
    second = rolling_mean(table).filter(pl.col("account_id") == "b")["rolling_mean_usd"].to_list()

    assert second[:6] == [None] * 6
    assert second[6:] == pytest.approx([0.001] * 3, rel=1e-12)


def test_rolling_mean_of_a_day_that_is_a_duplicate_is_refused() -> None:
    """Three rows are no three days. Of a plan, it is not told."""
    table = pl.concat([month("2026-01-10", [1, 2, 3]), month("2026-01-11", [2])])

    with pytest.raises(FrameError, match="the day 2026-01-11 of account a is a duplicate"):
        rolling_mean(table, days=3)
    assert rolling_mean(table.lazy(), days=3).collect()["rolling_mean_usd"].to_list() == [None] * 4


def test_rolling_mean_does_not_reach_into_another_account(engine: Engine) -> None:
    """One ends on the day before the other begins: its dates follow, its dollars don't count."""
    table = pl.concat(
        [month("2026-01-10", [4, 5, 6]), month("2026-01-13", [100, 200, 300], account_id="b")]
    ).reverse()
    found = engine.run(rolling_mean, table, days=3, order=BY_DAY)

    assert found["rolling_mean_usd"].to_list() == [None, None, 5.0, None, None, 200.0]


@pytest.mark.parametrize("days_asked", [0, -1, 1.5, True])
def test_rolling_mean_refuses_what_is_no_number_of_days(days_asked: Any) -> None:  # noqa: ANN401
    """Before it looks at the table."""
    with pytest.raises(ConfigError, match="whole number from 1"):
        rolling_mean(days({"2026-01-10": 1}), days=days_asked)


def test_movers_are_the_largest_changes_with_their_share(engine: Engine) -> None:
    """+6, -2, +4, 0 come to +8: shares of 3/4, -1/4 and 1/2."""
    table = pl.concat(
        month("2026-01-10", [10, 10 + change], account_id=name)
        for name, change in {"a": -2, "b": 6, "c": 0, "d": 4}.items()
    )
    found = engine.run(movers, day_over_day(table), top=3)

    assert dict(found.schema) == dict(MOVERS)
    assert found["account_id"].to_list() == ["b", "d", "a"]
    assert found["change_usd"].to_list() == [6.0, 4.0, -2.0]
    assert found["share"].to_list() == [0.75, 0.5, -0.25]


def test_movers_shares_add_to_one_and_are_null_if_the_whole_did_not_change() -> None:
    """+3 and -3 come to nothing."""
    table = pl.concat([month("2026-01-10", [4, 7]), month("2026-01-10", [4, 1], account_id="b")])
    found = movers(day_over_day(table))

    assert found["change_usd"].to_list() == [3.0, -3.0]
    assert found["share"].to_list() == [None, None]
    assert movers(day_over_day(month("2026-01-10", [1, 5, 2])))["share"].sum() == 1.0


def test_movers_shares_where_the_whole_fell_and_where_only_rounding_is_left() -> None:
    """+4 and -6 come to -2: shares of 3 and -2; 0.1 + 0.2 - 0.3 and 0 - 0 come to nothing."""
    fell = pl.concat([month("2026-01-10", [1, 5]), month("2026-01-10", [7, 1], account_id="b")])
    rounding = pl.concat(
        month("2026-01-10", [0, change], account_id=name)
        for name, change in {"a": 0.1, "b": 0.2, "c": -0.3}.items()
    )

    assert movers(day_over_day(fell)).select("change_usd", "share").rows() == [(-6.0, 3.0), (4.0, -2.0)]
    assert movers(day_over_day(rounding))["share"].to_list() == [None] * 3
    assert movers(day_over_day(month("2026-01-10", [3, 3])))["share"].to_list() == [None]


def test_movers_of_one_size_come_by_account_and_date(engine: Engine) -> None:
    """Two dollars up or down, four times: ``top`` cuts at the same place on every engine."""
    table = pl.concat(month("2026-01-10", [1, 3, 1], account_id=name) for name in "ba")
    found = engine.run(movers, day_over_day(table).reverse(), top=3)

    assert found.select("account_id", "date").rows() == [
        ("a", date(2026, 1, 11)),
        ("a", date(2026, 1, 12)),
        ("b", date(2026, 1, 11)),
    ]


def test_movers_refuse_what_is_no_number_of_rows() -> None:
    """And take nothing for an answer."""
    with pytest.raises(ConfigError, match="whole number from 1"):
        movers(pl.DataFrame(schema=COMPARISON), top=0)
    assert movers(pl.DataFrame(schema=COMPARISON)).is_empty()


def test_month_over_month_accumulates_beside_the_month_before(engine: Engine) -> None:
    """A dollar an hour in January, two in February, until the 3rd at 06:00 in Berlin."""
    january = local_days("2026-01-01", "2026-01-31", "Europe/Berlin")
    february = hours("2026-01-31T23:00", [2] * (48 + 6))
    running = hours("2026-02-03T05:00", [99], states="in_progress")
    found = engine.run(
        month_over_month, pl.concat([running, february, january]), time_zone="Europe/Berlin", order=BY_DAY
    )

    assert dict(found.schema) == dict(COMPARISON)
    assert found["date"].to_list() == [date(2026, 2, 1), date(2026, 2, 2), date(2026, 2, 3)]
    assert found["current_usd"].to_list() == [48.0, 96.0, 108.0]
    assert found["previous_usd"].to_list() == [24.0, 48.0, 54.0]
    assert found["change_ratio"].to_list() == [1.0, 1.0, 1.0]
    assert found["kind"].to_list() == ["up"] * 3


def test_a_month_so_far_is_as_settled_as_its_least_settled_window(engine: Engine) -> None:
    """Of this month alone: the month before may still change, the 2nd may, and the 3rd is settled."""
    states = ["provisional"] * 24 * 31 + ["complete"] * 24 + ["provisional"] * 24 + ["complete"] * 24
    found = engine.run(
        month_over_month, hours("2026-01-01", [1] * 24 * 34, states=states), time_zone="UTC", order=BY_DAY
    )

    assert found["state"].to_list() == ["complete", "provisional", "provisional"]


def test_month_over_month_counts_the_running_window_if_asked_for() -> None:
    """Then until its end, on both sides."""
    history = pl.concat(
        [
            hours("2026-01-01", [1] * 24 * 31),
            hours("2026-02-01", [1, 1, 5], states=["complete"] * 2 + ["in_progress"]),
        ]
    )

    left_out = month_over_month(history, time_zone="UTC").row(0, named=True)
    assert (left_out["current_usd"], left_out["previous_usd"], left_out["state"]) == (2.0, 2.0, "complete")
    asked = month_over_month(history, time_zone="UTC", include_in_progress=True).row(0, named=True)
    assert (asked["current_usd"], asked["previous_usd"], asked["state"]) == (7.0, 3.0, "in_progress")


def test_a_day_that_the_month_before_does_not_have_stands_beside_all_of_it() -> None:
    """31 March until noon, a dollar an hour, beside the 28 days of February; leap years have 29."""
    for year, february in ((2026, 28), (2028, 29)):
        history = hours(f"{year}-02-01", [1] * 24 * february + [1] * (24 * 30 + 12))
        found = month_over_month(history, time_zone="UTC")

        assert found.height == 31
        assert found["previous_usd"].to_list() == [24.0 * min(n, february) for n in range(1, 32)]
        assert found["current_usd"].to_list()[-2:] == [24.0 * 30, 24.0 * 30 + 12]


def test_a_short_month_stands_beside_the_days_it_has() -> None:
    """28 days of February beside 28 days of January."""
    found = month_over_month(hours("2026-01-01", [1] * 24 * 59), time_zone="UTC")

    assert found["date"].to_list()[-1] == date(2026, 2, 28)
    assert found["previous_usd"].to_list()[-1] == 28 * 24.0


def test_the_longest_two_months_stand_beside_each_other() -> None:
    """July and August have 31 days each."""
    found = month_over_month(hours("2026-07-01", [1] * 24 * 31 + [2] * 24 * 31), time_zone="UTC")

    assert found["previous_usd"].to_list() == [24.0 * n for n in range(1, 32)]
    assert found["change_ratio"].to_list() == [1.0] * 31


def test_month_over_month_knows_january_s_previous_month_and_clock_changes() -> None:
    """December of the year before; and March in Berlin is an hour short."""
    january = month_over_month(hours("2025-12-01", [1] * 24 * 33), time_zone="UTC")
    assert january["date"].to_list() == [date(2026, 1, 1), date(2026, 1, 2)]
    assert january["previous_usd"].to_list() == [24.0, 48.0]

    march = month_over_month(
        local_days("2026-02-01", "2026-03-31", "Europe/Berlin"), time_zone="Europe/Berlin"
    )
    assert march.height == 31
    assert march["current_usd"].to_list()[-1] == 31 * 24 - 1
    assert march["is_whole"].all()


def test_a_month_that_is_not_there_from_its_first_is_compared_with_nothing() -> None:
    """From the 10th of January: the month before is not whole; from the 3rd of February: this one."""
    late_partner = month_over_month(hours("2026-01-10", [1] * 24 * 25), time_zone="UTC")
    assert late_partner["kind"].to_list() == ["unknown"] * 3
    assert late_partner["is_whole"].to_list() == [True] * 3

    late_start = month_over_month(hours("2026-02-03", [1] * 24), time_zone="UTC")
    assert late_start.row(0, named=True)["current_usd"] == 24.0
    assert late_start.row(0, named=True)["is_whole"] is False


def test_a_day_of_this_month_without_a_window_has_no_row(engine: Engine) -> None:
    """Though the month before has its 2nd."""
    history = pl.concat([hours("2026-01-01", [1] * 24 * 32), hours("2026-02-03", [1] * 24)])
    found = engine.run(month_over_month, history, time_zone="UTC", order=BY_DAY)

    assert found["date"].to_list() == [date(2026, 2, 1), date(2026, 2, 3)]
    assert found["current_usd"].to_list() == [24.0, 48.0]
    assert found["kind"].to_list() == ["flat", "unknown"]


def test_a_missing_hour_ends_the_comparison_from_its_day_on() -> None:
    """On 2 February."""
    history = hours("2026-01-01", [1] * 24 * 34).filter(
        pl.col("start_time") != datetime(2026, 2, 2, 5, tzinfo=UTC)
    )
    found = month_over_month(history, time_zone="UTC")

    assert found["is_whole"].to_list() == [True, False, False]
    assert found["kind"].to_list() == ["flat", "unknown", "unknown"]


def test_today_until_now_stands_beside_the_same_hours(engine: Engine) -> None:
    """A dollar an hour last week, 2 yesterday, 3 today; 09:00 in New York, and the running hour is out."""
    history = pl.concat(
        [
            hours("2026-01-05T05:00", [1] * 24 * 6),
            hours("2026-01-11T05:00", [2] * 24),
            hours("2026-01-12T05:00", [3] * 9 + [50], states=["provisional"] * 9 + ["in_progress"]),
        ]
    )
    found = engine.run(
        same_time_yesterday, history, time_zone="America/New_York", order=["account_id", "previous_date"]
    )

    assert dict(found.schema) == dict(SAME_TIME)
    assert found["against"].to_list() == ["last_week", "yesterday"]
    assert found["previous_date"].to_list() == [date(2026, 1, 5), date(2026, 1, 11)]
    assert found["date"].unique().to_list() == [date(2026, 1, 12)]
    assert found["until"].unique().to_list() == ["09:00"]
    assert found["current_usd"].to_list() == [27.0, 27.0]
    assert found["previous_usd"].to_list() == [9.0, 18.0]
    assert found["change_ratio"].to_list() == [2.0, 0.5]
    assert found["state"].unique().to_list() == ["provisional"]


def test_the_day_so_far_is_as_settled_as_its_own_windows(engine: Engine) -> None:
    """Yesterday may still change, today is settled; of an account without a window today nothing is known."""
    states = ["provisional"] * 24 + ["complete"] * 5
    history = pl.concat(
        [hours("2026-01-10", [1] * 29, states=states), hours("2026-01-10", [1] * 24, account_id="b")]
    )
    found = engine.run(same_time_yesterday, history, time_zone="UTC", order=["account_id", "previous_date"])

    assert found.select("account_id", "against", "state").rows() == [
        ("a", "last_week", "complete"),
        ("a", "yesterday", "complete"),
        ("b", "last_week", "complete"),
        ("b", "yesterday", "complete"),
    ]
    assert found.select("current_usd", "previous_usd", "is_whole", "kind").rows()[2:] == [
        (None, None, False, "unknown"),
        (None, None, False, "unknown"),
    ]


def test_a_month_so_far_has_its_last_day_for_every_account(engine: Engine) -> None:
    """Account b ends a day early, c with January: their last row says that this is not known."""
    history = pl.concat(
        [
            hours("2026-01-01", [1] * 24 * 34),
            hours("2026-01-01", [1] * 24 * 33, account_id="b"),
            hours("2026-01-01", [1] * 24 * 31, account_id="c"),
        ]
    )
    found = engine.run(month_over_month, history, time_zone="UTC", order=BY_DAY)

    assert found.select("account_id", "date", "current_usd", "previous_usd", "kind", "is_whole").rows() == [
        ("a", date(2026, 2, 1), 24.0, 24.0, "flat", True),
        ("a", date(2026, 2, 2), 48.0, 48.0, "flat", True),
        ("a", date(2026, 2, 3), 72.0, 72.0, "flat", True),
        ("b", date(2026, 2, 1), 24.0, 24.0, "flat", True),
        ("b", date(2026, 2, 2), 48.0, 48.0, "flat", True),
        ("b", date(2026, 2, 3), 48.0, None, "unknown", False),
        ("c", date(2026, 2, 3), None, None, "unknown", False),
    ]


def test_at_midnight_today_is_the_day_that_has_just_ended() -> None:
    """A range of whole days ends with its last one, not with an empty one."""
    found = same_time_yesterday(hours("2026-01-10", [1] * 24 + [2] * 24), time_zone="UTC")
    yesterday = found.row(1, named=True)

    assert (yesterday["date"], yesterday["until"]) == (date(2026, 1, 11), "24:00")
    assert (yesterday["current_usd"], yesterday["previous_usd"]) == (48.0, 24.0)
    assert found["kind"].to_list() == ["unknown", "up"]


@pytest.mark.parametrize(
    ("day", "until", "current", "yesterday"),
    [
        ("2026-03-29", 8, 7.0, 8.0),  # 02:00 does not exist: seven hours until 08:00
        ("2026-10-25", 8, 9.0, 8.0),  # 02:00 comes twice: nine
        ("2026-03-30", 8, 8.0, 7.0),
        ("2026-10-26", 8, 8.0, 9.0),
    ],
)
def test_the_same_time_is_the_clock_s_where_clocks_change(
    day: str, until: int, current: float, yesterday: float
) -> None:
    """Berlin, a dollar an hour; the week before, no clock changes."""
    first = str(date.fromisoformat(day) - 8 * ONE_DAY)
    history = local_days(first, day, "Europe/Berlin")
    now = datetime.fromisoformat(day).replace(hour=until, tzinfo=ZoneInfo("Europe/Berlin")).astimezone(UTC)
    found = same_time_yesterday(history.filter(pl.col("end_time") <= now), time_zone="Europe/Berlin")

    assert found["until"].unique().to_list() == [f"{until:02d}:00"]
    assert found.select("against", "current_usd", "previous_usd").rows() == [
        ("last_week", current, 8.0),
        ("yesterday", current, yesterday),
    ]
    assert found["is_whole"].all()


def test_the_same_time_off_the_hour_is_the_end_of_a_window() -> None:
    """In India windows end at half past."""
    with pytest.warns(OffTheHourWarning, match=r"Asia/Kolkata is \+05:30"):
        found = same_time_yesterday(hours("2026-01-10T19:00", [1] * 24 + [2] * 5), time_zone="Asia/Kolkata")
    row = found.filter(pl.col("against") == "yesterday").row(0, named=True)

    assert (row["date"], row["until"]) == (date(2026, 1, 12), "05:30")
    assert (row["current_usd"], row["previous_usd"]) == (10.0, 5.0)


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
def test_a_day_off_the_hour_ends_at_24_00() -> None:
    """The last window of a day in India starts at 23:30, and is counted to it whole."""
    found = same_time_yesterday(hours("2026-01-10T19:00", [1] * 24 + [2] * 24), time_zone="Asia/Kolkata")

    assert found["until"].unique().to_list() == ["24:00"]
    assert found.row(1, named=True)["change_usd"] == 24.0


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
def test_the_same_time_where_clocks_go_back_by_half_an_hour() -> None:
    """Lord Howe Island, 10:30 on 5 April 2026: 11 windows since midnight, and 11 that began by then before.

    Yesterday's windows begin on the hour, the last of them at 10:00; today's at half past since 02:00.
    """
    history = hours("2026-04-03T13:00", [2] * 24 + [3] * 11)
    found = same_time_yesterday(history, time_zone="Australia/Lord_Howe")
    row = found.filter(pl.col("against") == "yesterday").row(0, named=True)

    assert (row["date"], row["until"]) == (date(2026, 4, 5), "10:30")
    assert (row["current_usd"], row["previous_usd"]) == (33.0, 22.0)


def test_an_account_that_ends_early_is_compared_with_nothing() -> None:
    """Until now means the same for all accounts of a table."""
    history = pl.concat([hours("2026-01-10", [1] * 30), hours("2026-01-10", [1] * 27, account_id="b")])
    found = same_time_yesterday(history, time_zone="UTC").filter(pl.col("against") == "yesterday")

    assert found["is_whole"].to_list() == [True, False]
    assert found["kind"].to_list() == ["flat", "unknown"]


@pytest.mark.parametrize("function", [month_over_month, same_time_yesterday])
def test_windows_that_are_duplicates_are_refused_or_compared_with_nothing(
    engine: Engine,
    function: Any,  # noqa: ANN401
) -> None:
    """Ten hours of 12 February, or all before, added to themselves; a plan isn't looked through."""
    history = hours("2026-01-01", [1] * (24 * 42 + 10))
    once = pl.col("start_time").dt.truncate("1d") == pl.col("start_time").dt.truncate("1d").max()
    for doubled in (history.filter(once), history.filter(~once)):
        if isinstance(engine.take(history), pl.DataFrame):
            with pytest.raises(FrameError, match="of account a is a duplicate"):
                engine.run(function, pl.concat([history, doubled]), time_zone="UTC")
            continue
        found = engine.run(function, pl.concat([history, doubled]), time_zone="UTC")
        last = found.filter(pl.col("date") == date(2026, 2, 12))

        assert set(last["kind"]) == {"unknown"}
        assert last["previous_usd"].null_count() == last.height > 0


@pytest.mark.parametrize("function", [month_over_month, same_time_yesterday])
def test_a_history_without_a_finished_window_has_no_until_now(engine: Engine, function: Any) -> None:  # noqa: ANN401
    """No row, and no error."""
    for history in (pl.DataFrame(schema=HISTORY), hours("2026-01-10", [1], states="in_progress")):
        found = engine.run(function, history, time_zone="Europe/Berlin")

        assert found.is_empty()
        assert dict(found.schema) == dict(COMPARISON if function is month_over_month else SAME_TIME)


@pytest.mark.parametrize("function", [month_over_month, same_time_yesterday])
def test_what_is_cut_at_a_clock_time_needs_hours(function: Any) -> None:  # noqa: ANN401
    """Even in UTC."""
    with pytest.raises(FrameError, match="granularity='hour'"):
        function(hours("2026-01-10", [1, 2], width=ONE_DAY), time_zone="UTC")


CASES = [
    ("Europe/Berlin", datetime(2026, 2, 10, 3, tzinfo=UTC), 24 * 49 + 5),
    ("Asia/Kathmandu", datetime(2026, 1, 31, tzinfo=UTC), 24 * 38 + 11),
]


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
@pytest.mark.parametrize(("zone", "start", "n_hours"), CASES)
def test_every_engine_answers_as_loops_do(engine: Engine, zone: str, start: datetime, n_hours: int) -> None:
    """Seven weeks of three accounts with gaps, corrections and silent days, shuffled."""
    history = random_history(11, start=start, n_hours=n_hours, accounts=["c", "a", "b"])
    check_all(engine, history, zone)


def check_all(engine: Engine, history: pl.DataFrame, zone: str) -> None:
    """Compare every function with its slow version."""
    loops = slow.daily(history, zone)
    table = pl.DataFrame(loops, schema=DAILY).sample(fraction=1, shuffle=True, seed=1)
    middle = sorted(day["date"] for day in loops)[len(loops) // 2]
    early, late = ([day for day in loops if (day["date"] < middle) == is_early] for is_early in (True, False))
    shift = min(day["date"] for day in late) - min(day["date"] for day in early)
    in_weeks = timedelta(days=shift.days // 7 * 7)
    halves = pl.DataFrame(late, schema=DAILY), pl.DataFrame(early, schema=DAILY)
    no_until = {name: kind for name, kind in SAME_TIME.items() if name != "until"}
    expected = [
        (day_over_day, (table,), {}, slow.compared(loops, lambda day: day - ONE_DAY, loops), COMPARISON),
        (
            week_over_week,
            (table,),
            {},
            slow.compared(loops, lambda day: day - 7 * ONE_DAY, loops),
            COMPARISON,
        ),
        (compare, halves, {}, slow.compared(late, lambda day: day - shift, early), COMPARISON),
        (
            compare,
            halves,
            {"align": "weekday"},
            slow.compared(late, lambda day: day - in_weeks, early),
            COMPARISON,
        ),
        (rolling_mean, (table,), {"days": 5}, slow.rolling(loops, 5), ROLLING),
        (month_over_month, (history,), {"time_zone": zone}, slow.month_over_month(history, zone), COMPARISON),
        (same_time_yesterday, (history,), {"time_zone": zone}, slow.same_time(history, zone), no_until),
    ]
    for function, tables, options, rows, schema in expected:
        order = ["account_id", "previous_date"] if function is same_time_yesterday else BY_DAY
        found = engine.run(function, *tables, order=order, **options).select(list(schema))
        if function in (month_over_month, same_time_yesterday):
            found = found.filter("is_whole")
        assert_frame_equal(found, pl.DataFrame(rows, schema=schema), abs_tol=1e-9, rel_tol=1e-9)


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
@pytest.mark.parametrize("seed", range(8))
def test_random_histories_equal_the_slow_version(seed: int) -> None:
    """Zones and spans of many kinds, without gaps every other time, so that months compare."""
    zone = ["America/New_York", "Australia/Lord_Howe", "UTC", "Pacific/Apia"][seed % 4]
    start = datetime(2026, 1, 25 - seed, tzinfo=UTC) + seed * 29 * HOUR
    history = random_history(seed, start=start, n_hours=24 * (45 + 3 * seed) + seed, accounts=["b", "a"])
    if seed % 2:
        grid = pl.concat(
            hours(start, [0] * (24 * (45 + 3 * seed) + seed), account_id=account) for account in ("a", "b")
        )
        missing = grid.join(history, on=["account_id", "start_time"], how="anti")
        history = pl.concat([history, missing])
    check_all(PolarsEager(), history, zone)


amounts = st.one_of(st.just(0.0), st.integers(-5_000, 50_000).map(lambda cents: cents / 100))
tables = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(0, 25), amounts, st.booleans(), st.booleans()),
    max_size=60,
    unique_by=lambda row: row[:2],
).map(
    lambda rows: pl.concat(
        [
            pl.DataFrame(schema=DAILY),
            *(
                days(
                    {str(date(2026, 2, 20) + n * ONE_DAY): cost},
                    account_id=account_id,
                    partial=[str(date(2026, 2, 20) + n * ONE_DAY)] if is_partial and n % 3 == 0 else [],
                    running=[str(date(2026, 2, 20) + n * ONE_DAY)] if is_running and n > 20 else [],
                )
                for account_id, n, cost, is_partial, is_running in rows
            ),
        ]
    )
)


@settings(max_examples=40)
@given(table=tables, seed=st.integers(0, 9))
def test_what_holds_for_every_comparison(table: pl.DataFrame, seed: int) -> None:
    """Rows stay, kinds partition them, ratios lead back, and the order of rows is nothing."""
    for function in (day_over_day, week_over_week):
        found = function(table)

        assert found.height == table.filter(pl.col("state") != "in_progress").height
        assert set(found["kind"]) <= set(KINDS)
        assert (found["previous_usd"].is_null() == (found["kind"] == "unknown")).all()
        assert (found["change_usd"].is_null() == (found["kind"] == "unknown")).all()
        assert (found["change_ratio"].is_null() == ~(found["previous_usd"] > 0).fill_null(value=False)).all()
        assert found["change_ratio"].is_finite().all()
        ratio = found.filter(pl.col("change_ratio").is_not_null())
        led_back = ratio["previous_usd"] * (1 + ratio["change_ratio"])
        assert led_back.to_list() == pytest.approx(ratio["current_usd"].to_list(), abs=1e-9)
        assert_frame_equal(function(table.sample(fraction=1, shuffle=True, seed=seed)), found)


@settings(max_examples=25)
@given(table=tables, factor=st.sampled_from([0.001, 7.0, 1e6]))
def test_scaling_cost_scales_dollars_and_leaves_ratios_and_kinds(table: pl.DataFrame, factor: float) -> None:
    """For each function of days."""
    scaled = table.with_columns(pl.col("cost_usd") * factor)
    dollars = pl.selectors.ends_with("_usd") * factor
    for function in (
        day_over_day,
        week_over_week,
        lambda rows: compare(rows, rows, align="weekday"),
        rolling_mean,
    ):
        expected = function(table).with_columns(dollars)
        assert_frame_equal(function(scaled), expected, rel_tol=1e-9, abs_tol=1e-9)


@settings(max_examples=25)
@given(
    values=st.lists(amounts, min_size=1, max_size=24 * 9),
    zone=st.sampled_from(["Europe/Berlin", "Asia/Tokyo"]),
)
def test_a_month_to_date_is_the_sum_of_its_days(values: list[float], zone: str) -> None:
    """Its last row is what the days of that month come to."""
    history = hours("2026-03-27", values)
    total = daily_usage(history, time_zone=zone)
    last = total["date"].max()
    found = month_over_month(history, time_zone=zone)

    in_month = total.filter(pl.col("date") >= last.replace(day=1))
    assert found["date"].to_list() == in_month["date"].to_list()
    assert found["current_usd"].to_list() == pytest.approx(in_month["cost_usd"].cum_sum().to_list(), abs=1e-9)
