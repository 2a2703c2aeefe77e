"""The definitions again, slowly: dictionaries, loops and the standard library's time zones."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import polars as pl

RANK = {"complete": 0, "provisional": 1, "in_progress": 2}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@cache
def hours_of(day: date, zone: str) -> tuple[datetime, ...]:
    """List the UTC hours that start on a local date."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    around = (noon + n * HOUR for n in range(-40, 41))
    return tuple(moment for moment in around if local(moment, zone).date() == day)


def local(moment: datetime, zone: str) -> datetime:
    """Return the wall clock at a moment."""
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def least_settled(states: Iterable[str]) -> str:
    """Return the state that may change most."""
    return max(states, key=RANK.__getitem__)


def kind_and_change(current: float, previous: float | None) -> dict[str, object]:
    """Compare two amounts."""
    if previous is None:
        return {"previous_usd": None, "change_usd": None, "change_ratio": None, "kind": "unknown"}
    change = current - previous
    if abs(change) <= 1e-12 * (abs(current) + abs(previous)):
        change = 0.0
    if previous == 0:
        kind = "zero" if current == 0 else "new"
    elif previous > 0 and current == 0:
        kind = "stopped"
    else:
        kind = "up" if change > 0 else "down" if change < 0 else "flat"
    ratio = change / previous if previous > 0 else None
    return {"previous_usd": previous, "change_usd": change, "change_ratio": ratio, "kind": kind}


def daily(history: pl.DataFrame, zone: str) -> list[dict]:
    """Add up local days."""
    found = defaultdict(list)
    for row in history.iter_rows(named=True):
        found[row["account_id"], local(row["start_time"], zone).date()].append(row)
    return [
        {
            "account_id": account_id,
            "date": day,
            "cost_usd": sum(row["aggregated_value"] for row in rows),
            "hours": len(rows),
            "is_whole": len(rows) == len(hours_of(day, zone)),
            "state": least_settled(row["state"] for row in rows),
        }
        for (account_id, day), rows in sorted(found.items())
    ]


def compared(days: list[dict], partner_of: Callable[[date], date], others: list[dict]) -> list[dict]:
    """Set each day beside the day that ``partner_of`` names."""
    usable = {
        (day["account_id"], day["date"]): day["cost_usd"]
        for day in others
        if day["is_whole"] and day["state"] != "in_progress"
    }
    return [
        {
            "account_id": day["account_id"],
            "date": day["date"],
            "current_usd": day["cost_usd"],
            **kind_and_change(
                day["cost_usd"],
                usable.get((day["account_id"], partner_of(day["date"]))) if day["is_whole"] else None,
            ),
            "is_whole": day["is_whole"],
            "state": day["state"],
        }
        for day in days
        if day["state"] != "in_progress"
    ]


def rolling(days: list[dict], length: int) -> list[dict]:
    """Average each day with those before it."""
    kept = [day for day in days if day["state"] != "in_progress"]
    whole = {(day["account_id"], day["date"]): day["cost_usd"] for day in kept if day["is_whole"]}
    rows = []
    for day in kept:
        values = [whole.get((day["account_id"], day["date"] - n * DAY)) for n in range(length)]
        mean = None if None in values else sum(values) / length
        rows.append({**day, "rolling_mean_usd": mean})
    return rows


def _stretch(history: pl.DataFrame, account_id: str, moments: list[datetime]) -> tuple[float, str] | None:
    """Return cost and state of some hours of an account, or None if one is missing."""
    rows = {
        row["start_time"]: row
        for row in history.filter(
            pl.col("account_id") == account_id, pl.col("state") != "in_progress"
        ).iter_rows(named=True)
    }
    if not moments or any(moment not in rows for moment in moments):
        return None
    cost = sum(rows[moment]["aggregated_value"] for moment in moments)
    return cost, least_settled(rows[moment]["state"] for moment in moments)


def _until(history: pl.DataFrame) -> datetime:
    return history.filter(pl.col("state") != "in_progress")["end_time"].max()


def _day_until(day: date, zone: str, clock: datetime, today: date) -> list[datetime]:
    """List the hours of a day that start before a clock time, given as a wall time of ``today``."""
    wall = clock - datetime.combine(today, datetime.min.time())
    midnight = datetime.combine(day, datetime.min.time())
    return [moment for moment in hours_of(day, zone) if local(moment, zone) - midnight < wall]


def same_time(history: pl.DataFrame, zone: str) -> list[dict]:
    """Compare the day so far, for accounts whose day so far is complete in the table."""
    until = _until(history)
    clock = local(until - HOUR, zone) + HOUR
    today = local(until - HOUR, zone).date()
    rows = []
    for account_id in sorted(set(history["account_id"])):
        current = _stretch(history, account_id, [h for h in hours_of(today, zone) if h < until])
        for against, back in (("last_week", 7), ("yesterday", 1)):
            day = today - back * DAY
            previous = _stretch(history, account_id, _day_until(day, zone, clock, today))
            if current is None:
                continue
            rows.append(
                {
                    "account_id": account_id,
                    "date": today,
                    "against": against,
                    "previous_date": day,
                    "current_usd": current[0],
                    **kind_and_change(current[0], None if previous is None else previous[0]),
                    "is_whole": True,
                    "state": current[1],
                }
            )
    return rows


def month_over_month(history: pl.DataFrame, zone: str) -> list[dict]:
    """Compare the month so far, for the days up to which an account's month is complete in the table."""
    until = _until(history)
    clock = local(until - HOUR, zone) + HOUR
    today = local(until - HOUR, zone).date()
    first = today.replace(day=1)
    before = (first - DAY).replace(day=1)
    rows = []
    for account_id in sorted(set(history["account_id"])):
        for n in range(today.day):
            mine = [h for k in range(n + 1) for h in hours_of(first + k * DAY, zone) if h < until]
            theirs = []
            for k in range(n + 1):
                day = before + k * DAY
                if day < first:
                    is_cut = first + k * DAY == today
                    theirs += _day_until(day, zone, clock, today) if is_cut else hours_of(day, zone)
            current, previous = (_stretch(history, account_id, moments) for moments in (mine, theirs))
            if current is None:
                continue
            rows.append(
                {
                    "account_id": account_id,
                    "date": first + n * DAY,
                    "current_usd": current[0],
                    **kind_and_change(current[0], None if previous is None else previous[0]),
                    "is_whole": True,
                    "state": current[1],
                }
            )
    return rows
