"""From a chart to the code behind it: the lines run, and draw the very chart."""

import ast
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl
import pytest
from drawn_charts import assert_draws, drawn, is_same, spec
from histories import hours
from hostile import TEXTS
from processes import run_code

import cfusage_lab as cfu
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.chart_code import ChartRecipe
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.headline import budget_of, month_course, range_events
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
BERLIN = "Europe/Berlin"
A, B = tuple(SANDBOX_ACCOUNTS)[:2]
NAMES = {A: "Alpha", B: "Beta", "all": "2 accounts"}
RANGE = cfu.between("2026-11-02", "2026-11-16", time_zone=BERLIN, now=NOW)
DATES = date(2026, 11, 2), date(2026, 11, 14)
OCTOBER = date(2026, 10, 5), date(2026, 10, 17)
BRUSH = Selection(
    start=datetime(2026, 11, 3, 23, tzinfo=UTC), end=datetime(2026, 11, 9, 23, tzinfo=UTC), weekday=3
)
BRUSHED = date(2026, 11, 4), date(2026, 11, 9)
DRAWN: dict[str, Any] = {"time_zone": BERLIN, "names": NAMES}


def recipe(**options: Any) -> ChartRecipe:  # noqa: ANN401 - whatever it takes
    asked: dict[str, Any] = {
        "whose": "sandbox",
        "accounts": (A, B),
        "time_range": RANGE,
        "selection": EVERYTHING,
        "time_zone": BERLIN,
        "now": NOW,
        "names": NAMES,
        "dates": DATES,
    }
    return ChartRecipe(**(asked | options))


@cache
def fetched(first: str) -> pl.DataFrame:
    """Fetch both accounts, from a day on: further back than a chart needs."""
    client = cfu.UsageClient.sandbox(now=NOW)
    span = cfu.between(first, "2026-11-16", time_zone=BERLIN, now=NOW)
    return client.usage_history(span, accounts=[A, B], with_ids=False)


def inside(windows: pl.DataFrame, start: datetime = RANGE.start, end: datetime = RANGE.end) -> pl.DataFrame:
    return windows.filter(pl.col("start_time").is_between(start, end, closed="left"))


@pytest.mark.parametrize("is_together", [False, True])
@pytest.mark.parametrize("granularity", ["hour", "day"])
def test_the_time_line_with_what_stood_out(granularity: str, is_together: bool) -> None:  # noqa: FBT001
    """Daily means need the six days before, events the six weeks; the explorer knows more."""
    added: Callable[[pl.DataFrame], pl.DataFrame] = cfu.total_usage if is_together else lambda table: table
    judged_from = RANGE.start - timedelta(weeks=6)
    known = added(fetched("2026-09-01"))
    events = range_events(inside(known, judged_from), time_zone=BERLIN, time_range=RANGE).table
    windows: pl.DataFrame = inside(known)
    days = cfu.daily_usage(windows, time_zone=BERLIN)
    means = cfu.rolling_mean(cfu.daily_usage(known, time_zone=BERLIN))
    means = means.join(days, on=["account_id", "date"], how="semi")
    hourly = cfu.usage_chart(windows, anomalies=events, **DRAWN)
    daily = cfu.usage_chart(days, rolling=means, anomalies=events, **DRAWN)

    asked = recipe(granularity=granularity, is_added_up=is_together, judged_from=judged_from)

    assert not events.is_empty()
    assert_draws(asked.chart_code("time_line"), daily if granularity == "day" else hourly)


def test_the_time_line_without_marks_takes_its_windows_alone() -> None:
    code = recipe().chart_code("time_line")

    assert_draws(code, cfu.usage_chart(inside(fetched("2026-09-01")), **DRAWN))
    assert "span" not in code
    assert "import polars" not in code


@pytest.mark.parametrize("statistic", ["mean", "median", "total", "share"])
def test_the_heatmap_is_of_the_selected_span(statistic: Any) -> None:  # noqa: ANN401 - one of four
    """A cell is marked in it, and leaves nothing out."""
    windows = cfu.total_usage(inside(fetched("2026-09-01"), BRUSH.start, BRUSH.end))  # type: ignore[arg-type]
    table = cfu.weekly_heatmap(windows, time_zone=BERLIN)

    code = recipe(selection=BRUSH, statistic=statistic, is_added_up=True).chart_code("heatmap")

    assert_draws(code, cfu.weekly_heatmap_chart(table, statistic=statistic, history=windows, **DRAWN))


def test_the_profile_of_each_account() -> None:
    table = cfu.hourly_profile(inside(fetched("2026-09-01")), time_zone=BERLIN)

    assert_draws(recipe().chart_code("profile"), cfu.hour_profile_chart(table, **DRAWN))


@pytest.mark.parametrize(
    ("compared", "compute", "draw"),
    [
        ("day", cfu.day_over_day, cfu.day_over_day_chart),
        ("week", cfu.week_over_week, cfu.week_over_week_chart),
    ],
)
@pytest.mark.parametrize("dates", [DATES, BRUSHED])
def test_days_beside_their_partners(
    compared: str, compute: Callable[..., Any], draw: Callable[..., Any], dates: tuple[date, date]
) -> None:
    """Partners of the first days lie before the range, or before what is selected of it."""
    changes = compute(cfu.daily_usage(fetched("2026-09-01"), time_zone=BERLIN))
    changes = changes.filter(pl.col("date").is_between(*dates))

    code = recipe(compared=compared, dates=dates, note="A note").chart_code("compared")

    assert set(changes["kind"]) == {"up", "down"}
    assert_draws(code, draw(changes, note="A note", **DRAWN))


@pytest.mark.parametrize("selection", [EVERYTHING, BRUSH])
def test_the_month_beside_the_one_before(selection: Selection) -> None:
    known = fetched("2026-09-01")
    known = known if selection.end is None else known.filter(pl.col("end_time") <= selection.end)
    until = cfu.same_time_yesterday(known, time_zone=BERLIN)["until"][0]
    month = cfu.month_over_month(known, time_zone=BERLIN)

    code = recipe(compared="month", selection=selection, dates=(DATES[0], NOW.date())).chart_code("compared")

    assert until == ("10:00" if selection.end is None else "24:00")
    assert_draws(code, cfu.month_over_month_chart(month, until=until, **DRAWN))


@pytest.mark.parametrize("is_credit_known", [False, True])
@pytest.mark.parametrize("budget", [None, 4000, {A: 2500, B: 1500}])
def test_the_month_that_runs_with_what_is_to_come(budget: Any, is_credit_known: bool) -> None:  # noqa: ANN401, FBT001
    """As the explorer tells it: of each account and of both, whether they are drawn together or not."""
    month = cfu.month_to_date(time_zone=BERLIN, now=NOW)
    season = cfu.last_days(60, time_zone=BERLIN, now=NOW).start
    credit = cfu.UsageClient.sandbox(now=NOW).credit_balance([A, B]) if is_credit_known else None
    windows = inside(fetched("2026-09-01"), season)
    course = month_course(windows, time_zone=BERLIN, budget=budget_of(budget), credit=credit)
    expected = cfu.month_end_chart(
        course.path, budget=course.budget, runway=course.runway, until="10:00", **DRAWN
    )
    budgets = {} if course.budget is None else course.budget.select("account_id", "budget_usd").iter_rows()

    asked = recipe(
        compared="month_end",
        time_range=month,
        season_from=season,
        budgets=dict(budgets),
        is_credit_known=is_credit_known,
        is_added_up=True,
    )

    assert_draws(asked.chart_code("compared"), expected)


@pytest.mark.parametrize("previous", [OCTOBER, (date(2026, 11, 2), date(2026, 11, 8))])
def test_a_range_beside_another(previous: tuple[date, date]) -> None:
    days = cfu.daily_usage(fetched("2026-09-01"), time_zone=BERLIN)
    sides = "This range", '5\N{EN DASH}17 Oct "2026"\''
    changes = cfu.compare(*(days.filter(pl.col("date").is_between(*one)) for one in (DATES, previous)))

    code = recipe(compared="range", previous_dates=previous, sides=sides).chart_code("compared")

    assert_draws(code, cfu.comparison_chart(changes, current=sides[0], previous=sides[1], **DRAWN))


def test_a_table_is_added_up_where_all_accounts_have_an_hour() -> None:
    table = pl.concat(
        [hours(RANGE.start, [1.0] * 200, account_id=A), hours(RANGE.start, [2.0] * 190, account_id=B)]
    )
    table = pl.concat([table, hours(RANGE.start, [4.0] * 200, account_id="c" * 32)])
    both = cfu.total_usage(table.filter(pl.col("account_id") != "c" * 32, pl.len().over("start_time") > 2))

    code = recipe(whose="table", now=None, is_added_up=True).chart_code("time_line")

    assert both.height == 190
    assert_draws(code, cfu.usage_chart(both, **DRAWN), history=table)


def test_of_many_accounts_the_costliest_are_judged() -> None:
    """As on screen: a burst of the last of 25 is not marked."""
    ids = [f"{nth:032x}" for nth in range(25)]
    start = RANGE.start - timedelta(weeks=6)
    costs = [1.0] * int((RANGE.end - start) / timedelta(hours=1))
    burst = [*costs[:-100], 50.0, 50.0, *costs[-98:]]
    table = pl.concat(
        hours(start, [cost * (25 - nth) for cost in (burst if nth in {1, 24} else costs)], account_id=one)
        for nth, one in enumerate(ids)
    )
    names = {one: f"Account {nth}" for nth, one in enumerate(ids)}
    events = range_events(table, time_zone=BERLIN, time_range=RANGE).table

    asked = recipe(whose="table", now=None, accounts=ids, names=names, judged_from=start)

    assert events["account_id"].unique().to_list() == [ids[1]]
    expected = cfu.usage_chart(inside(table), anomalies=events, time_zone=BERLIN, names=names)
    assert_draws(asked.chart_code("time_line"), expected, history=table)


def test_names_that_no_chart_needs_are_left_out() -> None:
    """Of a thousand accounts one is on screen: the lines name that one, in the colours of the screen."""
    names = {f"{nth:032x}": f"Account {nth}" for nth in range(1000)} | NAMES

    alone = recipe(accounts=(A,), names=names).chart_code("profile")
    together = recipe(names=names, is_added_up=True).chart_code("profile")
    month = recipe(names=names, is_added_up=True, compared="month_end").chart_code("compared")

    assert f'names = {{"{A}": "Alpha", "all": "2 accounts"}}' in alone
    assert 'names = {"all": "2 accounts"}' in together
    assert f'    "{A}": "Alpha",\n    "{B}": "Beta",\n    "all": "2 accounts",\n' in month
    assert all("Account" not in code for code in (alone, together, month))


def test_the_code_runs_in_a_process_of_its_own() -> None:
    """As it is pasted into a notebook: the same chart comes out."""
    code = recipe(is_added_up=True, compared="week").chart_code("compared")

    printed = run_code(f"{code}\nprint(chart.to_json())", beside=__file__)

    assert is_same(spec(printed), spec(drawn(code).to_json()))
    assert printed.count("2 accounts") >= 1


@pytest.mark.parametrize("view", ["time_line", "compared", "heatmap", "profile"])
def test_no_name_becomes_code_or_ends_a_line(view: str) -> None:
    texts = [*TEXTS, '"}; import os; os.abort(); names = {"', "# none"]
    names = {f"id {nth}": text for nth, text in enumerate(texts)}

    code = ast.parse(recipe(accounts=[*names], names=names, note=texts[0], now=None).chart_code(view))

    (found,) = [
        one.value
        for one in code.body
        if isinstance(one, ast.Assign)
        and isinstance(one.targets[0], ast.Name)
        and one.targets[0].id == "names"
    ]
    assert ast.literal_eval(found) == names
    assert "os" not in {one.id for one in ast.walk(code) if isinstance(one, ast.Name)}


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(
        ConfigError, match="no chart 'days': take one of time_line, compared, heatmap, profile"
    ):
        recipe().chart_code("days")
    with pytest.raises(ConfigError, match="no day to compare"):
        recipe(dates=None).chart_code("compared")
    with pytest.raises(ConfigError, match="no days to compare with"):
        recipe(compared="range").chart_code("compared")
