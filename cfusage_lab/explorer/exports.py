"""What leaves the screen: tables, pictures, a page, the code behind them."""

import base64
import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.errors import ConfigError
from cfusage_lab.frames.table_files import write_csv
from cfusage_lab.view import svg
from cfusage_lab.view.pages import standalone
from cfusage_lab.view.vega import svg_to_png
from cfusage_lab.wording import html_text

__all__ = ["FORMATS", "Shown", "download", "made", "picture_of", "stacked"]

_SHARP: Final = 2.0
_GAP: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is on screen, to be taken along.

    Attributes
    ----------
    history
        The selected windows (``schema.HISTORY``).
    charts
        The charts, from the top.
    title, note, stamp
        What it is, where the numbers come from, and a warning if they are made up.
    code
        The lines of Python that give ``history``.
    """

    history: pl.DataFrame
    charts: Sequence[alt.VConcatChart]
    title: str
    note: str
    stamp: str | None
    code: str


def made(shown: Shown, form: str) -> bytes:
    """Make a file of one of the :data:`FORMATS`.

    Raises
    ------
    ConfigError
        If there is no such format.
    """
    if form not in FORMATS:
        raise ConfigError(f"no format {form!r}: take one of {', '.join(FORMATS)}")
    return FORMATS[form].make(shown)


def download(name: str, content: bytes) -> str:
    """Write a link that hands out a file: it holds the file itself, so it works on any server."""
    form = name.rpartition(".")[2]
    link = f"data:{FORMATS[form].mime};base64,{base64.b64encode(content).decode()}"
    size = f"{len(content) / 1000:,.0f} kB" if len(content) >= 1000 else f"{len(content)} bytes"  # noqa: PLR2004 - a kB
    text = f"Download {html_text(name)} ({size})"
    return f'<a class="cfusage-download" href="{link}" download="{html_text(name)}">{text}</a>'


def stacked(charts: Sequence[alt.VConcatChart]) -> str:
    """Set pictures of charts under each other, as one SVG."""
    parts, top, width = [], 0.0, 0.0
    for nth, chart in enumerate(charts):
        picture = _apart(svg(chart), nth)
        size = re.search(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"', picture)
        assert size is not None  # noqa: S101 - Vega always says so
        parts.append(picture.replace("<svg", f'<svg y="{top:g}"', 1))
        top += float(size[2]) + _GAP
        width = max(width, float(size[1]))
    height = max(top - _GAP, 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f'<rect width="100%" height="100%" fill="white"/>{"".join(parts)}</svg>'
    )


def picture_of(charts: Sequence[alt.VConcatChart]) -> bytes:
    """Draw charts under each other as a PNG, small enough to be kept in a notebook."""
    return svg_to_png(stacked(charts))


def _apart(picture: str, nth: int) -> str:
    """Give the parts of a picture names that no other picture of the page has."""
    return re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>chart{nth}-", picture)


def _csv(shown: Shown) -> bytes:
    file = io.BytesIO()
    write_csv(shown.history, file)
    return file.getvalue()


def _parquet(shown: Shown) -> bytes:
    file = io.BytesIO()
    shown.history.write_parquet(file)
    return file.getvalue()


def _svg(shown: Shown) -> bytes:
    return stacked(shown.charts).encode()


def _png(shown: Shown) -> bytes:
    return svg_to_png(stacked(shown.charts), scale=_SHARP)


def _page(shown: Shown) -> bytes:
    return standalone(shown.charts, title=shown.title, note=shown.note, stamp=shown.stamp).encode()


def _code(shown: Shown) -> bytes:
    return shown.code.encode()


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: what it is called on screen, its MIME type, and how it is made."""

    label: str
    mime: str
    make: Callable[[Shown], bytes]


FORMATS: Final[Mapping[str, Format]] = {
    "csv": Format("CSV", "text/csv", _csv),
    "parquet": Format("Parquet", "application/vnd.apache.parquet", _parquet),
    "png": Format("PNG", "image/png", _png),
    "svg": Format("SVG", "image/svg+xml", _svg),
    "html": Format("HTML page", "text/html", _page),
    "py": Format("Python", "text/x-python", _code),
}
"""File suffix to what it stands for."""
