"""Half-open time ranges on whole UTC hours, and the presets that cut them on local midnights."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from cfusage_lab.argument_checks import check_flags, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges.moments import in_utc, instant_of, iso, moment
from cfusage_lab.ranges.zones import day_of, day_start, warn_if_off_the_hour, zone
from cfusage_lab.time_units import DAY, HOUR, hour_end, hour_start

__all__ = [
    "LONGEST",
    "TimeRange",
    "between",
    "last_days",
    "last_hours",
    "last_week",
    "month_to_date",
    "previous_month",
    "since_previous_month",
    "this_week",
    "today",
    "yesterday",
]

LONGEST: Final = timedelta(days=5 * 366)
"""The longest range that is asked for: five years. It keeps a slip of the keyboard from costing
hundreds of requests."""

_PRINTED: Final = 10**15
"""Numbers below it are written out in a message, with commas."""


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
            raise ConfigError(f"end {iso(self.end)} is not after start {iso(self.start)}")
        if self.end - self.start > LONGEST:
            raise ConfigError(
                f"{iso(self.start)} to {iso(self.end)} is {(self.end - self.start).days:,} days; "
                f"at most {LONGEST.days:,} are asked for at once: take it in parts"
            )

    @property
    def hours(self) -> int:
        """How many whole hours the range spans."""
        return (self.end - self.start) // HOUR

    def __str__(self) -> str:
        return f"{iso(self.start)} to {iso(self.end)}"


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
    end = hour_end(instant)
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
    check_flags(include_today=include_today)
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


def since_previous_month(*, time_zone: str = "UTC", now: datetime | str | None = None) -> TimeRange:
    """Return the whole month before that of the last finished hour, and on until the end of the running one.

    That is what :func:`cfusage_lab.summary` and :func:`cfusage_lab.report` need to compare a month with the
    one before, also in the first hour of the next.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> print(cfu.since_previous_month(time_zone="Europe/Berlin", now="2026-11-18T09:30Z"))
    2026-09-30T22:00:00Z to 2026-11-18T10:00:00Z
    """
    instant, local = _now(now, time_zone)
    finished = day_of(hour_start(instant) - HOUR, zone(time_zone))
    before = finished.replace(day=1) - DAY
    return _days(before.replace(day=1), local + DAY, time_zone, instant)


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
    first, last = (instant_of(value, name, time_zone) for value, name in ((start, "start"), (end, "end")))
    newest = hour_end(instant)
    if first >= newest:
        raise ConfigError(f"start {iso(first)} lies in the future: there is no usage yet")
    return TimeRange(first, min(last, newest) if last > first else last)


def _now(now: datetime | str | None, time_zone: str) -> tuple[datetime, date]:
    """Return the moment in UTC, and the local date in which the window starts that is running then."""
    instant = moment(now)
    return instant, day_of(hour_start(instant), zone(time_zone))


def _days(first: date, last: date, time_zone: str, instant: datetime) -> TimeRange:
    """Return the local days from ``first`` up to ``last``, never past the hour that is running."""
    start, end = (day_start(day, zone(time_zone)) for day in (first, last))
    if start == end:
        raise ConfigError(f"there was no {first} in {time_zone}: clocks skipped it, take another day")
    warn_if_off_the_hour(time_zone, start, end)
    return TimeRange(start, min(end, hour_end(instant)))


def _whole_hour(moment: object, name: str) -> datetime:
    """Return a bound in UTC, or refuse it."""
    if not isinstance(moment, datetime):
        raise ConfigError(f"{name} {said(moment)} is not a datetime: between() takes dates and texts as well")
    utc = in_utc(moment, name)
    if utc != hour_start(utc):
        raise ConfigError(
            f"{name} {iso(utc)} is not a whole UTC hour: the nearest before it is {iso(hour_start(utc))}"
        )
    return utc


def _positive(n: int, what: str) -> int:
    if type(n) is not int or n < 1:
        raise ConfigError(f"{said(n)} {what}: pass a whole number from 1")
    if n > LONGEST // (HOUR if what == "hours" else DAY):
        many = f"{n:,}" if n < _PRINTED else said(n)
        raise ConfigError(f"{many} {what} is more than the {LONGEST.days:,} days that are asked for at once")
    return n
