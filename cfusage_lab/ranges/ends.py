"""The ends of a range as callers write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from cfusage_lab.errors import ConfigError
from cfusage_lab.options import said
from cfusage_lab.ranges.moments import parsed
from cfusage_lab.ranges.zones import day_start, warn_if_off_the_hour, zone

__all__ = ["instant_of"]


def instant_of(value: date | datetime | str, name: str, time_zone: str | None) -> datetime:
    """Return what a caller wrote as a moment in UTC: of a date, the start of its first window."""
    info = None if time_zone is None else zone(time_zone)
    if isinstance(value, str):
        value = parsed(value, name)
    try:
        return _instant(value, name, info)
    except OverflowError:
        raise ConfigError(f"{name} {value} is beyond the years 1 to 9999: pass another date") from None


def _instant(value: date | datetime, name: str, info: ZoneInfo | None) -> datetime:
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise ConfigError(f"{name} {said(value)} is neither a date, a datetime nor an ISO 8601 text")
        start = day_start(value, info or zone("UTC"))
        if info:
            warn_if_off_the_hour(info.key, start, start)
        return start
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    if info is None:
        raise ConfigError(
            f"{name} {value.isoformat()} has no time zone: pass time_zone, or an aware datetime"
        )
    instant = value.replace(tzinfo=info).astimezone(UTC)
    if instant.astimezone(info).replace(tzinfo=None) != value:
        raise ConfigError(f"{name} {value.isoformat()} does not exist in {info.key}: clocks skip that hour")
    return instant
