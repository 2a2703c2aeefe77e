"""What a column may hold is asked of whole columns, and says of each what its rule says of every row."""

import math
from datetime import date
from itertools import pairwise

import narwhals as nw
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.errors import FrameError
from cfusage_lab.frames.checks import flaws, refuse_flaws
from cfusage_lab.frames.row_order import is_in_order

NUMBERS = [
    0.0,
    -0.0,
    2.5,
    -3.0,
    1e302,
    -1e302,
    9.9e301,
    -9.9e301,
    1.7e308,
    math.inf,
    -math.inf,
    math.nan,
    None,
]
VALUES: dict[str, tuple[pl.DataType, list[object]]] = {
    "account_id": (pl.String(), ["a", "", None]),
    "aggregated_value": (pl.Float64(), NUMBERS),
    "state": (pl.String(), ["complete", "provisional", "in_progress", "final", "", None]),
    "kind": (pl.String(), ["up", "down", "unknown", "UP", None]),
    "is_whole": (pl.Boolean(), [True, False, None]),
    "hours": (pl.Int64(), [0, 24, -1, None]),
    "weekday": (pl.Int64(), [1, 7, 0, 8, None]),
    "hour": (pl.Int64(), [0, 23, 24, -1, None]),
    "other": (pl.Int64(), [-5, None]),
}


@settings(deadline=None, max_examples=300)
@given(data=st.data(), name=st.sampled_from(list(VALUES)))
def test_a_column_is_refused_if_a_value_of_it_is(data: st.DataObject, name: str) -> None:
    """However few or many there are, and none at all."""
    kind, values = VALUES[name]
    table = pl.DataFrame(
        {name: data.draw(st.lists(st.sampled_from(values), max_size=6))}, schema={name: kind}
    )
    rules = {one: is_flawed.any() for one, (is_flawed, _) in flaws(table.schema).items()}
    is_flawed = bool(rules) and nw.from_native(table).select(**rules).item()

    try:
        refuse_flaws(table)
    except FrameError:
        assert is_flawed
    else:
        assert not is_flawed


def test_amounts_whose_sum_is_no_number_are_numbers() -> None:
    """Each of them may be in a table, though together they leave the range of a double both ways."""
    large = pl.Series([9e301]).new_from_index(0, 2_100_000)

    refuse_flaws(pl.concat([large, -large]).alias("cost_usd").to_frame())


ROWS = st.tuples(
    st.sampled_from(["", "a", "b"]), st.integers(1, 2), st.integers(0, 2), st.integers(0, 3)
).map(lambda row: (row[0], row[1], row[2], date(2026, 1, 1 + row[3])))


@settings(deadline=None, max_examples=300)
@given(
    rows=st.lists(ROWS, max_size=6),
    key=st.sampled_from(
        [("account_id",), ("date",), ("account_id", "date"), ("account_id", "weekday", "hour")]
    ),
    is_sorted=st.booleans(),
)
def test_rows_are_in_order_if_each_key_lies_above_the_one_before(
    rows: list[tuple[str, int, int, date]], key: tuple[str, ...], *, is_sorted: bool
) -> None:
    """Of one column or of several; a key that is a duplicate is not."""
    schema = {"account_id": pl.String, "weekday": pl.Int64, "hour": pl.Int64, "date": pl.Date}
    table = pl.DataFrame(rows, schema=schema, orient="row")
    table = table.sort(key) if is_sorted else table
    keys = table.select(key).rows()

    expected = all(above < below for above, below in pairwise(keys))

    assert is_in_order(table, key) == expected


def test_a_key_without_a_part_is_in_no_order() -> None:
    """Nobody knows where it belongs."""
    assert not is_in_order(pl.DataFrame({"account_id": ["a", None], "date": [1, 2]}), ("account_id", "date"))
    assert not is_in_order(
        pl.DataFrame({"account_id": ["a", "a"], "date": [1, None]}), ("account_id", "date")
    )
