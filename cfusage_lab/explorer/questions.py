"""What the controls ask for, in hours."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cfusage_lab import ranges

__all__ = ["PRESETS", "Preset", "Question", "asked"]

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for.

    Attributes
    ----------
    accounts
        Account ids; None leaves them to the source.
    time_range, time_zone
        The windows, and the clock on which they are shown.
    asked_at
        The moment that counted as the present.
    notes
        What the reader has to know about the time zone.
    """

    accounts: tuple[str, ...] | None
    time_range: ranges.TimeRange
    time_zone: str
    asked_at: datetime
    notes: tuple[str, ...]

    def is_of_the_windows_of(self, other: "Question") -> bool:
        """Whether both ask for the same windows, on whatever clock."""
        return (self.accounts, self.time_range) == (other.accounts, other.time_range)


def asked(
    preset: Preset, accounts: tuple[str, ...] | None, *, time_zone: str, now: datetime | None
) -> Question:
    """Put a preset into hours. Not to be called in a thread beside others, for what it does to warnings."""
    now = now or datetime.now(UTC)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ranges.OffTheHourWarning)
        time_range = preset(time_zone, now)
    return Question(
        accounts=accounts,
        time_range=time_range,
        time_zone=time_zone,
        asked_at=now,
        notes=tuple(str(warning.message) for warning in caught),
    )
