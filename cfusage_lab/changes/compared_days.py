"""Which days others are compared with: those right before, the same weekdays, a month before, any."""

from calendar import monthrange
from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from cfusage_lab.time_units import DAY, WEEK_DAYS

__all__ = ["Dates", "days_compared", "month_before"]

Dates = tuple[date, date]
"""A first and a last local date, both included."""


def days_compared(
    dates: Dates, how: str, *, whole: Dates, custom: Dates | None = None, is_over: bool = True
) -> Dates | None:
    """Return the first and the last local date that some others are compared with.

    Parameters
    ----------
    dates
        The selected dates.
    how
        ``previous``: as many days, right before. ``weekdays``: the same weekdays, as few weeks before as it
        takes to lie before them all. ``month``: each end a month before, a day that month does not have being
        its last; whole months are compared with whole ones. ``custom``: the days of ``custom``.
    whole
        The dates of the range that ``dates`` lie in. Those of ``custom`` stand beside them, the first beside
        the first.
    custom
        The dates that a reader chose.
    is_over
        Whether the last selected day is. The last day of a month, while it runs, is none of a whole month.

    Returns
    -------
    tuple of date, or None
        None where there are no such days: none were chosen, or they end before they would begin.
    """
    if how == "custom":
        return None if custom is None else _beside(dates, whole, custom)
    try:
        return _months_before(dates, is_over=is_over) if how == "month" else _MOVED[how](dates)
    except (OverflowError, ValueError):  # before the year 1
        return None


def _days_before(dates: Dates) -> Dates:
    first, last = dates
    return first - (last - first) - DAY, first - DAY


def _weekdays_before(dates: Dates) -> Dates:
    first, last = dates
    weeks = -(-((last - first).days + 1) // WEEK_DAYS)
    return first - weeks * WEEK_DAYS * DAY, last - weeks * WEEK_DAYS * DAY


_MOVED: Final[Mapping[str, Callable[[Dates], Dates]]] = {
    "previous": _days_before,
    "weekdays": _weekdays_before,
}


def _months_before(dates: Dates, *, is_over: bool) -> Dates:
    first, last = dates
    is_whole = is_over and first.day == 1 and last.day == _length(last)
    before = month_before(last)
    return month_before(first), before.replace(day=_length(before)) if is_whole else before


def month_before(day: date) -> date:
    """Return the same day of the month before, or that month's last."""
    end = day.replace(day=1) - DAY
    return end.replace(day=min(day.day, end.day))


def _length(day: date) -> int:
    return monthrange(day.year, day.month)[1]


def _beside(dates: Dates, whole: Dates, custom: Dates) -> Dates | None:
    first, last = (custom[0] + (one - whole[0]) for one in dates)
    return None if first > custom[1] else (first, min(last, custom[1]))
