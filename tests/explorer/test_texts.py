"""The explorer's HTML: whatever a text is, it is seen, and none of it is markup."""

import unicodedata
from datetime import UTC, datetime

import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours
from hostile import TEXTS
from ledger import A, B

from cfusage_lab.explorer.controls import banner, status_line
from cfusage_lab.explorer.figures import Figure, figures_html
from cfusage_lab.explorer.windows_table import Page, windows_html
from cfusage_lab.wording import visible

OURS = {"br", "caption", "dd", "div", "dl", "dt", "span", "table", "tbody", "td", "th", "thead", "tr"}


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_seen_and_none_of_it_is_markup(text: str) -> None:
    two = pl.concat([hours(datetime(2026, 10, 1, tzinfo=UTC), [1.0], account_id=one) for one in (A, B)])
    page = Page.of(two, order="Oldest first", number=0)
    figure = Figure(title=text, value=text, comparison=text, note=text)
    pieces = [
        figures_html([figure]),
        status_line(f"Source {text} · 1 window", details=text, notes=[text]),
        banner(text, text),
        windows_html(page, which=text, time_zone="UTC", names={A: text, B: "Beta"}),
    ]

    for piece in pieces:
        soup = BeautifulSoup(piece, "html.parser")
        assert {element.name for element in soup.find_all()} <= OURS
        told = soup.get_text()
        assert not {one for one in told if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}} - {"\n"}
        if text.strip() and len(text) < 100 and len(text.splitlines()) == 1:
            assert visible(text) in told
