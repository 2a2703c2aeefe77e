"""How a run ends: with the whole answer, or with one line and an exit code."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Final, NamedTuple

from cfusage_lab import terminal
from cfusage_lab.commands.arguments import CONFIG, NAME, parsed
from cfusage_lab.errors import AuthError, CfUsageError, ConfigError

__all__ = ["main"]

_DONE, _AUTH, _LATER = 0, 3, 4


class _Answer(NamedTuple):
    """What a command comes to.

    Attributes
    ----------
    text
        What is written to the standard output.
    note
        What a reader should know besides; empty if nothing.
    trouble
        What went wrong after the rest was done.
    """

    text: str
    note: str = ""
    trouble: CfUsageError | None = None


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    return terminal.run(NAME, lambda: _ended(arguments))


def _ended(arguments: Sequence[str] | None) -> int:
    options = parsed(sys.argv[1:] if arguments is None else arguments)
    try:
        with warnings.catch_warnings(action="ignore"):  # others' warnings are no matter of the reader here
            answer = _COMMANDS[options.command](options)
    except CfUsageError as error:
        terminal.complain(NAME, error)
        return code_of(error)
    if answer.note:
        terminal.complain(NAME, f"note: {answer.note}")
    terminal.write(answer.text)
    if answer.trouble is None:
        return _DONE
    terminal.complain(NAME, answer.trouble)
    return code_of(answer.trouble)


def code_of(error: CfUsageError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, ConfigError):
        return CONFIG
    if isinstance(error, AuthError):
        return _AUTH
    return _LATER if error.retryable else terminal.OTHER


def _summary(options: argparse.Namespace) -> _Answer:
    from cfusage_lab.commands.client import accounts_of, open_client  # noqa: PLC0415 - keeps --help fast
    from cfusage_lab.commands.summary import fetch_summary  # noqa: PLC0415
    from cfusage_lab.commands.summary_formats import as_json, as_markdown, as_text  # noqa: PLC0415

    with open_client(is_sandbox=options.sandbox) as asked:
        found = fetch_summary(
            asked,
            accounts=accounts_of(asked, options.accounts),
            time_zone=options.time_zone,
            budget_usd=options.budget,
        )
    if options.format == "json":
        return _Answer(as_json(found), found.note)
    if options.format == "markdown":
        return _Answer(as_markdown(found), found.note)
    is_rich = terminal.is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
    text = as_text(found, is_rich=is_rich, width=terminal.width(sys.stdout))
    return _Answer(text, found.note)


def _update(options: argparse.Namespace) -> _Answer:
    from cfusage_lab.commands.client import open_client  # noqa: PLC0415 - keeps --help fast
    from cfusage_lab.commands.update import update  # noqa: PLC0415

    with open_client(is_sandbox=options.sandbox) as asked:
        text, trouble = update(asked, location=options.archive, accounts=options.accounts, days=options.days)
    return _Answer(text, trouble=trouble)


def _report(options: argparse.Namespace) -> _Answer:
    from cfusage_lab.commands.report import ReportOptions, report_of_account, report_of_archive  # noqa: PLC0415 - as above

    wanted = ReportOptions(
        name=options.range,
        accounts=options.accounts,
        time_zone=options.time_zone,
        budget_usd=options.budget,
        output=options.output,
    )
    if options.archive is not None:
        location = None if options.archive is True else options.archive
        path, note = report_of_archive(wanted, location=location, is_sandbox=options.sandbox)
    else:
        path, note = report_of_account(wanted, is_sandbox=options.sandbox)
    return _Answer(f"{path}\n", note)


_COMMANDS: Final = {"summary": _summary, "update": _update, "report": _report}
