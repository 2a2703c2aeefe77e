"""Hands on controls: what a person does is told from what the program sets, and no error gets lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

import altair as alt

from cfusage_lab.view import ChartView

__all__ = ["Hands"]


class Hands:
    """Makes callbacks for widgets, and the charts that people select in.

    Parameters
    ----------
    turn
        Held while a callback runs: another thread may be changing the screen.
    failed
        Shows an error. Jupyter would show nobody what a callback raises.
    """

    def __init__(self, turn: Condition, *, failed: Callable[[Exception], None]) -> None:
        self._turn = turn
        self._failed = failed
        self._is_program = False

    def on(self, handler: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a callback that does what a handler does, when it is a person who acts."""

        def callback(change: Any) -> None:  # noqa: ANN401 - ipywidgets' own
            with self._turn:
                if self._is_program:
                    return
                try:
                    handler(change)
                except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
                    self._failed(error)

        return callback

    def chart(self, chart: alt.TopLevelMixin) -> ChartView:
        """Return a chart as a widget in which what a person selects is taken in turn with drawing it anew."""
        return _Chart(chart, self._turn)

    @contextmanager
    def off(self) -> Iterator[None]:
        """Let the program set controls, in its turn."""
        with self._turn:
            was_program, self._is_program = self._is_program, True
            try:
                yield
            finally:
                self._is_program = was_program


class _Chart(ChartView):
    """A chart that hears of the browser in turn.

    Drawing reads the selections and sets them: what came in between from another thread would be lost.
    """

    def __init__(self, chart: alt.TopLevelMixin, turn: Condition) -> None:
        self._turn = turn
        super().__init__(chart)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the browser says."""
        with self._turn:
            super().set_state(sync_data)
