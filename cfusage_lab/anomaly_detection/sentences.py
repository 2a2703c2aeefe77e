"""What stood out, in words: for a terminal, a report and an explorer alike."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import polars as pl

from cfusage_lab.ranges import zone
from cfusage_lab.time_units import DAY
from cfusage_lab.wording import counted, date_text, day_text, dollars

__all__ = ["event_sentence", "event_span", "explanation", "what_stood_out"]

_A_LOT: Final = 10
"""From so many times on, a ratio is written without a decimal."""
_NOTHING: Final = 1e-3
"""What is usual is as good as nothing if it is less than this part of what it came to."""


def explanation(event: Mapping[str, Any], *, time_zone: str) -> str:
    """Say of an event how far from usual it was, when, and what it came to.

    Parameters
    ----------
    event
        A row of :func:`cfusage_lab.anomalies`, by column; ``explanation`` itself is not needed.
    time_zone
        The IANA name of the zone whose clock it is told by.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from cfusage_lab.anomaly_detection.sentences import explanation
    >>> event = {
    ...     "start_time": datetime(2026, 11, 17, 3, tzinfo=UTC),
    ...     "end_time": datetime(2026, 11, 17, 6, tzinfo=UTC),
    ...     "actual_usd": 184.93,
    ...     "expected_usd": 44.03,
    ...     "state": "complete",
    ... }
    >>> explanation(event, time_zone="UTC")
    '4.2 times the usual Tuesday 03:00 to 06:00; $184.93, of which $140.90 above usual'
    """
    when = _clock(event["start_time"], event["end_time"], time_zone)
    actual, expected = event["actual_usd"], event["expected_usd"]
    said = _said(actual, expected, when)
    return f"{said}; may still change" if event["state"] == "provisional" else said


def event_span(event: Mapping[str, Any], *, time_zone: str) -> str:
    """Say on which day and between which hours of the clock an event was.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from cfusage_lab.anomaly_detection.sentences import event_span
    >>> night = {
    ...     "start_time": datetime(2026, 11, 17, 22, tzinfo=UTC),
    ...     "end_time": datetime(2026, 11, 18, 3, tzinfo=UTC),
    ... }
    >>> event_span(night, time_zone="UTC")
    'Tue 17 Nov 2026, 22:00 to Wed 18 Nov, 03:00'
    """
    info = zone(time_zone)
    first, last = event["start_time"].astimezone(info), event["end_time"].astimezone(info)
    start = f"{date_text(first)}, {first:%H:%M}"
    if _is_same_day(first, last):
        return f"{start} to {_until(last)}"
    year = "" if first.year == last.year else f" {last:%Y}"
    return f"{start} to {day_text(last)}{year}, {last:%H:%M}"


def event_sentence(event: Mapping[str, Any], *, time_zone: str) -> str:
    """Say when an event was and what it came to, as a line of a list.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> from cfusage_lab.anomaly_detection.sentences import event_sentence
    >>> event = {
    ...     "start_time": datetime(2026, 11, 17, 3, tzinfo=UTC),
    ...     "end_time": datetime(2026, 11, 17, 6, tzinfo=UTC),
    ...     "actual_usd": 184.93,
    ...     "expected_usd": 44.03,
    ...     "impact_usd": 140.9,
    ...     "explanation": "4.2 times the usual Tuesday 03:00 to 06:00; $184.93",
    ... }
    >>> event_sentence(event, time_zone="UTC")
    '+$140.90 on Tue 17 Nov 2026, 03:00 to 06:00: 4.2 times the usual Tuesday 03:00 to 06:00; $184.93'
    """
    sign = "+" if event["impact_usd"] > 0 else ""
    return (
        f"{sign}{dollars(event['impact_usd'])} on {event_span(event, time_zone=time_zone)}: "
        f"{event['explanation']}"
    )


def what_stood_out(events: pl.DataFrame) -> str:
    """Say in one sentence how many events there were, and what they came to.

    Examples
    --------
    >>> import polars as pl
    >>> from cfusage_lab.anomaly_detection.sentences import what_stood_out
    >>> what_stood_out(pl.DataFrame({"impact_usd": [140.9, 20.0, -12.5]}))
    '2 events came to $160.90 more than usual, 1 event to $12.50 less.'
    >>> what_stood_out(pl.DataFrame({"impact_usd": []}, schema={"impact_usd": pl.Float64}))
    'Nothing stood out.'
    """
    impact = events["impact_usd"]
    above, below = impact.filter(impact > 0), impact.filter(impact <= 0)
    if above.is_empty() and below.is_empty():
        return "Nothing stood out."
    if above.is_empty():
        return f"{counted(len(below), 'event')} came to {dollars(_sum(-below))} less than usual."
    more = f"{counted(len(above), 'event')} came to {dollars(_sum(above))} more than usual"
    if below.is_empty():
        return f"{more}."
    return f"{more}, {counted(len(below), 'event')} to {dollars(_sum(-below))} less."


def _sum(amounts: pl.Series) -> float:
    return float(amounts.sum())


def _said(actual: float, expected: float, when: str) -> str:
    impact = actual - expected
    if abs(expected) < _NOTHING * abs(actual):
        return f"{dollars(actual)} on {when}, when nothing is usual"
    if actual <= 0 or expected <= 0:
        what = "nothing" if actual == 0 else dollars(actual)
        return f"{what} on {when}, when {dollars(expected)} is usual"
    ratio = actual / expected
    if impact > 0:
        times = f"{ratio:,.0f}" if ratio >= _A_LOT else f"{ratio:.1f}"
        return f"{times} times the usual {when}; {dollars(actual)}, of which {dollars(impact)} above usual"
    return f"{ratio:.0%} of the usual {when}; {dollars(actual)}, which is {dollars(-impact)} below usual"


def _clock(start: datetime, end: datetime, time_zone: str) -> str:
    """Write a span by weekdays, and by dates where it is longer than a day."""
    info = zone(time_zone)
    first, last = start.astimezone(info), end.astimezone(info)
    if _is_same_day(first, last):
        return f"{first:%A} {first:%H:%M} to {_until(last)}"
    if end - start <= DAY:
        return f"{first:%A} {first:%H:%M} to {last:%A} {last:%H:%M}"
    return f"{first:%A} {first.day} {first:%b} {first:%H:%M} to {last:%A} {last.day} {last:%b} {last:%H:%M}"


def _is_same_day(first: datetime, last: datetime) -> bool:
    return (last - timedelta(microseconds=1)).date() == first.date()


def _until(last: datetime) -> str:
    return "24:00" if (last.hour, last.minute) == (0, 0) else f"{last:%H:%M}"
