"""What is read from a stored table: windows, a whole history, the stretch that is held."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final

import polars as pl

from cfusage_lab.archive.layout import KEYS, STORED, as_history, instant
from cfusage_lab.archive.spans import SPANS, absent
from cfusage_lab.archive.store import StoredTable
from cfusage_lab.bounds import midnight
from cfusage_lab.credentials import named_account_ids
from cfusage_lab.errors import CfUsageError, ConfigError, PayloadError
from cfusage_lab.ranges import LONGEST, TimeRange
from cfusage_lab.schema import WIDTHS
from cfusage_lab.source import SANDBOX_ACCOUNTS

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["account_ids_of", "held", "history", "windows"]

_NEEDED: Final = [name for name in STORED.names() if name not in {"revisions", "month_seal", "month"}]


def windows(
    table: StoredTable, ids: Sequence[str] | None, *, start: datetime | None, end: datetime | None
) -> pl.DataFrame:
    """Return the stored windows of accounts (None: all) between two moments (None: without bound)."""
    return table.read(_between(table, table.open(), ids, start, end).select(_NEEDED))


def account_ids_of(table: StoredTable) -> list[str]:
    """Return the ids of all accounts of a table, in order."""
    return _held_ids(table, table.open())


def history(
    table: StoredTable,
    accounts: Sequence[str] | str | None,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
) -> pl.DataFrame:
    """Return a history with no window absent, or say which is."""
    opened = table.open()
    ids = _held_ids(table, opened) if accounts is None else named_account_ids(accounts)
    rows = table.read(as_history(_between(table, opened, ids, start, end), now=now))
    if len(ids) > 1 or not rows["start_time"].is_sorted():  # one account's months come in order
        rows = rows.sort(KEYS)
    expected = len(ids) * ((end - start) // WIDTHS[table.granularity])
    if rows.height != expected or not ids:
        raise _not_held(table, ids, rows, start=start, end=end)
    return rows


def held(table: StoredTable, accounts: Sequence[str] | str | None, *, end: datetime) -> TimeRange | None:
    """Return the newest range up to ``end`` that is held without a gap for all accounts, or None."""
    ids = None if accounts is None else named_account_ids(accounts)
    rows = windows(table, ids, start=None, end=end)
    spans = rows.group_by("account_id").agg(start=pl.col("start_time").min(), end=pl.col("end_time").max())
    if not spans.height or spans.height < len(ids or ()):
        return None
    first, last = spans.select(first=pl.col("start").max(), last=pl.col("end").min()).row(0)
    if first >= last:
        return None
    inside = rows.filter(pl.col("start_time").is_between(first, last, closed="left"))
    bounds = spans.select("account_id", start=pl.lit(first, SPANS["start"]), end=pl.lit(last, SPANS["end"]))
    gaps = absent(inside, bounds, width=WIDTHS[table.granularity])
    (newest,) = gaps.select(pl.col("end").max()).row(0)
    first = max(first, newest or first, midnight(last) - LONGEST)
    return TimeRange(first, last) if first < last else None


def _held_ids(table: StoredTable, opened: "DeltaTable | None") -> list[str]:
    rows = _between(table, opened, None, None, None)
    return table.read(rows.select(pl.col("account_id").unique().sort()))["account_id"].to_list()


def _between(
    table: StoredTable,
    opened: "DeltaTable | None",
    ids: Sequence[str] | None,
    start: datetime | None,
    end: datetime | None,
) -> pl.LazyFrame:
    """Scan what is asked for, in the files of its months alone."""
    if opened is None:
        return pl.LazyFrame(schema=STORED)
    first = None if start is None else f"{start:%Y-%m}"
    last = None if end is None else f"{end - WIDTHS[table.granularity]:%Y-%m}"
    rows = table.scan_months(opened, first, last)
    if ids is not None:
        account = pl.col("account_id")
        rows = rows.filter(account == ids[0] if len(ids) == 1 else account.is_in(list(ids)))
    if start is not None and start != _month_start(start):
        rows = rows.filter(pl.col("start_time") >= instant(start))
    if end is not None and end != _month_start(end):
        rows = rows.filter(pl.col("start_time") < instant(end))
    return rows


def _month_start(moment: datetime) -> datetime:
    return midnight(moment).replace(day=1)


def _not_held(
    table: StoredTable, ids: Sequence[str], rows: pl.DataFrame, *, start: datetime, end: datetime
) -> CfUsageError:
    """Say what is missing, and how to have it."""
    if not ids:
        return ConfigError(
            f"the archive at {table.location} holds no {table.granularity}s yet: update(client) fetches some"
        )
    bounds = pl.DataFrame({"account_id": list(ids)}).select(
        "account_id", start=pl.lit(start, SPANS["start"]), end=pl.lit(end, SPANS["end"])
    )
    gaps = absent(rows, bounds, width=WIDTHS[table.granularity]).sort(SPANS.names())
    if not gaps.height:
        return PayloadError(
            f"the archive at {table.uri} is damaged, it has windows twice: put a copy of it back, or move it "
            "away and update again"
        )
    account_id, first, last = gaps.row(0)
    more = f" (and {gaps.height - 1:,} more gaps)" if gaps.height > 1 else ""
    other = "; it is one of the sandbox's: open the archive with source='sandbox'"
    hint = other if account_id in SANDBOX_ACCOUNTS and table.source == "account" else ""
    return ConfigError(
        f"the archive holds no {table.granularity}s of account {account_id} from {first:%Y-%m-%dT%H:%MZ} "
        f"to {last:%Y-%m-%dT%H:%MZ}{more}{hint}: update(client, time_range) fetches them, held() says what "
        "is there"
    )
