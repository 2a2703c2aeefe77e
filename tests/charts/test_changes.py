"""Day over day and week over week as a picture."""

import re
from datetime import UTC, date, datetime

import polars as pl
import pytest
import vl_convert
from chart_pictures import (
    MINUS,
    VEGA_LITE,
    bars_of,
    complete,
    layers_of,
    rows_of,
    subtitle_of,
    svg_of,
    texts_of,
    title_of,
    told_by,
)
from histories import days
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.changes import day_over_day, week_over_week
from cfusage_lab.charts import day_over_day_chart, week_over_week_chart
from cfusage_lab.charts.changes import _bars
from cfusage_lab.charts.colours import DOWN, UP
from cfusage_lab.charts.rows import MOST_DAYS, day_slots
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import COMPARISON, DAILY

EVERY_KIND = {
    "2026-11-01": 3.0,
    "2026-11-02": 0.0,
    "2026-11-03": 0.0,
    "2026-11-04": 5.0,
    "2026-11-05": 5.0,
    "2026-11-06": 9.0,
    "2026-11-07": 2.5,
    "2026-11-08": 4.0,
}


def many_days(count: int) -> pl.DataFrame:
    """Make days that cost 1 dollar each."""
    start = date(2015, 1, 1).toordinal()
    dates = [date.fromordinal(start + n) for n in range(count)]
    return pl.DataFrame(
        {
            "account_id": "a",
            "date": dates,
            "cost_usd": 1.0,
            "hours": 24,
            "is_whole": True,
            "state": "complete",
        },
        schema=DAILY,
    )


def test_bars_are_as_high_as_the_changes() -> None:
    """10, 14 (+4), 12 (-2): one bar up, one of half its height down, side by side."""
    chart = day_over_day_chart(day_over_day(days({"2026-11-01": 10, "2026-11-02": 14, "2026-11-03": 12})))

    ((left, top, width, height),), ((right, middle, _, half),) = bars_of(chart, UP), bars_of(chart, DOWN)
    assert height == pytest.approx(2 * half, rel=1e-3)
    assert middle == pytest.approx(top + height, abs=0.1)
    assert right == pytest.approx(left + width + 2, abs=0.1)


def test_each_day_lies_between_its_midnights() -> None:
    """As readings on a UTC scale; a missing day leaves a gap, and the day after it has no partner."""
    rows = rows_of(day_over_day_chart(day_over_day(days({"2026-11-01": 3, "2026-11-03": 5}))))

    def clock(text: str) -> int:
        return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)

    assert [(row["left"], row["right"], row["kind"]) for row in rows] == [
        (clock("2026-11-01"), clock("2026-11-02"), "unknown"),
        (clock("2026-11-03"), clock("2026-11-04"), "unknown"),
    ]
    x = layers_of(day_over_day_chart(day_over_day(days({"2026-11-01": 3}))), "rect")[0]["encoding"]["x"]
    assert (x["field"], x["type"], x["scale"]["type"]) == ("left", "temporal", "utc")


def test_the_pointer_is_told_every_kind_and_why_one_is_unknown() -> None:
    """Costs 3, 0, 0, 5, 5, 9, 2.5 and a day with one hour: all seven kinds."""
    told = told_by(day_over_day_chart(day_over_day(days(EVERY_KIND, partial=["2026-11-08"]))))

    assert [row["Kind"] for row in told] == [
        "unknown: nothing whole to compare with",
        "stopped",
        "zero",
        "new",
        "flat",
        "up",
        "down",
        "unknown: hours are missing here",
    ]
    assert [row["Change ratio"] for row in told] == [
        "unknown",
        f"{MINUS}100.0%",
        "none: it was $0 before",
        "none: it was $0 before",
        "+0.0%",
        "+80.0%",
        f"{MINUS}72.2%",
        "unknown",
    ]
    assert told[5] == {
        "Day": "Fri 6 Nov 2026",
        "Cost": "$9.00",
        "Day before": "$5.00",
        "Change": "+$4.00",
        "Change ratio": "+80.0%",
        "Kind": "up",
        "State": "complete",
    }
    assert (told[7]["Day before"], told[7]["Change"]) == ("unknown", "unknown")
    assert told[7]["State"] == "complete, hours are missing"


def test_the_ratio_after_a_correction_is_none() -> None:
    """From -2 to 1: up by 3, and a ratio would have the wrong sign."""
    told = told_by(day_over_day_chart(day_over_day(days({"2026-11-01": -2, "2026-11-02": 1}))))

    assert (told[1]["Change"], told[1]["Change ratio"]) == ("+$3.00", "none: it was below $0 before")


def test_the_smallest_amounts_are_told_in_full() -> None:
    """A ten-millionth of a dollar is not nothing, and half a millionth not a whole one."""
    told = told_by(day_over_day_chart(day_over_day(days({"2026-11-01": 4e-7, "2026-11-02": 1.5e-6}))))

    assert (told[1]["Day before"], told[1]["Cost"], told[1]["Change"]) == (
        "$0.0000004",
        "$0.0000015",
        "+$0.0000011",
    )


def test_kinds_differ_by_colour_and_by_shape() -> None:
    """The key shows the kinds that occur, each with a shape of its own."""
    chart = day_over_day_chart(day_over_day(days(EVERY_KIND)))

    marks = layers_of(chart, "point")[0]["encoding"]
    shapes = dict(zip(marks["shape"]["scale"]["domain"], marks["shape"]["scale"]["range"], strict=True))
    colours = dict(zip(marks["color"]["scale"]["domain"], marks["color"]["scale"]["range"], strict=True))
    assert len(set(shapes.values())) == 7
    assert (colours["up"], colours["down"]) == (colours["new"], colours["stopped"]) == (UP, DOWN)
    assert {"up", "down", "flat", "new", "stopped", "zero", "unknown"} <= set(texts_of(chart))
    only_up = texts_of(day_over_day_chart(day_over_day(days({"2026-11-01": 1, "2026-11-02": 2}))))
    assert "up" in only_up
    assert "down" not in only_up


def test_a_sign_stands_beyond_the_end_of_its_bar_and_on_the_side_of_its_kind() -> None:
    """The rise of 4 points up from its top, the fall of 2 down from its foot."""
    chart = day_over_day_chart(day_over_day(days({"2026-11-01": 10, "2026-11-02": 14, "2026-11-03": 12})))

    ((_, top, _, _),), ((_, low, _, height),) = bars_of(chart, UP), bars_of(chart, DOWN)
    signs = {
        colour: float(y)
        for y, colour in re.findall(
            r'<path transform="translate\([\d.]+,([\d.]+)\)"[^>]*fill="(#[0-9a-f]{6})"', svg_of(chart)
        )
        if float(y) > 6  # the key's stand there
    }
    assert (top - signs[UP], signs[DOWN] - (low + height)) == pytest.approx((7, 7), abs=0.2)


def test_only_days_without_a_known_change_lie_under_a_band() -> None:
    """The first of three days."""
    chart = day_over_day_chart(day_over_day(days({"2026-11-01": 10, "2026-11-02": 14, "2026-11-03": 12})))

    bands = [bar for bar in bars_of(chart, "#808080") if bar[3] > 200 and bar[2] < 300]
    visible = [path for path in re.findall(r"<path [^>]*>", svg_of(chart)) if 'fill-opacity="0.14"' in path]
    assert len(visible) == 1
    assert f'd="M{bands[0][0]:.0f},' in visible[0]


def test_the_largest_accounts_are_those_that_move_most_not_those_that_grow_most() -> None:
    """One goes up by 100 and down by 100; five others go up by 1 to 5."""
    tables = [days({"2026-11-01": 1, "2026-11-02": 1 + n}, account_id=f"{n:032x}") for n in range(1, 6)]
    swing = days({"2026-11-01": 1, "2026-11-02": 101, "2026-11-03": 1}, account_id="f" * 32)

    shown = [
        view["title"]["text"]
        for view in day_over_day_chart(day_over_day(pl.concat([*tables, swing]))).to_dict()["vconcat"]
    ]

    assert shown == ["0000…0002", "0000…0003", "0000…0004", "0000…0005", "ffff…ffff"]


def test_the_key_of_seven_kinds_stays_within_a_narrow_chart() -> None:
    """In two rows, where one would stick out by a third."""
    spec = complete(day_over_day_chart(day_over_day(days(EVERY_KIND))))
    spec["vconcat"][0]["width"] = 306

    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)

    (total,) = re.findall(r'<svg[^>]* width="([\d.]+)"', svg)
    assert float(total) <= 365


def test_the_heading_states_the_last_known_change_and_counts() -> None:
    """The running 8th has no known change, so the 7th is stated: 2.50 after 9.00."""
    comparison = day_over_day(
        days(EVERY_KIND, partial=["2026-11-08"], running=["2026-11-08"]), include_in_progress=True
    )
    chart = day_over_day_chart(
        comparison, names={"a": "Alpha"}, time_zone="Europe/Berlin", note="Sandbox: made-up data"
    )

    counts = "1 up, 1 down, 1 flat, 1 new, 1 stopped, 1 zero, 2 unknown"
    assert title_of(chart) == "Day over day: Sat 7 Nov 2026 cost $2.50, $6.50 less (-72.2%)"
    assert subtitle_of(chart) == [
        "Alpha · US dollars more or less than the day before",
        "Sun 1 Nov to Sun 8 Nov 2026 · Europe/Berlin days",
        counts,
        "today isn't over",
        "8 days, the last not final (paler)",
        "Sandbox: made-up data",
    ]


@pytest.mark.parametrize(
    ("costs", "words"),
    [
        ((5.0, 5.0), "cost $5.00, the same as the day before"),
        ((0.0, 5.0), "cost $5.00, $5.00 more"),
        ((5.0, 0.0), "cost $0.00, $5.00 less (-100.0%)"),
        ((0.0001, 0.0003), "cost $0.000300, $0.000200 more (+200.0%)"),
    ],
)
def test_the_title_of_two_days(costs: tuple[float, float], words: str) -> None:
    """Never a ratio from nothing, never an amount rounded to nothing."""
    chart = day_over_day_chart(
        day_over_day(days(dict(zip(("2026-11-01", "2026-11-02"), costs, strict=True))))
    )

    assert title_of(chart) == f"Day over day: Mon 2 Nov 2026 {words}"


def test_week_over_week_names_the_week_before() -> None:
    """8 after 10, seven days apart."""
    chart = week_over_week_chart(week_over_week(days({"2026-11-01": 10, "2026-11-08": 8})))

    assert title_of(chart) == "Week over week: Sun 8 Nov 2026 cost $8.00, $2.00 less (-20.0%)"
    assert told_by(chart)[1]["Week before"] == "$10.00"


def test_what_may_change_is_paler_and_outlined_and_what_lacks_hours_is_dashed() -> None:
    """The outline keeps the full colour, and so its contrast."""
    daily = days({"2026-11-01": 1, "2026-11-02": 2, "2026-11-03": 3}, partial=["2026-11-03"])
    daily = daily.with_columns(state=pl.Series(["complete", "provisional", "in_progress"]))
    svg = svg_of(day_over_day_chart(day_over_day(daily, include_in_progress=True, include_partial=True)))

    assert f'fill-opacity="0.35" stroke="{UP}"' in svg
    assert 'fill-opacity="0.1"' in svg
    assert 'stroke-dasharray="4,3"' in svg


def test_several_accounts_stand_under_each_other_and_the_smallest_of_seven_are_left_out() -> None:
    """Account n changes by n dollars: 3 to 7 are drawn, in the order of their names."""
    tables = [days({"2026-11-01": 1, "2026-11-02": 1 + n}, account_id=f"{n:032x}") for n in range(1, 8)]
    chart = day_over_day_chart(day_over_day(pl.concat(tables)), names={f"{7:032x}": "Seven"})

    shown = [view["title"]["text"] for view in chart.to_dict()["vconcat"]]
    assert shown == ["Seven", "0000…0003", "0000…0004", "0000…0005", "0000…0006"]
    assert [rows_of(chart, nth=n)[1]["change_usd"] for n in range(5)] == [7.0, 3.0, 4.0, 5.0, 6.0]
    assert title_of(chart) == "Day over day: change of a day's cost"
    assert subtitle_of(chart)[0].startswith("5 accounts on one scale")
    assert subtitle_of(chart)[-1] == "The largest 5 of 7 accounts; total_usage() adds all up"
    assert told_by(chart, nth=1)[1]["Account"] == "0000…0003"
    assert svg_of(chart)


def test_accounts_of_one_name_are_told_apart() -> None:
    """By their ids."""
    both = pl.concat([days({"2026-11-01": 1}, account_id="a"), days({"2026-11-01": 1}, account_id="b")])
    chart = day_over_day_chart(day_over_day(both), names={"a": "Same", "b": "Same"})

    assert [view["title"]["text"] for view in chart.to_dict()["vconcat"]] == ["Same (a)", "Same (b)"]


def test_no_day_and_one_day_are_drawn() -> None:
    """The first says so in words, the second has nothing to be compared with."""
    nothing = day_over_day_chart(pl.DataFrame(schema=COMPARISON))
    assert {"Day over day: no days", "There is no day in this table"} <= set(texts_of(nothing))
    assert subtitle_of(day_over_day_chart(day_over_day(days({"2026-11-01": 1}))))[2] == "1 unknown"


def test_ten_years_of_days_keep_their_largest_rise_and_fall_and_say_so() -> None:
    """3,650 days of a dollar, one of 40, one of 1.50: 5 days a slot, and both ways of both days in them."""
    daily = many_days(3650)
    nth = pl.int_range(pl.len())
    daily = daily.with_columns(
        cost_usd=pl.when(nth == 1234).then(40.0).when(nth == 2000).then(1.5).otherwise(1.0)
    )
    chart = day_over_day_chart(day_over_day(daily))

    rows = rows_of(chart)
    assert len(rows) <= 2 * MOST_DAYS
    assert sorted(row["change_usd"] for row in rows if row["change_usd"]) == [-39.0, -0.5, 0.5, 39.0]
    assert {(row["right"] - row["left"]) / 86_400_000 for row in rows} == {5}
    assert "Each bar is the largest rise or fall of 5 days" in subtitle_of(chart)
    peak = next(row for row in told_by(chart) if row["Change"] == "+$39.00")
    assert peak["Day"] == "Sat 19 May 2018, the largest rise or fall of 5 days"


@settings(max_examples=50)
@given(st.lists(st.integers(-1000, 1000), min_size=1, max_size=12), st.integers(1, 300))
def test_no_reduction_loses_a_rise_or_a_fall(changes: list[int], repeat: int) -> None:
    """The largest of both are drawn, however many days there are; each lies in its slot."""
    count = len(changes) * repeat
    known = [changes[n % len(changes)] for n in range(count)]
    comparison = many_days(count).select(
        "account_id",
        "date",
        current_usd="cost_usd",
        previous_usd=pl.lit(1.0),
        change_usd=pl.Series(known, dtype=pl.Float64),
        change_ratio=pl.lit(None, dtype=pl.Float64),
        kind=pl.lit("up"),
    )

    rows = _bars(comparison, *day_slots(comparison))

    drawn = rows["change_usd"].to_list()
    assert max([*drawn, 0.0]) == max([*known, 0.0])
    assert min([*drawn, 0.0]) == min([*known, 0.0])
    day = pl.from_epoch("day", time_unit="ms").dt.replace_time_zone("UTC")
    assert rows.select((day.is_between("left", "right", closed="left")).all()).item()
    assert rows.height <= 2 * MOST_DAYS


def test_wrong_input_is_refused_by_name() -> None:
    """A table of days, a zone that does not exist."""
    with pytest.raises(FrameError, match="not a comparison table: missing 'current_usd'"):
        day_over_day_chart(days({"2026-11-01": 1}))
    with pytest.raises(ConfigError, match="Middle/Earth"):
        day_over_day_chart(day_over_day(days({"2026-11-01": 1})), time_zone="Middle/Earth")
