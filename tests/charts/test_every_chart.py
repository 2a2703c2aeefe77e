"""What holds for every chart: colours, the viewer's clock, width, plain altair."""

import itertools
import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import date

import altair as alt
import polars as pl
import pytest
import vl_convert
from chart_pictures import VEGA_LITE, complete, subtitle_of, svg_of, title_of, told_by
from histories import days, hours, local_days
from sight import SIGHT, contrast, lab

import cfusage_lab as cfu
from cfusage_lab import anomaly_detection, changes, charts, forecasts, invoices, patterns
from cfusage_lab.charts.colours import DOWN, NEUTRAL, ON_CELLS, RAMP, STRONG, UP, inks
from cfusage_lab.fetch import UsageClient
from cfusage_lab.view.themes import THEMES

ZONE = "Europe/Berlin"
DAYS = days({f"2026-10-{day:02d}": day % 7 for day in range(20, 32)})
HOURS = hours("2026-10-24", [float(n % 24) for n in range(60)])
BURST = hours("2026-09-20", [50.0 if n in range(600, 604) else 1.0 + n % 24 / 24 for n in range(24 * 30)])
MONTH = pl.concat(
    [local_days("2026-09-01", "2026-09-30", ZONE), local_days("2026-10-01", "2026-10-26", ZONE)]
)

EVERY: dict[str, Callable[[], alt.VConcatChart]] = {
    "day_over_day": lambda: charts.day_over_day_chart(changes.day_over_day(DAYS), time_zone=ZONE),
    "week_over_week": lambda: charts.week_over_week_chart(changes.week_over_week(DAYS), time_zone=ZONE),
    "month_over_month": lambda: charts.month_over_month_chart(
        changes.month_over_month(MONTH, time_zone=ZONE), until="10:00", time_zone=ZONE
    ),
    "movers": lambda: charts.movers_chart(changes.movers(changes.day_over_day(DAYS)), time_zone=ZONE),
    "comparison": lambda: charts.comparison_chart(
        changes.compare(DAYS.tail(5), DAYS.head(5)), time_zone=ZONE
    ),
    "calendar": lambda: charts.calendar_chart(DAYS, time_zone=ZONE),
    "hour_profile": lambda: charts.hour_profile_chart(
        patterns.hourly_profile(HOURS, time_zone=ZONE), time_zone=ZONE
    ),
    "weekly_heatmap": lambda: charts.weekly_heatmap_chart(
        patterns.weekly_heatmap(HOURS, time_zone=ZONE), time_zone=ZONE
    ),
    "anomalies": lambda: charts.anomalies_chart(
        anomaly_detection.anomalies(BURST, time_zone=ZONE), time_zone=ZONE
    ),
    "month_end": lambda: charts.month_end_chart(forecasts.forecast_month_path(DAYS), time_zone=ZONE),
    "usage_by_model": lambda: charts.usage_by_model_chart(
        invoices.usage_by_model(UsageClient.sandbox(now="2026-11-18T09:30Z").invoice_preview())
    ),
}
DRAW_ALL = f"""
import json, sys, vl_convert
specs = json.load(sys.stdin)
json.dump([vl_convert.vegalite_to_svg(spec, vl_version="{VEGA_LITE}") for spec in specs], sys.stdout)
"""


def test_every_chart_function_is_tried_here() -> None:
    """A new one has to be added."""
    drawn_here = sorted(f"{name}_chart" for name in EVERY)

    others = {name for name in charts.__all__ if name.endswith("_chart")} - {"usage_chart"}
    assert drawn_here == sorted(others)


@pytest.mark.slow
def test_nothing_drawn_depends_on_the_viewers_clock() -> None:
    """Each chart, drawn by processes that live in New York and in Kathmandu: the same SVG."""
    specs = json.dumps([complete(draw()) for draw in EVERY.values()])

    drawn = [
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", DRAW_ALL],
            input=specs,
            capture_output=True,
            check=True,
            text=True,
            env={**os.environ, "TZ": zone},
        ).stdout
        for zone in ("America/New_York", "Asia/Kathmandu")
    ]

    assert drawn[0] == drawn[1]
    pictures = dict(zip(EVERY, json.loads(drawn[0]), strict=True))
    for name in ("day_over_day", "week_over_week", "month_over_month", "comparison"):
        labels = re.findall(r">(\w{3}) (\d+) Oct<", pictures[name])
        assert labels
        assert all(f"{date(2026, 10, int(day)):%a}" == weekday for weekday, day in labels)
    assert ">26 Oct<" in pictures["calendar"]


@pytest.mark.parametrize("name", EVERY)
def test_plain_altair_draws_the_same(name: str) -> None:
    """In anybody's notebook, without the view, where times travel as text."""
    chart = EVERY[name]()

    plain = vl_convert.vegalite_to_svg(chart.to_dict(), vl_version=VEGA_LITE)

    def content(svg: str) -> list[str]:
        return re.findall(r"<text[^>]*>[^<]*|<path[^>]* d=\"[^\"]*\"", svg)

    assert content(plain) == content(svg_of(chart))


@pytest.mark.parametrize("name", EVERY)
def test_every_chart_fills_the_cell_and_describes_itself(name: str) -> None:
    """The description is the heading, as a text."""
    chart = EVERY[name]()
    spec = chart.to_dict()

    assert spec["usermeta"]["fillsTheCell"] is True
    assert {view["width"] for view in spec["vconcat"]} == {640}
    heading = " ".join([title_of(chart), *subtitle_of(chart)])
    assert re.findall(r"[^ .·]+", spec["description"]) == re.findall(r"[^ .·]+", heading)


@pytest.mark.parametrize("name", EVERY)
def test_no_line_of_a_heading_is_longer_than_a_narrow_cell(name: str) -> None:
    """Vega breaks no lines, and cuts off what sticks out."""
    title = EVERY[name]().to_dict()["title"]

    assert max(map(len, [title["text"]] if isinstance(title["text"], str) else title["text"])) <= 44
    assert max(map(len, title["subtitle"])) <= 62


def free_and_not(table: pl.DataFrame, *free: str) -> pl.DataFrame:
    """Add accounts that cost nothing to a table of windows or days."""
    (column,) = {"aggregated_value", "cost_usd"} & set(table.columns)
    zeros = [table.with_columns(pl.lit(0.0).alias(column), account_id=pl.lit(one)) for one in free]
    return pl.concat([table, *zeros])


BY_ACCOUNT = {
    "compared": lambda add: charts.comparison_chart(
        changes.compare(
            add(DAYS).filter(pl.col("date") > date(2026, 10, 25)),
            add(DAYS).filter(pl.col("date") < date(2026, 10, 26)),
        )
    ),
    "day over day": lambda add: charts.day_over_day_chart(changes.day_over_day(add(DAYS))),
    "calendar": lambda add: charts.calendar_chart(add(DAYS)),
    "month": lambda add: charts.month_over_month_chart(changes.month_over_month(add(MONTH), time_zone=ZONE)),
    "profile": lambda add: charts.hour_profile_chart(
        patterns.hourly_profile(add(HOURS), time_zone="UTC"), time_zone="UTC"
    ),
    "heatmap": lambda add: charts.weekly_heatmap_chart(
        patterns.weekly_heatmap(add(HOURS), time_zone="UTC"), time_zone="UTC"
    ),
}


@pytest.mark.parametrize("name", BY_ACCOUNT)
def test_accounts_without_cost_are_a_line_of_the_heading(name: str) -> None:
    """And not empty rows; where no account has cost, all of them are drawn."""

    def with_free(*free: str) -> alt.VConcatChart:
        return BY_ACCOUNT[name](lambda table: free_and_not(table, *free))

    def only_free(table: pl.DataFrame) -> pl.DataFrame:
        added = free_and_not(table, "b", "c")
        return added.filter(pl.col("account_id").is_in(["b", "c"]))

    assert "No cost" not in " ".join(subtitle_of(with_free()))
    assert "No cost: b…b" in subtitle_of(with_free("b"))
    assert "No cost: b…b and c…c" in subtitle_of(with_free("b", "c"))
    assert "No cost: b…b, c…c and 2 more" in subtitle_of(with_free("b", "c", "d", "e"))
    assert len(complete(with_free("b", "c"))["vconcat"]) == 1
    nothing = BY_ACCOUNT[name](only_free)
    assert len(complete(nothing)["vconcat"]) == 2
    assert "No cost" not in " ".join(subtitle_of(nothing))


@pytest.mark.parametrize("name", BY_ACCOUNT)
def test_accounts_share_one_scale(name: str) -> None:
    """One that costs a tenth of another looks it."""

    def and_a_tenth(table: pl.DataFrame) -> pl.DataFrame:
        (column,) = {"aggregated_value", "cost_usd"} & set(table.columns)
        return pl.concat([table, table.with_columns(pl.col(column) / 10, account_id=pl.lit("b"))])

    chart = BY_ACCOUNT[name](and_a_tenth)

    assert complete(chart)["resolve"]["scale"] == {"x": "shared", "y": "shared"}
    assert "2 accounts on one scale" in subtitle_of(chart)[0]
    vega = vl_convert.vegalite_to_vega(complete(chart), vl_version=VEGA_LITE)
    names = [scale["name"] for scale in vega["scales"]]
    assert sorted(set(names) - {"x", "y"}) == sorted({one for one in names if one not in {"x", "y"}})
    assert not [one for one in names if one.startswith("row_")]


def test_the_sum_of_all_is_no_account() -> None:
    """Two accounts and their sum."""
    both = pl.concat([DAYS, DAYS.with_columns(account_id=pl.lit("b"))])
    three = pl.concat([both, cfu.total_usage(both)])

    assert subtitle_of(charts.calendar_chart(both))[0].startswith("2 accounts on one scale ·")
    said = subtitle_of(charts.calendar_chart(three))[0]
    assert said.startswith("2 accounts and all together on one scale ·")


SHORT = {
    "compared": lambda: charts.comparison_chart(
        changes.compare(DAYS.tail(5), DAYS.head(5)), time_zone=ZONE, heading="short"
    ),
    "day over day": lambda: charts.day_over_day_chart(
        changes.day_over_day(DAYS), time_zone=ZONE, heading="short"
    ),
    "week over week": lambda: charts.week_over_week_chart(
        changes.week_over_week(DAYS), time_zone=ZONE, heading="short"
    ),
    "month": lambda: charts.month_over_month_chart(
        changes.month_over_month(MONTH, time_zone=ZONE), time_zone=ZONE, heading="short"
    ),
    "profile": lambda: charts.hour_profile_chart(
        patterns.hourly_profile(HOURS, time_zone=ZONE), time_zone=ZONE, heading="short"
    ),
    "heatmap": lambda: charts.weekly_heatmap_chart(
        patterns.weekly_heatmap(HOURS, time_zone=ZONE), time_zone=ZONE, heading="short"
    ),
}


@pytest.mark.parametrize("name", SHORT)
def test_a_short_heading_names_neither_account_nor_range_nor_zone(name: str) -> None:
    """What stands around the chart says so once for all."""
    said = [line for line in subtitle_of(SHORT[name]()) if not line.startswith("Compared with")]

    assert not re.search(r"a…a|Berlin|\d Oct\w* 2026", " ".join(said))
    assert said[0][0].isupper(), said


def test_why_there_is_nothing_to_compare_is_said() -> None:
    """In the place of bars where there is no row; in the title where the only day is running."""
    why = "Nothing to compare yet: today isn't over"
    compared = changes.compare(DAYS.tail(1), DAYS.head(1))
    changed = changes.day_over_day(DAYS)
    for chart in (
        charts.comparison_chart(compared.clear(), empty=why),
        charts.day_over_day_chart(changed.clear(), empty=why),
        charts.week_over_week_chart(changed.clear(), empty=why),
    ):
        assert why in svg_of(chart)
    assert "There is no day in this table" in svg_of(charts.day_over_day_chart(changed.clear()))
    running = changed.tail(1).with_columns(
        state=pl.lit("in_progress"), kind=pl.lit("unknown"), change_usd=pl.lit(None, pl.Float64)
    )
    assert title_of(charts.day_over_day_chart(running)) == (
        "Day over day: nothing to compare yet, today isn't over"
    )
    assert title_of(charts.comparison_chart(running)).endswith("nothing to compare yet, today isn't over")


@pytest.mark.parametrize("name", [*EVERY, "usage"])
def test_no_solid_line_is_drawn_as_dashes(name: str) -> None:
    """Dashes without gaps look solid, but a canvas draws each: a year of bars took ten times as long."""
    chart = EVERY[name]() if name in EVERY else cfu.usage_chart(HOURS, time_zone=ZONE)

    drawn = svg_of(chart)

    assert not re.findall(r'stroke-dasharray="[^"]*,0"', drawn)


@pytest.mark.parametrize("name", sorted(set(EVERY) - {"models"}))
def test_no_tooltip_says_null(name: str) -> None:
    """What is not known has a word."""
    chart = EVERY[name]()
    if any("tooltip" in layer["encoding"] for layer in complete(chart)["vconcat"][0]["layer"]):
        told = " ".join(text for row in told_by(chart) for text in row.values())
        assert not re.search(r"\b(null|undefined|NaN)\b", told)


@pytest.mark.slow
def test_a_heading_counts_what_is_drawn() -> None:
    """Of seven accounts, five are: their days, hours and marks, and not those of the two left out.

    The costliest five each have 12 days, the last of which may still change and lacks hours.
    """
    last = pl.col("date") == date(2026, 10, 31)
    daily = pl.concat(
        [
            DAYS.with_columns(account_id=pl.lit(f"{n:032x}"), cost_usd=pl.col("cost_usd") * n)
            for n in range(1, 8)
        ]
    ).with_columns(
        is_whole=~last, state=pl.when(last).then(pl.lit("in_progress")).otherwise(pl.lit("complete"))
    )
    history = pl.concat(
        [HOURS.with_columns(account_id=pl.lit(f"{n:032x}"), aggregated_value=float(n)) for n in range(1, 8)]
    )
    month = pl.concat([MONTH.with_columns(account_id=pl.lit(f"{n:032x}")) for n in range(7)])
    so_far = changes.month_over_month(month, time_zone=ZONE).with_columns(state=pl.lit("provisional"))
    compared = changes.day_over_day(daily, include_in_progress=True)
    said = {
        name: subtitle_of(chart)
        for name, chart in {
            "day_over_day": charts.day_over_day_chart(compared),
            "comparison": charts.comparison_chart(compared),
            "calendar": charts.calendar_chart(daily),
            "month_over_month": charts.month_over_month_chart(so_far),
            "hour_profile": charts.hour_profile_chart(
                patterns.hourly_profile(history, time_zone="UTC"), time_zone="UTC"
            ),
            "weekly_heatmap": charts.weekly_heatmap_chart(
                patterns.weekly_heatmap(history, time_zone="UTC"), time_zone="UTC"
            ),
        }.items()
    }

    assert "today isn't over" in " · ".join(said["day_over_day"]).split(" · ")
    assert "12 days, the last not final (paler)" in said["day_over_day"]
    assert "Not compared: 10 of 60 days" in said["comparison"]
    assert "Corners mark days with hours missing: 5" in " · ".join(said["calendar"])
    assert "12 days, the last not final" in " · ".join(said["calendar"])
    assert "26 days, none final" in said["month_over_month"]
    for name in ("hour_profile", "weekly_heatmap"):
        assert "300 hours · UTC time" in said[name]
    for lines in said.values():
        assert "The largest 5 of 7 accounts; total_usage() adds all up" in lines


@pytest.mark.parametrize("name", EVERY)
def test_another_table_of_the_same_shape_changes_no_more_than_rows_heading_and_values(name: str) -> None:
    """So that a view keeps its drawing; and drawing one chart leaves another one alone."""
    first = EVERY[name]().to_dict()
    again = EVERY[name]().to_dict()

    def kept(spec: dict[str, object]) -> str:
        return re.sub(r"view_[0-9a-f]+|data-[0-9a-f]+", "", json.dumps(spec))

    assert kept(first) == kept(again)


def test_more_cost_is_warm_and_less_is_cool() -> None:
    """Red leads in one, blue in the other."""
    parts = [[int(colour[at : at + 2], 16) for at in (1, 3, 5)] for colour in (UP, DOWN)]

    assert [max(range(3), key=one.__getitem__) for one in parts] == [0, 2]


@pytest.mark.parametrize("sight", SIGHT)
def test_up_down_and_neither_stay_apart(sight: str) -> None:
    """A CIE76 distance of 20 is far more than a just noticeable one (2.3)."""
    up, down, neither = (lab(colour, sight) for colour in (UP, DOWN, NEUTRAL))

    assert min(math.dist(up, down), math.dist(up, neither), math.dist(down, neither)) > 20


def over(ground: str, part: float) -> str:
    """Return the colour of a cell so far up the ramp, on a ground."""
    first, last = (float(one) for one in ("0.07", "1"))
    assert RAMP[0].endswith(f"{first})")
    colour = [int(one) for one in re.findall(r"\d+", RAMP[-1])]
    share = first + (last - first) * part
    mixed = (
        share * one + (1 - share) * int(ground[at : at + 2], 16)
        for one, at in zip(colour, (1, 3, 5), strict=True)
    )
    return "#" + "".join(f"{round(one):02x}" for one in mixed)


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize(("ground", "sign"), [("#ffffff", -1), ("#111111", 1)])
def test_the_ramp_goes_from_the_ground_by_equal_steps(sight: str, ground: str, sign: int) -> None:
    """Ever darker on a light page and ever lighter on a dark one, whoever looks."""
    seen = [lab(over(ground, part / 8), sight) for part in range(9)]

    steps = [math.dist(one, other) for one, other in itertools.pairwise(seen)]
    assert all(sign * one[0] < sign * other[0] for one, other in itertools.pairwise(seen))
    assert max(steps) / min(steps) < 1.8
    assert min(steps) > 4


@pytest.mark.parametrize("background", ["#ffffff", "#111111"])
def test_every_mark_has_a_contrast_of_three_to_one(background: str) -> None:
    """WCAG 2.2, 1.4.11, on JupyterLab's light and dark notebooks; of the ramp, the costliest."""
    assert min(contrast(colour, background) for colour in (UP, DOWN, NEUTRAL, over(background, 1))) >= 3.0


@pytest.mark.parametrize("theme", THEMES)
def test_amounts_in_cells_can_be_read(theme: str) -> None:
    """WCAG 2.2, 1.4.3, on whatever cell: white on what is strong, and a theme's purest ink on the rest."""
    ground, ink = (
        str(one) for one in (THEMES[theme]["background"], THEMES[theme]["style"][ON_CELLS]["color"])
    )
    parts = [part / 1000 for part in range(1001)]
    (is_strong, strong), (_, other) = inks("cost_usd")

    assert (strong, other) == ({"color": "#ffffff"}, {"style": ON_CELLS})
    assert is_strong.endswith(f" > {STRONG})")
    assert min(contrast(over(ground, part), "#ffffff" if part > STRONG else ink) for part in parts) >= 4.5
