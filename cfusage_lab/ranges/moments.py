"""Moments as callers write them, and the whole UTC hours about a moment."""

from datetime import UTC, date, datetime
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.options import said
from cfusage_lab.time_units import HOUR

__all__ = ["hour_end", "hour_start", "iso", "moment", "parsed"]

_YEARS: Final = range(1000, 9001)
"""Of a present: years of days before it, and the rest of its month, are dates, too."""


def moment(now: datetime | str | None = None) -> datetime:
    """Return a moment in UTC: an aware datetime, an ISO 8601 text, or, left out, the clock's.

    Raises
    ------
    ConfigError
        If it has no time zone, or is no moment.
    """
    value = parsed(now, "now") if isinstance(now, str) else datetime.now(UTC) if now is None else now
    if not isinstance(value, datetime):
        raise ConfigError(f"now {said(now)} is not a moment: pass an aware datetime, or '2026-11-18T09:30Z'")
    if value.tzinfo is None:
        raise ConfigError(f"now {value.isoformat()} has no time zone: pass an aware datetime")
    if value.year not in _YEARS:
        raise ConfigError(f"now {value.isoformat()}: pass a moment of the years {_YEARS[0]} to {_YEARS[-1]}")
    return value.astimezone(UTC)


def hour_start(moment: datetime) -> datetime:
    """Return the start of the hour that is running at a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def hour_end(moment: datetime) -> datetime:
    """Return the end of the hour that is running at a moment."""
    return hour_start(moment) + HOUR


def iso(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601 text."""
    return moment.isoformat().replace("+00:00", "Z")


def parsed(text: str, name: str) -> date | datetime:
    """Return the date or the datetime of an ISO 8601 text.

    Raises
    ------
    ConfigError
        If it is neither.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"{name} {said(text)} is not an ISO 8601 date or datetime, such as '2026-11-01'"
        raise ConfigError(message) from None
