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


@settings(deadline=None, max_examples=25)
@given(HISTORIES)
def test_accounts_add_up_to_the_total(accounts: list[list[float]]) -> None:
    figures = figures_of(accounts)

    total = math.fsum(cost for costs in accounts for cost in costs)
    assert figures.cost_usd == pytest.approx(total, abs=1e-6)
    assert figures.accounts["cost_usd"].sum() == pytest.approx(total, abs=1e-6)
    assert figures.accounts["cost_usd"].is_sorted(descending=True)
    if figures.cost_usd > 1:
        assert figures.accounts["share"].sum() == pytest.approx(1)


@settings(deadline=None, max_examples=25)
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
