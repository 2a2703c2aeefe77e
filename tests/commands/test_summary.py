"""What the summary tells of an account behind the sandbox's endpoint: figures, and where they come from."""

import json
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from running import Run, credentials

import cfusage_lab as cfu
from cfusage_lab.sandbox import Knobs, Sandbox, Trouble, serve
from cfusage_lab.schema import (
    ANOMALIES,
    BUDGET_CHECK,
    CREDIT_RUNWAY,
    FORECAST_MONTH_END,
    RECONCILIATION,
    USAGE_BY_MODEL,
)

ACCOUNT, OTHER = "ab" * 16, "cd" * 16
HOUR = timedelta(hours=1)


def newest() -> datetime:
    """Return the start of the running hour."""
    return datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def test_the_events_are_the_functions(run: Run) -> None:
    """Of the same finished hours, which the answer tells."""
    answer = json.loads(run("--sandbox", "--json", "--budget", "1000", "--time-zone", "Asia/Tokyo").out)
    now = datetime.fromisoformat(answer["end_time"]) - HOUR / 2
    client = cfu.UsageClient.sandbox(now=now)
    zone = {"time_zone": "Asia/Tokyo"}
    history = client.usage_history(cfu.last_days(90, include_today=True, now=now, **zone))
    finished = history.filter(pl.col("state") != "in_progress")
    events = cfu.anomalies(finished, **zone).filter(
        pl.col("end_time") > datetime.fromisoformat(answer["start_time"])
    )

    assert answer["history_start_time"] == history["start_time"][0].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert [event["impact_usd"] for event in answer["anomalies"]] == pytest.approx(
        events.sort(pl.col("impact_usd").abs(), descending=True)["impact_usd"].to_list()
    )


def test_the_keys_are_the_columns_of_the_tables(run: Run) -> None:
    answer = json.loads(run("--sandbox", "--json", "--budget", "1000").out)

    assert [*answer] == [
        *("source", "label", "time_zone", "start_time", "end_time", "history_start_time", "names"),
        *("summary", "total", "month_end", "budget", "credit", "anomalies"),
        *("usage_by_model", "reconciliation"),
    ]
    assert answer["total"] is None
    assert set(FORECAST_MONTH_END) <= set(answer["month_end"][0])
    assert set(BUDGET_CHECK) == set(answer["budget"])
    assert set(CREDIT_RUNWAY) <= set(answer["credit"][0])
    assert set(ANOMALIES) == set(answer["anomalies"][0])
    assert set(USAGE_BY_MODEL) == set(answer["usage_by_model"][0])
    assert set(RECONCILIATION) == set(answer["reconciliation"][0])
    start = answer["start_time"]
    assert all(event["end_time"] > start for event in answer["anomalies"])


def test_without_a_budget_there_is_none(run: Run) -> None:
    assert json.loads(run("--sandbox", "--json").out)["budget"] is None
    assert "budget" not in run("--sandbox").out


@pytest.mark.parametrize("budget", ["0", "-5", "nan", "inf", "much", ""])
def test_a_budget_that_is_none_is_2_before_anything_is_asked(run: Run, budget: str) -> None:
    sandbox = Sandbox(usage={ACCOUNT: {}})
    with serve(sandbox) as base_url:
        ended = run("--budget", budget, **credentials(base_url, ACCOUNT))

    assert (ended.code, ended.out, sandbox.requests) == (2, "", ())
    assert "budget" in ended.err
    assert ended.err.count("\n") == 1


def test_an_account_of_nothing_ends_at_nothing(run: Run) -> None:
    with serve(Sandbox(usage={ACCOUNT: {}})) as base_url:
        ended = run("--budget", "5", **credentials(base_url, ACCOUNT))

    assert ended.code == 0
    assert "On course for $0.00 (80 %)" in ended.out
    assert "A budget of $5 holds, as it looks; the chance that it is passed is 0 %" in ended.out
    assert "Nothing stood out." in ended.out


def test_an_account_that_has_just_begun_says_that_it_has_no_history(run: Run) -> None:
    """Its first dollar is an hour old: nobody can tell where its month ends."""
    with serve(Sandbox(usage={ACCOUNT: {newest() - HOUR: 1.0}})) as base_url:
        answer = json.loads(run("--json", **credentials(base_url, ACCOUNT)).out)
        text = run(**credentials(base_url, ACCOUNT)).out

    (end,) = answer["month_end"]
    assert (end["forecast_usd"], end["lower_80_usd"], end["method"]) == (None, None, "not enough history")
    assert "so far; not enough history for a forecast" in text


def test_accounts_are_told_together_and_one_by_one(run: Run) -> None:
    usage = {
        account: {newest() - n * HOUR: cost for n in range(90 * 24)}
        for account, cost in {ACCOUNT: 1.0, OTHER: 2.0}.items()
    }
    sandbox = Sandbox(usage=usage, accounts={ACCOUNT: "Ada", OTHER: "Grace\n*"})
    with serve(sandbox) as base_url:
        settings = credentials(base_url, ACCOUNT, OTHER)
        answer = json.loads(run("--json", "--budget", "10000", **settings).out)
        text = run(**settings).out

    assert [end["account_id"] for end in answer["month_end"]] == [ACCOUNT, OTHER, "all"]
    ends = [end["forecast_usd"] for end in answer["month_end"]]
    assert ends[2] == pytest.approx(ends[0] + ends[1])
    assert ends[1] == pytest.approx(2 * ends[0])
    assert answer["budget"]["account_id"] == "all"
    assert answer["total"]["month_usd"] == sum(row["month_usd"] for row in answer["summary"])
    assert answer["names"] == {ACCOUNT: "Ada", OTHER: "Grace␊*"}
    headings = [line for line in text.splitlines()[2:] if line[:1].strip()]
    assert headings == ["All 2 accounts", "Grace␊*", "Ada"]


def test_what_is_no_part_of_cost_is_left_out_with_a_note(run: Run) -> None:
    """Names and credit are refused; the figures are all there."""
    usage = {ACCOUNT: {newest() - n * HOUR: 1.0 for n in range(90 * 24)}}
    sandbox = Sandbox(usage=usage)
    with serve(sandbox) as base_url:
        run("--json", **credentials(base_url, ACCOUNT))
        history_requests = len([one for one in sandbox.requests if "usage-history" in str(one)])
        sandbox = Sandbox(usage=usage, trouble=[None] * history_requests + [Trouble.forbidden(9109)] * 9)
    with serve(sandbox) as base_url:
        ended = run("--json", **credentials(base_url, ACCOUNT))

    answer = json.loads(ended.out)
    assert ended.code == 0
    assert answer["credit"] is answer["usage_by_model"] is answer["reconciliation"] is None
    assert answer["names"] == {ACCOUNT: ACCOUNT}
    assert answer["month_end"][0]["forecast_usd"] > 0
    assert "note: prepaid credit is not told: " in ended.err
    assert "note: the figures are not held against the invoice: " in ended.err


@pytest.mark.parametrize(
    ("knobs", "outcome", "words"),
    [
        (Knobs(), "agrees", "Hours and invoice          agrees with the invoice preview to $0.00"),
        (
            Knobs(invoice_unit="dollars"),
            "factor_100",
            "Hours and invoice          these figures and the invoice do not agree: off by a factor of 100",
        ),
    ],
)
def test_the_hours_are_held_against_the_invoice(run: Run, knobs: Knobs, outcome: str, words: str) -> None:
    usage = {ACCOUNT: {newest() - n * HOUR: 1.0 for n in range(90 * 24)}}
    with serve(Sandbox(knobs, usage=usage)) as base_url:
        answer = json.loads(run("--json", **credentials(base_url, ACCOUNT)).out)
        text = run(**credentials(base_url, ACCOUNT)).out

    (checked,) = answer["reconciliation"]
    billed = sum(row["billed_usd"] for row in answer["usage_by_model"])
    assert checked["billed_usd"] == pytest.approx(billed)
    if checked["settled_usd"] * 2 > checked["hours_usd"]:  # in the first days of a month, most are open
        assert checked["outcome"] == outcome
        assert words in text
