"""How often the intervals of a month's end hold what comes, how wide they are, and how fast they are told.

Run ``python tests/benchmarks/forecasting.py``: 1,000 made-up accounts of five kinds, at 3, 10 and 20 days to
go, by the method that each account's own backtest chose. Printed for each kind: how many months ended inside
the intervals at 80 and 95 %, below and above the one at 80 %; its median width as a part of what is forecast,
and beside the seasonal naive's where another method was chosen; and the method that was chosen most.
``--days`` is the length of the history, ``--seed`` another draw; ``--others`` adds kinds that no setting was
looked for with.

Then the time for 1,000 accounts and a year of days.
"""

import argparse
import time
from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import polars as pl

from cfusage_lab.forecasts import backtest, budget_check, forecast_daily, forecast_month_end
from cfusage_lab.forecasts.account_forecasts import _spreads, _sums
from cfusage_lab.forecasts.levels import quantile
from cfusage_lab.forecasts.methods import SEASONAL_NAIVE
from cfusage_lab.forecasts.rolling_errors import measure_errors, prepared_for_errors
from cfusage_lab.forecasts.series import daily_series

MONTH_END = date(2026, 11, 30)
TO_GO = (3, 10, 20)
EACH = 200
NEW_DAYS = (5, 45)

Costs = np.ndarray
Make = Callable[[np.random.Generator, int], Costs]


def level(chance: np.random.Generator, days: int, drift: float = 0.02) -> Costs:
    """Make a level that walks at random."""
    return np.exp(np.cumsum(chance.normal(0, drift, days)))


def week(days: int, weekend: float) -> Costs:
    """Make working days cost 1, and the weekend less."""
    return np.where(np.arange(days) % 7 < 5, 1.0, weekend)


def smooth(chance: np.random.Generator, days: int) -> Costs:
    """Make a weekly season, a level that drifts by 2 % a day, and 12 % of noise."""
    return level(chance, days) * week(days, chance.uniform(0.3, 1)) * chance.lognormal(0, 0.12, days)


def bursty(chance: np.random.Generator, days: int) -> Costs:
    """Make one day in 25 cost two to four times as much."""
    bursts = np.where(chance.random(days) < 0.04, chance.uniform(2, 4, days), 1)
    return smooth(chance, days) * bursts


def growing(chance: np.random.Generator, days: int) -> Costs:
    """Make cost double in 45 to 140 days."""
    return smooth(chance, days) * np.exp(chance.uniform(0.005, 0.015) * np.arange(days))


def idle(chance: np.random.Generator, days: int) -> Costs:
    """Make most days cost nothing."""
    is_used = chance.random(days) < chance.uniform(0.1, 0.5)
    return np.where(is_used, chance.lognormal(0, 0.8, days), 0.0)


def flat(chance: np.random.Generator, days: int) -> Costs:
    """Make days alike."""
    return chance.lognormal(0, 0.15, days)


def noisy(chance: np.random.Generator, days: int) -> Costs:
    """Make days that differ by half, on a level that drifts by 5 %."""
    return level(chance, days, 0.05) * week(days, 0.7) * chance.lognormal(0, 0.5, days)


def wandering(chance: np.random.Generator, days: int) -> Costs:
    """Make a level that drifts by 6 % a day, and hardly any noise."""
    return level(chance, days, 0.06) * week(days, 0.6) * chance.lognormal(0, 0.05, days)


def returning(chance: np.random.Generator, days: int) -> Costs:
    """Make a level that leaves and comes back."""
    level = np.zeros(days)
    for day in range(1, days):
        level[day] = 0.8 * level[day - 1] + chance.normal(0, 0.1)
    return np.exp(level) * week(days, 0.5) * chance.lognormal(0, 0.1, days)


def launched(chance: np.random.Generator, days: int) -> Costs:
    """Make cost step up or down once, two weeks ago or earlier."""
    step = chance.integers(days // 4, days - 34)
    return smooth(chance, days) * np.where(np.arange(days) >= step, chance.choice([0.4, 2.0, 4.0]), 1)


def outages(chance: np.random.Generator, days: int) -> Costs:
    """Make one day in twelve cost next to nothing."""
    return smooth(chance, days) * np.where(chance.random(days) < 1 / 12, 0.02, 1)


def tailed(chance: np.random.Generator, days: int) -> Costs:
    """Make one day in twelve cost three to eight times as much."""
    return smooth(chance, days) * np.where(chance.random(days) < 1 / 12, chance.uniform(3, 8, days), 1)


FIVE = {"smooth": smooth, "bursty": bursty, "growing": growing, "new": smooth, "idle": idle}
OTHERS = {one.__name__: one for one in (flat, noisy, wandering, returning, launched, outages, tailed)}


def table_of(costs: dict[str, Costs], end: date) -> pl.DataFrame:
    """Make a daily table in which each account's last day is ``end``."""
    parts = [
        pl.DataFrame(
            {
                "account_id": account_id,
                "date": [end - timedelta(days=len(values) - 1 - n) for n in range(len(values))],
                "cost_usd": values,
                "hours": 24,
                "is_whole": True,
                "state": "complete",
            }
        )
        for account_id, values in costs.items()
    ]
    return pl.concat(parts).with_columns(pl.col("hours").cast(pl.Int64))


def accounts(kinds: dict[str, Make], days: int, seed: int) -> dict[str, Costs]:
    """Make accounts of each kind, the days to go included."""
    made = {}
    for place, (kind, make) in enumerate(kinds.items()):
        chance = np.random.default_rng([seed, place])
        for number in range(EACH):
            past = int(chance.integers(*NEW_DAYS)) if kind == "new" else days
            made[f"{kind} {number:03}"] = make(chance, past + max(TO_GO))
    return made


def forecast(made: dict[str, Costs], to_go: int) -> pl.DataFrame:
    """Forecast each account's month end, beside what came and the seasonal naive's width."""
    past = {name: values[: len(values) - max(TO_GO)] for name, values in made.items()}
    coming = {name: values[len(values) - max(TO_GO) :][:to_go].sum() for name, values in made.items()}
    table = table_of(past, MONTH_END - timedelta(days=to_go))
    found = daily_series(table)
    assert found is not None
    naive = _spreads(
        measure_errors(prepared_for_errors(found.days), _sums(to_go)), dict.fromkeys(made, SEASONAL_NAIVE)
    )
    widths = {name: 2 * spread.half_width(to_go, quantile(0.8)) for name, spread in naive.items()}
    account = pl.col("account_id")
    return (
        forecast_month_end(table)
        .filter(account != "all")
        .with_columns(
            kind=account.str.head(-4),
            actual_usd=pl.col("spent_usd") + account.replace_strict(coming, return_dtype=pl.Float64),
            width_usd=pl.col("upper_80_usd") - pl.col("lower_80_usd"),
            naive_usd=account.replace_strict(widths, default=None, return_dtype=pl.Float64),
        )
    )


def judged(found: pl.DataFrame) -> dict[str, object]:
    """Add up how good forecasts were."""
    actual, slack = pl.col("actual_usd"), 1e-9
    inside = {
        level: actual.is_between(pl.col(f"lower_{level}_usd") - slack, pl.col(f"upper_{level}_usd") + slack)
        for level in (80, 95)
    }
    is_other = (pl.col("method") != SEASONAL_NAIVE) & pl.col("naive_usd").is_not_null()
    rest = pl.col("forecast_usd") - pl.col("spent_usd")
    figures = {
        "80 %": 100 * inside[80].mean(),
        "95 %": 100 * inside[95].mean(),
        "below": 100 * (actual < pl.col("lower_80_usd") - slack).mean(),
        "above": 100 * (actual > pl.col("upper_80_usd") + slack).mean(),
        "width": (pl.col("width_usd") / rest).filter(rest > 0).median(),
        "of naive": (pl.col("width_usd") / pl.col("naive_usd")).filter(is_other).median(),
        "chosen": pl.col("method")
        .filter(~pl.col("method").str.starts_with("run rate:"))
        .mode()
        .sort()
        .first(),
    }
    return found.select(**figures).row(0, named=True)


def report(kinds: dict[str, Make], days: int, seed: int) -> None:
    """Print a table for each number of days to go."""
    made = accounts(kinds, days, seed)
    for to_go in TO_GO:
        found = forecast(made, to_go)
        rows = [{"kind": kind} | judged(found.filter(pl.col("kind") == kind)) for kind in kinds] + [
            {"kind": "together"} | judged(found)
        ]
        print(f"\n{to_go} days to go, {days} days of history, {len(made):,} accounts")
        with pl.Config(
            tbl_rows=-1, tbl_hide_dataframe_shape=True, tbl_hide_column_data_types=True, float_precision=2
        ):
            print(pl.DataFrame(rows))


def timed() -> None:
    """Print how long 1,000 accounts and a year of days take."""
    chance = np.random.default_rng(1)
    daily = table_of({f"{n:04}": smooth(chance, 365) for n in range(1_000)}, date(2026, 11, 18))
    questions: dict[str, Callable[[], object]] = {
        "forecast_month_end": lambda: forecast_month_end(daily),
        "forecast_daily, 30 days": lambda: forecast_daily(daily, days=30),
        "budget_check": lambda: budget_check(daily, budget_usd=20),
        "backtest": lambda: backtest(daily),
    }
    print("\n1,000 accounts, 365 days: CPU and wall seconds")
    for name, ask in questions.items():
        cpu, wall = time.process_time(), time.perf_counter()
        ask()
        print(f"{name:24}{time.process_time() - cpu:6.1f}{time.perf_counter() - wall:6.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--others", action="store_true")
    asked = parser.parse_args()
    report(FIVE, asked.days, asked.seed)
    if asked.others:
        report(OTHERS, asked.days, asked.seed)
    timed()
