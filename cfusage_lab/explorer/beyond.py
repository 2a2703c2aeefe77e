"""What figures and comparisons need beyond the range on screen."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.beside import Request
from cfusage_lab.explorer.questions import Question, is_inside, missing
from cfusage_lab.explorer.same import Same
from cfusage_lab.explorer.tables import Tables
from cfusage_lab.ranges import TimeRange
from cfusage_lab.wording import counted

__all__ = ["Beyond", "fetched_beyond", "span_of", "stored_beyond"]

_log = logging.getLogger(__name__)
_MOST_ASKED: Final = 20
"""Of more accounts, credit and invoice are left out: each account takes a request of each."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # tables can't be asked whether they are equal
class Beyond:
    """Windows of the same accounts outside the range, and their credit.

    Attributes
    ----------
    accounts
        Whose windows these are.
    parts
        Time range to the windows in it, the newest first.
    credit
        Prepaid credit (``schema.CREDIT_BALANCE``); None where nobody could tell.
    no_credit
        Why nobody could, in a few words; empty where nobody was asked, or the source has none.
    invoice
        Lines of the running invoice (``schema.INVOICE_LINES``); None where nobody could tell.
    no_invoice
        Why nobody could, likewise.
    is_complete
        Whether the credit and the invoice were asked for, too.
    is_outdated
        Whether all of it is to be asked for anew.
    """

    accounts: tuple[str, ...] | None = None
    parts: dict[TimeRange, pl.DataFrame] = field(default_factory=dict)
    credit: pl.DataFrame | None = None
    no_credit: str = ""
    invoice: pl.DataFrame | None = None
    no_invoice: str = ""
    is_complete: bool = False
    is_outdated: bool = False
    _around: list[tuple[object, pl.DataFrame]] = field(default_factory=list, init=False, repr=False)

    def with_part(self, time_range: TimeRange, history: pl.DataFrame) -> "Beyond":
        """Return this with another range, and without those that lie inside it."""
        others = {one: part for one, part in self.parts.items() if not is_inside(one, time_range)}
        return replace(self, parts={time_range: history, **others})

    def around(self, history: pl.DataFrame, needed: tuple[TimeRange, ...]) -> pl.DataFrame:
        """Return the windows on screen with all others that are needed, each once, as it was told last.

        What is known for another question does not count. It is the same table for as long as both stay.
        """
        made = (Same(history), needed)
        if not self._around or self._around[0][0] != made:
            self._around[:] = [(made, self.of(history, needed))]
        return self._around[0][1]

    def of(self, history: pl.DataFrame, needed: tuple[TimeRange, ...]) -> pl.DataFrame:
        """Put together the windows on screen and all others that are needed, as :meth:`around` does once."""
        start = pl.col("start_time")
        is_needed = pl.any_horizontal(start.is_between(one.start, one.end, closed="left") for one in needed)
        parts = [found for part in self.parts.values() if (found := part.filter(is_needed)).height]
        if not parts:
            return history
        everything = pl.concat([history, *parts])
        return everything.unique(["account_id", "start_time"], keep="first").sort("account_id", "start_time")


def stored_beyond(known: Beyond, tables: Tables, question: Question) -> Beyond:
    """Add what can be had at once; if that is nothing, return the very same."""
    for wanted in missing(question.needed, [question.time_range, *known.parts]):
        found = tables.stored(replace(question, time_range=wanted))
        if found is not None and found.history.height:
            known = known.with_part(span_of(found.history), found.history)
    return known


def span_of(history: pl.DataFrame) -> TimeRange:
    """Return what a table really covers: what is held may be a part of what was wanted."""
    return TimeRange(history["start_time"].min(), history["end_time"].max())  # type: ignore[arg-type]


def fetched_beyond(
    known: Beyond, tables: Tables, question: Question, request: Request | None
) -> Iterator[Beyond]:
    """Ask for what is not known yet, and yield what is known after each answer; nothing if all is."""
    parts = () if known.is_outdated else known.parts
    for wanted in missing(question.needed, [question.time_range, *parts]):
        answer = tables.fresh(replace(question, time_range=wanted), request)
        known = known.with_part(wanted, answer.history)
        yield known
    if known.is_outdated or not known.is_complete:
        yield replace(_with_aside(known, tables), is_complete=True, is_outdated=False)


def _with_aside(known: Beyond, tables: Tables) -> Beyond:
    """Ask for the credit and the invoice; a token that may not see one of them is no trouble."""
    credit, no_credit = _asked(tables.credit, known.accounts, "the credit")
    invoice, no_invoice = _asked(tables.invoice, known.accounts, "the invoice")
    return replace(known, credit=credit, no_credit=no_credit, invoice=invoice, no_invoice=no_invoice)


def _asked(
    ask: Callable[[tuple[str, ...] | None], pl.DataFrame | None], accounts: tuple[str, ...] | None, what: str
) -> tuple[pl.DataFrame | None, str]:
    """Return what a source tells, or why it does not."""
    count = len(accounts or ())
    if count > _MOST_ASKED:
        return None, f"not asked for: {counted(count, 'account')} are as many requests"
    try:
        return ask(accounts), ""
    except CancelledError:
        raise
    except CfUsageError as error:
        return None, str(error)
    except Exception as error:  # noqa: BLE001 - anybody's source
        _log.exception("%s could not be had", what)
        return None, f"not told: {type(error).__name__}"
