"""Which windows are meant, which are held, and which are absent: spans of time by account."""

from datetime import timedelta
from typing import Final

import polars as pl

from cfusage_lab.bounds import midnight
from cfusage_lab.ranges import LONGEST, TimeRange

__all__ = ["SPANS", "absent", "by_span", "joined"]

SPANS: Final = pl.Schema(
    {"account_id": pl.String(), "start": pl.Datetime("us", "UTC"), "end": pl.Datetime("us", "UTC")}
)
"""One row is a half-open span of time of an account."""


def absent(held: pl.DataFrame, bounds: pl.DataFrame, *, width: timedelta) -> pl.DataFrame:
    """Return the spans inside each account's ``bounds`` in which no window is ``held``.

    ``bounds`` has one span an account, and ``held`` (``account_id``, ``start_time``) no window outside them.
    """
    edges = pl.concat(
        [
            bounds.select("account_id", start_time=pl.col("start") - width),
            held.select("account_id", "start_time"),
            bounds.select("account_id", start_time="end"),
        ]
    ).sort("account_id", "start_time")
    following = edges.select(
        "account_id",
        start=pl.col("start_time") + width,
        end=pl.col("start_time").shift(-1),
        is_same=pl.col("account_id") == pl.col("account_id").shift(-1),
    )
    return following.filter("is_same", pl.col("end") > pl.col("start")).select(SPANS.names())


def joined(spans: pl.DataFrame) -> pl.DataFrame:
    """Return the same time in as few spans as possible."""
    spans = spans.sort("account_id", "start")
    is_new = (pl.col("start") > pl.col("end").cum_max().shift(1).over("account_id")).fill_null(value=True)
    return (
        spans.with_columns(number=is_new.cum_sum().over("account_id"))
        .group_by("account_id", "number", maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max())
        .select(SPANS.names())
    )


def by_span(spans: pl.DataFrame) -> list[tuple[TimeRange, list[str]]]:
    """Return each span once with all its accounts, oldest first, none longer than may be asked for."""
    asked = []
    groups = spans.group_by("start", "end").agg(pl.col("account_id").sort()).sort("start", "end")
    for start, end, account_ids in groups.iter_rows():
        first = start
        while first < end:
            last = min(end, midnight(first) + LONGEST)
            asked.append((TimeRange(first, last), account_ids))
            first = last
    return asked
