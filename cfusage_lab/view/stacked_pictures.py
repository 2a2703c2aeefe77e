"""Several charts as one picture, under lines that say what they show."""

import re
from collections.abc import Sequence
from typing import Final

import altair as alt

from cfusage_lab.charts.headings import break_lines
from cfusage_lab.view.pictures import svg
from cfusage_lab.wording import html_text

__all__ = ["stacked"]

_GAP: Final = 12
_MARGIN: Final = 2
_NARROWEST: Final = 320.0
"""Pixels of a picture with a heading, so that its lines have room."""
_LETTER: Final = 0.56
"""Width of a letter on average, as a part of its size: what a line has room for."""
_TITLE, _LINE = (18, "bold", "#111111"), (12, "normal", "#444444")
"""Size in pixels, weight and colour of the first line, and of those under it."""


def stacked(charts: Sequence[alt.VConcatChart], heading: Sequence[str] = ()) -> str:
    """Set pictures of charts under each other, as one SVG; the first line of a ``heading`` is its title."""
    pictures, width = [], _NARROWEST if heading else 0.0
    for nth, chart in enumerate(charts):
        picture = _apart(svg(chart), nth)
        size = re.search(r'<svg[^>]*?\bwidth="([\d.]+)"[^>]*?\bheight="([\d.]+)"', picture)
        assert size is not None  # noqa: S101 - Vega always says so
        pictures.append((picture, float(size[2])))
        width = max(width, float(size[1]))
    texts, top = _texts(heading, width)
    parts = []
    for picture, height in pictures:
        parts.append(picture.replace("<svg", f'<svg y="{top:g}"', 1))
        top += height + _GAP
    height = max(top - _GAP, 1)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" version="1.1" '
        f'width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}">'
        f'<rect width="100%" height="100%" fill="white"/>{texts}{"".join(parts)}</svg>'
    )


def _texts(heading: Sequence[str], width: float) -> tuple[str, float]:
    """Write lines of text, and say where what is below them begins."""
    texts, top = [], 0.0
    for nth, text in enumerate(heading):
        size, weight, colour = _LINE if nth else _TITLE
        for line in break_lines(text, max(20, int((width - 2 * _MARGIN) / (size * _LETTER)))):
            top += size * 1.4
            texts.append(
                f'<text x="{_MARGIN}" y="{top:g}" font-family="sans-serif" font-size="{size}px" '
                f'font-weight="{weight}" fill="{colour}">{html_text(line)}</text>'
            )
    return "".join(texts), top + 2 * _GAP if texts else 0.0


def _apart(picture: str, nth: int) -> str:
    """Give the parts of a picture names that no other picture of the page has."""
    return re.sub(r'\b(id="|url\(#|href="#)', rf"\g<1>chart{nth}-", picture)
