"""The daily series behind a forecast: whole days without a hole, and what of them is out of the ordinary.

A day that is missing or not whole is a gap, and is filled with what is usual for its weekday; a gap is never
counted as an error of a forecast. Out of the ordinary is

- a day far above all others: a runaway night counts for as much as the third highest day, or four times the
  median day, whichever is more, so that a launch counts in full from its third day on
- a correction that puts a day below zero: the day counts as nothing, unless there are three of them
- a quiet spell of three days or more that is over, as holidays and outages are: what a method learns from
  is filled as a gap is; its errors are measured with the quiet days as they were
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import polars as pl

from cfusage_lab.daily import TOTAL, total_usage
from cfusage_lab.frames.engines import open_checked, refuse_lazy
from cfusage_lab.schema import DAILY, DAY_KEY
from cfusage_lab.time_units import WEEK_DAYS

__all__ = ["Series", "daily_series"]

_REFERENCE_WEEKS: Final = 4
"""How many weeks either side of a day say what is usual for its weekday."""
_RUNAWAY: Final = 4.0
"""Times the median day: bursts of two to four times are everyday in usage that is billed by the token."""
_QUIET: Final = 0.3
"""A day below this part of what is usual is quiet."""
_QUIET_DAYS: Final = 3
"""A weekend has two, and is no holiday."""
_QUIET_SHARE: Final = 1 / 6
"""Where more days than these are quiet, quiet is usual."""
_COST_DAYS: Final = 3
_COST_SHARE: Final = 2 / 3
"""An account begins with its first cost if since then there was cost on so many days, and so often; or if so
many days have not passed."""


@dataclass(frozen=True, slots=True)
class Series:
    """Local days, ready to learn from.

    Attributes
    ----------
    table
        The days that came in (``schema.DAILY``), and those of all accounts added up where there are several.
    today
        The last date of the table.
    days
        One row a day of an account from its first to its last whole day, sorted: ``account_id``, ``account``
        (its number), ``date``, ``t`` (0 for the first), ``n`` (how many days there are), ``is_gap``,
        ``fit_usd`` (what a method learns from) and ``target_usd`` (what its errors are measured against).
    """

    table: pl.DataFrame
    today: date
    days: pl.DataFrame

    @property
    def accounts(self) -> list[str]:
        """The accounts in their order, ``all`` last."""
        ids = self.table["account_id"].unique().sort().to_list()
        return [one for one in ids if one != TOTAL] + [one for one in ids if one == TOTAL]


def daily_series(daily: object) -> Series | None:
    """Open a table of local days, add its accounts up, and make whole days of it; None without any day."""
    table = _with_total(_opened(daily))
    if table.is_empty():
        return None
    today: date = table["date"].max()  # type: ignore[assignment]
    return Series(table=table, today=today, days=_learned(_regular(table)))


def _opened(daily: object) -> pl.DataFrame:
    """Open a table of days; one whose cost is unknown is not whole."""
    table = open_checked(daily, DAILY, table="daily", key=DAY_KEY)
    refuse_lazy(table, "daily", why="a forecast is computed at once: 1,000 accounts are 1,000 rows a day")
    days: pl.DataFrame = table.frame.collect("polars").to_native()
    is_known = pl.col("cost_usd").is_not_null()
    return days.with_columns(pl.col("cost_usd").fill_null(0.0), is_whole=pl.col("is_whole") & is_known)


def _with_total(table: pl.DataFrame) -> pl.DataFrame:
    """Add the days of all accounts added up, unless they are there or there is one account.

    Before its first day an account cost nothing. A day that it lacks later is a gap of the sum, too; the
    running day is not, where others have it.
    """
    ids = table["account_id"].unique()
    if len(ids) < 2 or TOTAL in ids:  # noqa: PLR2004 - one account is all accounts
        return table
    dates = table.select(pl.date_range(pl.col("date").min(), pl.col("date").max()))
    today = table.filter(pl.col("date") == pl.col("date").max())
    is_before = pl.col("date") < pl.col("first")
    is_today = pl.col("date") == pl.lit(today["date"].max())
    every_day = (
        table.group_by("account_id")
        .agg(first=pl.col("date").min())
        .join(dates, how="cross")
        .join(table, on=["account_id", "date"], how="left")
        .with_columns(
            pl.col("cost_usd").fill_null(0.0),
            hours=pl.coalesce("hours", pl.when(is_today).then(pl.lit(today["hours"].max()))).fill_null(
                pl.when(is_before).then(24).otherwise(0)
            ),
            is_whole=pl.coalesce(
                "is_whole", pl.when(is_today).then(pl.lit(today["is_whole"].any()))
            ).fill_null(is_before),
            state=pl.col("state").fill_null("complete"),
        )
        .select(DAILY.names())
    )
    return pl.concat([table, total_usage(every_day).select(DAILY.names())])


def _regular(table: pl.DataFrame) -> pl.DataFrame:
    """Give each account a row a day from its first to its last whole one; ``cost_usd`` is null in gaps."""
    whole = table.filter(pl.col("is_whole") & (pl.col("state") != "in_progress"))
    whole = whole.select("account_id", "date", "cost_usd").join(_beginnings(table, whole), on="account_id")
    whole = whole.filter(pl.col("date") >= pl.col("begins"))
    spans = whole.group_by("account_id", maintain_order=True).agg(
        first=pl.col("date").min(), last=pl.col("date").max()
    )
    return (
        spans.select("account_id", date=pl.date_ranges("first", "last"))
        .explode("date")
        .join(whole.select("account_id", "date", "cost_usd"), on=["account_id", "date"], how="left")
        .sort("account_id", "date")
        .with_columns(
            account=pl.col("account_id").rle_id(),
        )
        .with_columns(
            t=pl.int_range(pl.len(), dtype=pl.Int32).over("account"),
            n=pl.len().over("account").cast(pl.Int32),
        )
    )


def _beginnings(table: pl.DataFrame, whole: pl.DataFrame) -> pl.DataFrame:
    """Tell from which date on an account is counted: days of nothing before a launch say nothing of it.

    One whose first cost is a day or two old is new, whatever it becomes: nothing else is known of it.
    """
    first = table.filter(pl.col("cost_usd") != 0).group_by("account_id").agg(first_cost=pl.col("date").min())
    costs = whole.join(first, on="account_id", how="left")
    since = pl.col("cost_usd").filter(pl.col("date") >= pl.col("first_cost")) != 0
    is_new = since.len() < _COST_DAYS
    is_launched = (since.sum() >= _COST_DAYS) & (since.mean() >= _COST_SHARE)
    begins = pl.when(is_new | is_launched).then(pl.col("first_cost").first())
    return costs.group_by("account_id").agg(begins=pl.coalesce(begins, pl.col("date").min()))


def _learned(regular: pl.DataFrame) -> pl.DataFrame:
    """Fill gaps, and limit what is out of the ordinary."""
    known = pl.col("cost_usd").drop_nulls()
    limits = regular.group_by("account").agg(
        most=pl.max_horizontal(
            known.top_k(3).min(), _RUNAWAY * known.filter(known != 0).median().fill_null(0)
        ),
        least=pl.min_horizontal(known.bottom_k(3).max(), pl.lit(0.0)),
        mean=known.mean(),
    )
    cost, usual = pl.col("cost_usd"), pl.col("usual_usd")
    days = regular.join(limits, on="account", how="left", maintain_order="left").with_columns(
        cost.clip("least", "most"), is_gap=cost.is_null()
    )
    beside = [
        pl.when(is_inside).then(cost.shift(lag))
        for week in range(1, _REFERENCE_WEEKS + 1)
        for lag, is_inside in (
            (WEEK_DAYS * week, pl.col("t") >= WEEK_DAYS * week),
            (-WEEK_DAYS * week, pl.col("t") + WEEK_DAYS * week < pl.col("n")),
        )
    ]
    days = days.with_columns(usual_usd=pl.coalesce(pl.concat_list(beside).list.median(), "mean"))
    days = days.with_columns(is_quiet=(cost < _QUIET * usual).fill_null(value=False))
    days = days.with_columns(spell=pl.col("is_quiet").rle_id().over("account"))
    is_filled = (
        pl.col("is_quiet")
        & (pl.len().over("account", "spell") >= _QUIET_DAYS)
        & (pl.col("spell") < pl.col("spell").max().over("account"))
        & (pl.col("is_quiet").mean().over("account") < _QUIET_SHARE)
    )
    return days.select(
        "account_id",
        "account",
        "date",
        "t",
        "n",
        "is_gap",
        fit_usd=pl.when(is_filled).then(usual).otherwise(pl.coalesce(cost, usual)),
        target_usd=pl.coalesce(cost, usual),
    )
