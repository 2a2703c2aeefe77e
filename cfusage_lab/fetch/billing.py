"""What one account's billing answers beside usage come to, as rows of their tables."""

from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any

from cfusage_lab.errors import PayloadError
from cfusage_lab.wire import Wire, answers, invoices
from cfusage_lab.wire.pacing import Waiter

__all__ = ["Ask", "Row", "credit_rows", "invoice_rows", "preview_rows"]

Row = tuple[Any, ...]
Ask = Callable[[Wire, str, Waiter], list[Row]]
"""Ask about one account."""


def credit_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for prepaid credit (``schema.CREDIT_BALANCE``)."""
    path = f"/accounts/{account_id}/ai-gateway/billing/credit-balance"
    credit = wire.get(path, partial(answers.balance, path=path), waiter=waiter)
    topup = credit.topup_config or answers.TopUp()
    dollars = [
        None if cents is None else cents / 100 for cents in (credit.balance, topup.amount, topup.threshold)
    ]
    return [(account_id, dollars[0], credit.has_default_payment_method, *dollars[1:])]


def preview_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for the invoice of the running period (``schema.INVOICE_LINES``)."""
    path = f"/accounts/{account_id}/ai-gateway/billing/invoice-preview"
    lines = wire.get(path, partial(invoices.preview_lines, path=path), waiter=waiter)
    return [(account_id, *_redacted(wire, line)) for line in lines]


def invoice_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for past invoices (``schema.INVOICES``), by kind where one answer does not hold them all."""
    path = f"/accounts/{account_id}/ai-gateway/billing/invoice-history"
    decode = partial(invoices.past_invoices, path=path)
    found = [wire.get(path, decode, waiter=waiter, type="all")]
    if found[0].claims_more:
        found = [wire.get(path, decode, waiter=waiter, type=kind) for kind in ("auto", "manual")]
    if any(part.claims_more for part in found):
        raise PayloadError(
            f"the answer to {path} says that there are more invoices than it holds, and Cloudflare has no "
            "way to ask for the rest: see the billing page of the dashboard"
        )
    return [(account_id, *_redacted(wire, invoice)) for part in found for invoice in part.invoices]


def _redacted(wire: Wire, row: invoices.InvoiceLine | invoices.Invoice) -> Row:
    """Return the values of a row, without the secret, should an answer have repeated it."""
    return tuple(wire.redacted(value) if isinstance(value, str) else value for value in astuple(row))
