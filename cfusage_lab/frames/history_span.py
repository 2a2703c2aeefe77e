"""The span of a history and the width of its windows, asked of a lazy table or found in its rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.frames.checks import flaws, refuse, window_hours
from cfusage_lab.frames.engines import EngineTable
from cfusage_lab.frames.hour_runs import HourRuns
from cfusage_lab.schema import WINDOWS
from cfusage_lab.time_units import DAY_HOURS, EPOCH, HOUR_SECONDS

__all__ = ["Span", "span_of_rows", "span_of_table"]

_KEYS: Final = pl.Schema({name: WINDOWS[name] for name in ("account_id", "start_time", "end_time")})
_SECOND: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Span:
    """What there is to know of a history before its rows are gone through.

    Attributes
    ----------
    start, end
        The span of the windows in UTC, or None where there are none.
    until
        The end of the last window that is no longer running, or None where there is none or it was not
        asked for.
    window_hours
        1 or, for a history of UTC days, 24.
    may_have_corrections
        Whether a cost may be below zero, so that a sum may come to nothing but its rounding.
    """

    start: datetime | None
    end: datetime | None
    until: datetime | None
    window_hours: int
    may_have_corrections: bool


def span_of_rows(rows: pl.DataFrame, hour_runs: HourRuns, *, asks_until: bool) -> Span:
    """Find the span of rows that are there already, none of which has a flaw."""
    ends, cost = rows["end_time"].dt.epoch("us"), rows["aggregated_value"]
    narrowest, widest = hour_runs.widths(ends)
    lowest = float(cost.min() or 0)  # type: ignore[arg-type]
    found = {
        "start": hour_runs.begins.min(),
        "end": ends.max(),
        "narrowest": narrowest,
        "widest": widest,
    }
    if asks_until:
        found["until"] = ends.filter(rows["state"] != "in_progress").max()
    return _span(found, _SECOND, hour_runs.is_off, may_have_corrections=lowest < 0)


def span_of_table(table: EngineTable, *, asks_until: bool) -> Span:
    """Ask a lazy table for its span, and whether a window lacks what none can do without."""
    unit = 1 if table.is_spark else _SECOND
    start, end = (_epoch(name, table) for name in ("start_time", "end_time"))
    found = flaws(_KEYS)
    questions = {
        "start": start.min(),
        "end": end.max(),
        "narrowest": (end - start).min(),
        "widest": (end - start).max(),
        "is_off": (start % (HOUR_SECONDS * unit) != 0).any(),
        **{f"flaw_{name}": is_flawed.any() for name, (is_flawed, _) in found.items()},
    }
    if asks_until:
        questions["until"] = nw.when(nw.col("state") != "in_progress").then(end).max()
    row = _answer(table, questions)
    refuse(table.frame, found, row)

    def is_off(width: int) -> bool:
        if row["is_off"] or width == HOUR_SECONDS * unit:
            return bool(row["is_off"])
        return bool(_answer(table, {"is_off": (start % width != 0).any()})["is_off"])

    return _span(row, unit, is_off, may_have_corrections=True)


def _span(
    found: Mapping[str, Any], unit: int, is_off: Callable[[int], bool], *, may_have_corrections: bool
) -> Span:
    """Make a span of instants and widths, ``unit`` to the second; raise unless they are of one grid."""
    if found["start"] is None:
        return Span(start=None, end=None, until=None, window_hours=1, may_have_corrections=False)
    widths = {found[name] / unit / HOUR_SECONDS for name in ("narrowest", "widest")}
    grid = (DAY_HOURS if widths == {DAY_HOURS} else 1) * HOUR_SECONDS * unit
    hours = window_hours(widths, is_off=is_off(grid))
    moments = {
        name: None if found.get(name) is None else EPOCH + timedelta(seconds=found[name] // unit)
        for name in ("start", "end", "until")
    }
    return Span(**moments, window_hours=hours, may_have_corrections=may_have_corrections)


def _answer(table: EngineTable, questions: Mapping[str, nw.Expr]) -> dict[str, Any]:
    row: dict[str, Any] = table.frame.select(**questions).collect("polars").to_native().row(0, named=True)
    return row


def _epoch(name: str, table: EngineTable) -> nw.Expr:
    """Return an instant as a number: whole seconds on Spark, microseconds on polars.

    Both count from 1970 in UTC, whatever the zone of the session.
    """
    return nw.col(name).cast(nw.Int64) if table.is_spark else nw.col(name).dt.timestamp("us")
