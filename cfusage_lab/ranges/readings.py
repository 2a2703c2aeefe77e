"""Whole columns of moments on the clock of a zone: what polars knows of time zones has no part in it."""

import polars as pl

from cfusage_lab.ranges.zones import offsets, zone

__all__ = ["readings"]


def readings(moments: pl.Series, time_zone: str) -> pl.Series:
    """Return what the zone's clock shows at each moment, as datetimes without a zone."""
    info = zone(time_zone)
    utc = moments.dt.convert_time_zone("UTC")
    first, last = utc.min(), utc.max()
    shown = utc.dt.replace_time_zone(None)
    if first is None:
        return shown
    (_, offset), *changes = offsets(first, last, info)  # type: ignore[arg-type]
    shift = pl.lit(offset)
    for at, later in changes:
        shift = pl.when(pl.col("utc") < pl.lit(at)).then(shift).otherwise(pl.lit(later))
    return pl.select(utc=utc, shown=shown).select(pl.col("shown") + shift).to_series().rename(moments.name)
