"""Moments and time zones as callers write them, and the whole UTC hours about a moment."""

import warnings
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cfusage_lab.errors import ConfigError

__all__ = [
    "HOUR",
    "OffTheHourWarning",
    "first_hour",
    "hour_end",
    "hour_start",
    "instant_of",
    "iso",
    "local_midnight",
    "moment",
    "warn_if_off_the_hour",
    "zone",
]

HOUR: Final = timedelta(hours=1)


class OffTheHourWarning(UserWarning):
    """Local days of this zone can't be made exactly of whole UTC hours.

    Examples
    --------
    >>> import warnings
    >>> import cfusage_lab as cfu
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always", cfu.OffTheHourWarning)
    ...     day = cfu.yesterday(time_zone="Asia/Kolkata", now="2026-11-18T09:30Z")
    >>> print(day)
    2026-11-16T19:00:00Z to 2026-11-17T19:00:00Z
    >>> print(str(caught[0].message).partition(",")[0])
    Asia/Kolkata is +05:30 from UTC
    """


def moment(now: datetime | str | None = None) -> datetime:
    """Return a moment in UTC: an aware datetime, an ISO 8601 text, or, left out, the clock's.

    Raises
    ------
    ConfigError
        If it has no time zone, or is no moment.
    """
    value = _parsed(now, "now") if isinstance(now, str) else datetime.now(UTC) if now is None else now
    if not isinstance(value, datetime):
        raise ConfigError(f"now {now!r} is not a moment: pass an aware datetime, or '2026-11-18T09:30Z'")
    if value.tzinfo is None:
        raise ConfigError(f"now {value.isoformat()} has no time zone: pass an aware datetime")
    return value.astimezone(UTC)


def zone(name: str) -> ZoneInfo:
    """Return the zone of an IANA name such as ``"Europe/Berlin"``.

    Raises
    ------
    ConfigError
        If there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        message = f"there is no time zone {name!r}: take an IANA name such as 'Europe/Berlin' or 'UTC'"
        raise ConfigError(message) from None


def warn_if_off_the_hour(time_zone: str, start: datetime, end: datetime, *, stacklevel: int = 3) -> None:
    """Warn where the zone's midnights fall inside UTC hours, as in India (+05:30) or Nepal (+05:45).

    A window belongs to the local day and hour in which it starts, so the window in which midnight falls is
    counted to the day before it, and that is where ranges of days are cut. Python shows the warning once
    for each place that asks.
    """
    info = zone(time_zone)
    month = timedelta(days=28)  # no zone has been off the hour for less
    moments = [start + n * month for n in range(max(0, (end - start) // month) + 1)] + [end]
    hours = [hour_start(moment).astimezone(info) for moment in moments]
    off = sorted({(hour.strftime("%z"), hour.minute) for hour in hours if hour.minute})
    if off:
        offset, minute = off[0]
        warnings.warn(
            f"{time_zone} is {offset[:3]}:{offset[3:]} from UTC, and windows are whole UTC hours: the window "
            "that crosses local midnight is counted to the day in which it starts, and the hour that is "
            f"called 14:00 begins at 14:{minute:02d}",
            OffTheHourWarning,
            stacklevel=stacklevel,
        )


def local_midnight(day: date, time_zone: str) -> datetime:
    """Return the instant at which a local day begins, which may be 01:00 where clocks skip midnight."""
    return datetime.combine(day, time(), tzinfo=zone(time_zone)).astimezone(UTC)


def instant_of(value: date | datetime | str, name: str, time_zone: str | None) -> datetime:
    """Return what a caller wrote as a moment in UTC."""
    if isinstance(value, str):
        value = _parsed(value, name)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise ConfigError(f"{name} {value!r} is neither a date, a datetime nor an ISO 8601 text")
        midnight = local_midnight(value, time_zone or "UTC")
        warn_if_off_the_hour(time_zone or "UTC", midnight, midnight, stacklevel=5)
        return first_hour(midnight)
    if value.tzinfo is not None:
        return value.astimezone(UTC)
    if time_zone is None:
        raise ConfigError(
            f"{name} {value.isoformat()} has no time zone: pass time_zone, or an aware datetime"
        )
    instant = value.replace(tzinfo=zone(time_zone)).astimezone(UTC)
    if instant.astimezone(zone(time_zone)).replace(tzinfo=None) != value:
        raise ConfigError(f"{name} {value.isoformat()} does not exist in {time_zone}: clocks skip that hour")
    return instant


def hour_start(moment: datetime) -> datetime:
    """Return the start of the hour that is running at a moment."""
    return moment.replace(minute=0, second=0, microsecond=0)


def first_hour(moment: datetime) -> datetime:
    """Return the first whole hour from a moment on; from a midnight on, the day's first window."""
    return hour_start(moment + HOUR - timedelta(microseconds=1))


def hour_end(moment: datetime) -> datetime:
    """Return the end of the hour that is running at a moment."""
    return hour_start(moment) + HOUR


def iso(moment: datetime) -> str:
    """Return a moment in UTC as ISO 8601 text."""
    return moment.isoformat().replace("+00:00", "Z")


def _parsed(text: str, name: str) -> date | datetime:
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        message = f"{name} {text!r} is not an ISO 8601 date or datetime, such as '2026-11-01'"
        raise ConfigError(message) from None
