"""What altair wrote of one of our charts serves the next one of the same page, and only that."""

from collections.abc import Callable
from datetime import date
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import days

from cfusage_lab import changes
from cfusage_lab.charts import calendar_chart, day_over_day_chart, movers_chart, page
from cfusage_lab.view.drawing import Drawing

DAYS = {"2026-11-01": 3.0, "2026-11-02": 1.0, "2026-11-03": 4.0}
OTHER_DAYS = {"2026-10-01": 5.0, "2026-10-02": 9.0, "2026-10-03": 2.0, "2026-10-04": 6.0}


def bars(costs: dict[str, float] = DAYS, **options: Any) -> alt.VConcatChart:  # noqa: ANN401 - the chart's own
    return day_over_day_chart(changes.day_over_day(days(costs)), **options)


def listed(costs: dict[str, float]) -> alt.VConcatChart:
    return movers_chart(changes.movers(changes.day_over_day(days(costs))))


def written_anew(chart: alt.TopLevelMixin) -> Drawing:
    """Take a chart apart as one of nobody's."""
    return Drawing._written(chart)


SAME: dict[str, Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]]] = {
    "rows": lambda: (bars(), bars(OTHER_DAYS)),
    "words": lambda: (bars(), bars(note="Made up")),
    "a name in the heading": lambda: (
        bars(names={"a": "Alpha"}),
        bars(OTHER_DAYS, names={"a": "Alpha"}, time_zone="UTC"),
    ),
    "values of parameters": lambda: (
        listed(DAYS),
        listed({one: 1000 * cost for one, cost in DAYS.items()}),
    ),
}


CHANGED: dict[str, Callable[[Any], None]] = {
    "a height": lambda chart: setattr(chart.vconcat[0], "height", 500),
    "the padding": lambda chart: setattr(chart, "padding", 40),
    "the title's size": lambda chart: setattr(chart.title, "fontSize", 30),
    "the title": lambda chart: setattr(chart, "title", "Another"),
    "a parameter": lambda chart: chart.params.append(alt.VariableParameter(name="p", value=1)),
    "a view": lambda chart: chart.vconcat.append(alt.Chart().mark_point()),
    "the description": lambda chart: setattr(chart, "description", "Another"),
}


@pytest.mark.parametrize("pair", SAME.values(), ids=SAME)
def test_charts_that_differ_in_data_and_words_share_what_was_written(
    pair: Callable[[], tuple[alt.TopLevelMixin, alt.TopLevelMixin]],
) -> None:
    """And what is put together with it is what altair would have written."""
    first, second = pair()

    kept, found, alone = Drawing.of(first), Drawing.of(second), written_anew(second)

    assert found.spec is kept.spec
    assert found.complete() == alone.complete()
    assert found.description == alone.description
    assert {name: table.rows() for name, table in found.tables.items()} == {
        name: table.rows() for name, table in alone.tables.items()
    }


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_a_chart_that_was_changed_where_it_stands_is_written_again(change: Callable[[Any], None]) -> None:
    chart = bars()
    kept = Drawing.of(chart)

    change(chart)

    assert page.page_of(chart) is None
    found, alone = Drawing.of(chart), written_anew(chart)
    assert (found.complete(), found.description) == (alone.complete(), alone.description)
    assert (found.complete(), found.description) != (kept.complete(), kept.description)
    assert Drawing.of(bars()).complete() == kept.complete()


def test_a_chart_that_altair_has_copied_is_written_again() -> None:
    """As its methods do that change something."""
    chart = bars()

    wide = chart.properties(spacing=3)

    assert page.page_of(wide) is None
    assert Drawing.of(wide).spec["spacing"] == 3
    assert page.page_of(chart) is not None


def test_altairs_theme_decides_what_is_written() -> None:
    """It writes itself into each chart."""
    light = Drawing.of(bars()).spec
    with alt.theme.enable("dark"):
        dark = Drawing.of(bars()).spec

    assert light != dark
    assert Drawing.of(bars()).spec == light


def test_one_table_in_two_rows_is_sent_once_and_not_taken_for_two() -> None:
    """Nothing is kept of such a chart: the next one may have two tables."""
    table = pl.DataFrame({"y": [1.0]})

    @page.cached_page
    def twice() -> alt.VConcatChart:
        return page.stack_views([alt.Chart().mark_bar().encode(y="y:Q") for _ in range(2)])

    same, apart = (
        Drawing.of(page.fill_page(twice(), tables, title="", facts=[], note=None))
        for tables in ([table, table], [table, table + 1])
    )

    assert [len(one.tables) for one in (same, apart)] == [1, 2]


def test_a_page_is_of_its_accounts_and_of_what_is_drawn() -> None:
    """Other names of several, other kinds of charts and an account of zeros have pages of their own."""
    zeros = days({str(date(2026, 11, day)): 0.0 for day in range(1, 9)})
    two = changes.day_over_day(pl.concat([days(DAYS), days(DAYS, account_id="b")]))
    charts = [
        bars(),
        day_over_day_chart(two),
        day_over_day_chart(two, names={"a": "Alpha"}),
        calendar_chart(days(DAYS)),
        calendar_chart(zeros),
    ]

    assert len({id(page.page_of(chart)) for chart in charts}) == len(charts)


def test_an_account_that_is_alone_is_drawn_on_the_page_of_another_one() -> None:
    """Its name stands in the heading, not in the page."""
    assert page.page_of(bars()) is page.page_of(bars(names={"a": "Alpha"}))
