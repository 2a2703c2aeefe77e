"""What an archive saves beside fetching again, and what it costs: ratios of one run, on this machine.

Run ``python tests/benchmarks/archiving.py``. Three questions: opening a stored year of one account, beside
fetching it from a loopback server, by the official SDK and by this package; bringing the last day up to date,
beside fetching the year again, in requests and bytes; and a thousand accounts for a year: size and speed,
beside Parquet files written by hand. Everything that is compared is taken in turn.
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

sys.path.insert(0, str(Path(__file__).parent))

from fetching import ACCOUNT, START, TOKEN, YEAR, body, sdk_year, served

import cfusage_lab as cfu
from cfusage_lab.archive import UsageArchive
from cfusage_lab.fetch import UsageClient
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.sandbox.data import hourly_costs
from cfusage_lab.schema import HISTORY

END = START + timedelta(hours=YEAR)
WHOLE = cfu.TimeRange(START, END)
ACCOUNTS = 1_000
LARKSPUR = next(iter(cfu.SANDBOX_ACCOUNTS))


def in_turn(rounds: int, **runs: Callable[[], object]) -> dict[str, tuple[float, float]]:
    """Return the median wall and CPU milliseconds of each, after a warm-up, the order reversed each round."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name in sorted(runs, reverse=bool(number % 2)):
            wall, cpu = time.perf_counter(), time.process_time()
            runs[name]()
            if number:
                taken[name].append((time.perf_counter() - wall, time.process_time() - cpu))
    return {
        name: (statistics.median(w for w, _ in pairs) * 1_000, statistics.median(c for _, c in pairs) * 1_000)
        for name, pairs in taken.items()
    }


def show(found: dict[str, tuple[float, float]], *, peer: str) -> None:
    """Print each, and how many times as fast as ``peer`` it is."""
    wall, cpu = found[peer]
    for name, (own_wall, own_cpu) in found.items():
        ratios = f"{own_wall:9.1f} ms {wall / own_wall:7.1f} x {own_cpu:9.1f} ms CPU {cpu / own_cpu:7.1f} x"
        print(f"  {name:34} {ratios}")


def time_opening(folder: Path) -> None:
    """Print how long a year takes to open, and to fetch."""
    base_url = served(body(YEAR))
    client = UsageClient(cfu.Credentials(token=TOKEN, accounts=ACCOUNT), base_url=base_url)
    archive = UsageArchive(folder)
    archive.update(client, WHOLE, accounts=ACCOUNT, progress=cfu.Quiet())
    show(
        in_turn(
            9,
            **{
                "fetch, official SDK": sdk_year(base_url),
                "fetch, this package": lambda: client.usage_history(
                    WHOLE, with_ids=False, progress=cfu.Quiet()
                ),
                "open the archive": lambda: UsageArchive(folder).usage_history(WHOLE, accounts=ACCOUNT),
                "open it, whoever is in it": lambda: UsageArchive(folder).usage_history(WHOLE),
            },
        ),
        peer="fetch, official SDK",
    )


class CountingSandbox(Sandbox):
    """Counts the bytes that it sends."""

    sent = 0

    def __call__(self, environ: object, start_response: object) -> object:
        parts = list(super().__call__(environ, start_response))
        self.sent += sum(map(len, parts))
        return parts


def count_updates(folder: Path) -> None:
    """Print the requests and bytes of a nightly update, and of a year."""
    moment = [datetime(2026, 11, 21, 3, 10, tzinfo=UTC)]
    sandbox = CountingSandbox(Knobs(page_size=100), now=lambda: moment[0])

    def cost_of(run: Callable[[], object]) -> tuple[int, int]:
        before = len(sandbox.requests), sandbox.sent
        run()
        return len(sandbox.requests) - before[0], sandbox.sent - before[1]

    def update(*, with_recheck: bool = False) -> None:
        with UsageClient.sandbox(sandbox, now=moment[0]) as client:
            UsageArchive(folder, now=moment[0]).update(
                client, accounts=LARKSPUR, with_recheck=with_recheck, progress=cfu.Quiet()
            )

    def refetch() -> None:
        with UsageClient.sandbox(sandbox, now=moment[0]) as client:
            client.usage_history(year, accounts=LARKSPUR, progress=cfu.Quiet())

    year = cfu.last_days(365, now=moment[0])
    with UsageClient.sandbox(sandbox, now=moment[0]) as client:
        UsageArchive(folder, now=moment[0]).update(client, year, accounts=LARKSPUR, progress=cfu.Quiet())
    moment[0] += timedelta(days=1)
    year = cfu.last_days(365, include_today=True, now=moment[0])
    again = cost_of(refetch)
    nightly = cost_of(update)
    moment[0] += timedelta(days=1)
    checked = cost_of(lambda: update(with_recheck=True))
    for name, (requests, size) in {
        "the year again": again,
        "a nightly update": nightly,
        "one that re-checks 40 days": checked,
    }.items():
        fewer, smaller = again[0] / requests, again[1] / size
        print(f"  {name:34} {requests:4} requests {fewer:7.1f} x {size / 1e3:9.1f} kB {smaller:7.1f} x")


class Fleet:
    """A source of a thousand accounts: three that are made up, each time a little dearer."""

    label = "a thousand accounts"
    default_accounts = tuple(f"{number:032x}" for number in range(ACCOUNTS))

    def __init__(self) -> None:
        first = int(START.timestamp()) // 3_600
        costs = [hourly_costs(one, first, first + YEAR) for one in list(cfu.SANDBOX_ACCOUNTS)[:3]]
        starts = pl.datetime_range(START, END, "1h", closed="left", time_unit="us", eager=True)
        grid = pl.DataFrame({"start_time": starts, **{f"cost{n}": cost for n, cost in enumerate(costs)}})
        ids = pl.DataFrame({"account_id": self.default_accounts, "number": range(ACCOUNTS)})
        number = pl.col("number")
        usual = pl.when(number % 3 == 0).then("cost0").when(number % 3 == 1).then("cost1").otherwise("cost2")
        self.history = (
            ids.join(grid, how="cross")
            .with_columns(aggregated_value=(usual * (1 + number / 7_919)).round(6))
            .select(
                "account_id",
                "start_time",
                "aggregated_value",
                end_time=pl.col("start_time") + timedelta(hours=1),
                id=pl.lit(None, pl.String),
                is_reported=pl.col("aggregated_value") != 0,
                state=pl.lit("complete"),
            )
            .select(HISTORY.names())
        )

    def accounts(self) -> pl.DataFrame:
        raise NotImplementedError

    def usage_history(self, time_range: cfu.TimeRange, **_options: object) -> pl.DataFrame:
        span = pl.col("start_time").is_between(time_range.start, time_range.end, closed="left")
        return self.history.filter(span)


def write_by_hand(history: pl.DataFrame, folder: Path) -> None:
    """Write a file a month, as one would without an archive."""
    months = history.with_columns(month=pl.col("start_time").dt.strftime("%Y-%m"))
    for (month,), rows in months.partition_by("month", as_dict=True, include_key=False).items():
        rows.write_parquet(folder / f"{month}.parquet")


def time_fleet(folder: Path) -> None:
    """Print size and speed of a thousand accounts for a year, beside Parquet by hand."""
    source = Fleet()
    rows = source.history.height
    location, plain = folder / "archive", folder / "plain"
    plain.mkdir()
    begun = time.perf_counter()
    UsageArchive(location).update(source, WHOLE, progress=cfu.Quiet())
    stored = time.perf_counter() - begun
    begun = time.perf_counter()
    write_by_hand(source.history, plain)
    written = time.perf_counter() - begun
    sizes = {
        "archive": sum(path.stat().st_size for path in location.rglob("*") if path.is_file()),
        "Parquet by hand": sum(path.stat().st_size for path in plain.iterdir()),
    }
    print(f"  {rows:,} rows stored in {stored:.1f} s; Parquet by hand in {written:.1f} s")
    for name, size in sizes.items():
        print(f"  {name:34} {size / 1e6:9.1f} MB   {size / rows:6.2f} bytes a row")
    one = source.default_accounts[500]
    archive = UsageArchive(location)
    for title, query in {
        "the total of every account": lambda frame: frame.group_by("account_id").agg(
            pl.col("aggregated_value").sum()
        ),
        "one account's year": lambda frame: frame.filter(pl.col("account_id") == one),
        "everything": lambda frame: frame,
    }.items():
        print(f"  {title}")
        show(
            in_turn(
                3,
                archive=lambda query=query: query(archive.scan()).collect(),
                by_hand=lambda query=query: query(pl.scan_parquet(plain / "*.parquet")).collect(),
            ),
            peer="by_hand",
        )
    begun = time.perf_counter()
    archive.verify()
    print(f"  verify()                           {time.perf_counter() - begun:9.1f} s")


def main() -> None:
    """Print everything."""
    with tempfile.TemporaryDirectory() as folder:
        one, two, many = (Path(folder, name) for name in ("one", "two", "many"))
        many.mkdir()
        print("a year of one account")
        time_opening(one)
        size = sum(path.stat().st_size for path in one.rglob("*.parquet"))
        print(f"  on disk                            {size / YEAR:9.2f} bytes a row")
        print("the next night, pages of 100")
        count_updates(two)
        print(f"{ACCOUNTS:,} accounts for a year")
        time_fleet(many)


if __name__ == "__main__":
    main()
