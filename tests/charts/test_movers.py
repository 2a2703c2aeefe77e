"""The largest changes as a picture."""

import re

import altair as alt
import polars as pl
import pytest
import vl_convert
from chart_pictures import (
    MINUS,
    VEGA_LITE,
    bars_of,
    complete,
    rows_of,
    subtitle_of,
    texts_of,
    title_of,
    told_by,
)
from histories import days

from cfusage_lab.changes import day_over_day, movers
from cfusage_lab.charts import movers_chart
from cfusage_lab.charts.bar_list import MOST_ROWS
from cfusage_lab.charts.colours import DOWN, UP
from cfusage_lab.errors import FrameError
from cfusage_lab.schema import MOVERS

ALPHA = {"2026-11-01": 10.0, "2026-11-02": 16.0, "2026-11-03": 12.0, "2026-11-04": 14.0}


def test_bars_are_as_long_as_the_changes_and_in_their_order() -> None:
    """+6, -4, +2: a share of 150 %, -100 % and 50 % of the whole change of 4."""
    chart = movers_chart(movers(day_over_day(days(ALPHA))))

    (two, six) = sorted(bars_of(chart, UP), key=lambda bar: bar[2])
    (four,) = bars_of(chart, DOWN)
    assert [six[2] / two[2], four[2] / two[2]] == pytest.approx([3.0, 2.0], rel=1e-3)
    assert six[1] < four[1] < two[1]
    assert [row["Share of the whole change"] for row in told_by(chart)] == [
        "150.0%",
        f"{MINUS}100.0%",
        "50.0%",
    ]
    assert told_by(chart)[0] == {
        "Account": "a…a",
        "Day": "Mon 2 Nov 2026",
        "Cost": "$16.00",
        "Before": "$10.00",
        "Change": "+$6.00",
        "Change ratio": "+60.0%",
        "Share of the whole change": "150.0%",
        "Kind": "up",
        "State": "complete",
    }


def test_amount_and_ratio_stand_beside_the_bars() -> None:
    """And a kind where there is no ratio."""
    texts = texts_of(
        movers_chart(movers(day_over_day(days({"2026-11-01": 0, "2026-11-02": 6, "2026-11-03": 3}))))
    )

    assert {"Mon 2 Nov", "+$6.00", "new", "Tue 3 Nov", f"{MINUS}$3.00", f"{MINUS}50.0%"} <= set(texts)


def test_bars_are_named_by_what_tells_them_apart() -> None:
    """By the day, by the account on one day, or by both."""
    both = pl.concat([days(ALPHA), days({"2026-11-01": 1, "2026-11-02": 4}, account_id="b")])
    comparison = day_over_day(both)
    names = {"a": "Alpha", "b": "Beta"}

    by_both = rows_of(movers_chart(movers(comparison), names=names))
    by_account = rows_of(
        movers_chart(movers(comparison.filter(pl.col("date") == pl.date(2026, 11, 2))), names=names)
    )

    assert [(row["who"], row["on"]) for row in by_both[:3]] == [
        ("Alpha", "Mon 2 Nov"),
        ("Alpha", "Tue 3 Nov"),
        ("Beta", "Mon 2 Nov"),
    ]
    assert [(row["who"], row["on"]) for row in by_account] == [("Alpha", ""), ("Beta", "")]
    assert title_of(movers_chart(movers(comparison), names=names)).startswith(
        "Largest change: Alpha, Mon 2 Nov, +$6.00"
    )


def test_bars_of_two_years_are_named_with_theirs() -> None:
    """The last day of 2025 and the first of 2026."""
    daily = days({"2025-12-30": 1, "2025-12-31": 4, "2026-01-01": 9})

    rows = rows_of(movers_chart(movers(day_over_day(daily))))

    assert [(row["who"], row["on"]) for row in rows] == [("", "Thu 1 Jan 2026"), ("", "Wed 31 Dec 2025")]


def drawn_at(width: int, chart: alt.VConcatChart) -> str:
    """Draw it as in a cell of that many pixels and its margin."""
    spec = complete(chart)
    spec["vconcat"][0]["width"] = width
    return vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)


@pytest.mark.parametrize("width", [350, 640, 990])
@pytest.mark.parametrize("change", [0.0000004, 0.25, 6.0, 48_120_965.1])
def test_names_bars_and_figures_stand_beside_each_other_in_any_cell(width: int, change: float) -> None:
    """Nothing sticks out of the cell, and no bar reaches into the texts at either side."""
    both = pl.concat([days({"2026-11-02": 3 * change, "2026-11-03": change}, account_id=one) for one in "ab"])
    both = pl.concat([both, days({"2026-11-04": 9 * change, "2026-11-05": 0}, account_id="a")])
    names = {"a": "Larkspur Research and Development", "b": "Beta"}
    chart = movers_chart(movers(day_over_day(both)), names=names)

    svg = drawn_at(width, chart)

    (total,) = re.findall(r'<svg[^>]* width="([\d.]+)"', svg)
    assert float(total) <= width + 10
    place = r'<text text-anchor="(start|end)" transform="translate\(([\d.]+),[\d.]+\)"'
    found = re.findall(place + r'[^>]*font-size="12px"[^>]*>([^<]+)', svg)
    texts = [(side, float(x), text) for side, x, text in found]
    bars = [
        tuple(map(float, bar))
        for bar in re.findall(rf'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*"[^>]*fill="(?:{UP}|{DOWN})"', svg)
    ]
    assert bars
    names_end = max(x + 6.7 * len(text) for side, x, text in texts if side == "start")
    figures_begin = min(x - 6.7 * len(text) for side, x, text in texts if side == "end")
    assert names_end <= min(left for left, _ in bars)
    assert max(left + length for left, length in bars) <= figures_begin


def test_in_no_cell_does_a_rise_go_left() -> None:
    """Not even where texts leave no room for bars."""
    chart = movers_chart(
        movers(day_over_day(days({"2026-11-01": 1e6, "2026-11-02": 2e6, "2026-11-03": 1e6})))
    )

    svg = drawn_at(160, chart)

    ((up,), (down,)) = (
        [float(left) for left in re.findall(rf'd="M([\d.]+),[^"]*"[^>]*fill="{colour}"', svg)]
        for colour in (UP, DOWN)
    )
    assert down < up


def test_a_narrow_cell_leaves_the_weekday_out_where_accounts_are_named() -> None:
    """Not where there is one account, and room."""
    one, other = days(ALPHA), days({"2026-11-01": 1, "2026-11-02": 4}, account_id="b")
    several = movers_chart(movers(day_over_day(pl.concat([one, other]))), names={"a": "Alpha", "b": "Beta"})

    assert ">2 Nov<" in drawn_at(350, several)
    assert ">Mon 2 Nov<" in drawn_at(640, several)
    assert ">Mon 2 Nov<" in drawn_at(350, movers_chart(movers(day_over_day(one))))


def test_where_nothing_changed_no_change_is_the_largest() -> None:
    """Nor is one that cost the same on both days."""
    chart = movers_chart(movers(day_over_day(days({"2026-11-01": 3, "2026-11-02": 3}))))

    assert title_of(chart) == "Largest changes: nothing changed"
    assert {"Mon 2 Nov", "$0"} <= set(texts_of(chart))


def test_the_heading_states_the_largest_change() -> None:
    """And the unit."""
    chart = movers_chart(movers(day_over_day(days(ALPHA))), names={"a": "Alpha"}, note="Sandbox")

    assert title_of(chart) == "Largest change: Mon 2 Nov, +$6.00 (+60.0%)"
    assert subtitle_of(chart) == [
        "Alpha · Change in US dollars",
        "Mon 2 Nov to Wed 4 Nov 2026",
        "Sandbox",
    ]


def test_none_one_and_too_many_are_drawn() -> None:
    """Of 50, the first 40, and that is said."""
    nothing = texts_of(movers_chart(pl.DataFrame(schema=MOVERS)))
    assert {"Largest changes: no known change", "There is no known change in this table"} <= set(nothing)
    assert len(rows_of(movers_chart(movers(day_over_day(days(ALPHA)), top=1)))) == 1
    one = movers(day_over_day(days(ALPHA)), top=1)
    many = pl.concat([one.with_columns(account_id=pl.lit(f"{n:032x}")) for n in range(50)])
    chart = movers_chart(many)
    assert len(rows_of(chart)) == MOST_ROWS
    assert "The first 40 of 50 rows" in subtitle_of(chart)


def test_of_too_many_only_those_drawn_are_said_to_change_yet() -> None:
    """The first of 41 rows and the last, which is not drawn."""
    one = movers(day_over_day(days(ALPHA)), top=1)
    states = ["provisional", *["complete"] * MOST_ROWS]
    states[-1] = "provisional"
    many = pl.concat([one.with_columns(account_id=pl.lit(f"{n:032x}")) for n in range(41)])

    said = subtitle_of(movers_chart(many.with_columns(state=pl.Series(states))))

    assert "Paler bars are not final: 1 of 40" in said
    assert not any("rows" in line for line in subtitle_of(movers_chart(many.head(MOST_ROWS))))


def test_a_table_of_something_else_is_refused() -> None:
    """A comparison is not yet movers."""
    with pytest.raises(FrameError, match="not a movers table: missing 'share'"):
        movers_chart(day_over_day(days(ALPHA)))
