"""The theme of altair that lets a chart of one's own look like ours."""

import re
from collections.abc import Iterator

import altair as alt
import polars as pl
import pytest
from histories import hours

import cfusage_lab as cfu
from cfusage_lab.charts.colours import PALETTE
from cfusage_lab.view import svg
from cfusage_lab.view.themes import THEMES

HISTORY = hours("2026-11-01", [1.0 + hour % 24 for hour in range(24 * 14)])
DAILY = cfu.daily_usage(HISTORY, time_zone="UTC")
OURS = {
    "usage": cfu.usage_chart(HISTORY),
    "days": cfu.usage_chart(DAILY, rolling=cfu.rolling_mean(DAILY)),
    "changes": cfu.day_over_day_chart(cfu.day_over_day(DAILY)),
    "heatmap": cfu.weekly_heatmap_chart(cfu.weekly_heatmap(HISTORY, time_zone="UTC"), time_zone="UTC"),
    "profile": cfu.hour_profile_chart(cfu.hourly_profile(HISTORY, time_zone="UTC"), time_zone="UTC"),
    "calendar": cfu.calendar_chart(DAILY),
    "events": cfu.anomalies_chart(cfu.anomalies(HISTORY, time_zone="UTC")),
}
BARS = (
    alt.Chart(DAILY, title=alt.Title("Mine", subtitle="US dollars a day"))
    .mark_bar()
    .encode(x="date:T", y=alt.Y("cost_usd:Q", title=None))
)


@pytest.fixture(autouse=True)
def default_theme() -> Iterator[None]:
    """Leave altair as it was found."""
    yield
    alt.theme.enable("default")


def drawn(chart: alt.TopLevelMixin) -> str:
    """Draw a chart, without the numbers that Vega counts on from one chart to the next."""
    return re.sub(r"\b(clip|gradient_)\d+", r"\1", svg(chart))


@pytest.mark.parametrize("name", OURS)
def test_our_own_charts_look_as_before(name: str) -> None:
    before = drawn(OURS[name])

    cfu.theme()

    assert drawn(OURS[name]) == before


def test_a_chart_of_ones_own_has_our_colours_sizes_and_lines() -> None:
    ours = svg(OURS["days"])
    with cfu.theme():
        own = svg(BARS)

    for sign in ('font-size="15px" font-weight="bold"', 'font-size="12px"', 'font-size="11px"', PALETTE[0]):
        assert sign in ours
        assert sign in own
    assert 'stroke="#888"' not in own  # neither ticks nor lines beside the axes
    assert own.count('stroke="#ddd"') == len(re.findall(r">\d+</text>", own))  # a line a label: across alone
    assert own.count('"#4c78a8"') == 0


def test_series_get_our_palette_in_its_order() -> None:
    table = pl.DataFrame({"x": list(range(5)), "y": [1.0] * 5, "who": list("abcde")})
    with cfu.theme():
        stacked = svg(alt.Chart(table).mark_bar().encode(x="x:O", y="y:Q", color="who:N"))

    marks = stacked[stacked.index("role-mark marks") :]
    assert re.findall(r'fill="(#\w{6})"', marks)[:5] == list(PALETTE)


@pytest.mark.parametrize("ground", THEMES)
def test_by_altair_alone_it_is_light_or_dark(ground: str) -> None:
    """A chart that altair writes by itself has it all, as has a copy of ours."""
    with cfu.theme(ground):
        own, ours = BARS.to_dict()["config"], OURS["days"].to_dict()["config"]

    for config in (own, ours):
        assert config["background"] == THEMES[ground]["background"]
        assert config["axis"]["labelColor"] == THEMES[ground]["axis"]["labelColor"]
    assert THEMES[ground]["background"] in svg(BARS, theme=ground)


def test_what_a_chart_sets_itself_wins() -> None:
    with cfu.theme("dark"):
        config = BARS.configure_axis(labelColor="#ff0000").to_dict()["config"]

    assert config["axis"]["labelColor"] == "#ff0000"
    assert config["axis"]["labelFontSize"] == 11


def test_it_ends_with_its_block_or_by_another_theme() -> None:
    with cfu.theme("dark"):
        assert alt.theme.active == "cfusage_lab"
    assert alt.theme.active == "default"

    cfu.theme()
    alt.theme.enable("default")
    assert "range" not in BARS.to_dict()["config"]


def test_altairs_own_names_work_once_it_was_called() -> None:
    with cfu.theme():
        pass

    with alt.theme.enable("cfusage_lab", ground="dark"):
        assert BARS.to_dict()["config"]["background"] == "#111111"
