"""How a table of an archive is written: months are replaced whole, in one commit, again after a lost race."""

import random
from collections.abc import Callable, Iterable
from itertools import count
from typing import TYPE_CHECKING, Final

import polars as pl

from cfusage_lab.archive.delta_table import MonthlyTable
from cfusage_lab.archive.errors import typed_errors
from cfusage_lab.archive.integrity import LAYOUT, LAYOUT_KEY
from cfusage_lab.errors import TransportError

if TYPE_CHECKING:
    from deltalake import DeltaTable, WriterProperties

__all__ = ["ROWS_IN_GROUP", "commit", "create", "replace_months", "vacuum"]

ROWS_IN_GROUP: Final = 131_072
"""Rows of a file that have statistics in common: what a query for one account reads at least.

It is a megabyte of costs, the month of 180 accounts; smaller groups make the file and its footer larger.
"""

_CHECKPOINT_INTERVAL: Final = 20
"""Commits between two checkpoints: whoever opens the table reads as many small files of the log at most."""

_COMPRESSION_LEVEL: Final = 9
"""Of Zstandard's 22: what is written once an update is read at every opening."""

_ATTEMPTS: Final = 40
"""How often a commit is tried: of those who write at once one wins each time, and 40 seldom do."""
_PAUSE: Final = 0.02
"""Seconds by which a pause may be longer than the one before: about what a commit to a disk takes."""
_LONGEST_PAUSE: Final = 2.0
"""Seconds: about what a commit to an object store takes. Pauses are some 8 seconds in all, by chance."""

_KEPT_HOURS: Final = 7 * 24
"""Delta's own default: who reads or copies an older version has a week to finish."""


def commit(table: MonthlyTable, write: Callable[[], None], *, pause: Callable[[float], None]) -> None:
    """Make a commit, and make it again from what the winner left whenever it loses a race.

    Raises
    ------
    TransportError
        If it loses every time, there is no room, or the storage can't be reached.
    ConfigError, PayloadError
        As for :meth:`MonthlyTable.open`; ConfigError, too, if nothing may be written there.
    """
    from deltalake.exceptions import CommitFailedError  # noqa: PLC0415

    table.require_conditional_writes()
    for attempt in count(1):
        try:
            write()
        except CommitFailedError as error:
            if attempt == _ATTEMPTS:
                raise TransportError(
                    f"the archive at {table.uri} is being written by others all the time ({attempt} "
                    "attempts were refused): run this again; what was stored before is intact",
                    retryable=True,
                ) from error
            pause(random.uniform(0, min(_LONGEST_PAUSE, _PAUSE * attempt)))  # noqa: S311 - no secret
        else:
            return


def create(table: MonthlyTable) -> "DeltaTable":
    """Create an empty table; of several that try at once, one succeeds and the others come again."""
    from deltalake import CommitProperties, DeltaTable, Schema  # noqa: PLC0415

    with typed_errors(table.uri, table.options):
        if table.folder is not None:
            table.folder.mkdir(parents=True, exist_ok=True)
        return DeltaTable.create(
            table.address,
            Schema.from_arrow(table.columns),
            mode="ignore",
            partition_by=["month"],
            name=f"cfusage_lab {table.title}",
            configuration={
                LAYOUT_KEY: str(LAYOUT),
                "delta.checkpointInterval": str(_CHECKPOINT_INTERVAL),
            },
            storage_options=table.options or None,
            commit_properties=CommitProperties(max_commit_retries=0),  # or it begins again what is begun
            raise_if_key_not_exists=False,
        )


def replace_months(
    table: MonthlyTable, opened: "DeltaTable", rows: pl.DataFrame, months: Iterable[str]
) -> None:
    """Commit whole months in place of what the opened version holds of them.

    The commit is refused if any of them has been written since.
    """
    from deltalake import write_deltalake  # noqa: PLC0415

    names = ", ".join(f"'{month}'" for month in months)
    with typed_errors(table.uri, table.options):
        write_deltalake(
            opened,
            rows,
            mode="overwrite",
            predicate=f"month IN ({names})",
            writer_properties=_writer_properties(table.columns),
        )


def vacuum(table: MonthlyTable) -> int | None:
    """Delete what no version of the last seven days needs; return how many files went.

    None if there is no table. Raises as :meth:`MonthlyTable.open`.
    """
    opened = table.open()
    if opened is None:
        return None
    with typed_errors(table.uri, table.options):
        gone = opened.vacuum(_KEPT_HOURS, dry_run=False, full=True)
        opened.create_checkpoint()
        opened.cleanup_metadata()
    return len(gone)


def _writer_properties(columns: pl.Schema) -> "WriterProperties":
    """Return how files are written: small, with statistics for the account and the time alone."""
    from deltalake import ColumnProperties, WriterProperties  # noqa: PLC0415

    times, ends = (
        ColumnProperties(
            dictionary_enabled=False, encoding="DELTA_BINARY_PACKED", statistics_enabled=statistics
        )
        for statistics in ("CHUNK", "NONE")
    )
    plain = ColumnProperties(dictionary_enabled=False, encoding="PLAIN", statistics_enabled="NONE")
    found = {
        "account_id": ColumnProperties(statistics_enabled="CHUNK"),
        "start_time": times,
        "end_time": ends,
        "aggregated_value": plain,
    }
    return WriterProperties(
        compression="ZSTD",
        compression_level=_COMPRESSION_LEVEL,
        max_row_group_size=ROWS_IN_GROUP,
        default_column_properties=ColumnProperties(statistics_enabled="NONE"),
        column_properties={name: one for name, one in found.items() if name in columns},
    )
