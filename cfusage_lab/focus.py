"""The FOCUS export: usage history as rows of the FinOps Open Cost and Usage Specification.

https://focus.finops.org/focus-specification: the columns are its own, and so are their types, formats
and allowed values. What the endpoint does not say is assumed, and every assumption travels with the rows.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal, get_args

import polars as pl

from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.files import Content, checked_path, is_stream, write_file, write_together
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.frames.history import polars_history
from cfusage_lab.frames.table_files import write_csv
from cfusage_lab.invoices import invoice_lines_of
from cfusage_lab.options import check_choice, check_flags, check_whole, names_of
from cfusage_lab.schema import WINDOWS
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.time_units import DAY_SECONDS, HOUR_SECONDS
from cfusage_lab.wording import dollars

__all__ = ["Billing", "FocusExport", "FocusVersion", "to_focus"]

Billing = Literal["prepaid", "invoiced"]
FocusVersion = Literal["1.3", "1.2"]

_GRANULARITIES: Final = {HOUR_SECONDS: "hour", DAY_SECONDS: "day"}
_PROVIDERS: Final = {
    "1.3": ("HostProviderName", "ServiceProviderName"),
    "1.2": ("ProviderName", "PublisherName"),
}
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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FocusExport:
    """Rows in the columns of FOCUS, and what was assumed to fill them.

    Attributes
    ----------
    table
        One row is one window of an account, in order of account and time. The FOCUS columns come first, in
        order of name; then ``x_Granularity``, ``hour`` or ``day``, and ``x_State``, ``complete``,
        ``provisional`` or ``in_progress``. Costs are US dollars, unrounded; times are UTC instants, each
        end exclusive.
    assumptions
        Column, or several with commas between, to what was assumed about it.
    version
        The version of FOCUS.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import cfusage_lab as cfu
    >>> now = datetime(2026, 11, 20, tzinfo=UTC)
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(7, now=now))
    >>> export = cfu.to_focus(history, billing="prepaid", allow_sandbox=True)
    >>> print(export.assumptions["ListCost, ContractedCost"])
    equal to EffectiveCost, as is so only without a discount: none is known
    """

    table: pl.DataFrame
    assumptions: Mapping[str, str]
    version: FocusVersion

    def write_csv(self, path: str | os.PathLike[str], *, rows_per_file: int | None = None) -> Path:
        """Write the rows as CSV, and the assumptions beside them: ``usage.csv``, ``usage.assumptions.json``.

        Times read ``YYYY-MM-DDTHH:mm:ssZ``; numbers have all their digits and no exponent; null is empty. A
        text that a spreadsheet would take for a formula, such as an account's name that begins with ``=``,
        has an apostrophe before it; :func:`cfusage_lab.read_table` takes that off again. All files are
        replaced, or none; into a pipe or a device, the rows alone are written.

        Parameters
        ----------
        path
            The CSV file.
        rows_per_file
            How many rows a file may have, for an upload with a limit: the rows then go into ``usage-1.csv``,
            ``usage-2.csv`` and so on, each with the header. A row takes about 350 bytes: 5,000 stay below
            2 MB. Left out: one file.

        Returns
        -------
        Path
            The CSV file; of several, the first.

        Raises
        ------
        ConfigError
            If a file can't be written there, ``rows_per_file`` is less than 1, or a part of an earlier export
            would be left over.
        TransportError
            If there is no room.
        """
        target = checked_path(path)
        if rows_per_file is None and is_stream(target):
            return write_file(target, partial(write_csv, self.table))
        files = {target: self.table} if rows_per_file is None else _parts(self.table, target, rows_per_file)
        about = {"focus_version": self.version, "assumptions": dict(self.assumptions)}
        text = json.dumps(about, indent=2, ensure_ascii=False) + "\n"
        rows: dict[Path, Content] = {file: partial(write_csv, part) for file, part in files.items()}
        write_together({**rows, target.with_suffix(".assumptions.json"): text})
        return next(iter(files))

    def write_parquet(self, path: str | os.PathLike[str]) -> Path:
        """Write the rows as Parquet, the assumptions as JSON under ``assumptions`` in the file's metadata.

        Beside it stands ``focus_version``. Returns the file, and raises as :meth:`write_csv`.
        """
        assumptions = json.dumps(dict(self.assumptions), ensure_ascii=False)
        metadata = {"focus_version": self.version, "assumptions": assumptions}
        return write_file(path, lambda file: self.table.write_parquet(file, metadata=metadata))


def to_focus(
    history: object,
    *,
    billing: Billing,
    version: FocusVersion = "1.3",
    account_names: Mapping[str, str | None] | None = None,
    include_incomplete: bool = False,
    allow_sandbox: bool = False,
    invoice_lines: object = None,
) -> FocusExport:
    """Return usage history as a FOCUS table, with what had to be assumed.

    It has the 21 columns that FOCUS 1.3 makes mandatory, and ``ChargeFrequency`` and ``ServiceSubcategory``,
    which it recommends; ``ProviderName`` and ``PublisherName``, which 1.3 deprecates, stand in 1.2 only, in
    place of ``HostProviderName`` and ``ServiceProviderName``.

    Parameters
    ----------
    history
        Usage history of hours or of UTC days, never both. A lazy or PySpark table is computed here.
    billing
        Who is billed for what decides ``BilledCost``, and only the caller knows: ``"prepaid"`` credits make
        it 0, ``"invoiced"`` usage makes it the cost. ``EffectiveCost`` is the cost either way.
    version
        The version of FOCUS.
    account_names
        Account id to ``BillingAccountName``, as in ``dict(client.accounts().iter_rows())``. Left out: null.
    include_incomplete
        Whether to export windows, too, whose cost may still change; ``x_State`` tells them apart.
    allow_sandbox
        Whether made-up data may pass. It is marked in ``ChargeDescription`` and in the assumptions.
    invoice_lines
        Lines of invoices (``schema.INVOICE_LINES``), which take the place of assumptions for the windows of
        their accounts and periods. An invoice knows models, not hours, so the part of it that is due, credits
        and discounts taken off, is the part of every window's cost that is billed: ``BilledCost`` then adds
        up to what is due, as far as the hours add up to the lines. ``billing`` holds for all other windows.

    Returns
    -------
    FocusExport
        The table, the assumptions and the version, with ``write_csv`` and ``write_parquet``.

    Raises
    ------
    ConfigError
        If ``billing`` or ``version`` is another one, or an account's name is blank.
    FrameError
        If the table is no history, a window is a duplicate, lacks something, is off the grid or has a cost
        that is no number; or if it holds the sandbox's accounts and ``allow_sandbox`` is not set.

    Notes
    -----
    ``EffectiveCost`` is ``aggregated_value`` of Cloudflare API, ``ai-gateway/billing/usage-history``, bit by
    bit: it adds up to what the exported windows add up to.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> import cfusage_lab as cfu
    >>> now = datetime(2026, 11, 20, tzinfo=UTC)
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(7, now=now))
    >>> export = cfu.to_focus(history, billing="prepaid", allow_sandbox=True)
    >>> export.table.height  # the last two days are still provisional
    120
    """
    check_choice(billing, "billing", get_args(Billing))
    check_choice(version, "version", get_args(FocusVersion))
    check_flags(include_incomplete=include_incomplete, allow_sandbox=allow_sandbox)
    names = names_of(account_names, "account_names")
    blank = [account_id for account_id, name in names.items() if name is not None and not name.strip()]
    if blank:
        raise ConfigError(f"the name of account {blank[0]} is blank: leave it out, or pass None")
    windows = _windows(history)
    made_up = sorted(set(windows["account_id"]) & SANDBOX_ACCOUNTS.keys())
    if made_up and not allow_sandbox:
        raise FrameError(
            f"account {made_up[0]} is the sandbox's: its cost is made up and belongs in no bill; pass "
            "allow_sandbox=True to export it all the same"
        )
    lines = None if invoice_lines is None else invoice_lines_of(invoice_lines)
    windows = _with_invoices(windows, lines, billing)
    exported = windows if include_incomplete else windows.filter(pl.col("state") == "complete")
    return FocusExport(
        table=_focus_table(exported, version=version, names=names),
        assumptions={
            "BilledCost": _BILLED[billing],
            **_ASSUMED,
            **({} if lines is None else _measured(exported, lines, billing)),
            ", ".join(("InvoiceIssuerName", *_PROVIDERS[version])): "Cloudflare, whoever runs the model",
            "x_State": _completeness(windows, exported),
            **({"ChargeDescription": "made-up data of the sandbox is marked as such"} if made_up else {}),
        },
        version=version,
    )


def _windows(history: object) -> pl.DataFrame:
    """Return the windows in order, or refuse those that would make a wrong bill."""
    table = polars_history(history, WINDOWS)
    refuse_nulls(table, ["aggregated_value"])
    width = (pl.col("end_time") - pl.col("start_time")).dt.total_seconds()
    return table.with_columns(width=width)


def _with_invoices(windows: pl.DataFrame, lines: pl.DataFrame | None, billing: Billing) -> pl.DataFrame:
    """Add the billing period of each window, the part of its cost that is billed, and whether it is known."""
    month = pl.col("start_time").dt.truncate("1mo")
    assumed = {
        "billed_part": pl.lit(1.0 if billing == "invoiced" else 0.0),
        "period_start": month,
        "period_end": month.dt.offset_by("1mo"),
    }
    if lines is None:
        return windows.with_columns(**assumed, is_measured=pl.lit(value=False))
    due = pl.col("billed_usd") - pl.col("credits_usd") - pl.col("discounts_usd")
    periods = (
        lines.group_by("account_id", "period_start", "period_end")
        .agg(due.sum().alias("due_usd"), pl.col("billed_usd").sum())
        .filter(pl.col("billed_usd") > 0)
        .select(
            "account_id", "period_start", "period_end", billed_part=pl.col("due_usd") / pl.col("billed_usd")
        )
        .sort("period_start")
    )
    found = windows.join_asof(
        periods,
        left_on="start_time",
        right_on="period_start",
        by="account_id",
        coalesce=False,
        check_sortedness=False,
    )
    is_measured = (pl.col("end_time") <= pl.col("period_end")).fill_null(value=False)
    return found.with_columns(
        **{name: pl.when(is_measured).then(name).otherwise(value) for name, value in assumed.items()},
        is_measured=is_measured,
    )


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


def _parts(table: pl.DataFrame, target: Path, rows_per_file: int) -> dict[Path, pl.DataFrame]:
    """Part a table into numbered files beside ``target``."""
    check_whole(rows_per_file, "rows_per_file")
    if is_stream(target):
        raise ConfigError(f"rows_per_file {rows_per_file}: {target} is one pipe or device: leave it out")
    starts = range(0, max(1, table.height), rows_per_file)
    names = [target.with_name(f"{target.stem}-{nth}{target.suffix}") for nth in range(1, len(starts) + 2)]
    if names[-1].exists():
        raise ConfigError(
            f"{names[-1].name} is left over from an earlier export: move it away, or take another name"
        )
    return {name: table[start : start + rows_per_file] for name, start in zip(names, starts, strict=False)}


def _focus_table(
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
        **{name: pl.lit("Cloudflare") for name in _PROVIDERS[version]},
    }
    ordered = {name: columns[name] for name in sorted(columns)}
    return windows.select(**ordered, x_Granularity=granularity, x_State=pl.col("state"))


def _completeness(windows: pl.DataFrame, exported: pl.DataFrame) -> str:
    """Say how many windows are left out, or may still change."""
    if left_out := windows.height - exported.height:
        return f"only complete windows: {left_out:,} that may still change are left out"
    changing = exported.filter(pl.col("state") != "complete").height
    return f"{changing:,} of {exported.height:,} windows may still change" if changing else "all are complete"
