"""Events of a usage history: what is one, what is none, and what it cost."""

import random
import subprocess
import sys
import warnings
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from histories import HOUR, hours
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.schema import ANOMALIES, ANOMALY_SCORES

MONDAY = "2026-10-05"
START = datetime(2026, 10, 5, tzinfo=UTC)
WEEK = 7 * 24


def made_up(seed: int, days: int, *, noise: float = 0.15) -> list[float]:
    """Make the hours of an office: busy by day, half on weekends, idle now and then."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    return [
        (3.0 if 8 <= n % 24 < 18 else 0.5)
        * (0.5 if n // 24 % 7 > 4 else 1.0)
        * chance.lognormvariate(0, noise)
        * (chance.random() > 0.01)
        for n in range(days * 24)
    ]


def at(day: int, hour: int = 0) -> datetime:
    return START + timedelta(days=day, hours=hour)


def found(values: Sequence[float], zone: str = "UTC", **asked: Any) -> pl.DataFrame:  # noqa: ANN401 - passed on
    return cfu.anomalies(hours(MONDAY, values), time_zone=zone, **asked)


def with_burst(values: Sequence[float], n: int, *, length: int = 3, factor: float = 5.0) -> list[float]:
    return [factor * value if n <= k < n + length else value for k, value in enumerate(values)]


def of_nights(seed: int, days: int) -> list[float]:
    """Make the hours of a job of four hours a night, whose nights are large or small as a whole."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    job = [0.0, 3.0, 4.0, 3.5, 1.4] + [0.0] * 19
    sizes = [chance.lognormvariate(0, 0.22) for _ in range(days)]
    return [size * cost * chance.lognormvariate(0, 0.07) for size in sizes for cost in job]


# What one row is


def test_three_hours_of_five_instead_of_one_are_one_event_of_twelve_dollars() -> None:
    events = found(with_burst([1.0] * 3 * WEEK, 2 * WEEK + 27))

    assert events.schema == ANOMALIES
    row = events.row(0, named=True)
    assert events.height == 1
    assert (row["start_time"], row["end_time"]) == (at(15, 3), at(15, 6))
    assert (row["actual_usd"], row["expected_usd"], row["impact_usd"]) == (15.0, 3.0, 12.0)
    assert row["lower_usd"] < 3.0 < row["upper_usd"] < 15.0
    assert (row["direction"], row["hours"], row["state"], row["score"]) == ("up", 3, "complete", 9.0)
    assert row["explanation"] == (
        "5.0 times the usual Tuesday 03:00 to 06:00; $15.00, of which $12.00 above usual"
    )


def test_cost_that_stops_is_an_event_as_well() -> None:
    values = made_up(1, 35)
    values[30 * 24 + 9 : 30 * 24 + 14] = [0.0] * 5

    events = found(values)

    row = events.row(0, named=True)
    assert events.height == 1
    assert (row["start_time"], row["end_time"], row["direction"]) == (at(30, 9), at(30, 14), "down")
    assert row["impact_usd"] == -row["expected_usd"] == pytest.approx(-15.0, rel=0.2)
    assert row["explanation"].startswith("nothing on Wednesday 09:00 to 14:00, when $")


def test_the_hours_behind_an_event_add_up_to_it() -> None:
    history = hours(MONDAY, with_burst(made_up(2, 40), 33 * 24 + 10, length=4))

    event = cfu.anomalies(history, time_zone="UTC").row(0, named=True)
    scores = cfu.anomaly_scores(history, time_zone="UTC")
    inside = scores.filter(
        pl.col("start_time") >= event["start_time"], pl.col("end_time") <= event["end_time"]
    )

    assert scores.schema == ANOMALY_SCORES
    assert scores.height == history.height
    assert inside.height == event["hours"] == 4
    for name in ("actual_usd", "expected_usd", "lower_usd", "upper_usd"):
        assert inside[name].sum() == pytest.approx(event[name], rel=1e-12)
    assert inside["score"].max() == event["score"]
    assert inside["direction"].unique().to_list() == ["up"]
    assert (scores["lower_usd"].drop_nulls() >= 0).all()


def test_events_of_an_account_never_overlap() -> None:
    chance = random.Random(3)  # noqa: S311 - the same numbers each time
    values = [chance.choice([0.0, 1.0, 1.0, 1.1, 0.9, 9.0, 0.01]) for _ in range(40 * 24)]

    events = found(values, sensitivity=500.0, min_impact_usd=0.0)

    assert events.height > 20
    assert events.rows(named=True)[0]["direction"] in {"up", "down"}
    assert all(one["end_time"] <= two["start_time"] for one, two in pairwise(events.iter_rows(named=True)))


def test_a_usual_hour_inside_an_event_does_not_cut_it_in_two() -> None:
    values = with_burst(with_burst([1.0] * 3 * WEEK, 2 * WEEK), 2 * WEEK + 5)

    events = found(values)

    assert events["hours"].to_list() == [8]
    assert events["impact_usd"].to_list() == [24.0]


# What is usual


def test_clean_accounts_raise_about_as_many_alarms_as_were_accepted() -> None:
    """Six accounts for three months after the first week, at one in five months each: 3.7 to be expected."""
    counts = [found(made_up(seed, 100)).height for seed in range(6)]

    assert sum(counts) <= 4


def test_what_comes_every_sunday_is_usual() -> None:
    values = made_up(5, 70)
    for n in range(0, len(values), 24):
        if n // 24 % 7 == 6:
            values[n + 4 : n + 8] = [12.0] * 4

    events = found(values)

    assert events.filter(pl.col("start_time") > at(28)).is_empty()


def test_growth_is_usual() -> None:
    values = [value * 1.01 ** (n / 24) for n, value in enumerate(made_up(6, 100))]

    assert found(values).height <= 1


@pytest.mark.parametrize(("factor", "direction"), [(3.0, "up"), (0.3, "down")])
def test_a_new_level_is_one_event_and_then_what_is_usual(factor: float, direction: str) -> None:
    launch = 60 * 24 + 9
    values = [value if n < launch else factor * value for n, value in enumerate(made_up(7, 120))]

    events = found(values).filter(pl.col("start_time") >= at(60))

    assert events["direction"].to_list() == [direction]
    assert events["start_time"].item() <= at(60, 10)
    assert events["end_time"].item() <= at(62, 9)


def test_after_an_outage_of_days_the_old_level_is_no_event() -> None:
    values = made_up(8, 100)
    values[60 * 24 + 9 : 64 * 24] = [0.0] * (4 * 24 - 9)

    events = found(values)

    assert events["direction"].to_list() == ["down"]
    assert events["start_time"].to_list() == [at(60, 9)]


def test_an_account_that_was_never_used_has_no_event() -> None:
    assert found([0.0] * 90 * 24).is_empty()


def test_cost_that_begins_is_an_event_of_its_first_hour() -> None:
    events = found([0.0] * 30 * 24 + made_up(9, 20))

    assert events["start_time"].to_list() == [at(30)]
    assert events["explanation"][0].endswith("on Wednesday 00:00 to 01:00, when nothing is usual")


def test_a_correction_is_told_as_below_zero() -> None:
    values = made_up(10, 40)
    values[33 * 24 + 17] = -20.0

    row = found(values).row(0, named=True)

    assert row["direction"] == "down"
    assert row["explanation"].startswith("-$2")
    assert row["impact_usd"] == row["actual_usd"] - row["expected_usd"]


def night_jobs(seed: int, *, nights: int, skipped: Sequence[int]) -> list[float]:
    """Make the hours of a job that runs from 1 to 5 each night, and of nothing else."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    return [
        3.0 * chance.lognormvariate(0, 0.15) if 1 <= n % 24 < 5 and n // 24 not in skipped else 0.0
        for n in range(nights * 24)
    ]


def test_a_night_without_its_job_does_not_make_the_next_one_usual() -> None:
    skipped = [30, 45, 52]

    events = found(night_jobs(21, nights=60, skipped=skipped))

    missing = events.filter(pl.col("direction") == "down", pl.col("actual_usd") == 0)
    assert missing["start_time"].to_list() == [at(day, 1) for day in skipped]
    assert missing["hours"].to_list() == [4, 4, 4]


def test_a_job_that_skips_every_third_night_is_usual() -> None:
    events = found(night_jobs(22, nights=60, skipped=range(0, 60, 3)))

    assert events.filter(pl.col("start_time") >= at(28), pl.col("actual_usd") == 0).is_empty()


def test_a_small_correction_is_an_event_where_cost_is_never_below_zero() -> None:
    """The job is off by about as much in the worst hour of any night: as a burst, it would be none."""
    values = night_jobs(23, nights=60, skipped=[])
    values[50 * 24 + 17] = -0.8

    correction = found(values).filter(pl.col("start_time") == at(50, 17))

    assert correction["impact_usd"].to_list() == [-0.8]
    assert correction["score"].to_list() == [9.0]
    assert found(values, min_impact_usd=0.9).filter(pl.col("start_time") == at(50, 17)).is_empty()


def test_nothing_is_judged_in_the_first_week() -> None:
    early = with_burst([1.0] * 2 * WEEK, WEEK - 3)
    later = with_burst([1.0] * 2 * WEEK, WEEK)

    assert found(early).is_empty()
    assert found(later).height == 1
    scores = cfu.anomaly_scores(hours(MONDAY, later), time_zone="UTC")
    assert scores["is_judged"].to_list() == [False] * WEEK + [True] * WEEK


@pytest.mark.parametrize("n", [0, 1, 30, 100])
def test_short_histories_have_no_events(n: int) -> None:
    history = hours(MONDAY, made_up(11, 5)[:n])

    assert cfu.anomalies(history, time_zone="UTC").is_empty()
    assert cfu.anomalies(history, time_zone="UTC").schema == ANOMALIES
    assert cfu.anomaly_scores(history, time_zone="UTC").height == n


def test_the_hour_of_the_local_clock_counts_where_clocks_change() -> None:
    """Berlin, 25 October 2026: a job at 9 by the clock is an hour later in UTC from then on."""
    clock = [(at(0) + n * HOUR).astimezone(cfu.ranges.zone("Europe/Berlin")).hour for n in range(40 * 24)]
    values = [50.0 if hour == 9 else 1.0 for hour in clock]

    assert found(values, "Europe/Berlin").is_empty()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_small_night_of_a_job_is_no_event_among_nights_of_all_sizes(seed: int) -> None:
    """Twenty idle hours a day say nothing about the four others: accepted are 2.4 false alarms a year."""
    assert found(of_nights(seed, 365)).height <= 5


# What later hours and other accounts change


def test_later_hours_change_no_event_but_the_last() -> None:
    values = with_burst(with_burst(made_up(12, 60), 30 * 24 + 9), 50 * 24 + 9)
    values[40 * 24 + 10 : 40 * 24 + 15] = [0.0] * 5
    whole = hours(MONDAY, values)
    after = cfu.anomalies(whole, time_zone="UTC")

    for n in range(25 * 24, 60 * 24, 37):
        before = cfu.anomalies(whole.head(n), time_zone="UTC")
        settled = before.filter(pl.col("end_time") + 4 * HOUR <= at(0, n))
        assert_frame_equal(settled, after.filter(pl.col("end_time") + 4 * HOUR <= at(0, n)))


@pytest.mark.parametrize("factor", [1e-6, 0.125, 3.0, 1e6])
def test_another_scale_scales_the_dollars_and_nothing_else(factor: float) -> None:
    values = with_burst(made_up(13, 50), 30 * 24 + 9)
    values[40 * 24 + 9 : 40 * 24 + 15] = [0.0] * 6

    one, other = found(values), found([factor * value for value in values])

    amounts = [name for name in ANOMALIES.names() if name.endswith("_usd")]
    assert one.height == 2
    assert_frame_equal(other.select(pl.col(amounts) / factor), one.select(amounts), rel_tol=1e-9)
    assert_frame_equal(other.drop(*amounts, "explanation"), one.drop(*amounts, "explanation"), rel_tol=1e-9)


def test_whole_weeks_later_the_same_events_are_found() -> None:
    values = with_burst(made_up(14, 50), 30 * 24 + 9)
    later = hours("2027-01-04", values)

    moved = cfu.anomalies(later, time_zone="UTC").with_columns(
        pl.col("start_time", "end_time") - timedelta(weeks=13)
    )

    assert_frame_equal(moved, found(values))


def test_each_account_is_judged_by_itself() -> None:
    busy = hours(MONDAY, with_burst(made_up(15, 40), 30 * 24), account_id="b")
    quiet = hours("2026-10-20", [0.01] * 20 * 24, account_id="a")
    both = pl.concat([busy, quiet]).sample(fraction=1.0, shuffle=True, seed=1)

    events = cfu.anomalies(both, time_zone="UTC")

    assert_frame_equal(events, cfu.anomalies(busy, time_zone="UTC"))
    assert events["account_id"].to_list() == ["b"]


# What is asked for


def test_a_higher_sensitivity_finds_more() -> None:
    values = made_up(16, 100, noise=0.6)
    counts = [found(values, sensitivity=accepted).height for accepted in (0.001, 0.2, 5.0, 60.0)]

    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_events_below_the_least_impact_are_left_out() -> None:
    values = with_burst([1.0] * 3 * WEEK, 2 * WEEK)

    assert found(values, min_impact_usd=12.0).height == 1
    assert found(values, min_impact_usd=12.01).is_empty()


@pytest.mark.parametrize(
    "planned",
    [
        [(at(30, 9), at(30, 12))],
        [("2026-11-04T09:00Z", "2026-11-04T12:00Z")],
        [(date(2026, 11, 4), date(2026, 11, 5))],
        [cfu.TimeRange(at(30, 9), at(30, 12))],
        pl.DataFrame({"start_time": [at(30, 9)], "end_time": [at(30, 12)]}),
        pl.DataFrame({"start_time": [at(30, 9)], "end_time": [at(30, 12)], "account_id": ["a"]}),
    ],
)
def test_what_was_planned_is_neither_judged_nor_learned_from(planned: Any) -> None:  # noqa: ANN401 - any form
    history = hours(MONDAY, with_burst(made_up(17, 60), 30 * 24 + 9))

    events = cfu.anomalies(history, time_zone="UTC", planned=planned)
    scores = cfu.anomaly_scores(history, time_zone="UTC", planned=planned)

    assert events.is_empty()
    hidden = scores.filter("is_planned")
    assert at(30, 9) in hidden["start_time"]
    assert at(30, 12) not in hidden["start_time"] or hidden.height == 24
    assert hidden["score"].null_count() == hidden.height
    emptied = history.with_columns(aggregated_value=pl.when(~scores["is_planned"]).then("aggregated_value"))
    assert_frame_equal(
        cfu.anomaly_scores(emptied, time_zone="UTC").drop("actual_usd", "is_planned"),
        scores.drop("actual_usd", "is_planned"),
    )


def test_events_can_be_marked_as_planned_as_they_came() -> None:
    history = hours(MONDAY, with_burst(made_up(17, 60), 30 * 24 + 9))
    events = cfu.anomalies(history, time_zone="UTC")

    assert events.height == 1
    assert cfu.anomalies(history, time_zone="UTC", planned=events).is_empty()
    others = events.with_columns(account_id=pl.lit("b"))
    assert_frame_equal(cfu.anomalies(history, time_zone="UTC", planned=others), events)


def test_provisional_hours_are_judged_and_say_so() -> None:
    values = with_burst(made_up(18, 40), 40 * 24 - 6)
    states = ["complete"] * (39 * 24) + ["provisional"] * 24

    event = cfu.anomalies(hours(MONDAY, values, states=states), time_zone="UTC").row(0, named=True)

    assert event["state"] == "provisional"
    assert event["explanation"].endswith("; may still change")


def test_the_running_hour_is_not_judged_unless_asked_for() -> None:
    values = [*made_up(19, 40), 0.0, 60.0]
    history = hours(MONDAY, values, states=["complete"] * (40 * 24 + 1) + ["in_progress"])

    assert cfu.anomalies(history, time_zone="UTC").is_empty()
    assert cfu.anomaly_scores(history, time_zone="UTC").height == 40 * 24 + 1
    asked = cfu.anomalies(history, time_zone="UTC", include_in_progress=True)
    assert asked["state"].to_list() == ["in_progress"]
    assert asked["impact_usd"].item() > 50


# What is refused


def test_what_is_no_history_or_no_number_is_refused_by_name() -> None:
    history = hours(MONDAY, [1.0] * 48)
    flawed = history.with_columns(
        aggregated_value=pl.when(pl.int_range(pl.len()) == 5).then(float("nan")).otherwise("aggregated_value")
    )

    with pytest.raises(cfu.FrameError, match="aggregated_value"):
        cfu.anomalies(history.drop("aggregated_value"), time_zone="UTC")
    with pytest.raises(cfu.FrameError, match="2026-10-05T05:00:00"):
        cfu.anomalies(flawed, time_zone="UTC")
    with pytest.raises(cfu.FrameError, match="duplicate"):
        cfu.anomaly_scores(pl.concat([history, history.head(1)]), time_zone="UTC")
    with pytest.raises(cfu.FrameError, match="granularity='hour'"):
        cfu.anomalies(hours(MONDAY, [1.0] * 48, width=timedelta(days=1)), time_zone="UTC")
    with pytest.raises(cfu.ConfigError, match="no time zone"):
        cfu.anomalies(history, time_zone="Europe/Atlantis")


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"sensitivity": 0}, "false alarms a month"),
        ({"sensitivity": -1.0}, "false alarms a month"),
        ({"sensitivity": float("nan")}, "false alarms a month"),
        ({"min_impact_usd": -1.0}, "0 or more"),
        ({"planned": [("2026-11-04", "2026-11-04")]}, "does not end after it starts"),
        ({"planned": ["2026-11-04"]}, "a pair of a start and an end"),
        ({"planned": "2026-11-04"}, "a list of spans"),
    ],
)
def test_a_wrong_call_says_what_to_pass(asked: dict[str, Any], words: str) -> None:
    with pytest.raises(cfu.ConfigError, match=words):
        found([1.0] * 48, **asked)


@pytest.mark.parametrize("kind", ["lazy", "pandas", "arrow"])
def test_other_engines_are_computed_here(kind: str) -> None:
    history = hours(MONDAY, with_burst(made_up(20, 30), 20 * 24 + 9))
    other = {"lazy": history.lazy, "pandas": history.to_pandas, "arrow": history.to_arrow}[kind]()

    assert_frame_equal(cfu.anomalies(other, time_zone="UTC"), cfu.anomalies(history, time_zone="UTC"))


def test_a_zone_off_the_hour_is_warned_about_where_it_was_named() -> None:
    history = hours(MONDAY, [1.0] * 48)

    for judge in (cfu.anomalies, cfu.anomaly_scores):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            judge(history, time_zone="Asia/Kolkata")
        assert [one.filename for one in caught] == [__file__]


@pytest.mark.parametrize(
    "first",
    ["cfusage_lab.anomaly_detection", "cfusage_lab.anomaly_detection.history", "cfusage_lab.schema"],
)
def test_the_function_is_there_whatever_was_imported_before(first: str) -> None:
    code = (
        f"import {first}, cfusage_lab as cfu; from cfusage_lab import anomalies\n"
        "import cfusage_lab.anomaly_detection.events\n"
        "print(callable(cfu.anomalies) and cfu.anomalies is anomalies)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.strip() == "True"
