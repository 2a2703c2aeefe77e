"""One self-contained HTML page: charts that answer the pointer, without a network, a kernel or a server.

The Vega library stands in the page once, tables as binary columns beside the charts. Charts are drawn as SVG
in colours that are CSS variables, so that the reader's light or dark setting, and paper, need no new drawing.
"""

import base64
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template
from typing import Any, Final

import altair as alt

from cfusage_lab.view import vega, vega_bundle
from cfusage_lab.view.drawing import Drawing
from cfusage_lab.view.packing import pack
from cfusage_lab.wording import html_text

__all__ = ["Block", "Html", "Section", "standalone"]


@dataclass(frozen=True, slots=True)
class Html:
    """A piece of HTML that goes into the page as it is; whoever makes it escapes what it quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page under a heading of its own.

    Attributes
    ----------
    heading
        Plain text.
    blocks
        What stands under it.
    """

    heading: str
    blocks: "Sequence[Block]"


Block = alt.TopLevelMixin | Html | Section
"""What a page is made of: a chart, a piece of HTML, or a section."""


def standalone(
    blocks: Sequence[Block], *, title: str, note: str | None = None, stamp: str | None = None
) -> str:
    """Return a page that shows charts, in one file.

    It draws without a network, follows the reader's light or dark setting, and prints in light colours. With
    scripts switched off, each chart is a picture, or its description where vl_convert was not there to draw.

    Parameters
    ----------
    blocks
        Any altair charts, with pieces of HTML and sections between them. A chart's ``description`` is its
        text alternative.
    title
        The page's heading, plain text.
    note
        A line below it, such as where the numbers come from.
    stamp
        A warning at the top, and on every page that is printed.

    Raises
    ------
    ValueError
        If Vega cannot draw a chart.

    Examples
    --------
    >>> import altair as alt
    >>> from cfusage_lab.view.pages import standalone
    >>> page = standalone([alt.Chart().mark_point()], title="A point")
    >>> page.startswith("<!DOCTYPE html>")
    True
    """
    page = _Page([])
    body = "\n".join(map(page.written, blocks))
    return Template(_asset("page.html")).substitute(
        title=html_text(title),
        note=f'<p class="note">{html_text(note)}</p>' if note else "",
        stamp=f'<header class="stamp"><p>{html_text(stamp)}</p></header>' if stamp else "",
        style=_asset("page.css"),
        body=body,
        drawings=_as_data(page.drawings),
        library=_inert(vega_bundle.bundle().decode()),
        script=_inert(vega_bundle.drawing_source() + _asset("page.js")),
    )


@dataclass(frozen=True, slots=True)
class _Page:
    """A page on its way: what the script will draw, in order."""

    drawings: list[dict[str, Any]]

    def written(self, block: Block, *, level: int = 2) -> str:
        """Write a block as HTML, with headings from ``level`` down."""
        if isinstance(block, Html):
            return block.text
        if isinstance(block, Section):
            inside = "\n".join(self.written(one, level=level + 1) for one in block.blocks)
            return f"<section>\n<h{level}>{html_text(block.heading)}</h{level}>\n{inside}\n</section>"
        return self._figure(Drawing.of(block), level)

    def _figure(self, drawing: Drawing, level: int) -> str:
        """Write the heading and the place of a chart, and a picture for readers without scripts."""
        caption, drawing = _captioned(drawing, level)
        nth = len(self.drawings)
        tables = {name: pack(table) for name, table in drawing.tables.items()}
        self.drawings.append({"spec": drawing.spec, "values": drawing.values, "tables": tables})
        label = html_text(drawing.description or "a chart")
        return (
            f'<figure class="chart">{caption}<div id="chart-{nth}" role="img" aria-label="{label}"></div>\n'
            f"<noscript>{_still(drawing, label)}</noscript></figure>"
        )


def _still(drawing: Drawing, label: str) -> str:
    """Return a picture of a chart, or its words where none can be made."""
    if not vega.can_draw():
        return f"<p>{label}</p>"
    png = base64.b64encode(vega.spec_to_png(drawing.complete())).decode()
    return f'<img alt="{label}" src="data:image/png;base64,{png}">'


def _captioned(drawing: Drawing, level: int) -> tuple[str, Drawing]:
    """Make a chart's heading one of the page, which breaks its lines where there is room."""
    title, subtitle = (_lines(drawing.values.get(name)) for name in _HEADING)
    if not title:
        return "", drawing
    text, description = " ".join(title), drawing.description
    facts = [description.removeprefix(f"{text}. ")] if description.startswith(f"{text}. ") else subtitle
    caption = f"<h{level}>{html_text(text)}</h{level}>" + "".join(
        f"<p>{html_text(line)}</p>" for line in facts
    )
    spec = {key: part for key, part in drawing.spec.items() if key != "title"}
    values = {name: value for name, value in drawing.values.items() if name not in _HEADING}
    return f"<figcaption>{caption}</figcaption>", replace(drawing, spec=spec, values=values)


def _lines(text: str | list[str] | None) -> list[str]:
    return [text] if isinstance(text, str) else text or []


_HEADING: Final = ("cfusage_title", "cfusage_subtitle")
"""The values of a drawing that are its heading."""


def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


def _as_data(value: object) -> str:
    """Write JSON that ends no script element, whatever names are in it; bytes travel as base64."""
    text = json.dumps(value, separators=(",", ":"), default=_as_text, allow_nan=False)
    return text.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"})


def _as_text(value: object) -> dict[str, str]:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    raise TypeError(f"{type(value).__name__} has no place in a page")


def _inert(script: str) -> str:
    """Keep a script from ending the element it stands in; in a text or a pattern this means the same."""
    return re.sub(r"<(?=/script|!--)", r"<\\", script, flags=re.IGNORECASE)
