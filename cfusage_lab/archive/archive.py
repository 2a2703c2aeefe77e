"""The archive that analysts hold, on disk or in an object store: how it is updated, verified, compacted."""

from collections.abc import Sequence
from typing import get_args

import polars as pl

from cfusage_lab.archive.commits import vacuum
from cfusage_lab.archive.delta_table import SourceKind
from cfusage_lab.archive.integrity import COMPACTED, TABLES, verify_table
from cfusage_lab.archive.invoice_previews import check_invoice_lines
from cfusage_lab.archive.reader import ArchiveReader
from cfusage_lab.archive.update import (
    Update,
    UpdateProgress,
    account_ids_to_update,
    source_kind,
    spans_to_hold,
)
from cfusage_lab.argument_checks import check_flags, said
from cfusage_lab.errors import ConfigError, PayloadError
from cfusage_lab.progress import Progress, listener_of
from cfusage_lab.ranges import TimeRange, running_end, window_bounds
from cfusage_lab.schema import Granularity
from cfusage_lab.source import Source, as_source

__all__ = ["UsageArchive"]


class UsageArchive(ArchiveReader):
    """Keeps usage history in Delta tables; a source of it like any other.

    Hours and days lie in separate tables, and so do the accounts of the sandbox and real ones, so that
    nothing is counted twice and made-up data never mixes with what was paid. Invoice previews, which alone
    tell models apart, are kept beside them (:meth:`update_invoice_previews`). Several processes may use an
    archive at once. Cloudflare's opaque ids are not kept.

    ``granularity`` is ``"hour"`` everywhere, or ``"day"`` for UTC days; ``accounts`` are account ids, left
    out: all that are held. Whatever reads a table raises :class:`ConfigError` where it is none of an archive
    or the location can't be used, :class:`PayloadError` where it is damaged, and :class:`TransportError`
    where it can't be reached; that is not said again below.

    Parameters
    ----------
    location
        A folder, or the address of an object store such as ``s3://bucket/path``. Left out: a folder of
        the user's data directory. A folder may have any name but those that delta-rs takes for another:
        with ``[ ] ^ |``, a backslash, a control character, ``%`` before two hexadecimal digits, or bytes
        that are no UTF-8.
    source
        Whose history is read: ``account`` or ``sandbox``. Left out: real accounts where any are held, and
        the sandbox where none are.
    storage_options
        What delta-rs needs to reach an object store, under its own names: texts. Left out, as each that is
        not there: the environment's ``AWS_ACCESS_KEY_ID``, ``AWS_SECRET_ACCESS_KEY``, ``AWS_REGION``,
        ``AWS_ENDPOINT_URL`` and, for plain http, ``AWS_ALLOW_HTTP``. A store that does not answer is given
        up after 30 seconds, unless ``timeout``, ``connect_timeout``, ``max_retries`` or ``retry_timeout``
        say otherwise. No error, repr or frame of an error shows their values.
    now
        The moment that counts as the present, if it is not the clock's; it should be the client's, too.

    Raises
    ------
    ConfigError
        If the packages of the extra ``archive`` are missing, or no archive can be kept at the location.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> archive = cfu.UsageArchive("usage")
    >>> archive.update(cfu.connect())
    >>> archive.usage_history(cfu.last_days(7)).height
    168
    """

    def update(
        self,
        client: Source,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_recheck: bool | None = None,
        progress: Progress | None = None,
    ) -> None:
        """Fetch what is absent or not yet complete, and store it in one commit.

        What is stored and complete is not asked for again, so a range that is complete costs no request.
        A commit that loses a race against another update is made again on top of it.

        Parameters
        ----------
        client
            Whom to ask: a :class:`cfusage_lab.UsageClient`, or any other source.
        time_range
            What is to be held afterwards. Left out: from an account's first stored window, or the last
            30 days where there is none, to the end of the window that is running.
        accounts
            Left out: those that the client takes by itself.
        with_recheck
            Whether to look for late corrections as well: one request of day windows an account for the
            last 40 days, and by hour for the days whose sum has changed. Left out: only if ``time_range``
            is left out, too.
        progress
            Told how far it is, and asked whether to go on. Left out: a bar, in a notebook or terminal.

        Raises
        ------
        ConfigError
            If it is not clear which accounts are meant, made-up and real accounts are meant at once, the
            range reaches into the future, or the location can't be used: an S3-compatible store that does
            not keep to conditional writes, for one, which is tried with each update.
        PayloadError
            If the client answers with anything but what it was asked for: the accounts, the range and the
            granularity, each window once, with a cost and a state.
        TransportError
            If there is no room, or others write there all the time.
        CfUsageError
            Whatever else the client raises. In every case the archive is as it was.
        """
        if with_recheck is not None:
            check_flags(with_recheck=with_recheck)
        listener = listener_of(progress)
        now, asked = self._now(), as_source(client, "client")
        ids = account_ids_to_update(asked, accounts, now=now)
        table = self._table(granularity, source_kind(asked, ids, expected=self._source))
        start, end = None, running_end(granularity, now)
        if time_range is not None:
            start, end = window_bounds(time_range, granularity, now)
        try:
            stored = table.windows(ids, start=start, end=end)
            work = Update(
                client=asked,
                granularity=granularity,
                bounds=spans_to_hold(ids, stored, start=start, end=end, now=now),
                stored=stored,
                now=now,
                progress=UpdateProgress(listener),
            )
            fetched = work.fetch(with_recheck=time_range is None if with_recheck is None else with_recheck)
            if fetched.height:
                table.merge(fetched, clock=self._now)
        finally:
            listener.close()

    def update_invoice_previews(self, client: Source, *, accounts: Sequence[str] | str | None = None) -> None:
        """Look at the invoice of the running period, and store it as it is seen now, in one commit.

        Cloudflare keeps no invoice by model once its period is over: what each model cost is known from what
        was seen before that. A preview is only ever added, and only where it is not the same as the one
        before; one without a line has nothing to store.

        Parameters
        ----------
        client
            Whom to ask: a :class:`cfusage_lab.UsageClient`, or any other source with ``invoice_preview``.
        accounts
            Left out: those that the client takes by itself.

        Raises
        ------
        ConfigError
            If the source has no invoices, or as for :meth:`update`.
        PayloadError
            If the client answers with anything but invoice lines of these accounts, each with its period
            and its amounts.
        CfUsageError
            Whatever else the client raises, or as for :meth:`update`. In every case the archive is as it was.
        """
        now, asked = self._now(), as_source(client, "client")
        ids = account_ids_to_update(asked, accounts, now=now)
        table = self._previews(source_kind(asked, ids, expected=self._source))
        answer = asked.invoice_preview(ids)
        if answer is None:
            raise ConfigError(
                f"client {said(client)} has no invoices: pass one with invoice_preview, such as connect()"
            )
        table.add(check_invoice_lines(answer, asked, account_ids=ids), seen_at=now)

    def verify(self) -> pl.DataFrame:
        """Read everything, and check that it is what was written: files, checksums, duplicates, windows.

        Returns
        -------
        DataFrame
            One row is a table (:data:`cfusage_lab.archive.integrity.TABLES`): its version, files, rows, bytes
            and sum; its ``granularity`` is that of its windows, or ``invoice_preview``, which has no sum.

        Raises
        ------
        PayloadError
            If a file is missing, cut short or altered, or rows are not as they were written; the message
            lists what was found.
        ConfigError
            If it is in a store that loses commits of those who write at once.
        """
        rows, found = [], []
        for table in (one for kind in get_args(SourceKind) for one in self._all_tables(kind)):
            try:
                row = verify_table(table)
            except PayloadError as error:
                found.append(str(error))
            else:
                rows += [] if row is None else [(table.source, table.name, *row)]
        if found:
            raise PayloadError("; ".join(found))
        if rows:
            self._previews().require_conditional_writes()
        return pl.DataFrame(rows, schema=TABLES, orient="row")

    def compact(self) -> pl.DataFrame:
        """Delete the files that no version of the last seven days needs, and shorten the log.

        Every update writes the months that it touches anew; what they replace is kept until then, for
        those who still read it.

        Returns
        -------
        DataFrame
            One row is a table: ``source``, ``granularity``, and ``files_deleted``.

        Raises
        ------
        PayloadError
            If :meth:`verify` finds a fault; then nothing is deleted.
        ConfigError, TransportError
            As for :meth:`update`.
        """
        self.verify()
        rows = [
            (table.source, table.name, gone)
            for kind in get_args(SourceKind)
            for table in self._all_tables(kind)
            if (gone := vacuum(table)) is not None
        ]
        return pl.DataFrame(rows, schema=COMPACTED, orient="row")
