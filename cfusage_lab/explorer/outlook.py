"""Where the month ends and what stood out: of windows that reach further back than those on screen."""

from dataclasses import dataclass

import polars as pl

from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.same import Memo, Same
from cfusage_lab.headline import (
    Budget,
    Course,
    Events,
    budget_of,
    month_course,
    range_events,
    require_accounts,
)
from cfusage_lab.ranges import TimeRange

__all__ = [
    "Budget",
    "Course",
    "Events",
    "Outlook",
    "budget_of",
    "course_of",
    "events_of",
    "judged_windows",
    "require_accounts",
    "season_windows",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What forecasts and events are made of, beside the windows of the range.

    Attributes
    ----------
    time_range, usual, season
        As in :class:`Question`: the range, what tells what is usual in it, what tells the month's end.
    time_zone
        The zone whose days these are.
    beyond
        The windows outside the range, and the credit.
    budget
        US dollars a month: of all accounts, or of each by its id.
    is_season_loading, is_usual_loading
        Whether windows that tell the month's end, or what is usual, are on their way.
    is_lacking
        Whether some of them could not be had.
    """

    time_range: TimeRange
    usual: TimeRange
    season: TimeRange
    time_zone: str
    beyond: Beyond
    budget: Budget
    is_season_loading: bool = False
    is_usual_loading: bool = False
    is_lacking: bool = False

    def of_course(self, history: pl.DataFrame, memo: Memo) -> tuple[pl.DataFrame, dict[str, object]]:
        """Return what :func:`course_of` takes."""
        windows = memo.rows(season_windows, history, beyond=self.beyond, season=self.season)
        credit = None if self.beyond.credit is None else Same(self.beyond.credit)
        return windows, {"time_zone": self.time_zone, "budget": self.budget, "credit": credit}

    def of_events(self, history: pl.DataFrame, memo: Memo) -> tuple[pl.DataFrame, dict[str, object]]:
        """Return what :func:`events_of` takes."""
        judged = (self.time_range, self.usual)
        windows = memo.rows(judged_windows, history, beyond=self.beyond, judged=judged)
        return windows, {"time_zone": self.time_zone, "asked": self.time_range}


def season_windows(history: pl.DataFrame, *, beyond: Beyond, season: TimeRange) -> pl.DataFrame:
    """Return the windows that tell the month's end: the range on screen may lie elsewhere."""
    inside = pl.col("start_time").is_between(season.start, season.end, closed="left")
    return beyond.of(history, (season,)).filter(inside)


def judged_windows(history: pl.DataFrame, *, beyond: Beyond, judged: tuple[TimeRange, ...]) -> pl.DataFrame:
    """Return the windows of the range, and those that tell what is usual in it."""
    return beyond.of(history, judged)


def course_of(windows: pl.DataFrame, *, time_zone: str, budget: Budget, credit: Same | None) -> Course:
    """Tell where the month ends, day by day, how its budget stands, and how long credit lasts."""
    balances = None if credit is None else credit.table
    return month_course(windows, time_zone=time_zone, budget=budget, credit=balances)


def events_of(windows: pl.DataFrame, *, time_zone: str, asked: TimeRange) -> Events:
    """Find what stood out in a range; of many accounts, the costliest are judged."""
    return range_events(windows, time_zone=time_zone, time_range=asked)
