"""Day over day and week over week: a bar a day, up or down from zero."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import bar_gap, cost_axis, day_x, room_for_day
from cfusage_lab.charts.colours import kinds_colour, kinds_outline, kinds_shape, pale_ground, state_look
from cfusage_lab.charts.headings import (
    NOT_YET,
    Heading,
    check_heading,
    dashed_fact,
    final_fact,
    is_running_alone,
    one_line,
)
from cfusage_lab.charts.marks import Part, choice_frames, hover_columns, zero_line
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import PickedAccounts, day_slots, pick_accounts, place_days
from cfusage_lab.charts.tooltips import add_account_title, compared_texts, compared_titles
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import COMPARISON, KINDS
from cfusage_lab.wording import counted, days_text, dollars, more_or_less

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
    heading: Heading = "full",
    empty: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw by how much each day's cost differs from the day before it.

    Bars go up from zero where cost rose and down where it fell; colour and the mark at the end of a bar tell
    the kind. A day without a known change is a grey band with a cross. Paler bars may still change; a dashed
    outline is a day with hours missing. Several accounts stand under each other, on one scale; those without
    cost are named in the heading, and of more than five, those with the largest changes are drawn.

    Parameters
    ----------
    comparison
        What :func:`cfusage_lab.day_over_day` returns (``schema.COMPARISON``).
    heading, empty
        As in :func:`comparison_chart`.
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`. A click frames a day, and its
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
    return _changes(
        comparison, _DAY, names=names, time_zone=time_zone, heading=heading, empty=empty, note=note
    )


def week_over_week_chart(
    comparison: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    heading: Heading = "full",
    empty: str | None = None,
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
    return _changes(
        comparison, _WEEK, names=names, time_zone=time_zone, heading=heading, empty=empty, note=note
    )


def _changes(
    comparison: pl.DataFrame,
    wording: _Words,
    *,
    names: Mapping[str, str] | None,
    time_zone: str | None,
    heading: Heading,
    empty: str | None,
    note: str | None,
) -> alt.VConcatChart:
    comparison = polars_table(comparison, COMPARISON, table="comparison", key=("account_id", "date"))
    found = pick_accounts(comparison, size="change_usd", names=names, is_short=check_heading(heading))
    first, per_slot = day_slots(found.table)
    facts = _facts(found, wording, found.when(time_zone))
    if per_slot > 1:
        facts.append(f"Each bar is the largest rise or fall of {per_slot:,} days")
    return fill_page(
        _PAGE.of(found.labels, nothing=empty, before=wording.before),
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
    return place_days(days, first=first, days=per_slot).with_columns(slot_days=per_slot)


# The heading


def _title(comparison: pl.DataFrame, wording: _Words) -> str:
    """State the last change that is known, of one account."""
    if comparison.is_empty():
        return f"{wording.name}: no days"
    if is_running_alone(comparison):
        return f"{wording.name}: {NOT_YET}"
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


def _facts(found: PickedAccounts, wording: _Words, days: list[str]) -> list[str]:
    """Say whose days these are and what is drawn, how often each kind occurs, and what may still change."""
    comparison = found.table
    if comparison.is_empty():
        return days
    counts = dict(comparison["kind"].value_counts().iter_rows())
    kinds = ", ".join(f"{counts[kind]:,} {kind}" for kind in KINDS if kind in counts)
    drawn = comparison.filter(pl.col("change_usd").is_not_null())
    others = comparison.filter(pl.col("change_usd").is_null(), ~pl.col("is_whole"))
    short = others.filter(pl.col("state") != "in_progress").height
    reasons = [f"{counted(short, 'day has', 'days have')} hours missing"] if short else []
    reasons += ["today isn't over"] if others.height > short else []
    return [
        *one_line([found.whose, f"US dollars more or less than {wording.partner}"]),
        *one_line(days),
        *one_line([kinds, *reasons]),
        *one_line([*final_fact(comparison, "day", by="date"), *dashed_fact(drawn)]),
    ]


# The picture


def _layers(row: Row, *, before: str) -> list[Part]:
    """Draw a bar a day; ``before`` is what the cost of the day that is compared with is called."""
    base = alt.Chart().encode(x=day_x(is_labelled=row.is_last), x2="right:T")
    unknown = base.mark_rect(fill="#808080", fillOpacity=0.14).transform_filter("datum.kind === 'unknown'")
    placed = base.encode(y="change_usd:Q", y2=alt.datum(0)).transform_filter("isValid(datum.change_usd)")
    bars = placed.mark_rect(x2Offset=bar_gap(), **state_look()).encode(
        color=kinds_colour(listed="change_kinds"), stroke=kinds_outline(listed="change_kinds")
    )
    titles = add_account_title(compared_titles(before=before), of=len(row.labels))
    texts = compared_texts(row.label, slot="the largest rise or fall")
    columns = hover_columns(base, ["left"], titles, texts, nth=row.nth)
    return [
        unknown,
        zero_line(),
        pale_ground(placed, x2Offset=bar_gap()),
        bars,
        _signs(),
        *choice_frames(base, "day", xOffset=-3, x2Offset=2),
        columns,
    ]


def _signs() -> Part:
    """Set the sign of its kind at the end of each bar, or on the line, as far as there is room."""
    is_common = "(datum.kind === 'up' || datum.kind === 'down')"
    room = f"{room_for_day()} * datum.slot_days"
    return (
        alt.Chart()
        .mark_point(
            size=alt.ExprRef(f"{room} > 12 ? ({is_common} ? 40 : 70) : {is_common} || {room} < 3 ? 0 : 25"),
            yOffset=alt.ExprRef("datum.change_usd > 0 ? -7 : datum.change_usd < 0 ? 7 : 0"),
        )
        .encode(
            x="middle:T",
            y=alt.Y("tip:Q", axis=cost_axis(), scale=alt.Scale(padding=14)),
            color=kinds_colour(listed="change_kinds"),
            shape=kinds_shape(listed="change_kinds"),
        )
        .transform_calculate(
            middle="(+datum.left + +datum.right) / 2", tip="isValid(datum.change_usd) ? datum.change_usd : 0"
        )
    )


_PAGE: Final = AccountPage(_layers, heights=(240, 110), what="day", choice=("day", ["day"]))
