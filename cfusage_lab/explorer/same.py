"""Tables by identity: to compare their rows would take longer than to draw them."""

from collections.abc import Callable
from threading import Lock
from typing import Any, Final, TypeVar

import polars as pl

__all__ = ["Memo", "Same"]

T = TypeVar("T")
_MOST: Final = 24
"""Answers that a memo keeps: days, changes, forecasts and events of a few clocks and ranges."""
_MOST_TABLES: Final = 6
"""Tables whose rows are compared with those of a new one: it takes a millisecond each."""


class Same:
    """A table as a key: two are equal where they are the same object, whatever their rows."""

    __slots__ = ("table",)

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.table is other.table

    def __hash__(self) -> int:
        return id(self.table)


class Memo:
    """Keeps what was computed of tables last. It belongs to one explorer, and is gone with it."""

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], Any] = {}
        self._tables: list[pl.DataFrame] = []
        self._lock = Lock()

    def known(self, compute: Callable[..., T], table: pl.DataFrame, /, **options: object) -> T | None:
        """Return ``compute(table, **options)`` if it was computed before, and None if not."""
        return self._made.get((compute, Same(table), *options.items()))

    def of(self, compute: Callable[..., T], table: pl.DataFrame, /, **options: object) -> T:
        """Return ``compute(table, **options)``: the very same, if it was computed before."""
        key = (compute, Same(table), *options.items())
        known: T | None = self._made.get(key)
        if known is not None:
            return known
        made = compute(table, **options)
        with self._lock:
            while len(self._made) >= _MOST:
                del self._made[next(iter(self._made))]
            first: T = self._made.setdefault(key, made)
            return first

    def rows(
        self, compute: Callable[..., pl.DataFrame], table: pl.DataFrame, /, **options: object
    ) -> pl.DataFrame:
        """Return as :meth:`of`, and the very same table for the same rows: another range may have them."""
        found: pl.DataFrame = self.of(self._same_rows, table, compute=compute, **options)
        return found

    def _same_rows(
        self, table: pl.DataFrame, *, compute: Callable[..., pl.DataFrame], **options: object
    ) -> pl.DataFrame:
        made = compute(table, **options)
        with self._lock:
            for known in self._tables:
                if known.equals(made):
                    return known
            self._tables = [*self._tables[1 - _MOST_TABLES :], made]
            return made
