"""The day so far, beside yesterday and the same weekday last week until the same clock time."""

from typing import Final

import narwhals as nw
import polars as pl

from cfusage_lab.changes.so_far import Now, compared_spans, every_hour, finished_windows
from cfusage_lab.frames import Frames, FrameT
from cfusage_lab.frames.expressions import state_rank
from cfusage_lab.schema import SAME_TIME
from cfusage_lab.time_units import DAY, WEEK_DAYS

__all__ = ["same_time_yesterday"]

_OTHER_DAYS: Final = {"yesterday": 1, "last_week": WEEK_DAYS}


def same_time_yesterday(history: FrameT, *, time_zone: str, include_in_progress: bool = False) -> FrameT:
    """Compare today until now with yesterday, and with the same weekday last week, until the same time.

    Today is the local day in which the last finished window lies. Once it is over, whole days stand beside
    each other; until then, hours go by their clock time. Where clocks change, one side may have an hour more.

    Parameters
    ----------
    history
        Usage history in hour windows (``schema.HISTORY``), of the last 8 days for both comparisons.
    time_zone
        The IANA name of the zone whose clock this is.
    include_in_progress
        Count the running window as if it had ended.

    Returns
    -------
    DataFrame
        Two rows an account (``schema.SAME_TIME``), sorted unless it is lazy:

        - ``date``, ``until``: today, and the local clock time until which is added up: ``24:00`` when the
          day is over
        - ``against``, ``previous_date``: ``yesterday`` or ``last_week``, and its date
        - ``current_usd``, ``previous_usd``, ``change_usd``: US dollars until then; the last two are null
          unless every hour of both spans is there, the first only where the account has none of today
        - ``change_ratio``: a fraction of ``previous_usd``; null unless that is above 0
        - ``kind``: what it comes to, as in :func:`cfusage_lab.day_over_day`
        - ``is_whole``, ``state``: of today until then

    Raises
    ------
    ConfigError, FrameError
        As in :func:`cfusage_lab.month_over_month`.

    Warns
    -----
    OffTheHourWarning
        As in :func:`cfusage_lab.daily_usage`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(8, include_today=True, now="2026-11-18T09:30Z"))
    >>> pairs = cfu.same_time_yesterday(history, time_zone="UTC")
    >>> pairs.select("until", "against", "current_usd", "previous_usd", "kind")
    shape: (2, 5)
    ┌───────┬───────────┬─────────────┬──────────────┬──────┐
    │ until ┆ against   ┆ current_usd ┆ previous_usd ┆ kind │
    │ ---   ┆ ---       ┆ ---         ┆ ---          ┆ ---  │
    │ str   ┆ str       ┆ f64         ┆ f64          ┆ str  │
    ╞═══════╪═══════════╪═════════════╪══════════════╪══════╡
    │ 09:00 ┆ last_week ┆ 26.345034   ┆ 16.302255    ┆ up   │
    │ 09:00 ┆ yesterday ┆ 26.345034   ┆ 16.783384    ┆ up   │
    └───────┴───────────┴─────────────┴──────────────┴──────┘
    """
    local, now, windows, accounts = finished_windows(
        history, time_zone, include_in_progress=include_in_progress
    )
    due = _by_other_day(every_hour(now, time_zone), now).collect("polars").to_native().row(0, named=True)
    partners = pl.DataFrame(
        {
            "against": list(_OTHER_DAYS),
            "previous_date": [now.day - n * DAY for n in _OTHER_DAYS.values()],
            "due": due["current_hours"],
            "previous_due": [due[f"{name}_hours"] for name in _OTHER_DAYS],
        }
    )
    is_yesterday = nw.col("against") == "yesterday"
    found = accounts.join(_by_other_day(windows, now), on="account_id", how="left")
    pairs = found.join(local.table.lend(partners), how="cross")
    pairs = pairs.with_columns(
        **{
            f"previous_{part}": nw.when(is_yesterday)
            .then(nw.col(f"yesterday_{part}"))
            .otherwise(nw.col(f"last_week_{part}"))
            for part in ("usd", "hours", "gross")
        }
    )
    compared = compared_spans(pairs.with_columns(date=nw.lit(now.day), until=nw.lit(now.text)))
    order = ("account_id", "previous_date")
    result: FrameT = local.table.hand_back(compared.select(*SAME_TIME.names()), order=order)
    return result


def _by_other_day(windows: Frames, now: Now) -> Frames:
    """Add up each account's day so far, and the other days until the same clock time."""
    dates = {"current": now.day} | {name: now.day - n * DAY for name, n in _OTHER_DAYS.items()}
    is_day = {name: nw.col("date") == nw.lit(day) for name, day in dates.items()}
    cost = {name: nw.when(condition).then(nw.col("cost_usd")) for name, condition in is_day.items()}
    is_other = is_day["yesterday"] | is_day["last_week"]
    return (
        windows.filter(is_day["current"] | (is_other & now.is_passed()))
        .select("account_id", rank=nw.when(is_day["current"]).then(state_rank()), **cost)
        .group_by("account_id")
        .agg(
            nw.col("rank").max(),
            **{f"{name}_usd": nw.col(name).sum() for name in dates},
            **{f"{name}_gross": nw.col(name).abs().sum() for name in dates},
            **{f"{name}_hours": nw.col(name).count() for name in dates},
        )
    )
