"""Pictures made without a browser, by ``vl_convert``, which has Vega inside: nothing is downloaded, ever.

It is a native library of 90 MB, and loaded when the first picture is made: who draws in the browser alone,
never waits for it, and a kernel inside a browser does without.
"""

import json
import struct
import zlib
from collections.abc import Callable
from types import ModuleType
from typing import Any, Final

import altair as alt

from cfusage_lab.errors import ConfigError
from cfusage_lab.view.characters import replace_pairs, replace_undrawable

__all__ = [
    "WANTED",
    "can_draw",
    "converter",
    "spec_to_png",
    "spec_to_svg",
    "svg_to_png",
    "vega_lite_version",
]

WANTED: Final = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
"""The Vega-Lite that altair writes for."""

_PNG: Final = b"\x89PNG\r\n\x1a\n"


def converter() -> ModuleType:
    """Return vl_convert.

    Raises
    ------
    ConfigError
        If it is not there, as in a kernel that runs inside a browser.
    """
    try:
        import vl_convert  # noqa: PLC0415 - only who asks for a picture waits for it
    except ImportError as error:
        raise ConfigError(
            "a picture (PNG or SVG) needs the package vl-convert-python, which is not here: "
            "pip install vl-convert-python; there is none for a browser's kernel, where charts are live alone"
        ) from error
    module: ModuleType = vl_convert
    return module


def can_draw() -> bool:
    """Whether pictures can be made here."""
    try:
        converter()
    except ConfigError:
        return False
    return True


def spec_to_png(spec: dict[str, Any], *, scale: float = 1.0) -> bytes:
    """Draw a complete Vega-Lite ``spec``, rows included, as a PNG.

    Raises
    ------
    ConfigError
        If vl_convert is not there.
    ValueError
        If Vega cannot draw it; the message is Vega's.
    """
    return _squeezed(_drawn(converter().vegalite_to_png, spec, scale=scale))


def spec_to_svg(spec: dict[str, Any]) -> str:
    """Draw a complete Vega-Lite ``spec``, rows included, as an SVG.

    Raises
    ------
    ConfigError
        If vl_convert is not there.
    ValueError
        If Vega cannot draw it; the message is Vega's.
    """
    drawn: str = _drawn(converter().vegalite_to_svg, spec)
    return drawn


def svg_to_png(picture: str, *, scale: float = 1.0) -> bytes:
    """Turn an SVG into a PNG.

    Raises
    ------
    ConfigError
        If vl_convert is not there.
    """
    return _squeezed(converter().svg_to_png(picture, scale=scale))


def vega_lite_version() -> str:
    """Choose altair's own Vega-Lite, or the newest there is if vl_convert does not know that one yet.

    Raises
    ------
    ConfigError
        If vl_convert is not there.
    """
    known: list[str] = converter().get_vegalite_versions()
    return WANTED if WANTED in known else known[-1]


def _drawn(convert: Callable[..., Any], spec: dict[str, Any], **options: Any) -> Any:  # noqa: ANN401 - a picture
    """Have a spec drawn, whatever characters are in it, its rows included."""
    text = replace_undrawable(json.dumps(spec))
    try:
        return convert(text, vl_version=vega_lite_version(), **options)
    except ValueError as error:
        if _HALVED not in str(error):
            raise
    return convert(replace_pairs(text), vl_version=vega_lite_version(), **options)


_HALVED: Final = "unexpected end of hex escape"
"""What the engine says where it has cut a text for want of room, and an emoji in it into halves."""


def _squeezed(png: bytes) -> bytes:
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
