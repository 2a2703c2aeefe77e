"""The archive that analysts hold: a source like any other, on disk or in an object store."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import get_args

import polars as pl

from cfusage_lab import schema
from cfusage_lab.archive import reading, tables
from cfusage_lab.archive.addresses import location_of
from cfusage_lab.archive.asking import asked_for, bounds_of, source_of
from cfusage_lab.archive.delta import require_packages
from cfusage_lab.archive.exporting import export
from cfusage_lab.archive.layout import STORED, as_history, is_settled
from cfusage_lab.archive.monthly import MonthlyTable, Whose
from cfusage_lab.archive.object_stores import is_s3
from cfusage_lab.archive.previews import StoredPreviews, checked_lines, newest
from cfusage_lab.archive.storage_options import storage_options_of
from cfusage_lab.archive.store import StoredTable
from cfusage_lab.archive.updating import Steps, Update
from cfusage_lab.bounds import aligned, running_end
from cfusage_lab.credentials import named_account_ids
from cfusage_lab.errors import ConfigError, PayloadError
from cfusage_lab.files import is_address, shown
from cfusage_lab.options import check_choice, check_flags, said
from cfusage_lab.progress import Progress, listener_of
from cfusage_lab.ranges import TimeRange, last_days, moment
from cfusage_lab.redaction import without_frames
from cfusage_lab.schema import Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS, Source

__all__ = ["UsageArchive"]


class UsageArchive:
    """Keeps usage history in Delta tables; a source of it like any other.

    Hours and days lie in separate tables, and so do the accounts of the sandbox and real ones, so that
    nothing is counted twice and made-up data never mixes with what was paid. Invoice previews, which alone
    tell models apart, are kept beside them (:meth:`update_invoice_previews`). Several processes may use an
    archive at once. Cloudflare's opaque ids are not kept.

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

    def __init__(
        self,
        location: str | os.PathLike[str] | None = None,
        *,
        source: Whose | None = None,
        storage_options: Mapping[str, str] | None = None,
        now: datetime | str | None = None,
    ) -> None:
        options, wrong = storage_options_of(storage_options)
        del storage_options  # a traceback may print every variable of a frame
        self._location = ""  # first: a traceback may print what is only half made
        try:
            self._location = location_of(location)
        except ConfigError as error:
            refusal: ConfigError | None = without_frames(error)
        else:
            refusal = ConfigError(wrong) if wrong else None
        self._options = options.bounded() if is_address(self._location) else options
        del location
        if refusal is not None:
            raise refusal
        require_packages(is_in_s3=is_s3(self._location))
        if source is not None:
            check_choice(source, "source", get_args(Whose))
        self._source = source
        self._fixed_now = None if now is None else moment(now)

    @property
    def location(self) -> str:
        """Where the archive is."""
        return self._location

    @property
    def source(self) -> Whose:
        """Whether the numbers that are read are made up or a real account's."""
        if self._source is not None:
            return self._source
        whose: tuple[Whose, ...] = get_args(Whose)
        held = (one for one in whose if any(table.is_there for table in self._all_tables(one)))
        return next(held, whose[0])

    @property
    def label(self) -> str:
        """Where the numbers come from, in a few words."""
        return "Archive of the sandbox: made-up data" if self.source == "sandbox" else "Archive of Cloudflare"

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The account ids that a call without ``accounts`` is about: all that are held."""
        return tuple(sorted({one for table in self._tables() for one in reading.account_ids_of(table)}))

    def __repr__(self) -> str:
        return f"<UsageArchive at {shown(self._location)}>"

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
        granularity
            ``"hour"``, or ``"day"`` for UTC days; they are kept apart.
        accounts
            Account ids. Left out: those that the client takes by itself.
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
            If what is stored is damaged, or the client answers with anything but what it was asked for: the
            accounts, the range and the granularity, each window once, with a cost and a state.
        TransportError
            If there is no room, the storage can't be reached, or others write there all the time.
        CfUsageError
            Whatever else the client raises. In every case the archive is as it was.
        """
        if with_recheck is not None:
            check_flags(with_recheck=with_recheck)
        told = listener_of(progress)
        now = self._now()
        ids = asked_for(client, accounts, now=now)
        table = self._table(granularity, source_of(client, ids, expected=self._source))
        start, end = None, running_end(granularity, now)
        if time_range is not None:
            start, end = aligned(time_range, granularity, now)
        steps = Steps(told)
        try:
            stored = reading.windows(table, ids, start=start, end=end)
            work = Update(
                client=client,
                granularity=granularity,
                bounds=bounds_of(ids, stored, start=start, end=end, now=now),
                stored=stored,
                now=now,
                steps=steps,
            )
            fetched = work.fetch(with_recheck=time_range is None if with_recheck is None else with_recheck)
            if fetched.height:
                table.merge(fetched, clock=self._now)
        finally:
            steps.shown.close()

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
            Account ids. Left out: those that the client takes by itself.

        Raises
        ------
        ConfigError
            If the source has no invoices, or as for :meth:`update`.
        PayloadError
            If what is stored is damaged, or the client answers with anything but invoice lines of these
            accounts, each with its period and its amounts.
        CfUsageError
            Whatever else the client raises, or as for :meth:`update`. In every case the archive is as it was.
        """
        now = self._now()
        ids = asked_for(client, accounts, now=now)
        ask = getattr(client, "invoice_preview", None)
        if ask is None:
            raise ConfigError(
                f"client {said(client)} has no invoices: pass one with invoice_preview, such as connect()"
            )
        table = self._previews(source_of(client, ids, expected=self._source))
        lines = checked_lines(ask(ids), client, account_ids=ids)
        table.add(lines, seen_at=now)

    def invoice_previews(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return every invoice preview that was stored, as it was seen: never to be added up as it is.

        Parameters
        ----------
        accounts
            Account ids. Left out: all.

        Returns
        -------
        DataFrame
            One row is a line of a preview (``schema.INVOICE_PREVIEWS``), in order of account, of the moment
            ``fetched_at``, and as the invoice had them.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            If the table is none of an archive, damaged, or can't be reached.
        """
        return self._previews().all(None if accounts is None else named_account_ids(accounts))

    def invoice_lines(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return the lines of every invoice that was seen, each as it was seen last: by model, by month.

        :func:`cfusage_lab.usage_by_model` adds them up. An invoice that was last seen before its period
        ended lacks what came after.

        Parameters
        ----------
        accounts
            Account ids. Left out: all.

        Returns
        -------
        DataFrame
            One row is a line of an invoice (``schema.INVOICE_LINES``), in order of account and period.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            As for :meth:`invoice_previews`.

        Examples
        --------
        >>> import tempfile
        >>> import cfusage_lab as cfu
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     for now in ("2026-10-31T23:30Z", "2026-11-17T09:30Z", "2026-11-18T09:30Z"):
        ...         archive = cfu.UsageArchive(folder, now=now)
        ...         archive.update_invoice_previews(cfu.UsageClient.sandbox(now=now))
        ...     models = cfu.usage_by_model(archive.invoice_lines())
        >>> models.select(models["period_start"].dt.strftime("%b"), "model", "billed_usd").rows()[::3]
        [('Oct', 'gpt-5.5', 1330.79), ('Nov', 'gpt-5.5', 786.06)]
        """
        return newest(self.invoice_previews(accounts))

    def scan(self, granularity: Granularity = "hour") -> pl.LazyFrame:
        """Return the whole history as a LazyFrame, of which only what a query needs is read.

        Returns
        -------
        LazyFrame
            One row is one window of an account: the columns of :meth:`usage_history`. Windows that are
            not held are absent (:meth:`coverage` says which); nothing is in order.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            If the table can't be opened. Once it is open, polars' own errors come from ``collect``.
        """
        table = self._table(granularity)
        opened = table.open()
        rows = pl.LazyFrame(schema=STORED) if opened is None else table.scan(opened)
        return as_history(rows, now=self._now())

    def usage_history(
        self,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> pl.DataFrame:
        """Return the stored cost of every window in the range: all of it, or an error.

        Parameters
        ----------
        time_range
            Left out: the last 30 whole UTC days. :meth:`held` says what can be had.
        granularity
            ``"hour"``, or ``"day"`` for UTC days.
        accounts
            Account ids. Left out: all that are held.
        with_ids
            Makes no difference: ids are not kept, ``id`` is always null.
        progress
            Told that it is over.

        Returns
        -------
        DataFrame
            One row is one window of an account, none absent inside the range, in order of account and
            time, as :meth:`cfusage_lab.UsageClient.usage_history` returns it. ``state`` is that of this
            moment; what was fetched before it settled stays ``provisional`` until an update.

        Raises
        ------
        ConfigError
            If a window of the range is not held; the message names the first. Or as for
            :meth:`cfusage_lab.UsageClient.usage_history`.
        PayloadError, TransportError
            If the table is damaged or can't be reached.
        """
        check_flags(with_ids=with_ids)
        told = listener_of(progress)
        try:
            now = self._now()
            table = self._table(granularity)
            start, end = aligned(
                last_days(30, now=now) if time_range is None else time_range, granularity, now
            )
            return reading.history(table, accounts, start=start, end=end, now=now)
        finally:
            told.close()

    def accounts(self) -> pl.DataFrame:
        """List the accounts that are held.

        Returns
        -------
        DataFrame
            One row is an account: ``account_id``, and ``name``, null unless it is one of the sandbox's.
        """
        ids = self.default_accounts
        return pl.DataFrame(
            {"account_id": ids, "name": [SANDBOX_ACCOUNTS.get(one) for one in ids]}, schema=schema.ACCOUNTS
        )

    def held(
        self, *, granularity: Granularity = "hour", accounts: Sequence[str] | str | None = None
    ) -> TimeRange | None:
        """Return the newest range that is held without a gap for all these accounts, or None.

        Parameters
        ----------
        granularity, accounts
            As for :meth:`usage_history`, which answers for this range.
        """
        return reading.held(self._table(granularity), accounts, end=running_end(granularity, self._now()))

    def coverage(self) -> pl.DataFrame:
        """Return what is held: one row is a UTC month of an account at one granularity.

        Returns
        -------
        DataFrame
            :data:`cfusage_lab.archive.tables.COVERAGE`: from the first window held to the last, how many
            windows of the month are held, how many of these are complete, how many are missing, and the gaps.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            As for :meth:`usage_history`.
        """
        parts = [pl.DataFrame(schema=tables.COVERAGE)]
        for table in self._tables():
            stored = reading.windows(table, None, start=None, end=None)
            if stored.height:
                parts.append(
                    tables.coverage(
                        stored, granularity=table.granularity, is_complete=is_settled(self._now())
                    )
                )
        return pl.concat(parts).sort("account_id", "granularity", "month")

    def revisions(self, granularity: Granularity = "hour") -> pl.DataFrame:
        """Return the windows whose value changed after it was stored: one row is one change.

        The growth of a window that was still running is no revision.

        Returns
        -------
        DataFrame
            :data:`cfusage_lab.archive.tables.REVISIONS`, oldest change first: the window, ``old_usd``,
            ``new_usd``, ``change_usd``, what state the old value was in, and when the new one was fetched.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            As for :meth:`usage_history`.
        """
        table = self._table(granularity)
        opened = table.open()
        if opened is None:
            return pl.DataFrame(schema=tables.REVISIONS)
        return table.read(tables.revisions(table.scan(opened)))

    def verify(self) -> pl.DataFrame:
        """Read everything, and hold it against what was written.

        Returns
        -------
        DataFrame
            One row is a table (:data:`cfusage_lab.archive.tables.TABLES`): its version, files, rows, bytes
            and sum; its ``granularity`` is that of its windows, or ``invoice_preview``, which has no sum.

        Raises
        ------
        PayloadError
            If a file is missing, cut short or altered, or rows are not as they were written; the message
            lists what was found.
        ConfigError
            If it is in a store that loses commits of those who write at once, or can't be used.
        TransportError
            If the store can't be reached.
        """
        rows, found = [], []
        for table in (one for whose in get_args(Whose) for one in self._all_tables(whose)):
            try:
                row = table.inspected()
            except PayloadError as error:
                found.append(str(error))
            else:
                rows += [] if row is None else [(table.source, table.name, *row)]
        if found:
            raise PayloadError("; ".join(found))
        if rows:
            self._previews().require_conditional_writes()
        return pl.DataFrame(rows, schema=tables.TABLES, orient="row")

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
            for whose in get_args(Whose)
            for table in self._all_tables(whose)
            if (gone := table.tidy()) is not None
        ]
        return pl.DataFrame(rows, schema=tables.COMPACTED, orient="row")

    def export(self, path: str | os.PathLike[str], *, granularity: Granularity = "hour") -> Path:
        """Write the whole history to one file, and return its path.

        :func:`cfusage_lab.read_table` reads it back. A text that a spreadsheet would take for a formula has
        an apostrophe before it in the CSV.

        Parameters
        ----------
        path
            The suffix decides: ``.parquet`` or ``.csv``. A file that is there is replaced once the new
            one is whole.
        granularity
            Of the windows.

        Raises
        ------
        ConfigError
            If the suffix is another, or the file can't be written.
        PayloadError, TransportError
            As for :meth:`usage_history`; TransportError, too, if there is no room.
        """
        return export(lambda: self.scan(granularity), path, uri=shown(self._location), options=self._options)

    def _now(self) -> datetime:
        return self._fixed_now or moment()

    def _table(self, granularity: Granularity, source: Whose | None = None) -> StoredTable:
        check_choice(granularity, "granularity", get_args(Granularity))
        return StoredTable(self._location, self._options, source or self.source, granularity)

    def _tables(self, source: Whose | None = None) -> list[StoredTable]:
        source = source or self.source
        return [self._table(granularity, source) for granularity in get_args(Granularity)]

    def _previews(self, source: Whose | None = None) -> StoredPreviews:
        return StoredPreviews(self._location, self._options, source or self.source)

    def _all_tables(self, source: Whose) -> list[MonthlyTable]:
        return [*self._tables(source), self._previews(source)]
