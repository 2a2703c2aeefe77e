"""How a file is written: in one step, or not at all.

Whoever opens a file while it is written anew sees the old one or the new one, never a part. The folder has
to be there: a name that was mistyped makes none.
"""

import contextlib
import errno
import io
import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from uuid import uuid4

from cfusage_lab.errors import ConfigError, TransportError
from cfusage_lab.wording import visible

__all__ = [
    "FORBIDDEN",
    "FULL",
    "Content",
    "checked_path",
    "expanded",
    "is_address",
    "is_stream",
    "shown",
    "write_file",
    "write_together",
]

Content = bytes | str | Callable[[BinaryIO], object]
"""What a file is to hold: bytes, a text in UTF-8, or what writes it into the opened file."""

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The system's numbers for a disk or a quota that is full."""

FORBIDDEN: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.EBUSY, errno.ETXTBSY})
"""The system's numbers for what may not be done."""

_ADDRESS: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_DESCRIPTORS: Final = re.compile(r"(/proc/[^/]+(/task/[^/]+)?|/dev)/fd")
"""Folders whose links lead to what a process has opened, such as its standard output."""
_LINKS: Final = 40
"""How many links in a row Linux follows."""


def is_address(location: str) -> bool:
    """Whether a location is the address of an object store, and no path."""
    return _ADDRESS.match(location) is not None


def shown(path: str | os.PathLike[str]) -> str:
    """Return a path as it may stand in a message, whatever characters it holds."""
    return visible(os.fspath(path))


def expanded(path: object, *, what: str) -> str:
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
        raise ConfigError(f"{what} {shown(text)} holds a NUL character, which no path can: take another name")
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        raise ConfigError(f"{what} {shown(text)} can be no name of a file: take another name") from None
    home = os.path.expanduser(text)  # noqa: PTH111 - pathlib takes ./~name for ~name
    if text.startswith("~") and home == text:
        raise ConfigError(
            f"{what} {shown(text)} begins with a user who has no home folder: write the path in full, or "
            f"./{shown(text)} for a name that begins with ~"
        )
    return home


def checked_path(path: str | os.PathLike[str]) -> Path:
    """Return where a file is to be written, from the root on, ``~`` expanded.

    Raises
    ------
    ConfigError
        If that is no place for a file: a folder, a folder that is not there, an address, no path at all.
    """
    text = expanded(path, what="the file to write")
    if is_address(text):
        raise ConfigError(f"{shown(text)} is an address, and files are written into folders: pass a path")
    target = Path(text).absolute()  # so that it means the same wherever the process goes
    with _explained(target, is_whole=True):
        is_folder = not os.path.basename(text) or target.is_dir()  # noqa: PTH119 - pathlib drops a last /
        has_folder = target.parent.is_dir()
    if is_folder:
        raise ConfigError(f"{shown(text)} is a folder: name a file in it")
    if not has_folder:
        raise ConfigError(
            f"there is no folder {shown(target.parent)} to write {shown(target.name)} into: make it first"
        )
    return target


def is_stream(path: Path) -> bool:
    """Whether a path leads to a pipe, a device or what a process has opened: there, nothing is replaced."""
    place = _followed(path)
    if _DESCRIPTORS.fullmatch(os.fspath(place.parent)):
        return True
    with _explained(path, is_whole=True):
        return place.exists() and not stat.S_ISREG(place.stat().st_mode)


def write_file(path: str | os.PathLike[str], content: Content) -> Path:
    """Write a file in one step, and return its path.

    A file that is there keeps its permissions, and is replaced once the new one is whole and on the disk; a
    new one has those that the process gives (its umask). Through a symbolic link, the file that it leads to
    is written. A hard link is another name of the older file, and keeps that. Into a pipe or a device, all
    is written directly.

    Raises
    ------
    ConfigError
        If it can't be written there.
    TransportError
        If there is no room. What stood there before is intact, and no other file is left behind.
    """
    target = checked_path(path)
    if is_stream(target):
        with _explained(target, is_whole=False), target.open("ab") as file:
            _fill(file, content)
    else:
        write_together({target: content})
    return target


def write_together(contents: Mapping[Path, Content]) -> None:
    """Write files that belong together, as :func:`write_file`: all of them are replaced, or none.

    Each is whole before the first is replaced; if a later one can't be, the earlier ones are put back.
    """
    drafts: list[_Draft] = []
    try:
        for path, content in contents.items():
            drafts.append(_Draft(checked_path(path)))
            drafts[-1].fill(content)
        if len(drafts) > 1:
            for draft in drafts:
                draft.keep()
        for draft in drafts:
            draft.publish()
    except BaseException:
        for draft in reversed(drafts):
            draft.withdraw()
        raise
    for draft in drafts:
        draft.settle()


class _Draft:
    """A file that becomes another one in one step.

    It lies beside its target, under a short name: the target's own may be as long as a name can be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = _followed(path)
        name = uuid4().hex
        self.part = self.place.with_name(f".{name}.part")
        self.old = self.place.with_name(f".{name}.old")
        self.is_whole = False
        self.is_new = False

    def fill(self, content: Content) -> None:
        """Write the content, and have it on the disk."""
        with _explained(self.path, is_whole=True):
            is_there = self.place.exists()
            if is_there and not os.access(self.place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            with self.part.open("xb") as file:
                _fill(file, content)
                file.flush()
                os.fsync(file.fileno())
            if is_there:
                self._dress()
        self.is_whole = True

    def keep(self) -> None:
        """Keep the file that is there under a second name."""
        with _explained(self.path, is_whole=True):
            self.is_new = not self.place.exists()
            if self.is_new:
                return
            try:
                self.old.hardlink_to(self.place)
            except OSError:  # not every file system has hard links
                shutil.copy2(self.place, self.old)

    def publish(self) -> None:
        """Put the whole file in its place."""
        with _explained(self.path, is_whole=True):
            self.part.replace(self.place)

    def withdraw(self) -> None:
        """Put back what was there, and leave nothing behind."""
        is_published = self.is_whole and not self.part.exists()
        with contextlib.suppress(OSError):
            if is_published and self.old.exists():
                self.old.replace(self.place)
            elif is_published and self.is_new:
                self.place.unlink()
            elif not is_published:
                self.old.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            self.part.unlink(missing_ok=True)

    def settle(self) -> None:
        """Have the new name on the disk, and drop the old file."""
        with contextlib.suppress(OSError):  # it is written; some systems can't do more
            self.old.unlink(missing_ok=True)
            folder = os.open(self.place.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _dress(self) -> None:
        """Give the new file the owner, the permissions and the attributes of the one that is there."""
        now, there = self.part.stat(), self.place.stat()
        if (now.st_uid, now.st_gid) != (there.st_uid, there.st_gid):
            with contextlib.suppress(OSError):  # only root may give files away
                os.chown(self.part, there.st_uid, there.st_gid)
        shutil.copystat(self.place, self.part)
        os.utime(self.part)


class _Watched(io.RawIOBase):
    """Writes into a file, and keeps the error by which that failed: others say it in words of their own."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.error: OSError | None = None

    def writable(self) -> bool:
        """Say so."""
        return True

    def write(self, data: Any) -> int:  # noqa: ANN401 - whatever has bytes
        """Write all of it."""
        try:
            return self._file.write(data)
        except OSError as error:
            self.error = error
            raise


def _fill(file: BinaryIO, content: Content) -> None:
    if not callable(content):
        file.write(content.encode() if isinstance(content, str) else content)
        return
    watched = _Watched(file)
    try:
        content(cast("BinaryIO", watched))
    except Exception as error:
        if watched.error is None:
            raise
        raise watched.error from error


def _followed(path: Path) -> Path:
    """Return where links lead to; a link to what a process has opened is left as it is."""
    place = path
    with _explained(path, is_whole=True):
        for _ in range(_LINKS):
            place = Path(os.path.realpath(place.parent), place.name)
            if _DESCRIPTORS.fullmatch(os.fspath(place.parent)) or not place.is_symlink():
                return place
            place = place.parent / place.readlink()
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


@contextlib.contextmanager
def _explained(path: Path, *, is_whole: bool) -> Iterator[None]:
    """Say which file it is that the system won't write, and what to do."""
    try:
        yield
    except OSError as error:
        said = error.strerror or str(error)
        if error.errno in FULL:
            after = "; what stood there before is intact" if is_whole else ""
            raise TransportError(
                f"no room to write {shown(path)}: free some space and write it again{after} ({said})",
                retryable=True,
            ) from error
        hint = "take another name or folder"
        if error.errno in FORBIDDEN:
            hint = (
                "close it where it is open in another program, such as Excel, and check that it and its "
                "folder may be written; or take another name"
            )
        raise ConfigError(f"{shown(path)} can't be written: {said}; {hint}") from error
