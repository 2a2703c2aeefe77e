"""How far a window is from what is plausible, in terms of what such windows usually miss by."""

import math
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection.expectations import MEMORY_DAYS, error, mean_recent_miss, row_before

__all__ = ["with_distances", "with_stops"]

_SAME_KIND: Final = 24
"""How many windows of the same clock time and kind of day the scale is taken from."""

_OF_ALL: Final = 0.7
"""The weight of all busy or all quiet windows' misses beside those of the same clock time, which are few."""

_LEAST_SCALE: Final = 0.005
"""Half a percent is never unusual, however even an account may be."""

_GAUSS: Final = math.sqrt(math.pi / 2)
"""The standard deviation in terms of the mean size of a miss, if misses were normal: 1.2533."""

_NOTHING: Final = 0.03
"""Less than this part of what is plausible is as good as nothing."""

_SHARED: Final = 24.0
"""Beside the days of a clock time, so many of all hours count: alone, they are too few for a rate."""

_FOLLOWING: Final = (2.0, 40.0)
"""What is taken as seen of idle hours that follow another, before any was: one in twenty."""


def with_distances(rows: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """Add the distance from the plausible range, signed, in units of the scale.

    Returns
    -------
    DataFrame
        With these columns added:

        - ``scale``: what such windows usually miss by, as a part of what is expected
        - ``distance``: 0 inside the range, negative below it; null while there is no scale
        - ``is_quiet``: whether little or nothing is expected
        - ``usual_miss``: what the account is off by in the worst window of a usual day, in its own unit
    """
    value, expected = pl.col("value"), pl.col("expected")
    rows = rows.with_columns(
        miss=error(value, expected), is_quiet=expected.abs() <= pl.col("quiet"), off=(value - expected).abs()
    )
    miss, size = pl.col("miss"), MEMORY_DAYS * day
    busy, quiet, every = (
        _GAUSS * mean_recent_miss(misses, size=size, by="segment")
        for misses in (pl.when(~pl.col("is_quiet")).then(miss), pl.when("is_quiet").then(miss), miss)
    )
    like = pl.when("is_quiet").then(quiet).otherwise(busy)  # idle hours say nothing about a night's job
    rows = rows.with_columns(
        same=_GAUSS * mean_recent_miss(miss, size=_SAME_KIND, by="slot_of_kind"), all=pl.coalesce(like, every)
    )
    same = pl.col("same").fill_null(pl.col("all"))
    pooled = ((1 - _OF_ALL) * same**2 + _OF_ALL * pl.col("all") ** 2).sqrt()
    edge = pl.when(expected.is_not_null()).then(value.clip(pl.col("low"), pl.col("high")))
    rows = rows.with_columns(scale=pooled.clip(_LEAST_SCALE))
    rows = rows.with_columns(distance=error(value, edge) / pl.col("scale"))
    return _with_usual_miss(rows).drop("miss", "off", "same", "all")


def with_stops(rows: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """Add how rare windows are in which nothing came.

    Idle hours are common and mostly come alone. How often an account has them is known, and how often one
    follows the other: a run of them is as rare as all of that together. Of a run, the second hour alone says
    how often one follows the other, or one night without its job would make the next one usual.

    Returns
    -------
    DataFrame
        With these columns added:

        - ``is_nothing``: whether there is nothing where something is plausible
        - ``stop_evidence``: there, how rare so many such windows in a row are, as a power of ten
    """
    value, expected, low = pl.col("value"), pl.col("expected"), pl.col("low")
    is_nothing = (low > pl.col("quiet")) & (value.abs() <= _NOTHING * low)
    was_nothing = (value.abs() <= _NOTHING * expected).cast(pl.Float64)
    rows = rows.with_columns(
        is_nothing=is_nothing.fill_null(value=False),
        was_nothing=pl.when(expected > pl.col("quiet")).then(was_nothing),
    )
    nothing = pl.col("was_nothing")
    is_second = (row_before(nothing) == 1) & (nothing.shift(2).fill_null(0.0) == 0)
    rows = rows.with_columns(follows=pl.when(is_second.over("segment")).then(nothing))
    of_all, of_following = (
        _frequency(name, MEMORY_DAYS * day, yes=prior[0], all_=prior[1]).over("segment")
        for name, prior in (("was_nothing", (0.5, 1.0)), ("follows", _FOLLOWING))
    )
    rows = rows.with_columns(of_all=of_all)
    of_same = _frequency("was_nothing", _SAME_KIND, yes=_SHARED * pl.col("of_all"), all_=_SHARED)
    rows = rows.with_columns(chance=of_same.over("slot_of_kind").clip(1e-6, 0.999))
    rows = rows.with_columns(again=pl.max_horizontal("chance", of_following))
    run = pl.col("is_nothing").rle_id() + pl.col("segment").rle_id()
    rows = rows.with_columns(run=run)
    is_again = pl.col("run") == pl.col("run").shift(1)
    chance = pl.when(is_again).then("again").otherwise("chance")
    evidence = pl.when("is_nothing").then(-chance.log10()).otherwise(0.0)
    rows = rows.with_columns(evidence=evidence)
    stop = pl.when("is_nothing").then(pl.col("evidence").cum_sum().over("run"))
    return rows.with_columns(stop_evidence=stop).drop(
        "was_nothing", "follows", "of_all", "chance", "again", "evidence", "run"
    )


def _frequency(name: str, size: int, *, yes: pl.Expr | float, all_: float) -> pl.Expr:
    """Return how often a yes or no was a yes in the past, as if ``yes`` of ``all_`` had been seen before."""
    answers = row_before(pl.col(name))
    known = answers.is_not_null().cast(pl.Float64)
    found = [sums.rolling_sum(size, min_samples=1).fill_null(0.0).clip(0.0) for sums in (answers, known)]
    return (found[0] + yes) / (found[1] + all_)


def _with_usual_miss(rows: pl.DataFrame) -> pl.DataFrame:
    by_day = rows.group_by("segment", "noon_day").agg(worst=pl.col("off").max()).sort("segment", "noon_day")
    usual = row_before(pl.col("worst")).rolling_median(MEMORY_DAYS, min_samples=1).over("segment")
    usual_miss = by_day.select("segment", "noon_day", usual_miss=usual)
    return rows.join(usual_miss, on=["segment", "noon_day"], how="left", maintain_order="left")
