"""A process that is killed at any moment leaves the archive readable, and complete to the last commit."""

import multiprocessing
import random
import time
from datetime import datetime, timedelta
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pytest
from nights import FIRST, NOW, SUPPORT, Nights, keep_updating, used
from polars.testing import assert_frame_equal

from cfusage_lab.ranges import TimeRange

KILLS, AT_ONCE = 80, 4
LONGEST_LIFE = 0.06
PATIENCE = 60


def test_eighty_kills_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four update at once and are killed, twenty times; all that they had committed is there, and sound."""
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    monkeypatch.setenv("POLARS_MAX_THREADS", "1")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["nights", "deltalake"])
    chance = random.Random(5)  # noqa: S311 - no secret
    nights = Nights(tmp_path)
    reached, versions = FIRST, set()
    for batch in range(KILLS // AT_ONCE):
        children = []
        for _ in range(AT_ONCE):
            heard, told = context.Pipe(duplex=False)
            child = context.Process(
                target=keep_updating, args=(str(tmp_path), max(reached, NOW), told), daemon=True
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
            time.sleep(chance.uniform(0, LONGEST_LIFE))
            child.kill()
            child.join()
            reached = max([reached, *_all_heard(heard)])

        if reached > FIRST:
            nights.now = reached - timedelta(minutes=30)
            versions.add(nights.archive.verify()["version"].item())
            held = nights.archive.held(accounts=SUPPORT)
            assert held is not None
            assert held.start == FIRST
            assert held.end >= reached

    assert len(versions) > KILLS // AT_ONCE // 2
    everything = TimeRange(FIRST, reached)
    nights.update(everything)
    got = nights.archive.usage_history(everything)
    assert_frame_equal(used(got), nights.truth(SUPPORT, everything))


def _all_heard(heard: Connection) -> list[datetime]:
    """Return what a process said before it was killed."""
    said = []
    try:
        while heard.poll():
            said.append(heard.recv())
    except EOFError:
        pass
    return said
