"""The month so far, beside the same days of the month before."""

from datetime import date

import narwhals as nw

from cfusage_lab.changes.so_far import Now, compared_spans, every_hour, finished_windows
from cfusage_lab.frames import Frames, FrameT
from cfusage_lab.frames.expressions import day_span, state_rank
from cfusage_lab.schema import COMPARISON, DAY_KEY
from cfusage_lab.time_units import DAY

__all__ = ["month_over_month"]


def month_over_month(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Accumulate cost from the first of the month, beside the same days of the month before.

    The month is the one in which the last finished window lies. Day 9 stands beside the days 1 to 9 of
    the month before; a day that month does not have, beside all of it. Where the last day is unfinished,
    the same day of the month before is cut at the same local clock time.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), from the first of the previous month for a
        comparison.
    time_zone
        The IANA name of the zone whose days and months these are.
    include_in_progress
        Count the running window as if it had ended.

    Returns
    -------
    DataFrame
        One row a day of the month and account (``schema.COMPARISON``), sorted by both unless it is lazy;
        the last is the month so far, not a forecast, and there for every account:

        - ``current_usd``: US dollars from the first of the month to the end of ``date``, or until now; null
          where the account has no window of the month
        - ``previous_usd``: the same days of the month before; null unless all their hours are there
        - ``is_whole``: whether every hour since the first of the month is there; a comparison needs it
        - ``state``: the least settled of the windows since the first of the month

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
        As in :func:`cfusage_lab.daily_usage`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.between("2026-10-01", "2026-11-18", now="2026-11-18T09:30Z"))
    >>> month = cfu.month_over_month(history, time_zone="UTC")
    >>> month.select("date", "current_usd", "previous_usd", "kind").tail(2)
    shape: (2, 4)
    ┌────────────┬─────────────┬──────────────┬──────┐
    │ date       ┆ current_usd ┆ previous_usd ┆ kind │
    │ ---        ┆ ---         ┆ ---          ┆ ---  │
    │ date       ┆ f64         ┆ f64          ┆ str  │
    ╞════════════╪═════════════╪══════════════╪══════╡
    │ 2026-11-16 ┆ 1383.931822 ┆ 1442.731067  ┆ down │
    │ 2026-11-17 ┆ 1480.244763 ┆ 1488.275232  ┆ down │
    └────────────┴─────────────┴──────────────┴──────┘
    """
    local, now, windows, accounts = finished_windows(
        history, time_zone, include_in_progress=include_in_progress
    )
    hours = every_hour(now, time_zone)
    expected = _by_day_of_month(hours, now, hours.select("account_id").unique())
    due = expected.select("date", due="current_hours", previous_due="previous_hours")
    lent = local.table.lend(due.collect("polars").to_native())
    compared = compared_spans(_by_day_of_month(windows, now, accounts).join(lent, on="date", how="left"))
    result: FrameT = local.table.hand_back(compared.select(*COMPARISON.names()), order=DAY_KEY)
    return result


def _by_day_of_month(windows: Frames, now: Now, accounts: Frames) -> Frames:
    """Accumulate this month and the one before it, beside each other by the day of the month.

    The last day is there for each of the accounts, whether it has a window then or not.
    """
    first = now.day.replace(day=1)
    before = (first - DAY).replace(day=1)
    length = (first - before).days
    counterpart = now.day - length * DAY  # in a longer month than the last one, a day of this month
    is_current = nw.col("date").is_between(first, now.day)
    is_previous = nw.col("date").is_between(before, min(counterpart, first - DAY))
    is_kept = is_current | (is_previous & ((nw.col("date") != nw.lit(counterpart)) | now.is_passed()))
    cost = nw.col("cost_usd")
    counted = windows.filter(is_kept).select(
        "account_id",
        date=nw.when(is_current).then(nw.col("date")).otherwise(nw.col("date") + day_span(length)),
        current=nw.when(is_current).then(cost),
        previous=nw.when(~is_current).then(cost),
        rank=nw.when(is_current).then(state_rank()),
    )
    nothing = {"current": nw.Float64, "previous": nw.Float64, "rank": nw.Int8}
    last_day = accounts.with_columns(
        date=nw.lit(now.day), **{name: nw.lit(None, kind) for name, kind in nothing.items()}
    )
    return _accumulated(nw.concat([counted, last_day]), last=now.day)


def _accumulated(windows: Frames, *, last: date) -> Frames:
    """Add windows up to days, and these from the first on; the ``last`` one is there without windows, too."""
    sides = ("current", "previous")
    days = windows.group_by("account_id", "date").agg(
        nw.col("rank").max(),
        **{f"{side}_usd": nw.col(side).sum() for side in sides},
        **{f"{side}_gross": nw.col(side).abs().sum() for side in sides},
        **{f"{side}_hours": nw.col(side).count() for side in sides},
    )
    sums = {
        **{
            f"{side}_{part}": nw.col(f"{side}_{part}").fill_null(0.0)
            for side in sides
            for part in ("usd", "gross")
        },
        **{f"{side}_hours": nw.col(f"{side}_hours").cast(nw.Int64) for side in sides},
    }
    running = {name: nw.col(name).cum_sum().over("account_id", order_by="date") for name in sums}
    return (
        days.with_columns(
            **sums,
            rank=nw.col("rank").fill_null(0),
            is_there=(nw.col("current_hours") > 0) | (nw.col("date") == nw.lit(last)),
        )
        .with_columns(**running, rank=nw.col("rank").cum_max().over("account_id", order_by="date"))
        .filter(nw.col("is_there"))
    )
