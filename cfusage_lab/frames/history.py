"""Usage history as a checked polars table, for what is computed at once."""

from typing import Final

import polars as pl

from cfusage_lab.frames.checks import window_hours
from cfusage_lab.frames.engines import polars_table
from cfusage_lab.frames.hour_runs import HourRuns
from cfusage_lab.schema import HISTORY, WINDOW_KEY, WINDOWS
from cfusage_lab.time_units import DAY_HOURS, HOUR_MICROSECONDS

__all__ = ["polars_history"]

_TIMES: Final = ("start_time", "end_time")
_WITHOUT_ID: Final = pl.Schema({name: kind for name, kind in HISTORY.items() if name != "id"})
"""Ids are nine tenths of a table's bytes: where they are not asked for, they are not put in order either."""


def polars_history(history: object, columns: pl.Schema = HISTORY) -> pl.DataFrame:
    """Return usage history as a polars table, every row of it checked.

    It comes from any engine, in any order, its times in any zone and unit, its texts as categories; it goes
    out in the types of ``schema.HISTORY``, its times in UTC and microseconds, in order of account and start.

    Parameters
    ----------
    history
        Usage history of hours or of UTC days (``schema.HISTORY``). Where ``id`` is absent it is null, and
        where ``is_reported`` is, true.
    columns
        Which of its columns to return. A cost is null where it is unknown, unless it is refused after.

    Raises
    ------
    FrameError
        If it is no table, a column is missing or of another type, windows are of several widths or off the
        grid of UTC hours or days; or if a window lacks something, holds an unknown state or a cost that is no
        finite number, or is a duplicate: that window is named.
    """
    known = HISTORY if "id" in columns else _WITHOUT_ID
    rows = polars_table(history, WINDOWS, table="usage history", key=WINDOW_KEY, optional=known)
    changed = {name: _made(name) for name, kind in known.items() if rows.schema.get(name) != kind}
    if changed:
        rows = rows.with_columns(**changed)
    hour_runs = HourRuns.of(rows["start_time"])
    found = hour_runs.widths(rows["end_time"].dt.epoch("us"))
    widths = {width / HOUR_MICROSECONDS for width in found if width is not None}
    window_hours(
        widths, is_off=hour_runs.is_off(HOUR_MICROSECONDS * (DAY_HOURS if widths == {DAY_HOURS} else 1))
    )
    return rows[columns.names()]


def _made(name: str) -> pl.Expr:
    """Return a column that is absent, or times in another zone or unit, as ``schema.HISTORY`` has it."""
    if name in _TIMES:
        return pl.col(name).dt.convert_time_zone("UTC").cast(HISTORY[name])
    return pl.lit(None if name == "id" else True, HISTORY[name])
