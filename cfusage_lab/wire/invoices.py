"""From the bytes of an answer about invoices to lines in US dollars that add up to what is due."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from math import fsum
from typing import Final

import msgspec

from cfusage_lab.errors import PayloadError
from cfusage_lab.wire.envelope import (
    MILLISECONDS_FROM,
    MOST_USD,
    Envelope,
    Info,
    decode_envelope,
    name_in_errors,
    refuse_odd,
    result,
)

__all__ = ["Invoice", "InvoiceLine", "Invoices", "past_invoices", "preview_lines"]

_CENTS: Final = 100
_HALF_A_CENT: Final = 0.5
"""Cents: what rounding may have done to a line, since an invoice is due in whole cents."""
_RELATIVE: Final = 1e-12
"""What adding up floating numbers may have done besides."""
_LATEST: Final = 253_402_300_800
"""Seconds: the year 10000, where Python's dates end."""
_LONGEST_TEXT: Final = 300
"""Characters of a description that are kept."""
_MODEL: Final = re.compile(r"([A-Za-z0-9][\w.-]*)/([^\s/]\S*)")
"""``provider/model``; a model may hold slashes itself, as in ``workers-ai/@cf/meta/llama-4``."""


class _Span(msgspec.Struct):
    start: float
    end: float


class _Reduction(msgspec.Struct):
    amount: float
    type: str | None = None


class _Line(msgspec.Struct):
    amount: float
    currency: str | None = None
    description: str | None = None
    period: _Span | None = None
    quantity: float | None = None
    pretax_credit_amounts: list[_Reduction] | None = None


class _Preview(msgspec.Struct):
    amount_due: float
    currency: str
    period_start: float
    period_end: float
    invoice_lines: list[_Line]
    status: str | None = None


class _Pagination(Info):
    """How much of the history of invoices an answer holds: it stands in the result, beside the list."""


class _Invoice(msgspec.Struct):
    amount_due: float
    amount_paid: float
    amount_remaining: float
    currency: str
    id: str | None = None
    created: float | None = None
    description: str | None = None
    invoice_origin: str | None = None
    status: str | None = None


class _Past(msgspec.Struct):
    invoices: list[_Invoice]
    pagination: _Pagination | None = None


_PREVIEW: Final = msgspec.json.Decoder(Envelope[_Preview])
_PAST: Final = msgspec.json.Decoder(Envelope[_Past])


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A line of an invoice, in US dollars; ``provider`` and ``model`` are None where it names none.

    ``credits_usd`` is what prepaid credit pays of it, ``discounts_usd`` what else makes it less.
    """

    period_start: datetime
    period_end: datetime
    description: str | None
    provider: str | None
    model: str | None
    billed_usd: float
    credits_usd: float
    discounts_usd: float
    quantity: float | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A past invoice, in US dollars. Its PDF is behind a link that needs no password: it is not kept."""

    invoice_id: str | None
    created_time: datetime | None
    origin: str | None
    description: str | None
    status: str | None
    due_usd: float
    paid_usd: float
    remaining_usd: float


@dataclass(frozen=True, slots=True)
class Invoices:
    """Past invoices; ``claims_more`` says whether the answer itself tells that it was cut."""

    invoices: list[Invoice]
    claims_more: bool


def preview_lines(body: bytes | bytearray, *, path: str) -> list[InvoiceLine]:
    """Decode an answer of ``GET …/billing/invoice-preview``.

    A line covers its own period where it has one: an invoice's may be the one before. One of no length, as a
    single charge has, says nothing, and the invoice's stands for it.

    Raises
    ------
    PayloadError
        If a field is gone or of the wrong type, an amount is not in US dollars or absurd, a period ends
        before it begins, or the lines do not add up to what is due.
    ApiError
        If the answer is a refusal in spite of its status.
    """
    with name_in_errors(path):
        envelope = decode_envelope(_PREVIEW, body, row=_Line)
        preview = result(envelope, body, path, perhaps="the account has no usage yet")
        refuse_odd(body)
        _refuse_other_currency(preview.currency, "$.result")
        whole = _period(_Span(preview.period_start, preview.period_end), "$.result.period")
        lines = [
            _line(line, whole, preview.status, f"$.result.invoice_lines[{number}]")
            for number, line in enumerate(preview.invoice_lines)
        ]
        _refuse_odd_sum(lines, _dollars(preview.amount_due, "$.result.amount_due"))
        return lines


def past_invoices(body: bytes | bytearray, *, path: str) -> Invoices:
    """Decode an answer of ``GET …/billing/invoice-history``; raises as :func:`preview_lines`."""
    with name_in_errors(path):
        envelope = decode_envelope(_PAST, body, row=_Invoice)
        past = result(envelope, body, path, perhaps="the account has no invoices yet")
        refuse_odd(body)
        page, info = past.pagination or _Pagination(), envelope.result_info or Info()
        return Invoices(
            [_invoice(it, f"$.result.invoices[{number}]") for number, it in enumerate(past.invoices)],
            bool(page.has_more) or bool(info.has_more) or (page.total_count or 0) > len(past.invoices),
        )


def _line(line: _Line, whole: tuple[datetime, datetime], status: str | None, place: str) -> InvoiceLine:
    _refuse_other_currency(line.currency, place)
    period = whole
    if line.period is not None and line.period.start != line.period.end:
        period = _period(line.period, f"{place}.period")
    described = line.description and line.description.strip()
    named = _MODEL.fullmatch(described or "")
    less = [
        (paid.type == "credit_balance_transaction", _dollars(paid.amount, f"{place}.pretax_credit_amounts"))
        for paid in line.pretax_credit_amounts or ()
    ]
    return InvoiceLine(
        period_start=period[0],
        period_end=period[1],
        description=_short(described),
        provider=named[1] if named else None,
        model=named[2] if named else None,
        billed_usd=_dollars(line.amount, f"{place}.amount"),
        credits_usd=fsum(amount for is_credit, amount in less if is_credit),
        discounts_usd=fsum(amount for is_credit, amount in less if not is_credit),
        quantity=line.quantity,
        status=_short(status),
    )


def _invoice(invoice: _Invoice, place: str) -> Invoice:
    _refuse_other_currency(invoice.currency, place)
    return Invoice(
        _short(invoice.id),
        None if invoice.created is None else _moment(invoice.created, f"{place}.created"),
        _short(invoice.invoice_origin),
        _short(invoice.description),
        _short(invoice.status),
        _dollars(invoice.amount_due, f"{place}.amount_due"),
        _dollars(invoice.amount_paid, f"{place}.amount_paid"),
        _dollars(invoice.amount_remaining, f"{place}.amount_remaining"),
    )


def _refuse_odd_sum(lines: list[InvoiceLine], due: float) -> None:
    """Raise unless lines, less what credit and discounts pay, come to what is due.

    Each line may be off by half a cent. An invoice of less than nothing may have nothing due: what is over
    becomes credit for the next.
    """
    parts = [part for line in lines for part in (line.billed_usd, -line.credits_usd, -line.discounts_usd)]
    total = fsum(parts)
    slack = (_HALF_A_CENT / _CENTS) * max(1, len(lines)) + _RELATIVE * fsum(map(abs, parts))
    if abs(total - due) <= slack or (due == 0.0 and total < 0.0):
        return
    raise PayloadError(
        f"the invoice lines, less credits and discounts, add up to ${total:,.2f}, and ${due:,.2f} is due: "
        f"${abs(total - due):,.2f} {'is missing' if total < due else 'is too much'}, and which line is wrong "
        "is unknown"
    )


def _refuse_other_currency(currency: str | None, place: str) -> None:
    if currency is not None and currency.lower() != "usd":
        raise PayloadError(f"`{place}.currency` is {_short(currency)!r}: amounts are understood in USD only")


def _dollars(cents: float, place: str) -> float:
    dollars = cents / _CENTS + 0.0  # a zero has no sign
    if abs(dollars) >= MOST_USD:
        raise PayloadError(f"`{place}` is more than anybody has")
    return dollars


def _period(span: _Span, place: str) -> tuple[datetime, datetime]:
    start, end = _moment(span.start, place), _moment(span.end, place)
    if start >= end:
        raise PayloadError(
            f"`{place}` ends at {end:%Y-%m-%dT%H:%MZ}, not after its start {start:%Y-%m-%dT%H:%MZ}"
        )
    return start, end


def _moment(time: float, place: str) -> datetime:
    """Return a time that came in seconds or in milliseconds."""
    seconds = time / 1_000 if time >= MILLISECONDS_FROM else time
    if not 0 < seconds < _LATEST:
        raise PayloadError(f"`{place}` is {time:g}, which is no time")
    return datetime.fromtimestamp(seconds, UTC)


def _short(text: str | None) -> str | None:
    return text if text is None or len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
