"""The whole thing in one call: connect, and explore."""

import os
from datetime import datetime
from importlib.util import find_spec

import polars as pl

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import CfUsageError, ConfigError
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

    A field in it takes an API token, for a running kernel and for Binder, as :func:`cfusage_lab.login`
    does: it is kept in memory only, and opens the account in the place of what is on screen.

    Where the account can't be had, for a token that is refused or for want of a network, the explorer opens
    all the same: with the error and what to do in a banner, and that field, but without a chart or a figure.
    Another token, or Refresh, then shows the account; until then, what reads its table raises that error.

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
    ConfigError, FrameError
        If there is no such time range or zone, or a table is no history.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> explorer = cfu.explore(cfu.UsageClient.sandbox(now="2026-11-18T09:30Z"), now="2026-11-18T09:30Z")
    >>> explorer
    <UsageExplorer: Sandbox: made-up data · data as of Wed 18 Nov 2026, 09:30 UTC time>
    >>> explorer.fetched.height
    682
    """
    try:
        return _opened(source, time_range=time_range, time_zone=time_zone, now=now)
    except CfUsageError as error:
        # the message says it all, and the way to it is longer than a screen
        raise error.with_traceback(None) from None


class _Unready:
    """Stands for an account that what the environment holds can't open, and says why whenever it is asked."""

    label = "Cloudflare account"
    source = "account"

    def __init__(self, error: ConfigError) -> None:
        self._error = error.with_traceback(None)

    def accounts(self) -> pl.DataFrame:
        """Refuse."""
        raise self._error

    def usage_history(self, *_asked: object, **_more: object) -> pl.DataFrame:
        """Refuse."""
        raise self._error


def _opened(
    source: Source | pl.DataFrame | None,
    *,
    time_range: str | None,
    time_zone: str,
    now: datetime | str | None,
) -> UsageExplorer:
    """Find out what to show, and show it."""
    client = None
    if source is None:
        try:
            source = connect(now=now)
        except ConfigError as error:
            source = _Unready(error)
        if isinstance(source, UsageClient) and _is_worth_keeping(source):
            from cfusage_lab.archive import UsageArchive  # noqa: PLC0415 - its packages are an extra

            source, client = UsageArchive(source=source.source, now=now), source

    def with_token(token: str) -> UsageClient:
        return UsageClient(_credentials(token), now=now)

    return UsageExplorer(
        source, client=client, login=with_token, time_range=time_range, time_zone=time_zone, now=now
    )


def _credentials(token: str) -> Credentials:
    """Take the accounts from the environment, where a token was typed and no account."""
    return Credentials(token=token, accounts=os.environ.get("CLOUDFLARE_ACCOUNT_ID", ""))


def _is_worth_keeping(client: UsageClient) -> bool:
    """Whether the numbers are a real account's, and there is something to keep them with."""
    is_made_up = client.source == "sandbox" or not SANDBOX_ACCOUNTS.keys().isdisjoint(client.default_accounts)
    return not is_made_up and all(find_spec(package) for package in ("deltalake", "platformdirs"))
