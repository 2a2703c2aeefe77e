"""What a report says of invoices: each model's part of a period, and whether the hours agree."""

from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from bs4 import BeautifulSoup
from histories import hours

import cfusage_lab as cfu
from cfusage_lab import schema
from cfusage_lab.errors import FrameError
from cfusage_lab.reports.billing import billed
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.sections import sections
from cfusage_lab.view.pages import Html

NOW = datetime(2026, 11, 3, tzinfo=UTC)
OPEN = "hours are still coming in"
MODELS, COMPUTED, COST = "Billed, by model", "How was it computed?", "How much does it cost?"
HOURS = hours("2026-11-01T00:00", [0.5] * 48, states=["complete"] * 47 + ["provisional"])
"""24 dollars in the first two days of November."""


def parts(history: pl.DataFrame, invoice: object, **names: str) -> dict[str, BeautifulSoup]:
    """Return the words and tables of a report's sections by their heading, without drawing its charts."""
    figures = Figures.of(history, time_zone="UTC", names=names)
    found = sections(
        figures,
        end=None,
        found=None,
        invoice=None if invoice is None else billed(figures, invoice),
        label=None,
        made_at=NOW,
        note="",
    )
    return {
        one.heading: BeautifulSoup(
            "".join(block.text for block in one.blocks if isinstance(block, Html)), "html.parser"
        )
        for one in found
    }


def said(part: BeautifulSoup, term: str) -> str:
    """Return what stands beside a term."""
    (found,) = [one.find_next("dd").text for one in part.find_all("dt") if one.text == term]
    return found


def lines(*parts: tuple[str | None, float], account_id: str = "a", month: int = 11) -> pl.DataFrame:
    """Make the lines of an invoice of a month: what each is about, and US dollars."""
    rows = [
        {
            "account_id": account_id,
            "description": model,
            "provider": None if model is None else "maker",
            "model": model,
            "billed_usd": amount,
            "credits_usd": amount / 2,
            "discounts_usd": 0.0,
            "status": "draft",
        }
        for model, amount in parts
    ]
    period = {
        name: pl.datetime(2026, month + n, 1, time_zone="UTC")
        for n, name in enumerate(("period_start", "period_end"))
    }
    return pl.DataFrame(rows, schema_overrides={"model": pl.String, "provider": pl.String}).with_columns(
        **period
    )


def test_each_model_has_its_part_of_the_period() -> None:
    invoice = lines(("large", 18.0), ("small", 4.5), (None, 1.5))

    found = parts(HOURS, invoice)[MODELS]

    assert "for the invoice period Sun 1 Nov to Mon 30 Nov 2026 (UTC)" in found.p.text
    assert "still running" in found.p.text
    table = [[cell.text for cell in row.find_all(["th", "td"])] for row in found.table.tbody.find_all("tr")]
    assert table == [
        ["maker/large", "$18.00", "75.0%", "$9.00", "$0.00"],
        ["maker/small", "$4.50", "18.8%", "$2.25", "$0.00"],
        ["No model named", "$1.50", "6.2%", "$0.75", "$0.00"],
    ]


def test_where_hours_and_invoice_agree_one_quiet_line_says_so() -> None:
    found = parts(HOURS, lines(("large", 24.01), ("small", 0.0)))

    assert said(found[COMPUTED], "Hours against the invoice") == (
        "Sun 1 Nov to Mon 30 Nov 2026: agrees with the invoice preview to $0.01"
    )
    assert [one for part in found.values() for one in part.select(".warning")] == []


@pytest.mark.parametrize(
    ("amount", "verdict"),
    [
        (0.24, "off by a factor of 100: the unit is not what was believed (the hours add up to $24.00"),
        (2_400.0, "off by a factor of 100: the unit is not what was believed"),
        (29.0, "differs by $5.00 (the hours add up to $24.00, the invoice preview to $29.00)"),
    ],
)
def test_where_they_do_not_it_is_said_at_the_top(amount: float, verdict: str) -> None:
    found = parts(HOURS, lines(("large", amount)))

    for heading in (COST, COMPUTED):
        first = found[heading].find(["p", "dl"])
        assert first["class"] == ["warning"]
        assert first.text.startswith(
            f"These figures and the invoice do not agree. Sun 1 Nov to Mon 30 Nov 2026: {verdict}"
        )
    assert verdict in said(found[COMPUTED], "Hours against the invoice")


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        (
            hours("2026-11-01T00:00", [0.5] * 47 + [0.1], states=["complete"] * 24 + ["provisional"] * 24),
            OPEN,
        ),
        (HOURS.tail(24), "unknown: the history lacks the hour from 2026-11-01T00:00Z"),
    ],
    ids=["provisional", "too short"],
)
def test_what_is_open_or_unknown_is_no_warning(history: pl.DataFrame, verdict: str) -> None:
    found = parts(history, lines(("large", 24.0)))

    assert found[COST].select(".warning") == found[COMPUTED].select(".warning") == []
    assert verdict in said(found[COMPUTED], "Hours against the invoice")


def test_without_lines_there_is_nothing_about_invoices() -> None:
    found = parts(HOURS, None)

    assert MODELS not in found
    assert "Hours against the invoice" not in found[COMPUTED].text
    assert "5 % fee on buying credit is no usage" in found[COMPUTED].text


def test_an_invoice_without_lines_is_said_to_have_none() -> None:
    found = parts(HOURS, pl.DataFrame(schema=schema.INVOICE_LINES))

    assert found[MODELS].p.text == "The invoice has no lines: nothing has been billed yet."
    assert "no invoice line of this account" in said(found[COMPUTED], "Hours against the invoice")


def test_periods_and_accounts_stand_apart_and_other_accounts_are_left_out() -> None:
    history = pl.concat([HOURS, HOURS.with_columns(account_id=pl.lit("b"))])
    invoice = pl.concat(
        [
            lines(("large", 10.0), month=10),
            lines(("large", 24.0)),
            lines(("large", 30.0), account_id="b"),
            lines(("large", 99.0), account_id="c"),
        ]
    )

    found = parts(history, invoice, a="Ann", b="Bob", c="Cleo")

    assert "for 2 invoice periods Thu 1 Oct to Sat 31 Oct 2026; Sun 1 Nov" in found[MODELS].p.text
    table = [
        [cell.text for cell in row.find_all(["th", "td"])][1:4]
        for row in found[MODELS].table.tbody.find_all("tr")
    ]
    assert table == [
        ["Ann", "Thu 1 Oct to Sat 31 Oct 2026", "$10.00"],
        ["Ann", "Sun 1 Nov to Mon 30 Nov 2026", "$24.00"],
        ["Bob", "Sun 1 Nov to Mon 30 Nov 2026", "$30.00"],
    ]
    checked = said(found[COMPUTED], "Hours against the invoice").split("; ")
    assert checked[0].startswith("Bob, Sun 1 Nov to Mon 30 Nov 2026: differs by $6.00")
    assert checked[2] == "Ann, Sun 1 Nov to Mon 30 Nov 2026: agrees with the invoice preview to $0.00"
    (warned,) = found[COST].select(".warning")
    assert "Bob" in warned.text
    assert "Ann" not in warned.text


def test_of_many_models_and_accounts_the_largest_are_told() -> None:
    ids = [f"{n:02d}" for n in range(12)]
    history = pl.concat([HOURS.with_columns(account_id=pl.lit(one)) for one in ids])
    invoice = pl.concat(
        [lines(("large", 30.0 + n), ("small", 0.5), account_id=one) for n, one in enumerate(ids)]
    )

    found = parts(history, invoice)

    assert found[MODELS].table.caption.text == "Billed by model, the largest 20 of 24"
    (warned,) = found[COST].select(".warning")
    assert warned.text.endswith("; and 2 more.")


def test_the_parts_are_the_functions_and_the_sandbox_agrees(tmp_path: Path) -> None:
    now = "2026-11-18T09:30Z"
    with cfu.UsageClient.sandbox(now=now) as client:
        history = client.usage_history(cfu.month_to_date(time_zone="UTC", now=now))
        invoice = client.invoice_preview()

    path = tmp_path / "usage.html"
    cfu.report(history, path=path, time_zone="UTC", now=now, invoice_lines=invoice)

    page = BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
    found = {one.h2.text: one for one in page.find_all("section")}

    assert found[MODELS].select_one("figure h3").text == "Billed, for the invoice period: $1,511.66"
    models = cfu.usage_by_model(invoice)
    values = [float(one["value"]) for one in found[MODELS].table.find_all("data")]
    expected = models.select("billed_usd", "share", "credits_usd", "discounts_usd").rows()
    assert values == [number for row in expected for number in row]
    assert "agrees" in said(found[COMPUTED], "Hours against the invoice")
    assert sum(models["share"]) == pytest.approx(1)


def test_a_table_that_holds_no_lines_is_refused() -> None:
    with pytest.raises(FrameError, match="usage invoice"):
        parts(HOURS, HOURS)
