"""Accounts may have any names and any ids: all charts show them, and take none of them for anything else."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import altair as alt
import polars as pl
import pytest
import vl_convert
from chart_pictures import complete
from histories import hours
from hostile import TEXTS

import cfusage_lab as cfu
from cfusage_lab.account_names import labels
from cfusage_lab.charts.tooltips import quote, tooltip
from cfusage_lab.schema import INVOICE_LINES
from cfusage_lab.wording import visible

START = datetime(2026, 10, 1, tzinfo=UTC)
DRAW = """
import sys
sys.path[:0] = sys.argv[1:]
from test_names import GROUPS, charts_of, usage_of
from cfusage_lab.view import svg

for group in GROUPS:
    svg(usage_of(group))
for chart in charts_of(GROUPS[0]):
    svg(chart)
print("drawn")
"""
GROUPS = [TEXTS[nth : nth + 5] for nth in range(0, len(TEXTS), 5)]
"""As many accounts as are drawn apart."""


def history_of(ids: Sequence[str]) -> pl.DataFrame:
    """Make three days of each account."""
    return pl.concat(
        [hours(START, [1.0 + nth] * 24 + [2.0 + nth] * 48, account_id=one) for nth, one in enumerate(ids)]
    )


def lines_of(ids: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """Make an invoice line of each account, for a model of any name."""
    rows = [
        (one, START, START + timedelta(days=31), name, name, name, 1.0, 0.0, 0.0, None, None)
        for one, name in zip(ids, names, strict=True)
    ]
    return pl.DataFrame(rows, schema=INVOICE_LINES, orient="row")


def usage_of(names: Sequence[str]) -> alt.VConcatChart:
    """Draw accounts of these names over time."""
    ids = [f"{nth:032x}" for nth in range(len(names))]
    return cfu.usage_chart(history_of(ids), names=dict(zip(ids, names, strict=True)), note=names[0])


def charts_of(names: Sequence[str], ids: Sequence[str] | None = None) -> list[alt.VConcatChart]:
    """Draw every chart of accounts of these names."""
    ids = ids or [f"{nth:032x}" for nth in range(len(names))]
    history = history_of(ids)
    options: dict[str, Any] = {"names": dict(zip(ids, names, strict=True)), "note": names[0]}
    zoned: dict[str, Any] = {**options, "time_zone": "UTC"}
    daily = cfu.daily_usage(history, time_zone="UTC")
    changes = cfu.day_over_day(daily)
    return [
        cfu.usage_chart(history, **options),
        cfu.usage_chart(daily, rolling=cfu.rolling_mean(daily, days=2), **options),
        cfu.day_over_day_chart(changes, **options),
        cfu.calendar_chart(daily, **options),
        cfu.movers_chart(cfu.movers(changes), **options),
        cfu.usage_by_model_chart(cfu.usage_by_model(lines_of(ids, names)), **options),
        cfu.comparison_chart(cfu.compare(daily, daily), current=names[0], previous=names[-1], **options),
        cfu.weekly_heatmap_chart(cfu.weekly_heatmap(history, time_zone="UTC"), **zoned),
        cfu.hour_profile_chart(cfu.hourly_profile(history, time_zone="UTC"), **zoned),
    ]


@pytest.mark.slow
@pytest.mark.slow
def test_no_name_keeps_a_chart_from_being_drawn_or_ends_the_process() -> None:
    """In a process of its own, because there is nothing to catch where the engine ends one."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", DRAW, str(here.parent), str(here)]

    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603

    assert (done.returncode, done.stdout) == (0, "drawn\n"), done.stderr[-2000:]


def told(chart: alt.TopLevelMixin) -> list[str]:
    """Return the expressions of what the pointer is told, as Vega-Lite compiles them."""
    vega = vl_convert.vegalite_to_vega(complete(chart), vl_version="6.4")
    return [str(one["signal"]) for one in _found(vega, "tooltip") if isinstance(one, dict)]


def _found(part: object, key: str) -> list[Any]:
    if isinstance(part, dict):
        own = [part[key]] if key in part else []
        return own + [one for value in part.values() for one in _found(value, key)]
    return [one for value in part for one in _found(value, key)] if isinstance(part, list) else []


@pytest.mark.parametrize("names", GROUPS, ids=range(len(GROUPS)))
def test_a_name_is_a_text_of_its_own_in_what_the_pointer_is_told(names: tuple[str, ...]) -> None:
    """Vega-Lite writes the titles of a tooltip between quotes: what stands there reads as the name."""
    signal, *_ = told(usage_of(names))

    keys = [json.loads(key) for key in re.findall(r'[{,] ?("(?:[^"\\]|\\.)*"): ', signal)]
    ids = [f"{nth:032x}" for nth in range(len(names))]
    shown = list(labels(ids, names=dict(zip(ids, names, strict=True))).values())
    assert [key.replace("\u200b", "") for key in keys][3:-2] == [one.replace("\u200b", "") for one in shown]
    assert len(keys) == len(set(keys)) == 5 + len(names)
    assert not {"title", "image", "__proto__"} & set(keys)


def test_titles_that_look_alike_are_keys_apart() -> None:
    listed = tooltip({"a": "State", "b": "title", "c": "State", "d": "a\\", "e": "State"})

    titles = [one.to_dict()["title"] for one in listed]
    assert len(set(titles)) == 5
    assert [title.replace("\u200b", "") for title in titles] == ["State", "title", "State", "a\\\\", "State"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_in_an_expression_ends_neither_the_text_nor_the_line(text: str) -> None:
    written = quote(visible(text))

    assert re.fullmatch(r'"(?:[^"\\\n\r\u2028\u2029]|\\["\\/bfnrtu])*"', written)
    assert not re.search("[\u2028\u2029]", quote("\u2028\u2029"))


def test_no_two_accounts_are_called_alike() -> None:
    """Whatever their names, and what of their ids can be seen."""
    names = {"a\n": "One", "a␊": "One", "b": "One", "c": "One (b)", "d": "", "e": "  ", "all": ""}

    assert labels(names, names=names) == {
        "a\n": "One (a␊)",
        "a␊": "One (a␊) #2",
        "b": "One (b)",
        "c": "One (b) #2",
        "d": "d…d",
        "e": "e…e",
        "all": "All accounts",
    }


def test_a_long_name_is_cut_and_a_longest_one_of_cloudflare_is_not() -> None:
    assert labels(["a"], names={"a": "x" * 100}) == {"a": "x" * 100}
    assert labels(["a"], names={"a": "x" * 101}) == {"a": "x" * 99 + "…"}


@pytest.mark.slow
@pytest.mark.slow
def test_any_string_is_an_id() -> None:
    """The charts draw accounts by their ids, and call those without a name by the ends of them."""
    for chart in charts_of([""] * 5, ["", "date", "__proto__", "a\n\x00\\", '"']):
        assert "datasets" in complete(chart)
