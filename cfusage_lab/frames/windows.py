"""Usage history that is computed at once, for what would rather stop than carry a wrong window on."""

from collections.abc import Mapping

import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.frames.door import opened

__all__ = ["computed", "refuse_flawed"]


def computed(history: object, columns: pl.Schema) -> pl.DataFrame:
    """Return usage history in order of account and start, whatever engine it comes from, its times in UTC."""
    rows = opened(history, columns, table="usage history").frame.collect("polars").to_native()
    times = pl.col("start_time", "end_time").dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
    windows: pl.DataFrame = rows.with_columns(times).sort("account_id", "start_time")
    return windows


def refuse_flawed(windows: pl.DataFrame, flaws: Mapping[str, pl.Expr], *, outcome: str) -> None:
    """Raise :class:`FrameError` about the first window that has one of the ``flaws``, each named in words."""
    for flaw, is_flawed in flaws.items():
        found = windows.filter(is_flawed).head(1)
        if found.height:
            account_id, start = found.select("account_id", "start_time").row(0)
            raise FrameError(
                f"the window {start:%Y-%m-%dT%H:%M:%SZ} of account {account_id} {flaw}: {outcome}"
            )
