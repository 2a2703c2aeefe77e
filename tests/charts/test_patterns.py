"""Hours of the day and of the week as a picture."""

import re
from typing import get_args

import polars as pl
import pytest
import vl_convert
from chart_pictures import (
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
from histories import hours

from cfusage_lab.charts import hour_profile_chart, weekly_heatmap_chart
from cfusage_lab.charts.colours import NEUTRAL, PALETTE, RAMP
from cfusage_lab.charts.hour_patterns import Statistic
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.patterns import hourly_profile, weekly_heatmap
from cfusage_lab.schema import HOURLY_PROFILE, WEEKLY_HEATMAP

MONDAY = "2026-11-02"


def costs(account_id: str = "a") -> pl.DataFrame:
    """Make two days in which hour 9 costs 3 and then 5 dollars, hour 10 costs 1, and all others nothing."""
    first, second = [0.0] * 24, [0.0] * 24
    first[9], second[9], first[10], second[10] = 3.0, 5.0, 1.0, 1.0
    return hours(MONDAY, first + second, account_id=account_id)


def profile(*, median: bool = True) -> pl.DataFrame:
    """Describe these two days by hour."""
    return hourly_profile(costs(), time_zone="UTC", median=median)


def heatmap() -> pl.DataFrame:
    """Describe them by weekday and hour."""
    return weekly_heatmap(costs(), time_zone="UTC")


def test_the_profile_draws_mean_median_and_quartiles_of_each_hour() -> None:
    """Hour 9: 3 and 5, so the mean and median are 4 and the quartiles 3.5 and 4.5."""
    chart = hour_profile_chart(profile(), time_zone="UTC")

    row = rows_of(chart)[9]
    drawn = ("hour", "mean_usd", "median_usd", "q25_usd", "q75_usd")
    assert [row[name] for name in drawn] == [9, 4.0, 4.0, 3.5, 4.5]
    boxes = [bar for bar in bars_of(chart, PALETTE[0]) if bar[3] > 1]
    assert len(boxes) == 1
    left, _, width, height = boxes[0]
    assert left == pytest.approx(640 * 9 / 24, abs=0.1)
    assert width == pytest.approx(640 / 24, abs=0.1)
    assert height == pytest.approx(240 * 1 / 4.5, abs=0.1)


def test_the_pointer_is_told_the_hour_in_full() -> None:
    """8 of 10 dollars fall into hour 9."""
    assert told_by(hour_profile_chart(profile(), time_zone="UTC"))[9] == {
        "Local time": "09:00 to 10:00",
        "Mean": "$4.00",
        "Median": "$4.00",
        "Middle half": "$3.50 to $4.50",
        "Total": "$8.00",
        "Share of all": "80.0%",
        "Hours": "2",
    }


def test_the_heading_of_a_profile_states_the_peak_and_the_clock() -> None:
    """48 hours stand behind it."""
    chart = hour_profile_chart(profile(), time_zone="Europe/Berlin", names={"a": "Alpha"}, note="Sandbox")

    assert title_of(chart) == "Peak hour 09:00 to 10:00: $4.00 on average"
    assert subtitle_of(chart) == [
        "Alpha · US dollars an hour: mean, median, middle half",
        "48 hours · Europe/Berlin time",
        "Sandbox",
    ]


def test_mean_and_median_are_told_and_drawn_apart() -> None:
    """3, 5 and 10 dollars in hour 9: the mean is 6, the median 5, the quartiles 4 and 7.50."""
    values = [0.0] * 72
    values[9], values[33], values[57] = 3.0, 5.0, 10.0
    table = hourly_profile(hours(MONDAY, values), time_zone="UTC")
    chart = hour_profile_chart(table, time_zone="UTC")

    told = told_by(chart)[9]
    assert [told[name] for name in ("Mean", "Median", "Middle half", "Total")] == [
        "$6.00",
        "$5.00",
        "$4.00 to $7.50",
        "$18.00",
    ]
    fields = [layers_of(chart, mark)[0]["encoding"]["y"]["field"] for mark in ("line", "point", "rule")]
    assert fields == ["mean_usd", "mean_usd", "median_usd"]
    box = layers_of(chart, "rect")[0]["encoding"]
    assert (box["y"]["field"], box["y2"]["field"]) == ("q25_usd", "q75_usd")
    assert title_of(hour_profile_chart(table, time_zone="UTC", statistic="median")).endswith(
        "$5.00 in the median"
    )


def test_of_several_peaks_the_earliest_is_stated() -> None:
    """Hours 9 and 10 of Monday and Tuesday cost the same."""
    values = [0.0] * 48
    for place in (9, 10, 33, 34):
        values[place] = 2.0
    table = hours(MONDAY, values)

    profile, heatmap = hourly_profile(table, time_zone="UTC"), weekly_heatmap(table, time_zone="UTC")
    assert title_of(hour_profile_chart(profile.reverse(), time_zone="UTC")).startswith("Peak hour 09:00")
    assert title_of(weekly_heatmap_chart(heatmap.reverse(), time_zone="UTC")).startswith(
        "Peak of the week: Monday 09:00"
    )


def test_an_hour_that_nobody_saw_is_a_gap() -> None:
    """Not a zero."""
    chart = hour_profile_chart(profile().filter(pl.col("hour") != 9), time_zone="UTC")

    assert (rows_of(chart)[9]["mean_usd"], len(rows_of(chart))) == (None, 24)
    assert (told_by(chart)[9]["Mean"], told_by(chart)[9]["Hours"]) == ("no hour", "0")
    assert layers_of(chart, "line")[0]["mark"]["invalid"] == "break-paths-show-path-domains"


def test_a_profile_without_medians_draws_the_mean_alone() -> None:
    """And says nothing of medians."""
    chart = hour_profile_chart(profile(median=False), time_zone="UTC")

    assert list(told_by(chart)[9]) == ["Local time", "Mean", "Total", "Share of all", "Hours"]
    assert subtitle_of(chart)[0] == "a…a · US dollars an hour: mean"
    assert "median" not in texts_of(chart)


@pytest.mark.parametrize(
    ("statistic", "unit", "title"),
    [
        ("mean", "US dollars an hour: mean, median, middle half", "$4.00 on average"),
        ("median", "US dollars an hour: median, middle half", "$4.00 in the median"),
        ("total", "US dollars in all", "$8.00 in all"),
        ("share", "Share of all cost", "80.0% of all cost"),
    ],
)
def test_the_profile_names_its_statistic(statistic: Statistic, unit: str, title: str) -> None:
    """In the heading: hour 9 is 8 of 10 dollars."""
    chart = hour_profile_chart(profile(), time_zone="UTC", statistic=statistic)

    assert title_of(chart) == f"Peak hour 09:00 to 10:00: {title}"
    assert subtitle_of(chart)[0] == f"a…a · {unit}"


def test_a_profile_of_medians_draws_no_mean() -> None:
    """Boxes and the bars across them."""
    chart = hour_profile_chart(profile(), time_zone="UTC", statistic="median")

    assert layers_of(chart, "line") == []
    assert len([bar for bar in bars_of(chart, PALETTE[0]) if bar[3] > 1]) == 1
    assert layers_of(chart, "rule")[0]["encoding"]["y"]["field"] == "median_usd"
    assert {"median", "middle half"} <= set(texts_of(chart))
    assert "mean" not in texts_of(chart)


@pytest.mark.parametrize(("statistic", "ratio"), [("total", 4.0), ("share", 4.0)])
def test_what_adds_up_is_a_bar_from_zero(statistic: Statistic, ratio: float) -> None:
    """8 dollars in hour 9 and 2 in hour 10, and no band of quartiles."""
    chart = hour_profile_chart(profile(), time_zone="UTC", statistic=statistic)

    nine, ten = (bar for bar in bars_of(chart, PALETTE[0]) if bar[3] > 0)
    assert nine[0] == pytest.approx(640 * 9 / 24, abs=0.1)
    assert nine[3] / ten[3] == pytest.approx(ratio, rel=1e-3)
    assert "middle half" not in texts_of(chart)
    assert ("80%" in texts_of(chart)) == (statistic == "share")


@pytest.mark.parametrize(
    ("statistic", "figure", "title"),
    [
        ("mean", 5.0, "$5.00 on average"),
        ("median", 5.0, "$5.00 in the median"),
        ("total", 5.0, "$5.00 in all"),
        ("share", 0.5, "50.0% of all cost"),
    ],
)
def test_the_heatmap_colours_by_the_statistic(statistic: Statistic, figure: float, title: str) -> None:
    """Tuesday's hour 9 is 5 of 10 dollars: the only cell in the last colour."""
    chart = weekly_heatmap_chart(heatmap(), time_zone="UTC", statistic=statistic)

    field = complete(chart)["vconcat"][0]["layer"][0]["encoding"]["fill"]["field"]
    assert rows_of(chart)[24 + 9][field] == pytest.approx(figure)
    assert title_of(chart) == f"Peak of the week: Tuesday 09:00 to 10:00, {title}"
    cell = min(bars_of(chart, RAMP[-1]), key=lambda bar: bar[2])  # its figure may take more
    room = 640 if statistic == "median" else 640 - 66
    assert cell[0] == pytest.approx(room * 9 / 24, abs=0.1)


def test_every_statistic_has_its_unit() -> None:
    """In the heading."""
    units = [
        subtitle_of(weekly_heatmap_chart(heatmap(), time_zone="UTC", statistic=one))[0].split(" · ")[1]
        for one in get_args(Statistic)
    ]
    assert units == [
        "Colour: mean US dollars an hour",
        "Colour: median US dollars an hour",
        "Colour: US dollars in all",
        "Colour: share of all cost",
    ]


def test_a_cell_that_nobody_saw_is_not_one_that_costs_nothing() -> None:
    """48 cells have a colour, most of them that of zero; 120 have a cross, and the count is said."""
    chart = weekly_heatmap_chart(heatmap(), time_zone="UTC")

    assert len(bars_of(chart, RAMP[0])) == 48 - 4
    assert subtitle_of(chart)[-1] == "Crosses mark hours of the week without a figure: 120"
    crosses = re.findall(rf'<path transform="translate[^>]*fill="{NEUTRAL}"', svg_of(chart))
    assert len(crosses) == 120
    told = told_by(chart)
    assert told[24 + 9]["Weekday"] == "Tuesday"
    assert (told[24 + 9]["Mean"], told[24 + 9]["Hours"]) == ("$5.00", "1")
    assert (told[0]["Mean"], told[0]["Hours"]) == ("$0", "1")
    assert (told[72]["Weekday"], told[72]["Mean"], told[72]["Hours"]) == ("Thursday", "no hour", "0")


@pytest.mark.parametrize(
    ("statistic", "shown", "peak"),
    [
        ("mean", ["Average day", "$4.00", "$6.00"], "$5"),
        ("total", ["In all", "$4.00", "$6.00"], "$5"),
        ("share", ["Share", "40.0%", "60.0%"], "50%"),
    ],
)
def test_weekdays_and_hours_are_added_up_and_the_peak_is_labelled(
    statistic: Statistic, shown: list[str], peak: str
) -> None:
    """Monday is 3 + 1 and Tuesday 5 + 1; hour 9 is 3 + 5 and hour 10 is 2; other weekdays are not known."""
    full = pl.concat([costs(), hours("2026-11-04", [0.0] * 24 * 5)])
    chart = weekly_heatmap_chart(heatmap(), time_zone="UTC", statistic=statistic)

    texts = texts_of(chart)
    assert texts.index(shown[0]) < texts.index(shown[1]) or shown[0] in texts
    assert {*shown, "unknown", peak} <= set(texts)
    assert texts.count("unknown") == 5
    assert {row["hour_sum"] for row in rows_of(chart)} == {None}, "five weekdays are not known"

    whole = weekly_heatmap_chart(weekly_heatmap(full, time_zone="UTC"), time_zone="UTC", statistic=statistic)
    sums = {row["hour"]: row["hour_sum"] for row in rows_of(whole) if row["hour_sum"]}
    assert sums == pytest.approx({9: 0.8, 10: 0.2} if statistic == "share" else {9: 8.0, 10: 2.0})
    assert "unknown" not in texts_of(whole)
    heights = [bar[3] for bar in bars_of(whole, "#8c8c8c") if bar[3] > 0]
    assert heights[0] / heights[1] == pytest.approx(4.0)


@pytest.mark.parametrize("hour", [0, 9, 23])
@pytest.mark.parametrize("width", [260, 420, 1400])
def test_a_peak_is_labelled_inside_the_heatmap_however_narrow_its_cell(width: int, hour: int) -> None:
    """1,234.56 dollars in one hour of a week: over its neighbours, but not over the weekday or the sum."""
    history = hours("2026-11-02", [1_234.56 if n == 24 + hour else 1.0 for n in range(24 * 7)])
    spec = complete(weekly_heatmap_chart(weekly_heatmap(history, time_zone="UTC"), time_zone="UTC"))
    spec["vconcat"][0]["width"] = width

    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)

    pattern = r'<text text-anchor="middle" transform="translate\(([\d.]+),[^>]*>\$1,235</text>'
    (middle,) = (float(found) for found in re.findall(pattern, svg))
    half = 6 * 6.4 / 2
    assert half - 1 <= middle <= width - 66 - half
    cells = [float(found) for found in re.findall(r'd="M[-\d.]+,[-\d.]+h([\d.]+)v[\d.]+h-[\d.]+Z"', svg)]
    assert any(2 * half <= one < width / 4 for one in cells), (
        "something of its colour is as wide as the figure"
    )


def test_medians_are_not_added_up() -> None:
    """The sum of medians is the median of nothing."""
    chart = weekly_heatmap_chart(heatmap(), time_zone="UTC", statistic="median")

    assert not {"Average day", "In all", "$6.00"} & set(texts_of(chart))
    assert bars_of(chart, "#8c8c8c") == []


def test_the_pointer_is_told_each_week_so_that_a_one_off_is_seen() -> None:
    """Mondays at nine cost 1 dollar, but 90 on the 9th; the running hour is not in the mean."""
    values = [0.0] * 24 * 7 * 8
    values[9 :: 24 * 7] = [1.0] * 8
    values[24 * 7 + 9] = 90.0
    states = ["complete"] * (len(values) - 1) + ["in_progress"]
    history = hours(MONDAY, values, states=states)
    table = weekly_heatmap(history, time_zone="UTC")

    told = told_by(weekly_heatmap_chart(table, time_zone="UTC", history=history))

    weeks = "21 Dec 2026 $1.00, 14 Dec 2026 $1.00"
    assert told[9]["Each week"] == (
        "21 Dec $1.00 · 14 Dec $1.00 · 7 Dec $1.00 · 30 Nov $1.00 · 23 Nov $1.00 · 16 Nov $1.00 · 2 more"
    ), weeks
    assert told[9]["Costliest"] == "$90.00 on Mon 9 Nov 2026"
    assert told[-1]["Each week"].startswith("20 Dec $0.00"), "the last Sunday's last hour is still running"
    assert "Each week" not in told_by(weekly_heatmap_chart(table, time_zone="UTC"))[9]
    with pytest.raises(FrameError, match="history has 48 hours of these accounts"):
        weekly_heatmap_chart(table, time_zone="UTC", history=costs())


def test_no_hour_of_the_week_is_told_as_null() -> None:
    """A cell that nobody saw has no week either."""
    told = told_by(weekly_heatmap_chart(heatmap(), time_zone="UTC", history=costs()))

    assert (told[72]["Each week"], told[72]["Costliest"]) == ("no hour", "no hour")
    assert told[24 + 9]["Each week"] == "3 Nov $5.00"


def test_a_heatmap_without_medians_is_drawn_unless_medians_are_asked_for() -> None:
    """The message names what is missing."""
    means = weekly_heatmap(costs(), time_zone="UTC", median=False)

    assert "Median" not in told_by(weekly_heatmap_chart(means, time_zone="UTC"))[0]
    with pytest.raises(FrameError, match="not a weekly heatmap table: missing 'median_usd'"):
        weekly_heatmap_chart(means, time_zone="UTC", statistic="median")
    with pytest.raises(FrameError, match="not a hourly profile table: missing 'median_usd'"):
        hour_profile_chart(profile(median=False), time_zone="UTC", statistic="median")
    nulls = heatmap().with_columns(median_usd=pl.lit(None, pl.Float64))
    with pytest.raises(FrameError, match="median_usd is null throughout: make the pattern with median=True"):
        weekly_heatmap_chart(nulls, time_zone="UTC", statistic="median")


def test_several_accounts_stand_under_each_other() -> None:
    """On one scale."""
    both = pl.concat([costs("a"), costs("b")])
    names = {"b": "Beta", "a": "Alpha"}
    for chart in (
        hour_profile_chart(hourly_profile(both, time_zone="UTC"), time_zone="UTC", names=names),
        weekly_heatmap_chart(weekly_heatmap(both, time_zone="UTC"), time_zone="UTC", names=names),
    ):
        assert [view["title"]["text"] for view in chart.to_dict()["vconcat"]] == ["Beta", "Alpha"]
        assert subtitle_of(chart)[0].startswith("2 accounts on one scale")
        assert told_by(chart, nth=1)[9]["Account"] == "Alpha"
        assert svg_of(chart)


def test_no_hour_one_hour_and_no_cost_are_drawn() -> None:
    """Neither is a hole."""
    nothing = texts_of(hour_profile_chart(pl.DataFrame(schema=HOURLY_PROFILE), time_zone="UTC"))
    assert {"Cost by hour of the day: no hours", "There is no hour in this table"} <= set(nothing)
    nothing = texts_of(weekly_heatmap_chart(pl.DataFrame(schema=WEEKLY_HEATMAP), time_zone="UTC"))
    assert {"Cost by hour of the week: no hours", "There is no hour in this table"} <= set(nothing)
    one = profile().head(1).with_columns(hours=1)
    assert subtitle_of(hour_profile_chart(one, time_zone="UTC"))[1] == "1 hour · UTC time"
    free = hours(MONDAY, [0.0] * 24)
    assert "$0" in texts_of(hour_profile_chart(hourly_profile(free, time_zone="UTC"), time_zone="UTC"))
    chart = weekly_heatmap_chart(weekly_heatmap(free, time_zone="UTC"), time_zone="UTC", statistic="share")
    assert title_of(chart) == "Cost by hour of the week"
    assert told_by(chart)[0]["Share of all"] == "none: the total is not above $0"
    assert [text for text in texts_of(chart) if text.endswith("%")] == ["0%", "50%", "100%"]
    chart = hour_profile_chart(hourly_profile(free, time_zone="UTC"), time_zone="UTC", statistic="share")
    assert (title_of(chart), "0%" in texts_of(chart)) == ("Cost by hour of the day", True)


def test_wrong_input_is_refused_by_name() -> None:
    """An unknown statistic and zone, another table, a pattern twice."""
    with pytest.raises(ConfigError, match="pass 'mean', 'median', 'total' or 'share'"):
        weekly_heatmap_chart(heatmap(), time_zone="UTC", statistic="peak")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="statistic 'peak'"):
        hour_profile_chart(profile(), time_zone="UTC", statistic="peak")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="Middle/Earth"):
        hour_profile_chart(profile(), time_zone="Middle/Earth")
    with pytest.raises(FrameError, match="missing 'weekday'"):
        weekly_heatmap_chart(profile(), time_zone="UTC")
    with pytest.raises(FrameError, match="the row of hour 0 of account a is a duplicate"):
        hour_profile_chart(pl.concat([profile(), profile()]), time_zone="UTC")
    twice = pl.concat([heatmap(), heatmap().with_columns(mean_usd=1.0)])
    with pytest.raises(FrameError, match="the row of weekday 1, hour 0 of account a is a duplicate"):
        weekly_heatmap_chart(twice, time_zone="UTC")
