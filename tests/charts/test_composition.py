"""Our charts as parts of others: what stands in them is what stands in them alone."""

import itertools
import re
import warnings
from collections.abc import Callable
from typing import Any

import altair as alt
import polars as pl
import pytest
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.view import svg
from cfusage_lab.view.drawing import Drawing

HISTORY = hours("2026-11-01", [1.0 + hour % 24 + hour % 7 for hour in range(24 * 14)])
TWO = pl.concat([HISTORY, HISTORY.with_columns(account_id=pl.lit("b" * 32))])
DAILY = cfu.daily_usage(HISTORY, time_zone="UTC")
OURS: dict[str, alt.VConcatChart] = {
    "usage": cfu.usage_chart(HISTORY),
    "usage of two": cfu.usage_chart(TWO, time_zone="Asia/Kolkata"),
    "days": cfu.usage_chart(DAILY, rolling=cfu.rolling_mean(DAILY)),
    "changes": cfu.day_over_day_chart(cfu.day_over_day(cfu.daily_usage(TWO, time_zone="UTC"))),
    "heatmap": cfu.weekly_heatmap_chart(cfu.weekly_heatmap(HISTORY, time_zone="UTC"), time_zone="UTC"),
    "profile": cfu.hour_profile_chart(cfu.hourly_profile(TWO, time_zone="UTC"), time_zone="UTC"),
    "calendar": cfu.calendar_chart(DAILY),
    "events": cfu.anomalies_chart(cfu.anomalies(HISTORY, time_zone="UTC")),
    "month": cfu.month_over_month_chart(cfu.month_over_month(HISTORY, time_zone="UTC"), time_zone="UTC"),
    "movers": cfu.movers_chart(cfu.movers(cfu.day_over_day(DAILY))),
    "nothing": cfu.usage_chart(HISTORY.clear()),
}
OTHER = (
    alt.Chart(pl.DataFrame({"x": ["p", "q"], "y": [1, 2], "who": ["r", "s"]}), title="Other")
    .mark_bar()
    .encode(x="x", y="y", color="who")
    .add_params(alt.selection_point(name="chosen", fields=["x"]))
)
WAYS: dict[str, Callable[[Any], Any]] = {
    "left": lambda chart: alt.hconcat(chart, OTHER),
    "right": lambda chart: OTHER | chart,
    "above": lambda chart: chart & OTHER,
    "below": lambda chart: alt.vconcat(OTHER, chart),
    "twice": lambda chart: chart | chart,
    "twice, one above the other": lambda chart: chart & chart,
    "three": lambda chart: (chart | OTHER) | OURS["usage"],
    "in a wrapped row": lambda chart: alt.concat(chart, OTHER, chart, columns=2),
    "nested": lambda chart: (chart | OTHER) & (OURS["profile"] | OURS["usage"]),
}


def texts_in(drawn: str) -> list[str]:
    return re.findall(r">([^<>]+)</text>", drawn)


def marks_in(drawn: str) -> list[str]:
    """List the shapes of all marks, and their colours."""
    groups = re.findall(r'role-mark [^"]*".*?</g>', drawn)
    return [one for group in groups for one in re.findall(r'<path d="[^"]*" [^/]*fill[^/]*/>', group)]


@pytest.fixture(autouse=True)
def no_warning() -> None:
    warnings.simplefilter("error")


@pytest.mark.parametrize(
    ("name", "way"),
    [*itertools.product(["usage"], WAYS), *itertools.product(list(OURS)[1:], ["right", "twice"])],
)
def test_every_text_and_bar_of_a_chart_is_there_in_a_composed_one(name: str, way: str) -> None:
    """Axes, keys and headings, too, which expressions make that know names of scales and sizes."""
    alone, composed = svg(OURS[name]), svg(WAYS[way](OURS[name]))

    count = 2 if way.startswith(("twice", "in a")) else 1
    there, expected = texts_in(composed), texts_in(alone)
    assert [text for text in expected if there.count(text) < count * expected.count(text)] == []
    drawn = marks_in(composed)
    assert [one for one in marks_in(alone) if drawn.count(one) < count] == []


def test_a_part_leaves_the_chart_that_it_was_made_of_as_it_was() -> None:
    chart = cfu.usage_chart(HISTORY)
    before = chart.to_dict()

    _ = chart | OTHER
    _ = chart & chart

    assert chart.to_dict() == before
    assert chart.copy().to_dict() == before


def test_colours_of_others_and_ours_stay_apart() -> None:
    """Altair lets parts share a scale of colours: the other's key would list our accounts."""
    composed = svg(OURS["usage of two"] | OTHER)

    keys = re.findall(r"role-legend-label.*?>([^<>]+)</text>", composed)
    assert keys.count("r") == keys.count("s") == 1
    assert len(keys) == 4


def test_selections_of_two_parts_are_two() -> None:
    composed = OURS["usage"] | OURS["usage"]

    found = Drawing.of(composed).selections

    zooms = [name for name in found if name.endswith("brush")]
    assert len(zooms) == len(set(zooms)) == 2


def test_the_same_composition_again_is_no_new_drawing() -> None:
    first, second = (Drawing.of(OURS["usage"] | OURS["profile"]) for _ in range(2))

    assert first.spec == second.spec


def test_text_that_is_shown_is_taken_for_no_name() -> None:
    """An account may be called what a view is called, or a selection."""
    names = {HISTORY["account_id"][0]: "detail", "b" * 32: "brush"}
    chart = cfu.usage_chart(TWO, names=names)

    there = texts_in(svg(chart | OTHER))

    assert {"detail", "brush"} <= set(there)
    assert not [text for text in there if "cfusage" in text]


def test_what_altair_sets_wins_and_is_said_in_the_whole_alone() -> None:
    config = OURS["usage"].configure_axis(labelFontSize=20).to_dict()["config"]

    assert config["axis"]["labelFontSize"] == 20
    assert config["axis"]["domain"] is False
    assert config["legend"]["orient"] == "top"


def test_they_cannot_be_layered_as_altair_says() -> None:
    with pytest.raises(TypeError, match="layered"):
        alt.layer(OURS["usage"], OTHER)
