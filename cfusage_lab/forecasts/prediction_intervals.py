"""How far off a sum may be: one method's errors at several horizons, and the interval that they make."""

import math
from dataclasses import dataclass
from typing import Final

from cfusage_lab.forecasts.student_t import NORMAL, student_quantile
from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["Spread", "closed_form_variance"]

_STEPS: Final = 60
"""Halvings until a chance is found to the last digit that is worth printing."""
_DAY_POWER: Final = 0.25
"""How the error of a single day grows beyond the last horizon: between that of noise, 0, and that of a level
that walks at random, a half."""


def closed_form_variance(days: int) -> float:
    """Return the variance of a seasonal naive forecast of the sum of ``days``, in units of that of one day.

    A weekday that comes n times carries its error on each time: the sum over all weekdays of
    n(n + 1)(2n + 1)/6.
    """
    repeats = [(days + WEEK_DAYS - 1 - weekday) // WEEK_DAYS for weekday in range(WEEK_DAYS)]
    return sum(n * (n + 1) * (2 * n + 1) / 6 for n in repeats)


@dataclass(frozen=True, slots=True)
class Spread:
    """The spread of the errors of a method.

    Attributes
    ----------
    errors
        For each horizon in days: the typical error in US dollars, and of how many it is made.
    is_sum
        Whether that is the error of the sum of these days, or of the last of them alone.
    sigma
        Of the seasonal naive alone: the typical difference of a day to the same weekday before.
    sigma_freedom
        How many independent differences that is made of.
    """

    errors: tuple[tuple[int, float, float], ...]
    is_sum: bool = True
    sigma: float = 0.0
    sigma_freedom: float = 1.0

    def half_width(self, days: float, z: float) -> float:
        """Return half the width of the interval ``days`` ahead for a normal quantile ``z``."""
        typical, freedom = self._at(days)
        width = typical * student_quantile(z, freedom)
        if not self.sigma:
            return width
        whole = math.ceil(days)
        variance = closed_form_variance(whole) * days / whole if self.is_sum else math.ceil(days / WEEK_DAYS)
        closed = self.sigma * math.sqrt(variance)
        return max(width, closed * student_quantile(z, self.sigma_freedom))

    def chance_above(self, amount: float, days: float) -> float:
        """Return the chance of a sum that is more than ``amount`` above its forecast; it may be negative."""
        size = abs(amount)
        low, high = 0.0, 8.0
        if self.half_width(days, high) <= size:
            beyond = 0.0
        else:
            for _ in range(_STEPS):
                middle = (low + high) / 2
                low, high = (middle, high) if self.half_width(days, middle) < size else (low, middle)
            beyond = NORMAL.cdf(-high)
        return beyond if amount > 0 else 1.0 - beyond

    def _at(self, days: float) -> tuple[float, float]:
        """Return the typical error over ``days``, and of how many it is; between two horizons in part."""
        first, last = self.errors[0], self.errors[-1]
        if days <= first[0]:
            return first[1] * math.sqrt(days / first[0]), first[2]
        if days >= last[0]:
            return last[1] * (days / last[0]) ** (1.0 if self.is_sum else _DAY_POWER), last[2]
        upper = next(n for n, one in enumerate(self.errors) if one[0] >= days)
        (short, less, freedom), (long, more, other) = self.errors[upper - 1], self.errors[upper]
        part = math.log(days / short) / math.log(long / short)
        typical = less ** (1 - part) * more**part if less > 0 and more > 0 else max(less, more)
        return typical, freedom + (other - freedom) * part
