"""The running day: which part of its cost is still to come, and at which of its hours a sum is passed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol

import narwhals as nw
import polars as pl

from cfusage_lab.daily import TOTAL
from cfusage_lab.errors import ConfigError
from cfusage_lab.forecasts.series import Series
from cfusage_lab.frames.local_time import localize
from cfusage_lab.ranges import zone
from cfusage_lab.time_units import DAY_HOURS

__all__ = ["EvenHours", "HourProfiles", "RunningDay", "running_day"]

_PROFILE: Final = timedelta(weeks=8)
"""How far back hours are looked at: far enough for eight of each weekday."""
_FEWEST: Final = 2
"""Fewer days of a weekday than this say too little of its hours; all days do then."""
_ANY_DAY: Final = 0


class RunningDay(Protocol):
    """Tells the rest of the running day."""

    def rest(self, account_id: str, day: date, hours: int, usual_usd: float) -> tuple[float, float]:
        """Return which part of the running day is to come, and what it will cost on top of what is known."""
        ...


@dataclass(frozen=True, slots=True)
class EvenHours:
    """Tells the rest of a day by the number of its hours: each as dear as any other."""

    def rest(self, _account_id: str, _day: date, hours: int, usual_usd: float) -> tuple[float, float]:
        """Return the part that the hours of a day of 24 leave."""
        part = max(DAY_HOURS - hours, 0) / DAY_HOURS
        return part, part * usual_usd


@dataclass(frozen=True, slots=True)
class HourProfiles:
    """Tells the rest of a day by what its hours usually cost on that weekday.

    Attributes
    ----------
    time_zone
        The IANA name of the zone.
    today, minute
        The running day, and the local clock time, in minutes, at which its first unfinished hour begins.
    running
        By account, what that hour cost so far.
    profiles
        By account and weekday, what each hour of the clock cost, by its minute; weekday 0 is any day.
    hours
        The hours of the month by account: ``account_id``, ``start_time``, ``date``, ``cost_usd``, sorted.
    """

    time_zone: str
    today: date
    minute: int
    running: Mapping[str, float]
    profiles: Mapping[tuple[str, int], Mapping[int, float]]
    hours: pl.DataFrame = field(repr=False)

    def rest(self, account_id: str, day: date, hours: int, usual_usd: float) -> tuple[float, float]:
        """Return what usually comes after the last full hour, less what the running one has cost."""
        if day != self.today:
            return EvenHours().rest(account_id, day, hours, usual_usd)
        shares = self._shares(account_id, day)
        part = sum(share for minute, share in shares.items() if minute >= self.minute)
        return part, max(part * usual_usd - self.running.get(account_id, 0.0), 0.0)

    def passed(self, account_id: str, first: date, amount: float) -> tuple[date, datetime] | None:
        """Return the local date and the start of the hour in which cost since ``first`` came to more."""
        mine = self.hours.filter(pl.col("account_id") == account_id, pl.col("date") >= first)
        above = mine.filter(mine["cost_usd"].cum_sum() > amount).head(1)
        return above.select("date", "start_time").row(0) if above.height else None

    def hour_of(self, account_id: str, day: date, part: float) -> datetime:
        """Return the start of the hour in which ``part`` of what a day has still to come will have come."""
        shares = self._shares(account_id, day)
        coming = {
            minute: share
            for minute, share in sorted(shares.items())
            if day != self.today or minute >= self.minute
        }
        left = part * sum(coming.values())
        minute = 0
        for minute, share in coming.items():  # noqa: B007 - the hour at which the loop ends is the answer
            left -= share
            if left <= 0:
                break
        local = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=zone(self.time_zone))
        return local.astimezone(UTC)

    def _shares(self, account_id: str, day: date) -> dict[int, float]:
        """Return each hour's part of a usual day."""
        for weekday in (day.isoweekday(), _ANY_DAY):
            costs = self.profiles.get((account_id, weekday), {})
            total = sum(costs.values())
            if total > 0:
                return {minute: max(cost, 0.0) / total for minute, cost in costs.items()}
        return {60 * hour: 1 / DAY_HOURS for hour in range(DAY_HOURS)}


def running_day(found: Series, history: object | None, time_zone: str | None) -> RunningDay:
    """Return what tells the rest of the running day: from hours if there are any, else from their number."""
    if history is None:
        if time_zone is not None:
            raise ConfigError("time_zone says how to read history: pass both, or neither")
        return EvenHours()
    if time_zone is None:
        raise ConfigError("history is in UTC: pass time_zone, the one of the daily table")
    local = localize(history, time_zone=time_zone)
    since = min(found.today - _PROFILE, found.today.replace(day=1))
    columns = ("account_id", "start_time", "date", "weekday", "hour", "minute", "state", "cost_usd")
    recent = local.frame.filter(nw.col("date") >= since).select(*columns)
    windows: pl.DataFrame = recent.collect("polars").to_native()
    windows = windows.with_columns(minute=pl.col("hour").cast(pl.Int64) * 60 + pl.col("minute"))
    if TOTAL in found.accounts and TOTAL not in windows["account_id"]:
        by_hour = windows.group_by("start_time", "date", "weekday", "minute", "state")
        total = by_hour.agg(pl.col("cost_usd").sum()).with_columns(account_id=pl.lit(TOTAL))
        names = ["account_id", "start_time", "date", "weekday", "minute", "state", "cost_usd"]
        windows = pl.concat([windows.select(names), total.select(names)])
    return _hour_profiles(windows, found, time_zone)


def _hour_profiles(windows: pl.DataFrame, found: Series, time_zone: str) -> HourProfiles:
    is_today = pl.col("date") == found.today
    is_over = pl.col("state") != "in_progress"
    today = windows.filter(is_today)
    finished: Any = today.filter(is_over)["minute"].max()
    running = today.filter(~is_over).group_by("account_id").agg(pl.col("cost_usd").sum())
    return HourProfiles(
        time_zone=time_zone,
        today=found.today,
        minute=0 if finished is None else finished + 60,
        running=dict(running.iter_rows()),
        profiles=_profiles(windows.filter(~is_today, is_over)),
        hours=windows.filter(pl.col("date") >= found.today.replace(day=1))
        .select("account_id", "start_time", "date", "cost_usd")
        .sort("account_id", "start_time"),
    )


def _profiles(windows: pl.DataFrame) -> dict[tuple[str, int], dict[int, float]]:
    """Add up what each hour of the clock cost, by weekday where there are enough of them, and on any day."""
    enough = pl.col("date").n_unique().over("account_id", "weekday") >= _FEWEST
    by_weekday = windows.filter(enough).group_by("account_id", "weekday", "minute")
    any_day = windows.with_columns(weekday=pl.lit(_ANY_DAY, pl.Int16)).group_by(
        "account_id", "weekday", "minute"
    )
    result: dict[tuple[str, int], dict[int, float]] = {}
    for groups in (by_weekday, any_day):
        for account_id, weekday, minute, cost in groups.agg(pl.col("cost_usd").sum()).iter_rows():
            result.setdefault((account_id, weekday), {})[minute] = cost
    return result
