"""What altair wrote for one chart serves the next one of the same structure, and only that."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import altair as alt
import pandas as pd
import polars as pl
import pytest

from cfusage_lab.view import anatomy
from cfusage_lab.view.anatomy import Drawing
from cfusage_lab.view.structure import structure_of

TABLE = pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0]})
OTHER = pl.DataFrame({"x": ["c"], "y": [3.0]})


def bars(table: object = TABLE, **properties: Any) -> alt.Chart:  # noqa: ANN401 - altair's own
    return alt.Chart(table, **properties).mark_bar(opacity=1).encode(x="x", y="y")


def written_anew(chart: alt.TopLevelMixin) -> Drawing:
    """Take a chart apart as if none had been before."""
    anatomy._known.clear()
    return Drawing.of(chart)


SAME: dict[str, Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]]] = {
    "rows": lambda: (bars(), bars(OTHER)),
    "title": lambda: (bars(title="one"), bars(title=["two", "lines"])),
    "subtitle": lambda: (
        bars(title=alt.Title("one", subtitle="a", fontSize=9)),
        bars(title=alt.Title("two", subtitle=["b", "c"], fontSize=9)),
    ),
    "description": lambda: (bars(description="one"), bars(description="two")),
    "value": lambda: tuple(bars().add_params(alt.param(name="p", value=value)) for value in (1, "two")),
    "tables": lambda: (bars() | bars(OTHER), bars(OTHER) | bars(TABLE)),
}
DIFFERENT: dict[str, Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]]] = {
    "type of a column": lambda: (bars(), bars(TABLE.with_columns(y=pl.col("y").cast(pl.String)))),
    "order of categories": lambda: (
        bars(TABLE.with_columns(x=pl.col("x").cast(pl.Enum(["a", "b"])))),
        bars(TABLE.with_columns(x=pl.col("x").cast(pl.Enum(["b", "a"])))),
    ),
    "a number that equals another": lambda: (bars(usermeta={"n": 1}), bars(usermeta={"n": True})),
    "one table or two": lambda: (bars() | bars(), bars() | bars(OTHER)),
    "a bound parameter": lambda: tuple(
        bars().add_params(alt.param(name="p", value=value, bind=alt.binding_range())) for value in (1, 2)
    ),
    "a title computed": lambda: tuple(bars(title=alt.Title(alt.expr(text))) for text in ("'a'", "'b'")),
    "a size": lambda: (bars(width=100), bars(width=200)),
    "a moment": lambda: tuple(
        bars().encode(y=alt.datum(datetime(2026, 1, day, tzinfo=UTC))) for day in (1, 2)
    ),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_charts_that_differ_in_data_and_words_share_a_key(
    pair: Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]],
) -> None:
    """And what is put together with the kept part is what altair would have written."""
    first, second = pair()
    alone = written_anew(second)
    kept = written_anew(first)

    found = Drawing.of(second)

    assert found.spec is kept.spec
    assert found.complete() == alone.complete()
    assert found.description == alone.description
    assert {name: table.rows() for name, table in found.tables.items()} == {
        name: table.rows() for name, table in alone.tables.items()
    }


@pytest.mark.parametrize("pair", DIFFERENT.values(), ids=DIFFERENT)
def test_charts_that_are_drawn_differently_have_keys_of_their_own(
    pair: Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]],
) -> None:
    """However small the difference."""
    first, second = map(structure_of, pair())

    assert first is not None
    assert second is not None
    assert first.key != second.key


def test_a_chart_that_was_changed_where_it_stands_is_written_again() -> None:
    """Also deep inside."""
    chart = bars()
    before = Drawing.of(chart).spec

    chart.encoding.x.title = "another"

    assert before["encoding"]["x"] == {"field": "x", "type": "nominal"}
    assert Drawing.of(chart).spec["encoding"]["x"]["title"] == "another"


def test_altairs_theme_is_part_of_the_key() -> None:
    """It writes itself into each chart."""
    light = Drawing.of(bars()).spec
    with alt.theme.enable("dark"):
        dark = Drawing.of(bars()).spec

    assert light != dark
    assert Drawing.of(bars()).spec == light


def test_what_only_altair_understands_has_no_key() -> None:
    """Its rows are in the specification."""
    assert structure_of(bars(pd.DataFrame({"x": ["a"], "y": [1.0]}))) is None
    assert structure_of(bars(pl.DataFrame({"x": ["a"], "y": [[1.0]]}))) is None
    many = alt.Data(values=[{"x": "a", "y": n} for n in range(20_000)])
    assert structure_of(bars(many)) is None


def test_only_so_many_are_kept() -> None:
    """A notebook may draw for days."""
    for width in range(1, 200):
        Drawing.of(bars(width=width))

    assert len(anatomy._known) == anatomy._MOST_KNOWN
