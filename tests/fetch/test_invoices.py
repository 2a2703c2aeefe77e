"""Invoices as tables: what the sandbox billed, under every setting of its knobs, or an error with a name."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from cfusage_lab import schema
from cfusage_lab.errors import AuthError, PayloadError
from cfusage_lab.fetch import UsageClient
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
SUPPORT, RESEARCH, BATCH, PILOT = SANDBOX_ACCOUNTS


def client_of(sandbox: Sandbox) -> UsageClient:
    return UsageClient.sandbox(sandbox, now=NOW)


def truth(sandbox: Sandbox, account_id: str) -> float:
    end = NOW.replace(minute=0) + timedelta(hours=1)
    return float(sandbox.truth(account_id, MONTH, end)["aggregated_value"].sum())


@pytest.mark.parametrize("time_unit", ["seconds", "milliseconds"])
@pytest.mark.parametrize("numbers", ["int", "float"])
@pytest.mark.parametrize("lines", ["by_model", "one", "without_model"])
@pytest.mark.parametrize("status", ["draft", "open"])
def test_lines_add_up_to_the_usage_of_the_month_under_every_knob(
    time_unit: str, numbers: str, lines: str, status: str
) -> None:
    knobs = Knobs(time_unit=time_unit, numbers=numbers, invoice_lines=lines, invoice_status=status)  # type: ignore[arg-type]
    sandbox = Sandbox(knobs, now=NOW)

    got = client_of(sandbox).invoice_preview(list(SANDBOX_ACCOUNTS))

    assert got.schema == schema.INVOICE_LINES
    billed = dict(got.group_by("account_id").agg(pl.col("billed_usd").sum()).iter_rows())
    assert set(billed) == {SUPPORT, RESEARCH, BATCH}
    for account_id, total in billed.items():
        assert total == pytest.approx(round(truth(sandbox, account_id), 2), abs=1e-9)
    assert set(got["status"]) == {status}
    assert set(got["period_start"]) == {MONTH}
    assert set(got["period_end"]) == {datetime(2026, 12, 1, tzinfo=UTC)}
    assert (got["model"].drop_nulls().len() > 0) == (lines == "by_model")


def test_amounts_in_dollars_are_a_hundredth_and_it_takes_the_usage_to_see_it() -> None:
    cents, dollars = (
        client_of(Sandbox(Knobs(invoice_unit=unit), now=NOW)).invoice_preview(RESEARCH)  # type: ignore[arg-type]
        for unit in ("cents", "dollars")
    )

    assert (dollars["billed_usd"] * 100).to_list() == pytest.approx(cents["billed_usd"].to_list())


def test_lines_that_are_left_out_are_an_error_unless_nothing_is_due() -> None:
    """Support's cost is paid by credit."""
    client = client_of(Sandbox(Knobs(invoice_lines="empty"), now=NOW))

    with pytest.raises(PayloadError, match=f"{RESEARCH}.* is due"):
        client.invoice_preview([SUPPORT, RESEARCH])
    assert_frame_equal(client.invoice_preview(SUPPORT), schema.INVOICE_LINES.to_frame())


def test_a_model_may_hold_slashes_and_a_line_need_not_name_one() -> None:
    got = client_of(Sandbox(now=NOW)).invoice_preview([RESEARCH, BATCH])

    assert got.select("provider", "model").rows() == [
        ("anthropic", "claude-opus-4-6"),
        ("openai", "gpt-5.5"),
        (None, None),
        ("workers-ai", "@cf/meta/llama-4-scout"),
        ("openai", "gpt-5-mini"),
    ]
    assert got["description"][2] == "Workers AI"


@pytest.mark.parametrize("name", ["invoice_preview", "invoices"])
def test_an_account_that_was_never_used_has_no_rows_or_an_error(name: str) -> None:
    assert getattr(client_of(Sandbox(now=NOW)), name)(PILOT).height == 0
    with pytest.raises(PayloadError, match=r"`\$.result` is null"):
        getattr(client_of(Sandbox(Knobs(never_used="null"), now=NOW)), name)(PILOT)
    with pytest.raises(AuthError, match="f" * 32):
        getattr(client_of(Sandbox(now=NOW)), name)("f" * 32)


@pytest.mark.parametrize("time_unit", ["seconds", "milliseconds"])
def test_past_invoices_are_there_newest_first(time_unit: str) -> None:
    sandbox = Sandbox(Knobs(time_unit=time_unit), now=NOW)  # type: ignore[arg-type]

    got = client_of(sandbox).invoices([SUPPORT, RESEARCH])

    assert got.schema == schema.INVOICES
    assert got["account_id"].to_list() == [SUPPORT] * 4 + [RESEARCH] * 3
    assert got.filter(account_id=SUPPORT)["origin"].to_list() == ["auto", "manual", "auto", "auto"]
    october = sandbox.truth(RESEARCH, datetime(2026, 10, 1, tzinfo=UTC), MONTH)["aggregated_value"].sum()
    assert got.filter(account_id=RESEARCH)["due_usd"][0] == pytest.approx(round(october, 2), abs=1e-9)
    assert got.filter(account_id=RESEARCH)["created_time"].is_sorted(descending=True)
    assert got.filter(origin="manual")["due_usd"].to_list() == [200.0]


def test_a_history_that_is_cut_is_asked_for_by_kind_and_never_returned_in_part() -> None:
    """Four invoices: in pages of three they are all there by kind, in pages of two they can't be had."""
    whole = client_of(Sandbox(now=NOW)).invoices(SUPPORT)
    by_kind = Sandbox(Knobs(page_size=3), now=NOW)

    assert_frame_equal(client_of(by_kind).invoices(SUPPORT), whole)
    assert [request.query["type"] for request in by_kind.requests] == ["all", "auto", "manual"]
    with pytest.raises(PayloadError, match=r"more invoices than it holds.*dashboard"):
        client_of(Sandbox(Knobs(page_size=2), now=NOW)).invoices(SUPPORT)
