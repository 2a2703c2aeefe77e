"""What should be on screen, by plain polars and the calendar alone: nothing of the package is called."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

__all__ = [
    "COST",
    "DAY",
    "FINISHED",
    "HOUR",
    "Comparison",
    "Dates",
    "Named",
    "Plain",
    "days_of",
    "dollars",
    "in_cell",
    "month_before",
    "named",
    "round_dollars",
    "to_nine_digits",
]

Dates = tuple[date, date]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COST = "aggregated_value"
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
FINISHED = pl.col("state") != "in_progress"


def dollars(amount: float) -> str:
    """Write US dollars to the cent; what is left of a sum by rounding is nothing."""
    size = abs(amount)
    digits = 2 if size >= 0.01 or size < 5e-11 else 6
    return f"{'-' if amount < 0 and size >= 5e-11 else ''}${size:,.{digits}f}"


def round_dollars(amount: float) -> str:
    """Write what is not known to the cent: whole dollars from a hundred up."""
    return f"${amount:,.0f}" if abs(amount) >= 100 else dollars(amount)


def to_nine_digits(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Round numbers: in which order accounts are added up tells in the last digits."""
    return [
        {name: float(f"{one:.9g}") if isinstance(one, float) else one for name, one in row.items()}
        for row in rows
    ]


@dataclass(frozen=True)
class Named:
    """Days as a sentence names them, with the clock times that cut the first and the last."""

    dates: Dates
    since: str | None = None
    until: str | None = None


def named(text: str, *, year: int = 2026) -> Named:
    """Read days: ``4-10 Nov 2026 by 10:00``, ``2 Nov, 14:00 to 3 Nov 2026, 10:00``."""
    clocks = re.findall(r"\d\d:\d\d", text)
    found = re.findall(r"(\d{1,2})(?: ([A-Z][a-z]{2}))?(?: (\d{4}))?(?=\D|$)", re.sub(r"\d\d:\d\d", "", text))
    dates: list[date] = []
    month = ""
    for day, its_month, its_year in reversed(found):
        month, year = its_month or month, int(its_year or year)
        dates.insert(0, date(year, MONTHS.index(month) + 1, int(day)))
    since = until = None
    if " by " in text:
        (until,) = clocks
    elif clocks:
        ends_with_clock = bool(re.search(r"\d\d:\d\d$", text))
        since, until = clocks[0], clocks[-1] if ends_with_clock and len(clocks) > 1 else None
    return Named((dates[0], dates[-1]), since, None if until == "24:00" else until)


def days_of(dates: Dates) -> list[date]:
    """List the days from the first to the last."""
    return [dates[0] + n * DAY for n in range((dates[1] - dates[0]).days + 1)]


def month_before(day: date) -> date:
    """Return the same day a month before, or that month's last."""
    end = day.replace(day=1) - DAY
    return min(end, end.replace(day=min(day.day, end.day)))


@dataclass(frozen=True)
class Comparison:
    """Two sums, and the days and clock times of the second."""

    current: float | None
    previous: float | None
    before: Named | None


@dataclass
class Plain:
    """A history on a zone's clock, of some accounts, with the one that is chosen of it."""

    everything: pl.DataFrame
    accounts: tuple[str, ...]
    zone: str
    now: datetime
    rows: pl.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        local = pl.col("start_time").dt.convert_time_zone(self.zone)
        self.rows = (
            self.everything.filter(
                pl.col("account_id").is_in(list(self.accounts)), pl.col("start_time") <= self.now
            )
            .with_columns(
                date=local.dt.date(),
                clock=local.dt.strftime("%H:%M"),
                hour=local.dt.hour().cast(pl.Int64),
                weekday=local.dt.weekday().cast(pl.Int64),
            )
            .sort("start_time", "account_id")
        )

    # The calendar

    @property
    def today(self) -> date:
        return self.now.astimezone(ZoneInfo(self.zone)).date()

    def dates_of(self, preset: str) -> Dates:
        """Return the first and the last day of a preset."""
        today = self.today
        first_of_month = today.replace(day=1)
        if preset.startswith("Last "):
            return today - int(preset.split()[1]) * DAY, today - DAY
        return {
            "Today": (today, today),
            "This week": (today - today.weekday() * DAY, today),
            "Month to date": (first_of_month, today),
            "Previous month": ((first_of_month - DAY).replace(day=1), first_of_month - DAY),
        }[preset]

    def hours_of(self, day: date) -> list[datetime]:
        """List the starts of all UTC hours that begin on a local day."""
        return _hours_of(day, self.zone)

    def before(self, dates: Dates, how: str, *, whole: Dates, other: Dates | None) -> Dates | None:
        """Return the days that some are compared with."""
        first, last = dates
        count = (last - first).days + 1
        if how == "previous":
            return first - count * DAY, first - DAY
        if how == "weekdays":
            weeks = -(-count // 7)
            return first - weeks * 7 * DAY, last - weeks * 7 * DAY
        if how == "month":
            end = month_before(last)
            is_whole = first.day == 1 and (last + DAY).day == 1 and last < self.today
            return month_before(first), (last.replace(day=1) - DAY if is_whole else end)
        assert other is not None
        start = other[0] + (first - whole[0])
        return None if start > other[1] else (start, min(other[1], other[0] + (last - whole[0])))

    # The windows

    def between(self, dates: Dates) -> pl.DataFrame:
        return self.rows.filter(pl.col("date").is_between(*dates))

    def bare(self, windows: pl.DataFrame) -> pl.DataFrame:
        """Return windows as they were told."""
        return windows.select(self.everything.columns)

    def added(self, windows: pl.DataFrame) -> pl.DataFrame:
        """Add the accounts up, if there are several."""
        if len(self.accounts) == 1:
            return self.bare(windows)
        sums = windows.group_by("start_time", "end_time", "state").agg(
            pl.lit("all").alias("account_id"),
            pl.col(COST).sum(),
            pl.lit(None, pl.String).alias("id"),
            pl.col("is_reported").any(),
        )
        assert sums["start_time"].is_unique().all(), "an hour has one state"
        return self.bare(sums).sort("start_time")

    def cut(self, days: Named) -> pl.DataFrame:
        """Return the finished windows of days, from a clock time of the first to one of the last."""
        found = self.between(days.dates).filter(FINISHED)
        if days.since is not None:
            found = found.filter((pl.col("date") > days.dates[0]) | (pl.col("clock") >= days.since))
        if days.until is not None:
            found = found.filter((pl.col("date") < days.dates[1]) | (pl.col("clock") < days.until))
        return found

    def compare(
        self,
        spanned: pl.DataFrame,
        how: str,
        *,
        whole: Dates,
        other: Dates | None,
        cell: tuple[int, int] | None = None,
    ) -> Comparison:
        """Add up what is over of a span, and the same clock times of the days before."""
        dates: Dates = (spanned["date"].min(), spanned["date"].max())  # type: ignore[assignment]
        days = self.before(dates, how, whole=whole, other=other)
        own = in_cell(spanned.filter(FINISHED), cell)
        current = None if own.is_empty() else own[COST].sum()
        if days is None:
            return Comparison(current, None, None)
        since, until = self._cuts(spanned, dates)
        is_partner = days[1] - days[0] == dates[1] - dates[0] or days[1] == month_before(dates[1])
        is_partner &= days[1] - days[0] == dates[1] - dates[0] or days[1].day == dates[1].day
        before = Named(days, since, until if is_partner else None)
        found = in_cell(self.cut(before), cell)
        return Comparison(current, None if found.is_empty() else found[COST].sum(), before)

    def _cuts(self, spanned: pl.DataFrame, dates: Dates) -> tuple[str | None, str | None]:
        """Tell where the first day is cut, and until when the last one is over."""
        first, last = self.hours_of(dates[0]), self.hours_of(dates[1])
        begun = spanned.filter(pl.col("date") == dates[0])["start_time"].min()
        over = spanned.filter(FINISHED, pl.col("date") == dates[1])["start_time"].max()
        since = None if begun == first[0] else self._clock(begun)
        if over == last[-1]:
            return since, None
        return since, "00:00" if over is None else self._clock(over + HOUR)

    def _clock(self, moment: object) -> str:
        assert isinstance(moment, datetime)
        return f"{moment.astimezone(ZoneInfo(self.zone)):%H:%M}"

    def days(self, windows: pl.DataFrame, *, by_account: bool = False) -> dict[Any, dict[str, Any]]:
        """Add windows up by day, and say of each whether all its hours are there, and over."""
        key = ["date", "account_id"] if by_account else ["date"]
        count = 1 if by_account else len(self.accounts)
        sums = windows.group_by(key).agg(
            pl.col(COST).sum().alias("cost"),
            pl.col("start_time").n_unique().alias("hours"),
            pl.len().alias("windows"),
            FINISHED.all().alias("is_over"),
            (pl.col("state") == "complete").all().alias("is_final"),
        )
        found: dict[Any, dict[str, Any]] = {}
        for row in sums.sort(key).iter_rows(named=True):
            due = len(self.hours_of(row["date"]))
            whose = (row["date"], row["account_id"]) if by_account else row["date"]
            found[whose] = {**row, "due": due, "is_whole": row["windows"] == due * count}
        return found

    @cached_property
    def known_days(self) -> dict[Any, dict[str, Any]]:
        """All days there are."""
        return self.days(self.rows)

    @cached_property
    def known_account_days(self) -> dict[Any, dict[str, Any]]:
        """The same of each account."""
        return self.days(self.rows, by_account=True)

    def pattern(self, windows: pl.DataFrame, key: list[str]) -> dict[tuple[int, ...], float]:
        """Tell the mean hour, of all accounts together, by hour of the day or of the week."""
        hours = windows.filter(FINISHED).group_by("start_time", *key).agg(pl.col(COST).sum())
        means = hours.group_by(key).agg(pl.col(COST).mean()).sort(key)
        return {row[:-1]: row[-1] for row in means.select(*key, COST).iter_rows()}


@cache
def _hours_of(day: date, zone: str) -> list[datetime]:
    info = ZoneInfo(zone)
    first = datetime(day.year, day.month, day.day, tzinfo=UTC) - DAY
    starts = (first + n * HOUR for n in range(72))
    return [one for one in starts if one.astimezone(info).date() == day]


def in_cell(windows: pl.DataFrame, cell: tuple[int, int] | None) -> pl.DataFrame:
    """Return the windows of an hour of the week."""
    return (
        windows if cell is None else windows.filter(pl.col("weekday") == cell[0], pl.col("hour") == cell[1])
    )
