"""Half-open time ranges on whole UTC hours, and the presets that cut them on local midnights."""

import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cfusage_lab.errors import ConfigError

__all__ = [
    "LONGEST",
    "OffTheHourWarning",
    "TimeRange",
    "between",
    "last_days",
    "last_hours",
    "last_week",
    "moment",
    "month_to_date",
    "previous_month",
    "this_week",
    "today",
    "warn_if_off_the_hour",
    "yesterday",
    "zone",
]

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=5 * 366)
"""The longest range that is asked for: five years. It keeps a slip of the keyboard from costing
hundreds of requests."""


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


@dataclass(frozen=True, slots=True)
class TimeRange:
    """The half-open span ``[start, end)`` on whole UTC hours.

    Attributes
    ----------
    start, end
        Aware datetimes, kept in UTC; ``end`` is not part of the range.

    Raises
    ------
    ConfigError
        If an end is naive or off the hour, ``end`` is not after ``start``, or the range is longer than
        five years.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import cfusage_lab as cfu
    >>> night = cfu.TimeRange(datetime(2026, 11, 17, 22, tzinfo=UTC), datetime(2026, 11, 18, 6, tzinfo=UTC))
    >>> night.hours
    8
    >>> print(night)
    2026-11-17T22:00:00Z to 2026-11-18T06:00:00Z
    """

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            object.__setattr__(self, name, _whole_hour(getattr(self, name), name))
        if self.end <= self.start:
            raise ConfigError(f"end {_iso(self.end)} is not after start {_iso(self.start)}")
        if self.end - self.start > LONGEST:
            raise ConfigError(
                f"{_iso(self.start)} to {_iso(self.end)} is {(self.end - self.start).days:,} days; "
                f"at most {LONGEST.days:,} are asked for at once: take it in parts"
            )

    @property
    def hours(self) -> int:
        """How many whole hours the range spans."""
        return (self.end - self.start) // HOUR

    def __str__(self) -> str:
        return f"{_iso(self.start)} to {_iso(self.end)}"


def today(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the running local day, until the end of the hour that is running.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.today(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-11-17T23:00:00Z to 2026-11-18T10:00:00Z
    """
    instant, local = _now(now, time_zone)
    return _days(local, local + DAY, time_zone, instant)


def yesterday(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the whole local day before the running one.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.yesterday(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-11-16T23:00:00Z to 2026-11-17T23:00:00Z
    """
    instant, local = _now(now, time_zone)
    return _days(local - DAY, local, time_zone, instant)


def last_hours(n: int, *, now: datetime | str | None = None) -> TimeRange:
    """Return ``n`` hours, the running one last.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.last_hours(6, now="2026-11-18T09:30Z"))
    2026-11-18T04:00:00Z to 2026-11-18T10:00:00Z
    """
    instant, _ = _now(now, "UTC")
    end = _hour_end(instant)
    return TimeRange(end - _positive(n, "hours") * HOUR, end)


def last_days(
    n: int, *, time_zone: str = "UTC", include_today: bool = False, now: datetime | str | None = None
) -> TimeRange:
    """Return ``n`` whole local days ending last midnight.

    With ``include_today``, the running day comes on top, until the end of the hour that is running.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> week = cfu.last_days(7, time_zone="America/New_York", now="2026-11-04T09:30Z")
    >>> print(week)
    2026-10-28T04:00:00Z to 2026-11-04T05:00:00Z
    >>> week.hours  # the clocks went back on Sunday
    169
    """
    instant, local = _now(now, time_zone)
    last = local + DAY if include_today else local
    return _days(local - _positive(n, "days") * DAY, last, time_zone, instant)


def this_week(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the running local week from Monday, until the end of the hour that is running.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.this_week(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-11-15T23:00:00Z to 2026-11-18T10:00:00Z
    """
    instant, local = _now(now, time_zone)
    return _days(local - local.weekday() * DAY, local + DAY, time_zone, instant)


def last_week(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the local week before the running one, Monday to Sunday.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.last_week(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-11-08T23:00:00Z to 2026-11-15T23:00:00Z
    """
    instant, local = _now(now, time_zone)
    monday = local - local.weekday() * DAY
    return _days(monday - 7 * DAY, monday, time_zone, instant)


def month_to_date(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the running local month, until the end of the hour that is running.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.month_to_date(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-10-31T23:00:00Z to 2026-11-18T10:00:00Z
    """
    instant, local = _now(now, time_zone)
    return _days(local.replace(day=1), local + DAY, time_zone, instant)


def previous_month(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the whole local month before the running one.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.previous_month(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-09-30T22:00:00Z to 2026-10-31T23:00:00Z
    """
    instant, local = _now(now, time_zone)
    first = local.replace(day=1)
    return _days((first - DAY).replace(day=1), first, time_zone, instant)


def between(
    start: date | datetime | str,
    end: date | datetime | str,
    *,
    time_zone: str | None = None,
    now: datetime | str | None = None,
) -> TimeRange:
    """Return the range from ``start`` to ``end``; ``end`` is not part of it.

    An end in the future is cut at the end of the hour that is running.

    Parameters
    ----------
    start, end
        A date (its local midnight), a datetime, or either as an ISO 8601 text. A naive datetime
        needs a ``time_zone``; where it stands twice, on the day clocks go back, the first is meant.
    time_zone
        An IANA name. Dates are UTC days without it.
    now
        The moment of the call, if it is not the clock's: an aware datetime or an ISO 8601 text.

    Raises
    ------
    ConfigError
        If a text is no ISO date, a naive datetime has no zone, a datetime is off the hour or stands in
        the hour that clocks skip, the range lies in the future, or ``end`` is not after ``start``.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.between("2026-11-01", "2026-11-08", time_zone="Asia/Tokyo", now="2026-11-18T09:30Z"))
    2026-10-31T15:00:00Z to 2026-11-07T15:00:00Z
    """
    instant, _ = _now(now, "UTC")
    first, last = (_instant(value, name, time_zone) for value, name in ((start, "start"), (end, "end")))
    newest = _hour_end(instant)
    if first >= newest:
        raise ConfigError(f"start {_iso(first)} lies in the future: there is no usage yet")
    return TimeRange(first, min(last, newest) if last > first else last)


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
    hours = [_floor(moment).astimezone(info) for moment in moments]
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


def _now(now: datetime | str | None, time_zone: str) -> tuple[datetime, date]:
    """Return the moment in UTC, and the local date in which the window starts that is running then."""
    instant = moment(now)
    return instant, _floor(instant).astimezone(zone(time_zone)).date()


def _days(first: date, last: date, time_zone: str, instant: datetime) -> TimeRange:
    """Return the local days from ``first`` up to ``last``, never past the hour that is running."""
    start, end = _midnight(first, time_zone), _midnight(last, time_zone)
    warn_if_off_the_hour(time_zone, start, end, stacklevel=4)
    newest = _hour_end(instant)
    return TimeRange(_ceil(start), min(_ceil(end), newest))


def _midnight(day: date, time_zone: str) -> datetime:
    """Return the instant at which a local day begins, which may be 01:00 where clocks skip midnight."""
    return datetime.combine(day, time(), tzinfo=zone(time_zone)).astimezone(UTC)


def _instant(value: date | datetime | str, name: str, time_zone: str | None) -> datetime:
    """Return what a caller wrote as a moment in UTC."""
    if isinstance(value, str):
        value = _parsed(value, name)
    if not isinstance(value, datetime):
        if not isinstance(value, date):
            raise ConfigError(f"{name} {value!r} is neither a date, a datetime nor an ISO 8601 text")
        midnight = _midnight(value, time_zone or "UTC")
        warn_if_off_the_hour(time_zone or "UTC", midnight, midnight, stacklevel=5)
        return _ceil(midnight)
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


def _whole_hour(moment: object, name: str) -> datetime:
    """Return a bound in UTC, or refuse it."""
    if not isinstance(moment, datetime):
        raise ConfigError(f"{name} {moment!r} is not a datetime: between() takes dates and texts as well")
    if moment.tzinfo is None:
        raise ConfigError(f"{name} {moment.isoformat()} has no time zone: pass an aware datetime")
    utc = moment.astimezone(UTC)
    if utc != _floor(utc):
        raise ConfigError(
            f"{name} {_iso(utc)} is not a whole UTC hour: the nearest before it is {_iso(_floor(utc))}"
        )
    return utc


def _positive(n: int, what: str) -> int:
    if type(n) is not int or n < 1:
        raise ConfigError(f"{n!r} {what}: pass a whole number from 1")
    if n > LONGEST // (HOUR if what == "hours" else DAY):
        raise ConfigError(f"{n:,} {what} is more than the {LONGEST.days:,} days that are asked for at once")
    return n


def _floor(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _ceil(moment: datetime) -> datetime:
    """Return the first whole hour from a moment on: the first window that starts in the day."""
    return _floor(moment + HOUR - timedelta(microseconds=1))


def _hour_end(instant: datetime) -> datetime:
    """Return the end of the hour that is running at a moment."""
    return _floor(instant) + HOUR


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")
