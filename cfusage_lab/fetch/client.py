"""From a time range to one complete table: the client that analysts hold."""

import threading
import weakref
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, Self, get_args
from urllib.parse import urlsplit

import polars as pl

from cfusage_lab import schema
from cfusage_lab.account_ids import named_account_ids
from cfusage_lab.argument_checks import check_choice, check_flags, said, wrong_kind
from cfusage_lab.credentials import Credentials, find_credentials, setting
from cfusage_lab.errors import ApiError, ConfigError
from cfusage_lab.fetch import requests
from cfusage_lab.fetch.parallel import WORKERS, fetch_all
from cfusage_lab.fetch.planning import PageSize, Part, Plan
from cfusage_lab.fetch.table import history_table
from cfusage_lab.progress import Progress, default_progress, listener_of
from cfusage_lab.ranges import LONGEST, TimeRange, last_days, moment, window_bounds
from cfusage_lab.schema import SETTLE_LAG, WIDTHS, Granularity
from cfusage_lab.source import MADE_UP, SANDBOX_ACCOUNTS
from cfusage_lab.time_units import EPOCH, SECOND
from cfusage_lab.wire import CLOUDFLARE, Wire, address, wsgi_transport
from cfusage_lab.wire.answers import Rows
from cfusage_lab.wire.pacing import Pacer, Waiter, pacer_of
from cfusage_lab.wording import visible

if TYPE_CHECKING:
    from cfusage_lab.sandbox import Sandbox

__all__ = ["UsageClient", "connect"]

_CLOCKS_DIFFER: Final = 300.0
"""Seconds: clocks that nobody sets differ by minutes, a wrong time zone by hours."""
_USUAL_DAYS: Final = 30
"""Whole UTC days that are asked for where no range is named: about a month."""
_SHOWN: Final = 20
"""Accounts that a message lists: more are no help in choosing one."""


class UsageClient:
    """Fetches usage history, accounts, credit balance and invoices; a context manager that can be used again.

    Parameters
    ----------
    credentials
        Who asks. Left out: what :func:`login` was told, else the environment
        (``CLOUDFLARE_API_TOKEN``, or ``CLOUDFLARE_EMAIL`` with ``CLOUDFLARE_API_KEY``, and
        ``CLOUDFLARE_ACCOUNT_ID``).
    base_url
        Where to ask. Left out: ``CLOUDFLARE_BASE_URL``, else Cloudflare's API.
    settle_lag
        How long after its end a window counts as provisional.
    now
        The moment that counts as the present, if it is not the clock's, as an aware datetime or an ISO
        8601 text: for a notebook that is to come out the same every time.

    Raises
    ------
    ConfigError
        If there are no credentials, or ``base_url`` would send the token over the network in the clear.

    Notes
    -----
    What the other end can do is bounded. An exchange ends after 20 s to connect, 60 s without a byte, or
    120 s in all; a request that fails is tried again up to six times, where that may help, until its
    exchanges come to 120 s. An answer has at most 64 MiB, unpacked, and 64 levels of JSON. Cloudflare is
    waited for 300 s at a time and 15 minutes a call, beside what the number of requests takes at 1,150 in
    five minutes; where it asks for more, the call fails at once in a :class:`RateLimitError` that says how
    long. Cancelling, and an interrupt, end a call within a second.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> with cfu.UsageClient.sandbox() as client:
    ...     history = client.usage_history(cfu.last_days(7))
    >>> history.height
    168
    """

    def __init__(
        self,
        credentials: Credentials | None = None,
        *,
        base_url: str | None = None,
        settle_lag: timedelta = SETTLE_LAG,
        now: datetime | str | None = None,
    ) -> None:
        self._sandbox: Sandbox | None = None
        self._base_url = CLOUDFLARE  # first: a traceback may print what is only half made
        wrong = wrong_kind(credentials, Credentials, "credentials") or wrong_kind(base_url, str, "base_url")
        if wrong:
            del credentials, base_url  # whatever they are, a traceback may print every variable
            raise ConfigError(wrong)
        credentials = credentials or find_credentials()
        if credentials is None:
            raise ConfigError(
                "no credentials: set CLOUDFLARE_API_TOKEN and CLOUDFLARE_ACCOUNT_ID, or call login(); "
                "UsageClient.sandbox() needs none"
            )
        self._credentials = credentials
        try:
            self._base_url = address(base_url or setting("CLOUDFLARE_BASE_URL") or CLOUDFLARE)
        finally:
            del base_url  # may hold a password, and a traceback may print every variable
        self._settle_lag = _checked_lag(settle_lag)
        self._fixed_now = None if now is None else moment(now)
        self._page = {granularity: PageSize() for granularity in get_args(Granularity)}
        self._opened: Wire | None = None
        self._lock = threading.Lock()

    @classmethod
    def sandbox(cls, sandbox: "Sandbox | None" = None, *, now: datetime | str | None = None) -> Self:
        """Return a client of the sandbox: made-up accounts behind the same exchange, in this process.

        Parameters
        ----------
        sandbox
            One with other knobs, usage or trouble (:class:`cfusage_lab.sandbox.Sandbox`).
        now
            As for :class:`UsageClient`.
        """
        from cfusage_lab.sandbox import API_PATH, SANDBOX_TOKEN, Sandbox  # noqa: PLC0415 - for who asks for it

        if wrong := wrong_kind(sandbox, Sandbox, "sandbox"):
            raise ConfigError(wrong)
        first = next(iter(SANDBOX_ACCOUNTS))
        credentials = Credentials(token=SANDBOX_TOKEN, accounts=first)
        client = cls(credentials, base_url=f"http://127.0.0.1{API_PATH}", now=now)
        client._sandbox = sandbox or Sandbox(now=client._fixed_now)
        return client

    @property
    def source(self) -> Literal["sandbox", "account"]:
        """Whether the numbers are made up or a real account's."""
        return "account" if self._sandbox is None else "sandbox"

    @property
    def label(self) -> str:
        """Where the numbers come from, in a few words."""
        if self._sandbox is not None:
            return MADE_UP
        host = urlsplit(self._base_url).hostname
        return "Cloudflare account" if self._base_url == CLOUDFLARE else f"Cloudflare account, through {host}"

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The ids that a call means which names none; empty where the token's only account is meant."""
        return tuple(self._credentials.accounts)

    def __repr__(self) -> str:
        return f"<UsageClient source={self.source!r}: {self.label}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def usage_history(
        self,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> pl.DataFrame:
        """Return the cost of every window in the range: all of it, or an error.

        Parameters
        ----------
        time_range
            What to ask for, as :func:`cfusage_lab.last_days` gives it. Left out: the last 30 whole UTC days.
        granularity
            ``"hour"``, or ``"day"`` for UTC days. Local days are made of hours.
        accounts
            Account ids. Left out: ``CLOUDFLARE_ACCOUNT_ID``, else the one account the token can see.
        with_ids
            Whether to keep Cloudflare's ids, nine tenths of the bytes; without, ``id`` is null.
        progress
            Told how far it is, and asked whether to go on. Left out: a bar, in a notebook or terminal.

        Returns
        -------
        DataFrame
            One row is one window of an account, none absent inside the range, in order of account and time:

            - ``account_id``
            - ``start_time``, ``end_time``: UTC; the end is exclusive
            - ``aggregated_value``: cost in US dollars, unrounded
            - ``id``: Cloudflare's opaque id; null where no window came back or ids are not kept
            - ``is_reported``: false for a window that the endpoint left out, a zero added here
            - ``state``: ``complete``; ``provisional``, which may still change; or ``in_progress``

        Raises
        ------
        ConfigError
            If the range reaches into the future or does not fit the granularity, it is not clear which
            account is meant, or this computer's clock is so far ahead of Cloudflare's that windows would
            count as over which still run.
        AuthError, RateLimitError, ApiError, TransportError, PayloadError
            If any account fails; the message names it. Nothing partial is returned.
        CancelledError
            If ``progress`` says so.

        Notes
        -----
        Source of the columns and units: Cloudflare API, ``ai-gateway/billing/usage-history``. It counts
        Unified Billing only, and is eventually consistent: recent windows may still change.
        """
        check_choice(granularity, "granularity", tuple(WIDTHS))
        check_flags(with_ids=with_ids)
        told = listener_of(progress)
        now = self._now()
        meant = last_days(_USUAL_DAYS, now=now) if time_range is None else time_range
        start, end = window_bounds(meant, granularity, now)
        width = WIDTHS[granularity]

        def ask(part: Part, waiter: Waiter) -> Rows:
            return requests.usage_rows(self._wire(), part, waiter, granularity=granularity, with_ids=with_ids)

        with closing(told) as listener:
            waiter = Waiter(listener)
            ids = self._account_ids(accounts, waiter)
            bounds = int(start.timestamp()), int(end.timestamp())
            plan = Plan(ids, *bounds, width // SECOND, self._page[granularity])
            fetch_all(plan, ask, waiter, listener)
        if self._fixed_now is None:
            _refuse_wrong_clock(self._wire().clock_lead, min(end, now), now=now, width=width)
        return history_table(
            plan.pieces,
            account_ids=ids,
            start=start,
            end=end,
            width=width,
            now=now,
            settle_lag=self._settle_lag,
        )

    def accounts(self) -> pl.DataFrame:
        """List the accounts that the token can see.

        A token that may not list accounts, as one that an account owns, gets the ids that are configured.

        Returns
        -------
        DataFrame
            One row is an account: ``account_id``, and ``name``, null where only the id is known.

        Raises
        ------
        ApiError
            If the list is refused and no account id is configured.
        TransportError, PayloadError
            If no usable answer comes back.
        """
        try:
            with closing(default_progress()) as progress:
                found = {
                    account.id: account.name
                    for account in requests.account_list(self._wire(), Waiter(progress))
                }
        except ApiError:
            if not self._credentials.accounts:
                raise
            found = {}
        for account_id in self._credentials.accounts:
            found.setdefault(account_id, None)
        return pl.DataFrame(
            {"account_id": list(found), "name": list(found.values())}, schema=schema.ACCOUNTS
        ).sort("account_id")

    def credit_balance(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return the prepaid credit of accounts, in US dollars.

        Parameters
        ----------
        accounts
            As for :meth:`usage_history`.

        Returns
        -------
        DataFrame
            One row is an account: ``account_id``; ``balance_usd``, which may be negative;
            ``has_default_payment_method``; ``topup_amount_usd`` and ``topup_threshold_usd``, null where
            no automatic top-up is set up.

        Raises
        ------
        ConfigError, AuthError, RateLimitError, ApiError, TransportError, PayloadError
            As for :meth:`usage_history`.

        Notes
        -----
        Source: Cloudflare API, ``ai-gateway/billing/credit-balance``, which answers in cents.
        """
        rows = self._ask_each(accounts, requests.credit_rows)
        return pl.DataFrame(rows, schema=schema.CREDIT_BALANCE, orient="row")

    def invoice_preview(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return what the running billing period will be billed so far, line by line: by model.

        It is Cloudflare's second answer to what usage costs, and the only one that knows models. Hold it
        against the first with :func:`cfusage_lab.reconcile`; add it up with
        :func:`cfusage_lab.usage_by_model`.

        Parameters
        ----------
        accounts
            As for :meth:`usage_history`.

        Returns
        -------
        DataFrame
            One row is a line of an account's invoice, in order of account and as the invoice has them; an
            account that will be billed nothing has none:

            - ``account_id``
            - ``period_start``, ``period_end``: UTC; what the line is for, the end exclusive
            - ``description``: as Cloudflare has it, or null
            - ``provider``, ``model``: the parts of a description such as ``openai/gpt-5.5``, else null
            - ``billed_usd``: what the line costs, in US dollars
            - ``credits_usd``, ``discounts_usd``: what of that prepaid credit pays, and what discounts take
              off; the rest is due
            - ``quantity``: in a unit that Cloudflare does not name, or null
            - ``status``: of the invoice: ``draft`` or ``open`` may still change

        Raises
        ------
        PayloadError
            If lines, less credits and discounts, are not what is due, to half a cent a line; or an amount
            is not in US dollars.
        ConfigError, AuthError, RateLimitError, ApiError, TransportError
            As for :meth:`usage_history`.

        Notes
        -----
        Source: Cloudflare API, ``ai-gateway/billing/invoice-preview``, which answers in cents. Since
        September 2026 it has one line a model.

        Examples
        --------
        >>> import cfusage_lab as cfu
        >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
        >>> client.invoice_preview()["model"].to_list()
        ['gpt-5.5', 'claude-haiku-4-5', 'gemini-3-flash']
        """
        rows = self._ask_each(accounts, requests.preview_rows)
        return pl.DataFrame(rows, schema=schema.INVOICE_LINES, orient="row")

    def invoices(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return past invoices and purchases of prepaid credit, in US dollars.

        Parameters
        ----------
        accounts
            As for :meth:`usage_history`.

        Returns
        -------
        DataFrame
            One row is an invoice of an account, in order of account, the newest first:

            - ``account_id``, ``invoice_id``
            - ``created_time``: UTC
            - ``origin``: in Cloudflare's words, whether a month was billed or credit was bought
            - ``description``, ``status``: as Cloudflare has them
            - ``due_usd``, ``paid_usd``, ``remaining_usd``: what was to be paid, what was, and what is left

            All but the account and the amounts are null where Cloudflare leaves them out.

        Raises
        ------
        PayloadError
            If there are more invoices than Cloudflare lets anybody ask for, or an amount is not in US
            dollars.
        ConfigError, AuthError, RateLimitError, ApiError, TransportError
            As for :meth:`usage_history`.

        Notes
        -----
        Source: Cloudflare API, ``ai-gateway/billing/invoice-history``, which answers in cents and has no
        lines. The links to PDF files, which open without a password, are not kept.

        Examples
        --------
        >>> import cfusage_lab as cfu
        >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
        >>> client.invoices().select("origin", "due_usd").rows()
        [('auto', 0.0), ('manual', 200.0), ('auto', 0.0), ('auto', 0.0)]
        """
        rows = self._ask_each(accounts, requests.invoice_rows)
        table = pl.DataFrame(rows, schema=schema.INVOICES, orient="row")
        return table.sort(
            "account_id", "created_time", descending=[False, True], nulls_last=True, maintain_order=True
        )

    def _ask_each(self, accounts: Sequence[str] | str | None, ask: requests.Ask) -> list[requests.Row]:
        """Ask about one account after another: all of them, or an error."""
        rows: list[requests.Row] = []
        with closing(default_progress()) as progress:
            waiter = Waiter(progress)
            for account_id in self._account_ids(accounts, waiter):
                rows += ask(self._wire(), account_id, waiter)
        return rows

    def _now(self) -> datetime:
        return self._fixed_now or moment()

    def _wire(self) -> Wire:
        """Return the open connection to Cloudflare, or open it."""
        with self._lock:
            if self._opened is None:
                self._opened = self._new_wire()
                weakref.finalize(self, self._opened.close)  # for those who never close
            return self._opened

    def _new_wire(self) -> Wire:
        who = self._credentials
        if self._sandbox is None:
            pacer = pacer_of(self._base_url, who.fingerprint())
            return Wire(who, base_url=self._base_url, pacer=pacer, connections=WORKERS)
        pacer = Pacer(1_000_000, per_second=1_000_000)  # nobody counts them in this process
        transport = wsgi_transport(self._sandbox)
        return Wire(who, base_url=self._base_url, pacer=pacer, connections=WORKERS, transport=transport)

    def _account_ids(self, accounts: Sequence[str] | str | None, waiter: Waiter) -> list[str]:
        """Return the ids that a call is about, in order."""
        if accounts is not None:
            return named_account_ids(accounts)
        if self._credentials.accounts:
            return sorted(self._credentials.accounts)
        seen = requests.account_list(self._wire(), waiter)
        if len(seen) == 1:
            return [seen[0].id]
        listed = ", ".join(f"{visible(account.name or '')} ({account.id})" for account in seen[:_SHOWN])
        more = f" and {len(seen) - _SHOWN} more" if len(seen) > _SHOWN else ""
        told = f"the token can see {len(seen)}: {listed}{more}" if seen else "the token can see none"
        raise ConfigError(f"which account? {told}; pass accounts=, or set CLOUDFLARE_ACCOUNT_ID")


def connect(*, now: datetime | str | None = None) -> UsageClient:
    """Return a client of the real account if there are credentials, and of the sandbox if not.

    ``client.source`` and ``client.label`` say which. Credentials are what :func:`login` was told, else
    what the environment holds.

    Parameters
    ----------
    now
        As for :class:`UsageClient`.

    Raises
    ------
    ConfigError
        If what the environment holds is half of what is needed, or has the wrong form.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.connect()  # no token is set here
    >>> client.label
    'Sandbox: made-up data'
    """
    credentials = find_credentials()
    return UsageClient.sandbox(now=now) if credentials is None else UsageClient(credentials, now=now)


def _refuse_wrong_clock(ahead: float, end: datetime, *, now: datetime, width: timedelta) -> None:
    """Raise if a window before ``end`` counts as over by the clock here, and not by Cloudflare's."""
    over = end - (end - EPOCH) % width
    if ahead > _CLOCKS_DIFFER and over > now - timedelta(seconds=ahead):
        raise ConfigError(
            f"this computer's clock is {ahead / 60:,.0f} minutes ahead of Cloudflare's: hours that still run "
            "would count as over; set it right, or ask for an earlier range"
        )


def _checked_lag(settle_lag: object) -> timedelta:
    """Return how long windows may still change, or refuse what is no such time."""
    if isinstance(settle_lag, timedelta) and timedelta() <= settle_lag <= LONGEST:
        return settle_lag
    raise ConfigError(f"settle_lag {said(settle_lag)}: pass a timedelta from 0 to {LONGEST.days:,} days")
