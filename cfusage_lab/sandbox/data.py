"""The cost of three made-up accounts, for any hour of any year.

Nothing is stored and nothing is random: an hour's cost follows from its number alone. The accounts live
by local clocks, grow for a year and then move to a cheaper model, have holidays, outages, and a runaway
loop about once a month.
"""
# ruff: noqa: PLR2004 - the numbers are the data: hours, months, shares and dollars of made-up accounts

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Final

import polars as pl

from cfusage_lab.ranges.readings import readings
from cfusage_lab.sandbox.noise import Noise
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import HOUR_SECONDS

__all__ = ["NEVER_USED", "hourly_costs"]

_SUPPORT, _RESEARCH, _BATCH, NEVER_USED = SANDBOX_ACCOUNTS

_BLOCK: Final = 4_096
"""Hours that are computed at once, and kept."""

_EVENT_DAYS: Final = 24
"""Days of a cycle that has one event; with up to five days of jitter, any 30 days in a row see one."""


@dataclass(frozen=True, slots=True)
class _Hours:
    """Consecutive hours on a local clock; ``clock`` numbers them, whatever summer time does."""

    day: pl.Series
    hour: pl.Series
    weekday: pl.Series
    month: pl.Series
    month_day: pl.Series
    clock: pl.Series

    @classmethod
    def of(cls, first: int, end: int, *, time_zone: str) -> "_Hours":
        """Read the local calendar of the hours from ``first`` to before ``end``, counted since 1970."""
        seconds = pl.int_range(first, end, dtype=pl.Int64, eager=True) * HOUR_SECONDS
        local = readings(pl.from_epoch(seconds, time_unit="s").dt.replace_time_zone("UTC"), time_zone)
        day = local.dt.date().cast(pl.Int64)
        hour, weekday, month, month_day = (
            part.cast(pl.Int64)
            for part in (local.dt.hour(), local.dt.weekday(), local.dt.month(), local.dt.day())
        )
        return cls(day, hour, weekday, month, month_day, clock=day * 24 + hour)

    @property
    def are_holidays(self) -> pl.Series:
        """Whether it is Christmas week or New Year's Day."""
        christmas = (self.month == 12) & (self.month_day >= 24)
        return christmas | ((self.month == 1) & (self.month_day == 1))

    def months_since(self, month: int) -> pl.Series:
        """Count months since the first of a month: from 0 up to 12, over and over."""
        return (self.month - month) % 12 + (self.month_day - 1) / 31

    def event(self, *, phase: int, cycle: int = _EVENT_DAYS) -> pl.Series:
        """Tell which cycle a day is in; each has one event, and ``phase`` (days) sets accounts apart."""
        return (self.day + phase) // cycle

    def since(self, noise: Noise, use: str, *, at: int, phase: int, cycle: int = _EVENT_DAYS) -> pl.Series:
        """Count hours since this cycle's event began, at the hour ``at``; negative before it."""
        event = self.event(phase=phase, cycle=cycle)
        jitter = (noise.uniform(event, use) * 6).cast(pl.Int64)
        return self.clock - ((event * cycle - phase + jitter) * 24 + at)


def _weight(weights: list[float], slots: pl.Series) -> pl.Series:
    return pl.Series(weights, dtype=pl.Float64).gather(slots)


def _share(mask: pl.Series, *, true: float, false: float = 1.0) -> pl.Series:
    """Turn a yes or no into a factor."""
    return mask.cast(pl.Float64) * (true - false) + false


def _runaway(hours: _Hours, noise: Noise, *, at: int, phase: int, most_usd: float) -> pl.Series:
    """Add a loop that nobody watches: it costs more every hour, up to a limit, until it is stopped."""
    event = hours.event(phase=phase)
    since = hours.since(noise, "runaway", at=at, phase=phase)
    lasts = 4 + noise.uniform(event, "stop") * 5
    cost = ((since.clip(0, 12) * 0.45).exp() * (most_usd / 4)).clip(upper_bound=most_usd)
    size = noise.factor(event, "size", spread=0.25) * noise.factor(hours.clock, "loop", spread=0.06)
    return cost * size * _share((since >= 0) & (since < lasts), true=1.0, false=0.0)


def _outage(hours: _Hours, noise: Noise, *, at: int, phase: int) -> pl.Series:
    """Find the hours in which nothing works."""
    since = hours.since(noise, "outage", at=at, phase=phase)
    lasts = 3 + noise.uniform(hours.event(phase=phase), "repair") * 4
    return (since >= 0) & (since < lasts)


def _support(hours: _Hours) -> pl.Series:
    """Imitate customer support: office hours, evenings, a little at night and on weekends."""
    noise = Noise("support")
    night = [0.06, 0.04, 0.03, 0.03, 0.04, 0.08, 0.2]
    office = [0.45, 0.95, 1.35, 1.5, 1.4, 1.05, 1.2, 1.35, 1.25, 1.05, 0.8]
    evening = [0.6, 0.5, 0.45, 0.35, 0.2, 0.1]
    rhythm = _weight(night + office + evening, hours.hour)
    week = _weight([1.22, 1.12, 1.06, 1.04, 0.94, 0.5, 0.42], hours.weekday - 1)
    year = hours.months_since(3)
    growth = (0.72 + year * 0.035) * _share(year >= 6.5, true=1.3)  # a launch in mid-September
    chance = noise.factor(hours.day, "day", spread=0.09) * noise.factor(hours.clock, "hour", spread=0.2)
    is_idle = (hours.hour < 6) & (noise.uniform(hours.clock, "idle") < 0.3)
    usual = rhythm * week * growth * chance * _share(hours.are_holidays, true=0.3) * 4.6
    night_loop = _runaway(hours, noise, at=23, phase=3, most_usd=24.0)
    busy = usual * _share(is_idle, true=0.0) + night_loop
    return busy * _share(_outage(hours, noise, at=10, phase=15), true=0.0)


def _research(hours: _Hours) -> pl.Series:
    """Imitate research: late starts, long evenings, bursts, and experiments that cost double."""
    noise = Noise("research")
    night = [0.3, 0.15, 0.06, 0.04, 0.03, 0.03, 0.04, 0.1]
    work = [0.35, 0.8, 1.3, 1.45, 1.1, 1.2, 1.5, 1.6, 1.5, 1.15]
    evening = [0.75, 0.55, 0.6, 0.75, 0.65, 0.45]
    rhythm = _weight(night + work + evening, hours.hour)
    week = _weight([1.0, 1.15, 1.2, 1.15, 0.9, 0.3, 0.35], hours.weekday - 1)
    growth = 0.75 + hours.months_since(7) * 0.05
    experiment = _share(noise.uniform(hours.day, "experiment") < 0.12, true=2.0)
    chance = noise.factor(hours.day, "day", spread=0.3) * noise.factor(hours.clock, "hour", spread=0.5)
    is_idle = (hours.hour < 9) & (noise.uniform(hours.clock, "idle") < 0.55)
    usual = rhythm * week * growth * experiment * chance * _share(hours.are_holidays, true=0.12) * 1.75
    night_loop = _runaway(hours, noise, at=21, phase=11, most_usd=29.0)
    return usual * _share(is_idle, true=0.0) + night_loop


def _batch(hours: _Hours) -> pl.Series:
    """Imitate night jobs: every night, longer on Sundays, some reruns, a rare correction."""
    noise = Noise("batch")
    job = _weight([0.0, 1.0, 1.3, 1.15, 0.45] + [0.0] * 19, hours.hour)
    long_job = _share((hours.weekday == 7) & hours.hour.is_between(4, 8), true=0.6, false=0.0)
    report = _share((hours.month_day == 1) & hours.hour.is_between(6, 7), true=1.1, false=0.0)
    growth = 0.8 + hours.months_since(1) * 0.04
    load = noise.factor(hours.day, "day", spread=0.22) * noise.factor(hours.clock, "hour", spread=0.07)
    is_skipped = noise.uniform(hours.day, "skip") < 0.04
    nightly = (job + long_job + report) * growth * load * _share(is_skipped, true=0.0) * 3.1
    is_rerun = (hours.weekday < 6) & hours.hour.is_between(8, 16)
    is_rerun &= noise.uniform(hours.clock, "rerun") < 0.02
    rerun = noise.factor(hours.clock, "size", spread=0.4) * _share(is_rerun, true=1.2, false=0.0)
    is_correction = hours.since(noise, "correction", at=17, phase=20, cycle=45) == 0
    correction = (0.4 + noise.uniform(hours.day, "refund") * 2) * _share(is_correction, true=1.0, false=0.0)
    return nightly + rerun - correction


_PROFILES: Final[dict[str, tuple[str, Callable[[_Hours], pl.Series]]]] = {
    _SUPPORT: ("Europe/Berlin", _support),
    _RESEARCH: ("America/New_York", _research),
    _BATCH: ("UTC", _batch),
}


@lru_cache(maxsize=48)
def _block(account_id: str, number: int) -> list[float]:
    """Compute the cost of ``_BLOCK`` hours, in dollars to the millionth."""
    time_zone, profile = _PROFILES[account_id]
    hours = _Hours.of(number * _BLOCK, (number + 1) * _BLOCK, time_zone=time_zone)
    return profile(hours).round(6).to_list()


@lru_cache(maxsize=16_384)
def _likeness(account_id: str) -> tuple[str, float]:
    """Give an account beyond the published ones the profile of one of them, and a size."""
    kind, size = divmod(int.from_bytes(blake2b(account_id.encode(), digest_size=5).digest(), "big"), 2**32)
    return (_SUPPORT, _RESEARCH, _BATCH)[kind % 3], 0.1 + 4 * size / 2**32


def hourly_costs(account_id: str, first: int, end: int) -> list[float]:
    """Return the cost in dollars of every hour from ``first`` to before ``end``, counted since 1970."""
    if account_id == NEVER_USED:
        return [0.0] * (end - first)
    profile, size = (account_id, 1.0) if account_id in _PROFILES else _likeness(account_id)
    costs: list[float] = []
    while first < end:
        number, offset = divmod(first, _BLOCK)
        part = _block(profile, number)[offset : offset + end - first]
        costs += part
        first += len(part)
    return costs if size == 1.0 else [round(cost * size, 6) for cost in costs]
