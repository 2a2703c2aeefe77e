"""What the system's errors about a file mean: which of ours, and what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from cfusage_lab.errors import ConfigError, TransportError
from cfusage_lab.wording import visible

__all__ = ["FORBIDDEN", "FULL", "typed_errors"]

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The system's numbers for a disk or a quota that is full."""

FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY})
"""The system's numbers for what may not be done."""


@contextmanager
def typed_errors(path: Path, *, is_whole: bool) -> Iterator[None]:
    """Say which file it is that the system won't write, and what to do."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        if error.errno in FULL:
            after = "; what stood there before is intact" if is_whole else ""
            raise TransportError(
                f"no room to write {visible(str(path))}: free some space and write it again{after} ({said})",
                retryable=True,
            ) from error
        hint = "take another name or folder"
        if error.errno in FORBIDDEN:
            hint = (
                "close it where it is open in another program, such as Excel, and check that it and its "
                "folder may be written; or take another name"
            )
        raise ConfigError(f"{visible(str(path))} can't be written: {said}; {hint}") from error
