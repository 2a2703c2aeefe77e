"""A sandbox whose clock is set by hand; an archive updated from it, here and in processes of their own."""

import multiprocessing
import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from cfusage_lab.archive import UsageArchive
from cfusage_lab.archive.location import StorageOptions
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
PATIENCE = 120
"""Seconds that another process may take on a busy machine."""

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


class InStore(Nights):
    """An archive at an address, brought up to date from a sandbox."""

    def __init__(self, address: str, options: StorageOptions, *, now: datetime = NOW) -> None:
        super().__init__(Path("nowhere"), now=now)
        self.address = address
        self.options = options

    @property
    def archive(self) -> UsageArchive:
        """The archive, as somebody opens it at this moment."""
        return UsageArchive(self.address, storage_options=self.options, now=self.now)


OpenNights = Callable[..., Nights]
"""Opens an archive in another process, at the moment ``now``: it can be pickled."""


def used(history: pl.DataFrame) -> pl.DataFrame:
    """Return the windows with usage, as :meth:`Nights.truth` does."""
    return history.filter(pl.col("aggregated_value") != 0).select(
        "account_id", "start_time", "aggregated_value"
    )


def contents(folder: Path) -> dict[Path, bytes]:
    """Return every file below a folder."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def costs(*values: float, start: datetime = NOW - 10 * DAY) -> dict[datetime, float]:
    """Return costs of consecutive hours, from the midnight before ``start``."""
    first = start.replace(hour=0, minute=0)
    return {first + number * HOUR: value for number, value in enumerate(values)}


def keep_updating(open_nights: OpenNights, start: datetime, told: Connection) -> None:
    """Update every two hours of a made-up clock until killed; say each time up to when all is held."""
    nights = open_nights(now=start)
    nights.archive.held(accounts=SUPPORT)  # so that the first update, too, takes no longer than the others
    told.send(start)
    while True:
        nights.now += 2 * HOUR
        until = nights.now.replace(minute=0) + HOUR
        nights.update(TimeRange(FIRST, until))
        told.send(until)


def update_once(
    open_nights: OpenNights, account_id: str, span: TimeRange, at_once: Barrier, told: Connection
) -> None:
    """Update at the same moment as the others, and say whether it went well."""
    nights = open_nights()
    at_once.wait()
    nights.update(span, accounts=account_id)
    told.send(account_id)


def forkserver(monkeypatch: pytest.MonkeyPatch) -> ForkServerContext:
    """Return the start method of processes that have loaded this module, and have one thread each."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nights", "deltalake"])
    return context


def update_at_once(
    context: ForkServerContext, open_nights: OpenNights, work: Sequence[tuple[str, TimeRange]]
) -> list[str]:
    """Update accounts and spans at the same moment, a process each; return the accounts that went well."""
    at_once, (heard, told) = context.Barrier(len(work)), context.Pipe(duplex=False)
    writers = [
        context.Process(target=update_once, args=(open_nights, account_id, span, at_once, told))
        for account_id, span in work
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(PATIENCE)
    return sorted(messages(heard))


def kill_writers(
    context: ForkServerContext,
    open_nights: OpenNights,
    *,
    batches: int,
    at_once: int,
    longest_life: float,
) -> Iterator[datetime]:
    """Kill processes that update, some at once and each at any moment; yield after each batch what is held.

    That is the moment up to which the processes said that all is held. ``longest_life`` is in seconds.
    """
    chance = random.Random(5)  # noqa: S311 - no secret
    reached = FIRST
    for batch in range(batches):
        children = []
        for _ in range(at_once):
            heard, told = context.Pipe(duplex=False)
            child = context.Process(
                target=keep_updating, args=(open_nights, max(reached, NOW), told), daemon=True
            )
            child.start()
            told.close()
            children.append((child, heard))
        for _, heard in children:
            assert heard.poll(PATIENCE)
            heard.recv()  # it is about to begin
        if batch % 3:
            assert wait([heard for _, heard in children], PATIENCE)  # for somebody's first commit
        for child, heard in children:
            time.sleep(chance.uniform(0, longest_life))
            child.kill()
            child.join()
            reached = max([reached, *messages(heard)])
        if reached > FIRST:
            yield reached


def check_committed(nights: Nights, reached: datetime) -> int:
    """Check that an archive is sound and holds all up to a moment; return its version."""
    nights.now = reached - HOUR / 2
    version = nights.archive.verify()["version"].item()
    held = nights.archive.held(accounts=SUPPORT)
    assert held is not None
    assert held.start == FIRST
    assert held.end >= reached
    return int(version)


def messages(heard: Connection) -> list[Any]:
    """Return what processes sent before they ended."""
    sent = []
    try:
        while heard.poll():
            sent.append(heard.recv())
    except EOFError:
        pass
    return sent
