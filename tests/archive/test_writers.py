"""Several processes and threads that update at once end with the union of what they fetched."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Barrier

import polars as pl
import pytest
from deltalake import DeltaTable
from nights import BATCH, DAY, NOW, PATIENCE, RESEARCH, SUPPORT, Nights, forkserver, update_at_once, used
from polars.testing import assert_frame_equal

from cfusage_lab.archive.commits import create, replace_months
from cfusage_lab.archive.location import StorageOptions
from cfusage_lab.archive.usage_table import UsageTable
from cfusage_lab.errors import TransportError
from cfusage_lab.ranges import TimeRange

END = NOW.replace(hour=0, minute=0) - 3 * DAY


def test_eight_processes_at_once_end_with_the_union(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three accounts, in spans that overlap; nobody created the table before."""
    work = [
        (account_id, TimeRange(END - first * DAY, END - last * DAY))
        for account_id, first, last in (
            (SUPPORT, 30, 20),
            (SUPPORT, 22, 10),
            (SUPPORT, 12, 0),
            (RESEARCH, 30, 15),
            (RESEARCH, 16, 0),
            (RESEARCH, 20, 5),
            (BATCH, 30, 0),
            (BATCH, 30, 0),
        )
    ]
    went_well = update_at_once(forkserver(monkeypatch), partial(Nights, tmp_path), work)

    nights = Nights(tmp_path)
    whole = TimeRange(END - 30 * DAY, END)
    assert went_well == sorted(one for one, _ in work)
    assert_frame_equal(
        used(nights.archive.usage_history(whole)),
        pl.concat(nights.truth(one, whole) for one in (SUPPORT, RESEARCH, BATCH)),
    )
    assert nights.archive.verify()["rows"].item() == 3 * 720


def test_threads_of_one_process_end_with_the_union(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    whole = TimeRange(END - 20 * DAY, END)

    def update(number: int) -> None:
        span = TimeRange(END - (number + 1) * 5 * DAY, END - number * 5 * DAY)
        nights.update(span)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(update, range(4)))

    assert_frame_equal(used(nights.archive.usage_history(whole)), nights.truth(SUPPORT, whole))


def test_an_archive_that_is_just_being_begun_is_not_damaged(tmp_path: Path) -> None:
    """Three look for a table, again and again, while another makes it; it all goes by chance, ten times."""
    for number in range(10):
        table = UsageTable(str(tmp_path / str(number)), StorageOptions(), "account", "hour")
        at_once = Barrier(4)

        def look(table: UsageTable = table, at_once: Barrier = at_once) -> None:
            at_once.wait()
            while table.open() is None:
                pass

        with ThreadPoolExecutor(4) as pool:
            looking = [pool.submit(look) for _ in range(3)]
            at_once.wait()
            create(table)
            for one in looking:
                assert one.result(PATIENCE) is None


def test_a_commit_that_loses_the_race_is_made_on_top_of_the_winners(tmp_path: Path) -> None:
    """Another account is stored between the reading and the commit: both are there afterwards."""
    nights, other = Nights(tmp_path), Nights(tmp_path)
    span = TimeRange(END - DAY, END)
    nights.update(span, accounts=BATCH)
    table = UsageTable(str(tmp_path), StorageOptions(), "sandbox", "hour")
    stale = table.open()
    assert stale is not None
    other.update(span, accounts=RESEARCH)
    rows = table.read(table.scan(stale))

    with pytest.raises(Exception, match="concurrent"):
        replace_months(table, stale, rows, ["2026-11"])

    nights.update(span, accounts=SUPPORT)
    assert nights.archive.accounts()["account_id"].to_list() == [SUPPORT, RESEARCH, BATCH]


def test_a_race_that_is_always_lost_ends_in_an_error(tmp_path: Path) -> None:
    """Each time the present is asked for, somebody else has just written the month."""
    nights = Nights(tmp_path)
    span = TimeRange(END - DAY, END)
    nights.update(span, accounts=BATCH)
    table = UsageTable(str(tmp_path), StorageOptions(), "sandbox", "hour")
    fetched = _as_fetched(table)
    lost: list[int] = []
    paused: list[float] = []

    class Losing(UsageTable):
        def _months(self, opened: DeltaTable, months: pl.Series) -> pl.DataFrame:
            rows = super()._months(opened, months)
            lost.append(opened.version())
            replace_months(table, table.open(), rows, ["2026-11"])
            return rows

    losing = Losing(str(tmp_path), StorageOptions(), "sandbox", "hour")
    with pytest.raises(TransportError, match="by others all the time") as caught:
        losing.merge(fetched, clock=lambda: NOW, pause=paused.append)

    assert caught.value.retryable
    assert len(set(lost)) == len(lost) == len(paused) + 1 > 10
    assert len(set(paused)) == len(paused)
    assert max(paused) <= 2
    assert nights.archive.verify()["rows"].item() == 24


def _as_fetched(table: UsageTable) -> pl.DataFrame:
    """Return what is stored as if it had been fetched again, a dollar dearer."""
    rows = table.read(table.scan(table.open()))
    return rows.drop("revisions", "month_seal", "month").with_columns(
        aggregated_value=pl.col("aggregated_value") + 1,
        is_reported=pl.lit(value=True),
        is_remembered=pl.lit(value=True),
    )
