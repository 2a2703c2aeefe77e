"""How the explorer opens: its source, and the first table of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import polars as pl

from cfusage_lab import ranges
from cfusage_lab.argument_checks import said
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.explorer.kept import Kept
from cfusage_lab.explorer.presets import PRESETS, USUAL_PRESET, Preset
from cfusage_lab.explorer.questions import asked
from cfusage_lab.explorer.table_source import TableSource
from cfusage_lab.explorer.tables import Alone, Answer, Opened, Tables, first_fetched
from cfusage_lab.schema import HISTORY
from cfusage_lab.source import Source, as_source, hands_out_history, is_archive

__all__ = ["Origin", "first_table", "may_pass", "with_accounts"]

_WHOLE_TABLE: Final = "Whole table"


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where tables come from, and which ranges of it have a name.

    Attributes
    ----------
    tables
        Answers the questions.
    whose
        ``sandbox``, ``account``, ``table`` or ``other``, as a :class:`Recipe` takes it.
    presets
        Name to range.
    usual
        The range to begin with if nobody says.
    now
        The moment to take for the present; None leaves it to the clock.
    later
        The same for a source that takes the place of this one: the end of a table is not its present.
    """

    tables: Tables
    whose: str
    presets: Mapping[str, Preset]
    usual: str
    now: datetime | None
    later: datetime | None

    @classmethod
    def of(cls, source: object, *, client: Source | None, now: datetime | str | None) -> "Origin":
        """Take a source as it is handed over; a history table is one, too."""
        moment = None if now is None else ranges.moment(now)
        if hands_out_history(source):
            return cls(
                tables=_tables_of(source, client),
                whose=as_source(source).source,
                presets=PRESETS,
                usual=USUAL_PRESET,
                now=moment,
                later=moment,
            )
        table = TableSource(source)
        return cls(
            tables=_tables_of(table, client),
            whose="table",
            presets={_WHOLE_TABLE: lambda _zone, _now: table.whole, **PRESETS},
            usual=_WHOLE_TABLE,
            now=moment or table.whole.end,
            later=moment,
        )

    def preset(self, name: object) -> str:
        """Return the name of a range.

        Raises
        ------
        ConfigError
            If there is no such range; the message lists those there are.
        """
        if name is not None and (not isinstance(name, str) or name not in self.presets):
            raise ConfigError(f"there is no time range {said(name)}: take one of {', '.join(self.presets)}")
        return name or self.usual


def first_table(
    origin: Origin, preset: str, time_zone: str, *, may_lack: bool
) -> tuple[Opened, Exception | None]:
    """Take what is held, else fetch; a part of it, or what is older, is better than an error.

    Parameters
    ----------
    origin, preset, time_zone
        What is asked for.
    may_lack
        Whether an answer that holds the error, and no windows, is better than raising it.

    Returns
    -------
    tuple
        The table, and what went wrong on the way to it.
    """
    tables = origin.tables
    names = tables.names()
    question = asked(origin.presets[preset], tables.own_accounts(), time_zone=time_zone, now=origin.now)
    stored, trouble = tables.stored(question), None
    if stored is None or not stored.is_from_start:
        try:
            return with_accounts(first_fetched(tables, question, names, None)), None
        except Exception as error:
            stored, trouble = stored or tables.newest(question), error
            if stored is None:
                if not may_lack:
                    raise
                nothing = Answer(
                    history=pl.DataFrame(schema=HISTORY),
                    label=tables.label,
                    refusal=error.with_traceback(None),
                )
                others = {} if may_pass(error) else tables.more_names()
                return Opened(question=question, answer=nothing, names=names | others), error
    return with_accounts(Opened(question=question, answer=stored, names=names)), trouble


def may_pass(error: Exception) -> bool:
    """Whether an error may go by itself, and is no matter of the token; nor is one of somebody's own."""
    return error.retryable if isinstance(error, CfUsageError) else True


def with_accounts(opened: Opened) -> Opened:
    """Let the question name the accounts in the table; where it has no windows, those that are known."""
    found = tuple(opened.answer.history["account_id"].unique().sort())
    accounts = found or opened.question.accounts or tuple(sorted(opened.names))
    return replace(opened, question=replace(opened.question, accounts=accounts))


def _tables_of(source: Source, client: Source | None) -> Tables:
    """Return what answers for a source, or for an archive with its client.

    Raises
    ------
    ConfigError
        If a client comes with a source that is no archive, or is none.
    """
    if client is None:
        return Alone(source)
    client = as_source(client, "client")
    if not is_archive(source):
        raise ConfigError(f"client= goes with an archive, and {source.label} is none: leave the client out")
    return Kept(source, client)
