"""What is fetched again takes the place of what is stored; nothing is lost or counted twice."""

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.archive.coverage import SPANS, gaps
from cfusage_lab.archive.integrity import month_checksum, with_checksums
from cfusage_lab.archive.rows import STORED, month_of, rows_to_write
from cfusage_lab.archive.update import merge_spans, requests
from cfusage_lab.ranges import LONGEST

START = datetime(2026, 10, 31, 20, tzinfo=UTC)
HOUR = timedelta(hours=1)
NOW = START + 1_000 * HOUR
NOTHING = pl.DataFrame(schema=STORED)


def fetched(
    values: dict[int, float | None],
    at: int = 100,
    *,
    state: str = "complete",
    is_remembered: bool = True,
) -> pl.DataFrame:
    """Make fetched windows, by hours since the start; None was not reported."""
    starts = [START + hour * HOUR for hour in values]
    return pl.DataFrame(
        {
            "account_id": ["a"] * len(starts),
            "start_time": starts,
            "end_time": [start + HOUR for start in starts],
            "aggregated_value": [value or 0.0 for value in values.values()],
            "is_reported": [value is not None for value in values.values()],
            "state": [state] * len(starts),
            "fetched_at": [START + at * HOUR] * len(starts),
        },
        schema={name: kind for name, kind in STORED.items() if name in list(STORED)[:7]},
    ).with_columns(is_remembered=pl.lit(is_remembered), month=month_of(pl.col("start_time")))


def stored(values: dict[int, float | None], at: int = 50, *, state: str = "provisional") -> pl.DataFrame:
    return with_checksums(rows_to_write(NOTHING, fetched(values, at, state=state), now=NOW))


def values_of(rows: pl.DataFrame) -> dict[int, float]:
    return {
        (start - START) // HOUR: value
        for start, value in rows.select("start_time", "aggregated_value").rows()
    }


def test_new_and_changed_windows_are_written_and_the_rest_is_not() -> None:
    """Hour 0 is the same in all respects, hour 1 changed, hour 2 is new; hour 9 was not asked for."""
    before = stored({0: 1.0, 1: 2.0, 9: 5.0}, state="complete")

    got = rows_to_write(before, fetched({0: 1.0, 1: 2.5, 2: 3.0}), now=NOW)

    assert values_of(got) == {1: 2.5, 2: 3.0}
    assert got.schema == STORED


def test_a_window_that_settles_is_written_though_its_value_stays() -> None:
    got = rows_to_write(stored({0: 1.0}), fetched({0: 1.0}), now=NOW)

    assert got.select("state", "aggregated_value").rows() == [("complete", 1.0)]
    assert got["revisions"].to_list() == [None]


def test_a_revision_keeps_what_was_there_and_the_state_it_was_in() -> None:
    """A dollar while it could still change, two once it was settled, at hour 100."""
    got = rows_to_write(stored({0: 1.0}), fetched({0: 2.0}), now=NOW)

    assert got.select("aggregated_value", "state").rows() == [(2.0, "complete")]
    assert got["revisions"].to_list() == [
        [{"old_usd": 1.0, "old_state": "provisional", "revised_at": START + 100 * HOUR}]
    ]


def test_a_zero_that_is_reported_at_last_is_written_and_no_revision() -> None:
    """Its dollars stay: it was a zero that had been added, and is one that the endpoint knows."""
    got = rows_to_write(stored({0: None}, state="complete"), fetched({0: 0.0}), now=NOW)

    assert got.select("aggregated_value", "is_reported", "revisions").rows() == [(0.0, True, None)]


def test_an_answer_that_was_overtaken_changes_nothing() -> None:
    """It was fetched at hour 100, and what is stored at hour 200, be that this very moment."""
    before = stored({0: 1.0}, at=200)

    assert rows_to_write(before, fetched({0: 9.0}, at=100), now=NOW).height == 0
    assert rows_to_write(before, fetched({0: 9.0}, at=100), now=START + 200 * HOUR).height == 0
    assert values_of(rows_to_write(before, fetched({0: 9.0}, at=100), now=START + 150 * HOUR)) == {0: 9.0}


def test_what_is_no_longer_reported_stays_unless_older_cost_is() -> None:
    before = stored({0: 1.0, 1: None})

    kept = rows_to_write(before, fetched({0: None, 1: None}, is_remembered=False), now=NOW)
    assert values_of(kept) == {0: 1.0, 1: 0.0}
    assert kept["is_reported"].to_list() == [True, False]
    assert kept["revisions"].to_list() == [None, None]
    dropped = rows_to_write(before, fetched({0: None}), now=NOW)
    assert values_of(dropped) == {0: 0.0}
    assert dropped["is_reported"].to_list() == [False]
    assert values_of(rows_to_write(before, fetched({0: 2.5}, is_remembered=False), now=NOW)) == {0: 2.5}


def test_a_checksum_follows_from_every_value_and_not_from_the_order() -> None:
    rows = stored({0: 1.0, 1: 2.0, 2: None})

    assert month_checksum(rows) == month_checksum(rows.reverse())
    revised = [{"old_usd": 0.5, "old_state": "provisional", "revised_at": START}]
    others = [
        rows.with_columns(aggregated_value=pl.col("aggregated_value") + 1e-12),
        rows.with_columns(pl.col("fetched_at") + timedelta(microseconds=1)),
        rows.with_columns(is_reported=pl.lit(value=True)),
        rows.with_columns(state=pl.lit("complete")),
        rows.with_columns(pl.col("start_time") + HOUR),
        rows.with_columns(account_id=pl.lit("b")),
        rows.with_columns(revisions=pl.lit(revised, STORED["revisions"])),
        rows.head(2),
    ]
    assert len({month_checksum(one) for one in (rows, *others)}) == 9


def test_a_checksum_never_changes() -> None:
    """Archives that exist were written with it."""
    assert month_checksum(stored({0: 1.0, 1: None, 2: 0.1})) == (
        "b8352502d9cab7ecb1c0f2714caada5af483c0f2308a352ba93b3670c05918a7"
    )


windows = st.dictionaries(st.integers(0, 200), st.one_of(st.none(), st.floats(-5, 500)), min_size=1)


@given(first=windows, second=windows)
@settings(max_examples=60)
def test_after_a_merge_every_window_is_there_once_with_its_newest_value(
    first: dict[int, float | None], second: dict[int, float | None]
) -> None:
    before = stored(first)

    rows = rows_to_write(before, fetched(second), now=NOW)

    after = pl.concat([before.join(rows, on=["account_id", "start_time"], how="anti"), rows])
    expected = {hour: value or 0.0 for hour, value in (first | second).items()}
    assert values_of(after) == expected
    assert after.height == len(expected)


@given(held=st.sets(st.integers(0, 40)), start=st.integers(0, 20), hours=st.integers(1, 20))
@settings(max_examples=80)
def test_gaps_and_what_is_held_make_the_whole(held: set[int], start: int, hours: int) -> None:
    """Each window of the bounds is in exactly one of the two; spans neither touch nor overlap."""
    bounds = pl.DataFrame(
        {"account_id": ["a"], "start": [START + start * HOUR], "end": [START + (start + hours) * HOUR]},
        schema=SPANS,
    )
    inside = sorted(hour for hour in held if start <= hour < start + hours)
    rows = fetched(dict.fromkeys(inside, 1.0)) if inside else NOTHING

    spans = gaps(rows, bounds, width=HOUR)

    found = [
        hour
        for _, first, last in spans.rows()
        for hour in range((first - START) // HOUR, (last - START) // HOUR)
    ]
    assert sorted(found + inside) == list(range(start, start + hours))
    assert merge_spans(spans).rows() == spans.rows()


def spans_of(*spans: tuple[str, int, int]) -> pl.DataFrame:
    """Make spans by hours since the start."""
    return pl.DataFrame(
        [(account, START + first * HOUR, START + last * HOUR) for account, first, last in spans],
        schema=SPANS,
        orient="row",
    )


def hours_of(spans: pl.DataFrame) -> list[tuple[str, int, int]]:
    return [(one, (first - START) // HOUR, (last - START) // HOUR) for one, first, last in spans.rows()]


def test_spans_that_touch_or_overlap_are_merged() -> None:
    """0 to 2, 2 to 3, 5 to 9 with 6 to 7 in it; another account has its own."""
    spans = spans_of(("a", 5, 9), ("a", 0, 2), ("a", 6, 7), ("b", 1, 4), ("a", 2, 3))

    assert hours_of(merge_spans(spans)) == [("a", 0, 3), ("a", 5, 9), ("b", 1, 4)]


def test_there_is_no_gap_between_one_account_s_end_and_another_s_beginning() -> None:
    """One is held whole from 0 to 2, another is to be held from 10 to 12."""
    bounds = spans_of(("a", 0, 2), ("b", 10, 12))

    assert hours_of(gaps(fetched({0: 1.0, 1: 1.0}), bounds, width=HOUR)) == [("b", 10, 12)]


def test_a_span_longer_than_may_be_asked_for_is_asked_for_in_parts() -> None:
    """Five years and a day; two accounts share it."""
    end = START + LONGEST + timedelta(days=1)
    spans = pl.DataFrame([("b", START, end), ("a", START, end)], schema=SPANS, orient="row")

    asked = requests(spans)

    assert [ids for _, ids in asked] == [["a", "b"], ["a", "b"]]
    assert asked[0][0].start == START
    assert asked[0][0].end == asked[1][0].start
    assert asked[1][0].end == end
