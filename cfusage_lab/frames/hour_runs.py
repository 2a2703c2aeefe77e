"""The rows of a history as runs in which each window begins an hour after the one before it.

An account without gaps is one run. So what there is to say of the rows, whether any is off the hour or
a duplicate, and which hour each is, is said of a few runs rather than of millions of rows.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import polars as pl

from cfusage_lab.frames.checks import refuse_duplicates
from cfusage_lab.frames.integer_keys import IntegerKeys
from cfusage_lab.frames.row_order import LONG, PIECE, runs_in_order, runs_of
from cfusage_lab.schema import WINDOW_KEY
from cfusage_lab.time_units import HOUR_MICROSECONDS

__all__ = ["HourRuns"]

_INDEX: Final = pl.get_index_type()


@dataclass(frozen=True, slots=True)
class HourRuns:
    """Runs of rows, each an hour after the one before it.

    Attributes
    ----------
    starts
        When the window of each row begins, in microseconds since 1970.
    at
        The first row of each run.
    begins
        When that row's window begins.
    """

    starts: pl.Series
    at: pl.Series
    begins: pl.Series

    @classmethod
    def of(cls, starts: pl.Series) -> Self:
        """Cut rows by the instants at which their windows begin."""
        instants = starts.dt.epoch("us")
        first = pl.Series([0] if len(instants) else [], dtype=_INDEX)
        cuts = [_cuts(instants.slice(row, PIECE + 1)) + (row + 1) for row in range(0, len(instants), PIECE)]
        at = pl.concat([first, *cuts])
        return cls(starts=instants, at=at, begins=instants.gather(at))

    def is_off(self, width: int) -> bool:
        """Say whether any window begins off the grid of a ``width`` in microseconds."""
        instants = self.begins if width == HOUR_MICROSECONDS else self.starts
        return bool((instants % width != 0).any())

    def hours(self) -> pl.Series:
        """Return how many hours after the first of all windows each begins, where none is off the hour."""
        if len(self.at) * LONG >= len(self.starts):
            return ((self.starts - self.begins.min()) // HOUR_MICROSECONDS).cast(pl.UInt32)
        offsets = ((self.begins - self.begins.min()) // HOUR_MICROSECONDS).cast(pl.UInt32)
        lengths = self._ends() - self.at
        longest: Any = (offsets + lengths).max()
        hours = pl.Series(range(longest), dtype=pl.UInt32)
        parts = zip(offsets, lengths, strict=True)
        return pl.concat([hours.slice(offset, length) for offset, length in parts])

    def runs(self, accounts: pl.Series) -> pl.DataFrame:
        """Return the runs of rows of one account; raise if any of its windows is a duplicate.

        In most tables an account has one run, and each of its windows begins after the one before it: that
        tells that none is a duplicate. Where it does not, the windows are sorted.
        """
        cuts = self.at.slice(1)
        breaks = cuts.filter(self.begins.slice(1) <= self.starts.gather(cuts - 1))
        runs = runs_in_order(accounts, breaks)
        if runs is not None:
            return runs
        runs = runs_of(accounts)
        is_distinct = runs["value"].is_unique().all() and breaks.is_in(runs["len"].cum_sum().implode()).all()
        if not is_distinct:
            keys = IntegerKeys().of(accounts, self.hours().cast(pl.Int32)).sort()
            if (keys.slice(1) == keys.slice(0, len(keys) - 1)).any():
                instants = self.starts.cast(pl.Datetime("us", "UTC")).alias("start_time")
                refuse_duplicates(pl.DataFrame([accounts, instants]).sort(WINDOW_KEY), WINDOW_KEY)
        return runs

    def widths(self, ends: pl.Series) -> tuple[int | None, int | None]:
        """Return the least and the greatest width of a window, in microseconds, given when each ends."""
        found: list[Any] = []
        for row in range(0, len(ends), PIECE):
            some = ends.slice(row, PIECE) - self.starts.slice(row, PIECE)
            found += [some.min(), some.max()]
        return (min(found), max(found)) if found else (None, None)

    def _ends(self) -> pl.Series:
        return pl.concat([self.at.slice(1), pl.Series([len(self.starts)], dtype=self.at.dtype)])


def _cuts(instants: pl.Series) -> pl.Series:
    """Return the rows before which a run ends, of rows with the one after the last of them."""
    steps = instants.slice(1) - instants.slice(0, len(instants) - 1)
    return (steps != HOUR_MICROSECONDS).arg_true()
