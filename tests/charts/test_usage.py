"""Cost over time as a picture."""

import os
import pickle
import re
import subprocess
import sys
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
import vl_convert
from histories import days, hours
from sight import SIGHT, contrast, lab

from cfusage_lab.charts import usage_chart
from cfusage_lab.charts.colours import PALETTE, REST
from cfusage_lab.charts.page import page_of
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import HISTORY
from cfusage_lab.view.drawing import Drawing

A, B = "a" * 32, "b" * 32
NAMES = {A: "Alpha", B: "Beta"}


def svg_of(history: pl.DataFrame, **options: str) -> str:
    """Draw it."""
    return vl_convert.vegalite_to_svg(
        Drawing.of(usage_chart(history, **options)).complete(), vl_version="6.4"
    )


def rectangles(svg: str, colour: str) -> list[tuple[float, float, float]]:
    """Tell width, height and opacity of each bar of that colour, from left to right."""
    found = []
    for path in re.findall(r"<path [^>]*>", svg):
        if "transform" in path:  # a legend's square
            continue
        shape = re.search(r'd="M([-\d.]+),([-\d.]+)h([-\d.]+)v([-\d.]+)h-?[\d.]+Z"', path)
        if shape and f'fill="{colour}"' in path:
            left, _, width, height = map(float, shape.groups())
            opacity = re.search(r' opacity="([\d.]+)"', path)
            found.append((left, width, abs(height), float(opacity[1]) if opacity else 1.0))
    return [(width, height, opacity) for left, width, height, opacity in sorted(found) if height > 0]


def test_the_bars_are_as_high_as_the_costs() -> None:
    """Alpha 3 then 2, Beta 1 then -1: heights in the ratio 3 : 2 : 1 : 1, the correction included."""
    history = pl.concat(
        [hours("2026-01-05", [3.0, 2.0], account_id=A), hours("2026-01-05", [1.0, -1.0], account_id=B)]
    )

    svg = svg_of(history, names=NAMES)

    alpha = [height for _, height, _ in rectangles(svg, PALETTE[0])]
    beta = [height for _, height, _ in rectangles(svg, PALETTE[1])]
    assert [height / beta[0] for height in (*alpha, *beta)] == pytest.approx([3.0, 2.0, 1.0, 1.0], rel=1e-3)


def test_bars_are_as_wide_as_their_windows() -> None:
    """In Berlin's 25-hour night two windows share an hour: half the width each."""
    svg = svg_of(hours("2026-10-24T23:00", [1.0] * 4), time_zone="Europe/Berlin")

    first, second, third, fourth = (width + 1.5 for width, _, _ in rectangles(svg, PALETTE[0]))
    assert (second, third, fourth) == pytest.approx((first / 2, first / 2, first), rel=1e-3)


def test_windows_that_may_still_change_are_paler() -> None:
    """Provisional, and more so in progress."""
    history = hours("2026-01-05", [1.0] * 3, states=["complete", "provisional", "in_progress"])

    assert [opacity for _, _, opacity in rectangles(svg_of(history), PALETTE[0])] == [1.0, 0.55, 0.3]


def test_the_heading_states_total_unit_range_zone_and_what_is_unsettled() -> None:
    """Four windows of 0.30 dollars, two of them not complete; Berlin is an hour ahead."""
    states = ["complete", "complete", "provisional", "in_progress"]
    chart = usage_chart(
        hours("2026-01-05T08:00", [0.3] * 4, account_id=A, states=states),
        time_zone="Europe/Berlin",
        names=NAMES,
        note="Sandbox: made-up data",
    )

    spec = chart.to_dict()

    assert spec["title"]["text"] == "AI Gateway cost: $1.20"
    assert spec["title"]["subtitle"] == [
        "Alpha · US dollars an hour",
        "Mon 5 Jan 2026, 09:00 to 13:00 · Europe/Berlin",
        "4 hours, the last 2 not final (paler)",
        "Sandbox: made-up data",
    ]
    assert spec["description"] == ". ".join([spec["title"]["text"], *spec["title"]["subtitle"]])


def test_whole_days_are_named_by_their_dates() -> None:
    """Two UTC days; the end is exclusive, so the last date is the one before it."""
    day = timedelta(days=1)
    subtitle = usage_chart(hours("2026-01-05", [1.0] * 2, width=day)).to_dict()["title"]["subtitle"]

    assert subtitle == ["a…a · US dollars a UTC day", "Mon 5 Jan to Tue 6 Jan 2026 · UTC"]


def test_pointing_at_a_window_tells_everything_about_it() -> None:
    """Local time, offset, instant, each account, the sum and the state, as Vega computes them."""
    history = pl.concat(
        [
            hours("2026-10-25T00:00", [1.5, 0.25], account_id=A, states="provisional"),
            hours("2026-10-25T00:00", [2.0], account_id=B, states="provisional"),
        ]
    )
    spec = Drawing.of(usage_chart(history, time_zone="Europe/Berlin", names=NAMES)).complete()
    columns = next(view for view in spec["vconcat"][0]["layer"] if view.get("name", "").startswith("windows"))
    shown = {one["title"]: one["field"] for one in columns["encoding"]["tooltip"]}
    texts = {step["as"]: step["calculate"] for step in columns["transform"]}

    rows = computed(history, spec, [texts[field] for field in shown.values()])

    assert [dict(zip(shown, row, strict=True)) for row in rows] == [
        {
            "Local time": "Sun 25 Oct 2026, 02:00 to 03:00",
            "UTC offset": "+02:00",
            "UTC": "2026-10-25 00:00Z",
            "Alpha": "$1.50",
            "Beta": "$2.00",
            "All": "$3.50",
            "State": "provisional",
        },
        {
            "Local time": "Sun 25 Oct 2026, 02:00 to 03:00",
            "UTC offset": "+01:00",
            "UTC": "2026-10-25 01:00Z",
            "Alpha": "$0.25",
            "Beta": "no hour",
            "All": "$0.25",
            "State": "provisional",
        },
    ]


def computed(history: pl.DataFrame, spec: dict[str, Any], expressions: list[str]) -> list[list[str]]:
    """Evaluate Vega expressions over the drawn rows: as texts of an SVG."""
    rows = spec["datasets"]["table_0"]
    assert len(rows) == history["start_time"].n_unique()
    data = [
        {"row": place, "n": n, "text": expression, **row}
        for place, row in enumerate(rows)
        for n, expression in enumerate(expressions)
    ]
    marks = [
        {
            "data": {"values": [row for row in data if row["n"] == n]},
            "transform": [{"calculate": expression, "as": "said"}],
            "mark": {"type": "text", "aria": False},
            "encoding": {
                "text": {"field": "said", "type": "nominal"},
                "y": {"field": "row", "type": "nominal", "axis": None},
                "x": {"datum": n, "type": "nominal", "axis": None},
            },
        }
        for n, expression in enumerate(expressions)
    ]
    svg = vl_convert.vegalite_to_svg({"layer": marks}, vl_version="6.4")
    said = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    return [said[place :: len(rows)] for place in range(len(rows))]


def test_no_axis_and_no_text_depends_on_the_viewers_clock() -> None:
    """One chart, drawn by processes that live in New York and in Kathmandu: the same SVG."""
    program = (
        "import sys, pickle, vl_convert; "
        "sys.stdout.write(vl_convert.vegalite_to_svg(pickle.load(sys.stdin.buffer), vl_version='6.4'))"
    )
    spec = Drawing.of(usage_chart(hours("2026-10-24", [1.0] * 60), time_zone="Europe/Berlin")).complete()
    drawn = [
        subprocess.run(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", program],
            input=pickle.dumps(spec),
            capture_output=True,
            check=True,
            env={**os.environ, "TZ": zone},
        ).stdout
        for zone in ("America/New_York", "Asia/Kathmandu")
    ]

    assert b"Sun 25 Oct" in drawn[0]
    assert drawn[0] == drawn[1]


def test_only_a_chart_that_answers_says_how_to_zoom() -> None:
    """A picture made without a browser has no hint; one in a browser, where a signal is set, has it."""
    spec = Drawing.of(usage_chart(hours("2026-01-05", [1.0, 2.0]))).complete()
    hint = "Drag on the chart to zoom, double-click for all"
    assert hint not in vl_convert.vegalite_to_svg(spec, vl_version="6.4")

    for param in spec["params"]:
        if param["name"] == "cfusage_live":
            param["expr"] = "true"
    assert hint in vl_convert.vegalite_to_svg(spec, vl_version="6.4")


def test_windows_that_were_chosen_elsewhere_are_shaded_by_their_rows_alone() -> None:
    """Of the hour that comes twice, the second; of slots, the one with the window in it; days by date."""
    history = hours("2026-10-24T22:00", [1.0] * 6)
    chosen = history.filter(pl.col("start_time").dt.hour() == 1)

    def marked(table: pl.DataFrame, which: pl.DataFrame | None, zone: str = "Europe/Berlin") -> list[bool]:
        spec = Drawing.of(usage_chart(table, marked=which, time_zone=zone)).complete()
        return [row["is_marked"] for row in spec["datasets"][spec["vconcat"][0]["data"]["name"]]]

    assert marked(history, chosen) == [False] * 3 + [True] + [False] * 2
    assert marked(history, None) == [False] * 6
    drawings = [Drawing.of(usage_chart(history, marked=which)) for which in (None, chosen)]
    assert drawings[0].spec == drawings[1].spec
    assert drawings[0].values == drawings[1].values

    year = hours("2025-01-01", [1.0] * 8760)
    slots = marked(year, year[4321:4322], "UTC")
    assert (slots[:8760].index(True), sum(slots[:8760])) == (4321, 1)
    assert (slots[8760:].index(True), sum(slots[8760:])) == (4321 // 14, 1)

    daily = days({"2026-11-01": 1.0, "2026-11-02": 2.0})
    assert marked(daily, daily.tail(1)) == [False, True]
    with pytest.raises(FrameError, match="missing 'start_time'"):
        usage_chart(history, marked=daily)


def test_a_short_heading_leaves_account_and_zone_to_what_stands_around() -> None:
    """The span stays: a zoom changes it."""
    chart = usage_chart(hours("2026-01-05", [1.0] * 24), names={"a": "Alpha"}, heading="short")
    daily = usage_chart(days({"2026-11-01": 1.0}), time_zone="UTC", heading="short")

    assert chart.title.subtitle == ["US dollars an hour", "Mon 5 Jan 2026"]
    assert daily.title.subtitle == ["US dollars a day", "Sun 1 Nov 2026"]
    with pytest.raises(ConfigError, match="heading 'none'"):
        usage_chart(hours("2026-01-05", [1.0]), heading="none")  # type: ignore[arg-type]


def test_paler_is_paler_on_a_dark_page_too() -> None:
    """White lies under what may still change, and only there."""
    states = ["complete", "provisional", "in_progress"]
    drawn = svg_of(hours("2026-01-05", [1.0, 2.0, 3.0], states=states))

    under = re.findall(r'<path[^>]*fill="#ffffff"[^>]*fill-opacity="0.5"', drawn)
    assert len(under) == 2


def test_a_zero_account_and_an_empty_table_say_so() -> None:
    """Neither is a hole."""
    assert "No cost in this time range" in svg_of(hours("2026-01-05", [0.0] * 24))
    empty = svg_of(pl.DataFrame(schema=HISTORY))
    assert "There is no window in this table" in empty
    assert "AI Gateway cost: no hours" in empty


def test_a_year_of_hours_is_drawn_from_few_bars_and_says_so() -> None:
    """8,760 windows, 14 a slot; the peak of 50 dollars stays the highest bar by far."""
    costs = [1.0] * 8760
    costs[4321] = 50.0

    svg = svg_of(hours("2025-01-01", costs))

    heights = sorted(height for _, height, _ in rectangles(svg, PALETTE[0]))
    assert len(heights) == 626
    assert heights[-1] / heights[-2] == pytest.approx(50.0, rel=1e-2)
    assert "Zoomed out, each bar is the costliest of 14 hours" in svg


@pytest.mark.parametrize(
    ("cost", "labels"),
    [
        (16000.0, ["$0", "$5,000", "$10,000", "$15,000"]),
        (16.0, ["$0", "$5", "$10", "$15"]),
        (1.6, ["$0", "$0.50", "$1.00", "$1.50"]),
        (0.016, ["$0", "$0.0050", "$0.0100", "$0.0150"]),
        (4.0, ["$0", "$1", "$2", "$3", "$4"]),
        (0.04, ["$0", "$0.01", "$0.02", "$0.03", "$0.04"]),
        (0.000004, ["$0", "$0.000001", "$0.000002", "$0.000003", "$0.000004"]),
        (0.0000004, ["$0", "$0.00000010", "$0.00000020", "$0.00000030", "$0.00000040"]),
    ],
)
def test_dollars_are_labelled_by_magnitude(cost: float, labels: list[str]) -> None:
    """Never '$0.5', never more digits than the range needs."""
    assert re.findall(r">(\$[\d.,]+)</text>", svg_of(hours("2026-01-05", [cost]))) == labels


@pytest.mark.parametrize(
    ("total", "words"),
    [
        (0.002, "$0.002000"),
        (4e-7, "$0.0000004000"),
        (0.1 + 0.2 - 0.3, "$0.00"),
        (-3.2, "-$3.20"),
        (1234.5, "$1,234.50"),
    ],
)
def test_a_total_is_never_rounded_to_nothing(total: float, words: str) -> None:
    """Cents, more digits below a cent, and the sign in front."""
    assert usage_chart(hours("2026-01-05", [total])).to_dict()["title"]["text"] == f"AI Gateway cost: {words}"


def test_wrong_input_is_refused_by_name() -> None:
    """A zone that does not exist, a table of something else."""
    with pytest.raises(ConfigError, match="Middle/Earth"):
        usage_chart(hours("2026-01-05", [1.0]), time_zone="Middle/Earth")
    with pytest.raises(FrameError, match="not a usage table"):
        usage_chart(pl.DataFrame({"x": [1]}))


@pytest.mark.parametrize("sight", SIGHT)
def test_any_two_colours_stay_apart(sight: str) -> None:
    """A CIE76 distance of 20 is far more than a just noticeable one (2.3)."""
    seen = [lab(colour, sight) for colour in (*PALETTE, REST)]

    for place, one in enumerate(seen):
        for other in seen[:place]:
            assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 20


@pytest.mark.parametrize("background", ["#ffffff", "#111111"])
def test_every_colour_has_a_contrast_of_three_to_one(background: str) -> None:
    """WCAG 2.2, 1.4.11, on JupyterLab's light and dark notebooks."""
    assert min(contrast(colour, background) for colour in (*PALETTE, REST)) >= 3.0


def test_an_account_that_is_alone_is_drawn_on_the_page_of_any_other() -> None:
    """To lay a page out takes longer than all the rest; what the account is called stands in the heading."""
    charts = [
        usage_chart(hours("2026-11-02", [1.0] * 48, account_id=one), time_zone="UTC", names={one: name})
        for one, name in (("a", "Alpha"), ("b", "Beta"))
    ]

    assert page_of(charts[0]) is page_of(charts[1])
    assert ["Alpha" in str(one.title.to_dict()) for one in charts] == [True, False]
