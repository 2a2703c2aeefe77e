"""The invoice answers: what the running month will be billed, model by model, and what was billed before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import shake_128
from math import fsum
from typing import Any, Final

from cfusage_lab.sandbox.answers import Answer, page_info, refuse, succeed
from cfusage_lab.sandbox.knobs import Knobs
from cfusage_lab.sandbox.ledger import Ledger
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import HOUR_SECONDS

__all__ = ["Invoices"]

_SUPPORT, _RESEARCH, _BATCH, _ = SANDBOX_ACCOUNTS
_MODELS: Final = {
    _SUPPORT: {"openai/gpt-5.5": 0.52, "anthropic/claude-haiku-4-5": 0.31, "google/gemini-3-flash": 0.17},
    _RESEARCH: {"anthropic/claude-opus-4-6": 0.64, "openai/gpt-5.5": 0.28, "Workers AI": 0.08},
    _BATCH: {"workers-ai/@cf/meta/llama-4-scout": 0.72, "openai/gpt-5-mini": 0.28},
}
"""Account to what its invoice lines say, and the part of the cost of each. One of them is no model."""
_OTHER_MODELS: Final = {"openai/gpt-5.5": 0.7, "anthropic/claude-haiku-4-5": 0.3}
_PAID_BY_CREDIT: Final = {_SUPPORT: 1.0, _BATCH: 0.25}
"""Account to the part of its cost that prepaid credit pays; the others pay by invoice."""
_KINDS: Final = ("auto", "manual", "all")
_MONTHS_BACK: Final = 3
_TOP_UP_CENTS: Final = 20_000


@dataclass(frozen=True, slots=True)
class _Month:
    """A calendar month in UTC, which is what an invoice covers; in epoch seconds."""

    start: int
    end: int

    @classmethod
    def of(cls, moment: datetime) -> "_Month":
        start = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        end = (start + timedelta(days=32)).replace(day=1)
        return cls(int(start.timestamp()), int(end.timestamp()))

    @property
    def before(self) -> "_Month":
        return _Month.of(datetime.fromtimestamp(self.start - HOUR_SECONDS, UTC))


@dataclass(frozen=True, slots=True)
class _Line:
    """What was used, what it costs, and what of that prepaid credit pays; in cents."""

    description: str
    cents: int
    credit: int


class Invoices:
    """Answers about the invoices for the accounts of a ledger, in the manner of the knobs.

    An invoice is the cost of its month in whole cents, parted by model so that the lines add up to it.
    """

    def __init__(self, knobs: Knobs, ledger: Ledger) -> None:
        self._knobs = knobs
        self._ledger = ledger

    def preview(self, account_id: str) -> Answer:
        """Answer ``invoice-preview``: the running month so far."""
        if self._is_null(account_id):
            return succeed(None)
        month = _Month.of(self._ledger.now())
        lines = self._lines(account_id, month)
        due = self._amount(_due(lines))
        result = {
            "id": _id("upcoming_in", account_id, month.start),
            "amount_due": due,
            "amount_paid": self._amount(0),
            "amount_remaining": due,
            "currency": "usd",
            "status": self._knobs.invoice_status,
            "period_start": self._time(month.start),
            "period_end": self._time(month.end),
            "invoice_lines": [
                self._written(line, month) for line in lines if self._knobs.invoice_lines != "empty"
            ],
        }
        return succeed(result, page_info(self._knobs, total=1, shown=1))

    def history(self, account_id: str, kind: str) -> Answer:
        """Answer ``invoice-history``: ``auto`` are the monthly invoices, ``manual`` the top-ups."""
        if kind not in _KINDS:
            return refuse(400, (7001, "type: expected 'auto', 'manual' or 'all'"))
        if self._is_null(account_id):
            return succeed(None)
        invoices = [
            *(self._past(account_id) if kind != "manual" else ()),
            *(self._top_ups(account_id) if kind != "auto" else ()),
        ]
        shown = invoices[: self._knobs.page_size]
        info = page_info(self._knobs, total=len(invoices), shown=len(shown))
        pagination = info or {
            "has_more": len(shown) < len(invoices),
            "page": 1,
            "per_page": self._knobs.page_size or 100,
            "total_count": len(invoices),
        }
        return succeed({"invoices": shown, "pagination": pagination}, info)

    def _is_null(self, account_id: str) -> bool:
        return self._knobs.never_used == "null" and self._ledger.is_unused(account_id)

    def _past(self, account_id: str) -> list[dict[str, Any]]:
        month, found = _Month.of(self._ledger.now()), []
        for _ in range(_MONTHS_BACK):
            month = month.before
            if lines := self._lines(account_id, month):
                found.append(self._invoice("auto", account_id, month.end, _due(lines), "AI Gateway usage"))
        return found

    def _top_ups(self, account_id: str) -> list[dict[str, Any]]:
        if _PAID_BY_CREDIT.get(account_id) != 1.0:
            return []
        bought = _Month.of(self._ledger.now()).before.start + 9 * HOUR_SECONDS
        return [self._invoice("manual", account_id, bought, _TOP_UP_CENTS, "AI Gateway credit")]

    def _invoice(self, origin: str, account_id: str, created: int, cents: int, what: str) -> dict[str, Any]:
        name = _id("in", account_id, created)
        return {
            "id": name,
            "amount_due": self._amount(cents),
            "amount_paid": self._amount(cents),
            "amount_remaining": self._amount(0),
            "currency": "usd",
            "created": self._time(created),
            "description": what,
            "invoice_origin": origin,
            "invoice_pdf": f"https://billing.invalid/{name}/pdf",
            "status": "paid",
        }

    def _lines(self, account_id: str, month: _Month) -> list[_Line]:
        """Part the cost of a month: cents by largest remainder, so that nothing is lost in rounding."""
        cents = round(fsum(self._ledger.hours(account_id, month.start, month.end)) * 100)
        if not cents:
            return []
        shares = _MODELS.get(account_id, _OTHER_MODELS)
        if self._knobs.invoice_lines == "one":
            shares = {"AI Gateway usage": 1.0}
        elif self._knobs.invoice_lines == "without_model":
            shares = {f"AI Gateway usage, part {number}": part for number, part in enumerate(shares.values())}
        credit = _PAID_BY_CREDIT.get(account_id, 0.0)
        return [
            _Line(what, part, round(part * credit))
            for what, part in zip(shares, _parted(cents, list(shares.values())), strict=True)
        ]

    def _written(self, line: _Line, month: _Month) -> dict[str, Any]:
        paid = {
            "amount": self._amount(line.credit),
            "type": "credit_balance_transaction",
            "credit_balance_transaction": _id("cbtxn", line.description, month.start),
            "discount": None,
        }
        return {
            "amount": self._amount(line.cents),
            "currency": "usd",
            "description": line.description,
            "quantity": self._number(line.cents * 10),
            "period": {"start": self._time(month.start), "end": self._time(month.end)},
            "pricing": {"unit_amount_decimal": "0.001"},
            "pretax_credit_amounts": [paid] if line.credit else [],
        }

    def _amount(self, cents: int) -> float:
        return self._number(cents if self._knobs.invoice_unit == "cents" else cents / 100)

    def _time(self, seconds: int) -> float:
        return self._number(seconds * 1_000 if self._knobs.time_unit == "milliseconds" else seconds)

    def _number(self, value: float) -> float:
        return float(value) if self._knobs.numbers == "float" or value != int(value) else int(value)


def _due(lines: list[_Line]) -> int:
    return sum(line.cents - line.credit for line in lines)


def _parted(cents: int, shares: list[float]) -> list[int]:
    """Part whole cents by shares that add up to 1; the largest remainders get the cents that are left."""
    size, sign = abs(cents), 1 if cents >= 0 else -1
    exact = [size * share for share in shares]
    parts = [int(part) for part in exact]
    order = sorted(range(len(parts)), key=lambda index: parts[index] - exact[index])
    for index in order[: size - sum(parts)]:
        parts[index] += 1
    return [sign * part for part in parts]


def _id(kind: str, *about: object) -> str:
    return f"{kind}_{shake_128(repr(about).encode()).hexdigest(12)}"
