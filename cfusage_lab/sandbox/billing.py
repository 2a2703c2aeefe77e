"""The billing answers: which windows are shown, and in which shape."""

from collections.abc import Mapping
from hashlib import shake_128
from itertools import count
from typing import Final, get_args

import msgspec

from cfusage_lab.sandbox.answers import Answer, page_info, refuse, succeed
from cfusage_lab.sandbox.knobs import Knobs
from cfusage_lab.sandbox.ledger import WIDTHS, Ledger, Window
from cfusage_lab.schema import Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS

__all__ = ["Billing"]

_SECOND: Final = 1_000  # in milliseconds, the unit of the request
_LATEST: Final = 253_402_300_800_000  # the year 10000, where Python's dates end
_DAYS_WITHOUT_BOUND: Final = 366
"""What a request without a start is taken to mean; Cloudflare does not say."""

_SUPPORT, _RESEARCH, _BATCH, _PILOT = SANDBOX_ACCOUNTS
_CENTS: Final = {_SUPPORT: 42_807.31, _RESEARCH: 1_160.5, _BATCH: -213.94}
_NO_TOPUP: Final = {
    "amount": None,
    "threshold": None,
    "error": None,
    "disabledReason": None,
    "lastFailedAt": None,
}


class _Row(msgspec.Struct):
    """One window, as the endpoint writes it."""

    id: str
    aggregated_value: float
    start_time: float
    end_time: float


class _Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    def __init__(self, status: int, *errors: tuple[int, str]) -> None:
        super().__init__(status)
        self.answer = refuse(status, *errors)


class Billing:
    """Answers for the accounts of a ledger, in the manner of the knobs."""

    def __init__(self, knobs: Knobs, ledger: Ledger) -> None:
        self._knobs = knobs
        self._ledger = ledger
        self._answers = count()

    def usage_history(self, account_id: str, query: Mapping[str, str]) -> Answer:
        """Answer ``usage-history``: the windows with usage between two bounds."""
        try:
            granularity, start, end = self._asked(query)
        except _Refused as refused:
            return refused.answer
        if self._knobs.never_used == "null" and self._ledger.is_unused(account_id):
            return succeed(None)
        rows = self._ledger.windows(account_id, start, end, granularity)
        if self._knobs.is_empty_left_out:
            rows = [row for row in rows if row[1] is not None]
        shown = self._cut(rows)
        history = self._written(account_id, granularity, shown)
        return succeed({"history": history}, page_info(self._knobs, total=len(rows), shown=len(shown)))

    def credit_balance(self, account_id: str) -> Answer:
        """Answer ``credit-balance``, in cents."""
        is_support = account_id == _SUPPORT
        has_card = account_id in _CENTS
        topup = {**_NO_TOPUP, "amount": 20_000, "threshold": 5_000} if is_support else _NO_TOPUP
        result = {
            "balance": _CENTS.get(account_id, 0),
            "has_default_payment_method": has_card,
            "payment_method": {"brand": "visa", "last4": "4242"} if has_card else None,
            "topup_config": topup,
            "first_topup_success": True if is_support else None,
        }
        return succeed(result, page_info(self._knobs, total=1, shown=1))

    def _asked(self, query: Mapping[str, str]) -> tuple[Granularity, int, int]:
        """Read the granularity and both bounds in epoch seconds, or refuse."""
        granularity = next(
            (g for g in get_args(Granularity) if g == query.get("value_grouping_window")), None
        )
        if granularity is None:
            raise _Refused(400, (7001, "value_grouping_window: expected 'day' or 'hour'"))
        width = WIDTHS[granularity]
        now = int(self._ledger.now().timestamp())
        running_end = (now // width + 1) * width
        bounds = {name: _milliseconds(query, name) for name in ("start_time", "end_time")}
        if None in bounds.values() and not self._knobs.is_bounds_optional:
            raise _Refused(400, (7001, "start_time and end_time: Required"))
        end_ms, start_ms = bounds["end_time"], bounds["start_time"]
        end_ms = running_end * _SECOND if end_ms is None else end_ms
        span_ms = _DAYS_WITHOUT_BOUND * WIDTHS["day"] * _SECOND
        start_ms = end_ms - span_ms if start_ms is None else start_ms
        if start_ms % (width * _SECOND) or end_ms % (width * _SECOND):
            raise _Refused(500)
        start, end = int(start_ms) // _SECOND, int(end_ms) // _SECOND
        longest = self._knobs.longest_days
        if start >= end:
            raise _Refused(400, (7001, "start_time: must be before end_time"))
        if longest is not None and end - start > longest * WIDTHS["day"]:
            raise _Refused(400, (7001, f"start_time: more than {longest} days before end_time"))
        if self._knobs.future_end == "refused" and end > running_end:
            raise _Refused(400, (7001, "end_time: must not be in the future"))
        return granularity, start, end

    def _cut(self, rows: list[Window]) -> list[Window]:
        """Keep one page of windows, and put them in order; they come oldest first."""
        size = self._knobs.page_size
        if size is not None and len(rows) > size:
            rows = rows[-size:] if self._knobs.drops == "oldest" else rows[:size]
        if self._knobs.order == "newest_first":
            rows = rows[::-1]
        if self._knobs.order == "shuffled":
            rows = sorted(rows, key=lambda row: shake_128(b"%d" % row[0]).digest(8))
        return rows

    def _written(self, account_id: str, granularity: Granularity, rows: list[Window]) -> list[_Row]:
        knobs = self._knobs
        width = WIDTHS[granularity]
        unit = _SECOND if knobs.time_unit == "milliseconds" else 1
        answer = 0 if knobs.is_id_stable else next(self._answers) + 1
        name = f"{account_id}/{granularity}/{answer}/".encode()
        number = float if knobs.numbers == "float" else int
        return [
            _Row(
                "mtrusg_" + shake_128(b"%b%d" % (name, start)).hexdigest(92),
                number(cost) if (cost := value or 0.0).is_integer() else cost,
                number(start * unit),
                number((start + width) * unit),
            )
            for start, value in rows
        ]


def _milliseconds(query: Mapping[str, str], name: str) -> float | None:
    """Read a bound, None where it is omitted; refuse what is no instant."""
    text = query.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not 0 <= value < _LATEST:
        raise _Refused(400, (7001, f"{name}: expected Unix milliseconds"))
    return value
