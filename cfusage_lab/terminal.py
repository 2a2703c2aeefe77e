"""What a program in a terminal writes: the whole answer or an error, and each error in one line.

Standard output may be closed, a pipe that nobody reads, a full disk, or unable to write what is no ASCII.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, TextIO

from cfusage_lab.wording import visible

__all__ = ["INTERRUPTED", "OTHER", "complain", "is_terminal", "run", "width", "write"]

OTHER: Final = 1
INTERRUPTED: Final = 130


class _OutputError(Exception):
    """Standard output takes no more."""


def run(program: str, work: Callable[[], int]) -> int:
    """Return the exit code of a program; whatever happens, it ends in one line and without a traceback."""
    try:
        code = work()
        _flush()
    except KeyboardInterrupt:
        complain(program, "interrupted")
        return INTERRUPTED
    except _OutputError as error:
        complain(program, f"the answer can't be written: {error}")
        return OTHER
    except Exception as error:  # noqa: BLE001 - a fault of ours, said as every other error
        complain(
            program, f"a fault in this program, which is worth a report: {type(error).__name__}: {error}"
        )
        return OTHER
    return code


def write(text: str) -> None:
    """Write to standard output; what its encoding lacks is escaped."""
    stream = sys.stdout
    if stream is None:
        raise _OutputError("standard output is closed")
    encoding = stream.encoding or "utf-8"
    try:
        stream.write(text.encode(encoding, "backslashreplace").decode(encoding))
    except (OSError, ValueError) as error:
        raise _given_up(error) from None
    _flush()


def complain(program: str, message: object) -> None:
    """Write one line to standard error, if there is somebody to read it."""
    text = visible(" ".join(str(message).split()))
    with suppress(AttributeError, OSError, ValueError):  # closed, or a pipe that nobody reads
        sys.stderr.write(f"{program}: {text}\n")
        sys.stderr.flush()


def is_terminal(stream: TextIO | None) -> bool:
    """Whether somebody looks on as it is written."""
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # closed
        return False


def width(stream: TextIO | None) -> int | None:
    """Return how many columns a terminal has; None where nobody looks on, or it does not know."""
    if not is_terminal(stream):
        return None
    with suppress(AttributeError, OSError, ValueError):
        return os.get_terminal_size(stream.fileno()).columns or None  # type: ignore[union-attr]
    return None


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except (OSError, ValueError) as error:
        raise _given_up(error) from None


def _given_up(error: Exception) -> _OutputError:
    """Let the interpreter's own last flush go nowhere, or it would complain once more."""
    with suppress(OSError, ValueError, AttributeError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    return _OutputError(getattr(error, "strerror", None) or str(error))
