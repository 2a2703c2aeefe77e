"""The panel that says what each model was billed: there, absent, refused, loud only where sums differ."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from histories import hours
from ledger import NOW, PATIENCE, A, B, Ledger, cost

from cfusage_lab import ranges
from cfusage_lab.errors import ApiError, AuthError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.schema import INVOICE_LINES
from cfusage_lab.source import SANDBOX_ACCOUNTS

MONTH = ranges.moment("2026-11-01T00:00Z")
HOURS = 14 * 24 + 10
"""Of the month until :data:`NOW`, with the running one; an hour of account ``A`` costs a dollar."""


class Billing(Ledger):
    """A ledger that bills each of its accounts for one model."""

    def __init__(
        self, billed: float = float(HOURS), *, refusal: Exception | None = None, own: Sequence[str] = (A,)
    ) -> None:
        super().__init__(own=own)
        self.billed, self.refusal = billed, refusal
        self.previews: list[object] = []

    def usage_history(self, time_range: TimeRange | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401
        """Answer; the hours of the last two days may still change."""
        history = super().usage_history(time_range, **options)
        is_open = pl.col("start_time") >= NOW - timedelta(hours=48)
        state = pl.when(is_open).then(pl.lit("provisional")).otherwise("state")
        return history.with_columns(state=state)

    def invoice_preview(self, accounts: tuple[str, ...]) -> pl.DataFrame:
        """Answer, or refuse."""
        self.previews.append(accounts)
        if self.refusal:
            raise self.refusal
        period = (MONTH, ranges.moment("2026-12-01T00:00Z"))
        named = ("openai/<gpt>", "openai", "<gpt>")
        rows = [(one, *period, *named, self.billed, 0.0, 0.0, 1.0, "draft") for one in accounts]
        names = ["account_id", "period_start", "period_end", "description", "provider", "model"]
        names += ["billed_usd", "credits_usd", "discounts_usd", "quantity", "status"]
        return (
            pl.DataFrame(rows, schema=names, orient="row").select(INVOICE_LINES.names()).cast(INVOICE_LINES)
        )


def explored(source: object) -> UsageExplorer:
    explorer = UsageExplorer(source, time_range="Last 7 days", now=NOW)
    assert explorer.wait(PATIENCE)
    return explorer


def panel(explorer: UsageExplorer) -> str:
    """Return what the panel says; nothing where it is not seen."""
    billed = explorer.widget.billed
    return "" if billed.layout.display == "none" else str(billed.value)


def test_each_model_is_told_for_the_invoice_period_whatever_the_range() -> None:
    """And the hours of the whole month are held against it, in one quiet line."""
    source = Billing()

    said = panel(explored(source))

    assert source.previews == [(A,)]
    assert "openai/&lt;gpt&gt;" in said
    assert ">$346.00<" in said
    assert ">100.0%<" in said
    assert "for the invoice period Sun 1 Nov to Mon 30 Nov 2026 (UTC), whatever range is on screen" in said
    assert "Hours and invoice: agrees with the invoice preview to $0.00" in said
    assert "alert" not in said


@pytest.mark.parametrize("factor", [100.0, 0.01])
def test_it_is_loud_where_the_unit_is_another(factor: float) -> None:
    said = panel(explored(Billing(HOURS * factor)))

    assert 'role="alert"' in said
    assert "These figures and the invoice do not agree: off by a factor of 100" in said


def test_open_hours_are_no_alarm() -> None:
    """The invoice lacks twenty of the hours that are provisional."""
    said = panel(explored(Billing(HOURS - 20.0)))

    assert "hours are still coming in" in said
    assert "alert" not in said


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (AuthError("no permission for invoices", status_code=403), "not told: no permission for invoices"),
        (ApiError("no such endpoint", status_code=404), "not told: no such endpoint"),
        (KeyError("odd"), "not told: KeyError"),
    ],
)
def test_a_refusal_stands_in_the_panel_and_nowhere_else(refusal: Exception, told: str) -> None:
    explorer = explored(Billing(refusal=refusal))

    assert told in panel(explorer)
    assert explorer.banner == ""
    assert cost(explorer) == 168.0


def test_without_an_invoice_there_is_no_panel() -> None:
    assert panel(explored(Ledger())) == ""
    assert panel(UsageExplorer(hours("2026-11-01", [1.0] * 30))) == ""


@pytest.mark.slow
def test_other_accounts_have_other_invoices() -> None:
    """Two accounts are told apart; more than 20 are not asked about."""
    source = Billing(own=(A,))
    explorer = explored(source)

    explorer.accounts.value = (A, B)
    assert explorer.wait(PATIENCE)

    assert source.previews[-1] == (A, B)
    said = panel(explorer)
    assert "Alpha: agrees with the invoice preview" in said
    assert said.index("Beta: ") < said.index("Alpha: agrees"), "what does not agree comes first"
    many = explored(Billing(own=[f"{n:032x}" for n in range(30)]))
    assert "30 accounts are as many requests" in panel(many)


@pytest.mark.parametrize(("unit", "is_loud"), [("cents", False), ("dollars", True)])
def test_the_sandbox_agrees_with_itself_unless_its_unit_is_another(unit: str, *, is_loud: bool) -> None:
    sandbox = Sandbox(Knobs(invoice_unit=unit), now=NOW)  # type: ignore[arg-type]
    client = UsageClient.sandbox(sandbox, now=NOW)

    said = panel(explored(client))

    assert ('role="alert"' in said) == is_loud
    assert "Billed, by model" in said
    assert next(iter(SANDBOX_ACCOUNTS)) not in said
