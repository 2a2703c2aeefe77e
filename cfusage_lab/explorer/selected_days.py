"""The days of a selection, each with its change and with how many hours of it there are."""

from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from cfusage_lab.changes import day_over_day
from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.frames.local_time import calendar
from cfusage_lab.ranges import no_zone_warning, zone
from cfusage_lab.ranges.zones import day_of, day_start
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["SelectedDays"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectedDays:
    """What rows of days are made of.

    Attributes
    ----------
    selected
        The windows that are selected (``schema.HISTORY``).
    known
        All that are known.
    time_zone
        The zone whose days these are.
    is_together
        Whether accounts are added up.
    """

    selected: pl.DataFrame
    known: pl.DataFrame
    time_zone: str
    is_together: bool

    def daily(self, windows: pl.DataFrame) -> pl.DataFrame:
        """Return local days, of all accounts added up if they are to be together."""
        with no_zone_warning():
            days = daily_usage(windows, time_zone=self.time_zone)
        return total_usage(days) if self.is_together and not days.is_empty() else days

    def span(self) -> tuple[datetime, datetime]:
        """Return the start of the first selected window and of the last."""
        starts = self.selected["start_time"]
        return starts.min(), starts.max()  # type: ignore[return-value]

    def known_between(self, first: date, last: date) -> pl.DataFrame:
        """Return the known windows of the selected accounts, from the day before a date to another date."""
        info = zone(self.time_zone)
        start, end = day_start(first - DAY, info), day_start(last + DAY, info)
        inside = pl.col("start_time").is_between(start - HOUR, end, closed="both")
        part = self.known.filter(inside)
        accounts, found = self.selected["account_id"].unique(), part["account_id"].unique()
        is_own = found.is_in(accounts.implode())
        return part if is_own.all() else part.filter(pl.col("account_id").is_in(accounts.implode()))

    def hours(self, known: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
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

    def with_changes(self, shown: pl.DataFrame) -> pl.DataFrame:
        """Add the change of each day, and how many hours of it there should be, and are known."""
        first, last = self.span()
        known = self.known_between(shown["date"].min(), shown["date"].max())  # type: ignore[arg-type]
        has_all = known["account_id"].n_unique() == self.selected["account_id"].n_unique()
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
            .join(self.hours(known, days), on=key, how="left", maintain_order="left")
            .join(expected, on="date", how="left", maintain_order="left")
            .with_columns(kind=pl.when("is_whole").then("kind").fill_null("unknown"))
            .with_columns(missing=pl.col("expected") - pl.max_horizontal("hours", "known_hours"))
        )
