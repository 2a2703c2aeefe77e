"""Budgets and prepaid credit, on days whose answer can be counted."""

import random
from collections.abc import Mapping
from datetime import UTC, date, datetime

import polars as pl
import pytest
from daily_tables import WEEK, daily_of
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.schema import CREDIT_BALANCE

START = "2026-10-01T00:00"
"""A Thursday."""


def even_history(days: int, *, extra: int = 0, each: float = 1.0) -> pl.DataFrame:
    """Make hours of a dollar from 1 October on, the last one running."""
    count = days * 24 + extra
    return hours(START, [each] * count, states=["complete"] * (count - 1) + ["in_progress"])


def check(daily: pl.DataFrame, budget: float | Mapping[str, float], **options: object) -> dict[str, object]:
    return cfu.budget_check(daily, budget_usd=budget, **options).row(0, named=True)


def noisy(last: str) -> pl.DataFrame:
    chance = random.Random(4)  # noqa: S311 - the same numbers each time
    return daily_of([WEEK[n % 7] * chance.lognormvariate(0, 0.3) for n in range(100)], last=last)


def test_a_budget_that_was_passed_says_when() -> None:
    """November began on day 31; its 50th dollar is in by 02:00 on the third, and the 51st an hour later."""
    history = even_history(45, extra=6)
    daily = cfu.daily_usage(history, time_zone="UTC")

    row = check(daily, 50.0, history=history, time_zone="UTC")

    assert row["is_passed"] is True
    assert row["chance"] == 1.0
    assert row["passed_date"] == date(2026, 11, 3)
    assert row["passed_time"] == datetime(2026, 11, 3, 2, tzinfo=UTC)


def test_without_hours_a_budget_that_was_passed_says_the_day() -> None:
    row = check(cfu.daily_usage(even_history(45, extra=6), time_zone="UTC"), 50.0)

    assert row["passed_date"] == date(2026, 11, 3)
    assert row["passed_time"] is None


def test_a_budget_that_will_be_passed_says_when() -> None:
    """A dollar an hour: 500 dollars are reached after 20 days and 20 hours, and passed in the hour after."""
    history = even_history(45, extra=6)
    daily = cfu.daily_usage(history, time_zone="UTC")

    row = check(daily, 500.5, history=history, time_zone="UTC")

    assert row["is_passed"] is False
    assert row["passed_date"] == date(2026, 11, 21)
    assert row["passed_time"] == datetime(2026, 11, 21, 20, tzinfo=UTC)


def test_hours_are_those_of_the_zone() -> None:
    history = even_history(45, extra=6)
    daily = cfu.daily_usage(history, time_zone="Asia/Tokyo")

    row = check(daily, 500.5, history=history, time_zone="Asia/Tokyo")

    assert row["passed_time"] == datetime(2026, 11, 21, 11, tzinfo=UTC)


def test_a_budget_that_is_not_reached_has_no_date() -> None:
    row = check(noisy("2026-11-15"), 1e6)

    assert row["passed_date"] is None
    assert row["chance"] == pytest.approx(0.0, abs=1e-6)


def test_the_chance_is_that_of_the_interval() -> None:
    daily = noisy("2026-11-15")
    end = cfu.forecast_month_end(daily).row(0, named=True)

    assert check(daily, end["forecast_usd"])["chance"] == pytest.approx(0.5, abs=1e-6)
    assert check(daily, end["upper_80_usd"])["chance"] == pytest.approx(0.1, abs=1e-6)
    assert check(daily, end["lower_95_usd"])["chance"] == pytest.approx(0.975, abs=5e-3)  # no end ever falls


def test_a_month_that_is_over_has_no_chances() -> None:
    daily = daily_of([10.0] * 60, last="2026-11-30")

    assert check(daily, 299.0)["chance"] == 1.0
    assert check(daily, 300.0)["chance"] == 0.0


def test_another_unit_leaves_chances_and_days() -> None:
    daily = noisy("2026-11-15")
    one, other = (
        check(daily.with_columns(cost_usd=pl.col("cost_usd") * by), 700.0 * by) for by in (1.0, 1e-6)
    )

    assert other["chance"] == pytest.approx(one["chance"], abs=1e-9)
    assert (other["passed_date"], other["method"]) == (one["passed_date"], one["method"])


def test_budgets_by_account() -> None:
    daily = pl.concat([daily_of([10.0] * 60, last="2026-11-15", account_id=name) for name in "abc"])
    table = cfu.budget_check(daily, budget_usd={"all": 800, "b": 500.0})

    assert table.select("account_id", "budget_usd", "is_passed").rows() == [
        ("b", 500.0, False),
        ("all", 800.0, False),
    ]
    assert table["passed_date"].to_list() == [None, date(2026, 11, 27)]


@pytest.mark.parametrize(
    "budget", [0, -1, float("nan"), float("inf"), "2500", None, True, {"a": 0}, {"z": 5.0}]
)
def test_a_budget_is_dollars(budget: object) -> None:
    with pytest.raises(cfu.ConfigError, match="budget"):
        cfu.budget_check(noisy("2026-11-15"), budget_usd=budget)


def test_a_budget_without_a_whole_day_is_unknown_until_it_is_passed() -> None:
    daily = daily_of([], last="2026-11-15", running=(30.0, 2))

    assert check(daily, 50.0)["chance"] is None
    assert check(daily, 20.0)["chance"] == 1.0
    assert check(daily, 20.0)["passed_date"] == date(2026, 11, 16)


# Credit


def credit(
    balance: float | None, *, topup: tuple[float, float] | None = None, account_id: str = "a"
) -> pl.DataFrame:
    amount, threshold = topup or (None, None)
    return pl.DataFrame([(account_id, balance, True, amount, threshold)], schema=CREDIT_BALANCE, orient="row")


def runway(balance: pl.DataFrame, daily: pl.DataFrame) -> dict[str, object]:
    return cfu.credit_runway(balance, daily).row(0, named=True)


def test_credit_is_used_up_on_the_day_on_which_cost_comes_to_it() -> None:
    """Ten dollars a day from 16 November on: 95 are used up on the tenth day."""
    row = runway(credit(95.0), daily_of([10.0] * 60, last="2026-11-15"))

    assert row["status"] == "lasts"
    assert row["used_up_date"] == row["earliest_95_date"] == row["latest_95_date"] == date(2026, 11, 25)


def test_doubt_spreads_the_day() -> None:
    row = runway(credit(100.0), noisy("2026-11-15"))

    assert row["earliest_95_date"] <= row["earliest_80_date"] <= row["used_up_date"]
    assert row["used_up_date"] <= row["latest_80_date"] <= row["latest_95_date"]
    assert row["earliest_95_date"] < row["latest_95_date"]


def test_an_automatic_top_up_is_told() -> None:
    """95 dollars fall to the threshold of 50 on the fifth day."""
    row = runway(credit(95.0, topup=(200.0, 50.0)), daily_of([10.0] * 60, last="2026-11-15"))

    assert row["status"] == "topped up"
    assert row["topup_date"] == date(2026, 11, 20)
    assert row["used_up_date"] == date(2026, 11, 25)
    assert (row["topup_amount_usd"], row["topup_threshold_usd"]) == (200.0, 50.0)


@pytest.mark.parametrize("balance", [0.0, -12.5])
def test_credit_that_is_gone(balance: float) -> None:
    row = runway(credit(balance), daily_of([10.0] * 60, last="2026-11-15"))

    assert row["status"] == "used up"
    assert row["used_up_date"] is None


def test_short_history_tells_no_date() -> None:
    row = runway(credit(95.0), daily_of([10.0] * 13, last="2026-11-15"))

    assert row["status"] == "not enough history"
    assert [value for name, value in row.items() if name.endswith("_date")] == [None] * 6


def test_an_account_without_days_tells_no_date() -> None:
    assert (
        runway(credit(95.0, account_id="z"), daily_of([10.0] * 60, last="2026-11-15"))["status"]
        == "not enough history"
    )


def test_no_cost_never_uses_credit_up() -> None:
    row = runway(credit(95.0), daily_of([0.0] * 60, last="2026-11-15"))

    assert row["status"] == "no cost"
    assert row["used_up_date"] is None


def test_credit_for_more_than_a_year() -> None:
    assert runway(credit(1e6), daily_of([10.0] * 60, last="2026-11-15"))["status"] == "beyond a year"


def test_a_top_up_in_the_history_is_no_cost() -> None:
    """A payment shows in the balance; a correction below zero in the history is not expected again."""
    costs = [10.0] * 60
    costs[-5] = -190.0

    assert runway(credit(95.0), daily_of(costs, last="2026-11-15"))["used_up_date"] == date(2026, 11, 25)


@pytest.mark.parametrize("balance", [None, float("nan")])
def test_a_balance_is_a_number(balance: float | None) -> None:
    with pytest.raises(cfu.FrameError, match="balance_usd"):
        cfu.credit_runway(credit(balance), noisy("2026-11-15"))


def test_an_account_has_one_balance() -> None:
    with pytest.raises(cfu.FrameError, match="account"):
        cfu.credit_runway(pl.concat([credit(1.0)] * 2), noisy("2026-11-15"))
