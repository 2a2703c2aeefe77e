"""What figures and comparisons need beyond the range on screen."""

from dataclasses import dataclass, field, replace
from typing import Final

import polars as pl

from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.beside import Request
from cfusage_lab.explorer.questions import Question, is_inside
from cfusage_lab.explorer.tables import Tables
from cfusage_lab.ranges import TimeRange

__all__ = ["Beyond", "fetched_beyond", "stored_beyond"]

_MOST_CREDITS: Final = 20
"""Accounts whose credit is asked for unasked."""


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
    is_complete
        Whether all that was wanted is there; if not, it is still on its way, or could not be had.
    is_outdated
        Whether all of it is to be asked for anew.
    """

    accounts: tuple[str, ...] | None = None
    parts: dict[TimeRange, pl.DataFrame] = field(default_factory=dict)
    credit: pl.DataFrame | None = None
    no_credit: str = ""
    is_complete: bool = False
    is_outdated: bool = False

    def has(self, wanted: TimeRange) -> bool:
        """Whether that range is there."""
        return any(is_inside(wanted, one) for one in self.parts)

    def has_some_of(self, wanted: TimeRange) -> bool:
        """Whether a part of that range is there."""
        return any(one.start < wanted.end and wanted.start < one.end for one in self.parts)

    def with_part(self, time_range: TimeRange, history: pl.DataFrame) -> "Beyond":
        """Return this with another range, and without those that lie inside it."""
        others = {one: part for one, part in self.parts.items() if not is_inside(one, time_range)}
        return replace(self, parts={time_range: history, **others})

    def around(self, history: pl.DataFrame) -> pl.DataFrame:
        """Return the windows on screen with all others that are known, each once, as it was told last."""
        parts = [part for part in self.parts.values() if part.height]
        if not parts:
            return history
        everything = pl.concat([history, *parts])
        return everything.unique(["account_id", "start_time"], keep="first").sort("account_id", "start_time")


def stored_beyond(tables: Tables, question: Question) -> Beyond:
    """Return what can be had at once."""
    beyond = Beyond(accounts=question.accounts)
    for wanted in question.beyond:
        found = tables.stored(replace(question, time_range=wanted))
        if found is not None and found.history.height:
            beyond = beyond.with_part(_span(found.history), found.history)
    return beyond


def _span(history: pl.DataFrame) -> TimeRange:
    """Return what a table really covers: what is held may be a part of what was wanted."""
    return TimeRange(history["start_time"].min(), history["end_time"].max())  # type: ignore[arg-type]


def fetched_beyond(known: Beyond, tables: Tables, question: Question, request: Request | None) -> Beyond:
    """Ask for what is not known yet; if that is nothing, return the very same."""
    for wanted in question.beyond:
        if not known.has(wanted):
            answer = tables.fresh(replace(question, time_range=wanted), request)
            known = known.with_part(wanted, answer.history)
    return known if known.is_complete else replace(_with_credit(known, tables), is_complete=True)


def _with_credit(known: Beyond, tables: Tables) -> Beyond:
    """Ask for the credit, if the source has one; a token that may not see it is no trouble."""
    count = len(known.accounts or ())
    if count > _MOST_CREDITS:
        return replace(known, no_credit=f"not asked for: {count:,} accounts are as many requests")
    try:
        return replace(known, credit=tables.credit(known.accounts))
    except CancelledError:
        raise
    except CfUsageError as error:
        return replace(known, no_credit=str(error))
