"""An archive takes what it asked for and nothing else: whatever else comes leaves it as it was."""

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nights import DAY, HOUR, NOW, ONE, TWO, contents
from polars.testing import assert_frame_equal

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import PayloadError
from cfusage_lab.progress import Progress, Quiet
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import HISTORY, WIDTHS, Granularity

END = datetime(2026, 11, 2, tzinfo=UTC)
SPAN = TimeRange(END - DAY, END)
FIRST = pl.col("start_time") == SPAN.start
VALUE = pl.col("aggregated_value")

Change = Callable[[pl.DataFrame], object]


class Changed:
    """A source of two accounts at a dollar an hour, whose answers are changed on their way."""

    label = "changed"
    default_accounts = (ONE, TWO)

    def __init__(self, change: Change = lambda rows: rows) -> None:
        self.change = change

    def accounts(self) -> pl.DataFrame:
        """Nobody asks."""
        raise NotImplementedError

    def usage_history(
        self,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> object:
        """Answer."""
        assert time_range
        assert not with_ids
        assert progress
        assert accounts
        width = WIDTHS[granularity]
        starts = [time_range.start + n * width for n in range((time_range.end - time_range.start) // width)]
        rows = [
            (one, start, start + width, width / HOUR, None, True, "complete")
            for one in ([accounts] if isinstance(accounts, str) else accounts)
            for start in starts
        ]
        return self.change(pl.DataFrame(rows, schema=HISTORY, orient="row"))


def setting(**values: object) -> Change:
    """Change values of the first window of each account."""
    return lambda rows: rows.with_columns(
        pl.when(FIRST).then(pl.lit(value, HISTORY[name])).otherwise(name).alias(name)
        for name, value in values.items()
    )


def shifted(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("start_time", "end_time") + DAY)


def off_the_grid(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.with_columns(pl.col("start_time", "end_time").dt.offset_by("30m"))


def counted_right(rows: pl.DataFrame) -> pl.DataFrame:
    """One window twice and another never: as many as were asked for."""
    return pl.concat([rows[1:], rows[1:2]])


PROMISES: dict[str, tuple[Change, str]] = {
    "a cost that is NaN": (setting(aggregated_value=math.nan), "no number|NaN|not a number|nan"),
    "an infinite cost": (setting(aggregated_value=math.inf), "no number|not a number|inf"),
    "no cost": (setting(aggregated_value=None), "missing|lacks"),
    "no state": (setting(state=None), "missing|lacks|unknown state"),
    "an unknown state": (setting(state="final"), "unknown state"),
    "no account": (setting(account_id=None), "missing|lacks"),
    "no start": (setting(start_time=None), "missing|lacks"),
    "no end": (setting(end_time=None), "missing|lacks"),
    "nobody knows whether reported": (setting(is_reported=None), "missing|lacks"),
    "a cost that was not reported": (setting(is_reported=False), "not reported"),
    "a window twice": (lambda rows: pl.concat([rows, rows[:1]]), "duplicate"),
    "a window twice and one never": (counted_right, "duplicate"),
    "another account": (
        lambda rows: rows.with_columns(pl.col("account_id").replace(TWO, "f" * 32)),
        "other accounts",
    ),
    "another account besides": (
        lambda rows: pl.concat([rows, rows[:24].with_columns(account_id=pl.lit("f" * 32))]),
        "other accounts",
    ),
    "another range": (shifted, "outside the range"),
    "a longer range": (lambda rows: pl.concat([rows, shifted(rows)]), "outside the range"),
    "a window less": (lambda rows: rows[1:], "47 windows instead of 48"),
    "an account less": (lambda rows: rows.filter(pl.col("account_id") == ONE), "24 windows instead of 48"),
    "nothing": (lambda rows: rows.clear(), "0 windows instead of 48"),
    "windows off the grid": (off_the_grid, "grid"),
    "days for hours": (
        lambda rows: rows.filter(FIRST).with_columns(end_time=pl.col("start_time") + DAY),
        "another width|windows of",
    ),
    "hours of another length": (
        lambda rows: rows.with_columns(end_time=pl.col("end_time") + HOUR),
        "another width|windows of",
    ),
    "a column less": (lambda rows: rows.drop("state"), "missing 'state'"),
    "a column of another type": (
        lambda rows: rows.with_columns(VALUE.cast(pl.String)),
        "'aggregated_value' is String",
    ),
    "no table": (lambda _rows: None, "not a table"),
    "a plan that fails": (
        lambda rows: (
            rows.lazy()
            .with_columns(VALUE.cast(pl.String).str.to_date())
            .with_columns(aggregated_value=pl.lit(1.0))
            .filter(VALUE.cast(pl.String).str.to_date().is_null())
        ),
        "parse dates",
    ),
}


@pytest.mark.parametrize("broken", PROMISES)
@pytest.mark.parametrize("is_begun", [True, False])
def test_a_source_that_breaks_its_promise_leaves_the_archive_as_it_was(
    tmp_path: Path, broken: str, *, is_begun: bool
) -> None:
    change, said = PROMISES[broken]
    archive = UsageArchive(tmp_path, now=NOW)
    if is_begun:
        archive.update(Changed(), TimeRange(SPAN.start - DAY, SPAN.start), progress=Quiet())
    before = contents(tmp_path)

    with pytest.raises(PayloadError, match=rf"'changed'.*archive is as it was.*({said})"):
        archive.update(Changed(change), SPAN, progress=Quiet())

    assert contents(tmp_path) == before
    archive.verify()
    archive.update(Changed(), SPAN, progress=Quiet())
    assert archive.usage_history(SPAN)["aggregated_value"].sum() == 48


def test_the_sums_of_a_recheck_are_held_against_what_was_asked(tmp_path: Path) -> None:
    """The hours are whole, and the days that they are compared with are of another account."""
    archive = UsageArchive(tmp_path, now=NOW)
    archive.update(Changed(), SPAN, progress=Quiet())
    before = contents(tmp_path)

    def other_days(rows: pl.DataFrame) -> pl.DataFrame:
        is_day = (pl.col("end_time") - pl.col("start_time")) == DAY
        other = pl.col("account_id").replace(TWO, "f" * 32)
        return rows.with_columns(account_id=pl.when(is_day).then(other).otherwise("account_id"))

    with pytest.raises(PayloadError, match="other accounts"):
        archive.update(Changed(other_days), SPAN, with_recheck=True, progress=Quiet())

    assert contents(tmp_path) == before


ENGINES: dict[str, Change] = {
    "lazy": lambda rows: rows.lazy(),
    "pandas": lambda rows: rows.to_pandas(),
    "arrow": lambda rows: rows.to_arrow(),
    "columns in another order": lambda rows: rows.select(reversed(rows.columns)),
    "more columns": lambda rows: rows.with_columns(team=pl.lit("a")),
    "no ids": lambda rows: rows.drop("id"),
    "rows in another order": lambda rows: rows.reverse(),
    "nanoseconds": lambda rows: rows.with_columns(pl.col("start_time", "end_time").dt.cast_time_unit("ns")),
    "another zone": lambda rows: rows.with_columns(
        pl.col("start_time", "end_time").dt.convert_time_zone("Asia/Kathmandu")
    ),
    "categories": lambda rows: rows.with_columns(pl.col("account_id", "state").cast(pl.Categorical)),
    "whole numbers": lambda rows: rows.with_columns(VALUE.cast(pl.Int64)),
}


@pytest.mark.parametrize("engine", ENGINES)
def test_an_answer_may_come_from_any_engine(tmp_path: Path, engine: str) -> None:
    archive = UsageArchive(tmp_path / "usage", now=NOW)
    plain = UsageArchive(tmp_path / "plain", now=NOW)
    plain.update(Changed(), SPAN, progress=Quiet())

    archive.update(Changed(ENGINES[engine]), SPAN, progress=Quiet())

    assert_frame_equal(archive.usage_history(SPAN), plain.usage_history(SPAN))
    archive.verify()


@settings(max_examples=30)
@given(
    kept=st.just(range(48)) | st.permutations(range(48)) | st.lists(st.integers(0, 47), max_size=50),
    value=st.sampled_from([1.0, -0.25, 1e9]) | st.sampled_from([None, math.nan, -math.inf]),
)
def test_an_archive_holds_exactly_what_was_asked_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, kept: Sequence[int], value: float | None
) -> None:
    """Whichever rows of an answer come, in whichever order and however often."""
    archive = UsageArchive(tmp_path_factory.mktemp("usage"), now=NOW)
    is_promised = sorted(kept) == list(range(48)) and value is not None and math.isfinite(value)

    def some(rows: pl.DataFrame) -> pl.DataFrame:
        return setting(aggregated_value=value)(rows)[list(kept)]

    try:
        archive.update(Changed(some), SPAN, progress=Quiet())
    except PayloadError:
        assert not is_promised
        assert archive.accounts().height == 0
    else:
        assert is_promised
        assert archive.usage_history(SPAN)["aggregated_value"].sum() == 46 + 2 * value
    archive.verify()
