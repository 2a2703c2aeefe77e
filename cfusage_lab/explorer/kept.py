"""An archive in front of a client: what is held comes at once, the rest is fetched into it."""

from collections.abc import Sequence
from typing import Protocol

import polars as pl

from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.questions import Question
from cfusage_lab.explorer.tables import Answer, credit_of, history_of, invoice_of, label_of, names_of
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import Granularity
from cfusage_lab.source import Progress, Source

__all__ = ["Archive", "Kept"]


class Archive(Source, Protocol):
    """A source that keeps what it was told, such as :class:`cfusage_lab.UsageArchive`."""

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


class Kept:
    """An archive in front of a client.

    An archive that can't be used does not stand in the way: then the client is asked, and a note says so.
    """

    def __init__(self, archive: Archive, client: Source) -> None:
        self._archive = archive
        self._client = client
        self._is_listed = False

    @property
    def label(self) -> str:
        """Say who is asked for what is not held."""
        return self._client.label

    def own_accounts(self) -> tuple[str, ...] | None:
        """Return those that the client would take, else those that are held."""
        known: Sequence[str] = getattr(self._client, "default_accounts", ())
        try:
            return tuple(sorted(known or self._archive.default_accounts)) or None
        except Exception:  # noqa: BLE001 - fresh() says what is wrong with it
            return None

    def names(self) -> dict[str, str]:
        """Return the accounts that are held."""
        return names_of(self._archive)

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
            history = history_of(self._archive, question, part, None)
            label = label_of(self._archive, history)
        except Exception:  # noqa: BLE001 - fresh() says what is wrong with it
            return None
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
            history = history_of(self._archive, question, question.time_range, None)
            return Answer(history=history, label=label_of(self._archive, history))
        except CancelledError:
            raise
        except Exception as error:
            if client.has_failed:
                raise
            why = str(error) if isinstance(error, CfUsageError) else type(error).__name__
            note = f"not through the archive, which is of no use now: {why}"
        history = history_of(self._client, question, question.time_range, progress)
        return Answer(history=history, label=label_of(self._client, history), notes=(note,))

    def credit(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the client, if it can be asked: credit is not kept."""
        return credit_of(self._client, accounts)

    def invoice(self, accounts: tuple[str, ...] | None) -> pl.DataFrame | None:
        """Ask the client, if it can be asked: what the archive holds was billed earlier."""
        return invoice_of(self._client, accounts)


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
        except Exception:
            self.has_failed = True
            raise
