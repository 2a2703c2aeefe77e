"""The pure steps from one state to the next: what is selected, and what stays of it in another range."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from histories import HOUR, hours
from ledger import NOW, A, B, Ledger

from cfusage_lab.changes.compared_days import Dates
from cfusage_lab.errors import ConfigError, TransportError
from cfusage_lab.explorer import Selection
from cfusage_lab.explorer.data import Data
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.loader import Answer
from cfusage_lab.explorer.period import CUSTOM, PRESETS, Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.selection import EVERYTHING
from cfusage_lab.explorer.state import State, Told
from cfusage_lab.explorer.steps import select, show_range, told_by
from cfusage_lab.ranges import TimeRange

TOLD = Told(label="test", made_up_label="made up", as_of=NOW)
YEAR = TimeRange(datetime(2026, 1, 1, tzinfo=UTC), NOW.replace(minute=0) + HOUR)


def query(
    preset: str = "Last 7 days",
    *,
    dates: Dates | None = None,
    zone: str = "UTC",
    now: datetime = NOW,
    accounts: tuple[str, ...] = (A,),
) -> Query:
    period = Period(preset=CUSTOM if dates else preset, days=dates or (None, None))
    return Query.of(period, PRESETS, accounts=accounts, time_zone=zone, now=now)


def known(time_range: TimeRange = YEAR, *, accounts: tuple[str, ...] = (A, B)) -> Data:
    data = Data()
    for one in accounts:
        history = hours(time_range.start, [1.0] * time_range.hours, account_id=one)
        data = data.with_windows((one,), time_range, history)
    return data


def state(asked: Query | None = None, data: Data | None = None, selection: Selection = EVERYTHING) -> State:
    """Show Sunday 8 to Saturday 14 November 2026, unless asked for something else."""
    source = DataSource.of(Ledger(), client=None, now=NOW)
    return State(source=source, query=asked or query(), data=data or known(), told=TOLD, selection=selection)


def span(first: str, last: str) -> Selection:
    """Read two moments of November, such as ``10T09``."""
    ends = (datetime.fromisoformat(f"2026-11-{one}:00+00:00") for one in (first, last))
    return Selection(**dict(zip(("start", "end"), ends, strict=True)))


def day(text: str) -> Selection:
    return Selection(day=date.fromisoformat(f"2026-11-{text}"))


def cell(weekday: int | None, hour: int | None) -> Selection:
    return Selection(weekday=weekday, hour=hour)


def both(*selections: Selection) -> Selection:
    """Put parts together."""
    names = ("start", "end", "weekday", "hour", "day")
    found = {
        name: getattr(one, name) for one in selections for name in names if getattr(one, name) is not None
    }
    return Selection(**found)


# Select

WEEK = span("10T00", "12T00")
MONDAY_9, TUESDAY_9 = cell(1, 9), cell(2, 9)


@pytest.mark.parametrize(
    ("before", "asked", "after", "count"),
    [
        (EVERYTHING, EVERYTHING, EVERYTHING, 168),
        (WEEK, EVERYTHING, EVERYTHING, 168),
        (EVERYTHING, WEEK, WEEK, 48),
        (EVERYTHING, span("10T09", "10T10"), span("10T09", "10T10"), 1),
        (EVERYTHING, MONDAY_9, MONDAY_9, 1),
        (EVERYTHING, cell(None, 9), cell(None, 9), 7),
        (EVERYTHING, cell(6, None), cell(6, None), 24),
        (EVERYTHING, day("10"), day("10"), 24),
        (WEEK, both(WEEK, TUESDAY_9), both(WEEK, TUESDAY_9), 1),
        (WEEK, both(WEEK, day("11")), both(WEEK, day("11")), 24),
        (TUESDAY_9, both(TUESDAY_9, day("10")), both(TUESDAY_9, day("10")), 1),
    ],
)
def test_what_is_selected(before: Selection, asked: Selection, after: Selection, count: int) -> None:
    chosen = select(state(selection=before), asked)

    assert (chosen.selection, chosen.selected.height) == (after, count)


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        (span("01T00", "09T00"), span("08T00", "09T00")),
        (span("14T12", "30T00"), span("14T12", "15T00")),
        (span("01T00", "30T00"), span("08T00", "15T00")),
    ],
)
def test_a_span_ends_where_the_windows_on_screen_do(asked: Selection, after: Selection) -> None:
    assert select(state(), asked).selection == after


def test_a_span_between_windows_takes_the_whole_ones() -> None:
    """From 09:20 to 10:40, two hours have something in it."""
    asked = Selection(start=NOW.replace(day=10, minute=20), end=NOW.replace(day=10, hour=10, minute=40))

    assert select(state(), asked).selection == span("10T09", "10T11")


@pytest.mark.parametrize(
    ("before", "asked", "after"),
    [
        (MONDAY_9, both(MONDAY_9, day("10")), day("10")),
        (day("10"), both(day("10"), MONDAY_9), MONDAY_9),
        (day("10"), both(day("10"), span("12T00", "14T00")), span("12T00", "14T00")),
        (MONDAY_9, both(MONDAY_9, WEEK), WEEK),
        (WEEK, both(WEEK, MONDAY_9), MONDAY_9),
        (WEEK, both(WEEK, day("14")), day("14")),
        (both(WEEK, TUESDAY_9), both(WEEK, TUESDAY_9, day("11")), both(WEEK, day("11"))),
        (both(WEEK, day("11")), both(WEEK, day("11"), TUESDAY_9), both(WEEK, TUESDAY_9)),
    ],
)
def test_where_nothing_is_in_all_parts_the_last_one_counts(
    before: Selection, asked: Selection, after: Selection
) -> None:
    """A day of another weekday replaces a cell; a span stays if something of the new part is in it."""
    chosen = select(state(selection=before), asked)

    assert chosen.selection == after
    assert not chosen.selected.is_empty()


@pytest.mark.parametrize(
    ("zone", "asked", "message"),
    [
        ("UTC", span("01T00", "08T00"), "no window on screen lies in Sun 1 Nov to Sat 7 Nov 2026"),
        ("UTC", span("15T00", "16T00"), "no window on screen lies in Sun 15 Nov 2026"),
        ("UTC", day("15"), "no window on screen lies in Sun 15 Nov 2026"),
        ("UTC", both(day("10"), MONDAY_9), "no window on screen lies in Tue 10 Nov 2026 · Mondays 09:00"),
        (
            "America/New_York",
            span("08T00", "08T05"),
            "lies in Sat 7 Nov, 19:00 to Sun 8 Nov 2026, 00:00",
        ),
    ],
)
def test_what_is_not_on_screen_is_not_selected(zone: str, asked: Selection, message: str) -> None:
    """Never 0 hours; what was selected stays."""
    before = state(query(zone=zone))

    with pytest.raises(ConfigError, match=message):
        select(before, asked)


def test_a_step_leaves_the_state_before_it_as_it_was() -> None:
    before = replace(state(), slip="no window on screen lies in Sun 1 Nov 2026")

    after = select(before, day("10"))

    assert (before.selection, before.selected.height) == (EVERYTHING, 168)
    assert (after.slip, after.data, after.query) == ("", before.data, before.query)


def test_where_nothing_is_known_nothing_is_selected() -> None:
    empty = state(data=Data())

    assert select(empty, EVERYTHING).selection.is_empty
    for asked in (WEEK, day("10"), MONDAY_9):
        with pytest.raises(ConfigError, match="no window on screen"):
            select(empty, asked)


# Show a range


@pytest.mark.parametrize(
    ("selection", "asked", "is_kept"),
    [
        (WEEK, query(), True),
        (WEEK, query(accounts=(A, B)), True),
        (WEEK, query(accounts=(B,)), True),
        (WEEK, query("Today"), False),
        (WEEK, query("Last 28 days"), False),
        (WEEK, query(dates=(date(2026, 11, 8), date(2026, 11, 15))), True),
        (WEEK, query(dates=(date(2026, 11, 8), date(2026, 11, 11))), True),
        (WEEK, query(dates=(date(2026, 11, 8), date(2026, 11, 10))), False),
        (WEEK, query(zone="America/New_York"), True),
        (WEEK, query(zone="Asia/Kathmandu"), True),
        (span("08T00", "09T00"), query(zone="America/New_York"), False),
        (day("10"), query(zone="America/New_York"), True),
        (MONDAY_9, query(zone="America/New_York"), True),
        (day("10"), query("Last 28 days"), False),
        (WEEK, query(now=NOW + timedelta(hours=1)), True),
        (WEEK, query(now=NOW + timedelta(days=1)), False),
        (EVERYTHING, query("Last 28 days"), True),
    ],
)
def test_a_selection_stays_where_its_hours_do(selection: Selection, asked: Query, *, is_kept: bool) -> None:
    """Another clock, other accounts and a range that grows keep it; another range does not."""
    before = state(selection=selection)

    shown = show_range(before, asked, before.data, TOLD, {})

    assert shown.selection == (selection if is_kept else EVERYTHING)
    assert not shown.selected.is_empty()
    assert shown.history["start_time"].min() == asked.time_range.start


def test_a_selection_does_not_stay_where_it_has_no_windows() -> None:
    """Beta's are not known."""
    before = state(data=known(accounts=(A,)), selection=WEEK)

    shown = show_range(before, query(accounts=(B,)), before.data, TOLD, {})

    assert shown.selection == EVERYTHING


def test_what_came_is_what_is_on_screen() -> None:
    """The new names beside those that were known, nothing on its way, no refusal; the display stays."""
    before = replace(state(), names={A: "Alpha"}, wanted=query("Today"), refusal=TransportError("no way"))
    before = replace(before, display=replace(before.display, statistic="median"), selection=WEEK)
    told = replace(TOLD, label="another")

    shown = show_range(before, query("Today", accounts=(A, B)), before.data, told, {B: "Beta"})

    assert shown.names == {A: "Alpha", B: "Beta"}
    assert (shown.wanted, shown.refusal, shown.told) == (None, None, told)
    assert (shown.accounts, shown.history.height) == ((A, B), 20)
    assert shown.display.statistic == "median"
    assert shown.selection == EVERYTHING, "nothing was on screen of which it could be one"


# How it was told


def answer(first: str, last: str, *, newest: datetime | None = None) -> Answer:
    chosen = span(first, last)
    assert chosen.start
    assert chosen.end
    history = hours(chosen.start, [1.0] * ((chosen.end - chosen.start) // HOUR), account_id=A)
    return Answer(
        history=history, label="stored", made_up_label="made up", newest_stored=newest, notes=("a note",)
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (answer("08T00", "15T00"), None),
        (answer("08T00", "15T00", newest=NOW), None),
        (answer("10T00", "12T00", newest=NOW), None),
        (answer("01T00", "08T00", newest=NOW), ("01T00", "08T00")),
        (answer("05T00", "10T00", newest=NOW), ("05T00", "10T00")),
    ],
)
def test_stored_windows_beside_the_range_are_said_to_be_others(
    found: Answer, expected: tuple[str, str] | None
) -> None:
    told = told_by(found, as_of=NOW, asked=query().time_range)

    assert (told.label, told.as_of, told.notes) == ("stored", NOW, ("a note",))
    assert told.newest_stored == found.newest_stored
    if expected is None:
        assert told.span is None
    else:
        chosen = span(*expected)
        assert told.span == TimeRange(chosen.start, chosen.end)  # type: ignore[arg-type]
