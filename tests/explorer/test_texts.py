"""The explorer's HTML: whatever a text is, it is seen, and none of it is markup."""

import unicodedata
from datetime import UTC, date, datetime

import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours
from hostile import TEXTS
from ledger import A, B
from states import state_of

from cfusage_lab.explorer.billed import billed_html
from cfusage_lab.explorer.controls import banner, status_line
from cfusage_lab.explorer.data import Aside
from cfusage_lab.explorer.export_box import ExportBox
from cfusage_lab.explorer.figures import Card, cards_html
from cfusage_lab.headline import Figure
from cfusage_lab.wording import visible

NOW = datetime(2026, 10, 2, tzinfo=UTC)
OURS = {
    *("br", "button", "caption", "dd", "div", "dl", "dt", "span", "strong", "table", "tbody", "td", "th"),
    *("thead", "tr"),
}


def billed(text: str) -> str:
    """Write what one account, and then two, were billed for a model that is called so."""
    named = {"account_id": [A, B], "description": text, "provider": text, "model": text, "status": "draft"}
    period = {"period_start": datetime(2026, 10, 1, tzinfo=UTC), "period_end": NOW}
    invoice = pl.DataFrame({**named, **period, "billed_usd": 1.0, "credits_usd": 0.0, "discounts_usd": 0.0})
    two = pl.concat([hours(period["period_start"], [1.0], account_id=one) for one in (A, B)])
    aside = Aside(accounts=(A, B), invoice=invoice.with_columns(quantity=1.0))
    return billed_html(state_of(two, now=NOW, names={A: text, B: "Beta"}, aside=aside))


@pytest.mark.parametrize("text", TEXTS)
def test_any_text_is_seen_and_none_of_it_is_markup(text: str) -> None:
    figure = Figure(title=text, value=text, comparison=text, note=text)
    exports = ExportBox()
    exports.saved(text, b"")
    pieces = [
        cards_html([Card(figure=figure), Card(figure=figure, day=date(2026, 10, 1), is_main=True)]),
        status_line(f"Source {text} · 1 window", details=text, notes=[text]),
        banner(text, text),
        billed(text),
        exports.result.value,
    ]

    for piece in pieces:
        soup = BeautifulSoup(piece, "html.parser")
        assert {element.name for element in soup.find_all()} <= OURS
        told = soup.get_text()
        assert not {one for one in told if unicodedata.category(one) in {"Cc", "Cs", "Zl", "Zp"}} - {"\n"}
        if text.strip() and len(text) < 100 and len(text.splitlines()) == 1:
            assert visible(text) in told
