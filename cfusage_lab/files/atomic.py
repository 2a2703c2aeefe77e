"""A file is written in one step, or not at all.

Whoever opens a file while it is written anew sees the old one or the new one, never a part. The folder has
to be there: a name that was mistyped makes none.
"""

import contextlib
import errno
import io
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast
from uuid import uuid4

from cfusage_lab.files.errors import typed_errors
from cfusage_lab.files.paths import checked_path, is_stream, link_target

__all__ = ["Content", "write_file", "write_together"]

Content = bytes | str | Callable[[BinaryIO], object]
"""What a file is to hold: bytes, a text in UTF-8, or what writes it into the opened file."""


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
        with typed_errors(target, is_whole=False), target.open("ab") as file:
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
                draft.back_up()
        for draft in drafts:
            draft.publish()
    except BaseException:
        for draft in reversed(drafts):
            draft.roll_back()
        raise
    for draft in drafts:
        draft.finish()


class _Draft:
    """A file that becomes another one in one step.

    It is in the same folder, under a short name: the target's own may be as long as a name can be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = link_target(path)
        name = uuid4().hex
        self.part = self.place.with_name(f".{name}.part")
        self.old = self.place.with_name(f".{name}.old")
        self.is_whole = False
        self.is_new = False

    def fill(self, content: Content) -> None:
        """Write the content, and have it on the disk."""
        with typed_errors(self.path, is_whole=True):
            is_there = self.place.exists()
            if is_there and not os.access(self.place, os.W_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
            with self.part.open("xb") as file:
                _fill(file, content)
                file.flush()
                os.fsync(file.fileno())
            if is_there:
                self._copy_attributes()
        self.is_whole = True

    def back_up(self) -> None:
        """Keep the file that is there under a second name."""
        with typed_errors(self.path, is_whole=True):
            self.is_new = not self.place.exists()
            if self.is_new:
                return
            try:
                self.old.hardlink_to(self.place)
            except OSError:  # not every file system has hard links
                shutil.copy2(self.place, self.old)

    def publish(self) -> None:
        """Put the whole file in its place."""
        with typed_errors(self.path, is_whole=True):
            self.part.replace(self.place)

    def roll_back(self) -> None:
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

    def finish(self) -> None:
        """Have the new name on the disk, and drop the old file."""
        with contextlib.suppress(OSError):  # it is written; some systems can't do more
            self.old.unlink(missing_ok=True)
            folder = os.open(self.place.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _copy_attributes(self) -> None:
        """Give the new file the owner, the permissions and the attributes of the one that is there."""
        now, there = self.part.stat(), self.place.stat()
        if (now.st_uid, now.st_gid) != (there.st_uid, there.st_gid):
            with contextlib.suppress(OSError):  # only root may give files away
                os.chown(self.part, there.st_uid, there.st_gid)
        shutil.copystat(self.place, self.part)
        os.utime(self.part)


class _RecordingFile(io.RawIOBase):
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
    recording = _RecordingFile(file)
    try:
        content(cast("BinaryIO", recording))
    except Exception as error:
        if recording.error is None:
            raise
        raise recording.error from error
