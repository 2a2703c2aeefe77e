"""The chart of compared days, drawn from the state: beside the days chosen, the day, week or month before."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.changes import (
    compare,
    day_over_day,
    month_over_month,
    same_time_yesterday,
    week_over_week,
)
from cfusage_lab.changes.compared_days import Dates
from cfusage_lab.charts import (
    comparison_chart,
    day_over_day_chart,
    month_end_chart,
    month_over_month_chart,
    week_over_week_chart,
)
from cfusage_lab.charts.page import empty_page, fill_page
from cfusage_lab.explorer.data import Same
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.schema import DAILY
from cfusage_lab.time_units import DAY
from cfusage_lab.wording import counted, days_text

__all__ = ["COMPARED", "compared", "compared_reads", "nothing", "range_words", "running_note", "shared_reads"]

COMPARED: Final = {
    "With the compared days": "range",
    "Day over day": "day",
    "Week over week": "week",
    "Month to date": "month",
}
_NOT_OVER: Final = "Nothing to compare yet: today isn't over"
_AWAITED: Final = "The days to compare with are still being fetched"
_DAYS_AWAITED: Final = "The days that tell the month's end are not there yet"
_NOT_ALL_DAYS: Final = "Not all days that tell the month's end could be fetched: Refresh asks again"
_MORE_TO_COME: Final = "More follow: their partners are still being fetched"
_NOT_FETCHED: Final = "Not all days to compare with could be fetched: Refresh asks again"


def compared(state: State) -> alt.VConcatChart:
    """Draw the selected days beside their partners, which may lie outside the selection."""
    with no_zone_warning():
        return _COMPARED[state.display.chart](state)


def nothing(title: str = "") -> alt.VConcatChart:
    """Draw nothing, or nothing yet."""
    return fill_page(empty_page("…"), [], title=title, facts=[], note=None)


def shared_reads(state: State) -> tuple[Any, ...]:
    """Return what every chart reads."""
    return (Same(state.drawn), state.time_zone, tuple(state.drawn_names.items()))


def compared_reads(state: State) -> tuple[Any, ...]:
    """Return all of a state that decides this chart."""
    if state.is_fanned:
        return (*shared_reads(state), state.course, state.is_lacking([state.query.season]), state.is_busy)
    tables = (*shared_reads(state), Same(state.known), state.partners)
    return (*tables, state.query.today, state.selection.brush, state.display.chart, state.compared_dates)


def _common(state: State) -> dict[str, Any]:
    return {"names": state.drawn_names, "time_zone": state.time_zone, "heading": state.display.heading}


def _changes(
    state: State, *, compute: Callable[[pl.DataFrame], pl.DataFrame], draw: Callable[..., alt.VConcatChart]
) -> alt.VConcatChart:
    """Draw changes from day to day; while partners are loading, those that are known."""
    dates, table = state.brushed_dates, state.changes(compute)
    table = table.filter(pl.col("date").is_between(*dates)) if dates else table.clear()
    known = table.filter(pl.col("kind") != "unknown")
    if state.partners == "loading" and known.height < table.height:
        if known.is_empty():
            return nothing(_AWAITED)
        return draw(known, **_common(state), note=_MORE_TO_COME)
    return draw(table, **_common(state), empty=_why_empty(state), note=_note(state, table))


def _why_empty(state: State) -> str | None:
    """Say why no day is compared, if that is since today runs still."""
    return _NOT_OVER if state.brushed_dates == (state.query.today, state.query.today) else None


def _is_awaited(state: State, table: pl.DataFrame) -> bool:
    """Whether sums can't be told yet: some of what they are compared with is loading."""
    return state.partners == "loading" and "unknown" in set(table["kind"])


def _note(state: State, table: pl.DataFrame) -> str | None:
    """Say why days may be compared with nothing: they were not fetched, which is not to be missing."""
    return _NOT_FETCHED if state.partners == "absent" and "unknown" in set(table["kind"]) else None


def _month_over_month(state: State) -> alt.VConcatChart:
    """Draw the month in which the selection ends, until then; the one that runs, with what is to come."""
    if state.is_fanned:
        return _to_its_end(state)
    windows, known = state.brushed, state.drawn_known
    end = windows["end_time"].max()
    until = known.filter(pl.col("end_time") <= end) if end is not None else known.clear()
    table = month_over_month(until, time_zone=state.time_zone)
    if _is_awaited(state, table):
        return nothing(_AWAITED)
    return month_over_month_chart(
        table,
        until=_clock(until, state.time_zone),
        **_common(state),
        note=" · ".join(filter(None, (running_note(windows), _note(state, table)))) or None,
    )


def _to_its_end(state: State) -> alt.VConcatChart:
    course = state.course
    if course is None:
        return nothing(_DAYS_AWAITED)
    lacks = _NOT_ALL_DAYS if state.is_lacking([state.query.season]) and not state.is_busy else ""
    return month_end_chart(
        course.path,
        budget=course.budget,
        runway=course.runway,
        until=_clock(state.drawn, state.time_zone),
        **_common(state),
        note=" · ".join(filter(None, (running_note(state.drawn), lacks))) or None,
    )


def _clock(windows: pl.DataFrame, time_zone: str) -> str | None:
    """Say until when of its last day windows are added up; None where there are none."""
    said = same_time_yesterday(windows, time_zone=time_zone)["until"].unique().to_list()
    return said[0] if said else None


def running_note(windows: pl.DataFrame) -> str:
    """Say of what is selected that it has a window which sums so far leave out."""
    return "Without the running hour" if "in_progress" in set(windows["state"]) else ""


def _other_days(state: State) -> alt.VConcatChart:
    """Set the selected days beside those they are compared with, the first beside the first."""
    table = _range_table(state)
    if _is_awaited(state, table):
        return nothing(_AWAITED)
    current, previous, note = _range_words(state, table)
    return comparison_chart(
        table, current=current, previous=previous, **_common(state), empty=_why_empty(state), note=note
    )


def _range_table(state: State) -> pl.DataFrame:
    days, dates, before = state.known_days, state.brushed_dates, state.brushed_before
    if dates is None or before is None:
        return compare(days.clear(), days.clear())
    return compare(_between(days, dates), _between(days, before))


def range_words(state: State) -> tuple[str, str, str | None]:
    """Name the selected days and those beside them, and say what is left out or could not be fetched."""
    return _range_words(state, _range_table(state))


def _range_words(state: State, table: pl.DataFrame) -> tuple[str, str, str | None]:
    """Name the days that stand beside each other, not those that were asked for."""
    current, note = "The selected days" if state.selection.is_brushed else "This range", _note(state, table)
    dates, before = state.brushed_dates, state.brushed_before
    if dates is None or before is None:
        return current, "other days", note
    known = table.filter(pl.col("kind") != "unknown")
    paired, partners = (known[name].unique().sort() for name in ("date", "previous_date"))
    if paired.is_empty():
        return current, days_text(*before), note
    asked = {dates[0] + n * DAY for n in range((dates[1] - dates[0]).days + 1)}
    out = asked - set(paired)
    if out and out == {state.query.today} - set(table["date"]):
        current += " without today"
    elif out:
        current += f", {paired.len():,} of {counted(len(asked), 'day')}"
    whole = state.query.other_days if state.query.comparison == "custom" else None
    before = before if whole is None or state.selection.is_brushed else whole
    all_before = (before[1] - before[0]).days + 1
    if all_before > paired.len():
        left_out = f"Compared with {paired.len():,} of {counted(all_before, 'day')}, {days_text(*before)}"
        note = " · ".join(filter(None, (left_out, note)))
    return current, days_text(partners[0], partners[-1]), note


def _between(days: pl.DataFrame, dates: Dates) -> pl.DataFrame:
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


_COMPARED: Final[Mapping[str, Callable[[State], alt.VConcatChart]]] = {
    "range": _other_days,
    "day": partial(_changes, compute=day_over_day, draw=day_over_day_chart),
    "week": partial(_changes, compute=week_over_week, draw=week_over_week_chart),
    "month": _month_over_month,
}
