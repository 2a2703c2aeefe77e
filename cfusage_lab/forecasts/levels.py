"""The levels of intervals: which may be asked for, and what their columns are called."""

from collections.abc import Sequence

import polars as pl

from cfusage_lab.argument_checks import check_distinct, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.forecasts.student_t import NORMAL

__all__ = ["LEVELS", "checked_levels", "is_list", "level_name", "levels_of", "quantile", "with_intervals"]

LEVELS = (0.8, 0.95)
"""Four in five, and nineteen in twenty."""
_PERCENT = range(50, 100)


def checked_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Return the levels in rising order, or raise :class:`ConfigError`."""
    if not is_list(levels):
        raise ConfigError(f"levels {said(levels)}: pass fractions between 0 and 1, such as (0.8, 0.95)")
    for level in levels:
        if not _is_fraction(level):
            percent = f" ({level} % is {level / 100})" if type(level) is int and level in _PERCENT else ""
            raise ConfigError(f"level {said(level)} is not a fraction between 0 and 1{percent}")
    check_distinct(levels, "levels", key=level_name)
    return tuple(sorted(map(float, levels)))


def levels_of(columns: Sequence[str], *, ends: tuple[str, str] = ("lower_", "_usd")) -> tuple[float, ...]:
    """Return the levels whose intervals stand in these columns, in rising order."""
    first = [name for name in columns if name.startswith(ends[0])]
    names = [name.removeprefix(ends[0]).removesuffix(ends[1]) for name in first]
    return tuple(sorted(float(name.replace("_", ".")) / 100 for name in names))


def is_list(value: object) -> bool:
    """Whether this is a sequence of anything but letters, and not empty."""
    return isinstance(value, Sequence) and not isinstance(value, str | bytes) and len(value) > 0


def _is_fraction(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1


def level_name(level: float) -> str:
    """Write a level as it stands in the names of columns: 80, 95, 99_9.

    Examples
    --------
    >>> level_name(0.8), level_name(0.999)
    ('80', '99_9')
    """
    return f"{level * 100:.10g}".replace(".", "_")


def with_intervals(columns: pl.Schema, levels: Sequence[float]) -> pl.Schema:
    """Put the columns of intervals behind ``forecast_usd``."""
    result: dict[str, pl.DataType] = {}
    for name, kind in columns.items():
        result[name] = kind
        if name == "forecast_usd":
            for level in levels:
                for side in ("lower", "upper"):
                    result[f"{side}_{level_name(level)}_usd"] = pl.Float64()
    return pl.Schema(result)


def quantile(level: float) -> float:
    """Return the normal quantile of the upper end of a level's interval."""
    return NORMAL.inv_cdf((1 + level) / 2)
