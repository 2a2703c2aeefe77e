"""Whole columns of moments on the clock of a zone: what polars knows of time zones has no part in it."""

from datetime import UTC, datetime

import polars as pl

from cfusage_lab.ranges.zones import offsets, zone

__all__ = ["readings"]


def readings(moments: pl.Series, time_zone: str) -> pl.Series:
    """Return what the zone's clock shows at each moment, as datetimes without a zone."""
    info = zone(time_zone)
    utc = moments.cast(pl.Datetime("us"))
    first, last = utc.min(), utc.max()
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return utc
    (_, offset), *changes = offsets(first.replace(tzinfo=UTC), last.replace(tzinfo=UTC), info)
    shift = pl.lit(offset)
    for at, later in changes:
        shift = pl.when(pl.col("utc") < pl.lit(at.replace(tzinfo=None))).then(shift).otherwise(pl.lit(later))
    return pl.DataFrame({"utc": utc}).select(pl.col("utc") + shift).to_series().rename(moments.name)
