"""Usage history to FOCUS: which windows, which part of their cost is billed, and in which billing period."""

from collections.abc import Mapping
from typing import get_args

import polars as pl

from cfusage_lab.argument_checks import check_choice, check_flags, names_of
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.focus.assumptions import Billing, assumptions_of
from cfusage_lab.focus.columns import focus_table
from cfusage_lab.focus.export import FocusExport, FocusVersion
from cfusage_lab.frames.checks import refuse_nulls
from cfusage_lab.frames.history import polars_history
from cfusage_lab.invoices import invoice_lines_of
from cfusage_lab.schema import WINDOWS
from cfusage_lab.source import SANDBOX_ACCOUNTS

__all__ = ["Billing", "to_focus"]


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
        If the table is no history; if a window is a duplicate, lacks something, is off the grid or has a
        cost that is no number; or if it holds the sandbox's accounts and ``allow_sandbox`` is not set.

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
        table=focus_table(exported, version=version, names=names),
        assumptions=assumptions_of(windows, exported, lines, billing=billing, version=version),
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
