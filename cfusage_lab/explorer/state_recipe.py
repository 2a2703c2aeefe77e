"""The code behind what is on screen: what a state says of its windows and of each chart."""

from cfusage_lab.explorer.chart_code import ChartRecipe
from cfusage_lab.explorer.compared_chart import range_words, running_note
from cfusage_lab.explorer.state import State

__all__ = ["recipe_of"]


def recipe_of(state: State) -> ChartRecipe:
    """Return what it takes to come by the selected windows, and to draw each chart that is on screen."""
    dates, display, course = state.brushed_dates, state.display, state.course
    sides, note = _words(state)
    budget = None if course is None else course.budget
    return ChartRecipe(
        whose=state.source.whose,
        accounts=state.accounts,
        time_range=state.query.time_range,
        selection=state.selection,
        time_zone=state.time_zone,
        now=state.source.fixed_now,
        names=state.drawn_names,
        is_together=state.is_added_up,
        granularity=state.granularity,
        statistic=display.statistic,
        compared="month_end" if state.is_fanned else display.chart,
        dates=dates,
        previous_dates=state.brushed_before,
        sides=sides,
        judged_from=None if state.events is None else state.query.usual.start,
        season_from=state.query.season.start,
        budgets={} if budget is None else dict(budget.select("account_id", "budget_usd").iter_rows()),
        is_credit_known=course is not None and course.runway is not None,
        note=note,
    )


def _words(state: State) -> tuple[tuple[str, str], str | None]:
    """Name the days that are compared and those beside them, and say what the chart says last."""
    if state.display.chart == "range":
        current, previous, note = range_words(state)
        return (current, previous), note
    return ("", ""), running_note(state.brushed) or None if state.display.chart == "month" else None
