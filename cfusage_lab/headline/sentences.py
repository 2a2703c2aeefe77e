"""The headline in words: each figure and each comparison is said in one way, wherever it is shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple

from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.changes.range_comparison import RangeComparison
from cfusage_lab.time_units import DAY, WEEKDAYS
from cfusage_lab.wording import (
    clock_hour,
    counted,
    date_text,
    dollars,
    more_or_less,
    percent,
    share_text,
    short_days_text,
)

__all__ = [
    "MEAN_DAY",
    "NOT_JUDGED",
    "NO_FORECAST",
    "PEAK_HOUR",
    "Figure",
    "HeadlineFigures",
    "change_text",
    "comparison_sentence",
    "headline_figures",
    "range_sentence",
]

MEAN_DAY: Final = "Mean day"
PEAK_HOUR: Final = "Peak hour"
NO_FORECAST: Final = "Not enough history for a forecast"
NOT_JUDGED: Final = f"Not enough history to tell: nothing is judged in the first {JUDGED_DAYS} days"
_MIDNIGHT: Final = "24:00"
_DAY_BEGINS: Final = "00:00"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, in words.

    Attributes
    ----------
    title, value
        What it is, and how much; the value is empty where it can't be told.
    number
        The same unrounded, in US dollars or as a fraction; None where it is unknown, or an hour.
    kind
        How it compares, one of ``schema.KINDS``; empty where it is compared with nothing.
    comparison
        That comparison, in words.
    note
        What else the reader has to know, such as why something can't be told.
    """

    title: str
    value: str = ""
    number: float | None = None
    kind: str = ""
    comparison: str = ""
    note: str = ""

    @property
    def words(self) -> str:
        """What stands beside the value."""
        return self.comparison or self.note


class HeadlineFigures(NamedTuple):
    """What is asked first."""

    day: Figure
    month: Figure
    mean_day: Figure
    peak_hour: Figure
    load_factor: Figure


def headline_figures(row: Mapping[str, Any], *, today: date | None = None) -> HeadlineFigures:
    """Put a row of :func:`cfusage_lab.headline.headline_table` into words.

    Parameters
    ----------
    row
        The row, by column.
    today
        The date of the reader, to whom it is today; left out, every day is told by its date.
    """
    return HeadlineFigures(_day(row, today), _month(row), _mean_day(row), _peak_hour(row), _load_factor(row))


def comparison_sentence(
    kind: str, change: float | None, ratio: float | None, partner: str, *, previous: float | None = None
) -> str:
    """Say how a figure compares with its partner, as in ``schema.COMPARISON``, and what that came to."""
    if kind == "unknown" or change is None:
        return f"not compared with {partner}: hours are missing"
    if kind in {"flat", "zero"}:
        return f"the same as {partner}"
    came_to = "" if previous is None else f" ({dollars(previous)})"
    return f"{more_or_less(change, ratio)} vs. {partner}{came_to}"


def range_sentence(comparison: RangeComparison) -> str:
    """Say how some days compare, and with which: ``$9.00 more (+4.6%) vs. 4 Oct 2026 by 09:00 ($196.00)``."""
    if comparison.previous_dates is None:
        return "nothing to compare with"
    partner = _partner(comparison)
    if comparison.missing_hours:
        hours = counted(comparison.missing_hours, "hour is missing", "hours are missing")
        return f"not compared with {partner}: {hours}"
    if comparison.current_usd is None or comparison.previous_usd is None:
        return "nothing to compare yet" if comparison.is_running else "nothing to compare"
    came_to = f"{partner} ({dollars(comparison.previous_usd)})"
    if comparison.kind in {"flat", "zero"}:
        return f"the same as {came_to}"
    return f"{more_or_less(comparison.change_usd or 0.0, comparison.change_ratio)} vs. {came_to}"


def change_text(ratio: float | None, kind: str | None) -> str:
    """Write how a figure changed, for a cell; where there is no ratio, its kind says why."""
    return (kind or "unknown") if ratio is None else percent(ratio)


def _partner(comparison: RangeComparison) -> str:
    """Name the days before, with the clock times that cut them and the hours of the week."""
    assert comparison.previous_dates is not None  # noqa: S101 - the caller has asked
    first, last = comparison.previous_dates
    since, until = comparison.since, comparison.previous_until
    if until == _DAY_BEGINS and since is None and first < last:  # nothing of the last day is added
        last, until = last - DAY, None
    text = short_days_text(first, last)
    if since is not None and first == last:
        text = f"{text}, {since} to {until or _MIDNIGHT}"
    elif since is not None:
        ends = (short_days_text(first, first, with_year=first.year != last.year), short_days_text(last, last))
        text = f"{ends[0]}, {since} to {ends[1]}{f', {until}' if until else ''}"
    elif until is not None:
        text = f"{text} by {until}"
    cell = [] if comparison.weekday is None else [f"{WEEKDAYS[comparison.weekday - 1]}s"]
    cell += [] if comparison.hour is None else [clock_hour(comparison.hour)]
    return f"{', '.join(cell)} of {text}" if cell else text


def _day(row: Mapping[str, Any], today: date | None) -> Figure:
    """Set the day so far beside the day before until the same time."""
    day, until = row["date"], row["until"]
    if day is None:
        return Figure(title="Today", note="no hour of it has ended yet")
    name = "Today" if day == today else "Yesterday" if day + DAY == today else date_text(day)
    before = "yesterday" if day == today else "the day before"
    title = name if until == _MIDNIGHT else f"{name} until {until}"
    return _compared(row, title, f"{before}{_by(until)}", now="today", before="yesterday", side="day")


def _month(row: Mapping[str, Any]) -> Figure:
    """Set the month so far beside the same days of the month before."""
    day, until = row["date"], row["until"]
    if day is None:
        return Figure(title="This month", note="no hour of it has ended yet")
    end = day.replace(day=1) - DAY
    partner = short_days_text(end.replace(day=1), end.replace(day=min(day.day, end.day)), with_year=False)
    if day.day <= end.day:  # of a shorter month, all of it counts
        partner += _by(until)
    title = f"{day:%B %Y} so far"
    return _compared(row, title, partner, now="month", before="previous_month", side="month")


def _by(until: str) -> str:
    """Say at what time of the clock a day is cut, if it is."""
    return "" if until == _MIDNIGHT else f" by {until}"


def _compared(
    row: Mapping[str, Any], title: str, partner: str, *, now: str, before: str, side: str
) -> Figure:
    if not row[f"{side}_is_whole"]:  # what is known of it is no sum of it
        return Figure(title=title, kind="unknown", note="hours of it are missing")
    current, previous, kind = row[f"{now}_usd"], row[f"{before}_usd"], row[f"{side}_kind"]
    change = None if current is None or previous is None else current - previous
    said = comparison_sentence(kind, change, row[f"{side}_change_ratio"], partner, previous=previous)
    is_unknown = kind == "unknown"
    return Figure(
        title=title,
        value="" if current is None else dollars(current),
        number=current,
        kind=kind,
        comparison="" if is_unknown else said,
        note=said if is_unknown else "",
    )


def _mean_day(row: Mapping[str, Any]) -> Figure:
    mean, since = row["mean_day_usd"], row["first_whole_date"]
    if mean is None:
        return Figure(title=MEAN_DAY, note="no whole day is known")
    note = f"of {counted(row['whole_days'], 'whole day')} since {date_text(since)}"
    return Figure(title=MEAN_DAY, value=dollars(mean), number=mean, note=note)


def _peak_hour(row: Mapping[str, Any]) -> Figure:
    """Name the hour of the clock with the highest mean, the earliest of several."""
    hour, since = row["peak_hour"], row["first_date"]
    if since is None:
        return Figure(title=PEAK_HOUR, note="no hour is known")
    if hour is None:
        return Figure(title=PEAK_HOUR, value="none", note="no hour has a cost above zero on average")
    alike = f", one of {row['peak_hours']} alike" if row["peak_hours"] > 1 else ""
    note = f"{dollars(row['peak_hour_usd'])} on average since {date_text(since)}{alike}"
    return Figure(title=PEAK_HOUR, value=clock_hour(hour), note=note)


def _load_factor(row: Mapping[str, Any]) -> Figure:
    factor = row["load_factor"]
    value = "" if factor is None else share_text(factor)
    return Figure(title="Load factor", value=value, number=factor, note="mean hour over the highest")
