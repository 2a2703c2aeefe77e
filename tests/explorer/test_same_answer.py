"""The same question has the same answer, whatever was clicked before; and it is what plain polars says."""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from ledger import PATIENCE, facts, heading

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
CHARTS = ("range", "day", "week", "month")
COMPARISONS = ("previous", "weekdays", "month", "custom")


class Choice(NamedTuple):
    """What is chosen: the days, whose, where, what is drawn beside them, and how."""

    days: Any
    accounts: tuple[str, ...]
    zone: str
    chart: str
    comparison: str
    granularity: str
    is_together: bool
    is_with_today: bool


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
    """Draw from all that can be chosen."""
    chance = random.Random(seed)  # noqa: S311 - the same choices each time
    grid = [
        (days, accounts, zone, chart)
        for days in (*PRESETS, *CUSTOM)
        for accounts in ACCOUNTS
        for zone in ZONES
        for chart in CHARTS
    ]
    return [
        Choice(
            *chosen,
            comparison=chance.choice(COMPARISONS),
            granularity=chance.choice(("auto", "hour", "day")),
            is_together=chance.random() < 0.5,
            is_with_today=chance.random() < 0.5,
        )
        for chosen in chance.sample(grid, count)
    ]


def choose(explorer: UsageExplorer, choice: Choice) -> None:
    """Set each control that says otherwise, as a hand would."""
    explorer.time_zone.value = choice.zone
    explorer.accounts.value = choice.accounts
    explorer.accounts.is_together = choice.is_together
    explorer.granularity.value = choice.granularity
    explorer.chart_days.value = choice.chart
    explorer.comparison.value = choice.comparison
    explorer.with_today.value = choice.is_with_today
    if isinstance(choice.days, str):
        explorer.time_range.value = choice.days
    else:
        explorer.first_day.value, explorer.last_day.value = choice.days
    assert explorer.wait(PATIENCE)
    assert explorer.banner == ""


def shown(explorer: UsageExplorer) -> dict[str, object]:
    """Tell all figures, headings, rows and sentences on screen."""
    page = explorer.widget
    charts = {
        name: (
            heading(explorer, name),
            facts(explorer, name),
            [view.data.rows() for view in chart.chart.vconcat],
        )
        for name, chart in explorer.charts.items()
    }
    return {
        **charts,
        "figures": page.figures.value,
        "billed": page.billed.value,
        "accounts": (chosen_accounts(explorer), page.accounts.heading.value),
        "days": (page.days.rows.columns, page.days.rows.rows, page.days.heading.value),
        "stood out": (
            page.events.said.value,
            [one.description for one in page.events.rows.children if one.description],
        ),
        "events": rounded(explorer.events),
        "month end": rounded(explorer.month_end),
        "chip": page.bar.chip.value,
        "status": page.status.value,
        "before": (explorer.before_first.value, explorer.before_last.value),
        "days asked for": (explorer.first_day.value, explorer.last_day.value),
    }


def rounded(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Tell rows without the last digits: they hang on the order in which threads add up."""
    return table.with_columns(pl.col(pl.Float64).round_sig_figs(9)).rows()


def chosen_accounts(explorer: UsageExplorer) -> list[list[object]]:
    """Tell the rows of the accounts on screen: the share is one of all whose windows are known."""
    rows = [row for row in explorer.accounts.rows.rows if row["key"] in explorer.state.accounts]
    return [[row["is_selected"], *row["cells"][:2], *row["cells"][3:]] for row in rows]


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
    if explorer.state.is_fanned:
        return []  # with what is to come, and nothing beside it
    for view in explorer.charts["compared"].chart.vconcat:
        if "current_usd" not in view.data.columns:
            continue  # no day of the range has ended
        table = (
            view.data if explorer.chart_days.value != "month" else view.data.slice(1)
        )  # both start at zero
        rows += table.drop_nulls("current_usd").select("current_usd", "previous_usd").rows()
    return sorted(rows, key=lambda row: row[0])


def close_to(rows: list[tuple[str, float, float | None]]) -> list[Any]:
    """Sort pairs of accounts; one without cost has no row, unless none has any."""
    paying = {one for one, now, then in rows if now or then} or {one for one, *_ in rows}
    found = [(now, then) for one, now, then in rows if one in paying]
    return [pytest.approx(row) for row in sorted(found, key=lambda row: row[0])]


def expected(everything: pl.DataFrame, explorer: UsageExplorer, choice: Choice) -> list[Any]:
    if explorer.state.is_fanned:
        return []
    accounts, windows = choice.accounts, everything.filter(pl.col("account_id").is_in(choice.accounts))
    if choice.is_together and len(accounts) > 1:
        sums = windows.group_by("start_time", "end_time").agg(
            pl.lit("all").alias("account_id"), pl.col("aggregated_value").sum(), pl.col("state").first()
        )
        accounts, windows = ("all",), sums
    costs = days(windows, accounts, choice.zone)
    first, last = explorer.state.query.dates
    dates = [first + n * DAY for n in range((last - first).days + 1)]
    if choice.chart == "month":
        return close_to(months(windows, accounts, choice.zone, explorer.fetched))
    asked = [(one, day) for one in accounts for day in dates if (one, day) in costs]
    thens = {day: partner(choice, day, dates) for day in dates}
    return close_to(
        [
            (one, costs[one, day], None if (then := thens[day]) is None else costs[one, then])
            for one, day in asked
        ]
    )


def total(explorer: UsageExplorer) -> float:
    """Tell the largest figure."""
    assert explorer.figures[0].is_main
    return explorer.figures[0].figure.number or 0.0


def plain_total(everything: pl.DataFrame, explorer: UsageExplorer, choice: Choice) -> float:
    """Add up all windows that start on a day of the range, the running one included."""
    first, last = explorer.state.query.dates
    date_ = pl.col("start_time").dt.convert_time_zone(choice.zone).dt.date()
    of = everything.filter(pl.col("account_id").is_in(choice.accounts), date_.is_between(first, last))
    return float(of["aggregated_value"].sum())


def partner(choice: Choice, day: date, dates: list[date]) -> date | None:
    """Name the day that another is compared with; the last of a month may have none."""
    if choice.chart != "range":
        return day - {"day": 1, "week": 7}[choice.chart] * DAY
    if choice.comparison in {"previous", "custom"}:
        return day - len(dates) * DAY
    if choice.comparison == "weekdays":
        return day - -(-len(dates) // 7) * 7 * DAY
    before, first = _month_before(dates[0]), dates[0]
    last = _month_before(dates[-1])
    is_over = dates[-1] < NOW.astimezone(ZoneInfo(choice.zone)).date()
    if is_over and first.day == 1 and (dates[-1] + DAY).day == 1:
        last = (last.replace(day=1) + 31 * DAY).replace(day=1) - DAY
    found = before + (day - first)
    return found if found <= last else None


def _month_before(day: date) -> date:
    end = day.replace(day=1) - DAY
    return end.replace(day=min(day.day, end.day))


def months(
    everything: pl.DataFrame, accounts: tuple[str, ...], zone: str, fetched: pl.DataFrame
) -> list[tuple[str, float, float | None]]:
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
    found: list[tuple[str, float, float | None]] = []
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
            found.append((one, now, then))
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
        assert total(walked) == pytest.approx(plain_total(everything, walked, choice)), choice

    last = walk[-1]
    directly = {"time_range": last.days} if isinstance(last.days, str) else {}
    fresh = UsageExplorer(client, time_zone=last.zone, now=NOW, **directly)
    choose(fresh, last)
    found = shown(walked)
    for name, told in shown(fresh).items():
        assert found[name] == told, (name, last)
