"""How a run ends: with the whole answer, or with one line and an exit code."""

import argparse
import os
import sys
import warnings
from collections.abc import Sequence

from cfusage_lab import terminal
from cfusage_lab.commands.parsing import CONFIG, NAME, parser
from cfusage_lab.errors import AuthError, CfUsageError, ConfigError

__all__ = ["main"]

_DONE, _AUTH, _LATER = 0, 3, 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says, and return the exit code."""
    return terminal.run(NAME, lambda: _ended(arguments))


def _ended(arguments: Sequence[str] | None) -> int:
    options = parser().parse_args(arguments)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")  # others' warnings are no matter of this command's reader
            warnings.simplefilter("always", UserWarning)
            text = _summary(options)
    except CfUsageError as error:
        terminal.complain(NAME, error)
        return code_of(error)
    for note in dict.fromkeys(str(warning.message) for warning in caught):
        terminal.complain(NAME, f"note: {note}")
    terminal.write(text)
    return _DONE


def code_of(error: CfUsageError) -> int:
    """Return the exit code of an error."""
    if isinstance(error, ConfigError):
        return CONFIG
    if isinstance(error, AuthError):
        return _AUTH
    return _LATER if error.retryable else terminal.OTHER


def _summary(options: argparse.Namespace) -> str:
    from cfusage_lab.commands.asking import client  # noqa: PLC0415 - keeps --help fast
    from cfusage_lab.commands.overview import overview  # noqa: PLC0415
    from cfusage_lab.commands.texts import as_json, as_text  # noqa: PLC0415

    with client(is_sandbox=options.sandbox) as asked:
        found = overview(asked, time_zone=options.time_zone, budget_usd=options.budget)
    if options.json:
        return as_json(found)
    is_rich = terminal.is_terminal(sys.stdout) and not os.environ.get("NO_COLOR")
    return as_text(found, is_rich=is_rich, width=terminal.width(sys.stdout))
