"""What a source answers, checked before anything of it is stored: it is what was asked for, and no more."""

from collections.abc import Sequence
from typing import Final

import polars as pl
from narwhals.exceptions import NarwhalsError

from cfusage_lab.archive.rows import flaws, instant
from cfusage_lab.errors import FrameError, PayloadError
from cfusage_lab.frames.history import polars_history
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import HISTORY, WIDTHS, Granularity
from cfusage_lab.source import Source
from cfusage_lab.wording import visible

__all__ = ["ANSWER", "answer_error", "check_answer", "usage_history_of"]

ANSWER: Final = pl.Schema({name: kind for name, kind in HISTORY.items() if name != "id"})
"""What is kept of an answer: a history without ids."""


def usage_history_of(answer: object, client: Source) -> pl.DataFrame:
    """Return an answer as a table (:data:`ANSWER`), whatever engine, order or unit of time it comes in.

    Raises
    ------
    PayloadError
        If it is no usage history, or has a duplicate.
    """
    try:
        return polars_history(answer, ANSWER)
    except (FrameError, NarwhalsError, pl.exceptions.PolarsError) as error:
        raise answer_error(client, str(error)) from error


def check_answer(
    answer: object,
    client: Source,
    *,
    time_range: TimeRange,
    granularity: Granularity,
    account_ids: Sequence[str],
) -> pl.DataFrame:
    """Return an answer (:data:`ANSWER`) that is all that was asked for, and nothing else.

    Raises
    ------
    PayloadError
        If a window is absent, a duplicate, of another account or outside the range, or one that no archive
        keeps: without a value, with one that is no number, in an unknown state.
    """
    windows = usage_history_of(answer, client)
    start = pl.col("start_time")
    others = {
        "windows of other accounts": ~pl.col("account_id").is_in(list(account_ids)),
        "windows outside the range": ~start.is_between(
            instant(time_range.start), instant(time_range.end), closed="left"
        ),
    }
    found = flaws(windows, others, granularity=granularity)
    expected = len(account_ids) * ((time_range.end - time_range.start) // WIDTHS[granularity])
    if not found and windows.height != expected:
        found = [f"{windows.height:,} windows instead of {expected:,}"]
    if found:
        asked = f"{granularity}s of {len(account_ids)} accounts, {time_range}"
        raise answer_error(client, f"asked for {asked}, it has {', '.join(found)}")
    return windows


def answer_error(client: Source, what: str) -> PayloadError:
    """Return the error about an answer that can't be kept."""
    name = visible(client.label)
    return PayloadError(
        f"the answer of {name!r} is nothing that can be kept, and the archive is as it was: {what}"
    )
