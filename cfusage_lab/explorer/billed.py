"""What each model was billed, and whether the hours agree with it, as HTML."""

from collections.abc import Mapping
from typing import Any, Final
from zoneinfo import ZoneInfo

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.errors import CfUsageError
from cfusage_lab.explorer.state import State
from cfusage_lab.invoices import agreement, is_alarming, model_name, reconcile, usage_by_model
from cfusage_lab.wording import dollars, html_text, share_text, span_text

__all__ = ["billed_html"]

_TITLE: Final = "Billed, by model"
_MOST_MODELS: Final = 20
"""Rows that are read one by one: a report has the rest."""
_AWAITED: Final = "whether the hours agree with it is told once all of them are fetched"
_UTC: Final = ZoneInfo("UTC")


def billed_html(state: State) -> str:
    """Write what the accounts on screen are billed by model; nothing where their source knows no invoice."""
    aside, names = state.aside, dict(state.names)
    if aside is None:
        return ""
    if aside.invoice is None:
        return _part("", [_quiet(f"not told: {aside.no_invoice}")]) if aside.no_invoice else ""
    is_awaited = state.is_busy and state.is_lacking(state.query.compared)
    try:
        models = usage_by_model(aside.invoice)
        checked = None if is_awaited else reconcile(state.known, aside.invoice)
    except CfUsageError as error:
        return _part("", [_quiet(f"can't be told: {error}")])
    said = [_quiet(_AWAITED)] if checked is None else _agreements(checked, names)
    if models.is_empty():
        return _part("", [_quiet("the invoice has no lines: nothing has been billed yet"), *said])
    return _part(_table(models, names), said)


def _part(table: str, said: list[str]) -> str:
    title = "" if table else f"<strong>{_TITLE}</strong>"
    return f"{title}{table}{''.join(said)}"


def _quiet(text: str) -> str:
    return f'<div class="cfusage-quiet">{html_text(text)}</div>'


def _agreements(checked: pl.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Say in a line an account whether the hours agree with the invoice; loud where they don't."""
    whose = labels(checked["account_id"].unique(), names=names)
    is_alone = checked.height == 1
    said = []
    for row in sorted(checked.iter_rows(named=True), key=lambda row: not is_alarming(row)):
        who, text = whose[row["account_id"]], agreement(row)
        if is_alarming(row):
            loud = html_text(
                f"These figures and the invoice do not agree: {text if is_alone else f'{who}: {text}'}"
            )
            said.append(f'<div class="cfusage-up" role="alert"><strong>{loud}</strong></div>')
        else:
            said.append(_quiet(f"Hours and invoice{'' if is_alone else f' of {who}'}: {text}"))
    return said


def _table(models: pl.DataFrame, names: Mapping[str, str]) -> str:
    """Write the costliest models of each account, and how many are not listed."""
    whose = labels(models["account_id"].unique(), names=names)
    largest = models.with_row_index("nth").top_k(_MOST_MODELS, by=pl.col("billed_usd").abs()).sort("nth")
    rows = "".join(_row(row, whose) for row in largest.iter_rows(named=True))
    periods = models.select("period_start", "period_end").unique().sort("period_start").rows()
    which = "; ".join(span_text(start, end, _UTC) for start, end in periods)
    note = f"for the invoice period {which} (UTC), whatever range is on screen"
    if models.height > largest.height:
        note += f" · the largest {largest.height} of {models.height:,}"
    heads = ["Model", *(["Account"] if len(whose) > 1 else [])]
    head = "".join(f'<th scope="col">{one}</th>' for one in heads)
    head += "".join(f'<th scope="col" class="cfusage-number">{one}</th>' for one in ("Billed", "Share"))
    return (
        f'<div class="cfusage-scroll" tabindex="0" role="region" aria-label="{_TITLE}">'
        f'<table class="cfusage-table"><caption>{_TITLE} <span class="cfusage-quiet">{html_text(note)}'
        f"</span></caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(row: Mapping[str, Any], whose: Mapping[str, str]) -> str:
    texts = [model_name(row), *([whose[row["account_id"]]] if len(whose) > 1 else [])]
    share = "" if row["share"] is None else share_text(row["share"])
    cells = "".join(f"<td>{html_text(text)}</td>" for text in texts)
    cells += "".join(f'<td class="cfusage-number">{one}</td>' for one in (dollars(row["billed_usd"]), share))
    return f"<tr>{cells}</tr>"
