"""The lines of invoices: what is accepted as such, and billed cost by model."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from cfusage_lab.errors import FrameError
from cfusage_lab.frames import polars_table
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.schema import INVOICE_LINES, INVOICE_PREVIEWS, USAGE_BY_MODEL

__all__ = ["AMOUNTS", "PERIOD", "SUM_ROUNDING", "invoice_lines_of", "model_name", "usage_by_model"]

SUM_ROUNDING: Final = 1e-6
"""US dollars: what is left of adding up the same costs in another order, or from days instead of hours."""

PERIOD: Final = ("account_id", "period_start", "period_end")
_NAMES: Final = (*PERIOD, "description", "provider", "model", "billed_usd", "credits_usd", "discounts_usd")
_NEEDED: Final = pl.Schema({name: INVOICE_LINES[name] for name in _NAMES})
_SEEN: Final = pl.Schema({"fetched_at": INVOICE_PREVIEWS["fetched_at"]})
AMOUNTS: Final = ("billed_usd", "credits_usd", "discounts_usd")
"""What no line is without."""


def usage_by_model(invoice_lines: object) -> pl.DataFrame:
    """Add invoice lines up by model: billed cost, for the billing period of the invoice.

    It is the invoice's own figure. Usage history knows no models, so neither hours nor local days can be had
    by model.

    Parameters
    ----------
    invoice_lines
        Lines of invoices (``schema.INVOICE_LINES``), as :meth:`cfusage_lab.UsageClient.invoice_preview`
        returns them, each once.

    Returns
    -------
    DataFrame
        One row is a model in a billing period of an account (``schema.USAGE_BY_MODEL``), in order of account
        and period, the costliest first:

        - ``provider``, ``model``: null, in one row, for all that names no model
        - ``billed_usd``: US dollars; ``credits_usd`` and ``discounts_usd``: what of it credit pays, and what
          discounts take off; the rest is due
        - ``share``: of all that was billed in the period, a fraction; null unless that is above 0

    Raises
    ------
    FrameError
        If the table holds no invoice lines, or a line lacks its account, its period or an amount.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> cfu.usage_by_model(client.invoice_preview()).select("provider", "model", "billed_usd", "share")
    shape: (3, 4)
    ┌───────────┬──────────────────┬────────────┬──────────┐
    │ provider  ┆ model            ┆ billed_usd ┆ share    │
    │ ---       ┆ ---              ┆ ---        ┆ ---      │
    │ str       ┆ str              ┆ f64        ┆ f64      │
    ╞═══════════╪══════════════════╪════════════╪══════════╡
    │ openai    ┆ gpt-5.5          ┆ 786.06     ┆ 0.519998 │
    │ anthropic ┆ claude-haiku-4-5 ┆ 468.62     ┆ 0.310004 │
    │ google    ┆ gemini-3-flash   ┆ 256.98     ┆ 0.169999 │
    └───────────┴──────────────────┴────────────┴──────────┘
    """
    lines = invoice_lines_of(invoice_lines)
    whole = pl.col("billed_usd").sum().over(PERIOD)
    return (
        lines.group_by(*PERIOD, "provider", "model")
        .agg(pl.col("billed_usd", "credits_usd", "discounts_usd").sum())
        .with_columns(share=pl.when(whole > SUM_ROUNDING).then(pl.col("billed_usd") / whole))
        .sort(*PERIOD, "billed_usd", "provider", "model", descending=[*[False] * 3, True, False, False])
        .select(USAGE_BY_MODEL.names())
    )


def invoice_lines_of(invoice_lines: object) -> pl.DataFrame:
    """Return invoice lines, computed whatever their engine, or refuse them.

    Periods of an account that overlap are one: a line of a model that was first used in the middle of the
    invoice's period may begin there.

    Raises
    ------
    FrameError
        If the table holds none, or a line lacks its account, its period or an amount, or has an amount that
        is no finite number.
    """
    lines = polars_table(invoice_lines, _NEEDED, table="usage invoice", optional=_SEEN)
    if "fetched_at" in lines.columns:
        raise FrameError(
            "these are previews of several moments, which must not be added up: pass "
            "UsageArchive.invoice_lines(), each invoice as it was seen last"
        )
    times = pl.col("period_start", "period_end").dt.convert_time_zone("UTC")
    refuse_nulls(lines, AMOUNTS)
    lines = lines.with_columns(times.cast(INVOICE_LINES["period_start"]))
    if lines.filter(pl.col("period_start") >= pl.col("period_end")).height:
        raise FrameError(
            "the billing period of an invoice line ends before it begins: fetch the invoice again"
        )
    return _with_whole_periods(lines)


def _with_whole_periods(lines: pl.DataFrame) -> pl.DataFrame:
    """Give the lines of an account whose periods overlap the period that holds them all."""
    end_before = pl.col("period_end").cum_max().shift().over("account_id")
    is_apart = (pl.col("period_start") >= end_before).fill_null(value=True)
    return (
        lines.sort("account_id", "period_start", maintain_order=True)
        .with_columns(nth=is_apart.cum_sum())
        .with_columns(
            pl.col("period_start").min().over("account_id", "nth"),
            pl.col("period_end").max().over("account_id", "nth"),
        )
        .drop("nth")
    )


def model_name(row: Mapping[str, Any]) -> str:
    """Name the model of a row with ``provider`` and ``model`` as the invoice does."""
    return "/".join(filter(None, (row["provider"], row["model"]))) or "No model named"
