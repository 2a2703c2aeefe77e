"""One widget that shows an altair chart in a notebook: offline, updated in place, readable from Python.

None of altair's own ways draws without the internet in a current JupyterLab. Here the Vega library
reaches the page once, tables travel as binary columns, and a changed chart keeps its place and zoom.
"""

import base64
import copy
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import altair as alt
import anywidget
import polars as pl
import traitlets

from cfusage_lab.view import vega
from cfusage_lab.view.packing import is_packable, pack

__all__ = ["ChartView", "picture", "show", "with_picture"]


def show(chart: alt.TopLevelMixin) -> "ChartView":
    """Show any altair chart in this notebook, offline.

    Layers, concatenations, facets and data of any length are drawn; polars tables travel as binary
    columns, anything else as altair would send it. ``width="container"`` fills the cell.

    Returns
    -------
    ChartView
        The widget, to be the last line of a cell. Its :meth:`ChartView.draw` takes a changed chart, its
        ``selections`` tell what is selected in the browser.
    """
    return ChartView(chart)


class _Library(anywidget.AnyWidget):
    """The Vega library on its way to the page: one for all charts of a kernel.

    It is sent when the first chart is made, not when the browser asks: a kernel that is busy with the
    next cell would answer late.
    """

    _esm = "export default {};"
    name = traitlets.Unicode().tag(sync=True)
    source = traitlets.Bytes().tag(sync=True)


class ChartView(anywidget.AnyWidget):
    """An altair chart as a widget.

    Attributes
    ----------
    chart
        The chart that is shown.
    selections
        What is selected in the browser, selection name to value; empty until somebody selects. It can
        be observed.
    error
        Why the browser could not draw the chart, as it also stands in the cell; empty if it could.
    """

    _esm = Path(__file__).with_name("view.js")
    _css = Path(__file__).with_name("view.css")

    _library = anywidget.WidgetTrait().tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)
    _values = traitlets.Dict().tag(sync=True)
    _tables = traitlets.Dict().tag(sync=True)
    _description = traitlets.Unicode().tag(sync=True)
    selections = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, chart: alt.TopLevelMixin) -> None:
        self.chart = chart
        super().__init__(_library=_library(), **_Drawing.of(chart).traits())

    def draw(self, chart: alt.TopLevelMixin, *, clear: Sequence[str] = ()) -> None:
        """Show ``chart`` instead.

        Where it differs from the one on screen in nothing but data, parameter values and description, the
        drawing stays and takes those in: zoom and selections survive, except the selections named in
        ``clear``.
        """
        drawing = _Drawing.of(chart)
        self.chart = chart
        with self.hold_sync():
            for name, value in drawing.traits().items():
                setattr(self, name, value)
        if clear:
            self.send({"kind": "clear", "names": list(clear)})

    def __repr__(self) -> str:
        return f"<ChartView: {self._description or 'a chart'}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401 - IPython's own
        """Add a picture, for readers without a kernel."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return with_picture(data, self.chart), metadata


def with_picture(bundle: dict[str, Any], chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Add a PNG of ``chart`` to a MIME bundle; if it cannot be drawn, its view says why in the cell."""
    try:
        png = picture(chart)
    except ValueError:
        return bundle
    return {**bundle, "image/png": base64.b64encode(png).decode()}


_libraries: Final[list[_Library]] = []


def _library() -> _Library:
    """Return this kernel's library; a new one where somebody closed all widgets."""
    if not _libraries or _libraries[0].comm is None:
        _libraries[:] = [_Library(name=vega.bundle_name(), source=vega.bundle())]
    return _libraries[0]


_HEADING: Final = {"text": "cfusage_title", "subtitle": "cfusage_subtitle"}
"""The parts of a title, and the signals that view.js keeps them in."""


@dataclass(frozen=True, slots=True)
class _Drawing:
    """A chart taken apart: what is drawn, and what may change without drawing anew."""

    spec: dict[str, Any]
    values: dict[str, Any]
    tables: dict[str, pl.DataFrame]
    description: str

    @classmethod
    def of(cls, chart: alt.TopLevelMixin) -> "_Drawing":
        tables: dict[str, pl.DataFrame] = {}
        with alt.data_transformers.enable(_TRANSFORMER, tables=tables):
            spec = _with_steady_names(chart.to_dict())
        values = {p["name"]: p.pop("value") for p in spec.get("params", []) if _is_plain(p)}
        if "title" in spec:
            title = spec["title"] if isinstance(spec["title"], dict) else {"text": spec["title"]}
            values |= {name: title[part] for part, name in _HEADING.items() if _is_text(title.get(part))}
            spec["title"] = {key: "" if _HEADING.get(key) in values else title[key] for key in title}
        return cls(spec, values, tables, spec.pop("description", ""))

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
        for part, name in _HEADING.items():
            if name in self.values:
                spec["title"][part] = self.values[name]
        rows = {name: _rows(table) for name, table in self.tables.items()}
        return {**spec, "datasets": {**spec.get("datasets", {}), **rows}}


def picture(chart: alt.TopLevelMixin, *, scale: float = 1.0) -> bytes:
    """Draw any altair chart as a PNG, without a browser and without a network.

    Raises
    ------
    ValueError
        If Vega cannot draw it.
    """
    return vega.png(_Drawing.of(chart).complete(), scale=scale)


def _with_steady_names(spec: dict[str, Any]) -> dict[str, Any]:
    """Give numbers to the views that altair names after their content: a change there is no new drawing."""
    rows = spec.pop("datasets", None)
    names: dict[str, str] = {}
    text = re.sub(
        r"\bview_[0-9a-f]{16}(_\d+)?\b",
        lambda found: names.setdefault(found[0], f"view_{len(names)}"),
        json.dumps(spec),
    )
    steady: dict[str, Any] = json.loads(text)
    return steady if rows is None else {**steady, "datasets": rows}


_TRANSFORMER: Final = "cfusage_lab"


def _keep_table(data: object, *, tables: dict[str, pl.DataFrame]) -> dict[str, Any]:
    """Leave a name in the spec and the polars table in ``tables``; let altair convert the rest."""
    if not (isinstance(data, pl.DataFrame) and is_packable(data)):
        return _as_altair_would(data)
    name = next((name for name, known in tables.items() if known is data), f"table_{len(tables)}")
    tables[name] = data
    return {"name": name}


alt.data_transformers.register(_TRANSFORMER, _keep_table)


def _is_text(part: object) -> bool:
    return isinstance(part, str | list)


def _is_plain(param: dict[str, Any]) -> bool:
    """Whether a parameter is a value of ours: neither a selection nor bound to an input."""
    return "value" in param and "select" not in param and "bind" not in param


def _rows(table: pl.DataFrame) -> list[dict[str, Any]]:
    """Write rows as view.js unpacks them: instants as milliseconds, what is not a number as null."""
    columns = pl.selectors
    table = table.with_columns(
        columns.datetime(time_zone="*").dt.epoch("ms"),
        columns.float().replace([float("nan"), float("inf"), float("-inf")], None),
    )
    rows: list[dict[str, Any]] = _as_altair_would(table)["values"]
    return rows


def _as_altair_would(data: object) -> dict[str, Any]:
    converted: dict[str, Any] = alt.default_data_transformer(data, max_rows=sys.maxsize)  # type: ignore[call-overload]
    return converted
