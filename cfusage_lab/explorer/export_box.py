"""Buttons that make files, and the place where their link appears."""

import html
from collections.abc import Callable
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.controls import button
from cfusage_lab.explorer.exports import FORMATS, download
from cfusage_lab.wording import html_text

__all__ = ["ExportBox"]

_WORKING: Final = '<span class="cfusage-quiet">Making the {} …</span>'
_COPY: Final = "navigator.clipboard?.writeText(this.parentNode.querySelector('pre').textContent)"


class ExportBox:
    """A button a format. What it makes is a link that holds the file.

    Parameters
    ----------
    ask
        Has a file of a format made.

    Attributes
    ----------
    buttons, result
        The two widgets.
    """

    def __init__(self, ask: Callable[[str], None]) -> None:
        self.result = ipywidgets.HTML()
        self.by_form = {
            form: button(known.label, tooltip=f"Make a {known.label} file of what is selected")
            for form, known in FORMATS.items()
        }
        self.by_form["py"].description = "Copy as code"
        for form, one in self.by_form.items():
            one.on_click(_asking(ask, form))
        self.buttons = ipywidgets.Box(list(self.by_form.values()))
        self.buttons.add_class("cfusage-row")

    def begin(self, form: str) -> None:
        """Say that it is being made."""
        self.result.value = _WORKING.format(html_text(FORMATS[form].label))

    def show(self, name: str, content: bytes) -> None:
        """Offer a file; code can be copied, too."""
        link = download(name, content)
        if name.endswith(".py"):
            link += (
                f' <button class="jupyter-button" type="button" onclick="{_COPY}">Copy</button>'
                f'<pre class="cfusage-code" tabindex="0">{html.escape(content.decode())}</pre>'
            )
        self.result.value = f'<div aria-live="polite">{link}</div>'

    def clear(self) -> None:
        """Take a file away that is no longer what is on screen."""
        self.result.value = ""


def _asking(ask: Callable[[str], None], form: str) -> Callable[[Any], None]:
    return lambda _button: ask(form)
