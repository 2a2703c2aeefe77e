"""The same question has the same answer, whatever was clicked before; and it is what plain polars says."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from ledger import PATIENCE

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import SANDBOX_ACCOUNTS

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = sorted(SANDBOX_ACCOUNTS)
PRESETS = (
    "Today",
    "Last 7 days",
    "Last 28 days",
    "Last 90 days",
    "This week",
    "Month to date",
    "Previous month",
)
CUSTOM = (
    (date(2026, 10, 31), date(2026, 11, 1)),
    (date(2026, 6, 30), date(2026, 7, 2)),
    (date(2026, 11, 14), date(2026, 11, 15)),
)
ACCOUNTS = ((IDS[0],), (IDS[1], IDS[3]), tuple(IDS))
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu")
COMPARISONS = ("day", "week", "month", "custom")
Choice = tuple[Any, tuple[str, ...], str, str, str]


@pytest.fixture(scope="module")
def client() -> Iterator[UsageClient]:
    with UsageClient.sandbox(now=NOW) as client:
        yield client


@pytest.fixture(scope="module")
def everything(client: UsageClient) -> pl.DataFrame:
    """Hold more than anybody asks for."""
    whole = TimeRange(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 11, 15, 10, tzinfo=UTC))
    return client.usage_history(whole, accounts=IDS, with_ids=False)


def choices(seed: int, count: int) -> list[Choice]:
    """Draw from all that can be chosen: each range, whose, where, how compared, how drawn."""
    chance = random.Random(seed)  # noqa: S311 - the same choices each time
    grid = [
        (chosen, accounts, zone, comparison, chance.choice(("hour", "day")))
        for chosen in (*PRESETS, *CUSTOM)
        for accounts in ACCOUNTS
        for zone in ZONES
        for comparison in COMPARISONS
    ]
    return chance.sample(grid, count)


def choose(explorer: UsageExplorer, choice: Choice) -> None:
    """Set each control that says otherwise, as a hand would."""
    chosen, accounts, zone, comparison, granularity = choice
    explorer.time_zone.value = zone
    explorer.accounts.value = accounts
    explorer.granularity.value = granularity
    explorer.comparison.value = comparison
    if isinstance(chosen, str):
        explorer.time_range.value = chosen
    else:
        explorer.first_day.value, explorer.last_day.value = chosen
    assert explorer.wait(PATIENCE)
    assert explorer._telling.banner.value == ""


def shown(explorer: UsageExplorer) -> dict[str, object]:
    """Tell all figures, headings, rows and sentences on screen."""
    screen = explorer._conductor.screen
    scene = explorer._conductor.scene()
    charts = {
        name: (chart._values, chart._description, [view.data.rows() for view in drawn.vconcat])
        for name, chart in explorer.charts.items()
        for drawn in [getattr(scene, name)()]
    }
    return {
        **charts,
        "figures": screen.figures.value,
        "stood out": (
            screen.events.said.value,
            [one.description for one in screen.events.rows.children if one.description],
        ),
        "events": explorer.events.rows(),
        "month end": explorer.month_end.rows(),
        "said": screen.said.value,
        "windows": screen.table.value,
        "status": explorer._telling.status.value,
        "before": (explorer.before_first.value, explorer.before_last.value),
    }


def days(everything: pl.DataFrame, accounts: tuple[str, ...], zone: str) -> dict[tuple[str, date], float]:
    """Add up days whose windows have all ended, without any help."""
    local = everything.with_columns(date=pl.col("start_time").dt.convert_time_zone(zone).dt.date())
    sums = local.filter(pl.col("account_id").is_in(accounts)).group_by("account_id", "date")
    rows = sums.agg(pl.col("aggregated_value").sum(), (pl.col("state") != "in_progress").all().alias("over"))
    today = NOW.astimezone(ZoneInfo(zone)).date()
    return {(row[0], row[1]): row[2] for row in rows.iter_rows() if row[3] and row[1] < today}


def pairs(explorer: UsageExplorer) -> list[tuple[float, float | None]]:
    """Tell what stands beside what on screen, of all accounts."""
    rows: list[tuple[float, float | None]] = []
    if explorer._conductor.scene().is_fanned:
        return []  # with what is to come, and nothing beside it
    for view in explorer._conductor.scene().compared().vconcat:
        if "current_usd" not in view.data.columns:
            continue  # no day of the range has ended
        table = (
            view.data if explorer.comparison.value != "month" else view.data.slice(1)
        )  # both start at zero
        rows += table.drop_nulls("current_usd").select("current_usd", "previous_usd").rows()
    return sorted(rows, key=lambda row: row[0])


def close_to(rows: list[tuple[float, float | None]]) -> list[Any]:
    return [pytest.approx(row) for row in sorted(rows, key=lambda row: row[0])]


def expected(everything: pl.DataFrame, explorer: UsageExplorer, choice: Choice) -> list[Any]:
    _, accounts, zone, comparison, _ = choice
    sums = days(everything, accounts, zone)
    first, last = explorer._conductor.state.question.dates
    dates = [first + n * DAY for n in range((last - first).days + 1)]
    if explorer._conductor.scene().is_fanned:
        return []
    if comparison == "month":
        return close_to(months(everything, accounts, zone, explorer.fetched))
    back = {"day": 1, "week": 7, "custom": len(dates)}[comparison]
    asked = [(one, day) for one in accounts for day in dates if (one, day) in sums]
    return close_to([(sums[one, day], sums[one, day - back * DAY]) for one, day in asked])


def months(
    everything: pl.DataFrame, accounts: tuple[str, ...], zone: str, fetched: pl.DataFrame
) -> list[tuple[float, float | None]]:
    """Accumulate the month of the last hour that has ended, beside the same days of the month before."""
    info = ZoneInfo(zone)
    ended = everything.filter(
        pl.col("state") != "in_progress", pl.col("end_time") <= fetched["end_time"].max()
    )
    last: datetime = ended["start_time"].max().astimezone(info)  # type: ignore[union-attr, assignment]
    month = last.date().replace(day=1)
    before = (month - DAY).replace(day=1)
    hours = [
        (one, start.astimezone(info).replace(tzinfo=None), cost)
        for one, start, cost in ended.select("account_id", "start_time", "aggregated_value").iter_rows()
        if one in accounts and start > last - 64 * DAY
    ]
    found: list[tuple[float, float | None]] = []
    for one in accounts:
        for n in range((last.date() - month).days + 1):
            day, same = month + n * DAY, before + n * DAY
            until = last.hour if day == last.date() and same < month else 23
            now = sum(cost for a, at, cost in hours if a == one and month <= at.date() <= day)
            then = sum(
                cost
                for a, at, cost in hours
                if a == one and before <= at.date() < month and (at.date(), at.hour) <= (same, until)
            )
            found.append((now, then))
    return found


@pytest.mark.parametrize("seed", range(2))
def test_whatever_was_clicked_before_the_answer_is_that_of_an_explorer_that_opens_with_it(
    client: UsageClient, everything: pl.DataFrame, seed: int
) -> None:
    """Each walk ends somewhere else; on its way all is what a sum over the whole history says."""
    walked = UsageExplorer(client, now=NOW)
    walk = choices(seed, 8)
    for choice in walk:
        choose(walked, choice)
        assert pairs(walked) == expected(everything, walked, choice), choice

    chosen, _, zone, *_ = walk[-1]
    directly = {"time_range": chosen} if isinstance(chosen, str) else {}
    fresh = UsageExplorer(client, time_zone=zone, now=NOW, **directly)
    choose(fresh, walk[-1])
    assert shown(walked) == shown(fresh), walk[-1]
