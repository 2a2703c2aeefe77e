"""Daily tables made of a list of costs."""

from collections.abc import Sequence
from datetime import date, timedelta

import polars as pl

from cfusage_lab.schema import DAILY

WEEK = [10.0, 20.0, 30.0, 40.0, 50.0, 6.0, 4.0]
"""Monday to Sunday, 160 in all."""


def daily_of(
    costs: Sequence[float | None],
    *,
    last: str,
    account_id: str = "a",
    running: tuple[float, int] | None = None,
) -> pl.DataFrame:
    """Make whole days that end with ``last``, None for one that is missing, and a running day behind them.

    ``running`` is its cost and how many of its hours are in.
    """
    end = date.fromisoformat(last)
    rows = [
        (account_id, end - timedelta(days=len(costs) - 1 - n), float(cost), 24, True, "complete")
        for n, cost in enumerate(costs)
        if cost is not None
    ]
    if running:
        cost, hours = running
        rows.append((account_id, end + timedelta(days=1), float(cost), hours, False, "in_progress"))
    return pl.DataFrame(rows, schema=DAILY, orient="row")
