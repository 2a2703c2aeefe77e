"""How much of what was planted in made-up accounts is found, how much else is, and how long it takes.

Run ``python tests/benchmarks/anomalies.py``. Accounts of each kind are judged at the default sensitivity, as
they are and with planted events: bursts of 3 to 8 times what would have been, and outages, of 2 to 6 hours
each, at any hour that is worth a third of the mean one (an outage: a half). An event is found if one of its
hours is in an event of that direction; whatever else is found is a false alarm. The sandbox's accounts bring
their own events. ``--accounts`` says how many there are of each kind, ``--large`` measures 1,000 accounts.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
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
"""First hour, the hour after the last, and the direction."""


@dataclass(frozen=True, slots=True)
class Case:
    """One account's hours, what is to be found in them, and when its cost begins."""

    values: np.ndarray
    events: Events
    begins: int = 0


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
    values = 10 ** chance.uniform(-1.5, 2) * rhythm * week * level
    values *= np.exp(chance.normal(0, of_hours, len(hours))) * np.exp(chance.normal(0, of_days, DAYS))[day]
    values *= chance.random(len(hours)) >= idle
    if kind != "new":
        return Case(values, [])
    begins = 45 * 24 + int(chance.integers(0, 24))
    values[:begins] = 0.0
    return Case(values, [(begins, begins + 24, "up")], begins)


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
    return Case(values, events, case.begins)


def sandbox_cases(days: int) -> dict[str, tuple[str, Case]]:
    """Return the sandbox's accounts with their zones: runaway loops, outages, skipped nights, corrections."""
    first = int(START.timestamp()) // 3600 - 365 * 24
    cases = {}
    for account_id, (zone, _) in sandbox._PROFILES.items():
        hours = sandbox._Hours.of(first, first + days * 24, time_zone=zone)
        values = np.array(sandbox.hourly_costs(account_id, first, first + days * 24))
        cases[account_id[-1]] = (zone, Case(values, _sandbox_events(account_id, hours)))
    return cases


def _sandbox_events(account_id: str, hours: sandbox._Hours) -> Events:
    if account_id == sandbox._SUPPORT:
        noise = sandbox.Noise("support")
        loop = sandbox._runaway(hours, noise, at=23, phase=3, most_usd=24.0) > 0
        return _runs(loop, "up") + _runs(sandbox._outage(hours, noise, at=10, phase=15), "down")
    if account_id == sandbox._RESEARCH:
        noise = sandbox.Noise("research")
        return _runs(sandbox._runaway(hours, noise, at=21, phase=11, most_usd=29.0) > 0, "up")
    noise = sandbox.Noise("batch")
    is_night = hours.hour.is_between(1, 4) | ((hours.weekday == 7) & hours.hour.is_between(4, 8))
    skipped = (noise.uniform(hours.day, "skip") < 0.04) & is_night
    corrected = hours.since(noise, "correction", at=17, phase=20, cycle=45) == 0
    rerun = (hours.weekday < 6) & hours.hour.is_between(8, 16) & (noise.uniform(hours.clock, "rerun") < 0.02)
    report = (hours.month_day == 1) & hours.hour.is_between(6, 7)
    return _runs(skipped, "down") + _runs(corrected, "down") + _runs(rerun | report, "rare")


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


def counted(cases: dict[str, Case], *, zone: str = "UTC", start: datetime = START) -> np.ndarray:
    """Count what was to be found, what of it was, what else was, and the months that were judged."""
    events = cfu.anomalies(history(cases, start), time_zone=zone)
    found: dict[str, Events] = {name: [] for name in cases}
    for row in events.iter_rows(named=True):
        first, last = ((row[name] - start) // HOUR for name in ("start_time", "end_time"))
        found[row["account_id"]].append((first, last, row["direction"]))
    total = np.zeros(4)
    for name, case in cases.items():
        due = [
            event
            for event in case.events
            if event[0] >= case.begins * (case.begins > 0) + JUDGED or case.begins
        ]
        due = [event for event in due if event[2] != "rare"]
        hits = [any(_meet(event, one) and event[2] == one[2] for one in found[name]) for event in due]
        false = [one for one in found[name] if not any(_meet(event, one, slack=6) for event in case.events)]
        total += [len(due), sum(hits), len(false), (len(case.values) - JUDGED) / MONTH]
    return total


def _meet(event: tuple[int, int, str], other: tuple[int, int, str], *, slack: int = 0) -> bool:
    return event[0] - slack < other[1] and other[0] < event[1] + slack


def line(name: str, clean: np.ndarray | None, dirty: np.ndarray) -> str:
    """Write a line of the table."""
    due, hits, false, _ = dirty
    clean_rate = "" if clean is None else f"{clean[2] / clean[3]:.2f}"
    return (
        f"{name:22} {due:7.0f} {hits / due:8.2f} {hits / (hits + false):10.2f} "
        f"{dirty[2] / dirty[3]:14.2f} {clean_rate:>14}"
    )


def quality(accounts: int, seed: int) -> None:
    """Print what is found, by kind of account."""
    print(f"{'kind':22} planted   recall  precision   false a month  without events")
    total = np.zeros(4)
    for kind in ("smooth", "bursty", "growing", "idle", "new"):
        chance = np.random.default_rng([seed, *kind.encode()])
        cases = {f"{kind}{n:03}": account(kind, chance) for n in range(accounts)}
        clean = counted(cases)
        dirty = counted({name: planted(case, chance) for name, case in cases.items()})
        total += dirty
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
