"""Two ranges of days, beside each other."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.argument_checks import check_text
from cfusage_lab.charts.axes import bar_gap, columns_of, cost_axis, cost_scale, day_x, key
from cfusage_lab.charts.colours import FRAME, PALETTE, REST, pale_ground, state_look
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
from cfusage_lab.charts.rows import PickedAccounts, day_slots, pick_accounts, place_days, zeros_of
from cfusage_lab.charts.tooltips import add_account_title, compared_texts, compared_titles
from cfusage_lab.frames import polars_table
from cfusage_lab.frames.expressions import net
from cfusage_lab.schema import COMPARISON, RANGE_COMPARISON
from cfusage_lab.wording import days_text, dollars, more_or_less

__all__ = ["comparison_chart"]

_COLOURS: Final = {"current": PALETTE[0], "previous": REST}
_ENTRY_PIXELS: Final = 160
"""What an entry of the key takes: half of a short one and two dates."""


def comparison_chart(
    comparison: pl.DataFrame,
    *,
    current: str = "This range",
    previous: str = "the range before",
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    heading: Heading = "full",
    empty: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw each day of a range beside its partner in another one.

    The filled bar is the day that the axis names, the hollow one to its left its partner; where the partner
    is not known there is none. Paler bars may still change; a dashed outline is a day with hours missing.
    Several accounts stand under each other, on one scale; those without cost are named in the heading, and of
    more than five, the costliest are drawn.

    Parameters
    ----------
    comparison
        What :func:`cfusage_lab.compare` returns (``schema.RANGE_COMPARISON``; without
        ``previous_date``, the heading can't say which days the partners are).
    current, previous
        What the two ranges are called, as in a sentence.
    heading
        ``short`` leaves account, range and zone to what stands around the chart.
    empty
        What is said in the place of bars where the table has no row: why there is nothing to compare.
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`; a click frames a day, as in :func:`day_over_day_chart`.

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
    >>> daily = cfu.daily_usage(history, time_zone="UTC")
    >>> weeks = cfu.compare(daily.tail(7), daily.head(7))
    >>> chart = cfu.comparison_chart(weeks, current="This week", previous="the week before")
    >>> print(*chart.title.text)
    This week: $549.47, $48.21 less (-8.1%) than the week before
    """
    check_text(current, "current", is_needed=True)
    check_text(previous, "previous", is_needed=True)
    comparison = polars_table(
        comparison,
        COMPARISON,
        table="comparison",
        key=("account_id", "date"),
        optional=RANGE_COMPARISON,
    )
    found = pick_accounts(comparison, size="current_usd", names=names, is_short=check_heading(heading))
    first, per_slot = day_slots(found.table)
    facts = _facts(found, found.when(time_zone), previous)
    if per_slot > 1:
        facts.append(f"Each pair is the costliest of {per_slot:,} days")
    return fill_page(
        _PAGE.of(found.labels, zeros_of(found.tables, "current_usd", "previous_usd"), nothing=empty),
        [_pairs(one, first, per_slot) for one in found.tables],
        title=_title(comparison, current, previous),
        facts=[*facts, *found.facts],
        note=note,
        values={"range_labels": {"current": _capital(current), "previous": _capital(previous)}},
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


# The rows


def _pairs(table: pl.DataFrame, first: date | None, per_slot: int) -> pl.DataFrame:
    """Place pairs on the axis; where there are too many, the pair with the costliest day of each slot."""
    days = table.drop("account_id").sort("date")
    if per_slot > 1:
        slot = (pl.col("date") - first).dt.total_days() // per_slot
        cost = pl.max_horizontal("current_usd", "previous_usd").fill_null(0.0)
        days = days.group_by(slot=slot, maintain_order=True).agg(pl.all().get(cost.arg_max())).drop("slot")
    return place_days(days, first=first, days=per_slot).with_columns(slot_days=per_slot)


# The heading


def _title(comparison: pl.DataFrame, current: str, previous: str) -> str:
    """State what the days with a partner cost in both ranges, of one account."""
    known = comparison.filter(pl.col("kind") != "unknown")
    if comparison.is_empty():
        return f"{current} against {previous}: no days"
    if is_running_alone(comparison):
        return f"{current} against {previous}: {NOT_YET}"
    if comparison["account_id"].n_unique() > 1 or known.is_empty():
        return f"{current} against {previous}"
    cost, before = net(known["current_usd"]), net(known["previous_usd"])
    if cost == before:
        return f"{current}: {dollars(cost)}, the same as {previous}"
    change = more_or_less(cost - before, (cost - before) / before if before > 0 else None)
    return f"{current}: {dollars(cost)}, {change} than {previous}"


def _facts(found: PickedAccounts, days: list[str], previous: str) -> list[str]:
    """Say whose days these are and when, which their partners are, and how many may still change."""
    comparison = found.table
    if comparison.is_empty():
        return days
    unknown = comparison.filter(pl.col("kind") == "unknown").height
    partners = _partners(comparison)
    notes = [f"Compared with {partners}"] if partners and partners not in previous else []
    notes += [f"Not compared: {unknown:,} of {comparison.height:,} days"] if unknown else []
    notes += final_fact(comparison, "day", by="date") + dashed_fact(comparison)
    return [*one_line([found.whose, "US dollars a day"]), *one_line(days), *one_line(notes)]


def _partners(comparison: pl.DataFrame) -> str:
    """Say from which to which date the partners go; nothing where the table does not tell, or has none."""
    if "previous_date" not in comparison.columns:
        return ""
    found = comparison.filter(pl.col("kind") != "unknown")["previous_date"].drop_nulls()
    return "" if found.is_empty() else days_text(found.min(), found.max())  # type: ignore[arg-type]


# The picture


def _layers(row: Row) -> list[Part]:
    """Draw the partners' hollow bars and beside them the filled ones."""
    y = {"axis": cost_axis(), "scale": cost_scale(is_zero=row.is_zero)}
    base = alt.Chart().encode(x=day_x(is_labelled=row.is_last), x2="right:T")
    titles = add_account_title(compared_titles(before="Partner"), of=len(row.labels))
    texts = compared_texts(row.label, slot="the costliest pair")
    before = (
        _bar("previous", "from", "middle", y)
        .mark_rect(fillOpacity=0.12, strokeWidth=1.2, stroke=REST, x2Offset=bar_gap())
        .transform_filter("isValid(datum.previous_usd)")
    )
    placed = _bar("current", "middle", "to", y)
    now = placed.mark_rect(stroke=PALETTE[0], x2Offset=bar_gap(), **state_look())
    return [
        before,
        pale_ground(placed.encode(color=alt.value("#ffffff")), x2Offset=bar_gap()),
        now,
        _range_key(),
        zero_line(),
        *choice_frames(base, "day", xOffset=-3, x2Offset=2),
        hover_columns(base, ["left"], titles, texts, nth=row.nth),
    ]


def _bar(which: str, left: str, right: str, y: dict[str, Any]) -> Part:
    """Put the bar of one range into its half of the day, which keeps a tenth free at either end."""
    margin = "(datum.right - datum.left) / 10"
    places = {
        "which": f"'{which}'",
        "from": f"+datum.left + {margin}",
        "middle": "(+datum.left + +datum.right) / 2",
        "to": f"+datum.right - {margin}",
    }
    cost = alt.Y(f"{which}_usd:Q", **y)
    bar = alt.Chart().encode(x=f"{left}:T", x2=f"{right}:T", y=cost, y2=alt.datum(0), color=_colour())
    return bar.transform_calculate(**places)


def _range_key() -> Part:
    """Draw nothing but the key."""
    scale = alt.Scale(domain=list(_COLOURS), range=["square", FRAME])
    shape = alt.Shape("which:N", scale=scale, legend=_key())
    point = alt.Chart().mark_point().encode(color=_colour(), shape=shape)
    return point.transform_calculate(which="'current'").transform_filter("false")


def _key() -> alt.Legend:
    size = alt.ExprRef("width < 260 ? 10 : 12")  # for two dates in a cell beside an open file browser
    return key("range_labels", symbolSize=90, columns=columns_of(_ENTRY_PIXELS), labelFontSize=size)


def _colour() -> alt.Color:
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("which:N", scale=scale, legend=_key())


_PAGE: Final = AccountPage(_layers, heights=(240, 110), what="day", choice=("day", ["day"]))
