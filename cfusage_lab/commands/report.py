"""A report as a file: of an account, or of an archive."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from cfusage_lab.archive import UsageArchive
from cfusage_lab.commands.arguments import ALL, DAYS
from cfusage_lab.commands.client import (
    accounts_of,
    credit_of,
    invoice_of,
    listener,
    names_of,
    open_client,
)
from cfusage_lab.errors import ConfigError
from cfusage_lab.files import checked_path
from cfusage_lab.forecasts.budget import checked_budget
from cfusage_lab.headline import MOST_ACCOUNTS
from cfusage_lab.ranges import (
    TimeRange,
    last_days,
    last_week,
    month_to_date,
    no_zone_warning,
    off_the_hour,
    previous_month,
    since_previous_month,
    this_week,
    yesterday,
    zone,
)
from cfusage_lab.ranges.zones import day_of
from cfusage_lab.reports import report
from cfusage_lab.reports.comparison_range import ComparisonRange, is_within
from cfusage_lab.source import label_of
from cfusage_lab.time_units import HOUR

__all__ = ["ReportOptions", "report_of_account", "report_of_archive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportOptions:
    """What a report is to be of; ``name`` is the time range's (``arguments.RANGES``)."""

    name: str
    accounts: str | None
    time_zone: str
    budget_usd: float | None
    output: str | None

    def __post_init__(self) -> None:
        """Refuse what is wrong before anything is asked."""
        zone(self.time_zone)
        if self.budget_usd is not None:
            checked_budget(self.budget_usd)
        if self.output is not None:
            checked_path(self.output)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spans:
    """The time range, and the hours that are learned from."""

    of: TimeRange
    known: TimeRange
    now: datetime

    @classmethod
    def at(cls, now: datetime, wanted: ReportOptions) -> "_Spans":
        """Put the name of a range into hours."""
        when: Any = {"time_zone": wanted.time_zone, "now": now}
        with no_zone_warning():  # the report says it
            found = {
                "yesterday": lambda: yesterday(**when),
                "this-week": lambda: this_week(**when),
                "last-week": lambda: last_week(**when),
                "last-7-days": lambda: last_days(7, **when),
                "last-28-days": lambda: last_days(28, **when),
                "this-month": lambda: month_to_date(**when),
                "last-month": lambda: previous_month(**when),
                "previous-month": lambda: previous_month(**when),
            }[wanted.name]()
            learned = last_days(DAYS, include_today=True, **when)
            months = since_previous_month(**when)
        before = ComparisonRange.of(found, time_zone=wanted.time_zone).previous
        return cls(
            of=found, known=TimeRange(min(learned.start, months.start, before.start), learned.end), now=now
        )

    @property
    def is_running(self) -> bool:
        """Whether the time range goes on until now."""
        return self.of.end == self.known.end


def report_of_account(wanted: ReportOptions, *, is_sandbox: bool) -> tuple[Path, str]:
    """Fetch what a report needs, and write it; return where, and the note on a zone off the hour."""
    spans = _Spans.at(datetime.now(UTC), wanted)
    with open_client(is_sandbox=is_sandbox) as asked:
        history = asked.usage_history(
            spans.known, accounts=accounts_of(asked, wanted.accounts), with_ids=False, progress=listener()
        )
        shown = _costliest(history, spans.of)
        return _written(
            wanted,
            history,
            spans.of,
            label=label_of(asked, history["account_id"]),
            names=names_of(asked),
            invoice_lines=invoice_of(asked, history["account_id"].unique().to_list()),
            balance=credit_of(asked, shown),
        )


def report_of_archive(wanted: ReportOptions, *, location: str | None, is_sandbox: bool) -> tuple[Path, str]:
    """Write a report as :func:`report_of_account` does, of what an archive holds: nothing is fetched."""
    spans = _Spans.at(datetime.now(UTC), wanted)
    archive = UsageArchive(location, source="sandbox" if is_sandbox else "account")
    is_every = wanted.accounts is None or wanted.accounts.strip().lower() == ALL
    accounts = None if is_every else wanted.accounts
    held = archive.held(accounts=accounts)
    if held is None:
        is_made_up = not is_sandbox and UsageArchive(location, source="sandbox").held() is not None
        raise ConfigError(
            f"the archive at {archive.location} holds no hours of the accounts that are meant: 'update' "
            f"fetches them{'; what it holds is made up, and shown with --sandbox' if is_made_up else ''}"
        )
    end = min(spans.of.end, held.end) if spans.is_running else spans.of.end
    if held.start > spans.of.start or held.end < end or end <= spans.of.start:
        raise ConfigError(
            f"the archive at {archive.location} holds {held} of these accounts, and {wanted.name} is "
            f"{spans.of}: 'update' fetches what is absent"
        )
    known = TimeRange(max(spans.known.start, held.start), min(spans.known.end, held.end))
    history = archive.usage_history(known, accounts=accounts, with_ids=False)
    ids = history["account_id"].unique().to_list()
    return _written(
        wanted,
        history,
        TimeRange(spans.of.start, end),
        label=archive.label,
        names=dict(archive.accounts().iter_rows()),
        invoice_lines=_running_invoice(archive.invoice_lines(ids), known.end),
        balance=None,
    )


def _written(
    wanted: ReportOptions,
    history: pl.DataFrame,
    time_range: TimeRange,
    *,
    label: str,
    names: Mapping[str, str | None],
    invoice_lines: pl.DataFrame | None,
    balance: pl.DataFrame | None,
) -> tuple[Path, str]:
    with no_zone_warning():
        path = report(
            history,
            time_zone=wanted.time_zone,
            path=wanted.output or _file_name(time_range, wanted.time_zone),
            time_range=time_range,
            names=names,
            label=label,
            budget_usd=wanted.budget_usd,
            invoice_lines=invoice_lines,
            balance=balance,
        )
    return path, off_the_hour(wanted.time_zone, time_range.start, time_range.end)


def _running_invoice(lines: pl.DataFrame, end: datetime) -> pl.DataFrame | None:
    """Return the lines of the period that runs when the hours end, if there are any.

    An invoice of an earlier period may have been seen last before that was over.
    """
    running = lines.filter(pl.col("period_start") < end, pl.col("period_end") >= end)
    return running if running.height else None


def _file_name(time_range: TimeRange, time_zone: str) -> str:
    """Name a file by the first and the last local day."""
    first, last = (day_of(hour, zone(time_zone)) for hour in (time_range.start, time_range.end - HOUR))
    return f"ai-gateway-cost_{first}_{last}.html"


def _costliest(history: pl.DataFrame, time_range: TimeRange) -> Sequence[str]:
    """Return the accounts that are told one by one."""
    cost = history.filter(is_within(time_range)).group_by("account_id").agg(pl.col("aggregated_value").sum())
    found = cost.sort("aggregated_value", "account_id", descending=[True, False])["account_id"]
    return found.head(MOST_ACCOUNTS).to_list()
