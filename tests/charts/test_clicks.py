"""What a click chooses in a chart: told by its fields, framed, and nothing else changes."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import altair as alt
import polars as pl
import pytest
import vl_convert
from chart_pictures import VEGA_LITE, complete, rows_of
from histories import days, hours

from cfusage_lab import changes, charts, patterns

ACCOUNTS = ("a", "b", "c")
WEEKS = {f"2026-11-{day:02d}": float(day) for day in range(2, 16)}
FRAMES = ("#ffffff", "#111111")
EIGHTH = round(datetime(2026, 11, 8, tzinfo=UTC).timestamp() * 1000)


def daily(accounts: int) -> pl.DataFrame:
    """Make two weeks of days, from a Monday on."""
    return pl.concat([days(WEEKS, account_id=one) for one in ACCOUNTS[:accounts]])


def history(accounts: int) -> pl.DataFrame:
    """Make their hours."""
    costs = [float(n % 24) for n in range(14 * 24)]
    return pl.concat([hours("2026-11-02", costs, account_id=one) for one in ACCOUNTS[:accounts]])


BY_DAY: dict[str, Callable[[int], alt.VConcatChart]] = {
    "day_over_day": lambda n: charts.day_over_day_chart(changes.day_over_day(daily(n))),
    "week_over_week": lambda n: charts.week_over_week_chart(changes.week_over_week(daily(n))),
    "comparison": lambda n: charts.comparison_chart(changes.compare(daily(n), daily(n))),
    "calendar": lambda n: charts.calendar_chart(daily(n)),
}
EVERY: dict[str, Callable[[int], alt.VConcatChart]] = {
    **BY_DAY,
    "heatmap": lambda n: charts.weekly_heatmap_chart(
        patterns.weekly_heatmap(history(n), time_zone="UTC"), time_zone="UTC"
    ),
}
CHOICE: dict[str, tuple[str, dict[str, int]]] = {
    **{name: ("day", {"day": EIGHTH}) for name in BY_DAY},
    "heatmap": ("cell", {"weekday": 3, "hour": 9}),
}
some_accounts = pytest.mark.parametrize("accounts", [1, 3])
every_chart = pytest.mark.parametrize("name", EVERY)


def told_of(spec: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the selections that are no mere answer to the pointer."""
    return [one for one in spec["params"] if "select" in one and one["select"]["on"] == "click"]


def drawn(spec: dict[str, Any], name: str, value: dict[str, int] | None) -> str:
    """Draw it with that choice."""
    params = [{**one, "value": [value]} if one["name"] == name and value else one for one in spec["params"]]
    return vl_convert.vegalite_to_svg({**spec, "params": params}, vl_version=VEGA_LITE)


def frames_in(svg: str) -> list[tuple[str, tuple[float, ...]]]:
    """Tell colour and place (left, top, width, height) of the frames that are seen, as they are drawn."""
    pattern = r'<path d="M([\d.]+),([\d.]+)h([\d.]+)v([\d.]+)h[^"]*"[^>]* stroke="(#\w+)"([^>]*)>'
    return [
        (colour, tuple(map(float, place)))
        for *place, colour, rest in re.findall(pattern, svg)
        if colour in FRAMES and 'stroke-opacity="0"' not in rest
    ]


@some_accounts
@every_chart
def test_one_click_selection_is_shared_by_all_rows(name: str, accounts: int) -> None:
    """It has one name, its fields are columns, and each row has a view of its own that takes clicks."""
    chart = EVERY[name](accounts)
    spec = complete(chart)

    (selection,) = told_of(spec)

    wanted, value = CHOICE[name]
    assert selection["name"] == wanted
    assert selection["select"] == {
        "type": "point",
        "on": "click",
        "clear": "dblclick",
        "toggle": False,
        "fields": list(value),
    }
    takers = [layer.get("name") for view in spec["vconcat"] for layer in view["layer"]]
    assert [view for view in takers if view in selection["views"]] == selection["views"]
    assert len(selection["views"]) == accounts
    assert all(set(value) <= set(rows_of(chart, nth=nth)[0]) for nth in range(accounts))


@some_accounts
@every_chart
def test_what_is_chosen_is_framed_once_in_each_row(name: str, accounts: int) -> None:
    """Light and dark, so that it is seen on both backgrounds; nothing is before a click."""
    spec = complete(EVERY[name](accounts))
    wanted, value = CHOICE[name]

    assert frames_in(drawn(spec, wanted, None)) == []
    assert [colour for colour, _ in frames_in(drawn(spec, wanted, value))] == list(FRAMES) * accounts


@every_chart
def test_nothing_but_the_frame_changes(name: str) -> None:
    """Every other mark and text is where it was."""
    spec = complete(EVERY[name](1))
    wanted, value = CHOICE[name]

    def rest(svg: str) -> list[str]:
        marks = re.findall(r"<(?:path|text|line)[^>]*>[^<]*", svg)
        others = [mark for mark in marks if not any(f'stroke="{colour}"' in mark for colour in FRAMES)]
        return [re.sub(r"gradient_\d+", "gradient", mark) for mark in others]

    assert rest(drawn(spec, wanted, value)) == rest(drawn(spec, wanted, None))


@pytest.mark.parametrize("name", BY_DAY)
def test_a_day_is_named_by_its_midnight_as_a_reading_on_the_utc_scale(name: str) -> None:
    """In milliseconds, whatever the zone."""
    assert EIGHTH in [row["day"] for row in rows_of(BY_DAY[name](1))]


def test_the_framed_cell_is_the_chosen_one() -> None:
    """Wednesday, nine o'clock: the third of seven rows, the tenth of 24 columns."""
    svg = drawn(complete(EVERY["heatmap"](1)), "cell", {"weekday": 3, "hour": 9})

    (_, light), (_, (left, top, width, height)) = frames_in(svg)
    assert light == (left, top, width, height)
    room = 640 - 66  # beside it stands what a weekday comes to, above it what an hour does
    assert left == pytest.approx(room * 9 / 24, abs=0.1)
    assert width == pytest.approx(room / 24 - 2, abs=0.1)
    assert 30 + 2 * 26 <= top <= top + height <= 30 + 3 * 26


def test_a_chart_without_rows_has_nothing_to_choose() -> None:
    """And is drawn all the same."""
    empty = daily(1).clear()

    spec = complete(charts.calendar_chart(empty))

    assert all("select" not in one for one in spec.get("params", []))
    assert vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)
