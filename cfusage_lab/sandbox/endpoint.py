"""The sandbox itself: a WSGI application that answers as Cloudflare would."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from math import fsum
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

import polars as pl

from cfusage_lab.account_ids import ACCOUNT_ID
from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import moment
from cfusage_lab.sandbox.access import RateLimit, refuse_credentials
from cfusage_lab.sandbox.answers import Answer, refuse, succeed
from cfusage_lab.sandbox.billing import Billing
from cfusage_lab.sandbox.invoices import Invoices
from cfusage_lab.sandbox.knobs import DEFAULT_KNOBS, Knobs
from cfusage_lab.sandbox.ledger import WIDTHS, Ledger, Usage, epoch_seconds
from cfusage_lab.sandbox.trouble import CONNECTION, Connection, Trouble
from cfusage_lab.schema import Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import HOUR_SECONDS

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

__all__ = ["API_PATH", "Request", "Sandbox"]

API_PATH: Final = "/client/v4"
_MOST_ACCOUNTS: Final = 50
"""The most accounts that Cloudflare puts on a page."""
_REMEMBERED: Final = 10_000
"""Requests: some 5 MB, so that an explorer that is left open for days does not grow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked; ``time`` is the reading of the sandbox's clock, in seconds."""

    method: str
    path: str
    query: Mapping[str, str]
    time: float


class Sandbox:
    """An imitation of Cloudflare's AI Gateway billing endpoint: a WSGI application.

    Within the process it is reached through ``httpx.WSGITransport(app=sandbox)``, over a socket through
    :func:`serve`. It accepts ``SANDBOX_TOKEN``, or ``SANDBOX_EMAIL`` with ``SANDBOX_KEY``.

    Parameters
    ----------
    knobs
        How it answers where the documentation is silent.
    usage
        Account id to start of an hour to cost in US dollars, instead of the made-up cost; an account that
        is not named has no usage.
    trouble
        What happens to the first requests, one entry each; None leaves a request alone. More can be
        appended to :attr:`trouble` at any time.
    accounts
        More accounts, id to name, beside the published ones and those of ``usage``.
    now
        The present moment, as an aware datetime or an ISO 8601 text, or a function that tells it; the real
        clock by default. Windows of the future have no usage, and the running one has its share so far.
    clock
        Seconds, for the log of requests and the ``limit`` knob.

    Attributes
    ----------
    knobs
        The knobs it was built with.
    trouble
        The trouble that is still to come.
    accounts
        The accounts its token can see, id to name.

    Raises
    ------
    ConfigError
        If ``now`` is no moment, it or an hour of ``usage`` has no time zone, an hour is not whole, a cost is
        not finite, or an account id is not 32 hexadecimal digits.
    """

    def __init__(
        self,
        knobs: Knobs = DEFAULT_KNOBS,
        *,
        usage: Usage | None = None,
        trouble: Iterable[Trouble | None] = (),
        accounts: Mapping[str, str] | None = None,
        now: Callable[[], datetime] | datetime | str | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.knobs = knobs
        self.trouble: deque[Trouble | None] = deque(trouble)
        self.accounts = _all_accounts(usage or {}, accounts or {})
        self._clock = clock
        self._ledger = Ledger.of(usage, settling_hours=knobs.settling_hours, now=_clock_of(now))
        self._billing = Billing(knobs, self._ledger)
        self._invoices = Invoices(knobs, self._ledger)
        self._rate_limit = RateLimit(knobs, clock)
        self._requests: deque[Request] = deque(maxlen=_REMEMBERED)

    @property
    def requests(self) -> tuple[Request, ...]:
        """What was asked so far, in order of arrival; of more than 10,000 requests, the last."""
        return tuple(self._requests)

    def truth(
        self, account_id: str, start: datetime, end: datetime, granularity: Granularity = "hour"
    ) -> pl.DataFrame:
        """Return what a complete answer would hold, computed without the endpoint.

        Returns
        -------
        DataFrame
            One row is one window with usage, oldest first:

            - ``start_time``, ``end_time``: UTC instants, the end exclusive
            - ``aggregated_value``: US dollars

        Raises
        ------
        ConfigError
            If a bound has no time zone, or is not on the grid of the granularity.
        """
        width = WIDTHS[granularity]
        first, last = epoch_seconds(start), epoch_seconds(end)
        if first % width or last % width:
            raise ConfigError(f"{start} to {end} are not whole UTC {granularity}s")
        parts: dict[int, list[float]] = {}
        for index, cost in enumerate(self._ledger.hours(account_id, first, last)):
            if cost:
                moment = first + index * HOUR_SECONDS
                parts.setdefault(moment - moment % width, []).append(cost)
        starts = pl.Series("start_time", list(parts), dtype=pl.Int64)
        return pl.DataFrame(
            {
                "start_time": pl.from_epoch(starts, time_unit="s"),
                "end_time": pl.from_epoch(starts + width, time_unit="s"),
                "aggregated_value": pl.Series([fsum(costs) for costs in parts.values()], dtype=pl.Float64),
            }
        ).with_columns(pl.col("start_time", "end_time").cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request (WSGI)."""
        query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
        path = environ.get("SCRIPT_NAME", "") + environ.get("PATH_INFO", "")
        request = Request(method=environ["REQUEST_METHOD"], path=path, query=query, time=self._clock())
        self._requests.append(request)
        connection: Connection | None = environ.get(CONNECTION)
        self._take_time(connection)
        refusal, limit_headers = self._rate_limit.admit()
        trouble = self._next_trouble()
        answer = refusal or trouble.apply(connection, lambda: self._answer(request, environ))
        headers = [
            ("Content-Type", answer.content_type),
            ("Content-Length", str(len(answer.body))),
            *limit_headers,
            *answer.headers,
        ]
        start_response(_status_line(answer.status), headers)
        return [answer.body]

    def _take_time(self, connection: Connection | None) -> None:
        if self.knobs.latency_seconds:
            Trouble.slow(self.knobs.latency_seconds).wait(connection)

    def _next_trouble(self) -> Trouble:
        try:
            return self.trouble.popleft() or Trouble()
        except IndexError:
            return Trouble()

    def _answer(self, request: Request, environ: "WSGIEnvironment") -> Answer:
        """Find the true answer: credentials, then the route, then the account."""
        names = ("HTTP_AUTHORIZATION", "HTTP_X_AUTH_EMAIL", "HTTP_X_AUTH_KEY")
        refusal = refuse_credentials(*(environ.get(name) for name in names))
        if refusal is not None:
            return refusal
        if request.method != "GET":
            error = (7001, f"Method {request.method} not available for that URI.")
            return refuse(405, error, headers=(("Allow", "GET"),))
        if not request.path.startswith(f"{API_PATH}/"):
            return _no_route(request.path)
        match request.path.removeprefix(f"{API_PATH}/").split("/"):
            case ["accounts"]:
                return self._list_accounts(request.query)
            case ["accounts", account_id, "ai-gateway", "billing", name] if ACCOUNT_ID.fullmatch(account_id):
                return self._bill(account_id, name, request)
        return _no_route(request.path)

    def _bill(self, account_id: str, name: str, request: Request) -> Answer:
        answers: dict[str, Callable[[], Answer]] = {
            "usage-history": lambda: self._billing.usage_history(account_id, request.query),
            "credit-balance": lambda: self._billing.credit_balance(account_id),
            "invoice-preview": lambda: self._invoices.preview(account_id),
            "invoice-history": lambda: self._invoices.history(account_id, request.query.get("type", "all")),
        }
        if name not in answers:
            return _no_route(request.path)
        if account_id not in self.accounts:
            return refuse(403, (10000, "Authentication error"))
        return answers[name]()

    def _list_accounts(self, query: Mapping[str, str]) -> Answer:
        if self.knobs.is_token_account_owned:
            return refuse(400, (1001, "List accounts endpoint does not support account owned tokens."))
        page, size = (query.get(name, default) for name, default in (("page", "1"), ("per_page", "20")))
        if not (page.isdecimal() and size.isdecimal() and int(page) and 1 <= int(size) <= _MOST_ACCOUNTS):
            return refuse(400, (7001, f"page: from 1; per_page: from 1 to {_MOST_ACCOUNTS}"))
        first, total = (int(page) - 1) * int(size), len(self.accounts)
        shown = [
            {"id": account_id, "name": name, "type": "standard", "created_on": "2024-03-01T09:00:00Z"}
            for account_id, name in list(self.accounts.items())[first : first + int(size)]
        ]
        info = {"page": int(page), "per_page": int(size), "count": len(shown), "total_count": total}
        return succeed(shown, {**info, "total_pages": -(-total // int(size))})


def _no_route(path: str) -> Answer:
    hint = "perhaps your object identifier is invalid?"
    return refuse(404, (7003, f"Could not route to {path}, {hint}"), (7000, "No route for that URI"))


def _all_accounts(usage: Usage, accounts: Mapping[str, str]) -> dict[str, str]:
    found = dict(SANDBOX_ACCOUNTS)
    for account_id in usage:
        found.setdefault(account_id, f"Account {account_id[-4:]}")
    found |= accounts
    for account_id in found:
        if not ACCOUNT_ID.fullmatch(account_id):
            raise ConfigError(
                f"{account_id!r} is no account id; use 32 hexadecimal digits, a to f in lower case"
            )
    return found


def _clock_of(now: Callable[[], datetime] | datetime | str | None) -> Callable[[], datetime]:
    if callable(now):
        return now
    if now is None:
        return lambda: datetime.now(UTC)
    fixed = moment(now)  # refuses what is none at once, not at the first request
    return lambda: fixed


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown Error"
