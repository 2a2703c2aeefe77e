"""Headings: in lines that a narrow cell has room for; and days on the axis, from Monday on."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import vl_convert
from chart_pictures import VEGA_LITE, complete, texts_of
from histories import days, hours
from hypothesis import given, settings
from hypothesis import strategies as st

from cfusage_lab.changes import day_over_day
from cfusage_lab.charts import day_over_day_chart, usage_chart
from cfusage_lab.charts.headings import break_lines
from cfusage_lab.wording import days_text, span_text


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("AI Gateway cost: $1.20", ["AI Gateway cost: $1.20"]),
        ("one fact · another", ["one fact · another"]),
        ("a first fact here · a second fact, of two", ["a first fact here", "a second fact, of two"]),
        ("up by a lot: $5.00, +3.0% of it", ["up by a lot: $5.00,", "+3.0% of it"]),
        ("words without any mark in between", ["words without any mark in", "between"]),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b", ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "b"]),
    ],
)
def test_lines_break_between_facts_else_clauses_else_words(text: str, broken: list[str]) -> None:
    """At 25 letters a line; a long word stays whole."""
    assert break_lines(text, 25) == broken


@settings(max_examples=200)
@given(
    st.lists(st.text("abc$:,.", min_size=1, max_size=14), min_size=1, max_size=20),
    st.lists(st.sampled_from([" ", ", ", ": ", " · "]), min_size=20, max_size=20),
    st.integers(5, 60),
)
def test_no_word_gets_lost_and_no_line_is_too_long(words: list[str], gaps: list[str], most: int) -> None:
    """Unless it is a single word, with its mark."""
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=False)).strip(" ·")

    broken = break_lines(text, most)

    assert re.findall(r"[^ ·]+", " ".join(broken)) == re.findall(r"[^ ·]+", text)
    assert all(len(line) <= most or " " not in line for line in broken)


@pytest.mark.parametrize(("width", "sizes"), [(300, ("13px", "11px")), (640, ("15px", "12px"))])
def test_headings_are_smaller_in_a_narrow_cell(width: int, sizes: tuple[str, str]) -> None:
    """A cell of 360 pixels leaves some 300 for the bars."""
    spec = complete(usage_chart(hours("2026-09-01", [1.0]), names={"a": "Alpha"}))
    for view in spec["vconcat"]:
        view["width"] = width

    svg = vl_convert.vegalite_to_svg(spec, vl_version=VEGA_LITE)

    for text, size in zip(("AI Gateway cost", "Alpha"), sizes, strict=True):
        (found,) = re.findall(rf"<text[^>]*>(?=(?:<tspan[^>]*>)?{text})", svg)
        assert f'font-size="{size}"' in found


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("2026-11-01T00:00", "2026-11-02T00:00", "Sun 1 Nov 2026"),
        ("2026-11-01T00:00", "2026-11-15T00:00", "Sun 1 Nov to Sat 14 Nov 2026"),
        ("2025-12-31T00:00", "2026-01-02T00:00", "Wed 31 Dec 2025 to Thu 1 Jan 2026"),
        ("2026-11-01T09:00", "2026-11-01T13:00", "Sun 1 Nov 2026, 09:00 to 13:00"),
        ("2026-11-01T09:00", "2026-11-03T13:00", "Sun 1 Nov, 09:00 to Tue 3 Nov 2026, 13:00"),
        ("2025-12-31T09:00", "2026-01-01T13:00", "Wed 31 Dec 2025, 09:00 to Thu 1 Jan 2026, 13:00"),
    ],
)
def test_a_year_is_written_once_and_a_day_too(start: str, end: str, text: str) -> None:
    """Half-open: an end at midnight belongs to the day before."""
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in (start, end)]

    assert span_text(moments[0], moments[1], ZoneInfo("UTC")) == text


def test_days_are_written_with_both_ends() -> None:
    """Both included."""
    assert days_text(date(2026, 11, 1), date(2026, 11, 1)) == "Sun 1 Nov 2026"
    assert days_text(date(2026, 11, 1), date(2026, 11, 3)) == "Sun 1 Nov to Tue 3 Nov 2026"


@pytest.mark.parametrize("start", [date(2026, 9, 1) + timedelta(days=n) for n in range(0, 7, 2)])
def test_weeks_begin_on_mondays(start: date) -> None:
    """Four weeks of hours, and five of days, from several weekdays on: each Monday of them has its tick."""
    dates = [start + timedelta(days=n) for n in range(35)]
    mondays = [f"Mon {day.day} {day:%b}" for day in dates if day.weekday() == 0]

    by_hour = texts_of(usage_chart(hours(str(start), [1.0] * 24 * 28)))
    by_day = texts_of(day_over_day_chart(day_over_day(days({str(day): 1.0 for day in dates}))))

    pattern = re.compile(r"[A-Z][a-z]{2} \d+ [A-Z][a-z]{2}$")
    assert [text for text in by_day if pattern.match(text)] == mondays
    shown = [text for text in by_hour if pattern.match(text)]
    assert shown
    assert shown == mondays[: len(shown)]


def test_few_days_and_many_months_keep_their_ticks() -> None:
    """Each day of five; months of a year."""
    few = texts_of(usage_chart(hours("2026-09-01", [1.0] * 24 * 5)))
    assert {"Tue 1 Sep", "Wed 2 Sep", "Thu 3 Sep", "Fri 4 Sep", "Sat 5 Sep"} <= set(few)
    year = texts_of(usage_chart(days({str(date(2026, 1, 1) + timedelta(days=n)): 1.0 for n in range(365)})))
    assert {"1 Mar", "1 May", "1 Jul", "1 Sep"} <= set(year) or {"1 Apr", "1 Jul", "1 Oct"} <= set(year)
