"""What is selected on screen: a span of time, an hour of the week, a day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab.argument_checks import said
from cfusage_lab.downsampling import place_on_clock
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import DAY, HOUR, WEEKDAYS
from cfusage_lab.wording import clock_hour, date_text, span_text

__all__ = ["EVERYTHING", "Clock", "Selection"]

_MILLISECOND: Final = timedelta(milliseconds=1)
_HOURS: Final = range(24)
_WEEKDAYS: Final = range(1, 8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Some of the windows on screen. What is left out selects everything.

    Attributes
    ----------
    start, end
        The half-open span in which a window starts, as aware datetimes, kept in UTC: the brush on the time
        line. Both or neither.
    weekday, hour
        The local weekday, 1 (Monday) to 7, and the local hour, 0 to 23, in which a window starts: a cell
        of the heatmap.
    day
        The local date on which a window starts.

    Raises
    ------
    ConfigError
        If one end of the span is missing or has no time zone, it ends before it starts, or there is no such
        weekday, hour or day.
    """

    start: datetime | None = None
    end: datetime | None = None
    weekday: int | None = None
    hour: int | None = None
    day: date | None = None

    def __post_init__(self) -> None:
        if (self.start is None) != (self.end is None):
            raise ConfigError("a selected span has a start and an end: pass both, or neither")
        if self.start is not None and self.end is not None:
            ends: tuple[object, ...] = (self.start, self.end)
            if not all(isinstance(one, datetime) for one in ends):
                raise ConfigError(
                    f"a selected span goes from {ends[0]!r} to {ends[1]!r}: pass aware datetimes"
                )
            if self.start.tzinfo is None or self.end.tzinfo is None:
                raise ConfigError("a selected span has no time zone: pass aware datetimes")
            if self.end <= self.start:
                raise ConfigError(f"the selection ends at {self.end} and starts at {self.start}: not later")
            object.__setattr__(self, "start", self.start.astimezone(UTC))
            object.__setattr__(self, "end", self.end.astimezone(UTC))
        if self.weekday is not None and (type(self.weekday) is not int or self.weekday not in _WEEKDAYS):
            raise ConfigError(f"weekday {said(self.weekday)}: pass 1 (Monday) to 7")
        if self.hour is not None and (type(self.hour) is not int or self.hour not in _HOURS):
            raise ConfigError(f"hour {said(self.hour)}: pass 0 to 23")
        if self.day is not None and type(self.day) is not date:
            raise ConfigError(f"day {said(self.day)}: pass a date")

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected, and so everything is on screen."""
        return self == EVERYTHING

    @property
    def is_brushed(self) -> bool:
        """Whether a span of the time line is selected."""
        return self.start is not None

    @property
    def brush(self) -> "Selection":
        """The span alone, which every view follows; the rest narrows down the table of windows."""
        return Selection(start=self.start, end=self.end)

    @property
    def days(self) -> "Selection":
        """The span and the day, whatever hours of the week are chosen in them."""
        return replace(self, weekday=None, hour=None)

    def changed_from(self, other: "Selection") -> "Selection":
        """Return the parts of this that another does not have, or this where it has all of them."""
        parts = [("start", "end"), ("weekday", "hour"), ("day",)]
        new = [part for part in parts if any(getattr(self, one) != getattr(other, one) for one in part)]
        kept = {name: getattr(self, name) for part in new for name in part}
        return Selection(**kept) if new else self

    def of(self, history: pl.DataFrame, *, time_zone: str) -> pl.DataFrame:
        """Return the selected windows of a history; the very table, if nothing is selected."""
        found = history
        if self.start is not None:
            start = pl.col("start_time")
            found = found.filter(start >= self.start, start < self.end)
        wanted = {"weekday": self.weekday, "hour": self.hour, "date": self.day}
        conditions = [pl.col(name) == value for name, value in wanted.items() if value is not None]
        if conditions:  # a window counts to the local hour, day and weekday in which it starts, as everywhere
            clock = local_time(found["start_time"], time_zone=time_zone)
            found = found.filter(clock.select(pl.all_horizontal(conditions)).to_series())
        return found

    def words(self, *, time_zone: str) -> str:
        """Say what is selected, on a zone's clock: ``Mon 2 Nov 2026 to Tue 3 Nov 2026 · Mondays``."""
        texts = []
        if self.start is not None and self.end is not None:
            texts.append(span_text(self.start, self.end, zone(time_zone)))
        if self.day is not None:
            texts.append(date_text(self.day))
        cell = [f"{WEEKDAYS[self.weekday - 1]}s"] if self.weekday is not None else []
        cell += [] if self.hour is None else [clock_hour(self.hour)]
        texts += [" ".join(cell)] if cell else []
        return " · ".join(texts) or "everything"


EVERYTHING: Final = Selection()


class Clock:
    """The bars of the time line: where each stands on a zone's clock, and which windows it is made of.

    A brush is told as two readings of that clock, on which autumn's hour stands twice and spring's is
    absent. So it is the bars that translate, never the readings alone.

    Parameters
    ----------
    history
        The windows on screen, hours.
    time_zone
        The zone whose clock that is.
    is_daily
        Whether a bar is a local day.
    """

    def __init__(self, history: pl.DataFrame, *, time_zone: str, is_daily: bool) -> None:
        windows = history.select("start_time", "end_time").unique("start_time").sort("start_time")
        if is_daily:
            dates = local_time(windows["start_time"], time_zone=time_zone)["date"]
            days = windows.group_by(date=dates, maintain_order=True)
            self._bars = days.agg(pl.col("start_time").min(), pl.col("end_time").max()).with_columns(
                left=pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
            )
            self._bars = self._bars.with_columns(right=pl.col("left") + DAY)
        else:
            self._bars = place_on_clock(windows, zone(time_zone), HOUR)

    def spanned(self, readings: Sequence[float]) -> Selection:
        """Return what a brush from one reading to another shows: the bars that begin inside it."""
        low, high = sorted(datetime.fromtimestamp(one / 1000, UTC) for one in readings)
        found = self._bars.filter(pl.col("left").is_between(low, high))
        return _from_first_to_last(found)

    def nearest(self, selection: Selection) -> Selection:
        """Return the span of the windows on screen that a span covers, without what lies beyond."""
        if not selection.is_brushed:
            return EVERYTHING
        return _from_first_to_last(self._under(selection))

    def readings(self, selection: Selection) -> tuple[float, float] | None:
        """Return the brush that shows a span; None if no bar is under it."""
        if not selection.is_brushed:
            return None
        found = self._under(selection)
        if found.is_empty():
            return None
        left, right = found["left"][0], found["right"][-1] - _MILLISECOND
        return left.timestamp() * 1000, right.timestamp() * 1000

    def _under(self, selection: Selection) -> pl.DataFrame:
        inside = (pl.col("end_time") > selection.start) & (pl.col("start_time") < selection.end)
        return self._bars.filter(inside)


def _from_first_to_last(bars: pl.DataFrame) -> Selection:
    if bars.is_empty():
        return EVERYTHING
    return Selection(start=bars["start_time"][0], end=bars["end_time"][-1])
