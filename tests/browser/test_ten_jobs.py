"""Ten jobs of an analyst, done on screen without a line of code; each answer is that of plain polars.

With ``-s`` a table says how many steps of a hand each took, and how many seconds.
"""

import re
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from plain import COST, DAY, FINISHED, Plain, dollars, named
from playwright.sync_api import Locator, Page, expect
from screens import choose, settle

from cfusage_lab.charts.page import heading_of
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import SANDBOX_ACCOUNTS

pytestmark = pytest.mark.browser

PATIENCE = 40_000
NOW = datetime(2026, 11, 18, 9, 30, tzinfo=UTC)
ZONE = "Europe/Berlin"
IDS = tuple(sorted(SANDBOX_ACCOUNTS))
EXPLORE = """
import cfusage_lab as cfu
explorer = cfu.explore(time_zone="Europe/Berlin", now="2026-11-18T09:30Z")
explorer
"""
ANEW = """
import ipywidgets
anew, done = ipywidgets.Button(description="Begin anew"), ipywidgets.Label("times 0")
done.add_class("done")
def begin(_):
    explorer.select()
    explorer.time_zone.value, explorer.comparison.value = "Europe/Berlin", "previous"
    explorer.accounts.value, explorer.accounts.is_together = (), True
    explorer.time_range.value = "Last 28 days"
    explorer.wait(60)
    done.value = f"times {int(done.value.split()[1]) + 1}"
anew.on_click(begin)
ipywidgets.HBox([anew, done])
"""
TIME_LINE, COMPARED, HEATMAP, PROFILE = range(4)
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
TOOK: list[tuple[str, int, float]] = []


@pytest.fixture(scope="module")
def plain() -> Plain:
    """Hold the same history, of all accounts."""
    whole = TimeRange(datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 11, 18, 10, tzinfo=UTC))
    with UsageClient.sandbox(now=NOW) as client:
        everything = client.usage_history(whole, accounts=IDS, with_ids=False)
    return Plain(everything, IDS, ZONE, NOW)


@pytest.fixture(scope="module")
def opened(shared_notebook: Any) -> Iterator[Page]:  # noqa: ANN401 - the fixture of conftest.py
    """Open the explorer once for all jobs, and tell at the end what each took."""
    page: Page = shared_notebook.run(EXPLORE, ANEW)
    page.set_viewport_size({"width": 1400, "height": 3200})
    expect(page.locator('.cfusage-chart[data-state="ready"]')).to_have_count(4, timeout=PATIENCE)
    settle(page)
    yield page
    lines = [f"| {job} | {steps} | {seconds:.1f} |" for job, steps, seconds in TOOK]
    print("", "| job | steps | seconds |", "|---|---|---|", *lines, sep="\n")  # noqa: T201 - for -s


class Hand:
    """Does what a reader does, and counts it: a click, a choice, a date, a look under the pointer."""

    def __init__(self, page: Page) -> None:
        self.page, self.steps = page, 0

    def press(self, name: str, **options: Any) -> None:  # noqa: ANN401 - playwright's own
        self.click(self.page.get_by_role("button", name=name).first, **options)

    def click(self, place: Locator, **options: Any) -> None:  # noqa: ANN401 - as above
        place.click(timeout=PATIENCE, **options)
        self.steps += 1

    def choose(self, period: str) -> None:
        choose(self.page, period)
        self.steps += 1

    def select(self, label: str, option: str) -> None:
        self.page.get_by_label(label, exact=True).select_option(option)
        self.steps += 1

    def fill(self, label: str, text: str) -> None:
        self.page.get_by_label(label, exact=True).fill(text)
        self.steps += 1

    def point_at_hour(self, weekday: str, hour: str) -> dict[str, str]:
        """Point at a cell of the heatmap, and return what is told; an eye sees at once where it is."""
        canvas = chart(self.page, HEATMAP).locator("canvas")
        box = canvas.bounding_box()
        assert box is not None
        self.steps += 1
        x, y, told = 60.0, box["height"] - 20, {}
        while y > 0 and told.get("Weekday") != weekday:
            y -= 8
            told = self._told(box["x"] + x, box["y"] + y)
        while x < box["width"] and not told.get("Local time", "").startswith(hour):
            x += 6
            told = self._told(box["x"] + x, box["y"] + y)
        return told

    def _told(self, x: float, y: float) -> dict[str, str]:
        self.page.mouse.move(x, y)
        self.page.wait_for_timeout(40)
        tip = self.page.locator("#vg-tooltip-element.visible")
        if not tip.count():
            return {}
        keys, values = (tip.locator(f".{kind}").all_inner_texts() for kind in ("key", "value"))
        return dict(zip(keys, values, strict=True))

    def download(self, name: str, folder: Path) -> tuple[str, bytes]:
        with self.page.expect_download(timeout=PATIENCE) as caught:
            self.press(name)
        path = folder / caught.value.suggested_filename
        caught.value.save_as(path)
        return path.name, path.read_bytes()


@pytest.fixture
def hand(opened: Page, request: pytest.FixtureRequest) -> Iterator[Hand]:
    """Begin a job at the screen that the explorer opens with."""
    done = opened.locator(".done")
    before = int(done.inner_text().split()[1])
    opened.get_by_role("button", name="Begin anew").click()
    expect(done).to_have_text(f"times {before + 1}", timeout=PATIENCE)
    settle(opened)
    hand, start = Hand(opened), time.perf_counter()
    yield hand
    job = request.node.name.removeprefix("test_").replace("_", " ")
    TOOK.append((job, hand.steps, time.perf_counter() - start))


def chart(page: Page, nth: int) -> Locator:
    return page.locator(".cfusage-explorer .cfusage-chart").nth(nth)


def figure(page: Page, title: str, words: str = "") -> str:
    """Return the lines of a figure, once they hold some words."""
    card = page.locator(".cfusage-figures > div", has_text=re.compile(title)).first
    expect(card).to_contain_text(words, timeout=PATIENCE)
    return card.inner_text()


def within(windows: pl.DataFrame, first: date, last: date) -> pl.DataFrame:
    return windows.filter(pl.col("date").is_between(first, last))


def test_all_accounts_together_against_the_same_weekdays_last_week(hand: Hand, plain: Plain) -> None:
    """Monday to Wednesday, 10:00, beside the same of the week before."""
    hand.choose("This week")
    hand.select("Compare with", "Same weekdays before")

    told = figure(hand.page, "^Cost", "9\N{EN DASH}11 Nov 2026 by 10:00")
    monday = plain.today - 2 * DAY
    this_week = within(plain.rows, monday, plain.today)
    assert dollars(this_week[COST].sum()) in told
    (partner,) = re.findall(r" vs\. (.*) \(", told)
    before, over = plain.cut(named(partner))[COST].sum(), this_week.filter(FINISHED)[COST].sum()
    assert dollars(before) in told
    change = (over - before) / before
    assert f"{'more' if change > 0 else 'less'} ({change:+,.1%}) vs." in told


def test_the_costliest_hour_of_the_week_and_whether_it_is_a_one_off(hand: Hand, plain: Plain) -> None:
    title = chart(hand.page, HEATMAP).get_attribute("aria-label") or ""
    weekday, hour, mean = re.findall(r"Peak of the week: (\w+) (\d\d:\d\d) to .*?, (\$[\d.]+)", title)[0]
    told = hand.point_at_hour(weekday, hour)

    last_28_days = within(plain.rows, plain.today - 28 * DAY, plain.today - DAY)
    means = plain.pattern(last_28_days, ["weekday", "hour"])
    peak = max(means, key=lambda cell: means[cell])
    assert (weekday, int(hour[:2])) == (WEEKDAYS[peak[0] - 1], peak[1])
    assert mean == told["Mean"] == dollars(means[peak])
    cell = last_28_days.filter(pl.col("weekday") == peak[0], pl.col("hour") == peak[1])
    weeks = cell.group_by("date").agg(pl.col(COST).sum()).sort("date", descending=True)
    assert told["Each week"].split(" · ") == [
        f"{day.day} {day:%b} {dollars(cost)}" for day, cost in weeks.iter_rows()
    ]
    top = weeks.sort(COST).row(-1)
    assert told["Costliest"] == f"{dollars(top[1])} on {top[0]:%a} {top[0].day} {top[0]:%b %Y}"


def test_october_in_Berlin_time_per_account_as_CSV_for_finance(  # noqa: N802 - as it is told
    hand: Hand, plain: Plain, tmp_path: Path
) -> None:
    hand.choose("Previous month")
    expect(hand.page.get_by_role("status")).to_contain_text("745 hours of 4 accounts", timeout=PATIENCE)
    hand.press("Export")
    name, content = hand.download("Days for finance (CSV)", tmp_path)
    hand.page.get_by_role("button", name="Export").first.click()  # fold it up again

    assert "2026-10-01_2026-10-31" in name
    table = pl.read_csv(BytesIO(content), try_parse_dates=True)
    october = within(plain.rows, date(2026, 10, 1), date(2026, 10, 31))
    expected = october.group_by("date", "account_id").agg(
        pl.col(COST).sum(), pl.col("start_time").min().alias("first")
    )
    both = table.join(expected, on=["date", "account_id"], how="full", coalesce=True)
    assert (table.height, both.height) == (31 * 4, 31 * 4)
    assert (both["cost_usd"] - both[COST]).abs().max() == pytest.approx(0, abs=1e-9)
    local = both["first"].dt.convert_time_zone(ZONE).dt.strftime("%Y-%m-%d %H:%M")
    assert pl.Series(both["local_start"].cast(pl.String).str.slice(0, 16)).to_list() == local.to_list()
    assert both["utc_start"].to_list() == both["first"].to_list()
    assert set(table["account_name"]) == {
        "Larkspur Support",
        "Larkspur Research",
        "Larkspur Batch",
        "Larkspur Pilot",
    }


def test_which_account_grew_most_this_month(hand: Hand, plain: Plain) -> None:
    """In dollars, beside the same days of last month until the same hour."""
    hand.choose("Month to date")
    hand.select("Compare with", "Last month")
    figure(hand.page, "^Cost", "1\N{EN DASH}18 Oct 2026 by 10:00")
    rows = hand.page.get_by_role("grid", name="Accounts, the costliest first").locator("tbody tr")
    grown = {one: _grown(plain, one) for one in IDS}
    expect(rows.filter(has_text=dollars(grown[IDS[0]]))).to_have_count(1, timeout=PATIENCE)

    signed = {
        row.get_attribute("data-key"): row.locator(".cfusage-change").last.inner_text() for row in rows.all()
    }
    for one, change in grown.items():
        sign = "+" if change > 0 else ""
        assert f"{sign}{dollars(change)}" in signed[one]


def _grown(plain: Plain, one: str) -> float:
    own = Plain(plain.everything, (one,), ZONE, NOW)
    this, last = (own.cut(named(days)) for days in ("1-18 Nov 2026 by 10:00", "1-18 Oct 2026 by 10:00"))
    change: float = this[COST].sum() - last[COST].sum()
    return change


def test_two_accounts_on_one_scale(hand: Hand, plain: Plain) -> None:
    grid = hand.page.get_by_role("grid", name="Accounts, the costliest first")
    hand.click(grid.get_by_text("Larkspur Research"))
    hand.click(grid.get_by_text("Larkspur Batch"), modifiers=["Control"])
    hand.press("By account")

    expect(chart(hand.page, COMPARED)).to_have_attribute(
        "aria-label", re.compile("2 accounts on one scale"), timeout=PATIENCE
    )
    both = Plain(plain.everything, IDS[1:3], ZONE, NOW)
    days = within(both.rows, plain.today - 28 * DAY, plain.today - DAY)
    assert dollars(days[COST].sum()) in figure(hand.page, "^Cost", dollars(days[COST].sum()))


def test_the_unusual_day_and_what_it_cost_above_usual(hand: Hand, plain: Plain) -> None:
    event = hand.page.locator(".cfusage-events button", has_text="above usual").first
    text = event.inner_text()
    hand.click(event)

    above, when, times, cost = re.findall(
        r"\+(\$[\d.,]+) on (.*?): ([\d.]+) times .*; (\$[\d.,]+), of which", text
    )[0]
    days = named(when.partition(" ")[2])  # without its weekday
    (first, last), windows = days.dates, plain.cut(days)
    assert first == last
    assert cost == dollars(windows[COST].sum())
    amounts = [float(one[1:].replace(",", "")) for one in (above, cost)]
    assert float(times) == pytest.approx(amounts[1] / (amounts[1] - amounts[0]), abs=0.06)
    weeks = [plain.between((first - 7 * n * DAY,) * 2) for n in range(1, 7)]
    usual = pl.concat(weeks).join(windows.select("clock").unique(), on="clock", how="semi")
    medians = usual.group_by("date", "clock").agg(pl.col(COST).sum()).group_by("clock").agg(pl.median(COST))
    assert amounts[0] == pytest.approx(amounts[1] - medians[COST].sum(), rel=0.15)
    expect(hand.page.locator(".cfusage-chip")).to_contain_text(cost, timeout=PATIENCE)


def test_what_a_day_costs_on_average(hand: Hand, plain: Plain) -> None:
    days = within(plain.rows, plain.today - 28 * DAY, plain.today - DAY)

    assert dollars(days[COST].sum() / 28) in figure(hand.page, "^Mean day", "of 28 whole days")


def test_what_today_will_compare_to(hand: Hand, plain: Plain) -> None:
    told = figure(hand.page, "^Today until 10:00", "vs. yesterday by 10:00")

    so_far = within(plain.rows, plain.today, plain.today).filter(FINISHED)
    yesterday = within(plain.rows, plain.today - DAY, plain.today - DAY).filter(pl.col("clock") < "10:00")
    assert dollars(so_far[COST].sum()) in told
    assert f"({dollars(yesterday[COST].sum())})" in told


def test_export_of_one_week(hand: Hand, plain: Plain, tmp_path: Path) -> None:
    hand.fill("First day", "2026-11-09")
    hand.fill("Last day", "2026-11-15")
    expect(hand.page.get_by_role("status")).to_contain_text("168 hours of 4 accounts", timeout=PATIENCE)
    hand.press("Export")
    name, content = hand.download("Hours (CSV)", tmp_path)
    hand.page.get_by_role("button", name="Export").first.click()

    assert "2026-11-09_2026-11-15" in name
    table = pl.read_csv(BytesIO(content))
    week = within(plain.rows, date(2026, 11, 9), date(2026, 11, 15))
    assert table.height == week.height == 168 * 4
    assert table[COST].sum() == pytest.approx(week[COST].sum())


def test_from_a_chart_to_the_code_behind_it(hand: Hand) -> None:
    label = chart(hand.page, HEATMAP).get_attribute("aria-label") or ""
    hand.click(hand.page.locator(".cfusage-code-button").nth(HEATMAP))
    code = hand.page.locator(".cfusage-code").first
    expect(code).to_contain_text("weekly_heatmap_chart", timeout=PATIENCE)

    names: dict[str, Any] = {}
    exec(code.inner_text(), names)  # noqa: S102 - that is what is promised of it
    title = heading_of(names["chart"])["text"]
    assert label.startswith(" ".join(title) if isinstance(title, list) else title)
