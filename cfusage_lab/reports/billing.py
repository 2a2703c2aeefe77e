"""What a report says of invoices: what each model was billed, and whether the hours agree with it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from cfusage_lab.charts import usage_by_model_chart
from cfusage_lab.headline import MOST_ACCOUNTS
from cfusage_lab.invoices import (
    agreement,
    invoice_lines_of,
    is_alarming,
    model_name,
    reconcile,
    usage_by_model,
)
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.markup import Column, money, paragraph, part, table, warning
from cfusage_lab.view.pages import Block
from cfusage_lab.wording import counted, html_text, span_text

__all__ = ["Billed", "agreements", "billed", "billed_by_model", "disagreements"]

_MOST_MODELS: Final = 20
_UTC: Final = ZoneInfo("UTC")
_PERIOD: Final = ("period_start", "period_end")


@dataclass(frozen=True, slots=True)
class Billed:
    """What the accounts of a report were billed.

    Attributes
    ----------
    models
        ``schema.USAGE_BY_MODEL``.
    checked
        The hours that are known held against it (``schema.RECONCILIATION``).
    """

    models: pl.DataFrame
    checked: pl.DataFrame


def billed(figures: Figures, invoice_lines: object) -> Billed:
    """Take the invoice lines of the report's accounts; raises FrameError where there are no such lines."""
    is_known = pl.col("account_id").is_in(figures.accounts["account_id"].implode())
    lines = invoice_lines_of(invoice_lines).filter(is_known)
    return Billed(models=usage_by_model(lines), checked=reconcile(figures.known.history, lines))


def billed_by_model(figures: Figures, found: Billed, made_at: datetime) -> Iterator[Block]:
    """Show what each model was billed, for whole invoice periods whatever the range of the report."""
    models = found.models
    if models.is_empty():
        yield paragraph("The invoice has no lines: nothing has been billed yet.")
        return
    periods = models.select(_PERIOD).unique().sort(_PERIOD).rows()
    which = "the invoice period" if len(periods) == 1 else counted(len(periods), "invoice period")
    running = " It is still running: more is billed until its end." if periods[-1][1] > made_at else ""
    yield paragraph(
        f"What Cloudflare bills for {which} {_spans(periods)} (UTC), whatever the time range of this report."
        f"{running} The usage history knows no models, so no hour and no day can be had by model."
    )
    yield usage_by_model_chart(models, names=figures.names)
    yield _table(figures, models, with_period=len(periods) > 1)


def disagreements(figures: Figures, found: Billed | None) -> Iterator[Block]:
    """Warn of the accounts whose hours and invoice do not fit together, and of nothing else."""
    rows = [] if found is None else [*filter(is_alarming, found.checked.iter_rows(named=True))]
    if rows:
        yield warning(f"These figures and the invoice do not agree. {_listed(figures, rows)}.")


def agreements(figures: Figures, found: Billed | None) -> dict[str, str]:
    """Say, as terms and meanings, how the hours compare with the invoice; what is wrong comes first."""
    if found is None or found.checked.is_empty():
        return {}
    rows = sorted(found.checked.iter_rows(named=True), key=lambda row: not is_alarming(row))
    return {"Hours against the invoice": _listed(figures, rows)}


def _listed(figures: Figures, rows: Sequence[dict[str, Any]]) -> str:
    said = [_said(figures, row) for row in rows[:MOST_ACCOUNTS]]
    if len(rows) > MOST_ACCOUNTS:
        said.append(f"and {len(rows) - MOST_ACCOUNTS:,} more")
    return "; ".join(said)


def _said(figures: Figures, row: dict[str, Any]) -> str:
    whose = [] if figures.is_alone else [figures.names[row["account_id"]]]
    which = [] if row["period_start"] is None else [span_text(row["period_start"], row["period_end"], _UTC)]
    return ": ".join(filter(None, [", ".join([*whose, *which]), agreement(row)]))


def _spans(periods: list[tuple[datetime, datetime]]) -> str:
    shown = [span_text(*period, _UTC) for period in periods[-MOST_ACCOUNTS:]]
    return "; ".join(shown if len(shown) == len(periods) else ["…", *shown])


def _table(figures: Figures, models: pl.DataFrame, *, with_period: bool) -> Block:
    largest = models.with_row_index("nth").top_k(_MOST_MODELS, by=pl.col("billed_usd").abs()).sort("nth")
    rows = [
        [
            html_text(model_name(row)),
            *([] if figures.is_alone else [html_text(figures.names[row["account_id"]])]),
            *([html_text(span_text(row["period_start"], row["period_end"], _UTC))] if with_period else []),
            money(row["billed_usd"]),
            part(row["share"]),
            money(row["credits_usd"]),
            money(row["discounts_usd"]),
        ]
        for row in largest.iter_rows(named=True)
    ]
    caption = "Billed by model"
    if models.height > largest.height:
        caption += f", the largest {largest.height} of {models.height:,}"
    numbers = [
        Column(heading, "number") for heading in ("Billed", "Share", "Prepaid credit pays", "Discounts")
    ]
    return table(
        caption,
        [
            Column("Model", "name"),
            *([] if figures.is_alone else [Column("Account", "name")]),
            *([Column("Invoice period, UTC")] if with_period else []),
            *numbers,
        ],
        rows,
    )
