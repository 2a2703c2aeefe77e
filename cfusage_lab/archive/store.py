"""The windows that are kept: merged into their months, and held against what was written."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

import polars as pl

from cfusage_lab.archive.delta import ROWS_IN_GROUP
from cfusage_lab.archive.layout import KEYS, STORED, month_of, sealed
from cfusage_lab.archive.merging import news
from cfusage_lab.archive.monthly import MonthlyTable
from cfusage_lab.archive.tables import edges, faults
from cfusage_lab.archive.trouble import explained
from cfusage_lab.schema import Granularity

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["StoredTable"]


@dataclass(frozen=True, slots=True)
class StoredTable(MonthlyTable):
    """The table of one granularity, of real accounts or of the sandbox.

    Attributes
    ----------
    granularity
        Of its windows.
    """

    columns: ClassVar[pl.Schema] = STORED

    granularity: Granularity

    @property
    def name(self) -> str:
        """What its folder is called."""
        return self.granularity

    @property
    def title(self) -> str:
        """What is in it."""
        return f"usage history by {self.granularity}"

    def merge(
        self,
        fetched: pl.DataFrame,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Take fetched windows in, all in one commit, or none.

        A commit that loses a race is made again from what the winner left, some dozens of times.

        Raises
        ------
        TransportError
            If it loses every time, there is no room, or the storage can't be reached.
        ConfigError, PayloadError
            As for :meth:`open`; ConfigError, too, if nothing may be written there.
        """
        fetched = fetched.with_columns(month=month_of(pl.col("start_time")))
        self._committed(lambda: self._merge_once(fetched, clock()), pause=pause)

    def faults(self, table: "DeltaTable", stored: pl.DataFrame) -> list[str]:
        """Return in words what of the rows is not as it was written."""
        return faults(stored, granularity=self.granularity) or self._hidden(table, stored)

    def total_usd(self, stored: pl.DataFrame) -> float:
        """Return the cost of all windows."""
        return float(stored["aggregated_value"].sum())

    def _hidden(self, table: "DeltaTable", stored: pl.DataFrame) -> list[str]:
        """Return which months have windows that a query would miss, because statistics are not true."""
        probes = edges(stored, rows=ROWS_IN_GROUP)
        with explained(self.uri, self.options):
            found = pl.collect_all(
                [
                    self.scan(table)
                    .filter(pl.col("account_id") == account_id, pl.col("start_time") == start)
                    .select(pl.len())
                    for account_id, start in probes.select(KEYS).iter_rows()
                ]
            )
        lost = [month for month, count in zip(probes["month"], found, strict=True) if count.item() != 1]
        return [f"the files of {month} hide windows from queries" for month in dict.fromkeys(lost)]

    def _merge_once(self, fetched: pl.DataFrame, now: datetime) -> None:
        table = self.open() or self._created()
        stored = self._months(table, fetched["month"].unique())
        rows = news(stored, fetched, now=now)
        if not rows.height:
            return
        months = rows["month"].unique().sort()
        others = stored.filter(pl.col("month").is_in(months.implode())).join(rows, on=KEYS, how="anti")
        self._replace(table, sealed(pl.concat([others, rows])), months)
