"""An archive's history as one file."""

import os
from collections.abc import Callable
from pathlib import Path

import polars as pl

from cfusage_lab.archive.trouble import explained
from cfusage_lab.errors import ConfigError

__all__ = ["export"]


def export(history: Callable[[], pl.LazyFrame], path: Path) -> None:
    """Write a history to a file, which is there once it is whole."""
    if path.suffix not in {".parquet", ".csv"}:
        raise ConfigError(f"export to {path}: name a file that ends in .parquet or .csv")
    if not path.parent.is_dir():
        raise ConfigError(f"export to {path}: there is no folder {path.parent}")
    rows = history().sort("account_id", "start_time")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with explained(str(path)):
        try:
            if path.suffix == ".csv":
                rows.sink_csv(part)
            else:
                rows.sink_parquet(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
