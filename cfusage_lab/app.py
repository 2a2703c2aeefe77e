"""The whole thing in one call: connect, and explore."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from typing import TYPE_CHECKING

from cfusage_lab.credentials import Credentials, Secret, setting
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.fetch import UsageClient, connect
from cfusage_lab.front_end import show_skeleton
from cfusage_lab.redaction import without_frames
from cfusage_lab.source import SANDBOX_ACCOUNTS, ForwardingSource, kind_of

if TYPE_CHECKING:
    from cfusage_lab.explorer import UsageExplorer

__all__ = ["explore"]


def explore(
    source: object = None,
    *,
    accounts: Sequence[str] | str | None = None,
    time_range: str | None = None,
    time_zone: str = "UTC",
    now: datetime | str | None = None,
    budget_usd: float | Mapping[str, float] | None = None,
) -> "UsageExplorer":
    """Open the explorer; make it the last line of a cell.

    A field in it takes an API token, for a running kernel and for Binder, as :func:`cfusage_lab.login`
    does: it is kept in memory only, and opens the account in the place of what is on screen.

    Where the account can't be had, for a token that is refused or for want of a network, the explorer opens
    all the same: with the error and what to do in a banner, and that field, but without a chart or a figure.
    Another token, or Refresh, then shows the account; until then, what reads its table raises that error.

    Parameters
    ----------
    source
        What to show: a client, anything else that hands out usage history
        (:class:`cfusage_lab.Source`), or a history table of any engine that analytics take. If not
        given, the real account where there are credentials, and the sandbox with all its accounts where
        there are none. Where the extra ``archive`` is installed, a real account is then kept in the archive
        in the user's data directory, opened from it at once and brought up to date. The sandbox's data are
        made up anew every time; nothing of them is stored.
    accounts, time_range, time_zone, now, budget_usd
        As for :class:`cfusage_lab.UsageExplorer`; ``now`` is the sandbox's present, too.

    Raises
    ------
    ConfigError, FrameError
        If there is no such time range or zone, a table is no history of hours, or ``budget_usd`` is no
        number above 0.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> explorer = cfu.explore(cfu.UsageClient.sandbox(now="2026-11-18T09:30Z"), now="2026-11-18T09:30Z")
    >>> explorer
    <UsageExplorer: Sandbox: made-up data · data as of Wed 18 Nov 2026, 09:30 UTC time>
    >>> explorer.fetched.height
    672
    """
    show_skeleton()
    try:
        return _opened(
            source,
            accounts=accounts,
            time_range=time_range,
            time_zone=time_zone,
            now=now,
            budget_usd=budget_usd,
        )
    except CfUsageError as error:
        # the message says it all, and the way to it is longer than a screen
        raise without_frames(error) from None


class _Unready(ForwardingSource):
    """The account that the environment is to open, where what stands there is of no use yet.

    It is looked at anew whenever something is asked, until it can be used; an emptied one opens no sandbox.
    """

    source = "account"

    def __init__(self, now: datetime | str | None) -> None:
        self._now = now
        self._opened: UsageClient | None = None

    @property
    def label(self) -> str:
        return "Cloudflare account" if self._opened is None else self._opened.label

    def _target(self) -> UsageClient:
        self._opened = self._opened or UsageClient(now=self._now)
        return self._opened


def _opened(
    source: object,
    *,
    accounts: Sequence[str] | str | None,
    time_range: str | None,
    time_zone: str,
    now: datetime | str | None,
    budget_usd: float | Mapping[str, float] | None,
) -> "UsageExplorer":
    """Find out what to show, and show it."""
    from cfusage_lab.explorer import UsageExplorer  # noqa: PLC0415 - takes a second, and comes after the skeleton

    client = None
    if source is None:
        try:
            source = connect(now=now)
        except ConfigError:  # said in the banner
            source = _Unready(now)
        if accounts is None and isinstance(source, UsageClient) and source.source == "sandbox":
            accounts = tuple(SANDBOX_ACCOUNTS)
        if isinstance(source, UsageClient) and _is_worth_keeping(source):
            from cfusage_lab.archive import UsageArchive  # noqa: PLC0415 - its packages are an extra

            source, client = UsageArchive(source=source.source, now=now), source

    def with_token(token: str) -> UsageClient:
        secret = Secret(token)
        del token  # a traceback may print every variable
        return UsageClient(Credentials(token=secret, accounts=setting("CLOUDFLARE_ACCOUNT_ID")), now=now)

    return UsageExplorer(
        source,
        client=client,
        login=with_token,
        accounts=accounts,
        time_range=time_range,
        time_zone=time_zone,
        now=now,
        budget_usd=budget_usd,
    )


def _is_worth_keeping(client: UsageClient) -> bool:
    """Whether the numbers are a real account's, and there is something to keep them with."""
    is_real = kind_of(client, client.default_accounts) == "account"
    return is_real and all(find_spec(package) for package in ("deltalake", "platformdirs"))
