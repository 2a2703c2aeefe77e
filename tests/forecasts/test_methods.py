"""The candidates and their errors, against what is counted by hand, by a slow loop and by chance."""

import math
import random
from statistics import NormalDist, fmean

import polars as pl
import pytest
from daily_tables import WEEK, daily_of

import cfusage_lab as cfu
from cfusage_lab.forecasts.methods import METHODS
from cfusage_lab.forecasts.prediction_intervals import Spread, closed_form_variance
from cfusage_lab.forecasts.rolling_errors import measure_errors, prepared_for_errors
from cfusage_lab.forecasts.series import daily_series
from cfusage_lab.forecasts.student_t import student_quantile

T_QUANTILES = {(0.9, 2): 1.886, (0.9, 5): 1.476, (0.975, 3): 3.182, (0.975, 10): 2.228, (0.975, 30): 2.042}
"""As printed in every book."""


def test_the_closed_form_of_the_seasonal_naive_is_what_simulation_gives() -> None:
    """Each weekday walks at random for itself, by 1 a week: 17 days are two weeks and three days."""
    chance = random.Random(17)  # noqa: S311 - the same numbers each time
    sums = []
    for _ in range(20_000):
        walks = [[chance.gauss(0, 1) for _ in range(3)] for _ in range(7)]
        sums.append(sum(sum(walks[day % 7][: day // 7 + 1]) for day in range(17)))

    variance = closed_form_variance(17)
    assert variance == 4 * 5 + 3 * 14
    assert variance == pytest.approx(62)
    assert fmean(value**2 for value in sums) == pytest.approx(variance, rel=0.04)


def test_the_seasonal_naives_interval_is_the_closed_form_where_errors_are_no_larger() -> None:
    spread = Spread(errors=((1, 1.0, 1e9), (28, 1.0, 1e9)), sigma=2.0, sigma_freedom=1e9)

    assert spread.half_width(17, 1.96) == pytest.approx(1.96 * 2 * math.sqrt(62))


@pytest.mark.parametrize(("chance", "freedom"), T_QUANTILES)
def test_students_quantiles(chance: float, freedom: int) -> None:
    z = NormalDist().inv_cdf(chance)

    assert student_quantile(z, float(freedom)) == pytest.approx(T_QUANTILES[chance, freedom], rel=0.02)


def test_a_chance_is_the_level_of_the_interval_that_ends_there() -> None:
    spread = Spread(errors=((1, 3.0, 4.0), (10, 20.0, 2.5)))
    upper = spread.half_width(7, NormalDist().inv_cdf(0.9))

    assert spread.chance_above(upper, 7) == pytest.approx(0.1)
    assert spread.chance_above(-upper, 7) == pytest.approx(0.9)
    assert spread.chance_above(0.0, 7) == pytest.approx(0.5)


def weekday_mean(past: list[float], count: int, weeks: int) -> float:
    """Forecast the slow way."""
    known = min(weeks, len(past) // 7)
    return sum(
        fmean(past[len(past) + n % 7 - 7 * back] for back in range(1, known + 1)) for n in range(count)
    )


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("horizon", [1, 5, 7, 17])
def test_rolling_origins_agree_with_a_slow_loop(seed: int, horizon: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    costs = [WEEK[n % 7] * chance.lognormvariate(0, 0.2) for n in range(chance.randrange(40, 90))]
    found = daily_series(daily_of(costs, last="2026-11-15"))
    assert found is not None
    costs = found.days["fit_usd"].to_list()
    table = measure_errors(prepared_for_errors(found.days), [(0, horizon)])
    mean_errors = dict(table.select("method", "mae_usd").iter_rows())

    start = min(max(len(costs) // 3, 7), 42)
    origins = range(start, len(costs) - horizon + 1)
    slow: dict[str, list[float]] = {method: [] for method in METHODS[:4]}
    for origin in origins:
        past, actual = costs[:origin], sum(costs[origin : origin + horizon])
        told = (
            weekday_mean(past, horizon, 4),
            weekday_mean(past, horizon, 1),
            weekday_mean(past, horizon, 2),
            horizon * fmean(past[-28:]),
        )
        for method, forecast in zip(slow, told, strict=True):
            slow[method].append(abs(actual - forecast))

    assert table["origins"].unique().to_list() == [len(origins)]
    assert {method: mean_errors[method] for method in slow} == pytest.approx(
        {method: fmean(errors) for method, errors in slow.items()}
    )


def backtest_of(costs: list[float | None], **options: object) -> dict[str, dict[str, object]]:
    table = cfu.backtest(daily_of(costs, last="2026-11-15"), **options)
    return {row["method"]: row for row in table.iter_rows(named=True)}


def test_a_backtest_that_can_be_counted() -> None:
    """Weeks of 10 and of 20 a day in turn, three days ahead within one: the week before is off by 10 a day.

    Origins from day 14 on of 42; the naive is wrong by 30, 200 * 30 / 90; MASE is 10 over 10.
    """
    costs = [10.0 if n // 7 % 2 else 20.0 for n in range(42)]
    naive = backtest_of(costs, horizons=[1])["seasonal naive"]

    assert naive["origins"] == 28
    assert naive["mase"] == pytest.approx(1.0)
    assert naive["smape"] == pytest.approx(200 * 10 / 30)
    assert naive["coverage_80"] == 1.0


def test_an_interval_score_that_can_be_counted() -> None:
    """Days of 10 with one of 40 at the end: no width, missed by 30, which counts 2 / 0.2 times."""
    costs = [10.0] * 41 + [40.0]
    row = backtest_of(costs, horizons=[1], levels=[0.8])["seasonal naive"]

    tested = 28 - 2  # two errors are there before the first interval
    assert row["width_80_usd"] == pytest.approx(0.0)
    assert row["coverage_80"] == pytest.approx((tested - 1) / tested)
    assert row["interval_score_80_usd"] == pytest.approx(2 / 0.2 * 30 / tested)


def test_a_backtest_shows_what_a_forecast_takes() -> None:
    chance = random.Random(5)  # noqa: S311 - the same numbers each time
    costs = [WEEK[n % 7] * chance.lognormvariate(0, 0.2) for n in range(120)]
    daily = daily_of(costs, last="2026-11-20")
    table = cfu.backtest(daily, horizons=[10])
    chosen = table.filter("is_chosen")

    assert chosen["method"].to_list() == cfu.forecast_month_end(daily)["method"].to_list()
    assert chosen["mase"].item() == table["mase"].min()


def test_weeks_that_are_alike_have_no_error_and_no_mase() -> None:
    row = backtest_of(WEEK * 10)["weekday mean of 4 weeks"]

    assert row["smape"] == pytest.approx(0.0, abs=1e-9)
    assert row["mase"] is None


def test_a_year_of_gaps_is_not_judged() -> None:
    costs: list[float | None] = [*WEEK * 12]
    costs[40:47] = [None] * 7
    row = backtest_of(costs, horizons=[7])["seasonal naive"]

    assert row["origins"] == len(costs) - 28 - 6 - 11
    assert row["smape"] == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("horizons", [(), (0,), (29,), (3, 3), (2.5,), (True,), "7", 7])
def test_horizons_are_days(horizons: object) -> None:
    with pytest.raises(cfu.ConfigError, match="horizon"):
        cfu.backtest(daily_of(WEEK * 6, last="2026-11-15"), horizons=horizons)


def test_short_history_has_no_backtest() -> None:
    assert cfu.backtest(daily_of(WEEK, last="2026-11-15")).height == 0


# Days ahead


def test_days_ahead_go_by_their_weekday() -> None:
    table = cfu.forecast_daily(daily_of(WEEK * 6, last="2026-11-15"), days=9)

    assert table["date"].dt.weekday().to_list() == [1, 2, 3, 4, 5, 6, 7, 1, 2]
    assert table["forecast_usd"].to_list() == pytest.approx([*WEEK, 10.0, 20.0])
    assert table.columns[:7] == [
        *(
            "account_id",
            "date",
            "forecast_usd",
            "lower_80_usd",
            "upper_80_usd",
            "lower_95_usd",
            "upper_95_usd",
        )
    ]


def test_the_running_day_is_none_of_the_days_ahead() -> None:
    table = cfu.forecast_daily(daily_of(WEEK * 6, last="2026-11-15", running=(1.0, 2)), days=2)

    assert table["date"].dt.weekday().to_list() == [2, 3]
    assert table["forecast_usd"].to_list() == pytest.approx([20.0, 30.0])


def test_a_shift_by_whole_weeks_changes_no_forecast() -> None:
    chance = random.Random(2)  # noqa: S311 - the same numbers each time
    costs = [WEEK[n % 7] * chance.lognormvariate(0, 0.3) for n in range(100)]
    one, other = (
        (cfu.forecast_daily(daily_of(costs, last=last), days=40), cfu.backtest(daily_of(costs, last=last)))
        for last in ("2026-11-15", "2025-03-02")
    )

    assert one[0].drop("date").equals(other[0].drop("date"))
    assert one[1].equals(other[1])


@pytest.mark.parametrize("days", [0, -1, 367, 2.0, "3", True, None])
def test_days_are_a_whole_number(days: object) -> None:
    with pytest.raises(cfu.ConfigError, match="days"):
        cfu.forecast_daily(daily_of(WEEK * 6, last="2026-11-15"), days=days)


def test_days_ahead_without_a_whole_day_are_unknown() -> None:
    daily = daily_of([], last="2026-11-15", running=(1.0, 2))
    table = cfu.forecast_daily(daily, days=2)

    assert table["method"].to_list() == ["not enough history"] * 2
    assert table.select(pl.selectors.float()).null_count().sum_horizontal().item() == 2 * 5
