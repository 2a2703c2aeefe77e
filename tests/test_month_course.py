"""Where a month ends and what stood out, of plain windows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from histories import hours
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.errors import ConfigError
from cfusage_lab.headline import (
    MOST_JUDGED,
    Usage,
    budget_of,
    month_course,
    month_end,
    range_events,
    require_accounts,
    stood_out,
)
from cfusage_lab.ranges import TimeRange

OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 15, 9, tzinfo=UTC)
FINISHED = (NOW - OCTOBER) // timedelta(hours=1)
BURST = datetime(2026, 11, 10, 3, tzinfo=UTC)


def steady(**prices: float) -> pl.DataFrame:
    """Let accounts cost the same every hour since the first of October."""
    return pl.concat(
        hours(OCTOBER, [price] * FINISHED, account_id=account) for account, price in prices.items()
    )


def bursting(account_id: str = "a", cost: float = 100.0) -> pl.DataFrame:
    """Let an account cost a dollar an hour, and more in three hours of one night."""
    is_burst = pl.col("start_time").is_between(BURST, BURST + timedelta(hours=3), closed="left")
    value = pl.when(is_burst).then(cost).otherwise("aggregated_value")
    return steady(**{account_id: 1.0}).with_columns(aggregated_value=value)


def test_a_month_of_a_dollar_an_hour_ends_with_its_hours() -> None:
    course = month_course(steady(a=1.0), time_zone="UTC")

    assert course.month_end["account_id"].to_list() == ["a"]
    assert course.month_end["forecast_usd"].to_list() == pytest.approx([720.0])
    assert course.path["date"].len() == 30
    assert (course.budget, course.runway, course.refusal) == (None, None, "")


@pytest.mark.parametrize(
    ("budget", "expected"),
    [
        (2000, {"all": 2000.0}),
        ({"a": 1500, "b": 500}, {"a": 1500.0, "b": 500.0, "all": 2000.0}),
        ({"a": 1500}, {"a": 1500.0}),
        ({"a": 1500, "all": 1800}, {"a": 1500.0, "all": 1800.0}),
    ],
)
def test_several_accounts_have_the_sum_of_their_budgets(budget: Any, expected: dict[str, float]) -> None:  # noqa: ANN401
    course = month_course(steady(a=1.0, b=0.25), time_zone="UTC", budget=budget_of(budget))

    assert course.budget is not None
    assert dict(course.budget.select("account_id", "budget_usd").iter_rows()) == expected
    assert course.month_end["forecast_usd"].to_list() == pytest.approx([720.0, 180.0, 900.0])


def test_a_number_is_the_budget_of_the_only_account() -> None:
    course = month_course(steady(a=1.0), time_zone="UTC", budget=budget_of(48))

    assert course.budget is not None
    row = course.budget.row(0, named=True)
    assert (row["account_id"], row["is_passed"]) == ("a", True)
    assert row["passed_time"] == datetime(2026, 11, 3, tzinfo=UTC)


def test_credit_lasts_as_long_as_it_is_not_used_up() -> None:
    """100 dollars at 24 a day: four days and four hours from 09:00 on the 15th."""
    credit = pl.DataFrame({"account_id": ["a"], "balance_usd": [100.0]}).with_columns(
        has_default_payment_method=False,
        topup_amount_usd=pl.lit(None, pl.Float64),
        topup_threshold_usd=pl.lit(None, pl.Float64),
    )

    course = month_course(steady(a=1.0), time_zone="UTC", credit=credit)

    assert course.runway is not None
    assert str(course.runway["used_up_date"].item()) == "2026-11-19"


def test_what_cannot_be_told_is_refused_in_words() -> None:
    days = hours(OCTOBER, [1.0] * 30, width=timedelta(days=1))

    course = month_course(days, time_zone="Europe/Berlin")

    assert (course.month_end.height, course.path.height) == (0, 0)
    assert "not hour windows" in course.refusal
    assert month_course(days.clear(), time_zone="UTC").month_end.is_empty()


def test_it_is_the_forecast_of_a_report() -> None:
    windows = steady(a=1.0, b=0.25)

    course = month_course(windows, time_zone="UTC", budget=budget_of({"a": 700, "b": 200}))
    end = month_end(Usage.of(windows, time_zone="UTC"), budget={"a": 700, "b": 200, "all": 900}, balance=None)

    assert end is not None
    assert end.whole == course.month_end.row(-1, named=True)
    assert_frame_equal(end.each, course.month_end.head(2))
    assert end.budget is not None
    assert_frame_equal(end.budget, course.budget)


@pytest.mark.parametrize("budget", [0, -1, "2500", True, float("nan"), {"a": 0}, {}])
def test_a_budget_that_is_none_is_refused(budget: object) -> None:
    with pytest.raises(ConfigError, match="budget"):
        budget_of(budget)


def test_a_budget_of_an_account_that_is_not_there_is_refused() -> None:
    with pytest.raises(ConfigError, match="a budget for account c, which is not among those of the source"):
        require_accounts(budget_of({"c": 5}), ["a", "b"])
    require_accounts(budget_of({"all": 5, "a": 1}), ["a", "b"])
    require_accounts(budget_of({"c": 5}), [])
    require_accounts(budget_of(5), ["a"])
    assert budget_of(None) is None


def test_a_burst_is_an_event_of_the_ranges_that_it_lies_in() -> None:
    windows = bursting()

    found = range_events(windows, time_zone="UTC", time_range=TimeRange(BURST - timedelta(days=9), NOW))
    later = range_events(windows, time_zone="UTC", time_range=TimeRange(BURST + timedelta(days=1), NOW))
    partly = range_events(windows, time_zone="UTC", time_range=TimeRange(BURST + timedelta(hours=2), NOW))

    span = (BURST, BURST + timedelta(hours=3))
    assert found.table.select("start_time", "end_time", "impact_usd").rows() == [(*span, 297.0)]
    assert_frame_equal(partly.table, found.table)
    assert later.table.is_empty()
    assert (found.judged, found.accounts, found.refusal) == (1, 1, "")
    assert found.judged_from == OCTOBER + timedelta(days=7)


def test_of_many_accounts_the_costliest_are_judged() -> None:
    """Twenty cost two dollars an hour; of the others one has a burst, which nobody sees, and one a larger."""
    many = steady(**{f"n{nth:02d}": 2.0 for nth in range(MOST_JUDGED - 1)})
    windows = pl.concat([many, bursting("small"), bursting("large", 1000.0)])

    found = range_events(windows, time_zone="UTC", time_range=TimeRange(OCTOBER, NOW))

    assert (found.judged, found.accounts) == (20, 21)
    assert found.table["account_id"].to_list() == ["large"]


def test_days_without_a_past_are_judged_by_nobody() -> None:
    start = NOW - timedelta(days=5)
    windows = hours(start, [1.0] * 120)

    found = range_events(windows, time_zone="UTC", time_range=TimeRange(start, NOW))

    assert (found.table.height, found.judged_from) == (0, None)
    assert stood_out(Usage.of(windows, time_zone="UTC")) is None
    assert range_events(windows.clear(), time_zone="UTC", time_range=TimeRange(start, NOW)).judged == 0


def test_events_that_cannot_be_told_are_refused_in_words() -> None:
    days = hours(OCTOBER, [1.0] * 30, width=timedelta(days=1))

    found = range_events(days, time_zone="UTC", time_range=TimeRange(OCTOBER, NOW))

    assert found.table.is_empty()
    assert "hour" in found.refusal


def test_they_are_the_events_of_a_report() -> None:
    client = cfu.UsageClient.sandbox(now=NOW)
    windows = client.usage_history(cfu.last_days(60, now=NOW), with_ids=False)

    report = stood_out(Usage.of(windows, time_zone="UTC"))
    found = range_events(windows, time_zone="UTC", time_range=TimeRange(OCTOBER, NOW))

    assert report is not None
    assert found.table.height > 1
    of_report = report.since(OCTOBER).total
    assert_frame_equal(found.table.sort("start_time"), of_report.sort("start_time"), rel_tol=1e-9)
