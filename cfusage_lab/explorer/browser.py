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
        self._heard: dict[str, list[Callable[[dict[str, Any]], None]]] = {}
        super().__init__(layout={"display": "none"})
        self.on_msg(self._hear)

    def save(self, name: str, content: bytes, mime: str) -> None:
        """Save a file where the reader's downloads go; ``mime`` is its MIME type, such as ``text/csv``."""
        self.send({"kind": "save", "name": name, "mime": mime}, buffers=[content])

    def copy(self, text: str) -> None:
        """Copy a text into the reader's clipboard; :meth:`on_copied` tells whether the browser let it."""
        self.send({"kind": "copy", "text": text})

    def on_copied(self, callback: Callable[[bool], None]) -> None:
        """Call ``callback`` after each :meth:`copy`, with whether the text is in the clipboard."""
        self._on("copied", lambda told: callback(bool(told.get("is_copied"))))

    def on_escape(self, callback: Callable[[], None]) -> None:
        """Call ``callback`` for each Escape with the focus or the pointer in the explorer.

        One that is pressed in a field of text belongs to the field.
        """
        self._on("escape", lambda _told: callback())

    def on_action(self, callback: Callable[[str], None]) -> None:
        """Call ``callback`` with the ``data-action`` of what is clicked in the explorer's own HTML."""
        self._on("action", lambda told: callback(str(told.get("action"))))

    def _on(self, kind: str, callback: Callable[[dict[str, Any]], None]) -> None:
        self._heard.setdefault(kind, []).append(callback)

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        for callback in self._heard.get(str(content.get("kind")), ()):
            callback(content)
