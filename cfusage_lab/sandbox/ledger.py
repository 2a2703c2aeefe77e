"""What the sandbox's accounts have used: hours of cost, and the windows made of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from math import fsum, isfinite
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges.moments import in_utc
from cfusage_lab.sandbox import data
from cfusage_lab.schema import Granularity
from cfusage_lab.time_units import DAY_HOURS, DAY_SECONDS, HOUR_SECONDS

__all__ = ["WIDTHS", "Ledger", "Usage", "Window", "epoch_seconds"]

Usage = Mapping[str, Mapping[datetime, float] | Mapping[int, float]]
"""Account id to start of an hour (aware, or epoch seconds) to cost in US dollars."""

Window = tuple[int, float | None]
"""Start in epoch seconds, and cost in US dollars; None without usage."""

WIDTHS: Final[dict[Granularity, int]] = {"hour": HOUR_SECONDS, "day": DAY_SECONDS}


def epoch_seconds(moment: datetime) -> int:
    """Return the whole second of an aware moment; a naive one is a :class:`ConfigError`."""
    return int(in_utc(moment, "the moment").timestamp())


@dataclass(frozen=True, slots=True)
class Ledger:
    """The truth about every hour, whatever the endpoint shows of it.

    ``supplied`` replaces the made-up cost; accounts it does not name have none. ``settling_hours`` as in
    :class:`Knobs`.
    """

    supplied: Mapping[str, Mapping[int, float]] | None
    settling_hours: float
    now: Callable[[], datetime]

    @classmethod
    def of(cls, usage: Usage | None, *, settling_hours: float, now: Callable[[], datetime]) -> "Ledger":
        """Take supplied usage, its hours numbered; what is none is a :class:`ConfigError`."""
        if usage is None:
            return cls(None, settling_hours, now)
        supplied = {
            account_id: {_hour_number(start): _dollars(cost) for start, cost in hours.items()}
            for account_id, hours in usage.items()
        }
        return cls(supplied, settling_hours, now)

    def is_unused(self, account_id: str) -> bool:
        """Whether the account never had any usage."""
        if self.supplied is None:
            return account_id == data.NEVER_USED
        return not any(self.supplied.get(account_id, {}).values())

    def hours(self, account_id: str, start: int, end: int) -> list[float]:
        """Return the cost of every hour between two instants on the grid; 0.0 is no usage.

        An hour that runs, or has not settled, has the share of its cost that has arrived by now.
        """
        first, last = start // HOUR_SECONDS, end // HOUR_SECONDS
        if self.supplied is None:
            costs = data.hourly_costs(account_id, first, last)
        else:
            known = self.supplied.get(account_id, {})
            costs = [known.get(hour, 0.0) for hour in range(first, last)]
        now_hours = self.now().timestamp() / HOUR_SECONDS
        takes = 1 + self.settling_hours
        for index in range(max(0, int(now_hours - takes) - first), len(costs)):
            share = (now_hours - (first + index)) / takes
            if share < 1:
                costs[index] = round(costs[index] * share, 6) if share > 0 else 0.0
        return costs

    def windows(self, account_id: str, start: int, end: int, granularity: Granularity) -> list[Window]:
        """Return every window between two instants on the grid, oldest first."""
        width = WIDTHS[granularity]
        costs = self.hours(account_id, start, end)
        if width == HOUR_SECONDS:
            return [(start + index * HOUR_SECONDS, cost or None) for index, cost in enumerate(costs)]
        days = [costs[index : index + DAY_HOURS] for index in range(0, len(costs), DAY_HOURS)]
        return [(start + index * width, fsum(day) if any(day) else None) for index, day in enumerate(days)]


def _dollars(cost: float) -> float:
    if not isfinite(cost):
        raise ConfigError(f"a cost of {cost!r} cannot be written as JSON; supply finite dollars")
    return float(cost)


def _hour_number(start: datetime | int) -> int:
    seconds = epoch_seconds(start) if isinstance(start, datetime) else start
    number, rest = divmod(seconds, HOUR_SECONDS)
    if rest or (isinstance(start, datetime) and start.microsecond):
        raise ConfigError(f"usage at {start!r} is not the start of a UTC hour; supply whole hours")
    return number
