"""Tables of every engine: opened, their columns checked, and results given back as the same kind.

Inside, there is one kind of frame, a lazy one of Narwhals, over polars or over PySpark. What a column may
hold is asked of :mod:`cfusage_lab.frames.checks`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeVar

import narwhals as nw
import polars as pl
from narwhals.exceptions import NarwhalsError

from cfusage_lab.errors import FrameError
from cfusage_lab.frames.checks import refuse_duplicates, refuse_flaws, with_flaws_unknown
from cfusage_lab.frames.integer_keys import IntegerKeys
from cfusage_lab.frames.row_order import is_in_order
from cfusage_lab.schema import DAY_KEY, WINDOW_KEY, require_columns

if TYPE_CHECKING:
    from pyspark.sql import DataFrame as SparkFrame

__all__ = ["EngineTable", "FrameT", "Frames", "open_checked", "open_table", "polars_table", "refuse_lazy"]

FrameT = TypeVar("FrameT", bound="pl.DataFrame | pl.LazyFrame | SparkFrame")
"""A polars DataFrame or LazyFrame, or a PySpark DataFrame: what goes in is what comes out."""

Frames = nw.LazyFrame[Any]

_NONE: Final = pl.Schema()
_FEW: Final = 50_000
"""Rows below which whatever saves a long way through them takes longer to start than it saves, a millisecond
each time."""
_ROOM: Final = 2**63
"""What a whole number of 64 bits with a sign counts up to."""
_ENGINES: Final = (
    "pass a polars DataFrame or LazyFrame, a PySpark DataFrame, or anything that hands itself over as an "
    "Arrow stream (a pyarrow Table, a pandas DataFrame, a DuckDB relation)"
)


@dataclass(frozen=True, slots=True)
class EngineTable:
    """A table that was handed in, and the way back to its kind.

    Attributes
    ----------
    frame
        The table, lazily, on its own engine, cut down to the columns that were asked for.
    native
        The table as it came in; where it was converted, as it is on polars.
    columns
        Every column that came in.
    is_spark
        Whether that engine is PySpark; otherwise it is polars.
    is_eager
        Whether the result is computed before it goes out.
    """

    frame: Frames
    native: Any
    columns: tuple[str, ...]
    is_spark: bool
    is_eager: bool

    @property
    def is_short(self) -> bool:
        """Whether the table is there already, and has few rows."""
        return self.is_eager and self.native.height < _FEW

    def expressions(self, frame: Frames) -> tuple[Any, Any]:
        """Return the library to write expressions in, and a frame that takes them: polars where it is polars.

        Both say it alike, but Narwhals takes longer to say it than polars to do it in a short table.
        """
        return (nw, frame) if self.is_spark else (pl, frame.to_native())

    def rows(self) -> pl.DataFrame:
        """Compute the table, whatever its engine."""
        found: pl.DataFrame = self.frame.collect("polars").to_native()
        return found

    def lend(self, table: pl.DataFrame) -> Frames:
        """Hand a small polars table to the engine, for a join."""
        if not self.is_spark:
            return nw.from_native(table.lazy())
        from pyspark.sql import functions  # noqa: PLC0415 - an optional engine

        native: Any = self.frame.to_native()
        small = native.sparkSession.createDataFrame(table.to_arrow())
        lent: Frames = nw.from_native(functions.broadcast(small))
        return lent

    def hand_back(self, result: Frames, *, order: Sequence[str] = ()) -> Any:  # noqa: ANN401 - the caller's own kind
        """Return ``result`` as the kind of table that came in.

        A table that is computed here is sorted by ``order``; a lazy one is left as it is.
        """
        native: Any = result.to_native()
        if not self.is_eager:
            return native
        engine: Any = "in-memory" if self.is_short else "streaming"
        return _sorted(native.collect(engine=engine), tuple(order))


def open_table(frame: object, columns: pl.Schema, *, table: str, optional: pl.Schema = _NONE) -> EngineTable:
    """Open a table that has at least ``columns``, each of the right kind.

    No row is looked at, but where a DataFrame's column has to be cast: that is done at once.

    Parameters
    ----------
    frame
        A polars DataFrame or LazyFrame or a PySpark DataFrame. A pandas DataFrame, a pyarrow Table and a
        DuckDB relation become polars DataFrames, and so does the result.
    columns
        The columns that are needed. Any whole or floating number serves for a number, any aware
        timestamp for a UTC one, any category for a text.
    table
        What such a table is called in a message.
    optional
        The columns that are taken along where they are there.

    Raises
    ------
    FrameError
        If the engine is another one, a column is missing or of another type, or a DataFrame's value is
        too large for the type.
    """
    rows = _own_columns(frame, columns, optional)
    if rows is not None:
        return _ready(frame, rows)
    is_spark = _is_spark(frame)
    is_eager = not (is_spark or isinstance(frame, pl.LazyFrame))
    native: Any = _polars(frame) if is_eager else frame
    lazy: Frames = nw.from_native(native.lazy() if is_eager else native)
    found = lazy.collect_schema()
    require_columns(found.names(), columns.names(), table=table)
    taken = {**columns, **{name: kind for name, kind in optional.items() if name in found}}
    for name, wanted in taken.items():
        if not _has_castable_type(found[name], wanted):
            raise FrameError(
                f"not a {table} table: column {name!r} is {found[name]} and should be {wanted}: cast it first"
            )
    typed = lazy.select(*(_typed(name, wanted, found[name]) for name, wanted in taken.items()))
    return EngineTable(
        frame=_computed(typed, table) if is_eager else typed,
        native=native,
        columns=tuple(found.names()),
        is_spark=is_spark,
        is_eager=is_eager,
    )


def open_checked(frame: object, columns: pl.Schema, *, table: str, key: Sequence[str] = ()) -> EngineTable:
    """Open a table as :func:`open_table` does, and check every row of it.

    A DataFrame is computed, sorted by ``key``, and refused where a row breaks the rule of its column or has
    the key of another. A lazy table is not computed for that: what can't be known of it is carried on as
    unknown.

    Raises
    ------
    FrameError
        As in :func:`open_table`; and about a row, which it names.
    """
    rows = _own_columns(frame, columns, _NONE)
    if rows is not None:
        return _ready(frame, _checked(rows, key))
    opened = open_table(frame, columns, table=table)
    if not opened.is_eager:
        return replace(opened, frame=with_flaws_unknown(opened.frame, columns))
    return replace(opened, frame=nw.from_native(_checked(opened.rows(), key).lazy()))


def polars_table(
    frame: object, columns: pl.Schema, *, table: str, key: Sequence[str] = (), optional: pl.Schema = _NONE
) -> pl.DataFrame:
    """Return a table that is checked as by :func:`open_checked`, computed by polars whatever its engine.

    It is sorted by ``key``, or in the order that it has.
    """
    rows = _own_columns(frame, columns, optional)
    if rows is None:
        rows = open_table(frame, columns, table=table, optional=optional).rows()
    return _checked(rows, key)


def refuse_lazy(table: EngineTable, name: str, *, why: str) -> None:
    """Raise :class:`FrameError` about a table that is not computed yet; ``name`` is the caller's for it."""
    if not table.is_eager:
        raise FrameError(
            f"{why}; pass {name}.collect() of a LazyFrame, or pl.DataFrame({name}.toArrow()) of a Spark "
            "DataFrame"
        )


def _own_columns(frame: object, columns: pl.Schema, optional: pl.Schema) -> pl.DataFrame | None:
    """Return the columns of a DataFrame that has them in their types already, as our own tables do."""
    if not isinstance(frame, pl.DataFrame):
        return None
    found = frame.schema
    taken = {**columns, **{name: kind for name, kind in optional.items() if name in found}}
    is_ours = all(found.get(name) == kind for name, kind in taken.items())
    return frame[list(taken)] if is_ours else None


def _ready(frame: Any, rows: pl.DataFrame) -> EngineTable:  # noqa: ANN401 - a DataFrame
    """Return the columns of a DataFrame that are as they should be: no engine has to be asked."""
    lazy: Frames = nw.from_native(rows.lazy())
    return EngineTable(frame=lazy, native=frame, columns=tuple(frame.columns), is_spark=False, is_eager=True)


def _checked(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Put rows in order of a key; raise about the first one that is not as it should be."""
    refuse_flaws(rows)
    if key and not is_in_order(rows, key):
        rows = _put_in_order(rows, key)
        refuse_duplicates(rows, key)
    if key:
        rows.replace_column(rows.get_column_index(key[0]), rows[key[0]].set_sorted())  # no query: it is quick
    return rows


def _put_in_order(rows: pl.DataFrame, key: Sequence[str]) -> pl.DataFrame:
    """Sort rows by a key; by account and instant with one whole number, where that has room for both."""
    if tuple(key) == WINDOW_KEY and rows["account_id"].dtype == pl.String:
        starts, ids = rows["start_time"].to_physical(), rows["account_id"].unique().sort()
        first, last = starts.min(), starts.max()
        width = last - first + 1  # type: ignore[operator]
        if len(ids) * width < _ROOM:
            numbers = rows["account_id"].cast(pl.Enum(ids)).to_physical().cast(pl.Int64)
            return rows.sort(numbers * width + (starts - first))
    return rows.sort(*key)


def _typed(name: str, wanted: pl.DataType, found: nw.dtypes.DType) -> str | nw.Expr:
    """Cast a column, where it is to be; an instant's unit and zone change nothing that it says."""
    kind = nw.Schema.from_polars({name: wanted})[name]
    return name if isinstance(wanted, pl.Datetime) or found == kind else nw.col(name).cast(kind)


def _computed(frame: Frames, table: str) -> Frames:
    """Cast the columns of a DataFrame now, while it can be said that a value is too large for one."""
    try:
        rows: pl.DataFrame = frame.collect("polars").to_native()
    except NarwhalsError as error:
        what = str(error).partition("\n")[0]
        raise FrameError(f"not a {table} table: {what}") from error
    return nw.from_native(rows.lazy())


def _sorted(table: pl.DataFrame, order: tuple[str, ...]) -> pl.DataFrame:
    """Sort a table, unless it is in order already; by account and date with one whole number as key."""
    if not order or is_in_order(table, order):
        return table
    if order == DAY_KEY and table.height >= _FEW:
        return table.sort(IntegerKeys().of(table["account_id"], table["date"]))
    return table.sort(*order)


def _is_spark(frame: object) -> bool:
    return nw.dependencies.is_pyspark_dataframe(frame) or nw.dependencies.is_pyspark_connect_dataframe(frame)


def _polars(frame: object) -> pl.DataFrame:
    """Return a polars DataFrame, or what an Arrow stream makes of another kind of table."""
    if isinstance(frame, pl.DataFrame):
        return frame
    kind = f"{type(frame).__module__}.{type(frame).__qualname__}"
    if not hasattr(frame, "__arrow_c_stream__"):
        raise FrameError(f"a {kind} is not a table that is understood here: {_ENGINES}")
    try:
        return pl.DataFrame(frame)
    except ImportError as exc:
        raise FrameError(
            f"a {kind} can't be read without pyarrow: install it (the extra pandas brings it), or {_ENGINES}"
        ) from exc
    except (
        pl.exceptions.PolarsError,
        ValueError,
        TypeError,
        RuntimeError,
    ) as exc:  # of whoever hands it over
        raise FrameError(f"this {kind} can't be read as a table: {exc}") from exc


def _has_castable_type(found: nw.dtypes.DType, wanted: pl.DataType) -> bool:
    """Say whether a column can be cast to the type that is wanted."""
    if isinstance(wanted, pl.Datetime):
        return isinstance(found, nw.Datetime) and found.time_zone is not None
    if isinstance(wanted, pl.Float64 | pl.Int64):
        return found.is_float() or found.is_integer()
    if isinstance(wanted, pl.String):
        return isinstance(found, nw.String | nw.Categorical | nw.Enum)
    return isinstance(found, getattr(nw, type(wanted).__name__))
