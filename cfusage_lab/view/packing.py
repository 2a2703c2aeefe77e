"""Pack a polars table into binary columns that a browser unpacks without parsing text.

Numbers travel as little-endian arrays: whole numbers, times and decimal fractions in the narrowest of them,
or as runs where they go on by equal steps; strings as codes into a list of categories. No number is rounded.
Nulls travel in a mask of one byte a row, so that the browser sees ``null`` where the table has one: a cost
that is unknown must not become a zero or a NaN.
"""

import sys
from array import array
from collections.abc import Sequence
from typing import Any, Final

import polars as pl

__all__ = ["is_packable", "pack"]

_WIDTHS: Final = (("B", "u8", 1, 1 << 8), ("H", "u16", 2, 1 << 16), ("I", "u32", 4, 1 << 32))
"""How :mod:`array` calls an unsigned width, how drawing.js does, its bytes, and the first number beyond."""

_RUN_BYTES: Final = 8
"""A step and how often it is taken, four bytes each."""

_MANY: Final = 400
"""Rows from which on runs are looked for: of fewer, a look takes longer than sending them."""

_CLOCK_STEPS: Final = (86_400_000, 3_600_000, 1_800_000, 900_000, 60_000, 1_000, 1)
"""Milliseconds of a day, an hour, the halves and quarters that zones are off by, ... one."""

_DIVISORS: Final = (100, 10_000, 1_000_000, 100_000_000)
"""Of a dollar: cents, ..., micro-dollars, ..."""

_TEXT: Final = (pl.String, pl.Categorical, pl.Enum)
_WHOLE: Final = (pl.Int8, pl.Int16, pl.Int32, pl.Int64, pl.UInt8, pl.UInt16, pl.UInt32)
_DECIMAL: Final = (pl.Float32, pl.Float64, pl.Decimal, pl.UInt64)
_OTHER: Final = (pl.Boolean, pl.Date, pl.Datetime, pl.Null)


def is_packable(table: pl.DataFrame) -> bool:
    """Whether every column is of a type that :func:`pack` knows: no lists, structs or durations."""
    return all(isinstance(dtype, _TEXT + _WHOLE + _DECIMAL + _OTHER) for dtype in table.dtypes)


def pack(table: pl.DataFrame) -> dict[str, Any]:
    """Pack each column of ``table``; ``unpack`` in drawing.js is the other half.

    An aware datetime becomes the milliseconds of its instant. A naive one, and a date, is a reading of
    the viewer's own clock, as everywhere in Vega and altair, and is marked ``local`` for that.
    """
    return {"length": table.height, "columns": [_column(column) for column in table.get_columns()]}


def _column(column: pl.Series) -> dict[str, Any]:
    known = None if column.null_count() == 0 else column.is_not_null()
    if isinstance(column.dtype, _DECIMAL):
        column = column.cast(pl.Float64)
        finite = column.is_finite()
        if not finite.all() or known is not None:
            known = finite.fill_null(value=False)
            column = column.zip_with(known, pl.Series([0.0]))
    packed = {"name": column.name, "local": False, "known": None, "divisor": 1, **_values(column)}
    if known is not None:
        packed["known"] = bytes(known.to_list())
    return packed


def _values(column: pl.Series) -> dict[str, Any]:
    """Pack the values; a null gets any value."""
    dtype = column.dtype
    if isinstance(dtype, _TEXT):
        words = column.cast(pl.String)
        categories = words.drop_nulls().unique(maintain_order=True)
        codes = words.replace_strict(categories, range(len(categories)), default=None, return_dtype=pl.Int64)
        return {"kind": "text", "categories": categories.to_list(), **_narrow(codes, (1,))}
    if isinstance(dtype, _DECIMAL):
        return {"kind": "number", **_decimal(column)}
    if isinstance(dtype, pl.Null):
        return {"kind": "number", **_narrow(pl.Series([0] * len(column), dtype=pl.Int64), (1,))}
    if isinstance(dtype, pl.Boolean):
        return {"kind": "boolean", **_narrow(column.cast(pl.Int64), (1,))}
    if isinstance(dtype, pl.Date | pl.Datetime):
        is_local = isinstance(dtype, pl.Date) or dtype.time_zone is None
        moments = column.cast(pl.Datetime("ms")) if isinstance(dtype, pl.Date) else column
        return {"kind": "number", **_narrow(moments.dt.epoch("ms"), _CLOCK_STEPS), "local": is_local}
    return {"kind": "number", **_narrow(column.cast(pl.Int64), (1,))}


def _decimal(column: pl.Series) -> dict[str, Any]:
    """Pack numbers as cents, micro-dollars or so, if each of them is such a number and a division away."""
    first = column.head(_FIRST).to_list()
    for divisor in (1, *_DIVISORS):
        if any(round(number * divisor) / divisor != number for number in first if abs(number) < _EXACT):
            continue
        parts = (column * divisor).round()
        low, high = parts.min() or 0.0, parts.max() or 0.0
        if high - low >= _WIDTHS[-1][3] or max(-low, high) > _EXACT:  # type: ignore[operator]
            break
        divisors = pl.repeat(float(divisor), len(column), eager=True)  # by one number, polars multiplies
        if (parts / divisors == column).all():
            return {**_narrow(parts.cast(pl.Int64), (1,)), "divisor": divisor}
    return _wide(column)


_FIRST: Final = 20
"""Rows to look at before all of them are."""

_EXACT: Final = 2**53
"""Whole numbers up to here are floats too."""


def _narrow(column: pl.Series, steps: Sequence[int]) -> dict[str, Any]:
    """Pack whole numbers as ``base + step * code``, in the narrowest codes that hold them."""
    base = int(column.min() or 0)  # type: ignore[arg-type]
    column = column.fill_null(base)
    span = int(column.max() or 0) - base  # type: ignore[arg-type]
    if span >= _WIDTHS[-1][3] * steps[0]:
        return _wide(column.cast(pl.Float64))
    above = column - base
    first = above.head(_FIRST).to_list()
    step = next(step for step in steps if step == 1 or (_are_in(first, step) and (above % step == 0).all()))
    codes = above // step if step > 1 else above
    for letter, name, size, beyond in _WIDTHS:
        if span // step < beyond:
            runs = _runs(codes, size)
            packed = {"width": name, "values": _bytes(letter, codes.to_list())} if runs is None else runs
            return {**packed, "base": base, "step": step}
    return _wide(column.cast(pl.Float64))


def _are_in(numbers: list[int], step: int) -> bool:
    return not any(number % step for number in numbers)


def _runs(codes: pl.Series, size: int) -> dict[str, Any] | None:
    """Pack codes as steps from one to the next and how often each is taken, if that is much shorter."""
    if len(codes) < _MANY:
        return None
    steps = codes.diff().fill_null(codes.head(1))
    count = 1 + (steps != steps.shift()).sum()
    if count * _RUN_BYTES >= len(codes) * size or steps.abs().max() >= 1 << 31:  # type: ignore[operator]
        return None
    runs = steps.rle().struct.unnest()
    pairs = pl.concat([runs["value"].cast(pl.Int64), runs["len"].cast(pl.Int64)]).to_list()
    mixed = [0] * len(pairs)
    mixed[::2], mixed[1::2] = pairs[: runs.height], pairs[runs.height :]
    return {"width": "runs", "values": _bytes("i", mixed)}


def _wide(numbers: pl.Series) -> dict[str, Any]:
    return {"width": "f64", "base": 0, "step": 1, "values": _bytes("d", numbers.to_list())}


def _bytes(letter: str, numbers: Sequence[float]) -> bytes:
    """Keep to one byte order, whatever this machine's is."""
    packed = array(letter, numbers)
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()
