"""Tables as files: one dialect of CSV, and the way back from CSV and Parquet.

In the dialect a time reads ``2026-11-03T08:00:00Z``; an amount has all its digits, a point and no exponent,
so that nobody takes a night of zeros for whole numbers; nothing stands for null, and ``""`` for an empty
text. A text that a spreadsheet would take for a formula has an apostrophe before it, as one types it there:
it begins with = + - @, a tab or a line break.
"""

import os
import re
from decimal import Decimal
from io import BufferedReader
from typing import BinaryIO, Final, cast

import polars as pl

from cfusage_lab import schema
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.files import path_text
from cfusage_lab.wording import visible

__all__ = ["read_table", "write_csv"]

_TIME: Final = "%Y-%m-%dT%H:%M:%S%.fZ"
_OFFSET_TIME: Final = "%Y-%m-%dT%H:%M:%S%.f%#z"
"""As polars and others write a time: with an offset."""

_STARTS: Final = r"'*[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"
"""How a formula begins, in full width, too. Apostrophes before it are counted in, so that one more can be
taken off again.
"""

_BOOLEANS: Final = {"true": True, "false": False}
_PARQUET: Final = b"PAR1"
_TABLES: Final = [table for table in vars(schema).values() if isinstance(table, pl.Schema)]
_KINDS: Final = {name: kind for table in _TABLES for name, kind in table.items()}
_INTERVALS: Final = [
    (re.compile(re.escape(name).replace("LEVEL", r"\d[\de_-]*")), kind)
    for name, kind in schema.INTERVALS.items()
]


def write_csv(table: pl.DataFrame | pl.LazyFrame, file: BinaryIO) -> None:
    """Write a table as CSV in the one dialect; a lazy one is not held in memory as a whole.

    Every column of the table is a column of the file: which there are is said in :mod:`cfusage_lab.schema`.
    """
    rows = table.lazy()
    columns = [_as_written(name, kind) for name, kind in rows.collect_schema().items()]
    rows.select(columns).sink_csv(file, datetime_format=_TIME)


def read_table(path: str | os.PathLike[str]) -> pl.DataFrame:
    """Read a table from a CSV or Parquet file that was written here, with the types that it had.

    Usage history, local days, comparisons, patterns, forecasts, invoice lines, FOCUS: whatever
    :meth:`UsageExplorer.export`, :meth:`UsageArchive.export` and :class:`FocusExport` write, or polars' own
    ``write_csv``, goes back into every function that takes such a table.

    Parameters
    ----------
    path
        The file; what it holds decides whether it is read as Parquet or as CSV.

    Returns
    -------
    DataFrame
        One row is a row of the file. Columns that no table of this package has stay as they are in Parquet,
        and text in CSV. A usage history without ``id`` has it, null.

    Raises
    ------
    ConfigError
        If there is no such file, or it can't be read.
    FrameError
        If it holds no table with columns of this package, or a value is not of its column's type.

    Examples
    --------
    >>> import tempfile
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> explorer = cfu.UsageExplorer(client, time_range="Last 7 days", now=now)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     history = cfu.read_table(explorer.export(f"{folder}/usage.csv"))
    >>> history.equals(explorer.history)
    True
    """
    text = path_text(path, what="the file to read")
    try:
        with open(text, "rb") as file:  # noqa: PTH123 - pathlib drops what a text says
            is_parquet = file.peek(len(_PARQUET)).startswith(_PARQUET)
            begun = _from_its_begin(file)
            table = pl.read_parquet(begun) if is_parquet else pl.read_csv(begun, infer_schema=False)
    except OSError as error:
        raise ConfigError(f"{visible(text)} can't be read: {error.strerror or error}") from error
    except (pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        said = str(error).split("\n", 1)[0]
        raise FrameError(f"{visible(text)} is neither a CSV nor a Parquet file of a table: {said}") from error
    if not any(map(_kind_of, table.columns)):
        found = ", ".join(table.columns) or "no column"
        raise FrameError(f"{visible(text)} holds no table of this package: found {visible(found)}")
    if not is_parquet:
        table = _typed(table, text)
    if set(table.columns) == schema.HISTORY.keys() - {"id"}:
        table = table.with_columns(id=pl.lit(None, schema.HISTORY["id"])).select(schema.HISTORY.names())
    return table


def _from_its_begin(file: BufferedReader) -> BinaryIO:
    """Rewind a file that was peeked at: polars 1.33 reads from the position that the system knows."""
    if not file.seekable():
        return file
    raw = cast("BinaryIO", file.raw)
    raw.seek(0)
    return raw


def _as_written(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Datetime):
        return column.dt.convert_time_zone("UTC") if kind.time_zone else column
    if isinstance(kind, pl.String | pl.Categorical | pl.Enum):
        text = column.cast(pl.String)
        return pl.when(text.str.contains(f"^{_STARTS}")).then("'" + text).otherwise(text).alias(name)
    if isinstance(kind, pl.Float64 | pl.Float32):
        return column.map_batches(_in_full, return_dtype=pl.String(), is_elementwise=True)
    return column


def _in_full(amounts: pl.Series) -> pl.Series:
    """Write amounts with all their digits and a point: as polars does, but for its exponents."""
    text = amounts.cast(pl.String)
    places = text.str.contains("e", literal=True).arg_true()
    plain = [f"{Decimal(one):f}" for one in text.gather(places)]
    return text.scatter(places, [one if "." in one else f"{one}.0" for one in plain])


def _kind_of(name: str) -> pl.DataType | None:
    """Return the type of a column of a table of this package, or None if it is of none."""
    by_level = (kind for pattern, kind in _INTERVALS if pattern.fullmatch(name))
    return _KINDS.get(name) or next(by_level, None)


def _typed(raw: pl.DataFrame, path: str) -> pl.DataFrame:
    """Return the columns of a CSV file in their types, or say which value is of another."""
    table = raw.select(_as_read(name, _kind_of(name) or pl.String()) for name in raw.columns)
    for name in raw.columns:
        if table[name].null_count() == raw[name].null_count():
            continue
        (place,) = (raw[name].is_not_null() & table[name].is_null()).arg_true()[:1]
        raise FrameError(
            f"{visible(path)}: {name!r} of row {place + 1:,} is {visible(raw[name][place])!r}, and should be "
            f"{_kind_of(name)}"
        )
    return table


def _as_read(name: str, kind: pl.DataType) -> pl.Expr:
    text = pl.col(name)
    if isinstance(kind, pl.String):
        return text.str.replace(f"^'({_STARTS})", "$1")
    if isinstance(kind, pl.Datetime):
        joined = text.str.replace(" ", "T", literal=True)  # as pandas parts a time
        times = (
            joined.str.to_datetime(form, time_unit=kind.time_unit, time_zone=kind.time_zone, strict=False)
            for form in (_TIME, _OFFSET_TIME)
        )
        return pl.coalesce(times)
    if isinstance(kind, pl.Date):
        return text.str.to_date("%Y-%m-%d", strict=False)
    if isinstance(kind, pl.Boolean):
        return text.str.to_lowercase().replace_strict(_BOOLEANS, default=None, return_dtype=kind)
    return text.cast(kind, strict=False)
