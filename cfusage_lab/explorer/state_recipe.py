"""The code behind what is on screen: what a state says of its windows and of each chart."""

from cfusage_lab.explorer.chart_code import ChartRecipe
from cfusage_lab.explorer.state import State
from cfusage_lab.wording import days_text

__all__ = ["recipe_of"]


def recipe_of(state: State) -> ChartRecipe:
    """Return what it takes to come by the selected windows, and to draw each chart that is on screen."""
    dates, display, course = state.brushed_dates, state.display, state.course
    before = None if dates is None else state.query.compared_days(dates)
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
        previous_dates=before,
        sides=_sides(state),
        judged_from=None if state.events is None else state.query.usual.start,
        season_from=state.query.season.start,
        budgets={} if budget is None else dict(budget.select("account_id", "budget_usd").iter_rows()),
        is_credit_known=course is not None and course.runway is not None,
        note=_note(state),
    )


def _sides(state: State) -> tuple[str, str]:
    """Name the days that are compared, and those beside them."""
    current = "The selected days" if state.selection.is_brushed else "This range"
    before = None if state.brushed_dates is None else state.query.compared_days(state.brushed_dates)
    return current, "other days" if before is None else days_text(*before)


def _note(state: State) -> str | None:
    """Say of a month that its running hour is left out."""
    is_running = state.display.chart == "month" and "in_progress" in state.brushed["state"]
    return "Without the running hour" if is_running else None
