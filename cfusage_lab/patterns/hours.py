"""When cost arises: by the hour of the local clock, and by weekday and hour."""

import narwhals as nw

from cfusage_lab.frames import FrameT
from cfusage_lab.frames.expressions import ROUNDING
from cfusage_lab.patterns.slot_statistics import by_slot, by_week, counted_windows, typed_result, with_share
from cfusage_lab.schema import HOURLY_PROFILE, PEAK_HOURS, WEEKLY_HEATMAP

__all__ = [
    "hourly_profile",
    "peak_hours",
    "weekly_heatmap",
]


def hourly_profile(
    history: FrameT, *, time_zone: str, median: bool = True, include_in_progress: bool = False
) -> FrameT:
    """Describe what an hour costs, by the hour of the local clock.

    Where clocks change, an hour comes twice or not at all on that day; ``hours`` says how many windows
    stand behind each row.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``).
    time_zone
        The IANA name of the zone whose clock counts. A window belongs to the hour in which it starts.
    median
        Whether to find medians and quartiles, too. These need the values of an account together; without
        them, a lazy table streams, however long it is.
    include_in_progress
        Count the running window, too.

    Returns
    -------
    DataFrame
        One row a local hour of an account (``schema.HOURLY_PROFILE``), sorted by both unless it is lazy:

        - ``account_id``, ``hour``: the account and the hour, 0 to 23
        - ``mean_usd``, ``median_usd``, ``q25_usd``, ``q75_usd``: US dollars an hour. Between two values, a
          quartile is interpolated linearly, on every engine. Without ``median``, only the mean is there
        - ``total_usd``: US dollars
        - ``share``: of the account's total, a fraction; null unless that total is above 0
        - ``hours``: how many windows

    Raises
    ------
    ConfigError
        If there is no such zone.
    FrameError
        If columns are missing, windows are not hours, or (found only where the result is computed at once)
        there are duplicate windows.

    Warns
    -----
    OffTheHourWarning
        If local midnights fall inside UTC hours, as in India.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> profile = cfu.hourly_profile(history, time_zone="Europe/Berlin")
    >>> profile.select("hour", "mean_usd", "median_usd", "share", "hours").head(3)
    shape: (3, 5)
    ┌──────┬──────────┬────────────┬──────────┬───────┐
    │ hour ┆ mean_usd ┆ median_usd ┆ share    ┆ hours │
    │ ---  ┆ ---      ┆ ---        ┆ ---      ┆ ---   │
    │ i64  ┆ f64      ┆ f64        ┆ f64      ┆ i64   │
    ╞══════╪══════════╪════════════╪══════════╪═══════╡
    │ 0    ┆ 0.588134 ┆ 0.2753225  ┆ 0.00697  ┆ 28    │
    │ 1    ┆ 0.670332 ┆ 0.233969   ┆ 0.00766  ┆ 27    │
    │ 2    ┆ 0.876933 ┆ 0.113827   ┆ 0.010764 ┆ 29    │
    └──────┴──────────┴────────────┴──────────┴───────┘
    """
    local = counted_windows(history, time_zone=time_zone, include_in_progress=include_in_progress)
    slots = with_share(by_slot(local, nw.col("hour"), median=median)).with_columns(hour=nw.col("slot"))
    return typed_result(local, slots, HOURLY_PROFILE, order=("account_id", "hour"))  # type: ignore[no-any-return]


def weekly_heatmap(
    history: FrameT, *, time_zone: str, median: bool = True, include_in_progress: bool = False
) -> FrameT:
    """Describe what an hour costs, by weekday and hour of the local clock.

    Parameters
    ----------
    history, time_zone, median, include_in_progress
        As in :func:`hourly_profile`.

    Returns
    -------
    DataFrame
        One row a local hour of the week of an account (``schema.WEEKLY_HEATMAP``), sorted by account,
        weekday and hour unless it is lazy: ``weekday``, 1 to 7 (Monday is 1), and the columns of
        :func:`hourly_profile`.

    Raises
    ------
    ConfigError, FrameError
        As in :func:`hourly_profile`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> slots = cfu.weekly_heatmap(history, time_zone="Europe/Berlin")
    >>> slots.select("weekday", "hour", "mean_usd", "share", "hours").head(3)
    shape: (3, 5)
    ┌─────────┬──────┬──────────┬──────────┬───────┐
    │ weekday ┆ hour ┆ mean_usd ┆ share    ┆ hours │
    │ ---     ┆ ---  ┆ ---      ┆ ---      ┆ ---   │
    │ i64     ┆ i64  ┆ f64      ┆ f64      ┆ i64   │
    ╞═════════╪══════╪══════════╪══════════╪═══════╡
    │ 1       ┆ 0    ┆ 2.775898 ┆ 0.0047   ┆ 4     │
    │ 1       ┆ 1    ┆ 3.610525 ┆ 0.006113 ┆ 4     │
    │ 1       ┆ 2    ┆ 5.691398 ┆ 0.009635 ┆ 4     │
    └─────────┴──────┴──────────┴──────────┴───────┘
    """
    local = counted_windows(history, time_zone=time_zone, include_in_progress=include_in_progress)
    slots = with_share(by_week(local, median=median))
    return typed_result(local, slots, WEEKLY_HEATMAP, order=("account_id", "weekday", "hour"))  # type: ignore[no-any-return]


def peak_hours(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Find the hour of the local clock with the highest mean.

    Parameters
    ----------
    history, time_zone, include_in_progress
        As in :func:`hourly_profile`.

    Returns
    -------
    DataFrame
        One row an account (``schema.PEAK_HOURS``), or several where hours tie: all of them, earliest
        first unless it is lazy. Means that differ by no more than the rounding of a sum do tie.

        - ``account_id``, ``hour``: the account and the local hour, 0 to 23
        - ``mean_usd``: US dollars an hour
        - ``hours``: how many windows

    Raises
    ------
    ConfigError, FrameError
        As in :func:`hourly_profile`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`hourly_profile`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(28, now="2026-11-18T09:30Z"))
    >>> cfu.peak_hours(history, time_zone="Europe/Berlin").drop("account_id")
    shape: (1, 3)
    ┌──────┬──────────┬───────┐
    │ hour ┆ mean_usd ┆ hours │
    │ ---  ┆ ---      ┆ ---   │
    │ i64  ┆ f64      ┆ i64   │
    ╞══════╪══════════╪═══════╡
    │ 10   ┆ 8.556676 ┆ 28    │
    └──────┴──────────┴───────┘
    """
    local = counted_windows(history, time_zone=time_zone, include_in_progress=include_in_progress)
    slots = by_slot(local, nw.col("hour"), median=False).with_columns(hour=nw.col("slot"))
    peak = nw.col("mean_usd").max().over("account_id")
    highest = slots.with_columns(peak=peak).filter(
        nw.col("mean_usd") >= nw.col("peak") - ROUNDING * nw.col("peak").abs()
    )
    return typed_result(local, highest, PEAK_HOURS, order=("account_id", "hour"))  # type: ignore[no-any-return]
