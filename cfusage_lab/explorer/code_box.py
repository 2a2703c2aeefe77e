"""Lines of Python on the page, with what became of copying them."""

import html
from typing import Final

import ipywidgets  # type: ignore[import-untyped]

__all__ = ["ChartCode", "code_html"]


_SAID: Final = {None: "", True: "Copied.", False: "The browser did not let it be copied: select it here."}


def code_html(code: str, *, is_copied: bool | None) -> str:
    """Write code as HTML, and whether it is in the clipboard: what a browser refuses is copied by hand."""
    lines = f'<pre class="cfusage-code" tabindex="0">{html.escape(code)}</pre>'
    return f'<div aria-live="polite">{_SAID[is_copied]}</div>{lines}'


class ChartCode:
    """The code behind a chart: a button in its corner, and the lines below it while the button is down.

    Attributes
    ----------
    button, lines
        The two widgets.
    """

    def __init__(self) -> None:
        self.button = ipywidgets.ToggleButton(
            description="Code", icon="code", tooltip="Copy the code behind this chart"
        )
        self.button.add_class("cfusage-code-button")
        self.lines = ipywidgets.HTML(layout={"display": "none"})
        self._code = ""

    def show(self, code: str) -> None:
        """Show the lines."""
        self._code = code
        self.copied(is_copied=None)
        self.lines.layout.display = None

    def copied(self, *, is_copied: bool | None) -> None:
        """Say whether they are in the clipboard."""
        self.lines.value = code_html(self._code, is_copied=is_copied)

    def hide(self) -> None:
        """Take the lines away: the chart is another by now."""
        self._code = self.lines.value = ""
        self.lines.layout.display = "none"
        if self.button.value:
            self.button.value = False
