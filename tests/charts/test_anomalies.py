"""What stood out, as a list and as marks on the time line."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from chart_pictures import MINUS, bars_of, complete, rows_of, subtitle_of, texts_of, title_of, told_by
from histories import days, hours, local_days

from cfusage_lab.anomaly_detection import anomalies
from cfusage_lab.changes import rolling_mean
from cfusage_lab.charts import anomalies_chart, usage_chart
from cfusage_lab.charts.anomalies import MOST_EVENTS
from cfusage_lab.charts.colours import DOWN, UP
from cfusage_lab.daily import daily_usage
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.schema import ANOMALIES

TUESDAY = datetime(2026, 11, 17, 3, tzinfo=UTC)
CHANGED = datetime(2026, 10, 24, 23, tzinfo=UTC)
"""01:00 in Berlin, on the day on which summer time ends."""


def event(**changed: Any) -> dict[str, Any]:  # noqa: ANN401 - any column
    """Make an event of three hours that came to 12 dollars instead of 3."""
    row = {
        "account_id": "a",
        "start_time": TUESDAY,
        "actual_usd": 12.0,
        "expected_usd": 3.0,
        "lower_usd": 2.0,
        "upper_usd": 4.0,
        "direction": "up",
        "score": 2.4,
        "hours": 3,
        "state": "complete",
        "explanation": "4.0 times the usual Tuesday 03:00 to 06:00; $12.00, of which $9.00 above usual",
        **changed,
    }
    row.setdefault("end_time", row["start_time"] + timedelta(hours=row["hours"]))
    row.setdefault("impact_usd", row["actual_usd"] - row["expected_usd"])
    return row


def table(*events: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(events), schema=ANOMALIES)


OUTAGE = event(
    start_time=TUESDAY + timedelta(days=1),
    actual_usd=0.0,
    expected_usd=18.0,
    direction="down",
    state="provisional",
    score=0.5,
    explanation="nothing on Wednesday",
)


def test_the_largest_dollars_come_first_whatever_their_sign() -> None:
    """-18 is larger than +9, and twice as long."""
    chart = anomalies_chart(table(event(), OUTAGE))

    (up,), (down,) = bars_of(chart, UP), bars_of(chart, DOWN, channel="stroke")
    assert down[2] / up[2] == pytest.approx(2.0, rel=1e-2)
    assert down[1] < up[1]
    assert down[0] < up[0]
    assert [row["Impact"] for row in told_by(chart)] == [f"{MINUS}$18.00", "+$9.00"]


def test_the_pointer_is_told_it_in_words() -> None:
    assert told_by(anomalies_chart(table(event()), time_zone="Asia/Tokyo")) == [
        {
            "Account": "a…a",
            "When": "Tue 17 Nov 2026, 12:00 to 15:00",
            "In words": "4.0 times the usual Tuesday 03:00 to 06:00; $12.00, of which $9.00 above usual",
            "Cost": "$12.00",
            "Usual": "$3.00",
            "Impact": "+$9.00",
            "By chance": "once in 251 months",
            "State": "complete",
        }
    ]


def test_the_heading_adds_up_and_says_whose_clock_it_is() -> None:
    chart = anomalies_chart(table(event(), OUTAGE), time_zone="Europe/Berlin", note="made up")

    assert title_of(chart) == "1 event came to $9.00 more than usual, 1 event to $18.00 less"
    assert " ".join(subtitle_of(chart)) == (
        "a…a · US dollars above or below usual · Europe/Berlin time Paler bars are not final: 1 of 2 made up"
    )


@pytest.mark.parametrize(
    ("changed", "size"),
    [
        ({}, "4.0x"),
        ({"actual_usd": 60.0}, "20x"),
        ({"actual_usd": 5.0, "expected_usd": 0.0}, "new"),
        ({"actual_usd": 1.0, "direction": "down"}, "33%"),
        ({"actual_usd": 0.0, "direction": "down"}, "nothing"),
        ({"actual_usd": -1.0, "direction": "down"}, "below $0"),
    ],
)
def test_the_size_stands_beside_the_bar(changed: dict[str, Any], size: str) -> None:
    texts = texts_of(anomalies_chart(table(event(**changed))))

    assert size in texts
    assert "Tue 17 Nov, 03:00, 3 h" in texts


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (9.0, "less than once in 1,000 months"),
        (0.0, "once a month"),
        (0.7, "once in 5 months"),
        (-1.0, "10 times a month"),
    ],
)
def test_a_score_is_told_as_a_chance(score: float, words: str) -> None:
    assert told_by(anomalies_chart(table(event(score=score))))[0]["By chance"] == words


def test_accounts_are_named_where_there_are_several() -> None:
    chart = anomalies_chart(table(event(), event(account_id="b")), names={"b": "Beta"})

    assert {"Beta", "a…a"} <= set(texts_of(chart))


def test_no_event_says_so_and_many_are_cut() -> None:
    many = [event(start_time=TUESDAY + timedelta(days=n)) for n in range(MOST_EVENTS + 5)]

    assert "Nothing stood out" in title_of(anomalies_chart(table()))
    chart = anomalies_chart(table(*many))
    assert len(rows_of(chart)) == MOST_EVENTS
    assert f"The largest {MOST_EVENTS} of {MOST_EVENTS + 5} events" in subtitle_of(chart)


def test_what_is_no_table_of_events_is_refused() -> None:
    with pytest.raises(FrameError, match="impact_usd"):
        anomalies_chart(table().drop("impact_usd"))
    with pytest.raises(FrameError, match="impact_usd"):
        usage_chart(hours(TUESDAY, [1.0]), anomalies=table().drop("impact_usd"))
    with pytest.raises(ConfigError, match="no time zone"):
        anomalies_chart(table(), time_zone="Europe/Atlantis")


# On the time line


def words_by_hour(chart: Any) -> dict[int, str]:  # noqa: ANN401 - altair's own
    return {place: row["Unusual"] for place, row in enumerate(told_by(chart)) if row["Unusual"] != "no"}


def test_the_hours_of_an_event_are_marked_and_told() -> None:
    usage = hours(TUESDAY - timedelta(hours=2), [1.0, 1.0, 4.0, 4.0, 4.0, 1.0])

    chart = usage_chart(usage, anomalies=table(event()))

    assert words_by_hour(chart) == dict.fromkeys(
        (2, 3, 4), "4.0 times the usual Tuesday 03:00 to 06:00; $12.00, of which $9.00 above usual"
    )
    strips = [bar for bar in bars_of(chart, UP) if bar[3] == 5.0]
    assert len(strips) == 3
    assert not bars_of(chart, DOWN)
    assert "Marked: 1 event came to $9.00 more than usual" in subtitle_of(chart)


def test_a_day_is_marked_if_an_event_touches_it() -> None:
    """22:00 to 01:00 in Berlin: two days of three."""
    night = event(start_time=datetime(2026, 11, 17, 21, tzinfo=UTC))
    daily = daily_usage(local_days("2026-11-16", "2026-11-18", "Europe/Berlin"), time_zone="Europe/Berlin")

    chart = usage_chart(
        daily, rolling=rolling_mean(daily, days=2), anomalies=table(night), time_zone="Europe/Berlin"
    )

    assert list(words_by_hour(chart)) == [1, 2]


def test_an_hour_across_midnight_marks_the_day_that_it_is_counted_to() -> None:
    """Cost from 23:30 to 00:30 in Kolkata is the first day's; the second one has none of the event."""
    evening = event(start_time=datetime(2026, 11, 17, 16, tzinfo=UTC))
    daily = days({"2026-11-16": 1, "2026-11-17": 2, "2026-11-18": 1})

    chart = usage_chart(daily, anomalies=table(evening), time_zone="Asia/Kolkata")

    assert list(words_by_hour(chart)) == [1]


@pytest.mark.parametrize("nth", [0, 1, 2, 3])
def test_of_an_hour_that_the_clock_shows_twice_the_right_one_is_marked(nth: int) -> None:
    """In Berlin, 01:00, 02:00, 02:00 once more, and 03:00 of the day on which summer time ends."""
    usage = hours(CHANGED, [1.0] * 4)
    start = CHANGED + timedelta(hours=nth)
    hour = event(start_time=start, end_time=start + timedelta(hours=1))

    chart = usage_chart(usage, anomalies=table(hour), time_zone="Europe/Berlin")

    assert list(words_by_hour(chart)) == [nth]
    assert "Marked: 1 event came to $9.00 more than usual" in subtitle_of(chart)


def test_events_elsewhere_and_of_others_are_neither_marked_nor_counted() -> None:
    usage = hours(TUESDAY, [1.0] * 3)
    later, other = event(start_time=TUESDAY + timedelta(hours=3)), event(account_id="b")

    chart = usage_chart(usage, anomalies=table(later, other))

    assert not words_by_hour(chart)
    assert "Marked: nothing stood out" in subtitle_of(chart)


def test_the_larger_of_two_events_marks_a_bar_and_accounts_are_named() -> None:
    usage = pl.concat([hours(TUESDAY, [1.0] * 3, account_id=one) for one in ("a", "b")])
    outage = OUTAGE | {"account_id": "b", "start_time": TUESDAY, "end_time": TUESDAY + timedelta(hours=1)}

    chart = usage_chart(usage, anomalies=table(event(), outage), names={"b": "Beta"})

    told = words_by_hour(chart)
    assert told[0].startswith("Beta: nothing on Tuesday")
    assert told[1].startswith("a…a: 4.0 times")


def test_a_slot_of_several_hours_is_marked_if_an_event_touches_it() -> None:
    usage = hours(TUESDAY - timedelta(hours=1000), [1.0] * 2000)

    rows = rows_of(usage_chart(usage, anomalies=table(event())))

    marked = [row for row in rows if row["event_direction"]]
    assert [row["is_slot"] for row in marked].count(False) == 3
    assert 1 <= [row["is_slot"] for row in marked].count(True) <= 2


def test_without_events_nothing_is_added() -> None:
    usage = hours(TUESDAY, [1.0] * 3)

    chart = usage_chart(usage)

    assert "event_words" not in rows_of(chart)[0]
    assert "Unusual" not in str(complete(chart))


def test_real_events_go_on_a_real_time_line() -> None:
    values = [1.0] * 21 * 24
    values[15 * 24 : 15 * 24 + 3] = [6.0] * 3
    usage = hours("2026-10-20", values)

    chart = usage_chart(usage, anomalies=anomalies(usage, time_zone="UTC"), time_zone="UTC")

    assert list(words_by_hour(chart)) == [360, 361, 362]


def test_a_chart_without_windows_says_that_nothing_stood_out() -> None:
    chart = usage_chart(hours(TUESDAY, []), anomalies=table())

    assert "Marked: nothing stood out" in subtitle_of(chart)
