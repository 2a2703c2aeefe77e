"""A chart in which people select: what they do is told from what the program marks."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from threading import Condition
from typing import Any, Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.time_units import EPOCH
from cfusage_lab.view import ChartView

__all__ = ["LinkedChart", "day_told", "is_brushed", "marks_of"]


class LinkedChart(ChartView):
    """A chart that hears of the browser in turn.

    Drawing reads the selections and sets them: what came in between from another thread would be lost.
    """

    def __init__(self, chart: Any, turn: Condition) -> None:  # noqa: ANN401 - altair's own
        self._turn = turn
        super().__init__(chart)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the browser says."""
        with self._turn:
            super().set_state(sync_data)

    def mark(self, name: str, value: Mapping[str, Sequence[Any]] | None) -> None:
        """Select in the chart, if it has such a selection and another value of it."""
        if self.selections.get(name) != value:
            with suppress(ConfigError):
                self.select(name, value)


def marks_of(state: State) -> dict[str, tuple[str, dict[str, list[Any]] | None]]:
    """Return what marks the selection in each chart: the brush, the cell, the day."""
    selection = state.selection
    return {
        "time_line": ("brush", _brush(state)),
        "heatmap": ("cell", _cell(selection)),
        "compared": ("day", None if selection.day is None else {"day": [_milliseconds(selection.day)]}),
    }


def is_brushed(state: State, told: Mapping[str, Any]) -> bool:
    """Whether a brush, as the browser tells it, is what is selected."""
    try:
        return state.clock.spanned(told["left"]) == state.selection.brush
    except (KeyError, OverflowError, TypeError, ValueError):  # no browser of ours tells it
        return False


def _brush(state: State) -> dict[str, list[Any]] | None:
    readings = state.clock.readings(state.selection)
    return {"left": list(readings)} if readings else None


def _cell(selection: Selection) -> dict[str, list[Any]] | None:
    if selection.weekday is None or selection.hour is None:
        return None
    return {"weekday": [selection.weekday], "hour": [selection.hour]}


def day_told(told: Mapping[str, Any]) -> date | None:
    """Return the day that a chart tells as a midnight marked UTC."""
    values = told.get("day")
    return (EPOCH + timedelta(milliseconds=values[0])).date() if values else None


def _milliseconds(day: date) -> int:
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) / _MILLISECOND)


_MILLISECOND: Final = timedelta(milliseconds=1)
