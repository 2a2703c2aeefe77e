"""HTML by the piece: everything that is quoted is text, and every figure keeps all its digits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from cfusage_lab.headline import Figure
from cfusage_lab.view.pages import Html
from cfusage_lab.wording import dollars, html_text, share_text

__all__ = ["Card", "Column", "card", "cards", "definitions", "money", "paragraph", "part", "table", "warning"]


@dataclass(frozen=True, slots=True)
class Card:
    """A figure to look at first: what it is, the figure as HTML, and what stands below it as HTML."""

    label: str
    figure: str
    aside: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table: its heading, and ``number`` or ``name`` where cells are set as such."""

    heading: str
    kind: Literal["", "number", "name"] = ""


def money(cost: float | None) -> str:
    """Write US dollars for the eye, with the unrounded number beside it for a machine."""
    return "unknown" if cost is None else f'<data value="{cost!r}">{dollars(cost)}</data>'


def card(figure: Figure) -> Card:
    """Write a figure of the headline with its words."""
    text = html_text(figure.value or "unknown")
    exact = text if figure.number is None else f'<data value="{figure.number!r}">{text}</data>'
    return Card(figure.title, exact, html_text(figure.words))


def part(share: float | None) -> str:
    """Write a fraction as percent, with the unrounded fraction beside it."""
    return "unknown" if share is None else f'<data value="{share!r}">{share_text(share)}</data>'


def paragraph(words: str) -> Html:
    """Write a paragraph of plain text."""
    return Html(f"<p>{html_text(words)}</p>")


def warning(words: str) -> Html:
    """Write a paragraph of plain text that nobody passes over."""
    return Html(f'<p class="warning">{html_text(words)}</p>')


def cards(shown: Iterable[Card]) -> Html:
    """Write figures side by side."""
    written = (
        f'<div class="card"><dt>{html_text(one.label)}</dt><dd class="figure">{one.figure}</dd>'
        + (f'<dd class="aside">{one.aside}</dd>' if one.aside else "")
        + "</div>"
        for one in shown
    )
    return Html(f'<dl class="cards">{"".join(written)}</dl>')


def table(caption: str, columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> Html:
    """Write a table whose first column names the row; cells are HTML."""
    kinds = [f' class="{column.kind}"' if column.kind else "" for column in columns]
    head = "".join(
        f'<th scope="col"{kind}>{html_text(column.heading)}</th>'
        for column, kind in zip(columns, kinds, strict=True)
    )
    body = "".join(f"<tr>{_cells(row, kinds)}</tr>\n" for row in rows)
    return Html(
        f'<div class="table" role="region" aria-label="{html_text(caption)}" tabindex="0">'
        f"<table><caption>{html_text(caption)}</caption>\n"
        f"<thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>"
    )


def _cells(row: Sequence[str], kinds: Sequence[str]) -> str:
    first, *rest = zip(row, kinds, strict=True)
    cells = "".join(f"<td{kind}>{cell}</td>" for cell, kind in rest)
    return f'<th scope="row"{first[1]}>{first[0]}</th>{cells}'


def definitions(words: Mapping[str, str]) -> Html:
    """Write terms and what they mean, plain text both."""
    written = (
        f"<div><dt>{html_text(term)}</dt><dd>{html_text(meaning)}</dd></div>\n"
        for term, meaning in words.items()
    )
    return Html(f'<dl class="terms">{"".join(written)}</dl>')
