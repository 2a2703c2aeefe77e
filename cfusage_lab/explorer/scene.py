"""The charts on screen, each from what the controls and the selection say: no widget, no fetching."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, Literal

import altair as alt
import polars as pl

from cfusage_lab.changes import (
    compare,
    day_over_day,
    month_over_month,
    rolling_mean,
    same_time_yesterday,
    week_over_week,
)
from cfusage_lab.charts import (
    comparison_chart,
    day_over_day_chart,
    hour_profile_chart,
    month_end_chart,
    month_over_month_chart,
    usage_chart,
    week_over_week_chart,
    weekly_heatmap_chart,
)
from cfusage_lab.charts.hour_patterns import Statistic
from cfusage_lab.charts.page import empty_page, fill_page
from cfusage_lab.daily import daily_usage
from cfusage_lab.explorer.outlook import Course, Events, Outlook, course_of, events_of
from cfusage_lab.explorer.questions import days_before
from cfusage_lab.explorer.same import Memo, Same
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.patterns import hourly_profile, weekly_heatmap
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.schema import DAILY
from cfusage_lab.time_units import DAY
from cfusage_lab.wording import counted, days_text

__all__ = ["COMPARISONS", "GRANULARITIES", "STATISTICS", "VIEWS", "Partners", "Scene", "nothing"]

GRANULARITIES: Final = {"Hours": "hour", "Days": "day"}
STATISTICS: Final = {"Mean": "mean", "Median": "median", "Total": "total", "Share": "share"}
COMPARISONS: Final = {
    "Day over day": "day",
    "Week over week": "week",
    "Month to date": "month",
    "Other days": "custom",
}
Partners = Literal["known", "loading", "absent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that decides what the charts show.

    Attributes
    ----------
    history
        The windows of the range (``schema.HISTORY``).
    known
        These, and all others that are needed and known of the same accounts: partners may lie outside the
        range.
    partners
        Whether all that are needed are ``known``, some are ``loading``, or ``absent``: they could not be
        fetched.
    selection
        What is selected; charts follow its span.
    time_zone, names
        The clock, and account id to name.
    granularity, statistic, comparison
        As the controls say.
    chosen_before
        The first and the last day that the selected ones are compared with, if somebody chose them.
    today
        The local date that runs, if that is known.
    outlook
        What forecasts and events are made of; None for a scene without them.
    is_running_month
        Whether the range is the month that runs.
    memo
        What was computed of the same tables before.
    """

    history: pl.DataFrame
    known: pl.DataFrame
    partners: Partners = "known"
    selection: Selection = EVERYTHING
    time_zone: str
    names: Mapping[str, str]
    granularity: str = "hour"
    statistic: Statistic = "mean"
    comparison: str = "day"
    chosen_before: tuple[date, date] | None = None
    today: date | None = None
    outlook: Outlook | None = None
    is_running_month: bool = False
    memo: Memo = field(default_factory=Memo, repr=False, compare=False)

    def selected(self) -> pl.DataFrame:
        """Return the windows in the selected span."""
        return self.selection.brush.of(self.history, time_zone=self.time_zone)

    def time_line(self, *, note: str | None = None) -> alt.VConcatChart:
        """Draw the whole range over time; the brush is the browser's."""
        usage, rolling = self.history, None
        if self.granularity == "day":
            with no_zone_warning():
                usage = self.days(self.history)
                means = self.memo.of(rolling_mean, self.days(self.known))
            rolling = means.join(usage, on=["account_id", "date"], how="semi")
            if self.partners == "loading" and rolling["rolling_mean_usd"].has_nulls():
                rolling = None
        return usage_chart(
            usage,
            rolling=rolling,
            anomalies=None if self.events is None else self.events.table,
            time_zone=self.time_zone,
            names=self.names,
            note=note,
        )

    def heatmap(self) -> alt.VConcatChart:
        """Draw the selected span by weekday and hour."""
        with no_zone_warning():
            table = weekly_heatmap(self.selected(), time_zone=self.time_zone)
        return weekly_heatmap_chart(
            table, time_zone=self.time_zone, statistic=self.statistic, names=self.names
        )

    def profile(self) -> alt.VConcatChart:
        """Draw the selected span by hour of the day."""
        with no_zone_warning():
            table = hourly_profile(self.selected(), time_zone=self.time_zone)
        return hour_profile_chart(table, time_zone=self.time_zone, statistic=self.statistic, names=self.names)

    def compared(self) -> alt.VConcatChart:
        """Draw the selected days beside their partners, which may lie outside the selection."""
        with no_zone_warning():
            return _COMPARED[self.comparison](self)

    def days(self, windows: pl.DataFrame) -> pl.DataFrame:
        """Make local days of windows, once for all views and selections of the same."""
        made: pl.DataFrame = self.memo.of(daily_usage, windows, time_zone=self.time_zone)
        return made

    @property
    def course(self) -> Course | None:
        """Where the month ends; None where nobody has told it yet."""
        if self.outlook is None:
            return None
        windows, options = self.outlook.of_course(self.history, self.memo)
        return self.memo.known(course_of, windows, **options)

    @property
    def events(self) -> Events | None:
        """What stood out; None where nobody has told it yet."""
        if self.outlook is None:
            return None
        windows, options = self.outlook.of_events(self.history, self.memo)
        return self.memo.known(events_of, windows, **options)

    @property
    def is_fanned(self) -> bool:
        """Whether the month is drawn with what is to come, beside nothing else."""
        is_of_it = self.outlook is not None and self.is_running_month and not self.selection.is_brushed
        return is_of_it and self.comparison == "month"

    def look_ahead(self, *, is_wanted: Callable[[], bool]) -> bool:
        """Tell the month's end and what stood out, once all is there; return whether anything is new.

        Between the two, ``is_wanted`` is asked.
        """
        outlook, is_new = self.outlook, False
        if outlook is None:
            return False
        if not outlook.is_season_loading and self.course is None and is_wanted():
            self.tell_course(outlook)
            is_new = True
        if not outlook.is_usual_loading and self.events is None and is_wanted():
            self.tell_events(outlook)
            is_new = True
        return is_new

    def tell_course(self, outlook: Outlook) -> Course:
        """Tell where the month ends, of what is known."""
        windows, options = outlook.of_course(self.history, self.memo)
        with no_zone_warning():
            return self.memo.of(course_of, windows, **options)

    def tell_events(self, outlook: Outlook) -> Events:
        """Tell what stood out, of what is known."""
        windows, options = outlook.of_events(self.history, self.memo)
        with no_zone_warning():
            return self.memo.of(events_of, windows, **options)

    def dates(self) -> tuple[date, date] | None:
        """Return the first and the last local date on which a selected window starts."""
        windows = self.selected()
        if windows.is_empty():
            return None
        dates = local_time(windows["start_time"], time_zone=self.time_zone)["date"]
        return dates.min(), dates.max()  # type: ignore[return-value]

    @property
    def before(self) -> tuple[date, date] | None:
        """The days that the selected ones are compared with: as many, right before, if none were chosen."""
        dates = self.dates()
        return self.chosen_before or (days_before(dates) if dates else None)

    def depends_on(self, view: str) -> tuple[Any, ...]:
        """Return all that decides what a view shows, so that what stays the same is not drawn again."""
        shared = (self.time_zone, tuple(self.names.items()))
        if view == "time_line":
            known = (Same(self.known), self.partners) if self.granularity == "day" else ()
            return (Same(self.history), *known, self.granularity, self.events, *shared)
        if view == "compared" and self.is_fanned:
            return (Same(self.history), self.course, self.outlook, *shared)
        if view == "compared":
            tables = (Same(self.history), Same(self.known), self.partners)
            return (*tables, self.today, self.selection.brush, self.comparison, self.chosen_before, *shared)
        return (Same(self.history), self.selection.brush, self.statistic, *shared)


VIEWS: Final[Mapping[str, Callable[[Scene], alt.VConcatChart]]] = {
    "time_line": Scene.time_line,
    "compared": Scene.compared,
    "heatmap": Scene.heatmap,
    "profile": Scene.profile,
}
"""The charts, in the order in which they are drawn and stand on the page."""


def _day_over_day(scene: Scene) -> alt.VConcatChart:
    return _changed(scene, day_over_day, day_over_day_chart)


def _week_over_week(scene: Scene) -> alt.VConcatChart:
    return _changed(scene, week_over_week, week_over_week_chart)


def _changed(
    scene: Scene, compute: Callable[[pl.DataFrame], pl.DataFrame], draw: Callable[..., alt.VConcatChart]
) -> alt.VConcatChart:
    """Draw changes from day to day; while partners are loading, those that are known."""
    table = _shown(scene.memo.of(compute, scene.days(scene.known)), scene)
    known = table.filter(pl.col("kind") != "unknown")
    if scene.partners == "loading" and known.height < table.height:
        if known.is_empty():
            return nothing(_AWAITED)
        return draw(known, names=scene.names, time_zone=scene.time_zone, note=_MORE_TO_COME)
    return draw(table, names=scene.names, time_zone=scene.time_zone, note=_note(scene, table))


def _is_awaited(scene: Scene, table: pl.DataFrame) -> bool:
    """Whether sums can't be told yet: some of what they are compared with is loading."""
    return scene.partners == "loading" and "unknown" in set(table["kind"])


def nothing(title: str = "") -> alt.VConcatChart:
    """Draw nothing, or nothing yet."""
    return fill_page(empty_page("…"), [], title=title, facts=[], note=None)


def _note(scene: Scene, table: pl.DataFrame) -> str | None:
    """Say why days may be compared with nothing: they were not fetched, which is not to be missing."""
    return _NOT_FETCHED if scene.partners == "absent" and "unknown" in set(table["kind"]) else None


def _shown(table: pl.DataFrame, scene: Scene) -> pl.DataFrame:
    """Keep the days that are selected, whole: their partners were found before."""
    dates = scene.dates()
    return table.filter(pl.col("date").is_between(*dates)) if dates else table.clear()


def _month_over_month(scene: Scene) -> alt.VConcatChart:
    """Draw the month in which the selection ends, until then; the one that runs, with what is to come."""
    if scene.is_fanned:
        return _to_its_end(scene)
    windows = scene.selected()
    end = windows["end_time"].max()
    until = scene.known.filter(pl.col("end_time") <= end) if end is not None else scene.known.clear()
    table = month_over_month(until, time_zone=scene.time_zone)
    if _is_awaited(scene, table):
        return nothing(_AWAITED)
    clock = same_time_yesterday(until, time_zone=scene.time_zone)["until"].unique().to_list()
    return month_over_month_chart(
        table,
        until=clock[0] if clock else None,
        names=scene.names,
        time_zone=scene.time_zone,
        note=" · ".join(filter(None, (_running(windows), _note(scene, table)))) or None,
    )


def _to_its_end(scene: Scene) -> alt.VConcatChart:
    """Draw the month that runs, with what is to come."""
    course = scene.course
    if course is None:
        return nothing(_DAYS_AWAITED)
    clock = same_time_yesterday(scene.history, time_zone=scene.time_zone)["until"].unique().to_list()
    return month_end_chart(
        course.path,
        budget=course.budget,
        runway=course.runway,
        until=clock[0] if clock else None,
        names=scene.names,
        time_zone=scene.time_zone,
        note=" · ".join(filter(None, (_running(scene.history), _lacks(scene)))) or None,
    )


def _lacks(scene: Scene) -> str:
    return _NOT_ALL_DAYS if scene.outlook is not None and scene.outlook.is_lacking else ""


def _running(windows: pl.DataFrame) -> str:
    """Say of what is selected that it has a window which sums so far leave out."""
    return "Without the running hour" if "in_progress" in set(windows["state"]) else ""


def _other_days(scene: Scene) -> alt.VConcatChart:
    """Set the selected days beside others, the first beside the first."""
    days, dates = scene.days(scene.known), scene.dates()
    if dates is None or scene.before is None:
        table = compare(days.clear(), days.clear())
    else:
        table = compare(_between(days, dates), _between(days, scene.before))
    if _is_awaited(scene, table):
        return nothing(_AWAITED)
    current, previous, left_out = _sides(scene, table)
    return comparison_chart(
        table,
        current=current,
        previous=previous,
        names=scene.names,
        time_zone=scene.time_zone,
        note=" · ".join(filter(None, (left_out, _note(scene, table)))) or None,
    )


def _sides(scene: Scene, table: pl.DataFrame) -> tuple[str, str, str]:
    """Name the days that stand beside each other, not those that were asked for, and say what is left out."""
    dates, before = scene.dates(), scene.before
    current = "The selected days" if scene.selection.is_brushed else "This range"
    known = table.filter(pl.col("kind") != "unknown")
    paired, partners = (known[name].unique().sort() for name in ("date", "previous_date"))
    if dates is None or before is None:
        return current, "other days", ""
    if paired.is_empty():
        return current, days_text(*before), ""
    asked = {dates[0] + n * DAY for n in range((dates[1] - dates[0]).days + 1)}
    out = asked - set(paired)
    if out and out == {scene.today} - set(table["date"]):
        current += " without today"
    elif out:
        current += f", {paired.len():,} of {counted(len(asked), 'day')}"
    all_before = (before[1] - before[0]).days + 1
    left_out = f"Compared with {paired.len():,} of {counted(all_before, 'day')}, {days_text(*before)}"
    return current, days_text(partners[0], partners[-1]), left_out if all_before > paired.len() else ""


def _between(days: pl.DataFrame, dates: tuple[date, date]) -> pl.DataFrame:
    """Keep the days from one date to another.

    Ranges are aligned by their first dates. So the first one has a row in any case: a day that is not known
    is one with all hours missing, which is compared with nothing.
    """
    found = days.filter(pl.col("date").is_between(*dates))
    first = days.select(pl.col("account_id").unique()).with_columns(
        date=pl.lit(dates[0]), cost_usd=0.0, hours=0, is_whole=False, state=pl.lit("complete")
    )
    absent = first.join(found, on=["account_id", "date"], how="anti")
    return pl.concat([found, absent.cast(DAILY).select(days.columns)])


_AWAITED: Final = "The days to compare with are still being fetched"
_DAYS_AWAITED: Final = "The days that tell the month's end are not there yet"
_NOT_ALL_DAYS: Final = "Not all days that tell the month's end could be fetched: Refresh asks again"
_MORE_TO_COME: Final = "More follow: their partners are still being fetched"
_NOT_FETCHED: Final = "Not all days to compare with could be fetched: Refresh asks again"

_COMPARED: Final[Mapping[str, Callable[[Scene], alt.VConcatChart]]] = {
    "day": _day_over_day,
    "week": _week_over_week,
    "month": _month_over_month,
    "custom": _other_days,
}
