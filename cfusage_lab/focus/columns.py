"""The columns of FOCUS, each with what fills it; their types, for reading back, are in ``schema.FOCUS``."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from cfusage_lab.focus.export import FocusVersion
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import DAY_SECONDS, HOUR_SECONDS

__all__ = ["PROVIDERS", "focus_table"]

_GRANULARITIES: Final = {HOUR_SECONDS: "hour", DAY_SECONDS: "day"}
PROVIDERS: Final = {
    "1.3": ("HostProviderName", "ServiceProviderName"),
    "1.2": ("ProviderName", "PublisherName"),
}


def focus_table(
    windows: pl.DataFrame, *, version: FocusVersion, names: Mapping[str, str | None]
) -> pl.DataFrame:
    """Return the windows in the columns of FOCUS, in order of name, and then ours."""
    cost, billed = (
        pl.when(value == 0).then(0.0).otherwise(value)  # no negative zero: a sign means below 0
        for value in (pl.col("aggregated_value"), pl.col("aggregated_value") * pl.col("billed_part"))
    )
    granularity = pl.col("width").replace_strict(_GRANULARITIES, return_dtype=pl.String)
    is_made_up = pl.col("account_id").is_in(list(SANDBOX_ACCOUNTS))
    description = pl.format("AI Gateway usage, {} window", granularity)
    columns = {
        "BilledCost": billed,
        "BillingAccountId": pl.col("account_id"),
        "BillingAccountName": pl.col("account_id").replace_strict(
            names, default=None, return_dtype=pl.String
        ),
        "BillingCurrency": pl.lit("USD"),
        "BillingPeriodEnd": pl.col("period_end"),
        "BillingPeriodStart": pl.col("period_start"),
        "ChargeCategory": pl.lit("Usage"),
        "ChargeClass": pl.lit(None, dtype=pl.String),
        "ChargeDescription": pl.when(is_made_up)
        .then(pl.format("Sandbox, made-up data: {}", description))
        .otherwise(description),
        "ChargeFrequency": pl.lit("Usage-Based"),
        "ChargePeriodEnd": pl.col("end_time"),
        "ChargePeriodStart": pl.col("start_time"),
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "InvoiceIssuerName": pl.lit("Cloudflare"),
        "ListCost": cost,
        "PricingQuantity": cost,
        "PricingUnit": pl.lit("USD"),
        "ServiceCategory": pl.lit("AI and Machine Learning"),
        "ServiceName": pl.lit("AI Gateway"),
        "ServiceSubcategory": pl.lit("Generative AI"),
        **{name: pl.lit("Cloudflare") for name in PROVIDERS[version]},
    }
    ordered = {name: columns[name] for name in sorted(columns)}
    return windows.select(**ordered, x_Granularity=granularity, x_State=pl.col("state"))
