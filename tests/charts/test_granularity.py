"""Hours or days, by the room that a bar has."""

import pytest

from cfusage_lab.charts.granularity import granularity_for

WEEK, FORTNIGHT, MONTH, QUARTER = 7 * 24, 14 * 24, 31 * 24 + 1, 90 * 24


@pytest.mark.parametrize(
    ("hours", "accounts", "granularity"),
    [
        (0, 0, "hour"),
        (WEEK, 1, "hour"),
        (MONTH, 1, "hour"),
        (QUARTER, 1, "day"),
        (WEEK, 5, "hour"),
        (FORTNIGHT + 1, 2, "hour"),
        (MONTH, 2, "day"),
        (QUARTER, 1000, "day"),
    ],
)
def test_a_month_of_one_account_and_a_fortnight_of_several_are_hours(
    hours: int, accounts: int, granularity: str
) -> None:
    assert granularity_for(hours, accounts) == granularity
