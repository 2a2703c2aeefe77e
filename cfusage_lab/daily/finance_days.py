"""Local days as a table for accounting, with names and the time at which each day starts."""

from collections.abc import Mapping

import polars as pl

from cfusage_lab.daily.local_days import daily_usage
from cfusage_lab.frames.local_time import local_time
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.ranges.readings import readings
from cfusage_lab.wording import visible

__all__ = ["finance_days"]


def finance_days(history: pl.DataFrame, *, time_zone: str, names: Mapping[str, str]) -> pl.DataFrame:
    """Return what each local day of an account cost.

    Parameters
    ----------
    history
        Hour windows (``schema.HISTORY``).
    time_zone
        The IANA name of the zone whose days these are.
    names
        Account id to name.

    Returns
    -------
    DataFrame
        One row is a local day of an account, in order of both, with all columns of ``schema.DAILY``:

        - ``date``, ``account_name``, ``account_id``: the day and whose it is; the name is null where it is
          not known
        - ``cost_usd``: US dollars, unrounded
        - ``local_start``, ``utc_start``: when the first hour that was added up starts, on the local clock
          (``2026-11-10 00:00``) and in UTC
        - ``hours``, ``is_whole``: how many hours were added up, and whether these are all that the day has
        - ``state``: ``complete``, or ``provisional`` or ``in_progress`` where an hour of it is
    """
    with no_zone_warning():
        days = daily_usage(history, time_zone=time_zone)
    dates = local_time(history["start_time"], time_zone=time_zone)["date"]
    starts = (
        history.with_columns(date=dates)
        .group_by("account_id", "date")
        .agg(utc_start=pl.col("start_time").min())
    )
    days = days.join(starts, on=["account_id", "date"], how="left", maintain_order="left")
    known = {one: visible(name) for one, name in names.items() if name.strip()}
    return days.select(
        "date",
        account_name=pl.col("account_id").replace_strict(known, default=None, return_dtype=pl.String),
        account_id="account_id",
        cost_usd="cost_usd",
        local_start=readings(days["utc_start"], time_zone).dt.strftime("%Y-%m-%d %H:%M"),
        utc_start="utc_start",
        hours="hours",
        is_whole="is_whole",
        state="state",
    )
