"""Billed cost by model, and whether the usage history agrees with it: cases to check in the head."""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from histories import hours
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import cfusage_lab as cfu
from cfusage_lab import schema
from cfusage_lab.errors import FrameError
from cfusage_lab.invoices import agreement, is_alarming
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 11, 2, tzinfo=UTC)
END = START + DAY
"""A billing period of a day: 24 hours are soon counted."""
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
UNIT = "off by a factor of 100: the unit is not what was believed"


def lines(
    *billed: float,
    names: Sequence[str | None] = (),
    credit: float = 0.0,
    start: datetime = START,
    end: datetime = END,
    account_id: str = "a",
) -> pl.DataFrame:
    """Make the lines of one invoice; credit pays a part of each."""
    named = [(names[n] if n < len(names) else None) or "" for n in range(len(billed))]
    rows = [
        {
            "account_id": account_id,
            "period_start": start,
            "period_end": end,
            "description": name or None,
            "provider": name.partition("/")[0] if name else None,
            "model": name.partition("/")[2] if name else None,
            "billed_usd": float(amount),
            "credits_usd": amount * credit,
            "discounts_usd": 0.0,
            "quantity": 1.0,
            "status": "draft",
        }
        for amount, name in zip(billed, named, strict=True)
    ]
    return pl.DataFrame(rows, schema=schema.INVOICE_LINES)


def running(values: Sequence[float], still_open: int) -> pl.DataFrame:
    """Make hours of the period, the last of which are not complete."""
    states = ["complete"] * (len(values) - still_open) + ["provisional"] * still_open
    return hours(START, values, states=states)


def row(history: object, invoice: object, **options: Any) -> dict[str, Any]:  # noqa: ANN401
    return cfu.reconcile(history, invoice, **options).row(0, named=True)


def verdict(history: object, invoice: object, **options: Any) -> str:  # noqa: ANN401
    said: str = row(history, invoice, **options)["verdict"]
    return said


def test_lines_are_added_up_by_model_and_what_names_none_is_one_row() -> None:
    invoice = pl.concat(
        [
            lines(2, 1, 3, 4, names=["openai/a", None, "openai/b", None], credit=0.5),
            lines(6, names=["openai/b"]),
        ]
    )

    got = cfu.usage_by_model(invoice)

    assert got.schema == schema.USAGE_BY_MODEL
    assert got.select("provider", "model", "billed_usd", "credits_usd", "share").rows() == [
        ("openai", "b", 9.0, 1.5, 9 / 16),
        (None, None, 5.0, 2.5, 5 / 16),
        ("openai", "a", 2.0, 1.0, 2 / 16),
    ]


def test_each_period_of_each_account_is_a_whole_of_its_own() -> None:
    invoice = pl.concat(
        [
            lines(8, start=END, end=END + DAY, names=["x/y"]),
            lines(1, 3, account_id="b", names=["x/y", "x/z"]),
            lines(2, names=["x/y"]),
        ]
    )

    got = cfu.usage_by_model(invoice)

    assert got.select("account_id", "period_start", "model", "share").rows() == [
        ("a", START, "y", 1.0),
        ("a", END, "y", 1.0),
        ("b", START, "z", 0.75),
        ("b", START, "y", 0.25),
    ]


def test_lines_whose_periods_overlap_are_of_one_period() -> None:
    """A model that was first used at noon, and a correction of the day before."""
    noon = lines(6, names=["x/z"], start=START + DAY / 2)
    before = lines(-1, names=["x/y"], start=START - DAY, end=START)
    invoice = pl.concat([noon, lines(18, names=["x/y"]), before])

    got = cfu.usage_by_model(invoice)

    assert got.select("period_start", "period_end", "model", "share").rows() == [
        (START - DAY, START, "y", None),
        (START, END, "y", 0.75),
        (START, END, "z", 0.25),
    ]
    said = cfu.reconcile(hours(START - DAY, [1.0] * 48), invoice)["verdict"].to_list()
    assert said == ["unknown: the lines of this period only correct another invoice", "agrees"]


@pytest.mark.parametrize("billed", [(0.0, 0.0), (1.0, -1.0), (1.0, -3.0)])
def test_a_share_of_nothing_is_unknown(billed: tuple[float, float]) -> None:
    assert cfu.usage_by_model(lines(*billed, names=["x/y", "x/z"]))["share"].to_list() == [None, None]


def test_no_lines_make_an_empty_table() -> None:
    assert_frame_equal(cfu.usage_by_model(lines()), schema.USAGE_BY_MODEL.to_frame())
    assert cfu.reconcile(hours(START, []), lines()).schema == schema.RECONCILIATION


@settings(max_examples=50)
@given(
    cents=st.lists(st.integers(-(10**7), 10**7), min_size=1, max_size=12),
    models=st.lists(st.sampled_from(["x/y", "x/z", None]), min_size=12, max_size=12),
)
def test_parts_add_up_to_the_whole(cents: list[int], models: list[str | None]) -> None:
    got = cfu.usage_by_model(lines(*(amount / 100 for amount in cents), names=models))

    assert math.fsum(got["billed_usd"]) == pytest.approx(sum(cents) / 100, abs=1e-6)
    if sum(cents) > 0:
        assert math.fsum(got["share"]) == pytest.approx(1.0)


def test_hours_and_lines_that_come_to_the_same_agree() -> None:
    got = row(hours(START, [1.5] * 24), lines(30, 6))

    assert got == {
        "account_id": "a",
        "period_start": START,
        "period_end": END,
        "hours_usd": 36.0,
        "settled_usd": 36.0,
        "days_usd": None,
        "billed_usd": 36.0,
        "difference_usd": 0.0,
        "ratio": 1.0,
        "outcome": "agrees",
        "verdict": "agrees",
        "days_verdict": None,
    }


@pytest.mark.parametrize(
    ("billed", "said"),
    [
        ([24.01, 0.0], "agrees"),
        ([24.011, 0.0], "differs by $0.01"),
        ([23.99, 0.0], "agrees"),
        ([23.0], "differs by $1.00"),
        ([24.006], "differs by $0.01"),
        ([30.0, -6.0], "agrees"),
        ([0.0], "differs by $24.00"),
    ],
)
def test_sums_agree_to_half_a_cent_a_line(billed: list[float], said: str) -> None:
    assert verdict(hours(START, [1.0] * 24), lines(*billed)) == said


def test_windows_of_other_periods_and_accounts_are_not_added_up() -> None:
    history = pl.concat(
        [
            hours(START - DAY, [7.0] * 24 + [1.0] * 24 + [9.0] * 24),
            hours(START, [5.0] * 24, account_id="b"),
        ]
    )

    got = cfu.reconcile(
        history, pl.concat([lines(24), lines(120, account_id="b"), lines(216, start=END, end=END + DAY)])
    )

    assert got["verdict"].to_list() == ["agrees"] * 3
    assert got["hours_usd"].to_list() == [24.0, 216.0, 120.0]


@pytest.mark.parametrize("factor", [100.0, 0.01])
@pytest.mark.parametrize("still_open", [0, 3])
@pytest.mark.parametrize("aside", [1.0, 0.995, 1.005])
def test_a_factor_of_100_is_found_in_both_directions(factor: float, still_open: int, aside: float) -> None:
    """In closed periods and running ones, whether or not the rest agrees to the cent."""
    got = row(running([4.0] * 24, still_open), lines(96.0 * factor * aside))

    assert (got["outcome"], got["verdict"]) == ("factor_100", UNIT)
    assert got["ratio"] == pytest.approx(1 / factor, rel=0.006)


@pytest.mark.parametrize(
    ("values", "billed"),
    [
        ([0.0] * 23 + [1.0], [0.01]),  # a cent may be anything from half to one and a half
        ([0.0] * 24, [0.5]),
        ([4.0] * 24, [48.0]),
        ([4.0] * 24, [96.0 * 90]),
        ([4.0] * 24, [9.6]),
        ([4.0] * 24, [-0.96, 0.01]),
    ],
)
def test_nothing_else_is_a_factor_of_100(values: list[float], billed: list[float]) -> None:
    assert verdict(hours(START, values), lines(*billed)).startswith("differs by $")


@pytest.mark.parametrize(
    ("billed", "said"),
    [
        (24.0, "agrees"),
        (20.0, "hours are still coming in"),  # the invoice has the complete hours alone
        (22.0, "hours are still coming in"),
        (28.0, "hours are still coming in"),  # it has more of the four open ones already
        (19.0, "differs by $5.00"),  # it lacks a complete one
        (29.0, "differs by $5.00"),  # more than the open ones can become, at two dollars each
        (0.24, UNIT),
        (2_400.0, UNIT),
    ],
)
def test_open_hours_explain_what_they_can_and_no_more(billed: float, said: str) -> None:
    """Twenty complete hours at a dollar, and four open ones at a dollar, or at nothing yet."""
    assert verdict(running([1.0] * 24, 4), lines(billed)) == said
    if billed in {20.0, 22.0, 28.0 - 4.0}:
        assert "differs" not in verdict(running([1.0] * 20 + [0.0] * 4, 4), lines(billed))


@pytest.mark.parametrize("billed", [0.0, 0.05, 5.0, 500.0])
def test_a_period_without_a_complete_hour_raises_no_alarm(billed: float) -> None:
    """The first two days of every month."""
    assert verdict(running([1.0] * 5, 5), lines(billed)) in {"agrees", "hours are still coming in"}


@settings(max_examples=100)
@given(
    costs=st.lists(st.floats(0, 50), min_size=24, max_size=24),
    seen=st.lists(st.floats(0, 1), min_size=24, max_size=24),
    billed=st.lists(st.floats(0, 1), min_size=24, max_size=24),
    still_open=st.integers(1, 24),
)
def test_whatever_share_of_the_open_hours_either_has_the_verdict_is_no_alarm(
    costs: list[float], seen: list[float], billed: list[float], still_open: int
) -> None:
    """Both know the complete hours, and each its own part of the others; none is the costliest so far."""
    done = 24 - still_open
    costs[0] = 50.0
    shown = [
        cost * (1 if n < done or not n else part)
        for n, (cost, part) in enumerate(zip(costs, seen, strict=True))
    ]
    known = [
        cost * (1 if n < done or not n else part)
        for n, (cost, part) in enumerate(zip(costs, billed, strict=True))
    ]

    said = verdict(running(shown, still_open), lines(round(math.fsum(known), 2)))

    assert said in {"agrees", "hours are still coming in"}


def test_where_hours_are_missing_nothing_is_known() -> None:
    whole = hours(START, [1.0] * 24)
    lacks = "unknown: the history lacks the hour from "

    assert verdict(whole[1:], lines(24)) == f"{lacks}2026-11-02T00:00Z"
    assert verdict(whole[:7].vstack(whole[8:]), lines(24)) == f"{lacks}2026-11-02T07:00Z"
    assert verdict(whole[:20], lines(24)) == f"{lacks}2026-11-02T20:00Z"
    assert verdict(whole.with_columns(aggregated_value=pl.lit(None, pl.Float64)), lines(24)).startswith(lacks)
    assert verdict(hours(START - DAY, [1.0] * 24), lines(24)).startswith(
        "unknown: no hour of the billing period"
    )
    got = row(hours(START, []), lines(24))
    assert (got["outcome"], got["hours_usd"], got["billed_usd"], got["ratio"]) == (
        "unknown",
        None,
        24.0,
        None,
    )


def test_an_account_without_lines_is_said_to_have_none() -> None:
    history = pl.concat([hours(START, [1.0] * 24), hours(START, [1.0] * 24, account_id="b")])

    got = cfu.reconcile(history, lines(24))

    assert dict(got.select("account_id", "verdict").iter_rows()) == {
        "a": "agrees",
        "b": "unknown: there is no invoice line of this account",
    }


def test_nothing_used_and_nothing_billed_agree() -> None:
    got = row(hours(START, [0.0] * 24), lines(0.0))

    assert (got["verdict"], got["ratio"], got["difference_usd"]) == ("agrees", None, 0.0)


def test_lines_that_only_correct_another_invoice_are_no_invoice_of_the_period() -> None:
    history = hours(START, [1.0] * 24)

    assert verdict(history, lines(-5.0)) == "unknown: the lines of this period only correct another invoice"
    assert verdict(hours(START, [-1.0] * 24), lines(-24.0)) == "agrees"


def test_a_window_that_the_period_cuts_may_count_or_not() -> None:
    """From 00:20 to 00:20 the day after: the first window may be in it, and so may the last."""
    history = hours(START, [2.0] * 25)
    bounds = {"start": START + timedelta(minutes=20), "end": END + timedelta(minutes=20)}

    said = [verdict(history, lines(billed, **bounds)) for billed in (48.0, 50.0, 46.0, 60.0)]  # type: ignore[arg-type]

    assert said == ["agrees", "agrees", "agrees", "differs by $12.00"]


@pytest.mark.parametrize(
    ("by_day", "said"),
    [
        ([24.0], "agrees"),
        ([23.0], "differs by $1.00"),
        ([2_400.0], UNIT),
        ([0.24], UNIT),
        ([], "unknown: no day of the billing period is in the history: fetch it from the period's start"),
    ],
)
def test_day_windows_against_hours_are_a_check_of_its_own(by_day: list[float], said: str) -> None:
    days = hours(START, by_day, width=DAY)

    got = row(hours(START, [1.0] * 24), lines(24), days=days)

    assert (got["verdict"], got["days_verdict"]) == ("agrees", said)
    assert got["days_usd"] == (by_day[0] if by_day else None)


def test_days_may_still_change_with_their_hours_and_must_be_the_periods() -> None:
    history, days = running([1.0] * 24, 4), hours(START, [22.0], width=DAY, states="provisional")
    half = {"start": START, "end": START + DAY / 2}

    assert row(history, lines(24), days=days)["days_verdict"] == "hours are still coming in"
    assert row(history, lines(12, **half), days=days)["days_verdict"] == (  # type: ignore[arg-type]
        "unknown: the billing period is not of whole UTC days"
    )


@pytest.mark.parametrize("still_open", [0, 4])
def test_one_line_says_whether_invoice_and_usage_agree(still_open: int) -> None:
    history = running([1.0] * 24, still_open)

    assert agreement(row(history, lines(24.0, 0.01))) == "agrees with the invoice preview to $0.01"
    assert agreement(row(history, lines(0.24))) == (
        f"{UNIT} (the hours add up to $24.00, the invoice preview to $0.24)"
    )
    assert agreement(row(history[1:], lines(24.0))).startswith("unknown: the history lacks the hour from")
    days = hours(START, [50.0], width=DAY)
    assert agreement(row(history, lines(24.0), days=days)) == (
        "agrees with the invoice preview to $0.00; days against hours: differs by $26.00"
    )


def flawed(**columns: Any) -> pl.DataFrame:  # noqa: ANN401
    return lines(1.0).with_columns(**columns)


@pytest.mark.parametrize(
    ("invoice", "complaint"),
    [
        (lines(1.0).drop("billed_usd"), "missing 'billed_usd'"),
        (flawed(billed_usd=pl.lit(None, pl.Float64)), "lacks its billed_usd"),
        (flawed(billed_usd=math.nan), "not a number"),
        (flawed(period_start=pl.lit(None, pl.Datetime("us", "UTC"))), "lacks its period_start"),
        (flawed(period_end=pl.lit(START)), "ends before it begins"),
        (flawed(account_id=pl.lit(None, pl.String)), "lacks its account_id"),
        ("lines", "not a table"),
    ],
)
def test_a_table_that_holds_no_lines_is_refused(invoice: object, complaint: str) -> None:
    with pytest.raises(FrameError, match=complaint):
        cfu.usage_by_model(invoice)
    with pytest.raises(FrameError, match=complaint):
        cfu.reconcile(hours(START, [1.0]), invoice)


def test_windows_of_another_width_are_refused() -> None:
    with pytest.raises(FrameError, match=r"not hour windows.*granularity='hour'"):
        cfu.reconcile(hours(START, [1.0], width=DAY), lines(1.0))
    with pytest.raises(FrameError, match=r"not day windows.*granularity='day'"):
        cfu.reconcile(hours(START, [1.0] * 24), lines(1.0), days=hours(START, [1.0]))


def test_lazy_arrow_and_pandas_tables_say_the_same() -> None:
    """Times in another zone and unit, as pandas has them."""
    history, invoice = hours(START, [1.0] * 24), lines(14.0, 10.0, names=["x/y"])
    times = (
        pl.col("period_start", "period_end")
        .dt.convert_time_zone("Asia/Tokyo")
        .cast(pl.Datetime("ns", "Asia/Tokyo"))
    )
    others = [invoice.lazy(), invoice.to_arrow(), invoice.with_columns(times).to_pandas()]
    assert isinstance(others[1], pa.Table)

    for other in others:
        assert_frame_equal(cfu.usage_by_model(other), cfu.usage_by_model(invoice))
        assert_frame_equal(cfu.reconcile(history.lazy(), other), cfu.reconcile(history, invoice))


@pytest.mark.parametrize("account_id", list(SANDBOX_ACCOUNTS)[:3])
@pytest.mark.parametrize("lines_knob", ["by_model", "one", "without_model"])
@pytest.mark.parametrize("settling_hours", [0.0, 40.0])
@pytest.mark.parametrize(("unit", "said"), [("cents", "agrees"), ("dollars", UNIT)])
def test_the_sandbox_agrees_with_itself_unless_its_unit_is_another(
    account_id: str, lines_knob: str, settling_hours: float, unit: str, said: str
) -> None:
    """Hours, days and lines of one month so far, whatever has settled."""
    knobs = Knobs(invoice_lines=lines_knob, settling_hours=settling_hours, invoice_unit=unit)  # type: ignore[arg-type]
    client = cfu.UsageClient.sandbox(Sandbox(knobs, now=NOW), now=NOW)
    month = cfu.month_to_date(time_zone="UTC", now=NOW)
    by_day = client.usage_history(
        cfu.between(month.start, NOW.replace(hour=0, minute=0) + DAY), granularity="day", accounts=account_id
    )

    got = row(
        client.usage_history(month, accounts=account_id), client.invoice_preview(account_id), days=by_day
    )

    assert (got["verdict"], got["days_verdict"]) == (said, "agrees")


@pytest.mark.parametrize("unit", ["cents", "dollars"])
@pytest.mark.parametrize("settling_hours", [0.0, 40.0])
@pytest.mark.parametrize("lines_knob", ["by_model", "one", "without_model"])
def test_models_add_up_to_the_invoice_and_the_invoice_to_the_hours_under_every_knob(
    unit: str, settling_hours: float, lines_knob: str
) -> None:
    """A week of a month; only the unit of the amounts makes a difference, and that one is named."""
    now = datetime(2026, 11, 8, 9, 30, tzinfo=UTC)
    others = product(["seconds", "milliseconds"], ["int", "float"], ["draft", "open"], ["present", "absent"])
    for time_unit, numbers, status, result_info in others:
        knobs = Knobs(
            time_unit=time_unit,  # type: ignore[arg-type]
            numbers=numbers,  # type: ignore[arg-type]
            invoice_status=status,  # type: ignore[arg-type]
            result_info=result_info,  # type: ignore[arg-type]
            invoice_unit=unit,  # type: ignore[arg-type]
            invoice_lines=lines_knob,  # type: ignore[arg-type]
            settling_hours=settling_hours,
        )
        client = cfu.UsageClient.sandbox(Sandbox(knobs, now=now), now=now)
        history = client.usage_history(cfu.month_to_date(time_zone="UTC", now=now))
        invoice = client.invoice_preview()

        models, got = cfu.usage_by_model(invoice), row(history, invoice)

        factor = 1 if unit == "cents" else 100
        by_model, by_line = (math.fsum(one["billed_usd"]) for one in (models, invoice))
        assert by_model == pytest.approx(by_line, abs=1e-9)
        assert math.fsum(models["share"]) == pytest.approx(1)
        assert by_line * factor == pytest.approx(math.fsum(history["aggregated_value"]), abs=0.005)
        assert (got["outcome"], is_alarming(got)) == (("agrees", False), ("factor_100", True))[factor == 100]
