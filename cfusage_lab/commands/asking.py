"""Who is asked, and what is said while that takes its time."""

import sys
from typing import TYPE_CHECKING

from cfusage_lab import terminal
from cfusage_lab.commands.parsing import NAME
from cfusage_lab.errors import ConfigError

if TYPE_CHECKING:
    from cfusage_lab.fetch import UsageClient
    from cfusage_lab.source import Progress

__all__ = ["client", "listener"]


class _Told:
    """Says in a line of its own what a long wait is for, where there is no bar to say it."""

    is_cancelled = False

    def update(self, done: int, total: int) -> None:
        """Take no notice."""

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for, and how long."""
        terminal.complain(NAME, f"note: waiting {seconds:.0f} s: {reason}")

    def close(self) -> None:
        """Take no notice."""


def listener() -> "Progress | None":
    """Return who is told of long waits; in a terminal, a bar says it."""
    return None if terminal.is_terminal(sys.stderr) else _Told()


def client(*, is_sandbox: bool) -> "UsageClient":
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
