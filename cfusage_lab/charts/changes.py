"""Day over day and week over week: a bar a day, up or down from zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.charts.accounts import Picked, picked
from cfusage_lab.charts.changes_page import changes_page
from cfusage_lab.charts.days import changing, dated, slots, when
from cfusage_lab.charts.parts import drawn
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import COMPARISON, KINDS
from cfusage_lab.wording import days_text, dollars, more_or_less

__all__ = ["day_over_day_chart", "week_over_week_chart"]


@dataclass(frozen=True, slots=True)
class _Words:
    """How the day that is compared with is called."""

    name: str
    partner: str
    before: str


_DAY: Final = _Words("Day over day", "the day before", "Day before")
_WEEK: Final = _Words("Week over week", "the same weekday a week before", "Week before")


def day_over_day_chart(
    comparison: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw by how much each day's cost differs from the day before it.

    Bars go up from zero where cost rose and down where it fell; colour and the mark at the end of a bar tell
    the kind. A day without a known change is a grey band with a cross. Paler bars may still change;
    a dashed outline is a day with hours missing. Several accounts stand under each other, each on
    its own scale; of more than five, those with the largest changes are drawn.

    Parameters
    ----------
    comparison
        What :func:`cfusage_lab.day_over_day` returns (``schema.COMPARISON``).
    names
        Account id to name; an account without one is called by the ends of its id. The order is kept.
    time_zone
        The IANA name of the zone whose days these are, to be said in the heading.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell. A click frames a day, and its
        selection ``day`` tells which by the field ``day``: the day's midnight in milliseconds, as a reading
        on a UTC scale whatever the zone. A double click takes it back.

    Raises
    ------
    FrameError
        If a column is missing.
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(14, now=now))
    >>> changes = cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))
    >>> chart = cfu.day_over_day_chart(changes, time_zone="UTC")  # cfu.show(chart) draws it
    >>> print(*chart.title.text)
    Day over day: Thu 19 Nov 2026 cost $90.16, $24.69 less (-21.5%)
    """
    return _changes(comparison, _DAY, names=names, time_zone=time_zone, note=note)


def week_over_week_chart(
    comparison: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw by how much each day's cost differs from the same weekday a week before.

    Takes what :func:`cfusage_lab.week_over_week` returns; otherwise as :func:`day_over_day_chart`.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(28, now=now))
    >>> changes = cfu.week_over_week(cfu.daily_usage(history, time_zone="UTC"))
    >>> chart = cfu.week_over_week_chart(changes, time_zone="UTC")
    >>> print(*chart.title.text)
    Week over week: Thu 19 Nov 2026 cost $90.16, $2.60 more (+3.0%)
    """
    return _changes(comparison, _WEEK, names=names, time_zone=time_zone, note=note)


def _changes(
    comparison: pl.DataFrame,
    wording: _Words,
    *,
    names: Mapping[str, str] | None,
    time_zone: str | None,
    note: str | None,
) -> alt.VConcatChart:
    comparison = polars_table(comparison, COMPARISON, table="comparison", key=("account_id", "date"))
    found = picked(comparison, size="change_usd", names=names)
    first, per_slot = slots(found.table)
    facts = _facts(found, wording, when(found.table, time_zone))
    if per_slot > 1:
        facts.append(f"Each bar is the largest rise or fall of {per_slot:,} days")
    return drawn(
        changes_page(found.labels, wording.before),
        [_bars(table, first, per_slot) for table in found.tables],
        title=_title(comparison, wording),
        facts=[*facts, *found.facts],
        note=note,
        values={"change_kinds": [kind for kind in KINDS if kind in set(found.table["kind"])]},
    )


# The rows


def _bars(table: pl.DataFrame, first: date | None, per_slot: int) -> pl.DataFrame:
    """Place days on the axis; where there are too many, the largest rise and the largest fall of each slot.

    A slot of nothing but unknown or unchanged days keeps its first one.
    """
    days = table.drop("account_id").sort("date")
    if per_slot > 1:
        change = pl.col("change_usd").fill_null(0.0)
        slot = (pl.col("date") - first).dt.total_days() // per_slot
        grouped = days.group_by(slot=slot, maintain_order=True)
        rises = grouped.agg(pl.all().get(change.arg_max())).filter(pl.col("change_usd") > 0)
        falls = grouped.agg(pl.all().get(change.arg_min())).filter(pl.col("change_usd") < 0)
        still = grouped.first().join(pl.concat([rises, falls]), on="slot", how="anti")
        days = pl.concat([rises, falls, still]).sort("slot", "change_usd").drop("slot")
    return dated(days, first=first, days=per_slot).with_columns(slot_days=per_slot)


# The heading


def _title(comparison: pl.DataFrame, wording: _Words) -> str:
    """State the last change that is known, of one account."""
    if comparison.is_empty():
        return f"{wording.name}: no days"
    known = comparison.filter(pl.col("kind") != "unknown").sort("date")
    if comparison["account_id"].n_unique() > 1 or known.is_empty():
        return f"{wording.name}: change of a day's cost"
    last = known.row(-1, named=True)
    if last["change_usd"] == 0:
        text = f"the same as {wording.partner}"
    else:
        text = more_or_less(last["change_usd"], last["change_ratio"])
    day = days_text(last["date"], last["date"])
    return f"{wording.name}: {day} cost {dollars(last['current_usd'])}, {text}"


def _facts(found: Picked, wording: _Words, days: list[str]) -> list[str]:
    """Say whose days these are and what is drawn, how often each kind occurs, and what may still change."""
    comparison = found.table
    if comparison.is_empty():
        return days
    counts = dict(comparison["kind"].value_counts().iter_rows())
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if kind in counts)
    unsettled, partial = changing(comparison), comparison.filter(~pl.col("is_whole")).height
    missing = [f"{partial:,} {'day has' if partial == 1 else 'days have'} hours missing"] if partial else []
    lines = [f"{found.whose} · US dollars more or less than {wording.partner}", " · ".join(days)]
    lines.append(" · ".join([kinds, *missing]))
    return lines + ([f"Paler bars may still change: {unsettled}"] if unsettled else [])
