"""Whether a table is one of an archive, and holds what was written: checksums, duplicates, lost files.

Of 400 bits flipped in its Parquet files, 166 were found by reading them, 149 more by the checksum of their
month, and 2 by the queries that look up single windows; the other 83 changed no number.
"""

from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import polars as pl

from cfusage_lab.archive.errors import RESTORE, newer_version, typed_errors
from cfusage_lab.archive.folders import altered_commits, file_sizes
from cfusage_lab.archive.object_stores import is_s3, lost_commits, object_sizes
from cfusage_lab.archive.rows import CHECKSUM, KEY, REVISION, STORED, flaws, month_of
from cfusage_lab.errors import ConfigError, PayloadError
from cfusage_lab.schema import Granularity

if TYPE_CHECKING:
    from deltalake import DeltaTable

    from cfusage_lab.archive.delta_table import MonthlyTable

__all__ = [
    "COMPACTED",
    "LAYOUT",
    "LAYOUT_KEY",
    "TABLES",
    "altered_months",
    "check_table",
    "checksum",
    "hidden_months",
    "month_checksum",
    "usage_faults",
    "verify_table",
    "with_checksums",
]

LAYOUT: Final = 1
"""Number of the stored columns and partitions; a table with a higher one was written by a newer version."""

LAYOUT_KEY: Final = "cfusage_lab.layout"
"""The property of a table that says so."""

_SHOWN: Final = 5
"""Faults of a table that a message names; it counts the others."""

TABLES: Final = pl.Schema(
    {
        "source": pl.String(),
        "granularity": pl.String(),
        "version": pl.Int64(),
        "files": pl.Int64(),
        "rows": pl.Int64(),
        "bytes": pl.Int64(),
        "total_usd": pl.Float64(),
    }
)
"""One row is a table of the archive, of the ``source`` ``account`` or ``sandbox``: its newest version.

``granularity`` is ``hour`` or ``day``, or ``invoice_preview``: ``total_usd`` is null there, for the same
dollars are seen again and again.
"""

COMPACTED: Final = pl.Schema({"source": pl.String(), "granularity": pl.String(), "files_deleted": pl.Int64()})
"""One row is a table of the archive, and how many files it no longer needed."""


def check_table(table: "DeltaTable", uri: str, columns: pl.Schema) -> None:
    """Refuse a table that is none of ours, is ahead of us, or has lost some of its ``columns``."""
    configuration = table.metadata().configuration
    layout = configuration.get(LAYOUT_KEY, "")
    if not layout.isdecimal():
        raise ConfigError(
            f"the Delta table at {uri} is no part of an archive: give the archive a folder of its own"
        )
    if int(layout) > LAYOUT:
        raise newer_version(uri, f"layout {layout}, and this version knows {LAYOUT}")
    features = table.protocol().reader_features
    if features:
        raise newer_version(uri, f"features {', '.join(features)}")
    found = [part.name for part in table.schema().fields]
    missing = [name for name in columns.names() if name not in found]
    if missing:
        raise PayloadError(
            f"the archive at {uri} lacks {', '.join(missing)}; found {', '.join(found)}: another program has "
            "changed it; put a copy of it back"
        )
    more = [name for name in found if name not in columns.names()]
    if more:
        raise newer_version(uri, f"columns {', '.join(more)}")


def verify_table(table: "MonthlyTable") -> tuple[int, int, int, int, float | None] | None:
    """Read all of a table; return its version, files, rows, bytes and dollars, or None if there is none.

    Raises
    ------
    PayloadError
        If anything is not as it was written.
    ConfigError, PayloadError, TransportError
        As for :meth:`MonthlyTable.open`.
    """
    opened = table.open()
    if opened is None:
        return None
    with typed_errors(table.uri, table.options):
        files = pl.DataFrame(opened.get_add_actions()).select("path", "size_bytes")
    found = _file_faults(table, files)
    if not found:
        stored = table.read(table.scan(opened))
        found = table.faults(opened, stored)
    if found:
        shown = "; ".join(found[:_SHOWN])
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise PayloadError(f"the archive at {table.uri} is not as it was written: {shown}{more}; {RESTORE}")
    size = int(files["size_bytes"].sum())
    return opened.version(), files.height, stored.height, size, table.total_usd(stored)


def _file_faults(table: "MonthlyTable", files: pl.DataFrame) -> list[str]:
    """Return in words which files are not what the log says; of other stores than S3's, reading tells."""
    if is_s3(table.location):
        sizes = object_sizes(table.location, table.place, table.options)
        found = lost_commits(sizes)
    elif table.folder is not None:
        sizes, found = file_sizes(table.folder), altered_commits(table.folder)
    else:
        return []
    for path, size in files.iter_rows():
        name = unquote(path)
        if name not in sizes:
            found.append(f"{name} is missing")
        elif sizes[name] != size:
            found.append(f"{name} has {sizes[name]:,} bytes instead of {size:,}")
    return found


def usage_faults(stored: pl.DataFrame, *, granularity: Granularity) -> list[str]:
    """Return in words what is wrong with the rows of stored usage: nothing if they are as they were."""
    if stored.schema != STORED:
        return [f"its columns are {dict(stored.schema)}"]
    rules = {
        "duplicate windows": pl.struct(KEY).is_duplicated(),
        "windows in another month's files": month_of(pl.col("start_time")) != pl.col("month"),
    }
    return flaws(stored, rules, granularity=granularity) + altered_months(stored, month_checksum)


def hidden_months(
    table: "MonthlyTable", opened: "DeltaTable", stored: pl.DataFrame, *, rows: int
) -> list[str]:
    """Return in words which months have windows that a query misses, because statistics are not true.

    In each group of so many ``rows``, the windows that are first and last, by account or by time, are looked
    up. If all are found, the statistics by which a query leaves files out hide no window.
    """
    edges = [stored.select("month", *KEY).clear()]
    for month in stored.sort("month", *KEY).partition_by("month", maintain_order=True):
        for group in month.select("month", *KEY).iter_slices(rows):
            start = group["start_time"]
            places = {0, group.height - 1, start.arg_min(), start.arg_max()}
            edges.append(group[sorted(place for place in places if place is not None)])
    windows = pl.concat(edges)
    with typed_errors(table.uri, table.options):
        found = pl.collect_all(
            [
                table.scan(opened)
                .filter(pl.col("account_id") == account_id, pl.col("start_time") == start)
                .select(pl.len())
                for account_id, start in windows.select(KEY).iter_rows()
            ]
        )
    lost = [month for month, count in zip(windows["month"], found, strict=True) if count.item() != 1]
    return [f"the files of {month} hide windows from queries" for month in dict.fromkeys(lost)]


def altered_months(stored: pl.DataFrame, checksum_of: Callable[[pl.DataFrame], str]) -> list[str]:
    """Return in words which months are no longer what their checksum says."""
    return [
        f"{month} is not what was written"
        for (month,), rows in stored.partition_by("month", as_dict=True).items()
        if rows[CHECKSUM].unique().to_list() != [checksum_of(rows)]
    ]


def with_checksums(rows: pl.DataFrame) -> pl.DataFrame:
    """Return stored usage of whole months in order, each row with the checksum of its month."""
    months = rows.sort("month", *KEY).partition_by("month", maintain_order=True)
    return pl.concat(
        month.with_columns(pl.lit(month_checksum(month)).alias(CHECKSUM)) for month in months
    ).select(STORED.names())


def month_checksum(month: pl.DataFrame) -> str:
    """Return the checksum of the windows of a month, whatever the order of its rows."""
    month = month.sort(KEY)
    values = (
        "account_id",
        "start_time",
        "end_time",
        "fetched_at",
        "aggregated_value",
        "is_reported",
        "state",
    )
    revised = month.filter(pl.col("revisions").is_not_null()).explode("revisions")
    revised = revised.select(*KEY, pl.col("revisions").cast(REVISION)).unnest("revisions")
    old = ("account_id", "start_time", "revised_at", "old_usd", "old_state")
    return checksum(month.select(values), revised.select(old))


def checksum(*tables: pl.DataFrame) -> str:
    """Return a checksum that follows from every value of some tables, and from the order of their rows.

    Floats go in bit by bit and times as whole numbers, so that it never depends on how they are written.
    """
    number = sha256()
    for table in tables:
        text = BytesIO()
        columns = [_exact(name, kind) for name, kind in table.schema.items()]
        table.select(columns).write_csv(text, include_header=False)
        number.update(text.getbuffer())
    return number.hexdigest()


def _exact(name: str, kind: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(kind, pl.Float64):
        return column.reinterpret(dtype=pl.Int64)
    return column.cast(pl.Int8) if isinstance(kind, pl.Boolean) else column.to_physical()
