"""The pure steps from one state to the next: no widget, no thread, no fetching."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.data import Data, span_of
from cfusage_lab.explorer.loader import Answer
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.state import State, Told
from cfusage_lab.ranges import TimeRange, is_inside

__all__ = ["select", "show_range", "told_by"]


def select(state: State, selection: Selection) -> State:
    """Select of the windows on screen what a selection covers.

    Where a part of it is new and nothing is in all parts, the new part stays, in the selected span if it can:
    what a reader did last counts.

    Raises
    ------
    ConfigError
        If no window on screen is selected by it.
    """
    near = state.hours.nearest(selection)
    chosen = replace(selection, start=near.start, end=near.end)
    if selection.is_brushed and not near.is_brushed:
        raise _nothing_in(state, selection)
    new = chosen.changed_from(state.selection)
    in_span = replace(new, start=chosen.start, end=chosen.end)
    found = next((one for one in (chosen, in_span, new) if _is_there(state, one)), None)
    if found is None:
        raise _nothing_in(state, selection)
    return replace(state, selection=found, slip="")


def _is_there(state: State, selection: Selection) -> bool:
    return selection.is_empty or not selection.of(state.history, time_zone=state.time_zone).is_empty()


def _nothing_in(state: State, selection: Selection) -> ConfigError:
    return ConfigError(f"no window on screen lies in {selection.words(time_zone=state.time_zone)}")


def show_range(state: State, query: Query, data: Data, told: Told, names: Mapping[str, str]) -> State:
    """Show what came of a query; a selection stays if its hours do."""
    shown = replace(
        state,
        query=query,
        data=data,
        told=told,
        names={**state.names, **names},
        wanted=None,
        refusal=None,
    )
    is_same = state.refusal is None and state.part == shown.part
    is_kept = is_same or (state.refusal is None and _is_selection_in(state, shown))
    return shown if is_kept else replace(shown, selection=EVERYTHING)


def _is_selection_in(state: State, other: State) -> bool:
    """Whether all that is selected is in another range, and nobody chose that range in its place.

    Another zone moves the ends of a range, and time its last one.
    """
    chosen, asked = state.selection, other.query.time_range
    if chosen.is_empty:
        return False
    is_moved = other.time_zone != state.time_zone
    if not (is_moved or asked.start == state.query.time_range.start or _ends(state) == _ends(other)):
        return False
    span = asked if chosen.start is None or chosen.end is None else TimeRange(chosen.start, chosen.end)
    is_there = is_inside(span, asked)
    return is_there and not chosen.of(other.history, time_zone=other.time_zone).is_empty()


def _ends(state: State) -> tuple[object, object]:
    starts = state.history["start_time"]
    return starts.min(), starts.max()


def told_by(answer: Answer, *, as_of: datetime, asked: TimeRange) -> Told:
    """Return how an answer was come by."""
    is_short = answer.newest_stored is not None and answer.history.height
    return Told(
        label=answer.label,
        made_up_label=answer.made_up_label,
        as_of=as_of,
        newest_stored=answer.newest_stored,
        notes=answer.notes,
        span=span_of(answer.history) if is_short and not is_inside(span_of(answer.history), asked) else None,
    )
