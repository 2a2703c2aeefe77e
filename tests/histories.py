"""Small tables to count on, and random ones."""

import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from cfusage_lab.schema import DAILY, HISTORY

HOUR = timedelta(hours=1)


def hours(
    start: datetime | str,
    values: Sequence[float],
    *,
    account_id: str = "a",
    states: Sequence[str] | str = "complete",
    width: timedelta = HOUR,
) -> pl.DataFrame:
    """Make a history of one account: a window for each value, one after the other."""
    first = datetime.fromisoformat(start).replace(tzinfo=UTC) if isinstance(start, str) else start
    starts = [first + n * width for n in range(len(values))]
    return pl.DataFrame(
        {
            "account_id": [account_id] * len(starts),
            "start_time": starts,
            "end_time": [moment + width for moment in starts],
            "aggregated_value": [float(value) for value in values],
            "id": [None] * len(starts),
            "is_reported": [True] * len(starts),
            "state": [states] * len(starts) if isinstance(states, str) else list(states),
        },
        schema=HISTORY,
    )


def local_days(first: str, last: str, zone: str, *, each: float = 1.0, account_id: str = "a") -> pl.DataFrame:
    """Make the hours of whole local days, the last included, each at the same cost."""
    start, end = (
        datetime.combine(date.fromisoformat(day), datetime.min.time(), ZoneInfo(zone)).astimezone(UTC)
        for day in (first, str(date.fromisoformat(last) + timedelta(days=1)))
    )
    start, end = (-((-moment.timestamp()) // 3600) * 3600 for moment in (start, end))
    first_hour = datetime.fromtimestamp(start, UTC)
    return hours(first_hour, [each] * round((end - start) / 3600), account_id=account_id)


def days(
    costs: dict[str, float],
    *,
    account_id: str = "a",
    partial: Sequence[str] = (),
    running: Sequence[str] = (),
) -> pl.DataFrame:
    """Make a daily table from costs by date."""
    return pl.DataFrame(
        {
            "account_id": [account_id] * len(costs),
            "date": [date.fromisoformat(day) for day in costs],
            "cost_usd": [float(cost) for cost in costs.values()],
            "hours": [1 if day in partial else 24 for day in costs],
            "is_whole": [day not in partial for day in costs],
            "state": ["in_progress" if day in running else "complete" for day in costs],
        },
        schema=DAILY,
    )


def random_history(seed: int, *, start: datetime, n_hours: int, accounts: Sequence[str]) -> pl.DataFrame:
    """Make a history with gaps, zeros, whole silent days, corrections and an unfinished end, shuffled."""
    chance = random.Random(seed)  # noqa: S311 - the same numbers each time
    parts = []
    for account_id in accounts:
        silent = {chance.randrange(max(1, n_hours // 24)) for _ in range(4)}
        values = [
            0.0 if n // 24 in silent else chance.choice([0.0, 0.25, -0.5, chance.lognormvariate(0, 1)])
            for n in range(n_hours)
        ]
        states = ["complete"] * n_hours
        states[-49:] = ["provisional"] * len(states[-49:])
        states[-1] = "in_progress"
        part = hours(start, values, account_id=account_id, states=states)
        missing = set(chance.sample(range(n_hours), k=n_hours // 200))
        parts.append(part.filter([n not in missing for n in range(n_hours)]))
    return pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=seed)
