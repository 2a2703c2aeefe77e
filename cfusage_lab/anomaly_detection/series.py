"""The judgement of any series of regular windows: of an hour or of five minutes, of any scale."""

from datetime import timedelta
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection.distances import with_distances, with_stops
from cfusage_lab.anomaly_detection.expectations import with_expectations
from cfusage_lab.anomaly_detection.tail_probabilities import with_bounds, with_scores
from cfusage_lab.ranges.readings import readings
from cfusage_lab.time_units import DAY

__all__ = ["JUDGED_DAYS", "SENSITIVITY", "series_scores"]

SENSITIVITY: Final = 0.2
"""False alarms a month that are accepted unless somebody says otherwise: one in five months."""

JUDGED_DAYS: Final = 7
"""Days of values that come before the first event: each weekday has then been seen."""

_SCORED_DAYS: Final = 2
"""Days of values that come before the first score: each hour of the clock has then been seen twice."""
_NOON: Final = timedelta(hours=12)
"""Days of judgement end at noon: an event of a night is then of one day."""
_SATURDAY: Final = 6


def series_scores(
    series: pl.DataFrame, *, step: timedelta, time_zone: str = "UTC", sensitivity: float = SENSITIVITY
) -> pl.DataFrame:
    """Judge each window of a series by the windows before it.

    Nothing needs to be known of the series: neither its scale nor its level, nor whether it has a daily or a
    weekly rhythm. Nothing is drawn at random, and no window changes what was said of an earlier one.

    Parameters
    ----------
    series
        One row is a window: ``account_id``, which tells series apart; ``start_time``; and ``value``, null
        where it is neither to be judged nor to be learned from. Windows may be absent. Further columns are
        carried along.
    step
        How long a window is, a day at most.
    time_zone
        The IANA name of the zone whose days and weekends these are.
    sensitivity
        How many false alarms a month are accepted; it sets ``lower`` and ``upper``, and not the score.

    Returns
    -------
    DataFrame
        The windows by account and time, with these columns added, among others:

        - ``expected``: what was to be expected; null in the first days
        - ``lower``, ``upper``: what a single window passes by chance ``sensitivity`` times a month
        - ``distance``: how far the value is from what is plausible, in terms of what such windows usually
          miss by; negative below it
        - ``score``: -log10 of how often a month chance alone would bring such a window, at most 9; null where
          there is no value, and in the first two days
        - ``is_judged``: whether the window may be part of an event: not in the first seven days

    Examples
    --------
    >>> from datetime import UTC, datetime, timedelta
    >>> import polars as pl
    >>> from cfusage_lab.anomaly_detection.series import series_scores
    >>> step = timedelta(minutes=5)
    >>> values = [70.0 + n % 7 for n in range(10 * 288)]
    >>> values[-1] = 90.0
    >>> start = datetime(2026, 11, 2, tzinfo=UTC)
    >>> times = [start + n * step for n in range(len(values))]
    >>> series = pl.DataFrame({"account_id": "pump", "start_time": times, "value": values})
    >>> last = series_scores(series, step=step).row(-1, named=True)
    >>> last["score"] > 2 and last["value"] > last["upper"]
    True
    """
    day = max(DAY // step, 1)
    rows = with_expectations(_placed(series, step=step, time_zone=time_zone, day=day), day=day)
    rows = with_stops(with_distances(rows, day=day), day=day)
    rows = with_bounds(with_scores(rows, day=day), sensitivity=sensitivity)
    is_begin = pl.col("is_begin")
    is_old_enough = pl.col("distance").is_not_null() & (pl.col("age") >= _SCORED_DAYS * day)
    rows = rows.with_columns(
        pl.when(~is_begin).then(pl.col("expected", "lower", "upper")).otherwise(0.0),
        score=pl.when(is_begin | is_old_enough).then("score"),
        distance=pl.when(is_begin).then(pl.col("value").sign()).otherwise("distance"),
    )
    is_old = is_begin | (pl.col("age") >= JUDGED_DAYS * day)
    return rows.with_columns(is_judged=is_old & pl.col("score").is_not_null())


def _placed(series: pl.DataFrame, *, step: timedelta, time_zone: str, day: int) -> pl.DataFrame:
    """Tell accounts and the steps of local days and weeks apart; a time is looked up once for all."""
    times = series.select(pl.col("start_time").unique().sort())
    local = pl.col("local")
    since_midnight = (local - local.dt.truncate("1d")).dt.total_seconds()
    slot = since_midnight // max(round(step.total_seconds()), 1)
    weekday = local.dt.weekday().cast(pl.Int64)
    is_weekend = weekday >= _SATURDAY
    times = times.with_columns(local=readings(times["start_time"], time_zone)).select(
        "start_time",
        is_weekend=is_weekend,
        slot=slot,
        slot_of_kind=slot + is_weekend.cast(pl.Int64) * day,
        slot_of_week=slot + weekday * day,
        noon_day=(local - _NOON).dt.date(),
    )
    rows = series.sort("account_id", "start_time").join(times, on="start_time", maintain_order="left")
    return rows.with_columns(account=pl.col("account_id").rle_id().cast(pl.Int64))
