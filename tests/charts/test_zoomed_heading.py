"""What a zoomed usage chart says of what is visible, in the words of the whole one."""

import json
import random
import re
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
import vl_convert
from chart_pictures import VEGA_LITE, complete, rows_of, subtitle_of, title_of
from histories import days, hours

from cfusage_lab import rolling_mean
from cfusage_lab.charts import usage_chart

FAR = "Europe/Berlin", "America/Santiago", "Asia/Kolkata", "Asia/Beirut", "America/New_York"
"""Zones whose clocks change at 02:00 or at midnight, or are half an hour off."""


def tally_of(rows: list[dict[str, Any]], first: int, last: int) -> dict[str, Any]:
    """Add up rows as heading.js does."""
    found = rows[first : last + 1]
    costs = [row[name] or 0.0 for row in found for name in row if name.startswith("cost_")]
    counts = {
        word: [place for place, row in enumerate(found) if row.get(column, usual) != usual]
        for word, (column, usual) in {
            "unsettled": ("state", "complete"),
            "partial": ("is_whole", True),
        }.items()
    }
    return {
        "rows": len(found),
        "first": found[0],
        "last": found[-1],
        "before": rows[first - 1] if first else None,
        "after": rows[last + 1] if last + 1 < len(rows) else None,
        "usd": sum(costs),
        "gross_usd": sum(map(abs, costs)),
        "least_usd": min(0.0, *costs),
        **{
            word: {"count": len(places), "first": places[0] if places else -1}
            for word, places in counts.items()
        },
    }


def zoomed(chart: Any, first: int, last: int) -> list[str]:  # noqa: ANN401 - a chart
    """Return title and facts of the rows from ``first`` to ``last``."""
    tally = tally_of(rows_of(chart), first, last)
    params = {one["name"]: one for one in complete(chart)["params"]}
    spec = {
        "data": {"values": [{}]},
        "params": [
            {"name": "visible", "value": tally},
            {"name": "is_reduced", "value": False},
            *(params[name] for name in ("zoomed_words", "visible_title", "visible_facts")),
        ],
        "mark": {
            "type": "text",
            "text": {"expr": "visible_title + '|' + replace(visible_facts, /\\n/g, '|')"},
        },
    }
    (told,) = re.findall(r"<text[^>]*>([^<]*)</text>", vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE))
    return [line for line in told.split("|") if line]


def said(chart: Any) -> list[str]:  # noqa: ANN401 - a chart
    """Return the whole heading, its lines put together again."""
    return [title_of(chart), *subtitle_of(chart)]


@pytest.mark.parametrize("zone", FAR)
def test_a_zoom_says_what_the_chart_of_its_hours_alone_would(zone: str) -> None:
    """Over both changes of the clock, hours of a day, whole days, days cut by the range's edges."""
    start = datetime(2026, 9, 1, tzinfo=UTC)
    chance = random.Random(zone)  # noqa: S311 - no secret
    costs = [round(chance.choice([0, 1e-7, 0.004, 1, 12]) * chance.random(), 9) for _ in range(24 * 75)]
    states = ["complete"] * (len(costs) - 40) + ["provisional"] * 39 + ["in_progress"]
    history = hours(start, costs, states=states)[: 24 * 60 - 1]
    edges = [chance.sample(range(history.height), 2) for _ in range(8)]
    edges += [[first, first + chance.randrange(26)] for first in chance.sample(range(history.height - 26), 8)]
    midnights = [
        place
        for place, moment in enumerate(history["start_time"])
        if (moment - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
        != moment.astimezone(ZoneInfo(zone)).date()
    ]
    edges += [[one, other - 1] for one, other in zip(midnights[::7], midnights[3::7], strict=False)]
    whole = usage_chart(history, time_zone=zone)

    for first, last in map(sorted, edges):
        alone = usage_chart(history[first : last + 1], time_zone=zone)
        assert zoomed(whole, first, last) == said(alone)


@pytest.mark.parametrize(
    ("first", "last", "facts"),
    [
        (0, 2, ["Thu 1 Jan to Sat 3 Jan 2026 · UTC days"]),
        (1, 1, ["Fri 2 Jan 2026 · UTC days"]),
        (2, 3, ["Sat 3 Jan to Sun 4 Jan 2026 · UTC days", "Dashed: hours are missing, 1 day"]),
        (
            3,
            9,
            [
                "Sun 4 Jan to Sat 10 Jan 2026 · UTC days",
                "7 days, the last 2 not final (paler) · Dashed: today so far; hours are missing, 1 day",
            ],
        ),
        (
            7,
            9,
            [
                "Thu 8 Jan to Sat 10 Jan 2026 · UTC days",
                "3 days, the last 2 not final (paler) · Dashed: today so far",
            ],
        ),
    ],
)
def test_days_are_named_by_their_dates_and_marked(first: int, last: int, facts: list[str]) -> None:
    """Ten days of two accounts of 1, 2, ... dollars; the fourth lacks hours, the last is running."""
    costs = {f"2026-01-{day:02d}": float(day) for day in range(1, 11)}
    one = days(costs, partial=["2026-01-04", "2026-01-10"], running=["2026-01-10"])
    state = pl.when(pl.col("date") == date(2026, 1, 9)).then(pl.lit("provisional")).otherwise("state")
    daily = pl.concat([one.with_columns(state=state), days(costs, account_id="b")])
    chart = usage_chart(daily, rolling=rolling_mean(daily, days=3), time_zone="UTC")

    told = zoomed(chart, first, last)

    total = 2 * sum(range(first + 1, last + 2))
    line = "US dollars a day · line: 3-day average"
    assert told == [f"AI Gateway cost: ${total}.00", line, *facts]


def test_a_sum_that_is_nothing_but_rounding_is_nothing() -> None:
    """0.1 + 0.2 - 0.3 is 5.6e-17 in floating point."""
    chart = usage_chart(hours("2026-01-05", [0.1, 0.2, -0.3, 7.0]))

    assert zoomed(chart, 0, 2)[0] == "AI Gateway cost: $0.00"
    assert zoomed(chart, 2, 2)[0] == "AI Gateway cost: -$0.30"


def test_a_name_is_no_code_in_a_zoomed_heading() -> None:
    """Neither an expression nor a line break gets in by an account's name."""
    chart = usage_chart(hours("2026-01-05", [1.0, 2.0]), names={"a": "'+alert(1)+'\n\\"})

    assert zoomed(chart, 0, 0)[1] == said(chart)[1]
    assert json.dumps(complete(chart)["params"]).count("alert") == 1


def test_everything_is_visible_in_a_picture() -> None:
    """Without a browser there is no zoom, and nothing is said of one."""
    spec = complete(usage_chart(hours("2026-01-05", [1.0, 2.0])))

    assert {"name": "visible", "expr": "null"} in spec["params"]
