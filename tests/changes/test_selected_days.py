"""The days of a part of a history: hand-worked changes, missing hours, and hours of one day."""

from datetime import UTC, date, datetime

import polars as pl
from histories import HOUR, hours

from cfusage_lab.changes.selected_days import SelectedDays

START = datetime(2026, 11, 2, tzinfo=UTC)
SECOND, THIRD = date(2026, 11, 2), date(2026, 11, 3)


def of(selected: pl.DataFrame, known: pl.DataFrame, *, by_account: bool = False) -> SelectedDays:
    return SelectedDays(selected=selected, known=known, time_zone="UTC", by_account=by_account)


def test_a_day_changes_beside_one_that_is_not_selected() -> None:
    """24 dollars on the 2nd, 48 on the 3rd, of which all is selected; 72 on the 4th, of which it is half."""
    known = hours(START, [1.0] * 24 + [2.0] * 24 + [3.0] * 24)
    days = of(known[24:60], known)

    found = days.with_changes(days.daily(days.selected))

    columns = ["date", "cost_usd", "change_usd", "kind", "hours", "expected", "day_hours", "missing"]
    assert found.select(columns).rows() == [
        (THIRD, 48.0, 24.0, "up", 24, 24, 24, 0),
        (date(2026, 11, 4), 36.0, 24.0, "unknown", 12, 12, 24, 0),
    ]


def test_an_hour_that_nobody_knows_is_missing_and_one_that_is_not_selected_is_not() -> None:
    whole = hours(START, [1.0] * 48)
    known = whole.filter(pl.col("start_time") != START + 30 * HOUR)
    days = of(known.filter(pl.col("start_time").dt.hour().is_in([5, 6, 7])), known)

    found = days.with_changes(days.daily(days.selected))

    assert found.select("hours", "known_hours", "missing").rows() == [(3, 19, 0), (2, 7, 1)]


def test_the_hours_of_a_day_say_what_is_known_of_each_account() -> None:
    """Of the first hour nothing is known, the second is of one account alone, the third runs for one."""
    first = hours(START + HOUR, [1.0, 2.0], states=["complete", "provisional"])
    other = hours(START + 2 * HOUR, [0.5], account_id="b", states=["in_progress"])
    last = hours(START + 3 * HOUR, [4.0, 5.0]).filter(pl.col("start_time") > START + 3 * HOUR)
    unknown = hours(START, [7.0]).with_columns(aggregated_value=pl.lit(None, pl.Float64))
    known = pl.concat([unknown, first, other, last])

    found = of(known, known).hours(SECOND, account_id=None)

    assert found.drop("start_time").rows() == [
        (None, 0, "complete"),
        (1.0, 1, "complete"),
        (2.5, 2, "in_progress"),
        (None, 0, None),
        (5.0, 1, "complete"),
    ]
    assert found["start_time"].to_list() == [START + n * HOUR for n in range(5)]
    of_one = of(known, known, by_account=True).hours(SECOND, account_id="b")
    assert of_one["cost_usd"].to_list() == [None, None, 0.5, None, None]


def test_an_hour_that_is_known_and_not_selected_is_none_of_the_day() -> None:
    known = hours(START, [1.0, 2.0, 3.0, 4.0])
    days = of(known.filter(pl.col("aggregated_value") != 2.0), known)

    assert days.hours(SECOND, account_id=None)["cost_usd"].to_list() == [1.0, 3.0, 4.0]


def test_accounts_without_windows_compare_nothing() -> None:
    """Of two that are selected, one alone is known of before: a sum of both has no partner."""
    both = pl.concat([hours(START, [1.0] * 48), hours(START, [2.0] * 48, account_id="b")])
    days = of(both, both.filter(account_id="a"))

    found = days.with_changes(days.daily(both).filter(date=THIRD))

    assert found.select("cost_usd", "change_usd", "kind").rows() == [(72.0, None, "unknown")]
