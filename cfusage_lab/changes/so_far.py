"""A month or a day so far, and the other one until the same clock time: what both comparisons share.

*Until now* means until the end of the last window that is no longer running, of all accounts together. A day
that is over then stands beside whole days; one that is not, beside days that are cut where the clock says the
same. A span in which an hour is missing is compared with nothing, and nothing is compared with a span without
any hour: ``kind`` is unknown.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import narwhals as nw
import polars as pl

from cfusage_lab.argument_checks import check_flags
from cfusage_lab.changes.kinds import with_change
from cfusage_lab.frames import Frames
from cfusage_lab.frames.expressions import state_of, without_rounding
from cfusage_lab.frames.local_time import LocalHistory, calendar, localize
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.zones import day_of
from cfusage_lab.time_units import EPOCH, HOUR

__all__ = ["Now", "compared_spans", "every_hour", "finished_windows"]

_TWO_MONTHS: Final = timedelta(days=63)
"""The longest two months in a row, and a day for the clock."""


@dataclass(frozen=True, slots=True)
class Now:
    """The end of the last window that counts.

    Attributes
    ----------
    moment
        That end.
    day
        The local date to which that window counts.
    clock
        What the local clock says then, in minutes since midnight; None if the day is over.
    """

    moment: datetime
    day: date
    clock: int | None

    @classmethod
    def at(cls, moment: datetime, time_zone: str) -> "Now":
        """Read the clock at the end of a window."""
        info = zone(time_zone)
        day, reading = day_of(moment - HOUR, info), moment.astimezone(info)
        if day_of(moment, info) > day:
            return cls(moment, day, None)
        is_back = reading.date() < day  # clocks went back over midnight: none of that day has passed on them
        return cls(moment, day, 0 if is_back else reading.hour * 60 + reading.minute)

    @property
    def text(self) -> str:
        """The clock time, ``24:00`` at the end of a day, whatever its clock has skipped."""
        return "24:00" if self.clock is None else f"{self.clock // 60:02d}:{self.clock % 60:02d}"

    def is_passed(self) -> nw.Expr:
        """Say whether a window of another day starts before the same clock time."""
        if self.clock is None:
            return nw.lit(value=True)
        return nw.col("hour") * 60 + nw.col("minute") < self.clock


def compared_spans(pairs: Frames) -> Frames:
    """Compare spans of which hours are found and hours are due."""
    hours = pairs.with_columns(nw.col("current_hours", "previous_hours", "rank").fill_null(0))
    is_there, is_partner_there = nw.col("current_hours") > 0, nw.col("previous_due") > 0
    is_whole = is_there & (nw.col("current_hours") == nw.col("due"))
    is_partner = is_partner_there & (nw.col("previous_hours") == nw.col("previous_due"))
    current, previous = (
        without_rounding(nw.col(f"{side}_usd"), nw.col(f"{side}_gross")) for side in ("current", "previous")
    )
    sides = hours.with_columns(
        is_whole=is_whole,
        state=state_of("rank"),
        current_usd=nw.when(is_there).then(current),
        previous_usd=nw.when(is_whole & is_partner).then(previous),
    )
    return with_change(sides)


def finished_windows(
    history: object, time_zone: str, *, include_in_progress: bool
) -> tuple[LocalHistory, Now, Frames, Frames]:
    """Return the history in local time, the end of its last window that counts, what counts, and whose."""
    check_flags(include_in_progress=include_in_progress)
    local = localize(history, time_zone=time_zone, asks_until=True)
    moment = local.span.end if include_in_progress else local.span.until
    counted = local.frame if include_in_progress else local.frame.filter(nw.col("state") != "in_progress")
    accounts = local.accounts() if moment else counted.select("account_id").unique()
    return local, Now.at(moment or EPOCH, time_zone), counted, accounts


def every_hour(now: Now, time_zone: str) -> Frames:
    """Return a history without gaps, to count the hours that there should be."""
    hours = calendar(now.moment - _TWO_MONTHS, now.moment, time_zone=time_zone)
    return nw.from_native(
        hours.lazy().with_columns(account_id=pl.lit(""), cost_usd=pl.lit(1.0), state=pl.lit("complete"))
    )
