"""A sandbox whose clock is set by hand, and updates of an archive from it."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

import polars as pl

from cfusage_lab.archive import UsageArchive
from cfusage_lab.fetch import UsageClient
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.sandbox.knobs import DEFAULT_KNOBS
from cfusage_lab.source import SANDBOX_ACCOUNTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
SUPPORT, RESEARCH, BATCH, PILOT = SANDBOX_ACCOUNTS
FIRST = datetime(2026, 11, 20, tzinfo=UTC)
ONE, TWO = "0" * 31 + "1", "0" * 31 + "2"

Usage = Mapping[str, Mapping[datetime, float]]


class Nights:
    """An archive in a folder, and the sandbox that it is updated from, at a moment of one's choice."""

    def __init__(
        self, folder: Path, *, knobs: Knobs = DEFAULT_KNOBS, usage: Usage | None = None, now: datetime = NOW
    ) -> None:
        self.folder = folder
        self.knobs = knobs
        self.now = now
        self.sandbox = Sandbox(knobs, usage=usage, now=lambda: self.now)

    def correct(self, usage: Usage) -> None:
        """Let the endpoint report other costs from here on."""
        self.sandbox = Sandbox(self.knobs, usage=usage, now=lambda: self.now)

    @property
    def archive(self) -> UsageArchive:
        """The archive, as somebody opens it at this moment."""
        return UsageArchive(self.folder, now=self.now)

    @property
    def client(self) -> UsageClient:
        """A client that has learnt nothing yet."""
        return UsageClient.sandbox(self.sandbox, now=self.now)

    def update(
        self,
        time_range: TimeRange | None = None,
        *,
        accounts: Sequence[str] | str = SUPPORT,
        **options: bool | str | None,
    ) -> list[str]:
        """Update, and return what was asked: the granularity of each request."""
        before = len(self.sandbox.requests)
        with self.client as client:
            self.archive.update(client, time_range, accounts=accounts, progress=Quiet(), **options)
        return [one.query["value_grouping_window"] for one in self.sandbox.requests[before:]]

    def truth(self, account_id: str, time_range: TimeRange, granularity: str = "hour") -> pl.DataFrame:
        """Return what the sandbox really charged: account, start and dollars of windows with usage."""
        rows = self.sandbox.truth(account_id, time_range.start, time_range.end, granularity)
        return rows.select(pl.lit(account_id).alias("account_id"), "start_time", "aggregated_value")


def used(history: pl.DataFrame) -> pl.DataFrame:
    """Return the windows with usage, as :meth:`Nights.truth` does."""
    return history.filter(pl.col("aggregated_value") != 0).select(
        "account_id", "start_time", "aggregated_value"
    )


def costs(*values: float, start: datetime = NOW - 10 * DAY) -> dict[datetime, float]:
    """Return costs of consecutive hours, from the midnight before ``start``."""
    first = start.replace(hour=0, minute=0)
    return {first + number * HOUR: value for number, value in enumerate(values)}


def keep_updating(folder: str, start: datetime, told: Connection) -> None:
    """Update every two hours of a made-up clock until killed; say each time up to when all is held."""
    nights = Nights(Path(folder), now=start)
    nights.archive.held(accounts=SUPPORT)  # so that the first update, too, takes no longer than the others
    told.send(start)
    while True:
        nights.now += 2 * HOUR
        until = nights.now.replace(minute=0) + HOUR
        nights.update(TimeRange(FIRST, until))
        told.send(until)


def update_once(folder: str, account_id: str, span: TimeRange, at_once: Barrier, told: Connection) -> None:
    """Update at the same moment as the others, and say whether it went well."""
    nights = Nights(Path(folder))
    at_once.wait()
    nights.update(span, accounts=account_id)
    told.send(account_id)
