"""Two ranges of days, beside each other."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.accounts import Picked, picked
from cfusage_lab.charts.days import changing, dated, slots, when
from cfusage_lab.charts.parts import (
    bar_gap,
    choosable,
    chosen,
    cost_scale,
    day_x,
    drawn,
    page,
    pointed,
    row,
    words,
    zero_line,
    zeros_of,
)
from cfusage_lab.charts.shades import FRAME, settled
from cfusage_lab.charts.style import PALETTE, REST, cost_axis
from cfusage_lab.charts.texts import compared_texts, compared_titles, titled
from cfusage_lab.frames import polars_table
from cfusage_lab.frames.expressions import net
from cfusage_lab.options import check_text
from cfusage_lab.schema import COMPARISON, RANGE_COMPARISON
from cfusage_lab.wording import days_text, dollars, more_or_less

__all__ = ["comparison_chart"]

_COLOURS: Final = {"current": PALETTE[0], "previous": REST}


def comparison_chart(
    comparison: pl.DataFrame,
    *,
    current: str = "This range",
    previous: str = "the range before",
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw each day of a range beside its partner in another one.

    The filled bar is the day that the axis names, the hollow one to its left its partner; where the partner
    is not known there is none. Paler bars may still change; a dashed outline is a day with hours missing.
    Several accounts stand under each other, each on its own scale; of more than five, the costliest are
    drawn.

    Parameters
    ----------
    comparison
        What :func:`cfusage_lab.compare` returns (``schema.RANGE_COMPARISON``; without
        ``previous_date``, the heading can't say which days the partners are).
    current, previous
        What the two ranges are called, as in a sentence.
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
    found = picked(comparison, size="current_usd", names=names)
    first, per_slot = slots(found.table)
    facts = _facts(found, when(found.table, time_zone), previous)
    if per_slot > 1:
        facts.append(f"Each pair is the costliest of {per_slot:,} days")
    return drawn(
        _page(found.labels, zero_rows=zeros_of(found.tables, "current_usd", "previous_usd")),
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
    return dated(days, first=first, days=per_slot).with_columns(slot_days=per_slot)


# The heading


def _title(comparison: pl.DataFrame, current: str, previous: str) -> str:
    """State what the days with a partner cost in both ranges, of one account."""
    known = comparison.filter(pl.col("kind") != "unknown")
    if comparison.is_empty():
        return f"{current} against {previous}: no days"
    if comparison["account_id"].n_unique() > 1 or known.is_empty():
        return f"{current} against {previous}"
    cost, before = net(known["current_usd"]), net(known["previous_usd"])
    if cost == before:
        return f"{current}: {dollars(cost)}, the same as {previous}"
    change = more_or_less(cost - before, (cost - before) / before if before > 0 else None)
    return f"{current}: {dollars(cost)}, {change} than {previous}"


def _facts(found: Picked, days: list[str], previous: str) -> list[str]:
    """Say whose days these are and when, which their partners are, and how many may still change."""
    comparison = found.table
    if comparison.is_empty():
        return days
    unknown = comparison.filter(pl.col("kind") == "unknown").height
    partners = _partners(comparison)
    notes = [f"Compared with {partners}"] if partners and partners not in previous else []
    notes += [f"Not compared: {unknown:,} of {comparison.height:,} days"] if unknown else []
    notes += [f"Paler bars may still change: {changing(comparison)}"] if changing(comparison) else []
    lines = [f"{found.whose} · US dollars a day", " · ".join(days)]
    return lines + ([" · ".join(notes)] if notes else [])


def _partners(comparison: pl.DataFrame) -> str:
    """Say from which to which date the partners go; nothing where the table does not tell, or has none."""
    if "previous_date" not in comparison.columns:
        return ""
    found = comparison.filter(pl.col("kind") != "unknown")["previous_date"].drop_nulls()
    return "" if found.is_empty() else days_text(found.min(), found.max())  # type: ignore[arg-type]


# The page without its tables and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _page(labels: tuple[str, ...], *, zero_rows: tuple[bool, ...]) -> Any:  # noqa: ANN401 - altair's own
    if not labels:
        return page([words("There is no day in this table")])
    rows = [_row(nth, labels, is_nothing=is_nothing) for nth, is_nothing in enumerate(zero_rows)]
    return choosable(page(rows), "day", fields=["day"])


def _row(nth: int, labels: tuple[str, ...], *, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    x = day_x(is_labelled=nth == len(labels) - 1)
    y = {"axis": cost_axis(f"row_{nth}"), "scale": cost_scale(is_zero=is_nothing)}
    titles = compared_titles(before="Partner")
    texts = compared_texts(labels[nth], slot="the costliest pair")
    base = alt.Chart().encode(x=x, x2="right:T")
    columns = pointed(nth, base, ["left"], titled(titles, of=len(labels))).transform_calculate(**texts)
    before = (
        _bar("previous", "from", "middle", y)
        .mark_rect(aria=False, fillOpacity=0.12, strokeWidth=1.2, stroke=REST, x2Offset=bar_gap())
        .transform_filter("isValid(datum.previous_usd)")
    )
    now = _bar("current", "middle", "to", y).mark_rect(
        aria=False, stroke=PALETTE[0], x2Offset=bar_gap(), **settled()
    )
    layers = [before, now, _key(), zero_line(), *chosen(base, "day", xOffset=-3, x2Offset=2), columns]
    return row(layers, nth, labels, heights=(240, 110))


def _bar(which: str, left: str, right: str, y: dict[str, Any]) -> Any:  # noqa: ANN401 - altair's own
    """Put the bar of one range into its half of the day, which keeps a tenth free at either end."""
    margin = "(datum.right - datum.left) / 10"
    return (
        alt.Chart()
        .encode(
            x=f"{left}:T",
            x2=f"{right}:T",
            y=alt.Y(f"{which}_usd:Q", **y),
            y2=alt.datum(0),
            color=_colour(),
        )
        .transform_calculate(
            **{
                "which": f"'{which}'",
                "from": f"+datum.left + {margin}",
                "middle": "(+datum.left + +datum.right) / 2",
                "to": f"+datum.right - {margin}",
            }
        )
    )


def _key() -> Any:  # noqa: ANN401 - altair's own
    """Draw nothing but the key."""
    shape = alt.Shape(
        "which:N", scale=alt.Scale(domain=list(_COLOURS), range=["square", FRAME]), legend=_legend()
    )
    return (
        alt.Chart()
        .mark_point(aria=False, filled=True, opacity=1)
        .encode(color=_colour(), shape=shape)
        .transform_calculate(which="'current'")
        .transform_filter("false")
    )


def _colour() -> alt.Color:
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("which:N", scale=scale, legend=_legend())


def _legend() -> alt.Legend:
    return alt.Legend(
        orient="top",
        title=None,
        labelFontSize=12,
        labelExpr="range_labels[datum.label]",
        labelLimit=0,
        symbolSize=90,
    )
