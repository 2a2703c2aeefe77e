"""Spans that somebody has marked as planned: a load test, a migration, the report of the first of a month."""

from collections.abc import Iterable
from datetime import date, datetime

import polars as pl

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import TimeRange
from cfusage_lab.ranges.moments import instant_of
from cfusage_lab.schema import require_columns

__all__ = ["Moment", "Planned", "is_planned", "planned_spans"]

Moment = date | datetime | str
Planned = Iterable[tuple[Moment, Moment] | TimeRange] | pl.DataFrame
"""Pairs of a start and an exclusive end, time ranges, or a table with ``start_time`` and ``end_time``."""


def planned_spans(planned: Planned, *, time_zone: str) -> list[tuple[datetime, datetime, str | None]]:
    """Read planned spans: start, exclusive end, and the account, or None for all.

    Raises
    ------
    ConfigError
        If a span is no pair, an end is no moment, or none after its start.
    FrameError
        If a table lacks ``start_time`` or ``end_time``.
    """
    if isinstance(planned, pl.DataFrame):
        require_columns(planned.columns, ("start_time", "end_time"), table="planned")
        rows = planned.iter_rows(named=True)
        found = [(row["start_time"], row["end_time"], row.get("account_id")) for row in rows]
    elif isinstance(planned, str | TimeRange) or not isinstance(planned, Iterable):
        raise ConfigError(f"planned {said(planned)}: pass a list of spans, as in [(start, end)]")
    else:
        found = [(*_ends(span), None) for span in planned]
    return [(*_span(start, end, time_zone), account_id) for start, end, account_id in found]


def is_planned(spans: list[tuple[datetime, datetime, str | None]]) -> pl.Expr:
    """Say of a window whether any part of it lies in a span."""
    start, end = pl.col("start_time"), pl.col("end_time")
    touched = [(start < last) & (end > first) & _is_of(account_id) for first, last, account_id in spans]
    return pl.any_horizontal(touched) if touched else pl.lit(value=False)


def _is_of(account_id: str | None) -> pl.Expr:
    return pl.lit(value=True) if account_id is None else pl.col("account_id") == account_id


def _ends(span: object) -> tuple[Moment, Moment]:
    if isinstance(span, TimeRange):
        return span.start, span.end
    if isinstance(span, (tuple, list)) and len(span) == 2:  # noqa: PLR2004 - a start and an end
        return span[0], span[1]
    raise ConfigError(f"a planned span is a pair of a start and an end, or a TimeRange, and not {said(span)}")


def _span(start: Moment, end: Moment, time_zone: str) -> tuple[datetime, datetime]:
    first, last = instant_of(start, "planned start", time_zone), instant_of(end, "planned end", time_zone)
    if last <= first:
        raise ConfigError(f"the planned span from {start} to {end} does not end after it starts")
    return first, last
