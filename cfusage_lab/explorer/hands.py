"""Hands on controls: what a person does is told from what the program sets, and no error gets lost."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Condition
from typing import Any

__all__ = ["Hands"]


class Hands:
    """Makes callbacks for widgets.

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

    @contextmanager
    def off(self) -> Iterator[None]:
        """Let the program set controls, in its turn."""
        with self._turn:
            was_program, self._is_program = self._is_program, True
            try:
                yield
            finally:
                self._is_program = was_program
