"""Charts written down beside each other on several threads, and beside what a user has set up for altair."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import altair as alt
import narwhals.stable.v1 as nw
import pandas as pd
import polars as pl
import pytest
from bs4 import BeautifulSoup

from cfusage_lab.view import svg
from cfusage_lab.view.drawing import Drawing
from cfusage_lab.view.vega_lite import to_vega_lite

TABLE = pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0], "g": ["p", "q"]})
OTHER = pl.DataFrame({"x": ["c"], "z": [3.0]})
THREADS = 8


def bars(table: object, **properties: object) -> alt.Chart:
    """Draw bars of columns whose types nobody says."""
    return alt.Chart(table, **properties).mark_bar().encode(x="x", y="y")  # type: ignore[arg-type]


@pytest.mark.slow
def test_many_threads_draw_at_once_and_each_gets_its_own_rows() -> None:
    """Each thread its own charts, some of one kind."""
    begin = Barrier(THREADS)

    def draw(thread: int) -> list[tuple[list[Any], list[Any]]]:
        begin.wait()
        found = []
        for nth in range(60):
            table = pl.DataFrame({"x": [f"{thread}.{nth}"], "y": [float(nth)]})
            chart = bars(table, width=100 + nth % 40 + 40 * thread) & bars(table.with_columns(y=-pl.col("y")))
            tables = Drawing.of(chart).tables
            found.append(([one["x"][0] for one in tables.values()], [one["y"][0] for one in tables.values()]))
        return found

    with ThreadPoolExecutor(THREADS) as threads:
        drawn = list(threads.map(draw, range(THREADS)))

    assert drawn == [
        [([f"{thread}.{nth}"] * 2, [float(nth), -float(nth)]) for nth in range(60)]
        for thread in range(THREADS)
    ]


@pytest.fixture
def asked() -> Iterator[list[object]]:
    """Have a user's own transformer active, which must never be asked for a chart of ours."""
    tables: list[object] = []

    def mine(data: object, *, mark: str) -> dict[str, Any]:
        tables.append(data)
        return {"values": [{"mark": mark}]}

    alt.data_transformers.register("mine", mine)
    with alt.data_transformers.enable("mine", mark="here"):
        yield tables
    alt.data_transformers.register("mine", None)


@pytest.mark.slow
def test_a_users_own_transformer_is_active_all_the_time_and_takes_no_part(asked: list[object]) -> None:
    """Not even for a moment, not even for another thread: it is looked at while eight others draw."""
    begin, seen = Barrier(THREADS + 1), set()

    def draw(thread: int) -> None:
        begin.wait()
        for nth in range(20):
            Drawing.of(bars(TABLE, width=100 + 20 * thread + nth) & bars(OTHER).encode(y="z"))

    with ThreadPoolExecutor(THREADS) as threads:
        drawing = [threads.submit(draw, thread) for thread in range(THREADS)]
        begin.wait()
        while not all(one.done() for one in drawing):
            seen.add((alt.data_transformers.active, str(alt.data_transformers.options)))
        for one in drawing:
            one.result()

    assert seen <= {("mine", "{'mark': 'here'}")}
    assert asked == []
    assert bars(TABLE).to_dict()["datasets"].popitem()[1] == [{"mark": "here"}]


def test_the_engine_that_altair_may_be_told_to_use_takes_no_part_either() -> None:
    """With it, altair writes no Vega-Lite any more."""
    with alt.data_transformers.enable("vegafusion"):
        assert Drawing.of(bars(TABLE)).spec["data"] == {"name": "table_0"}


CHARTS = {
    "layers of one table": lambda: (bars(TABLE) + bars(TABLE).mark_point(), [TABLE]),
    "layers of two": lambda: (bars(TABLE) + alt.Chart(OTHER).mark_point().encode(y="z"), [TABLE, OTHER]),
    "side by side": lambda: (bars(TABLE) | alt.Chart(OTHER).mark_point().encode(y="z"), [TABLE, OTHER]),
    "in each other": lambda: (
        (bars(TABLE) + bars(TABLE)) & (bars(TABLE) | alt.Chart(OTHER).mark_point().encode(y="z")),
        [TABLE, OTHER],
    ),
    "facets": lambda: ((bars(TABLE) + bars(TABLE)).facet(column="g"), [TABLE]),
    "repeated": lambda: (bars(TABLE).repeat(["x", "g"]), [TABLE]),
    "a lookup": lambda: (
        bars(TABLE).encode(color="z:Q").transform_lookup("x", alt.LookupData(OTHER, "x", ["z"])),
        [TABLE, OTHER],
    ),
    "a selection": lambda: (
        bars(TABLE).add_params(alt.selection_interval(name="span")) & bars(TABLE),
        [TABLE],
    ),
    "a table of narwhals": lambda: (bars(nw.from_native(TABLE)), [TABLE]),
}


@pytest.mark.parametrize("case", CHARTS.values(), ids=CHARTS)
def test_every_table_of_a_chart_is_named_and_none_stands_in_it(case: Any) -> None:  # noqa: ANN401 - see above
    chart, tables = case()
    before = chart.to_dict()

    spec, found = to_vega_lite(chart)

    assert [id(one) for one in found.values()] == [id(one) for one in tables]
    assert "datasets" not in spec
    assert all(f"'name': '{name}'" in str(spec) for name in found)
    assert chart.to_dict() == before


def test_types_are_told_from_the_table_however_deep_it_is() -> None:
    """As altair does: text is nominal, numbers are quantitative, an order is one."""
    ordered = pl.DataFrame({"x": ["lo"], "y": [1]}, schema={"x": pl.Enum(["lo", "hi"]), "y": pl.Int64})
    pandas = pd.DataFrame({"x": pd.Categorical(["u"], ["v", "u"], ordered=True), "y": [1.0]})

    spec, _ = to_vega_lite(bars(ordered) | (bars(pandas) + bars(TABLE)))

    first, second = spec["hconcat"]
    assert first["encoding"]["x"] == {"field": "x", "type": "ordinal", "sort": ["lo", "hi"]}
    assert second["layer"][0]["encoding"]["x"] == {"field": "x", "type": "ordinal", "sort": ["v", "u"]}
    assert second["layer"][1]["encoding"]["x"] == {"field": "x", "type": "nominal"}
    assert spec["datasets"] == {"table_1": [{"x": "u", "y": 1.0}]}


def test_a_chart_that_altair_refuses_is_refused() -> None:
    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        to_vega_lite(alt.Chart(TABLE).mark_bar().encode(x=alt.X("x:N", sort={"what": 1})))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "shown"),
    [
        ("a\nb\r", "a␊b␍"),
        ("a\u2028b", "a<U+2028>b"),
        ("a\\", "a\N{SET MINUS}"),
        ('a\'"b\\"c', 'a\'"b\N{SET MINUS}"c'),
        ("C:\\\\temp\\\\", "C:\\\\temp\\\\"),
    ],
)
def test_any_title_of_a_channel_is_drawn(title: str, shown: str) -> None:
    """Alone, in layers, beside others, in repeated charts: Vega-Lite puts it between quotes as it is."""
    channels = alt.X("y:Q", title=title), alt.Color("g", title=title), alt.Tooltip("y:Q", title=title)
    one = alt.Chart(TABLE).mark_bar(tooltip=True).encode(*channels)
    repeated = one.encode(y=alt.Y(alt.repeat(), type="nominal", title=title)).repeat(["x", "g"])

    drawn = svg((one & (one + one)) | repeated)

    assert shown in BeautifulSoup(drawn, "html.parser").text
    told = Drawing.of(one).spec["encoding"]
    assert [told[name]["title"] for name in ("x", "color", "tooltip")] == [shown] * 3
