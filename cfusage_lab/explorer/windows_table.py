"""The table of windows: some rows of it, as HTML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.ranges import zone
from cfusage_lab.wording import html_text, offset_text, state_text, window_text

__all__ = ["ORDERS", "ROWS", "Page", "windows_html"]

ROWS: Final = 12
"""Windows on a page."""
ORDERS: Final = {
    "Newest first": (["start_time", "account_id"], [True, False]),
    "Oldest first": (["start_time", "account_id"], [False, False]),
    "Costliest first": (["aggregated_value", "start_time", "account_id"], [True, True, False]),
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a table of windows.

    Attributes
    ----------
    rows
        The windows on it (``schema.HISTORY``).
    first
        The place of the first of them, from 1; 0 where there is none.
    count
        How many windows there are on all pages.
    """

    rows: pl.DataFrame
    first: int
    count: int

    @classmethod
    def of(cls, windows: pl.DataFrame, *, order: str, number: int) -> "Page":
        """Sort windows, and take the page of that number, from 0; the last one if there are fewer."""
        by, is_descending = ORDERS[order]
        last = max(0, -(-windows.height // ROWS) - 1)
        start = min(max(number, 0), last) * ROWS
        ordered = windows.sort(by, descending=is_descending)
        return cls(ordered.slice(start, ROWS), start + 1 if windows.height else 0, windows.height)

    @property
    def number(self) -> int:
        """Which page it is, from 0."""
        return max(0, self.first - 1) // ROWS

    @property
    def is_last(self) -> bool:
        """Whether none follows."""
        return self.first + ROWS > self.count


def windows_html(page: Page, *, which: str, time_zone: str, names: Mapping[str, str]) -> str:
    """Write a page of windows as a table.

    Parameters
    ----------
    page
        The rows.
    which
        Which windows these are, for the heading.
    time_zone
        The zone on whose clock they are told.
    names
        Account id to name.
    """
    ids = page.rows["account_id"].unique().to_list()
    known = labels(dict.fromkeys(ids), names=names)
    is_several = len(names) > 1 and page.count > 0
    heads = [*(["Account"] if is_several else []), "Local time", "UTC", "Cost in US dollars", "State"]
    head = "".join(
        f'<th scope="col"{" class=cfusage-number" if title.startswith("Cost") else ""}>{title}</th>'
        for title in heads
    )
    body = "".join(
        _row(row, known[row["account_id"]] if is_several else None, time_zone)
        for row in page.rows.iter_rows(named=True)
    )
    last = page.first + page.rows.height - 1
    shown = f"{page.first:,} to {last:,} of {page.count:,}" if page.count else "none"
    caption = f"Windows: {html_text(which)} <span class='cfusage-quiet'>({shown})</span>"
    return (
        '<div class="cfusage-scroll" role="region" aria-label="Windows" tabindex="0">'
        f'<table class="cfusage-table cfusage-windows"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Mapping[str, object], account: str | None, time_zone: str) -> str:
    info = zone(time_zone)
    start: Any = row["start_time"]
    end: Any = row["end_time"]
    local = window_text(start, end - start, info)
    state = state_text(str(row["state"])) + ("" if row["is_reported"] else ", none reported")
    cells = [*([account] if account is not None else []), local]
    told = "".join(f"<td>{html_text(cell)}</td>" for cell in cells)
    told = told.removesuffix("</td>") + f' <span class="cfusage-quiet">{offset_text(start, info)}</span></td>'
    return (
        f"<tr>{told}<td>{start:%Y-%m-%d %H:%MZ}</td>"
        f'<td class="cfusage-number">{_exact(float(row["aggregated_value"]))}</td>'  # type: ignore[arg-type]
        f"<td>{html_text(state)}</td></tr>"
    )


def _exact(cost: float) -> str:
    """Write US dollars to a hundredth of a cent, and further only where an amount would read as zero."""
    written = f"{cost:,.4f}"
    return written if cost == 0 or float(written.replace(",", "")) else f"{cost:.10f}".rstrip("0")
