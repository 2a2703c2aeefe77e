"""Where the explorer's tables come from: one source, or an archive in front of a client."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, cast

import polars as pl

from cfusage_lab.charts.style import span
from cfusage_lab.drawing import short
from cfusage_lab.errors import CancelledError, CfUsageError, ConfigError
from cfusage_lab.explorer.questions import Question
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.schema import CREDIT_BALANCE, HISTORY, STATES, Granularity, require
from cfusage_lab.source import Progress, Source

__all__ = ["Alone", "Answer", "Archive", "Kept", "Opened", "Tables", "first_fetched", "tables_of"]


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
    """

    history: pl.DataFrame
    label: str
    newest_stored: datetime | None = None
    is_from_start: bool = True
    notes: tuple[str, ...] = ()

    def status(self, question: Question) -> str:
        """Say where the numbers come from and how new they are."""
        moment = (self.newest_stored or question.asked_at).astimezone(zone(question.time_zone))
        written = f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M} {question.time_zone} time"
        how_new = "data as of" if self.newest_stored is None else "as stored, newest window from"
        return f"{self.label} · {how_new} {written}"

    def details(self, question: Question) -> str:
        """Say which windows these are, and how many of them may still change."""
        start, end = self.history["start_time"].min(), self.history["end_time"].max()
        if not (isinstance(start, datetime) and isinstance(end, datetime)):
            return "no windows"
        counts = dict(self.history["state"].value_counts().iter_rows())
        unsettled = [f"{counts[one]:,} {one.replace('_', ' ')}" for one in STATES[1:] if one in counts]
        count = f"{self.history.height:,} windows: {', '.join(unsettled) or 'all complete'}"
        return f"{span(start, end, zone(question.time_zone))} · {count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The first table of a source, the question that it answers, and the accounts that are known by then."""

    question: Question
    answer: Answer
    names: dict[str, str]


class Tables(Protocol):
    """Answers the explorer's questions."""

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


class Archive(Source, Protocol):
    """A source that keeps what it was told, such as :class:`cfusage_lab.archive.UsageArchive`."""

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The accounts that are held."""

    def held(
        self, *, granularity: Granularity = "hour", accounts: Sequence[str] | str | None = None
    ) -> TimeRange | None:
        """Return the newest range that is held without a gap."""

    def update(
        self,
        client: Source,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Fetch and store what is not held."""


class Alone:
    """One source; it is asked for everything."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def own_accounts(self) -> None:
        """Leave them to the source."""

    def names(self) -> dict[str, str]:
        """Ask the source for them."""
        return _names(self._source)

    def more_names(self) -> dict[str, str]:
        """Return none: all were listed."""
        return {}

    def stored(self, question: Question) -> None:
        """Return nothing: nothing is stored."""

    def newest(self, question: Question) -> None:
        """Return nothing, likewise."""

    def fresh(self, question: Question, progress: Progress | None) -> Answer:
        """Ask the source."""
        return Answer(
            history=_history(self._source, question, question.time_range, progress), label=self._source.label
        )

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the source, if it can be asked."""
        return _credit(self._source, accounts)


class Kept:
    """An archive in front of a client.

    An archive that can't be used does not stand in the way: then the client is asked, and a note says so.
    """

    def __init__(self, archive: Archive, client: Source) -> None:
        self._archive = archive
        self._client = client
        self._is_listed = False

    def own_accounts(self) -> tuple[str, ...] | None:
        """Return those that the client would take, else those that are held."""
        known: Sequence[str] = getattr(self._client, "default_accounts", ())
        try:
            return tuple(sorted(known or self._archive.default_accounts)) or None
        except CfUsageError:
            return None

    def names(self) -> dict[str, str]:
        """Return the accounts that are held."""
        return _names(self._archive)

    def more_names(self) -> dict[str, str]:
        """Ask the client for its accounts, until it has listed them."""
        found = {} if self._is_listed else _names(self._client)
        self._is_listed = self._is_listed or bool(found)
        return found

    def stored(self, question: Question) -> Answer | None:
        """Return the newest unbroken part of it that is held."""
        return self._read(question, question.time_range)

    def newest(self, question: Question) -> Answer | None:
        """Return what is held last, however long ago that was."""
        return self._read(question, None)

    def _read(self, question: Question, asked: TimeRange | None) -> Answer | None:
        """Read what is held inside a range; None stands for the end of what is held."""
        try:
            held = self._archive.held(accounts=question.accounts)
            if held is not None and asked is None:
                asked = TimeRange(held.end - (question.time_range.end - question.time_range.start), held.end)
            if held is None or asked is None or held.end <= asked.start or held.start >= asked.end:
                return None
            part = TimeRange(max(held.start, asked.start), min(held.end, asked.end))
            history = _history(self._archive, question, part, None)
            label = self._archive.label
        except CfUsageError:
            return None  # fresh() says what is wrong with it
        return Answer(
            history=history,
            label=label,
            newest_stored=history["start_time"].max(),  # type: ignore[arg-type]
            is_from_start=part.start == question.time_range.start,
        )

    def fresh(self, question: Question, progress: Progress | None) -> Answer:
        """Bring the archive up to date, and read it."""
        client = _Watched(self._client)
        try:
            self._archive.update(client, question.time_range, accounts=question.accounts, progress=progress)
            history = _history(self._archive, question, question.time_range, None)
            return Answer(history=history, label=self._archive.label)
        except CancelledError:
            raise
        except CfUsageError as error:
            if client.has_failed:
                raise
            note = f"not through the archive, which is of no use now: {error}"
        history = _history(self._client, question, question.time_range, progress)
        return Answer(history=history, label=self._client.label, notes=(note,))

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the client, if it can be asked: credit is not kept."""
        return _credit(self._client, accounts)


def tables_of(source: Source, client: Source | None) -> Tables:
    """Return what answers for a source, or for an archive with its client.

    Raises
    ------
    ConfigError
        If a client comes with a source that is no archive.
    """
    if client is None:
        return Alone(source)
    if not (hasattr(source, "held") and hasattr(source, "update")):
        raise ConfigError(f"client= goes with an archive, and {source.label} is none: leave the client out")
    return Kept(cast("Archive", source), client)


class _Watched:
    """A client that remembers whether it failed: what else goes wrong is the archive's."""

    def __init__(self, client: Source) -> None:
        self._client = client
        self.has_failed = False
        self.label = client.label
        self.source = getattr(client, "source", "account")
        self.default_accounts: Sequence[str] = getattr(client, "default_accounts", ())

    def accounts(self) -> pl.DataFrame:
        """Pass it on."""
        return self._client.accounts()

    def usage_history(
        self,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> pl.DataFrame:
        """Pass it on."""
        try:
            return self._client.usage_history(
                time_range, granularity=granularity, accounts=accounts, with_ids=with_ids, progress=progress
            )
        except CfUsageError:
            self.has_failed = True
            raise


def _history(
    source: Source, question: Question, time_range: TimeRange, progress: Progress | None
) -> pl.DataFrame:
    history = source.usage_history(time_range, accounts=question.accounts, with_ids=False, progress=progress)
    require(history.columns, HISTORY.names(), table="history")
    return history


def _credit(source: Source, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
    ask = getattr(source, "credit_balance", None)
    if ask is None:
        return None
    credit: pl.DataFrame = ask(accounts)
    require(credit.columns, CREDIT_BALANCE.names(), table="credit balance")
    return credit


def _names(source: Source) -> dict[str, str]:
    """Return id to name of the accounts that can be asked for; none where they cannot be listed."""
    try:
        return {one: name or short(one) for one, name in source.accounts().iter_rows()}
    except CfUsageError:  # a token may read usage and still not list accounts
        return {}
