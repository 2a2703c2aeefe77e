"""Where usage history comes from, as everything above the network sees it."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    import polars as pl

    from cfusage_lab.ranges import TimeRange
    from cfusage_lab.schema import Granularity

__all__ = ["MADE_UP", "SANDBOX_ACCOUNTS", "Progress", "Source", "are_made_up"]

SANDBOX_ACCOUNTS: Final = {
    "5a4db0c5000000000000000000000001": "Larkspur Support",
    "5a4db0c5000000000000000000000002": "Larkspur Research",
    "5a4db0c5000000000000000000000003": "Larkspur Batch",
    "5a4db0c5000000000000000000000004": "Larkspur Pilot",
}
"""The sandbox's accounts, id to name. Whatever carries one of these ids is made up."""

MADE_UP: Final = "Sandbox: made-up data"
"""What such numbers are called."""


def are_made_up(account_ids: Iterable[str]) -> bool:
    """Whether an account of the sandbox is among these: what it has a part in is made up."""
    return not SANDBOX_ACCOUNTS.keys().isdisjoint(account_ids)


class Progress(Protocol):
    """What a long fetch tells its caller.

    The methods may be called from another thread than the one that asked.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> class Counting(cfu.Quiet):
    ...     answered = 0
    ...     def update(self, done, total):
    ...         self.answered = done
    >>> counting = Counting()
    >>> client = cfu.UsageClient.sandbox()
    >>> history = client.usage_history(accounts=list(cfu.SANDBOX_ACCOUNTS)[:2], progress=counting)
    >>> counting.answered > 1
    True
    """

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants the fetch to stop; read several times a second."""

    def update(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` requests are answered; ``total`` may grow."""

    def wait(self, reason: str, seconds: float) -> None:
        """Hear that a pause of ``seconds`` begins, because of ``reason``."""

    def close(self) -> None:
        """Hear that the fetch is over, whichever way it ended."""


class Source(Protocol):
    """Anything that can hand out usage history: a client, an archive.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> def cost_usd(source: cfu.Source) -> float:
    ...     return source.usage_history(cfu.last_days(1, now="2026-11-18T09:30Z"))["aggregated_value"].sum()
    >>> round(cost_usd(cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")), 2)
    96.31
    """

    @property
    def label(self) -> str:
        """Say in a few words where the numbers come from; never a secret."""

    def accounts(self) -> "pl.DataFrame":
        """List the accounts that can be asked for (``schema.ACCOUNTS``)."""

    def usage_history(
        self,
        time_range: "TimeRange | None" = None,
        *,
        granularity: "Granularity" = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> "pl.DataFrame":
        """Return the cost of every window in the range (``schema.HISTORY``)."""
