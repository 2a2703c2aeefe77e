"""Every question that Cloudflare is asked: its path, its query, and what its answer comes to.

Of usage, one request is one part of a plan (:mod:`cfusage_lab.fetch.planning`). What else billing answers
comes as rows of its table.
"""

from collections.abc import Callable
from dataclasses import astuple
from functools import partial
from typing import Any, Final

from cfusage_lab.errors import PayloadError
from cfusage_lab.fetch.planning import Part
from cfusage_lab.schema import WIDTHS, Granularity
from cfusage_lab.wire import Wire, answers, invoices
from cfusage_lab.wire.answers import Rows
from cfusage_lab.wire.limits import MOST_PAGES
from cfusage_lab.wire.pacing import Waiter

__all__ = ["Ask", "Row", "account_list", "credit_rows", "invoice_rows", "preview_rows", "usage_rows"]

_ACCOUNTS_PER_PAGE: Final = 50
"""The most that ``GET /accounts`` gives."""

Row = tuple[Any, ...]
Ask = Callable[[Wire, str, Waiter], list[Row]]
"""Ask about one account."""


def usage_rows(wire: Wire, part: Part, waiter: Waiter, *, granularity: Granularity, with_ids: bool) -> Rows:
    """Ask for the windows of one part of a plan."""
    path = _billing_path(part.account_id, "usage-history")
    decode = partial(
        answers.usage_rows,
        path=path,
        start=part.start,
        end=part.end,
        width=int(WIDTHS[granularity].total_seconds()),
        with_ids=with_ids,
    )
    return wire.get(
        path,
        decode,
        waiter=waiter,
        value_grouping_window=granularity,
        start_time=part.start * 1_000,
        end_time=part.end * 1_000,
    )


def account_list(wire: Wire, waiter: Waiter) -> list[answers.Account]:
    """Ask for the accounts that the token can see, every page of them."""
    found: dict[str, answers.Account] = {}
    decode = partial(answers.account_page, path="/accounts")
    for page in range(1, MOST_PAGES + 1):
        answer = wire.get("/accounts", decode, waiter=waiter, page=page, per_page=_ACCOUNTS_PER_PAGE)
        known = len(found)
        for account in answer.accounts:
            account.name = account.name and wire.redacted(account.name)
            found[account.id] = account
        if len(found) == known and known < (answer.total or 0):
            raise PayloadError(
                f"the list of accounts ends after {known} of {answer.total}; try again", retryable=True
            )
        if len(found) in {known, answer.total}:
            return list(found.values())
    raise PayloadError(
        f"the list of accounts does not end after {MOST_PAGES:,} pages; pass accounts=, or set "
        "CLOUDFLARE_ACCOUNT_ID"
    )


def credit_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for prepaid credit (``schema.CREDIT_BALANCE``)."""
    path = _billing_path(account_id, "credit-balance")
    credit = wire.get(path, partial(answers.balance, path=path), waiter=waiter)
    topup = credit.topup_config or answers.TopUp()
    dollars = [
        None if cents is None else cents / 100 for cents in (credit.balance, topup.amount, topup.threshold)
    ]
    return [(account_id, dollars[0], credit.has_default_payment_method, *dollars[1:])]


def preview_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for the invoice of the running period (``schema.INVOICE_LINES``)."""
    path = _billing_path(account_id, "invoice-preview")
    lines = wire.get(path, partial(invoices.preview_lines, path=path), waiter=waiter)
    return [(account_id, *_redacted(wire, line)) for line in lines]


def invoice_rows(wire: Wire, account_id: str, waiter: Waiter) -> list[Row]:
    """Ask for past invoices (``schema.INVOICES``), by kind where one answer does not hold them all."""
    path = _billing_path(account_id, "invoice-history")
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


def _billing_path(account_id: str, name: str) -> str:
    return f"/accounts/{account_id}/ai-gateway/billing/{name}"


def _redacted(wire: Wire, row: invoices.InvoiceLine | invoices.Invoice) -> Row:
    """Return the values of a row, without the secret, should an answer have repeated it."""
    return tuple(wire.redacted(value) if isinstance(value, str) else value for value in astuple(row))
