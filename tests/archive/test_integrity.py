"""Full disks, strangers, damage and the future: a clear error, and the old data intact."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable, Field, write_deltalake
from nights import BATCH, DAY, NOW, RESEARCH, SUPPORT, Nights, contents
from polars.testing import assert_frame_equal
from processes import run_code

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError, TransportError
from cfusage_lab.ranges import TimeRange

END = NOW.replace(hour=0, minute=0) - 3 * DAY
SPAN = TimeRange(END - 30 * DAY, END)
SHORT = TimeRange(END - 2 * DAY, END)


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Store one account in two months; only to be copied."""
    folder = tmp_path_factory.mktemp("stored") / "usage"
    Nights(folder).update(SPAN)
    return folder


@pytest.fixture
def nights(stored: Path, tmp_path: Path) -> Nights:
    """Copy it, to be damaged."""
    shutil.copytree(stored, tmp_path / "usage")
    return Nights(tmp_path / "usage")


def table(nights: Nights) -> Path:
    return nights.folder / "sandbox" / "hour"


def parts(nights: Nights) -> list[Path]:
    return sorted(table(nights).rglob("*.parquet"))


def commits(nights: Nights) -> list[Path]:
    return sorted((table(nights) / "_delta_log").glob("*.json"))


def mounting(*words: str) -> bool:
    """Mount or unmount a file system, and say whether that was allowed."""
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - fixed words
    return not done.returncode


@contextmanager
def small_disk(folder: Path, kilobytes: int) -> Iterator[Path]:
    """Mount a file system of this size; skip the test where that is not allowed."""
    folder.mkdir()
    if not mounting("mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", str(folder)):
        pytest.skip("file systems can't be mounted here")
    try:
        yield folder
    finally:
        assert mounting("umount", str(folder))


@pytest.mark.parametrize("free", [0, 1, 2, 3, 5, 8, 12, 20])
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path, free: int) -> None:
    """At whatever point of the update the room runs out, the archive is as it was, and goes on later."""
    with small_disk(tmp_path / "disk", 512) as disk:
        nights = Nights(disk / "usage")
        nights.update(SPAN)
        before = nights.archive.usage_history(SPAN)
        room = os.statvfs(disk)
        ballast = disk / "ballast"
        ballast.write_bytes(b"\0" * max(0, room.f_bavail * room.f_frsize - free * 1_024))

        with pytest.raises(TransportError, match=r"no room .* intact") as caught:
            nights.update(TimeRange(END - 40 * DAY, END), accounts=[BATCH, RESEARCH, SUPPORT])

        assert caught.value.retryable
        assert_frame_equal(nights.archive.usage_history(SPAN, accounts=SUPPORT), before)
        nights.archive.verify()
        ballast.unlink()
        nights.update(SPAN, accounts=BATCH)
        assert nights.archive.usage_history(SPAN, accounts=BATCH).height == 720


def test_a_quota_is_said_and_loses_nothing(nights: Nights) -> None:
    """In a process that may write files of 3 kilobytes at most, which any user can ask for."""
    before = nights.archive.usage_history(SPAN)
    code = (
        "import resource, signal; from pathlib import Path; from datetime import datetime\n"
        "from nights import BATCH, Nights; from cfusage_lab.ranges import TimeRange\n"
        "from cfusage_lab.errors import TransportError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))\n"
        f"span = TimeRange(datetime.fromisoformat({SPAN.start.isoformat()!r}),"
        f" datetime.fromisoformat({SPAN.end.isoformat()!r}))\n"
        "try:\n"
        f"    Nights(Path({str(nights.folder)!r})).update(span, accounts=BATCH)\n"
        "except TransportError as error:\n"
        "    print(error)\n"
    )

    assert "no room to write the archive" in run_code(code, beside=__file__)
    assert_frame_equal(nights.archive.usage_history(SPAN), before)
    nights.archive.verify()


def test_a_folder_that_may_not_be_written_is_said(tmp_path: Path) -> None:
    """A file stands where the folder should be: nobody, not even root, may write there."""
    (tmp_path / "file").write_text("mine")
    nights = Nights(tmp_path / "file" / "usage")

    with pytest.raises(ConfigError, match="check that the folder is one"):
        nights.update(SHORT)
    with pytest.raises(ConfigError, match="not a folder"):
        Nights(tmp_path / "file").update(SHORT)

    assert (tmp_path / "file").read_text() == "mine"


def test_a_read_only_archive_can_be_read_and_says_that_it_cannot_be_written(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 512) as disk:
        nights = Nights(disk / "usage")
        nights.update(SPAN)
        before = nights.archive.usage_history(SPAN)
        assert mounting("mount", "-o", "remount,ro", str(disk))

        with pytest.raises(ConfigError, match=r"permissions; .* intact"):
            nights.update(SHORT, accounts=BATCH)

        assert_frame_equal(nights.archive.usage_history(SPAN), before)


def _foreign_table(folder: Path) -> None:
    write_deltalake(folder / "sandbox" / "hour", pl.DataFrame({"a": [1]}))


def _delta_itself(folder: Path) -> None:
    write_deltalake(folder, pl.DataFrame({"a": [1]}))


def _other_files(folder: Path) -> None:
    (folder / "sandbox" / "hour").mkdir(parents=True)
    (folder / "sandbox" / "hour" / "thesis.txt").write_text("mine")


@pytest.mark.parametrize("occupy", [_foreign_table, _delta_itself, _other_files])
def test_what_is_not_an_archive_is_left_alone(tmp_path: Path, occupy: Callable[[Path], None]) -> None:
    nights = Nights(tmp_path)
    occupy(tmp_path)
    before = contents(tmp_path)

    with pytest.raises(ConfigError, match="a folder of its own"):
        nights.update(SHORT)

    assert contents(tmp_path) == before
    assert nights.sandbox.requests == ()


def rewrite(path: Path, change: Callable[[dict[str, object]], None]) -> None:
    """Change the entries of a commit."""
    entries = [json.loads(line) for line in path.read_text().splitlines()]
    for entry in entries:
        change(entry)
    path.write_text("\n".join(map(json.dumps, entries)))


def _newer_layout(entry: dict[str, object]) -> None:
    if "metaData" in entry:
        entry["metaData"]["configuration"]["cfusage_lab.layout"] = "2"


def _newer_protocol(entry: dict[str, object]) -> None:
    if "protocol" in entry:
        entry["protocol"] = {"minReaderVersion": 9, "minWriterVersion": 9}


def _newer_feature(entry: dict[str, object]) -> None:
    if "protocol" in entry:
        entry["protocol"] = {
            "minReaderVersion": 3,
            "minWriterVersion": 7,
            "readerFeatures": ["telepathy"],
            "writerFeatures": ["telepathy"],
        }


@pytest.mark.parametrize("change", [_newer_layout, _newer_protocol, _newer_feature])
def test_a_table_of_the_future_is_not_touched(
    nights: Nights, change: Callable[[dict[str, object]], None]
) -> None:
    rewrite(commits(nights)[0], change)
    before = contents(nights.folder)

    for use in (lambda: nights.update(SPAN, accounts=BATCH), lambda: nights.archive.usage_history(SPAN)):
        with pytest.raises(ConfigError, match="newer version"):
            use()

    assert contents(nights.folder) == before


def test_a_table_of_the_future_that_has_columns_more_is_not_touched_either(nights: Nights) -> None:
    """Nothing of theirs is thrown away."""
    DeltaTable(table(nights)).alter.add_columns(Field("note", "string"))

    with pytest.raises(ConfigError, match="newer version \\(columns note\\)"):
        nights.update(SPAN, accounts=BATCH)

    assert DeltaTable(table(nights)).count() == 720


def test_a_table_with_features_that_hide_rows_is_not_read(nights: Nights) -> None:
    """With deletion vectors, a file holds rows that are no longer meant."""

    def mark(entry: dict[str, object]) -> None:
        if "protocol" in entry:
            features = ["deletionVectors"]
            entry["protocol"] = {"minReaderVersion": 3, "minWriterVersion": 7}
            entry["protocol"] |= {"readerFeatures": features, "writerFeatures": features}

    rewrite(commits(nights)[0], mark)

    with pytest.raises(ConfigError, match="newer version"):
        nights.archive.usage_history(SPAN)


def _cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


def _garbage(path: Path) -> None:
    path.write_bytes(random.Random(1).randbytes(path.stat().st_size))  # noqa: S311 - no secret


@pytest.mark.parametrize("damage", [_cut_short, _emptied, _gone, _garbage])
def test_a_damaged_file_is_found_and_named(nights: Nights, damage: Callable[[Path], None]) -> None:
    damage(parts(nights)[0])

    with pytest.raises(PayloadError, match="put a copy of it back"):
        nights.archive.verify()
    with pytest.raises(PayloadError, match=r"damaged.* put a copy of it back"):
        nights.archive.usage_history(SPAN)
    with pytest.raises(PayloadError):
        nights.update(SPAN)
    with pytest.raises(PayloadError):
        nights.archive.compact()


@pytest.mark.parametrize(
    ("which", "damage"),
    [
        (0, _cut_short),
        (0, _emptied),
        (0, _gone),
        (0, _garbage),
        (1, _cut_short),
        (1, _emptied),
        (1, _gone),
        (1, _garbage),
        (2, _cut_short),
        (2, _emptied),
        (2, _garbage),
    ],
)
def test_a_damaged_log_is_an_error_and_nothing_is_built_upon_it(
    nights: Nights, damage: Callable[[Path], None], which: int
) -> None:
    nights.update(SPAN, accounts=BATCH)
    damage(commits(nights)[which])
    before = contents(nights.folder)

    for use in (lambda: nights.update(SPAN), lambda: nights.archive.usage_history(SPAN)):
        with pytest.raises(CfUsageError):
            use()

    assert contents(nights.folder) == before


def test_a_number_that_was_altered_is_found(nights: Nights) -> None:
    """One window of 720 costs a millionth more, in a file of the same shape that polars wrote."""
    path = parts(nights)[0]
    rows = pl.read_parquet(path, hive_partitioning=False)
    altered = rows.with_columns(
        pl.when(pl.int_range(pl.len()) == 7)
        .then(pl.col("aggregated_value") + 1e-6)
        .otherwise("aggregated_value")
        .alias("aggregated_value")
    )
    altered.write_parquet(path)
    _tell_the_log(nights, path)

    with pytest.raises(PayloadError, match="2026-10 is not what was written"):
        nights.archive.verify()


def test_windows_that_were_removed_are_found(nights: Nights) -> None:
    path = parts(nights)[0]
    pl.read_parquet(path, hive_partitioning=False).head(-1).write_parquet(path)
    _tell_the_log(nights, path)

    with pytest.raises(PayloadError, match="is not what was written"):
        nights.archive.verify()


def _tell_the_log(nights: Nights, path: Path) -> None:
    """Make the log agree with the size of a file that was altered by somebody careful."""

    def resize(entry: dict[str, object]) -> None:
        if "add" in entry and entry["add"]["path"].endswith(path.name):
            entry["add"]["size"] = path.stat().st_size
            del entry["add"]["stats"]

    rewrite(commits(nights)[-1], resize)


def test_an_action_that_became_unreadable_is_found(nights: Nights) -> None:
    """Delta passes over what it does not know: a month would be gone in silence."""
    newest = commits(nights)[-1]
    newest.write_text(newest.read_text().replace('{"add":', '{"adt":', 1))

    with pytest.raises(PayloadError, match="of the log was altered"):
        nights.archive.verify()
    with pytest.raises(ConfigError, match="holds no hours of account"):
        nights.archive.usage_history(SPAN)


def test_duplicate_windows_are_refused(nights: Nights) -> None:
    newest = commits(nights)[-1]
    lines = newest.read_text().splitlines()
    add = next(line for line in lines if line.startswith('{"add"'))
    path = table(nights) / json.loads(add)["add"]["path"]
    shutil.copy(path, path.with_name("again.parquet"))
    newest.write_text("\n".join([*lines, add.replace(path.name, "again.parquet")]))

    with pytest.raises(PayloadError, match="duplicate windows"):
        nights.archive.usage_history(SPAN)
    with pytest.raises(PayloadError, match="duplicate windows"):
        nights.archive.verify()


def test_no_flipped_bit_goes_unnoticed(nights: Nights) -> None:
    """At any place of any file: verify() refuses it, or every number is what it was."""
    chance = random.Random(7)  # noqa: S311 - no secret
    history = nights.archive.usage_history(SPAN)
    found = 0
    for _ in range(60):
        path = chance.choice(parts(nights))
        whole = path.read_bytes()
        place = chance.randrange(len(whole))
        path.write_bytes(
            whole[:place] + bytes([whole[place] ^ 1 << chance.randrange(8)]) + whole[place + 1 :]
        )
        try:
            nights.archive.verify()
        except PayloadError:
            found += 1
        else:
            assert_frame_equal(nights.archive.usage_history(SPAN), history)
        path.write_bytes(whole)

    assert found > 30


def test_compacting_deletes_what_is_old_and_unneeded_alone(nights: Nights) -> None:
    """Of three versions of two months, those files go that were replaced more than a week ago."""
    nights.update(SPAN, accounts=BATCH)
    nights.update(SPAN, accounts=RESEARCH)
    before = nights.archive.usage_history(SPAN)
    kept = {Path(uri).name for uri in DeltaTable(table(nights)).file_uris()}
    assert len(parts(nights)) == 6
    _age(nights, days=8)

    assert nights.archive.compact().rows() == [("sandbox", "hour", 4)]

    left = {path.name for path in parts(nights) if "_delta_log" not in str(path)}
    assert nights.archive.compact()["files_deleted"].to_list() == [0]
    assert left == kept
    assert_frame_equal(nights.archive.usage_history(SPAN), before)
    nights.archive.verify()


def _age(nights: Nights, *, days: int) -> None:
    """Let all that was ever written be older."""
    for path in nights.folder.rglob("*"):
        if path.is_file():
            os.utime(path, (path.stat().st_mtime - days * 86_400,) * 2)

    def older(entry: dict[str, object]) -> None:
        for action in ("add", "remove"):
            if action in entry:
                name = "modificationTime" if action == "add" else "deletionTimestamp"
                entry[action][name] -= days * 86_400_000

    for path in commits(nights):
        rewrite(path, older)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "deltalake", None)

    with pytest.raises(ConfigError, match=r'pip install "cfusage-lab\[archive\]"'):
        UsageArchive(tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"source": "mine"}, "'account' or 'sandbox'"),
        ({"now": NOW.replace(tzinfo=None)}, "no time zone"),
        ({"location": " "}, "empty"),
    ],
)
def test_invalid_arguments_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        UsageArchive(**options)


def test_importing_the_archive_does_not_import_delta() -> None:
    heavy = {"deltalake", "httpx", "platformdirs"}

    assert (
        run_code(f"import sys, cfusage_lab.archive; print({heavy} & {{*sys.modules}})", beside=__file__)
        == "set()\n"
    )


def test_an_export_to_a_full_disk_leaves_the_old_file(nights: Nights, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", 16) as disk:
        path = disk / "usage.csv"
        path.write_text("old")

        with pytest.raises(TransportError, match="no room"):
            nights.archive.export(path)

        assert path.read_text() == "old"
        assert list(disk.iterdir()) == [path]


def test_hours_are_not_asked_for_where_days_are_damaged(nights: Nights) -> None:
    """The tables are apart: damage in one is no trouble to the other."""
    nights.update(SPAN, granularity="day")
    for path in (nights.folder / "sandbox" / "day").rglob("*.parquet"):
        path.unlink()

    assert nights.archive.usage_history(SPAN).height == 720
    with pytest.raises(PayloadError):
        nights.archive.usage_history(SPAN, granularity="day")
