"""An archive in front of a client: what is held comes at once, the rest is fetched into it."""

from typing import Unpack

import polars as pl

from cfusage_lab.errors import CancelledError, CfUsageError
from cfusage_lab.explorer.data import Aside
from cfusage_lab.explorer.loader import Accounts, Answer, aside_of, history_of, names_of
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange
from cfusage_lab.source import Archive, ForwardingSource, HistoryOptions, Source, as_source

__all__ = ["ArchiveLoader"]


class ArchiveLoader:
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

    def stored(self, accounts: Accounts, time_range: TimeRange) -> Answer | None:
        """Return the newest unbroken part of it that is held."""
        return self._read(accounts, time_range, is_newest=False)

    def newest(self, accounts: Accounts, time_range: TimeRange) -> Answer | None:
        """Return what is held last, however long ago that was."""
        return self._read(accounts, time_range, is_newest=True)

    def _read(self, accounts: Accounts, time_range: TimeRange, *, is_newest: bool) -> Answer | None:
        """Read what is held inside a range, or of the same length at the end of what is held."""
        try:
            held = self._archive.held(accounts=accounts)
            if held is None:
                return None
            asked = time_range
            if is_newest:
                asked = TimeRange(held.end - (time_range.end - time_range.start), held.end)
            if held.end <= asked.start or held.start >= asked.end:
                return None
            part = TimeRange(max(held.start, asked.start), min(held.end, asked.end))
            history = history_of(self._stored, accounts, part, None)
            return Answer.of(
                self._stored,
                history,
                newest_stored=history["start_time"].max(),
                is_from_start=part.start == time_range.start,
            )
        except Exception:  # noqa: BLE001 - fresh() says what is wrong with it
            return None

    def fresh(self, accounts: Accounts, time_range: TimeRange, progress: Progress | None) -> Answer:
        """Bring the archive up to date, and read it."""
        client = _Watched(self._client)
        try:
            self._archive.update(client, time_range, accounts=accounts, progress=progress)
            return Answer.of(self._stored, history_of(self._stored, accounts, time_range, None))
        except CancelledError:
            raise
        except Exception as error:
            if client.has_failed:
                raise
            why = str(error) if isinstance(error, CfUsageError) else type(error).__name__
            note = f"not through the archive, which is of no use now: {why}"
        history = history_of(self._client, accounts, time_range, progress)
        return Answer.of(self._client, history, notes=(note,))

    def beside(self, accounts: Accounts, time_range: TimeRange, progress: Progress | None) -> Answer:
        """Do the same with accounts that are held; others don't come into the archive by being listed."""
        if self.names().keys() >= {*(accounts or ())}:
            return self.fresh(accounts, time_range, progress)
        return Answer.of(self._client, history_of(self._client, accounts, time_range, progress))

    def aside(self, accounts: tuple[str, ...]) -> Aside:
        """Ask the client: credit is not kept, and what the archive holds was billed earlier."""
        return aside_of(self._client, accounts)


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
