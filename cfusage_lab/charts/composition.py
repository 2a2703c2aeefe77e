"""Our charts as parts of others: beside each other, and beside charts of other people.

A chart of several views is one by itself: it has a configuration, names its views, scales and selections, and
its expressions go by these names and by its width. As a part of another chart it may have no configuration,
and no name that a neighbour has. So a part gets names of its own, and says itself what the configuration did.
"""

import copy
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType
from typing import Any, Final

import altair as alt

from cfusage_lab.charts.axes import COMMON

__all__ = ["PageChart"]

_Spec = dict[str, Any]
_serials: Final = itertools.count()
_CODE: Final = {"expr", "labelExpr", "calculate", "filter", "test", "update"}
"""Keys whose texts are Vega expressions."""
_NAMED: Final = {"name", "views", "param", "selection"}
"""Keys whose texts are names."""
_POSITIONS: Final = ("x", "y")
_LOOKS: Final = ("color", "fill", "stroke", "shape", "size", "opacity", "fillOpacity", "strokeDash")
_TOKENS: Final = re.compile(r"""'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|(?<![\w.$])[A-Za-z_]\w*""")
"""Texts between quotes, and identifiers that are no property of something."""
_CALL: Final = re.compile(r"\b(?:scale|domain|range|bandwidth|invert|data|vlSelectionTest)\($")
"""What takes the name of a scale or of a table between quotes."""


class PageChart(alt.VConcatChart):
    """Views under each other that have a configuration in common, alone or within another chart.

    Alone it is written with ``COMMON`` as its configuration and with the padding that its ``usermeta`` holds;
    what is set by altair's own methods, wins.
    """

    def to_dict(
        self,
        validate: bool = True,  # noqa: FBT001, FBT002 - altair's own
        *,
        format: str = "vega-lite",  # noqa: A002 - altair's own
        ignore: list[str] | None = None,
        context: dict[str, Any] | None = None,
    ) -> _Spec:
        """Write it as Vega-Lite, as altair does."""
        chart: Any = _shallow(self)
        about = dict(chart._get("usermeta", {}))  # noqa: SLF001
        padding = about.pop("padding", alt.Undefined)
        is_part = not (context or {}).get("top_level", True)
        chart.usermeta = alt.Undefined if is_part else about
        if not is_part:
            chart.padding = chart._get("padding", padding)  # noqa: SLF001
            config = chart._get("config")  # noqa: SLF001
            chart.config = COMMON if config is alt.Undefined else _merged(COMMON, config.to_dict())
        options: dict[str, Any] = {"format": format, "ignore": ignore, "context": context}
        spec: _Spec = alt.VConcatChart.to_dict(chart, validate, **options)
        return _as_part(spec) if is_part else spec

    def copy(self, deep: bool | Iterable[Any] = True, ignore: list[str] | None = None) -> Any:  # noqa: ANN401, FBT001, FBT002
        """Copy it as altair does; with names of its own where it becomes a part of another chart.

        Altair asks nobody when that happens: all that it does is to copy the parts, before it lifts their
        selections.
        """
        copied = super().copy(deep=deep, ignore=ignore)
        is_lifted = _is_lifted(sys._getframe(1))  # noqa: SLF001 - there is no other way to know
        return (
            _with_own_names(copied)
            if is_lifted and isinstance(vars(self)["_kwds"].get("params"), list)
            else copied
        )

    def __and__(self, other: Any) -> Any:  # noqa: ANN401 - any chart
        """Set another chart below; the heading stays this one's."""
        return alt.vconcat(self, other)

    __iand__ = __and__


def _is_lifted(caller: FrameType | None) -> bool:
    """Whether altair is about to lift the selections of what it copies; in Python 3.11 a list has a frame."""
    if caller is not None and caller.f_code.co_name == "<listcomp>":
        caller = caller.f_back
    return caller is not None and caller.f_code.co_name == "_combine_subchart_params"


def _shallow(chart: Any) -> Any:  # noqa: ANN401 - altair's own
    """Copy the chart, and nothing in it."""
    copied = copy.copy(chart)
    vars(copied)["_kwds"] = dict(vars(chart)["_kwds"])
    return copied


def _merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> _Spec:
    parts = {key: under[key] | over[key] for key in under.keys() & over if isinstance(over[key], dict)}
    return {**under, **over, **parts}


# Names


def _with_own_names(chart: Any) -> Any:  # noqa: ANN401 - altair's own
    """Give a chart's views, selections and scales names that no other chart has; say sizes in numbers."""
    prefix = f"cfusage_part_{next(_serials)}"
    handed = chart._get("usermeta", {}).get("dragZoom", {}).get("drag")  # noqa: SLF001 - needs a page's script
    chart.params = [one for one in chart.params if one.name != handed]
    chart.name = prefix
    names = set(_names(chart))
    sizes = {f"{view.name}_height": view.height for view in chart.vconcat}
    sizes |= {"width": chart.vconcat[0].width, "childHeight": chart.vconcat[0].height}
    renamed = _Renaming(prefix, names, {name: str(size) for name, size in sizes.items()})
    for key in ("params", "vconcat", "title"):
        chart[key] = renamed.within(chart._get(key), key)  # noqa: SLF001
    return chart


def _names(part: Any) -> Iterable[str]:  # noqa: ANN401 - any part of a chart
    """List the names of views and parameters."""
    if isinstance(part, list):
        for one in part:
            yield from _names(one)
    elif isinstance(part, alt.SchemaBase):
        own = vars(part)["_kwds"]
        if isinstance(own.get("name"), str):
            yield own["name"]
        for key in ("params", "vconcat", "layer"):
            yield from _names(own.get(key))


class _Renaming:
    """Other names in all of a chart, and numbers in the place of its sizes."""

    def __init__(self, prefix: str, names: set[str], sizes: Mapping[str, str]) -> None:
        self._prefix, self._names, self._sizes = prefix, names, sizes

    def within(self, part: Any, key: str) -> Any:  # noqa: ANN401 - any part of a chart
        """Return a part as it is under other names; tables, and texts that are shown, stay as they are."""
        if isinstance(part, str):
            return self._code(part) if key in _CODE else self._name(part) if key in _NAMED else part
        if isinstance(part, list | tuple):
            return [self.within(one, key) for one in part]
        if isinstance(part, dict):
            return {name: self.within(one, name) for name, one in part.items()}
        if isinstance(part, alt.SchemaBase):
            copied = _shallow(part)
            own = vars(part)
            vars(copied)["_kwds"] = {name: self.within(one, name) for name, one in own["_kwds"].items()}
            vars(copied)["_args"] = tuple(self.within(one, key) for one in own["_args"])
            return copied
        if isinstance(part, alt.Parameter):
            copied = copy.copy(part)
            copied.name, copied.param = self._name(part.name), self.within(part.param, key)
            return copied
        return part

    def _name(self, text: str) -> str:
        return f"{self._prefix}_{text}" if text in self._names else text

    def _code(self, text: str) -> str:
        def swapped(found: re.Match[str]) -> str:
            token = found[0]
            if token[0] not in "'\"":
                return self._sizes.get(token) or self._name(token)
            is_name = _CALL.search(text[: found.start()]) is not None
            return (
                f"{token[0]}{self._prefix}_{token[1:]}" if is_name and self._is_ours(token[1:-1]) else token
            )

        return _TOKENS.sub(swapped, text)

    def _is_ours(self, name: str) -> bool:
        """Whether it is a scale of the whole chart or of a view, or the rows of a selection."""
        view = re.sub(r"_(?:store|x|y|fill|color|stroke|shape|size)$", "", name)
        return view in self._names or name in (*_POSITIONS, *_LOOKS)


# Looks


def _as_part(spec: _Spec) -> _Spec:
    """Say in the views of a chart what its configuration would, and let it keep its scales to itself."""
    for view in spec["vconcat"]:
        view["view"] = COMMON["view"] | view.get("view", {})
        _each_unit(view, _say_common)
    apart = dict.fromkeys((*_LOOKS, "strokeOpacity"), "independent")
    return {"vconcat": [spec], "resolve": {"scale": apart}}


def _each_unit(view: _Spec, change: Callable[[_Spec], None]) -> None:
    for layer in view.get("layer", []):
        _each_unit(layer, change)
    change(view)


def _say_common(view: _Spec) -> None:
    axes = {"x": COMMON["axis"] | COMMON["axisX"], "y": COMMON["axis"]}
    for channel, encoding in view.get("encoding", {}).items():
        if not isinstance(encoding, dict) or not encoding.keys() & {"field", "datum", "aggregate"}:
            continue
        if channel in _POSITIONS and encoding.get("axis", {}) is not None:
            encoding["axis"] = axes[channel] | encoding.get("axis", {})
        if channel in _LOOKS and encoding.get("legend", {}) is not None:
            encoding["legend"] = COMMON["legend"] | encoding.get("legend", {})
    if isinstance(view.get("mark"), dict) and view["mark"].get("type") == "point":
        view["mark"] = COMMON["point"] | view["mark"]
