"""The lines of Python behind what is on screen: from the windows that a chart is made of to the chart."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.code import Recipe, bracketed, literal, with_imports
from cfusage_lab.explorer.compared_chart import range_words, running_note
from cfusage_lab.explorer.state import State
from cfusage_lab.headline import MOST_JUDGED
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import DAY, WEEK_DAYS

__all__ = ["ChartRecipe", "recipe_of"]

_BEFORE: Final = {"day": ("day_over_day", 1), "week": ("week_over_week", WEEK_DAYS)}
"""How days are compared one by one: the function, and how many days before the partner is."""
_UNTIL: Final = 'until = cfu.same_time_yesterday(known, time_zone=time_zone)["until"][0]'


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRecipe(Recipe):
    """Writes the code behind each chart on screen."""

    def chart_code(self, view: str) -> str:
        """Write what draws a chart as Python; the chart's name is ``chart``.

        Parameters
        ----------
        view
            ``time_line``, ``compared``, ``heatmap`` or ``profile``.

        Raises
        ------
        ConfigError
            If there is no such chart, or no days to compare.
        """
        drawn = {
            "time_line": self._time_line,
            "compared": self._compared,
            "heatmap": self._heatmap,
            "profile": self._profile,
        }
        if view not in drawn:
            raise ConfigError(f"no chart {view!r}: take one of {', '.join(drawn)}")
        is_of_each = view == "compared" and self.compared == "month_end"
        named = [f"{literal(one)}: {literal(name)}" for one, name in self.named(is_of_each=is_of_each)]
        return with_imports(
            [
                *self.asked(),
                f"time_zone = {literal(self.time_zone)}",
                f"names = {bracketed('{}', named)}",
                *drawn[view](),
                "cfu.show(chart)",
            ]
        )

    def _time_line(self) -> list[str]:
        """Write how the whole range is drawn: what is visible of it is the browser's."""
        is_daily = self.granularity == "day"
        first = self.time_range.start.astimezone(zone(self.time_zone)).date()
        starts = [self.start_of(first, before=WEEK_DAYS - 1)] if is_daily else []
        starts += [self.judged_from] if self.judged_from else []
        lines, options = self.fetched("history", "time_range") + self.added_up("history"), []
        if starts:
            is_inside = 'pl.col("start_time").is_between(time_range.start, time_range.end, closed="left")'
            lines = [*self.since(min(starts)), f"history = known.filter({is_inside})"]
        if is_daily:
            lines += [
                "days = cfu.daily_usage(history, time_zone=time_zone)",
                "means = cfu.rolling_mean(cfu.daily_usage(known, time_zone=time_zone))",
                'means = means.join(days, on=["account_id", "date"], how="semi")',
            ]
            options += ["rolling=means"]
        if self.judged_from:
            lines += self._events()
            options += ["anomalies=events"]
        return [*lines, _drawn("usage", "days" if is_daily else "history", *options)]

    def _events(self) -> list[str]:
        """Write how events are found: of many accounts, those of the costliest."""
        judged = []
        if len(self.accounts) > MOST_JUDGED and not self.is_added_up:
            judged = [
                'costs = known.group_by("account_id").agg(pl.col("aggregated_value").sum())',
                'costs = costs.sort("aggregated_value", "account_id", descending=[True, False])',
                f'known = known.join(costs.head({MOST_JUDGED}), on="account_id", how="semi")',
            ]
        return [
            *judged,
            "events = cfu.anomalies(known, time_zone=time_zone)",
            'events = events.filter(pl.col("end_time") > time_range.start)',
            'events = events.filter(pl.col("start_time") < time_range.end)',
        ]

    def _heatmap(self) -> list[str]:
        table = "hours = cfu.weekly_heatmap(history, time_zone=time_zone)"
        statistic = f"statistic={literal(self.statistic)}"
        drawn = _drawn("weekly_heatmap", "hours", statistic, "history=history")
        return [*self.in_range(), table, drawn]

    def _profile(self) -> list[str]:
        table = "hours = cfu.hourly_profile(history, time_zone=time_zone)"
        return [*self.in_range(), table, _drawn("hour_profile", "hours")]

    def _compared(self) -> list[str]:
        if self.compared == "month_end":
            return self._month_end()
        if self.dates is None:
            raise ConfigError("there is no day to compare")
        if self.compared == "range":
            return self._range_over_range(self.dates)
        if self.compared == "month":
            return self._month_over_month(self.dates)
        name, before = _BEFORE[self.compared]
        return [
            *self.since(self.start_of(self.dates[0], before=before)),
            f"changes = cfu.{name}(cfu.daily_usage(known, time_zone=time_zone))",
            f"changes = changes.filter({_within(self.dates)})",
            _drawn(name, "changes", *self.note_option()),
        ]

    def _month_end(self) -> list[str]:
        """Write how the month that runs is forecast, of each account and of all of them."""
        budgets = [f"{literal(one)}: {amount!r}" for one, amount in self.budgets.items()]
        given, limits, options = "history=known, time_zone=time_zone", [], []
        if budgets:
            limits += [
                f"budgets = {bracketed('{}', budgets)}",
                f"budget = cfu.budget_check(days, budget_usd=budgets, {given})",
            ]
            options += ["budget=budget"]
        if self.is_credit_known:
            limits += [f"runway = cfu.credit_runway(client.credit_balance(accounts), days, {given})"]
            options += ["runway=runway"]
        return [
            self.between("season", self.season_from or self.time_range.start, self.time_range.end),
            *self.fetched("known", "season"),
            "days = cfu.daily_usage(known, time_zone=time_zone)",
            f"path = cfu.forecast_month_path(days, {given})",
            *limits,
            _UNTIL,
            _drawn("month_end", "path", *options, "until=until", *self.note_option()),
        ]

    def _month_over_month(self, dates: tuple[date, date]) -> list[str]:
        """Write how the month in which the selection ends is drawn, until then."""
        first = (dates[1] - DAY).replace(day=1)  # in the first hour of a month, it is the one before
        cut = (
            [
                self.between("selected", self.selection.start or self.time_range.start, self.selection.end),
                'known = known.filter(pl.col("end_time") <= selected.end)',
            ]
            if self.selection.end
            else []
        )
        return [
            *self.since(self.start_of((first - DAY).replace(day=1))),
            *cut,
            "month = cfu.month_over_month(known, time_zone=time_zone)",
            _UNTIL,
            _drawn("month_over_month", "month", "until=until", *self.note_option()),
        ]

    def _range_over_range(self, dates: tuple[date, date]) -> list[str]:
        if self.previous_dates is None:
            raise ConfigError("there are no days to compare with")
        starts = [self.start_of(one[0]) for one in (dates, self.previous_dates)]
        ends = [self.start_of(one[1] + DAY) for one in (dates, self.previous_dates)]
        current, previous = map(literal, self.sides)
        return [
            *self.since(min(starts), max(ends)),
            "days = cfu.daily_usage(known, time_zone=time_zone)",
            f"current = days.filter({_within(dates)})",
            f"previous = days.filter({_within(self.previous_dates)})",
            "changes = cfu.compare(current, previous)",
            _drawn(
                "comparison", "changes", f"current={current}", f"previous={previous}", *self.note_option()
            ),
        ]


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
        is_added_up=state.is_added_up,
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


def _within(dates: tuple[date, date]) -> str:
    first, last = (f"pl.date({one.year}, {one.month}, {one.day})" for one in dates)
    return f'pl.col("date").is_between({first}, {last})'


def _drawn(chart: str, table: str, *options: str) -> str:
    arguments = [table, *options, "time_zone=time_zone", "names=names"]
    return f"chart = cfu.{chart}_chart{bracketed('()', arguments)}"
