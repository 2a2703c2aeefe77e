"""Buttons that make files, and what became of the last one."""

from typing import Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.code_box import code_html
from cfusage_lab.explorer.controls import button
from cfusage_lab.explorer.exports import FORMATS
from cfusage_lab.explorer.state import State
from cfusage_lab.wording import html_text

__all__ = ["ExportBox"]

_WORKING: Final = '<span class="cfusage-quiet">Making the {} …</span>'


class ExportBox:
    """A button a format; one click makes the file, and the browser saves it.

    Attributes
    ----------
    by_form
        The buttons, by format.
    buttons, result
        All buttons in a row; what became of the last click.
    """

    def __init__(self) -> None:
        self.result = ipywidgets.HTML()
        self._of: tuple[object, ...] = ()
        self.by_form = {
            form: button(known.label, tooltip=f"Save what is selected: {known.label}")
            for form, known in FORMATS.items()
        }
        self.by_form["py"].description = "Copy as code"
        self.by_form["py"].tooltip = "Copy the lines of Python behind this screen"
        self.buttons = ipywidgets.Box(list(self.by_form.values())).add_class("cfusage-row")

    def begin(self, form: str) -> None:
        """Say that it is being made."""
        self.result.value = _WORKING.format(html_text(FORMATS[form].label))

    def saved(self, name: str, content: bytes) -> None:
        """Say which file was handed to the browser, and how large it is."""
        size = f"{-(-len(content) // 1000):,} kB"
        self.result.value = f'<div aria-live="polite">Saved {html_text(name)} ({size})</div>'

    def copied(self, code: str, *, is_copied: bool | None) -> None:
        """Show code, and whether it is in the clipboard: where a browser refuses, it is copied by hand."""
        self.result.value = code_html(code, is_copied=is_copied)

    def show(self, state: State) -> None:
        """Say nothing more of a file, or of code, that is no longer what is on screen."""
        of = (state.query, state.selection)
        if self._of != of:
            self._of, self.result.value = of, ""
