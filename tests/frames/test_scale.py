"""What keeps memory bounded: a lazy table is not read early, streams, and goes through in blocks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest
from engines import Engine
from histories import hours, random_history
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal

from cfusage_lab.changes import day_over_day, rolling_mean
from cfusage_lab.daily import daily_usage
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.frames.blocks import account_blocks, in_account_blocks
from cfusage_lab.patterns import (
    concentration,
    hourly_profile,
    load_factor,
    off_hours_share,
    peak_hours,
    weekend_share,
    weekly_heatmap,
)
from cfusage_lab.schema import WEEKLY_HEATMAP

BERLIN = "Europe/Berlin"
ACCOUNTS = ["delta", "alpha", "echo", "bravo", "charlie"]
HISTORY = random_history(11, start=datetime(2026, 3, 20, tzinfo=UTC), n_hours=500, accounts=ACCOUNTS)
WEEK_ORDER = ("account_id", "weekday", "hour")

STREAMING: dict[str, Callable[[Any], Any]] = {
    "daily_usage": lambda history: daily_usage(history, time_zone=BERLIN),
    "day_over_day": lambda history: day_over_day(daily_usage(history, time_zone=BERLIN)),
    "hourly_profile": lambda history: hourly_profile(history, time_zone=BERLIN, median=False),
    "weekly_heatmap": lambda history: weekly_heatmap(history, time_zone=BERLIN, median=False),
    "peak_hours": lambda history: peak_hours(history, time_zone=BERLIN),
    "load_factor": load_factor,
    "weekend_share": lambda history: weekend_share(history, time_zone=BERLIN),
    "off_hours_share": lambda history: off_hours_share(history, time_zone=BERLIN),
}
OTHERS: dict[str, Callable[[Any], Any]] = {
    "rolling_mean": lambda history: rolling_mean(daily_usage(history, time_zone=BERLIN)),
    "heatmap with medians": lambda history: weekly_heatmap(history, time_zone=BERLIN),
    "concentration": concentration,
    "in_account_blocks": lambda history: in_account_blocks(history, compute=quartiles, size=2),
}


def quartiles(history: Any) -> Any:  # noqa: ANN401 - of any engine
    """Compute what does not stream."""
    return weekly_heatmap(history, time_zone=BERLIN)


@dataclass
class Watched:
    """A lazy history that remembers which columns were read, one set each time."""

    table: pl.DataFrame
    reads: list[set[str]] = field(default_factory=list)

    def scan(self) -> pl.LazyFrame:
        """Return the plan."""

        def source(
            columns: list[str] | None, predicate: pl.Expr | None, rows: int | None, _size: int | None
        ) -> Iterator[pl.DataFrame]:
            if rows != 0:
                self.reads.append(set(columns or self.table.columns))
            found = self.table if rows is None else self.table.head(rows)
            found = found if predicate is None else found.filter(predicate)
            yield found if columns is None else found.select(columns)

        return register_io_source(source, schema=self.table.schema)


@pytest.mark.parametrize("name", [*STREAMING, *OTHERS])
def test_nothing_is_read_early_but_one_small_aggregate(name: str) -> None:
    """Until the result is collected, only account and times are looked at, and cost never."""
    watched = Watched(HISTORY)

    plan = {**STREAMING, **OTHERS}[name](watched.scan())

    assert isinstance(plan, pl.LazyFrame)
    assert len(watched.reads) <= 1
    assert all(read <= {"account_id", "start_time", "end_time"} for read in watched.reads)
    assert plan.collect().height > 0
    assert any("aggregated_value" in read for read in watched.reads)


@pytest.mark.parametrize("later", ["2026-03-01", "2026-05-01"])
def test_an_hour_that_came_after_the_look_is_an_error_not_a_lost_row(later: str) -> None:
    """A folder may gain files between the first look and the reading, before or after all others."""
    watched = Watched(HISTORY)
    plan = weekly_heatmap(watched.scan(), time_zone=BERLIN, median=False)

    watched.table = pl.concat([HISTORY, hours(later, [1.0])])

    with pytest.raises((FrameError, pl.exceptions.PolarsError)):
        plan.collect(engine="streaming")


@pytest.mark.parametrize("name", STREAMING)
def test_what_is_said_to_stream_streams(name: str) -> None:
    """No step of the streaming engine's plan hands the rows to the engine that holds them all."""
    plan = STREAMING[name](HISTORY.lazy())

    steps = plan.show_graph(engine="streaming", plan_stage="physical", raw_output=True, show=False)

    assert "group-by" in steps
    assert "in-memory-map" not in steps


@pytest.mark.parametrize("size", [1, 2, 5, 99])
def test_blocks_equal_one_go(engine: Engine, size: int) -> None:
    """However many accounts make a block, quartiles and all come out the same."""
    whole = quartiles(HISTORY)

    blocks = engine.run(in_account_blocks, HISTORY, order=WEEK_ORDER, compute=quartiles, size=size)

    assert blocks.schema == WEEKLY_HEATMAP
    assert_frame_equal(blocks, whole, rel_tol=1e-9, abs_tol=1e-9)


def test_blocks_come_in_order_of_account() -> None:
    """Computed at once, the blocks of a sorted result are sorted as a whole."""
    blocks = in_account_blocks(HISTORY, compute=quartiles, size=2)

    assert_frame_equal(blocks, blocks.sort(WEEK_ORDER))


def test_a_lazy_result_in_blocks_can_go_on() -> None:
    """It can be filtered, cut and narrowed like any other plan, in either order."""
    whole = in_account_blocks(HISTORY, compute=quartiles, size=2)
    blocks = in_account_blocks(HISTORY.lazy(), compute=lambda some: quartiles(some).sort(WEEK_ORDER), size=2)
    morning = pl.col("hour") < 6

    for go_on in (
        lambda plan: plan.select("hour", "account_id"),
        lambda plan: plan.head(200),
        lambda plan: plan.slice(100, 200),
        lambda plan: plan.filter(morning).head(90),
        lambda plan: plan.head(200).filter(morning).select("median_usd"),
        lambda plan: plan.tail(3),
    ):
        assert_frame_equal(go_on(blocks).collect(), go_on(whole.lazy()).collect())


def test_a_folder_of_parquet_goes_through_in_blocks(tmp_path: Any) -> None:  # noqa: ANN401 - a pytest path
    """Files and blocks may cut the accounts differently."""
    for n, part in enumerate(HISTORY.sort("account_id", "start_time").iter_slices(700)):
        part.write_parquet(tmp_path / f"{n}.parquet")
    folder = pl.scan_parquet(tmp_path / "*.parquet")

    in_account_blocks(folder, compute=quartiles, size=2).sink_parquet(
        tmp_path / "answer" / "all.parquet", mkdir=True
    )

    answer = pl.read_parquet(tmp_path / "answer" / "all.parquet").sort(WEEK_ORDER)
    assert_frame_equal(answer, quartiles(HISTORY), rel_tol=1e-9, abs_tol=1e-9)


def test_blocks_of_nothing(engine: Engine) -> None:
    """An empty table has no blocks, and an empty answer of the right shape."""
    blocks = engine.run(in_account_blocks, hours("2026-03-02", []), compute=quartiles)

    assert blocks.height == 0
    assert blocks.schema == WEEKLY_HEATMAP


def test_a_row_without_account_is_not_lost_in_a_block() -> None:
    """It belongs to no block, so it is refused."""
    nobody = hours("2026-03-20", [1.0]).with_columns(account_id=pl.lit(None, pl.String))

    for history in (pl.concat([nobody, HISTORY]), pl.concat([HISTORY, nobody])):
        with pytest.raises(FrameError, match="account_id"):
            in_account_blocks(history, compute=quartiles, size=2)


def test_a_loop_over_blocks_sees_every_row_once() -> None:
    """Five accounts by two are three blocks, in order of account."""
    blocks = [block.collect() for block in account_blocks(HISTORY.lazy(), size=2)]

    assert [sorted(set(block["account_id"])) for block in blocks] == [
        ["alpha", "bravo"],
        ["charlie", "delta"],
        ["echo"],
    ]
    order = ["account_id", "start_time"]
    assert_frame_equal(pl.concat(blocks).sort(order), HISTORY.sort(order))


def test_blocks_of_no_accounts_are_refused() -> None:
    """They would never end."""
    with pytest.raises(ConfigError, match="size 0"):
        in_account_blocks(HISTORY.lazy(), compute=quartiles, size=0)
    with pytest.raises(ConfigError, match="size 0"):
        next(account_blocks(HISTORY.lazy(), size=0))
