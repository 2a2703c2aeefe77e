"""What an update asks for: the windows that are absent or open, and the days whose sum no longer agrees."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Literal

import polars as pl

from cfusage_lab.archive.answer import ANSWER, checked
from cfusage_lab.archive.layout import STORED, is_settled
from cfusage_lab.archive.spans import SPANS, absent, by_span, joined
from cfusage_lab.bounds import midnight
from cfusage_lab.errors import CancelledError
from cfusage_lab.progress import Progress
from cfusage_lab.schema import WIDTHS, Granularity
from cfusage_lab.source import Source

__all__ = ["RECHECKED", "Steps", "Update"]

RECHECKED: Final = timedelta(days=41)
"""How far back a re-check begins: a UTC day is looked at until 40 days after it ended.

Stripe, for one, takes events up to 35 days late.
"""

_REACH: Final = 24
_SIDES: Final[tuple[tuple[str, Literal["backward", "forward"]], ...]] = (
    ("start", "backward"),
    ("last", "forward"),
)
_AGREES_USD: Final = 1e-9
_AGREES_RATIO: Final = 1e-12


@dataclass(slots=True)
class Steps:
    """Shows several fetches as one."""

    shown: Progress
    _before: int = 0
    _done: int = 0

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants to stop."""
        return self.shown.is_cancelled

    def update(self, done: int, total: int) -> None:
        """Add to what the fetches before have answered."""
        self._done = done
        self.shown.update(self._before + done, self._before + total)

    def wait(self, reason: str, seconds: float) -> None:
        """Pass it on."""
        self.shown.wait(reason, seconds)

    def close(self) -> None:
        """Hear that one fetch is over; the update is not."""
        self._before += self._done
        self._done = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One update of one table, from what is stored to what is fetched.

    Attributes
    ----------
    client
        Whom to ask.
    granularity
        Of the windows.
    bounds
        One span an account: the windows that are to be held afterwards.
    stored
        What is held of them: the columns of the history table, and ``fetched_at``.
    now
        The moment at which the update began.
    steps
        Hears of the progress.
    """

    client: Source
    granularity: Granularity
    bounds: pl.DataFrame
    stored: pl.DataFrame = field(repr=False)
    now: datetime
    steps: Steps

    def fetch(self, *, with_recheck: bool) -> pl.DataFrame:
        """Fetch what an update needs, and nothing else.

        Returns
        -------
        DataFrame
            One row is a window: the columns that the merge takes (:func:`merging.news`), empty where nothing
            is missing.
        """
        held = self.stored.filter(is_settled(self.now))
        spans = absent(held, self.bounds, width=WIDTHS[self.granularity])
        days = self._settled_days(held) if with_recheck else pl.DataFrame(schema=SPANS)
        if self.granularity == "day":
            return self._stamped(self._asked(self._anchored(pl.concat([spans, days])), "day"))
        sums = self._asked(self._whole(days), "day")
        spans = pl.concat([spans, self._differing(days, sums)])
        return self._stamped(self._asked(self._anchored(spans), "hour"), sums)

    def _anchored(self, spans: pl.DataFrame) -> pl.DataFrame:
        """Join spans, and stretch each to the nearest windows beside it that are held and had cost.

        An answer that begins and ends with a row needs no further request to prove it whole, and nights
        and weekends, where rows are left out, lie at the ends of most spans.
        """
        width = WIDTHS[self.granularity]
        known = self.stored.filter("is_reported").select("account_id", anchor="start_time").sort("anchor")
        spans = joined(spans).with_columns(last=pl.col("end") - width)
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
        return joined(spans.select("account_id", "start", end=pl.col("last") + width))

    def _asked(self, spans: pl.DataFrame, granularity: Granularity) -> pl.DataFrame:
        """Ask for spans: those that several accounts share, side by side."""
        pieces = [pl.DataFrame(schema=ANSWER)]
        for time_range, account_ids in by_span(spans):
            if self.steps.is_cancelled:
                raise CancelledError("the update was cancelled; the archive is as it was")
            answer = self.client.usage_history(
                time_range,
                granularity=granularity,
                accounts=account_ids,
                with_ids=False,
                progress=self.steps,
            )
            pieces.append(
                checked(
                    answer,
                    self.client,
                    time_range=time_range,
                    granularity=granularity,
                    account_ids=account_ids,
                )
            )
        return pl.concat(pieces)

    def _settled_days(self, held: pl.DataFrame) -> pl.DataFrame:
        """Return the UTC days of the last weeks whose windows are all held and settled."""
        width = WIDTHS[self.granularity]
        since = midnight(self.now) - RECHECKED
        day = pl.col("start_time").dt.truncate("1d")
        return (
            held.filter(pl.col("start_time") >= since)
            .group_by("account_id", start=day)
            .agg(windows=pl.len())
            .filter(pl.col("windows") == timedelta(days=1) // width)
            .select("account_id", "start", end=pl.col("start") + timedelta(days=1))
        )

    def _whole(self, days: pl.DataFrame) -> pl.DataFrame:
        """Return one span an account, from its first day to its last: one request."""
        return (
            days.group_by("account_id").agg(pl.col("start").min(), pl.col("end").max()).select(SPANS.names())
        )

    def _differing(self, days: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
        """Return those days whose sum is no longer that of their stored hours.

        A day that the endpoint no longer reports, nor any older one, is a day that it has forgotten.
        """
        stored = self.stored.group_by("account_id", start=pl.col("start_time").dt.truncate("1d")).agg(
            stored_usd=pl.col("aggregated_value").sum()
        )
        first = _first_reported(sums)
        found = (
            days.join(sums, left_on=["account_id", "start"], right_on=["account_id", "start_time"])
            .join(stored, on=["account_id", "start"])
            .join(first, on="account_id", how="left")
        )
        apart = (pl.col("aggregated_value") - pl.col("stored_usd")).abs()
        allowed = pl.max_horizontal(pl.lit(_AGREES_USD), pl.col("stored_usd").abs() * _AGREES_RATIO)
        return found.filter(apart > allowed, pl.col("start") >= pl.col("first")).select(SPANS.names())

    def _stamped(self, fetched: pl.DataFrame, *evidence: pl.DataFrame) -> pl.DataFrame:
        """Say of each window when it was fetched, and whether the endpoint remembers that far back."""
        first = _first_reported(pl.concat([fetched, *evidence]))
        is_remembered = (pl.col("start_time") >= pl.col("first")).fill_null(value=False)
        return fetched.join(first, on="account_id", how="left").select(
            *(name for name in STORED.names() if name in fetched.columns),
            fetched_at=pl.lit(self.now, STORED["fetched_at"]),
            is_remembered=is_remembered,
        )


def _first_reported(windows: pl.DataFrame) -> pl.DataFrame:
    """Return, for each account, the start of the oldest window that the endpoint reported."""
    return windows.filter("is_reported").group_by("account_id").agg(first=pl.col("start_time").min())
