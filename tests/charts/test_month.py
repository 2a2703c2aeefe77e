"""Month-to-date as a picture."""

import re
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from chart_pictures import complete, layers_of, rows_of, subtitle_of, svg_of, texts_of, title_of, told_by
from histories import hours, local_days

from cfusage_lab.changes import month_over_month
from cfusage_lab.charts import month_over_month_chart
from cfusage_lab.charts.colours import PALETTE, REST
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import COMPARISON

OCTOBER = local_days("2026-10-01", "2026-10-31", "UTC", each=1.0)


def clock(text: str) -> int:
    """Return a reading of the clock as the chart has it."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def two_days_and_a_half() -> pl.DataFrame:
    """Make October at 1 dollar an hour, and 60 hours of November at 2."""
    history = pl.concat([OCTOBER, hours("2026-11-01", [2.0] * 60)])
    return month_over_month(history, time_zone="UTC")


def test_both_lines_start_at_zero_and_stand_at_the_end_of_each_day() -> None:
    """24 hours at 2 dollars beside 24 at 1; the last day stands where its clock does."""
    rows = rows_of(month_over_month_chart(two_days_and_a_half(), until="12:00"))

    assert [(row["at"], row["current_usd"], row["previous_usd"]) for row in rows[:5]] == [
        (clock("2026-11-01"), 0.0, 0.0),
        (clock("2026-11-02"), 48.0, 24.0),
        (clock("2026-11-03"), 96.0, 48.0),
        (clock("2026-11-03T12:00"), 120.0, 60.0),
        (clock("2026-11-05"), None, None),
    ]
    assert [row["is_last"] for row in rows[:5]] == [False, False, False, True, False]
    assert len(rows) == 31
    assert rows[-1]["right"] == clock("2026-12-01")


def test_the_last_day_is_marked_and_told() -> None:
    """Without a clock time it is the month so far."""
    month = two_days_and_a_half()

    assert "until 12:00" in texts_of(month_over_month_chart(month, until="12:00"))
    assert "so far" in texts_of(month_over_month_chart(month))
    told = told_by(month_over_month_chart(month, until="12:00"))
    assert told[2] == {
        "Until the end of": "Tue 3 Nov 2026, until 12:00",
        "This month": "$120.00",
        "Month before": "$60.00",
        "Change": "+$60.00",
        "Change ratio": "+100.0%",
        "Kind": "up",
        "State": "complete",
    }
    assert told[3]["This month"] == "no row"


def test_the_lines_differ_by_colour_and_by_dashes() -> None:
    """And are called by their months."""
    chart = month_over_month_chart(two_days_and_a_half())

    encoding = layers_of(chart, "line")[0]["encoding"]
    assert encoding["color"]["scale"] == {"domain": ["current", "previous"], "range": [PALETTE[0], REST]}
    assert encoding["strokeDash"]["scale"]["range"] == [[], [5, 3]]
    assert {"November 2026", "October 2026"} <= set(texts_of(chart))
    (labels,) = [one["value"] for one in complete(chart)["params"] if one["name"] == "month_labels"]
    assert labels == {"current": "November 2026", "previous": "October 2026"}


def test_each_line_and_its_points_are_those_of_its_month() -> None:
    """October's below November's, in its own colour."""
    chart = month_over_month_chart(two_days_and_a_half())

    lines = [
        (layer["encoding"]["y"]["field"], layer["transform"][0]["calculate"])
        for layer in layers_of(chart, "line")
    ]
    points = [
        (layer["encoding"]["y"]["field"], layer["mark"]["color"]) for layer in layers_of(chart, "point")
    ]
    assert lines == [("previous_usd", "'previous'"), ("current_usd", "'current'")]
    assert points == [("previous_usd", REST), ("current_usd", PALETTE[0])]


def test_the_shade_lies_over_the_last_day_and_says_so_at_its_side_with_room() -> None:
    """To its right on the 3rd; to its left on the 20th, near the end of the month."""
    early = two_days_and_a_half()
    late = month_over_month(pl.concat([OCTOBER, hours("2026-11-01", [1.0] * 24 * 20)]), time_zone="UTC")

    for month, day, side in ((early, 3, "start"), (late, 20, "end")):
        svg = svg_of(month_over_month_chart(month))
        (left,) = re.findall(r'd="M([\d.]+),[^"]*"[^>]*fill-opacity="0.14"', svg)
        assert float(left) == pytest.approx(640 * (day - 1) / 30, abs=0.1)
        assert re.findall(
            r'text-anchor="(\w+)"[^>]*>so far<',
            svg.replace("<text transform", '<text text-anchor="start" transform'),
        ) == [side]


def test_hours_missing_this_month_are_said() -> None:
    """The 2nd has 23 hours."""
    history = pl.concat([OCTOBER, hours("2026-11-01", [1.0] * 47), hours("2026-11-03", [1.0] * 24)])
    chart = month_over_month_chart(month_over_month(history, time_zone="UTC"))

    assert "From Mon 2 Nov 2026 on, hours of this month are missing" in subtitle_of(chart)


def test_the_heading_states_the_month_so_far_beside_the_same_days() -> None:
    """120 dollars after 60."""
    chart = month_over_month_chart(
        two_days_and_a_half(), names={"a": "Alpha"}, time_zone="UTC", note="Sandbox"
    )

    assert title_of(chart) == "Month to date: $120.00, $60.00 more (+100.0%) than in October"
    assert subtitle_of(chart) == [
        "Alpha",
        "US dollars since the 1st, beside the same days of October",
        "Sun 1 Nov to Tue 3 Nov 2026 · UTC days",
        "Sandbox",
    ]


def test_a_month_before_with_hours_missing_is_a_gap_and_said() -> None:
    """October begins on its second day: nothing in it is known."""
    history = pl.concat([OCTOBER.filter(pl.col("start_time").dt.day() > 1), hours("2026-11-01", [2.0] * 48)])
    chart = month_over_month_chart(month_over_month(history, time_zone="UTC"))

    assert title_of(chart) == "Month to date: $96.00, not comparable with October"
    assert subtitle_of(chart)[-1] == "From Sun 1 Nov 2026 on, hours of October are missing"
    assert [row["previous_usd"] for row in rows_of(chart)[1:3]] == [None, None]
    assert told_by(chart)[0]["Kind"] == "unknown: nothing whole to compare with"


def test_a_day_without_a_row_breaks_the_lines() -> None:
    """It is unknown, not the sum of the day before."""
    month = month_over_month(pl.concat([OCTOBER, hours("2026-11-01", [1.0] * 96)]), time_zone="UTC")
    rows = rows_of(month_over_month_chart(month.filter(pl.col("date").dt.day() != 2)))

    assert [row["current_usd"] for row in rows[:5]] == [0.0, 24.0, None, 72.0, 96.0]


def test_each_account_has_a_row_and_its_own_scale() -> None:
    """Beta costs twice as much as Alpha."""
    month = two_days_and_a_half()
    beta = month.with_columns(account_id=pl.lit("b"), current_usd=pl.col("current_usd") * 2)
    chart = month_over_month_chart(pl.concat([month, beta]), names={"b": "Beta", "a": "Alpha"})

    assert [view["title"]["text"] for view in chart.to_dict()["vconcat"]] == ["Beta", "Alpha"]
    assert [rows_of(chart, nth=nth)[3]["current_usd"] for nth in (0, 1)] == [240.0, 120.0]
    assert title_of(chart) == "Month to date against the month before"
    assert told_by(chart, nth=1)[0]["Account"] == "Alpha"


def test_no_day_one_day_and_no_cost_are_drawn() -> None:
    """Neither is a hole."""
    nothing = texts_of(month_over_month_chart(pl.DataFrame(schema=COMPARISON)))
    assert {"Month to date: no days", "There is no day in this table"} <= set(nothing)
    first = month_over_month(hours("2026-11-01", [0.0] * 5), time_zone="UTC")
    chart = month_over_month_chart(first)
    assert len(rows_of(chart)) == 31
    assert "$0" in svg_of(chart)


def test_wrong_input_is_refused_by_name() -> None:
    """Two months, a time that is none."""
    month = two_days_and_a_half()
    both = pl.concat([month, month.with_columns(pl.col("date") - timedelta(days=31))])
    with pytest.raises(FrameError, match="found October 2026, November 2026"):
        month_over_month_chart(both)
    for until in ("25:00", "9:30", "24:30", ""):
        with pytest.raises(ConfigError, match="pass a clock time"):
            month_over_month_chart(month, until=until)
