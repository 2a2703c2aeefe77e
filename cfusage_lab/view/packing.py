"""Pack a polars table into binary columns that a browser unpacks without parsing text.

Numbers travel as little-endian arrays, whole numbers and times in the narrowest of them, strings as
codes into a list of categories. Nulls travel in a mask of one byte a row, so that the browser sees
``null`` where the table has one: a cost that is unknown must not become a zero or a NaN.
"""

import struct
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

__all__ = ["is_packable", "pack"]

_WIDTHS: Final = (("B", "u8", 1 << 8), ("H", "u16", 1 << 16), ("I", "u32", 1 << 32))
"""How :mod:`struct` calls an unsigned width, how view.js does, and the first number beyond it."""

_CLOCK_STEPS: Final = (86_400_000, 3_600_000, 1_800_000, 900_000, 60_000, 1_000, 1)
"""Milliseconds of a day, an hour, the halves and quarters that zones are off by, ... one."""

_TEXT: Final = (pl.String, pl.Categorical, pl.Enum)
_WHOLE: Final = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_DECIMAL: Final = (pl.Float32, pl.Float64, pl.Decimal, pl.UInt64)
_OTHER: Final = (pl.Boolean, pl.Date, pl.Datetime, pl.Null)


def is_packable(table: pl.DataFrame) -> bool:
    """Whether every column is of a type that :func:`pack` knows: no lists, structs or durations."""
    return all(isinstance(dtype, _TEXT + _WHOLE + _DECIMAL + _OTHER) for dtype in table.dtypes)


def pack(table: pl.DataFrame) -> dict[str, Any]:
    """Pack each column of ``table``; ``unpack`` in view.js is the other half.

    An aware datetime becomes the milliseconds of its instant. A naive one, and a date, is a reading of
    the viewer's own clock, as everywhere in Vega and altair, and is marked ``local`` for that.
    """
    return {"length": table.height, "columns": [_column(column) for column in table.get_columns()]}


def _column(column: pl.Series) -> dict[str, Any]:
    known = column.is_not_null()
    if isinstance(column.dtype, _DECIMAL):
        column = column.cast(pl.Float64)
        known &= column.is_finite().fill_null(value=False)
    packed = {"name": column.name, "local": False, "known": None, **_values(column, known)}
    if not known.all():
        packed["known"] = bytes(known.to_list())
    return packed


def _values(column: pl.Series, known: pl.Series) -> dict[str, Any]:
    """Pack the values; a place that is not ``known`` gets any value."""
    dtype = column.dtype
    if isinstance(dtype, _TEXT):
        words = column.cast(pl.String)
        categories = words.drop_nulls().unique(maintain_order=True)
        codes = words.replace_strict(categories, range(len(categories)), default=None, return_dtype=pl.Int64)
        return {"kind": "text", "categories": categories.to_list(), **_narrow(codes, (1,))}
    if isinstance(dtype, _DECIMAL):
        return {"kind": "number", **_wide(column.zip_with(known, pl.Series([0.0])).to_list())}
    if isinstance(dtype, pl.Null):
        return {"kind": "number", **_narrow(pl.Series([0] * len(column), dtype=pl.Int64), (1,))}
    if isinstance(dtype, pl.Boolean):
        return {"kind": "boolean", **_narrow(column.cast(pl.Int64), (1,))}
    if isinstance(dtype, pl.Date | pl.Datetime):
        is_local = isinstance(dtype, pl.Date) or dtype.time_zone is None
        moments = column.cast(pl.Datetime("ms")) if isinstance(dtype, pl.Date) else column
        return {"kind": "number", **_narrow(moments.dt.epoch("ms"), _CLOCK_STEPS), "local": is_local}
    return {"kind": "number", **_narrow(column.cast(pl.Int64), (1,))}


def _narrow(column: pl.Series, steps: Sequence[int]) -> dict[str, Any]:
    """Pack whole numbers as ``base + step * code``, in the narrowest codes that hold them."""
    base = int(column.min() or 0)  # type: ignore[arg-type]
    column = column.fill_null(base)
    span = int(column.max() or 0) - base  # type: ignore[arg-type]
    if span >= _WIDTHS[-1][2] * steps[0]:
        return _wide(column.cast(pl.Float64).to_list())
    above = column - base
    step = next(step for step in steps if step == 1 or (above % step == 0).all())
    codes = (above // step).to_list()
    for width, name, beyond in _WIDTHS:
        if span // step < beyond:
            return {"width": name, "base": base, "step": step, "values": _bytes(width, codes)}
    return _wide(column.cast(pl.Float64).to_list())


def _wide(numbers: Sequence[float]) -> dict[str, Any]:
    return {"width": "f64", "base": 0, "step": 1, "values": _bytes("d", numbers)}


def _bytes(width: str, numbers: Sequence[float]) -> bytes:
    """Say the byte order, rather than take this machine's."""
    return struct.pack(f"<{len(numbers)}{width}", *numbers)
