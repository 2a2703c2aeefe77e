"""An archive in a store, and those who write to it in processes of their own: these load no server."""

from datetime import datetime
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from nights import FIRST, HOUR, NOW, Nights

from cfusage_lab.archive import UsageArchive
from cfusage_lab.archive.storage_options import StorageOptions
from cfusage_lab.ranges import TimeRange


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


def update_once(
    address: str,
    options: dict[str, str],
    account_id: str,
    span: TimeRange,
    at_once: Barrier,
    told: Connection,
) -> None:
    """Update at the same moment as the others, and say whether it went well."""
    nights = InStore(address, StorageOptions(options))
    at_once.wait()
    nights.update(span, accounts=account_id)
    told.send(account_id)


def keep_updating(address: str, options: dict[str, str], start: datetime, told: Connection) -> None:
    """Update every two hours of a made-up clock until killed; say each time up to when all is held."""
    nights = InStore(address, StorageOptions(options), now=start)
    told.send(start)
    while True:
        nights.now += 2 * HOUR
        until = nights.now.replace(minute=0) + HOUR
        nights.update(TimeRange(FIRST, until))
        told.send(until)


def all_heard(heard: Connection) -> list[Any]:
    """Return what a process said before it ended."""
    said = []
    try:
        while heard.poll():
            said.append(heard.recv())
    except EOFError:
        pass
    return said
