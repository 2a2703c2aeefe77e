"""Whatever a folder is called: an archive in it works, or is refused before anything is written."""

import os
import string
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import BATCH, DAY, NOW, SUPPORT, Nights
from polars.testing import assert_frame_equal

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import TimeRange

END = NOW.replace(hour=0, minute=0) - 3 * DAY
SPAN = TimeRange(END.replace(day=1) - 2 * DAY, END.replace(day=3))  # in two months
REFUSED = [*"[]^|\\"]


def use_all(folder: Path) -> None:
    """Write, read in every way, write again, tidy up: all of it is what the client says."""
    nights = Nights(folder)
    nights.update(SPAN)
    nights.update(SPAN, accounts=BATCH)
    expected = nights.client.usage_history(SPAN, accounts=[SUPPORT, BATCH], with_ids=False)
    archive = nights.archive
    assert archive.source == "sandbox"
    assert archive.accounts()["account_id"].to_list() == [SUPPORT, BATCH]
    assert_frame_equal(archive.usage_history(SPAN), expected)
    assert_frame_equal(archive.scan().sort("account_id", "start_time").collect(), expected)
    assert archive.held() == SPAN
    assert archive.coverage()["missing"].sum() == 0
    assert archive.revisions().height == 0
    assert archive.verify()["rows"].to_list() == [expected.height]
    assert archive.compact()["files_deleted"].to_list() == [0]


PRINTABLE = [one for one in string.punctuation if one not in REFUSED and one != "/"]
OTHERS = [
    "a b",
    " a",
    "a ",
    "a.",
    "...",
    "ü",
    "u\u0308",
    "😀",
    "\u2028",
    "\x85",
    "%",
    "%%",
    "%zz",
    "a%2",
    "~",
    "~a",
]


@pytest.mark.parametrize(
    "name",
    [
        "".join(PRINTABLE),
        " ".join(OTHERS[:8]),
        "Application Support",
        "env=prod",
        "month=2026-11",
        "s3:",
        "x" * 255,
        "*",
        "?",
        "#",
        "%",
    ],
)
def test_an_archive_works_in_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    use_all(tmp_path / name)

    assert [path.name for path in tmp_path.iterdir()] == [name]


def works_or_is_refused(folder: Path) -> None:
    """Store a day and read it; or be refused, with nothing written."""
    before = sorted(folder.parent.iterdir())
    day = TimeRange(END - DAY, END)
    try:
        nights = Nights(folder)
        nights.update(day)
    except ConfigError:
        assert sorted(folder.parent.iterdir()) == before
        return
    assert_frame_equal(nights.archive.usage_history(day), nights.client.usage_history(day, with_ids=False))
    assert nights.archive.scan().collect().height == nights.archive.verify()["rows"].item() == 24
    assert {folder.name} >= {path.name for path in folder.parent.iterdir()} - {path.name for path in before}


@pytest.mark.parametrize("name", [*REFUSED, "%41", "a%20b", "a\nb", "\x7f", os.fsdecode(b"\xff"), "x" * 256])
def test_what_delta_takes_for_another_name_is_refused_before_anything_is_written(
    tmp_path: Path, name: str
) -> None:
    (tmp_path / "A").mkdir()
    nights = Nights(tmp_path / "A" / name)

    with pytest.raises(ConfigError):
        nights.update(TimeRange(END - DAY, END))

    assert list((tmp_path / "A").iterdir()) == []
    assert list(tmp_path.iterdir()) == [tmp_path / "A"]
    assert nights.sandbox.requests == ()


@settings(max_examples=25)
@given(
    st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=40).filter(
        lambda name: name not in {".", ".."} and name.strip()
    )
)
def test_any_name_works_or_is_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    works_or_is_refused(tmp_path_factory.mktemp("any") / name)


def test_similar_names_are_different_folders(tmp_path: Path) -> None:
    """Each of these is somebody's idea of another one among them."""
    names = ["a b", "a+b", "a", "a ", "A", "%", "%25", "a%b", "a%20b", "ü", "u\u0308", "a?b", "a#b"]
    held = {}
    for number, name in enumerate(names, 1):
        nights = Nights(tmp_path / name)
        span = TimeRange(END - number * DAY, END)
        try:
            nights.update(span)
        except ConfigError:
            continue
        held[name] = span

    assert {path.name for path in tmp_path.iterdir()} == held.keys()
    for name, span in held.items():
        assert UsageArchive(tmp_path / name, now=NOW).held() == span


def test_a_relative_folder_stays_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    monkeypatch.chdir(tmp_path / "first")
    nights = Nights(Path("my usage"))
    archive = UsageArchive("my usage", now=NOW)
    rows = nights.update(SPAN) and archive.scan()

    monkeypatch.chdir(tmp_path / "second")

    assert archive.usage_history(SPAN).height == rows.collect().height
    assert list((tmp_path / "second").iterdir()) == []


def test_a_tilde_is_the_home_folder_and_only_at_the_beginning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "my home"))
    monkeypatch.chdir(tmp_path)

    assert UsageArchive("~/usage").location == str(tmp_path / "my home" / "usage")
    assert UsageArchive("./~").location == str(tmp_path / "~")
    with pytest.raises(ConfigError, match="no home folder"):
        UsageArchive("~nobody-is-called-this/usage")


def test_a_link_is_followed_to_where_it_leads_now(tmp_path: Path) -> None:
    """An archive by a link is that of the folder; and dots after a link are the system's, not the text's."""
    (tmp_path / "a b" / "c").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a b" / "c")
    Nights(tmp_path / "link").update(SPAN)
    Nights(tmp_path / "link" / ".." / "d").update(SPAN)

    for folder in ("c", "d"):
        assert UsageArchive(tmp_path / "a b" / folder, now=NOW).usage_history(SPAN).height > 0
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    assert UsageArchive(tmp_path / "link", now=NOW).accounts().height == 0


def test_a_link_to_a_name_that_delta_mistakes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "%41").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "%41")

    with pytest.raises(ConfigError, match="'%41'"):
        UsageArchive(tmp_path / "link")


@pytest.mark.parametrize(
    "location",
    [
        b"usage",
        7,
        object(),
        "",
        " ",
        "a\0b",
        Path("s3://bucket/usage"),
        "s3:/bucket/usage",
        "file://host/usage",
    ],
)
def test_what_is_no_location_is_refused(
    location: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    with pytest.raises(ConfigError):
        UsageArchive(location)

    assert list(tmp_path.iterdir()) == []


def test_the_address_of_a_folder_is_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "a b#c?d%zz"

    assert UsageArchive(folder.as_uri()).location == str(folder)


def test_the_default_folder_may_have_a_space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS has it: ~/Library/Application Support."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "Application Support"))
    nights = Nights(tmp_path)

    UsageArchive(now=NOW).update(nights.client, SPAN, progress=Quiet())

    assert UsageArchive(now=NOW).held() == SPAN


def test_an_export_goes_into_a_folder_of_any_name(tmp_path: Path) -> None:
    nights = Nights(tmp_path / "usage")
    nights.update(SPAN)
    for name in ("env=prod", "a b#%20?[x]*\n"):
        (tmp_path / name).mkdir()
        path = nights.archive.export(tmp_path / name / f"{name}.parquet")
        with path.open("rb") as file:
            assert pl.read_parquet(file).height == nights.archive.usage_history(SPAN).height


def test_a_path_that_is_too_long_or_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for place in ("x" * 256, "file/usage", "file"):
        nights = Nights(tmp_path / place)
        with pytest.raises(CfUsageError) as caught:
            nights.update(SPAN)
        assert isinstance(caught.value, ConfigError), place
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("address", ["nowhere://bucket/usage", "http://127.0.0.1:9/usage"])
def test_an_address_of_an_unknown_kind_is_said(tmp_path: Path, address: str) -> None:
    client = Nights(tmp_path).client

    with pytest.raises(ConfigError, match=r"check the address .*Unknown scheme"):
        UsageArchive(address, now=NOW).update(client, SPAN, progress=Quiet())
