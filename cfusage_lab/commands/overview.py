"""What a summary tells, as tables."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import polars as pl

from cfusage_lab import terminal
from cfusage_lab.commands.asking import listener
from cfusage_lab.commands.parsing import NAME
from cfusage_lab.drawing import labels
from cfusage_lab.errors import CfUsageError
from cfusage_lab.fetch import UsageClient
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.invoices import reconcile
from cfusage_lab.ranges import TimeRange, last_days, since_previous_month
from cfusage_lab.source import MADE_UP, SANDBOX_ACCOUNTS, are_made_up
from cfusage_lab.summaries import MOST_ACCOUNTS, MonthEnd, StoodOut, Usage, month_end, stood_out, summary

__all__ = ["Overview", "overview"]

_DAYS: Final = 90
"""How far back a forecast and what is usual are learned from: the endpoint answers for that in one go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What a summary tells.

    Attributes
    ----------
    source, label
        ``account`` or ``sandbox``, and where the numbers come from in a few words.
    time_range
        What the figures are of, and from when to when events are told.
    history_start
        From when on hours are known, for what is usual and what is to come.
    rows
        The summary (``schema.SUMMARY``): one row an account, by id.
    total
        That of all accounts added up; None where there is one.
    names
        Account id to what the account is called; its id where nobody says.
    shown
        The accounts that are told one by one, the costliest first: ten at most.
    end
        Where the month ends; budgets and credit are in it.
    found
        What stood out in the time range.
    invoice
        The invoice lines of the running period (``schema.INVOICE_LINES``), of the accounts that are told one
        by one; None where they could not be had.
    checked
        The hours held against them (``schema.RECONCILIATION``).
    """

    source: str
    label: str
    time_zone: str
    time_range: TimeRange
    history_start: datetime
    names: Mapping[str, str]
    rows: pl.DataFrame
    total: Mapping[str, Any] | None
    shown: tuple[str, ...]
    end: MonthEnd | None
    found: StoodOut | None
    invoice: pl.DataFrame | None
    checked: pl.DataFrame | None


def overview(client: UsageClient, *, time_zone: str, budget_usd: float | None) -> Overview:
    """Fetch what a summary needs, and compute it."""
    budget = None if budget_usd is None else checked_budget(budget_usd)
    now = datetime.now(UTC)
    time_range = since_previous_month(time_zone=time_zone, now=now)
    fetched = last_days(_DAYS, time_zone=time_zone, include_today=True, now=now)
    history = client.usage_history(fetched, with_ids=False, progress=listener())
    usage = Usage.of(history, time_zone=time_zone)
    is_told = pl.col("start_time") >= time_range.start
    rows = summary(history.filter(is_told), time_zone=time_zone)
    total = None if usage.is_alone else summary(usage.total.filter(is_told), time_zone=time_zone)
    costliest = rows.sort("month_usd", "account_id", descending=[True, False], nulls_last=True)["account_id"]
    shown = tuple(costliest.head(MOST_ACCOUNTS))
    invoice = _invoice(client, shown)
    found = stood_out(usage)
    is_shown = pl.col("account_id").is_in(shown)
    is_made_up = client.source == "sandbox" or are_made_up(rows["account_id"])
    is_plain = client.source == "sandbox" or not is_made_up
    return Overview(
        source="sandbox" if is_made_up else "account",
        label=client.label if is_plain else f"{MADE_UP} ({client.label})",
        time_zone=time_zone,
        time_range=time_range,
        history_start=fetched.start,
        names=_names(client, rows["account_id"].to_list()),
        rows=rows,
        total=None if total is None else total.row(0, named=True),
        shown=shown,
        end=month_end(usage, budget=budget, balance=_balance(client, shown)),
        found=None if found is None else found.since(time_range.start),
        invoice=invoice,
        checked=None if invoice is None else reconcile(history.filter(is_shown), invoice),
    )


def _names(client: UsageClient, account_ids: list[str]) -> dict[str, str]:
    """Ask what accounts are called; without an answer, their ids say which they are."""
    known: dict[str, str | None] = {}
    try:
        known = dict(client.accounts().iter_rows())
    except CfUsageError as error:
        terminal.complain(NAME, f"note: accounts are told by their ids: {error}")
    called = {one: SANDBOX_ACCOUNTS.get(one) or known.get(one) or one for one in account_ids}
    return labels(account_ids, names=called)


def _balance(client: UsageClient, account_ids: tuple[str, ...]) -> pl.DataFrame | None:
    """Ask for prepaid credit; what an account costs is told without it, too."""
    try:
        return client.credit_balance(account_ids)
    except CfUsageError as error:
        terminal.complain(NAME, f"note: prepaid credit is not told: {error}")
        return None


def _invoice(client: UsageClient, account_ids: tuple[str, ...]) -> pl.DataFrame | None:
    """Ask what will be billed; what an account costs is told without it, too."""
    try:
        return client.invoice_preview(account_ids)
    except CfUsageError as error:
        terminal.complain(NAME, f"note: the figures are not held against the invoice: {error}")
        return None
