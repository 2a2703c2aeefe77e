"""Moments as callers write them, as moments in UTC."""

from datetime import UTC, date, datetime
from typing import Final

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges.zones import day_start, warn_if_off_the_hour, zone

__all__ = ["in_utc", "instant_of", "iso", "moment"]

_YEARS: Final = range(1000, 9001)
"""Of a present: years of days before it, and the rest of its month, are dates, too."""


def moment(now: datetime | str | None = None) -> datetime:
    """Return a present in UTC: an aware datetime, an ISO 8601 text, or, left out, the clock's.

    Raises
    ------
    ConfigError
        If it has no time zone, or is no moment.
    """
    value = _parsed(now, "now") if isinstance(now, str) else datetime.now(UTC) if now is None else now
    if not isinstance(value, datetime):
        raise ConfigError(f"now {said(now)} is not a moment: pass an aware datetime, or '2026-11-18T09:30Z'")
    if value.year not in _YEARS:
        raise ConfigError(f"now {value.isoformat()}: pass a moment of the years {_YEARS[0]} to {_YEARS[-1]}")
    return in_utc(value, "now")


def instant_of(value: date | datetime | str, name: str, time_zone: str | None) -> datetime:
    """Return the end of a range in UTC: of a date, the start of its first window."""
    info = None if time_zone is None else zone(time_zone)
    if isinstance(value, str):
        value = _parsed(value, name)
    if isinstance(value, datetime):
        if value.tzinfo is not None or info is None:
            return in_utc(value, name, hint="pass time_zone, or an aware datetime")
        instant = in_utc(value.replace(tzinfo=info), name)
        if instant.astimezone(info).replace(tzinfo=None) != value:
            raise ConfigError(
                f"{name} {value.isoformat()} does not exist in {info.key}: clocks skip that hour"
            )
        return instant
    if not isinstance(value, date):
        raise ConfigError(f"{name} {said(value)} is neither a date, a datetime nor an ISO 8601 text")
    try:
        start = day_start(value, info or zone("UTC"))
    except OverflowError:
        raise _beyond(value, name) from None
    if info:
        warn_if_off_the_hour(info.key, start, start)
    return start


def in_utc(value: datetime, name: str, *, hint: str = "pass an aware datetime") -> datetime:
    """Return an aware datetime in UTC, or refuse one that has no time zone."""
    if value.tzinfo is None:
        raise ConfigError(f"{name} {value.isoformat()} has no time zone: {hint}")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise _beyond(value, name) from None


def iso(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601 text."""
    return moment.isoformat().replace("+00:00", "Z")


def _beyond(value: date, name: str) -> ConfigError:
    return ConfigError(f"{name} {value} is beyond the years 1 to 9999: pass another date")


def _parsed(text: str, name: str) -> date | datetime:
    """Return the date or the datetime of an ISO 8601 text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"{name} {said(text)} is not an ISO 8601 date or datetime, such as '2026-11-01'"
        raise ConfigError(message) from None
