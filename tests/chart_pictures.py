"""Look at charts: their rows, their texts, their bars, what the pointer is told."""

import re
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from cfusage_lab.view.drawing import Drawing

VEGA_LITE = "6.4"
MINUS = "\N{MINUS SIGN}"
"""What Vega puts before negative numbers."""


def complete(chart: alt.TopLevelMixin) -> dict[str, Any]:
    """Return plain Vega-Lite, rows included, as the browser gets it."""
    return Drawing.of(chart).complete()


def svg_of(chart: alt.TopLevelMixin) -> str:
    """Draw it."""
    return vl_convert.vegalite_to_svg(complete(chart), vl_version=VEGA_LITE)


def texts_of(chart: alt.TopLevelMixin) -> list[str]:
    """Read whatever is written in it."""
    return re.findall(r"<text[^>]*>([^<]+)</text>", svg_of(chart))


def rows_of(chart: alt.TopLevelMixin, *, nth: int = 0) -> list[dict[str, Any]]:
    """Return the rows behind the ``nth`` account."""
    spec = complete(chart)
    return _rows(spec, nth)


def _rows(spec: dict[str, Any], nth: int) -> list[dict[str, Any]]:
    """Look rows up where altair has put them: in the view, or, if it is the only one, above it."""
    data = spec["vconcat"][nth].get("data") or spec["data"]
    rows: list[dict[str, Any]] = spec["datasets"][data["name"]]
    return rows


def layers_of(chart: alt.TopLevelMixin, mark: str, *, nth: int = 0) -> list[dict[str, Any]]:
    """Return the layers of the ``nth`` account that have this kind of mark."""
    layers: list[dict[str, Any]] = complete(chart)["vconcat"][nth]["layer"]
    return [layer for layer in layers if layer["mark"]["type"] == mark]


def bars_of(chart: alt.TopLevelMixin, colour: str, *, channel: str = "fill") -> list[tuple[float, ...]]:
    """Tell left, top, width and height of each bar of that colour, from left to right."""
    found = []
    for path in re.findall(r"<path [^>]*>", svg_of(chart)):
        shape = re.search(r'd="M([-\d.]+),([-\d.]+)h([-\d.]+)v([-\d.]+)h-?[\d.]+Z"', path)
        if shape and "transform=" not in path and f'{channel}="{colour}"' in path:
            left, top, width, height = map(float, shape.groups())
            found.append((left, min(top, top + height), width, abs(height)))
    return sorted(found)


def told_by(chart: alt.TopLevelMixin, *, nth: int = 0) -> list[dict[str, str]]:
    """Tell what the pointer is told, row by row: the tooltips' texts, computed by Vega."""
    spec = complete(chart)
    view = spec["vconcat"][nth]
    *_, columns = (layer for layer in view["layer"] if "tooltip" in layer["encoding"])
    shown = {one["title"]: one["field"] for one in columns["encoding"]["tooltip"]}
    marks = [
        {"mark": {"type": "text", "aria": False}, "encoding": {"text": {"field": field, "type": "nominal"}}}
        for field in shown.values()
    ]
    texts = {
        "data": {"values": _rows(spec, nth)},
        "params": [one for one in spec.get("params", []) if "value" in one],
        "transform": [
            step
            for step in (*view.get("transform", []), *columns.get("transform", []))
            if "brush_store" not in str(step)
        ],
        "layer": marks,
    }
    said = re.findall(r"<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(texts, vl_version=VEGA_LITE))
    count = len(said) // len(shown)
    return [dict(zip(shown, said[place::count], strict=True)) for place in range(count)]


def subtitle_of(chart: alt.TopLevelMixin) -> Sequence[str]:
    """Return the lines under the title."""
    subtitle: list[str] = chart.to_dict()["title"]["subtitle"]
    return subtitle


def title_of(chart: alt.TopLevelMixin) -> str:
    """Return the title, its lines put together again."""
    text: str | list[str] = chart.to_dict()["title"]["text"]
    return text if isinstance(text, str) else " ".join(text)
