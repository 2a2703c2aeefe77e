"""Tables as binary columns, read back by a decoder that shares no line with the package."""

import itertools
import math
import random
import struct
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.view.packing import is_packable, pack

CODES = {"u8": "B", "u16": "H", "u32": "I", "f64": "d"}


def codes(column: dict[str, Any], length: int) -> list[float]:
    """Read the codes of a column, one by one or in runs."""
    if column["width"] != "runs":
        return list(struct.unpack(f"<{length}{CODES[column['width']]}", column["values"]))
    runs = struct.iter_unpack("<ii", column["values"])
    return list(itertools.accumulate(step for step, count in runs for _ in range(count)))


def decode(packed: dict[str, Any]) -> dict[str, list[Any]]:
    """Read packed columns as the browser has to."""
    columns = {}
    for column in packed["columns"]:
        raw = codes(column, packed["length"])
        values: list[Any] = [(column["base"] + column["step"] * one) / column["divisor"] for one in raw]
        if column["kind"] == "text":
            values = [column["categories"][one] if column["categories"] else None for one in raw]
        if column["kind"] == "boolean":
            values = [one == 1 for one in values]
        if column["known"] is not None:
            values = [
                one if is_known else None for one, is_known in zip(values, column["known"], strict=True)
            ]
        columns[column["name"]] = values
    return columns


def size(packed: dict[str, Any]) -> int:
    """Add up the bytes of values and masks."""
    return sum(len(column["values"]) + len(column["known"] or b"") for column in packed["columns"])


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.none() | st.integers(-(2**53), 2**53),
            st.none() | st.text(max_size=5),
            st.none() | st.booleans(),
            st.none() | st.integers(-(2**40), 2**40),
        ),
        max_size=20,
    )
)
def test_every_value_and_every_null_arrives(rows: list[tuple[Any, ...]]) -> None:
    """Floats to the bit, whole numbers, texts, booleans, and instants in milliseconds."""
    schema = {"f": pl.Float64, "i": pl.Int64, "s": pl.String, "b": pl.Boolean, "t": pl.Int64}
    table = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.col("t").cast(pl.Datetime("ms", "UTC"))
    )

    found = decode(pack(table))

    assert found == {name: [row[place] for row in rows] for place, name in enumerate(schema)}


def test_what_is_not_a_number_is_null() -> None:
    """Vega would draw a NaN; a null it leaves out."""
    table = pl.DataFrame({"cost": [1.5, math.nan, math.inf, -math.inf, None]})

    assert decode(pack(table)) == {"cost": [1.5, None, None, None, None]}


@pytest.mark.parametrize(
    ("first", "second", "width"), [(0, 255, "u8"), (7, 263, "u16"), (-1, 65535, "u32"), (0, 2**32, "f64")]
)
def test_whole_numbers_take_the_narrowest_width(first: int, second: int, width: str) -> None:
    """Also where they do not begin at zero."""
    packed = pack(pl.DataFrame({"n": [first, second]}))

    assert packed["columns"][0]["width"] == width
    assert decode(packed) == {"n": [first, second]}


def test_a_year_of_hours_takes_what_its_costs_take() -> None:
    """Four bytes an hour for a cost in micro-dollars; instants and states are a step and a count each."""
    start = datetime(2026, 1, 1, tzinfo=UTC)
    hours = [start + timedelta(hours=n) for n in range(8760)]
    chance = random.Random(1)  # noqa: S311
    costs = [chance.randrange(10**8) / 10**6 for _ in hours]
    table = pl.DataFrame({"t": hours, "cost": costs, "state": ["complete"] * 8760})

    packed = pack(table)

    assert [column["width"] for column in packed["columns"]] == ["runs", "u32", "runs"]
    assert 8760 * 4 < size(packed) < 8760 * 4 + 50
    decoded = decode(packed)
    assert decoded["cost"] == costs
    assert decoded["t"] == [hour.timestamp() * 1000 for hour in hours]


@pytest.mark.parametrize(
    ("costs", "width", "divisor"),
    [
        ([0.01, 0.02, 2.55, 1.23], "u8", 100),
        ([0.1 + 0.2, 1.0], "f64", 1),  # is no decimal fraction of few digits
        ([0.000001, 4294.967296], "u32", 1_000_000),
        ([1e-9, 3.0], "f64", 1),
        ([0.01, 1e15], "f64", 1),
        ([-2.0, 1.0, 5.0], "u8", 1),
        ([-0.25, 0.5, -1e-2], "u8", 100),
    ],
)
def test_decimal_fractions_travel_as_whole_parts_or_as_they_are(
    costs: list[float], width: str, divisor: int
) -> None:
    """Never rounded: what cannot be had back by one division keeps its eight bytes."""
    packed = pack(pl.DataFrame({"cost": costs}))

    (column,) = packed["columns"]
    assert (column["width"], column["divisor"]) == (width, divisor)
    assert decode(packed) == {"cost": costs}


@settings(max_examples=60)
@given(st.lists(st.integers(-(10**9), 10**9)), st.sampled_from([1, 100, 10**4, 10**6, 10**7, 10**8, 3]))
def test_whatever_digits_costs_have_they_arrive(parts: list[int], divisor: int) -> None:
    """Divided in Python, and again by whoever unpacks: the same numbers."""
    costs = [part / divisor for part in parts]

    assert decode(pack(pl.DataFrame({"cost": costs}, schema={"cost": pl.Float64})))["cost"] == costs


@pytest.mark.parametrize(
    ("numbers", "width"),
    [
        ([5] * 1000, "runs"),
        ([*range(500), *range(10_000, 0, -10)], "runs"),
        ([7] * 400 + [None] * 400 + [9] * 400, "runs"),
        ([0] * 500 + [2**31] * 500, "u32"),  # a step has four bytes, and a sign
        ([2**31, 0] * 200, "u32"),
        ([5] * 100, "u8"),  # too few to look for runs
    ],
)
def test_runs_are_told_apart_from_single_numbers(numbers: list[int | None], width: str) -> None:
    """Equal steps up, down or none, and nulls among them."""
    packed = pack(pl.DataFrame({"n": numbers}))

    assert packed["columns"][0]["width"] == width
    assert decode(packed)["n"] == numbers


def test_half_hours_are_not_rounded_to_hours() -> None:
    """The step is what all of them share."""
    moments = [datetime(2026, 1, 1, 0, 0, tzinfo=UTC), datetime(2026, 1, 1, 1, 30, tzinfo=UTC)]

    assert decode(pack(pl.DataFrame({"t": moments})))["t"] == [one.timestamp() * 1000 for one in moments]


def test_an_aware_time_is_an_instant_and_a_naive_one_the_viewers_clock() -> None:
    """Berlin's midnight is 23:00 UTC; a naive midnight and a date are marked."""
    table = pl.DataFrame({"naive": [datetime(2026, 1, 1)], "date": [date(2026, 1, 1)]}).with_columns(  # noqa: DTZ001
        aware=pl.col("naive").dt.replace_time_zone("Europe/Berlin")
    )

    packed = pack(table)

    midnight = datetime(2026, 1, 1, tzinfo=UTC).timestamp() * 1000
    assert decode(packed) == {"naive": [midnight], "date": [midnight], "aware": [midnight - 3_600_000]}
    assert [column["local"] for column in packed["columns"]] == [True, True, False]


def test_an_empty_table_keeps_its_columns() -> None:
    """No row is no reason to fail."""
    table = pl.DataFrame(
        schema={"a": pl.String, "b": pl.Float64, "c": pl.Datetime("us", "UTC"), "d": pl.Null}
    )

    assert decode(pack(table)) == {"a": [], "b": [], "c": [], "d": []}


def test_categories_enums_decimals_and_columns_of_nulls() -> None:
    """Whatever polars has for a text or a number."""
    table = pl.DataFrame(
        {
            "category": pl.Series(["x", None, "y"], dtype=pl.Categorical),
            "enum": pl.Series(["y", "x", "y"], dtype=pl.Enum(["x", "y"])),
            "decimal": pl.Series(["1.25", None, "-3.5"]).cast(pl.Decimal(10, 2)),
            "big": pl.Series([0, 2**63, 1], dtype=pl.UInt64),
            "nothing": [None, None, None],
        }
    )

    assert decode(pack(table)) == {
        "category": ["x", None, "y"],
        "enum": ["y", "x", "y"],
        "decimal": [1.25, None, -3.5],
        "big": [0.0, 2.0**63, 1.0],
        "nothing": [None, None, None],
    }


def test_lists_structs_and_durations_are_not_packable() -> None:
    """They take altair's own way."""
    assert is_packable(pl.DataFrame({"a": [1], "b": ["x"]}))
    assert not is_packable(pl.DataFrame({"a": [[1]]}))
    assert not is_packable(pl.DataFrame({"a": [{"b": 1}]}))
    assert not is_packable(pl.DataFrame({"a": [timedelta(1)]}))
