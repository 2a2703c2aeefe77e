"""What becomes of a month when windows are fetched again: the newer answer stands, and nothing is lost."""

from datetime import datetime

import polars as pl

from cfusage_lab.archive.layout import KEYS, REVISION, STORED

__all__ = ["news"]


def news(stored: pl.DataFrame, fetched: pl.DataFrame, *, now: datetime) -> pl.DataFrame:
    """Return the rows that are to take the place of what is stored, or to join it.

    Parameters
    ----------
    stored
        Rows of the months in question (:data:`STORED`).
    fetched
        The same columns without ``revisions`` and ``month_seal``; and ``is_remembered``, whether the endpoint
        still reports anything that is at least as old. Where it does not, a window it leaves out is one
        that it has forgotten, and the value that is stored stays.
    now
        The moment of the merge: what was stored up to then, and fetched later than this, stays as well.
    """
    both = fetched.join(stored.drop("month", "month_seal", "end_time"), on=KEYS, how="left", suffix="_old")
    is_old = pl.col("fetched_at_old").is_not_null()
    is_overtaken = pl.col("fetched_at_old").is_between("fetched_at", now, closed="right")
    is_forgotten = (pl.col("is_reported_old") & ~pl.col("is_reported") & ~pl.col("is_remembered")).fill_null(
        value=False
    )
    both = both.filter(~is_overtaken.fill_null(value=False)).with_columns(
        aggregated_value=pl.when(is_forgotten).then("aggregated_value_old").otherwise("aggregated_value"),
        is_reported=pl.col("is_reported") | is_forgotten,
    )
    is_revised = is_old & (pl.col("aggregated_value") != pl.col("aggregated_value_old"))
    is_other = (
        is_revised
        | (pl.col("is_reported") != pl.col("is_reported_old"))
        | (pl.col("state") != pl.col("state_old"))
        | (pl.col("fetched_at_old") > now)
    )
    old = pl.struct(old_usd="aggregated_value_old", old_state="state_old", revised_at="fetched_at")
    revisions = pl.col("revisions").fill_null(pl.lit([], pl.List(REVISION)))
    return (
        both.filter(~is_old | is_other)
        .with_columns(
            revisions=pl.when(is_revised & (pl.col("state_old") != "in_progress"))
            .then(pl.concat_list(revisions, pl.concat_list(old.cast(REVISION))))
            .otherwise("revisions"),
            month_seal=pl.lit(None, pl.String),
        )
        .select(STORED.names())
    )
