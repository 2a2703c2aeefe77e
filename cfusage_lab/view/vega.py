"""Vega, Vega-Lite and vega-embed as one module for the browser, and pictures made without a browser.

Both come out of ``vl_convert``, which carries the libraries inside: nothing is downloaded, ever.
"""

import contextlib
import importlib.metadata
import json
import os
import struct
import sys
import tempfile
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import altair as alt
import vl_convert

from cfusage_lab.view.themes import THEMES
from cfusage_lab.view.writable import without_pairs, writable

__all__ = ["bundle", "bundle_name", "drawing_source", "drawing_style", "png", "squeezed", "svg"]

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_END: Final = b"\n// end of bundle\n"
"""Closes the stored file, so that one cut short by a full disk is not taken for a whole one."""


def bundle() -> bytes:
    """Return the libraries as an ES module that exports ``vegaEmbed`` (0.9 MB, no address in it).

    Making it takes about two seconds, so it is kept in the user's cache folder under a name that holds
    the versions: another kernel, or the next one, only reads it. Where nothing can be kept (no home, a
    full or read-only disk) each kernel makes its own.
    """
    folder = _cache_folder()
    kept = folder / f"{bundle_name()}.mjs" if folder else None
    if kept:
        with contextlib.suppress(OSError):
            source = kept.read_bytes()
            if source.endswith(_END):
                return source
    source = vl_convert.javascript_bundle("export {vegaEmbed};", vl_version=_vega_lite()).encode() + _END
    if kept:
        with contextlib.suppress(OSError):  # then the next kernel makes its own: slower, and nothing worse
            _keep(source, kept)
    return source


@cache
def bundle_name() -> str:
    """Name the bundle after the versions that made it; another version is another file."""
    return f"vega-lite-{_vega_lite()}-vl-convert-{importlib.metadata.version('vl-convert-python')}"


@cache
def drawing_source() -> str:
    """Return the script that draws with the bundle: functions of a module that exports none of them.

    The widget and a page without a kernel have their own lines after it. Those use ``libraryFrom(source)``,
    which makes a library of the bundle, and ``mount(element, {library, read})`` or ``draw(library, {spec,
    values, tables}, element, {theme})``, where a table is packed columns or an array of rows.
    """
    return f"const themes = {json.dumps(THEMES)};\n\n{_text('drawing.js')}"


@cache
def drawing_style() -> str:
    """Return the style sheet that goes with :func:`drawing_source`."""
    return _text("view.css")


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def png(spec: dict[str, Any], *, scale: float = 1.0) -> bytes:
    """Draw a complete Vega-Lite ``spec``, rows included, as a PNG.

    Raises
    ------
    ValueError
        If Vega cannot draw it; the message is Vega's.
    """
    return squeezed(_drawn(vl_convert.vegalite_to_png, spec, scale=scale))


def svg(spec: dict[str, Any]) -> str:
    """Draw a complete Vega-Lite ``spec``, rows included, as an SVG.

    Raises
    ------
    ValueError
        If Vega cannot draw it; the message is Vega's.
    """
    drawn: str = _drawn(vl_convert.vegalite_to_svg, spec)
    return drawn


def _drawn(convert: Callable[..., Any], spec: dict[str, Any], **options: Any) -> Any:  # noqa: ANN401 - a picture
    """Have a spec drawn, whatever characters are in it, its rows included."""
    text = writable(json.dumps(spec))
    try:
        return convert(text, vl_version=_vega_lite(), **options)
    except ValueError as error:
        if _HALVED not in str(error):
            raise
    return convert(without_pairs(text), vl_version=_vega_lite(), **options)


_HALVED: Final = "unexpected end of hex escape"
"""What the engine says where it has cut a text for want of room, and an emoji in it into halves."""


def squeezed(png: bytes) -> bytes:
    """Compress a PNG's pixels again, harder: a chart becomes six times smaller, pixel for pixel the same."""
    chunks, at = [], len(_PNG)
    while at < len(png):
        length, kind = struct.unpack_from(">I4s", png, at)
        chunks.append((kind, png[at + 8 : at + 8 + length]))
        at += length + 12
    pixels = zlib.compress(zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT")), 9)
    start = next(place for place, (kind, _) in enumerate(chunks) if kind == b"IDAT")
    kept = [chunk for chunk in chunks if chunk[0] != b"IDAT"]
    kept.insert(start, (b"IDAT", pixels))
    return _PNG + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in kept
    )


@cache
def _vega_lite() -> str:
    """Choose altair's own Vega-Lite, or the newest there is if vl_convert does not know that one yet."""
    known = vl_convert.get_vegalite_versions()
    wanted = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return wanted if wanted in known else known[-1]


def _keep(source: bytes, kept: Path) -> None:
    """Store the bundle in one step: several kernels may be doing the same."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, suffix=".part", delete=False) as file:
        part = Path(file.name)
        try:
            file.write(source)
        except OSError:
            part.unlink()
            raise
    part.replace(kept)


def _cache_folder() -> Path | None:
    """Choose where this user keeps caches: never a shared folder, for a browser runs what is in it."""
    if os.environ.get("XDG_CACHE_HOME"):
        return Path(os.environ["XDG_CACHE_HOME"], "cfusage_lab")
    if sys.platform == "win32" and os.environ.get("LOCALAPPDATA"):
        return Path(os.environ["LOCALAPPDATA"], "cfusage_lab", "cache")
    try:
        home = Path.home()
    except RuntimeError:  # a user without a home
        return None
    return home / ("Library/Caches" if sys.platform == "darwin" else ".cache") / "cfusage_lab"
