"""A chart taken apart for the browser: what is drawn, and what may change without drawing anew."""

import copy
import json
import re
from dataclasses import dataclass
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.headings import heading_lines
from cfusage_lab.charts.page import heading_of, page_of
from cfusage_lab.view.packing import pack
from cfusage_lab.view.vega_lite import rows_of, to_vega_lite

__all__ = ["HEADING", "Drawing"]

HEADING: Final = {"text": "cfusage_title", "subtitle": "cfusage_subtitle"}
"""The parts of a title, and the signals that drawing.js keeps them in."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart taken apart: what is drawn, and what may change without drawing anew."""

    spec: dict[str, Any]
    values: dict[str, Any]
    tables: dict[str, pl.DataFrame]
    description: str

    @classmethod
    def of(cls, chart: alt.TopLevelMixin) -> "Drawing":
        """Take a chart apart; polars tables stay tables.

        Raises
        ------
        SchemaValidationError
            Altair's own, if it is not a valid chart.
        """
        page = page_of(chart)
        if page is None:
            return cls._written(chart)
        view: Any = chart
        tables = [one.data for one in view.vconcat]
        params = view.params if isinstance(view.params, list) else []
        plain = [
            one for one in params if isinstance(one, alt.VariableParameter) and one.expr is alt.Undefined
        ]
        values = {one.name: one.value for one in plain}
        schemas = tuple(tuple(table.schema.items()) for table in tables)
        key = (alt.theme.active, repr(alt.theme.options), tuple(values), schemas)
        if key not in page.written:
            drawing = cls._written(chart)
            names = [name for table in tables for name, one in drawing.tables.items() if one is table]
            if len(set(names)) < len(tables):
                return drawing
            page.written[key] = drawing.spec, names
        spec, names = page.written[key]
        values |= {HEADING[part]: text for part, text in heading_of(chart).items()}
        return cls(spec, values, dict(zip(names, tables, strict=True)), view.description)

    @classmethod
    def _written(cls, chart: alt.TopLevelMixin) -> "Drawing":
        spec, tables = to_vega_lite(chart)
        spec = _with_steady_names(spec)
        values = {p["name"]: p.pop("value") for p in spec.get("params", []) if _is_plain(p)}
        if "title" in spec:
            title = spec["title"] if isinstance(spec["title"], dict) else {"text": spec["title"]}
            values |= {name: title[part] for part, name in HEADING.items() if _is_text(title.get(part))}
            spec["title"] = {key: "" if HEADING.get(key) in values else title[key] for key in title}
        return cls(spec, values, tables, spec.pop("description", ""))

    @property
    def selections(self) -> dict[str, str]:
        """What can be selected: name to kind, ``interval`` or ``point``."""
        return self.selections_of(self.spec)

    @staticmethod
    def selections_of(spec: dict[str, Any]) -> dict[str, str]:
        """Tell what can be selected in the drawing of a ``spec``: name to kind, ``interval`` or ``point``."""
        drag = spec.get("usermeta", {}).get("dragZoom", {}).get("drag")
        params = [one for one in spec.get("params", []) if "select" in one and one["name"] != drag]
        chosen = {one["name"]: one["select"] for one in params}
        return {
            name: select["type"] if isinstance(select, dict) else select for name, select in chosen.items()
        }

    def traits(self) -> dict[str, Any]:
        """Return what the widget sends."""
        return {
            "_spec": self.spec,
            "_values": self.values,
            "_tables": {name: pack(table) for name, table in self.tables.items()},
            "_description": self.description,
        }

    def complete(self) -> dict[str, Any]:
        """Put the chart together again, as plain Vega-Lite with its rows."""
        spec = copy.deepcopy(self.spec)
        for param in spec.get("params", []):
            if param["name"] in self.values:
                param["value"] = self.values[param["name"]]
        texts = {part: self.values[name] for part, name in HEADING.items() if name in self.values}
        if texts:
            is_ours = "heading" in spec.get("usermeta", {}) and len(texts) == len(HEADING)
            spec["title"] |= heading_lines(**texts) if is_ours else texts
        rows = {name: _rows(table) for name, table in self.tables.items()}
        return {**spec, "datasets": {**spec.get("datasets", {}), **rows}}


def _with_steady_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Give numbers to what altair names after its content, and to parts: a change there is no new drawing."""
    rows = spec.pop("datasets", None)
    names: dict[str, str] = {}
    text = re.sub(
        r"\b(?:(?P<part>cfusage_part)_\d+|view_[0-9a-f]{16}(_\d+)?\b)",
        lambda found: names.setdefault(found[0], f"{found['part'] or 'view'}_{len(names)}"),
        json.dumps(spec),
    )
    steady: dict[str, Any] = json.loads(text)
    return steady if rows is None else {**steady, "datasets": rows}


def _is_text(part: object) -> bool:
    """Whether a part of a title is written out, and not an expression."""
    return isinstance(part, str) or (isinstance(part, list) and all(isinstance(one, str) for one in part))


def _is_plain(param: dict[str, Any]) -> bool:
    """Whether a parameter is a value of ours: neither a selection nor bound to an input."""
    return "value" in param and "select" not in param and "bind" not in param


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Write rows as drawing.js unpacks them: instants as milliseconds, what is not a number as null."""
    columns = pl.selectors
    table = table.with_columns(
        columns.datetime(time_zone="*").dt.epoch("ms"),
        columns.float().replace([float("nan"), float("inf"), float("-inf")], None),
    )
    return rows_of(table)
