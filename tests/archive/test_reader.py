"""An archive is a source like any other, and what it holds can be read by others."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest
from deltalake import DeltaTable
from nights import BATCH, DAY, HOUR, NOW, RESEARCH, SUPPORT, Nights
from polars.testing import assert_frame_equal

from cfusage_lab import schema
from cfusage_lab.archive import COVERAGE, REVISIONS, UsageArchive
from cfusage_lab.errors import ConfigError
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import TimeRange, last_days, last_hours
from cfusage_lab.source import SANDBOX_ACCOUNTS, Source

QUARTER = last_days(90, now=NOW)
ACCOUNTS = [SUPPORT, RESEARCH]


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    """Two accounts, from 90 days ago to the running hour; only to be read."""
    nights = Nights(tmp_path_factory.mktemp("usage"))
    nights.update(TimeRange(QUARTER.start, NOW.replace(minute=0) + HOUR), accounts=ACCOUNTS)
    return nights


def test_it_satisfies_the_protocol(nights: Nights) -> None:
    source: Source = nights.archive

    assert source.label == "Archive of the sandbox: made-up data"
    assert source.accounts().rows() == [(one, SANDBOX_ACCOUNTS[one]) for one in ACCOUNTS]
    assert source.accounts().schema == schema.ACCOUNTS


def test_ids_are_not_kept(nights: Nights) -> None:
    for with_ids in (True, False):
        got = nights.archive.usage_history(last_hours(5, now=NOW), with_ids=with_ids)

        assert got.schema == schema.HISTORY
        assert got["id"].null_count() == got.height == 10


def test_left_out_it_is_the_last_thirty_days_of_every_account(nights: Nights) -> None:
    got = nights.archive.usage_history()

    assert_frame_equal(
        got, nights.client.usage_history(last_days(30, now=NOW), accounts=ACCOUNTS, with_ids=False)
    )


def test_one_account_is_read_alone(nights: Nights) -> None:
    got = nights.archive.usage_history(QUARTER, accounts=RESEARCH)

    assert got["account_id"].unique().to_list() == [RESEARCH]
    assert got.height == 90 * 24


def test_a_state_is_that_of_the_reading_but_never_complete_if_fetched_early(nights: Nights) -> None:
    """Five days later nothing runs any more; what was fetched early may still change."""
    day = TimeRange(NOW.replace(hour=0, minute=0) - 3 * DAY, NOW.replace(minute=0) + HOUR)
    later = UsageArchive(nights.folder, now=NOW + 5 * DAY)

    now, then = (
        one.usage_history(day, accounts=SUPPORT)["state"].value_counts().sort("state").rows()
        for one in (nights.archive, later)
    )

    assert now == [("complete", 33), ("in_progress", 1), ("provisional", 48)]
    assert then == [("complete", 33), ("provisional", 49)]


@pytest.mark.parametrize("accounts", [None, BATCH, [SUPPORT, BATCH]])
def test_a_window_that_is_not_held_is_an_error_and_never_a_zero(
    nights: Nights, accounts: list[str] | str | None
) -> None:
    time_range = QUARTER if accounts else last_days(91, now=NOW)

    with pytest.raises(ConfigError, match=r"holds no hours of account 5a4db.* update\(client"):
        nights.archive.usage_history(time_range, accounts=accounts)


def test_no_account_is_not_the_same_as_every_account(nights: Nights) -> None:
    with pytest.raises(ConfigError, match="accounts is empty"):
        nights.archive.usage_history(QUARTER, accounts=[])
    with pytest.raises(ConfigError, match="accounts is empty"):
        nights.archive.held(accounts="")


def test_an_empty_archive_says_so(tmp_path: Path) -> None:
    archive = UsageArchive(tmp_path / "nothing", now=NOW)

    assert archive.accounts().height == archive.scan().collect().height == archive.verify().height == 0
    assert archive.coverage().schema == COVERAGE
    assert archive.revisions().schema == REVISIONS
    assert archive.held() is None
    with pytest.raises(ConfigError, match="holds no hours yet"):
        archive.usage_history()
    assert not (tmp_path / "nothing").exists()


def test_held_is_the_newest_span_that_all_accounts_share(tmp_path: Path) -> None:
    """Support: days 1 to 4 and 6 to 10; Batch: days 2 to 9. Both: days 6 to 9."""
    nights = Nights(tmp_path)
    start = QUARTER.start
    for account, first, last in ((SUPPORT, 1, 4), (SUPPORT, 6, 10), (BATCH, 2, 9)):
        nights.update(TimeRange(start + first * DAY, start + last * DAY), accounts=account)

    held = nights.archive.held()

    assert held == TimeRange(start + 6 * DAY, start + 9 * DAY)
    assert nights.archive.usage_history(held).height == 2 * 3 * 24
    assert nights.archive.held(accounts=[SUPPORT, RESEARCH]) is None


def test_the_scan_is_the_history(nights: Nights) -> None:
    got = nights.archive.scan().sort("account_id", "start_time").collect()

    running = TimeRange(QUARTER.start, NOW.replace(minute=0) + HOUR)
    assert_frame_equal(got, nights.archive.usage_history(running))


def test_a_query_opens_the_files_of_its_months_alone(nights: Nights, tmp_path: Path) -> None:
    """With the other months' files gone, October can still be read, and the whole can't."""
    copy = tmp_path / "copy"
    shutil.copytree(nights.folder, copy)
    archive = UsageArchive(copy, now=NOW)
    for path in copy.rglob("*.parquet"):
        if "month=2026-10" not in str(path):
            path.unlink()
    october = pl.col("start_time").is_between(
        datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), closed="left"
    )

    got = archive.scan().filter(october, pl.col("account_id") == SUPPORT).collect()

    assert got.height == 31 * 24
    month = TimeRange(datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    assert archive.usage_history(month, accounts=SUPPORT).height == 31 * 24


def test_coverage_counts_windows_by_account_and_month_and_names_the_gaps(tmp_path: Path) -> None:
    """30 October to 6 November without the 31st and the 1st: 24 of 48 and 5 of 6 days."""
    nights = Nights(tmp_path)
    first, end = datetime(2026, 10, 30, tzinfo=UTC), datetime(2026, 11, 7, tzinfo=UTC)
    gap = (datetime(2026, 10, 31, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC))
    nights.update(TimeRange(first, gap[0]))
    nights.update(TimeRange(gap[1], end))

    got = nights.archive.coverage()

    november = datetime(2026, 11, 1, tzinfo=UTC)
    assert got.schema == COVERAGE
    assert got.select("month", "windows", "complete", "missing").rows() == [
        (date(2026, 10, 1), 24, 24, 24),
        (date(2026, 11, 1), 120, 120, 24),
    ]
    assert got["held_ratio"].to_list() == [0.5, pytest.approx(5 / 6)]
    assert [(one["start_time"], one["end_time"]) for row in got["gaps"] for one in row] == [
        (gap[0], november),
        (november, gap[1]),
    ]
    assert got.select("start_time", "end_time").rows() == [(first, november), (november, end)]


def test_a_month_of_which_nothing_is_held_is_in_the_coverage(tmp_path: Path) -> None:
    nights = Nights(tmp_path)
    for month in (8, 10):
        start = datetime(2026, month, 10, tzinfo=UTC)
        nights.update(TimeRange(start, start + DAY))

    got = nights.archive.coverage()

    assert got.select("month", "windows", "missing").rows() == [
        (date(2026, 8, 1), 24, 21 * 24),
        (date(2026, 9, 1), 0, 30 * 24),
        (date(2026, 10, 1), 24, 9 * 24),
    ]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
def test_an_export_is_the_whole_history_in_one_file(nights: Nights, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"usage.{suffix}"
    path.write_text("what was there before")

    assert nights.archive.export(path) == path

    got = pl.read_parquet(path) if suffix == "parquet" else pl.read_csv(path, try_parse_dates=True)
    history = nights.archive.scan().sort("account_id", "start_time").collect()
    assert got["aggregated_value"].to_list() == history["aggregated_value"].to_list()
    assert got["start_time"].to_list() == history["start_time"].to_list()
    assert list(tmp_path.iterdir()) == [path]


def test_an_export_to_an_unknown_kind_of_file_is_refused(nights: Nights, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"\.parquet or \.csv"):
        nights.archive.export(tmp_path / "usage.xlsx")
    with pytest.raises(ConfigError, match="there is no folder"):
        nights.archive.export(tmp_path / "nowhere" / "usage.csv")


def daily_totals(nights: Nights) -> list[tuple[str, date, float]]:
    """Return account, UTC day and dollars."""
    daily = (
        nights.archive.usage_history(QUARTER)
        .group_by("account_id", day=pl.col("start_time").dt.date())
        .agg(pl.col("aggregated_value").sum())
    )
    return daily.sort("account_id", "day").rows()


def files_of(nights: Nights) -> list[str]:
    return DeltaTable(nights.folder / "sandbox" / "hour").file_uris()


def test_duckdb_reads_the_same_table(nights: Nights) -> None:
    """The day's sums by DuckDB, from the files of the newest version."""
    got = duckdb.sql(
        "select account_id, cast(start_time at time zone 'UTC' as date) as day, sum(aggregated_value) "  # noqa: S608
        f"from read_parquet({files_of(nights)}) where start_time < '{QUARTER.end.isoformat()}' "
        "group by all order by all"
    ).fetchall()

    expected = daily_totals(nights)
    assert [row[:2] for row in got] == [row[:2] for row in expected]
    assert [row[2] for row in got] == pytest.approx([row[2] for row in expected], rel=1e-12)


@pytest.mark.spark
def test_spark_reads_the_table_and_its_export(nights: Nights, spark: object, tmp_path: Path) -> None:
    """The same daily totals, from the table's own files and from one Parquet file."""
    path = nights.archive.export(tmp_path / "usage.parquet")
    expected = daily_totals(nights)

    for files in (files_of(nights), [str(path)]):
        spark.read.parquet(*files).createOrReplaceTempView("usage")
        rows = spark.sql(
            "select account_id, date_format(to_utc_timestamp(start_time, current_timezone()), 'yyyy-MM-dd') "
            "as day, sum(aggregated_value) as usd from usage group by 1, 2 order by 1, 2"
        ).collect()
        got = [row for row in rows if date.fromisoformat(row.day) < QUARTER.end.date()]

        assert [(row.account_id, date.fromisoformat(row.day)) for row in got] == [row[:2] for row in expected]
        assert [row.usd for row in got] == pytest.approx([row[2] for row in expected], rel=1e-12)


def test_the_default_location_is_the_users_data_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    assert UsageArchive().location == str(tmp_path / "cfusage_lab" / "archive")


def test_an_address_is_left_to_delta(nights: Nights) -> None:
    """A folder by its address is the same archive; the options are for object stores."""
    archive = UsageArchive(nights.folder.as_uri(), storage_options={"timeout": "5s"}, now=NOW)

    assert archive.source == "sandbox"
    assert archive.usage_history(QUARTER).height == 2 * 90 * 24
    assert archive.verify()["rows"].to_list() == [2 * (90 * 24 + 10)]


def test_reading_closes_the_progress_that_it_was_given(nights: Nights) -> None:
    class Closed(Quiet):
        closed = 0

        def close(self) -> None:
            self.closed += 1

    progress = Closed()
    nights.archive.usage_history(progress=progress)

    assert progress.closed == 1
