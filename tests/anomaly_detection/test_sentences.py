"""What stood out, in words."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from cfusage_lab.anomaly_detection import event_span, explanation, what_stood_out

TUESDAY = datetime(2026, 11, 17, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("actual", "expected", "words"),
    [
        (184.93, 44.03, "4.2 times the usual Tuesday 03:00 to 06:00; $184.93, of which $140.90 above usual"),
        (50.0, 2.0, "25 times the usual Tuesday 03:00 to 06:00; $50.00, of which $48.00 above usual"),
        (1.0, 4.0, "25% of the usual Tuesday 03:00 to 06:00; $1.00, which is $3.00 below usual"),
        (0.0, 4.0, "nothing on Tuesday 03:00 to 06:00, when $4.00 is usual"),
        (-2.5, 4.0, "-$2.50 on Tuesday 03:00 to 06:00, when $4.00 is usual"),
        (3.0, 0.0, "$3.00 on Tuesday 03:00 to 06:00, when nothing is usual"),
        (-3.0, 0.0, "-$3.00 on Tuesday 03:00 to 06:00, when nothing is usual"),
        (3.0, -1.0, "$3.00 on Tuesday 03:00 to 06:00, when -$1.00 is usual"),
        (0.0, 2e-4, "nothing on Tuesday 03:00 to 06:00, when $0.000200 is usual"),
        (1e-3, 2e-4, "5.0 times the usual Tuesday 03:00 to 06:00; $0.001000, of which $0.000800 above usual"),
        (
            4.1e-10,
            1e-10,
            "4.1 times the usual Tuesday 03:00 to 06:00; $0.0000000004, of which $0.0000000003 above usual",
        ),
    ],
)
def test_an_event_says_how_far_from_usual_it_was(actual: float, expected: float, words: str) -> None:
    event = {
        "start_time": TUESDAY,
        "end_time": TUESDAY + timedelta(hours=3),
        "actual_usd": actual,
        "expected_usd": expected,
        "state": "complete",
    }

    assert explanation(event, time_zone="UTC") == words
    assert explanation(event | {"state": "provisional"}, time_zone="UTC") == f"{words}; may still change"


@pytest.mark.parametrize(
    ("hours", "zone", "words", "span"),
    [
        (3, "UTC", "Tuesday 03:00 to 06:00", "Tue 17 Nov 2026, 03:00 to 06:00"),
        (21, "UTC", "Tuesday 03:00 to 24:00", "Tue 17 Nov 2026, 03:00 to 24:00"),
        (3, "Asia/Tokyo", "Tuesday 12:00 to 15:00", "Tue 17 Nov 2026, 12:00 to 15:00"),
        (
            3,
            "America/New_York",
            "Monday 22:00 to Tuesday 01:00",
            "Mon 16 Nov 2026, 22:00 to Tue 17 Nov, 01:00",
        ),
        (
            30,
            "UTC",
            "Tuesday 17 Nov 03:00 to Wednesday 18 Nov 09:00",
            "Tue 17 Nov 2026, 03:00 to Wed 18 Nov, 09:00",
        ),
    ],
)
def test_it_is_told_by_the_clock_of_the_zone(hours: int, zone: str, words: str, span: str) -> None:
    event = {
        "start_time": TUESDAY,
        "end_time": TUESDAY + timedelta(hours=hours),
        "actual_usd": 0.0,
        "expected_usd": 1.0,
        "state": "complete",
    }

    assert explanation(event, time_zone=zone) == f"nothing on {words}, when $1.00 is usual"
    assert event_span(event, time_zone=zone) == span


@pytest.mark.parametrize(
    ("impacts", "words"),
    [
        ([], "Nothing stood out."),
        ([5.0], "1 event came to $5.00 more than usual."),
        ([-5.0, -1.0], "2 events came to $6.00 less than usual."),
        ([5.0, 1.0, -2.0], "2 events came to $6.00 more than usual, 1 event to $2.00 less."),
    ],
)
def test_one_sentence_sums_them_up(impacts: list[float], words: str) -> None:
    assert what_stood_out(pl.DataFrame({"impact_usd": impacts}, schema={"impact_usd": pl.Float64})) == words
