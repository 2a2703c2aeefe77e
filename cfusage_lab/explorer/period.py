"""Periods by name and by dates, and what they can be compared with, before a clock makes hours of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from cfusage_lab import ranges
from cfusage_lab.changes.compared_days import Dates
from cfusage_lab.errors import ConfigError
from cfusage_lab.time_units import DAY, HOUR

__all__ = [
    "COMPARISONS",
    "CUSTOM",
    "PRESETS",
    "USUAL_PRESET",
    "Period",
    "Preset",
    "checked_days",
    "dates_of",
    "from_days",
]

Preset = Callable[[str, datetime], ranges.TimeRange]

PRESETS: Final[Mapping[str, Preset]] = {
    "Today": lambda zone, now: ranges.today(time_zone=zone, now=now),
    "Last 7 days": lambda zone, now: ranges.last_days(7, time_zone=zone, now=now),
    "Last 28 days": lambda zone, now: ranges.last_days(28, time_zone=zone, now=now),
    "Last 90 days": lambda zone, now: ranges.last_days(90, time_zone=zone, now=now),
    "This week": lambda zone, now: ranges.this_week(time_zone=zone, now=now),
    "Month to date": lambda zone, now: ranges.month_to_date(time_zone=zone, now=now),
    "Previous month": lambda zone, now: ranges.previous_month(time_zone=zone, now=now),
}
"""By what stands on screen, in this order: the range on a zone's clock at a moment."""
USUAL_PRESET: Final = "Last 28 days"
"""What an explorer opens with."""
CUSTOM: Final = "Custom days"
"""What the period is called that two dates give."""
COMPARISONS: Final[Mapping[str, str]] = {
    "Previous period": "previous",
    "Same weekdays before": "weekdays",
    "Last month": "month",
    "Other days": "custom",
}
"""What a period can be compared with, and how ``changes.compared_days`` calls it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """A period as a reader chose it, before a clock makes hours of it.

    Attributes
    ----------
    preset
        Its name: one of the presets, or :data:`CUSTOM`.
    days
        The two dates of a custom period.
    is_with_today
        Whether today so far comes on top of the last days.
    """

    preset: str
    days: tuple[date | None, date | None] = (None, None)
    is_with_today: bool = False

    def time_range(self, presets: Mapping[str, Preset], *, time_zone: str, now: datetime) -> ranges.TimeRange:
        """Return its windows on a zone's clock at a moment.

        Raises
        ------
        ConfigError
            If a custom period has no date, or ends before it begins.
        """
        if self.preset == CUSTOM:
            return from_days(self.days, time_zone=time_zone, now=now)
        found = presets[self.preset](time_zone, now)
        if self.is_with_today and self.preset.startswith("Last "):
            return ranges.TimeRange(found.start, ranges.today(time_zone=time_zone, now=now).end)
        return found


def from_days(days: tuple[date | None, date | None], *, time_zone: str, now: datetime) -> ranges.TimeRange:
    """Return the windows of two dates on a zone's clock, the last one included."""
    first, last = checked_days(days)
    with ranges.no_zone_warning():
        return ranges.between(first, last + DAY, time_zone=time_zone, now=now)


def checked_days(days: tuple[date | None, date | None]) -> Dates:
    """Return two dates that are a range.

    Raises
    ------
    ConfigError
        If one is missing, or the last lies before the first.
    """
    first, last = days
    if first is None or last is None:
        raise ConfigError("a range of days has a first and a last one: choose both dates")
    if last < first:
        raise ConfigError(f"the last day, {last}, lies before the first, {first}: choose another")
    return first, last


def dates_of(time_range: ranges.TimeRange, time_zone: str) -> Dates:
    """Return the first and the last local date on which a window of a range starts."""
    info = ranges.zone(time_zone)
    last = time_range.end - HOUR
    return time_range.start.astimezone(info).date(), last.astimezone(info).date()
