"""Local days as a table for accounting: hand-worked days."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from histories import hours, local_days

from cfusage_lab.daily.finance_days import finance_days

BERLIN = "Europe/Berlin"
NAMES = {"a": "Acme: Production", "b": "Acme", "c": "Silent"}


def test_days_for_accounting_on_the_days_clocks_change() -> None:
    """Two accounts in Berlin: the Sunday of autumn has 25 hours, and starts at 22:00 UTC."""
    history = pl.concat(
        local_days("2026-10-24", "2026-10-26", BERLIN, each=each, account_id=account)
        for account, each in {"a": 1.0, "x": 0.1}.items()
    )

    found = finance_days(history, time_zone=BERLIN, names=NAMES)

    assert found.drop("cost_usd").rows()[:4] == [
        (date(2026, 10, 24), "Acme: Production", "a", "2026-10-24 00:00", utc(23, 22), 24, True, "complete"),
        (date(2026, 10, 25), "Acme: Production", "a", "2026-10-25 00:00", utc(24, 22), 25, True, "complete"),
        (date(2026, 10, 26), "Acme: Production", "a", "2026-10-26 00:00", utc(25, 23), 24, True, "complete"),
        (date(2026, 10, 24), None, "x", "2026-10-24 00:00", utc(23, 22), 24, True, "complete"),
    ]
    assert found["cost_usd"].to_list() == pytest.approx([24.0, 25.0, 24.0, 2.4, 2.5, 2.4])


def utc(day: int, hour: int) -> datetime:
    return datetime(2026, 10, day, hour, tzinfo=UTC)


def test_a_day_that_is_cut_says_from_when_and_that_it_is_not_whole() -> None:
    history = hours("2026-11-10T08:00", [1.0, 2.0], states=["provisional", "in_progress"])

    (row,) = finance_days(history, time_zone=BERLIN, names={}).to_dicts()

    assert row == {
        "date": date(2026, 11, 10),
        "account_name": None,
        "account_id": "a",
        "cost_usd": 3.0,
        "local_start": "2026-11-10 09:00",
        "utc_start": datetime(2026, 11, 10, 8, tzinfo=UTC),
        "hours": 2,
        "is_whole": False,
        "state": "in_progress",
    }


def test_a_zone_off_the_hour_says_when_its_first_window_starts() -> None:
    history = local_days("2026-11-10", "2026-11-10", "Asia/Kolkata")

    (row,) = finance_days(history, time_zone="Asia/Kolkata", names={}).to_dicts()

    assert (row["local_start"], row["utc_start"]) == (
        "2026-11-10 00:30",
        datetime(2026, 11, 9, 19, tzinfo=UTC),
    )
