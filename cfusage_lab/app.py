"""The whole thing in one call: connect, and explore."""

from datetime import datetime

import polars as pl

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import connect
from cfusage_lab.source import Source

__all__ = ["explore"]


def explore(
    source: Source | pl.DataFrame | None = None,
    *,
    time_range: str | None = None,
    time_zone: str = "UTC",
    now: datetime | str | None = None,
) -> UsageExplorer:
    """Open the explorer; make it the last line of a cell.

    Parameters
    ----------
    source
        What to show: a client, anything else that hands out usage history, or a history table. If not
        given, the real account where there are credentials, and the sandbox where there are none.
    time_range, time_zone, now
        As for :class:`cfusage_lab.UsageExplorer`; ``now`` is the sandbox's present, too.

    Raises
    ------
    CfUsageError
        If the first table can't be had; the message says why and what to do.
    """
    return UsageExplorer(
        connect(now=now) if source is None else source, time_range=time_range, time_zone=time_zone, now=now
    )
