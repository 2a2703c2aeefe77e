"""Every figure, title and sentence on screen is what plain polars says of the same history."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import cycle, islice, product
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import PATIENCE, chip, facts, heading
from outlook_check import Outlook
from plain import DAY, HOUR, Dates, Plain
from screen_check import OTHER, Check

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.period import COMPARISONS, PRESETS
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import HISTORY
from cfusage_lab.source import SANDBOX_ACCOUNTS

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
IDS = tuple(sorted(SANDBOX_ACCOUNTS))
ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kolkata")
WHOSE = ((IDS[:1], True), (IDS[1:3], True), (IDS[1:3], False), (IDS, True), (IDS, False))


@pytest.fixture(scope="module")
def client() -> Iterator[UsageClient]:
    with UsageClient.sandbox(now=NOW) as client:
        yield client


@pytest.fixture(scope="module")
def everything(client: UsageClient) -> pl.DataFrame:
    """Hold more than anybody asks for."""
    whole = TimeRange(datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 11, 18, 10, tzinfo=UTC))
    return client.usage_history(whole, accounts=IDS, with_ids=False)


BUDGETS = dict(zip(IDS, (2500.0, 500.0, 300.0, 10.0), strict=True))
"""US dollars a month. Two accounts have passed theirs by now, the others may."""


def _outlook(client: UsageClient, plain: Plain, **options: Any) -> Outlook:  # noqa: ANN401 - the class's own
    """Ask for what is not in the history."""
    accounts = plain.accounts
    return Outlook(
        plain,
        SANDBOX_ACCOUNTS,
        client.credit_balance(accounts=accounts),
        client.invoice_preview(accounts=accounts),
        **options,
    )


def _selections(plain: Plain, dates: Dates) -> list[dict[str, Any]]:
    """Select a span that cuts days, whole days, an hour of the week, a day, and a span with a cell in it."""
    windows = plain.between(dates)
    starts = windows["start_time"].unique().sort()
    third = starts.len() // 3
    span = {"start": starts[third], "end": starts[2 * third] + HOUR}
    middle = windows.filter(pl.col("start_time") == starts[starts.len() // 2]).row(0, named=True)
    cell = {"weekday": middle["weekday"], "hour": middle["hour"]}
    days = plain.hours_of(dates[0]), plain.hours_of(middle["date"])
    whole = {"start": days[0][0], "end": min(days[1][-1] + HOUR, starts[-1] + HOUR)}
    return [span, cell, {"day": middle["date"]}, whole, span | cell]


def _choose(explorer: UsageExplorer, accounts: tuple[str, ...], *, is_together: bool) -> None:
    explorer.accounts.value = accounts
    explorer.accounts.is_together = is_together


@pytest.mark.parametrize("zone", ZONES)
def test_all_that_is_on_screen_is_what_plain_polars_says(
    client: UsageClient, everything: pl.DataFrame, zone: str
) -> None:
    """Each preset, whose windows, together or by account; comparisons and selections in turn."""
    explorer = UsageExplorer(client, accounts=IDS, time_zone=zone, now=NOW, budget_usd=BUDGETS)
    outlooks = {one: _outlook(client, Plain(everything, one, zone, NOW), budgets=BUDGETS) for one, _ in WHOSE}
    explorer.before_first.value, explorer.before_last.value = OTHER
    at = ZONES.index(zone)
    comparisons, kinds = islice(cycle(COMPARISONS.values()), at, None), islice(cycle(range(5)), at, None)
    for (accounts, is_together), preset in product(WHOSE, PRESETS):
        outlook = outlooks[accounts]
        _choose(explorer, accounts, is_together=is_together)
        explorer.time_range.value = preset
        explorer.comparison.value = next(comparisons)
        assert explorer.wait(PATIENCE)
        dates = outlook.plain.dates_of(preset)
        Check(explorer, outlook, dates).everything()
        explorer.select(**_selections(outlook.plain, dates)[next(kinds)])
        assert explorer.wait(PATIENCE)
        Check(explorer, outlook, dates).everything()
        explorer.select()


def _seen(explorer: UsageExplorer) -> dict[str, Any]:
    """Tell all that is on screen."""
    assert explorer.wait(PATIENCE)
    page, controls = explorer.widget, explorer.widget.controls
    charts = {
        name: (heading(explorer, name), facts(explorer, name), _data(explorer, name), chart.selections)
        for name, chart in explorer.charts.items()
    }
    dated = (controls.first_day, controls.last_day)
    return {
        **charts,
        "figures": [(one.figure, one.day) for one in explorer.figures],
        "accounts": (explorer.accounts.heading.value, [*map(_ranked, explorer.accounts.rows.rows)]),
        "days": page.days.rows.rows,
        "chip": chip(explorer),
        "events": (_rounded(explorer.events), page.events.said.value),
        "month end": _rounded(explorer.month_end),
        "billed": page.billed.value,
        "status": (explorer.status, explorer.banner),
        "controls": [one.value for one in (controls.time_range, controls.time_zone, controls.comparison)],
        "dates": [one.value for one in dated],
    }


def _ranked(row: dict[str, Any]) -> dict[str, Any]:
    """Tell a row of the accounts, its bar to nine digits."""
    account, cost, share, *others = row["cells"]
    return row | {"cells": [account, cost, share | {"ratio": round(share["ratio"], 9)}, *others]}


def _data(explorer: UsageExplorer, chart: str) -> list[Any]:
    views = explorer.charts[chart].chart.vconcat
    return [_rounded(view.data) for view in views if hasattr(view.data, "columns")]


def _rounded(table: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Tell rows to nine digits: in which order threads add up tells in the last one."""
    return table.with_columns(pl.col(pl.Float64).round_sig_figs(9)).rows()


def _steps(
    explorer: UsageExplorer, preset: str, zone: str, accounts: tuple[str, ...], comparison: str
) -> dict[str, Callable[[], None]]:
    def preset_() -> None:
        explorer.time_range.value = preset

    def zone_() -> None:
        explorer.time_zone.value = zone

    def accounts_() -> None:
        explorer.accounts.value = accounts

    def comparison_() -> None:
        explorer.comparison.value = comparison

    return {"preset": preset_, "zone": zone_, "accounts": accounts_, "comparison": comparison_}


@pytest.mark.parametrize(
    ("preset", "zone", "accounts", "comparison"),
    [
        ("Last 90 days", "Europe/Berlin", IDS[1:3], "month"),
        ("Month to date", "Asia/Kolkata", IDS[:1], "weekdays"),
        ("Previous month", "America/New_York", IDS, "previous"),
    ],
)
def test_two_ways_of_clicking_lead_to_the_same_screen(
    client: UsageClient, preset: str, zone: str, accounts: tuple[str, ...], comparison: str
) -> None:
    """With whatever in between: other presets, a cancel, selections that are left again."""
    first, second = (UsageExplorer(client, accounts=IDS, time_zone="UTC", now=NOW) for _ in range(2))
    day = Plain(pl.DataFrame(schema=HISTORY), accounts, zone, NOW).dates_of(preset)[0] + DAY
    steps = _steps(first, preset, zone, accounts, comparison)
    for name in ("preset", "zone", "accounts", "comparison"):
        steps[name]()
        assert first.wait(PATIENCE)
    first.select(day=day)

    steps = _steps(second, preset, zone, accounts, comparison)
    steps["accounts"]()
    second.time_range.value = "Last 7 days"
    second.cancel.click()
    second.comparison.value = "custom"
    second.before_first.value = date(2026, 3, 3)
    second.cancel.click()
    steps["zone"]()
    second.time_range.value = "Today"
    steps["comparison"]()
    assert second.wait(PATIENCE)
    second.select(weekday=3, hour=2)
    steps["preset"]()
    assert second.wait(PATIENCE)
    second.select(NOW - 9 * DAY, NOW - 8 * DAY) if preset != "Previous month" else second.select()
    second.widget.bar.leave.click()
    second.time_zone.value = "Asia/Kathmandu"
    steps["zone"]()
    second.select(day=day)

    assert _seen(first) == _seen(second)


def _table(start: datetime, count: int, now: datetime) -> pl.DataFrame:
    """Charge two accounts other amounts each hour, so that no hour can stand for another."""
    costs = [((n * 37) % 101) / 16 for n in range(count)]
    states = ["complete"] * (count - 30) + ["provisional"] * 29 + ["in_progress"]
    assert start + (count - 1) * HOUR <= now < start + count * HOUR
    one, two = (
        hours(start, [cost * factor for cost in costs], account_id=account, states=states)
        for account, factor in (("a" * 32, 1.0), ("b" * 32, 0.25))
    )
    return pl.concat([one, two])


@pytest.mark.parametrize("changed", [date(2026, 10, 25), date(2026, 3, 29)])
def test_days_on_which_clocks_change(changed: date) -> None:
    """Berlin has a day of 25 hours in autumn, and in spring one of 23."""
    zone = "Europe/Berlin"
    now = datetime(changed.year, changed.month, changed.day, 9, 30, tzinfo=UTC) + DAY
    start = datetime(changed.year, changed.month, 1, tzinfo=UTC) - 40 * DAY
    table = _table(start, (now - start) // HOUR + 1, now)
    explorer = UsageExplorer(table, time_zone=zone, now=now, time_range="Last 7 days")
    plain = Plain(table, ("a" * 32, "b" * 32), zone, now)
    outlook = Outlook(plain)
    assert len(plain.hours_of(changed)) == (25 if changed.month == 10 else 23)
    for preset, comparison in product(
        ("Last 7 days", "This week", "Month to date"), ("previous", "weekdays")
    ):
        explorer.time_range.value, explorer.comparison.value = preset, comparison
        assert explorer.wait(PATIENCE)
        dates = plain.dates_of(preset)
        Check(explorer, outlook, dates).everything()
        if preset == "This week":
            continue
        night = plain.hours_of(changed)
        for chosen in (
            {"day": changed},
            {"weekday": 7, "hour": 3},
            {"start": night[1], "end": night[4]},
            {"start": night[2], "end": night[-1] + 5 * HOUR},
        ):
            explorer.select(**chosen)  # type: ignore[arg-type]
            assert explorer.wait(PATIENCE)
            Check(explorer, outlook, dates).everything()
        explorer.select()


@pytest.mark.parametrize(
    ("now", "zone"),
    [
        ("2026-11-18T00:20Z", "UTC"),
        ("2026-11-01T04:20Z", "America/New_York"),
        ("2026-11-01T05:20Z", "America/New_York"),
        ("2026-11-18T00:20Z", "Asia/Kathmandu"),
    ],
)
def test_the_first_hour_of_a_day_and_of_a_month(now: str, zone: str) -> None:
    """Nothing of the day is over then, and so it is yesterday that is told."""
    moment = datetime.fromisoformat(now)
    with UsageClient.sandbox(now=now) as client:
        start = datetime(2026, 4, 1, tzinfo=UTC)
        end = moment.replace(minute=0) + HOUR
        everything = client.usage_history(TimeRange(start, end), accounts=IDS, with_ids=False)
        explorer = UsageExplorer(client, accounts=IDS, time_zone=zone, now=now)
        plain = Plain(everything, IDS, zone, moment)
        outlook = _outlook(client, plain)
        comparisons = cycle(["previous", "weekdays", "month"])
        for preset, comparison in zip(PRESETS, comparisons, strict=False):
            explorer.time_range.value, explorer.comparison.value = preset, comparison
            assert explorer.wait(PATIENCE)
            Check(explorer, outlook, plain.dates_of(preset)).everything()
        explorer.with_today.value = True
        explorer.time_range.value = "Last 7 days"
        assert explorer.wait(PATIENCE)
        Check(explorer, outlook, (plain.today - 7 * DAY, plain.today)).everything()
