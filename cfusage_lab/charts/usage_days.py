"""Local days in the shape that the usage chart draws windows in."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import polars as pl

from cfusage_lab.charts.usage_texts import MEAN
from cfusage_lab.downsampling import Windows, windows_of
from cfusage_lab.errors import FrameError
from cfusage_lab.ranges import zone

__all__ = ["days_of"]


def days_of(daily: pl.DataFrame, rolling: pl.DataFrame | None, names: Mapping[str, str]) -> Windows:
    """Prepare local days for drawing: a row lies between its midnights, as readings marked UTC.

    Beside the columns of :class:`cfusage_lab.downsampling.Windows`, a row has ``fewest_hours`` and
    ``most_hours`` of its accounts, ``is_whole`` (for all of them) and, if ``rolling`` is there, their means
    added up: null unless all accounts of the table have one, with ``is_alone`` where no line could be seen.
    """
    start = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    windows = windows_of(
        daily.select(
            "account_id",
            start_time=start,
            end_time=start + pl.duration(days=1),
            aggregated_value=pl.col("cost_usd"),
            id=pl.lit(None, dtype=pl.String),
            is_reported=pl.lit(value=True),
            state=pl.col("state"),
        ),
        zone("UTC"),
        names,
    )
    about = daily.group_by(start_time=start).agg(
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
    return replace(windows, table=table, width=timedelta(days=1))


def _means(daily: pl.DataFrame, rolling: pl.DataFrame) -> pl.DataFrame:
    """Add the accounts' means up; a sum without one of them would be too low."""
    accounts = daily["account_id"].unique()
    strangers = rolling.filter(~pl.col("account_id").is_in(accounts.to_list()))["account_id"]
    if strangers.len():
        raise FrameError(
            f"rolling has account {strangers[0]}, which the daily table has not: pass rolling_mean(daily)"
        )
    start = pl.col("date").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    mean = pl.col("rolling_mean_usd")
    return rolling.group_by(start_time=start).agg(
        pl.when(mean.count() == accounts.len()).then(mean.sum()).alias(MEAN)
    )
