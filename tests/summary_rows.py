"""What a summary tells, made of rows that can be checked in the head."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from cfusage_lab.commands.summary import Summary
from cfusage_lab.ranges import TimeRange

ACCOUNT = "ab" * 16
DETAILS: dict[str, Any] = {
    "day_is_whole": True,
    "month_is_whole": True,
    "whole_days": None,
    "first_whole_date": None,
    "peak_hour_usd": 2.0,
    "peak_hours": 1,
    "first_date": date(2026, 10, 1),
}
ROW: dict[str, Any] = {
    "account_id": ACCOUNT,
    "date": date(2026, 11, 1),
    "until": "14:00",
    "today_usd": 0.0125,
    "yesterday_usd": 0.0,
    "day_change_ratio": None,
    "day_kind": "new",
    "month_usd": 1250.0,
    "previous_month_usd": 1000.0,
    "month_change_ratio": 0.25,
    "month_kind": "up",
    "mean_day_usd": None,
    "peak_hour": 9,
    "load_factor": 0.5,
    "provisional_share": 0.038,
    **DETAILS,
}
OCTOBER = datetime(2026, 10, 1, tzinfo=UTC)


def summary_of(rows: pl.DataFrame, **parts: Any) -> Summary:  # noqa: ANN401 - whatever a test sets
    """Return what a summary tells of these rows."""
    ids = rows["account_id"].to_list()
    plain = {
        "source": "account",
        "label": "Cloudflare account",
        "time_zone": "UTC",
        "time_range": TimeRange(OCTOBER, datetime(2026, 11, 1, 15, tzinfo=UTC)),
        "history_start": OCTOBER,
        "names": {one: one for one in ids},
        "rows": rows,
        "total": None,
        "shown": tuple(ids),
        "end": None,
        "found": None,
        "invoice": None,
        "checked": None,
    }
    return Summary(**plain | parts)
