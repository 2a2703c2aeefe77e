"""Neighbouring windows that are unusual in the same direction, as one event."""

from datetime import timedelta
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection.tail_probabilities import CERTAIN, score_threshold
from cfusage_lab.frames import polars_table
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.frames.expressions import state_rank
from cfusage_lab.schema import ANOMALIES, STATES

__all__ = ["checked_events", "with_events"]

_NEAR: Final = 2.0
"""A window belongs to the event beside it if it is so far off, even if it would not be an event alone."""

_GAP: Final = 3
"""Windows that may look usual inside an event."""

_MISSES: Final = 1.5
"""What an event must come to, unless somebody says otherwise, in terms of the worst window of a usual day."""

_CERTAIN_MISSES: Final = 0.3
"""The same where chance is out of the question: a correction is news where cost is never below zero."""


def checked_events(anomalies: object) -> pl.DataFrame:
    """Return a table of anomalies, nothing in which is null.

    Raises
    ------
    FrameError
        If a column of :data:`cfusage_lab.schema.ANOMALIES` is missing, or a row holds what it may not.
    """
    events = polars_table(anomalies, ANOMALIES, table="anomalies")
    refuse_nulls(events, ANOMALIES.names())
    return events


def with_events(
    rows: pl.DataFrame, *, step: timedelta, sensitivity: float, min_impact: float | None
) -> pl.DataFrame:
    """Group scored windows into events.

    Parameters
    ----------
    rows
        What :func:`cfusage_lab.anomaly_detection.series.series_scores` returns, with ``state``.
    step
        How long a window is.
    sensitivity
        How many false alarms a month are accepted.
    min_impact
        The least difference from what was expected; left out, it follows from what is usually missed by.

    Returns
    -------
    DataFrame
        One row an event, by account and time: ``account_id``, ``start_time``, ``end_time`` (exclusive),
        ``actual``, ``expected``, ``lower`` and ``upper`` added up, ``direction``, ``score``, ``hours`` (how
        many windows) and ``state``.
    """
    distance = pl.col("distance")
    windows = rows.with_columns(
        side=distance.sign(), is_hot=pl.col("is_judged") & (pl.col("score") >= score_threshold(sensitivity))
    )
    windows = windows.with_columns(
        is_hot=pl.col("is_hot") & (pl.col("side") != 0), cuts=(~pl.col("is_judged")).cum_sum()
    )
    spans = _spans(windows, step)
    found = _summed(windows, spans)
    misses = pl.when(pl.col("score") >= CERTAIN).then(_CERTAIN_MISSES).otherwise(_MISSES)
    usual = (misses * pl.col("usual_miss")).fill_null(0.0)
    least = pl.lit(min_impact) if min_impact is not None else usual
    impact = pl.col("actual") - pl.col("expected")
    return found.filter(impact.abs() >= least).drop("usual_miss", "event")


def _spans(windows: pl.DataFrame, step: timedelta) -> pl.DataFrame:
    """Find where events start and end; no two of an account overlap."""
    sides = [_spans_of(windows, step, side=side) for side in (1.0, -1.0)]
    spans = pl.concat(sides).sort("account_id", "start_time")
    before = pl.col("end_time").shift(1).over("account_id")
    spans = spans.with_columns(start_time=pl.max_horizontal("start_time", before))
    return spans.filter(pl.col("start_time") < pl.col("end_time")).with_row_index("event")


def _spans_of(windows: pl.DataFrame, step: timedelta, *, side: float) -> pl.DataFrame:
    """Find the events of one direction: the other one ends them, and so does what is not judged."""
    is_other = pl.col("is_hot") & (pl.col("side") == -side)
    near = (
        pl.col("is_judged")
        & (pl.col("side") == side)
        & (pl.col("is_hot") | (pl.col("distance").abs() >= _NEAR))
    )
    rows = windows.with_columns(others=is_other.cum_sum() + pl.col("cuts")).filter(near)
    start, account = pl.col("start_time"), pl.col("account_id")
    is_new = (
        account.ne_missing(account.shift(1))
        | (pl.col("others") != pl.col("others").shift(1))
        | (start - start.shift(1) > (_GAP + 1) * step)
    )
    return (
        rows.with_columns(nth=is_new.fill_null(value=True).cum_sum())
        .group_by("nth", maintain_order=True)
        .agg(
            account.first(),
            start.first(),
            end_time=start.last() + step,
            direction=pl.lit("up" if side > 0 else "down"),
            is_event=pl.col("is_hot").any(),
        )
        .filter("is_event")
        .drop("nth", "is_event")
    )


def _summed(windows: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Add up what lies in each span, the windows that look usual included."""
    inside = windows.join_asof(
        spans.select("account_id", "start_time", "end_time", "event").rename({"end_time": "until"}),
        on="start_time",
        by="account_id",
        strategy="backward",
        check_sortedness=False,
    ).filter(pl.col("start_time") < pl.col("until"))
    sums = inside.group_by("event").agg(
        pl.col("value").sum().alias("actual"),
        pl.col("expected", "lower", "upper").sum(),
        pl.col("score").max(),
        pl.col("usual_miss").sort_by("start_time").first(),
        hours=pl.len().cast(pl.Int64),
        rank=state_rank(pl).max(),
    )
    states = pl.lit(pl.Series(STATES)).gather(pl.col("rank").cast(pl.UInt32))
    return spans.join(sums, on="event", maintain_order="left").with_columns(state=states).drop("rank")
