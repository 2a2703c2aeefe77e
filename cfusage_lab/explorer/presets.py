"""The time ranges that the explorer offers by name."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from cfusage_lab import ranges

__all__ = ["PRESETS", "USUAL_PRESET", "Preset"]

Preset = Callable[[str, datetime], ranges.TimeRange]

PRESETS: Final[Mapping[str, Preset]] = {
    "Today": lambda zone, now: ranges.today(time_zone=zone, now=now),
    "Last 7 days": lambda zone, now: ranges.last_days(7, time_zone=zone, include_today=True, now=now),
    "Last 28 days": lambda zone, now: ranges.last_days(28, time_zone=zone, include_today=True, now=now),
    "Last 90 days": lambda zone, now: ranges.last_days(90, time_zone=zone, include_today=True, now=now),
    "This week": lambda zone, now: ranges.this_week(time_zone=zone, now=now),
    "Month to date": lambda zone, now: ranges.month_to_date(time_zone=zone, now=now),
    "Previous month": lambda zone, now: ranges.previous_month(time_zone=zone, now=now),
}
"""By what stands on screen, in this order: the range on a zone's clock at a moment."""

USUAL_PRESET: Final = "Last 28 days"
"""What an explorer opens with."""
