"""Which paths files are written to: what somebody typed, from the root on, or why it is no place for one."""

import errno
import os
import re
import stat
from pathlib import Path
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.files.errors import typed_errors
from cfusage_lab.wording import visible

__all__ = ["checked_path", "is_address", "is_stream", "link_target", "path_text"]

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DESCRIPTORS: Final = re.compile(r"(/proc/[^/]+(/task/[^/]+)?|/dev)/fd")
"""Folders whose links lead to what a process has opened, such as its standard output."""
_LINKS: Final = 40
"""How many links in a row Linux follows."""


def is_address(location: str) -> bool:
    """Whether a location is the address of an object store, and no path."""
    return _ADDRESS.match(location) is not None


def path_text(path: object, *, what: str) -> str:
    """Return a path as text, with a ``~`` at its beginning expanded.

    Raises
    ------
    ConfigError
        If it is no path, is empty, or holds what no path can, or nobody's home is meant; ``what`` names it.
    """
    text = os.fspath(path) if isinstance(path, str | os.PathLike) else None
    if not isinstance(text, str):
        raise ConfigError(f"{what} is a {type(path).__name__}: pass a path, as a text or a pathlib.Path")
    if not text.strip():
        raise ConfigError(f"{what} is empty: pass a path")
    if "\0" in text:
        raise ConfigError(
            f"{what} {visible(text)} holds a NUL character, which no path can: take another name"
        )
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise ConfigError(f"{what} {visible(text)} can be no name of a file: take another name") from None
    home = os.path.expanduser(text)  # noqa: PTH111 - pathlib takes ./~name for ~name
    if text.startswith("~") and home == text:
        raise ConfigError(
            f"{what} {visible(text)} begins with a user who has no home folder: write the path in full, or "
            f"./{visible(text)} for a name that begins with ~"
        )
    return home


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return where a file is to be written, from the root on, ``~`` expanded.

    Raises
    ------
    ConfigError
        If that is no place for a file: a folder, a folder that is not there, an address, no path at all.
    """
    text = path_text(path, what="the file to write")
    if is_address(text):
        raise ConfigError(f"{visible(text)} is an address, and files are written into folders: pass a path")
    target = Path(text).absolute()  # so that it means the same wherever the process goes
    with typed_errors(target, is_whole=True):
        is_folder = not os.path.basename(text) or target.is_dir()  # noqa: PTH119 - pathlib drops a last /
        has_folder = target.parent.is_dir()
    if is_folder:
        raise ConfigError(f"{visible(text)} is a folder: name a file in it")
    if not has_folder:
        raise ConfigError(
            f"there is no folder {visible(str(target.parent))} to write {visible(target.name)} into: make "
            "it first"
        )
    return target


def is_stream(path: Path) -> bool:
    """Whether a path leads to a pipe, a device or what a process has opened: there, nothing is replaced."""
    place = link_target(path)
    if _DESCRIPTORS.fullmatch(os.fspath(place.parent)):
        return True
    with typed_errors(path, is_whole=True):
        return place.exists() and not stat.S_ISREG(place.stat().st_mode)


def link_target(path: Path) -> Path:
    """Return where links lead to; a link to what a process has opened is left as it is."""
    place = path
    with typed_errors(path, is_whole=True):
        for _ in range(_LINKS):
            place = Path(os.path.realpath(place.parent), place.name)
            if _DESCRIPTORS.fullmatch(os.fspath(place.parent)) or not place.is_symlink():
                return place
            place = place.parent / place.readlink()
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
