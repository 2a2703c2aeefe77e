"""What only a browser can do: tell its time zone, save a file, copy a text, hear the Escape key."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

__all__ = ["Browser"]


class Browser(anywidget.AnyWidget):
    """The browser behind an explorer, as a widget that nobody sees: one for each explorer, inside of it.

    Attributes
    ----------
    time_zone
        The IANA name of the reader's zone; empty until a browser shows the explorer, and where it tells none.
    """

    _esm = Path(__file__).with_name("browser.js").read_text(encoding="utf-8")

    time_zone = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        self._copied: list[Callable[[bool], None]] = []
        self._escaped: list[Callable[[], None]] = []
        self._acted: list[Callable[[str], None]] = []
        super().__init__(layout={"display": "none"})
        self.on_msg(self._hear)

    def save(self, name: str, content: bytes, mime: str) -> None:
        """Save a file where the reader's downloads go.

        Parameters
        ----------
        name
            What the file is called.
        content
            What is in it.
        mime
            Its MIME type, such as ``text/csv``.
        """
        self.send({"kind": "save", "name": name, "mime": mime}, buffers=[content])

    def copy(self, text: str) -> None:
        """Copy a text into the reader's clipboard; :meth:`on_copied` tells whether the browser let it."""
        self.send({"kind": "copy", "text": text})

    def on_copied(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback`` after each :meth:`copy`, with whether the text is in the clipboard."""
        self._copied.append(callback)

    def on_escape(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` for each Escape with the focus or the pointer in the explorer.

        One that is pressed in a field of text belongs to the field.
        """
        self._escaped.append(callback)

    def on_action(self, callback: Callable[[str], None]) -> None:
        """Call ``callback`` with the ``data-action`` of what is clicked in the explorer's own HTML."""
        self._acted.append(callback)

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        if content.get("kind") == "copied":
            for hear_copied in self._copied:
                hear_copied(bool(content.get("is_copied")))
        if content.get("kind") == "action":
            for hear_acted in self._acted:
                hear_acted(str(content.get("action")))
        if content.get("kind") == "escape":
            for hear_escaped in self._escaped:
                hear_escaped()
