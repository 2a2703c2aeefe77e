"""An archive in front of a client: what is held comes at once, the rest is fetched into it."""

from typing import Unpack

import polars as pl

from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.questions import Question
from cfusage_lab.explorer.tables import Answer, credit_of, history_of, invoice_of, names_of
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import Archive, ForwardingSource, HistoryOptions, Source, as_source

__all__ = ["Kept"]


class Kept:
    """An archive in front of a client.

    An archive that can't be used does not stand in the way: then the client is asked, and a note says so.
    """

    def __init__(self, archive: Archive, client: Source) -> None:
        self._archive = archive
        self._stored = as_source(archive)
        self._client = as_source(client, "client")
        self._is_listed = False

    @property
    def label(self) -> str:
        """Say who is asked for what is not held."""
        return self._client.label

    def own_accounts(self) -> tuple[str, ...] | None:
        """Return those that the client would take, else those that are held."""
        try:
            return tuple(sorted(self._client.default_accounts or self._archive.default_accounts)) or None
        except Exception:  # noqa: BLE001 - fresh() says what is wrong with it
            return None

    def names(self) -> dict[str, str]:
        """Return the accounts that are held."""
        return names_of(self._stored)

    def more_names(self) -> dict[str, str]:
        """Ask the client for its accounts, until it has listed them."""
        found = {} if self._is_listed else names_of(self._client)
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
            history = history_of(self._stored, question, part, None)
            return Answer.of(
                self._stored,
                history,
                newest_stored=history["start_time"].max(),
                is_from_start=part.start == question.time_range.start,
            )
        except Exception:  # noqa: BLE001 - fresh() says what is wrong with it
            return None

    def fresh(self, question: Question, progress: Progress | None) -> Answer:
        """Bring the archive up to date, and read it."""
        client = _Watched(self._client)
        try:
            self._archive.update(client, question.time_range, accounts=question.accounts, progress=progress)
            history = history_of(self._stored, question, question.time_range, None)
            return Answer.of(self._stored, history)
        except CancelledError:
            raise
        except Exception as error:
            if client.has_failed:
                raise
            why = str(error) if isinstance(error, CfUsageError) else type(error).__name__
            note = f"not through the archive, which is of no use now: {why}"
        history = history_of(self._client, question, question.time_range, progress)
        return Answer.of(self._client, history, notes=(note,))

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the client, if it can be asked: credit is not kept."""
        return credit_of(self._client, accounts)

    def invoice(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the client, if it can be asked: what the archive holds was billed earlier."""
        return invoice_of(self._client, accounts)


class _Watched(ForwardingSource):
    """A client that remembers whether it failed: what else goes wrong is the archive's."""

    has_failed = False

    def usage_history(
        self, time_range: TimeRange | None = None, **options: Unpack[HistoryOptions]
    ) -> pl.DataFrame:
        try:
            return super().usage_history(time_range, **options)
        except Exception:
            self.has_failed = True
            raise
