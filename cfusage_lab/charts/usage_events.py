"""Marks on the time line: which bars belong to an event, and what is told of it."""

from collections.abc import Mapping

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.anomaly_detection import explanation
from cfusage_lab.frames import polars_table
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.readings import readings
from cfusage_lab.schema import ANOMALIES

__all__ = ["marked", "shown_events"]


def shown_events(anomalies: pl.DataFrame, usage: pl.DataFrame) -> pl.DataFrame:
    """Return the events of the accounts of a table, largest impact last.

    Raises
    ------
    FrameError
        If a column of :data:`cfusage_lab.schema.ANOMALIES` is missing, or a row holds what it may not.
    """
    events = polars_table(anomalies, ANOMALIES, table="anomalies")
    is_shown = pl.col("account_id").is_in(usage["account_id"].unique().to_list())
    return events.filter(is_shown).sort(pl.col("impact_usd").abs())


def marked(
    bars: pl.DataFrame, events: pl.DataFrame, *, time_zone: str, names: Mapping[str, str]
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Add ``event_direction`` and ``event_words`` to bars, null where there was none.

    Where several events fall into one bar, it is marked as the largest of them. The events that fall into
    any bar come back as well.
    """
    words = _words(events, time_zone, names)
    spans = pl.DataFrame(
        {
            "event_left": readings(events["start_time"], zone(time_zone).key).dt.replace_time_zone("UTC"),
            "event_right": readings(events["end_time"], zone(time_zone).key).dt.replace_time_zone("UTC"),
            "event_direction": events["direction"],
            "event_words": words,
        }
    ).with_row_index("event")
    rows = bars.with_row_index("bar")
    parts = [part.sort("left") for part in rows.partition_by("is_slot", maintain_order=True)]
    pairs = pl.concat([_pairs(part, spans) for part in parts]) if parts else _pairs(rows, spans)
    largest = pairs.group_by("bar").agg(pl.col("event").max())
    told = largest.join(spans.select("event", "event_direction", "event_words"), on="event")
    found = rows.join(told, on="bar", how="left", maintain_order="left").drop("bar", "event")
    is_found = pl.int_range(pl.len()).is_in(pairs["event"].unique().to_list())
    return found, events.filter(is_found)


def _pairs(bars: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """Pair the events with the bars that they touch; bars come in order of time."""
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
