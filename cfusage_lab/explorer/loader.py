"""What the explorer's data come from: a source that is asked.

A source may be anybody's, and fail in any way. What is not a matter of the windows themselves does without
its answer; everything else is left to whoever asks.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol

import polars as pl

from cfusage_lab.account_names import short
from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.data import Aside
from cfusage_lab.frames.history import polars_history
from cfusage_lab.invoices import invoice_lines_of
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import CREDIT_BALANCE, HISTORY, require_columns
from cfusage_lab.source import SANDBOX_ACCOUNTS, FullSource, Source, as_source, ask_names, label_of
from cfusage_lab.wording import counted

__all__ = ["Accounts", "Answer", "Loader", "SourceLoader", "aside_of", "history_of", "names_of", "reason_of"]

_log = logging.getLogger(__name__)
_MOST_ASKED: Final = 20
"""Of more accounts, credit and invoice are left out: each account takes a request of each."""
Accounts = tuple[str, ...] | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answer:
    """Windows, and how they were come by.

    Attributes
    ----------
    history
        The windows (``schema.HISTORY``, without ids).
    label, made_up_label
        Where the numbers come from; the same where an account of the sandbox is among theirs.
    newest_stored
        Start of the newest window, if these were stored and nobody was asked; else None.
    is_from_start
        Whether the first window is that of the range.
    notes
        What the reader has to know about the source.
    """

    history: pl.DataFrame
    label: str
    made_up_label: str
    newest_stored: datetime | None = None
    is_from_start: bool = True
    notes: tuple[str, ...] = ()

    @classmethod
    def of(cls, source: FullSource, history: pl.DataFrame, **more: Any) -> "Answer":  # noqa: ANN401 - its fields
        """Say of windows which source they are of."""
        made_up_label = label_of(source, SANDBOX_ACCOUNTS)
        return cls(history=history, label=source.label, made_up_label=made_up_label, **more)


class Loader(Protocol):
    """Answers for a source, or for an archive in front of one."""

    @property
    def label(self) -> str:
        """Say where the numbers come from, before there are any."""

    def own_accounts(self) -> Accounts:
        """Return the accounts to begin with; None leaves them to :meth:`fresh`."""

    def names(self) -> dict[str, str]:
        """Return id to name of the accounts that are known of at once."""

    def more_names(self) -> dict[str, str]:
        """Return id to name of those that have to be asked for; none once they were."""

    def stored(self, accounts: Accounts, time_range: TimeRange) -> Answer | None:
        """Return what can be had at once: None, or a part of what was asked for."""

    def newest(self, accounts: Accounts, time_range: TimeRange) -> Answer | None:
        """Return the newest that can be had at once, at most as long as what was asked for."""

    def fresh(self, accounts: Accounts, time_range: TimeRange, progress: Progress | None) -> Answer:
        """Return all that was asked for."""

    def beside(self, accounts: Accounts, time_range: TimeRange, progress: Progress | None) -> Answer:
        """Return the same of accounts that nobody chose: nothing of it is kept that was not before."""

    def aside(self, accounts: tuple[str, ...]) -> Aside:
        """Return credit and invoice, or why they can't be told."""


class SourceLoader:
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

    def stored(self, accounts: Accounts, time_range: TimeRange) -> None:
        """Return nothing: nothing is stored."""

    def newest(self, accounts: Accounts, time_range: TimeRange) -> None:
        """Return nothing, likewise."""

    def fresh(self, accounts: Accounts, time_range: TimeRange, progress: Progress | None) -> Answer:
        """Ask the source."""
        return Answer.of(self._source, history_of(self._source, accounts, time_range, progress))

    beside = fresh

    def aside(self, accounts: tuple[str, ...]) -> Aside:
        """Ask the source."""
        return aside_of(self._source, accounts)


def history_of(
    source: FullSource, accounts: Accounts, time_range: TimeRange, progress: Progress | None
) -> pl.DataFrame:
    """Ask a source for the windows of a range (``schema.HISTORY``, without ids)."""
    history = source.usage_history(time_range, accounts=accounts, with_ids=False, progress=progress)
    return polars_history(history, HISTORY)


def aside_of(source: FullSource, accounts: tuple[str, ...]) -> Aside:
    """Ask a source for credit and invoice; a token that may not see one of them is no trouble."""
    credit, no_credit = _asked(lambda: _credit_of(source, accounts), accounts, "the credit")
    invoice, no_invoice = _asked(lambda: _invoice_of(source, accounts), accounts, "the invoice")
    return Aside(
        accounts=accounts, credit=credit, no_credit=no_credit, invoice=invoice, no_invoice=no_invoice
    )


def _credit_of(source: FullSource, accounts: Accounts) -> pl.DataFrame | None:
    credit = source.credit_balance(accounts)
    if credit is not None:
        require_columns(credit.columns, CREDIT_BALANCE.names(), table="credit balance")
    return credit


def _invoice_of(source: FullSource, accounts: Accounts) -> pl.DataFrame | None:
    lines = source.invoice_preview(accounts)
    return None if lines is None else invoice_lines_of(lines)


def _asked(
    ask: Callable[[], pl.DataFrame | None], accounts: tuple[str, ...], what: str
) -> tuple[pl.DataFrame | None, str]:
    """Return what a source tells, or why it does not."""
    count = len(accounts)
    if count > _MOST_ASKED:
        return None, f"not asked for: {counted(count, 'account')} are as many requests"
    try:
        return ask(), ""
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001 - anybody's source
        return None, reason_of(error, what)


def reason_of(error: Exception, what: str) -> str:
    """Say why something could not be had; what is no error of ours is told in the log."""
    if isinstance(error, CfUsageError):
        return str(error)
    _log.error("%s could not be had", what, exc_info=error)
    return f"not told: {type(error).__name__}"


def names_of(source: FullSource) -> dict[str, str]:
    """Return id to name of the accounts that can be asked for; none where they cannot be listed."""

    def failed(error: Exception) -> None:
        if not isinstance(error, CfUsageError):
            _log.error("%s could not list its accounts", source.label, exc_info=error)

    return {one: name or short(one) for one, name in ask_names(source, failed).items()}
