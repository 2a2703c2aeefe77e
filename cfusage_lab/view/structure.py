"""What of a chart decides how it is drawn, as a key: charts that differ only in data and wording share it.

Altair takes tens of milliseconds to write a chart down as Vega-Lite, and most charts on a screen are one that
was there before, with other rows.
"""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import altair as alt
import polars as pl
from altair.utils.schemapi import SchemaBase

from cfusage_lab.view.packing import is_packable

__all__ = ["HEADING", "Structure", "is_text", "structure_of"]

HEADING: Final = {"text": "cfusage_title", "subtitle": "cfusage_subtitle"}
"""The parts of a title, and the signals that drawing.js keeps them in."""
_MOST_PARTS: Final = 20_000
"""A chart with more parts has rows written in it, and is no key."""


@dataclass(slots=True)
class Structure:
    """A key, and what of the chart is not in it.

    Attributes
    ----------
    key
        Equal for two charts whose specifications are equal but for rows, values and description.
    tables
        The polars tables, in the order in which the key counts them.
    values
        Texts of the title and values of parameters, by the names of their signals.
    description
        The chart's text alternative.
    """

    key: Hashable = None
    tables: list[pl.DataFrame] = field(default_factory=list)
    values: dict[str, Any] = field(default_factory=dict)
    description: str = ""


class _UnknownPartError(Exception):
    """Something that may change without being seen: the chart has no key."""


def structure_of(chart: alt.TopLevelMixin) -> Structure | None:
    """Read a chart; None where it holds something that only altair understands, such as a pandas table."""
    try:
        return _Reader().read(chart)
    except _UnknownPartError:
        return None


def is_text(part: object) -> bool:
    """Whether a part of a title is written out, and not an expression."""
    return isinstance(part, str) or (isinstance(part, list) and all(isinstance(one, str) for one in part))


class _Reader:
    """Walks through a chart once."""

    def __init__(self) -> None:
        self._found = Structure()
        self._left = _MOST_PARTS

    def read(self, chart: Any) -> Structure:  # noqa: ANN401 - altair's own
        parts = {name: part for name, part in chart._kwds.items() if part is not alt.Undefined}  # noqa: SLF001
        if isinstance(parts.get("description"), str):
            self._found.description = parts.pop("description")
        key = [type(chart), alt.theme.active, repr(alt.theme.options)]
        if "title" in parts:
            key.append(self._title(parts.pop("title")))
        if isinstance(parts.get("params"), list):
            key.append(tuple(map(self._param, parts.pop("params"))))
        self._found.key = (*key, self._named(parts))
        return self._found

    def _title(self, title: object) -> Hashable:
        if isinstance(title, alt.TitleParams):
            title = dict(title._kwds)  # noqa: SLF001
        elif not isinstance(title, dict):
            title = {"text": title}
        for part, signal in HEADING.items():
            if is_text(title.get(part)):
                self._found.values[signal] = title[part]
                title = {**title, part: signal}
        return self._named(title)

    def _param(self, param: object) -> Hashable:
        if isinstance(param, alt.VariableParameter):
            parts = param._kwds  # noqa: SLF001
            if parts.get("bind") is alt.Undefined and isinstance(parts.get("value"), str | float | int):
                self._found.values[str(parts["name"])] = parts["value"]
                return self._named({**parts, "value": type(param)})
        return self._key(param)

    def _named(self, parts: Mapping[Any, Any]) -> Hashable:
        return tuple((name, self._key(part)) for name, part in parts.items() if part is not alt.Undefined)

    def _key(self, part: Any) -> Hashable:  # noqa: ANN401 - whatever a chart holds
        self._left -= 1
        if self._left < 0:
            raise _UnknownPartError
        if part is None or isinstance(part, str | type):
            return part
        if isinstance(part, bool | int | float | date):
            return type(part), part
        if isinstance(part, SchemaBase):
            return type(part), self._key(part._args), self._named(part._kwds)  # noqa: SLF001
        if isinstance(part, list | tuple):
            return list, tuple(map(self._key, part))
        if isinstance(part, dict):
            return dict, self._named(part)
        if isinstance(part, pl.DataFrame) and is_packable(part):
            return self._table(part)
        raise _UnknownPartError

    def _table(self, table: pl.DataFrame) -> Hashable:
        """Count a table; altair looks at its columns' types, and at nothing else of it."""
        tables = self._found.tables
        place = next((place for place, known in enumerate(tables) if known is table), len(tables))
        if place == len(tables):
            tables.append(table)
        return pl.DataFrame, place, tuple(table.schema.items())
