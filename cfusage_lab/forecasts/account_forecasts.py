"""What each account has to expect: the method that its own history prefers, and each coming day."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Final

import polars as pl

from cfusage_lab.forecasts.forecaster import Forecaster
from cfusage_lab.forecasts.methods import GROWTH, METHODS, growth_ahead
from cfusage_lab.forecasts.prediction_intervals import Spread
from cfusage_lab.forecasts.rolling_errors import GRID, SHORTEST, freedom
from cfusage_lab.forecasts.running_day import RunningDay
from cfusage_lab.forecasts.series import Series
from cfusage_lab.time_units import DAY, WEEK_DAYS

__all__ = ["INDEPENDENT_ERRORS", "NOTHING_KNOWN", "Day", "Expected", "Outlook", "chosen_methods", "outlooks"]

NOTHING_KNOWN: Final = "not enough history"
_TIE: Final = 1e-9
"""Mean errors that agree to this part of a mean day differ by the order of additions."""
INDEPENDENT_ERRORS: Final = 2
"""A horizon counts once it fits so often between the first origin and the last day."""
_BEFORE_GROWTH: Final = "weekday mean of 2 weeks"
"""What the candidate that grows is made of."""


@dataclass(frozen=True, slots=True)
class Day:
    """A day that is not known in full.

    Attributes
    ----------
    date
        The local date.
    known_usd
        What it cost so far.
    rest_usd
        What is to be expected on top.
    share
        Which part of a day that is: 1 for a day to come.
    """

    date: date
    known_usd: float
    rest_usd: float
    share: float


@dataclass(frozen=True, slots=True)
class Expected:
    """A sum that is partly known.

    Attributes
    ----------
    known_usd, rest_usd
        What is spent, and what is to be expected on top.
    days
        Over how many days that is expected.
    """

    known_usd: float
    rest_usd: float
    days: float

    @property
    def total_usd(self) -> float:
        """The forecast: never below what is spent."""
        return self.known_usd + max(self.rest_usd, 0.0)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one account has to expect.

    Attributes
    ----------
    account_id
        The account.
    method
        The method that was chosen, or what there is in place of one.
    days
        The days from the first that is not known in full, in order; gaps of the past stand first.
    spread
        How far off sums may be; None where nobody can tell.
    """

    account_id: str
    method: str
    days: tuple[Day, ...]
    spread: Spread | None

    @property
    def is_known(self) -> bool:
        """Whether there is any forecast."""
        return self.method != NOTHING_KNOWN

    def sums(self, first: date, spent_usd: float) -> Iterator[tuple[date, Expected]]:
        """Yield, day by day, what is spent since ``first`` and what is expected on top."""
        rest = days = 0.0
        for day in self.days:
            if day.date >= first:
                rest += day.rest_usd
                days += day.share
            yield day.date, Expected(spent_usd, rest, days)

    def interval(self, sum_: Expected, z: float) -> tuple[float, float] | None:
        """Return the interval of a sum, never below what is spent; None where nobody can tell."""
        if sum_.days <= 0:
            return sum_.known_usd, sum_.known_usd
        if self.spread is None:
            return None
        half = self.spread.half_width(sum_.days, z)
        return (
            sum_.known_usd + max(sum_.rest_usd - half, 0.0),
            sum_.known_usd + max(sum_.rest_usd + half, 0.0),
        )

    def chance_above(self, sum_: Expected, amount: float) -> float | None:
        """Return the chance that the sum comes to more than ``amount``; None where nobody can tell."""
        if sum_.known_usd > amount:
            return 1.0
        if sum_.days <= 0:
            return 0.0
        if self.spread is None:
            return None
        return self.spread.chance_above(amount - sum_.known_usd - sum_.rest_usd, sum_.days)


def outlooks(forecaster: Forecaster, *, until: date, blocks: Sequence[tuple[int, int]] = ()) -> list[Outlook]:
    """Return what each account has to expect until a date.

    The method of an account is the one with the smallest mean absolute error of the sum, over as many days
    as are to come, or as many of those as its history can tell. Other ``blocks`` of days than sums are, each
    with the days before and up to its end, are taken together.
    """
    found = forecaster.series
    table = forecaster.errors(blocks or _sums((until - found.today).days))
    methods = chosen_methods(table)
    spreads = _spreads(table, methods)
    ends = dict(found.days.group_by("account_id").agg(pl.col("date").max()).iter_rows())
    farthest = max([(until - end).days for end in ends.values()], default=0)
    points = _points(forecaster.coming_week, methods, farthest)
    known = found.days.group_by("account_id").agg(
        pl.len(), pl.col("target_usd").mean(), deviation=pl.col("target_usd").std()
    )
    short = {row[0]: row[1:] for row in known.iter_rows()}
    open_days = _open_days(found)
    result = []
    for account_id in found.accounts:
        if account_id not in ends:
            result.append(Outlook(account_id, NOTHING_KNOWN, (), None))
            continue
        whole, mean, deviation = short[account_id]
        method = methods.get(account_id)
        if method:
            spread: Spread | None = spreads[account_id]
            daily = points[account_id]
        else:
            method = f"run rate: {whole} {'day' if whole == 1 else 'days'} of history"
            spread = _short_spread(whole, deviation, is_sum=not blocks)
            daily = [mean] * farthest
        days = _days(
            found,
            account_id,
            ends[account_id],
            until,
            daily,
            open_days.get(account_id, {}),
            forecaster.running_day,
        )
        result.append(Outlook(account_id, method, days, spread))
    return result


def chosen_methods(table: pl.DataFrame) -> dict[str, str]:
    """Choose for each account that has enough history; of methods that are equally good, the first.

    ``table`` is what :meth:`Forecaster.errors` returns; the blocks that count for an account are its longest
    usable one, or all of them if they are single days.
    """
    usable = table.filter(pl.col("n") >= SHORTEST, _is_usable())
    is_longest = pl.col("until") == pl.col("until").max().over("account_id")
    longest = usable.filter(_is_day() | is_longest)
    rank = {method: place for place, method in enumerate(METHODS)}
    means = (
        longest.group_by("account_id", "method", maintain_order=True)
        .agg(pl.col("mae_usd").mean(), slack=_TIE * (pl.col("mean_usd").abs() * pl.col("until")).max())
        .with_columns(rank=pl.col("method").replace_strict(rank, return_dtype=pl.Int32))
    )
    is_best = pl.col("mae_usd") <= pl.col("mae_usd").min().over("account_id") + pl.col("slack")
    best = means.filter(is_best).sort("account_id", "rank").unique("account_id", keep="first")
    return dict(best.select("account_id", "method").iter_rows())


def _sums(ahead: int) -> list[tuple[int, int]]:
    """Return the horizons at which sums are measured, the wanted one last."""
    longest = min(max(ahead, 1), GRID[-1])
    return [(0, horizon) for horizon in (*(one for one in GRID if one < longest), longest)]


def _is_day() -> pl.Expr:
    """Say whether a table has blocks that are single days."""
    return (pl.col("until") - pl.col("after")).max() == 1


def _is_usable() -> pl.Expr:
    length = pl.col("until") - pl.col("after")
    return (pl.col("origins") >= INDEPENDENT_ERRORS * length) & pl.col("mae_usd").is_not_null()


def _spreads(table: pl.DataFrame, methods: Mapping[str, str]) -> dict[str, Spread]:
    """Put the errors of the chosen methods together."""
    picked = pl.DataFrame(
        {"account_id": list(methods), "method": list(methods.values())},
        schema={"account_id": pl.String, "method": pl.String},
    )
    rows = (
        table.filter(_is_usable())
        .join(picked, on=["account_id", "method"])
        .sort("account_id", "until")
        .with_columns(
            freedom=freedom(
                pl.col("origins"), _overlap(), is_growing=~_is_day() & (pl.col("method") == GROWTH)
            )
        )
        .group_by("account_id", maintain_order=True)
        .agg("until", "typical_usd", "freedom", ~_is_day().alias("is_day"), pl.col("sigma_usd", "n").first())
    )
    return {
        account_id: Spread(
            errors=tuple(zip(*columns, strict=True)),
            is_sum=is_sum,
            sigma=sigma,
            sigma_freedom=max(1.0, (whole - WEEK_DAYS) / 2),
        )
        for account_id, *columns, is_sum, sigma, whole in rows.iter_rows()
    }


def _overlap() -> pl.Expr:
    """Return how many neighbouring origins say the same: those that share days of a sum, fewer of a day."""
    return pl.when(_is_day()).then(1 + pl.col("until") / WEEK_DAYS).otherwise(pl.col("until"))


def _short_spread(whole: int, deviation: float | None, *, is_sum: bool) -> Spread | None:
    """Return the spread of a run rate of few days: of the coming days, and of the mean of those known."""
    if deviation is None:
        return None
    independent = max(1.0, (whole - 1) / 2)
    variances = {days: days + days**2 / whole if is_sum else 1 + 1 / whole for days in GRID}
    errors = tuple((days, deviation * variance**0.5, independent) for days, variance in variances.items())
    return Spread(errors=errors, is_sum=is_sum)


def _points(week: pl.DataFrame, methods: Mapping[str, str], farthest: int) -> dict[str, list[float]]:
    """Return the forecast of each of the next days, by account: weeks that are alike, but for growth.

    ``week`` is that of :class:`cfusage_lab.forecasts.forecaster.Forecaster`.
    """
    result = {}
    for row in week.iter_rows(named=True):
        method = methods.get(row["account_id"])
        if method:
            is_growing = method == GROWTH
            base = _BEFORE_GROWTH if is_growing else method
            sums = [0.0, *(row[f"{ahead}|{base}"] for ahead in range(1, WEEK_DAYS + 1))]
            whole = [
                (count // WEEK_DAYS * sums[WEEK_DAYS] + sums[count % WEEK_DAYS])
                * (row["growth"] ** growth_ahead(count) if is_growing else 1.0)
                for count in range(farthest + 1)
            ]
            result[row["account_id"]] = [max(later - earlier, 0.0) for earlier, later in pairwise(whole)]
    return result


def _open_days(found: Series) -> dict[str, dict[date, dict[str, Any]]]:
    """Return the days that are not known in full, by account: gaps, and the running day.

    A gap between whole days says in ``usual_usd`` what it would have cost.
    """
    known = found.table.filter(~pl.col("is_whole") | (pl.col("state") == "in_progress"))
    gaps = found.days.filter("is_gap").select("account_id", "date", usual_usd="target_usd")
    rows = known.join(gaps, on=["account_id", "date"], how="full", coalesce=True)
    result: dict[str, dict[date, dict[str, Any]]] = {}
    for row in rows.iter_rows(named=True):
        result.setdefault(row["account_id"], {})[row["date"]] = row
    return result


def _days(
    found: Series,
    account_id: str,
    end: date,
    until: date,
    daily: Sequence[float],
    open_days: Mapping[date, dict[str, Any]],
    rest: RunningDay,
) -> tuple[Day, ...]:
    """Set the days that are not known in full one after the other."""
    result = []
    for day, row in sorted(open_days.items()):
        if day < end and row["usual_usd"] is not None:
            known = row["cost_usd"] or 0.0
            result.append(Day(day, known, max(row["usual_usd"] - known, 0.0), 1.0))
    for ahead, expected in enumerate(daily, start=1):
        day = end + ahead * DAY
        if day > until:
            break
        row = open_days.get(day, {})
        known, hours = row.get("cost_usd") or 0.0, row.get("hours") or 0
        if day < found.today:
            result.append(Day(day, known, max(expected - known, 0.0), 1.0))
        else:
            is_running = day == found.today and bool(row)
            part, cost = rest.rest(account_id, day, hours, expected) if is_running else (1.0, expected)
            result.append(Day(day, known, cost, part))
    return tuple(result)
