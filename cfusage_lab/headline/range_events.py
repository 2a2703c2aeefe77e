"""What stood out in a range of a history that reaches further back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.errors import CfUsageError
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import ANOMALIES

__all__ = ["MOST_JUDGED", "Events", "first_judged", "range_events"]

MOST_JUDGED: Final = 20
"""Accounts that are judged, the costliest: a quarter of a second of work."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # tables can't be asked whether they are equal
class Events:
    """What stood out in the range.

    Attributes
    ----------
    table
        The events (``schema.ANOMALIES``), by account and time.
    judged_from
        The first moment that was judged; None where none was, for want of history.
    judged, accounts
        How many accounts were judged, of how many.
    refusal
        Why nothing can be told, if so.
    """

    table: pl.DataFrame
    judged_from: datetime | None = None
    judged: int = 0
    accounts: int = 0
    refusal: str = ""


def range_events(windows: pl.DataFrame, *, time_zone: str, time_range: TimeRange) -> Events:
    """Find what stood out in a range; of many accounts, the costliest are judged.

    Parameters
    ----------
    windows
        Hour windows (``schema.HISTORY``): those of the range, and those before it that tell what is usual.
    time_zone
        The IANA name of the zone whose days and weeks these are.
    time_range
        Events that lie in it, at least in part, are told.
    """
    costs = windows.group_by("account_id").agg(pl.col("aggregated_value").sum())
    found = costs.sort(["aggregated_value", "account_id"], descending=[True, False])["account_id"]
    judged = windows.filter(pl.col("account_id").is_in(found.head(MOST_JUDGED).to_list()))
    since = first_judged(judged)
    try:
        events = anomalies(judged, time_zone=time_zone)
    except CfUsageError as error:
        return Events(table=pl.DataFrame(schema=ANOMALIES), refusal=str(error))
    is_shown = (pl.col("end_time") > time_range.start) & (pl.col("start_time") < time_range.end)
    return Events(
        table=events.filter(is_shown),
        judged_from=since if since is not None and since < time_range.end else None,
        judged=min(MOST_JUDGED, found.len()),
        accounts=found.len(),
    )


def first_judged(windows: pl.DataFrame) -> datetime | None:
    """Return the first moment of a history with enough hours before it to be judged by; None without any."""
    first: Any = windows["start_time"].min()
    return None if first is None else first + timedelta(days=JUDGED_DAYS)
