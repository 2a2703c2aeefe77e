"""How much of what was planted in made-up accounts is found, how much else is, and how long it takes.

Run ``python tests/benchmarks/anomalies.py``. Accounts of each kind are judged at the default sensitivity, as
they are and with planted events: bursts of 3 to 8 times what would have been, and outages, of 2 to 6 hours
each, at any hour that is worth a third of the mean one (an outage: a half). An event is found if one of its
hours is in an event of that direction; what meets nothing that was planted is a false alarm.

Not every planted event can be told from chance, by whatever rule: a burst of 3 over hours that chance
doubles, an outage of hours that are idle anyway. The generator knows. An event is large enough to tell if its
own noise would bring such a sum in those hours less often than 0.2 times a month, were each hour of the month
the first of such a span, and if it changed more dollars than the worst hour of a usual day does by chance.
Recall is of these, and, beside it, of all.

The sandbox's accounts bring their own events, and do more on purpose that is no alarm and no false alarm
either: see ``sandbox_events``. ``--accounts`` says how many made-up accounts there are of each kind,
``--large`` measures 1,000 accounts.
"""

import argparse
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

import cfusage_lab as cfu
from cfusage_lab.sandbox import data as sandbox
from cfusage_lab.schema import HISTORY

START = datetime(2026, 6, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAYS = 120
JUDGED = 7 * 24
PAST = 35 * 24
"""Hours before the first planted event."""
MONTH = 30 * 24
OFFICE = np.array(
    [
        *(0.06, 0.04, 0.03, 0.03, 0.04, 0.08, 0.2, 0.45, 0.95, 1.35, 1.5, 1.4),
        *(1.05, 1.2, 1.35, 1.25, 1.05, 0.8, 0.6, 0.5, 0.45, 0.35, 0.2, 0.1),
    ]
)
Events = list[tuple[int, int, str]]
"""First hour, the hour after the last, and the direction: ``up`` or ``down``."""
DRAWINGS = 20_000
ACCEPTED = 0.2
"""False alarms a month that the detector accepts: whoever knows the generator does no better at that rate."""


@dataclass(frozen=True, slots=True)
class Chance:
    """What a generator draws an account's hours from."""

    usual: np.ndarray
    idle: np.ndarray
    of_hours: float
    of_days: float

    def drawn(self, span: slice, chance: np.random.Generator) -> np.ndarray:
        """Draw the sum of some hours again and again."""
        usual, idle = self.usual[span], self.idle[span]
        shape = (DRAWINGS, len(usual))
        hours = usual * np.exp(chance.normal(0, self.of_hours, shape)) * (chance.random(shape) >= idle)
        return hours.sum(axis=1) * np.exp(chance.normal(0, self.of_days, DRAWINGS))

    def worst_miss(self, values: np.ndarray) -> float:
        """Return what the worst hour of a middling day is off by, where nothing happens."""
        expected = self.usual * (1 - self.idle)
        return float(np.median(np.abs(values - expected).reshape(-1, 24).max(axis=1)))


@dataclass(frozen=True, slots=True)
class Case:
    """One account's hours: what is to be found, what may be, when cost begins, and what cannot be told."""

    values: np.ndarray
    events: Events
    begins: int = 0
    chance: Chance | None = None
    allowed: Events = field(default_factory=list)
    faint: Events = field(default_factory=list)


# ------------------------------------------------------------------------------------------- the accounts


def account(kind: str, chance: np.random.Generator) -> Case:
    """Make up an account: a rhythm of the day and the week, a level that wanders, noise of hours and days."""
    hours = np.arange(DAYS * 24)
    day = hours // 24
    floor, shift = chance.uniform(0.1, 0.6), chance.integers(0, 24)
    rhythm = floor + (1 - floor) * np.roll(OFFICE, shift)[hours % 24]
    week = np.where(day % 7 >= 5, chance.uniform(0.3, 1), 1.0)
    level = np.exp(np.cumsum(chance.normal(0, 0.01, DAYS)))[day]
    of_hours, of_days, idle = chance.uniform(0.1, 0.25), chance.uniform(0.03, 0.12), np.full(len(hours), 0.02)
    if kind == "bursty":
        of_hours, of_days = chance.uniform(0.3, 0.5), chance.uniform(0.15, 0.3)
    if kind == "growing":
        level = level * np.exp(chance.uniform(0.005, 0.02) * day)
    if kind == "idle":
        is_night = np.roll(OFFICE, shift)[hours % 24] < 0.3
        idle = np.where(is_night | (day % 7 >= 5), chance.uniform(0.5, 0.95), chance.uniform(0.02, 0.15))
    usual = 10 ** chance.uniform(-1.5, 2) * rhythm * week * level
    values = (
        usual * np.exp(chance.normal(0, of_hours, len(hours))) * np.exp(chance.normal(0, of_days, DAYS))[day]
    )
    values *= chance.random(len(hours)) >= idle
    drawn = Chance(usual, idle, of_hours, of_days)
    if kind != "new":
        return Case(values, [], chance=drawn)
    begins = 45 * 24 + int(chance.integers(0, 24))
    values[:begins] = 0.0
    return Case(values, [(begins, begins + 24, "up")], begins, drawn)


def planted(case: Case, chance: np.random.Generator, *, count: int = 4) -> Case:
    """Plant bursts and, as every third event, outages, a day apart from each other."""
    values, events = case.values.copy(), list(case.events)
    while len(events) < count + len(case.events):
        start, length = int(chance.integers(case.begins + PAST, len(values) - 12)), int(chance.integers(2, 7))
        end, is_outage = start + length, len(events) % 3 == 2
        mean = case.values[start - MONTH : start].mean()
        usual = np.median([case.values[start - n * 168 : end - n * 168].sum() for n in (1, 2, 3)])
        worth = min(usual, case.values[start:end].sum())
        if worth < (0.5 if is_outage else 0.33) * mean * length:
            continue
        if any(start < last + 24 and end + 24 > first for first, last, _ in events):
            continue
        values[start:end] *= 0.0 if is_outage else chance.uniform(3, 8)
        events.append((start, end, "down" if is_outage else "up"))
    faint = [event for event in events if event not in case.events and not _is_telling(event, values, case)]
    return replace(case, values=values, events=events, faint=faint)


def _is_telling(event: tuple[int, int, str], values: np.ndarray, case: Case) -> bool:
    """Say whether somebody who knows the generator, and not what was drawn, would tell it from chance."""
    first, last, direction = event
    source, span = case.chance, slice(first, last)
    assert source is not None
    came, would_have = values[span].sum(), case.values[span].sum()
    drawn = source.drawn(span, np.random.default_rng([first, last]))
    is_such = drawn >= came if direction == "up" else drawn <= came
    is_rare = is_such.mean() * MONTH < ACCEPTED
    return bool(is_rare and abs(came - would_have) > source.worst_miss(case.values))


def sandbox_cases(days: int) -> dict[str, tuple[str, Case]]:
    """Return the sandbox's accounts with their zones, and what happens in them on purpose."""
    first = int(START.timestamp()) // 3600 - 365 * 24
    cases = {}
    for account_id, (zone, _) in sandbox._PROFILES.items():
        hours = sandbox._Hours.of(first, first + days * 24, time_zone=zone)
        values = np.array(sandbox.hourly_costs(account_id, first, first + days * 24))
        events, allowed = sandbox_events(account_id, hours)
        cases[account_id[-1]] = (zone, Case(values, events, allowed=allowed))
    return cases


def sandbox_events(account_id: str, hours: sandbox._Hours) -> tuple[Events, Events]:
    """Return what is to be found: runaways, outages, skipped nights, corrections, Christmas week.

    And what may be found, and is no false alarm if it is: what lies inside the account's own noise, comes
    nearly every week, or is a new level. These are the days of double cost, reruns, the report of the first
    of a month, and the first two days after the launch in September, after Christmas week, and of the
    cheaper model.
    """
    after = _begins(~hours.are_holidays, hours, days=2)
    if account_id == sandbox._SUPPORT:
        noise = sandbox.Noise("support")
        loop = sandbox._runaway(hours, noise, at=23, phase=3, most_usd=24.0) > 0
        outage = sandbox._outage(hours, noise, at=10, phase=15)
        events = _runs(loop & ~outage, "up") + _runs(outage, "down") + _runs(hours.are_holidays, "down")
        launch = _begins(hours.months_since(3) >= 6.5, hours, days=2)
        cheaper = (hours.month == 3) & (hours.month_day <= 2)
        return events, _runs(launch, "up") + _runs(after, "up") + _runs(cheaper, "down")
    if account_id == sandbox._RESEARCH:
        noise = sandbox.Noise("research")
        loop = sandbox._runaway(hours, noise, at=21, phase=11, most_usd=29.0) > 0
        experiment = noise.uniform(hours.day, "experiment") < 0.12
        cheaper = (hours.month == 7) & (hours.month_day <= 2)
        events = _runs(loop, "up") + _runs(hours.are_holidays, "down")
        return events, _runs(experiment, "up") + _runs(after, "up") + _runs(cheaper, "down")
    noise = sandbox.Noise("batch")
    is_night = hours.hour.is_between(1, 4) | ((hours.weekday == 7) & hours.hour.is_between(4, 8))
    skipped = (noise.uniform(hours.day, "skip") < 0.04) & is_night
    corrected = hours.since(noise, "correction", at=17, phase=20, cycle=45) == 0
    rerun = (hours.weekday < 6) & hours.hour.is_between(8, 16) & (noise.uniform(hours.clock, "rerun") < 0.02)
    report = (hours.month_day == 1) & hours.hour.is_between(6, 7)
    cheaper = (hours.month == 1) & (hours.month_day <= 2)
    allowed = _runs(rerun | report, "up") + _runs(cheaper, "down")
    return _runs(skipped, "down") + _runs(corrected, "down"), allowed


def _begins(mask: pl.Series, hours: sandbox._Hours, *, days: int) -> pl.Series:
    """Find the first days of a state, by the local calendar."""
    is_first = mask & ~mask.shift(1, fill_value=True)
    began = pl.Series(np.where(is_first, hours.clock, -1)).cum_max()
    return mask & (began >= 0) & (hours.clock - began < days * 24)


def _runs(mask: pl.Series, direction: str) -> Events:
    at = np.flatnonzero(mask.to_numpy())
    if not len(at):
        return []
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
    return [(int(run[0]), int(run[-1]) + 1, direction) for run in runs]


# -------------------------------------------------------------------------------------------- the figures


def history(cases: dict[str, Case], start: datetime) -> pl.DataFrame:
    """Return the accounts as a usage history."""
    length = len(next(iter(cases.values())).values)
    starts = pl.datetime_range(
        start, start + length * HOUR, "1h", closed="left", time_unit="us", time_zone="UTC", eager=True
    )
    windows = pl.DataFrame({"start_time": starts, "end_time": starts.dt.offset_by("1h")})
    parts = [
        windows.with_columns(account_id=pl.lit(name), aggregated_value=pl.Series(case.values))
        for name, case in cases.items()
    ]
    rows = pl.concat(parts).with_columns(
        id=pl.lit(None, dtype=pl.String), is_reported=pl.lit(value=True), state=pl.lit("complete")
    )
    return rows.select(HISTORY.names())


def counted(cases: dict[str, Case], *, zone: str = "UTC", start: datetime = START) -> Counter[str]:
    """Count what was to be found, what of it was, what else was, and the months that were judged."""
    events = cfu.anomalies(history(cases, start), time_zone=zone)
    found: dict[str, Events] = {name: [] for name in cases}
    for row in events.iter_rows(named=True):
        first, last = ((row[name] - start) // HOUR for name in ("start_time", "end_time"))
        found[row["account_id"]].append((first, last, row["direction"]))
    total: Counter[str] = Counter()
    for name, case in cases.items():
        due = [event for event in case.events if event[0] >= JUDGED or case.begins]
        for event in due:
            is_hit = any(_meet(event, one) and event[2] == one[2] for one in found[name])
            total.update({"planted": 1, "hits": is_hit})
            if event not in case.faint:
                total.update({"telling": 1, "told": is_hit, event[2]: 1, f"{event[2]} told": is_hit})
        known = [(event, False) for event in case.events] + [(event, True) for event in case.allowed]
        false = [
            one
            for one in found[name]
            if not any(
                _meet(event, one, slack=6) and not (is_allowed and event[2] != one[2])
                for event, is_allowed in known
            )
        ]
        total.update({"false": len(false), "months": (len(case.values) - JUDGED) / MONTH})
    return total


def _meet(event: tuple[int, int, str], other: tuple[int, int, str], *, slack: int = 0) -> bool:
    return event[0] - slack < other[1] and other[0] < event[1] + slack


def line(name: str, clean: Counter[str] | None, dirty: Counter[str]) -> str:
    """Write a line of the table."""

    def part(of: str, all_: str) -> str:
        return f"{dirty[of] / dirty[all_]:.2f}" if dirty[all_] else ""

    clean_rate = "" if clean is None else f"{clean['false'] / clean['months']:.2f}"
    precision = dirty["hits"] / (dirty["hits"] + dirty["false"])
    return (
        f"{name:22} {dirty['planted']:7} {dirty['telling']:8} {part('told', 'telling'):>7} "
        f"{part('up told', 'up'):>7} {part('down told', 'down'):>8} {part('hits', 'planted'):>7} "
        f"{precision:10.2f} {dirty['false'] / dirty['months']:14.2f} {clean_rate:>15}"
    )


def quality(accounts: int, seed: int) -> None:
    """Print what is found, by kind of account."""
    print(
        f"{'kind':22} planted  telling  recall  bursts  outages  of all  precision  false a month  "
        "without events"
    )
    total: Counter[str] = Counter()
    for kind in ("smooth", "bursty", "growing", "idle", "new"):
        chance = np.random.default_rng([seed, *kind.encode()])
        cases = {f"{kind}{n:03}": account(kind, chance) for n in range(accounts)}
        clean = counted(cases)
        dirty = counted({name: planted(case, chance) for name, case in cases.items()})
        total.update(dirty)
        print(line(kind, clean, dirty))
    print(line("made-up, all kinds", None, total))
    for name, (zone, case) in sandbox_cases(730).items():
        start = START - timedelta(days=365)
        print(line(f"sandbox {name}, {zone}"[:22], None, counted({name: case}, zone=zone, start=start)))


def cost(large: bool) -> None:  # noqa: FBT001 - the command line's yes or no
    """Print how long it takes, and how that grows."""
    chance = np.random.default_rng(7)
    year = np.array([1 + 0.8 * np.sin(n / 24 * 2 * np.pi) for n in range(8_760)])

    def some(accounts: int, hours: int) -> pl.DataFrame:
        noisy = {
            f"{n:032}": Case(year[:hours] * chance.lognormal(0, 0.2, hours), []) for n in range(accounts)
        }
        return history(noisy, datetime(2025, 1, 1, tzinfo=UTC))

    def timed(job: Callable[[], object]) -> tuple[float, float]:
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        return time.perf_counter() - wall, time.process_time() - cpu

    cfu.anomalies(some(1, 500), time_zone="UTC")
    sizes = [(1, 28 * 24), (1, 8_760), (10, 8_760), (100, 8_760), *([(1_000, 8_760)] if large else [])]
    for accounts, hours in sizes:
        rows = some(accounts, hours)
        wall, cpu = timed(lambda rows=rows: cfu.anomalies(rows, time_zone="Europe/Berlin"))
        print(
            f"{accounts:5,} accounts, {hours // 24:3} days: {wall:6.2f} s, CPU {cpu:6.2f} s, "
            f"{cpu / rows.height * 1e6:5.2f} s a million windows"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--accounts", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--large", action="store_true")
    asked = parser.parse_args()
    quality(asked.accounts, asked.seed)
    print()
    cost(asked.large)


if __name__ == "__main__":
    main()
