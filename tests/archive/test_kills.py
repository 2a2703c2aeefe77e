"""A process that is killed at any moment leaves the archive readable, and complete to the last commit."""

from functools import partial
from pathlib import Path

import pytest
from nights import FIRST, SUPPORT, Nights, check_committed, forkserver, kill_writers, used
from polars.testing import assert_frame_equal

from cfusage_lab.ranges import TimeRange

BATCHES, AT_ONCE = 20, 4
LONGEST_LIFE = 0.06


@pytest.mark.slow
def test_eighty_kills_lose_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four update at once and are killed, twenty times; all that they had committed is there, and sound."""
    nights = Nights(tmp_path)
    reached, versions = FIRST, set()
    for reached in kill_writers(
        forkserver(monkeypatch),
        partial(Nights, tmp_path),
        batches=BATCHES,
        at_once=AT_ONCE,
        longest_life=LONGEST_LIFE,
    ):
        versions.add(check_committed(nights, reached))

    assert len(versions) > BATCHES // 2
    everything = TimeRange(FIRST, reached)
    nights.update(everything)
    got = nights.archive.usage_history(everything)
    assert_frame_equal(used(got), nights.truth(SUPPORT, everything))
