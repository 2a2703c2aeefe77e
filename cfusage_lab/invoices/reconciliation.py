"""Whether an invoice agrees with the usage history of the same billing period."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import fsum
from typing import Any, Final

import polars as pl

from cfusage_lab.frames.checks import wrong_granularity
from cfusage_lab.frames.history import polars_history
from cfusage_lab.frames.row_order import runs_of
from cfusage_lab.invoices.lines import PERIOD, SUM_ROUNDING, invoice_lines_of
from cfusage_lab.invoices.verdicts import HourSums, outcome_of, verdict_of
from cfusage_lab.schema import HISTORY, RECONCILIATION, WIDTHS, Granularity
from cfusage_lab.time_units import DAY, HOUR

__all__ = ["reconcile"]

_LINE_ROUNDING: Final = 0.005
"""US dollars a line: an invoice is written in cents, so each of its lines may be off by half of one."""
_RELATIVE: Final = 1e-9
"""The same for sums of millions."""
_WINDOW: Final = pl.Schema(
    {name: HISTORY[name] for name in ("account_id", "start_time", "end_time", "aggregated_value", "state")}
)


def reconcile(history: object, invoice_lines: object, *, days: object = None) -> pl.DataFrame:
    """Compare the usage history with the invoice of the same billing period.

    Both come from Cloudflare, by two ways. Where they agree, the figures can be trusted, and so can their
    unit: the one is documented in dollars, the other comes in cents.

    Parameters
    ----------
    history
        Usage history in hour windows that holds the billing period, from its start to now or to its end,
        fetched at about the same time as the lines. Windows outside the period are not added up.
    invoice_lines
        Lines of invoices (``schema.INVOICE_LINES``), each once.
    days
        The same history in day windows, to be compared with the hours: fetched with ``granularity="day"``.

    Returns
    -------
    DataFrame
        One row is a billing period of an account (``schema.RECONCILIATION``). An account of the history
        that has no lines has one row, whose period is null. ``verdict`` is one of these:

        - ``agrees``: to half a cent a line, since an invoice is written in cents. A window that the period's
          bound cuts may count or not.
        - ``hours are still coming in``: what differs may be in the hours that are not complete. The invoice
          may lack them, or have more of them already: each may still become twice as costly as the costliest
          hour of the history.
        - ``off by a factor of 100: the unit is not what was believed``: one of the two is in cents where it
          is read as dollars, or the other way round. Told only where rounding and open hours can't bring it
          about.
        - ``differs by $1.23``
        - ``unknown: …``, with what is missing: hours of the period, or lines.

    Raises
    ------
    FrameError
        If a table is not of the kind that is wanted, or a window is a duplicate.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-18T09:30Z"
    >>> client = cfu.UsageClient.sandbox(now=now)
    >>> history = client.usage_history(cfu.month_to_date(time_zone="UTC", now=now))
    >>> checked = cfu.reconcile(history, client.invoice_preview())
    >>> checked["verdict"].item(), round(checked["hours_usd"].item(), 2)
    ('agrees', 1511.66)
    """
    lines = invoice_lines_of(invoice_lines)
    hours = _by_account(history, "hour")
    by_day = None if days is None else _by_account(days, "day")
    none = pl.DataFrame(schema=_WINDOW)
    rows = []
    for period, of_period in lines.group_by(*PERIOD, maintain_order=True):
        account_id, start, end = period
        check = _Check(
            hours=_Windows(hours.get((account_id,), none), start, end, HOUR),
            days=None if by_day is None else _Windows(by_day.get((account_id,), none), start, end, DAY),
            lines=of_period["billed_usd"].to_list(),
        )
        rows.append((*period, *check.row()))
    for (account_id,) in hours.keys() - {(account_id,) for account_id in lines["account_id"]}:
        nothing = "unknown: there is no invoice line of this account"
        rows.append((account_id, *[None] * 8, "unknown", nothing, None))
    return pl.DataFrame(rows, schema=RECONCILIATION, orient="row").sort(*PERIOD)


def _by_account(history: object, granularity: Granularity) -> dict[tuple[Any, ...], pl.DataFrame]:
    """Check a history of one granularity; return it account by account."""
    windows = polars_history(history, _WINDOW)
    if windows.filter(pl.col("end_time") - pl.col("start_time") != WIDTHS[granularity]).height:
        raise wrong_granularity(granularity)
    runs = runs_of(windows["account_id"])
    ends = runs["len"].cum_sum()
    parts = zip(runs["value"], ends - runs["len"], runs["len"], strict=True)
    return {(account_id,): windows.slice(at, length) for account_id, at, length in parts}


@dataclass(frozen=True, slots=True)
class _Windows:
    """The windows of an account, of which a billing period is looked at."""

    all: pl.DataFrame
    start: datetime
    end: datetime
    width: timedelta

    @property
    def inside(self) -> pl.DataFrame:
        """Those that begin in the period."""
        return self.all.filter((pl.col("start_time") >= self.start) & (pl.col("start_time") < self.end))

    @property
    def cut_usd(self) -> float:
        """What the windows cost that lie on a bound of the period, which may begin at any minute."""
        is_cut = [
            (pl.col("start_time") < bound) & (pl.col("end_time") > bound) for bound in (self.start, self.end)
        ]
        return _sum(self.all.filter(is_cut[0] | is_cut[1]).with_columns(pl.col("aggregated_value").abs()))

    def missing(self) -> datetime | None:
        """Return the first window of the period that is not there, up to the last that may still change."""
        known = self.all.filter(pl.col("aggregated_value").is_not_null() & (pl.col("start_time") < self.end))
        end, last = self.end, known.tail(1)
        if last.height and last["state"].item() != "complete":
            end = min(end, last["end_time"].item())
        off = (self.start - datetime.fromtimestamp(0, self.start.tzinfo)) % self.width
        moment = self.start + (self.width - off if off else timedelta())
        starts = set(known["start_time"])
        while moment < end:
            if moment not in starts:
                return moment
            moment += self.width
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Check:
    """A billing period of an account: its windows, and its invoice lines in US dollars."""

    hours: _Windows
    days: _Windows | None
    lines: list[float]

    def row(self) -> tuple[Any, ...]:
        """Return the figures and verdicts, in order of the columns."""
        inside, costs = self.hours.inside, self.hours.all["aggregated_value"]
        complete = inside.filter(pl.col("state") == "complete")
        sums = HourSums(
            total_usd=_sum(inside),
            settled_usd=_sum(complete),
            hours=inside.height,
            open_hours=inside.filter(pl.col("state") != "complete").height,
            costliest_usd=max(0.0, float(costs.max() or 0.0)),  # type: ignore[arg-type]
        )
        billed = fsum(self.lines)
        slack = _LINE_ROUNDING * len(self.lines) + self.hours.cut_usd + _rounding(sums.total_usd)
        outcome, verdict = self._of_invoice(billed, sums, slack)
        by_day, days_verdict = self._of_days(sums)
        is_told = abs(billed) > slack and not inside.is_empty()
        return (
            *(None if inside.is_empty() else amount for amount in (sums.total_usd, sums.settled_usd)),
            by_day,
            billed,
            None if inside.is_empty() else sums.total_usd - billed,
            sums.total_usd / billed if is_told else None,
            outcome,
            verdict,
            days_verdict,
        )

    def _of_invoice(self, billed: float, sums: HourSums, slack: float) -> tuple[str, str]:
        unknown = _unknown(self.hours, "hour")
        if unknown:
            return "unknown", unknown
        outcome = outcome_of(billed, sums, slack=slack)
        if outcome in {"differs", "factor_100"} and max(self.lines) <= 0.0 and billed < 0.0:
            return "unknown", "unknown: the lines of this period only correct another invoice"
        return outcome, verdict_of(outcome, sums.total_usd - billed)

    def _of_days(self, sums: HourSums) -> tuple[float | None, str | None]:
        """Return what the days add up to, and whether the hours do so, too."""
        if self.days is None:
            return None, None
        inside = self.days.inside
        by_day = None if inside.is_empty() else _sum(inside)
        if any(
            (bound.hour, bound.minute, bound.second) != (0, 0, 0)
            for bound in (self.days.start, self.days.end)
        ):
            return by_day, "unknown: the billing period is not of whole UTC days"
        unknown = _unknown(self.hours, "hour") or _unknown(self.days, "day")
        if unknown or by_day is None:
            return by_day, unknown
        outcome = outcome_of(by_day, sums, slack=_rounding(sums.total_usd))
        return by_day, verdict_of(outcome, sums.total_usd - by_day)


def _unknown(windows: _Windows, what: str) -> str:
    """Say what of the period is not there."""
    if windows.inside.is_empty():
        return f"unknown: no {what} of the billing period is in the history: fetch it from the period's start"
    missing = windows.missing()
    return "" if missing is None else f"unknown: the history lacks the {what} from {missing:%Y-%m-%dT%H:%MZ}"


def _rounding(total: float) -> float:
    return SUM_ROUNDING + _RELATIVE * abs(total)


def _sum(windows: pl.DataFrame) -> float:
    return fsum(windows["aggregated_value"].drop_nulls())
