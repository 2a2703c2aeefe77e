"""What is said of a forecast, a budget and credit."""

from datetime import UTC, date, datetime

import pytest

from cfusage_lab.forecasts import budget_sentence, month_end_sentence, runway_sentence

END = {
    "month": date(2026, 11, 1),
    "spent_usd": 1512.3,
    "forecast_usd": 2700.0,
    "lower_80_usd": 2480.2,
    "upper_80_usd": 2910.4,
    "method": "run rate",
    "days_left": 9,
}
BUDGET = {"budget_usd": 2500.0, "chance": 0.123, "is_passed": False, "passed_date": None, "passed_time": None}
RUNWAY = {
    "balance_usd": 95.5,
    "status": "lasts",
    "used_up_date": date(2026, 11, 23),
    "earliest_80_date": date(2026, 11, 22),
    "latest_80_date": None,
    "topup_amount_usd": None,
    "topup_threshold_usd": None,
    "topup_date": None,
}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "On course for $2,480 to $2,910 (80 %)"),
        ({"lower_80_usd": 2.125, "upper_80_usd": 3.5}, "On course for $2.12 to $3.50 (80 %)"),
        ({"lower_80_usd": 300.0, "upper_80_usd": 300.0}, "On course for $300 (80 %)"),
        ({"lower_80_usd": None}, "On course for $2,700, told from a single day"),
        ({"forecast_usd": None}, "$1,512.30 so far; not enough history for a forecast"),
        (
            {"days_left": 0, "forecast_usd": 1512.3, "lower_80_usd": 1512.3, "upper_80_usd": 1512.3},
            "November came to $1,512.30",
        ),
    ],
)
def test_a_months_end(changes: dict[str, object], said: str) -> None:
    assert month_end_sentence(END | changes) == said


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "A budget of $2,500 holds, as it looks; the chance that it is passed is 12 %"),
        (
            {"chance": 0.001},
            "A budget of $2,500 holds, as it looks; the chance that it is passed is less than 1 %",
        ),
        (
            {"chance": 0.999, "passed_date": date(2026, 11, 28)},
            "A budget of $2,500 is passed with a chance of more than 99 %, on Sat 28 Nov as it looks",
        ),
        ({"chance": None}, "Not enough history to say whether $2,500 is passed"),
        ({"is_passed": True, "passed_date": date(2026, 11, 28)}, "$2,500 was passed on Sat 28 Nov"),
    ],
)
def test_a_budget(changes: dict[str, object], said: str) -> None:
    assert budget_sentence(BUDGET | changes) == said


def test_the_hour_is_said_in_the_zone() -> None:
    moment = datetime(2026, 11, 28, 3, tzinfo=UTC)
    row = BUDGET | {"is_passed": True, "passed_date": date(2026, 11, 28), "passed_time": moment}

    assert (
        budget_sentence(row, time_zone="Europe/Berlin")
        == "$2,500 was passed on Sat 28 Nov between 04:00 and 05:00"
    )
    assert budget_sentence(row) == "$2,500 was passed on Sat 28 Nov"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "Credit of $95.50 lasts until Mon 23 Nov 2026 (Sun 22 Nov 2026 to more than a year, 80 %)"),
        ({"status": "used up", "balance_usd": -3.0}, "Credit is used up: -$3.00"),
        ({"status": "beyond a year"}, "Credit of $95.50 lasts for more than a year"),
        ({"status": "no cost"}, "Credit of $95.50: nothing uses it up"),
        ({"status": "not enough history"}, "Credit of $95.50: not enough history to say how long it lasts"),
        (
            {
                "status": "topped up",
                "topup_date": date(2026, 11, 20),
                "topup_amount_usd": 200.0,
                "topup_threshold_usd": 50.0,
            },
            (
                "Credit of $95.50 falls to $50 on Fri 20 Nov 2026 as it looks, "
                "and is topped up by $200 automatically"
            ),
        ),
    ],
)
def test_credit(changes: dict[str, object], said: str) -> None:
    assert runway_sentence(RUNWAY | changes) == said
