"""What the controls ask for, and all windows that the answer takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final

from cfusage_lab import ranges
from cfusage_lab.changes.compared_days import Dates, days_compared
from cfusage_lab.explorer.period import Period, Preset, checked_days, dates_of, from_days
from cfusage_lab.time_units import HOUR

__all__ = ["Query"]

_FORECAST_DAYS: Final = 90
"""Days that a forecast is made of: two months choose a method well, and more change little."""
_USUAL: Final = timedelta(weeks=6)
"""What lies before a range tells what is usual in it."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """What is asked for.

    Attributes
    ----------
    accounts
        Account ids; None leaves them to the source.
    period
        As it was chosen.
    time_range, time_zone
        The windows, and the clock on which they are shown.
    comparison
        Which days the range is compared with, one of :data:`cfusage_lab.explorer.period.COMPARISONS`.
    other_days
        The days that a reader chose to compare with, if they chose any; other comparisons leave them be.
    now
        The moment that counts as the present.
    about
        What the reader has to know about it.
    """

    accounts: tuple[str, ...] | None
    period: Period
    time_range: ranges.TimeRange
    time_zone: str
    comparison: str = "previous"
    other_days: Dates | None = None
    now: datetime
    about: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        period: Period,
        presets: Mapping[str, Preset],
        *,
        accounts: tuple[str, ...] | None,
        time_zone: str,
        now: datetime,
        comparison: str = "previous",
        other_days: tuple[date | None, date | None] | None = None,
    ) -> "Query":
        """Put what was chosen into hours.

        Raises
        ------
        ConfigError
            If what was chosen is no range.
        """
        with ranges.no_zone_warning():
            time_range = period.time_range(presets, time_zone=time_zone, now=now)
            note = ranges.off_the_hour(time_zone, time_range.start, time_range.end)
        days = dates_of(time_range, time_zone)
        other, about = None, [note] if note else []
        if other_days is not None:
            other = checked_days(other_days)
            if comparison == "custom" and other[0] == days[0]:
                about.append(f"not compared: the other days begin on {other[0]}, as the range does")
        return cls(
            accounts=accounts,
            period=period,
            time_range=time_range,
            time_zone=time_zone,
            comparison=comparison,
            other_days=other,
            now=now,
            about=tuple(about),
        )

    @cached_property
    def dates(self) -> Dates:
        """The first and the last local date of the range."""
        return dates_of(self.time_range, self.time_zone)

    @cached_property
    def today(self) -> date:
        """The local date that counts as the present."""
        return self.now.astimezone(ranges.zone(self.time_zone)).date()

    @cached_property
    def is_running_month(self) -> bool:
        """Whether the range is the month that runs, until now, and an hour of it has ended."""
        return self.dates == (self.today.replace(day=1), self.today) and self.time_range.hours > 1

    def compared_days(self, dates: Dates | None = None) -> Dates | None:
        """Return the days that some of the range, or all of it, are compared with; None if there are none."""
        whole = self.dates
        custom = self.other_days or days_compared(whole, "previous", whole=whole)
        if self.comparison == "custom" and custom is not None and custom[0] == whole[0]:
            return None
        wanted = dates or whole
        is_over = wanted[1] < self.today
        return days_compared(wanted, self.comparison, whole=whole, custom=custom, is_over=is_over)

    # The windows

    @cached_property
    def months(self) -> ranges.TimeRange:
        """The windows that figures need whatever the range: from the previous month on, until now."""
        until = self._until
        since = self._previous_month(until - 2 * HOUR)
        return ranges.TimeRange(since, until)

    @cached_property
    def season(self) -> ranges.TimeRange:
        """The windows that tell where the month ends: the last 90 days, until now."""
        with ranges.no_zone_warning():
            days = ranges.last_days(
                _FORECAST_DAYS, time_zone=self.time_zone, include_today=True, now=self.now
            )
        return ranges.TimeRange(days.start, self._until)

    @cached_property
    def usual(self) -> ranges.TimeRange:
        """The six weeks before the range: they tell what is usual in it."""
        return ranges.TimeRange(self.time_range.start - _USUAL, self.time_range.start)

    @cached_property
    def ranked(self) -> tuple[ranges.TimeRange, ...]:
        """The windows that rank accounts, the range itself first.

        With all partners a day, a week or a month before, on whichever day a selection ends.
        """
        start = self.time_range.start
        # a single window may be running still: then the month is that of the one before it
        first = self._previous_month(start if self.time_range.hours > 1 else start - HOUR)
        wanted = [self.time_range, ranges.TimeRange(first, start)]
        days = self.compared_days()
        if days is not None:
            wanted.append(from_days(days, time_zone=self.time_zone, now=self.now))
        return tuple(wanted)

    @cached_property
    def compared(self) -> tuple[ranges.TimeRange, ...]:
        """The windows that figures and comparisons are made of, the range itself first."""
        return (*self.ranked, self.months)

    @cached_property
    def judged(self) -> tuple[ranges.TimeRange, ...]:
        """The windows that tell what stood out in the range."""
        return self.time_range, self.usual

    @cached_property
    def needed(self) -> tuple[ranges.TimeRange, ...]:
        """All windows that answers are made of, the range itself first: no answer hangs on earlier clicks."""
        return (*self.compared, self.season, self.usual)

    @cached_property
    def _until(self) -> datetime:
        with ranges.no_zone_warning():
            return ranges.today(time_zone=self.time_zone, now=self.now).end

    def _previous_month(self, moment: datetime) -> datetime:
        with ranges.no_zone_warning():
            return ranges.previous_month(time_zone=self.time_zone, now=moment).start
