"""From the rows that came back to the history table, with no window absent."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

import polars as pl

from cfusage_lab import schema
from cfusage_lab.time_units import EPOCH
from cfusage_lab.wire.answers import Rows

__all__ = ["history_table"]

_TIME: Final = schema.HISTORY["start_time"]


def history_table(
    pieces: Iterable[tuple[str, Rows]],
    *,
    account_ids: Sequence[str],
    start: datetime,
    end: datetime,
    width: timedelta,
    now: datetime,
    settle_lag: timedelta,
) -> pl.DataFrame:
    """Return the history table (:data:`schema.HISTORY`) of accounts in ``[start, end)``.

    A window that is in no piece is a zero that says so. ``account_ids`` are sorted; rows are in order of
    account and time.
    """
    windows = _windows(start, end, width=width, now=now, settle_lag=settle_lag)
    grid = pl.DataFrame({"account_id": account_ids}, schema={"account_id": pl.String}).join(
        windows, how="cross"
    )
    found = [(account_id, rows) for account_id, rows in pieces if len(rows.starts)]
    first_row = {account_id: number * windows.height for number, account_id in enumerate(account_ids)}
    seconds = int(width.total_seconds())
    offset = int(start.timestamp()) // seconds
    position = pl.Series(dtype=pl.UInt32).extend_constant(None, grid.height)
    value = pl.Series([0.0]).new_from_index(0, 0)
    reported: pl.Series | None = None
    if found:
        at = pl.concat(
            [rows.starts // seconds - offset + first_row[account_id] for account_id, rows in found]
        )
        value = pl.concat([rows.values for _, rows in found])
        position = position.scatter(at, pl.int_range(len(at), dtype=pl.UInt32, eager=True))
        ids = [rows.ids for _, rows in found if rows.ids is not None]
        reported = pl.concat(ids) if ids else None
    return grid.with_columns(
        aggregated_value=value.gather(position).fill_null(0.0),
        id=pl.lit(None, pl.String) if reported is None else reported.gather(position),
        is_reported=position.is_not_null(),
    ).select(schema.HISTORY.names())


def _windows(
    start: datetime, end: datetime, *, width: timedelta, now: datetime, settle_lag: timedelta
) -> pl.DataFrame:
    """Return the windows of one account, each with its state at the moment ``now``.

    Whole columns at once: expressions would take several times as long for the few rows that these are.
    """
    count = (end - start) // width
    ended = min(max((now - start) // width, 0), count)
    settled = min(max((now - settle_lag - start) // width, 0), ended)
    states = {"complete": settled, "provisional": ended - settled, "in_progress": count - ended}
    first, step = (int(moment // timedelta(microseconds=1)) for moment in (start - EPOCH, width))
    starts = pl.int_range(first, first + count * step, step, eager=True)
    return pl.DataFrame(
        {
            "start_time": starts.cast(_TIME),
            "end_time": (starts + step).cast(_TIME),
            "state": pl.concat(
                [pl.Series([state]).new_from_index(0, rows) for state, rows in states.items()]
            ),
        }
    )
