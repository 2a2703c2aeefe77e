"""When cost arises, with answers that can be checked in the head, on every engine."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import narwhals as nw
import polars as pl
import pytest
import reference_patterns as slow
from engines import Engine, PolarsEager
from histories import hours, local_days, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cfusage_lab import schema
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.patterns import (
    concentration,
    hourly_profile,
    load_factor,
    off_hours_share,
    peak_hours,
    weekend_share,
    weekly_heatmap,
)
from cfusage_lab.patterns.slot_statistics import by_slot, counted_windows
from cfusage_lab.ranges import OffTheHourWarning

BERLIN, NEW_YORK, KOLKATA = "Europe/Berlin", "America/New_York", "Asia/Kolkata"
PROFILE_ORDER = ("account_id", "hour")
WEEK_ORDER = ("account_id", "weekday", "hour")
MEDIANS = ("median_usd", "q25_usd", "q75_usd")


@dataclass(frozen=True)
class Case:
    """One of the functions, and what its answer looks like."""

    function: Callable[..., Any]
    options: dict[str, Any]
    columns: pl.Schema
    order: tuple[str, ...]

    def run(self, engine: Engine, history: pl.DataFrame, **more: object) -> pl.DataFrame:
        """Call the function on an engine."""
        return engine.run(self.function, history, order=self.order, **{**self.options, **more})


CASES = [
    Case(hourly_profile, {"time_zone": BERLIN}, schema.HOURLY_PROFILE, PROFILE_ORDER),
    Case(weekly_heatmap, {"time_zone": BERLIN}, schema.WEEKLY_HEATMAP, WEEK_ORDER),
    Case(peak_hours, {"time_zone": BERLIN}, schema.PEAK_HOURS, PROFILE_ORDER),
    Case(load_factor, {}, schema.LOAD_FACTOR, ("account_id",)),
    Case(weekend_share, {"time_zone": BERLIN}, schema.WEEKEND_SHARE, ("account_id",)),
    Case(off_hours_share, {"time_zone": BERLIN}, schema.OFF_HOURS_SHARE, ("account_id",)),
    Case(concentration, {"top": 5}, schema.CONCENTRATION, ("account_id",)),
]
every_function = pytest.mark.parametrize("case", CASES, ids=[case.function.__name__ for case in CASES])


def equal(answer: pl.DataFrame, expected: pl.DataFrame) -> None:
    """Hold two tables against each other, to a billionth."""
    assert_frame_equal(answer, expected, rel_tol=1e-9, abs_tol=1e-9)


# ------------------------------------------------------------------------------------ hours of the day


def test_a_profile_has_a_row_an_hour(engine: Engine) -> None:
    """Hour 0 costs 1, 2, 3 and 6 dollars on four days: mean 3, median 2.5, quartiles 1.75 and 3.75."""
    values = [0.0] * 96
    values[0::24] = [1.0, 2.0, 3.0, 6.0]
    values[5] = 12.0

    profile = engine.run(hourly_profile, hours("2026-03-02", values), time_zone="UTC", order=PROFILE_ORDER)

    assert profile.height == 24
    assert profile.row(0, named=True) == {
        "account_id": "a",
        "hour": 0,
        "mean_usd": 3.0,
        "median_usd": 2.5,
        "q25_usd": 1.75,
        "q75_usd": 3.75,
        "total_usd": 12.0,
        "share": 0.5,
        "hours": 4,
    }
    assert profile.row(5)[2:] == (3.0, 0.0, 0.0, 3.0, 12.0, 0.5, 4)


def test_the_local_clock_counts(engine: Engine) -> None:
    """23:00 UTC on a Sunday in winter is Monday, 00:00, in Berlin, and 18:00 on Sunday in New York."""
    window = hours("2026-01-04T23:00", [2.0])
    places = {BERLIN: (1, 0), NEW_YORK: (7, 18)}

    for zone, place in places.items():
        assert engine.run(weekly_heatmap, window, time_zone=zone).row(0)[1:3] == place


@pytest.mark.parametrize(
    ("zone", "spring", "autumn", "skipped", "doubled"),
    [
        (BERLIN, "2026-03-29", "2026-10-25", 2, 2),
        (NEW_YORK, "2026-03-08", "2026-11-01", 2, 1),
        ("Australia/Sydney", "2026-10-04", "2026-04-05", 2, 2),
    ],
)
def test_clock_changes_show_in_hours(
    engine: Engine, zone: str, spring: str, autumn: str, skipped: int, doubled: int
) -> None:
    """On the 23-hour day an hour is not there at all, on the 25-hour day one is there twice."""
    days = {"spring": (spring, skipped, None), "autumn": (autumn, doubled, 2)}
    history = pl.concat(local_days(day, day, zone, account_id=name) for name, (day, _, _) in days.items())

    profile = engine.run(hourly_profile, history, time_zone=zone, median=False)

    for name, (_, odd, count) in days.items():
        found = dict(profile.filter(pl.col("account_id") == name).select("hour", "hours").iter_rows())
        assert found.pop(odd, None) == count
        assert found == dict.fromkeys(set(range(24)) - {odd}, 1)


def test_half_an_hour_off_belongs_where_it_starts(engine: Engine) -> None:
    """Midnight UTC is 05:30 in India: the window counts to hour 5, and a warning says so."""
    with pytest.warns(OffTheHourWarning, match=KOLKATA):
        profile = engine.run(hourly_profile, hours("2026-03-02", [4.0]), time_zone=KOLKATA)

    assert profile.select("hour", "total_usd").rows() == [(5, 4.0)]


def test_the_running_window_is_left_out_unless_asked_for(engine: Engine) -> None:
    """Two dollars are complete, eight still running."""
    history = hours("2026-03-02", [1.0, 1.0, 8.0], states=["complete", "provisional", "in_progress"])

    without = engine.run(load_factor, history)
    with_it = engine.run(load_factor, history, include_in_progress=True)

    assert without.row(0) == ("a", 1.0, 1.0, 1.0, 2)
    assert with_it.row(0) == ("a", 10 / 3, 8.0, 10 / 24, 3)


@every_function
def test_every_function_can_include_the_running_window(engine: Engine, case: Case) -> None:
    """One running window is nothing, or something if it is asked for."""
    window = hours("2026-03-02", [8.0], states="in_progress")

    assert case.run(engine, window).height == 0
    asked = case.run(engine, window, include_in_progress=True)
    assert asked.schema == case.columns
    assert asked["hours"].to_list() == [1]


def test_a_window_without_a_value_does_not_count(engine: Engine) -> None:
    """A mean of 2 and nothing is 2."""
    history = hours("2026-03-02", [2.0, 0.0]).with_columns(
        aggregated_value=pl.Series([2.0, None], dtype=pl.Float64)
    )

    profile = engine.run(hourly_profile, history, time_zone="UTC")

    assert profile.select("hour", "mean_usd", "hours").rows() == [(0, 2.0, 1)]


def test_without_medians_there_are_no_medians(engine: Engine) -> None:
    """The other columns are the same, to the last one."""
    history = random_history(3, start=datetime(2026, 3, 1, tzinfo=UTC), n_hours=400, accounts=["a", "b"])

    for function, order in ((hourly_profile, PROFILE_ORDER), (weekly_heatmap, WEEK_ORDER)):
        full = engine.run(function, history, time_zone=BERLIN, order=order)
        means = engine.run(function, history, time_zone=BERLIN, median=False, order=order)
        equal(means, full.drop(MEDIANS))


# --------------------------------------------------------------------------------------------- shares


def test_no_share_of_nothing(engine: Engine) -> None:
    """An account without cost, and one whose corrections outweigh its cost, have no shares."""
    history = pl.concat(
        [
            hours("2026-03-02", [0.0, 0.0], account_id="zero"),
            hours("2026-03-02", [1.0, -3.0], account_id="credit"),
        ]
    )

    profile = engine.run(hourly_profile, history, time_zone="UTC", order=PROFILE_ORDER)
    assert profile["share"].to_list() == [None] * 4
    assert profile["total_usd"].to_list() == [1.0, -3.0, 0.0, 0.0]
    for function, column in ((weekend_share, "weekend_share"), (off_hours_share, "off_hours_share")):
        assert engine.run(function, history, time_zone="UTC")[column].to_list() == [None, None]
    assert engine.run(concentration, history, top=1)["top_share"].to_list() == [None, None]


def test_what_is_only_rounding_is_no_total(engine: Engine) -> None:
    """0.1 and 0.2 less 0.3 leave a speck in floating point, and a share of it would be absurd."""
    history = hours("2026-03-02", [0.1, 0.2, -0.3])

    assert sum(history["aggregated_value"]) > 0
    assert engine.run(hourly_profile, history, time_zone="UTC")["share"].to_list() == [None] * 3
    assert engine.run(concentration, history, top=1)["top_share"].to_list() == [None]


def test_a_correction_is_kept(engine: Engine) -> None:
    """3 dollars and a correction of 1 make 2: shares of 1.5 and -0.5, a top hour of one and a half."""
    history = hours("2026-03-02T12:00", [3.0, -1.0])

    profile = engine.run(hourly_profile, history, time_zone="UTC", order=PROFILE_ORDER)
    assert profile["share"].to_list() == [1.5, -0.5]
    assert engine.run(concentration, history, top=1).row(0) == ("a", 1, 3.0, 2.0, 1.5, 2)
    assert engine.run(load_factor, history).row(0) == ("a", 1.0, 3.0, 1 / 3, 2)


# ---------------------------------------------------------------------------------------------- peaks


def test_the_peak_is_the_highest_mean_not_the_highest_hour(engine: Engine) -> None:
    """Hour 3 costs 4 each day, hour 7 once 6 and once nothing."""
    values = [0.0] * 48
    values[3], values[27], values[7] = 4.0, 4.0, 6.0

    peak = engine.run(peak_hours, hours("2026-03-02", values), time_zone="UTC")

    assert peak.rows() == [("a", 3, 4.0, 2)]


def test_ties_are_all_there_earliest_first(engine: Engine) -> None:
    """Hours 5 and 17 tie, though 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 differ in the last digit."""
    values = [0.0] * 72
    values[5::24], values[17::24] = [0.1, 0.2, 0.3], [0.3, 0.2, 0.1]

    peak = engine.run(peak_hours, hours("2026-03-02", values), time_zone="UTC", order=PROFILE_ORDER)

    assert sum(values[5::24]) != sum(values[17::24])
    assert peak["hour"].to_list() == [5, 17]


def test_where_nothing_costs_anything_every_hour_is_the_peak(engine: Engine) -> None:
    """Twenty-four zeros tie; below zero the least correction is the peak."""
    zeros = engine.run(peak_hours, hours("2026-03-02", [0.0] * 24), time_zone="UTC", order=PROFILE_ORDER)
    below = engine.run(peak_hours, hours("2026-03-02", [-3.0, -1.0, -2.0]), time_zone="UTC")

    assert zeros["hour"].to_list() == list(range(24))
    assert below.rows() == [("a", 1, -1.0, 1)]


def test_load_factor(engine: Engine) -> None:
    """Even cost has 1, one hour of three a third; below zero where corrections outweigh cost.

    Without a peak above zero there is none.
    """
    values = {
        "even": [2.0, 2.0],
        "spike": [0.0, 0.0, 6.0],
        "zero": [0.0, 0.0],
        "credit": [-1.0, -3.0],
        "owed": [1.0, -3.0],
    }
    history = pl.concat(hours("2026-03-02", some, account_id=name) for name, some in values.items())

    answer = engine.run(load_factor, history, order=("account_id",))

    assert answer.rows() == [
        ("credit", -2.0, -1.0, None, 2),
        ("even", 2.0, 2.0, 1.0, 2),
        ("owed", -1.0, 1.0, -1.0, 2),
        ("spike", 2.0, 6.0, 1 / 3, 3),
        ("zero", 0.0, 0.0, None, 2),
    ]


# ------------------------------------------------------------------------------- parts of the week


def test_weekend_share(engine: Engine) -> None:
    """A dollar an hour from Friday to Monday: two days of four are a weekend."""
    answer = engine.run(
        weekend_share, local_days("2026-03-06", "2026-03-09", NEW_YORK), time_zone=NEW_YORK
    )  # the clocks change on that Sunday, so it has 23 hours

    assert answer.row(0) == ("a", 47.0, 95.0, 47 / 95, 95)


@pytest.mark.parametrize(
    ("options", "off"),
    [
        ({}, 7 * 24 - 5 * 9),
        ({"working_hours": (8, 20)}, 7 * 24 - 5 * 12),
        ({"working_hours": (0, 24)}, 2 * 24),
        ({"working_days": range(1, 8)}, 7 * 15),
        ({"working_days": (7, 1, 2, 3, 4)}, 7 * 24 - 5 * 9),
        ({"working_days": [6], "working_hours": (10, 11)}, 7 * 24 - 1),
    ],
)
def test_off_hours_share(options: dict[str, Any], off: int) -> None:
    """A dollar an hour for a week: what is not worked is off."""
    week = local_days("2026-03-02", "2026-03-08", BERLIN)

    answer = off_hours_share(week, time_zone=BERLIN, **options)

    assert answer.row(0) == ("a", float(off), 168.0, off / 168, 168)


def test_working_hours_may_pass_midnight(engine: Engine) -> None:
    """From 22:00 to 06:00 are eight hours of each working day."""
    week = local_days("2026-03-02", "2026-03-08", BERLIN)

    answer = engine.run(off_hours_share, week, time_zone=BERLIN, working_hours=(22, 6))

    assert answer.row(0) == ("a", 128.0, 168.0, 128 / 168, 168)


def test_working_hours_begin_with_the_first_and_end_before_the_last() -> None:
    """Of 08:00 to 18:59 on a Monday, from nine to five is worked."""
    history = hours("2026-03-02T08:00", [1.0, 2.0] + [0.0] * 7 + [4.0, 8.0])

    assert off_hours_share(history, time_zone="UTC", working_hours=(9, 18))["off_hours_usd"].item() == 9.0


@pytest.mark.parametrize(
    "options",
    [
        {"working_hours": (9, 9)},
        {"working_hours": (-1, 9)},
        {"working_hours": (9, 25)},
        {"working_hours": (24, 6)},
        {"working_hours": (9.5, 18)},
        {"working_days": ()},
        {"working_days": (0, 1)},
        {"working_days": (8,)},
    ],
)
def test_impossible_working_hours_are_refused(options: dict[str, Any]) -> None:
    """Nobody works from nine to nine, or on the eighth day of the week."""
    with pytest.raises(ConfigError, match="working_"):
        off_hours_share(hours("2026-03-02", [1.0]), time_zone="UTC", **options)


@pytest.mark.parametrize(
    ("top", "answer"), [(1, (1, 5.0, 0.5)), (2, (2, 8.0, 0.8)), (3, (3, 9.0, 0.9)), (99, (4, 10.0, 1.0))]
)
def test_concentration(top: int, answer: tuple[int, float, float]) -> None:
    """Of 10 dollars in 5, 3, 1 and 1, the dearest hour is a half; a tie at the edge changes nothing."""
    row = concentration(hours("2026-03-02", [1.0, 5.0, 1.0, 3.0]), top=top).row(0, named=True)

    assert (row["top_hours"], row["top_usd"], row["top_share"]) == answer


def test_the_dearest_hours_are_a_day_s_unless_another_number_is_asked_for() -> None:
    """24 of 48."""
    assert concentration(hours("2026-03-02", [1.0] * 48)).row(0) == ("a", 24, 24.0, 48.0, 0.5, 48)


def test_no_dearest_hours_are_refused() -> None:
    """The top 0 hours are not a question."""
    with pytest.raises(ConfigError, match="top 0"):
        concentration(hours("2026-03-02", [1.0]), top=0)


# ------------------------------------------------------------------------------------ every function


@every_function
def test_an_empty_table_gives_an_empty_table(engine: Engine, case: Case) -> None:
    """It has every column, of the right type."""
    answer = case.run(engine, hours("2026-03-02", []))

    assert answer.height == 0
    assert answer.schema == case.columns


@every_function
def test_one_row(engine: Engine, case: Case) -> None:
    """One window of 2 dollars, on a Sunday: one row, and every share of it is all."""
    answer = case.run(engine, hours("2026-03-01T12:00", [2.0]))

    row = answer.row(0, named=True)
    assert answer.height == 1
    assert answer.schema == case.columns
    assert {value for name, value in row.items() if name.endswith(("_usd", "total"))} == {2.0}
    assert {value for name, value in row.items() if name.endswith(("share", "factor"))} <= {1.0}


@every_function
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK])
def test_every_function_equals_the_slow_version(engine: Engine, case: Case, zone: str) -> None:
    """Random histories over both clock changes, with gaps and corrections, shuffled."""
    zones = {"time_zone": zone} if "time_zone" in case.options else {}
    history = pl.concat(
        random_history(
            seed, start=datetime(2026, month, 1, tzinfo=UTC), n_hours=1000, accounts=[f"{seed}", "b"]
        )
        for seed, month in ((1, 3), (2, 10))
    )

    answer = case.run(engine, history, **zones)

    equal(answer, pl.DataFrame(slowly(case.function, history, **zones), schema=case.columns))


def slowly(
    function: Callable[..., Any],
    history: pl.DataFrame,
    *,
    time_zone: str = "UTC",
) -> list[dict[str, Any]]:
    """Answer with the slow version of a function."""
    parts = {"zone": time_zone, "include_in_progress": False}
    answers: dict[Callable[..., Any], Callable[[], list[dict[str, Any]]]] = {
        hourly_profile: lambda: slow.pattern(history, names=("hour",), **parts),
        weekly_heatmap: lambda: slow.pattern(history, names=("weekday", "hour"), **parts),
        peak_hours: lambda: slow.peak_hours(history, time_zone),
        load_factor: lambda: slow.load_factor(history),
        weekend_share: lambda: slow.part_of_week(
            history, is_part=lambda weekday, _: weekday > 5, part="weekend", **parts
        ),
        off_hours_share: lambda: slow.part_of_week(
            history,
            is_part=lambda weekday, hour: weekday > 5 or not 9 <= hour < 18,
            part="off_hours",
            **parts,
        ),
        concentration: lambda: slow.concentration(history, top=5),
    }
    return answers[function]()


@every_function
def test_windows_that_are_duplicates_are_refused(case: Case) -> None:
    """Two ranges that overlap by a day: its cost would count twice."""
    history = hours("2026-03-02", [1.0 + (n % 24 == 9) for n in range(96)])
    overlapping = pl.concat([history[:72], history[48:]])

    with pytest.raises(FrameError, match="2026-03-04T00:00:00Z of account a is a duplicate"):
        case.run(PolarsEager(), overlapping)
    assert case.run(PolarsEager(), history.unique()).equals(case.run(PolarsEager(), history))


def test_duplicate_windows_are_found_in_their_own_hour() -> None:
    """As many rows as hours: one is missing at 03:00, and another is a duplicate at 05:00."""
    history = hours("2026-03-02", [1.0] * 48)
    broken = pl.concat([history.filter(pl.int_range(pl.len()) != 3), history[5:6]])

    with pytest.raises(FrameError, match="2026-03-02T05:00:00Z of account a is a duplicate"):
        hourly_profile(broken, time_zone="UTC")


@every_function
def test_days_and_strange_tables_are_refused(case: Case) -> None:
    """A UTC day has no hours in it, and a table without a cost no cost."""
    day = hours("2026-03-02", [1.0]).with_columns(end_time=pl.col("start_time").dt.offset_by("1d"))

    with pytest.raises(FrameError, match="granularity='hour'"):
        case.run(PolarsEager(), day)
    with pytest.raises(FrameError, match="aggregated_value"):
        case.run(PolarsEager(), hours("2026-03-02", [1.0]).drop("aggregated_value"))


def test_one_number_as_key_and_one_list_a_group_change_no_quartile() -> None:
    """The way polars takes to medians equals the way of every engine."""
    history = random_history(
        5, start=datetime(2026, 3, 1, tzinfo=UTC), n_hours=2000, accounts=["b", "a", "c"]
    )
    local = counted_windows(history, time_zone=BERLIN, include_in_progress=False)
    order, cost = ("account_id", "slot"), pl.col("cost_usd")

    fast = by_slot(local, nw.col("hour"), median=True).to_native().collect()
    general = (
        local.frame.to_native()
        .group_by("account_id", slot=pl.col("hour"))
        .agg(
            median_usd=cost.median(),
            q25_usd=cost.quantile(0.25, "linear"),
            q75_usd=cost.quantile(0.75, "linear"),
        )
        .collect()
    )

    equal(fast.select(*order, *MEDIANS).sort(order), general.sort(order))


# ----------------------------------------------------------------------------------------- properties

EIGHTHS = st.integers(-80, 800).map(lambda n: n / 8)
"""Dollars that add up without rounding."""


@st.composite
def histories(draw: st.DrawFn) -> pl.DataFrame:
    """Make one to three accounts with up to a hundred hours each."""
    start = draw(st.datetimes(datetime(2026, 3, 20), datetime(2026, 11, 5)))  # noqa: DTZ001 - made aware below
    first = start.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    return pl.concat(
        hours(first, draw(st.lists(EIGHTHS, min_size=1, max_size=100)), account_id=account_id)
        for account_id in "abc"[: draw(st.integers(1, 3))]
    )


@settings(max_examples=40)
@given(histories(), st.sampled_from([BERLIN, NEW_YORK, "UTC"]))
def test_cost_is_conserved_and_shares_add_to_one(history: pl.DataFrame, zone: str) -> None:
    """Whatever the slots are, their totals add up to the account's, and their hours too."""
    accounts = history.group_by("account_id").agg(cost=pl.col("aggregated_value").sum(), n=pl.len())
    for function in (hourly_profile, weekly_heatmap):
        sums = (
            function(history, time_zone=zone)
            .group_by("account_id")
            .agg(pl.sum("total_usd", "hours", "share"))
        )
        for row in sums.join(accounts, on="account_id").iter_rows(named=True):
            assert row["total_usd"] == row["cost"]
            assert row["hours"] == row["n"]
            assert row["share"] == pytest.approx(1.0 if row["cost"] > 0 else 0.0)
    for function in (weekend_share, off_hours_share):
        assert_frame_equal(
            function(history, time_zone=zone).select("account_id", "total_usd"),
            accounts.select("account_id", total_usd="cost").sort("account_id"),
        )


@every_function
@settings(max_examples=15)
@given(history=histories(), factor=st.sampled_from([0.25, 2.0, 64.0]), seed=st.integers(0, 9))
def test_order_and_scale(case: Case, history: pl.DataFrame, factor: float, seed: int) -> None:
    """Shuffled rows change nothing; k times the cost is k times the dollars and the same shares."""
    answer = case.run(PolarsEager(), history)

    shuffled = case.run(PolarsEager(), history.sample(fraction=1.0, shuffle=True, seed=seed))
    scaled = case.run(PolarsEager(), history.with_columns(pl.col("aggregated_value") * factor))

    assert_frame_equal(shuffled, answer)
    assert_frame_equal(scaled, answer.with_columns(pl.col("^.*_usd$") * factor))


@settings(max_examples=40)
@given(histories())
def test_quartiles_stand_in_order_and_load_factors_within_one(history: pl.DataFrame) -> None:
    """A quarter, a half, three quarters; the mean is never above the peak."""
    profile = hourly_profile(history, time_zone=BERLIN)
    spread = profile.select("q25_usd", "median_usd", "q75_usd")

    assert all(low <= middle <= high for low, middle, high in spread.iter_rows())
    assert all(value is None or value <= 1 for value in load_factor(history)["load_factor"])


def test_other_tables_that_hand_themselves_over_are_taken() -> None:
    """An Arrow table and a pandas frame become polars."""
    history = random_history(4, start=datetime(2026, 3, 1, tzinfo=UTC), n_hours=300, accounts=["a"])
    expected = PolarsEager().run(weekend_share, history, time_zone=BERLIN)

    assert_frame_equal(weekend_share(history.to_arrow(), time_zone=BERLIN), expected)
    assert_frame_equal(weekend_share(history.to_pandas(), time_zone=BERLIN), expected)
