"""Every figure on screen is what plain Python adds up; the days in a sentence are those that were added."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from ledger import PATIENCE, title

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import UsageClient
from cfusage_lab.headline import Figure
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import SANDBOX_ACCOUNTS

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
DAY = timedelta(days=1)
IDS = sorted(SANDBOX_ACCOUNTS)
ACCOUNTS = ((IDS[0],), (IDS[0], IDS[1]), tuple(IDS))
ZONES = ("UTC", "America/New_York", "Asia/Kathmandu")
PRESETS = (
    "Today",
    "Last 7 days",
    "Last 28 days",
    "Last 90 days",
    "This week",
    "Month to date",
    "Previous month",
)
COMPARISONS = ("previous", "weekdays", "month")
MONTHS = dict(
    zip(
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        range(1, 13),
        strict=True,
    )
)
DASH = "\N{EN DASH}"
Days = tuple[date, date]


@dataclass(frozen=True)
class Hour:
    """An hour of all accounts together, on the clock of a zone."""

    at: datetime
    cost: float
    is_over: bool


@pytest.fixture(scope="module")
def client() -> Iterator[UsageClient]:
    with UsageClient.sandbox(now=NOW) as client:
        yield client


@pytest.fixture(scope="module")
def everything(client: UsageClient) -> list[tuple[str, datetime, float, bool]]:
    """Hold more than anybody asks for."""
    whole = TimeRange(datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 11, 15, 10, tzinfo=UTC))
    rows = client.usage_history(whole, accounts=IDS, with_ids=False)
    over = pl.col("state") != "in_progress"
    return rows.select("account_id", "start_time", "aggregated_value", over.alias("over")).rows()


@pytest.fixture(scope="module")
def explorer(client: UsageClient) -> UsageExplorer:
    explorer = UsageExplorer(client, accounts=IDS, now=NOW)
    assert explorer.wait(PATIENCE)
    return explorer


def hours_of(
    everything: list[tuple[str, datetime, float, bool]], accounts: tuple[str, ...], zone: str
) -> list[Hour]:
    """Add the accounts up, hour by hour."""
    info, sums, over = ZoneInfo(zone), dict[datetime, float](), dict[datetime, bool]()
    for one, start, cost, is_over in everything:
        if one in accounts:
            sums[start] = sums.get(start, 0.0) + cost
            over[start] = is_over
    return [Hour(start.astimezone(info), cost, over[start]) for start, cost in sorted(sums.items())]


def total(hours: list[Hour], days: Days, by: str = "24:00", *, is_over: bool = True) -> float:
    """Add up the hours that start on some days, on the last of them before a time of the clock."""
    return sum(
        one.cost
        for one in hours
        if days[0] <= one.at.date() <= days[1]
        and (one.at.date() < days[1] or f"{one.at:%H:%M}" < by)
        and (one.is_over or not is_over)
    )


def days_of(preset: str, today: date) -> Days:
    """Name the days of a period."""
    if preset.startswith("Last "):
        return today - int(preset.split()[1]) * DAY, today - DAY
    month = today.replace(day=1)
    return {
        "Today": (today, today),
        "This week": (today - today.weekday() * DAY, today),
        "Month to date": (month, today),
        "Previous month": ((month - DAY).replace(day=1), month - DAY),
    }[preset]


def days_before(days: Days, how: str, today: date) -> Days:
    """Name the days that these are compared with."""
    first, last = days
    count = (last - first).days + 1
    if how == "previous":
        return first - count * DAY, first - DAY
    if how == "weekdays":
        weeks = -(-count // 7)
        return first - 7 * weeks * DAY, last - 7 * weeks * DAY
    is_whole = last < today and first.day == 1 and (last + DAY).day == 1
    end = last.replace(day=1) - DAY
    return month_before(first), end if is_whole else month_before(last)


def month_before(day: date) -> date:
    end = day.replace(day=1) - DAY
    return end.replace(day=min(day.day, end.day))


def days_read(text: str, year: int | None = None) -> Days:
    """Read days as they are written: a day, or two with a dash between them."""
    ends = [part.split() for part in text.split(DASH)]
    last = ends[-1]
    last_year = year or int(last[2])
    end = date(last_year, MONTHS[last[1]], int(last[0]))
    first = [*ends[0], *last[len(ends[0]) :]]
    return date(last_year if year else int(first[2]), MONTHS[first[1]], int(first[0])), end


def dollars_read(text: str) -> float:
    return float(text.replace("$", "").replace(",", ""))


def close_to(amount: float) -> object:
    """Allow for what rounding to cents takes away."""
    return pytest.approx(amount, abs=0.0051)


def check_comparison(figure: Figure, hours: list[Hour], current: float, expected: Days) -> None:
    """Read a sentence such as ``1.2 % less than 15 Oct 2026 by 09:00 ($1.00)``, and add up what it names."""
    found = re.fullmatch(
        r"(?:(less than 0\.1|[\d,.]+) % (more|less) than |the same as )"
        r"(.+? \d{4})(?: by (\d\d:\d\d))? \((-?\$[\d,.]+)\)",
        figure.comparison,
    )
    assert found, figure
    percent, direction, days, by, amount = found.groups()
    assert days_read(days) == expected, figure
    before = total(hours, days_read(days), by or "24:00")
    assert dollars_read(amount) == close_to(before), figure
    if direction:
        change = 100 * (current / before - 1) * (1 if direction == "more" else -1)
        assert change > 0
        assert percent.startswith("less") or float(percent.replace(",", "")) == pytest.approx(
            change, abs=0.06
        )


def check_so_far(figure: Figure, hours: list[Hour], days: Days, expected: Days, until: str) -> None:
    """Read a sentence such as ``$5.00 less (-50.0%) vs. 15 Oct by 09:00 ($10.00)``, and add it up."""
    current, before = total(hours, days), total(hours, expected, until)
    assert dollars_read(figure.value) == close_to(current), figure
    assert figure.number == pytest.approx(current)
    found = re.fullmatch(
        r"(?:(\$[\d,.]+) (more|less) \(([+-][\d,.]+)%\) vs\. |the same as )"
        r"(.+?) by (\d\d:\d\d)(?: \((.+)\))?",
        figure.comparison,
    )
    assert found, figure
    change, direction, percent, days_text, by, amount = found.groups()
    named = expected if days_text == "yesterday" else days_read(days_text, 2026)
    assert (named, by) == (expected, until), figure
    if direction:
        assert dollars_read(change) == close_to(abs(current - before)), figure
        assert (direction == "more") is (current > before)
        assert float(percent.replace(",", "")) == pytest.approx(100 * (current / before - 1), abs=0.06)
        assert dollars_read(amount) == close_to(before), figure


@pytest.mark.parametrize("preset", PRESETS)
def test_every_figure_is_a_plain_sum_of_the_days_that_it_names(
    explorer: UsageExplorer, everything: list[tuple[str, datetime, float, bool]], preset: str
) -> None:
    for zone, accounts, comparison in product(ZONES, ACCOUNTS, COMPARISONS):
        choice = (zone, accounts, comparison)
        explorer.time_range.value, explorer.time_zone.value = preset, zone
        explorer.accounts.value, explorer.comparison.value = accounts, comparison
        assert explorer.wait(PATIENCE)
        assert explorer.banner == "", choice
        today = NOW.astimezone(ZoneInfo(zone)).date()
        days = days_of(preset, today)
        hours = hours_of(everything, accounts, zone)
        figures = [card.figure for card in explorer.figures]
        main, mean, costliest, now, month = figures[:5]

        assert days_read(main.title.removeprefix("Cost, ")) == days, choice
        assert dollars_read(main.value) == close_to(total(hours, days, is_over=False)), choice
        assert title(explorer) == f"AI Gateway cost: {main.value}"
        check_comparison(main, hours, total(hours, days), days_before(days, comparison, today))

        each = {
            day: total(hours, (day, day), is_over=False)
            for day in (days[0] + n * DAY for n in range((days[1] - days[0]).days + 1))
        }
        whole = [cost for day, cost in each.items() if day < today]
        if whole:
            assert dollars_read(mean.value) == close_to(sum(whole) / len(whole)), choice
            assert mean.note == f"of {len(whole):,} whole day{'s' if len(whole) > 1 else ''}"
        else:
            assert mean.note == "no whole day is selected"
        if len(each) > 1:
            top = max(each, key=lambda day: each[day])
            assert dollars_read(costliest.value) == close_to(each[top]), choice
            assert explorer.figures[2].day == top, choice
        last = max(one.at for one in hours if one.is_over) + timedelta(hours=1)
        until = f"{last:%H:%M}"
        assert now.title == f"Today until {until}"
        check_so_far(now, hours, (today, today), (today - DAY, today - DAY), until)
        assert month.title == "November 2026 so far"
        start = today.replace(day=1)
        check_so_far(month, hours, (start, today), (month_before(start), month_before(today)), until)


def test_every_row_of_the_tables_is_a_plain_sum(
    explorer: UsageExplorer, everything: list[tuple[str, datetime, float, bool]]
) -> None:
    """Accounts and days of four weeks, on the clock of New York."""
    zone, accounts = "America/New_York", tuple(IDS)
    explorer.time_range.value, explorer.time_zone.value = "Last 28 days", zone
    explorer.accounts.value, explorer.comparison.value = accounts, "previous"
    assert explorer.wait(PATIENCE)
    today = NOW.astimezone(ZoneInfo(zone)).date()
    days = days_of("Last 28 days", today)
    whole = total(hours_of(everything, accounts, zone), days)

    for row in explorer.accounts.rows.rows:
        mine = hours_of(everything, (row["key"],), zone)
        cost, before = total(mine, days), total(mine, days_before(days, "previous", today))
        assert dollars_read(row["cells"][1]) == close_to(cost)
        assert float(row["cells"][2]["text"].removesuffix("%")) == pytest.approx(
            100 * cost / whole, abs=0.051
        )
        change = dollars_read(row["cells"][3]["text"].lstrip("+"))
        assert change == close_to(cost - before)

    both = hours_of(everything, accounts, zone)
    shown = explorer.widget.days.rows.rows
    assert len(shown) == 14
    for row in shown:
        day = date.fromisoformat(row["key"])
        assert dollars_read(row["cells"][1]["text"]) == close_to(total(both, (day, day)))
        change = dollars_read(row["cells"][2]["text"].lstrip("+"))
        assert change == close_to(total(both, (day, day)) - total(both, (day - DAY, day - DAY)))
