"""The judgement of a series: held against a slow one, and against what must not change it."""

import math
import random
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from reference_anomalies import judged

from cfusage_lab.anomaly_detection import series_scores

HOUR = timedelta(hours=1)
START = datetime(2026, 10, 12, tzinfo=UTC)  # a Monday
JUDGED = ("expected", "low", "high", "distance", "score")


def made_up(seed: int, n: int) -> list[float]:
    """Make hours with a rhythm, weekends, idle hours, an outage and a burst."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    values = []
    for k in range(n):
        rhythm = 1 + 0.8 * math.sin(k / 24 * 2 * math.pi)
        week = 0.4 if (k // 24) % 7 > 4 else 1.0
        idle = 0.0 if chance.random() < 0.05 else 1.0
        values.append(rhythm * week * idle * chance.lognormvariate(0, 0.3))
    values[n // 2 : n // 2 + 4] = [9.0] * 4
    values[n - 30 : n - 26] = [0.0] * 4
    return values


def series(values: list[float | None], *, step: timedelta = HOUR, start: datetime = START) -> pl.DataFrame:
    """Make a series of one account."""
    times = [start + n * step for n in range(len(values))]
    return pl.DataFrame({"account_id": "a", "start_time": times, "value": values}).cast({"value": pl.Float64})


@pytest.mark.parametrize(("seed", "zone"), [(1, "UTC"), (2, "Europe/Berlin")])
def test_a_slow_loop_over_the_definitions_says_the_same(seed: int, zone: str) -> None:
    values = made_up(seed, 17 * 24)

    found = series_scores(series(values), step=HOUR, time_zone=zone)

    assert_frame_equal(found.select(JUDGED), judged(START, values, zone), rel_tol=1e-9, abs_tol=1e-9)
    assert found["score"].max() > 2  # the burst


def test_a_later_window_changes_nothing_that_was_said() -> None:
    whole = series(made_up(3, 40 * 24))
    after = series_scores(whole, step=HOUR)

    for n in (9 * 24 + 5, 20 * 24, 20 * 24 + 4, 39 * 24 + 23):
        assert_frame_equal(series_scores(whole.head(n), step=HOUR), after.head(n))


def test_another_scale_changes_no_score() -> None:
    small = series_scores(series(made_up(4, 40 * 24)), step=HOUR)
    large = series_scores(series([1024 * value for value in made_up(4, 40 * 24)]), step=HOUR)
    odd = series_scores(series([0.003 * value for value in made_up(4, 40 * 24)]), step=HOUR)

    assert_frame_equal(large.select("score", "distance"), small.select("score", "distance"))
    assert_frame_equal(
        large.select(pl.col("expected", "lower", "upper") / 1024), small.select("expected", "lower", "upper")
    )
    assert_frame_equal(odd.select("score", "distance"), small.select("score", "distance"), abs_tol=1e-9)


def test_whole_weeks_later_all_is_the_same() -> None:
    values = made_up(5, 30 * 24)

    now = series_scores(series(values), step=HOUR)
    later = series_scores(series(values, start=START + timedelta(weeks=9)), step=HOUR)

    assert_frame_equal(later.select(JUDGED), now.select(JUDGED))


def test_an_account_is_judged_as_if_it_were_alone() -> None:
    alone = series(made_up(6, 30 * 24))
    other = series([5.0] * 25 * 24).with_columns(account_id=pl.lit("b"))
    first = series(made_up(7, 20 * 24)).with_columns(account_id=pl.lit("A"))
    together = pl.concat([other, alone, first]).sample(fraction=1.0, shuffle=True, seed=1)

    found = series_scores(together, step=HOUR).filter(pl.col("account_id") == "a")

    assert_frame_equal(found.select(JUDGED), series_scores(alone, step=HOUR).select(JUDGED))


def test_what_is_always_the_same_is_expected_exactly() -> None:
    last = series_scores(series([1.0] * 14 * 24 + [1.0, 1.0, 3.0]), step=HOUR).tail(3)

    assert last["expected"].to_list() == [1.0, 1.0, 1.0]
    assert last["distance"].to_list()[:2] == [0.0, 0.0]
    assert last["score"][2] == 9.0
    assert last["score"][1] < 0


def test_a_miss_of_half_a_percent_is_never_unusual() -> None:
    last = series_scores(series([1.0] * 21 * 24 + [1.005]), step=HOUR).tail(1)

    assert last["distance"].item() <= 1.0
    assert last["score"].item() < 0


def test_nothing_at_all_is_not_judged() -> None:
    found = series_scores(series([0.0] * 40 * 24), step=HOUR)

    assert found["score"].null_count() == found.height
    assert not found["is_judged"].any()


def test_cost_that_begins_after_nothing_is_told_once_and_then_learned() -> None:
    values = [0.0] * 20 * 24 + [1.0 + n % 5 / 10 for n in range(10 * 24)]

    found = series_scores(series(values), step=HOUR).tail(10 * 24)

    assert found["score"].to_list()[:48] == [9.0] + [None] * 47
    assert found["is_judged"].to_list()[: 7 * 24] == [True] + [False] * (7 * 24 - 1)
    assert found["expected"][0] == 0.0
    assert found["is_judged"][-1]
    assert found["score"].tail(3 * 24).max() < 0.7


@pytest.mark.parametrize("minutes", [5, 30])
@pytest.mark.parametrize(("level", "size"), [(80.0, 1.5), (1e6, 2e4), (0.0, 1.0), (-40.0, 2.0)])
def test_any_step_and_any_level_will_do(minutes: int, level: float, size: float) -> None:
    """Noise about a level, and a spike of twelve times its deviation."""
    chance = random.Random(minutes)  # noqa: S311 - the same numbers each time
    day = 24 * 60 // minutes
    values = [level + size * chance.gauss(0, 1) for _ in range(20 * day)]
    values[18 * day + 7] = level + 12 * size

    found = series_scores(series(values, step=timedelta(minutes=minutes)), step=timedelta(minutes=minutes))

    judged = found.filter("is_judged")
    assert judged.filter(pl.col("value") == level + 12 * size)["score"].item() > 0.7
    assert judged.filter(pl.col("score") > 0.7).height <= 2


def test_windows_may_be_absent() -> None:
    whole = series(made_up(8, 40 * 24))
    holes = whole.filter(pl.int_range(pl.len()) % 50 != 49, pl.int_range(pl.len()) // 24 != 20)

    found = series_scores(holes, step=HOUR)

    assert found.height == holes.height
    assert found["score"].tail(25 * 24).null_count() == 0
