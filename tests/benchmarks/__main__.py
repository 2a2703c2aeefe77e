"""The whole table of ratios, as Markdown: each beside its named peer in the same run, over three sizes.

Run ``python tests/benchmarks``; some minutes on an idle machine of two cores. CPU milliseconds of this
process, variants in turn, medians; of many accounts, seconds, because the wait is what counts. A ratio says
how many times as fast as the peer this is; ``growth`` how much more the largest size takes than the smallest,
over how much larger it is: 1 is in proportion, less is better. Each file beside this one asks more.
"""

import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import altair as alt
import analytics
import fetching
import polars as pl

import cfusage_lab as cfu
from cfusage_lab.archive import UsageArchive

HOURS = (672, 2_160, 8_760)
ACCOUNTS = (1, 10, 100)
MANY = (10, 100, 500)
ROUNDS = 7
Runs = Mapping[str, Callable[[], object]]


def table(what: str, peer: str, sizes: Mapping[int, tuple[float, float]], unit: str) -> None:
    """Print a line: of each size, ours, the peer's and the ratio; and how ours grows."""
    cells = [f"{ours:,.1f} / {theirs:,.1f} = **{theirs / ours:.1f} x**" for ours, theirs in sizes.values()]
    (small, (first, _)), *_, (large, (last, _)) = sizes.items()
    growth = last / first / (large / small)
    print(f"| {what} | {peer} | {unit} | {' | '.join(cells)} | {growth:.2f} |", flush=True)


def heading(what: str, sizes: tuple[int, ...]) -> None:
    """Begin a table of some sizes."""
    print(f"\n| {what} | peer | ours / peer in | {' | '.join(f'{size:,}' for size in sizes)} | growth |")
    print(f"|---|---|---|{'---|' * len(sizes)}---|")


def measured(runs: Runs) -> tuple[float, float]:
    """Return the median CPU milliseconds of ours and of the peer."""
    taken = fetching.cpu_in_turn(ROUNDS, **runs)
    return taken["ours"], taken["peer"]


def fetch_and_archive(folder: Path) -> None:
    """One account: from a loopback server to a table, and from the archive, beside the official SDK."""
    fetched, opened = {}, {}
    for hours in HOURS:
        url = fetching.served(fetching.body(hours))
        sdk, ours = fetching.sdk_year(url, hours=hours), fetching.our_year(url, hours=hours)
        fetched[hours] = measured({"ours": ours, "peer": sdk})
        span = cfu.TimeRange(fetching.START, fetching.START + timedelta(hours=hours))
        client = cfu.UsageClient(
            cfu.Credentials(token=fetching.TOKEN, accounts=fetching.ACCOUNT), base_url=url
        )
        place = folder / f"{hours}"
        UsageArchive(place).update(client, span, accounts=fetching.ACCOUNT, progress=cfu.Quiet())
        opening = {
            "ours": lambda place=place, span=span: UsageArchive(place).usage_history(span),
            "peer": sdk,
        }
        opened[hours] = measured(opening)
    table("fetch, gaps filled, states set", "official SDK to polars", fetched, "ms")
    table("open the archive", "official SDK, fetching again", opened, "ms")


def charted() -> None:
    """Draw a heatmap and a time line as JSON, beside altair that is given every row."""
    heatmaps, lines = {}, {}
    for hours in HOURS:
        history = fetching.our_year(fetching.served(fetching.body(hours)), hours=hours)()
        rows = history.select("start_time", cost="aggregated_value")  # type: ignore[attr-defined]

        def heatmap(history: object = history) -> object:
            slots = cfu.weekly_heatmap(history, time_zone="Europe/Berlin", median=False)
            return cfu.weekly_heatmap_chart(slots, time_zone="Europe/Berlin").to_json()

        def plain_heatmap(rows: pl.DataFrame = rows) -> object:
            places = {"x": "hours(start_time):O", "y": "day(start_time):O", "color": "mean(cost):Q"}
            return alt.Chart(rows).mark_rect().encode(**places).to_json()

        def line(history: object = history) -> object:
            return cfu.usage_chart(history, time_zone="Europe/Berlin").to_json()

        def plain_line(rows: pl.DataFrame = rows) -> object:
            return alt.Chart(rows).mark_bar().encode(x="start_time:T", y="cost:Q").to_json()

        heatmaps[hours] = measured({"ours": heatmap, "peer": plain_heatmap})
        lines[hours] = measured({"ours": line, "peer": plain_line})
    table("heatmap to JSON, table included", "altair, every row", heatmaps, "ms")
    table("time line with overview to JSON", "altair, bars alone", lines, "ms")


def analysed(folder: Path) -> None:
    """Ask the questions of a year of hours, beside plain polars and DuckDB."""
    questions: dict[tuple[str, str], dict[int, tuple[float, float]]] = {}
    for accounts in ACCOUNTS:
        place = folder / f"accounts-{accounts}"
        place.mkdir()
        analytics.generate(place, accounts)
        history = pl.read_parquet(place / "*.parquet")
        connection = analytics.connected(f"table history as select * from '{place}/*.parquet'")  # noqa: S608
        plans = analytics.with_polars(history.lazy())
        for question, ours in analytics.ours(history).items():
            peers: Runs = {
                "plain polars": lambda plan=plans[question]: plan.collect(engine="streaming"),
                "DuckDB": lambda sql=analytics.SQL[question], of=connection: of.sql(sql).pl(),
            }
            for peer, theirs in peers.items():
                questions.setdefault((question, peer), {})[accounts] = measured(
                    {"ours": ours, "peer": theirs}
                )
    for (question, peer), sizes in questions.items():
        table(question, peer, sizes, "ms")


def short(folder: Path) -> None:
    """Add few hours up to local days, beside plain polars: what the checks cost where there is little."""
    place = folder / "short"
    place.mkdir()
    analytics.generate(place, 1)
    year = pl.read_parquet(place / "*.parquet")
    sizes = {}
    for hours in HOURS:
        history = year.tail(hours)
        local = pl.col("start_time").dt.convert_time_zone(analytics.ZONE).dt.date().alias("date")
        by, cost = ["account_id", local], analytics.COST.sum()

        def plain(history: pl.DataFrame = history, by: list[object] = by, cost: pl.Expr = cost) -> object:
            return history.group_by(by).agg(cost, pl.len()).sort("account_id", "date")

        def ours(history: pl.DataFrame = history) -> object:
            return cfu.daily_usage(history, time_zone=analytics.ZONE)

        sizes[hours] = measured({"ours": ours, "peer": plain})
    table("local days, every row checked", "plain polars, nothing checked", sizes, "ms")


def main() -> None:
    """Measure, and print."""
    alt.data_transformers.disable_max_rows()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        heading("one account, hours", HOURS)
        fetch_and_archive(folder)
        charted()
        short(folder)
        heading("many accounts, 100 hours each, at 50 ms", MANY)
        found = {count: fetching.many(count) for count in MANY}
        seconds = {count: (of["ours"][0], of["sdk"][0]) for count, of in found.items()}
        table("fetch, side by side", "official SDK, one by one", seconds, "s")
        cpu = {count: (of["ours"][1] * count, of["sdk"][1] * count) for count, of in found.items()}
        table("the same, CPU", "official SDK", cpu, "ms")
        heading("a year of hours, accounts", ACCOUNTS)
        analysed(folder)
    bare, ours, ratio = fetching.imports()
    print(f"\n`import cfusage_lab`: {ours:.0f} ms of CPU, {ratio:.2f} x `python -c pass` ({bare:.0f} ms)")


if __name__ == "__main__":
    main()
