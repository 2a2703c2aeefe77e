"""From the rows that came back to the history table, with no window absent."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import polars as pl

from cfusage_lab import schema
from cfusage_lab.wire.answers import Rows

__all__ = ["history_table"]


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
    """Return the windows of one account, each with its state at the moment ``now``."""
    starts = pl.datetime_range(start, end, width, closed="left", time_unit="us", eager=True)
    end_time = pl.col("end_time")
    return pl.DataFrame({"start_time": starts, "end_time": starts + width}).with_columns(
        state=pl.when(end_time > now)
        .then(pl.lit("in_progress"))
        .when(end_time > now - settle_lag)
        .then(pl.lit("provisional"))
        .otherwise(pl.lit("complete"))
    )
