"""A state of the explorer, made of a table: nothing is asked, drawn or waited for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

import polars as pl

from cfusage_lab.explorer.data import Aside, Data
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.figures import cards
from cfusage_lab.explorer.period import CUSTOM, Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.state import State, Told
from cfusage_lab.explorer.steps import select
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import MADE_UP


class Nobody:
    """A source that is never asked."""

    label = "Nobody"

    def accounts(self) -> pl.DataFrame:
        """List none."""
        raise AssertionError

    def usage_history(self, *_: object, **__: object) -> pl.DataFrame:
        """Tell nothing."""
        raise AssertionError


def state_of(  # noqa: PLR0913 - what there is to choose
    history: pl.DataFrame,
    *,
    now: datetime,
    days: tuple[date, date] | str = "Last 28 days",
    time_zone: str = "UTC",
    names: Mapping[str, str] | None = None,
    accounts: tuple[str, ...] = (),
    held: tuple[TimeRange, ...] | None = None,
    is_busy: bool = False,
    comparison: str = "previous",
    other_days: tuple[date, date] | None = None,
    selection: Selection = EVERYTHING,
    aside: Aside | None = None,
    **display: str | bool,
) -> State:
    """Show windows of a table: by preset or by two dates, with the options of a query and of a display.

    ``held`` are the ranges that were fetched, all that is needed if left out; ``is_busy`` lets the others be
    on their way.
    """
    whose = accounts or tuple(history["account_id"].unique().sort())
    source = DataSource.of(Nobody(), client=None, now=now)
    period = Period(preset=days) if isinstance(days, str) else Period(preset=CUSTOM, days=days)
    query = Query.of(
        period,
        source.presets,
        accounts=whose,
        time_zone=time_zone,
        now=now,
        comparison=comparison,
        other_days=other_days,
    )
    data = Data()
    for one in query.needed if held is None else held:
        inside = pl.col("start_time").is_between(one.start, one.end, closed="left")
        data = data.with_windows(whose, one, history.filter(inside))
    data = data.with_aside(aside or Aside(accounts=whose))
    state = State(
        source=source,
        query=query,
        data=data,
        told=Told(label=Nobody.label, made_up_label=MADE_UP, as_of=now),
        names=names or {},
        is_busy=is_busy,
        activity="fetching …" if is_busy else "",
    )
    state = replace(state, display=replace(state.display, **display))
    return state if selection.is_empty else select(state, selection)


def figures_told(state: State, *, with_course: bool = True) -> dict[str, tuple[str, str]]:
    """Return the figures above the charts: title to value and words.

    Without ``with_course``, they are those of before anybody told where the month ends.
    """
    if with_course:
        state.tell_course()
    return {one.figure.title: (one.figure.value, one.figure.words) for one in cards(state)}
