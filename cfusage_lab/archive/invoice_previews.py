"""Invoice previews as they were seen: the endpoint keeps none, so what each model cost is only known here."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

import polars as pl
from narwhals.exceptions import NarwhalsError

from cfusage_lab.archive.answers import answer_error
from cfusage_lab.archive.commits import commit, create, replace_months
from cfusage_lab.archive.delta_table import MonthlyTable
from cfusage_lab.archive.integrity import altered_months, checksum
from cfusage_lab.archive.rows import CHECKSUM, broken_rules, month_of
from cfusage_lab.errors import FrameError
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import INVOICE_LINES, INVOICE_PREVIEWS
from cfusage_lab.source import Source

if TYPE_CHECKING:
    from deltalake import DeltaTable

__all__ = ["InvoicePreviewTable", "check_invoice_lines", "newest"]

_STORED: Final = pl.Schema(
    {
        **INVOICE_PREVIEWS,
        "line": pl.Int64(),
        CHECKSUM: pl.String(),
        "month": pl.String(),
    }
)
"""One row is a line of a preview: ``line`` is its place in it, from 1, ``month`` that of ``fetched_at``."""
_KEY: Final = ["account_id", "fetched_at"]
"""What tells one preview from another."""
_TICK: Final = timedelta(microseconds=1)
_LINES: Final = INVOICE_LINES.names()
_NEVER_NULL: Final = (
    "account_id",
    "period_start",
    "period_end",
    "billed_usd",
    "credits_usd",
    "discounts_usd",
)


@dataclass(frozen=True, slots=True)
class InvoicePreviewTable(MonthlyTable):
    """The previews of real accounts, or of the sandbox's; a stored row is never changed."""

    columns: ClassVar[pl.Schema] = _STORED

    @property
    def name(self) -> str:
        """What its folder is called."""
        return "invoice_preview"

    @property
    def title(self) -> str:
        """What is in it."""
        return "invoice previews"

    def all(self, accounts: Sequence[str] | None = None) -> pl.DataFrame:
        """Return every preview (``schema.INVOICE_PREVIEWS``), of some accounts or of all, oldest first."""
        opened = self.open()
        if opened is None:
            return pl.DataFrame(schema=INVOICE_PREVIEWS)
        rows = self.scan(opened)
        if accounts is not None:
            rows = rows.filter(pl.col("account_id").is_in(list(accounts)))
        return self.read(rows).sort(*_KEY, "line").select(INVOICE_PREVIEWS.names())

    def add(
        self, lines: pl.DataFrame, *, seen_at: datetime, pause: Callable[[float], None] = time.sleep
    ) -> None:
        """Store the previews that are not the same as the last one of their account.

        Raises as ``commits.commit``.
        """
        commit(self, lambda: self._add_once(lines, seen_at), pause=pause)

    def faults(self, opened: "DeltaTable", stored: pl.DataFrame) -> list[str]:  # noqa: ARG002 - all is read
        """Return in words what of the rows is not as it was written."""
        if stored.schema != _STORED:
            return [f"its columns are {dict(stored.schema)}"]
        rules = {
            "duplicate lines": pl.struct(*_KEY, "line").is_duplicated(),
            "lines in another month's files": month_of(pl.col("fetched_at")) != pl.col("month"),
        }
        return broken_rules(stored, rules) + _flaws(stored) + altered_months(stored, _checksum)

    def total_usd(self, stored: pl.DataFrame) -> None:  # noqa: ARG002 - of no rows there is a sum
        """Return nothing: the same dollars are seen again and again."""
        return

    def _add_once(self, lines: pl.DataFrame, seen_at: datetime) -> None:
        if lines.is_empty():
            return
        opened = self.open() or create(self)  # another may have begun it, and stored something, in between
        held = self.read(self.scan(opened)).select(_STORED.names())
        new = _new_previews(lines, held.sort(*_KEY, "line"))
        if new.is_empty():
            return
        while seen_at in held["fetched_at"]:  # two previews of one moment would be one
            seen_at += _TICK
        month = f"{seen_at:%Y-%m}"
        new = new.with_columns(
            fetched_at=pl.lit(seen_at, _STORED["fetched_at"]),
            line=pl.int_range(1, pl.len() + 1).over("account_id"),
            month=pl.lit(month),
            **{CHECKSUM: pl.lit(None, pl.String)},
        ).select(_STORED.names())
        rows = pl.concat([held.filter(pl.col("month") == month), new]).sort(*_KEY, "line")
        replace_months(self, opened, rows.with_columns(pl.lit(_checksum(rows)).alias(CHECKSUM)), [month])


def check_invoice_lines(answer: object, client: Source, *, account_ids: Sequence[str]) -> pl.DataFrame:
    """Return an answer (``schema.INVOICE_LINES``) that holds nothing but lines of the accounts asked for.

    Raises
    ------
    PayloadError
        If it is no table of invoice lines, or has a line of another account, without an amount or a period,
        or with an amount that is no number.
    """
    try:
        lines = polars_table(answer, INVOICE_LINES, table="usage invoice")
    except (FrameError, NarwhalsError, pl.exceptions.PolarsError) as error:
        raise answer_error(client, str(error)) from error
    times = pl.col("period_start", "period_end").dt.convert_time_zone("UTC")
    lines = lines.with_columns(times.cast(INVOICE_LINES["period_start"]))
    is_other = ~pl.col("account_id").is_in(list(account_ids))
    others = lines.filter(is_other.fill_null(value=False)).height
    found = _flaws(lines) + ([f"{others:,} lines of other accounts"] if others else [])
    if found:
        raise answer_error(client, f"asked for invoice previews, it has {', '.join(found)}")
    return lines


def newest(previews: pl.DataFrame) -> pl.DataFrame:
    """Return the newest preview of each invoice (``schema.INVOICE_LINES``).

    The lines of an invoice may begin anywhere in its period, or correct an earlier one: what an invoice is
    known by is the latest end of its lines.
    """
    end = pl.col("period_end").max().over(_KEY)
    is_newest = pl.col("fetched_at") == pl.col("fetched_at").max().over("account_id", "end")
    return previews.with_columns(end=end).filter(is_newest).select(_LINES)


def _new_previews(lines: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of the accounts whose last preview was another one."""
    last = held.filter(pl.col("fetched_at") == pl.col("fetched_at").max().over("account_id"))
    known = last.select(_LINES).partition_by("account_id", as_dict=True)
    parts = lines.select(_LINES).partition_by("account_id", as_dict=True, maintain_order=True)
    changed = [rows for key, rows in parts.items() if key not in known or not rows.equals(known[key])]
    return pl.concat([lines.select(_LINES).clear(), *changed])


def _flaws(lines: pl.DataFrame) -> list[str]:
    """Return in words how many lines break which rule of what is kept."""
    amounts = pl.col("billed_usd", "credits_usd", "discounts_usd")
    rules = {
        "values that are missing": pl.any_horizontal(pl.col(_NEVER_NULL).is_null()),
        "values that are no number of dollars": pl.any_horizontal(~amounts.is_finite()),
        "periods that end before they begin": pl.col("period_start") >= pl.col("period_end"),
    }
    return broken_rules(lines, rules)


def _checksum(month: pl.DataFrame) -> str:
    """Return the checksum of the previews of a month, whatever the order of its rows."""
    return checksum(month.sort(*_KEY, "line").drop(CHECKSUM, "month"))
