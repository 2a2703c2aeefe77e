"""A chart in which people select: what they do is told from what the program marks."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from threading import Condition
from typing import Any, Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.state import State
from cfusage_lab.time_units import EPOCH
from cfusage_lab.view import ChartView

__all__ = ["LinkedChart", "day_told", "is_brushed", "marks_of"]

_MILLISECOND: Final = timedelta(milliseconds=1)
"""Vega tells a moment as so many since 1970."""


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
    chosen, readings = state.selection, state.clock.readings(state.selection)
    is_cell = chosen.weekday is not None and chosen.hour is not None
    day = None if chosen.day is None else int((chosen.day - EPOCH.date()) / _MILLISECOND)
    return {
        "time_line": ("brush", {"left": list(readings)} if readings else None),
        "heatmap": ("cell", {"weekday": [chosen.weekday], "hour": [chosen.hour]} if is_cell else None),
        "compared": ("day", None if day is None else {"day": [day]}),
    }


def is_brushed(state: State, told: Mapping[str, Any]) -> bool:
    """Whether a brush, as the browser tells it, is what is selected."""
    try:
        return state.clock.spanned(told["left"]) == state.selection.brush
    except (KeyError, OverflowError, TypeError, ValueError):  # no browser of ours tells it
        return False


def day_told(told: Mapping[str, Any]) -> date | None:
    """Return the day that a chart tells as a midnight marked UTC."""
    values = told.get("day")
    return (EPOCH + values[0] * _MILLISECOND).date() if values else None
