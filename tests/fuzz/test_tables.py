"""Every public function that takes a table, with right ones that are bent: a result or our error."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from histories import hours
from hypothesis import given
from hypothesis import strategies as st
from searching import tries
from test_options import Calls, calls  # noqa: F401 - calls is a fixture

import cfusage_lab as cfu

pytestmark = pytest.mark.slow

_LONG = {"report", "backtest", "UsageExplorer", "UsageExplorer.chart", "explore", "in_account_blocks"}
"""What takes long where a table is right; ``contract/test_tables.py`` tries the explorer's."""

VALUES = st.one_of(
    *(st.none(), st.floats(), st.integers(-(10**6), 10**6), st.integers(), st.booleans()),
    *(st.text(max_size=6), st.binary(max_size=3), st.datetimes(), st.dates(), st.timedeltas()),
    st.sampled_from(
        ["a", "b", "all", "complete", "in_progress", "", "hour", "USD", 0.0, -0.0, 1e308, -1e308]
    ),
)
KINDS: list[Any] = [
    *(pl.Float32, pl.Float64, pl.Int8, pl.Int64, pl.UInt64, pl.Boolean, pl.String, pl.Binary, pl.Null),
    *(pl.Date, pl.Time, pl.Duration("us"), pl.Datetime("ns"), pl.Datetime("ms", "UTC")),
    *(pl.Datetime("us", "Asia/Kolkata"), pl.Decimal(20, 6), pl.Categorical, pl.Int128, pl.Object),
]


WAYS: list[Callable[[pl.DataFrame, "Bend"], pl.DataFrame]] = [
    lambda table, bend: put(table, bend, last=bend.first),
    lambda table, bend: put(table, bend, last=bend.last),
    lambda table, bend: table.with_columns(constant(bend.value).alias(bend.column)),
    lambda table, bend: table.with_columns(constant(bend.value).alias("x")),
    lambda table, bend: table.drop(bend.column),
    lambda table, bend: table.rename({bend.column: bend.column.upper()}),
    lambda table, bend: pl.concat([table, table[bend.first : bend.first + 1]]),
    lambda table, bend: pl.concat([table[: bend.first], table[bend.first + 1 :]]),
    lambda table, bend: table.sample(fraction=1, shuffle=True, seed=bend.first),
    lambda table, bend: table[bend.first : bend.last],
    lambda table, bend: cast(table, bend.column, bend.kind),
    lambda table, _: table.clear(),
    lambda table, _: table.select(reversed(table.columns)),
    lambda table, bend: table.with_columns(pl.col(bend.column) + bend.apart),
    lambda table, bend: table.with_columns(pl.col(bend.column) + timedelta(microseconds=bend.first)),
    lambda table, bend: table.with_columns(pl.concat_list(bend.column).alias(bend.column)),
]
"""A cell or some of them, a column's type or values, columns, rows, their order, times."""


@dataclass(frozen=True, slots=True)
class Bend:
    """One way to bend a table: which way, in which column and rows, with what."""

    way: Callable[[pl.DataFrame, "Bend"], pl.DataFrame]
    column: Any
    first: Any
    last: Any
    value: object
    kind: Any
    apart: timedelta

    def of(self, table: pl.DataFrame) -> pl.DataFrame:
        """Bend a table, or leave it as it is, where polars can't."""
        if not table.columns:
            return table
        first, last = sorted((self.first % (table.height + 1), self.last % (table.height + 1)))
        here = replace(self, column=table.columns[self.column % table.width], first=first, last=last)
        try:
            return self.way(table, here)
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException, TypeError, OverflowError):
            return table


PLACES = st.integers(0, 10_000)
APART = st.timedeltas(timedelta(days=-4000), timedelta(days=4000))
BENDS = st.lists(
    st.builds(Bend, st.sampled_from(WAYS), PLACES, PLACES, PLACES, VALUES, st.sampled_from(KINDS), APART),
    min_size=1,
    max_size=3,
)


def constant(value: object) -> pl.Expr:
    """Return a column of one value."""
    return pl.lit(value, allow_object=True)


def put(table: pl.DataFrame, bend: Bend, *, last: int) -> pl.DataFrame:
    """Put a value into cells, in the column's type where that can hold it."""
    held = table[bend.column].to_list()
    held[bend.first : last + 1] = [bend.value] * len(held[bend.first : last + 1])
    try:
        return table.with_columns(pl.Series(bend.column, held, dtype=table.schema[bend.column]))
    except (TypeError, OverflowError, pl.exceptions.PolarsError):
        return table.with_columns(pl.Series(bend.column, held, strict=False))


def cast(table: pl.DataFrame, column: str, kind: Any) -> pl.DataFrame:  # noqa: ANN401 - of polars' many
    """Turn a column into another type; what that can't hold becomes null."""
    if kind == pl.Object:
        return table.with_columns(pl.Series(column, table[column].to_list(), dtype=pl.Object))
    return table.with_columns(pl.col(column).cast(kind, strict=False))


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def bent(table: pl.DataFrame, bends: list[Bend]) -> pl.DataFrame:
    """Bend a table in each of these ways, one after the other."""
    for bend in bends:
        table = bend.of(table)
    return table


Taker = tuple[Callable[..., Any], dict[str, Any], str]


@pytest.fixture(scope="module")
def taker(calls: Calls) -> Callable[[int], Taker]:  # noqa: F811 - the fixture
    """Return what names a function, what it can't do without, and the parameter that takes a table."""
    found = [
        (name, parameter)
        for name, (_, needed) in sorted(calls.items())
        if name not in _LONG
        for parameter, value in needed.items()
        if isinstance(value, pl.DataFrame)
    ]

    def one(which: int) -> Taker:
        name, parameter = found[which % len(found)]
        return *calls[name], parameter

    return one


@tries(300)
@given(which=st.integers(0, 1_000), bends=BENDS, is_lazy=st.booleans())
def test_any_table_is_taken_or_refused(
    taker: Callable[[int], Taker], which: int, bends: list[Bend], *, is_lazy: bool
) -> None:
    function, needed, parameter = taker(which)
    table = bent(needed[parameter], bends)
    try:
        made = function(**{**needed, parameter: table.lazy() if is_lazy else table})
        if isinstance(made, pl.LazyFrame):
            made = made.collect()
    except (cfu.ConfigError, cfu.FrameError) as error:
        assert len(str(error)) < 2_000  # noqa: PT017 - a result is as good
        return
    if isinstance(made, pl.DataFrame):
        figures = made.select(pl.col(pl.Float32, pl.Float64))
        assert all(math.isfinite(one) for column in figures for one in column.drop_nulls())


@tries(200)
@given(bends=BENDS)
def test_what_is_taken_has_every_dollar_in_its_days(bends: list[Bend]) -> None:
    """Windows in whatever order, lost, unknown or bent: days cost what Python's own sum of the windows is."""
    table = pl.concat([hours("2026-10-24", [0.1 * n for n in range(60)], account_id=one) for one in "ab"])
    table = bent(table, bends)
    try:
        daily = cfu.daily_usage(table, time_zone="Europe/Berlin")
    except (cfu.ConfigError, cfu.FrameError):
        return

    known = math.fsum(map(float, table["aggregated_value"].drop_nulls()))
    for days in (daily, cfu.total_usage(daily)):
        found = math.fsum(days["cost_usd"].drop_nulls())
        assert math.isclose(found, known, rel_tol=1e-9, abs_tol=1e-9)
    assert daily["hours"].sum() == table["aggregated_value"].drop_nulls().len()
