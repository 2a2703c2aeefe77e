"""The made-up accounts: reproducible, and like real ones."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.sandbox import Sandbox
from cfusage_lab.sandbox.data import hourly_costs
from cfusage_lab.source import SANDBOX_ACCOUNTS

SUPPORT, RESEARCH, BATCH, PILOT = SANDBOX_ACCOUNTS
ZONES = {SUPPORT: "Europe/Berlin", RESEARCH: "America/New_York", BATCH: "UTC"}
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
hours_since_1970 = st.integers(0, 1_000_000)  # up to the year 2084


def number(moment: datetime) -> int:
    """Count the hours since 1970."""
    return int(moment.timestamp()) // 3_600


def hours(account_id: str, start: datetime = YEAR[0], end: datetime = YEAR[1]) -> pl.DataFrame:
    """Make one row an hour, with its local clock and its cost."""
    local = pl.datetime_range(start, end, "1h", closed="left", eager=True)
    local = local.dt.convert_time_zone(ZONES[account_id])
    return pl.DataFrame(
        {
            "date": local.dt.date(),
            "weekday": local.dt.weekday(),
            "hour": local.dt.hour(),
            "usd": pl.Series(hourly_costs(account_id, number(start), number(end)), dtype=pl.Float64),
        }
    )


def days(account_id: str, start: datetime = YEAR[0], end: datetime = YEAR[1]) -> pl.DataFrame:
    """Make one row a local day."""
    return hours(account_id, start, end).group_by("date").agg(pl.col("usd").sum()).sort("date")


def test_the_numbers_never_change() -> None:
    """What one day cost is part of published pictures and reports."""
    first = number(datetime(2026, 11, 18, tzinfo=UTC))

    dollars = [sum(hourly_costs(account_id, first, first + 24)) for account_id in SANDBOX_ACCOUNTS]

    assert dollars == pytest.approx([114.850073, 131.464811, 22.804827, 0.0], abs=1e-5)


@given(
    account_id=st.sampled_from([*SANDBOX_ACCOUNTS, "f" * 32]),
    first=hours_since_1970,
    middle=st.integers(0, 200),
)
@settings(max_examples=50)
def test_an_hour_costs_the_same_however_it_is_asked_for(account_id: str, first: int, middle: int) -> None:
    """Any range is the concatenation of any two parts of it."""
    parts = hourly_costs(account_id, first, first + middle) + hourly_costs(
        account_id, first + middle, first + 200
    )

    assert hourly_costs(account_id, first, first + 200) == parts
    assert len(parts) == 200


@given(account_id=st.sampled_from([SUPPORT, RESEARCH, BATCH]), first=hours_since_1970)
@settings(max_examples=40)
def test_growth_stays_sane_in_any_year(account_id: str, first: int) -> None:
    """Thirty days cost a few hundred dollars to a few thousand, now and in 2080."""
    month = hourly_costs(account_id, first, first + 720)

    assert 200 < sum(month) < 3_500
    assert max(month) < 70
    assert min(month) > -3


@pytest.mark.parametrize(
    ("account_id", "low", "high"), [(SUPPORT, 40, 120), (RESEARCH, 15, 60), (BATCH, 5, 30)]
)
def test_a_usual_day_costs_what_such_an_account_would(account_id: str, low: float, high: float) -> None:
    """The median day is well inside the range, and the middle half of the days within it."""
    usd = days(account_id)["usd"]

    assert low <= usd.quantile(0.3) <= usd.median() <= usd.quantile(0.75) <= high


def test_support_and_research_rest_on_weekends() -> None:
    """A median Saturday or Sunday costs less than two thirds of a median workday."""
    for account_id in (SUPPORT, RESEARCH):
        by_day = days(account_id).with_columns(is_weekend=pl.col("date").dt.weekday() >= 6)
        weekend, workday = (by_day.filter(is_weekend=flag)["usd"].median() for flag in (True, False))

        assert 0 < weekend < 0.65 * workday


def test_the_rhythm_follows_the_local_clock() -> None:
    """Berlin, by UTC hour: the same day comes an hour earlier in summer than in winter."""

    def rhythm(month: int) -> list[float]:
        first = number(datetime(2026, month, 5, tzinfo=UTC))
        costs = hourly_costs(SUPPORT, first, first + 21 * 24)
        medians = [sorted(costs[hour::24])[10] for hour in range(24)]
        return [median / sum(medians) for median in medians]

    winter, summer = rhythm(1), rhythm(7)
    apart = {
        shift: sum(abs(summer[hour] - winter[(hour + shift) % 24]) for hour in range(24))
        for shift in range(-3, 4)
    }

    assert min(apart, key=apart.__getitem__) == 1
    assert apart[1] < 0.6 * apart[0]


def test_the_launch_and_growth_raise_the_cost() -> None:
    """Support: a median workday in November costs half as much again as one in May."""
    workdays = days(SUPPORT).filter(pl.col("date").dt.weekday() < 6)
    median = {m: workdays.filter(pl.col("date").dt.month() == m)["usd"].median() for m in (5, 8, 10, 11)}

    assert median[5] < median[8] < median[10]
    assert median[11] > 1.5 * median[5]
    assert median[10] > 1.25 * median[8]  # the launch in September


def test_christmas_is_quiet() -> None:
    """Research all but stops from 24 December on, Support has about a third."""
    december = datetime(2025, 12, 1, tzinfo=UTC)
    for account_id, share in ((SUPPORT, 0.5), (RESEARCH, 0.3)):
        usd = days(account_id, december, december + timedelta(days=30))["usd"]
        before, holidays = usd[7:21].median(), usd[24:30].median()

        assert holidays < share * before


@given(first_day=st.integers(15_000, 40_000))
@settings(max_examples=40)
def test_every_thirty_days_have_a_runaway_night_and_an_outage(first_day: int) -> None:
    """Whatever month is opened, there is something to find."""
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=first_day)
    research = hourly_costs(RESEARCH, first_day * 24, (first_day + 31) * 24)
    support = hours(SUPPORT, start, start + timedelta(days=31))

    office = support.filter(pl.col("hour").is_between(10, 12))

    assert max(research) > 12
    assert max(research) > 3 * sorted(research)[int(len(research) * 0.9)]
    assert office.filter(pl.col("usd") == 0).height >= 3


def test_an_outage_is_a_gap_of_some_hours() -> None:
    """Support, a year: gaps by day last 3 to 7 hours, and only outages make them."""
    by_day = hours(SUPPORT).filter(pl.col("hour").is_between(9, 18))
    gaps = by_day.filter(pl.col("usd") == 0).group_by("date").agg(pl.col("hour").sort())

    assert 13 <= gaps.height <= 17
    for gap in gaps["hour"].to_list():
        assert gap == list(range(10, 10 + len(gap)))
        assert 3 <= len(gap) <= 7


def test_nights_have_hours_without_any_usage() -> None:
    """Support: some of the hours before six, not all; after six only outages."""
    night = hours(SUPPORT).filter(pl.col("hour") < 6)["usd"]

    assert 0.2 < (night == 0).mean() < 0.4


def test_batch_works_at_night_and_gets_a_little_back() -> None:
    """Nine tenths between one and nine; a handful of small corrections a year."""
    batch = hours(BATCH)
    corrections = batch.filter(pl.col("usd") < 0)["usd"]

    assert batch.filter(pl.col("hour").is_between(1, 8))["usd"].sum() > 0.9 * batch["usd"].sum()
    assert 7 <= len(corrections) <= 10
    assert corrections.is_between(-2.4, -0.4).all()


def test_the_pilot_never_used_anything() -> None:
    """Not one hour."""
    assert not any(hourly_costs(PILOT, number(YEAR[0]), number(YEAR[1])))


def test_more_accounts_differ_from_each_other() -> None:
    """A hundred accounts have a hundred different months."""
    months = {sum(hourly_costs(f"{one:032x}", 495_000, 495_720)) for one in range(100)}

    assert len(months) == 100


@given(account_id=st.sampled_from([SUPPORT, RESEARCH, BATCH]), day=st.integers(0, 25_000))
@settings(max_examples=30)
def test_days_are_sums_of_hours(account_id: str, day: int) -> None:
    """Ten days asked by day and by hour cost the same, day by day."""
    start = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)
    sandbox = Sandbox(now=start + timedelta(days=30))

    by_day = sandbox.truth(account_id, start, start + timedelta(days=10), "day")
    by_hour = sandbox.truth(account_id, start, start + timedelta(days=10))

    expected = (
        by_hour.group_by(pl.col("start_time").dt.truncate("1d"))
        .agg(pl.col("aggregated_value").sum())
        .sort("start_time")
    )
    assert by_day["start_time"].to_list() == expected["start_time"].to_list()
    assert by_day["aggregated_value"].to_list() == pytest.approx(expected["aggregated_value"].to_list())


def test_money_has_fractions_of_a_cent() -> None:
    """Dollars to the millionth, not rounded to cents."""
    costs = [cost for cost in hourly_costs(SUPPORT, 495_000, 496_000) if cost]

    assert all(cost == round(cost, 6) for cost in costs)
    assert sum(cost != round(cost, 2) for cost in costs) > 0.9 * len(costs)
