"""What a storage's own errors mean to the reader: which of ours, and what to do next."""

import errno
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import polars as pl

from cfusage_lab.archive.storage_options import StorageOptions
from cfusage_lab.archive.store_errors import store_error
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError, TransportError
from cfusage_lab.files import FORBIDDEN, FULL, is_address
from cfusage_lab.redaction import without_frames
from cfusage_lab.wording import visible

__all__ = ["explained"]

_UNUSABLE: Final = FORBIDDEN | {errno.ENOTDIR, errno.ENOTSUP, errno.ENAMETOOLONG, errno.ELOOP}
_NEWER: Final = re.compile(r"unsupported (minimum )?(reader|writer)|unsupported.*feature", re.IGNORECASE)
_INTACT: Final = "what was stored before is intact"


@contextmanager
def explained(uri: str, options: StorageOptions) -> Iterator[None]:
    """Turn whatever delta-rs or polars raise over a table into an error of this package.

    Where there are storage options, these stand neither in the text of what was raised nor in its frames.
    """
    from deltalake.exceptions import CommitFailedError, DeltaProtocolError  # noqa: PLC0415

    try:
        yield
    except CfUsageError:
        raise
    except CommitFailedError as error:
        _hide(error, options)
        raise
    except DeltaProtocolError as error:
        _hide(error, options)
        raise newer(uri, "its Delta protocol") from error
    except _raised() as error:
        _hide(error, options)
        raise _explanation(uri, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        _hide(error, options)
        raise _explanation(uri, error) from error


def _raised() -> tuple[type[Exception], ...]:
    """Return what delta-rs and polars raise, and obstore if anything here has used it."""
    from deltalake.exceptions import DeltaError  # noqa: PLC0415

    found = sys.modules.get("obstore.exceptions")
    of_obstore = [] if found is None else [found.BaseError]
    return (DeltaError, OSError, pl.exceptions.PolarsError, ValueError, TypeError, *of_obstore)


def _hide(error: BaseException, options: StorageOptions) -> None:
    """Take secrets out of an error that hangs on ours: out of its text, and with its frames."""
    if options:
        error.args = tuple(options.redacted(part) if isinstance(part, str) else part for part in error.args)
        without_frames(error)


def newer(uri: str, what: str) -> ConfigError:
    """Say that a table is ahead of this version."""
    return ConfigError(
        f"the archive at {uri} was written by a newer version ({what}): upgrade cfusage-lab; nothing was "
        "changed"
    )


def _explanation(uri: str, error: BaseException) -> CfUsageError:
    number = _errno(error)
    said = visible(str(error).strip().split("\n")[0][:300])
    if _NEWER.search(said):
        return newer(uri, said)
    if is_address(uri):
        found = store_error(uri, str(error))
        if found is not None:
            return found
    if number in FULL:
        return TransportError(
            f"no room to write the archive at {uri}: free some space and run this again; {_INTACT} ({said})",
            retryable=True,
        )
    if number in _UNUSABLE:
        return ConfigError(
            f"the archive at {uri} can't be used: check that the folder is one, and its permissions; "
            f"{_INTACT} ({said})"
        )
    return PayloadError(
        f"the archive at {uri} is damaged, and nothing was changed: put a copy of it back, or move it away "
        f"and update again ({said})"
    )


def _errno(error: BaseException) -> int | None:
    """Return the system's number of an error, which Rust writes into the message."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno
    found = re.search(r"os error (\d+)", str(error))
    return None if found is None else int(found[1])
