"""A FOCUS table with its assumptions, and the files that they are written to."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import polars as pl

from cfusage_lab.argument_checks import check_whole
from cfusage_lab.errors import ConfigError
from cfusage_lab.files import Content, checked_path, is_stream, write_file, write_together
from cfusage_lab.frames.table_files import write_csv

__all__ = ["FocusExport", "FocusVersion"]

FocusVersion = Literal["1.3", "1.2"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FocusExport:
    """Rows in the columns of FOCUS, and what was assumed to fill them.

    Attributes
    ----------
    table
        One row is one window of an account, in order of account and time. The FOCUS columns come first, in
        order of name; then ``x_Granularity``, ``hour`` or ``day``, and ``x_State``, ``complete``,
        ``provisional`` or ``in_progress``. Costs are US dollars, unrounded; times are UTC instants, each
        end exclusive.
    assumptions
        Column, or several with commas between, to what was assumed about it.
    version
        The version of FOCUS.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import cfusage_lab as cfu
    >>> now = datetime(2026, 11, 20, tzinfo=UTC)
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(7, now=now))
    >>> export = cfu.to_focus(history, billing="prepaid", allow_sandbox=True)
    >>> print(export.assumptions["ListCost, ContractedCost"])
    equal to EffectiveCost, as is so only without a discount: none is known
    """

    table: pl.DataFrame
    assumptions: Mapping[str, str]
    version: FocusVersion

    def write_csv(self, path: str | os.PathLike[str], *, rows_per_file: int | None = None) -> Path:
        """Write the rows as CSV, and the assumptions beside them: ``usage.csv``, ``usage.assumptions.json``.

        Times read ``YYYY-MM-DDTHH:mm:ssZ``; numbers have all their digits and no exponent; null is empty. A
        text that a spreadsheet would take for a formula, such as an account's name that begins with ``=``,
        has an apostrophe before it; :func:`cfusage_lab.read_table` takes that off again. All files are
        replaced, or none; into a pipe or a device, the rows alone are written.

        Parameters
        ----------
        path
            The CSV file.
        rows_per_file
            How many rows a file may have, for an upload with a limit: the rows then go into ``usage-1.csv``,
            ``usage-2.csv`` and so on, each with the header. A row takes about 350 bytes: 5,000 stay below
            2 MB. Left out: one file.

        Returns
        -------
        Path
            The CSV file; of several, the first.

        Raises
        ------
        ConfigError
            If a file can't be written there, ``rows_per_file`` is less than 1, or a part of an earlier export
            would be left over.
        TransportError
            If there is no room.
        """
        target = checked_path(path)
        if rows_per_file is None and is_stream(target):
            return write_file(target, partial(write_csv, self.table))
        files = {target: self.table} if rows_per_file is None else _parts(self.table, target, rows_per_file)
        about = {"focus_version": self.version, "assumptions": dict(self.assumptions)}
        text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        rows: dict[Path, Content] = {file: partial(write_csv, part) for file, part in files.items()}
        write_together({**rows, target.with_suffix(".assumptions.json"): text})
        return next(iter(files))

    def write_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write the rows as Parquet, the assumptions as JSON under ``assumptions`` in the file's metadata.

        So is ``focus_version``. Returns the file, and raises as :meth:`write_csv`.
        """
        assumptions = json.dumps(dict(self.assumptions), ensure_ascii=False)
        metadata = {"focus_version": self.version, "assumptions": assumptions}
        return write_file(path, lambda file: self.table.write_parquet(file, metadata=metadata))


def _parts(table: pl.DataFrame, target: Path, rows_per_file: int) -> dict[Path, pl.DataFrame]:
    """Split a table into numbered files in the folder of ``target``."""
    check_whole(rows_per_file, "rows_per_file")
    if is_stream(target):
        raise ConfigError(f"rows_per_file {rows_per_file}: {target} is one pipe or device: leave it out")
    starts = range(0, max(1, table.height), rows_per_file)
    names = [target.with_name(f"{target.stem}-{nth}{target.suffix}") for nth in range(1, len(starts) + 2)]
    if names[-1].exists():
        raise ConfigError(
            f"{names[-1].name} is left over from an earlier export: move it away, or take another name"
        )
    return {name: table[start : start + rows_per_file] for name, start in zip(names, starts, strict=False)}
