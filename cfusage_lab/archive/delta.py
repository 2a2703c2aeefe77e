"""What is told to delta-rs: how a table begins, and how its files are written."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import polars as pl

from cfusage_lab.archive.layout import LAYOUT, LAYOUT_KEY
from cfusage_lab.errors import ConfigError

if TYPE_CHECKING:
    from deltalake import DeltaTable, WriterProperties

__all__ = ["ROWS_IN_GROUP", "created", "require_packages", "writer_properties"]

ROWS_IN_GROUP: Final = 131_072
"""Rows of a file that have statistics in common: what a query for one account reads at least."""

_CONFIGURATION: Final = {LAYOUT_KEY: str(LAYOUT), "delta.checkpointInterval": "20"}


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


def created(
    uri: str, options: dict[str, str], *, folder: Path | None, title: str, columns: pl.Schema
) -> "DeltaTable":
    """Create an empty table; of several that try at once, one succeeds and the others come again."""
    from deltalake import CommitProperties, DeltaTable, Schema  # noqa: PLC0415

    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    return DeltaTable.create(
        uri,
        Schema.from_arrow(columns),
        mode="ignore",
        partition_by=["month"],
        name=f"cfusage_lab {title}",
        configuration=_CONFIGURATION,
        commit_properties=CommitProperties(max_commit_retries=0),  # or it begins again what another has begun
        storage_options=options or None,
        raise_if_key_not_exists=False,
    )


def writer_properties(columns: pl.Schema) -> "WriterProperties":
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
        compression_level=9,
        max_row_group_size=ROWS_IN_GROUP,
        default_column_properties=ColumnProperties(statistics_enabled="NONE"),
        column_properties={name: one for name, one in found.items() if name in columns},
    )
