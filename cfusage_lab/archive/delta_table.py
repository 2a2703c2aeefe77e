"""A Delta table of an archive, one partition a UTC month: where it is, how it is opened, what is read of it.

``commits`` writes it, ``integrity`` verifies it.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import polars as pl

from cfusage_lab.archive.errors import typed_errors
from cfusage_lab.archive.folders import refuse_foreign_files, refuse_lost_commits
from cfusage_lab.archive.integrity import check_table
from cfusage_lab.archive.location import StorageOptions, file_in, folder_uri, is_plain
from cfusage_lab.archive.object_stores import (
    check_settings,
    is_s3,
    refuse_foreign_objects,
    require_conditional_writes,
)
from cfusage_lab.errors import ConfigError, PayloadError
from cfusage_lab.files import is_address
from cfusage_lab.wording import visible

if TYPE_CHECKING:
    from deltalake import DeltaTable
    from deltalake.table import FilePruningPredicateType

__all__ = ["MonthlyTable", "SourceKind", "require_packages"]

SourceKind = Literal["account", "sandbox"]
"""Real accounts, or the sandbox's made-up ones."""


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
        Whether its numbers are those of real accounts or made up.
    """

    columns: ClassVar[pl.Schema]
    """What is stored, ``month`` last: it names the partition."""

    location: str
    options: StorageOptions = field(repr=False)
    source: SourceKind

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
    def place(self) -> str:
        """Where the table is inside the archive."""
        return f"{self.source}/{self.name}"

    @property
    def uri(self) -> str:
        """Where the table is, as it may stand in a message."""
        return visible(f"{self.location}/{self.place}")

    @property
    def folder(self) -> Path | None:
        """The table's folder, unless it is in an object store."""
        return None if is_address(self.location) else Path(self.location, self.source, self.name)

    @property
    def address(self) -> str:
        """What delta-rs is told: of a folder, too, the address, for it takes paths for addresses."""
        if self.folder is None:
            return f"{self.location}/{self.place}"
        return folder_uri(self.folder)

    @property
    def is_there(self) -> bool:
        """Whether there is a Delta table, whatever its state."""
        from deltalake import DeltaTable  # noqa: PLC0415

        with typed_errors(self.uri, self.options):
            if self.folder is None:  # to ask a store there holds up every thread until it answers
                return self._load() is not None
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
        with typed_errors(self.uri, self.options):
            table = self._load()
            if table is None:
                try:
                    self._refuse_foreign_files()
                except PayloadError:
                    table = self._load()  # another may have begun it in between
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
            with typed_errors(self.uri, self.options):
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
        with typed_errors(self.uri, self.options):
            return self._parquet(files)

    def read(self, rows: pl.LazyFrame) -> pl.DataFrame:
        """Collect what was made of :meth:`scan`; raises as :meth:`open`."""
        with typed_errors(self.uri, self.options):
            return rows.collect()

    def require_conditional_writes(self) -> None:
        """Refuse an S3-compatible store in which one who writes may undo what another has committed.

        It is one small request, before each update: a proxy may come in between at any time. Folders, and the
        stores of Google and Azure, have a way of their own.
        """
        if is_s3(self.location):
            require_conditional_writes(self.location, self.options)

    @property
    def _options_of_polars(self) -> "dict[str, str | int] | None":
        return self.options.for_polars() if self.folder is None else None

    def _refuse_foreign_files(self) -> None:
        if is_s3(self.location):
            refuse_foreign_objects(self.location, self.place, self.options)
        else:
            refuse_foreign_files(self.folder)

    def _load(self) -> "DeltaTable | None":
        from deltalake import DeltaTable  # noqa: PLC0415
        from deltalake.exceptions import TableNotFoundError  # noqa: PLC0415

        if is_s3(self.location):
            check_settings(self.uri, self.options)
        try:
            return DeltaTable(self.address, storage_options=self.options or None)
        except TableNotFoundError:
            return None

    def _files(self, table: "DeltaTable", bounds: "FilePruningPredicateType | None" = None) -> list[str]:
        """Return the files of an opened table, in order: of a folder, their paths."""
        with typed_errors(self.uri, self.options):
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


def require_packages(*, is_in_s3: bool) -> None:
    """Raise :class:`ConfigError` unless the packages of the extra are there, as far as they are needed."""
    try:
        import deltalake  # noqa: F401, PLC0415
        import platformdirs  # noqa: F401, PLC0415

        if is_in_s3:
            import obstore  # noqa: F401, PLC0415
    except ImportError as error:
        raise ConfigError(
            f'the archive needs the package {error.name}: pip install "cfusage-lab[archive]"'
        ) from error
