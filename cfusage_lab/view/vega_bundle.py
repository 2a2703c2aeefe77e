"""Vega, Vega-Lite and vega-embed as one module for the browser, and the script that draws with it.

The module comes with the package, so a chart waits for nothing: not for a network, nor for its being made.
``python -m cfusage_lab.view`` makes it anew, as it has to be where altair asks for another Vega-Lite.
"""

import contextlib
import gzip
import importlib.metadata
import json
import os
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from cfusage_lab.view import vega
from cfusage_lab.view.themes import THEMES

__all__ = [
    "bundle",
    "bundle_name",
    "drawing_source",
    "drawing_style",
    "make_bundle",
    "ship",
    "surroundings_style",
]

_HERE: Final = Path(__file__).parent
_SUFFIX: Final = ".mjs.gz"
_END: Final = b"\n// end of bundle\n"
"""Closes the stored file, so that one cut short by a full disk is not taken for a whole one."""


def bundle() -> bytes:
    """Return the libraries as an ES module that exports ``vegaEmbed`` (0.9 MB, no address in it).

    Where altair asks for another Vega-Lite than comes with the package, and vl_convert has it, the module is
    made, which takes seconds. So it is kept in the user's cache folder under a name that holds the versions:
    another kernel, or the next one, only reads it. Where nothing can be kept (no home, a full or read-only
    disk) each kernel makes its own.
    """
    if _is_shipped():
        return gzip.decompress(_shipped().read_bytes())
    folder = _cache_folder()
    kept = folder / f"{bundle_name()}.mjs" if folder else None
    if kept:
        with contextlib.suppress(OSError):
            source = kept.read_bytes()
            if source.endswith(_END):
                return source
    source = make_bundle()
    if kept:
        with contextlib.suppress(OSError):  # then the next kernel makes its own: slower, and nothing worse
            _keep(source, kept)
    return source


def bundle_name() -> str:
    """Name the bundle after the versions that made it; another version is another file."""
    return _shipped().name.removesuffix(_SUFFIX) if _is_shipped() else _name_of_made()


def make_bundle() -> bytes:
    """Make the module of what vl_convert carries inside.

    Raises
    ------
    ConfigError
        If vl_convert is not there.
    """
    libraries: str = vega.converter().javascript_bundle(
        "export {vegaEmbed};", vl_version=vega.vega_lite_version()
    )
    return libraries.encode() + _END


def ship() -> Path:
    """Make the module that comes with the package anew, in the place of the one that does."""
    for old in _HERE.glob(f"*{_SUFFIX}"):
        old.unlink()
    file = _HERE / f"{_name_of_made()}{_SUFFIX}"
    file.write_bytes(gzip.compress(make_bundle(), 9, mtime=0))
    return file


@cache
def drawing_source() -> str:
    """Return the script that draws with the bundle: functions of a module that exports none of them.

    The widget and a page without a kernel have their own lines after it. Those use ``libraryFrom(source)``,
    which makes a library of the bundle, and ``mount(element, {library, read})`` or ``draw(library, {spec,
    values, tables}, element, {theme})``, where a table is packed columns or an array of rows.
    """
    parts = map(_text, ("drawing.js", "heading.js", "drag.js"))
    return f"const themes = {json.dumps(THEMES)};\n\n" + "\n".join(parts)


@cache
def drawing_style() -> str:
    """Return the style sheet that goes with :func:`drawing_source`."""
    return _text("view.css")


@cache
def surroundings_style() -> str:
    """Return the style sheet for the boxes that a front end puts around a widget."""
    return _text("surroundings.css")


def _text(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _name_of_made() -> str:
    return (
        f"vega-lite-{vega.vega_lite_version()}-vl-convert-{importlib.metadata.version('vl-convert-python')}"
    )


def _shipped() -> Path:
    (file,) = _HERE.glob(f"*{_SUFFIX}")
    return file


def _is_shipped() -> bool:
    """Whether what comes with the package is altair's own Vega-Lite, or the nearest to it that can be had."""

    def is_of(version: str) -> bool:
        return _shipped().name.startswith(f"vega-lite-{version}-")

    return is_of(vega.WANTED) or not vega.can_draw() or is_of(vega.vega_lite_version())


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
