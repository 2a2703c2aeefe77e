"""What is assumed to fill the columns of FOCUS, in words: it travels with the rows."""

from typing import Final, Literal

import polars as pl

from cfusage_lab.focus.columns import PROVIDERS
from cfusage_lab.focus.export import FocusVersion
from cfusage_lab.source import are_made_up
from cfusage_lab.wording import dollars

__all__ = ["Billing", "assumptions_of"]

Billing = Literal["prepaid", "invoiced"]

_ASSUMED: Final = {
    "EffectiveCost": "the endpoint's figure, which counts Unified Billing only",
    "ListCost, ContractedCost": "equal to EffectiveCost, as is so only without a discount: none is known",
    "BillingPeriodStart, BillingPeriodEnd": "the calendar month in UTC: the endpoint names no billing period",
    "BillingAccountName": "the label that the caller gave, null where there is none",
    "ChargeClass": "null throughout: a correction of an invoiced month can't be told from usage",
    "PricingQuantity, PricingUnit": "the cost itself, in USD: the endpoint reports no other quantity",
    "ServiceName, ServiceCategory, ServiceSubcategory": "chosen here, after what AI Gateway does",
}
_BILLED: Final = {
    "prepaid": "0, as the caller said: credits are bought beforehand, and that purchase is what is billed",
    "invoiced": "equal to EffectiveCost, as the caller said: the usage itself is what is invoiced",
}


def assumptions_of(
    windows: pl.DataFrame,
    exported: pl.DataFrame,
    lines: pl.DataFrame | None,
    *,
    billing: Billing,
    version: FocusVersion,
) -> dict[str, str]:
    """Return column, or several with commas between, to what was assumed about it.

    Parameters
    ----------
    windows, exported
        All windows, and those that are exported; ``is_measured`` says whether an invoice covers one.
    lines
        The invoice lines, if there are any.
    billing, version
        As for :func:`cfusage_lab.to_focus`.
    """
    made_up = are_made_up(windows["account_id"].unique())
    return {
        "BilledCost": _BILLED[billing],
        **_ASSUMED,
        **({} if lines is None else _measured(exported, lines, billing)),
        ", ".join(("InvoiceIssuerName", *PROVIDERS[version])): "Cloudflare, whoever runs the model",
        "x_State": _completeness(windows, exported),
        **({"ChargeDescription": "made-up data of the sandbox is marked as such"} if made_up else {}),
    }


def _measured(exported: pl.DataFrame, lines: pl.DataFrame, billing: Billing) -> dict[str, str]:
    """Say what the invoice lines took the place of, and for how many windows."""
    known = exported.filter("is_measured").height
    told = f"for {known:,} of {exported.height:,} windows"
    rest = known < exported.height
    discounts = float(lines["discounts_usd"].sum())
    return {
        "BilledCost": (
            f"{told}, the cost times the part of the account's invoice that is due, credits and discounts "
            "taken off: an invoice knows no hours" + (f"; for the others, {_BILLED[billing]}" if rest else "")
        ),
        "BillingPeriodStart, BillingPeriodEnd": (
            f"{told}, the invoice's own" + ("; for the others, the calendar month in UTC" if rest else "")
        ),
        **(
            {
                "ListCost, ContractedCost": (
                    "equal to EffectiveCost, as is so only without a discount: the invoices have discounts "
                    f"of {dollars(discounts)}"
                )
            }
            if discounts
            else {}
        ),
    }


def _completeness(windows: pl.DataFrame, exported: pl.DataFrame) -> str:
    """Say how many windows are left out, or may still change."""
    if left_out := windows.height - exported.height:
        return f"only complete windows: {left_out:,} that may still change are left out"
    changing = exported.filter(pl.col("state") != "complete").height
    return f"{changing:,} of {exported.height:,} windows may still change" if changing else "all are complete"
