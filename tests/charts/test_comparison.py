"""Two ranges beside each other."""

from datetime import date, timedelta

import polars as pl
import pytest
from chart_pictures import MINUS, bars_of, complete, rows_of, subtitle_of, svg_of, texts_of, title_of, told_by
from histories import days

from cfusage_lab.changes import compare
from cfusage_lab.charts import comparison_chart
from cfusage_lab.charts.colours import FRAME, PALETTE, REST
from cfusage_lab.errors import FrameError
from cfusage_lab.schema import COMPARISON

NOVEMBER = {"2026-11-02": 10.0, "2026-11-03": 30.0, "2026-11-04": 20.0}
OCTOBER = {"2026-10-05": 20.0, "2026-10-06": 15.0}


def test_each_day_stands_right_of_its_partner_on_one_scale() -> None:
    """10 beside 20, 30 beside 15, and 20 beside nothing."""
    chart = comparison_chart(compare(days(NOVEMBER), days(OCTOBER)))

    now, before = bars_of(chart, PALETTE[0]), bars_of(chart, REST, channel="stroke")
    assert [bar[3] / now[0][3] for bar in now] == pytest.approx([1.0, 3.0, 2.0], rel=1e-3)
    assert [bar[3] / now[0][3] for bar in before] == pytest.approx([2.0, 1.5], rel=1e-3)
    for (left, _, width, _), (right, *_) in zip(before, now[:2], strict=True):
        assert right == pytest.approx(left + width + 2, abs=0.1)


def test_the_heading_adds_up_the_days_with_a_partner() -> None:
    """40 against 35; the third day is left out and counted."""
    chart = comparison_chart(
        compare(days(NOVEMBER), days(OCTOBER)),
        current="These days",
        previous="the days before",
        names={"a": "Alpha"},
    )

    assert title_of(chart) == "These days: $40.00, $5.00 more (+14.3%) than the days before"
    assert subtitle_of(chart) == [
        "Alpha · US dollars a day",
        "Mon 2 Nov to Wed 4 Nov 2026",
        "Compared with Mon 5 Oct to Tue 6 Oct 2026",
        "Not compared: 1 of 3 days",
    ]
    assert {"These days", "The days before"} <= set(texts_of(chart))


def test_the_heading_names_the_days_that_were_paired_not_those_that_were_asked_for() -> None:
    """Two days stand beside the first two of three, aligned by weekday beside the second and the third."""
    two, three = (
        {"2026-11-03": 1.0, "2026-11-04": 2.0},
        {"2026-10-05": 5.0, "2026-10-06": 6.0, "2026-10-07": 7.0},
    )
    by_day, by_weekday = (
        comparison_chart(compare(days(two), days(three), align=align), previous="the days asked for")
        for align in ("day", "weekday")
    )

    assert "Compared with Mon 5 Oct to Tue 6 Oct 2026" in subtitle_of(by_day)
    assert "Compared with Tue 6 Oct to Wed 7 Oct 2026" in subtitle_of(by_weekday)
    named = comparison_chart(compare(days(two), days(three)), previous="Mon 5 Oct to Tue 6 Oct 2026")
    assert not [line for line in subtitle_of(named) if line.startswith("Compared")]


def test_the_key_gives_each_range_its_name() -> None:
    """The filled bars are this range, the hollow ones the other."""
    spec = complete(comparison_chart(compare(days(NOVEMBER), days(OCTOBER)), current="now", previous="then"))

    (labels,) = [one["value"] for one in spec["params"] if one["name"] == "range_labels"]
    assert labels == {"current": "Now", "previous": "Then"}
    key = next(layer for layer in spec["vconcat"][0]["layer"] if "shape" in layer["encoding"])["encoding"]
    assert key["color"]["scale"] == {"domain": ["current", "previous"], "range": [PALETTE[0], REST]}
    assert key["shape"]["scale"]["range"] == ["square", FRAME]


def test_the_heading_has_no_ratio_from_a_correction() -> None:
    """From -5 to 5 is 10 more; -200 % would have the wrong sign."""
    chart = comparison_chart(compare(days({"2026-11-02": 5}), days({"2026-11-01": -5})))

    assert title_of(chart) == "This range: $5.00, $10.00 more than the range before"


def test_the_pointer_is_told_both_sides() -> None:
    """And that there is nothing to compare the third day with."""
    told = told_by(comparison_chart(compare(days(NOVEMBER), days(OCTOBER))))

    assert told[0] == {
        "Day": "Mon 2 Nov 2026",
        "Cost": "$10.00",
        "Partner": "$20.00",
        "Change": f"{MINUS}$10.00",
        "Change ratio": f"{MINUS}50.0%",
        "Kind": "down",
        "State": "complete",
    }
    assert (told[2]["Partner"], told[2]["Kind"]) == ("unknown", "unknown: nothing whole to compare with")


def test_accounts_none_one_and_no_cost_are_drawn() -> None:
    """Neither is a hole."""
    both = pl.concat([compare(days(NOVEMBER, account_id=one), days(OCTOBER, account_id=one)) for one in "ab"])
    chart = comparison_chart(both, names={"b": "Beta"})
    assert [view["title"]["text"] for view in chart.to_dict()["vconcat"]] == ["Beta", "a…a"]
    assert title_of(chart) == "This range against the range before"
    nothing = texts_of(comparison_chart(pl.DataFrame(schema=COMPARISON)))
    assert {"This range against the range before: no days", "There is no day in this table"} <= set(nothing)
    free = compare(days({"2026-11-02": 0}), days({"2026-11-01": 0}))
    assert title_of(comparison_chart(free)) == "This range: $0.00, the same as the range before"
    assert "$0" in svg_of(comparison_chart(free))


def test_many_days_keep_the_costliest_pair_of_each_slot_and_say_so() -> None:
    """1,500 days of a dollar, two a slot; day 701 costs 9, and the partner of day 900 costs 8."""
    first = date(2020, 1, 1)
    current = {str(first + timedelta(days=n)): 9.0 if n == 701 else 1.0 for n in range(1500)}
    previous = {str(first - timedelta(days=1500 - n)): 8.0 if n == 900 else 1.0 for n in range(1500)}
    chart = comparison_chart(compare(days(current), days(previous)))

    rows = rows_of(chart)
    assert len(rows) == 750
    assert (rows[350]["current_usd"], rows[450]["previous_usd"]) == (9.0, 8.0)
    assert "Each pair is the costliest of 2 days" in subtitle_of(chart)
    assert title_of(chart).startswith("This range: $1,508.00, $1.00 more")


def test_a_table_of_something_else_is_refused() -> None:
    """Days alone are not compared yet."""
    with pytest.raises(FrameError, match="not a comparison table"):
        comparison_chart(days(NOVEMBER))
