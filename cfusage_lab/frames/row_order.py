"""The order that rows come in: whether they are sorted, and the runs of rows of one account.

A history usually comes account by account and hour by hour. To see that costs little, and saves a sort or a
search for duplicates.
"""

from collections.abc import Sequence
from typing import Final

import polars as pl

__all__ = ["LONG", "PIECE", "have_same_places", "is_in_order", "runs_in_order", "runs_of"]

LONG: Final = 500
"""How many rows a run must have, on average, to be worth a step of its own."""
PIECE: Final = 2**18
"""How many rows are gone through at once, so that memory just used is used again."""


def runs_of(accounts: pl.Series) -> pl.DataFrame:
    """Return each run of rows of one account: its ``len`` and, as ``value``, the account."""
    return accounts.rle().struct.unnest()


def runs_in_order(accounts: pl.Series, breaks: pl.Series) -> pl.DataFrame | None:
    """Return the runs of accounts, each once and in order, that begin at row 0 and at ``breaks``; else None.

    Where accounts are in order, and the first of a run is the last of it, all between are the same. That is
    less to compare than each id with the one before it.
    """
    if not (len(accounts) and accounts.is_sorted()):
        return None
    begins = pl.concat([pl.Series([0], dtype=breaks.dtype), breaks])
    ends = pl.concat([breaks, pl.Series([len(accounts)], dtype=breaks.dtype)])
    values = accounts.gather(begins)
    is_whole = (values == accounts.gather(ends - 1)).all() and values.is_unique().all()
    return pl.DataFrame({"len": ends - begins, "value": values}) if is_whole else None


def is_in_order(rows: pl.DataFrame, key: Sequence[str]) -> bool:
    """Say whether rows come in order of a ``key``, none of them a duplicate, and no part of it is null.

    The first part is a text, and the same for many rows: whether it changes is asked only of the rows where
    the rest of the key does not rise.
    """
    columns = [rows[name] for name in key]
    if any(column.null_count() for column in columns) or not columns[0].is_sorted():
        return False
    pieces = range(0, rows.height, PIECE)
    return all(_rises([column.slice(at, PIECE + 1) for column in columns]) for at in pieces)


def _rises(columns: Sequence[pl.Series]) -> bool:
    """Say whether each row's key is above the one before it, of rows whose first part never falls."""
    first, *rest = columns
    falls: pl.Series | None = None
    for column in reversed(rest):
        above, below = _neighbours(column)
        falls = below <= above if falls is None else (below < above) | ((below == above) & falls)
    above, below = _neighbours(first)
    if falls is not None:
        above, below = above.filter(falls), below.filter(falls)
    return (above != below).all()


def have_same_places(accounts: pl.Series, places: pl.Series) -> bool:
    """Say whether every account has the places of the first one, of rows in order of both; each once."""
    if accounts.is_empty():
        return True
    length = int((accounts == accounts.first()).sum())
    if len(accounts) % length:
        return False
    firsts, lasts = accounts.gather_every(length), accounts.gather_every(length, length - 1)
    above, below = places.slice(0, len(places) - length), places.slice(length)
    return (firsts == lasts).all() and (above == below).all()


def _neighbours(column: pl.Series) -> tuple[pl.Series, pl.Series]:
    """Return each value but the last, and the one below it."""
    return column.slice(0, max(0, len(column) - 1)), column.slice(1)
