"""Selected days as rows: hand-worked cases, each on a calendar of its own."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from histories import HOUR, hours, local_days, random_history
from ledger import A, B

from cfusage_lab.changes import day_over_day
from cfusage_lab.changes.selected_days import SelectedDays
from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.explorer.day_rows import DAYS, ORDERS, DayPage, day_rows
from cfusage_lab.explorer.rows import NOTHING
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.wording import dollars

START = datetime(2026, 11, 2, tzinfo=UTC)
"""A Monday."""
NAMES = {A: "Alpha", B: "Beta"}
OPTIONS: dict[str, Any] = {
    "time_zone": "UTC",
    "names": NAMES,
    "by_account": False,
    "order": "Oldest first",
    "page": 0,
    "open_days": frozenset(),
}


def days_of(selected: pl.DataFrame, known: pl.DataFrame | None = None, **options: Any) -> DayPage:  # noqa: ANN401
    options = OPTIONS | options
    whose = {name: options.pop(name) for name in ("time_zone", "by_account")}
    known = selected if known is None else known
    return day_rows(SelectedDays(selected=selected, known=known, **whose), **options)


def days(*costs: float, account_id: str = A, start: datetime = START) -> pl.DataFrame:
    """Make whole days, the first hour of each costing all of it."""
    values = [cost if n == 0 else 0.0 for cost in costs for n in range(24)]
    return hours(start, values, account_id=account_id)


def texts(page: DayPage) -> list[list[str]]:
    """Tell what is read in each row: change as one text."""
    found = []
    for row in page.rows:
        cells = [cell["text"] if isinstance(cell, dict) else cell for cell in row["cells"]]
        found.append([cell if cell is not None else "" for cell in cells])
    return found


def column(page: DayPage, name: str) -> list[Any]:
    place = [one["name"] for one in page.columns].index(name)
    return [row["cells"][place] for row in page.rows]


def test_a_day_tells_cost_and_change_and_nothing_where_it_is_final() -> None:
    """The first day has its partner among what is known besides."""
    known = days(4.0, 5.0, 10.0, 2.5)

    page = days_of(known[24:], known)

    assert [one["name"] for one in page.columns] == ["Day", "Cost", "vs. day before", "State"]
    assert texts(page) == [
        ["Tue 3 Nov", "$5.00", "+$1.00", ""],
        ["Wed 4 Nov", "$10.00", "+$5.00", ""],
        ["Thu 5 Nov", "$2.50", "-$7.50", ""],
    ]
    assert [cell["ratio"] for cell in column(page, "Cost")] == [0.5, 1.0, 0.25]
    assert [cell["note"] for cell in column(page, "vs. day before")] == ["+25.0%", "+100.0%", "-75.0%"]
    assert [row["key"] for row in page.rows] == ["2026-11-03", "2026-11-04", "2026-11-05"]


def test_a_day_that_is_not_known_before_has_no_change() -> None:
    assert [cell["text"] for cell in column(days_of(days(4.0, 5.0)), "vs. day before")] == [NOTHING, "+$1.00"]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("Newest first", ["Thu 5 Nov", "Wed 4 Nov", "Tue 3 Nov", "Mon 2 Nov"]),
        ("Oldest first", ["Mon 2 Nov", "Tue 3 Nov", "Wed 4 Nov", "Thu 5 Nov"]),
        ("Costliest first", ["Wed 4 Nov", "Tue 3 Nov", "Mon 2 Nov", "Thu 5 Nov"]),
    ],
)
def test_days_are_in_order(order: str, expected: list[str]) -> None:
    """Of two that cost the same, the newer one comes first."""
    assert list(ORDERS) == ["Newest first", "Oldest first", "Costliest first"]
    assert column(days_of(days(5.0, 5.0, 9.0, 1.0), order=order), "Day") == expected


@pytest.mark.parametrize(
    ("page", "count", "found"),
    [
        (0, 30, (0, 1, 14)),
        (1, 30, (1, 15, 28)),
        (2, 30, (2, 29, 30)),
        (9, 30, (2, 29, 30)),
        (-1, 30, (0, 1, 14)),
        (1, 14, (0, 1, 14)),
        (1, 28, (1, 15, 28)),
        (0, 1, (0, 1, 1)),
    ],
)
def test_pages_follow_each_other_without_a_gap(page: int, count: int, found: tuple[int, int, int]) -> None:
    """The bar stays beside the costliest day of all pages."""
    whole = days(*[float(n + 1) for n in range(count)])

    shown = days_of(whole, page=page)

    assert (shown.number, shown.first, shown.last, shown.count) == (*found, count)
    assert [cell["text"] for cell in column(shown, "Cost")] == [
        dollars(n) for n in range(found[1], found[2] + 1)
    ]
    assert column(shown, "Cost")[0]["ratio"] == found[1] / count
    assert DAYS == 14


def test_nothing_selected_is_no_day() -> None:
    page = days_of(hours(START, []), days(1.0))

    assert (page.rows, page.first, page.last, page.count) == ((), 0, 0, 0)


def test_what_may_change_is_not_over_or_lacks_hours_is_said() -> None:
    states = ["complete"] * 24 + ["provisional"] * 24 + ["provisional"] * 9 + ["in_progress"]
    history = hours(START, [1.0] * 58, account_id=A, states=states)
    lacking = history.filter(
        ~pl.col("start_time").is_in([START + HOUR, START + 30 * HOUR, START + 50 * HOUR])
    )

    assert column(days_of(history), "State") == ["", "may still change", "so far"]
    assert column(days_of(lacking), "State") == [
        "1 hour missing",
        "1 hour missing, may still change",
        "so far, 1 hour missing",
    ]
    assert [cell["text"] for cell in column(days_of(lacking), "vs. day before")] == [NOTHING] * 3


def test_a_cost_that_is_not_known_is_a_missing_hour() -> None:
    history = hours(START, [1.0] * 24).with_columns(
        aggregated_value=pl.when(pl.col("start_time") < START + 2 * HOUR)
        .then(None)
        .otherwise("aggregated_value")
    )

    assert texts(days_of(history)) == [["Mon 2 Nov", "$22.00", NOTHING, "2 hours missing"]]


def test_a_day_that_the_selection_cuts_lacks_nothing_and_is_not_compared() -> None:
    known = hours(START, [1.0] * 72, account_id=A)
    is_cut = pl.col("start_time").is_between(START + 33 * HOUR, START + 52 * HOUR)

    assert texts(days_of(known.filter(is_cut), known)) == [
        ["Tue 3 Nov", "$15.00", NOTHING, "15 of 24 hours"],
        ["Wed 4 Nov", "$5.00", NOTHING, "5 of 24 hours"],
    ]


def test_hours_of_the_week_are_parts_of_days_that_lack_nothing_else() -> None:
    """From nine to eleven on two days; on the second, an hour of the two is not known."""
    known = hours(START, [1.0] * 48, account_id=A).filter(pl.col("start_time") != START + 33 * HOUR)
    selected = known.filter(pl.col("start_time").dt.hour().is_in([9, 10]))

    page = days_of(selected, known, open_days=frozenset({"2026-11-02"}))

    assert texts(page) == [
        ["Mon 2 Nov", "$2.00", NOTHING, "2 of 24 hours"],
        ["09:00 to 10:00", "$1.00", "", ""],
        ["10:00 to 11:00", "$1.00", "", ""],
        ["Tue 3 Nov", "$1.00", NOTHING, "1 of 24 hours, 1 hour missing"],
    ]


def test_hours_unfold_under_their_day() -> None:
    """In Berlin, on the day on which the third hour comes twice."""
    history = local_days("2026-10-25", "2026-10-26", "Europe/Berlin", account_id=A)
    history = history.with_columns(aggregated_value=pl.int_range(pl.len()).cast(pl.Float64))

    page = days_of(history, time_zone="Europe/Berlin", open_days=frozenset({"2026-10-25"}))

    assert [row["level"] for row in page.rows] == [0] + [1] * 25 + [0]
    assert [row["is_open"] for row in page.rows if row["is_expandable"]] == [True, False]
    told = texts(page)
    assert told[0] == ["Sun 25 Oct", "$300.00", NOTHING, ""]
    assert told[3] == ["02:00 to 03:00 (UTC+02:00)", "$2.00", "", ""]
    assert told[4] == ["02:00 to 03:00 (UTC+01:00)", "$3.00", "", ""]
    assert [row["cells"][1]["ratio"] for row in page.rows[1:26]] == [n / 24 for n in range(25)]
    assert len({row["key"] for row in page.rows}) == len(page.rows)
    assert {row["is_selected"] for row in page.rows[1:26]} == {None}


def test_an_hour_says_what_the_day_says() -> None:
    """Of the hours of today, one is missing and one has no known cost."""
    states = ["complete", "provisional", "provisional", "provisional", "in_progress"]
    history = hours(START, [1.0, 2.0, 3.0, 4.0, 5.0], account_id=A, states=states)
    history = history.filter(pl.col("start_time") != START + 2 * HOUR).with_columns(
        aggregated_value=pl.when(pl.col("aggregated_value") != 4.0).then("aggregated_value")
    )

    page = days_of(history, open_days=frozenset({"2026-11-02"}))

    assert [(row[1], row[-1]) for row in texts(page)] == [
        ("$8.00", "so far, 2 hours missing"),
        ("$1.00", ""),
        ("$2.00", "may still change"),
        (NOTHING, "missing"),
        (NOTHING, "missing"),
        ("$5.00", "so far"),
    ]


def test_accounts_are_added_up_or_stand_by_themselves() -> None:
    known = pl.concat([days(1.0, 3.0, account_id=A), days(4.0, 2.0, account_id=B)])

    together = days_of(known, open_days=frozenset({"2026-11-03"}))
    assert texts(together)[:3] == [
        ["Mon 2 Nov", "$5.00", NOTHING, ""],
        ["Tue 3 Nov", "$5.00", "$0.00", ""],
        ["00:00 to 01:00", "$5.00", "", ""],
    ]
    apart = days_of(known, by_account=True, order="Newest first", open_days=frozenset({f"2026-11-03 {B}"}))
    assert [row[:-1] for row in texts(apart)][:3] == [
        ["Tue 3 Nov", "Alpha", "$3.00", "+$2.00"],
        ["Tue 3 Nov", "Beta", "$2.00", "-$2.00"],
        ["00:00 to 01:00", "", "$2.00", ""],
    ]
    assert [row["cells"][2]["ratio"] for row in apart.rows if row["level"] == 0] == [0.75, 0.5, 0.25, 1.0]
    assert [one["name"] for one in days_of(days(1.0), by_account=True).columns][1] == "Cost"


def test_one_account_without_an_hour_is_said_of_all_together() -> None:
    """The other one's cost of that hour counts all the same."""
    first, second = days(1.0, 3.0, account_id=A), days(4.0, 2.0, account_id=B)
    known = pl.concat([first, second.filter(pl.col("start_time") != START + 24 * HOUR)])

    page = days_of(known, open_days=frozenset({"2026-11-03"}))

    assert texts(page)[1:3] == [
        ["Tue 3 Nov", "$3.00", NOTHING, "1 hour missing"],
        ["00:00 to 01:00", "$3.00", "", "1 of 2 accounts"],
    ]
    half = pl.concat([first, second[24:]])
    assert texts(days_of(half))[0] == ["Mon 2 Nov", "$1.00", NOTHING, "hours missing"]


def test_known_accounts_that_are_not_selected_count_nowhere_and_missing_ones_compare_nothing() -> None:
    both = pl.concat([days(1.0, 3.0, account_id=A), days(4.0, 2.0, account_id=B)])
    only = both.filter(account_id=A)

    assert texts(days_of(only, both))[1] == ["Tue 3 Nov", "$3.00", "+$2.00", ""]
    assert texts(days_of(both, only))[1][:3] == ["Tue 3 Nov", "$5.00", NOTHING]


def test_years_are_written_where_there_are_two() -> None:
    new_year = days(1.0, 1.0, start=datetime(2026, 12, 31, tzinfo=UTC))

    assert column(days_of(new_year), "Day") == ["Thu 31 Dec 2026", "Fri 1 Jan 2027"]


def test_a_correction_has_a_bar_below_zero() -> None:
    page = days_of(days(4.0, -8.0))

    assert [cell["ratio"] for cell in column(page, "Cost")] == [0.5, -1.0]
    assert column(page, "Cost")[1]["text"] == "-$8.00"


def test_the_chosen_day_is_marked() -> None:
    page = days_of(days(1.0, 2.0), chosen=date(2026, 11, 3))

    assert [row["is_selected"] for row in page.rows] == [False, True]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"])
@pytest.mark.parametrize("by_account", [True, False])
def test_costs_and_changes_are_those_of_the_tables(seed: int, zone: str, *, by_account: bool) -> None:
    known = random_history(seed, start=START - timedelta(days=9), n_hours=24 * 16 + seed, accounts=(A, B))
    selected = known.filter(pl.col("start_time") >= START)

    page = days_of(selected, known, time_zone=zone, by_account=by_account)

    with no_zone_warning():
        daily, before = (daily_usage(table, time_zone=zone) for table in (selected, known))
    if not by_account:
        daily, before = total_usage(daily), total_usage(before)
    changes = day_over_day(before).select("account_id", "date", "change_usd")
    expected = daily.join(changes, on=["account_id", "date"], how="left")
    by_key = {
        f"{row['date']} {row['account_id']}" if by_account else f"{row['date']}": row
        for row in expected.iter_rows(named=True)
    }
    assert page.count == daily.height == len(by_key)
    for shown in page.rows:
        row = by_key[shown["key"]]
        cost, change = (cell["text"] for cell in shown["cells"][-3:-1])
        assert cost == dollars(row["cost_usd"])
        if row["is_whole"] and row["change_usd"] is not None:
            assert change.lstrip("+") == dollars(row["change_usd"])
        else:
            assert change == NOTHING


def test_what_holds_for_all_hours_of_a_day_is_said_once() -> None:
    """By the day."""
    page = days_of(hours(START, [1.0] * 24, states="provisional"), open_days=frozenset({"2026-11-02"}))

    assert column(page, "State") == ["may still change"] + [""] * 24
