"""One update: whose history is meant, what is asked for, and what of the answers goes to the table.

Asked for is what is absent or not yet settled, and, in a re-check, what was corrected late (``corrections``).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

import polars as pl

from cfusage_lab.account_ids import named_account_ids
from cfusage_lab.archive.answers import ANSWER, check_answer, usage_history_of
from cfusage_lab.archive.corrections import changed_days, days_to_recheck, first_reported
from cfusage_lab.archive.coverage import SPANS, gaps
from cfusage_lab.archive.delta_table import SourceKind
from cfusage_lab.archive.rows import STORED, is_settled
from cfusage_lab.errors import CancelledError, ConfigError
from cfusage_lab.progress import Progress, Quiet
from cfusage_lab.ranges import LONGEST, TimeRange, last_hours
from cfusage_lab.schema import WIDTHS, Granularity
from cfusage_lab.source import SANDBOX_ACCOUNTS, FullSource
from cfusage_lab.time_units import midnight

__all__ = [
    "Update",
    "UpdateProgress",
    "account_ids_to_update",
    "merge_spans",
    "requests",
    "source_kind",
    "spans_to_hold",
]

_FIRST: Final = timedelta(days=30)
"""What an account that is not held yet gets: as much as a client returns where no range is named."""

_REACH: Final = 24
"""Windows by which a span is stretched at most to reach one with cost: a day of hours bridges any night."""
_SIDES: Final[tuple[tuple[str, Literal["backward", "forward"]], ...]] = (
    ("start", "backward"),
    ("last", "forward"),
)


def account_ids_to_update(
    client: FullSource, accounts: Sequence[str] | str | None, *, now: datetime
) -> list[str]:
    """Return the ids that an update is about, in order.

    Left out, they are those that the client takes by itself: it says so in ``default_accounts``, or it is
    seen from its answer for the running hour.
    """
    if accounts is not None:
        return named_account_ids(accounts)
    if client.default_accounts:
        return sorted(client.default_accounts)
    answer = client.usage_history(last_hours(1, now=now), with_ids=False, progress=Quiet())
    return usage_history_of(answer, client)["account_id"].unique().sort().to_list()


def source_kind(client: FullSource, ids: Sequence[str], *, expected: SourceKind | None) -> SourceKind:
    """Return where an update belongs: the sandbox is known by its client, or by its published ids."""
    made_up = [one for one in ids if one in SANDBOX_ACCOUNTS]
    is_sandbox = client.source == "sandbox"
    if made_up and not is_sandbox and len(made_up) < len(ids):
        raise ConfigError(
            f"{made_up[0]} is an account of the sandbox, and others are real: update them one after the other"
        )
    found: SourceKind = "sandbox" if is_sandbox or made_up else "account"
    if expected not in {None, found}:
        raise ConfigError(f"this archive was opened with source={expected!r}, and the client's is {found!r}")
    return found


def spans_to_hold(
    ids: Sequence[str], stored: pl.DataFrame, *, start: datetime | None, end: datetime, now: datetime
) -> pl.DataFrame:
    """Return what each account is to hold: from ``start``, else from its first stored window, to ``end``."""
    first = stored.group_by("account_id").agg(first=pl.col("start_time").min())
    since = pl.col("first").fill_null(midnight(now) - _FIRST) if start is None else pl.lit(start)
    return (
        pl.DataFrame({"account_id": list(ids)})
        .join(first, on="account_id", how="left")
        .select("account_id", start=since.cast(SPANS["start"]), end=pl.lit(end, SPANS["end"]))
    )


@dataclass(slots=True)
class UpdateProgress:
    """Shows the fetches of an update as one."""

    listener: Progress
    _before: int = 0
    _done: int = 0

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants to stop."""
        return self.listener.is_cancelled

    def update(self, done: int, total: int) -> None:
        """Add to what the fetches before have answered."""
        self._done = done
        self.listener.update(self._before + done, self._before + total)

    def wait(self, reason: str, seconds: float) -> None:
        """Tell of a pause."""
        self.listener.wait(reason, seconds)

    def close(self) -> None:
        """Hear that one fetch is over; the update is not."""
        self._before += self._done
        self._done = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update of one table, from what is stored to what is fetched.

    Attributes
    ----------
    bounds
        One span an account: the windows that are to be held afterwards.
    stored
        What is held of them: the columns of the history table, and ``fetched_at``.
    now
        The moment at which the update began.
    """

    client: FullSource
    granularity: Granularity
    bounds: pl.DataFrame
    stored: pl.DataFrame = field(repr=False)
    now: datetime
    progress: UpdateProgress

    def fetch(self, *, with_recheck: bool) -> pl.DataFrame:
        """Fetch what an update needs, and nothing else.

        Returns
        -------
        DataFrame
            One row is a window: what ``rows.rows_to_write`` takes, empty where nothing is missing.
        """
        width = WIDTHS[self.granularity]
        settled = self.stored.filter(is_settled(self.now))
        spans = gaps(settled, self.bounds, width=width)
        days = pl.DataFrame(schema=SPANS)
        if with_recheck:
            days = days_to_recheck(settled, width=width, now=self.now)
        if self.granularity == "day":
            return self._with_fetch_time(self._ask(self._extend(pl.concat([spans, days])), "day"))
        first_to_last = days.group_by("account_id").agg(pl.col("start").min(), pl.col("end").max())
        sums = self._ask(first_to_last.select(SPANS.names()), "day")  # one request an account
        spans = pl.concat([spans, changed_days(days, sums, self.stored)])
        return self._with_fetch_time(self._ask(self._extend(spans), "hour"), sums)

    def _extend(self, spans: pl.DataFrame) -> pl.DataFrame:
        """Merge spans, and stretch each to the nearest windows beside it that are held and had cost.

        An answer that begins and ends with a row needs no further request to prove it whole, and nights
        and weekends, where rows are left out, lie at the ends of most spans.
        """
        width = WIDTHS[self.granularity]
        known = self.stored.filter("is_reported").select("account_id", anchor="start_time").sort("anchor")
        spans = merge_spans(spans).with_columns(last=pl.col("end") - width)
        for name, strategy in _SIDES:
            spans = (
                spans.sort(name)
                .join_asof(
                    known,
                    left_on=name,
                    right_on="anchor",
                    by="account_id",
                    strategy=strategy,
                    tolerance=_REACH * width,
                    coalesce=True,
                    check_sortedness=False,
                )
                .with_columns(pl.coalesce("anchor", name).alias(name))
                .drop("anchor")
            )
        return merge_spans(spans.select("account_id", "start", end=pl.col("last") + width))

    def _ask(self, spans: pl.DataFrame, granularity: Granularity) -> pl.DataFrame:
        """Ask for spans: those that several accounts share, side by side."""
        parts = [pl.DataFrame(schema=ANSWER)]
        for time_range, account_ids in requests(spans):
            if self.progress.is_cancelled:
                raise CancelledError("the update was cancelled; the archive is as it was")
            answer = self.client.usage_history(
                time_range,
                granularity=granularity,
                accounts=account_ids,
                with_ids=False,
                progress=self.progress,
            )
            parts.append(
                check_answer(
                    answer,
                    self.client,
                    time_range=time_range,
                    granularity=granularity,
                    account_ids=account_ids,
                )
            )
        return pl.concat(parts)

    def _with_fetch_time(self, fetched: pl.DataFrame, *evidence: pl.DataFrame) -> pl.DataFrame:
        """Say of each window when it was fetched, and whether the endpoint remembers that far back."""
        first = first_reported(pl.concat([fetched, *evidence]))
        is_remembered = (pl.col("start_time") >= pl.col("first")).fill_null(value=False)
        return fetched.join(first, on="account_id", how="left").select(
            *(name for name in STORED.names() if name in fetched.columns),
            fetched_at=pl.lit(self.now, STORED["fetched_at"]),
            is_remembered=is_remembered,
        )


def merge_spans(spans: pl.DataFrame) -> pl.DataFrame:
    """Return the same time in as few spans as possible."""
    spans = spans.sort("account_id", "start")
    is_new = (pl.col("start") > pl.col("end").cum_max().shift(1).over("account_id")).fill_null(value=True)
    return (
        spans.with_columns(number=is_new.cum_sum().over("account_id"))
        .group_by("account_id", "number", maintain_order=True)
        .agg(pl.col("start").min(), pl.col("end").max())
        .select(SPANS.names())
    )


def requests(spans: pl.DataFrame) -> list[tuple[TimeRange, list[str]]]:
    """Return each span once with all its accounts, oldest first, none longer than may be asked for."""
    found = []
    groups = spans.group_by("start", "end").agg(pl.col("account_id").sort()).sort("start", "end")
    for start, end, account_ids in groups.iter_rows():
        first = start
        while first < end:
            last = min(end, midnight(first) + LONGEST)
            found.append((TimeRange(first, last), account_ids))
            first = last
    return found
