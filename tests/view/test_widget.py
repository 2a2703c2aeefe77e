"""The chart widget, without a browser: what it would send, and what it keeps."""

import base64
import re
from datetime import UTC, datetime

import altair as alt
import pandas as pd
import polars as pl
import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.view import ChartView, picture, show, svg
from cfusage_lab.view.drawing import Drawing

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
    table = pl.DataFrame({"x": [datetime(2026, 1, 1, tzinfo=UTC)], "y": [float("nan")]})

    complete = Drawing.of(bars(table, text="here")).complete()

    assert complete["datasets"] == {"table_0": [{"x": 1_767_225_600_000, "y": None}]}
    assert complete["title"] == {"text": "here"}


def test_an_invalid_chart_raises_where_it_is_made() -> None:
    """And leaves the chart that was shown."""
    view = show(bars(TABLE))
    with pytest.raises(alt.utils.schemapi.SchemaValidationError):
        view.draw(alt.Chart(TABLE).mark_bar().encode(x=alt.X("x:N", sort={"what": 1})))  # type: ignore[arg-type]
    assert view.chart.to_dict() == bars(TABLE).to_dict()


def chosen_bars(**field: object) -> alt.Chart:
    """Draw bars in which points can be chosen, and an interval."""
    points = alt.selection_point(name="points", fields=["x"])
    span = alt.selection_interval(name="span", encodings=["y"])
    return bars(TABLE, **field).add_params(points, span)  # type: ignore[arg-type]


def test_a_selection_is_told_at_once_and_can_be_taken_back() -> None:
    """Before any browser has seen it; observers hear of it."""
    view, heard = show(chosen_bars()), []
    view.observe(lambda change: heard.append(change["new"]), names="selections")

    view.select("span", {"y": (1.5, 2.5)})
    view.select("points", {"x": ["b"]})
    view.select("span", None)

    span, points = {"span": {"y": [1.5, 2.5]}}, {"points": {"x": ["b"]}}
    assert heard == [span, span | points, points]
    assert view.get_state()["selections"] == points


def test_selections_outlive_another_chart_but_for_those_it_lacks_and_those_to_clear() -> None:
    """Other numbers, another mark, another selection."""
    view = show(chosen_bars())
    view.select("span", {"y": [0.5, 1.5]})
    view.select("points", {"x": ["a"]})
    both = view.selections

    view.draw(chosen_bars(text="more"))
    assert view.selections == both
    view.draw(chosen_bars().mark_line())
    assert view.selections == both
    view.draw(chosen_bars(), clear=["span"])
    assert view.selections == {"points": {"x": ["a"]}}
    view.draw(bars(TABLE))
    assert view.selections == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("brush", None, r"no selection 'brush': it has points, span"),
        ("span", {"y": 3}, r"intervals are selected as \{field: \[from, to\]\} or None, not"),
        ("span", {}, r"intervals are selected as"),
        ("span", {"y": []}, r"intervals are selected as"),
        ("points", ["a"], r"points are selected as \{field: \[one, another, ...\]\} or None, not \['a'\]"),
        ("points", {"x": ["a", "b"], "y": [1.0]}, r"points are selected as"),
    ],
)
def test_a_selection_that_cannot_be_is_refused(name: str, value: object, message: str) -> None:
    """And what was selected stays."""
    view = show(chosen_bars())
    view.select("span", {"y": [0.5, 1.5]})

    with pytest.raises(ConfigError, match=message):
        view.select(name, value)  # type: ignore[arg-type]

    assert view.selections == {"span": {"y": [0.5, 1.5]}}


def test_a_chart_without_selections_says_so() -> None:
    """The message names what there is."""
    with pytest.raises(ConfigError, match="no selection 'brush': it has none"):
        show(bars(TABLE)).select("brush", None)


def test_a_theme_can_be_chosen_and_changed() -> None:
    """The browser hears of it; the picture for readers without a kernel has it too."""
    view = show(bars(TABLE), theme="dark")
    assert view.get_state()["theme"] == "dark"
    data, _ = view._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == picture(bars(TABLE), theme="dark")

    view.theme = "auto"

    assert view.get_state()["theme"] == "auto"
    data, _ = view._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == picture(bars(TABLE))


def test_there_are_no_other_themes() -> None:
    """Wherever one is asked for."""
    view = show(bars(TABLE))
    for call in (
        lambda: show(bars(TABLE), theme="sepia"),
        lambda: picture(bars(TABLE), theme="sepia"),
        lambda: svg(bars(TABLE), theme="sepia"),
        lambda: setattr(view, "theme", "sepia"),
    ):
        with pytest.raises(ConfigError, match="theme 'sepia': pass 'auto', 'light' or 'dark'"):
            call()
    assert view.theme == "auto"


def test_a_pictures_theme_colours_what_the_chart_leaves_open() -> None:
    """Ground and letters are the theme's; the bars are the chart's, and so is a ground that it sets."""
    chart = bars(TABLE, text="here").mark_bar(color="#ff0000")

    light, dark = svg(chart, theme="light"), svg(chart, theme="dark")
    own = svg(chart.configure(background="#abcdef"), theme="dark")

    for drawn, ground, letters in ((light, "#ffffff", "#1f1f1f"), (dark, "#111111", "#e6e6e6")):
        assert re.search(rf'<rect width="\d+" height="\d+" fill="{ground}"', drawn)
        assert re.search(rf'<text [^>]*fill="{letters}"[^>]*>here</text>', drawn)
        assert 'fill="#ff0000"' in drawn
    assert 'fill="#abcdef"' in own
    assert re.search(r'<text [^>]*fill="#e6e6e6"[^>]*>here</text>', own)
