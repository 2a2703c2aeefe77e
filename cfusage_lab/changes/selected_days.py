"""The local days of a part of a history, each with its change and with how many hours of it there are."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import polars as pl

from cfusage_lab.changes.days import day_over_day
from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.frames.expressions import state_of, state_rank, without_rounding
from cfusage_lab.frames.local_time import calendar
from cfusage_lab.ranges import no_zone_warning, zone
from cfusage_lab.ranges.zones import day_of, day_start
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["SelectedDays"]


@dataclass(frozen=True, kw_only=True)
class SelectedDays:
    """The local days of the windows that are selected of a history.

    Attributes
    ----------
    selected
        The windows that are selected (``schema.HISTORY``).
    known
        These, and others of the same accounts: the days before them, too.
    time_zone
        The IANA name of the zone whose days these are.
    by_account
        Whether a row is a day of an account; otherwise accounts are added up. Of one account, it is the same.
    """

    selected: pl.DataFrame
    known: pl.DataFrame
    time_zone: str
    by_account: bool

    @cached_property
    def accounts(self) -> pl.Series:
        """The ids of the accounts that windows are selected of."""
        return self.selected["account_id"].unique()

    def daily(self, windows: pl.DataFrame) -> pl.DataFrame:
        """Return the local days of some windows (``schema.DAILY``)."""
        with no_zone_warning():
            days = daily_usage(windows, time_zone=self.time_zone)
        is_together = not self.by_account and self.accounts.len() > 1
        return total_usage(days) if is_together and not days.is_empty() else days

    def span(self) -> tuple[datetime, datetime]:
        """Return the start of the first selected window and of the last; two None where there is none."""
        starts = self.selected["start_time"]
        return starts.min(), starts.max()  # type: ignore[return-value]

    def with_changes(self, shown: pl.DataFrame) -> pl.DataFrame:
        """Add to some of the days how each changed, and which hours of it lack.

        Returns
        -------
        DataFrame
            The rows of ``shown``, days of :meth:`daily` and at least one, with:

            - ``change_usd``, ``change_ratio``, ``kind``: as :func:`cfusage_lab.day_over_day` tells them of
              ``known``; ``kind`` is ``unknown`` unless all hours of the day are selected
            - ``day_hours``, ``expected``: how many hours the day has, and how many of them lie between the
              first selected window and the last
            - ``known_hours``: how many of the latter are known, selected or not
            - ``missing``: how many of them are neither selected nor known
        """
        first, last = self.span()
        known = self._known_between(shown["date"].min(), shown["date"].max())  # type: ignore[arg-type]
        has_all = known["account_id"].n_unique() == self.accounts.len()
        days = self.daily(known)
        changes = day_over_day(days if has_all else days.clear())
        hours = calendar(first, last + HOUR, time_zone=self.time_zone)
        expected = hours.group_by("date").agg(
            expected=pl.len().cast(pl.Int64), day_hours=pl.col("day_hours").first()
        )
        key = ["account_id", "date"]
        return (
            shown.join(
                changes.select(*key, "change_usd", "change_ratio", "kind"),
                on=key,
                how="left",
                maintain_order="left",
            )
            .join(self._known_hours(known, days), on=key, how="left", maintain_order="left")
            .join(expected, on="date", how="left", maintain_order="left")
            .with_columns(kind=pl.when("is_whole").then("kind").fill_null("unknown"))
            .with_columns(missing=pl.col("expected") - pl.max_horizontal("hours", "known_hours"))
        )

    def hours(self, day: date, *, account_id: str | None) -> pl.DataFrame:
        """Return the hours of a day that are selected, or would be, were they known.

        Parameters
        ----------
        day
            The local day.
        account_id
            Whose hours these are; None adds accounts up.

        Returns
        -------
        DataFrame
            One row is an hour, in order:

            - ``start_time``: the hour, in UTC
            - ``cost_usd``: US dollars of all accounts of which it is known; null where it is of none
            - ``accounts``: of how many accounts it is known
            - ``state``: the least settled of its windows; null where none is selected
        """
        first, last = self.span()
        due = calendar(first, last + HOUR, time_zone=self.time_zone).filter(date=day).select("start_time")
        inside = pl.col("start_time").is_between(due["start_time"].min(), due["start_time"].max())
        if account_id is not None:
            inside &= pl.col("account_id") == account_id
        cost = pl.col("aggregated_value")
        found = (
            self.selected.filter(inside)
            .group_by("start_time")
            .agg(
                cost_usd=without_rounding(cost.sum(), cost.abs().sum(), pl),
                accounts=cost.count().cast(pl.Int64),
                rank=state_rank(pl).max(),
            )
            .with_columns(
                cost_usd=pl.when(pl.col("accounts") > 0).then("cost_usd"), state=state_of("rank", pl)
            )
        )
        elsewhere = self.known.filter(inside, cost.is_not_null()).join(found, on="start_time", how="anti")
        return (
            due.join(elsewhere, on="start_time", how="anti", maintain_order="left")
            .join(found, on="start_time", how="left", maintain_order="left")
            .with_columns(pl.col("accounts").fill_null(0))
            .select("start_time", "cost_usd", "accounts", "state")
        )

    def _known_between(self, first: date, last: date) -> pl.DataFrame:
        """Return the known windows of the selected accounts, from the day before a date to another date."""
        info = zone(self.time_zone)
        start, end = day_start(first - DAY, info), day_start(last + DAY, info)
        inside = pl.col("start_time").is_between(start - HOUR, end, closed="both")
        part = self.known.filter(inside)
        own = self.accounts.implode()
        has_others = not part["account_id"].unique().is_in(own).all()
        return part.filter(pl.col("account_id").is_in(own)) if has_others else part

    def _known_hours(self, known: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
        """Return how many hours of the span are known on each day.

        Only on the days on which the span begins and ends may that be fewer than ``days`` tell of ``known``.
        """
        first, last = self.span()
        info = zone(self.time_zone)
        start, end = day_of(first, info), day_of(last, info)
        starts = pl.col("start_time")
        is_edge = (starts < day_start(start + DAY, info)) | (starts >= day_start(end, info))
        edges = self.daily(known.filter(starts.is_between(first, last), is_edge))
        inner = days.filter(pl.col("date") > start, pl.col("date") < end)
        return pl.concat([inner, edges]).select("account_id", "date", known_hours="hours")
