"""What a report says of how cost moved."""

from typing import Any

import polars as pl

from cfusage_lab.charts import comparison_chart, day_over_day_chart, month_over_month_chart, movers_chart
from cfusage_lab.headline import change_text, comparison_sentence
from cfusage_lab.ranges import zone
from cfusage_lab.reports.comparison_range import UNTIL_THEN, ComparisonRange
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.markup import Card, money, paragraph
from cfusage_lab.view.pages import Block
from cfusage_lab.wording import dollars, html_text, span_text

__all__ = ["account_changes", "change_card", "compared_with", "ratio_text", "what_changed"]


def what_changed(figures: Figures) -> list[Block]:
    """Set the days beside others: those right before, or the days before the time range."""
    common: dict[str, Any] = {"time_zone": figures.time_zone, "names": figures.names}
    before = figures.before
    if before is None or before.is_month:
        charts = [
            day_over_day_chart(figures.changes(), **common),
            month_over_month_chart(figures.month(), until=figures.overall["until"], **common),
        ]
    elif not before.is_held(figures.known.history):
        return [
            paragraph(
                f"Not compared with {before.partner}, {compared_with(figures, before)}: hours of it are "
                f"missing. Fetch the history from {before.previous.start:%Y-%m-%dT%H:%MZ} or earlier."
            )
        ]
    else:
        pairs = figures.pairs(before)
        is_whole = pairs.filter(pl.col("kind") != "unknown").height == figures.total_daily.height
        current = "This time range" if is_whole else "Whole days of this time range"
        partner = before.partner.removesuffix(UNTIL_THEN)  # no day that is cut is compared
        charts = [comparison_chart(pairs, current=current, previous=partner, **common)]
    movers = figures.movers().filter(pl.col("change_usd") != 0)
    return [*charts, *([movers_chart(movers, **common)] if movers.height else [])]


def change_card(figures: Figures, before: ComparisonRange) -> Card:
    """Say how the time range compares with what came before it."""
    row = before.compared(figures.known.total).row(0, named=True)
    said = comparison_sentence(row["kind"], row["change_usd"], row["change_ratio"], "that")
    label = f"{before.partner[:1].upper()}{before.partner[1:]}"
    current = "this time range"
    if before.current.end < figures.span[1]:
        current += f" without the running hour, {dollars(row['current_usd'])}"
    return Card(label, money(row["previous_usd"]), html_text(f"{current}: {said}"))


def account_changes(figures: Figures, before: ComparisonRange) -> dict[str, str]:
    """Return how each account compares, as HTML."""
    rows = before.compared(figures.known.history).iter_rows(named=True)
    return {row["account_id"]: ratio_text(row["change_ratio"], row["kind"]) for row in rows}


def ratio_text(ratio: float | None, kind: str) -> str:
    """Write how a figure changed, with the unrounded ratio beside it where there is one."""
    text = change_text(ratio, kind)
    return text if ratio is None else f'<data value="{ratio!r}">{text}</data>'


def compared_with(figures: Figures, before: ComparisonRange) -> str:
    """Write the days that the time range is compared with."""
    return span_text(before.previous.start, before.previous.end, zone(figures.time_zone))
