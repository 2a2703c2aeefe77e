"""Days as a calendar."""

import re
from datetime import date, timedelta

import polars as pl
import pytest
from chart_pictures import bars_of, rows_of, subtitle_of, svg_of, texts_of, title_of, told_by
from histories import days

from cfusage_lab.charts import calendar_chart
from cfusage_lab.charts.colours import RAMP
from cfusage_lab.charts.day_calendar import MOST_WEEKS
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import DAILY
from cfusage_lab.view import svg

WEEK_AND_A_HALF = {
    "2026-11-04": 5.0,
    "2026-11-05": 0.0,
    "2026-11-07": 20.0,
    "2026-11-09": 10.0,
}


def test_each_date_has_a_place_and_one_without_a_row_is_not_zero() -> None:
    """Wednesday 4 to Monday 9 November: two weeks, two days without a row."""
    rows = rows_of(calendar_chart(days(WEEK_AND_A_HALF)))

    monday = (date(2026, 11, 2) - date(1970, 1, 1)).days * 86_400_000
    week = 7 * 86_400_000
    assert [((row["week"] - monday) // week, row["weekday"], row["cost_usd"]) for row in rows] == [
        (0, 3, 5.0),
        (0, 4, 0.0),
        (0, 5, None),
        (0, 6, 20.0),
        (0, 7, None),
        (1, 1, 10.0),
    ]


def test_the_highest_and_the_lowest_cost_have_the_ends_of_the_ramp() -> None:
    """20 dollars on Saturday the 7th, nothing on Thursday the 5th, in the first of two columns."""
    chart = calendar_chart(days(WEEK_AND_A_HALF))

    ((left, top, width, _),), ((low_left, low_top, *_),) = (
        bars_of(chart, RAMP[-1]),
        bars_of(chart, RAMP[0]),
    )
    assert (left, low_left) == (low_left, left)
    assert (top - low_top) / (7 * 26) == pytest.approx(2 / 7, abs=0.01)
    assert width == pytest.approx(320 - 3, abs=0.5)


def corners(svg: str) -> list[tuple[float, float, str]]:
    """Tell top, left and colour of each corner that is seen."""
    triangles = re.findall(
        r'translate\(([\d.]+),([\d.]+)\)" d="M[^L"]*L[^L"]*L[^L"]*Z" fill="(#\w+)"[^>]* opacity="1"', svg
    )
    return [(float(top), float(left), fill) for left, top, fill in triangles]


def test_amounts_stand_in_wide_cells_and_partial_days_have_a_corner() -> None:
    """The 9th is running."""
    chart = calendar_chart(days(WEEK_AND_A_HALF, partial=["2026-11-09"], running=["2026-11-09"]))

    assert {"$5.00", "$0", "$20.00", "$10.00"} <= set(texts_of(chart))
    assert [(left > 600, top < 26) for top, left, _ in corners(svg_of(chart))] == [(True, True)]
    assert subtitle_of(chart)[-2:] == [
        "Corners mark days with hours missing: 1",
        "4 days, the last not final",
    ]
    assert told_by(chart)[-1] == {
        "Day": "Mon 9 Nov 2026",
        "Cost": "$10.00",
        "Hours": "1, not the whole day",
        "State": "in progress",
    }
    assert told_by(chart)[2] == {
        "Day": "Fri 6 Nov 2026",
        "Cost": "no row",
        "Hours": "no row",
        "State": "no row",
    }


@pytest.mark.parametrize(("cost", "is_shown"), [(99.0, True), (1234.5, True), (48_120_965.1, False)])
def test_amounts_stand_in_cells_that_have_room_for_the_longest(cost: float, *, is_shown: bool) -> None:
    """In seven columns of 91 pixels: ``$1,234.50`` fits, ``$48,120,965.10`` would cover its neighbours."""
    costs = {str(date(2026, 11, 2) + timedelta(days=7 * n)): cost if n else 1.0 for n in range(7)}

    svg = svg_of(calendar_chart(days(costs)))

    cells = re.findall(r"<text[^>]*>\$1\.00</text>", svg)
    assert [cell for cell in cells if 'opacity="0"' not in cell] == cells[-1:] * is_shown


def test_of_several_costliest_days_the_earliest_is_stated() -> None:
    """The 7th, and not the 9th."""
    chart = calendar_chart(days({"2026-11-09": 20.0, "2026-11-07": 20.0, "2026-11-08": 1.0}))

    assert title_of(chart) == "Costliest day: Sat 7 Nov 2026, $20.00"


@pytest.mark.parametrize(("theme", "ink"), [("light", "#000000"), ("dark", "#ffffff")])
def test_what_stands_on_cells_is_white_on_strong_ones_and_black_or_white_on_others(
    theme: str, ink: str
) -> None:
    """20 dollars are all blue, nothing is hardly any; 17.70 are just not strong, 17.90 just are."""
    week = {"2026-11-02": 0, "2026-11-03": 20, "2026-11-05": 17.7, "2026-11-06": 17.9}

    drawn = svg(calendar_chart(days(week, partial=list(week))), theme=theme)

    inks = {"$0": ink, "$20.00": "#ffffff", "$17.70": ink, "$17.90": "#ffffff"}
    texts = re.findall(r'<text[^>]*translate\(320,[^>]*fill="(#\w+)" opacity="1">([^<]*)', drawn)
    assert {amount: fill for fill, amount in texts} == inks
    assert [fill for _, _, fill in sorted(corners(drawn))] == [*inks.values()]


def test_the_heading_states_the_costliest_day() -> None:
    """And whose days these are."""
    chart = calendar_chart(
        days(WEEK_AND_A_HALF), names={"a": "Alpha"}, time_zone="Asia/Tokyo", note="Sandbox"
    )

    assert title_of(chart) == "Costliest day: Sat 7 Nov 2026, $20.00"
    assert subtitle_of(chart) == [
        "Alpha · US dollars a day",
        "Wed 4 Nov to Mon 9 Nov 2026 · Asia/Tokyo days",
        "Sandbox",
    ]


def test_several_accounts_share_their_weeks() -> None:
    """Beta's only day stands in the same column as Alpha's."""
    both = pl.concat([days(WEEK_AND_A_HALF), days({"2026-11-09": 3.0}, account_id="b")])
    chart = calendar_chart(both, names={"a": "Alpha", "b": "Beta"})

    assert [view["title"]["text"] for view in chart.to_dict()["vconcat"]] == ["Alpha", "Beta"]
    assert [row["cost_usd"] for row in rows_of(chart, nth=1)] == [None] * 5 + [3.0]
    assert title_of(chart) == "Cost by day"
    assert told_by(chart, nth=1)[5]["Account"] == "Beta"


def test_accounts_share_one_scale() -> None:
    """Beta's 20 dollars look like Alpha's, and its 5 like Alpha's."""
    other = days({"2026-11-04": 5.0, "2026-11-05": 20.0}, account_id="b")

    chart = calendar_chart(pl.concat([days(WEEK_AND_A_HALF), other]))

    assert len(bars_of(chart, RAMP[-1])) == 1 + 1
    assert len(re.findall(r'fill="rgba\(21, 96, 226, 0\.30', svg(chart))) == 1 + 1


def test_none_one_and_no_cost_are_drawn() -> None:
    """Neither is a hole."""
    nothing = texts_of(calendar_chart(pl.DataFrame(schema=DAILY)))
    assert {"Cost by day: no days", "There is no day in this table"} <= set(nothing)
    assert "$3.00" in texts_of(calendar_chart(days({"2026-11-09": 3.0})))
    assert title_of(calendar_chart(days({"2026-11-09": 0.0}))) == "Cost by day"


def test_of_twelve_years_the_last_weeks_are_drawn_and_that_is_said() -> None:
    """160 weeks that end with the last day's week; the costliest day is one of those drawn."""
    first = date(2014, 1, 1)
    costs = {str(first + timedelta(days=n)): 99.0 if n == 0 else 1.0 for n in range(4383)}
    chart = calendar_chart(days(costs))

    rows = rows_of(chart)
    assert len({row["week"] for row in rows}) == MOST_WEEKS
    left_out = 4383 - len(rows)
    assert f"The last 160 weeks; {left_out:,} older rows are not drawn" in subtitle_of(chart)
    assert title_of(chart).endswith("$1.00")


def test_wrong_input_is_refused_by_name() -> None:
    """A day twice, a zone that does not exist, another table."""
    with pytest.raises(FrameError, match="2026-11-09 of account a is a duplicate"):
        calendar_chart(pl.concat([days({"2026-11-09": 3.0})] * 2))
    with pytest.raises(ConfigError, match="Middle/Earth"):
        calendar_chart(days({"2026-11-09": 3.0}), time_zone="Middle/Earth")
    with pytest.raises(FrameError, match="not a daily table"):
        calendar_chart(days({"2026-11-09": 3.0}).drop("hours"))
