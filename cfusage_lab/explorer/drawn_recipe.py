"""What it takes to draw what is on screen, and the lines of Python that come by its windows."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from cfusage_lab.daily import TOTAL
from cfusage_lab.downsampling import MOST_SERIES
from cfusage_lab.explorer.code import Recipe, literal
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.zones import day_start
from cfusage_lab.time_units import DAY

__all__ = ["DrawnRecipe"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnRecipe(Recipe):
    """What it takes to draw the charts on screen, besides what it takes to come by their windows.

    Attributes
    ----------
    names
        Account id to name, as charts are given it; ``all`` is what all accounts added up are called.
    is_together
        Whether several accounts are added up.
    granularity, statistic
        ``hour`` or ``day``, of the time line; which figure colours the heatmap.
    compared
        What the comparison sets beside the days: ``day``, ``week``, ``month`` or ``range``; or ``month_end``,
        the month that runs with what is to come of it.
    dates, previous_dates
        The first and the last local date that is compared, and of the days that stand beside them in a
        ``range``.
    sides
        What both are called there.
    judged_from
        From when on windows tell what is usual, so that what stood out is marked; None for no marks.
    season_from
        From when on windows tell where the month ends.
    budgets, is_credit_known
        US dollars a month by account id, and whether credit is drawn, beside the ``month_end``.
    note
        The last line in the heading of the comparison, if there is one.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    is_together: bool = False
    granularity: str = "hour"
    statistic: str = "mean"
    compared: str = "day"
    dates: tuple[date, date] | None = None
    previous_dates: tuple[date, date] | None = None
    sides: tuple[str, str] = ("This range", "the range before")
    judged_from: datetime | None = None
    season_from: datetime | None = None
    budgets: Mapping[str, float] = field(default_factory=dict)
    is_credit_known: bool = False
    note: str | None = None

    @property
    def is_added_up(self) -> bool:
        """Whether there are several accounts, and they are added up."""
        return self.is_together and len(self.accounts) > 1

    def named(self, *, is_of_each: bool) -> list[tuple[str, str]]:
        """Return the names that a chart needs: colours go by the place among all, where these are few.

        With ``is_of_each``, accounts are drawn besides what they are added up to.
        """
        if len(self.names) <= MOST_SERIES:
            return [*self.names.items()]
        ids = {TOTAL, *(self.accounts if is_of_each or not self.is_added_up else ())}
        return [(one, name) for one, name in self.names.items() if one in ids]

    def in_range(self) -> list[str]:
        """Write how the windows in the selected span are come by, as they are drawn."""
        brushed = replace(self, selection=self.selection.brush)
        return [*self.fetched("history", "time_range"), *brushed.selected(), *self.added_up("history")]

    def since(self, start: datetime, end: datetime | None = None) -> list[str]:
        """Write how the windows of the range and others are come by, as they are drawn."""
        span = self.between("span", min(start, self.time_range.start), max(end or start, self.time_range.end))
        return [span, *self.fetched("known", "span"), *self.added_up("known")]

    def added_up(self, name: str) -> list[str]:
        """Write how accounts are added up: in a table, the hours that all of them have."""
        if not self.is_added_up:
            return []
        every = f'{name} = {name}.filter(pl.len().over("start_time") == len(accounts))'
        return [*([every] if self.whose == "table" else []), f"{name} = cfu.total_usage({name})"]

    def start_of(self, day: date, *, before: int = 0) -> datetime:
        """Return when a local day starts, or one so many days before it."""
        return day_start(day - before * DAY, zone(self.time_zone))

    def note_option(self) -> list[str]:
        """Write the note of the comparison, where there is one."""
        return [] if self.note is None else [f"note={literal(self.note)}"]
