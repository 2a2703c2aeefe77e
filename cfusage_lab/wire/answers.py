"""From the bytes of an answer to checked values; what does not fit is an error that names the place."""

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
import polars as pl

from cfusage_lab.account_ids import ACCOUNT_ID
from cfusage_lab.errors import PayloadError
from cfusage_lab.wire import json_checks
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

__all__ = ["Account", "Balance", "Page", "Rows", "TopUp", "account_page", "balance", "usage_rows"]

_LONGEST_NAME: Final = 300
"""Characters of an account's name that are kept: a heading has no room for more."""

T = TypeVar("T")


class _Window(msgspec.Struct, gc=False):
    aggregated_value: float
    start_time: float
    end_time: float


class _NamedWindow(_Window, gc=False):
    id: str


class _History(msgspec.Struct, Generic[T]):
    history: list[T]


class Account(msgspec.Struct):
    """An account, as ``GET /accounts`` lists it."""

    id: str
    name: str | None = None


class TopUp(msgspec.Struct):
    """An automatic top-up, in cents."""

    amount: float | None = None
    threshold: float | None = None


class Balance(msgspec.Struct):
    """Prepaid credit, in cents as Cloudflare has it."""

    balance: float
    has_default_payment_method: bool | None = None
    topup_config: TopUp | None = None


_USAGE: Final = msgspec.json.Decoder(Envelope[_History[_Window]])
_NAMED_USAGE: Final = msgspec.json.Decoder(Envelope[_History[_NamedWindow]])
_ACCOUNTS: Final = msgspec.json.Decoder(Envelope[list[Account]])
_BALANCE: Final = msgspec.json.Decoder(Envelope[Balance])


@dataclass(frozen=True, slots=True)
class Rows:
    """The windows of one usage answer: checked, each once, in no order.

    Attributes
    ----------
    starts
        Int64, seconds since 1970 UTC.
    values
        Float64, US dollars.
    ids
        String, or None where they are not wanted.
    count
        How many rows the answer had, repeated ones included: what a page is counted in.
    first, last
        The oldest and the newest start, in seconds; 0 where there is no row.
    claims_more
        Whether the answer itself says that it was cut.
    """

    starts: pl.Series
    values: pl.Series
    ids: pl.Series | None
    count: int
    first: int
    last: int
    claims_more: bool


@dataclass(frozen=True, slots=True)
class Page:
    """One page of ``GET /accounts``; ``total`` is None where the answer does not say."""

    accounts: list[Account]
    total: int | None


def usage_rows(
    body: bytes | bytearray, *, path: str, start: int, end: int, width: int, with_ids: bool
) -> Rows:
    """Decode and check an answer to a usage request for ``[start, end)``, both in seconds.

    Raises
    ------
    PayloadError
        If a field is gone, of the wrong type or a duplicate, a window is off the grid, outside the range or
        of the wrong width, a cost is absurd, or two rows of one window disagree.
    ApiError
        If the answer is a refusal in spite of its status.
    """
    with name_in_errors(path):
        envelope: Envelope[_History[Any]] = decode_envelope(
            _NAMED_USAGE if with_ids else _USAGE, body, row=_NamedWindow if with_ids else _Window
        )
        windows = result(envelope, body, path, perhaps="the account has no usage yet").history
        json_checks.refuse_odd_rows(body, len(windows), with_ids=with_ids)
        if isinstance(body, bytearray):
            body.clear()  # the largest thing in memory, whoever else still holds it
        info = envelope.result_info or Info()
        return _checked(
            pl.Series([w.start_time for w in windows], dtype=pl.Float64),
            pl.Series([w.end_time for w in windows], dtype=pl.Float64),
            pl.Series([w.aggregated_value + 0.0 for w in windows], dtype=pl.Float64),  # a zero has no sign
            pl.Series([w.id for w in windows], dtype=pl.String) if with_ids else None,
            span=(start, end, width),
            claims_more=bool(info.has_more) or (info.total_count or 0) > len(windows),
        )


def account_page(body: bytes | bytearray, *, path: str) -> Page:
    """Decode one page of ``GET /accounts``."""
    with name_in_errors(path):
        envelope = decode_envelope(_ACCOUNTS, body)
        accounts = result(envelope, body, path)
        refuse_odd(body)
        for number, account in enumerate(accounts):
            if not ACCOUNT_ID.fullmatch(account.id):
                raise PayloadError(f"`$.result[{number}].id` is not 32 hexadecimal digits")
            if account.name is not None and len(account.name) > _LONGEST_NAME:
                account.name = f"{account.name[:_LONGEST_NAME]}…"
        info = envelope.result_info or Info()
        return Page(accounts, None if info.total_count is None else int(info.total_count))


def balance(body: bytes | bytearray, *, path: str) -> Balance:
    """Decode an answer of ``GET …/billing/credit-balance``."""
    with name_in_errors(path):
        credit = result(decode_envelope(_BALANCE, body), body, path)
        refuse_odd(body)
        return credit


def _checked(
    starts: pl.Series,
    ends: pl.Series,
    values: pl.Series,
    ids: pl.Series | None,
    *,
    span: tuple[int, int, int],
    claims_more: bool,
) -> Rows:
    """Return the rows of an answer if each of them is a window of the span that was asked for."""
    count = len(starts)
    if not count:
        return Rows(starts.cast(pl.Int64), values, ids, 0, 0, 0, claims_more)
    start, end, width = span
    starts, ends = _seconds(starts, "start_time"), _seconds(ends, "end_time")
    _refuse(ends - starts != width, f"is not {width} s wide", starts, ends)
    _refuse(starts % width != 0, "is off the grid of whole UTC windows", starts, ends)
    _refuse((starts < start) | (ends > end), "lies outside the range that was asked for", starts, ends)
    least, most = float(values.min()), float(values.max())  # type: ignore[arg-type]
    if max(-least, most) >= MOST_USD:
        _refuse(values.abs() >= MOST_USD, "costs more than anybody has", starts, ends)
    starts = starts.cast(pl.Int64)
    if starts.n_unique() < count:
        starts, values, ids = _collapsed(starts, values, ids)
    first, last = int(starts.min()), int(starts.max())  # type: ignore[arg-type]
    return Rows(starts, values, ids, count, first, last, claims_more)


def _seconds(times: pl.Series, name: str) -> pl.Series:
    """Return times in seconds, whichever of the two units they came in."""
    is_ms = times >= MILLISECONDS_FROM
    if is_ms.all():
        return times / 1_000
    if is_ms.any():
        raise PayloadError(f"`{name}` is in seconds in some windows and in milliseconds in others")
    return times


def _refuse(is_bad: pl.Series, why: str, starts: pl.Series, ends: pl.Series) -> None:
    if is_bad.any():
        row = is_bad.arg_max() or 0
        span = f"start_time {starts[row]:.0f}, end_time {ends[row]:.0f}"
        raise PayloadError(f"`$.result.history[{row}]` {why} ({span}, in seconds)")


def _collapsed(
    starts: pl.Series, values: pl.Series, ids: pl.Series | None
) -> tuple[pl.Series, pl.Series, pl.Series | None]:
    """Keep one of the rows that agree on a window."""
    table = pl.DataFrame(
        {"start": starts, "value": values, "id": ids if ids is not None else [None] * len(starts)}
    )
    agreed = table.unique(["start", "value"], keep="first", maintain_order=True)
    disagreed = agreed.filter(agreed["start"].is_duplicated())
    if disagreed.height:
        start = disagreed["start"][0]
        told = " and ".join(str(value) for value in disagreed.filter(pl.col("start") == start)["value"])
        raise PayloadError(f"the window that starts at {start} is a duplicate with other dollars: {told}")
    return agreed["start"], agreed["value"], None if ids is None else agreed["id"]
