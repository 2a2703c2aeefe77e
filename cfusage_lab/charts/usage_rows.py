"""The rows of the usage chart: local days in the shape of windows, and the events that bars belong to."""

import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import accumulate
from typing import Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.anomaly_detection import checked_events, explanation
from cfusage_lab.downsampling import Windows, windows_of
from cfusage_lab.errors import FrameError
from cfusage_lab.frames import polars_table
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.readings import readings
from cfusage_lab.schema import DAILY, WINDOWS
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["MEAN", "average_name", "day_windows", "mark_events", "mark_windows", "shown_events"]

MEAN: Final = "rolling_mean_usd"
"""The column of the mean, as in ``schema.ROLLING``."""
_INSTANT: Final = timedelta(microseconds=1)
_MIDNIGHT: Final = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")


# Local days


def day_windows(daily: pl.DataFrame, rolling: pl.DataFrame | None, names: Mapping[str, str]) -> Windows:
    """Prepare local days for drawing: a row lies between its midnights, as readings marked UTC.

    Beside the columns of :class:`cfusage_lab.downsampling.Windows`, a row has ``fewest_hours`` and
    ``most_hours`` of its accounts, ``is_whole`` (for all of them) and, if ``rolling`` is there, their means
    added up: null unless all accounts of the table have one, with ``is_alone`` where no line could be seen.
    """
    windows = windows_of(
        daily.select(
            "account_id",
            start_time=_MIDNIGHT,
            end_time=_MIDNIGHT + DAY,
            aggregated_value=pl.col("cost_usd"),
            id=pl.lit(None, dtype=pl.String),
            is_reported=pl.lit(value=True),
            state=pl.col("state"),
        ),
        zone("UTC"),
        names,
    )
    about = daily.group_by(start_time=_MIDNIGHT).agg(
        fewest_hours=pl.col("hours").min(),
        most_hours=pl.col("hours").max(),
        is_whole=pl.col("is_whole").all(),
    )
    table = windows.table.join(about, on="start_time", how="left", maintain_order="left")
    if rolling is not None:
        table = table.join(_means(daily, rolling), on="start_time", how="left", maintain_order="left")
        is_known = pl.col(MEAN).is_not_null()
        has_neighbour = is_known.shift(1, fill_value=False) | is_known.shift(-1, fill_value=False)
        table = table.with_columns(is_alone=is_known & ~has_neighbour)
    return replace(windows, table=table, width=DAY)


def _means(daily: pl.DataFrame, rolling: pl.DataFrame) -> pl.DataFrame:
    """Add the accounts' means up; a sum without one of them would be too low."""
    accounts = daily["account_id"].unique()
    strangers = rolling.filter(~pl.col("account_id").is_in(accounts.to_list()))["account_id"]
    if strangers.len():
        raise FrameError(
            f"rolling has account {strangers[0]}, which the daily table has not: pass rolling_mean(daily)"
        )
    mean = pl.col(MEAN)
    return rolling.group_by(start_time=_MIDNIGHT).agg(
        pl.when(mean.count() == accounts.len()).then(mean.sum()).alias(MEAN)
    )


def average_name(rolling: pl.DataFrame) -> str:
    """Name the means by how many days they are of, if the costs beside them tell: no column says so."""
    sizes = rolling.group_by("account_id").agg(pl.col("cost_usd").abs().sum())
    costliest = sizes.sort("cost_usd", "account_id").tail(1).select("account_id")
    rows = rolling.join(costliest, on="account_id", how="semi").sort("date")
    costs, means = rows["cost_usd"].to_list(), rows[MEAN].to_list()
    known = [place for place, mean in enumerate(means) if mean is not None][-_LOOKS:]
    found = [_fitting(costs[: place + 1], means[place]) for place in known]
    common = set.intersection(*found) if found else set()
    return f"{common.pop()}-day average" if len(common) == 1 else "rolling average"


def _fitting(costs: list[float], mean: float) -> set[int]:
    """Return for how many of the last costs the mean is this one."""
    sums = accumulate(reversed(costs))
    return {
        count
        for count, total in enumerate(sums, start=1)
        if math.isclose(total / count, mean, rel_tol=1e-9, abs_tol=1e-9)
    }


_LOOKS: Final = 3
"""Days whose means are looked at: one alone may fit by chance."""


# Events


def shown_events(anomalies: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    """Return the events of the accounts of a table, largest impact last.

    Raises
    ------
    FrameError
        If a column of :data:`cfusage_lab.schema.ANOMALIES` is missing, or a row holds what it may not.
    """
    events = checked_events(anomalies)
    is_shown = pl.col("account_id").is_in(usage["account_id"].unique().to_list())
    return events.filter(is_shown).sort(pl.col("impact_usd").abs())


def mark_events(
    bars: pl.DataFrame,
    events: pl.DataFrame,
    *,
    width: timedelta | None,
    time_zone: str,
    names: Mapping[str, str],
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add ``event_direction`` and ``event_words`` to bars, null where there was none.

    A bar is ``width`` long, or a local day if that is None. Where several events fall into one bar, it is
    marked as the largest of them. The events that fall into any bar come back as well.
    """
    placed = _on_days(events, zone(time_zone).key) if width is None else _on_windows(events, bars, width)
    spans = placed.with_columns(
        event_direction=events["direction"], event_words=_words(events, time_zone, names)
    ).with_row_index("event")
    rows = bars.with_row_index("bar")
    parts = [part.sort("left") for part in rows.partition_by("is_slot", maintain_order=True)]
    pairs = pl.concat([_pairs(part, spans) for part in parts]) if parts else _pairs(rows, spans)
    largest = pairs.group_by("bar").agg(pl.col("event").max())
    told = largest.join(spans.select("event", "event_direction", "event_words"), on="event")
    found = rows.join(told, on="bar", how="left", maintain_order="left").drop("bar", "event")
    is_found = pl.int_range(pl.len()).is_in(pairs["event"].unique().to_list())
    return found, events.filter(is_found)


def mark_windows(
    bars: pl.DataFrame, marked: pl.DataFrame | None, *, time_zone: str, is_daily: bool
) -> pl.DataFrame:
    """Add ``is_marked`` to bars: whether a window or a date of ``marked`` is in it.

    Raises
    ------
    FrameError
        If the column is missing that says which: ``start_time``, or for days ``date``.
    """
    if marked is None:
        return bars.with_columns(is_marked=pl.lit(value=False))
    column = "date" if is_daily else "start_time"
    needed = pl.Schema({column: (DAILY if is_daily else WINDOWS)[column]})
    chosen = polars_table(marked, needed, table="marked")[column].unique()
    if is_daily:
        chosen = chosen.cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    lefts = readings(chosen, "UTC" if is_daily else zone(time_zone).key).dt.replace_time_zone("UTC").sort()
    inside = lefts.search_sorted(bars["right"], side="left") - lefts.search_sorted(bars["left"], side="left")
    is_chosen = pl.col("start_time").is_in(chosen.to_list())  # a slot has one of its windows' start
    return bars.with_columns(is_marked=pl.when("is_slot").then(inside > 0).otherwise(is_chosen))


def _on_days(events: pl.DataFrame, key: str) -> pl.DataFrame:
    """Place events on local days: an hour that crosses midnight is counted to the day in which it starts."""
    last_hour = events["end_time"] - HOUR
    left, right = (
        readings(one, key).dt.replace_time_zone("UTC") for one in (events["start_time"], last_hour)
    )
    return pl.DataFrame({"event_left": left, "event_right": right + _INSTANT})


def _on_windows(events: pl.DataFrame, bars: pl.DataFrame, width: timedelta) -> pl.DataFrame:
    """Place events where the windows stand that they touch: a clock may show one hour twice.

    Both ends are null where an event touches none.
    """
    windows = bars.filter(~pl.col("is_slot")).sort("start_time")
    starts = windows["start_time"]
    first = starts.search_sorted(events["start_time"] - width, side="right")
    last = starts.search_sorted(events["end_time"], side="left").cast(pl.Int64) - 1
    is_there = (first <= last).to_frame("is_there")
    ends = {
        "event_left": windows["left"].gather(first.clip(0, windows.height - 1)),
        "event_right": windows["right"].gather(last.clip(0)),
    }
    return is_there.select(pl.when("is_there").then(one).alias(name) for name, one in ends.items())


def _pairs(bars: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Pair the events with the bars that they touch; bars come in order of time."""
    spans = spans.drop_nulls("event_left")
    first = bars["right"].search_sorted(spans["event_left"], side="right")
    end = bars["left"].search_sorted(spans["event_right"], side="left")
    places = pl.DataFrame({"event": spans["event"], "place": pl.int_ranges(first, end, eager=True)})
    rows = places.filter(pl.col("place").list.len() > 0).explode("place")
    return rows.select("event", bar=bars["bar"].gather(rows["place"]))


def _words(events: pl.DataFrame, time_zone: str, names: Mapping[str, str]) -> pl.Series:
    """Tell each event by the zone's clock, and of whom where there are several accounts."""
    known = labels(events["account_id"].unique(), names=names)
    said = [
        (f"{known[event['account_id']]}: " if len(known) > 1 else "")
        + explanation(event, time_zone=time_zone)
        for event in events.iter_rows(named=True)
    ]
    return pl.Series(said, dtype=pl.String)
