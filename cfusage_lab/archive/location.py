"""Where an archive is, and what delta-rs needs to reach it: some of that is secret, and none is shown."""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cfusage_lab.errors import ConfigError
from cfusage_lab.files import is_address, path_text
from cfusage_lab.redaction import Redactor
from cfusage_lab.wording import visible

__all__ = [
    "LONGEST_SECONDS",
    "StorageOptions",
    "file_in",
    "folder_uri",
    "is_plain",
    "location_of",
    "storage_options_of",
]

_LOST_SLASH: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:[/\\]")
"""An address that pathlib has taken one slash from."""

_UNSAFE_NAME: Final = re.compile(r"[\x00-\x1f\x7f\\\[\]^|]|%[0-9A-Fa-f]{2}")
"""What delta-rs 1.6 takes for something else in a folder's name, or can't take at all.

It reads ``%41`` as ``A`` and a backslash as a slash, and so would write into another folder.
"""

_SAFE_NAME: Final = re.compile(r"[A-Za-z0-9_./:,~+-]*")
"""What neither delta-rs encodes in an address nor polars takes for a pattern or a partition."""

_PUBLIC_OPTIONS: Final = re.compile(
    r"region|endpoint|bucket|container|account_name|timeout|allow_|style|locking|rename|retr(y|ies)|interval",
    re.IGNORECASE,
)
"""Names of options whose values may stand in a message, as long as no password is in them."""

_SECRET_SETTING: Final = re.compile(r"(AWS|AZURE|GOOGLE)_.*(KEY|TOKEN|SECRET|PASSWORD)", re.IGNORECASE)
"""Environment variables that stand in for options, and that nobody may see."""

_SHORTEST: Final = 6
"""Characters: what is shorter is a switch or a number, and part of many a text."""

LONGEST_SECONDS: Final = 30
"""How long an address that does not answer is waited for; delta-rs by itself goes on for minutes."""

_RETRIES: Final = 4
"""With pauses that double from a tenth of a second: some two seconds where each try fails at once."""

_RETRY_SECONDS: Final = 20
"""Seconds after which no other try is begun."""

_TIMEOUTS: Final = {
    "connect_timeout": "5s",
    "timeout": f"{LONGEST_SECONDS}s",  # of one request: a month of ten thousand accounts takes some seconds
    "max_retries": str(_RETRIES),
    "retry_timeout": f"{_RETRY_SECONDS}s",
}


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
    text = path_text(location, what="the location")
    if text.lower().startswith("file://"):
        text = _folder_of(text)
    elif is_address(text):
        _refuse_secrets(text)
        if not text.partition("://")[2].strip("/"):
            raise ConfigError(f"the address {visible(text)} names no bucket: write it as 's3://bucket/path'")
        return text.rstrip("/")
    elif _LOST_SLASH.match(text) and not os.path.exists(text.partition(":")[0] + ":"):  # noqa: PTH110 - a text
        raise ConfigError(
            f"the location {visible(text)} looks like an address that lacks a slash: pass an address as a "
            "text such as 's3://bucket/path', and a folder of that name from the root on"
        )
    folder = str(Path(text).absolute())
    folder_uri(folder)
    return folder


def is_plain(folder: Path) -> bool:
    """Whether a folder's path is the same in delta-rs' addresses, and means nothing else to polars."""
    return _SAFE_NAME.fullmatch(Path(os.path.realpath(folder)).as_posix()) is not None


def folder_uri(folder: str | Path) -> str:
    """Return the address of a folder, to whatever place links lead now.

    Raises
    ------
    ConfigError
        If delta-rs would take its name for another one.
    """
    real = Path(os.path.realpath(folder))
    found = _UNSAFE_NAME.search(real.as_posix())
    if found is None:
        try:
            os.fspath(real).encode()
        except UnicodeEncodeError:
            pass
        else:
            return real.as_uri()
    what = "bytes that are no UTF-8" if found is None else repr(found[0])
    raise ConfigError(
        f"an archive can't be kept in {visible(str(real))}: the name holds {what}, which delta-rs takes for "
        "something else; take a folder whose path has no [ ] ^ | \\, no control characters and no % before "
        "two hexadecimal digits"
    )


def file_in(folder: Path, uri: str) -> str:
    """Return the path of a file of a table by delta-rs' address of it: its month's folder and its name."""
    return os.path.join(folder, *uri.rsplit("/", 2)[1:])  # noqa: PTH118 - a good deal faster, for many files


class StorageOptions(dict[str, str]):
    """Options by name, as delta-rs takes them; a traceback that prints them shows no value."""

    def __repr__(self) -> str:
        return f"<storage options: {', '.join(self)}>" if self else "<no storage options>"

    def with_timeouts(self) -> "StorageOptions":
        """Return these, and how long to wait for an object store where they do not say it."""
        given = {name.lower().removeprefix("aws_") for name in self}
        return StorageOptions({name: value for name, value in _TIMEOUTS.items() if name not in given} | self)

    @property
    def retries(self) -> tuple[int, int]:
        """How often a request is made again, and for how many seconds at most, as numbers."""
        count, longest = self.get("max_retries", ""), re.fullmatch(r"(\d+)s", self.get("retry_timeout", ""))
        return int(count) if count.isdecimal() else _RETRIES, int(longest[1]) if longest else _RETRY_SECONDS

    def for_polars(self) -> "dict[str, str | int]":
        """Return these as polars takes them: it has names of its own for retries, and wants numbers."""
        count, seconds = self.retries
        options: Any = StorageOptions(self)
        return options | {"max_retries": count, "retry_timeout_ms": 1_000 * seconds}  # type: ignore[no-any-return]

    def setting(self, *names: str) -> str | None:
        """Return what one of an object store's settings is: an option's value, or the environment's."""
        options = {name.lower(): value for name, value in self.items()}
        for name in names:
            for value in (options.get(name.lower()), options.get(name.lower().removeprefix("aws_"))):
                if value is not None:
                    return value
        return next((os.environ[name] for name in names if name in os.environ), None)

    def redact(self, text: str) -> str:
        """Return a text without the values that may be secret."""
        secrets = list(self._secrets())
        return Redactor(secrets)(text) if secrets else text

    def _secrets(self) -> Iterator[str]:
        for name, value in self.items():
            if len(value) >= _SHORTEST and ("@" in value or not _PUBLIC_OPTIONS.search(name)):
                yield value
        for name, value in os.environ.items():
            if len(value) >= _SHORTEST and _SECRET_SETTING.match(name):
                yield value


def storage_options_of(given: object) -> tuple[StorageOptions, str]:
    """Return the options that a caller passed, and what is wrong with them; no value is repeated."""
    if given is None:
        return StorageOptions(), ""
    if not isinstance(given, Mapping):
        return StorageOptions(), f"storage_options is of type {type(given).__name__}: pass name to value"
    for name, value in given.items():
        if not isinstance(name, str) or not isinstance(value, str):
            called = f"{name!r:.80}" if isinstance(name, str) else f"of type {type(name).__name__}"
            return StorageOptions(), (
                f"the storage option {called} has a value of type {type(value).__name__}: pass texts alone"
            )
    return StorageOptions(given), ""


def _refuse_secrets(address: str) -> None:
    """Raise :class:`ConfigError` about an address that may hold a password: messages name the address."""
    place = address.partition("://")[2]
    if ":" in place.partition("/")[0].rpartition("@")[0] or "?" in place:
        raise ConfigError(
            "the location holds a password or a query: pass a plain address, and the rest as storage_options"
        )


def _folder_of(address: str) -> str:
    parts = urlsplit(address)
    if parts.netloc not in {"", "localhost"} or parts.query or parts.fragment:
        raise ConfigError(f"the location {visible(address)} is no address of a folder here: pass its path")
    return url2pathname(parts.path)
