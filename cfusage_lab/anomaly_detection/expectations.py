"""What a window should cost, by what came before it.

Several expectations are kept at once: medians of the same clock time, as it was or at the level of the last
week or of the last two days, and that of the last day. Those that have lately missed by little more than the
best of them are plausible; what lies between the lowest and the highest of these surprises nobody.
"""

from typing import Final

import polars as pl

__all__ = ["MEMORY_DAYS", "error", "fallen_part", "mean_recent_miss", "row_before", "with_expectations"]

MEMORY_DAYS: Final = 28
"""Days over which the level and the misses are remembered."""

_SAME_KIND: Final = (24, 2)
_ANY_DAY: Final = (14, 3)
_SAME_WEEKDAY: Final = (6, 3)
"""How many days a median takes at most and at least. Its half must be wrong before a median is."""

_SHIFT_DAYS: Final = 2
"""A new level is the usual one as soon as it has lasted for more than half of this."""

_QUIET: Final = 0.2
"""The part of the mean window below which a miss counts in dollars, above which it counts in percent."""

_LEAST_DAYS: Final = 2
"""Days of misses that are known before an expectation is heard."""

_PLAUSIBLE: Final = 1.5
"""How far an expectation may miss, in terms of the best one, to be plausible."""

_LARGEST_MISS: Final = 4.0
"""A miss counts at most this much where misses are averaged, so that one event does not hide the next."""

_LARGEST_FALL: Final = 3.0
"""A fall to a twentieth counts as much as one to nothing."""

_BEGIN_DAYS: Final = 14
"""After so many days of nothing, cost that begins is judged like that of a new account."""

_LEVEL_DAYS: Final = 7
"""The level is the middle one of so many days, so that neither a burst nor a weekend moves it."""

_NAMES: Final = ("same_kind", "leveled", "shifted", "any_day", "same_weekday", "last_day")


def with_expectations(windows: pl.DataFrame, *, day: int) -> pl.DataFrame:
    """Add what was to be expected.

    Parameters
    ----------
    windows
        One row is a window, by account and time: ``account``, a number; ``value``, null where it does not
        count; ``noon_day``, the local date twelve hours before; ``is_weekend``; ``slot``, ``slot_of_kind``
        and ``slot_of_week``, whole numbers that tell the steps of the local day, of either kind of day and
        of the week apart.
    day
        How many windows a day has.

    Returns
    -------
    DataFrame
        In the same order, with these columns added:

        - ``segment``: a number for what is judged as one series: an account, until its cost begins anew
        - ``kind``: a number for the working days of a segment, another for its weekends
        - ``is_begin``: whether cost begins here, after two weeks of nothing
        - ``age``: how many values came before
        - ``quiet``: the value below which a window is quiet; null on the first day, and after four weeks of
          nothing
        - ``expected``: the best expectation; null where there is none yet
        - ``low``, ``high``: the lowest and highest plausible ones
    """
    rows = _segmented(windows, day)
    value, level, profile = pl.col("value"), pl.col("level"), pl.col("profile")
    part = value / pl.max_horizontal("level", "quiet")  # after days of nothing, there is nothing to divide by
    rows = rows.with_columns(
        profile=_median(part, _SAME_KIND, "slot_of_kind"),
        same_kind=_median(value, _SAME_KIND, "slot_of_kind"),
        same_weekday=level * _median(part, _SAME_WEEKDAY, "slot_of_week"),
        any_day=_median(value, _ANY_DAY, "slot"),
        last_day=_median(value, (day, max(day // 2, 1)), "segment"),
    )
    implied = pl.when(level * profile > pl.col("quiet")).then(value / profile)
    size = _SHIFT_DAYS * day
    lately = _median(implied, (size, max(size // 4, 1)), "segment").fill_null(level)
    rows = rows.with_columns(leveled=level * profile, shifted=lately * profile)
    return _plausible(rows, day)


def error(value: pl.Expr, expected: pl.Expr) -> pl.Expr:
    """Return by how much a value is off, as a part of what was expected, signed.

    A rise counts in proportion. A fall counts by how often the value was halved, so that an outage is as far
    from usual as a burst. Where little is expected, both count in terms of ``quiet``.
    """
    part = (value - expected) / (expected.abs() + pl.col("quiet"))
    halved = pl.min_horizontal(-(1 + part).clip(0.01).log(), pl.lit(_LARGEST_FALL))
    fall = pl.when(expected.abs() > pl.col("quiet")).then(pl.max_horizontal(-part, halved)).otherwise(-part)
    return pl.when(part >= 0).then(part).when(part < 0).then(-fall)


def fallen_part(fall: pl.Expr, expected: pl.Expr) -> pl.Expr:
    """Return the part of what was expected that such a fall takes away: :func:`error` the other way round."""
    is_halved = (fall < _LARGEST_FALL) & (expected.abs() > pl.col("quiet"))
    return pl.when(is_halved).then(1 - (-fall).exp()).otherwise(fall)


def row_before(values: pl.Expr) -> pl.Expr:
    """Return values as they were one row before, so that no window is judged by itself."""
    return values.shift(1)


def mean_recent_miss(misses: pl.Expr, *, size: int, by: str) -> pl.Expr:
    """Return how large the last ``size`` misses were on average, none of them counted beyond a limit."""
    sizes = row_before(misses.abs().clip(0.0, _LARGEST_MISS))
    return sizes.rolling_mean(size, min_samples=max(size * _LEAST_DAYS // MEMORY_DAYS, 1)).over(by)


def _median(values: pl.Expr, most_and_least: tuple[int, int], by: str) -> pl.Expr:
    most, least = most_and_least
    return row_before(values).rolling_median(most, min_samples=least).over(by)


def _segmented(windows: pl.DataFrame, day: int) -> pl.DataFrame:
    """Begin anew where cost begins after nothing: what nobody used says nothing about its use."""
    value = pl.col("value")
    highest = row_before(value.abs()).rolling_max(_BEGIN_DAYS * day, min_samples=_BEGIN_DAYS * day)
    is_begin = (highest.over("account") == 0) & (value != 0)
    is_first = pl.col("account").ne_missing(pl.col("account").shift(1))
    rows = windows.with_columns(is_begin=is_begin.fill_null(value=False))
    rows = rows.with_columns(segment=(is_first | pl.col("is_begin")).cum_sum().cast(pl.Int64))
    slots = pl.col("slot", "slot_of_kind", "slot_of_week")
    rows = rows.with_columns(
        slots + pl.col("segment") * (16 * day),  # one number is the key of both
        kind=pl.col("segment") * 2 + pl.col("is_weekend").cast(pl.Int64),
    )
    size = row_before(value.abs())
    mean, balance = (
        values.rolling_mean(MEMORY_DAYS * day, min_samples=day).over("segment")
        for values in (size, row_before(value))
    )
    highest = size.rolling_max(MEMORY_DAYS * day, min_samples=1).over("segment")
    age = row_before(value.is_not_null().cast(pl.Int64)).fill_null(0).cum_sum().over("segment")
    both_ways = 2 * (mean - balance.abs()).clip(0.0)  # what goes up and down about 0 has no percent
    quiet = _QUIET * mean + both_ways
    rows = rows.with_columns(age=age, quiet=pl.when(highest > 0).then(quiet))
    return _leveled(rows)


def _leveled(rows: pl.DataFrame) -> pl.DataFrame:
    """Add ``level``, what a window of the last week cost on the middle one of its days."""
    by_day = rows.group_by("segment", "noon_day").agg(size=pl.col("value").abs().mean())
    middle = row_before(pl.col("size")).rolling_median(_LEVEL_DAYS, min_samples=1).over("segment")
    levels = by_day.sort("segment", "noon_day").select("segment", "noon_day", level=middle)
    rows = rows.join(levels, on=["segment", "noon_day"], how="left", maintain_order="left")
    level = pl.col("level").fill_null(pl.col("quiet"))
    return rows.with_columns(level=pl.when(pl.col("quiet") > 0).then(level))


def _plausible(rows: pl.DataFrame, day: int) -> pl.DataFrame:
    """Keep the best expectation, and the range of those that are about as good."""
    value = pl.col("value")
    found = {
        name: mean_recent_miss(error(value, pl.col(name)), size=MEMORY_DAYS * day, by="kind")
        for name in _NAMES
    }
    misses = {f"{name}_miss": pl.when(pl.col(name).is_not_null()).then(miss) for name, miss in found.items()}
    rows = rows.with_columns(**misses)
    best = pl.min_horizontal(*misses)
    plausible = [pl.when(pl.col(f"{name}_miss") <= _PLAUSIBLE * best).then(name) for name in _NAMES]
    expected = pl.coalesce(pl.when(pl.col(f"{name}_miss") == best).then(name) for name in _NAMES)
    return rows.with_columns(
        expected=expected, low=pl.min_horizontal(plausible), high=pl.max_horizontal(plausible)
    ).drop("profile", *_NAMES, *misses)
