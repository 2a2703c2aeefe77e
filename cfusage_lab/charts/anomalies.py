"""What stood out: a bar an event, largest dollars first."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.anomaly_detection import checked_events, event_span, what_stood_out
from cfusage_lab.charts.bar_list import bar_list_page, list_letters
from cfusage_lab.charts.headings import one_line, unsettled_fact
from cfusage_lab.charts.page import fill_page
from cfusage_lab.charts.tooltips import STATE_TEXT, exact_text
from cfusage_lab.ranges import zone
from cfusage_lab.wording import day_text

__all__ = ["MOST_EVENTS", "anomalies_chart"]

MOST_EVENTS: Final = 20
"""Events that are read one by one."""

_MANY_TIMES: Final = 10
_MANY_MONTHS: Final = 1000


def anomalies_chart(
    anomalies: pl.DataFrame,
    *,
    time_zone: str | None = None,
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what stood out as bars, largest dollars first, with the impact and the size beside them.

    Bars go right from zero where an event cost more than usual, and left where cost was missing. Paler bars
    may still change. Pointing at a bar tells it in words. Of more than 20 events, the largest are drawn.

    Parameters
    ----------
    anomalies
        What :func:`cfusage_lab.anomalies` returns (``schema.ANOMALIES``).
    time_zone
        The IANA name of the zone whose clock tells the hours; UTC's if not given.
    names, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing, or a row holds what it may not.
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> history = client.usage_history(cfu.last_days(56, now="2026-11-18T09:30Z"))
    >>> events = cfu.anomalies(history, time_zone="Europe/Berlin")
    >>> print(*cfu.anomalies_chart(events, time_zone="Europe/Berlin").title.text)
    2 events came to $204.77 more than usual, 2 events to $97.94 less
    """
    anomalies = checked_events(anomalies)
    info = zone("UTC" if time_zone is None else time_zone)
    rows = _rows(anomalies, info, names)
    return fill_page(
        bar_list_page(rows.height, _TITLES, _TEXTS, empty="Nothing stood out in this table"),
        [rows] if rows.height else [],
        title=what_stood_out(anomalies).removesuffix("."),
        facts=_facts(anomalies, rows, info),
        note=note,
        values=list_letters(rows),
    )


def _rows(events: pl.DataFrame, info: ZoneInfo, names: Mapping[str, str] | None) -> pl.DataFrame:
    """Give each event its place, from 1, its names, and what is told of it."""
    known = labels(dict.fromkeys(events["account_id"]), names=names)
    order = [pl.col("impact_usd").abs(), pl.col("start_time")]
    largest = events.sort(order, descending=[True, False]).head(MOST_EVENTS)
    found = list(largest.iter_rows(named=True))
    accounts = [known[event["account_id"]] for event in found]
    is_one_account = largest["account_id"].n_unique() <= 1
    texts = {
        "who": [""] * len(found) if is_one_account else accounts,
        "on": [_start(event["start_time"].astimezone(info), event["hours"]) for event in found],
        "account": accounts,
        "span": [event_span(event, time_zone=info.key) for event in found],
        "size": [_size(event["actual_usd"], event["expected_usd"]) for event in found],
        "chance": [_chance(event["score"]) for event in found],
    }
    return largest.select(
        "actual_usd",
        "expected_usd",
        "explanation",
        "state",
        change_usd="impact_usd",
        kind="direction",
        is_whole=pl.lit(value=True),
        place=pl.int_range(1, pl.len() + 1),
        **{name: pl.Series(values, dtype=pl.String) for name, values in texts.items()},
    )


def _start(first: datetime, hours: int) -> str:
    return f"{day_text(first)}, {first:%H:%M}, {hours} h"


def _size(actual: float, expected: float) -> str:
    """Say beside a bar how large an event was, in a few letters."""
    if actual == 0:
        return "nothing"
    if actual < 0:
        return "below $0"
    if expected <= 0 or actual > _MANY_MONTHS * expected:
        return "new"
    ratio = actual / expected
    if ratio < 1:
        return f"{ratio:.0%}"
    return f"{ratio:,.0f}x" if ratio >= _MANY_TIMES else f"{ratio:.1f}x"


def _chance(score: float) -> str:
    """Say how often chance alone would bring such an hour."""
    months = 10**score
    if months >= _MANY_MONTHS:
        return f"less than once in {_MANY_MONTHS:,} months"
    if months >= 1:
        return f"once in {math.floor(months):,} months" if months >= 2 else "once a month"  # noqa: PLR2004 - months
    return f"{1 / months:,.0f} times a month"


def _facts(events: pl.DataFrame, rows: pl.DataFrame, info: ZoneInfo) -> list[str]:
    """Say whose events these are, in what unit and on which clock, and how many are not drawn."""
    if rows.is_empty():
        return [f"{info.key} time"]
    whose = [rows["account"][0]] if rows["account"].n_unique() == 1 else []
    lines = one_line([*whose, "US dollars above or below usual", f"{info.key} time"])
    if events.height > rows.height:
        lines.append(f"The largest {rows.height} of {events.height:,} events")
    return lines + unsettled_fact(rows)


_TITLES: Final = {
    "account": "Account",
    "span": "When",
    "explanation": "In words",
    "cost": "Cost",
    "usual": "Usual",
    "change": "Impact",
    "chance": "By chance",
    "status": "State",
}
_TEXTS: Final = {
    "cost": exact_text("datum.actual_usd"),
    "usual": exact_text("datum.expected_usd"),
    "change": f"(datum.change_usd > 0 ? '+' : '') + ({exact_text('datum.change_usd')})",
    "aside": "datum.size",
    "status": STATE_TEXT,
}
