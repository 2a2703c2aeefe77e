"""The bundle for the browser: as it comes with the package, and as it is made for another altair."""

import importlib.metadata
import re
import sys
from pathlib import Path

import altair as alt
import pytest

from cfusage_lab.view import vega, vega_bundle

OTHER = "5.20"


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give this test an altair that writes for another Vega-Lite, and a cache folder of its own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(vega, "WANTED", OTHER)
    return tmp_path / "cfusage_lab" / f"{vega_bundle.bundle_name()}.mjs"


def test_what_comes_with_the_package_is_of_altairs_vega_lite() -> None:
    """If not, ``python -m cfusage_lab.view`` makes it anew: the first chart would wait for it otherwise."""
    major, minor, _ = alt.SCHEMA_VERSION.removeprefix("v").split(".")
    shipped = vega_bundle._shipped().name

    assert shipped.startswith(f"vega-lite-{major}.{minor}-vl-convert-")
    assert vega_bundle.bundle_name() == shipped.removesuffix(".mjs.gz")


def test_what_comes_with_the_package_is_what_vl_convert_makes() -> None:
    installed = importlib.metadata.version("vl-convert-python")
    if not vega_bundle.bundle_name().endswith(f"-vl-convert-{installed}"):
        pytest.skip(f"made by another release than {installed}")

    assert vega_bundle.bundle() == vega_bundle.make_bundle()


def test_what_comes_with_the_package_needs_no_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    bundle = vega_bundle.bundle()

    assert b"vegaEmbed" in bundle
    assert b"cdn.jsdelivr" not in bundle
    assert list(tmp_path.iterdir()) == []


def test_the_notices_of_what_is_bundled_come_with_it() -> None:
    """Each package is named over its licence, and so are those that others have taken in."""
    notice = Path(vega_bundle.__file__).with_name("NOTICE").read_text(encoding="utf-8")
    named = {
        name
        for names in re.findall(r"^-+\n(.*?)\n-+$", notice, re.DOTALL | re.MULTILINE)
        for name in names.split()
    }

    for name in ("vega", "vega-lite", "vega-embed", "d3-array", "delaunator", "fast-json-patch", "semver"):
        assert {name, f"{name},"} & named
    assert "University of Washington Interactive Data Lab" in notice
    assert "Joachim Wester" in notice


@pytest.mark.slow
def test_shipping_puts_one_file_in_the_place_of_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vega_bundle, "_HERE", tmp_path)
    (tmp_path / "vega-lite-5.8-vl-convert-1.0.mjs.gz").write_bytes(b"old")

    file = vega_bundle.ship()

    assert list(tmp_path.iterdir()) == [file]
    assert vega_bundle.bundle() == vega_bundle.make_bundle()


def test_for_another_altair_the_bundle_is_made_once_and_then_read(cache: Path) -> None:
    """The second call returns what the first one left."""
    first = vega_bundle.bundle()
    cache.write_bytes(b"/* as found */" + cache.read_bytes())

    assert vega_bundle.bundle_name().startswith(f"vega-lite-{OTHER}-vl-convert-")
    assert b"vegaEmbed" in first
    assert vega_bundle.bundle() == b"/* as found */" + first
    assert list(cache.parent.iterdir()) == [cache]


def test_a_bundle_cut_short_is_made_again(cache: Path) -> None:
    """A full disk must not break every chart from then on."""
    cache.parent.mkdir(parents=True)
    cache.write_bytes(b"export {veg")

    whole = vega_bundle.bundle()

    assert len(whole) > 500_000
    assert cache.read_bytes() == whole


@pytest.mark.usefixtures("cache")
def test_a_cache_that_cannot_be_written_is_done_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))

    assert b"vegaEmbed" in vega_bundle.bundle()


@pytest.mark.parametrize("is_there", [True, False], ids=["unknown to vl_convert", "without vl_convert"])
def test_a_vega_lite_that_nobody_has_is_replaced_by_the_one_that_comes_with_the_package(
    monkeypatch: pytest.MonkeyPatch, *, is_there: bool
) -> None:
    """The newest that vl_convert knows is the same, and made already."""
    shipped = vega_bundle.bundle_name()
    monkeypatch.setattr(vega, "WANTED", "9.9")
    if not is_there:
        monkeypatch.setitem(sys.modules, "vl_convert", None)

    assert vega_bundle.bundle_name() == shipped
    assert b"vegaEmbed" in vega_bundle.bundle()
