"""A table of few rows that can be chosen and unfolded, with bars, changes and small lines in its cells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, Literal

import anywidget
import traitlets

from cfusage_lab.wording import dollars, percent

__all__ = ["NOTHING", "Rows", "bar_cell", "change_cell", "column", "cost_cell", "row", "spark_cell"]

Cell = str | dict[str, Any] | None
Kind = Literal["text", "money", "bar", "change", "spark"]

NOTHING: Final = "\N{EN DASH}"
"""What stands where there is nothing to tell."""
_DIRECTIONS: Final = {"up": "up", "new": "up", "down": "down", "stopped": "down"}


class Rows(anywidget.AnyWidget):
    """A table on the page, for some 60 rows at most; every text in it is shown as it is, never as markup.

    Attributes
    ----------
    columns
        What :func:`column` makes, from left to right. The first one is the row's head.
    rows
        What :func:`row` makes, from top to bottom; a row that is unfolded is followed by those in it.
    caption
        What the table is called, for those who hear it.
    empty
        A sentence to read where there are no rows.
    is_multiple
        Whether several rows can be chosen at once.
    """

    _esm = Path(__file__).with_name("rows.js").read_text(encoding="utf-8")
    _css = Path(__file__).with_name("rows.css").read_text(encoding="utf-8")

    columns = traitlets.List(traitlets.Dict()).tag(sync=True)
    rows = traitlets.List(traitlets.Dict()).tag(sync=True)
    caption = traitlets.Unicode().tag(sync=True)
    empty = traitlets.Unicode().tag(sync=True)
    is_multiple = traitlets.Bool().tag(sync=True)

    def __init__(self, **traits: object) -> None:
        self._clicked: list[Callable[[str, bool], None]] = []
        self._opened: list[Callable[[str], None]] = []
        super().__init__(**traits)
        self.on_msg(self._hear)

    def show(
        self,
        columns: Iterable[Mapping[str, Any]],
        rows: Iterable[Mapping[str, Any]],
        *,
        caption: str,
        empty: str = "",
    ) -> None:
        """Show other rows at once; the focus stays on the row of the same key."""
        with self.hold_sync():
            self.columns, self.rows = [*map(dict, columns)], [*map(dict, rows)]
            self.caption, self.empty = caption, empty

    def on_click(self, callback: Callable[[str, bool], None]) -> None:
        """Call ``callback`` when a row is chosen, by a click, Enter or Space.

        It hears the row's key, and whether Ctrl, Cmd or Shift was held, which adds the row to others.
        """
        self._clicked.append(callback)

    def on_open(self, callback: Callable[[str], None]) -> None:
        """Call ``callback`` with a row's key when somebody unfolds it, or folds it up again."""
        self._opened.append(callback)

    def _hear(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """Pass on what happened to a row, unless another answer took the row away meanwhile."""
        key = content.get("key")
        shown = next((one for one in self.rows if one["key"] == key), None)
        if shown is None:
            return
        if content["kind"] == "click" and shown["is_selected"] is not None:
            for hear_click in self._clicked:
                hear_click(str(key), bool(content.get("is_added")))
        if content["kind"] == "open" and shown["is_expandable"]:
            for hear_open in self._opened:
                hear_open(str(key))


def column(name: str, kind: Kind = "text") -> dict[str, str]:
    """Make a column of :class:`Rows`.

    Parameters
    ----------
    name
        Its heading.
    kind
        ``text`` and ``money`` hold strings, money to the right; ``bar``, ``change`` and ``spark`` what the
        function of that name makes. Any cell may be None, which is an empty one.
    """
    return {"name": name, "kind": kind}


def row(
    key: str,
    cells: Sequence[Cell],
    *,
    level: int = 0,
    is_selected: bool | None = False,
    is_open: bool = False,
    is_expandable: bool = False,
    is_quiet: bool = False,
    tooltip: str = "",
) -> dict[str, Any]:
    """Make a row of :class:`Rows`.

    Parameters
    ----------
    key
        What callbacks hear of it; no other row has it.
    cells
        One for each column.
    level
        How deep it stands under other rows.
    is_selected
        Whether it is chosen; None if it can't be.
    is_open, is_expandable
        Whether it is unfolded, and whether it can be.
    is_quiet
        Whether it is paler than others.
    tooltip
        What a pointer on it is told.
    """
    return {
        "key": key,
        "cells": list(cells),
        "level": level,
        "is_selected": is_selected,
        "is_open": is_open,
        "is_expandable": is_expandable,
        "is_quiet": is_quiet,
        "tooltip": tooltip,
    }


def bar_cell(ratio: float | None, text: str) -> dict[str, Any]:
    """Make a bar of a length from -1 to 1, below zero to the left; without a ratio there is only the text."""
    return {"ratio": ratio, "text": text}


def cost_cell(cost_usd: float | None, of: float) -> dict[str, Any]:
    """Make a bar of US dollars, as long as ``of`` fills it; what is not known has a dash and no bar."""
    if cost_usd is None:
        return bar_cell(None, NOTHING)
    return bar_cell(cost_usd / of if of > 0 else None, dollars(cost_usd))


def change_cell(change_usd: float | None, change_ratio: float | None, *, kind: str) -> dict[str, Any]:
    """Make a change: an arrow, US dollars, percent.

    Parameters
    ----------
    change_usd, change_ratio
        As comparisons tell them.
    kind
        One of ``schema.KINDS``. ``unknown`` is no change at all, but a dash.
    """
    if change_usd is None or kind == "unknown":
        return {"text": NOTHING, "note": "", "direction": "flat"}
    text = dollars(change_usd)
    sign = "+" if change_usd > 0 and text != dollars(0) else ""
    direction = _DIRECTIONS.get(kind, "flat")
    note = "" if change_ratio is None or direction == "flat" else percent(change_ratio)
    note = kind if kind in {"new", "stopped"} else note
    return {"text": sign + text, "note": note, "direction": direction}


def spark_cell(values: Sequence[float | None], text: str) -> dict[str, Any]:
    """Make a small line of values, with gaps where one is None; ``text`` says it in words."""
    return {"values": list(values), "text": text}
