"""Where the explorer's tables come from, and how one of them is come by: from a source that is asked.

A source may be anybody's, and fail in any way. What is not a matter of the table itself does without its
answer; everything else is left to whoever asks.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

import polars as pl

from cfusage_lab.account_names import short
from cfusage_lab.charts.headings import unsettled_counts
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.explorer.questions import Question
from cfusage_lab.frames.history import polars_history
from cfusage_lab.invoices import invoice_lines_of
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.schema import CREDIT_BALANCE, HISTORY, require_columns
from cfusage_lab.source import FullSource, Source, as_source, ask_names, label_of
from cfusage_lab.wording import counted, moment_text, span_text

__all__ = [
    "Alone",
    "Answer",
    "Opened",
    "Tables",
    "credit_of",
    "first_fetched",
    "history_of",
    "invoice_of",
    "names_of",
]

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A table, and how it was come by.

    Attributes
    ----------
    history
        The table (``schema.HISTORY``, without ids).
    label
        Where its numbers come from.
    newest_stored
        Start of the newest window, if the table is what was stored and nobody was asked; else None.
    is_from_start
        Whether the first window is that of the question.
    notes
        What the reader has to know about the source.
    refusal
        Why there is no table yet: then the history has no windows, and is not to be read.
    """

    history: pl.DataFrame
    label: str
    newest_stored: datetime | None = None
    is_from_start: bool = True
    notes: tuple[str, ...] = ()
    refusal: Exception | None = None

    @classmethod
    def of(cls, source: FullSource, history: pl.DataFrame, **more: Any) -> "Answer":  # noqa: ANN401 - its fields
        """Say of a table which source it is of."""
        return cls(history=history, label=label_of(source, history["account_id"].unique()), **more)

    def status(self, question: Question) -> str:
        """Say where the numbers come from and how new they are."""
        if self.refusal is not None:
            return f"{self.label} · nothing fetched yet"
        moment = moment_text(self.newest_stored or question.asked_at, zone(question.time_zone))
        written = f"{moment} {question.time_zone} time"
        how_new = "data as of" if self.newest_stored is None else "as stored, newest window from"
        return f"{self.label} · {how_new} {written}"

    def details(self, question: Question) -> str:
        """Say which windows these are, whose, and how many of them may still change."""
        if self.refusal is not None:
            return ""
        start, end = self.history["start_time"].min(), self.history["end_time"].max()
        if not (isinstance(start, datetime) and isinstance(end, datetime)):
            return "no windows"
        windows, accounts = counted(self.history.height, "window"), self.history["account_id"].n_unique()
        if accounts > 1:
            hours = counted(self.history["start_time"].n_unique(), "hour")
            windows += f" of {counted(accounts, 'account')} in {hours}"
        settled = unsettled_counts(self.history) or "all complete"
        return f"{span_text(start, end, zone(question.time_zone))} · {windows}: {settled}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first table of a source, the question that it answers, and the accounts that are known by then."""

    question: Question
    answer: Answer
    names: dict[str, str]


class Tables(Protocol):
    """Answers the explorer's questions."""

    @property
    def label(self) -> str:
        """Say where the numbers come from, before there are any."""

    def own_accounts(self) -> tuple[str, ...] | None:
        """Return the accounts to begin with; None leaves them to :meth:`fresh`."""

    def names(self) -> dict[str, str]:
        """Return id to name of the accounts that are known of at once."""

    def more_names(self) -> dict[str, str]:
        """Return id to name of those that have to be asked for; none once they were."""

    def stored(self, question: Question) -> Answer | None:
        """Return what can be had at once: None, or a part of what was asked for."""

    def newest(self, question: Question) -> Answer | None:
        """Return the newest that can be had at once, at most as long as what was asked for."""

    def fresh(self, question: Question, progress: Progress | None) -> Answer:
        """Return all that was asked for."""

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Return prepaid credit (``schema.CREDIT_BALANCE``); None where the source knows of none."""

    def invoice(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Return the running invoice's lines (``schema.INVOICE_LINES``); None where the source has none."""


def first_fetched(
    tables: Tables, question: Question, names: dict[str, str], progress: Progress | None
) -> Opened:
    """Fetch the accounts that the source itself would take, or the first one that it lists."""
    try:
        answer = tables.fresh(question, progress)
    except ConfigError:
        names = names | tables.more_names()
        if question.accounts or not names:
            raise
        question = replace(question, accounts=(next(iter(names)),))
        answer = tables.fresh(question, progress)
    return Opened(question=question, answer=answer, names=names | tables.more_names())


class Alone:
    """One source; it is asked for everything."""

    def __init__(self, source: Source) -> None:
        self._source = as_source(source)

    @property
    def label(self) -> str:
        """Say what the source says of itself."""
        return self._source.label

    def own_accounts(self) -> None:
        """Leave them to the source."""

    def names(self) -> dict[str, str]:
        """Ask the source for them."""
        return names_of(self._source)

    def more_names(self) -> dict[str, str]:
        """Return none: all were listed."""
        return {}

    def stored(self, question: Question) -> None:
        """Return nothing: nothing is stored."""

    def newest(self, question: Question) -> None:
        """Return nothing, likewise."""

    def fresh(self, question: Question, progress: Progress | None) -> Answer:
        """Ask the source."""
        history = history_of(self._source, question, question.time_range, progress)
        return Answer.of(self._source, history)

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the source, if it can be asked."""
        return credit_of(self._source, accounts)

    def invoice(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the source, if it can be asked."""
        return invoice_of(self._source, accounts)


def history_of(
    source: FullSource, question: Question, time_range: TimeRange, progress: Progress | None
) -> pl.DataFrame:
    """Ask a source for the windows of a range (``schema.HISTORY``, without ids)."""
    history = source.usage_history(time_range, accounts=question.accounts, with_ids=False, progress=progress)
    return polars_history(history, HISTORY)


def credit_of(source: FullSource, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
    """Ask a source for prepaid credit (``schema.CREDIT_BALANCE``); None where it knows of none."""
    credit = source.credit_balance(accounts)
    if credit is not None:
        require_columns(credit.columns, CREDIT_BALANCE.names(), table="credit balance")
    return credit


def invoice_of(source: FullSource, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
    """Ask a source for the running invoice (``schema.INVOICE_LINES``); None where it knows of none."""
    lines = source.invoice_preview(accounts)
    return None if lines is None else invoice_lines_of(lines)


def names_of(source: FullSource) -> dict[str, str]:
    """Return id to name of the accounts that can be asked for; none where they cannot be listed."""

    def failed(error: Exception) -> None:
        if not isinstance(error, CfUsageError):
            _log.error("%s could not list its accounts", source.label, exc_info=error)

    return {one: name or short(one) for one, name in ask_names(source, failed).items()}
