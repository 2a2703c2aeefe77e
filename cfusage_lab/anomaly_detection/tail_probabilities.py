"""How often chance alone would bring a window that is so far from usual.

The account's own past says it: what its days reached at most, on most days and on one in ten. Beyond that,
the tail goes on as steeply as it came, so that a rate can be told for what was never seen. A rate a month
is something a person can choose; a bar in deviations means another number of alarms for each account.

The settings here and in the modules beside this one were looked for with made-up accounts:
``tests/benchmarks/anomalies.py`` measures what they find, and how often they are wrong.
"""

import math
from typing import Final

import polars as pl

from cfusage_lab.anomaly_detection.expectations import fallen_part

__all__ = ["CERTAIN", "score_threshold", "with_bounds", "with_scores"]

CERTAIN: Final = 9.0
"""The highest score: what comes by chance once in a billion months does not come by chance."""

_LENGTHS: Final = (1, 3)
"""Windows that are judged together: a small excess that lasts is as telling as a large one."""

_LARGEST: Final = 30.0
"""A distance counts at most this much in a mean of several."""

_SUPPORT: Final = 1.5
"""What is judged together with its neighbours must itself be so far off."""

_DAYS: Final = 91
_HIGH: Final = 0.9
"""Of so many days' highest distances, the one that this part of them stayed below. A runaway or an outage a
month leaves it where it is, and what happens every week does not."""

_MONTH_DAYS: Final = 30
"""What a rate of alarms is told for."""

_SHAPES: Final = {"up": 0.8, "down": 1.5}
"""The tail goes on as the exponential of this power of the distance: rises are bursty, falls have an end."""

_LEAST_HIGH: Final = 1.2
_MOST_MIDDLE: Final = 2.5
"""Distances that the high quantile is at least, and the middle one at most."""
_LEAST_SLOPE: Final = 0.4
"""No tail is taken to be steeper than those of made-up clean accounts are."""

_DOUBT_DAYS: Final = 3.0
"""Of few days, a tail is taken to be flatter than it looks: by this over their number."""

_TRIES: Final = math.log10(2)
"""Several lengths are tried on busy and on quiet windows, so that the rates add up."""

_CLASS: Final = ("kind", "is_quiet")
_AT_MIDDLE: Final = math.log(2)
_AT_HIGH: Final = -math.log(_HIGH)
"""How many windows a day pass the middle and the high quantile of the days' highest."""
_A_MONTH: Final = math.log(_MONTH_DAYS * _AT_HIGH)
"""The logarithm of how many windows a month pass the high quantile."""


def score_threshold(sensitivity: float) -> float:
    """Return the score from which windows are events, if so many false alarms a month are accepted."""
    return -math.log10(sensitivity)


def with_scores(rows: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """Add ``score``: -log10 of how often a month chance alone would bring it; null where nothing is known.

    0 is once a month, 1 once in ten months, 2 once in a hundred. The tails that it came from are added, too.
    """
    rows = _with_tails(rows)
    distance = pl.col("distance")
    scores = {
        side: pl.max_horizontal(
            _score(side, length)
            if length == 1
            else pl.when(sign * distance > _SUPPORT).then(_score(side, length))
            for length in _LENGTHS
        )
        - _TRIES
        for side, sign in (("up", 1), ("down", -1))
    }
    month = math.log10(_MONTH_DAYS * day)
    score = (
        pl.when("is_begin")
        .then(CERTAIN)
        .when("is_nothing")
        .then(pl.col("stop_evidence") - month)
        .when(distance >= 0)
        .then(scores["up"])
        .when(distance < 0)
        .then(scores["down"])
    )
    return rows.with_columns(score=score.clip(None, CERTAIN)).drop(_names(_LENGTHS))


def with_bounds(rows: pl.DataFrame, *, sensitivity: float) -> pl.DataFrame:
    """Add ``lower`` and ``upper``: what a single window passes by chance so often a month."""
    away = {
        side: _distance_of(side, score_threshold(sensitivity) + _TRIES) * pl.col("scale") for side in _SHAPES
    }
    low, high, quiet = pl.col("low"), pl.col("high"), pl.col("quiet")
    part = fallen_part(away["down"], low)
    return rows.with_columns(
        lower=low - part * (low.abs() + quiet), upper=high + away["up"] * (high.abs() + quiet)
    )


def _names(lengths: tuple[int, ...]) -> list[str]:
    return [f"{side}_{length}" for length in lengths for side in _SHAPES]


def _measures() -> dict[str, pl.Expr]:
    """Return distances of single windows and means of several, each side by itself.

    Windows of nothing are judged by how they follow each other, and left out here.
    """
    distance = pl.when(~pl.col("is_nothing")).then("distance")
    found: dict[str, pl.Expr] = {}
    for length in _LENGTHS:
        mean = distance.clip(-_LARGEST, _LARGEST).rolling_mean(length, min_samples=length).over("segment")
        measure = distance if length == 1 else mean
        found[f"up_{length}"], found[f"down_{length}"] = measure.clip(0.0), (-measure).clip(0.0)
    return found


def _with_tails(rows: pl.DataFrame) -> pl.DataFrame:
    """Add each measure, and the ``_middle``, ``_high`` and ``_slope`` of its tail on the days before."""
    measures = _measures()
    rows = rows.with_columns(**measures)
    days = rows.group_by(*_CLASS, "noon_day").agg(pl.col(*measures).max()).sort(*_CLASS, "noon_day")
    before = pl.int_range(pl.len()).over(_CLASS)
    tails = days.select(*_CLASS, "noon_day", doubt=_DOUBT_DAYS / (before + 0.5), **_quantiles())
    return rows.join(tails, on=[*_CLASS, "noon_day"], how="left", maintain_order="left")


def _quantiles() -> dict[str, pl.Expr]:
    found: dict[str, pl.Expr] = {}
    for name in _names(_LENGTHS):
        reached = pl.col(name).shift(1) ** _shape(name)
        quantile = {
            part: reached.rolling_quantile(at, interpolation="linear", window_size=_DAYS, min_samples=1)
            for part, at in (("middle", 0.5), ("high", _HIGH))
        }
        found |= {f"{name}_{part}": value.over(_CLASS) for part, value in quantile.items()}
    return found


def _shape(name: str) -> float:
    return _SHAPES[name.partition("_")[0]]


def _tail(name: str) -> tuple[pl.Expr, pl.Expr]:
    """Return the high quantile of a measure's tail, and by how much it must rise to be e times as rare."""
    shape = _shape(name)
    high = pl.max_horizontal(f"{name}_high", pl.lit(_LEAST_HIGH**shape))
    middle = pl.min_horizontal(pl.col(f"{name}_middle").fill_null(0.0), pl.lit(_MOST_MIDDLE**shape))
    slope = (high - middle) / math.log(_AT_MIDDLE / _AT_HIGH)
    return high, pl.max_horizontal(slope, _LEAST_SLOPE * max(shape, 1.0) + pl.col("doubt"))


def _score(side: str, length: int) -> pl.Expr:
    name = f"{side}_{length}"
    high, slope = _tail(name)
    return ((pl.col(name) ** _SHAPES[side] - high) / slope - _A_MONTH) / math.log(10)


def _distance_of(side: str, score: float) -> pl.Expr:
    """Return the distance of a single window that has a score: the same, the other way round."""
    high, slope = _tail(f"{side}_1")
    return (high + slope * (score * math.log(10) + _A_MONTH)).clip(0.0) ** (1 / _SHAPES[side])
