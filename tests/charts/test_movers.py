"""The largest changes as a picture."""

import polars as pl
import pytest
from chart_pictures import MINUS, bars_of, rows_of, subtitle_of, texts_of, title_of, told_by
from histories import days

from cfusage_lab.changes import day_over_day, movers
from cfusage_lab.charts import movers_chart
from cfusage_lab.charts.movers import MOST_MOVERS
from cfusage_lab.charts.shades import DOWN, UP
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

    assert [row["named"] for row in by_both[:3]] == [
        "Alpha, Mon 2 Nov",
        "Alpha, Tue 3 Nov",
        "Beta, Mon 2 Nov",
    ]
    assert [row["named"] for row in by_account] == ["Alpha", "Beta"]


def test_bars_of_two_years_are_named_with_theirs() -> None:
    """The last day of 2025 and the first of 2026."""
    daily = days({"2025-12-30": 1, "2025-12-31": 4, "2026-01-01": 9})

    rows = rows_of(movers_chart(movers(day_over_day(daily))))

    assert [row["named"] for row in rows] == ["Thu 1 Jan 2026", "Wed 31 Dec 2025"]


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
    assert len(rows_of(chart)) == MOST_MOVERS
    assert "The first 40 of 50 rows" in subtitle_of(chart)


def test_a_table_of_something_else_is_refused() -> None:
    """A comparison is not yet movers."""
    with pytest.raises(FrameError, match="not a movers table: missing 'share'"):
        movers_chart(day_over_day(days(ALPHA)))
