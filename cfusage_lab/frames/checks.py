"""What a column may hold, and how a row that holds something else is refused.

One rule for a column, wherever it comes in: what a row can't do without is never null, a state and a kind are
of the words that :mod:`cfusage_lab.schema` lists, and an amount is a finite number or, where it is unknown,
null. It is never taken for zero. A window, a day or a slot of an account stands in a table once.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.schema import DOMAINS, Granularity
from cfusage_lab.time_units import DAY_HOURS

__all__ = [
    "Flaws",
    "duplicate",
    "flaws",
    "no_local_hours",
    "null_error",
    "refuse",
    "refuse_duplicates",
    "refuse_flaws",
    "refuse_nulls",
    "window_hours",
    "with_flaws_unknown",
    "wrong_granularity",
]

Flaws = Mapping[str, tuple[nw.Expr, str]]
"""By column: whether a row breaks its rule, and the words for a value that does."""

_LARGEST: Final = 1e302
"""Amounts below it can be added up, a million of them, without leaving the range of a double."""
_NEEDED: Final = (
    *("account_id", "start_time", "end_time", "date", "is_reported", "is_whole"),
    *("period_start", "period_end"),
)
_COMPARED: Final = ("current_usd", "previous_usd", "change_usd")
"""What a comparison has unless its kind is ``unknown``."""
_WIDTHS: Final[tuple[list[float], ...]] = ([1], [DAY_HOURS])
_NUMBERS: Final = {"hours": (0, None), "top_hours": (0, None), "weekday": (1, 7), "hour": (0, 23)}


def flaws(columns: pl.Schema, of: Any = nw) -> Flaws:  # noqa: ANN401 - Narwhals or polars
    """Return the rules of some columns, as expressions of Narwhals or, if ``of`` says so, of polars."""
    found: dict[str, tuple[nw.Expr, str]] = {}
    for name, kind in columns.items():
        column = of.col(name)
        if name in DOMAINS:
            is_other = _all(*(column != word for word in DOMAINS[name]))
            found[name] = (
                is_other | column.is_null(),
                f"an unknown {name}: pass one of {', '.join(DOMAINS[name])}",
            )
        elif isinstance(kind, pl.Float64):
            found[name] = (
                ~_is_finite(column),
                "not a number: pass a finite one, or null where it is unknown",
            )
        elif name in _NUMBERS:
            least, most = _NUMBERS[name]
            is_outside = column.is_null() | (column < least)
            is_outside = is_outside if most is None else is_outside | (column > most)
            words = f"out of range: pass a whole number from {least}" + (
                "" if most is None else f" to {most}"
            )
            found[name] = (is_outside, words)
        elif name in _NEEDED:
            found[name] = (column.is_null(), "")
    return found


def refuse_flaws(rows: pl.DataFrame) -> None:
    """Raise :class:`FrameError` about the first row with a flaw, of rows that are there already."""
    flawed = [column.name for column in rows.get_columns() if _is_flawed(column)]
    if flawed:
        found = flaws(rows.schema)
        some = {name: found[name] for name in flawed}
        refuse(nw.from_native(rows), some, {f"flaw_{name}": True for name in flawed})
    if {"kind", *_COMPARED} <= set(rows.columns):
        refuse_nulls(rows.filter(pl.col("kind") != "unknown"), _COMPARED)


def _is_flawed(column: pl.Series) -> bool:
    """Say of a whole column at once whether any value breaks its rule in :func:`flaws`.

    Most tables are small, and asked again at every click: each step is a call of polars' own, no query.
    """
    name = column.name
    if name in DOMAINS:
        return column.null_count() > 0 or _has_other_words(column, DOMAINS[name])
    if isinstance(column.dtype, pl.Float64):
        return not _is_all_finite(column)
    if name in _NUMBERS:
        least, most = _NUMBERS[name]
        lowest, highest = _range(column, otherwise=least)
        return column.null_count() > 0 or lowest < least or (most is not None and highest > most)
    return name in _NEEDED and column.null_count() > 0


def _has_other_words(column: pl.Series, words: Sequence[str]) -> bool:
    """Say whether any text is none of some words; nearly all are the first, and only others go on."""
    for word in words:
        column = column.filter(column != word)
        if column.is_empty():
            return False
    return True


def _is_all_finite(column: pl.Series) -> bool:
    """Say of a column what :func:`_is_finite` says of each number: NaN is in the sum, if not in the range."""
    lowest, highest = _range(column, otherwise=0)
    is_inside = lowest > -_LARGEST and highest < _LARGEST
    return is_inside and not (math.isnan(column.sum()) and column.is_nan().any())


def _range(column: pl.Series, *, otherwise: float) -> tuple[float, float]:
    """Return the least and the greatest number that is there, ``otherwise`` where none is."""
    lowest: Any = column.min()
    highest: Any = column.max()
    return (otherwise, otherwise) if lowest is None else (lowest, highest)


def refuse(rows: Any, found: Flaws, answer: Mapping[str, Any]) -> None:  # noqa: ANN401 - Narwhals
    """Raise :class:`FrameError` about the first row with a flaw that the ``answer`` tells of.

    Asked of a lazy table, an answer has a ``flaw_`` of each column: whether any row is flawed.
    """
    for name, (is_flawed, words) in found.items():
        if answer[f"flaw_{name}"]:
            row = rows.lazy().filter(is_flawed).head(1).collect("polars").to_native().row(0, named=True)
            if row[name] is None:
                raise null_error(row, name)
            raise FrameError(f"{_row_name(row)} has {name} {row[name]!r}, {words}")


def refuse_duplicates(rows: pl.DataFrame, key: Sequence[str]) -> None:
    """Raise :class:`FrameError` if two neighbours have the same ``key``: sorted by it, no other rows can."""
    is_same = pl.all_horizontal(pl.col(name) == pl.col(name).shift() for name in reversed(key))
    found = rows.filter(is_same).head(1)
    if found.height:
        raise duplicate(found.row(0, named=True), key)


def duplicate(row: Mapping[str, Any], key: Sequence[str]) -> FrameError:
    """Return the error about a row whose ``key`` another one has, too."""
    columns = " and ".join(", ".join(key).rsplit(", ", 1))
    return FrameError(f"{_row_name(row)} is a duplicate: keep one row for each {columns}")


def window_hours(widths: Collection[float], *, is_off: bool) -> int:
    """Return how many hours the windows of a history have, 1 where there are none.

    Raises
    ------
    FrameError
        If they are of several widths or of another one, or ``is_off``: off the grid of UTC hours or days.
    """
    found = sorted({*widths}) or [1]
    if found not in _WIDTHS:
        shown = " and ".join(f"{width:g}" for width in found)
        raise FrameError(
            f"windows of {shown} hours: a usage history has windows of one hour, or of one day, never both"
        )
    if is_off:
        unit = "hour" if found == [1] else "day"
        raise FrameError(
            f"a window is off the grid, it does not begin on a whole UTC {unit}: fetch the history again"
        )
    return int(found[0])


def wrong_granularity(wanted: Granularity, *, because: str = "") -> FrameError:
    """Return the error about windows of another width than the one that is ``wanted``."""
    return FrameError(
        f"these are not {wanted} windows{because}: fetch the history with granularity={wanted!r}"
    )


def no_local_hours(time_zone: str) -> FrameError:
    """Return the error about windows of UTC days, where the hours of a zone are needed."""
    because = f", and a UTC day can't be cut into the days and hours of {time_zone}"
    return wrong_granularity("hour", because=because)


def refuse_nulls(rows: pl.DataFrame, columns: Collection[str]) -> None:
    """Raise :class:`FrameError` about the first row that lacks one of some ``columns``, as null."""
    for name in columns:
        if rows[name].null_count():
            raise null_error(rows.filter(pl.col(name).is_null()).row(0, named=True), name)


def with_flaws_unknown(rows: nw.LazyFrame[Any], columns: pl.Schema) -> nw.LazyFrame[Any]:
    """Carry flaws on as unknown, where a table is not computed here and no row of it can be refused.

    A number that is none becomes null. A window of an unknown state has no cost that is known, and a day that
    lacks what it should say is not whole.
    """
    native: Any = rows.to_native()
    of: Any = pl if isinstance(native, pl.LazyFrame) else nw  # Narwhals says it slower than polars does it
    found = flaws(columns, of)
    numbers = {
        name: _is_finite(of.col(name)) for name, kind in columns.items() if isinstance(kind, pl.Float64)
    }
    is_known = _all(*(~is_flawed for name, (is_flawed, _) in found.items() if name not in numbers))
    known = {}
    if "is_whole" in columns:
        known["is_whole"] = of.when(is_known).then(of.col("is_whole")).otherwise(of.lit(False))  # noqa: FBT003
    else:
        numbers = {name: is_number & is_known for name, is_number in numbers.items()}
    known |= {name: of.when(is_number).then(of.col(name)) for name, is_number in numbers.items()}
    if of is nw:
        return rows.with_columns(**known)
    carried: nw.LazyFrame[Any] = nw.from_native(native.with_columns(**known))
    return carried


def null_error(row: Mapping[str, Any], name: str) -> FrameError:
    """Return the error about a row that lacks what it can't do without; an empty one is just any row."""
    return FrameError(f"{_row_name(row)} lacks its {name}: drop that row, or fetch it again")


def _row_name(row: Mapping[str, Any]) -> str:
    """Name a row by its window, its day or its slot, and its account."""
    if not row:
        return "a row"
    start = row.get("start_time")
    if isinstance(start, datetime):
        what = f"the window {start.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    elif "start_time" in row:
        what = "a window without start_time"
    elif "period_start" in row:
        what = "an invoice line"
    elif "date" in row:
        what = f"the day {row['date']}"
    else:
        slot = [f"{name} {row[name]}" for name in ("weekday", "hour") if name in row]
        what = f"the row of {', '.join(slot)}" if slot else "the row"
    return f"{what} of account {row.get('account_id')}"


def _is_finite(column: nw.Expr) -> nw.Expr:
    """Say whether a value is a number, null being left as it is; NaN lies above all numbers, everywhere."""
    return (column < _LARGEST) & (column > -_LARGEST)


def _all(*conditions: nw.Expr) -> nw.Expr:
    result = conditions[0]
    for condition in conditions[1:]:
        result = result & condition
    return result
