"""Hours on a zone's clock, and text from outside, shown as text."""

import unicodedata
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from histories import hours
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.explorer.days_table import DaysTable
from cfusage_lab.wording import (
    hour_window_text,
    offset_text,
    short_days_text,
    span_text,
    visible,
    window_text,
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Larkspur Research", "Larkspur Research"),
        ("Müller & Söhne, 株式会社, 👩‍💻", "Müller & Söhne, 株式会社, 👩‍💻"),
        ("two\nlines", "two␊lines"),
        ("\x1b[31mred", "␛[31mred"),
        ("nul\x00", "nul␀"),
        ("\x7f", "␡"),
        ("\x85", "<U+0085>"),
        ("a\u2028b", "a<U+2028>b"),
        ("\u202egpj.exe", "<U+202E>gpj.exe"),
        ("half \ud83d", "half <U+D83D>"),
        ("", ""),
    ],
)
def test_a_text_is_itself_or_a_visible_substitute(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_shown_acts_and_nothing_harmless_changes(text: str) -> None:
    shown = visible(text)

    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(one) for one in shown}
    assert visible(shown) == shown
    assert shown.encode().decode() == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_only_reads_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("start", "zone", "text", "offset"),
    [
        ("2026-10-25T00:00Z", "Europe/Berlin", "Sun 25 Oct 2026, 02:00 to 03:00", "+02:00"),
        ("2026-10-25T01:00Z", "Europe/Berlin", "Sun 25 Oct 2026, 02:00 to 03:00", "+01:00"),
        ("2026-03-29T00:00Z", "Europe/Berlin", "Sun 29 Mar 2026, 01:00 to 02:00", "+01:00"),
        ("2026-03-29T01:00Z", "Europe/Berlin", "Sun 29 Mar 2026, 03:00 to 04:00", "+02:00"),
        ("2026-04-04T14:00Z", "Australia/Lord_Howe", "Sun 5 Apr 2026, 01:00 to 02:00", "+11:00"),
        ("2026-04-04T15:00Z", "Australia/Lord_Howe", "Sun 5 Apr 2026, 01:30 to 02:30", "+10:30"),
        ("2026-03-29T00:00Z", "America/Nuuk", "Sat 28 Mar 2026, 22:00 to 23:00", "-02:00"),
        ("2026-04-23T22:00Z", "Africa/Cairo", "Fri 24 Apr 2026, 01:00 to 02:00", "+03:00"),
        ("2026-11-18T18:00Z", "Asia/Kolkata", "Wed 18 Nov 2026, 23:30 to 00:30", "+05:30"),
        ("1930-06-01T00:00Z", "Europe/Amsterdam", "Sun 1 Jun 1930, 01:19 to 02:19", "+01:19:32"),
    ],
)
def test_a_window_is_named_by_the_clock_at_its_start(start: str, zone: str, text: str, offset: str) -> None:
    moment, info = datetime.fromisoformat(start), ZoneInfo(zone)

    assert window_text(moment, timedelta(hours=1), info) == text
    assert offset_text(moment, info) == offset


def test_an_hour_that_comes_twice_is_told_apart_by_its_offset() -> None:
    """Berlin, 25 October 2026: 02:00 comes twice; in the table of the explorer, too."""
    windows = hours("2026-10-25T00:00", [1, 2])
    table = DaysTable()
    table.show(windows, windows, time_zone="Europe/Berlin", names={}, by_account=False)
    table.rows._handle_custom_msg({"kind": "open", "key": "2026-10-25"}, [])
    rows = [str(one["cells"]) for one in table.rows.rows if one["level"] == 1]

    for start, offset in zip(windows["start_time"], ("+02:00", "+01:00"), strict=True):
        assert hour_window_text(start, BERLIN) == f"Sun 25 Oct 2026, 02:00 to 03:00 (UTC{offset})"
        assert sum("02:00 to 03:00" in row and offset in row for row in rows) == 1
    assert (
        hour_window_text(datetime(2026, 10, 23, 0, tzinfo=UTC), BERLIN) == "Fri 23 Oct 2026, 02:00 to 03:00"
    )


@pytest.mark.parametrize(
    ("start", "end", "zone", "text"),
    [
        ("2026-10-25T00:00Z", "2026-10-25T01:00Z", "Europe/Berlin", "02:00 (UTC+02:00) to 02:00 (UTC+01:00)"),
        ("2026-10-25T01:00Z", "2026-10-25T02:00Z", "Europe/Berlin", "Sun 25 Oct 2026, 02:00 to 03:00"),
        ("2026-04-23T22:00Z", "2026-04-24T21:00Z", "Africa/Cairo", "Fri 24 Apr 2026"),
        ("2026-03-28T02:00Z", "2026-03-29T01:00Z", "America/Nuuk", "Sat 28 Mar 2026"),
        ("2025-11-02T05:00Z", "2025-11-03T05:00Z", "America/Havana", "00:00 to Mon 3 Nov 2025, 00:00"),
        ("2025-11-02T04:00Z", "2025-11-03T05:00Z", "America/Havana", "Sun 2 Nov 2025"),
    ],
)
def test_a_span_is_whole_days_only_where_it_begins_and_ends_with_dates(
    start: str, end: str, zone: str, text: str
) -> None:
    found = span_text(datetime.fromisoformat(start), datetime.fromisoformat(end), ZoneInfo(zone))

    assert found.endswith(text), found
    assert (found == text) == text.startswith(("Sun", "Fri", "Sat"))


@pytest.mark.parametrize(
    ("first", "last", "text", "without_year"),
    [
        (date(2026, 11, 16), date(2026, 11, 16), "16 Nov 2026", "16 Nov"),
        (date(2026, 11, 10), date(2026, 11, 16), "10\N{EN DASH}16 Nov 2026", "10\N{EN DASH}16 Nov"),
        (date(2026, 10, 28), date(2026, 11, 3), "28 Oct \N{EN DASH} 3 Nov 2026", "28 Oct \N{EN DASH} 3 Nov"),
        (date(2025, 11, 3), date(2026, 11, 3), "3 Nov 2025 \N{EN DASH} 3 Nov 2026", None),
    ],
)
def test_days_in_few_letters(first: date, last: date, text: str, without_year: str | None) -> None:
    assert short_days_text(first, last) == text
    assert short_days_text(first, last, with_year=False) == (without_year or text)
