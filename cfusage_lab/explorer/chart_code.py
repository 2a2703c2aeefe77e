"""The lines of Python that draw a chart on screen, from the windows that it is made of on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final

from cfusage_lab.downsampling import MOST_SERIES
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.code import Recipe, bracketed, literal, with_imports
from cfusage_lab.headline import MOST_JUDGED
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.zones import day_start
from cfusage_lab.time_units import DAY, WEEK_DAYS

__all__ = ["ChartRecipe"]

_VIEWS: Final = ("time_line", "compared", "heatmap", "profile")
_BEFORE: Final = {"day": ("day_over_day", 1), "week": ("week_over_week", WEEK_DAYS)}
"""How days are compared one by one: the function, and how many days before the partner is."""
_TOTAL: Final = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRecipe(Recipe):
    """What it takes to draw the charts on screen, besides what it takes to come by their windows.

    Attributes
    ----------
    names
        Account id to name, as charts are given it; ``all`` is what all accounts added up are called.
    is_together
        Whether several accounts are added up.
    granularity, statistic
        ``hour`` or ``day``, of the time line; which figure colours the heatmap.
    compared
        What the comparison sets beside the days: ``day``, ``week``, ``month`` or ``range``.
    dates, previous_dates
        The first and the last local date that is compared, and of the days that stand beside them in a
        ``range``.
    sides
        What both are called there.
    judged_from
        From when on windows tell what is usual, so that what stood out is marked; None for no marks.
    note
        The last line in the heading of the comparison, if there is one.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    is_together: bool = False
    granularity: str = "hour"
    statistic: str = "mean"
    compared: str = "day"
    dates: tuple[date, date] | None = None
    previous_dates: tuple[date, date] | None = None
    sides: tuple[str, str] = ("This range", "the range before")
    judged_from: datetime | None = None
    note: str | None = None

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
        if view not in _VIEWS:
            raise ConfigError(f"no chart {view!r}: take one of {', '.join(_VIEWS)}")
        named = [f"{literal(one)}: {literal(name)}" for one, name in self._named()]
        views = (self._time_line, self._compared, self._heatmap, self._profile)
        return with_imports(
            [
                *self.asked(),
                f"time_zone = {literal(self.time_zone)}",
                f"names = {bracketed('{}', named)}",
                *dict(zip(_VIEWS, views, strict=True))[view](),
                "cfu.show(chart)",
            ]
        )

    # The windows

    @property
    def _is_added_up(self) -> bool:
        return self.is_together and len(self.accounts) > 1

    def _named(self) -> list[tuple[str, str]]:
        """Return the names that a chart needs: colours go by the place among all, where these are few."""
        if len(self.names) <= MOST_SERIES:
            return [*self.names.items()]
        ids = {_TOTAL} if self._is_added_up else set(self.accounts)
        return [(one, name) for one, name in self.names.items() if one in ids]

    def _range(self) -> list[str]:
        """Write how the windows in the selected span are come by, as they are drawn."""
        brushed = replace(self, selection=self.selection.brush)
        return [*self.fetched("history", "time_range"), *brushed.selected(), *self._added_up("history")]

    def _since(self, start: datetime, end: datetime | None = None) -> list[str]:
        """Write how the windows of the range and others are come by, as they are drawn."""
        span = self.between("span", min(start, self.time_range.start), max(end or start, self.time_range.end))
        return [span, *self.fetched("known", "span"), *self._added_up("known")]

    def _added_up(self, name: str) -> list[str]:
        """Write how accounts are added up: in a table, the hours that all of them have."""
        if not self._is_added_up:
            return []
        every = f'{name} = {name}.filter(pl.len().over("start_time") == len(accounts))'
        return [*([every] if self.whose == "table" else []), f"{name} = cfu.total_usage({name})"]

    def _start(self, day: date, *, before: int = 0) -> datetime:
        return day_start(day - before * DAY, zone(self.time_zone))

    # The charts

    def _time_line(self) -> list[str]:
        """Write how the whole range is drawn: what is visible of it is the browser's."""
        is_daily = self.granularity == "day"
        first = self.time_range.start.astimezone(zone(self.time_zone)).date()
        starts = [self._start(first, before=WEEK_DAYS - 1)] if is_daily else []
        starts += [self.judged_from] if self.judged_from else []
        lines, options = self.fetched("history", "time_range") + self._added_up("history"), []
        if starts:
            is_inside = 'pl.col("start_time").is_between(time_range.start, time_range.end, closed="left")'
            lines = [*self._since(min(starts)), f"history = known.filter({is_inside})"]
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
        if len(self.accounts) > MOST_JUDGED and not self._is_added_up:
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
        drawn = _drawn("weekly_heatmap", "hours", f"statistic={literal(self.statistic)}")
        return [*self._range(), table, drawn]

    def _profile(self) -> list[str]:
        table = "hours = cfu.hourly_profile(history, time_zone=time_zone)"
        return [*self._range(), table, _drawn("hour_profile", "hours")]

    def _compared(self) -> list[str]:
        if self.dates is None:
            raise ConfigError("there is no day to compare")
        if self.compared == "range":
            return self._range_over_range(self.dates)
        if self.compared == "month":
            return self._month_over_month(self.dates)
        name, before = _BEFORE[self.compared]
        return [
            *self._since(self._start(self.dates[0], before=before)),
            f"changes = cfu.{name}(cfu.daily_usage(known, time_zone=time_zone))",
            f"changes = changes.filter({_within(self.dates)})",
            _drawn(name, "changes", *self._note()),
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
            *self._since(self._start((first - DAY).replace(day=1))),
            *cut,
            "month = cfu.month_over_month(known, time_zone=time_zone)",
            'until = cfu.same_time_yesterday(known, time_zone=time_zone)["until"][0]',
            _drawn("month_over_month", "month", "until=until", *self._note()),
        ]

    def _range_over_range(self, dates: tuple[date, date]) -> list[str]:
        if self.previous_dates is None:
            raise ConfigError("there are no days to compare with")
        starts = [self._start(one[0]) for one in (dates, self.previous_dates)]
        ends = [self._start(one[1] + DAY) for one in (dates, self.previous_dates)]
        current, previous = map(literal, self.sides)
        return [
            *self._since(min(starts), max(ends)),
            "days = cfu.daily_usage(known, time_zone=time_zone)",
            f"current = days.filter({_within(dates)})",
            f"previous = days.filter({_within(self.previous_dates)})",
            "changes = cfu.compare(current, previous)",
            _drawn("comparison", "changes", f"current={current}", f"previous={previous}", *self._note()),
        ]

    def _note(self) -> list[str]:
        return [] if self.note is None else [f"note={literal(self.note)}"]


def _within(dates: tuple[date, date]) -> str:
    """Write that a date is one of some days."""
    first, last = (f"pl.date({one.year}, {one.month}, {one.day})" for one in dates)
    return f'pl.col("date").is_between({first}, {last})'


def _drawn(chart: str, table: str, *options: str) -> str:
    """Write the call that draws a chart."""
    arguments = [table, *options, "time_zone=time_zone", "names=names"]
    return f"chart = cfu.{chart}_chart{bracketed('()', arguments)}"
