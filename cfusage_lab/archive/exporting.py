"""An archive's history as one file."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import polars as pl

from cfusage_lab.archive.storage_options import StorageOptions
from cfusage_lab.archive.trouble import explained
from cfusage_lab.errors import ConfigError
from cfusage_lab.files import checked_path, shown, write_file
from cfusage_lab.frames.table_files import write_csv

__all__ = ["export"]


def export(
    history: Callable[[], pl.LazyFrame], path: str | os.PathLike[str], *, uri: str, options: StorageOptions
) -> Path:
    """Write the history of the archive at ``uri`` to a file, which is there once it is whole."""
    target = checked_path(path)
    suffix = target.suffix.lower()
    if suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"export to {shown(target)}: name a file that ends in .parquet or .csv")
    rows = history().sort("account_id", "start_time")

    def write(file: BinaryIO) -> None:
        with explained(uri, options):
            if suffix == ".csv":
                write_csv(rows, file)
            else:
                rows.sink_parquet(file)

    return write_file(target, write)
