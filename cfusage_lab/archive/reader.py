"""What is read from an archive: it is a source like any other, and says what it holds."""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, get_args

import polars as pl

from cfusage_lab import schema
from cfusage_lab.account_ids import named_account_ids
from cfusage_lab.archive.corrections import REVISIONS, revisions
from cfusage_lab.archive.coverage import COVERAGE, coverage
from cfusage_lab.archive.delta_table import MonthlyTable, SourceKind, require_packages
from cfusage_lab.archive.errors import typed_errors
from cfusage_lab.archive.invoice_previews import InvoicePreviewTable, newest
from cfusage_lab.archive.location import location_of, storage_options_of
from cfusage_lab.archive.object_stores import is_s3
from cfusage_lab.archive.rows import KEY, STORED, as_history, is_settled
from cfusage_lab.archive.usage_table import UsageTable
from cfusage_lab.argument_checks import check_choice, check_flags
from cfusage_lab.errors import ConfigError
from cfusage_lab.files import checked_path, is_address, write_file
from cfusage_lab.frames.table_files import write_csv
from cfusage_lab.progress import Progress, listener_of
from cfusage_lab.ranges import TimeRange, last_days, moment, running_end, window_bounds
from cfusage_lab.redaction import without_frames
from cfusage_lab.schema import Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.wording import visible

__all__ = ["ArchiveReader"]


class ArchiveReader:
    """The part of :class:`UsageArchive` that reads; there the parameters are explained."""

    def __init__(
        self,
        location: str | os.PathLike[str] | None = None,
        *,
        source: SourceKind | None = None,
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
        self._options = options.with_timeouts() if is_address(self._location) else options
        del location
        if refusal is not None:
            raise refusal
        require_packages(is_in_s3=is_s3(self._location))
        if source is not None:
            check_choice(source, "source", get_args(SourceKind))
        self._source = source
        self._fixed_now = None if now is None else moment(now)

    @property
    def location(self) -> str:
        """Where the archive is."""
        return self._location

    @property
    def source(self) -> SourceKind:
        """Whether the numbers that are read are made up or a real account's."""
        if self._source is not None:
            return self._source
        kinds: tuple[SourceKind, ...] = get_args(SourceKind)
        held = (kind for kind in kinds if any(table.is_there for table in self._all_tables(kind)))
        return next(held, kinds[0])

    @property
    def label(self) -> str:
        """Where the numbers come from, in a few words."""
        return "Archive of the sandbox: made-up data" if self.source == "sandbox" else "Archive of Cloudflare"

    @property
    def default_accounts(self) -> tuple[str, ...]:
        """The account ids that a call without ``accounts`` is about: all that are held."""
        return tuple(sorted({one for table in self._tables() for one in table.account_ids()}))

    def __repr__(self) -> str:
        return f"<UsageArchive at {visible(self._location)}>"

    def scan(self, granularity: Granularity = "hour") -> pl.LazyFrame:
        """Return the whole history as a LazyFrame, of which only what a query needs is read.

        Returns
        -------
        LazyFrame
            One row is one window of an account: the columns of :meth:`usage_history`. Windows that are
            not held are absent (:meth:`coverage` says which); nothing is in order. Once the table is open,
            polars' own errors come from ``collect``.
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
        """
        check_flags(with_ids=with_ids)
        told = listener_of(progress)
        try:
            now = self._now()
            table = self._table(granularity)
            start, end = window_bounds(
                last_days(30, now=now) if time_range is None else time_range, granularity, now
            )
            return table.history(accounts, start=start, end=end, now=now)
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

        :meth:`usage_history` answers for this range.
        """
        return self._table(granularity).held(accounts, end=running_end(granularity, self._now()))

    def coverage(self) -> pl.DataFrame:
        """Return what is held: one row is a UTC month of an account at one granularity.

        Returns
        -------
        DataFrame
            :data:`cfusage_lab.archive.coverage.COVERAGE`: from the first window held to the last, how many
            windows of the month are held, how many of these are complete, how many are missing, and the gaps.
        """
        parts = [pl.DataFrame(schema=COVERAGE)]
        for table in self._tables():
            stored = table.windows()
            if stored.height:
                is_complete = is_settled(self._now())
                parts.append(coverage(stored, granularity=table.granularity, is_complete=is_complete))
        return pl.concat(parts).sort("account_id", "granularity", "month")

    def revisions(self, granularity: Granularity = "hour") -> pl.DataFrame:
        """Return the windows whose value changed after it was stored: one row is one change.

        The growth of a window that was still running is no revision.

        Returns
        -------
        DataFrame
            :data:`cfusage_lab.archive.corrections.REVISIONS`, oldest change first: the window, ``old_usd``,
            ``new_usd``, ``change_usd``, what state the old value was in, and when the new one was fetched.
        """
        table = self._table(granularity)
        opened = table.open()
        if opened is None:
            return pl.DataFrame(schema=REVISIONS)
        return table.read(revisions(table.scan(opened)))

    def export(self, path: str | os.PathLike[str], *, granularity: Granularity = "hour") -> Path:
        """Write the whole history to one file, and return its path.

        :func:`cfusage_lab.read_table` reads it back. A text that a spreadsheet would take for a formula has
        an apostrophe before it in the CSV.

        Parameters
        ----------
        path
            The suffix decides: ``.parquet`` or ``.csv``. A file that is there is replaced once the new
            one is whole.

        Raises
        ------
        ConfigError
            If the suffix is another, or the file can't be written.
        TransportError
            If there is no room.
        """
        target = checked_path(path)
        suffix = target.suffix.lower()
        if suffix not in {".parquet", ".csv"}:
            raise ConfigError(f"export to {visible(str(target))}: name a file that ends in .parquet or .csv")
        rows = self.scan(granularity).sort(KEY)

        def write(file: BinaryIO) -> None:
            with typed_errors(visible(self._location), self._options):
                if suffix == ".csv":
                    write_csv(rows, file)
                else:
                    rows.sink_parquet(file)

        return write_file(target, write)

    def invoice_previews(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return every invoice preview that was stored, as it was seen: never to be added up as it is.

        Returns
        -------
        DataFrame
            One row is a line of a preview (``schema.INVOICE_PREVIEWS``), in order of account, of the moment
            ``fetched_at``, and as the invoice had them.
        """
        return self._previews().all(None if accounts is None else named_account_ids(accounts))

    def invoice_lines(self, accounts: Sequence[str] | str | None = None) -> pl.DataFrame:
        """Return the lines of every invoice that was seen, each as it was seen last: by model, by month.

        :func:`cfusage_lab.usage_by_model` adds them up. An invoice that was last seen before its period
        ended lacks what came after.

        Returns
        -------
        DataFrame
            One row is a line of an invoice (``schema.INVOICE_LINES``), in order of account and period.

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

    def _now(self) -> datetime:
        return self._fixed_now or moment()

    def _table(self, granularity: Granularity, source: SourceKind | None = None) -> UsageTable:
        check_choice(granularity, "granularity", get_args(Granularity))
        return UsageTable(self._location, self._options, source or self.source, granularity)

    def _tables(self, source: SourceKind | None = None) -> list[UsageTable]:
        source = source or self.source
        return [self._table(granularity, source) for granularity in get_args(Granularity)]

    def _previews(self, source: SourceKind | None = None) -> InvoicePreviewTable:
        return InvoicePreviewTable(self._location, self._options, source or self.source)

    def _all_tables(self, source: SourceKind) -> list[MonthlyTable]:
        return [*self._tables(source), self._previews(source)]
