"""An archive in a folder: whether it is free for one, and whether its files are all there.

:mod:`cfusage_lab.archive.object_stores` is the same for an object store.
"""

import json
from pathlib import Path
from typing import Final

from cfusage_lab.archive.errors import RESTORE
from cfusage_lab.errors import ConfigError, PayloadError

__all__ = ["altered_commits", "file_sizes", "refuse_foreign_files", "refuse_lost_commits"]

_ACTIONS: Final = {"add", "remove", "metaData", "protocol", "commitInfo", "txn", "domainMetadata", "cdc"}
"""What a commit may hold, by Delta's protocol."""


def refuse_lost_commits(folder: Path | None) -> None:
    """Refuse a log in a folder that has an empty commit, as a computer that loses its power leaves it."""
    log = None if folder is None else folder / "_delta_log"
    if log is None or not log.is_dir():
        return
    empty = [path.name for path in log.glob("*.json") if not path.stat().st_size]
    if empty:
        raise PayloadError(
            f"the archive at {folder} is damaged, {', '.join(sorted(empty))} of its log is empty: {RESTORE}"
        )


def refuse_foreign_files(folder: Path | None) -> None:
    """Refuse a table's folder that has no table and is not free for one; None is not in a folder."""
    if folder is None:
        return
    location = folder.parent.parent
    for place in (location, folder.parent, folder):
        if place.exists() and not place.is_dir():
            raise ConfigError(f"{place} is not a folder: the archive needs one of its own")
    if (location / "_delta_log").exists():
        raise ConfigError(f"{location} is itself a Delta table: give the archive a folder of its own")
    names = {path.name for path in folder.iterdir()} if folder.exists() else set()
    if any(name.startswith("month=") for name in names) or _has_commits(folder / "_delta_log"):
        raise PayloadError(f"the archive at {folder} is damaged: its log lacks its beginning; {RESTORE}")
    if names - {"_delta_log"}:
        raise ConfigError(f"{folder} holds something else: give the archive a folder of its own")


def altered_commits(folder: Path) -> list[str]:
    """Return in words which commits of a table's log are no longer what Delta writes."""
    found = [path.name for path in (folder / "_delta_log").glob("*.json") if not _is_commit(path)]
    return [f"{name} of the log was altered" for name in sorted(found)]


def file_sizes(folder: Path) -> dict[str, int]:
    """Return how many bytes each file of a table has, by its name in the log."""
    return {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in folder.glob("month=*/*")
        if path.is_file()
    }


def _has_commits(log: Path) -> bool:
    """Whether there are commits, not merely what a process left that was killed while writing one."""
    return any(path.stem.split(".")[0].isdecimal() for path in log.glob("*.*"))


def _is_commit(path: Path) -> bool:
    """Whether each line of a commit is an action that Delta knows: others are passed over in silence."""
    try:
        return all(set(json.loads(line)) <= _ACTIONS for line in path.read_text("utf-8").splitlines())
    except ValueError:
        return False
