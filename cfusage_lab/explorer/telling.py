"""What is told beside the charts: the status, what is waited for, what went wrong."""

import logging
from collections.abc import Sequence
from typing import Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.errors import CfUsageError
from cfusage_lab.explorer.controls import Waiting, banner, status_line

__all__ = ["Telling"]

_log = logging.getLogger(__name__)
_LAST_VIEW: Final = "Below is the last good view."
_NO_VIEW: Final = (
    "There is nothing to show yet. Refresh asks again; under Token, another token can be pasted."
)


class Telling:
    """The status line, the progress, the banner.

    Attributes
    ----------
    status, banner, waiting
        The widgets.
    """

    def __init__(self) -> None:
        self.status = ipywidgets.HTML(layout={"flex": "1 1 280px"})
        self.banner = ipywidgets.HTML()
        self.waiting = Waiting(self.say)
        self._text, self._details = "", ""
        self._notes: tuple[str, ...] = ()
        self._trouble, self._refusal = "", ""
        self._has_view, self._is_busy = True, False

    def about(self, text: str, *, details: str, notes: Sequence[str], has_view: bool) -> None:
        """Take over what is on screen: where it comes from, which windows it is, what has to be known."""
        self._text, self._details, self._notes = text, details, tuple(notes)
        self._has_view = has_view
        self.say()

    def say(self, doing: str = "") -> None:
        """Write the status, and what is being done."""
        text = f"{self._text} · {doing}" if doing else self._text
        self.status.value = status_line(text, details=self._details, notes=self._notes)

    def begin(self) -> None:
        """Say that something is under way."""
        self._is_busy = True
        self.waiting.begin()
        self.go_on()

    def go_on(self) -> None:
        """Say that it still is, if anything is."""
        if self._is_busy:
            self.say("fetching …")

    def end(self, doing: str = "") -> None:
        """Say that nothing is under way any more."""
        self._is_busy = False
        self.waiting.end()
        self.say(doing)

    def complain(self, error: Exception | None) -> None:
        """Show what went wrong. Nobody would see it otherwise."""
        if error is not None:
            self._trouble, self._refusal = _told(error), ""
            self._show_banner()

    def refuse(self, error: Exception | None) -> None:
        """Show why something could not be selected, until something could: then error is None."""
        self._refusal = "" if error is None else _told(error)
        self._show_banner()

    def forgive(self) -> None:
        """Take the banner away."""
        self._trouble = self._refusal = ""
        self._show_banner()

    def _show_banner(self) -> None:
        text = self._refusal or self._trouble
        self.banner.value = banner(text, _LAST_VIEW if self._has_view else _NO_VIEW) if text else ""


def _told(error: Exception) -> str:
    if isinstance(error, CfUsageError):
        return str(error)
    _log.error("a fault in this program", exc_info=error)
    return f"{type(error).__name__}: a fault in this program; the log says where"
