"""What a summary tells, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.commands.arguments import DAYS
from cfusage_lab.commands.client import credit_of, invoice_of, listener, names_of
from cfusage_lab.fetch import UsageClient
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.headline import (
    MOST_ACCOUNTS,
    MonthEnd,
    StoodOut,
    Usage,
    headline_table,
    month_end,
    stood_out,
)
from cfusage_lab.invoices import reconcile
from cfusage_lab.ranges import TimeRange, last_days, no_zone_warning, off_the_hour, since_previous_month
from cfusage_lab.source import SANDBOX_ACCOUNTS, kind_of, label_of

__all__ = ["Summary", "fetch_summary"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
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
        The headline (``headline.HEADLINE``): one row an account, by id.
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
    note
        What is to be said of a zone off the hour; empty for others.
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
    note: str = ""


def fetch_summary(
    client: UsageClient, *, accounts: Sequence[str] | None, time_zone: str, budget_usd: float | None
) -> Summary:
    """Fetch what a summary needs, and compute it; without accounts, of those that the client takes."""
    budget = None if budget_usd is None else checked_budget(budget_usd)
    with no_zone_warning():
        return _fetched(client, accounts, time_zone, budget)


def _fetched(
    client: UsageClient,
    accounts: Sequence[str] | None,
    time_zone: str,
    budget: float | Mapping[str, float] | None,
) -> Summary:
    now = datetime.now(UTC)
    time_range = since_previous_month(time_zone=time_zone, now=now)
    fetched = last_days(DAYS, time_zone=time_zone, include_today=True, now=now)
    history = client.usage_history(fetched, accounts=accounts, with_ids=False, progress=listener())
    usage = Usage.of(history, time_zone=time_zone)
    is_told = pl.col("start_time") >= time_range.start
    rows = headline_table(history.filter(is_told), time_zone=time_zone)
    total = None if usage.is_alone else headline_table(usage.total.filter(is_told), time_zone=time_zone)
    costliest = rows.sort("month_usd", "account_id", descending=[True, False], nulls_last=True)["account_id"]
    shown = tuple(costliest.head(MOST_ACCOUNTS))
    invoice = invoice_of(client, shown)
    found = stood_out(usage)
    is_shown = pl.col("account_id").is_in(shown)
    return Summary(
        source=kind_of(client, rows["account_id"]),
        label=label_of(client, rows["account_id"]),
        time_zone=time_zone,
        time_range=time_range,
        note=off_the_hour(time_zone, fetched.start, fetched.end),
        history_start=fetched.start,
        names=_called(rows["account_id"].to_list(), names_of(client)),
        rows=rows,
        total=None if total is None else total.row(0, named=True),
        shown=shown,
        end=month_end(usage, budget=budget, balance=credit_of(client, shown)),
        found=None if found is None else found.since(time_range.start),
        invoice=invoice,
        checked=None if invoice is None else reconcile(history.filter(is_shown), invoice),
    )


def _called(account_ids: list[str], known: Mapping[str, str | None]) -> dict[str, str]:
    """Return what accounts are called, each differently."""
    called = {one: SANDBOX_ACCOUNTS.get(one) or known.get(one) or one for one in account_ids}
    return labels(account_ids, names=called)
