"""How fast local days, comparisons and patterns come, beside plain polars, pandas and DuckDB.

Run ``python tests/benchmarks/analytics.py`` for 1,000 accounts over a year of hours (8.76 million windows) in
memory: CPU time of each question, variants in turn, medians. ``--large`` asks for a whole report of 10,000
accounts (87.6 million windows) in a folder of Parquet, a process each: CPU time and peak memory; and for what
streams, the same of one lazy question a process. All answers are held against each other before any figure is
printed. ``--folder`` keeps and reuses the data.
"""
# ruff: noqa: PD010, S608 - a script that prints, asks its own table in SQL and unstacks a Series

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from polars.testing import assert_frame_equal

from cfusage_lab.changes import day_over_day, rolling_mean
from cfusage_lab.daily import daily_usage
from cfusage_lab.frames import account_blocks
from cfusage_lab.patterns import weekly_heatmap

ZONE = "Europe/Berlin"
START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = 8_760
COST = pl.col("aggregated_value")
QUARTILES = (0.25, 0.5, 0.75)
Answers = dict[str, Callable[[], Any]]

# ------------------------------------------------------------------------------------------- the data


def generate(folder: Path, accounts: int, *, per_file: int = 100) -> None:
    """Write a year of hours of made-up accounts, some hundred accounts a file, in order."""
    chance = np.random.default_rng(7)
    ids = sorted(hashlib.sha256(str(n).encode()).hexdigest()[:32] for n in range(accounts))
    hours = pl.datetime_range(
        START, START + timedelta(hours=YEAR), "1h", closed="left", time_unit="us", eager=True
    ).alias("start_time")
    states = ["complete"] * (YEAR - 49) + ["provisional"] * 48 + ["in_progress"]
    year = pl.DataFrame(
        {
            "start_time": hours,
            "end_time": hours.dt.offset_by("1h"),
            "id": pl.Series([None] * YEAR, dtype=pl.String),
            "is_reported": [True] * YEAR,
            "state": states,
        }
    )
    shape = 1 + 0.8 * np.sin(np.arange(YEAR) / 24 * 2 * np.pi)
    for n in range(0, accounts, per_file):
        some = pl.DataFrame({"account_id": ids[n : n + per_file]})
        costs = (
            chance.lognormal(-4, 1, (some.height, YEAR)) * shape * (chance.random((some.height, YEAR)) < 0.9)
        )
        table = some.join(year, how="cross").with_columns(aggregated_value=costs.ravel())
        table.write_parquet(folder / f"{n:06}.parquet", compression="zstd")


# ------------------------------------------------------------------------- the same questions, four times


def ours(history: pl.DataFrame) -> Answers:
    """Ask the package."""
    return {
        "day-over-day": lambda: day_over_day(daily_usage(history, time_zone=ZONE)),
        "heatmap of means": lambda: weekly_heatmap(history, time_zone=ZONE, median=False),
        "heatmap with quartiles": lambda: weekly_heatmap(history, time_zone=ZONE),
        "rolling 7 days": lambda: rolling_mean(daily_usage(history, time_zone=ZONE)),
    }


def with_polars(history: pl.LazyFrame) -> dict[str, pl.LazyFrame]:
    """Ask polars as an analyst would."""
    local = pl.col("start_time").dt.convert_time_zone(ZONE)
    windows = history.filter(pl.col("state") != "in_progress")
    days = windows.group_by("account_id", date=local.dt.date()).agg(cost=COST.sum())
    days = days.sort("account_id", "date")
    previous = pl.col("cost").shift().over("account_id")
    slots = windows.group_by("account_id", weekday=local.dt.weekday(), hour=local.dt.hour())
    means = {"mean": COST.mean(), "total": COST.sum(), "hours": pl.len()}
    quartiles = {f"q{part}": COST.quantile(part, "linear") for part in QUARTILES}
    share = pl.col("total") / pl.col("total").sum().over("account_id")
    rolled = pl.col("cost").rolling_mean_by("date", "7d", min_samples=7).over("account_id")
    return {
        "day-over-day": days.with_columns(change=pl.col("cost") - previous).with_columns(
            ratio=pl.when(previous > 0).then(pl.col("change") / previous)
        ),
        "heatmap of means": slots.agg(**means).with_columns(share=share),
        "heatmap with quartiles": slots.agg(**means, **quartiles).with_columns(share=share),
        "rolling 7 days": days.with_columns(rolled=rolled),
    }


def with_pandas(history: pd.DataFrame) -> Answers:
    """Ask pandas, the accounts being categories already, which is the fastest for it."""

    def windows() -> tuple[pd.DataFrame, Any]:
        counted = history[history["state"] != "in_progress"]
        return counted, counted["start_time"].dt.tz_convert(ZONE).dt

    def days() -> Any:  # noqa: ANN401 - a pandas Series
        counted, local = windows()
        by = ["account_id", local.normalize().rename("date")]
        return counted.groupby(by, observed=True)["aggregated_value"].sum()

    def changes() -> pd.DataFrame:
        cost = days()
        previous = cost.groupby(level=0, observed=True).shift()
        change = cost - previous
        return pd.DataFrame(
            {"cost": cost, "change": change, "ratio": (change / previous).where(previous > 0)}
        )

    def slots() -> Any:  # noqa: ANN401 - a pandas GroupBy
        counted, local = windows()
        by = ["account_id", local.day_of_week.rename("weekday") + 1, local.hour.rename("hour")]
        return counted.groupby(by, observed=True)["aggregated_value"]

    def means(groups: Any) -> pd.DataFrame:  # noqa: ANN401 - a pandas GroupBy
        table = groups.agg(["mean", "sum", "count"]).set_axis(["mean", "total", "hours"], axis=1)
        return table.assign(
            share=table["total"] / table["total"].groupby(level=0, observed=True).transform("sum")
        )

    def quartiles() -> pd.DataFrame:
        groups = slots()
        spread = (
            groups.quantile(list(QUARTILES)).unstack().set_axis([f"q{part}" for part in QUARTILES], axis=1)
        )
        return means(groups).join(spread)

    return {
        "day-over-day": changes,
        "heatmap of means": lambda: means(slots()),
        "heatmap with quartiles": quartiles,
        "rolling 7 days": lambda: (
            days()
            .to_frame("cost")
            .assign(
                rolled=lambda table: (
                    table["cost"].groupby(level=0, observed=True).rolling(7).mean().droplevel(0)
                )
            )
        ),
    }


SQL_WINDOWS = (
    f"from (from history select *, timezone('{ZONE}', start_time) as l where state <> 'in_progress')"
)
SQL_DAYS = f"({SQL_WINDOWS} select account_id, l::date as date, sum(aggregated_value) as cost group by all)"
SQL_SLOT = "account_id, isodow(l) as weekday, hour(l) as hour"
SQL_MEANS = "avg(aggregated_value) as mean, sum(aggregated_value) as total, count(*) as hours"
SQL_SHARED = """, totals as (select account_id, sum(total) as whole from slots group by all)
    select slots.*, total / whole as share from slots join totals using (account_id)"""
SQL = {
    "day-over-day": f"""
        select *, cost - previous as change, case when previous > 0 then change / previous end as ratio
        from (select *, lag(cost) over w as previous from {SQL_DAYS}
            window w as (partition by account_id order by date))""",
    "heatmap of means": f"""
        with slots as materialized (
            {SQL_WINDOWS} select {SQL_SLOT}, {SQL_MEANS} group by all) {SQL_SHARED}""",
    "heatmap with quartiles": f"""
        with slots as materialized (
            select * exclude q, q[1] as "q0.25", q[2] as "q0.5", q[3] as "q0.75"
            from ({SQL_WINDOWS} select {SQL_SLOT}, {SQL_MEANS},
                quantile_cont(aggregated_value, {list(QUARTILES)}) as q group by all)) {SQL_SHARED}""",
    "rolling 7 days": f"""
        select *, case when count(*) over w = 7 then avg(cost) over w end as rolled from {SQL_DAYS}
        window w as (partition by account_id order by date rows between 6 preceding and current row)""",
}


def connected(source: str) -> duckdb.DuckDBPyConnection:
    """Open DuckDB on two threads, in UTC."""
    connection = duckdb.connect()
    connection.execute("set threads = 2")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"create {source}")
    return connection


# ------------------------------------------------------------------------------------- the same answers

OURS = {
    "current_usd": "cost",
    "cost_usd": "cost",
    "change_usd": "change",
    "change_ratio": "ratio",
    "rolling_mean_usd": "rolled",
    "mean_usd": "mean",
    "total_usd": "total",
    "q25_usd": "q0.25",
    "median_usd": "q0.5",
    "q75_usd": "q0.75",
}
ORDER = ("account_id", "date", "weekday", "hour")


def plain(answer: Any) -> pl.DataFrame:  # noqa: ANN401 - of any engine
    """Bring an answer to common names, types and order; of days, keep those that are whole for all."""
    if isinstance(answer, pd.DataFrame):
        answer = pl.DataFrame(answer.reset_index())
    table = answer.rename({name: new for name, new in OURS.items() if name in answer.columns})
    if "date" in table.columns:
        first, last = START.date() + timedelta(days=9), START.date() + timedelta(days=360)
        table = table.with_columns(pl.col("date").dt.date()).filter(pl.col("date").is_between(first, last))
        kinds = {"date": pl.Date}
    else:
        kinds = dict.fromkeys(("weekday", "hour", "hours"), pl.Int64)
    keys = [name for name in ORDER if name in table.columns]
    values = [name for name in (*OURS.values(), "share") if name in table.columns]
    names = list(dict.fromkeys([*keys, *(name for name in kinds if name in table.columns), *values]))
    return table.cast({"account_id": pl.String, **kinds}).select(names).sort(keys).fill_nan(None)


def agree(question: str, answers: dict[str, pl.DataFrame]) -> None:
    """Hold every answer against the first, to a billionth."""
    first, *others = answers.values()
    for other in others:
        shared = [name for name in first.columns if name in other.columns]
        assert_frame_equal(first.select(shared), other.select(shared), rel_tol=1e-9, abs_tol=1e-9)
    print(f"{question}: {first.height:,} rows of {len(answers)} engines agree")


# ------------------------------------------------------------------------------------ in memory, in turn


def in_memory(folder: Path, *, rounds: int) -> None:
    """Measure each question, the variants in turn and every other round in reverse.

    Every answer comes in order of account and time.
    """
    history = pl.read_parquet(folder / "*.parquet")
    frame = pd.read_parquet(folder)
    frame["account_id"] = frame["account_id"].astype("category")
    connection = connected(f"table history as select * from '{folder}/*.parquet'")
    engines: dict[str, Answers] = {
        "cfusage_lab": ours(history),
        "polars": {
            question: lambda plan=plan: plan.sort(
                [name for name in ORDER if name in plan.collect_schema()]
            ).collect(engine="streaming")
            for question, plan in with_polars(history.lazy()).items()
        },
        "pandas": with_pandas(frame),
        "duckdb": {
            question: lambda sql=sql: connection.sql(f"{sql} order by all").pl()
            for question, sql in SQL.items()
        },
    }
    print(f"{history.height:,} windows in memory; CPU ms, median of {rounds}\n")
    for question in engines["cfusage_lab"]:
        agree(question, {name: plain(answers[question]()) for name, answers in engines.items()})
        taken: dict[str, list[float]] = {name: [] for name in engines}
        for n in range(rounds):
            for name in list(engines)[:: -1 if n % 2 else 1]:
                before = time.process_time()
                engines[name][question]()
                taken[name].append((time.process_time() - before) * 1e3)
        report({name: statistics.median(values) for name, values in taken.items()})


def report(figures: dict[str, float]) -> None:
    """Print each figure and its ratio to the first."""
    own = next(iter(figures.values()))
    print("   " + "   ".join(f"{name} {value:,.0f} ({value / own:.2f}x)" for name, value in figures.items()))


# ----------------------------------------------------------------------------- from Parquet, a process each


def totals(table: pl.DataFrame | pl.LazyFrame) -> dict[str, float]:
    """Add an answer's columns up, so that all of it is computed and none of it kept."""
    names = [name for name in table.collect_schema().names() if name in OURS or name in OURS.values()]
    sums = {OURS.get(name, name): pl.col(name).abs().sum() for name in names}
    row = table.lazy().select(rows=pl.len(), **sums).collect(engine="streaming").row(0, named=True)
    return {name: float(value) for name, value in row.items()}


def report_of_ours(folder: Path) -> list[dict[str, float]]:
    """Answer three questions of each block of accounts."""
    history = pl.scan_parquet(folder / "*.parquet").drop("id", "is_reported")
    reports: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for block in account_blocks(history):
        for report, answer in zip(reports, report_of_block(block), strict=True):
            report.update(answer)
    return [dict(report) for report in reports]


def report_of_block(block: pl.LazyFrame) -> list[dict[str, float]]:
    """Answer the three questions of some accounts, whose rows are gone before the next come."""
    some = block.collect(engine="streaming")
    return [
        totals(day_over_day(daily_usage(some, time_zone=ZONE))),
        totals(weekly_heatmap(some, time_zone=ZONE, median=False)),
        totals(weekly_heatmap(some, time_zone=ZONE)),
    ]


def report_of_duckdb(folder: Path) -> list[dict[str, float]]:
    """Answer the same three questions."""
    connection = connected(f"view history as select * from '{folder}/*.parquet'")
    reports = []
    for sql in list(SQL.values())[:3]:
        names = [name for name in connection.sql(sql).columns if name in OURS.values()]
        sums = ", ".join(f'sum(abs("{name}")) as "{name}"' for name in names)
        row = connection.sql(f"select count(*) as rows, {sums} from ({sql})").pl().row(0, named=True)
        reports.append({name: float(value) for name, value in row.items()})
    return reports


def report_of_polars(folder: Path) -> list[dict[str, float]]:
    """Answer the same three questions."""
    plans = with_polars(pl.scan_parquet(folder / "*.parquet"))
    return [totals(plan) for plan in list(plans.values())[:3]]


REPORTS = {"cfusage_lab": report_of_ours, "duckdb": report_of_duckdb, "polars": report_of_polars}


STREAMS: dict[str, Callable[[pl.LazyFrame], pl.LazyFrame]] = {
    "local days": lambda history: daily_usage(history, time_zone=ZONE),
    "day-over-day": lambda history: day_over_day(daily_usage(history, time_zone=ZONE)),
    "heatmap of means": lambda history: weekly_heatmap(history, time_zone=ZONE, median=False),
}


def measured(child: str, folder: Path) -> tuple[float, float]:
    """Run one process; return its CPU time in seconds and its peak memory in MiB."""
    process = subprocess.Popen([sys.executable, __file__, "--child", child, "--folder", str(folder)])  # noqa: S603
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{child} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def streamed(folder: Path) -> None:
    """Measure one lazy question of the whole folder, a process each, collected at the end."""
    print("from a lazy scan of the whole folder, collected; CPU ms and peak MiB")
    for question in STREAMS:
        cpu, peak = measured(question, folder)
        print(f"   {question} {cpu * 1e3:,.0f} ms {peak:,.0f} MiB")


def in_processes(folder: Path, *, rounds: int, peers: list[str]) -> None:
    """Measure a whole report, a process each, in turn."""
    cpu: dict[str, list[float]] = {name: [] for name in peers}
    peak: dict[str, list[float]] = {name: [] for name in peers}
    found = {}
    for n in range(rounds):
        for name in peers[:: -1 if n % 2 else 1]:
            taken, used = measured(name, folder)
            cpu[name].append(taken)
            peak[name].append(used)
            found[name] = json.loads((folder / f"{name}.json").read_text())
    for name in peers[1:]:
        for one, other in zip(found[peers[0]], found[name], strict=True):
            for column in ("rows", "mean", "total", "q0.25", "q0.5", "q0.75"):
                if column in one and not np.isclose(one[column], other[column], rtol=1e-9):
                    raise SystemExit(f"{name} disagrees on {column}: {one[column]} and {other[column]}")
    print("a report of three: day-over-day, heatmap of means, heatmap with quartiles; CPU ms, then peak MiB")
    report({name: statistics.median(values) * 1e3 for name, values in cpu.items()})
    report({name: max(values) for name, values in peak.items()})


def main() -> None:
    """Generate the data, measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="10,000 accounts, a process each")
    parser.add_argument("--accounts", type=int, help="another number of accounts")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path, help="where the data is, or is to be kept")
    parser.add_argument("--peers", nargs="+", default=["duckdb"], choices=list(REPORTS)[1:])
    parser.add_argument("--child", choices=[*REPORTS, *STREAMS], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child in STREAMS:
        STREAMS[given.child](pl.scan_parquet(given.folder / "*.parquet")).collect(engine="streaming")
        return
    if given.child:
        (given.folder / f"{given.child}.json").write_text(json.dumps(REPORTS[given.child](given.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        if not any(folder.glob("*.parquet")):
            generate(folder, given.accounts or (10_000 if given.large else 1_000))
        if given.large:
            in_processes(folder, rounds=given.rounds, peers=["cfusage_lab", *given.peers])
            streamed(folder)
        else:
            in_memory(folder, rounds=given.rounds)


if __name__ == "__main__":
    main()
