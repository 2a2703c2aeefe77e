"""The client that a command line means, its accounts, and what is said while it takes its time."""

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from cfusage_lab import terminal
from cfusage_lab.commands.arguments import ALL, NAME
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.progress import Quiet

if TYPE_CHECKING:
    import polars as pl

    from cfusage_lab.fetch import UsageClient
    from cfusage_lab.source import FullSource

__all__ = [
    "accounts_of",
    "credit_of",
    "invoice_of",
    "listener",
    "names_of",
    "open_client",
]


class _WaitNotes(Quiet):
    """Says in a line of its own what a long wait is for, where there is no bar to say it."""

    def wait(self, reason: str, seconds: float) -> None:
        terminal.complain(NAME, f"note: waiting {seconds:.0f} s: {reason}")


def listener() -> Quiet | None:
    """Return who is told of long waits; in a terminal, a bar says it."""
    return None if terminal.is_terminal(sys.stderr) else _WaitNotes()


def open_client(*, is_sandbox: bool) -> "UsageClient":
    """Return the client that was asked for, never the other one."""
    from cfusage_lab.credentials import find_credentials  # noqa: PLC0415 - keeps --help fast
    from cfusage_lab.fetch import UsageClient  # noqa: PLC0415

    if is_sandbox:
        return UsageClient.sandbox()
    credentials = find_credentials()
    if credentials is None:
        raise ConfigError(
            "no credentials: set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID; made-up data is shown with "
            "--sandbox"
        )
    return UsageClient(credentials)


def accounts_of(asked: "UsageClient", wanted: str | None) -> list[str] | None:
    """Return the account ids that a command line names; None leaves them to the client."""
    from cfusage_lab.account_ids import named_account_ids  # noqa: PLC0415 - keeps --help fast

    if wanted is None:
        return None
    if wanted.strip().lower() != ALL:
        return named_account_ids(wanted)
    found: list[str] = asked.accounts()["account_id"].to_list()
    if not found:
        raise ConfigError("the token may see no account: name them with --accounts")
    return found


def names_of(asked: "FullSource") -> dict[str, str | None]:
    """Ask what accounts are called; without an answer, their ids say which they are."""
    from cfusage_lab.source import ask_names  # noqa: PLC0415 - keeps --help fast

    def failed(error: Exception) -> None:
        terminal.complain(NAME, f"note: accounts are told by their ids: {error}")

    return ask_names(asked, failed)


def credit_of(asked: "UsageClient", account_ids: Sequence[str]) -> "pl.DataFrame | None":
    """Ask for prepaid credit; what an account costs is told without it, too."""
    return _unless_refused(asked.credit_balance, account_ids, "prepaid credit is not told")


def invoice_of(asked: "UsageClient", account_ids: Sequence[str]) -> "pl.DataFrame | None":
    """Ask what will be billed; what an account costs is told without it, too."""
    return _unless_refused(asked.invoice_preview, account_ids, "the figures are not held against the invoice")


def _unless_refused(
    ask: "Callable[[Sequence[str]], pl.DataFrame]", account_ids: Sequence[str], without: str
) -> "pl.DataFrame | None":
    try:
        return ask(account_ids)
    except CfUsageError as error:
        terminal.complain(NAME, f"note: {without}: {error}")
        return None
