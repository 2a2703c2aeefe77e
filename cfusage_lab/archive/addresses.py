"""Where an archive is: a folder of any name, or an object store; and what delta-rs is told of it."""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cfusage_lab.errors import ConfigError
from cfusage_lab.files import expanded, is_address, shown

__all__ = ["file_in", "folder_uri", "is_plain", "location_of"]

_FLATTENED: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")
"""An address that pathlib has taken one slash from."""

_MISTAKEN: Final = re.compile(r"[\x00-\x1f\x7f\\\[\]^|]|%[0-9A-Fa-f]{2}")
"""What delta-rs 1.6 takes for something else in a folder's name, or can't take at all.

It reads ``%41`` as ``A`` and a backslash as a slash, and so would write into another folder.
"""

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./:,~+-]*")
"""What neither delta-rs encodes in an address nor polars takes for a pattern or a partition."""


def is_plain(folder: Path) -> bool:
    """Whether a folder's path is the same in delta-rs' addresses, and means nothing else to polars."""
    return _PLAIN.fullmatch(Path(os.path.realpath(folder)).as_posix()) is not None


def location_of(location: object) -> str:
    """Return where an archive is: a folder from the root on, or an address as it was given.

    Raises
    ------
    ConfigError
        If it is no path, or a folder whose name the archive can't keep apart from another.
    """
    if location is None:
        import platformdirs  # noqa: PLC0415 - only who keeps an archive has it

        location = platformdirs.user_data_path("cfusage_lab", appauthor=False) / "archive"
    text = expanded(location, what="the location")
    if text.lower().startswith("file://"):
        text = _folder_of(text)
    elif is_address(text):
        _refuse_secrets(text)
        if not text.partition("://")[2].strip("/"):
            raise ConfigError(f"the address {shown(text)} names no bucket: write it as 's3://bucket/path'")
        return text.rstrip("/")
    elif _FLATTENED.match(text) and not os.path.exists(text.partition(":")[0] + ":"):  # noqa: PTH110 - a text
        raise ConfigError(
            f"the location {shown(text)} looks like an address that lacks a slash: pass an address as a text "
            "such as 's3://bucket/path', and a folder of that name from the root on"
        )
    folder = str(Path(text).absolute())
    folder_uri(folder)
    return folder


def folder_uri(folder: str | Path) -> str:
    """Return the address of a folder, to whatever place links lead now.

    Raises
    ------
    ConfigError
        If delta-rs would take its name for another one.
    """
    real = Path(os.path.realpath(folder))
    found = _MISTAKEN.search(real.as_posix())
    if found is None:
        try:
            os.fspath(real).encode()
        except UnicodeEncodeError:
            pass
        else:
            return real.as_uri()
    what = "bytes that are no UTF-8" if found is None else repr(found[0])
    raise ConfigError(
        f"an archive can't be kept in {shown(real)}: the name holds {what}, which delta-rs takes for "
        "something else; take a folder whose path has no [ ] ^ | \\, no control characters and no % before "
        "two hexadecimal digits"
    )


def file_in(folder: Path, uri: str) -> str:
    """Return the path of a file of a table by delta-rs' address of it: its month's folder and its name."""
    return os.path.join(folder, *uri.rsplit("/", 2)[1:])  # noqa: PTH118 - a good deal faster, for many files


def _refuse_secrets(address: str) -> None:
    """Raise :class:`ConfigError` about an address that may hold a password: it stands in every message."""
    place = address.partition("://")[2]
    if ":" in place.partition("/")[0].rpartition("@")[0] or "?" in place:
        raise ConfigError(
            "the location holds a password or a query: pass a plain address, and the rest as storage_options"
        )


def _folder_of(address: str) -> str:
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise ConfigError(f"the location {shown(address)} is no address of a folder here: pass its path")
    return url2pathname(parts.path)
