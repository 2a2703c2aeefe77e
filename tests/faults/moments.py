"""The calls during which something goes wrong, and the request of each that it goes wrong with."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import polars as pl

import cfusage_lab as cfu
from cfusage_lab.sandbox import Knobs, Sandbox

NOW = datetime(2026, 1, 20, 9, 30, tzinfo=UTC)
START = datetime(2026, 1, 5, tzinfo=UTC)
HOURS = 96
RANGE = cfu.TimeRange(START, START + timedelta(hours=HOURS))
ACCOUNTS = [f"{number:032x}" for number in range(1, 13)]
LISTED = {f"{number:032x}": f"Account {number}" for number in range(1, 121)}


@dataclass(frozen=True, kw_only=True)
class Moment:
    """A call, the end that answers it rightly, and the request that is answered wrongly.

    Attributes
    ----------
    name
        What is printed.
    call
        What is asked of a client.
    sandbox
        What answers every request that is left alone.
    accounts
        What the client is told of accounts.
    is_hit
        Whether a request, account and query, is the one.
    requests_after
        Whether others follow the one that is hit, even where that one is answered at last.
    """

    name: str
    call: Callable[[cfu.UsageClient, cfu.Progress], pl.DataFrame]
    sandbox: Sandbox
    is_hit: Callable[[str, Mapping[str, str]], bool]
    accounts: tuple[str, ...] = ()
    requests_after: bool = True

    @property
    def is_list(self) -> bool:
        """Whether it is the list of accounts that is asked for."""
        return not self.accounts


def dollars(account_id: str, hour: int) -> float:
    """Return what an hour costs: no two of them the same, whoever's they are."""
    return int(account_id, 16) * 1_000 + hour + 0.25


def used(accounts: list[str], *, since: int = 0) -> dict[str, dict[datetime, float]]:
    return {
        account: {START + timedelta(hours=hour): dollars(account, hour) for hour in range(since, HOURS)}
        for account in accounts
    }


def sandbox(accounts: list[str], *, page_size: int | None = None, since: int = 0) -> Sandbox:
    knobs = Knobs(page_size=page_size, result_info="absent", ratelimit=None)
    return Sandbox(knobs, usage=used(accounts, since=since), now=NOW)


def history(client: cfu.UsageClient, progress: cfu.Progress) -> pl.DataFrame:
    return client.usage_history(RANGE, progress=progress)


def hours_of(query: Mapping[str, str]) -> tuple[int, int]:
    """Return which hours a request asks for."""
    first, last = (int(query[name]) // 1_000 - int(START.timestamp()) for name in ("start_time", "end_time"))
    return first // 3_600, last // 3_600


def part(*span: int) -> Callable[[str, Mapping[str, str]], bool]:
    return lambda _account, query: hours_of(query) == span


def of(account: str, *span: int) -> Callable[[str, Mapping[str, str]], bool]:
    return lambda asked, query: asked == account and (not span or hours_of(query) == span)


def page(number: int) -> Callable[[str, Mapping[str, str]], bool]:
    return lambda _account, query: query["page"] == str(number)


ONE, SOME, MANY = ACCOUNTS[:1], ACCOUNTS[:3], ACCOUNTS
PAGES = sandbox(ONE, page_size=24)
_MOMENTS: list[dict[str, Any]] = [
    {"name": "one page", "sandbox": sandbox(ONE), "is_hit": part(0, 96), "requests_after": False},
    {"name": "many pages, the first", "sandbox": PAGES, "is_hit": part(0, 96)},
    {"name": "many pages, in the middle", "sandbox": PAGES, "is_hit": part(24, 48)},
    {"name": "many pages, the last", "sandbox": PAGES, "is_hit": part(0, 24), "requests_after": False},
    {
        "name": "the proof that all came",
        "sandbox": sandbox(ONE, since=5),
        "is_hit": part(0, 5),
        "requests_after": False,
    },
    {"name": "many accounts, the first", "sandbox": sandbox(MANY), "is_hit": of(MANY[0]), "accounts": MANY},
    {"name": "many accounts, another", "sandbox": sandbox(MANY), "is_hit": of(MANY[6]), "accounts": MANY},
    {
        "name": "many accounts, a page of one",
        "sandbox": sandbox(SOME, page_size=24),
        "is_hit": of(SOME[1], 24, 48),
        "accounts": SOME,
    },
    {
        "name": "credit of some accounts",
        "call": lambda client, _progress: client.credit_balance(),
        "sandbox": sandbox(SOME),
        "is_hit": of(SOME[1]),
        "accounts": SOME,
    },
    {
        "name": "invoice previews of some accounts",
        "call": lambda client, _progress: client.invoice_preview(),
        "sandbox": sandbox(SOME),
        "is_hit": of(SOME[1]),
        "accounts": SOME,
    },
    {
        "name": "past invoices of some accounts",
        "call": lambda client, _progress: client.invoices(),
        "sandbox": sandbox(SOME),
        "is_hit": of(SOME[1]),
        "accounts": SOME,
    },
]
_LISTS: list[dict[str, Any]] = [
    {"name": "the list of accounts, its first page", "is_hit": page(1)},
    {"name": "the list of accounts, its last page", "is_hit": page(3), "requests_after": False},
]
MOMENTS = [
    *(Moment(**{"call": history, "accounts": tuple(ONE), **one}) for one in _MOMENTS),
    *(
        Moment(
            call=lambda client, _progress: client.accounts(),
            sandbox=Sandbox(Knobs(result_info="absent", ratelimit=None), usage={}, accounts=LISTED, now=NOW),
            **one,
        )
        for one in _LISTS
    ),
]


def query_of(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text).items()}
