"""A history table as a source: for whatever was fetched before, or read from a file."""

from typing import Unpack

import polars as pl

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.frames.history import polars_history
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import ACCOUNTS, HISTORY
from cfusage_lab.source import HistoryOptions

__all__ = ["TableSource"]


class TableSource:
    """Hands out the windows of one history table.

    Parameters
    ----------
    history
        A history table (``schema.HISTORY``) with at least one window, of any engine that analytics take.

    Attributes
    ----------
    whole
        The time range from its first window to its last.

    Raises
    ------
    FrameError
        If it is no table, or a column is missing or of another type.
    ConfigError
        If it has no windows.
    """

    label = "History table"
    source = "table"

    def __init__(self, history: object) -> None:
        self._history = windows = polars_history(history, HISTORY)
        if windows.is_empty():
            raise ConfigError("the history table has no windows: there is no time range to show")
        self.whole = TimeRange(windows["start_time"].min(), windows["end_time"].max())  # type: ignore[arg-type]

    def accounts(self) -> pl.DataFrame:
        """List the accounts of the table (``schema.ACCOUNTS``); a table has no names for them."""
        ids = self._history.select(pl.col("account_id").unique().sort())
        return ids.with_columns(name=pl.lit(None)).cast(ACCOUNTS)

    def usage_history(
        self, time_range: TimeRange | None = None, **options: Unpack[HistoryOptions]
    ) -> pl.DataFrame:
        """Return the windows that lie inside the range (``schema.HISTORY``), which are of one granularity.

        Raises
        ------
        ConfigError
            If the table has no such account: its cost is unknown, not nothing.
        """
        accounts, with_ids = options.get("accounts"), options.get("with_ids", True)
        asked = time_range or self.whole
        inside = (pl.col("start_time") >= asked.start) & (pl.col("end_time") <= asked.end)
        if accounts is not None:
            asked_for = [accounts] if isinstance(accounts, str) else accounts
            for one in set(asked_for) - set(self._history["account_id"].unique()):
                raise ConfigError(f"the history table has no account {said(one)}")
            inside &= pl.col("account_id").is_in(asked_for)
        found = self._history.filter(inside)
        return found if with_ids else found.with_columns(id=pl.lit(None, pl.String))
