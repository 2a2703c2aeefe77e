"""Accounts ranked by cost: hand-worked cases, and a reference that goes from window to window."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from histories import HOUR, hours, local_days, random_history

from cfusage_lab.changes.account_ranking import MOST_POINTS, RANKED, rank_accounts
from cfusage_lab.frames.expressions import ROUNDING
from cfusage_lab.ranges import TimeRange

A, B, C = "a" * 32, "b" * 32, "c" * 32
NAMES = {A: "Alpha", B: "Beta", C: "Gamma"}
START = datetime(2026, 11, 1, tzinfo=UTC)


def rank(history: pl.DataFrame, previous: pl.DataFrame | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401
    return rank_accounts(history, previous, **{"names": NAMES, "time_zone": "UTC", **options})


def figures(ranked: pl.DataFrame, *names: str) -> list[tuple[Any, ...]]:
    return ranked.select("account_id", *names).rows()


def test_the_costliest_comes_first_with_its_part_of_all() -> None:
    history = pl.concat([hours(START, [1.0, 2.0], account_id=A), hours(START, [5.0, 4.0], account_id=B)])

    ranked = rank(history)

    assert ranked.schema == RANKED
    assert figures(ranked, "name", "cost_usd", "share") == [
        (B, "Beta", 9.0, 0.75),
        (A, "Alpha", 3.0, 0.25),
    ]
    assert figures(ranked, "previous_usd", "change_usd", "change_ratio", "kind") == [
        (B, None, None, None, "unknown"),
        (A, None, None, None, "unknown"),
    ]


def test_the_same_cost_is_in_order_of_names_which_are_never_alike() -> None:
    history = pl.concat([hours(START, [1.0], account_id=one) for one in (A, B, C)])

    ranked = rank(history, names={A: "Same", B: "Same", C: "Alone"})

    assert ranked["name"].to_list() == ["Alone", f"Same ({A})", f"Same ({B})"]


def test_a_change_is_of_finished_windows_alone() -> None:
    """The running window costs 8 until now; what it is compared with ends before its partner."""
    states = ["complete", "provisional", "in_progress"]
    history = hours(START, [1.0, 2.0, 8.0], account_id=A, states=states)
    previous = hours(START - timedelta(days=7), [1.5, 0.5], account_id=A)

    assert figures(
        rank(history, previous), "cost_usd", "previous_usd", "change_usd", "change_ratio", "kind"
    ) == [(A, 11.0, 2.0, 1.0, 0.5, "up")]


def test_a_running_window_of_the_other_range_is_left_out_too() -> None:
    history = hours(START, [1.0, 2.0])
    previous = hours(START + timedelta(days=1), [2.0, 2.0, 5.0], states=["complete"] * 2 + ["in_progress"])
    asked = TimeRange(START + timedelta(days=1), START + timedelta(days=1, hours=3))

    for previous_range in (None, asked):
        found = rank(history, previous, previous_range=previous_range)
        assert figures(found, "previous_usd", "change_usd", "kind") == [("a", 4.0, -1.0, "down")]


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        ([1.0, 1.0], [0.0, 0.0], (0.0, 2.0, None, "new")),
        ([0.0, 0.0], [2.0, 0.0], (2.0, -2.0, -1.0, "stopped")),
        ([0.0, 0.0], [0.0, 0.0], (0.0, 0.0, None, "zero")),
        ([0.1, 0.2], [0.3, 0.0], (0.3, 0.0, 0.0, "flat")),
        ([1.0, 0.0], [-1.0, 0.5], (-0.5, 1.5, None, "up")),
    ],
)
def test_kinds_are_those_of_all_comparisons(
    current: list[float], previous: list[float], expected: tuple[float, float, float | None, str]
) -> None:
    found = rank(hours(START, current), hours(START - timedelta(days=1), previous))

    assert found.select("previous_usd", "change_usd", "change_ratio", "kind").rows() == [expected]


def test_nothing_is_compared_of_which_an_hour_is_not_known() -> None:
    """A lacks an hour before, B has one without a cost, C lacks one now."""
    before = START - timedelta(days=1)
    history = pl.concat([hours(START, [1.0] * 3, account_id=one) for one in (A, B)])
    history = pl.concat([history, hours(START, [1.0] * 2, account_id=C)])
    previous = pl.concat([hours(before, [1.0] * 3, account_id=one) for one in (A, B, C)])
    is_second = pl.col("start_time") == before + HOUR
    cost = pl.when(is_second & (pl.col("account_id") == B)).then(None).otherwise("aggregated_value")
    previous = previous.with_columns(aggregated_value=cost).filter(~(is_second & (pl.col("account_id") == A)))

    ranked = rank(history, previous).sort("account_id")

    assert figures(ranked, "cost_usd", "previous_usd", "change_usd", "kind") == [
        (one, cost, None, None, "unknown") for one, cost in ((A, 3.0), (B, 3.0), (C, 2.0))
    ]


def test_a_range_says_which_hours_there_have_to_be() -> None:
    """All accounts lack the first hour and the last: without the range, nobody can tell."""
    history, before = hours(START, [1.0] * 4), START - timedelta(days=1)
    previous = hours(before, [2.0] * 4)
    asked = TimeRange(before, before + 4 * HOUR)

    for part, expected in ((previous, 8.0), (previous[1:], None), (previous[:-1], None)):
        assert rank(history, part, previous_range=asked)["previous_usd"].to_list() == [expected]


def test_an_account_that_cost_nothing_known_is_last_and_has_no_share() -> None:
    silent = hours(START, [0.0], account_id=A).with_columns(aggregated_value=pl.lit(None, dtype=pl.Float64))
    history = pl.concat([silent, hours(START, [-1.0], account_id=B), hours(START, [3.0], account_id=C)])

    assert figures(rank(history), "cost_usd", "share") == [(C, 3.0, 1.5), (B, -1.0, -0.5), (A, None, None)]
    assert figures(rank(history.head(2)), "cost_usd", "share") == [(B, -1.0, None), (A, None, None)]


def test_no_window_is_no_account() -> None:
    ranked = rank(hours(START, []), hours(START, []))

    assert (ranked.height, ranked.schema) == (0, RANKED)


def test_an_account_that_has_only_begun_has_a_cost_and_no_day() -> None:
    ranked = rank(hours(START, [2.5], states="in_progress"))

    assert ranked.select("cost_usd", "share", "kind").rows() == [(2.5, 1.0, "unknown")]
    assert ranked["spark"].to_list() == [[]]


def test_the_small_line_is_made_of_local_days_that_are_whole() -> None:
    """In Berlin, the clock goes back on 25 October: a day of 25 hours. B lacks an hour of the 26th."""
    zone = "Europe/Berlin"
    history = local_days("2026-10-24", "2026-10-27", zone, account_id=A)
    other = local_days("2026-10-24", "2026-10-26", zone, each=2.0, account_id=B)[:-1]

    ranked = rank(pl.concat([history[2:], other]), time_zone=zone)

    assert dict(figures(ranked, "spark")) == {A: [None, 25.0, 24.0, 24.0], B: [48.0, 50.0, None, None]}


def test_a_long_line_is_made_of_means() -> None:
    """90 days: 45 points of two days each; 61 days: 31, the last of one day."""
    ninety = hours(START, [float(n // 24 % 2) for n in range(90 * 24)])

    assert rank(ninety)["spark"].to_list() == [[12.0] * 45]
    assert len(rank(ninety[: 61 * 24])["spark"][0]) == 31
    assert rank(ninety[: 60 * 24])["spark"].to_list() == [[0.0, 24.0] * 30]
    assert MOST_POINTS == 60


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata"])
def test_it_agrees_with_adding_window_by_window(seed: int, zone: str) -> None:
    history = random_history(seed, start=START, n_hours=24 * 9 + seed, accounts=(A, B, C))
    previous = random_history(seed + 50, start=START - timedelta(days=20), n_hours=24 * 9, accounts=(A, B))

    ranked = rank(history, previous.filter(pl.col("state") != "in_progress"), time_zone=zone)

    assert sorted(ranked["account_id"]) == [A, B, C]
    for row in ranked.iter_rows(named=True):
        own = history.filter(account_id=row["account_id"]).to_dicts()
        assert row["cost_usd"] == pytest.approx(sum(one["aggregated_value"] for one in own), rel=ROUNDING)
        by_day: dict[date, list[float]] = {}
        for one in own:
            if one["state"] != "in_progress":
                day = one["start_time"].astimezone(ZoneInfo(zone)).date()
                by_day.setdefault(day, []).append(one["aggregated_value"])
        whole = [round(sum(costs), 9) for _, costs in sorted(by_day.items()) if len(costs) == 24]
        assert [round(cost, 9) for cost in row["spark"] if cost is not None] == whole
        assert row["kind"] == "unknown" or row["change_usd"] is not None
