"""A chart as Vega-Lite, as altair writes it, with its tables beside it.

Altair hands tables to a transformer that belongs to the whole process, and to whoever has chosen one. Nothing
of that is touched here: each table of a copy of the chart gives way to a name before altair sees it.
"""

import re
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

import altair as alt
import narwhals.stable.v1 as nw  # as altair does
import polars as pl
from altair.utils.data import is_data_type

from cfusage_lab.charts.page import shallow_copy
from cfusage_lab.view.packing import is_packable
from cfusage_lab.wording import visible

__all__ = ["rows_of", "to_vega_lite"]

_PARTS: Final = ("layer", "concat", "hconcat", "vconcat")
_TABLES: Final = "cfusage_lab_tables"
"""What altair's context, which reaches every part of a chart, has for us: name to table."""


def to_vega_lite(chart: alt.TopLevelMixin) -> tuple[dict[str, Any], dict[str, pl.DataFrame]]:
    """Write a chart as Vega-Lite; polars tables are named in it and returned, others' rows stand in it.

    Raises
    ------
    SchemaValidationError
        Altair's own, if it is not a valid chart.
    """
    names = _Names()
    named = names.in_chart(chart)
    context = {_TABLES: names.tables, "datasets": names.rows, "pre_transform": False}
    spec: dict[str, Any] = named.to_dict(context=context)
    _mend_titles(spec)
    packable = {name: table for name, table in names.tables.items() if name not in names.rows}
    return spec, packable


def rows_of(table: object) -> list[dict[str, Any]]:
    """Write rows as altair's own transformer does, however many there are."""
    converted: Any = alt.default_data_transformer(table, max_rows=sys.maxsize)  # type: ignore[call-overload]
    rows: list[dict[str, Any]] = converted["values"]
    return rows


def _mend_titles(view: dict[str, Any]) -> None:
    """Let any title of a channel be read: Vega-Lite puts it between quotes as it is."""
    for part in (*_PARTS, "spec"):
        inner = view.get(part, [])
        for one in inner if isinstance(inner, list) else [inner]:
            _mend_titles(one)
    for channel in view.get("encoding", {}).values():
        for one in channel if isinstance(channel, list) else [channel]:
            if isinstance(title := one.get("title"), str):
                one["title"] = _QUOTING.sub("\\g<pairs>\N{SET MINUS}", visible(title))


_QUOTING: Final = re.compile(r'(?<!\\)(?P<pairs>(?:\\\\)*)\\(?="|$)')
"""A backslash that would take the quote after it for a part of the text."""


@dataclass(frozen=True, slots=True)
class _Names:
    """The tables of a chart by the names that they get, and the rows of those that can't be packed."""

    tables: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, Any] = field(default_factory=dict)

    def in_chart(self, chart: Any) -> Any:  # noqa: ANN401 - altair's own
        """Return a copy that has names in the place of tables."""
        named = shallow_copy(chart)
        if _is_table(data := chart._get("data")):  # noqa: SLF001
            named.data = alt.NamedData(name=self._name_of(data))
            kind: Any = type(chart)
            object.__setattr__(named, "__class__", _named(kind))
        for name in _PARTS:
            if isinstance(parts := named._get(name), list):  # noqa: SLF001
                named[name] = [self.in_chart(part) for part in parts]
        if isinstance(named._get("spec"), alt.TopLevelMixin):  # noqa: SLF001
            named.spec = self.in_chart(named.spec)
        if isinstance(steps := named._get("transform"), list):  # noqa: SLF001
            named.transform = [self._in_step(step) for step in steps]
        return named

    def _in_step(self, step: Any) -> Any:  # noqa: ANN401 - altair's own
        """Name the table that a transformation looks something up in."""
        other = step._kwds.get("from") if isinstance(step, alt.LookupTransform) else None  # noqa: SLF001
        if not (isinstance(other, alt.LookupData) and _is_table(other.data)):
            return step
        step, other = shallow_copy(step), shallow_copy(other)
        other.data = alt.NamedData(name=self._name_of(other.data))
        step["from"] = other
        return step

    def _name_of(self, table: Any) -> str:  # noqa: ANN401 - a table of any library
        table = nw.to_native(table, pass_through=True)
        for name, known in self.tables.items():
            if known is table:
                return name
        name = f"table_{len(self.tables)}"
        self.tables[name] = table
        if not (isinstance(table, pl.DataFrame) and is_packable(table)):
            self.rows[name] = rows_of(table)
        return name


def _is_table(data: object) -> bool:
    if data is alt.Undefined or isinstance(data, dict | str | alt.SchemaBase):
        return False
    return is_data_type(data)


@cache
def _named(original: type) -> type:
    """Make a kind of chart that tells the types of columns from the table that its data's name stands for."""
    kind: Any = original

    def to_dict(self: Any, *args: Any, context: Any = None, **options: Any) -> Any:  # noqa: ANN401
        """Write it as altair would, with the table at hand, but leave its name as the data."""
        data = self._get("data")
        table = (context or {}).get(_TABLES, {}).get(data.name) if isinstance(data, alt.NamedData) else None
        if table is None:
            return kind.to_dict(self, *args, context=context, **options)
        bare = shallow_copy(self)
        bare.data = alt.Undefined
        seen = nw.from_native(table, eager_or_interchange_only=True, pass_through=True)
        spec = kind.to_dict(bare, *args, context={**context, "data": seen}, **options)
        return {"data": {"name": data.name}, **spec}

    def validate(cls: type, instance: dict[str, Any], schema: Any = None) -> None:  # noqa: ANN401
        """Check it with some data: it has a name for them, which follows."""
        kind.validate.__func__(cls, {"data": {"name": "table"}, **instance}, schema)

    return type(kind.__name__, (kind,), {"to_dict": to_dict, "validate": classmethod(validate)})
