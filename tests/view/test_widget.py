"""The chart widget, without a browser: what it would send, and what it keeps."""

import base64
from datetime import UTC, datetime

import altair as alt
import pandas as pd
import polars as pl
import pytest

from cfusage_lab.view import ChartView, picture, show

TABLE = pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0]})


def bars(table: object, **title: str) -> alt.Chart:
    """Draw a small chart."""
    chart = alt.Chart(table).mark_bar().encode(x="x:N", y="y:Q")
    return chart.properties(title=alt.Title(**title)) if title else chart


def names_of(view: ChartView) -> dict[str, list[str]]:
    """Tell the columns of each table that would be sent."""
    return {
        name: [column["name"] for column in table["columns"]]
        for name, table in view.get_state()["_tables"].items()
    }


def test_a_polars_table_travels_as_columns_and_not_in_the_spec() -> None:
    """The spec names it."""
    view = show(bars(TABLE))

    state = view.get_state()
    assert state["_spec"]["data"] == {"name": "table_0"}
    assert "datasets" not in state["_spec"]
    assert names_of(view) == {"table_0": ["x", "y"]}


def test_more_than_five_thousand_rows_do_not_raise() -> None:
    """A year of hours is 8,760, in a polars table and in any other."""
    many = pl.DataFrame({"x": range(8760), "y": range(8760)})

    assert show(bars(many)).get_state()["_tables"]["table_0"]["length"] == 8760
    (rows,) = show(bars(pd.DataFrame({"x": range(8760), "y": range(8760)})))._spec["datasets"].values()
    assert len(rows) == 8760


def test_one_table_used_twice_is_sent_once_and_two_tables_apart() -> None:
    """In layers and in concatenations."""
    other = pl.DataFrame({"x": ["c"], "y": [3.0]})
    chart = alt.hconcat(bars(TABLE) + bars(TABLE).mark_point(), bars(other))

    assert names_of(show(chart)) == {"table_0": ["x", "y"], "table_1": ["x", "y"]}


def test_what_cannot_be_packed_goes_as_altair_sends_it() -> None:
    """A column of lists, and data written into the chart."""
    rows = [{"x": "a", "y": 1.0, "more": [1, 2]}]

    nested, written = show(bars(pl.DataFrame(rows))), show(bars(alt.Data(values=rows)))

    assert list(nested._spec["datasets"].values()) == [rows]
    assert written._spec["data"] == {"values": rows}
    assert nested._tables == written._tables == {}


def test_altairs_own_settings_are_left_alone() -> None:
    """Showing a chart here changes nothing for other charts of the notebook."""
    before = alt.data_transformers.active, dict(alt.data_transformers.options)

    show(bars(TABLE))

    assert (alt.data_transformers.active, dict(alt.data_transformers.options)) == before


def test_other_numbers_under_another_title_are_no_new_drawing() -> None:
    """The spec stays the same object of traitlets, so the browser updates in place."""
    view = show(bars(TABLE, text="two", subtitle="dollars"))
    seen: list[str] = []
    view.observe(lambda change: seen.append(change["name"]))

    view.draw(bars(TABLE.with_columns(y=pl.col("y") * 10), text="twenty", subtitle="dollars"))

    assert sorted(seen) == ["_tables", "_values"]
    assert view._values == {"cfusage_title": "twenty", "cfusage_subtitle": "dollars"}


def test_another_mark_is_a_new_drawing() -> None:
    """The spec differs."""
    view = show(bars(TABLE))
    before = view._spec

    view.draw(bars(TABLE).mark_line())

    assert view._spec != before
    assert view.chart.mark == "line"


def test_a_selection_in_a_concatenation_keeps_the_drawing_too() -> None:
    """Altair calls such views after their content, rows included."""

    def linked(table: pl.DataFrame) -> alt.VConcatChart:
        brush = alt.selection_interval(name="brush", encodings=["x"])
        return bars(table).add_params(brush) & bars(table).transform_filter(brush)

    view = show(linked(TABLE))
    before = view._spec

    view.draw(linked(TABLE.with_columns(y=pl.col("y") + 1)))

    assert view._spec == before


def test_the_library_is_one_for_all_charts_and_made_anew_when_it_was_closed() -> None:
    """The bundle is nearly a megabyte: one copy a kernel."""
    first, second = show(bars(TABLE)), show(bars(TABLE))
    assert first._library is second._library
    assert b"vegaEmbed" in first._library.source
    assert first.get_state()["_library"] == f"anywidget:{first._library.model_id}"

    first._library.close()

    third = show(bars(TABLE))
    assert third._library is not first._library
    assert third._library.comm is not None


def test_the_bundle_carries_a_picture_for_readers_without_a_kernel() -> None:
    """The very picture of the chart, beside the live view."""
    data, _ = show(bars(TABLE))._repr_mimebundle_()

    assert base64.b64decode(data["image/png"]) == picture(bars(TABLE))
    assert "application/vnd.jupyter.widget-view+json" in data


def test_a_chart_that_vega_cannot_draw_is_shown_without_a_picture() -> None:
    """Its live view says why; the cell must not fail."""
    broken = bars(TABLE).transform_calculate(z="datum.y +")

    data, _ = show(broken)._repr_mimebundle_()

    assert "image/png" not in data
    with pytest.raises(ValueError, match="Unexpected end of input"):
        picture(broken)


def test_a_picture_shows_instants_nulls_and_numbers_like_the_browser() -> None:
    """An instant is its milliseconds, NaN is null, as the packed columns have it."""
    from cfusage_lab.view.widget import _Drawing  # noqa: PLC0415 - how a chart is put together again

    table = pl.DataFrame({"x": [datetime(2026, 1, 1, tzinfo=UTC)], "y": [float("nan")]})

    complete = _Drawing.of(bars(table, text="here")).complete()

    assert complete["datasets"] == {"table_0": [{"x": 1_767_225_600_000, "y": None}]}
    assert complete["title"] == {"text": "here"}


def test_an_invalid_chart_raises_where_it_is_made() -> None:
    """And leaves the chart that was shown."""
    view = show(bars(TABLE))
    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        view.draw(alt.Chart(TABLE).mark_bar().encode(x=alt.X("x:N", sort={"what": 1})))  # type: ignore[arg-type]
    assert view.chart.to_dict() == bars(TABLE).to_dict()
