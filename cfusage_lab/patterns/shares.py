"""How unevenly cost arises: one row an account."""

from collections.abc import Collection
from typing import Any, Final

import narwhals as nw

from cfusage_lab.argument_checks import check_whole, said
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames import Frames, FrameT
from cfusage_lab.frames.expressions import without_rounding
from cfusage_lab.frames.grouping import grouped
from cfusage_lab.patterns.slot_statistics import by_week, counted_windows, typed_result
from cfusage_lab.schema import CONCENTRATION, LOAD_FACTOR, OFF_HOURS_SHARE, WEEKEND_SHARE
from cfusage_lab.time_units import DAY_HOURS

__all__ = ["concentration", "load_factor", "off_hours_share", "weekend_share"]

_WORKING_DAYS: Final = (1, 2, 3, 4, 5)
"""Monday to Friday."""
_WEEKDAYS: Final = range(1, 8)


def load_factor(history: FrameT, *, include_in_progress: bool = False) -> FrameT:
    """Divide the mean hour by the highest: 1 is even, near 0 is a spike.

    Parameters
    ----------
    history, include_in_progress
        As in :func:`cfusage_lab.hourly_profile`.

    Returns
    -------
    DataFrame
        One row an account (``schema.LOAD_FACTOR``):

        - ``mean_usd``, ``peak_usd``: the mean and the highest hour, US dollars an hour
        - ``load_factor``: the first over the second; null unless the peak is above 0, and below 0 where
          corrections outweigh cost
        - ``hours``: how many windows

    Raises
    ------
    FrameError
        As in :func:`cfusage_lab.hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> cfu.load_factor(history).drop("account_id")
    shape: (1, 4)
    ┌──────────┬───────────┬─────────────┬───────┐
    │ mean_usd ┆ peak_usd  ┆ load_factor ┆ hours │
    │ ---      ┆ ---       ┆ ---         ┆ ---   │
    │ f64      ┆ f64       ┆ f64         ┆ i64   │
    ╞══════════╪═══════════╪═════════════╪═══════╡
    │ 3.515926 ┆ 23.465781 ┆ 0.149832    ┆ 672   │
    └──────────┴───────────┴─────────────┴───────┘
    """
    local = counted_windows(history, time_zone="UTC", include_in_progress=include_in_progress)
    mean, peak = nw.col("mean_usd"), nw.col("peak_usd")
    windows = local.frame.select("account_id", "cost_usd", slot=nw.lit(0, nw.Int16))
    accounts = (
        grouped(windows, local.table, by="slot", aggregates=_mean_and_peak, runs=local.runs)
        .filter(nw.col("hours") > 0)
        .with_columns(mean_usd=without_rounding(nw.col("total_usd"), nw.col("gross")) / nw.col("hours"))
        .with_columns(load_factor=nw.when(peak > 0).then(mean / peak))
    )
    return typed_result(local, accounts, LOAD_FACTOR, order=("account_id",))  # type: ignore[no-any-return]


def weekend_share(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Find the part of cost that arises outside Monday to Friday.

    Parameters
    ----------
    history, time_zone, include_in_progress
        As in :func:`cfusage_lab.hourly_profile`.

    Returns
    -------
    DataFrame
        One row an account (``schema.WEEKEND_SHARE``), sorted unless it is lazy:

        - ``weekend_usd``, ``total_usd``: US dollars on Saturdays and Sundays, and in all
        - ``weekend_share``: the first over the second, a fraction; null unless the total is above 0. It is
          within 0 and 1 unless there is negative usage
        - ``hours``: how many windows stand behind the total

    Raises
    ------
    ConfigError, FrameError
        As in :func:`cfusage_lab.hourly_profile`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`cfusage_lab.hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> cfu.weekend_share(history, time_zone="Europe/Berlin").drop("account_id")
    shape: (1, 4)
    ┌─────────────┬─────────────┬───────────────┬───────┐
    │ weekend_usd ┆ total_usd   ┆ weekend_share ┆ hours │
    │ ---         ┆ ---         ┆ ---           ┆ ---   │
    │ f64         ┆ f64         ┆ f64           ┆ i64   │
    ╞═════════════╪═════════════╪═══════════════╪═══════╡
    │ 335.22057   ┆ 2362.702363 ┆ 0.14188       ┆ 672   │
    └─────────────┴─────────────┴───────────────┴───────┘
    """
    local = counted_windows(history, time_zone=time_zone, include_in_progress=include_in_progress)
    is_weekend = ~nw.col("weekday").is_in(_WORKING_DAYS)
    accounts = _with_part(by_week(local, median=False), is_weekend, part="weekend")
    return typed_result(local, accounts, WEEKEND_SHARE, order=("account_id",))  # type: ignore[no-any-return]


def off_hours_share(
    history: FrameT,
    *,
    time_zone: str,
    working_hours: tuple[int, int] = (9, 18),
    working_days: Collection[int] = _WORKING_DAYS,
    include_in_progress: bool = False,
) -> FrameT:
    """Find the part of cost that arises outside working hours.

    Parameters
    ----------
    history, time_zone, include_in_progress
        As in :func:`cfusage_lab.hourly_profile`.
    working_hours
        From which local hour up to which, the second excluded: ``(9, 18)`` is from 09:00 to 18:00, and
        ``(22, 6)`` goes past midnight, each hour being judged by its own weekday.
    working_days
        The weekdays on which these hours are worked, 1 to 7 (Monday is 1). On the others, every hour is
        off. ``range(1, 8)`` looks at the clock alone.

    Returns
    -------
    DataFrame
        One row an account (``schema.OFF_HOURS_SHARE``), sorted unless it is lazy:

        - ``off_hours_usd``, ``total_usd``: US dollars outside working hours, and in all
        - ``off_hours_share``: the first over the second, a fraction; null unless the total is above 0. It
          is within 0 and 1 unless there is negative usage
        - ``hours``: how many windows stand behind the total

    Raises
    ------
    ConfigError
        If there is no such zone, hour or weekday.
    FrameError
        As in :func:`cfusage_lab.hourly_profile`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`cfusage_lab.hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> cfu.off_hours_share(history, time_zone="Europe/Berlin", working_hours=(8, 18)).drop("account_id")
    shape: (1, 4)
    ┌───────────────┬─────────────┬─────────────────┬───────┐
    │ off_hours_usd ┆ total_usd   ┆ off_hours_share ┆ hours │
    │ ---           ┆ ---         ┆ ---             ┆ ---   │
    │ f64           ┆ f64         ┆ f64             ┆ i64   │
    ╞═══════════════╪═════════════╪═════════════════╪═══════╡
    │ 800.394483    ┆ 2362.702363 ┆ 0.338762        ┆ 672   │
    └───────────────┴─────────────┴─────────────────┴───────┘
    """
    is_at_work = _working_hour(working_hours, working_days)
    local = counted_windows(history, time_zone=time_zone, include_in_progress=include_in_progress)
    accounts = _with_part(by_week(local, median=False), ~is_at_work, part="off_hours")
    return typed_result(local, accounts, OFF_HOURS_SHARE, order=("account_id",))  # type: ignore[no-any-return]


def concentration(history: FrameT, *, top: int = 24, include_in_progress: bool = False) -> FrameT:
    """Find the part of cost that falls into the dearest hours.

    Parameters
    ----------
    history, include_in_progress
        As in :func:`cfusage_lab.hourly_profile`.
    top
        How many hours of each account.

    Returns
    -------
    DataFrame
        One row an account (``schema.CONCENTRATION``), sorted unless it is lazy:

        - ``top_hours``: how many hours these are, ``top`` or all there are
        - ``top_usd``, ``total_usd``: US dollars of the dearest hours, and in all
        - ``top_share``: the first over the second, a fraction; null unless the total is above 0, and above
          1 where negative usage takes away from the total
        - ``hours``: how many windows stand behind the total

    Raises
    ------
    ConfigError
        If ``top`` is not a whole number from 1.
    FrameError
        As in :func:`cfusage_lab.hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> cfu.concentration(history, top=24).drop("account_id")
    shape: (1, 5)
    ┌───────────┬───────────┬─────────────┬───────────┬───────┐
    │ top_hours ┆ top_usd   ┆ total_usd   ┆ top_share ┆ hours │
    │ ---       ┆ ---       ┆ ---         ┆ ---       ┆ ---   │
    │ i64       ┆ f64       ┆ f64         ┆ f64       ┆ i64   │
    ╞═══════════╪═══════════╪═════════════╪═══════════╪═══════╡
    │ 24        ┆ 332.68375 ┆ 2362.702363 ┆ 0.140806  ┆ 672   │
    └───────────┴───────────┴─────────────┴───────────┴───────┘
    """
    check_whole(top, "top")
    local = counted_windows(history, time_zone="UTC", include_in_progress=include_in_progress)
    cost = nw.col("cost_usd")
    place = cost.rank("ordinal", descending=True).over("account_id")
    counted = local.frame.filter(~cost.is_null())
    windows = counted.select("account_id", total_usd=cost, hours=nw.lit(1), place=place)
    if local.span.may_have_corrections:
        windows = windows.with_columns(gross=nw.col("total_usd").abs())
    accounts = _with_part(windows, nw.col("place") <= top, part="top")
    return typed_result(local, accounts, CONCENTRATION, order=("account_id",))  # type: ignore[no-any-return]


def _mean_and_peak(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    cost = of.col("cost_usd")
    sums = {"total_usd": cost.sum(), "gross": cost.abs().sum(), "hours": cost.count()}
    return {**sums, "peak_usd": cost.max()}


def _with_part(rows: Frames, is_part: nw.Expr, *, part: str) -> Frames:
    """Add rows up to one an account: the total, the part of it that ``is_part``, and the part's share.

    Rows without ``gross`` are without corrections: what they come to is never rounding.
    """
    total, nothing = nw.col("total_usd"), nw.lit(0.0)
    parts = {
        "part_usd": nw.when(is_part).then(total).otherwise(nothing),
        "part_hours": nw.when(is_part).then(nw.col("hours")).otherwise(nw.lit(0)),
    }
    gross = {"total_usd": "total_usd", "part_usd": "part_usd"}
    if "gross" in rows.collect_schema():
        gross = {"total_usd": "gross", "part_usd": "part_gross"}
        parts["part_gross"] = nw.when(is_part).then(nw.col("gross")).otherwise(nothing)
    sums = dict.fromkeys(("total_usd", "hours", *parts, *gross.values()))
    return (
        rows.with_columns(**parts)
        .group_by("account_id")
        .agg(*(nw.col(name).sum() for name in sums))
        .with_columns(**{name: without_rounding(nw.col(name), nw.col(of)) for name, of in gross.items()})
        .with_columns(share=nw.when(total > 0).then(nw.col("part_usd") / total))
        .rename({"part_usd": f"{part}_usd", "part_hours": f"{part}_hours", "share": f"{part}_share"})
    )


def _working_hour(hours: object, days: object) -> nw.Expr:
    """Say of a slot of the week whether it is within working hours."""
    found = [*hours] if isinstance(hours, list | tuple) else []
    is_right = len(found) == 2 and all(type(one) is int for one in found)  # noqa: PLR2004 - from, and up to
    first, end = found if is_right else (0, 0)
    if first == end or first not in range(DAY_HOURS) or end not in range(DAY_HOURS + 1):
        raise ConfigError(
            f"working_hours {said(hours)}: pass two whole hours of 0 to 24 that differ, as in (9, 18)"
        )
    worked = [*days] if isinstance(days, Collection) and not isinstance(days, str) else []
    if not worked or not all(type(day) is int and day in _WEEKDAYS for day in worked):
        raise ConfigError(f"working_days {said(days)}: pass weekdays of 1 to 7, Monday being 1")
    hour = nw.col("hour")
    is_hour = (hour >= first) & (hour < end) if first < end else (hour >= first) | (hour < end)
    return is_hour & nw.col("weekday").is_in(worked)
