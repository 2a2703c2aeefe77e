"""One whole number as the key of an account and a date, or a slot: no answer changes by it."""

import pickle
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import narwhals as nw
import polars as pl
import pytest
from histories import days, random_history
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cfusage_lab.changes import compare, day_over_day, week_over_week
from cfusage_lab.daily import daily_usage
from cfusage_lab.errors import FrameError
from cfusage_lab.frames import engines
from cfusage_lab.frames.expressions import state_rank
from cfusage_lab.frames.grouping import grouped
from cfusage_lab.frames.integer_keys import IntegerKeys
from cfusage_lab.frames.local_time import localize
from cfusage_lab.patterns import weekly_heatmap

BY_DAY = ["account_id", "date"]
ORDERS: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "by account": lambda table: table.sort("account_id", "start_time"),
    "by account, the last first": lambda table: table.sort("account_id", "start_time", descending=True),
    "by account, twice": lambda table: pl.concat(
        [
            part.sort("account_id", "start_time")
            for part in (table[: table.height // 2], table[table.height // 2 :])
        ]
    ),
    "by hour": lambda table: table.sort("start_time", "account_id"),
    "in none": lambda table: table,
}


@pytest.fixture(scope="module", autouse=True)
def _few_rows_count_as_many() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engines, "_FEW", 0)
        yield


@pytest.mark.parametrize("seed", range(3))
def test_few_rows_come_to_what_many_do(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start = datetime(2026, 3, 20, tzinfo=UTC)
    history = random_history(seed, start=start, n_hours=24 * 40, accounts=["b", "a", "c"])

    def tables() -> list[pl.DataFrame]:
        heatmap = weekly_heatmap(history, time_zone="Europe/Berlin", median=True)
        return [daily_usage(history, time_zone="Europe/Berlin"), heatmap]

    as_many = tables()
    monkeypatch.setattr(engines, "_FEW", history.height + 1)
    for few, many in zip(tables(), as_many, strict=True):
        assert_frame_equal(few, many)


@st.composite
def histories(draw: st.DrawFn) -> pl.DataFrame:
    """Make histories across clock changes, some of whose values are null, in any order of rows."""
    history = random_history(
        draw(st.integers(0, 999)),
        start=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=draw(st.integers(0, 230))),
        n_hours=draw(st.sampled_from([1, 30, 700, 1500])),
        accounts=draw(st.permutations(["b" * 32, "a", "", "ß"]))[: draw(st.integers(1, 4))],
    )
    share = draw(st.sampled_from([0, 7, 2]))
    is_null = pl.int_range(pl.len()) % share == 0 if share else pl.lit(value=False)
    valued = history.with_columns(aggregated_value=pl.when(~is_null).then("aggregated_value"))
    return ORDERS[draw(st.sampled_from(list(ORDERS)))](valued)


def sums(of: object) -> dict[str, object]:
    """Return what local days are made of."""
    cost = of.col("cost_usd")  # type: ignore[attr-defined]
    return {"cost_usd": cost.sum(), "windows": cost.count(), "rank": of.col("rank").max()}  # type: ignore[attr-defined]


@settings(max_examples=60)
@given(
    history=histories(),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
    by=st.sampled_from(["date", "slot", "hour"]),
    is_lazy=st.booleans(),
    is_valued=st.booleans(),
)
def test_grouping_by_one_number_is_grouping_by_both(
    history: pl.DataFrame, zone: str, by: str, *, is_lazy: bool, is_valued: bool
) -> None:
    """Interleaved, shuffled or in order, at once or streaming, with nulls or without them."""
    local = localize(history.lazy() if is_lazy else history, time_zone=zone)
    windows = local.frame.select("account_id", by, "cost_usd", rank=state_rank())
    general = windows.drop_nulls() if is_valued else windows
    expected = general.to_native().group_by("account_id", by).agg(**sums(pl))

    found = grouped(windows, local.table, by=by, aggregates=sums, is_valued=is_valued)

    assert_frame_equal(
        found.to_native().collect(engine="streaming"),
        expected.collect(),
        check_row_order=False,
        check_column_order=False,
        rel_tol=1e-12,
        abs_tol=1e-12,
    )


def joined(current: pl.DataFrame, previous: pl.DataFrame, apart: timedelta) -> pl.DataFrame:
    """Find each day's partner by a join on both columns."""
    partners = previous.filter("is_whole", pl.col("state") != "in_progress")
    partners = partners.select("account_id", pl.col("date") + apart, previous_usd="cost_usd")
    found = current.filter(pl.col("state") != "in_progress").join(partners, on=BY_DAY, how="left")
    previous_usd = pl.when("is_whole").then("previous_usd")
    return found.select(*BY_DAY, current_usd="cost_usd", previous_usd=previous_usd).sort(BY_DAY)


@settings(max_examples=40)
@given(history=histories(), seed=st.integers(0, 99), is_lazy=st.booleans())
def test_partners_by_one_number_are_partners_by_both(
    history: pl.DataFrame, seed: int, *, is_lazy: bool
) -> None:
    """The day before, the week before, and another range, whose accounts are partly others."""
    daily = daily_usage(history, time_zone="Europe/Berlin").sample(fraction=1, shuffle=True, seed=seed)
    others = daily.with_columns(pl.col("account_id").replace({"a": "c"}), pl.col("cost_usd") + 1)
    given_days = daily.lazy() if is_lazy else daily
    answers = {
        day_over_day: (day_over_day(given_days), joined(daily, daily, timedelta(days=1))),
        week_over_week: (week_over_week(given_days), joined(daily, daily, timedelta(days=7))),
        compare: (
            compare(given_days, others.lazy() if is_lazy else others),
            joined(daily, others, timedelta(days=0)),
        ),
    }
    for found, expected in answers.values():
        plan = found.lazy().select(expected.columns).collect(engine="streaming").sort(BY_DAY)
        assert_frame_equal(plan, expected)


@pytest.mark.parametrize("day", [date(1, 1, 1), date(1969, 12, 31), date(1970, 1, 1), date(9999, 12, 31)])
def test_a_key_gives_back_account_and_date(day: date) -> None:
    """Of any date there is, and of accounts that came in any order."""
    rows = pl.DataFrame({"account_id": ["b", "a", "c"], "date": [day] * 3})
    keys = IntegerKeys()

    keyed = keys.added(rows.lazy(), place="date", at_once=False)
    back = keyed.select(account_id=keys.account(), date=keys.place(pl.Date())).collect()

    assert_frame_equal(back, rows)


def test_keys_sort_as_accounts_and_dates_do() -> None:
    """Where they are made at once."""
    rows = pl.DataFrame(
        {"account_id": ["b", "a", "b", "a"], "date": [date(2026, 1, n) for n in (2, 2, 1, 1)]}
    )

    keys = IntegerKeys().of(rows["account_id"], rows["date"])

    assert_frame_equal(rows.sort(keys), rows.sort(BY_DAY))
    assert not keys.flags["SORTED_ASC"]
    assert IntegerKeys().of(*rows.sort(BY_DAY)).flags["SORTED_ASC"]


LONG = 110_000
"""So many rows an account that several accounts are more than one piece."""
STRAYING: dict[str, Callable[[pl.DataFrame], pl.DataFrame]] = {
    "each after the other": lambda table: table,
    "the last first": lambda table: table.sort("account_id", descending=True),
    "the first row at the end": lambda table: pl.concat([table[1:], table[:1]]),
    "the last row in front": lambda table: pl.concat([table[-1:], table[:-1]]),
    "two rows in each other's place": lambda table: table[
        [-1, *range(1, table.height - 1), 0]  # far from every cut
    ],
    "hour by hour": lambda table: table.sort("slot", "account_id"),
    "one account": lambda table: table.with_columns(account_id=pl.lit("a")),
    "few rows": lambda table: table[:1000],
    "none": lambda table: table.clear(),
}


@pytest.mark.parametrize("order", STRAYING)
def test_no_account_is_in_two_pieces_and_no_row_is_lost(order: str) -> None:
    """In any order of rows; it is in pieces where accounts come one after the other."""
    accounts = pl.Series("account_id", ["a", "b", "c", "d"]).to_frame()
    slots = pl.DataFrame({"slot": (pl.int_range(LONG, eager=True) % 168).cast(pl.Int16)})
    rows = STRAYING[order](accounts.join(slots, how="cross").with_row_index("cost_usd"))
    keys = IntegerKeys()
    keyed = keys.added(rows.lazy(), place="slot", at_once=True).collect()

    pieces = keys.pieces(keyed)

    found = [set(piece.select(keys.account()).to_series()) for piece in pieces]
    assert_frame_equal(pl.concat(pieces), keyed)
    assert sum(map(len, found)) == len(set().union(*found)) == rows["account_id"].n_unique()
    assert len(pieces) == (2 if order == "each after the other" else 1)


@pytest.mark.parametrize("order", ["each after the other", "the first row at the end", "hour by hour"])
def test_quartiles_of_many_rows_are_those_of_their_slots(order: str) -> None:
    """In one piece or in several, with nulls."""
    start = datetime(2010, 1, 1, tzinfo=UTC)
    times = pl.datetime_range(
        start, start + timedelta(hours=LONG), "1h", closed="left", time_zone="UTC", eager=True
    )
    accounts = pl.Series("account_id", ["a", "b", "c", "d"]).to_frame()
    rows = accounts.join(pl.DataFrame({"start_time": times}), how="cross").with_row_index("n")
    value = (pl.col("n") * 7919 % 1009).cast(pl.Float64)
    history = STRAYING[order](
        rows.select(
            "account_id",
            "start_time",
            end_time=pl.col("start_time") + timedelta(hours=1),
            aggregated_value=pl.when(pl.col("n") % 5 < 4).then(value),
            state=pl.lit("complete"),
            slot=pl.col("start_time"),
        )
    )
    cost = pl.col("aggregated_value").drop_nulls()
    local = pl.col("start_time").dt.convert_time_zone("Europe/Berlin").dt
    weekday, hour = local.weekday().cast(pl.Int64), local.hour().cast(pl.Int64)
    expected = history.group_by("account_id", weekday=weekday, hour=hour).agg(
        total_usd=cost.sum(),
        hours=cost.len().cast(pl.Int64),
        q25_usd=cost.quantile(0.25, "linear"),
        median_usd=cost.median(),
        q75_usd=cost.quantile(0.75, "linear"),
    )

    found = weekly_heatmap(history, time_zone="Europe/Berlin").select(expected.columns)

    assert_frame_equal(found, expected.sort("account_id", "weekday", "hour"))


def test_tables_share_the_keys_of_one_object() -> None:
    """An account that came with the first table has its number in the second."""
    keys, day = IntegerKeys(), pl.Series([date(2026, 1, 1)])

    first = keys.of(pl.Series(["b"]), day)
    keys.of(pl.Series(["a"]), day)

    assert keys.of(pl.Series(["b"]), day).item() == first.item()


def test_keys_never_leave_their_process() -> None:
    """There, the same account could have another number."""
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(IntegerKeys())


@pytest.mark.parametrize("column", BY_DAY)
def test_a_day_without_account_or_date_is_refused(column: str) -> None:
    """It can be nobody's partner."""
    table = days({"2026-01-10": 1, "2026-01-11": 2}).with_columns(
        pl.when(pl.col("cost_usd") > 1).then(column).alias(column)
    )

    with pytest.raises(FrameError, match=f"lacks its {column}: drop that row"):
        day_over_day(table)


def test_ranks_of_states_are_alike_on_both() -> None:
    """Narwhals and polars."""
    table = pl.DataFrame({"state": ["complete", "provisional", "in_progress", "other", None]})

    assert table.select(state_rank(pl)).to_series().to_list() == [0, 1, 2, 2, 2]
    assert nw.from_native(table).select(rank=state_rank())["rank"].to_list() == [0, 1, 2, 2, 2]
