"""From each chart on screen to the code behind it: it draws what is on screen."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from drawn_charts import assert_draws

import cfusage_lab as cfu
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.chart_code import recipe_of
from cfusage_lab.explorer.chart_views import CHARTS
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
PATIENCE = 60


def opened(**options: Any) -> UsageExplorer:  # noqa: ANN401 - passed on
    client = cfu.UsageClient.sandbox(now=NOW)
    explorer = UsageExplorer(client, now=NOW, time_zone="Europe/Berlin", **options)
    assert explorer.wait(PATIENCE)
    explorer.accounts.value = tuple(SANDBOX_ACCOUNTS)[:2]
    assert explorer.wait(PATIENCE)
    return explorer


@pytest.fixture(scope="module")
def week() -> State:
    """Show seven whole days of two accounts, with all that answers are made of."""
    explorer = opened(time_range="Last 7 days")
    assert len(explorer.state.accounts) == 2
    assert explorer.state.events is not None
    return explorer.state


def assert_draws_all(state: State) -> None:
    """Compare with charts that say all of themselves; hours that are marked on screen are not drawn again."""
    alone = replace(state.displayed(heading="full"), selection=state.selection.brush)
    for name, view in CHARTS.items():
        assert_draws(recipe_of(state).chart_code(name), view.draw(alone))


@pytest.mark.parametrize("is_together", [True, False])
@pytest.mark.parametrize(
    ("granularity", "chart", "statistic"),
    [
        ("hour", "range", "mean"),
        ("day", "day", "median"),
        ("auto", "week", "total"),
        ("day", "month", "share"),
    ],
)
def test_every_chart_on_screen_can_be_drawn_again(
    week: State,
    granularity: str,
    chart: str,
    statistic: str,
    is_together: bool,  # noqa: FBT001
) -> None:
    display = replace(
        week.display, granularity=granularity, chart=chart, statistic=statistic, is_together=is_together
    )

    assert_draws_all(replace(week, display=display))


@pytest.mark.parametrize("chart", ["range", "day", "week", "month"])
def test_every_chart_of_a_selection_can_be_drawn_again(week: State, chart: str) -> None:
    """From Tuesday on to Thursday, and the Wednesdays among them: a cell leaves nothing out of charts."""
    chosen = Selection(
        start=datetime(2026, 11, 9, 23, tzinfo=UTC), end=datetime(2026, 11, 12, 23, tzinfo=UTC), weekday=3
    )
    state = replace(week, selection=chosen, display=replace(week.display, chart=chart))

    assert state.brushed_dates == (date(2026, 11, 10), date(2026, 11, 12))
    assert_draws_all(state)


@pytest.mark.parametrize("comparison", ["weekdays", "month"])
def test_the_range_beside_other_days_can_be_drawn_again(comparison: str) -> None:
    explorer = opened(time_range="Last 7 days")
    explorer.comparison.value = comparison
    assert explorer.wait(PATIENCE)

    assert explorer.state.query.comparison == comparison
    assert_draws_all(explorer.state)


def test_the_month_that_runs_can_be_drawn_again() -> None:
    explorer = opened(time_range="Month to date", budget_usd=4000)
    explorer.chart_days.value = "month"
    assert explorer.wait(PATIENCE)

    assert explorer.state.is_fanned
    assert recipe_of(explorer.state).budgets == {"all": 4000.0}
    assert_draws_all(explorer.state)


def test_the_code_of_the_table_is_the_explorers(week: State) -> None:
    """One recipe for both: the windows, and the charts of them."""
    code = recipe_of(week).code()

    names: dict[str, Any] = {}
    exec(code, names)  # noqa: S102 - that is what is promised of it
    assert names["history"].equals(week.history)
