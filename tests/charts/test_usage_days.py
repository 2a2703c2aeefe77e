"""Local days as bars over time, with their rolling mean."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from chart_pictures import bars_of, complete, rows_of, subtitle_of, svg_of, texts_of, title_of, told_by
from histories import days, hours
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.changes import rolling_mean
from cfusage_lab.charts import usage_chart
from cfusage_lab.charts.colours import PALETTE
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import DAILY

FORTNIGHT = {f"2026-11-{day:02d}": float(day) for day in range(1, 15)}
FIRST = datetime(2026, 11, 1, tzinfo=UTC)


def clock(moment: datetime) -> int:
    """Return milliseconds, as the browser gets them."""
    return round(moment.timestamp() * 1000)


def means_of(chart: Any) -> list[float | None]:  # noqa: ANN401 - a chart
    """Return the drawn means, day by day."""
    return [row["rolling_mean_usd"] for row in rows_of(chart)]


def test_each_day_is_a_bar_between_its_midnights() -> None:
    """Days of 1, 2 and 4 dollars: heights in that ratio, side by side."""
    chart = usage_chart(days({"2026-11-01": 1, "2026-11-02": 2, "2026-11-03": 4}), time_zone="Europe/Berlin")

    heights = [height for *_, height in bars_of(chart, PALETTE[0])]
    assert [height / heights[0] for height in heights] == pytest.approx([1.0, 2.0, 4.0], rel=1e-3)
    assert [(row["left"], row["right"], row["cost_0"]) for row in rows_of(chart)] == [
        (clock(FIRST + timedelta(days=n)), clock(FIRST + timedelta(days=n + 1)), cost)
        for n, cost in enumerate((1.0, 2.0, 4.0))
    ]


def test_the_heading_states_the_sum_whose_days_these_are_and_what_is_marked() -> None:
    """1 to 14 dollars: 105; the last day is running, and lacks hours."""
    daily = days(FORTNIGHT, partial=["2026-11-14"], running=["2026-11-14"])
    chart = usage_chart(
        daily, rolling=rolling_mean(daily), time_zone="Europe/Berlin", names={"a": "Alpha"}, note="Sandbox"
    )

    assert title_of(chart) == "AI Gateway cost: $105.00"
    assert subtitle_of(chart) == [
        "Alpha · US dollars a day · line: 7-day average",
        "Sun 1 Nov to Sat 14 Nov 2026 · Europe/Berlin days",
        "14 days, the last not final (paler) · Dashed: today so far",
        "Sandbox",
    ]
    settled = usage_chart(days(FORTNIGHT))
    assert subtitle_of(settled) == ["a…a · US dollars a day", "Sun 1 Nov to Sat 14 Nov 2026"]


def test_the_line_is_the_rolling_mean_and_breaks_where_it_is_not_known() -> None:
    """Of 1 to 7 it is 4, of 8 to 14 it is 11; a day without a mean is a gap, not a zero."""
    daily = days(FORTNIGHT)
    rolling = rolling_mean(daily).filter(pl.col("date") != date(2026, 11, 9))

    chart = usage_chart(daily, rolling=rolling)

    assert means_of(chart) == [None] * 6 + [4.0, 5.0, None, 7.0, 8.0, 9.0, 10.0, 11.0]
    lines = [layer for layer in complete(chart)["vconcat"][0]["layer"] if layer["mark"]["type"] == "line"]
    assert {line["encoding"]["y"]["field"] for line in lines} == {"rolling_mean_usd"}
    assert {line["mark"]["invalid"] for line in lines} == {"break-paths-show-path-domains"}
    drawn = re.findall(r'<path [^>]*d="(M[^"]*)"[^>]*stroke="#111111"', svg_of(chart))
    assert [len(re.findall(r"M", path)) for path in drawn] == [2]


def test_a_mean_without_neighbours_is_a_point() -> None:
    """A line of one day would not be seen."""
    daily = days({f"2026-11-{day:02d}": float(day) for day in range(1, 8)})

    rows = rows_of(usage_chart(daily, rolling=rolling_mean(daily)))

    assert [row["is_alone"] for row in rows] == [False] * 6 + [True]
    assert not any(
        row["is_alone"]
        for row in rows_of(usage_chart(days(FORTNIGHT), rolling=rolling_mean(days(FORTNIGHT))))
    )


def test_the_means_of_several_accounts_are_added_up_where_all_have_one() -> None:
    """Alpha 4 and Beta 8 on the 7th; Beta's last day is not whole, and half a sum would be too low."""
    daily = pl.concat(
        [
            days(FORTNIGHT, account_id="a"),
            days({day: 2 * cost for day, cost in FORTNIGHT.items()}, account_id="b", partial=["2026-11-14"]),
        ]
    )
    chart = usage_chart(daily, rolling=rolling_mean(daily), names={"a": "Alpha", "b": "Beta"})

    assert means_of(chart) == [None] * 6 + [12.0, 15.0, 18.0, 21.0, 24.0, 27.0, 30.0, None]
    assert {"Alpha", "Beta"} <= set(texts_of(chart))
    assert told_by(chart)[13]["Hours"] == "1 to 24, not the whole day"


@settings(max_examples=25)
@given(
    st.lists(st.lists(st.floats(-5, 50), min_size=20, max_size=20), min_size=1, max_size=7),
    st.integers(0, 19),
)
def test_the_line_is_the_mean_of_what_is_stacked(costs: list[list[float]], partial: int) -> None:
    """However many accounts there are, and whichever day is not whole."""
    dates = [str(FIRST.date() + timedelta(days=n)) for n in range(20)]
    daily = pl.concat(
        [
            days(dict(zip(dates, one, strict=True)), account_id=f"{nth:032x}", partial=[dates[partial]])
            for nth, one in enumerate(costs)
        ]
    )
    rows = rows_of(usage_chart(daily, rolling=rolling_mean(daily)))

    columns = [name for name in rows[0] if name.startswith("cost_")]
    stacked = [sum(row[name] for name in columns) for row in rows]
    for n, row in enumerate(rows):
        if n < 6 or n - 6 <= partial <= n:
            assert row["rolling_mean_usd"] is None
        else:
            assert row["rolling_mean_usd"] == pytest.approx(sum(stacked[n - 6 : n + 1]) / 7, abs=1e-9)


def test_the_pointer_is_told_the_day() -> None:
    """Cost, mean, hours and state; why there is no mean yet."""
    daily = days(FORTNIGHT, partial=["2026-11-14"], running=["2026-11-14"])
    told = told_by(usage_chart(daily, rolling=rolling_mean(daily)))

    assert told[6] == {
        "Day": "Sat 7 Nov 2026",
        "Cost": "$7.00",
        "Average": "$4.00",
        "Hours": "24",
        "State": "complete",
    }
    assert told[0]["Average"] == "none: it takes whole days in a row"
    assert (told[13]["Hours"], told[13]["State"]) == ("1, not the whole day", "in progress")
    assert list(told_by(usage_chart(daily))[0]) == ["Day", "Cost", "Hours", "State"]


def test_the_pointer_is_told_each_account() -> None:
    """Beta lacks the second day, and has 23 hours on the first."""
    daily = pl.concat(
        [
            days({"2026-11-01": 1, "2026-11-02": 2}, account_id="a"),
            days({"2026-11-01": 4}, account_id="b").with_columns(hours=pl.lit(23, pl.Int64)),
        ]
    )

    first, second = told_by(usage_chart(daily, names={"a": "Alpha", "b": "Beta"}))

    assert first == {
        "Day": "Sun 1 Nov 2026",
        "Alpha": "$1.00",
        "Beta": "$4.00",
        "All": "$5.00",
        "Hours": "23 to 24",
        "State": "complete",
    }
    assert (second["Beta"], second["All"], second["Hours"]) == ("no day", "$2.00", "24")


def test_what_may_change_is_paler_and_what_lacks_hours_is_dashed() -> None:
    """As in the other charts of days."""
    daily = days({"2026-11-01": 1, "2026-11-02": 2, "2026-11-03": 3}, partial=["2026-11-03"])
    svg = svg_of(usage_chart(daily.with_columns(state=pl.Series(["complete", "provisional", "in_progress"]))))

    bars = [
        re.search(r'fill-opacity="([\d.]+)"', path)
        for path in re.findall(r"<path [^>]*>", svg)
        if f'stroke="{PALETTE[0]}"' in path
    ]
    assert [float(bar[1]) if bar else 1.0 for bar in bars] == [1.0, 0.35, 0.1]
    assert svg.count('stroke-dasharray="4,3"') == 1


def test_days_zoom_as_hours_do() -> None:
    """The same selection, on the same kind of scale."""
    by_day = usage_chart(days(FORTNIGHT)).to_dict()
    by_hour = usage_chart(hours("2026-11-01", [1.0] * 30)).to_dict()

    def brush(spec: dict[str, Any]) -> Any:  # noqa: ANN401 - a part of a specification
        return next(one for one in spec["params"] if one["name"] == "brush")

    assert brush(by_day) == brush(by_hour)
    scales = [spec["vconcat"][1]["encoding"]["x"]["scale"]["type"] for spec in (by_day, by_hour)]
    assert scales == ["utc", "utc"]


def test_many_days_are_drawn_from_few_bars_and_say_so() -> None:
    """Ten years, six days a slot; the costliest day stays the highest."""
    dates = [date(2015, 1, 1) + timedelta(days=n) for n in range(3650)]
    daily = days({str(day): 50.0 if n == 1234 else 1.0 for n, day in enumerate(dates)})
    chart = usage_chart(daily)

    heights = sorted(height for *_, height in bars_of(chart, PALETTE[0]) if height > 0)
    assert len(heights) == 609
    assert heights[-1] / heights[-2] == pytest.approx(50.0, rel=1e-2)
    assert "Zoomed out, each bar is the costliest of 6 days" in subtitle_of(chart)


def test_no_day_and_no_cost_are_said() -> None:
    """Neither is a hole."""
    nothing = texts_of(usage_chart(pl.DataFrame(schema=DAILY)))
    assert {"AI Gateway cost: no days", "There is no day in this table"} <= set(nothing)
    assert "No cost in this time range" in texts_of(usage_chart(days({"2026-11-01": 0})))


def test_wrong_input_is_refused_by_name() -> None:
    """A day twice, a mean of hours, of other accounts, and what is no mean; an unknown zone."""
    daily = days(FORTNIGHT)
    with pytest.raises(FrameError, match="of account a is a duplicate"):
        usage_chart(pl.concat([daily, daily]))
    with pytest.raises(FrameError, match="not a daily table: missing 'hours'"):
        usage_chart(daily.drop("hours"))
    with pytest.raises(ConfigError, match="a rolling mean goes with local days"):
        usage_chart(hours("2026-11-01", [1.0]), rolling=rolling_mean(daily))
    with pytest.raises(FrameError, match="rolling has account b"):
        usage_chart(daily, rolling=rolling_mean(days(FORTNIGHT, account_id="b")))
    with pytest.raises(FrameError, match="missing 'rolling_mean_usd'"):
        usage_chart(daily, rolling=daily)
    with pytest.raises(ConfigError, match="Middle/Earth"):
        usage_chart(daily, time_zone="Middle/Earth")
