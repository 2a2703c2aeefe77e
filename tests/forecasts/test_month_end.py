"""Where the month ends, on days whose answer can be counted."""

import random
from datetime import date, timedelta

import polars as pl
import pytest
from daily_tables import WEEK, daily_of
from histories import days, hours, local_days
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.forecasts import forecast_month_path
from cfusage_lab.schema import DAILY


def end_of(daily: pl.DataFrame, **options: object) -> dict[str, object]:
    """Forecast the one account's month."""
    table = cfu.forecast_month_end(daily, **options)
    assert table.height == 1
    return table.row(0, named=True)


def noise(count: int, *, seed: int = 1, mean: float = 100.0) -> list[float]:
    """Make days with a weekly season and some noise."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    return [mean * WEEK[n % 7] / 20 * chance.lognormvariate(0, 0.15) for n in range(count)]


def test_weeks_that_are_alike_go_on() -> None:
    """From Monday 5 October to Sunday 15 November; two weeks and a Monday are left."""
    row = end_of(daily_of(WEEK * 6, last="2026-11-15"))

    assert row["month"] == date(2026, 11, 1)
    assert row["spent_usd"] == 4 + 160 * 2
    assert row["forecast_usd"] == pytest.approx(4 + 160 * 4 + 10)
    assert row["lower_80_usd"] == pytest.approx(row["upper_95_usd"])
    assert row["days_left"] == 15
    assert row["method"] == "weekday mean of 4 weeks"


def test_the_columns_are_those_of_the_levels() -> None:
    table = cfu.forecast_month_end(daily_of(WEEK * 6, last="2026-11-15"), levels=(0.999, 0.5))

    assert table.columns == [
        *("account_id", "month", "spent_usd", "forecast_usd"),
        *("lower_50_usd", "upper_50_usd", "lower_99_9_usd", "upper_99_9_usd"),
        *("method", "days_left"),
    ]


@pytest.mark.parametrize(
    "levels", [(), (80,), (0.8, 0.8), (0,), (1.0,), ("0.8",), "0.8", 0.8, (float("nan"),), (True,)]
)
def test_levels_are_fractions(levels: object) -> None:
    with pytest.raises(cfu.ConfigError, match="level"):
        cfu.forecast_month_end(daily_of(WEEK * 6, last="2026-11-15"), levels=levels)


def test_the_interval_is_of_the_sum_and_never_below_what_is_spent() -> None:
    row = end_of(daily_of(noise(90), last="2026-11-20"))
    daily = cfu.forecast_daily(daily_of(noise(90), last="2026-11-20"), days=10)

    assert row["spent_usd"] < row["lower_95_usd"] < row["lower_80_usd"] < row["forecast_usd"]
    assert row["forecast_usd"] < row["upper_80_usd"] < row["upper_95_usd"]
    sum_of_intervals = daily["upper_80_usd"].sum() - daily["lower_80_usd"].sum()
    assert row["upper_80_usd"] - row["lower_80_usd"] < sum_of_intervals


def test_a_path_ends_where_the_month_does_and_never_falls() -> None:
    daily = daily_of(noise(75), last="2026-11-12", running=(90.0, 9))
    path, row = forecast_month_path(daily), end_of(daily)

    assert path["date"].to_list() == [date(2026, 11, 1) + timedelta(days=n) for n in range(30)]
    assert path["spent_usd"].null_count() == 17
    assert path["forecast_usd"].null_count() == 12
    last = path.row(-1, named=True)
    assert last["spent_usd"] is None
    assert path["spent_usd"].drop_nulls()[-1] == pytest.approx(row["spent_usd"])
    assert {name: last[name] for name in last if name.endswith("_usd") and name != "spent_usd"} == {
        name: row[name] for name in row if name.endswith("_usd") and name != "spent_usd"
    }
    for name in ("forecast_usd", "lower_80_usd", "upper_80_usd", "lower_95_usd", "upper_95_usd"):
        assert (path[name].diff().drop_nulls() >= 0).all()


# The running day


def test_the_rest_of_the_running_day_is_told_from_how_many_hours_are_in() -> None:
    """Six of 24 hours on a Monday that usually costs 10: three quarters are to come."""
    row = end_of(daily_of(WEEK * 6, last="2026-11-29", running=(3.0, 6)))

    assert row["days_left"] == 0
    assert row["spent_usd"] == pytest.approx(160 * 4 + 4 + 3)
    assert row["forecast_usd"] == pytest.approx(160 * 4 + 4 + 3 + 7.5)


def morning_history(running: float) -> pl.DataFrame:
    """Make six weeks of days that cost 24, all of it from 06:00 to 07:00, and an hour that is running."""
    costs = [24.0 if n % 24 == 6 else 0.0 for n in range(42 * 24)]
    return hours(
        "2026-10-19T00:00",
        [*costs, *[0.0] * 6, running],
        states=["complete"] * (42 * 24 + 6) + ["in_progress"],
    )


def test_the_rest_of_the_running_day_is_told_from_its_hours() -> None:
    """Until 06:00 nothing is in, and everything is to come, less what the running hour has cost."""
    history = morning_history(5.0)
    daily = cfu.daily_usage(history, time_zone="UTC")

    row = end_of(daily, history=history, time_zone="UTC")

    assert daily["date"].max() == date(2026, 11, 30)
    assert row["spent_usd"] == 29 * 24 + 5
    assert row["forecast_usd"] == pytest.approx(30 * 24)


def test_a_last_day_that_lacks_hours_is_the_running_one() -> None:
    daily = daily_of(WEEK * 6, last="2026-11-29", running=(3.0, 6)).with_columns(state=pl.lit("provisional"))

    assert end_of(daily)["forecast_usd"] == pytest.approx(160 * 4 + 4 + 3 + 7.5)


def test_history_and_its_zone_come_together() -> None:
    history = morning_history(5.0)
    daily = cfu.daily_usage(history, time_zone="UTC")

    with pytest.raises(cfu.ConfigError, match="time_zone"):
        cfu.forecast_month_end(daily, history=history)
    with pytest.raises(cfu.ConfigError, match="history"):
        cfu.forecast_month_end(daily, time_zone="UTC")


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/New_York"])
def test_a_month_in_which_clocks_change(zone: str) -> None:
    """An hour costs a dollar: the day of 25 hours is 25, and in the forecast a Sunday is nearly 24."""
    history = local_days("2026-09-21", "2026-11-02" if zone.startswith("A") else "2026-10-26", zone)
    daily = cfu.daily_usage(history, time_zone=zone)

    row = end_of(daily, history=history, time_zone=zone)

    left = row["days_left"]
    assert daily.filter(pl.col("date") >= row["month"])["cost_usd"].sum() == row["spent_usd"]
    assert left * 24 <= row["forecast_usd"] - row["spent_usd"] <= left * 24 + left / 7


@pytest.mark.filterwarnings("ignore::cfusage_lab.OffTheHourWarning")
def test_a_zone_off_the_hour() -> None:
    history = local_days("2026-10-01", "2026-11-09", "Asia/Kolkata", each=2.0)
    daily = cfu.daily_usage(history, time_zone="Asia/Kolkata")

    row = end_of(daily, history=history, time_zone="Asia/Kolkata")

    assert row["forecast_usd"] == pytest.approx(30 * 48)


# The calendar


def test_a_month_that_has_just_begun() -> None:
    """One hour of Tuesday 1 December is in."""
    row = end_of(daily_of([*WEEK * 6, 10.0], last="2026-11-30", running=(0.5, 1)))

    assert row["month"] == date(2026, 12, 1)
    assert row["spent_usd"] == 0.5
    assert row["days_left"] == 30
    four_weeks = 4 * 160 - 20 + 0.5 + 20 * 23 / 24  # Tuesday 1st to Monday 28th
    assert row["forecast_usd"] == pytest.approx(four_weeks + 20 + 30 + 40)


def test_a_month_that_is_over() -> None:
    row = end_of(daily_of(noise(60), last="2026-11-30"))

    assert row["days_left"] == 0
    assert row["forecast_usd"] == row["spent_usd"] == row["lower_95_usd"] == row["upper_95_usd"]


@pytest.mark.parametrize(("today", "left"), [("2026-02-10", 18), ("2028-02-10", 19), ("2026-12-31", 0)])
def test_months_have_their_own_lengths(today: str, left: int) -> None:
    row = end_of(daily_of([5.0] * 60, last=today))

    assert row["days_left"] == left
    assert row["forecast_usd"] == pytest.approx(row["spent_usd"] + 5 * left)


# What is short, empty or new


def test_an_account_of_zeros_ends_at_zero() -> None:
    row = end_of(daily_of([0.0] * 60, last="2026-11-10"))

    assert [row[name] for name in ("spent_usd", "forecast_usd", "lower_95_usd", "upper_95_usd")] == [0.0] * 4


def test_short_history_falls_back_to_the_run_rate_by_name() -> None:
    row = end_of(daily_of([10.0, 12.0, 11.0, 9.0, 8.0], last="2026-11-05"))

    assert row["method"] == "run rate: 5 days of history"
    assert row["forecast_usd"] == pytest.approx(30 * 10)
    assert row["lower_80_usd"] < row["forecast_usd"] < row["upper_80_usd"]


def test_a_single_day_has_no_interval() -> None:
    row = end_of(daily_of([10.0], last="2026-11-29"))

    assert row["method"] == "run rate: 1 day of history"
    assert row["forecast_usd"] == 20.0
    assert row["lower_80_usd"] is None


def test_without_a_whole_day_there_is_no_number() -> None:
    row = end_of(days({"2026-11-05": 3.0}, running=["2026-11-05"], partial=["2026-11-05"]))

    assert row["method"] == "not enough history"
    assert row["spent_usd"] == 3.0
    assert [row["forecast_usd"], row["lower_80_usd"], row["upper_95_usd"]] == [None] * 3


def test_no_days_make_no_rows() -> None:
    table = cfu.forecast_month_end(pl.DataFrame(schema=DAILY))

    assert table.height == 0
    assert "lower_80_usd" in table.columns


@pytest.mark.parametrize("zeros", [0, 60])
def test_an_account_that_began_in_the_month(zeros: int) -> None:
    """Whether the days before it are zeros or are not there, they say nothing of what comes."""
    row = end_of(daily_of([*[0.0] * zeros, *[50.0] * 8], last="2026-11-15"))

    assert row["spent_usd"] == 400
    assert row["forecast_usd"] == pytest.approx(400 + 15 * 50)
    assert row["method"] == "run rate: 8 days of history"


@pytest.mark.parametrize(
    ("costs", "method", "forecast"),
    [([], "not enough history", None), ([50.0], "run rate: 1 day of history", 53 + 15 * 50 + 25)],
)
def test_an_account_whose_first_cost_is_new_has_no_history(
    costs: list[float], method: str, forecast: float | None
) -> None:
    """An endpoint's zeros of the time before tell nothing: not even that the month ends where it stands."""
    row = end_of(daily_of([*[0.0] * 60, *costs], last="2026-11-14", running=(3.0, 12)))

    assert row["method"] == method
    assert row["forecast_usd"] == (forecast and pytest.approx(forecast))
    assert (row["lower_80_usd"], row["upper_80_usd"]) == (None, None)


def test_a_cost_that_was_once_is_no_beginning() -> None:
    """One day of it, and nothing in the three days since: the zeros before count, too."""
    row = end_of(daily_of([*[0.0] * 60, 50.0, 0.0, 0.0], last="2026-11-14"))

    assert row["method"] != "run rate: 3 days of history"
    assert row["forecast_usd"] < 100


# What is out of the ordinary


def test_growth_goes_on() -> None:
    """One per cent a day: what comes is above every week of the past, and inside the interval."""
    costs = [100 * 1.01**n for n in range(120)]
    row = end_of(daily_of(costs[:100], last="2026-11-10"))

    assert row["method"] == "weekday mean with growth"
    assert row["forecast_usd"] - row["spent_usd"] == pytest.approx(sum(costs[100:]), rel=0.01)


def test_a_launch_is_the_new_level_after_a_week() -> None:
    row = end_of(daily_of([10.0] * 60 + [50.0] * 8, last="2026-11-15"))

    assert row["forecast_usd"] == pytest.approx(row["spent_usd"] + 15 * 50)


def test_a_quiet_holiday_that_is_over_is_left_out() -> None:
    costs = noise(80)
    quiet = [cost * (0.02 if 62 <= n < 72 else 1) for n, cost in enumerate(costs)]
    usual, after = (end_of(daily_of(one, last="2026-11-18")) for one in (costs, quiet))

    assert after["forecast_usd"] - after["spent_usd"] == pytest.approx(
        usual["forecast_usd"] - usual["spent_usd"], rel=0.1
    )


def test_an_account_that_stopped_is_not_a_holiday() -> None:
    row = end_of(daily_of([10.0] * 60 + [0.0] * 28, last="2026-11-15"))

    assert row["forecast_usd"] - row["spent_usd"] == pytest.approx(0.0)


def test_an_outage_gap_is_filled_with_what_is_usual() -> None:
    """Tuesday to Thursday are missing, of this month: 20 + 30 + 40 are expected on top."""
    costs: list[float | None] = [*WEEK * 6]
    costs[-6:-3] = [None] * 3
    row = end_of(daily_of(costs, last="2026-11-15"))

    assert row["spent_usd"] == 4 + 160 * 2 - 90
    assert row["forecast_usd"] == pytest.approx(4 + 160 * 4 + 10)


def test_hours_that_are_missing_are_expected() -> None:
    daily = daily_of(WEEK * 6, last="2026-11-15").with_columns(
        pl.when(pl.col("date") == date(2026, 11, 11)).then(0).otherwise(pl.col("cost_usd")).alias("cost_usd"),
        is_whole=pl.col("date") != date(2026, 11, 11),
    )

    assert end_of(daily)["forecast_usd"] == pytest.approx(4 + 160 * 4 + 10)


def test_a_runaway_night_is_paid_and_not_expected_again() -> None:
    costs = noise(80)
    runaway = [cost + (50_000 if n == 74 else 0) for n, cost in enumerate(costs)]
    usual, after = (end_of(daily_of(one, last="2026-11-18")) for one in (costs, runaway))

    assert after["spent_usd"] == pytest.approx(usual["spent_usd"] + 50_000)
    rest = after["forecast_usd"] - after["spent_usd"]
    assert rest == pytest.approx(usual["forecast_usd"] - usual["spent_usd"], rel=0.35)
    assert after["upper_95_usd"] - after["spent_usd"] < 3 * rest


def test_a_correction_is_kept_in_what_is_spent_and_not_expected_again() -> None:
    costs = [10.0] * 60
    costs[-3] = -500.0
    row = end_of(daily_of(costs, last="2026-11-10"))

    assert row["spent_usd"] == 9 * 10 - 500
    assert row["spent_usd"] <= row["lower_95_usd"]
    assert row["forecast_usd"] - row["spent_usd"] == pytest.approx(20 * 10, rel=0.05)


def test_an_account_of_corrections_is_never_forecast_below_what_is_spent() -> None:
    row = end_of(daily_of([-10.0] * 60, last="2026-11-10"))

    assert row["spent_usd"] == row["forecast_usd"] == row["lower_95_usd"] == -100


def test_provisional_days_count_as_they_stand() -> None:
    daily = daily_of(noise(60), last="2026-11-10")
    provisional = daily.with_columns(
        state=pl.when(pl.col("date") > date(2026, 11, 8)).then(pl.lit("provisional")).otherwise("state")
    )

    assert_frame_equal(cfu.forecast_month_end(daily), cfu.forecast_month_end(provisional))


# Several accounts


def two_accounts() -> pl.DataFrame:
    return pl.concat(
        [
            daily_of(noise(80, seed=1), last="2026-11-10", account_id="b"),
            daily_of(noise(80, seed=2), last="2026-11-10", account_id="a"),
        ]
    )


def test_all_accounts_are_added_up_first() -> None:
    daily = two_accounts()
    total = cfu.forecast_month_end(cfu.total_usage(daily))
    table = cfu.forecast_month_end(daily)

    assert table["account_id"].to_list() == ["a", "b", "all"]
    assert_frame_equal(table.tail(1), total)
    assert_frame_equal(table.head(1), cfu.forecast_month_end(daily.filter(pl.col("account_id") == "a")))


def test_a_sum_that_is_there_is_not_added_again() -> None:
    daily = two_accounts()

    assert_frame_equal(
        cfu.forecast_month_end(pl.concat([daily, cfu.total_usage(daily)])), cfu.forecast_month_end(daily)
    )


def test_an_account_that_began_later_is_no_gap_of_the_sum() -> None:
    daily = pl.concat(
        [
            daily_of([10.0] * 80, last="2026-11-10", account_id="a"),
            daily_of([5.0] * 20, last="2026-11-10", account_id="b"),
        ]
    )
    table = cfu.forecast_month_end(daily)

    assert table["forecast_usd"].to_list() == pytest.approx([300.0, 150.0, 450.0])


# What stays the same


@pytest.mark.parametrize("factor", [2.0**-20, 1024.0, 1e6])
def test_another_unit_changes_dollars_alone(factor: float) -> None:
    daily = daily_of(noise(100), last="2026-11-10", running=(7.0, 5))
    one, other = (end_of(daily.with_columns(cost_usd=pl.col("cost_usd") * by)) for by in (1.0, factor))

    assert one["method"] == other["method"]
    for name in one:
        if name.endswith("_usd"):
            assert other[name] == pytest.approx(one[name] * factor, rel=1e-9)


def test_the_order_of_rows_changes_nothing() -> None:
    daily = two_accounts()

    assert_frame_equal(
        cfu.forecast_month_end(daily.sample(fraction=1, shuffle=True, seed=3)), cfu.forecast_month_end(daily)
    )


# Tables that are refused


def test_an_unknown_cost_is_a_gap_and_no_zero() -> None:
    daily = daily_of(WEEK * 6, last="2026-11-15")
    unknown = daily.with_columns(
        cost_usd=pl.when(pl.col("date") != date(2026, 11, 11)).then(pl.col("cost_usd"))
    )

    assert end_of(unknown)["forecast_usd"] == pytest.approx(4 + 160 * 4 + 10)


@pytest.mark.parametrize("cost", [float("nan"), float("inf")])
def test_a_cost_that_is_no_number_is_refused(cost: float) -> None:
    daily = daily_of(WEEK * 3, last="2026-11-15")
    broken = daily.with_columns(
        cost_usd=pl.when(pl.col("date") == date(2026, 11, 3)).then(cost).otherwise("cost_usd")
    )

    with pytest.raises(cfu.FrameError, match="cost_usd"):
        cfu.forecast_month_end(broken)


def test_a_day_that_is_a_duplicate_is_refused() -> None:
    daily = daily_of(WEEK * 3, last="2026-11-15")

    with pytest.raises(cfu.FrameError, match="2026-11-15"):
        cfu.forecast_month_end(pl.concat([daily, daily.tail(1)]))


def test_a_lazy_table_is_refused_by_name() -> None:
    with pytest.raises(cfu.FrameError, match=r"collect\(\)"):
        cfu.forecast_month_end(daily_of(WEEK * 3, last="2026-11-15").lazy())


def test_an_arrow_table_is_taken() -> None:
    daily = daily_of(noise(60), last="2026-11-15")

    assert_frame_equal(cfu.forecast_month_end(daily.to_arrow()), cfu.forecast_month_end(daily))
