"""The stored windows of one granularity: what is read of them, and how fetched ones are merged in."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar, Final

import polars as pl

from cfusage_lab.account_ids import named_account_ids
from cfusage_lab.archive.commits import ROWS_IN_GROUP, commit, create, replace_months
from cfusage_lab.archive.coverage import SPANS, gaps
from cfusage_lab.archive.delta_table import MonthlyTable
from cfusage_lab.archive.errors import RESTORE
from cfusage_lab.archive.integrity import hidden_months, usage_faults, with_checksums
from cfusage_lab.archive.rows import (
    CHECKSUM,
    KEY,
    STORED,
    as_history,
    instant,
    month_of,
    rows_to_write,
)
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError
from cfusage_lab.ranges import LONGEST, TimeRange
from cfusage_lab.schema import WIDTHS, Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import midnight

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["UsageTable"]

_COLUMNS: Final = [name for name in STORED.names() if name not in {"revisions", CHECKSUM, "month"}]


@dataclass(frozen=True, slots=True)
class UsageTable(MonthlyTable):
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

    def windows(
        self, ids: Sequence[str] | None = None, *, start: datetime | None = None, end: datetime | None = None
    ) -> pl.DataFrame:
        """Return the stored windows of accounts (None: all) between two moments (None: without bound)."""
        return self.read(self._scan_span(self.open(), ids, start, end).select(_COLUMNS))

    def account_ids(self) -> list[str]:
        """Return the ids of all accounts that have a window, in order."""
        return self._account_ids(self.open())

    def history(
        self, accounts: Sequence[str] | str | None, *, start: datetime, end: datetime, now: datetime
    ) -> pl.DataFrame:
        """Return a history with no window absent, or say which is."""
        opened = self.open()
        ids = self._account_ids(opened) if accounts is None else named_account_ids(accounts)
        rows = self.read(as_history(self._scan_span(opened, ids, start, end), now=now))
        if len(ids) > 1 or not rows["start_time"].is_sorted():  # one account's months come in order
            rows = rows.sort(KEY)
        expected = len(ids) * ((end - start) // WIDTHS[self.granularity])
        if rows.height != expected or not ids:
            raise self._missing_error(ids, rows, start=start, end=end)
        return rows

    def held(self, accounts: Sequence[str] | str | None, *, end: datetime) -> TimeRange | None:
        """Return the newest range up to ``end`` that is held without a gap for all accounts, or None."""
        ids = None if accounts is None else named_account_ids(accounts)
        rows = self.windows(ids, end=end)
        spans = rows.group_by("account_id").agg(
            start=pl.col("start_time").min(), end=pl.col("end_time").max()
        )
        if not spans.height or spans.height < len(ids or ()):
            return None
        first, last = spans.select(first=pl.col("start").max(), last=pl.col("end").min()).row(0)
        if first >= last:
            return None
        inside = rows.filter(pl.col("start_time").is_between(first, last, closed="left"))
        missing = gaps(inside, _bounds(spans, first, last), width=WIDTHS[self.granularity])
        (newest,) = missing.select(pl.col("end").max()).row(0)
        first = max(first, newest or first, midnight(last) - LONGEST)
        return TimeRange(first, last) if first < last else None

    def merge(
        self,
        fetched: pl.DataFrame,
        *,
        clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        """Merge fetched windows in, all in one commit, or none; raises as ``commits.commit``."""
        fetched = fetched.with_columns(month=month_of(pl.col("start_time")))
        commit(self, lambda: self._merge_once(fetched, clock()), pause=pause)

    def faults(self, opened: "DeltaTable", stored: pl.DataFrame) -> list[str]:
        """Return in words what of the rows is not as it was written."""
        found = usage_faults(stored, granularity=self.granularity)
        return found or hidden_months(self, opened, stored, rows=ROWS_IN_GROUP)

    def total_usd(self, stored: pl.DataFrame) -> float:
        """Return the cost of all windows."""
        return float(stored["aggregated_value"].sum())

    def _months(self, opened: "DeltaTable", months: pl.Series) -> pl.DataFrame:
        return self.read(self.scan(opened, months).select(STORED.names()))

    def _merge_once(self, fetched: pl.DataFrame, now: datetime) -> None:
        opened = self.open() or create(self)
        stored = self._months(opened, fetched["month"].unique())
        rows = rows_to_write(stored, fetched, now=now)
        if not rows.height:
            return
        months = rows["month"].unique().sort()
        others = stored.filter(pl.col("month").is_in(months.implode())).join(rows, on=KEY, how="anti")
        replace_months(self, opened, with_checksums(pl.concat([others, rows])), months)

    def _account_ids(self, opened: "DeltaTable | None") -> list[str]:
        rows = self._scan_span(opened, None, None, None)
        return self.read(rows.select(pl.col("account_id").unique().sort()))["account_id"].to_list()

    def _scan_span(
        self,
        opened: "DeltaTable | None",
        ids: Sequence[str] | None,
        start: datetime | None,
        end: datetime | None,
    ) -> pl.LazyFrame:
        """Scan what is asked for, in the files of its months alone."""
        if opened is None:
            return pl.LazyFrame(schema=STORED)
        first = None if start is None else f"{start:%Y-%m}"
        last = None if end is None else f"{end - WIDTHS[self.granularity]:%Y-%m}"
        rows = self.scan_months(opened, first, last)
        if ids is not None:
            account = pl.col("account_id")
            rows = rows.filter(account == ids[0] if len(ids) == 1 else account.is_in(list(ids)))
        if start is not None and start != _month_start(start):
            rows = rows.filter(pl.col("start_time") >= instant(start))
        if end is not None and end != _month_start(end):
            rows = rows.filter(pl.col("start_time") < instant(end))
        return rows

    def _missing_error(
        self, ids: Sequence[str], rows: pl.DataFrame, *, start: datetime, end: datetime
    ) -> CfUsageError:
        """Say what is missing, and how to have it."""
        if not ids:
            return ConfigError(
                f"the archive at {self.location} holds no {self.granularity}s yet: update(client) fetches "
                "some"
            )
        bounds = _bounds(pl.DataFrame({"account_id": list(ids)}), start, end)
        missing = gaps(rows, bounds, width=WIDTHS[self.granularity]).sort(SPANS.names())
        if not missing.height:
            return PayloadError(f"the archive at {self.uri} is damaged, it has duplicate windows: {RESTORE}")
        account_id, first, last = missing.row(0)
        more = f" (and {missing.height - 1:,} more gaps)" if missing.height > 1 else ""
        other = "; it is one of the sandbox's: open the archive with source='sandbox'"
        hint = other if account_id in SANDBOX_ACCOUNTS and self.source == "account" else ""
        return ConfigError(
            f"the archive holds no {self.granularity}s of account {account_id} from "
            f"{first:%Y-%m-%dT%H:%MZ} to {last:%Y-%m-%dT%H:%MZ}{more}{hint}: update(client, time_range) "
            "fetches them, held() says what is there"
        )


def _bounds(accounts: pl.DataFrame, start: datetime, end: datetime) -> pl.DataFrame:
    """Return the same span (:data:`SPANS`) for each account."""
    return accounts.select("account_id", start=pl.lit(start, SPANS["start"]), end=pl.lit(end, SPANS["end"]))


def _month_start(moment: datetime) -> datetime:
    return midnight(moment).replace(day=1)
