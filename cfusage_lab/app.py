"""The whole thing in one call: connect, and explore."""

from datetime import datetime
from importlib.util import find_spec

import polars as pl

from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import UsageClient, connect
from cfusage_lab.source import SANDBOX_ACCOUNTS, Source

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
        given, the real account where there are credentials, and the sandbox where there are none. Where
        the extra ``archive`` is installed, a real account is then kept in the archive in the user's data
        directory, opened from it at once and brought up to date. The sandbox's data are made up anew
        every time; nothing of them is stored.
    time_range, time_zone, now
        As for :class:`cfusage_lab.UsageExplorer`; ``now`` is the sandbox's present, too.

    Raises
    ------
    CfUsageError
        If the first table can't be had; the message says why and what to do.
    """
    client = None
    if source is None:
        source = connect(now=now)
        if _is_worth_keeping(source):
            from cfusage_lab.archive import UsageArchive  # noqa: PLC0415 - its packages are an extra

            source, client = UsageArchive(source=source.source, now=now), source
    return UsageExplorer(source, client=client, time_range=time_range, time_zone=time_zone, now=now)


def _is_worth_keeping(client: UsageClient) -> bool:
    """Whether the numbers are a real account's, and there is something to keep them with."""
    is_made_up = client.source == "sandbox" or not SANDBOX_ACCOUNTS.keys().isdisjoint(client.default_accounts)
    return not is_made_up and all(find_spec(package) for package in ("deltalake", "platformdirs"))
