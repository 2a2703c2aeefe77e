"""One whole number in place of an account and a date, or of an account and a slot of the week.

An account id is a text of 32 characters. By a number instead, polars groups, joins and sorts in a fraction of
the time and of the memory.
"""

from threading import Lock
from typing import Final

import polars as pl

from cfusage_lab.frames.checks import null_error
from cfusage_lab.frames.row_order import LONG, PIECE, runs_of

__all__ = ["IntegerKeys"]

_RANGE: Final = 2**32
"""How many places an account has: a date is a number of 32 bits."""
_MIDDLE: Final = 2**31  # a date before 1970 is a negative number


class IntegerKeys:
    """The keys of accounts and places; a place is a date or a slot.

    An account gets its number when it first comes, so the keys of several tables, or of the batches of one,
    agree where one object made them. In another process they would not: the lock can't be sent there.
    """

    __slots__ = ("_lock", "_numbers")

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def added(
        self, rows: pl.LazyFrame, *, place: str, at_once: bool, runs: pl.DataFrame | None = None
    ) -> pl.LazyFrame:
        """Put ``key`` in place of ``account_id`` and ``place``.

        With ``at_once``, the rows are computed here, and marked where their keys are in order; ``runs`` of
        their accounts are not looked for again.
        """
        others = pl.exclude("account_id", place)
        if at_once and runs is not None and runs.height * LONG < runs["len"].sum():
            table = rows.select(pl.exclude("account_id")).collect(engine="streaming")
            keys = _marked(self._keys_of_runs(runs, table[place].to_physical()))
            return table.select(others, key=keys).lazy()
        if at_once:
            table = rows.collect(engine="streaming")
            return table.select(others, key=self.of(table["account_id"], table[place])).lazy()
        key = pl.map_batches(
            ["account_id", place],
            lambda columns: self._keys(*columns),
            return_dtype=pl.Int64(),
            is_elementwise=True,
        )
        return rows.select(others, key=key)

    def of(self, accounts: pl.Series, places: pl.Series) -> pl.Series:
        """Return the key of each row, marked where they are in order.

        Accounts that first come here are numbered in the order of their ids.
        """
        return _marked(self._keys(accounts, places))

    def pieces(self, keyed: pl.DataFrame) -> list[pl.DataFrame]:
        """Cut rows that have their ``key`` where one account ends and the next begins.

        No account is in two pieces: where accounts don't come one after the other, in the order of their
        numbers, all rows are one piece.
        """
        keys = keyed["key"]
        cuts = [(0, 0)]  # the first row of a piece, and the least that a key can be from there on
        while keyed.height - cuts[-1][0] > PIECE:
            at, _ = cuts[-1]
            start = keys[at + PIECE] // _RANGE * _RANGE
            length = (keys.slice(at, PIECE + 1) >= start).arg_max()
            if not length:
                return [keyed]
            cuts.append((at + length, start))
        ends = [*(at for at, _ in cuts[1:]), keyed.height]
        found = [keyed.slice(at, end - at) for (at, _), end in zip(cuts, ends, strict=True)]
        is_mixed = any((piece["key"] < start).any() for piece, (_, start) in zip(found, cuts, strict=True))
        return [keyed] if is_mixed else found

    def account(self) -> pl.Expr:
        """Return the account of a ``key``."""
        return (pl.col("key") // _RANGE).map_batches(
            self._named, return_dtype=pl.String(), is_elementwise=True
        )

    def place(self, kind: pl.DataType) -> pl.Expr:
        """Return the place of a ``key``, as the kind of column that it was."""
        return (pl.col("key") % _RANGE - _MIDDLE).cast(pl.Int32).cast(kind)

    def _keys(self, accounts: pl.Series, places: pl.Series) -> pl.Series:
        """Return the key of each row; where accounts come in long runs, of one run after the other."""
        for column in (accounts, places):
            if column.null_count():
                raise null_error({}, column.name)
        runs, numbers = runs_of(accounts), places.to_physical()
        if runs.height * LONG < len(accounts):
            return self._keys_of_runs(runs, numbers)
        keys: pl.Series = self._starts(accounts) + numbers
        return keys

    def _keys_of_runs(self, runs: pl.DataFrame, numbers: pl.Series) -> pl.Series:
        ends = runs["len"].cum_sum()
        parts = zip(self._starts(runs["value"]), ends - runs["len"], runs["len"], strict=True)
        keys: pl.Series = pl.concat(
            [numbers.slice(at, length).cast(pl.Int64) + start for start, at, length in parts]
        )
        return keys

    def _starts(self, accounts: pl.Series) -> pl.Series:
        """Return where the keys of each row's account start."""
        ids = accounts.unique().sort()
        with self._lock:
            numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in ids]
        starts = pl.Series([number * _RANGE + _MIDDLE for number in numbers], dtype=pl.Int64)
        return starts.gather(accounts.cast(pl.Enum(ids)).to_physical())

    def _named(self, numbers: pl.Series) -> pl.Series:
        with self._lock:
            accounts = pl.Series(list(self._numbers), dtype=pl.String)
        return accounts.gather(numbers)


def _marked(keys: pl.Series) -> pl.Series:
    """Mark keys where they are in order."""
    return keys.set_sorted() if keys.is_sorted() else keys
