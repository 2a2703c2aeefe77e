"""A season of nightly updates: what they cost in requests, and that nothing is missing in the end."""

from datetime import UTC, datetime
from math import ceil
from pathlib import Path

import pytest
from nights import DAY, HOUR, SUPPORT, Nights, used
from polars.testing import assert_frame_equal

from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Knobs

PAGE, NIGHTS = 100, 120
FIRST = datetime(2025, 12, 1, 3, 20, tzinfo=UTC)


@pytest.mark.slow
def test_nights_cost_two_requests_each(tmp_path: Path) -> None:
    """73 windows are open each night: at most 1 + ceil(73 / 100) requests, and one for the re-check."""
    nights = Nights(tmp_path, knobs=Knobs(page_size=PAGE, settling_hours=30), now=FIRST)
    nights.update()
    asked = []
    for _ in range(NIGHTS):
        nights.now += DAY
        asked.append(nights.update())

    allowed = 1 + ceil((48 + 24 + 1) / PAGE)
    assert max(night.count("hour") for night in asked) <= allowed
    assert {night.count("day") for night in asked} == {1}
    assert sum(map(len, asked)) <= NIGHTS * (allowed + 1)
    span = TimeRange(FIRST.replace(hour=0, minute=0), nights.now.replace(minute=0) - 2 * DAY)
    history = nights.archive.usage_history(span)
    assert_frame_equal(used(history), nights.truth(SUPPORT, span))
    assert nights.update(TimeRange(span.start, span.end)) == []
    facts = nights.archive.verify().row(0, named=True)
    assert facts["version"] == NIGHTS + 1
    assert facts["rows"] == (NIGHTS + 30) * 24 + 4
    assert nights.archive.coverage()["missing"].sum() == 0
    assert len(list((tmp_path / "sandbox" / "hour" / "_delta_log").glob("*.parquet"))) >= (NIGHTS + 1) // 20
    assert nights.archive.held() == TimeRange(
        FIRST.replace(hour=0, minute=0) - 30 * DAY, nights.now.replace(minute=0) + HOUR
    )
