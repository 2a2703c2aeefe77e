"""Windows as a chart draws them: on a zone's clock, a column an account, and few enough rows to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.frames.checks import window_hours
from cfusage_lab.frames.expressions import net, state_rank
from cfusage_lab.ranges.readings import readings
from cfusage_lab.schema import STATES, WINDOWS, require_columns
from cfusage_lab.time_units import HOUR

__all__ = [
    "MOST_BARS",
    "MOST_SERIES",
    "SLOTS",
    "Series",
    "Windows",
    "place_on_clock",
    "windows_of",
]

MOST_SERIES: Final = 5
"""Accounts that are drawn apart, as many as colours can be told apart; the others are added up."""
MOST_BARS: Final = 1500
"""Bars that can be told apart at all, on a wide screen."""
SLOTS: Final = 640
"""Slots that many windows are reduced to: a pixel or two each."""


@dataclass(frozen=True, slots=True)
class Series:
    """Whose cost a column of the drawn table is.

    Attributes
    ----------
    column
        The column, in US dollars.
    label
        The account's name, or how many other accounts are added up here.
    place
        The account's place among all that may be drawn, for its colour; null for the others.
    """

    column: str
    label: str
    place: int | None


@dataclass(frozen=True, slots=True)
class Windows:
    """What is drawn.

    Attributes
    ----------
    table
        One row is a window, in order of time: ``start_time`` (the instant), ``left`` and ``right`` (its place
        on the zone's clock, as readings marked UTC), ``offset_minutes`` (of that clock from UTC), ``state``,
        and the ``column`` of each of ``series``, null where none of its accounts has that window.
    series
        Whose cost is drawn.
    width
        How long each window is.
    total_usd
        The sum over all of it.
    """

    table: pl.DataFrame
    series: tuple[Series, ...]
    width: timedelta
    total_usd: float

    @property
    def span(self) -> tuple[datetime, datetime] | None:
        """The first start and the last end, or nothing where there is no window."""
        if self.table.is_empty():
            return None
        return self.table["start_time"][0], self.table["start_time"][-1] + self.width

    @property
    def is_zero(self) -> bool:
        """Whether no window costs anything."""
        return not any((self.table[one.column] != 0.0).any() for one in self.series)

    @property
    def is_reduced(self) -> bool:
        """Whether there are more windows than a screen tells apart."""
        return self.table.height > MOST_BARS

    @property
    def slot_windows(self) -> int:
        """How many neighbouring windows share a slot."""
        return -(-self.table.height // SLOTS) or 1

    def bars(self) -> pl.DataFrame:
        """Return what is drawn as bars: the windows, and after them the slots to draw in their place.

        With ``is_slot`` false a row is a window. Where there are more than :data:`MOST_BARS` of them, there
        follow rows with ``is_slot`` true: for each slot its costliest window, and its lowest one if
        that is a correction, drawn as wide as the slot. So no peak and no correction gets lost.
        """
        windows = self.table.with_columns(is_slot=pl.lit(value=False))
        if not self.is_reduced:
            return windows
        slots = self.table.with_columns(_slot=pl.int_range(pl.len()) // self.slot_windows, _cost=self._cost())
        edges = {"left": pl.col("left").first(), "right": pl.col("right").last()}
        rest = pl.all().exclude("left", "right", "_slot")
        grouped = slots.group_by("_slot", maintain_order=True)
        highest = grouped.agg(rest.get(pl.col("_cost").arg_max()), **edges)
        lowest = grouped.agg(rest.get(pl.col("_cost").arg_min()), **edges).filter(pl.col("_cost") < 0)
        drawn = pl.concat([highest, lowest]).with_columns(is_slot=pl.lit(value=True))
        return pl.concat([windows, drawn.select(windows.columns)])

    def overview(self) -> pl.DataFrame:
        """Reduce all of it to at most :data:`SLOTS` rows.

        One row is a slot (``left`` to ``right``) with the ``highest`` and the ``lowest`` cost of a window in
        it, in US dollars, zero at the least and at the most.
        """
        return (
            self.table.group_by(pl.int_range(pl.len()) // self.slot_windows, maintain_order=True)
            .agg(
                pl.col("left").first(),
                pl.col("right").last(),
                highest=self._cost().max().clip(lower_bound=0.0),
                lowest=self._cost().min().clip(upper_bound=0.0),
            )
            .select("left", "right", "highest", "lowest")
        )

    def _cost(self) -> pl.Expr:
        return pl.sum_horizontal(one.column for one in self.series)


def windows_of(history: pl.DataFrame, info: ZoneInfo, names: Mapping[str, str]) -> Windows:
    """Prepare a history table for drawing.

    Parameters
    ----------
    history
        A history table (``schema.HISTORY``) of one granularity.
    info
        The zone whose clock counts.
    names
        Account id to name, in the order that gives places.

    Raises
    ------
    FrameError
        If a column is missing, or windows of several widths are mixed.
    """
    require_columns(history.columns, WINDOWS.names(), table="history")
    width = _width(history)
    table, series = _by_account(history, names)
    total = net(history["aggregated_value"])
    return Windows(place_on_clock(table, info, width), series, width, total)


def place_on_clock(table: pl.DataFrame, info: ZoneInfo, width: timedelta) -> pl.DataFrame:
    """Add ``left``, ``right`` and ``offset_minutes`` to windows, one row each, sorted by ``start_time``.

    An hour that the clock goes through twice is shared by its windows, the first one left.
    """
    left = pl.lit(readings(table["start_time"], info.key)).dt.replace_time_zone("UTC")
    offset = (left - pl.col("start_time")).dt.total_minutes().cast(pl.Int16)
    placed = table.with_columns(left=left, share=pl.lit(width), offset_minutes=offset)
    is_twice = pl.col("left").is_duplicated()
    twice = placed.filter(is_twice)
    if twice.height:  # an hour or two a year: to count within readings is slow, and needs no other row
        share = pl.lit(width) / pl.len().over("left")
        twice = twice.with_columns(
            left=pl.col("left") + share * pl.int_range(pl.len()).over("left"), share=share
        )
        placed = pl.concat([placed.filter(~is_twice), twice]).sort("start_time")
    right = pl.min_horizontal(pl.col("left") + pl.col("share"), pl.col("left").shift(-1))
    return placed.with_columns(right=right).drop("share")


def _width(history: pl.DataFrame) -> timedelta:
    width = pl.col("end_time") - pl.col("start_time")
    widths = history.lazy().select(width.unique().sort()).collect(engine="streaming").to_series().to_list()
    return window_hours([one / HOUR for one in widths], is_off=False) * HOUR


def _by_account(history: pl.DataFrame, names: Mapping[str, str]) -> tuple[pl.DataFrame, tuple[Series, ...]]:
    """Give each account that is drawn a column, one row a window."""
    by_account = history.lazy().group_by("account_id").agg(pl.col("aggregated_value").sum())
    totals = dict(by_account.collect(engine="streaming").iter_rows())
    order = {one: place for place, one in enumerate(names)}
    ids = sorted(totals, key=lambda one: (order.get(one, len(order)), one))
    costliest = sorted(ids, key=lambda one: -abs(totals[one]))[:MOST_SERIES]
    shown = [one for one in ids if one in costliest]
    known = labels(shown, names=names)
    has_own_place = len(names) <= MOST_SERIES and set(shown) <= set(names)
    series = [
        Series(f"cost_{nth}", known[one], order[one] if has_own_place else nth)
        for nth, one in enumerate(shown)
    ]
    windows = history.lazy().group_by("start_time").agg(rank=state_rank(pl).max()).sort("start_time")
    parts = [_cost(history, pl.col("account_id") == one, f"cost_{nth}") for nth, one in enumerate(shown)]
    if len(ids) > len(shown):
        series.append(Series("cost_rest", f"{len(ids) - len(shown):,} other accounts", None))
        parts.append(_cost(history, ~pl.col("account_id").is_in(shown), "cost_rest"))
    for part in parts:
        windows = windows.join(part, on="start_time", how="left", maintain_order="left")
    state = pl.col("rank").replace_strict(range(len(STATES)), STATES, return_dtype=pl.String)
    table = windows.select(pl.exclude("rank"), state=state).collect(engine="streaming")
    return table, tuple(series)


def _cost(history: pl.DataFrame, which: pl.Expr, name: str) -> pl.LazyFrame:
    """Add up some accounts' cost in a window; there is no row where none of them has that window."""
    return (
        history.lazy().filter(which).group_by("start_time").agg(pl.col("aggregated_value").sum().alias(name))
    )
