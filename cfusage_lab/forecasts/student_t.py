"""Student's t, for intervals out of few errors; the standard library has the normal distribution alone."""

from functools import lru_cache
from statistics import NormalDist
from typing import Final, TypeVar

import polars as pl

__all__ = ["NORMAL", "student_quantile"]

Number = TypeVar("Number", float, pl.Expr)

NORMAL: Final = NormalDist()

_TERMS: Final = (
    (((3, 1), (1, 1)), 4),
    (((5, 5), (3, 16), (1, 3)), 96),
    (((7, 3), (5, 19), (3, 17), (1, -15)), 384),
    (((9, 79), (7, 776), (5, 1482), (3, -1920), (1, -945)), 92_160),
)
"""Powers of z with their factors, and a divisor: Abramowitz and Stegun, 26.7.5."""


def student_quantile(z: float, freedom: Number) -> Number:
    """Return the quantile of Student's t that has the probability of ``z`` in the normal distribution."""
    rest: Number = 0.0 * freedom
    for factor in _factors(z):
        rest = (rest + factor) / freedom
    return z + rest


@lru_cache(maxsize=1024)
def _factors(z: float) -> tuple[float, ...]:
    """Return the factors of the powers of one over the freedom, the highest first."""
    return tuple(
        sum(factor * z**power for power, factor in terms) / divisor for terms, divisor in reversed(_TERMS)
    )
