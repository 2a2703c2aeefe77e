"""Where the month ends, and the days on the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from cfusage_lab.forecasts.account_forecasts import Expected, Outlook, outlooks
from cfusage_lab.forecasts.forecaster import Forecaster, forecaster_of
from cfusage_lab.forecasts.levels import LEVELS, checked_levels, level_name, quantile, with_intervals
from cfusage_lab.forecasts.running_day import RunningDay
from cfusage_lab.forecasts.series import Series
from cfusage_lab.schema import FORECAST_MONTH_END, FORECAST_MONTH_PATH
from cfusage_lab.time_units import DAY

__all__ = [
    "Month",
    "forecast_month_end",
    "forecast_month_path",
    "month_end_table",
    "month_of",
    "month_path_table",
]


@dataclass(frozen=True, slots=True)
class Month:
    """The month of the last day of a table, and what each account has to expect of it.

    Attributes
    ----------
    first, last
        Its first and its last date.
    today
        The last date of the table.
    known
        The days of the month so far (``schema.DAILY``), sorted.
    spent
        By account, US dollars since the first.
    outlooks
        Of each account, ``all`` last.
    running_day
        Tells the rest of the running day.
    """

    first: date
    last: date
    today: date
    known: pl.DataFrame
    spent: dict[str, float]
    outlooks: list[Outlook]
    running_day: RunningDay

    @property
    def days_left(self) -> int:
        """How many days come after the last one of the table."""
        return (self.last - self.today).days

    def path(self, outlook: Outlook) -> list[tuple[date, Expected]]:
        """Return the sum since the first of the month, as it will stand at the end of each coming day."""
        steps = [*outlook.sums(self.first, self.spent[outlook.account_id])]
        found = [step for step in steps if step[0] >= self.today]
        if found and found[0][0] == self.today:
            return found
        before = steps[-len(found) - 1][1] if len(steps) > len(found) else self._now(outlook)
        return [(self.today, before), *found]

    def end(self, outlook: Outlook) -> Expected:
        """Return the sum at the end of the month."""
        return self.path(outlook)[-1][1]

    def spent_until(self, account_id: str) -> dict[date, float]:
        """Return what was spent from the first of the month to the end of each known day."""
        sums: dict[date, float] = {}
        total = 0.0
        mine = self.known.filter(pl.col("account_id") == account_id)
        costs = dict(mine.select("date", "cost_usd").iter_rows())
        for number in range((self.today - self.first).days + 1):
            day = self.first + number * DAY
            total += costs.get(day, 0.0)
            sums[day] = total
        return sums

    def _now(self, outlook: Outlook) -> Expected:
        return Expected(self.spent[outlook.account_id], 0.0, 0.0)


def month_of(forecaster: Forecaster | None) -> Month | None:
    """Find out what the month of the last day of a table has to expect; None without any day."""
    if forecaster is None:
        return None
    found = forecaster.series
    first = found.today.replace(day=1)
    last = (first + 31 * DAY).replace(day=1) - DAY
    return Month(
        first=first,
        last=last,
        today=found.today,
        known=found.table.filter(pl.col("date") >= first),
        spent=_spent(found, first),
        outlooks=outlooks(forecaster, until=last),
        running_day=forecaster.running_day,
    )


def forecast_month_end(
    daily: object,
    *,
    levels: Sequence[float] = LEVELS,
    history: object | None = None,
    time_zone: str | None = None,
) -> pl.DataFrame:
    """Tell where the month ends: what is spent, and what the remaining days are expected to cost.

    The month is the one of the last day of the table. Each account is forecast from its own days, with the
    method that had the smallest mean absolute error when each earlier day was taken for the last one
    (:func:`backtest` shows them all). The interval is one of the **sum** of the remaining days, from the
    errors of such sums; few and overlapping errors widen it, as Student's t does.

    - *The running day* is known until its last full hour; the rest is told from the hours of that weekday if
      ``history`` is there, else from how many hours are in. A last day that lacks hours counts as running.
    - *Provisional* days count as they stand, and may still rise.
    - *Days that are missing or not whole* teach nothing; in this month, what they are short of the usual
      cost of their weekday is added to the forecast.
    - *Growth* is met by a candidate that follows it, and by errors that are taken as parts of the forecast.
    - *A launch* counts in full from its third day, and after a week that is a third above the one before,
      no earlier day counts any more.
    - *A quiet holiday or an outage* of three days or more is left out once it is over.
    - *A runaway night* counts for no more than the third highest day, or four times the median.
    - *Corrections* below zero are kept in what is spent, and teach nothing unless there are three.
    - *Short history*: with fewer than 14 whole days, the method is ``run rate: 9 days of history``, the mean
      of these; without any, ``not enough history``, and no number. Days of nothing before a first cost are no
      history.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``), from the first of the month at least; 60 days or more are better. Days
        before an account's first row count as nothing.
    levels
        How likely the intervals are to hold what comes: fractions between 0 and 1.
    history, time_zone
        The hour windows (``schema.HISTORY``) that the days were made of, and the IANA name of their zone.

    Returns
    -------
    DataFrame
        One row an account (``schema.FORECAST_MONTH_END``), and, where there are several, a last one for
        ``all`` of them added up, which is forecast by itself and is not the sum of the rows above it:

        - ``account_id``, ``month``: the account, and the first of the month
        - ``spent_usd``: US dollars since the first of the month
        - ``forecast_usd``: at its end; never below what is spent. Null without any whole day
        - ``lower_80_usd``, ``upper_80_usd`` and so on for each level: null where ``forecast_usd`` is, or
          after a single day
        - ``method``: how the remaining days were told
        - ``days_left``: how many days come after the last one of the table; the running day is none of them

    Raises
    ------
    ConfigError
        If a level is no fraction between 0 and 1 or is a duplicate, there is no such zone, or only one of
        ``history`` and ``time_zone`` is passed.
    FrameError
        If columns are missing, a day is a duplicate or its cost no number, or the table is lazy or on Spark:
        a thousand accounts are a table of a thousand rows a day, so collect it first.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> history = client.usage_history(cfu.last_days(90, include_today=True, now=now))
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> end = cfu.forecast_month_end(daily, history=history, time_zone="UTC").row(0, named=True)
    >>> print(f"${end['spent_usd']:,.0f} so far, ${end['forecast_usd']:,.0f} at the end of the month")
    $1,512 so far, $2,556 at the end of the month
    >>> print(f"80 %: ${end['lower_80_usd']:,.0f} to ${end['upper_80_usd']:,.0f}, by {end['method']}")
    80 %: $2,335 to $2,776, by weekday mean of 2 weeks
    """
    asked = checked_levels(levels)
    forecaster = forecaster_of(daily, history=history, time_zone=time_zone)
    return month_end_table(month_of(forecaster), levels=asked)


def month_end_table(month: Month | None, *, levels: Sequence[float] = LEVELS) -> pl.DataFrame:
    """Return what :func:`forecast_month_end` does, of a month that is there already."""
    columns = with_intervals(FORECAST_MONTH_END, levels)
    if month is None:
        return pl.DataFrame(schema=columns)
    rows = []
    for outlook in month.outlooks:
        end = month.end(outlook)
        rows.append(
            {
                "account_id": outlook.account_id,
                "month": month.first,
                "spent_usd": end.known_usd,
                "forecast_usd": end.total_usd if outlook.is_known else None,
                **_intervals(outlook, month.path(outlook), levels)[-1],
                "method": outlook.method,
                "days_left": month.days_left,
            }
        )
    return pl.DataFrame(rows, schema=columns)


def forecast_month_path(
    daily: object,
    *,
    levels: Sequence[float] = LEVELS,
    history: object | None = None,
    time_zone: str | None = None,
) -> pl.DataFrame:
    """Tell how cost adds up over the month, day by day; otherwise as :func:`forecast_month_end`.

    Returns
    -------
    DataFrame
        One row a day of the month and account (``schema.FORECAST_MONTH_PATH``), ``all`` last; the last day's
        forecast is that of :func:`forecast_month_end`:

        - ``account_id``, ``date``
        - ``spent_usd``: US dollars from the first of the month to the end of ``date``; null for days to come
        - ``forecast_usd``: the same, from the last day of the table on: of that one, at its end; null before
        - ``lower_80_usd``, ``upper_80_usd`` and so on: the interval of that sum; none of them ever falls
        - ``method``

    Raises
    ------
    ConfigError, FrameError
        As :func:`forecast_month_end`.

    Examples
    --------
    >>> import polars as pl
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-28T00:00Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> daily = cfu.daily_usage(client.usage_history(cfu.last_days(90, now=now)), time_zone="UTC")
    >>> path = cfu.forecast_month_path(daily, levels=[0.8])
    >>> figures = pl.col("spent_usd", "forecast_usd", "lower_80_usd", "upper_80_usd")
    >>> path.select("date", figures.round(2)).tail(4)
    shape: (4, 5)
    ┌────────────┬───────────┬──────────────┬──────────────┬──────────────┐
    │ date       ┆ spent_usd ┆ forecast_usd ┆ lower_80_usd ┆ upper_80_usd │
    │ ---        ┆ ---       ┆ ---          ┆ ---          ┆ ---          │
    │ date       ┆ f64       ┆ f64          ┆ f64          ┆ f64          │
    ╞════════════╪═══════════╪══════════════╪══════════════╪══════════════╡
    │ 2026-11-27 ┆ 2385.8    ┆ 2385.8       ┆ 2385.8       ┆ 2385.8       │
    │ 2026-11-28 ┆ null      ┆ 2431.76      ┆ 2415.04      ┆ 2448.49      │
    │ 2026-11-29 ┆ null      ┆ 2471.52      ┆ 2422.54      ┆ 2520.51      │
    │ 2026-11-30 ┆ null      ┆ 2605.98      ┆ 2544.45      ┆ 2667.51      │
    └────────────┴───────────┴──────────────┴──────────────┴──────────────┘
    """
    asked = checked_levels(levels)
    forecaster = forecaster_of(daily, history=history, time_zone=time_zone)
    return month_path_table(month_of(forecaster), levels=asked)


def month_path_table(month: Month | None, *, levels: Sequence[float] = LEVELS) -> pl.DataFrame:
    """Return what :func:`forecast_month_path` does, of a month that is there already."""
    columns = with_intervals(FORECAST_MONTH_PATH, levels)
    if month is None:
        return pl.DataFrame(schema=columns)
    rows: list[dict[str, object]] = []
    for outlook in month.outlooks:
        path = month.path(outlook)
        spent = month.spent_until(outlook.account_id)
        told = {
            day: {"forecast_usd": sum_.total_usd if outlook.is_known else None} | interval
            for (day, sum_), interval in zip(path, _intervals(outlook, path, levels), strict=True)
        }
        for number in range((month.last - month.first).days + 1):
            day = month.first + number * DAY
            row = {"account_id": outlook.account_id, "date": day, "spent_usd": spent.get(day)}
            rows.append(row | told.get(day, {}) | {"method": outlook.method})
    return pl.DataFrame(rows, schema=columns)


def _spent(found: Series, first: date) -> dict[str, float]:
    """Add up what each account cost since the first of the month."""
    known = found.table.group_by("account_id").agg(pl.col("cost_usd").filter(pl.col("date") >= first).sum())
    return dict(known.iter_rows())


def _intervals(
    outlook: Outlook, path: Sequence[tuple[date, Expected]], levels: Sequence[float]
) -> list[dict[str, float | None]]:
    """Return the intervals along a path; neither end ever falls, as a sum of costs does not."""
    columns: list[dict[str, float | None]] = [{} for _ in path]
    for level in levels:
        z, name = quantile(level), level_name(level)
        lowest = highest = None
        for (_, sum_), row in zip(path, columns, strict=True):
            found = outlook.interval(sum_, z) if outlook.is_known else None
            lowest = found and max(found[0], found[0] if lowest is None else lowest)
            highest = found and max(found[1], found[1] if highest is None else highest)
            row |= {f"lower_{name}_usd": lowest, f"upper_{name}_usd": highest}
    return columns
