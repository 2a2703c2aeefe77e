"""Models: what each was billed for an invoice period, one bar each."""

from collections.abc import Mapping
from typing import Final
from zoneinfo import ZoneInfo

import altair as alt
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.charts.bar_list import MOST_ROWS, bar_list_page, list_letters
from cfusage_lab.charts.colours import PALETTE
from cfusage_lab.charts.headings import one_line
from cfusage_lab.charts.page import fill_page
from cfusage_lab.charts.tooltips import exact_text
from cfusage_lab.frames import polars_table
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.invoices import model_name
from cfusage_lab.invoices.lines import AMOUNTS
from cfusage_lab.schema import USAGE_BY_MODEL
from cfusage_lab.wording import counted, dollars, span_text, visible

__all__ = ["usage_by_model_chart"]

_PERIOD: Final = ("period_start", "period_end")


def usage_by_model_chart(
    table: pl.DataFrame, *, names: Mapping[str, str] | None = None, note: str | None = None
) -> alt.VConcatChart:
    """Draw what each model was billed as bars, in the order of the table, with the amount and the share.

    It is billed cost of whole invoice periods, and says so: nothing of it is hourly. Bars go left from zero
    where a correction is larger than the cost. Of more than 40 rows, the costliest are drawn.

    Parameters
    ----------
    table
        What :func:`cfusage_lab.usage_by_model` returns (``schema.USAGE_BY_MODEL``).
    names, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> chart = cfu.usage_by_model_chart(cfu.usage_by_model(client.invoice_preview()))
    >>> print(chart.title.text)
    Billed, for the invoice period: $1,511.66
    """
    models = polars_table(table, USAGE_BY_MODEL, table="usage by model")
    refuse_nulls(models, AMOUNTS)
    rows = _rows(models, names)
    return fill_page(
        bar_list_page(
            rows.height, _TITLES, _TEXTS, empty="Nothing is billed in this table", colour=PALETTE[0]
        ),
        [rows] if rows.height else [],
        title=_title(models),
        facts=_facts(models, rows),
        note=note,
        values=list_letters(rows, spare=0),
    )


def _rows(models: pl.DataFrame, names: Mapping[str, str] | None) -> pl.DataFrame:
    """Give each row its place, from 1, its names, and what is told of it."""
    known = labels(dict.fromkeys(models["account_id"]), names=names)
    largest = models.with_row_index("nth").top_k(MOST_ROWS, by=pl.col("billed_usd").abs()).sort("nth")
    found = list(largest.iter_rows(named=True))
    accounts = [known[one["account_id"]] for one in found]
    periods = [_period(one) for one in found]
    named = [visible(model_name(one)) for one in found]
    apart = [
        texts if len(set(texts)) > 1 else [""] * len(found) for texts in (accounts, periods)
    ]  # what tells bars of one model from each other
    texts = {
        "who": named,
        "on": [", ".join(filter(None, pair)) for pair in zip(*apart, strict=True)],
        "account": accounts,
        "period": periods,
    }
    return largest.select(
        "billed_usd",
        "credits_usd",
        "discounts_usd",
        "share",
        change_usd="billed_usd",
        kind=pl.lit("flat"),
        state=pl.lit("complete"),
        is_whole=pl.lit(value=True),
        place=pl.int_range(1, pl.len() + 1),
        **{name: pl.Series(values, dtype=pl.String) for name, values in texts.items()},
    )


def _period(row: Mapping[str, object]) -> str:
    start, end = (row[name] for name in _PERIOD)
    return span_text(start, end, ZoneInfo("UTC"))  # type: ignore[arg-type]


def _title(models: pl.DataFrame) -> str:
    """State what was billed in all, and to whom."""
    if models.is_empty():
        return "Billed, for the invoice period: nothing"
    accounts, periods = (models.select(name).n_unique() for name in ("account_id", _PERIOD))
    whom = f" to {counted(accounts, 'account')}" if accounts > 1 else ""
    which = "the invoice period" if periods == 1 else counted(periods, "invoice period")
    return f"Billed{whom}, for {which}: {dollars(float(models['billed_usd'].sum()))}"


def _facts(models: pl.DataFrame, rows: pl.DataFrame) -> list[str]:
    """Say whose models these are, in what unit, what credit pays, and how many are not drawn."""
    if rows.is_empty():
        return []
    whose, when = ([rows[name][0]] if rows[name].n_unique() == 1 else [] for name in ("account", "period"))
    whole = "all that is billed" if models.select("account_id", *_PERIOD).n_unique() == 1 else "each invoice"
    lines = [*one_line([*whose, f"US dollars, and share of {whole}"]), *one_line([*when, "UTC"])]
    less = [
        (models["credits_usd"].sum(), "prepaid credit pays"),
        (models["discounts_usd"].sum(), "discounts take off"),
    ]
    lines += [f"Of it, {what} {dollars(float(amount))}" for amount, what in less if amount]
    if models.height > rows.height:
        lines.append(f"The largest {rows.height} of {models.height:,} rows")
    return lines


_TITLES: Final = {
    "account": "Account",
    "period": "Invoice period",
    "who": "Model",
    "change": "Billed",
    "credit": "Of it, by prepaid credit",
    "discount": "Of it, by discounts",
    "part": "Share",
}
_SHARE: Final = "isValid(datum.share) ? format(datum.share, ',.1%') : "
_TEXTS: Final = {
    "change": exact_text("datum.change_usd"),
    "aside": f"{_SHARE}''",
    "credit": exact_text("datum.credits_usd"),
    "discount": exact_text("datum.discounts_usd"),
    "part": f"{_SHARE}'none: nothing was billed in all'",
}
