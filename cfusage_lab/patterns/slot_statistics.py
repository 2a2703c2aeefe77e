"""Slots of the local day and week, and the windows that are put into them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import narwhals as nw
import polars as pl

from cfusage_lab.argument_checks import check_flags
from cfusage_lab.frames import Frames
from cfusage_lab.frames.expressions import without_rounding
from cfusage_lab.frames.grouping import grouped
from cfusage_lab.frames.local_time import LocalHistory, localize
from cfusage_lab.time_units import DAY_HOURS

__all__ = ["QUANTILES", "by_slot", "by_week", "counted_windows", "typed_result", "with_share"]

_MEDIAN: Final = 0.5

QUANTILES: Final = {"q25_usd": 0.25, "median_usd": _MEDIAN, "q75_usd": 0.75}
"""The columns of :mod:`cfusage_lab.schema` that are quantiles of a slot's windows, and which."""


def counted_windows(history: object, *, time_zone: str, include_in_progress: bool) -> LocalHistory:
    """Return the windows in local time; ``cost_usd`` is null where a window does not count.

    The running one does not, unless it is asked for, nor does one without a value. To take such rows out
    here would cost more than to carry them along.
    """
    check_flags(include_in_progress=include_in_progress)
    local = localize(history, time_zone=time_zone)
    if include_in_progress:
        return local
    cost = nw.when(nw.col("state") != "in_progress").then(nw.col("cost_usd"))
    return replace(local, frame=local.frame.with_columns(cost_usd=cost))


def by_week(local: LocalHistory, *, median: bool) -> Frames:
    """Put windows into slots of the local week, with their ``weekday`` and ``hour``."""
    slots = by_slot(local, nw.col("slot"), median=median)
    return slots.with_columns(weekday=nw.col("slot") // DAY_HOURS, hour=nw.col("slot") % DAY_HOURS)


def by_slot(local: LocalHistory, slot: nw.Expr, *, median: bool) -> Frames:
    """Put windows into slots: one row an account and ``slot``, a number.

    There are ``total_usd``, ``gross`` (the same without signs), ``hours`` and ``mean_usd``, and with
    ``median`` also those of :data:`QUANTILES`.
    """
    check_flags(median=median)
    windows = local.frame.select("account_id", "cost_usd", slot=slot)
    may_cancel = local.span.may_have_corrections
    if not median:
        sums = _sums_with_gross if may_cancel else _sums
        slots = grouped(windows, local.table, by="slot", aggregates=sums, runs=local.runs)
    elif local.table.is_spark:
        slots = grouped(windows, local.table, by="slot", aggregates=_quantiles, is_valued=True)
    else:
        slots = _listed_quantiles(windows, local)
    hours = nw.col("hours").cast(nw.Int64)
    gross = nw.col("gross") if may_cancel else nw.col("total_usd")
    total = without_rounding(nw.col("total_usd"), gross)
    return slots.filter(hours > 0).with_columns(
        hours=hours, gross=gross, total_usd=total, mean_usd=total / hours
    )


def with_share(slots: Frames) -> Frames:
    """Add ``share``, the part of the account's total that falls into a slot."""
    cost = nw.col("total_usd")
    total, gross = (nw.col(name).sum().over("account_id") for name in ("total_usd", "gross"))
    slots = slots.with_columns(whole=without_rounding(total, gross))
    return slots.with_columns(share=nw.when(nw.col("whole") > 0).then(cost / nw.col("whole")))


def typed_result(local: LocalHistory, result: Frames, columns: pl.Schema, *, order: Sequence[str]) -> Any:  # noqa: ANN401 - the caller's own kind
    """Return those of ``columns`` that were computed, as the kind of table that came in."""
    found = result.collect_schema().names()
    kinds = nw.Schema.from_polars(columns)
    typed = [nw.col(name).cast(kind) for name, kind in kinds.items() if name in found]
    return local.table.hand_back(result.select(*typed), order=order)


def _sums(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    cost = of.col("cost_usd")
    return {"total_usd": cost.sum(), "hours": cost.count()}


def _sums_with_gross(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    return _sums(of) | {"gross": of.col("cost_usd").abs().sum()}


def _quantiles(of: Any) -> dict[str, Any]:  # noqa: ANN401 - Narwhals or polars
    cost = of.col("cost_usd")
    return _sums_with_gross(of) | {name: cost.quantile(part, "linear") for name, part in QUANTILES.items()}


def _listed_quantiles(windows: Frames, local: LocalHistory) -> Frames:
    """Group with quantiles on polars, faster: asked one by one, they gather their groups again each time."""
    costs, cost = pl.col("costs"), pl.element()
    figures = {
        "total_usd": costs.list.sum(),
        "hours": costs.list.len(),
    }
    for name, part in QUANTILES.items():
        found = costs.list.eval(cost.quantile(part, "linear")).list.first()
        figures[name] = costs.list.median() if part == _MEDIAN else found  # twice as fast
    if local.span.may_have_corrections:
        figures["gross"] = costs.list.eval(cost.abs()).list.sum()
    return grouped(
        windows,
        local.table,
        by="slot",
        aggregates=lambda of: {"costs": of.col("cost_usd")},
        figures=figures,
        is_valued=True,
        runs=local.runs,
    )
