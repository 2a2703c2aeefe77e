"""From the bytes of an invoice to lines that add up to it, and what does not fit."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.errors import ApiError, PayloadError
from cfusage_lab.wire import invoices
from cfusage_lab.wire.invoices import InvoiceLine

PATH = "/accounts/a/ai-gateway/billing/invoice-preview"
OCTOBER, NOVEMBER, DECEMBER = (
    int(datetime(2026, month, 1, tzinfo=UTC).timestamp()) for month in (10, 11, 12)
)
PDF = "https://pay.example/in_1/s3cret/pdf"


def line(cents: float = 100, description: object = "openai/gpt-5.5", **other: object) -> dict[str, object]:
    return {
        "amount": cents,
        "currency": "usd",
        "description": description,
        "period": {"start": NOVEMBER, "end": DECEMBER},
        "pricing": {"unit_amount_decimal": "0.001"},
        "quantity": 1_000,
        "pretax_credit_amounts": [],
        **other,
    }


def paid(cents: float, kind: str = "credit_balance_transaction") -> list[dict[str, object]]:
    return [{"amount": cents, "type": kind, "credit_balance_transaction": None, "discount": None}]


def body(*lines: object, due: float | None = None, **other: object) -> bytes:
    """Write a preview; left out, what is due is what the lines come to."""
    total = sum(it["amount"] for it in lines) if due is None else due  # type: ignore[index]
    preview = {
        "id": "upcoming_in_1",
        "amount_due": total,
        "amount_paid": 0,
        "amount_remaining": total,
        "currency": "usd",
        "status": "draft",
        "period_start": NOVEMBER,
        "period_end": DECEMBER,
        "invoice_lines": lines,
        **other,
    }
    return json.dumps({"success": True, "errors": [], "messages": [], "result": preview}).encode()


def decoded(text: bytes) -> list[InvoiceLine]:
    return invoices.preview_lines(text, path=PATH)


def test_a_line_of_cents_is_a_line_in_dollars() -> None:
    """The draft of $188.46 that was seen, of which credit pays 100 and a discount 8.46."""
    less = paid(10_000) + paid(846, "discount")

    assert decoded(body(line(18_846, pretax_credit_amounts=less), due=8_000)) == [
        InvoiceLine(
            period_start=datetime(2026, 11, 1, tzinfo=UTC),
            period_end=datetime(2026, 12, 1, tzinfo=UTC),
            description="openai/gpt-5.5",
            provider="openai",
            model="gpt-5.5",
            billed_usd=188.46,
            credits_usd=100.0,
            discounts_usd=8.46,
            quantity=1_000.0,
            status="draft",
        )
    ]


@pytest.mark.parametrize(
    ("description", "provider", "model"),
    [
        ("openai/gpt-5.5", "openai", "gpt-5.5"),
        ("workers-ai/@cf/meta/llama-4", "workers-ai", "@cf/meta/llama-4"),
        (" google-ai-studio/gemini-3:flash ", "google-ai-studio", "gemini-3:flash"),
        ("Workers AI", None, None),
        ("AI Gateway usage / November", None, None),
        ("1,000 x openai/gpt-5.5 (at $0.001)", None, None),
        ("https://openai.com/gpt", None, None),
        ("/gpt", None, None),
        ("openai/", None, None),
        ("openai//gpt", None, None),
        ("", None, None),
        (None, None, None),
    ],
)
def test_a_line_is_kept_whether_or_not_it_names_a_model(
    description: str | None, provider: str | None, model: str | None
) -> None:
    (only,) = decoded(body(line(250, description)))

    assert (only.provider, only.model, only.billed_usd) == (provider, model, 2.5)
    assert only.description == (description and description.strip())


@pytest.mark.parametrize("factor", [1, 1_000])
@pytest.mark.parametrize("number", [int, float])
def test_times_in_seconds_or_milliseconds_as_ints_or_floats_mean_the_same(factor: int, number: type) -> None:
    start, end = number(NOVEMBER * factor), number(DECEMBER * factor)

    (only,) = decoded(body(line(period={"start": start, "end": end}), period_start=start, period_end=end))

    assert (only.period_start.month, only.period_end.month) == (11, 12)


@pytest.mark.parametrize(
    ("period", "month"),
    [
        ({"start": OCTOBER, "end": NOVEMBER}, 10),
        ({"start": OCTOBER, "end": OCTOBER}, 11),
        (None, 11),
    ],
)
def test_a_line_covers_its_own_period_unless_it_has_none(period: object, month: int) -> None:
    """A moment without length, as a single charge has, is no period."""
    (only,) = decoded(body(line(period=period)))

    assert only.period_start.month == month


def test_an_invoice_without_lines_has_nothing_due() -> None:
    assert decoded(body()) == []
    with pytest.raises(PayloadError, match=r"add up to \$0\.00, and \$12\.00 is due: \$12\.00 is missing"):
        decoded(body(due=1_200))


@pytest.mark.parametrize(
    ("due", "is_right"),
    [(300, True), (301.5, True), (298.5, True), (301.6, False), (298.4, False), (0, False)],
)
def test_three_lines_may_be_rounded_by_half_a_cent_each(due: float, *, is_right: bool) -> None:
    text = body(line(), line(), line(), due=due)
    if is_right:
        assert len(decoded(text)) == 3
    else:
        with pytest.raises(PayloadError, match=r"add up to \$3\.00, and .* is due"):
            decoded(text)


def test_a_correction_is_a_line_and_less_than_nothing_need_not_be_due() -> None:
    assert [it.billed_usd for it in decoded(body(line(500), line(-200)))] == [5.0, -2.0]
    assert [it.billed_usd for it in decoded(body(line(-500), line(200)))] == [-5.0, 2.0]
    assert [it.billed_usd for it in decoded(body(line(-500), line(200), due=0))] == [-5.0, 2.0]


@given(
    cents=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8),
    shares=st.lists(st.integers(0, 100), min_size=8, max_size=8),
    wrong=st.integers(-(10**6), 10**6),
)
def test_the_parts_add_up_to_the_invoice_or_there_are_none(
    cents: list[int], shares: list[int], wrong: int
) -> None:
    """Whatever the amounts, and whatever part of each credit pays."""
    credited = [amount * share // 100 for amount, share in zip(cents, shares, strict=False)]
    due = sum(cents) - sum(credited)
    lines = [
        line(amount, pretax_credit_amounts=paid(credit))
        for amount, credit in zip(cents, credited, strict=True)
    ]

    found = decoded(body(*lines, due=due))

    assert round(100 * sum(it.billed_usd - it.credits_usd for it in found)) == due
    if abs(wrong) > len(lines) / 2 and due + wrong:
        with pytest.raises(PayloadError, match=f"{abs(wrong) / 100:,.2f} is (missing|too much)"):
            decoded(body(*lines, due=due + wrong))


WRONG = [
    (
        body(line(amount="1.00"), due=100),
        r"Expected `float`, got `str` - at `\$.result.invoice_lines\[0\].amount`",
    ),
    (body(line(), line(amount=None), due=100), r"invoice_lines\[1\].amount"),
    (body({"description": "x"}, due=0), r"missing required field `amount`.*invoice_lines\[0\]"),
    (body(line(pretax_credit_amounts=[{"type": "x"}])), r"invoice_lines\[0\].pretax_credit_amounts"),
    (body(line(currency="eur")), r"`\$.result.invoice_lines\[0\].currency` is 'eur': .* USD only"),
    (body(currency="EUR"), r"`\$.result.currency` is 'EUR'"),
    (body(currency=None), r"\$.result.currency"),
    (body(period_end=NOVEMBER), "ends at 2026-11-01T00:00Z, not after its start"),
    (body(line(period={"start": DECEMBER, "end": NOVEMBER})), r"invoice_lines\[0\].period` ends at"),
    (body(line(period={"start": NOVEMBER})), "missing required field `end`"),
    (body(period_start=0), "is 0, which is no time"),
    (body(period_end=1e300), "which is no time"),
    (body(invoice_lines=None), r"invoice_lines"),
    (body(line(1e15)), "more than anybody has"),
    (body().replace(b'"amount_due": 0', b'"amount_due": 1e999'), "out of range"),
    (body().replace(b'"amount_due": 0', b'"amount_due": 0, "amount_due": 1'), "is a duplicate"),
    (b'{"success": true, "result": {}}', "missing required field"),
    (b'{"success": true, "result": null}', r"`\$.result` is null; perhaps the account has no usage"),
    (b'{"success": true, "result": []}', r"\$.result"),
    (b"<html>", "a page of HTML"),
    (b"", "empty"),
]


@pytest.mark.parametrize(("text", "complaint"), WRONG)
def test_what_does_not_fit_is_an_error_that_names_the_place(text: bytes, complaint: str) -> None:
    with pytest.raises(PayloadError, match=complaint) as caught:
        decoded(text)

    assert PATH in str(caught.value)


def past(*found: object, pagination: object = None, **other: object) -> bytes:
    page = {"has_more": False, "page": 1, "per_page": 100, "total_count": len(found)}
    result = {"invoices": found, "pagination": pagination or page}
    return json.dumps({"success": True, "result": result, **other}).encode()


def invoice(**other: object) -> dict[str, Any]:
    amounts = {"amount_due": 1_050, "amount_paid": 1_000, "amount_remaining": 50, "currency": "usd"}
    return {**amounts, "id": "in_1", "created": NOVEMBER, "invoice_pdf": PDF, "status": "open", **other}


def test_a_past_invoice_is_in_dollars_and_has_no_link() -> None:
    (only,) = invoices.past_invoices(past(invoice(invoice_origin="auto")), path=PATH).invoices

    assert (only.due_usd, only.paid_usd, only.remaining_usd) == (10.5, 10.0, 0.5)
    assert (only.invoice_id, only.origin, only.status) == ("in_1", "auto", "open")
    assert only.created_time == datetime(2026, 11, 1, tzinfo=UTC)
    assert PDF not in repr(only)


def test_of_a_past_invoice_only_the_amounts_are_needed() -> None:
    bare = {
        name: value for name, value in invoice().items() if name.startswith("amount") or name == "currency"
    }

    (only,) = invoices.past_invoices(past(bare), path=PATH).invoices

    assert (only.invoice_id, only.created_time, only.origin, only.due_usd) == (None, None, None, 10.5)
    with pytest.raises(PayloadError, match=r"missing required field `amount_paid`.*invoices\[1\]"):
        invoices.past_invoices(past(bare, {"amount_due": 1}), path=PATH)


@pytest.mark.parametrize(
    ("text", "is_cut"),
    [
        (past(invoice()), False),
        (past(invoice(), pagination={"has_more": True}), True),
        (past(invoice(), pagination={"has_more": False, "total_count": 3}), True),
        (past(invoice(), pagination={"has_more": None}), False),
        (past(invoice(), result_info={"has_more": True}), True),
        (past(invoice(), invoice(), result_info={"has_more": False, "total_count": 1}), False),
        (b'{"success": true, "result": {"invoices": []}}', False),
    ],
)
def test_the_paging_stands_in_the_result(text: bytes, *, is_cut: bool) -> None:
    assert invoices.past_invoices(text, path=PATH).claims_more is is_cut


def test_no_error_about_an_invoice_shows_its_link() -> None:
    for text in (past(invoice(currency="eur")), past(invoice(created=-1)), past(invoice(status=7))):
        with pytest.raises(PayloadError) as caught:
            invoices.past_invoices(text, path=PATH)
        assert "pay.example" not in str(caught.value)


def test_a_refusal_with_status_200_is_a_refusal() -> None:
    refused = b'{"success": false, "errors": [{"code": 10000, "message": "no"}], "result": null}'
    with pytest.raises(ApiError, match="10000"):
        decoded(refused)
    with pytest.raises(ApiError, match="10000"):
        invoices.past_invoices(refused, path=PATH)
