"""The judgement of one account again, slowly: lists, loops and sorting, hour by hour."""

import math
from datetime import UTC, datetime, timedelta
from statistics import mean, median
from zoneinfo import ZoneInfo

import polars as pl

DAY = 24


def quantile(values: list[float], at: float) -> float:
    """Interpolate linearly between two values."""
    ordered = sorted(values)
    place = at * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def error(value: float, expected: float, quiet: float) -> float:
    """Say by how much a value is off."""
    part = (value - expected) / (abs(expected) + quiet)
    if part >= 0:
        return part
    if abs(expected) <= quiet:
        return part
    return -max(-part, min(-math.log(max(1 + part, 0.01)), 3.0))


class Account:
    """An account's hours, in order, without gaps and without two weeks of nothing."""

    def __init__(self, start: datetime, values: list[float], zone: str) -> None:
        local = [(start + n * timedelta(hours=1)).astimezone(ZoneInfo(zone)) for n in range(len(values))]
        self.values = values
        self.hour = [moment.hour for moment in local]
        self.weekday = [moment.weekday() for moment in local]
        self.is_weekend = [day >= 5 for day in self.weekday]
        naive = [moment.replace(tzinfo=None) for moment in local]
        self.noon_day = [(moment - timedelta(hours=12)).date() for moment in naive]
        self.rows: list[dict] = []
        for n in range(len(values)):
            self.rows.append(self.judge(n))

    def before(self, n: int, *, most: int, least: int, same: str = "", of: str = "") -> list[float] | None:
        """Return the last values before ``n`` at the same slot, the newest last; None if too few."""
        same_slot = {
            "": lambda k: True,  # noqa: ARG005 - any hour
            "slot": lambda k: self.hour[k] == self.hour[n],
            "kind": lambda k: self.hour[k] == self.hour[n] and self.is_weekend[k] == self.is_weekend[n],
            "week": lambda k: self.hour[k] == self.hour[n] and self.weekday[k] == self.weekday[n],
            "days": lambda k: self.is_weekend[k] == self.is_weekend[n],
        }[same]
        places = [k for k in range(n) if same_slot(k)][-most:]
        found = [self.values[k] if not of else self.rows[k].get(of) for k in places]
        known = [value for value in found if value is not None]
        return known if len(known) >= least else None

    def level(self, n: int, quiet: float | None) -> float | None:
        """Return the middle of the last seven days' means."""
        days: dict = {}
        for k in range(n):
            if self.noon_day[k] < self.noon_day[n]:
                days.setdefault(self.noon_day[k], []).append(abs(self.values[k]))
        means = [mean(values) for values in days.values()][-7:]
        if quiet is None:
            return None
        return median(means) if means else quiet

    def judge(self, n: int) -> dict:
        """Judge one hour by those before it."""
        sizes = self.before(n, most=28 * DAY, least=DAY)
        mean_size = mean(map(abs, sizes)) if sizes else None
        quiet = 0.2 * mean_size + 2 * (mean_size - abs(mean(sizes))) if sizes and mean_size else None
        level, value = self.level(n, quiet), self.values[n]
        row: dict = {"level": level, "quiet": quiet, "part": value / max(level, quiet) if quiet else None}

        def middle(most: int, least: int, same: str = "", of: str = "") -> float | None:
            found = self.before(n, most=most, least=least, same=same, of=of)
            return None if found is None else median(found)

        profile = middle(24, 2, "kind", "part")
        row["implied"] = None
        if level is not None and profile is not None and level * profile > quiet:
            row["implied"] = value / profile
        implied, same_week = middle(48, 12, of="implied"), middle(6, 3, "week", "part")
        options = {
            "same_kind": middle(24, 2, "kind"),
            "leveled": None if profile is None or level is None else level * profile,
            "shifted": None
            if profile is None or not level
            else profile * (level if implied is None else implied),
            "any_day": middle(14, 3, "slot"),
            "same_weekday": None if same_week is None or level is None else level * same_week,
            "last_day": middle(24, 12),
        }
        misses = {}
        for name, option in options.items():
            row[f"{name}_off"] = None
            if option is not None and quiet:
                row[f"{name}_off"] = min(abs(error(value, option, quiet)), 4.0)
            found = self.before(n, most=672, least=48, same="days", of=f"{name}_off")
            if found and option is not None:
                misses[name] = mean(found)
        known = {name: options[name] for name, miss in misses.items() if miss <= 1.5 * min(misses.values())}
        row |= {"expected": None, "low": None, "high": None, "distance": None, "miss": None}
        row |= {"busy_miss": None, "quiet_miss": None}
        best = [options[name] for name, miss in misses.items() if miss == min(misses.values())]
        if not best or not known or not quiet:
            return row
        row["expected"], row["low"], row["high"] = best[0], min(known.values()), max(known.values())
        row["miss"] = min(abs(error(value, best[0], quiet)), 4.0)
        same = self.before(n, most=24, least=1, same="kind", of="miss")
        like = "quiet_miss" if abs(best[0]) <= quiet else "busy_miss"
        row[like] = row["miss"]
        every = self.before(n, most=672, least=48, of=like) or self.before(n, most=672, least=48, of="miss")
        if every:
            shared = math.sqrt(math.pi / 2) * mean(every)
            own = math.sqrt(math.pi / 2) * mean(same) if same else shared
            scale = max(math.sqrt(0.3 * own**2 + 0.7 * shared**2), 0.005)
            row["distance"] = error(value, min(max(value, row["low"]), row["high"]), quiet) / scale
        return row

    def scores(self) -> list[float | None]:
        """Return the score of each hour, by single hours and by three in a row."""
        reached: dict = {}
        found = []
        chances, again = self._stop_chances()
        run = 0.0
        for n, row in enumerate(self.rows):
            is_nothing = self._is_nothing(row, self.values[n])
            run = run - math.log10(again[n] if run else chances[n]) if is_nothing else 0.0
            if row["distance"] is None or n < 2 * DAY:
                found.append(None)
            elif is_nothing:
                found.append(run - math.log10(30 * DAY))
            else:
                found.append(self._score(n, reached))
            self._reach(n, reached)
        return [None if score is None else min(score, 9.0) for score in found]

    def _is_nothing(self, row: dict, value: float) -> bool:
        return row["low"] is not None and row["low"] > row["quiet"] and abs(value) <= 0.03 * row["low"]

    def _measures(self, n: int) -> dict[str, float]:
        def distance(k: int) -> float | None:
            return None if self._is_nothing(self.rows[k], self.values[k]) else self.rows[k]["distance"]

        three = [distance(k) for k in range(n - 2, n + 1)] if n >= 2 else [None]
        found = {}
        if (one := distance(n)) is not None:
            found |= {"up_1": max(one, 0.0), "down_1": max(-one, 0.0)}
        if None not in three:
            average = mean(max(min(one, 30.0), -30.0) for one in three)
            found |= {"up_3": max(average, 0.0), "down_3": max(-average, 0.0)}
        return found

    def _class(self, n: int) -> tuple:
        row = self.rows[n]
        is_quiet = None if row["expected"] is None else abs(row["expected"]) <= row["quiet"]
        return self.is_weekend[n], is_quiet

    def _reach(self, n: int, reached: dict) -> None:
        days = reached.setdefault(self._class(n), {}).setdefault(self.noon_day[n], {})
        for name, value in self._measures(n).items():
            days[name] = max(days.get(name, 0.0), value)

    def _score(self, n: int, reached: dict) -> float | None:
        days = reached.get(self._class(n), {})
        before = [day for day in sorted(days) if day < self.noon_day[n]]
        distance = self.rows[n]["distance"]
        side, shape = ("up", 0.8) if distance >= 0 else ("down", 1.5)
        scores = []
        for name, value in self._measures(n).items():
            if not name.startswith(side) or (name.endswith("3") and abs(distance) <= 1.5):
                continue
            past = [days[day][name] ** shape for day in before[-91:] if name in days[day]]
            high = max(quantile(past, 0.9), 1.2**shape) if past else 1.2**shape
            middle = min(median(past) if past else 0.0, 2.5**shape)
            slope = (high - middle) / math.log(math.log(2) / -math.log(0.9))
            slope = max(slope, 0.4 * max(shape, 1.0) + 3.0 / (len(before) + 0.5))
            scores.append(((value**shape - high) / slope - math.log(30 * -math.log(0.9))) / math.log(10))
        return max(scores) - math.log10(2) if scores else None

    def _stop_chances(self) -> tuple[list[float], list[float]]:
        """Return how often such an hour has had nothing before, and how often after one that had."""
        nothing: list[float | None] = []
        follows: list[float | None] = []
        first, again = [], []
        for n, row in enumerate(self.rows):
            recent, after = ([one for one in past[-672:] if one is not None] for past in (nothing, follows))
            of_all = (sum(recent) + 0.5) / (len(recent) + 1)
            same = [
                nothing[k]
                for k in range(n)
                if self.hour[k] == self.hour[n] and self.is_weekend[k] == self.is_weekend[n]
            ][-24:]
            same = [one for one in same if one is not None]
            of_same = (sum(same) + 24 * of_all) / (len(same) + 24)
            first.append(min(max(of_same, 1e-6), 0.999))
            again.append(max(first[-1], (sum(after) + 2.0) / (len(after) + 40.0)))
            is_busy = row["expected"] is not None and row["expected"] > row["quiet"]
            had = bool(nothing and nothing[-1]) and not (len(nothing) > 1 and nothing[-2])
            nothing.append(float(abs(self.values[n]) <= 0.03 * row["expected"]) if is_busy else None)
            follows.append(nothing[-1] if had else None)
        return first, again


def judged(start: datetime, values: list[float], zone: str) -> pl.DataFrame:
    """Return expectation, distance and score of each hour."""
    account = Account(start.astimezone(UTC), values, zone)
    names = ("expected", "low", "high", "distance")
    columns = {name: [row[name] for row in account.rows] for name in names}
    schema = dict.fromkeys((*names, "score"), pl.Float64())
    return pl.DataFrame(columns | {"score": account.scores()}, schema=schema)
