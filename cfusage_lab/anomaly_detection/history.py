"""What was unusual in a usage history, and what it cost: hours, and the events they make."""

from functools import partial
from itertools import pairwise
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection.events import with_events
from cfusage_lab.anomaly_detection.planned import Planned, is_planned, planned_spans
from cfusage_lab.anomaly_detection.sentences import explanation
from cfusage_lab.anomaly_detection.series import SENSITIVITY, series_scores
from cfusage_lab.argument_checks import check_flags, number, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames.checks import no_local_hours
from cfusage_lab.frames.history import polars_history
from cfusage_lab.ranges import warn_if_off_the_hour, zone
from cfusage_lab.schema import ANOMALIES, ANOMALY_SCORES, WINDOWS
from cfusage_lab.time_units import HOUR

__all__ = ["anomalies", "anomaly_scores"]

_BLOCK: Final = 2**18
"""Windows that are judged at once, or as many as one account has."""

_KEPT: Final = (
    *("account_id", "start_time", "end_time", "actual_usd", "value", "expected", "lower", "upper"),
    *("distance", "score", "usual_miss", "is_judged", "is_planned", "state"),
)


def anomalies(
    history: object,
    *,
    time_zone: str,
    sensitivity: float = SENSITIVITY,
    min_impact_usd: float | None = None,
    planned: Planned = (),
    include_in_progress: bool = False,
) -> pl.DataFrame:
    """Find what was unusual, and what it cost: one row an event of neighbouring hours.

    An hour is judged by the hours before it alone, by the same clock time on days of the same kind, at the
    level of the last week and of the last two days. Growth is usual; so is what an account does every week.
    Cost that stopped is an event as much as cost that rose.

    Nothing is judged in the first 7 days of an account: less than that says nothing about a week. A new
    level, as after a launch, is one event until it has lasted for more than a day, and then what is usual.
    After 14 days of nothing, the hour in which cost begins is an event, and the account is a new one.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), of any engine: it is computed here. Four weeks
        are a good past, and three months a better one. Hours may be missing.
    time_zone
        The IANA name of the zone whose clock, days and weekends these are.
    sensitivity
        How many false alarms a month are accepted, for each account: 0.2 is one in five months. Higher
        finds more, and more that is chance. It is what an account's own past lets expect, not a promise.
    min_impact_usd
        The least difference from what was expected, in US dollars. Left out, it is one and a half times what
        the account is off by in the worst hour of a usual day, and three tenths of that where the score is 9.
    planned
        Spans that were meant to be: pairs of a start and an exclusive end, each a date, a datetime or an ISO
        text, in ``time_zone`` unless it says another; time ranges; or a table with ``start_time`` and
        ``end_time``, and ``account_id`` if they are not everybody's. Their hours are neither judged nor
        learned from.
    include_in_progress
        Judge the running hour, too, as if it had ended.

    Returns
    -------
    DataFrame
        Of polars, one row an event (``schema.ANOMALIES``), by account and time:

        - ``account_id``, ``start_time``, ``end_time``: the account and the span in UTC, its end exclusive
        - ``actual_usd``, ``expected_usd``: US dollars, what it cost and what that usually costs
        - ``lower_usd``, ``upper_usd``: US dollars, the bounds of the hours added up
        - ``impact_usd``: US dollars, actual less expected, negative where cost was missing
        - ``direction``: ``up`` or ``down``
        - ``score``: of its most unusual hour, -log10 of how often a month chance alone would bring it: 0 is
          once a month, 2 once in a hundred months, 9 the most that is told
        - ``hours``: how many windows. Up to three in a row may look usual, if others follow
        - ``state``: the least settled of the windows'; a ``provisional`` event may still change
        - ``explanation``: in words

    Raises
    ------
    ConfigError
        If there is no such zone, ``sensitivity`` is not above 0, ``min_impact_usd`` is below 0, or a planned
        span is none.
    FrameError
        If columns are missing, windows are not hours, a cost is no number, or a window is a duplicate.

    Warns
    -----
    OffTheHourWarning
        If local midnights fall inside UTC hours, as in India.

    Notes
    -----
    Later hours never change what was said of an earlier one, but they may carry the last event on.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(90, now="2026-11-18T09:30Z"))
    >>> events = cfu.anomalies(history, time_zone="Europe/Berlin")
    >>> for words in events["explanation"].tail(3):
    ...     print(words)
    nothing on Tuesday 10:00 to 16:00, when $43.75 is usual
    73 times the usual Sunday 23:00 to Monday 04:00; $74.25, of which $73.23 above usual
    nothing on Friday 10:00 to 16:00, when $45.26 is usual
    """
    least = None if min_impact_usd is None else number(min_impact_usd)
    if min_impact_usd is not None and (least is None or least < 0):
        raise ConfigError(f"min_impact_usd {said(min_impact_usd)}: pass US dollars, 0 or more")
    rows = _scored(
        history,
        time_zone=time_zone,
        sensitivity=_positive(sensitivity),
        planned=planned,
        include_in_progress=include_in_progress,
    )
    events = with_events(rows, step=HOUR, sensitivity=sensitivity, min_impact=least)
    named = events.rename({name: f"{name}_usd" for name in ("actual", "expected", "lower", "upper")})
    named = named.with_columns(impact_usd=pl.col("actual_usd") - pl.col("expected_usd"))
    words = [explanation(event, time_zone=time_zone) for event in named.iter_rows(named=True)]
    named = named.with_columns(explanation=pl.Series(words, dtype=pl.String))
    return named.select(pl.col(name).cast(kind) for name, kind in ANOMALIES.items())


def anomaly_scores(
    history: object, *, time_zone: str, planned: Planned = (), include_in_progress: bool = False
) -> pl.DataFrame:
    """Judge every hour by the hours before it: what it should have cost, and how unusual it was.

    Parameters
    ----------
    history, time_zone, planned, include_in_progress
        As in :func:`anomalies`.

    Returns
    -------
    DataFrame
        Of polars, one row an hour (``schema.ANOMALY_SCORES``), by account and time:

        - ``account_id``, ``start_time``, ``end_time``: the account and the window in UTC
        - ``actual_usd``: US dollars
        - ``expected_usd``: US dollars; null in the first days, before there is anything to expect
        - ``lower_usd``, ``upper_usd``: US dollars, what a single hour passes by chance once in five months.
          An hour without cost is judged by how such hours follow each other instead
        - ``direction``: ``up`` above what is plausible, ``down`` below it; null inside
        - ``score``: -log10 of how often a month chance alone would bring such an hour, with the hours right
          before it: 0 is once a month, 2 once in a hundred months, 9 the most that is told. Null in the
          first two days, where the hour is planned, and after four weeks of nothing
        - ``is_judged``: whether the hour may be part of an event: not in the first 7 days
        - ``is_planned``: whether any part of it was planned
        - ``state``: as in the history

    Raises
    ------
    ConfigError, FrameError
        As in :func:`anomalies`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`anomalies`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(90, now="2026-11-18T09:30Z"))
    >>> hours = cfu.anomaly_scores(history, time_zone="Europe/Berlin")
    >>> unusual = hours.filter(hours["is_judged"], hours["score"] >= 2)
    >>> unusual.select("start_time", "actual_usd", "expected_usd", "score").tail(2)
    shape: (2, 4)
    ┌─────────────────────────┬────────────┬──────────────┬──────────┐
    │ start_time              ┆ actual_usd ┆ expected_usd ┆ score    │
    │ ---                     ┆ ---        ┆ ---          ┆ ---      │
    │ datetime[μs, UTC]       ┆ f64        ┆ f64          ┆ f64      │
    ╞═════════════════════════╪════════════╪══════════════╪══════════╡
    │ 2026-11-13 13:00:00 UTC ┆ 0.0        ┆ 8.147718     ┆ 2.897735 │
    │ 2026-11-13 14:00:00 UTC ┆ 0.0        ┆ 6.626426     ┆ 3.918924 │
    └─────────────────────────┴────────────┴──────────────┴──────────┘
    """
    rows = _scored(
        history,
        time_zone=time_zone,
        sensitivity=SENSITIVITY,
        planned=planned,
        include_in_progress=include_in_progress,
    )
    named = rows.rename({name: f"{name}_usd" for name in ("expected", "lower", "upper")})
    side = pl.col("distance")
    direction = pl.when(side > 0).then(pl.lit("up")).when(side < 0).then(pl.lit("down"))
    return named.with_columns(direction=direction).select(
        pl.col(name).cast(kind) for name, kind in ANOMALY_SCORES.items()
    )


def _scored(
    history: object, *, time_zone: str, sensitivity: float, planned: Planned, include_in_progress: bool
) -> pl.DataFrame:
    """Judge the windows that count; a cost is not expected to be below zero."""
    check_flags(include_in_progress=include_in_progress)
    spans = planned_spans(planned, time_zone=time_zone)
    windows = _windows(history, time_zone)
    if not include_in_progress:
        windows = windows.filter(pl.col("state") != "in_progress")
    windows = windows.with_columns(is_planned=is_planned(spans))
    series = windows.with_columns(value=pl.when(~pl.col("is_planned")).then("actual_usd"))
    judge = partial(series_scores, step=HOUR, time_zone=time_zone, sensitivity=sensitivity)
    rows = pl.concat(
        [judge(block).select(_KEPT) for block in _blocks(series.sort("account_id", "start_time"))]
    )
    return rows.with_columns(pl.col("lower").clip(pl.col("expected").clip(upper_bound=0.0)))


def _blocks(series: pl.DataFrame) -> list[pl.DataFrame]:
    """Cut a sorted series where accounts end: what is judged at once needs memory for some forty columns."""
    ends = series["account_id"].rle().struct.field("len").cum_sum().to_list()
    cuts = [0]
    for end in ends:
        if end - cuts[-1] >= _BLOCK or end == ends[-1]:
            cuts.append(end)
    return [series.slice(start, end - start) for start, end in pairwise(cuts)] or [series]


def _windows(history: object, time_zone: str) -> pl.DataFrame:
    """Return the windows of a history of hours, checked, in order of account and time."""
    zone(time_zone)
    windows = polars_history(history, WINDOWS)
    start, end = windows["start_time"], windows["end_time"]
    if windows.height:
        if end[0] - start[0] != HOUR:
            raise no_local_hours(time_zone)
        warn_if_off_the_hour(time_zone, start.min(), end.max())  # type: ignore[arg-type]
    return windows.rename({"aggregated_value": "actual_usd"})


def _positive(sensitivity: float) -> float:
    found = number(sensitivity)
    if found is None or found <= 0:
        raise ConfigError(
            f"sensitivity {said(sensitivity)}: pass how many false alarms a month are accepted, as in 0.2"
        )
    return found
