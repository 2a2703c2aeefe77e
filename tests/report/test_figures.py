"""The figures behind a report: what is shown apart adds up to what is shown together."""

import math
from collections import defaultdict

import polars as pl
import pytest
from histories import hours
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.reports.figures import Figures

COSTS = st.floats(min_value=-5, max_value=100, allow_nan=False).map(lambda cost: round(cost, 6))
HISTORIES = st.integers(1, 60).flatmap(
    lambda count: st.lists(st.lists(COSTS, min_size=count, max_size=count), min_size=1, max_size=13)
)


def figures_of(accounts: list[list[float]]) -> Figures:
    history = pl.concat(
        hours("2026-11-02", costs, account_id=f"{nth:02d}") for nth, costs in enumerate(accounts)
    )
    return Figures.of(history, time_zone="UTC", names=None)


@pytest.mark.slow
@settings(max_examples=25)
@given(HISTORIES)
def test_accounts_add_up_to_the_total(accounts: list[list[float]]) -> None:
    figures = figures_of(accounts)

    total = math.fsum(cost for costs in accounts for cost in costs)
    assert figures.cost_usd == pytest.approx(total, abs=1e-6)
    assert figures.accounts["cost_usd"].sum() == pytest.approx(total, abs=1e-6)
    assert figures.accounts["cost_usd"].is_sorted(descending=True)
    if figures.cost_usd > 1:
        assert figures.accounts["share"].sum() == pytest.approx(1)


@pytest.mark.slow
@settings(max_examples=25)
@given(HISTORIES)
def test_the_highest_are_those_that_a_plain_loop_finds(accounts: list[list[float]]) -> None:
    figures = figures_of(accounts)

    by_hour = [math.fsum(costs[hour] for costs in accounts) for hour in range(len(accounts[0]))]
    by_day: dict[int, float] = defaultdict(float)
    for hour, cost in enumerate(by_hour):
        by_day[hour // 24] += cost
    hours_found, days_found = figures.top_hours(), figures.top_days()
    for found, plain, cost in (
        (hours_found, by_hour, "aggregated_value"),
        (days_found, by_day.values(), "cost_usd"),
    ):
        highest = sorted((one for one in plain if one > 1e-9), reverse=True)[:10]
        assert found.filter(pl.col(cost) > 1e-9)[cost].to_list() == pytest.approx(highest)
    for row in hours_found.iter_rows(named=True):
        hour = (row["start_time"].day - 2) * 24 + row["start_time"].hour
        assert row["top_usd"] == max(costs[hour] for costs in accounts)


def test_there_is_no_share_of_a_total_that_is_not_above_nothing() -> None:
    """3 dollars and a correction of 5; nor of two corrections."""
    assert figures_of([[3.0, -5.0]]).top_hours().select("aggregated_value", "share").rows() == [(3.0, None)]
    assert figures_of([[-1.0], [-2.0]]).accounts["share"].to_list() == [None, None]


def test_the_highest_are_above_nothing_and_of_equal_ones_the_earliest_come_first() -> None:
    """Hours of 2, 0, 2 and 4 dollars: shares of a quarter, a quarter and a half."""
    found = figures_of([[2.0, 0.0, 2.0, 4.0]]).top_hours()

    assert [start.hour for start in found["start_time"]] == [3, 0, 2]
    assert found["share"].to_list() == [0.5, 0.25, 0.25]


def test_of_accounts_that_cost_the_same_the_first_id_is_named() -> None:
    """Of 2 and 2 dollars in an hour, and a total of 2 each."""
    figures = figures_of([[2.0], [2.0]])

    assert figures.top_hours().select("top_account_id", "top_usd", "share").rows() == [("00", 2.0, 1.0)]
    assert figures.accounts.select("account_id", "share").rows() == [("00", 0.5), ("01", 0.5)]


def test_the_parts_of_a_report_are_those_of_the_total_in_the_zone() -> None:
    """Two accounts, from Saturday evening to Monday in New York: 2 and 3 dollars an hour, 5 together."""
    history = pl.concat(
        hours("2026-11-07T22:00", [cost] * 48, account_id=one) for one, cost in {"a": 2, "b": 3}.items()
    )
    figures = Figures.of(history, time_zone="America/New_York", names=None)

    assert (figures.overall["today_usd"], figures.overall["until"]) == (85.0, "17:00")
    assert figures.overall["mean_day_usd"] == 120.0
    assert figures.accounts.select("account_id", "cost_usd", "share").rows() == [
        ("b", 144.0, 0.6),
        ("a", 96.0, 0.4),
    ]
    assert figures.heatmap()["mean_usd"].to_list() == [5.0] * 48
    assert figures.heatmap().select("weekday", "hour").row(-1) == (7, 23)
    assert figures.profile().select("hour", "mean_usd", "hours").row(17) == (17, 5.0, 2)
    shares = figures.shares()
    assert shares["weekend_share"] == pytest.approx(31 / 48)
    assert shares["off_hours_share"] == pytest.approx(40 / 48)
    assert shares["top_share"] == 0.5
    assert figures.changes().select("current_usd", "change_usd").rows() == [
        (35.0, None),
        (120.0, None),
        (85.0, None),
    ]
    assert figures.month()["current_usd"].to_list() == [35.0, 155.0, 240.0]
    assert [f"{moment:%d %H}" for moment in figures.span] == ["07 22", "09 22"]


def test_the_movers_of_a_report_are_single_accounts_eight_at_most() -> None:
    """Account n rises by n dollars from one day to the next, ten accounts by 55 together."""
    figures = figures_of([[0.0] * 24 + [float(n)] + [0.0] * 23 for n in range(1, 11)])

    found = figures.movers()

    assert found["account_id"].to_list() == [f"{n - 1:02d}" for n in range(10, 2, -1)]
    assert found["change_usd"].to_list() == [10.0, 9.0, 8.0, 7.0, 6.0, 5.0, 4.0, 3.0]
    assert found["share"][0] == pytest.approx(10 / 55)
