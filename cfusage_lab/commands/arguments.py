"""The words of the command line."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NoReturn

from cfusage_lab import terminal

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

__all__ = ["ALL", "CONFIG", "DAYS", "NAME", "RANGES", "parsed"]

NAME: Final = "cfusage_lab"
ALL: Final = "all"
"""Every account that a token may see."""
DAYS: Final = 90
"""Days from which is learned what is usual, and where the month ends: the endpoint answers them in one go."""
CONFIG: Final = 2
"""The exit code of wrong arguments."""

RANGES: Final = (
    *("yesterday", "this-week", "last-week", "last-7-days", "last-28-days"),
    *("this-month", "last-month", "previous-month"),
)
"""The time ranges of a report; the last two are the same."""

_SUMMARY: Final = """\
Print what Cloudflare AI Gateway charged accounts: the summary, without a notebook. A command may stand
first, each with a --help of its own:
  summary   this; it is meant where no command stands
  update    fetch what is new into an archive
  report    write one HTML file to hand on
"""
_SUMMARY_FETCHED: Final = f"""\
What is fetched: every hour of the last {DAYS} days, the running one included. The figures, and what stood
out, are those from the first day of the previous month until now, in the time zone: month-to-date against
the month before takes that. The hours before tell what is usual, and where the month ends. Cost is US
dollars of Unified Billing. Prepaid credit is asked for, too: one request an account, of the ten costliest.
"""
_UPDATE: Final = """\
Fetch into an archive what is absent or not yet complete, look for late corrections, and store the invoice
previews, of which Cloudflare keeps none by model. One line says what was new. It may be run at any time.
"""
_REPORT: Final = f"""\
Write a report of a time range as one HTML file that needs no network, and print its path. It is compared
with the same weekdays before, or the month before; {DAYS} days, or as many as that takes, tell what is usual
and where the month ends.
"""
_WHO: Final = """\
Who asks: CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or CLOUDFLARE_EMAIL with CLOUDFLARE_API_KEY, in
the environment. Without them nothing is shown, unless made-up data is asked for with --sandbox.
"""
_CODES: Final = """\
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


def parsed(words: Sequence[str]) -> argparse.Namespace:
    """Read a command line; ``command`` is the command that is meant."""
    first, rest = (words[0], words[1:]) if words and words[0] in _PARSERS else ("summary", words)
    found = _PARSERS[first]().parse_args(rest)
    found.command = first
    return found


def _summary() -> _Parser:
    found = _parser("", _SUMMARY, _SUMMARY_FETCHED)
    found.add_argument(
        "--json",
        dest="format",
        action="store_const",
        const="json",
        help="JSON for scripts: unrounded numbers, UTC times; the same as --format json",
    )
    found.add_argument(
        "--format",
        choices=("text", "json", "markdown"),
        help="text (default); json; markdown, a digest for chat or mail",
    )
    found.set_defaults(format="text")
    _add_accounts(found, "default: those of CLOUDFLARE_ACCOUNT_ID, else the only one")
    _add_zone_and_budget(found)
    return found


def _update() -> _Parser:
    found = _parser(" update", _UPDATE, "")
    found.add_argument(
        "--archive",
        metavar="PLACE",
        help="where it is: a folder, or an address such as s3://bucket/path (default: a folder of your user "
        "data directory)",
    )
    found.add_argument(
        "--days",
        type=int,
        default=DAYS,
        metavar="N",
        help="days before today of an account that is not in it yet (default: %(default)s)",
    )
    _add_accounts(found, "default: all")
    return found


def _report() -> _Parser:
    found = _parser(" report", _REPORT, "Numbers from an archive need no credentials.\n")
    found.add_argument(
        "--range",
        choices=RANGES,
        default="last-week",
        help="what it is of (default: last-week, Monday to Sunday); last-month is the whole previous month",
    )
    found.add_argument(
        "--output", metavar="FILE", help="the file to write (default: one here that is called by its dates)"
    )
    found.add_argument(
        "--archive",
        nargs="?",
        const=True,
        metavar="PLACE",
        help="take the numbers from an archive: a folder, or an address such as s3://bucket/path; without "
        "PLACE, that of your user data directory",
    )
    _add_accounts(found, "default: as of a summary; from an archive: all that are held")
    _add_zone_and_budget(found)
    return found


_PARSERS: Final = {"summary": _summary, "update": _update, "report": _report}


def _parser(command: str, description: str, more: str) -> _Parser:
    found = _Parser(
        prog=f"python -m cfusage_lab{command}",
        description=description,
        epilog="\n".join(filter(None, (more, _WHO, _CODES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    found.add_argument("--sandbox", action="store_true", help="made-up data, without a token or a network")
    return found


def _add_accounts(found: _Parser, default: str) -> None:
    found.add_argument(
        "--accounts",
        metavar="IDS",
        help=f"account ids with commas between, or '{ALL}' that the token may see ({default})",
    )


def _add_zone_and_budget(found: _Parser) -> None:
    found.add_argument(
        "--time-zone", default="UTC", metavar="NAME", help="zone of days and months (default: UTC)"
    )
    found.add_argument(
        "--budget",
        type=float,
        metavar="USD",
        help="US dollars a month, of all accounts together: how likely more is, and when",
    )
