"""Everything that is on screen, as one value, and the pure steps from one to the next."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

import polars as pl

from cfusage_lab.changes.compared_days import Dates
from cfusage_lab.charts.granularity import granularity_for
from cfusage_lab.charts.headings import Heading
from cfusage_lab.daily import TOTAL
from cfusage_lab.explorer import computed
from cfusage_lab.explorer.data import Aside, Data, Part, Same
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.selection import EVERYTHING, Clock, Selection
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.headline import Budget, Course, Events
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import are_made_up
from cfusage_lab.wording import counted

__all__ = ["Budget", "Display", "Partners", "State", "Told"]

Partners = Literal["known", "loading", "absent"]
"""Whether all windows to compare with are here, some are on their way, or could not be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Display:
    """How the windows are drawn; none of it takes another window.

    Attributes
    ----------
    granularity
        ``hour`` or ``day``; ``auto`` leaves it to the room there is.
    statistic
        Which figure colours the heatmap.
    chart
        What the comparison chart sets beside each day: ``range``, ``day``, ``week`` or ``month``.
    is_together
        Whether several accounts are added up.
    heading
        ``short`` where account and zone stand around a chart, ``full`` for one that travels alone.
    """

    granularity: str = "auto"
    statistic: str = "mean"
    chart: str = "range"
    is_together: bool = True
    heading: Heading = "short"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How the windows on screen were come by.

    Attributes
    ----------
    label, made_up_label
        Where the numbers come from; the same where an account of the sandbox is among theirs.
    as_of
        When they were asked for.
    newest_stored
        Start of the newest window, if nobody was asked; else None.
    notes
        What the reader has to know about the source.
    span
        The range that is really there, where it is not the one that was asked for.
    """

    label: str
    made_up_label: str
    as_of: datetime
    newest_stored: datetime | None = None
    notes: tuple[str, ...] = ()
    span: TimeRange | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """Everything that is on screen.

    Attributes
    ----------
    source
        Where the data come from.
    query, data, told
        What was asked for, and what came of it.
    names
        Account id to name, of one source.
    display, selection
        How it is drawn; what is selected of it.
    budget
        US dollars a month: of all accounts, or of each by its id.
    wanted
        What is asked for and on its way; None while that is what is on screen.
    is_busy
        Whether something is being fetched.
    activity
        What is being done, in a few words; empty while nothing is.
    answered, requests
        How many requests of that are answered, of how many.
    outcome
        How what was done last ended, if not by itself: ``cancelled``.
    error
        What went wrong last.
    slip
        Why something could not be selected, until something can.
    refusal
        Why there are no windows yet: then nothing of the data is to be read.
    """

    source: DataSource
    query: Query
    data: Data
    told: Told
    names: Mapping[str, str] = field(default_factory=dict)
    display: Display = Display()
    selection: Selection = EVERYTHING
    budget: Budget = None
    wanted: Query | None = None
    is_busy: bool = False
    activity: str = ""
    answered: int = 0
    requests: int = 1
    outcome: str = ""
    error: str = ""
    slip: str = ""
    refusal: Exception | None = None

    @property
    def label(self) -> str:
        """Where the numbers of the accounts on screen come from."""
        return self.told.made_up_label if are_made_up(self.accounts) else self.told.label

    # The windows

    @cached_property
    def accounts(self) -> tuple[str, ...]:
        """The accounts on screen."""
        return self.query.accounts or ()

    @cached_property
    def time_zone(self) -> str:
        """The clock on screen."""
        return self.query.time_zone

    @cached_property
    def part(self) -> Part:
        """The windows of the range."""
        return Part(self.accounts, (self.told.span or self.query.time_range,))

    @cached_property
    def compared_part(self) -> Part:
        """These, and all that they are compared with."""
        return Part(self.accounts, (*self.part.ranges, *self.query.compared))

    @cached_property
    def history(self) -> pl.DataFrame:
        """The windows of the range (``schema.HISTORY``), of each account."""
        return self.data.part(self.part)

    @cached_property
    def known(self) -> pl.DataFrame:
        """These, and all that they are compared with."""
        return self.data.part(self.compared_part)

    @cached_property
    def selected(self) -> pl.DataFrame:
        """What is selected of the range."""
        return self.selection.of(self.history, time_zone=self.time_zone)

    @cached_property
    def spanned(self) -> pl.DataFrame:
        """What is selected of the range but for the hours of the week."""
        return self.selection.days.of(self.history, time_zone=self.time_zone)

    @cached_property
    def is_added_up(self) -> bool:
        """Whether several accounts are drawn as one: not where they lack each other's windows."""
        is_wanted = self.display.is_together and len(self.accounts) > 1
        return is_wanted and self.data.made(computed.total, self.part) is not None

    @cached_property
    def drawn(self) -> pl.DataFrame:
        """The windows of the range as they are drawn: of each account, or of all added up."""
        total = self.data.made(computed.total, self.part) if self.is_added_up else None
        return self.history if total is None else total

    @cached_property
    def drawn_known(self) -> pl.DataFrame:
        """The same with all that they are compared with; an hour that an account lacks is missing in all."""
        if not self.is_added_up:
            return self.known
        return self.data.made(computed.total_of_all, self.compared_part, count=len(self.accounts))

    @cached_property
    def known_days(self) -> pl.DataFrame:
        """The local days of these."""
        return self.data.made(computed.days, self.compared_part, time_zone=self.time_zone, added=self._added)

    def changes(self, compute: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
        """Return what a function makes of these days."""
        return self.data.made(
            computed.days, self.compared_part, time_zone=self.time_zone, added=self._added, compute=compute
        )

    @property
    def _added(self) -> int:
        """How many accounts are added up; 0 where each is drawn by itself."""
        return len(self.accounts) if self.is_added_up else 0

    @cached_property
    def brushed(self) -> pl.DataFrame:
        """The windows in the selected span, as they are drawn."""
        return self.selection.brush.of(self.drawn, time_zone=self.time_zone)

    @cached_property
    def brushed_dates(self) -> Dates | None:
        """The first and the last local date of these."""
        return _dates(self.brushed, self.time_zone)

    @property
    def brushed_before(self) -> Dates | None:
        """The days that these are compared with."""
        return None if self.brushed_dates is None else self.query.compared_days(self.brushed_dates)

    @cached_property
    def drawn_names(self) -> dict[str, str]:
        """Account id to name, with one for all added up first: the order gives the colours."""
        return {TOTAL: self.accounts_text, **self.names} if self.is_added_up else dict(self.names)

    @cached_property
    def accounts_text(self) -> str:
        """Say whose windows these are."""
        if len(self.accounts) == 1:
            return self.names.get(self.accounts[0], self.accounts[0])
        is_all = set(self.accounts) >= set(self.names)
        return f"{'all ' if is_all else ''}{counted(len(self.accounts), 'account')}"

    @cached_property
    def partners(self) -> Partners:
        """Whether all windows to compare with are here."""
        if self.data.holds(self.accounts, self.query.compared):
            return "known"
        return "loading" if self.is_busy else "absent"

    def is_lacking(self, ranges: Iterable[TimeRange]) -> bool:
        """Whether windows of some ranges are not here."""
        return not self.data.holds(self.accounts, ranges)

    @cached_property
    def aside(self) -> Aside | None:
        """Credit and invoice of the accounts on screen; None where they were not asked for yet."""
        told = self.data.aside
        return None if told is None or told.accounts != self.accounts else told

    # What is told of windows that reach further back

    @cached_property
    def season_part(self) -> Part:
        """The windows that tell where the month ends."""
        return Part(self.accounts, (self.query.season,))

    @cached_property
    def months_part(self) -> Part:
        """The windows that figures need whatever the range."""
        return Part(self.accounts, (self.query.months,))

    @cached_property
    def judged_part(self) -> Part:
        """The windows of the range, and those that tell what is usual in it."""
        return Part(self.accounts, (*self.part.ranges, self.query.usual))

    @property
    def course(self) -> Course | None:
        """Where the month ends; None where nobody has told it yet."""
        return self.data.known(computed.course, self.season_part, **self._course_options)

    @property
    def events(self) -> Events | None:
        """What stood out; None where nobody has told it yet."""
        return self.data.known(computed.events, self.judged_part, **self._events_options)

    def tell_course(self) -> Course:
        """Tell where the month ends, of what is known."""
        return self.data.made(computed.course, self.season_part, **self._course_options)

    def tell_events(self) -> Events:
        """Tell what stood out, of what is known."""
        return self.data.made(computed.events, self.judged_part, **self._events_options)

    @property
    def _course_options(self) -> dict[str, Any]:
        credit = None if self.aside is None else self.aside.credit
        told = None if credit is None else Same(credit)
        return {"time_zone": self.time_zone, "budget": self.budget, "credit": told}

    @property
    def _events_options(self) -> dict[str, Any]:
        return {"time_zone": self.time_zone, "time_range": self.part.ranges[0], "added": self._added}

    @cached_property
    def is_fanned(self) -> bool:
        """Whether the month is drawn with what is to come, beside nothing else."""
        return self.query.is_running_month and not self.selection.is_brushed and self.display.chart == "month"

    @cached_property
    def is_complete(self) -> bool:
        """Whether all that answers are made of was asked for, of the accounts on screen."""
        is_told = self.data.knows_aside_of(self.accounts)
        return is_told and not self.data.lacking(self.accounts, self.query.needed)

    # The selection

    @cached_property
    def clock(self) -> Clock:
        """Where the bars of the time line stand."""
        return Clock(self.history, time_zone=self.time_zone, is_daily=self.granularity == "day")

    @cached_property
    def hours(self) -> Clock:
        """Where its windows stand."""
        return Clock(self.history, time_zone=self.time_zone, is_daily=False)

    @cached_property
    def granularity(self) -> str:
        """What a bar of the time line is: an hour, as long as there is room for it, or a day."""
        if self.display.granularity != "auto":
            return self.display.granularity
        chosen = self.selection
        is_zoomed = chosen.start is not None and chosen.end is not None
        visible = TimeRange(chosen.start, chosen.end) if is_zoomed else self.part.ranges[0]  # type: ignore[arg-type]
        return granularity_for(visible.hours, 1 if self.is_added_up else len(self.accounts))

    def displayed(self, **fields: Any) -> "State":  # noqa: ANN401 - the display's own
        """Return this with the same windows drawn otherwise."""
        return replace(self, display=replace(self.display, **fields))

    @property
    def marked(self) -> pl.DataFrame | None:
        """What is shaded in the time line: the selected hours of the week, or the selected day."""
        chosen = self.selection
        if chosen == chosen.brush:
            return None
        found = replace(chosen, start=None, end=None).of(self.drawn, time_zone=self.time_zone)
        if self.granularity == "hour":
            return found.select(pl.col("start_time").unique())
        return local_time(found["start_time"], time_zone=self.time_zone).select(pl.col("date").unique())

    @cached_property
    def dates(self) -> Dates | None:
        """The first and the last local date on which a selected window starts; cells are not looked at."""
        return _dates(self.spanned, self.time_zone)

    @cached_property
    def compared_dates(self) -> Dates | None:
        """The days that the selected ones are compared with."""
        return None if self.dates is None else self.query.compared_days(self.dates)


def _dates(windows: pl.DataFrame, time_zone: str) -> Dates | None:
    if windows.is_empty():
        return None
    dates = local_time(windows["start_time"], time_zone=time_zone)["date"]
    return dates.min(), dates.max()  # type: ignore[return-value]
