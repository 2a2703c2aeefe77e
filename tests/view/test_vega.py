"""The bundle for the browser, and pictures without one."""

import struct
import zlib
from pathlib import Path

import altair as alt
import polars as pl
import pytest

from cfusage_lab.view import picture, vega


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this test a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cfusage_lab" / f"{vega.bundle_name()}.mjs"


def test_the_bundle_is_made_once_and_then_read(cache: Path) -> None:
    """The second call returns what the first one left."""
    first = vega.bundle()
    cache.write_bytes(b"/* as found */" + cache.read_bytes())

    assert b"vegaEmbed" in first
    assert b"cdn.jsdelivr" not in first
    assert vega.bundle() == b"/* as found */" + first
    assert list(cache.parent.iterdir()) == [cache]


def test_a_bundle_cut_short_is_made_again(cache: Path) -> None:
    """A full disk must not break every chart from then on."""
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"export {veg")

    whole = vega.bundle()

    assert len(whole) > 500_000
    assert cache.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))

    assert b"vegaEmbed" in vega.bundle()


def test_the_bundle_is_named_after_altairs_vega_lite() -> None:
    """Another altair is another file."""
    major, minor, _ = alt.SCHEMA_VERSION.removeprefix("v").split(".")

    assert vega.bundle_name().startswith(f"vega-lite-{major}.{minor}-vl-convert-")


def test_a_picture_is_a_whole_png() -> None:
    """Every chunk's checksum holds, and the pixels unpack to the size that the header says."""
    table = pl.DataFrame({"x": ["a"], "y": [1.0]})
    png = picture(alt.Chart(table, width=60, height=40).mark_bar(color="#ff0000").encode(x="x", y="y"))

    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        data = png[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", png, at + 8 + length)[0] == zlib.crc32(kind + data)
        chunks[kind] = data
        at += length + 12
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    assert width > 60
    assert len(zlib.decompress(chunks[b"IDAT"])) == height * (width * 4 + 1)
    assert list(chunks)[-1] == b"IEND"
