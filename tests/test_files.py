"""A file is written in one step or not at all, whatever is in its way."""

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import pytest

from cfusage_lab.errors import CfUsageError, ConfigError, TransportError
from cfusage_lab.files import write_file, write_together


@contextmanager
def mounted(folder: Path, *options: str) -> Iterator[None]:
    """Mount something at a place; skip the test where that is not allowed."""
    done = subprocess.run(["mount", *options, str(folder)], capture_output=True, check=False)  # noqa: S603, S607
    if done.returncode:
        pytest.skip("nothing can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607


def process(code: str, **options: object) -> str:
    """Run code in a process of its own, and return what it printed."""
    command = [sys.executable, "-c", f"from cfusage_lab.files import *\n{code}"]
    return subprocess.run(command, check=True, text=True, capture_output=True, **options).stdout  # noqa: S603


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("content", [b"new\n", "new\n", lambda file: file.write(b"new\n")])
@pytest.mark.parametrize("is_there", [True, False])
def test_a_file_holds_what_was_written_and_nothing_lies_beside_it(
    tmp_path: Path, content: object, *, is_there: bool
) -> None:
    path = tmp_path / "usage.csv"
    if is_there:
        path.write_text("old, and a good deal longer\n")

    assert write_file(path, content) == path

    assert path.read_bytes() == b"new\n"
    assert list(tmp_path.iterdir()) == [path]


def test_permissions_are_those_that_the_file_had(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.touch()
    path.chmod(0o640)

    write_file(path, "new")

    assert mode(path) == 0o640


def test_a_new_file_has_the_permissions_that_the_process_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_file(tmp_path / "usage.csv", "new")
    finally:
        os.umask(before)

    assert mode(tmp_path / "usage.csv") == 0o640


@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_stays_and_what_it_leads_to_is_written(tmp_path: Path, *, is_there: bool) -> None:
    """Two links in a row, one of them relative, into another folder."""
    (tmp_path / "kept").mkdir()
    target = tmp_path / "kept" / "usage.csv"
    if is_there:
        target.write_text("old")
    (tmp_path / "kept" / "middle").symlink_to("usage.csv")
    link = tmp_path / "usage.csv"
    link.symlink_to(Path("kept", "middle"))

    write_file(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert sorted(path.name for path in target.parent.iterdir()) == ["middle", "usage.csv"]


def test_a_hard_link_keeps_the_older_file(tmp_path: Path) -> None:
    path, other = tmp_path / "usage.csv", tmp_path / "other.csv"
    path.write_text("old")
    other.hardlink_to(path)

    write_file(path, "new")

    assert (path.read_text(), other.read_text()) == ("new", "old")


@pytest.mark.parametrize("name", ["a" * 251 + ".csv", "ü" * 125 + ".csv", "a b#c%20d?e[f]*\n.csv", "~.csv"])
def test_any_name_that_a_file_system_takes_is_a_name(tmp_path: Path, name: str) -> None:
    write_file(tmp_path / name, "old")
    write_file(tmp_path / name, "new")

    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "new"


def test_a_tilde_is_the_home_folder_and_only_at_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(tmp_path)

    assert write_file("~/usage.csv", "new") == home / "usage.csv"
    write_file("./~usage.csv", "other")

    assert (home / "usage.csv").read_text() == "new"
    assert (tmp_path / "~usage.csv").read_text() == "other"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (None, "is a NoneType: pass a path"),
        (b"usage.csv", "is a bytes: pass a path"),
        (7, "is a int: pass a path"),
        ("", "is empty"),
        ("  ", "is empty"),
        ("a\0b.csv", "NUL character"),
        ("~nobody-is-called-this/usage.csv", "no home folder"),
        ("s3://bucket/usage.csv", "is an address"),
        ("file:///tmp/usage.csv", "is an address"),
        (".", "is a folder"),
        ("usage.csv/", "is a folder"),
        ("absent/usage.csv", "no folder .*absent .* make it first"),
        ("file/usage.csv", "no folder .*file .* make it first"),
        ("x" * 300, "can't be written"),
        ("loop", "can't be written"),
        ("ab\x1b[2J/usage.csv", r"no folder .*ab␛\[2J"),
    ],
)
def test_an_invalid_place_for_a_file_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: object, said: str
) -> None:
    (tmp_path / "file").write_text("mine")
    (tmp_path / "loop").symlink_to("loop")
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError, match=said):
        write_file(path, "new")

    assert sorted(one.name for one in tmp_path.iterdir()) == ["file", "loop"]
    assert (tmp_path / "file").read_text() == "mine"


def _interrupted(file: BinaryIO) -> None:
    file.write(b"half")
    raise KeyboardInterrupt


def _failing(file: BinaryIO) -> None:
    file.write(b"half")
    raise PermissionError(13, "Permission denied")


@pytest.mark.parametrize(
    ("content", "error"),
    [(_interrupted, KeyboardInterrupt), (_failing, ConfigError), ("\ud800", UnicodeError)],
)
def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, content: object, error: type[BaseException]
) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("old")

    with pytest.raises(error):
        write_file(path, content)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_message_says_what_to_do_where_another_program_has_it_open(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"usage.csv can't be written: .*close it .*Excel"):
        write_file(tmp_path / "usage.csv", _failing)


def test_a_full_disk_leaves_the_old_file(tmp_path: Path) -> None:
    with mounted(tmp_path, "-t", "tmpfs", "-o", "size=16k", "tmpfs"):
        path = tmp_path / "usage.csv"
        path.write_text("old")

        with pytest.raises(TransportError, match=r"no room to write .*usage.csv.* intact") as caught:
            write_file(path, b"x" * 100_000)

        assert caught.value.retryable
        assert path.read_text() == "old"
        assert list(tmp_path.iterdir()) == [path]


def test_a_limit_of_the_process_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "usage.csv"
    path.write_text("old")

    said = process(
        "import resource, signal\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))\n"
        f"try: write_file({str(path)!r}, b'x' * 100_000)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    assert said.startswith("TransportError no room to write")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(os, "setuid") or os.getuid() != 0, reason="only root can be somebody else")
@pytest.mark.parametrize(("folder_mode", "file_mode"), [(0o755, 0o666), (0o777, 0o444), (0o000, 0o666)])
def test_what_may_not_be_written_is_left_alone(tmp_path: Path, folder_mode: int, file_mode: int) -> None:
    """A folder that takes no new file, a file that is protected, a folder that can't be entered."""
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "usage.csv"
    path.write_text("old")
    path.chmod(file_mode)
    folder.chmod(folder_mode)
    for parent in tmp_path.parents[:-2]:
        parent.chmod(0o755)
    tmp_path.chmod(0o755)

    said = process(
        "import os; os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        f"try: write_file({str(path)!r}, 'new')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    assert said.startswith("ConfigError ")
    assert "Permission denied" in said
    folder.chmod(0o755)
    assert path.read_text() == "old"
    assert list(folder.iterdir()) == [path]


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()

    write_file(pipe, "new")

    reader.join(30)
    assert read == ["new"]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_the_standard_output_is_written_into_whatever_it_is(tmp_path: Path) -> None:
    """A pipe, and a file that a shell has opened and written into."""
    code = "print('first', flush=True); write_file('/dev/stdout', 'new\\n')"

    assert process(code) == "first\nnew\n"
    with (tmp_path / "out").open("a") as out:
        command = [sys.executable, "-c", f"from cfusage_lab.files import *\n{code}"]
        subprocess.run(command, check=True, stdout=out)  # noqa: S603
    assert (tmp_path / "out").read_text() == "first\nnew\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_devices_are_written_into() -> None:
    before = Path(os.devnull).stat()

    write_file(os.devnull, "new")

    assert Path(os.devnull).stat().st_rdev == before.st_rdev


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no device that is always full")
def test_a_device_without_room_is_said() -> None:
    with pytest.raises(
        TransportError, match=r"no room to write /dev/full: free some space and write it again \("
    ):
        write_file("/dev/full", "new")


def _make_a_folder(path: Path) -> Callable[[BinaryIO], None]:
    """Put a folder in the way of a file while that is written."""

    def write(file: BinaryIO) -> None:
        path.mkdir()
        file.write(b"new")

    return write


@pytest.mark.parametrize("is_there", [True, False])
def test_of_two_files_both_are_replaced_or_none(tmp_path: Path, *, is_there: bool) -> None:
    """The second can't be put in its place: the first is what it was, with its other names."""
    first, second, other = tmp_path / "a.csv", tmp_path / "a.json", tmp_path / "other"
    if is_there:
        first.write_text("old")
        first.chmod(0o600)
        other.hardlink_to(first)

    with pytest.raises(ConfigError, match=r"a\.json can't be written"):
        write_together({first: "new", second: _make_a_folder(second)})

    second.rmdir()
    assert set(tmp_path.iterdir()) == ({first, other} if is_there else set())
    if is_there:
        assert first.read_text() == "old"
        assert mode(first) == 0o600
        assert first.samefile(other)


def test_of_two_files_none_is_touched_before_both_are_whole(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "a.json"
    first.write_text("old")
    second.write_text("older")

    for broken in (_interrupted, _failing):
        with pytest.raises((KeyboardInterrupt, CfUsageError)):
            write_together({first: "new", second: broken})

    assert (first.read_text(), second.read_text()) == ("old", "older")
    assert set(tmp_path.iterdir()) == {first, second}


def test_two_files_are_both_replaced(tmp_path: Path) -> None:
    first, second = tmp_path / "a.csv", tmp_path / "a.json"
    first.write_text("old")

    write_together({first: "1", second: "2"})

    assert (first.read_text(), second.read_text()) == ("1", "2")
    assert set(tmp_path.iterdir()) == {first, second}
