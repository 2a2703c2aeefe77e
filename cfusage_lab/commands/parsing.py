"""The words of the command line."""

import argparse
from typing import TYPE_CHECKING, Final, NoReturn

from cfusage_lab import terminal

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["CONFIG", "NAME", "parser"]

NAME: Final = "cfusage_lab"
CONFIG: Final = 2
"""The exit code of wrong arguments."""

_EPILOG: Final = """\
What is fetched: every hour of the last 90 days, the running one included. The figures are those of the time
from the first day of the previous month until now, in the time zone, which is what month-to-date against
the month before needs, and so is what stood out; the hours before tell what is usual, and where the month
ends. Cost is US dollars of Unified Billing. Prepaid credit is asked for, too: one request an account, of the
ten costliest.

Who asks: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, in
the environment. Without them nothing is shown, unless made-up data is asked for with --sandbox.

Exit codes: 0 done; 1 another error, such as an answer that can't be written; 2 wrong arguments, or
credentials, a proxy or certificates that are missing or malformed; 3 Cloudflare refused the token or the
account id, or what the one may do with the other; 4 no network, rate limit or a passing fault: the same call
may succeed later; 130 interrupted. An error is one line on stderr.
Where Cloudflare asks to wait, that is done for up to 15 minutes; a line on stderr, or a bar in a terminal,
says so.
"""


class _Parser(argparse.ArgumentParser):
    """Reports a wrong argument in one line, as every other error here."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, and leave."""
        terminal.complain(NAME, f"{message}; --help says more")
        self.exit(CONFIG)

    def print_help(self, file: "SupportsWrite[str] | None" = None) -> None:  # noqa: ARG002 - always the same
        """Write the help, if it can be written."""
        terminal.write(self.format_help())


def parser() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    found = _Parser(
        prog="python -m cfusage_lab",
        description="Print what Cloudflare AI Gateway charged an account: the summary, without a notebook.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--sandbox", action="store_true", help="made-up data, without a token or a network")
    found.add_argument("--json", action="store_true", help="JSON for scripts: unrounded numbers, UTC times")
    found.add_argument(
        "--time-zone", default="UTC", metavar="NAME", help="zone of days and months (default: UTC)"
    )
    found.add_argument(
        "--budget",
        type=float,
        metavar="USD",
        help="US dollars a month, of all accounts together: how likely more is, and when",
    )
    return found
