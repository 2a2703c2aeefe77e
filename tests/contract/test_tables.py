"""One door for tables: whatever takes a table takes any kind of it, and refuses a row by its name."""

import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import polars as pl
import pytest
from histories import days, hours
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab.changes import month_over_month
from cfusage_lab.downsampling import windows_of
from cfusage_lab.frames.history import polars_history
from cfusage_lab.schema import ANOMALIES, INVOICE_LINES

START = "2026-11-02"
COST = "aggregated_value"
Function = Callable[[Any], Any]


OF_HISTORY: dict[str, Function] = {
    "daily_usage": lambda table: cfu.daily_usage(table, time_zone="UTC"),
    "total_usage": cfu.total_usage,
    "hourly_profile": lambda table: cfu.hourly_profile(table, time_zone="UTC"),
    "weekly_heatmap": lambda table: cfu.weekly_heatmap(table, time_zone="UTC"),
    "peak_hours": lambda table: cfu.peak_hours(table, time_zone="UTC"),
    "load_factor": cfu.load_factor,
    "weekend_share": lambda table: cfu.weekend_share(table, time_zone="UTC"),
    "off_hours_share": lambda table: cfu.off_hours_share(table, time_zone="UTC"),
    "concentration": cfu.concentration,
    "same_time_yesterday": lambda table: cfu.same_time_yesterday(table, time_zone="UTC"),
    "month_over_month": lambda table: month_over_month(table, time_zone="UTC"),
    "summary": lambda table: cfu.summary(table, time_zone="UTC"),
    "anomalies": lambda table: cfu.anomalies(table, time_zone="UTC"),
    "anomaly_scores": lambda table: cfu.anomaly_scores(table, time_zone="UTC"),
    "in_account_blocks": lambda table: cfu.in_account_blocks(table, compute=cfu.load_factor),
    "reconcile": lambda table: cfu.reconcile(table, INVOICE_LINES.to_frame()),
    "to_focus": lambda table: cfu.to_focus(table, billing="prepaid"),
    "usage_chart": lambda table: cfu.usage_chart(table, time_zone="UTC"),
    "UsageExplorer": lambda table: cfu.UsageExplorer(table, now="2026-11-10T00:00Z"),
}
OF_DAYS: dict[str, Function] = {
    "total_usage": cfu.total_usage,
    "day_over_day": cfu.day_over_day,
    "week_over_week": cfu.week_over_week,
    "compare": lambda table: cfu.compare(table, table),
    "rolling_mean": lambda table: cfu.rolling_mean(table, days=1),
    "usage_chart": cfu.usage_chart,
    "calendar_chart": cfu.calendar_chart,
}

OF_COMPARISONS: dict[str, Function] = {
    "movers": cfu.movers,
    "day_over_day_chart": cfu.day_over_day_chart,
    "week_over_week_chart": cfu.week_over_week_chart,
    "comparison_chart": cfu.comparison_chart,
}

by_window = pytest.mark.parametrize("function", OF_HISTORY.values(), ids=OF_HISTORY)
by_day = pytest.mark.parametrize("function", OF_DAYS.values(), ids=OF_DAYS)


def two_accounts() -> pl.DataFrame:
    """Make two days of two accounts."""
    return pl.concat([hours(START, [1.0] * 48), hours(START, [2.0] * 48, account_id="b")])


def hidden_duplicate() -> pl.DataFrame:
    """Of one account 00:00 twice and 01:00 never: as many rows as hours, so no count tells."""
    table = two_accounts()
    return pl.concat([table[:1], table[:1], table[2:]]).sample(fraction=1.0, shuffle=True, seed=3)


@by_window
def test_a_duplicate_window_is_refused_by_its_name(function: Function) -> None:
    """However many rows there are, and in whatever order."""
    with pytest.raises(cfu.FrameError, match="window 2026-11-02T00:00:00Z of account a is a duplicate"):
        function(hidden_duplicate())


@by_day
def test_a_duplicate_day_is_refused_by_its_name(function: Function) -> None:
    """Even where another is missing."""
    table = days({"2026-11-02": 1, "2026-11-03": 2, "2026-11-04": 3})

    with pytest.raises(cfu.FrameError, match="the day 2026-11-02 of account a is a duplicate"):
        function(table[[0, 2, 0]])


@by_window
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        (COST, math.nan, "has aggregated_value nan, not a number"),
        (COST, -math.inf, "has aggregated_value -inf, not a number"),
        ("state", "final", "has state 'final', an unknown state"),
        ("state", None, "lacks its state"),
        ("account_id", None, "lacks its account_id"),
    ],
)
def test_a_window_that_holds_no_value_is_refused(
    function: Function, column: str, value: object, said: str
) -> None:
    """One rule for a column, whoever asks."""
    table = two_accounts()
    broken = pl.when(pl.int_range(pl.len()) == 5).then(pl.lit(value, table.schema[column])).otherwise(column)

    with pytest.raises(cfu.FrameError, match=said):
        function(table.with_columns(broken.alias(column)))


@by_day
@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("cost_usd", math.nan, "2026-11-03 of account a has cost_usd nan, not a number"),
        ("state", "final", "2026-11-03 of account a has state 'final', an unknown state"),
        ("is_whole", None, "2026-11-03 of account a lacks its is_whole"),
        ("hours", -1, "2026-11-03 of account a has hours -1, out of range"),
        ("date", None, "of account a lacks its date"),
    ],
)
def test_a_day_that_holds_no_value_is_refused(
    function: Function, column: str, value: object, said: str
) -> None:
    """One rule for a column, whoever asks."""
    table = days({"2026-11-02": 1, "2026-11-03": 2, "2026-11-04": 3})
    broken = pl.when(pl.int_range(pl.len()) == 1).then(pl.lit(value, table.schema[column])).otherwise(column)

    with pytest.raises(cfu.FrameError, match=said):
        function(table.with_columns(broken.alias(column)))


KINDS: dict[str, Callable[[pl.DataFrame], Any]] = {
    "nanoseconds": lambda table: table.cast({pl.Datetime: pl.Datetime("ns", "UTC")}),
    "milliseconds": lambda table: table.cast({pl.Datetime: pl.Datetime("ms", "UTC")}),
    "another zone": lambda table: table.with_columns(
        pl.col("start_time", "end_time").dt.convert_time_zone("Asia/Tokyo")
    ),
    "categories": lambda table: table.cast({"account_id": pl.Categorical, "state": pl.Categorical}),
    "an enum": lambda table: table.cast({"account_id": pl.Enum(["b", "a"])}),
    "small floats": lambda table: table.cast({COST: pl.Float32}),
    "whole numbers": lambda table: table.cast({COST: pl.Int64}),
    "without ids": lambda table: table.drop("id"),
    "pyarrow": lambda table: table.to_arrow(),
    "pandas": lambda table: table.to_pandas(),
    "DuckDB": lambda table: duckdb.from_arrow(table.to_arrow()),
}


@by_window
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_table_is_taken(function: Function, kind: str) -> None:
    """What one function takes, all do."""
    function(KINDS[kind](two_accounts()))


OF_ANY_KIND: dict[str, Callable[[Any], Any]] = {
    "pyarrow": lambda table: table.to_arrow(),
    "DuckDB": lambda table: duckdb.from_arrow(table.to_arrow()),
    "categories": lambda table: table.cast({"account_id": pl.Categorical}),
    "small floats": lambda table: table.cast({pl.Float64: pl.Float32}),
    "no row": lambda table: table.clear(),
}


@pytest.mark.parametrize("function", OF_COMPARISONS.values(), ids=OF_COMPARISONS)
@pytest.mark.parametrize("kind", OF_ANY_KIND)
def test_every_kind_of_comparison_is_taken(function: Function, kind: str) -> None:
    """By charts, too."""
    function(OF_ANY_KIND[kind](cfu.day_over_day(days({"2026-11-02": 1, "2026-11-03": 2, "2026-11-04": 3}))))


@pytest.mark.parametrize("function", (OF_HISTORY | {"lazy": cfu.load_factor}).values())
def test_timestamps_without_a_zone_are_refused_by_their_column(function: Function) -> None:
    """Nobody can tell which moments they are."""
    naive = two_accounts().with_columns(pl.col("start_time", "end_time").dt.replace_time_zone(None))

    with pytest.raises(cfu.FrameError, match="start_time"):
        function(naive)


@by_window
@pytest.mark.parametrize("thing", [None, 7, "usage.csv", [{"account_id": "a"}], {"account_id": ["a"]}])
def test_what_is_no_table_is_refused(function: Function, thing: object) -> None:
    """With an error of ours."""
    with pytest.raises(cfu.CfUsageError):
        function(thing)


def test_the_eager_door_returns_one_kind_of_history() -> None:
    """Whatever came in."""
    expected = polars_history(two_accounts())

    for made in KINDS.values():
        assert_frame_equal(polars_history(made(two_accounts())), expected)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda table: cfu.concentration(table, top=2.5),
        lambda table: cfu.concentration(table, top=True),
        lambda table: cfu.concentration(table, top=0),
        lambda table: cfu.off_hours_share(table, time_zone="UTC", working_hours=(9.5, 18)),
        lambda table: cfu.off_hours_share(table, time_zone="UTC", working_hours=9),
        lambda table: cfu.off_hours_share(table, time_zone="UTC", working_days="12"),
        lambda table: cfu.off_hours_share(table, time_zone="UTC", working_days=5),
        lambda table: cfu.in_account_blocks(table, compute=cfu.load_factor, size=2.5),
        lambda table: cfu.daily_usage(table, time_zone=None),
        lambda table: cfu.daily_usage(table, time_zone="../etc/passwd"),
        lambda table: cfu.daily_usage(table, time_zone="Europe/Berlin\x00"),
        lambda table: cfu.daily_usage(table, time_zone="x" * 10_000),
    ],
)
def test_an_option_that_is_none_is_refused(wrong: Function) -> None:
    """Not taken for a neighbour of it."""
    with pytest.raises(cfu.ConfigError):
        wrong(two_accounts())


def test_days_of_no_range_are_compared_with_nothing() -> None:
    """Neither side blames a row that is not there."""
    some = days({"2026-11-02": 1, "2026-11-03": 2})

    for align in ("day", "weekday"):
        assert cfu.compare(some.clear(), some, align=align).is_empty()
        assert cfu.compare(some, some.clear(), align=align)["kind"].to_list() == ["unknown"] * 2


# ------------------------------------------------------------------------------------ unknown, and zero


def test_an_unknown_cost_makes_no_day_whole_in_whichever_order_accounts_are_added_up() -> None:
    """One hour of account a: 47 dollars are known of the day's accounts, 46 of its whole hours."""
    unknown = pl.when(pl.int_range(pl.len()) != 3).then(COST).alias(COST)
    table = pl.concat(
        [hours(START, [1.0] * 24).with_columns(unknown), hours(START, [1.0] * 24, account_id="b")]
    )

    hourly = cfu.daily_usage(cfu.total_usage(table), time_zone="UTC")
    daily = cfu.total_usage(cfu.daily_usage(table, time_zone="UTC"))

    assert cfu.total_usage(table)[COST].null_count() == 1
    assert hourly.select("cost_usd", "hours", "is_whole").row(0) == (46.0, 23, False)
    assert daily.select("cost_usd", "hours", "is_whole").row(0) == (47.0, 23, False)


REFUNDED = [0.1, 0.2, -0.3]


@pytest.mark.parametrize("made", [lambda table: table, lambda table: table.lazy()], ids=["eager", "lazy"])
def test_the_day_after_a_refund_is_new(made: Callable[[pl.DataFrame], Any]) -> None:
    """The sum of 0.1 + 0.2 - 0.3 is 5.6e-17, which is nothing; a tiny cost by itself is something."""
    table = pl.concat([hours(START, [*REFUNDED, *[0.0] * 21]), hours("2026-11-03", [1e-18] + [0.0] * 23)])

    found = cfu.day_over_day(cfu.daily_usage(made(table), time_zone="UTC")).lazy().collect().sort("date")

    assert found.select("current_usd", "change_ratio", "kind").rows() == [
        (0.0, None, "unknown"),
        (1e-18, None, "new"),
    ]


def test_no_share_is_taken_of_a_sum_that_is_rounding() -> None:
    """Of hours that cancel out."""
    table = hours(START, REFUNDED)

    assert cfu.hourly_profile(table, time_zone="UTC")["share"].null_count() == 3
    assert cfu.weekend_share(table, time_zone="UTC").row(0)[1:] == (0.0, 0.0, None, 3)
    assert cfu.off_hours_share(table, time_zone="UTC").row(0)[1:] == (0.0, 0.0, None, 3)
    assert cfu.concentration(table).row(0)[1:] == (3, 0.0, 0.0, None, 3)
    assert cfu.load_factor(table).row(0)[1:] == (0.0, 0.2, 0.0, 3)
    assert windows_of(table, ZoneInfo("UTC"), {}).total_usd == 0.0
    daily = days(dict(zip(["2026-11-02", "2026-11-03", "2026-11-04"], REFUNDED, strict=True)))
    assert cfu.rolling_mean(daily, days=3)["rolling_mean_usd"].to_list() == [None, None, 0.0]


costs = st.one_of(st.none(), st.sampled_from([0.0, 0.1, 0.2, -0.3, 1e-9]), st.floats(-1e6, 1e6))


@settings(max_examples=40)
@given(values=st.lists(st.tuples(costs, costs), min_size=24, max_size=60))
def test_costs_add_up_in_either_order(values: list[tuple[float | None, float | None]]) -> None:
    """Accounts first or days first: the same days are whole, and whole days cost the same."""
    table = pl.concat(
        [
            hours(START, [0.0] * len(values), account_id=name).with_columns(
                pl.Series(COST, [pair[n] for pair in values], dtype=pl.Float64)
            )
            for n, name in enumerate("ab")
        ]
    )
    daily = cfu.daily_usage(table, time_zone="Europe/Berlin")

    hourly, total = cfu.daily_usage(cfu.total_usage(table), time_zone="Europe/Berlin"), cfu.total_usage(daily)

    same = ("date", "is_whole", "state")
    assert hourly.select(same).equals(total.select(same))
    whole = pl.col("is_whole")
    assert_frame_equal(hourly.filter(whole), total.filter(whole), abs_tol=1e-9, rel_tol=1e-9)
    known = math.fsum(value for pair in values for value in pair if value is not None)
    assert daily["cost_usd"].sum() == pytest.approx(known, rel=1e-9, abs=1e-6)


@settings(max_examples=40)
@given(st.data())
def test_a_duplicate_anywhere_is_found(data: st.DataObject) -> None:
    """In any order, in place of any other window, by every engine that is at hand."""
    table = two_accounts()
    once, gone = data.draw(st.tuples(st.integers(0, 95), st.integers(0, 95)))
    rows = [*(n for n in range(96) if n != gone or n == once), once]
    order = data.draw(st.permutations(rows))

    for made in (table[order], table[order].to_arrow()):
        with pytest.raises(cfu.FrameError, match="is a duplicate"):
            cfu.daily_usage(made, time_zone="UTC")


@pytest.mark.parametrize("function", OF_DAYS.values(), ids=OF_DAYS)
@pytest.mark.parametrize("value", [2**63, 2**64 - 1])
def test_a_number_that_is_too_large_for_its_column_is_refused(function: Function, value: int) -> None:
    table = days({"2026-11-02": 1, "2026-11-03": 2}).with_columns(
        hours=pl.Series([24, value], dtype=pl.UInt64)
    )

    with pytest.raises(cfu.FrameError, match=r"'hours'.*value"):
        function(table)


@pytest.mark.parametrize("made", [lambda table: table, lambda table: table.lazy()], ids=["eager", "lazy"])
@by_window
def test_a_history_without_a_row_is_taken_or_refused(function: Function, made: Function) -> None:
    """Without a warning, too: those are errors here."""
    with suppress(cfu.ConfigError, cfu.FrameError):
        function(made(two_accounts().clear()))


@pytest.mark.parametrize("made", [lambda table: table, lambda table: table.lazy()], ids=["eager", "lazy"])
@by_day
def test_days_without_a_row_are_taken_or_refused(function: Function, made: Function) -> None:
    with suppress(cfu.ConfigError, cfu.FrameError):
        function(made(days({"2026-11-02": 1}).clear()))


def two_events() -> pl.DataFrame:
    found = cfu.anomalies(
        hours("2026-10-01", [1.0 + hour % 24 for hour in range(24 * 40)] + [500.0] * 2), time_zone="UTC"
    )
    assert found.height
    return found


def billed() -> pl.DataFrame:
    return cfu.usage_by_model(cfu.UsageClient.sandbox(now="2026-11-18T09:30Z").invoice_preview())


@pytest.mark.parametrize(
    ("function", "table", "columns"),
    [
        (cfu.anomalies_chart, two_events, ANOMALIES.names()),
        (
            lambda events: cfu.usage_chart(hours("2026-11-01", [1.0] * 240), anomalies=events),
            two_events,
            ANOMALIES.names(),
        ),
        (
            cfu.usage_by_model_chart,
            billed,
            ["account_id", "period_start", "period_end", "billed_usd", "credits_usd", "discounts_usd"],
        ),
    ],
    ids=["anomalies_chart", "usage_chart", "usage_by_model_chart"],
)
def test_a_chart_refuses_a_null_where_there_is_none_by_its_column(
    function: Function, table: Callable[[], pl.DataFrame], columns: list[str]
) -> None:
    for name in columns:
        lacking = pl.when(pl.int_range(pl.len()) > 0).then(name).alias(name)

        with pytest.raises(cfu.FrameError, match=name):
            function(table().with_columns(lacking))


@pytest.mark.parametrize("function", OF_COMPARISONS.values(), ids=OF_COMPARISONS)
@pytest.mark.parametrize("column", ["current_usd", "previous_usd", "change_usd"])
def test_a_comparison_of_a_known_kind_without_an_amount_is_refused(function: Function, column: str) -> None:
    table = cfu.day_over_day(days({"2026-11-02": 1, "2026-11-03": 2, "2026-11-04": 3}))
    lacking = pl.when(pl.col("date").dt.day() != 3).then(column).alias(column)

    with pytest.raises(cfu.FrameError, match=f"2026-11-03 of account a lacks its {column}"):
        function(table.with_columns(lacking))
