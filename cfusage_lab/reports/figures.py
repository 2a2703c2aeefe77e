"""Every figure of a report, from the functions that any caller has: none is counted in a second way."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.changes import compare, day_over_day, month_over_month, movers
from cfusage_lab.errors import FrameError
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.frames.expressions import net
from cfusage_lab.frames.history import polars_history
from cfusage_lab.headline import MOST_ACCOUNTS, Usage, headline_table
from cfusage_lab.patterns import (
    concentration,
    hourly_profile,
    off_hours_share,
    weekend_share,
    weekly_heatmap,
)
from cfusage_lab.ranges import TimeRange
from cfusage_lab.reports.comparison_range import ComparisonRange, check_held, is_within
from cfusage_lab.schema import HISTORY
from cfusage_lab.source import SANDBOX_ACCOUNTS, are_made_up
from cfusage_lab.wording import all_accounts

__all__ = ["Figures"]

_MOST_MOVERS: Final = 8
"""Changes that the chart of movers shows."""
_MOST_ROWS: Final = 10
"""Hours, and days, that are listed as the costliest."""
_COLUMNS: Final = pl.Schema({name: kind for name, kind in HISTORY.items() if name != "id"})
"""An id is no figure, and nine tenths of the bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What a report says, as tables.

    Attributes
    ----------
    known
        All hours that are known: what is usual, what is compared and where the month ends is learned from
        them.
    before
        What the time range of the report is compared with; None where the report is of all that is known.
    history, daily
        Usage history of the report and its local days, of each account.
    total, total_daily
        The same of all accounts added up; of a single account, these are its own.
    overall
        The headline of the total: one row, as a mapping.
    accounts
        One row is an account, the costliest first: ``cost_usd``, its ``share`` of the total, and the columns
        of its summary, which are null but for the costliest ten: no other is told by itself.
    names
        Account id to what it is called in the report.
    """

    time_zone: str
    names: Mapping[str, str]
    known: Usage
    before: ComparisonRange | None
    history: pl.DataFrame
    daily: pl.DataFrame
    total: pl.DataFrame
    total_daily: pl.DataFrame
    overall: Mapping[str, Any]
    accounts: pl.DataFrame

    @classmethod
    def of(
        cls,
        history: object,
        *,
        time_zone: str,
        names: Mapping[str, str] | None,
        time_range: TimeRange | None = None,
    ) -> "Figures":
        """Compute what several parts of the report need.

        Without a time range, the report is of all hours of the history.

        Raises
        ------
        ConfigError
            If there is no such zone, or the time range is none.
        FrameError
            If the table is no history of hours, has no window that has ended, has a duplicate or one
            without a cost, if its accounts do not have the same windows, or if one of the time range is not
            there.
        """
        windows = _windows(history)
        known = Usage.of(windows, time_zone=time_zone)
        shown, before = known, None
        if time_range is not None:
            wanted = check_held(windows, time_range)
            shown = Usage.of(_ended(windows.filter(is_within(wanted))), time_zone=time_zone)
            before = ComparisonRange.of(_until_now(shown.total), time_zone=time_zone)
        cost = shown.daily.group_by("account_id").agg(pl.col("cost_usd").sum())
        cost = cost.sort("cost_usd", "account_id", descending=[True, False])
        whole = net(cost["cost_usd"])
        share = pl.col("cost_usd") / whole if whole > 0 else pl.lit(None, dtype=pl.Float64)
        told = cost["account_id"].head(MOST_ACCOUNTS).implode()
        each = headline_table(shown.history.filter(pl.col("account_id").is_in(told)), time_zone=time_zone)
        overall = each if shown.is_alone else headline_table(shown.total, time_zone=time_zone)
        called = {one: name for one, name in SANDBOX_ACCOUNTS.items() if one not in (names or {})}
        return cls(
            time_zone=time_zone,
            names=labels(windows["account_id"].unique(), names={**(names or {}), **called}),
            known=known,
            before=before,
            history=shown.history,
            daily=shown.daily,
            total=shown.total,
            total_daily=shown.total_daily,
            overall=overall.row(0, named=True),
            accounts=cost.with_columns(share=share).join(
                each, on="account_id", how="left", maintain_order="left"
            ),
        )

    # Whose figures these are

    @property
    def whose(self) -> str:
        """The account, or how many there are."""
        if self.is_alone:
            return self.names[self.accounts["account_id"][0]]
        return all_accounts(self.accounts.height)

    @property
    def is_alone(self) -> bool:
        """Whether there is one account only."""
        return self.accounts.height == 1

    @property
    def is_made_up(self) -> bool:
        """Whether any of it comes out of the sandbox."""
        return are_made_up(self.accounts["account_id"])

    # How much

    @property
    def cost_usd(self) -> float:
        """The cost of all windows."""
        return net(self.total_daily["cost_usd"])

    @property
    def span(self) -> tuple[datetime, datetime]:
        """The start of the first window, and the end of the last one."""
        return self.total["start_time"].min(), self.total["end_time"].max()  # type: ignore[return-value]

    @property
    def latest(self) -> date:
        """The last local day that is known."""
        return self.known.total_daily["date"].max()  # type: ignore[return-value]

    # When

    def heatmap(self) -> pl.DataFrame:
        """Return the hours of the week, of the total."""
        return weekly_heatmap(self.total, time_zone=self.time_zone)

    def profile(self) -> pl.DataFrame:
        """Return the hours of the day, of the total."""
        return hourly_profile(self.total, time_zone=self.time_zone)

    def shares(self) -> dict[str, float | None]:
        """Return the parts of the total that fall on weekends, outside working hours, and into 24 hours."""
        weekend = weekend_share(self.total, time_zone=self.time_zone)
        off_hours = off_hours_share(self.total, time_zone=self.time_zone)
        return {
            "weekend_share": weekend["weekend_share"][0],
            "off_hours_share": off_hours["off_hours_share"][0],
            "top_share": concentration(self.total)["top_share"][0],
        }

    # What changed

    def changes(self) -> pl.DataFrame:
        """Compare each day of the total with the day before it."""
        return self._day_over_day(self.total_daily, self.known.total_daily)

    def month(self) -> pl.DataFrame:
        """Accumulate the month of the total, beside the one before it."""
        until = self.known.total.filter(pl.col("start_time") < self.span[1])
        return month_over_month(until, time_zone=self.time_zone)

    def pairs(self, before: ComparisonRange) -> pl.DataFrame:
        """Set each day of the range beside the one before that it is compared with, of the total."""
        return self._beside(before, self.total_daily, self.known.total_daily)

    def movers(self) -> pl.DataFrame:
        """Return the largest changes from one day to the next, whichever account's they are.

        In a range that is compared with the same weekdays, these are from that weekday to this one.
        """
        if self.before is None or self.before.is_month:
            return movers(self._day_over_day(self.daily, self.known.daily), top=_MOST_MOVERS)
        return movers(self._beside(self.before, self.daily, self.known.daily), top=_MOST_MOVERS)

    def _day_over_day(self, daily: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        """Compare days of the report with the day before, which may lie before the report."""
        first: Any = daily["date"].min()
        past = known.filter(pl.col("date") < first)
        return day_over_day(pl.concat([past, daily])).filter(pl.col("date") >= first)

    def _beside(self, before: ComparisonRange, daily: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
        """Set days of the report beside those before; every one of these is known."""
        return compare(daily, known.filter(pl.col("date").is_between(*before.dates)))

    # The highest

    def top_hours(self) -> pl.DataFrame:
        """Return the windows of the total with the highest cost, and whose cost most of it is."""
        return _highest(self.total, self.history, cost="aggregated_value", key="start_time")

    def top_days(self) -> pl.DataFrame:
        """Return the days of the total with the highest cost, and whose cost most of it is."""
        return _highest(self.total_daily, self.daily, cost="cost_usd", key="date")


def _windows(history: object) -> pl.DataFrame:
    """Return the windows in order, whatever engine they come from, or refuse what can't be reported."""
    windows = _ended(polars_history(history, _COLUMNS))
    refuse_nulls(windows, ["aggregated_value"])
    return windows


def _ended(windows: pl.DataFrame) -> pl.DataFrame:
    """Return windows of which at least one has ended, or refuse them."""
    if not (windows["state"] != "in_progress").any():
        raise FrameError("no window in this usage history has ended: there is nothing to report yet")
    return windows


def _until_now(windows: pl.DataFrame) -> TimeRange:
    """Return the range of the windows that have ended."""
    ended = windows.filter(pl.col("state") != "in_progress")
    return TimeRange(ended["start_time"].min(), ended["end_time"].max())  # type: ignore[arg-type]


def _highest(total: pl.DataFrame, parts: pl.DataFrame, *, cost: str, key: str) -> pl.DataFrame:
    """Return the rows with the highest cost, and beside each the account with the most of it.

    The columns are those of ``total``, and ``share`` of all cost, ``top_account_id`` and ``top_usd``.
    """
    whole = net(total[cost])
    share = pl.col(cost) / whole if whole > 0 else pl.lit(None, dtype=pl.Float64)
    rows = total.with_columns(share=share).filter(pl.col(cost) > 0)
    rows = rows.sort(cost, key, descending=[True, False]).head(_MOST_ROWS)
    most = (
        parts.join(rows.select(key), on=key, how="semi")
        .sort(cost, "account_id", descending=[True, False])
        .group_by(key, maintain_order=True)
        .first()
        .select(key, top_account_id="account_id", top_usd=cost)
    )
    return rows.join(most, on=key, how="left", maintain_order="left")
