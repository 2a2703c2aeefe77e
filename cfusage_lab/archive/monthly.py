"""A Delta table of an archive, one partition a UTC month: opened, read, and written a month at a time."""

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal

import polars as pl

from cfusage_lab.archive.addresses import file_in, folder_uri, is_plain
from cfusage_lab.archive.checks import altered_files, check_table, refuse_lost_commits, refuse_strangers
from cfusage_lab.archive.delta import created, writer_properties
from cfusage_lab.archive.object_stores import (
    altered_objects,
    check_settings,
    is_s3,
    refuse_strangers_in_store,
    require_conditional_writes,
)
from cfusage_lab.archive.storage_options import StorageOptions
from cfusage_lab.archive.trouble import explained
from cfusage_lab.errors import PayloadError, TransportError
from cfusage_lab.files import is_address, shown

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.table import FilePruningPredicateType

__all__ = ["MonthlyTable", "Whose"]

Whose = Literal["account", "sandbox"]
"""Real accounts, or the sandbox's made-up ones."""

_ATTEMPTS: Final = 40
_PAUSE: Final = 0.02
_LONGEST_PAUSE: Final = 2.0
_KEPT_HOURS: Final = 7 * 24
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class MonthlyTable(ABC):
    """A table whose months are always written whole, in one commit or not at all.

    Attributes
    ----------
    location
        Where the archive is: a folder, or the address of an object store.
    options
        What delta-rs needs to reach it.
    source
        Whose numbers they are.
    """

    columns: ClassVar[pl.Schema]
    """What is stored, ``month`` last: it names the partition."""

    location: str
    options: StorageOptions = field(repr=False)
    source: Whose

    @property
    @abstractmethod
    def name(self) -> str:
        """What its folder is called."""

    @property
    @abstractmethod
    def title(self) -> str:
        """What is in it."""

    @abstractmethod
    def faults(self, table: "DeltaTable", stored: pl.DataFrame) -> list[str]:
        """Return in words what of the rows is not as it was written."""

    @abstractmethod
    def total_usd(self, stored: pl.DataFrame) -> float | None:
        """Return what all rows add up to; None where that means nothing."""

    @property
    def uri(self) -> str:
        """Where the table is, as it may stand in a message."""
        return shown(f"{self.location}/{self._place}")

    @property
    def folder(self) -> Path | None:
        """The table's folder, unless it is in an object store."""
        return None if is_address(self.location) else Path(self.location, self.source, self.name)

    @property
    def address(self) -> str:
        """What delta-rs is told: of a folder, too, the address, for it takes paths for addresses."""
        if self.folder is None:
            return f"{self.location}/{self._place}"
        return folder_uri(self.folder)

    @property
    def is_there(self) -> bool:
        """Whether there is a Delta table, whatever its state."""
        from deltalake import DeltaTable  # noqa: PLC0415

        with explained(self.uri, self.options):
            if self.folder is None:  # to ask a store there holds up every thread until it answers
                return self._found() is not None
            return DeltaTable.is_deltatable(self.address, storage_options=self.options or None)

    def open(self) -> "DeltaTable | None":
        """Return the table in its newest version, or None if there is none yet.

        Raises
        ------
        ConfigError
            If what is there is no table of an archive, or was written by a newer version.
        PayloadError
            If it is damaged.
        TransportError
            If the storage can't be reached.
        """
        with explained(self.uri, self.options):
            table = self._found()
            if table is None:
                try:
                    self._refuse_strangers()
                except PayloadError:
                    table = self._found()  # another may have begun it in between
                    if table is None:
                        raise
                else:
                    return None
            refuse_lost_commits(self.folder)
            check_table(table, self.uri, self.columns)
            return table

    def scan(self, table: "DeltaTable", months: Iterable[str] | None = None) -> pl.LazyFrame:
        """Return the rows of an opened table, or of some of its months, whatever happens to it meanwhile.

        A query opens the files alone whose statistics in the log allow a match. Below a folder whose name
        polars takes for a pattern or a partition, it looks into each file, and what names a month is its own
        folder.
        """
        if self.folder is None or is_plain(self.folder):
            with explained(self.uri, self.options):
                rows = pl.scan_delta(table, storage_options=self._options_of_polars)
            return rows if months is None else rows.filter(pl.col("month").is_in(list(months)))
        files: dict[str, list[str]] = {}
        for file in self._files(table):
            files.setdefault(Path(file).parent.name.removeprefix("month="), []).append(file)
        wanted = files if months is None else files.keys() & set(months)
        parts = [self._parquet(files[month]).with_columns(month=pl.lit(month)) for month in sorted(wanted)]
        return pl.concat([pl.LazyFrame(schema=self.columns), *parts])

    def scan_months(
        self, table: "DeltaTable", first: str | None = None, last: str | None = None
    ) -> pl.LazyFrame:
        """Return the rows of an opened table from one month to another, month by month, without the month.

        To name the files takes less time than to have a query leave the others out.
        """
        bounds = [("month", ">=", first), ("month", "<=", last)]
        files = self._files(table, [bound for bound in bounds if bound[2] is not None] or None)
        with explained(self.uri, self.options):
            return self._parquet(files)

    def read(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Collect what was made of :meth:`scan`; raises as :meth:`open`."""
        with explained(self.uri, self.options):
            return rows.collect()

    def inspected(self) -> tuple[int, int, int, int, float | None] | None:
        """Read all of it; return its version, files, rows, bytes and dollars, or None if there is none.

        Raises
        ------
        ConfigError, PayloadError, TransportError
            As for :meth:`open`; PayloadError if anything is not as it was written.
        """
        table = self.open()
        if table is None:
            return None
        with explained(self.uri, self.options):
            files = pl.DataFrame(table.get_add_actions()).select("path", "size_bytes")
        if is_s3(self.location):
            found = altered_objects(files, self.location, self._place, self.options)
        else:
            found = altered_files(files, self.folder)
        if not found:
            stored = self.read(self.scan(table))
            found = self.faults(table, stored)
        if found:
            shown = "; ".join(found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise PayloadError(
                f"the archive at {self.uri} is not as it was written: {shown}{more}; put a copy of it back, "
                "or move it away and update again"
            )
        size = int(files["size_bytes"].sum())
        return table.version(), files.height, stored.height, size, self.total_usd(stored)

    def require_conditional_writes(self) -> None:
        """Refuse an S3-compatible store in which one who writes may undo what another has committed.

        It is one small request, before each update: a proxy may come in between at any time. Folders, and the
        stores of Google and Azure, have a way of their own.
        """
        if is_s3(self.location):
            require_conditional_writes(self.location, self.options)

    def tidy(self) -> int | None:
        """Delete what no version of the last seven days needs; return how many files went.

        None if there is no table. Raises as :meth:`open`.
        """
        table = self.open()
        if table is None:
            return None
        with explained(self.uri, self.options):
            gone = table.vacuum(_KEPT_HOURS, dry_run=False, full=True)
            table.create_checkpoint()
            table.cleanup_metadata()
        return len(gone)

    def _committed(self, commit: Callable[[], None], *, pause: Callable[[float], None]) -> None:
        """Make a commit, and make it again from what the winner left whenever it loses a race."""
        from deltalake.exceptions import CommitFailedError  # noqa: PLC0415

        self.require_conditional_writes()
        for attempt in count(1):
            try:
                commit()
            except CommitFailedError as error:
                if attempt == _ATTEMPTS:
                    raise TransportError(
                        f"the archive at {self.uri} is being written by others all the time ({attempt} "
                        "attempts were refused): run this again; what was stored before is intact",
                        retryable=True,
                    ) from error
                pause(random.uniform(0, min(_LONGEST_PAUSE, _PAUSE * attempt)))  # noqa: S311 - no secret
            else:
                return

    @property
    def _place(self) -> str:
        return f"{self.source}/{self.name}"

    @property
    def _options_of_polars(self) -> "dict[str, str | int] | None":
        return self.options.for_polars() if self.folder is None else None

    def _refuse_strangers(self) -> None:
        if is_s3(self.location):
            refuse_strangers_in_store(self.location, self._place, self.options)
        else:
            refuse_strangers(self.folder)

    def _found(self) -> "DeltaTable | None":
        from deltalake import DeltaTable  # noqa: PLC0415
        from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415

        if is_s3(self.location):
            check_settings(self.uri, self.options)
        try:
            return DeltaTable(self.address, storage_options=self.options or None)
        except TableNotFoundError:
            return None

    def _months(self, table: "DeltaTable", months: pl.Series) -> pl.DataFrame:
        return self.read(self.scan(table, months).select(self.columns.names()))

    def _files(self, table: "DeltaTable", bounds: "FilePruningPredicateType | None" = None) -> list[str]:
        """Return the files of an opened table, in order: of a folder, their paths."""
        with explained(self.uri, self.options):
            found = sorted(table.file_uris(file_pruning_predicate=bounds))
        folder = self.folder
        return found if folder is None else [file_in(folder, uri) for uri in found]

    def _parquet(self, files: list[str]) -> pl.LazyFrame:
        """Return the rows of files by their exact names: no ``*`` or ``=`` in a folder means anything."""
        columns = pl.Schema({name: kind for name, kind in self.columns.items() if name != "month"})
        if not files:
            return pl.LazyFrame(schema=columns)
        return pl.scan_parquet(
            files,
            schema=columns,
            hive_partitioning=False,
            glob=False,
            storage_options=self._options_of_polars,
        )

    def _replace(self, table: "DeltaTable", rows: pl.DataFrame, months: Iterable[str]) -> None:
        """Commit whole months in place of what the opened version holds of them.

        The commit is refused if any of them has been written since.
        """
        from deltalake import write_deltalake  # noqa: PLC0415

        names = ", ".join(f"'{month}'" for month in months)
        with explained(self.uri, self.options):
            write_deltalake(
                table,
                rows,
                mode="overwrite",
                predicate=f"month IN ({names})",
                writer_properties=writer_properties(self.columns),
            )

    def _created(self) -> "DeltaTable":
        with explained(self.uri, self.options):
            return created(
                self.address, self.options, folder=self.folder, title=self.title, columns=self.columns
            )
