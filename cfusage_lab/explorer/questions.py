"""What the controls ask for, in hours."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

from cfusage_lab import ranges
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.presets import Preset
from cfusage_lab.time_units import DAY, HOUR

__all__ = [
    "Question",
    "asked",
    "beside",
    "dates_of",
    "days",
    "days_before",
    "is_inside",
    "missing",
    "still_beside",
]

_FORECAST_DAYS: Final = 90
"""Days that a forecast is made of: two months choose a method well, and more change little."""
_USUAL: Final = timedelta(weeks=6)
"""What lies before a range tells what is usual in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked for.

    Attributes
    ----------
    accounts
        Account ids; None leaves them to the source.
    time_range, time_zone
        The windows, and the clock on which they are shown.
    partners
        The windows before the range that its days are compared and averaged with, on whichever day a
        selection ends: from the first of the month before.
    months
        The windows that figures need whatever the range: from the first of the previous month to the end
        of the running hour.
    season
        The windows that tell where the month ends: the last 90 days, to the end of the running hour.
    usual
        The six weeks before the range: they tell what is usual in it.
    before
        The windows that the range is compared with, where that is with other days.
    is_before_chosen
        Whether a reader chose those days; if not, they are as many right before.
    about_before
        What became of days that a reader had chosen, if they could not stay.
    asked_at
        The moment that counted as the present.
    notes
        What the reader has to know about the time zone.
    """

    accounts: tuple[str, ...] | None
    time_range: ranges.TimeRange
    time_zone: str
    partners: ranges.TimeRange
    months: ranges.TimeRange
    season: ranges.TimeRange
    usual: ranges.TimeRange
    before: ranges.TimeRange | None = None
    is_before_chosen: bool = False
    about_before: str = ""
    asked_at: datetime
    notes: tuple[str, ...]

    @property
    def compared(self) -> tuple[ranges.TimeRange, ...]:
        """The windows that figures and comparisons are made of, the range itself first."""
        wanted = (self.time_range, self.months, self.partners, self.before)
        return tuple(one for one in wanted if one is not None)

    @property
    def judged(self) -> tuple[ranges.TimeRange, ...]:
        """The windows that tell what stood out in the range."""
        return self.time_range, self.usual

    @property
    def needed(self) -> tuple[ranges.TimeRange, ...]:
        """All windows that answers are made of, the range itself first."""
        return (*self.compared, self.season, self.usual)

    @property
    def is_running_month(self) -> bool:
        """Whether the range is the month that runs, until now, and an hour of it has ended."""
        return self.dates == (self.today.replace(day=1), self.today) and self.time_range.hours > 1

    @property
    def dates(self) -> tuple[date, date]:
        """The first and the last local date of the range."""
        return dates_of(self.time_range, self.time_zone)

    @property
    def today(self) -> date:
        """The local date that counted as the present."""
        return self.asked_at.astimezone(ranges.zone(self.time_zone)).date()

    def is_of_the_windows_of(self, other: "Question") -> bool:
        """Whether both ask for the same windows, on whatever clock."""
        return (self.accounts, self.time_range) == (other.accounts, other.time_range)


def asked(
    preset: Preset, accounts: tuple[str, ...] | None, *, time_zone: str, now: datetime | None
) -> Question:
    """Put a preset into hours."""
    now = now or datetime.now(UTC)
    with ranges.no_zone_warning():
        time_range = preset(time_zone, now)
        note = ranges.off_the_hour(time_zone, time_range.start, time_range.end)
        until = ranges.today(time_zone=time_zone, now=now).end
        season = ranges.last_days(_FORECAST_DAYS, time_zone=time_zone, include_today=True, now=now)
        since, first = (
            ranges.previous_month(time_zone=time_zone, now=moment).start
            for moment in (until - 2 * HOUR, _last_to_end(time_range))
        )
    return Question(
        accounts=accounts,
        time_range=time_range,
        time_zone=time_zone,
        partners=ranges.TimeRange(first, time_range.start),
        months=ranges.TimeRange(since, until),
        season=ranges.TimeRange(season.start, until),
        usual=ranges.TimeRange(time_range.start - _USUAL, time_range.start),
        asked_at=now,
        notes=(note,) if note else (),
    )


def _last_to_end(time_range: ranges.TimeRange) -> datetime:
    """Return the start of a window in which the month so far may lie, the earliest of all selections.

    A single window may be running still: then the month is that of the one before it.
    """
    return time_range.start if time_range.hours > 1 else time_range.start - HOUR


def beside(question: Question, dates: tuple[date | None, date | None] | None) -> Question:
    """Let the range be compared with local days that a reader chose, or with as many right before.

    Raises
    ------
    ConfigError
        If what is chosen is no range.
    """
    wanted = dates or days_before(dates_of(question.time_range, question.time_zone))
    with ranges.no_zone_warning():
        before = days(*wanted)(question.time_zone, question.asked_at)
    return replace(question, before=before, is_before_chosen=dates is not None, about_before="")


def still_beside(question: Question, dates: tuple[date | None, date | None]) -> Question:
    """Let another range be compared with the days that were chosen for the last one, if that makes sense.

    It does unless each day would be compared with itself.
    """
    first, _ = dates_of(question.time_range, question.time_zone)
    try:
        if dates[0] != first:
            return beside(question, dates)
        why = f"those that were chosen begin on {first}, as the range does"
    except ConfigError as error:
        why = str(error)
    return replace(beside(question, None), about_before=f"compared with the days right before again: {why}")


def days(first: date | None, last: date | None) -> Preset:
    """Make a preset of local days, the last included.

    Raises
    ------
    ConfigError
        If a date is missing, or the last one lies before the first.
    """
    if first is None or last is None:
        raise ConfigError("a range of days has a first and a last one: choose both dates")
    if last < first:
        raise ConfigError(f"the last day, {last}, lies before the first, {first}: choose another")
    return lambda zone, now: ranges.between(first, last + DAY, time_zone=zone, now=now)


def dates_of(time_range: ranges.TimeRange, time_zone: str) -> tuple[date, date]:
    """Return the first and the last local date on which a window of a range starts."""
    info = ranges.zone(time_zone)
    last = time_range.end - HOUR
    return time_range.start.astimezone(info).date(), last.astimezone(info).date()


def days_before(dates: tuple[date, date]) -> tuple[date, date]:
    """Return as many days, right before."""
    first, last = dates
    return first - (last - first) - DAY, first - DAY


def is_inside(part: ranges.TimeRange, whole: ranges.TimeRange) -> bool:
    """Whether a range holds no moment that another does not."""
    return whole.start <= part.start and part.end <= whole.end


def missing(needed: Iterable[ranges.TimeRange], known: Iterable[ranges.TimeRange]) -> list[ranges.TimeRange]:
    """Return what of some ranges lies in none of others: as few ranges as that takes, the newest first."""
    rest = list(needed)
    for one in known:
        rest = [piece for wanted in rest for piece in _outside(wanted, one)]
    found: list[ranges.TimeRange] = []
    for one in sorted(rest, key=lambda piece: (piece.start, piece.end)):
        if found and one.start <= found[-1].end and one.end - found[-1].start <= ranges.LONGEST:
            one = ranges.TimeRange(found[-1].start, max(found.pop().end, one.end))  # noqa: PLW2901 - as it grows
        found.append(one)
    return found[::-1]


def _outside(wanted: ranges.TimeRange, known: ranges.TimeRange) -> list[ranges.TimeRange]:
    """Return what of a range lies before another, and what lies after it."""
    sides = ((wanted.start, min(wanted.end, known.start)), (max(wanted.start, known.end), wanted.end))
    return [ranges.TimeRange(start, end) for start, end in sides if start < end]
