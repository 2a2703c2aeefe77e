"""Time zones: which there are, their offsets, and where the local days of whole UTC hours begin.

Python's time zone database is the only source: ranges, tables and charts all go by these offsets.
"""

import inspect
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.time_units import DAY, HOUR, hour_start

__all__ = [
    "OffTheHourWarning",
    "day_of",
    "day_start",
    "no_zone_warning",
    "off_the_hour",
    "offsets",
    "packaged_names",
    "warn_if_off_the_hour",
    "zone",
]

_STEP: Final = 6 * DAY
"""How far apart offsets are looked at: no offset in the whole database lasts for less than 6.9 days."""
_NO_PLACES: Final = frozenset({"Factory", "localtime", "posixrules"})
"""Files of the database that are no zones by name: what they hold differs from machine to machine."""
_PACKAGE: Final = __name__.partition(".")[0]
_is_silent: Final[ContextVar[bool]] = ContextVar("no_zone_warning", default=False)


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


def zone(name: object) -> ZoneInfo:
    """Return the zone of an IANA name such as ``"Europe/Berlin"``, spelt as the database spells it.

    Raises
    ------
    ConfigError
        If there is no such zone.
    """
    found = _named(name) if isinstance(name, str) else None
    if found is None:
        raise ConfigError(
            f"there is no time zone {said(name)}: take an IANA name such as 'Europe/Berlin' or 'UTC'"
        )
    return found


def offsets(start: datetime, end: datetime, info: ZoneInfo) -> list[tuple[datetime, timedelta]]:
    """Return the offsets of a zone's clock from UTC over a span, each with the moment from which it holds.

    The first one holds from ``start``.
    """
    found = [(start, _offset(start, info))]
    at = start
    while at < end:
        step = min(at + _STEP, end)
        offset = _offset(step, info)
        if offset != found[-1][1]:
            found.append((_turn(at, step, info), offset))
        at = step
    return found


def day_start(day: date, info: ZoneInfo) -> datetime:
    """Return the start of a local day's first window: the first whole UTC hour with that date or a later one.

    Where clocks skip a whole date, that is the start of the day after it.
    """
    hour = datetime.combine(day, time(), UTC) - DAY
    while hour.astimezone(info).date() < day:
        hour += HOUR
    return hour


def day_of(hour: datetime, info: ZoneInfo) -> date:
    """Return the local date to which the window counts that starts at a whole UTC hour.

    That is the date on which it starts; where clocks go back over midnight, a day that has begun goes on.
    """
    day = hour.astimezone(info).date()
    return day + DAY if hour >= day_start(day + DAY, info) else day


def off_the_hour(time_zone: str, start: datetime, end: datetime) -> str:
    """Say where the zone's midnights fall inside UTC hours, as in India (+05:30) or Nepal (+05:45).

    A window belongs to the local day and hour in which it starts, so the window in which midnight falls is
    counted to the day before it, and that is where ranges of days are cut.

    Returns
    -------
    str
        A note for readers; empty where the zone is on the hour throughout.
    """
    info = zone(time_zone)
    month = timedelta(days=28)  # no zone has been off the hour for less
    moments = [start + n * month for n in range(max(0, (end - start) // month) + 1)] + [end]
    hours = [hour_start(moment).astimezone(info) for moment in moments]
    off = sorted({(hour.strftime("%z"), hour.minute) for hour in hours if hour.minute})
    if not off:
        return ""
    offset, minute = off[0]
    return (
        f"{time_zone} is {offset[:3]}:{offset[3:]} from UTC, and windows are whole UTC hours: the window "
        "that crosses local midnight is counted to the day in which it starts, and the hour that is "
        f"called 14:00 begins at 14:{minute:02d}"
    )


def warn_if_off_the_hour(time_zone: str, start: datetime, end: datetime) -> None:
    """Warn with the note of :func:`off_the_hour`, at the line outside this package that named the zone.

    This is the one place that warns. Whoever shows the note itself asks for it, inside
    :func:`no_zone_warning`.
    """
    note = "" if _is_silent.get() else off_the_hour(time_zone, start, end)
    if note:
        warnings.warn(note, OffTheHourWarning, stacklevel=_level_outside())


@contextmanager
def no_zone_warning() -> Iterator[None]:
    """Do not warn of a zone off the hour in here: whoever asks shows the note in another way.

    :func:`warnings.catch_warnings` would do so for every other thread, too.
    """
    token = _is_silent.set(True)
    try:
        yield
    finally:
        _is_silent.reset(token)


def _level_outside() -> int:
    """Return how many calls lie between the warning and the first caller outside this package."""
    level, frame = 1, inspect.currentframe()
    while frame and frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == _PACKAGE:
        level, frame = level + 1, frame.f_back
    return level - 1


@lru_cache(maxsize=64)
def _named(name: str) -> ZoneInfo | None:
    if name not in packaged_names() and name not in available_timezones() - _NO_PLACES:
        return None  # not what a disk finds that takes no notice of case, nor a path
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


@cache
def packaged_names() -> frozenset[str]:
    """Return the names that the package ``tzdata`` has: soon read, and nearly all there are."""
    names = (files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(names) - _NO_PLACES


def _offset(moment: datetime, info: ZoneInfo) -> timedelta:
    offset = moment.astimezone(info).utcoffset()
    assert offset is not None  # noqa: S101 - a ZoneInfo always knows
    return offset


def _turn(before: datetime, after: datetime, info: ZoneInfo) -> datetime:
    """Return the second at which the offset changes between two moments."""
    old = _offset(before, info)
    low, high = int(before.timestamp()), int(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        is_old = _offset(datetime.fromtimestamp(middle, UTC), info) == old
        low, high = (middle, high) if is_old else (low, middle)
    return datetime.fromtimestamp(high, UTC)
