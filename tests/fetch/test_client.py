"""A time range becomes one complete table, whatever the endpoint does."""

import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from math import fsum

import cloudflare
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from cfusage_lab import schema
from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import (
    ApiError,
    AuthError,
    CancelledError,
    CfUsageError,
    ConfigError,
    PayloadError,
    RateLimitError,
)
from cfusage_lab.fetch import UsageClient, connect
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import TimeRange, last_days, last_hours, today
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Sandbox, Trouble, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
SUPPORT, RESEARCH, BATCH, PILOT = SANDBOX_ACCOUNTS
ONE = "0" * 31 + "1"
WEEK = last_days(7, now=NOW)

Usage = Mapping[str, Mapping[datetime, float]]


def client_of(sandbox: Sandbox) -> UsageClient:
    return UsageClient.sandbox(sandbox, now=NOW)


def usage_of(hours: Mapping[int, float], account: str = ONE) -> Usage:
    """Cost by the number of hours since the week began."""
    return {account: {WEEK.start + hour * HOUR: value for hour, value in hours.items()}}


def test_every_window_of_a_week_is_there_once_in_order_and_typed() -> None:
    got = client_of(Sandbox(now=NOW)).usage_history(WEEK)

    assert got.schema == schema.HISTORY
    assert got["start_time"].to_list() == [WEEK.start + n * HOUR for n in range(168)]
    assert (got["end_time"] - got["start_time"]).unique().to_list() == [HOUR]
    assert got["account_id"].unique().to_list() == [SUPPORT]


def test_dollars_are_those_of_the_endpoint_and_zeros_say_who_added_them() -> None:
    client = client_of(Sandbox(usage=usage_of({3: 0.8123, 5: -0.25}), now=NOW))

    got = client.usage_history(WEEK, accounts=ONE)

    reported = got.filter("is_reported")
    assert reported["start_time"].to_list() == [WEEK.start + 3 * HOUR, WEEK.start + 5 * HOUR]
    assert reported["aggregated_value"].to_list() == [0.8123, -0.25]
    assert reported["id"].null_count() == 0
    added = got.filter(~pl.col("is_reported"))
    assert added.height == 166
    assert set(added["aggregated_value"]) == {0.0}
    assert added["id"].null_count() == 166


def test_a_zero_that_the_endpoint_reports_is_reported() -> None:
    """It is not one that was added here, and it keeps its id."""
    sandbox = Sandbox(Knobs(is_empty_left_out=False), usage=usage_of({3: 0.5}), now=NOW)

    got = client_of(sandbox).usage_history(WEEK, accounts=ONE)

    assert got["aggregated_value"].to_list() == [0.0] * 3 + [0.5] + [0.0] * 164
    assert got["is_reported"].all()
    assert got["id"].null_count() == 0


def test_an_account_that_never_used_the_feature_is_a_full_table_of_zeros() -> None:
    got = client_of(Sandbox(now=NOW)).usage_history(WEEK, accounts=[PILOT])

    assert got.schema == schema.HISTORY
    assert got.height == 168
    assert got["aggregated_value"].sum() == 0
    assert not got["is_reported"].any()
    assert got["id"].null_count() == 168


def test_several_accounts_lie_one_after_the_other() -> None:
    got = client_of(Sandbox(now=NOW)).usage_history(WEEK, accounts=f"{PILOT},{SUPPORT},{BATCH}")

    assert got["account_id"].to_list() == [SUPPORT] * 168 + [BATCH] * 168 + [PILOT] * 168
    assert got["aggregated_value"].min() is not None


def test_without_ids_only_the_ids_are_gone() -> None:
    client = client_of(Sandbox(now=NOW))
    named, bare = (client.usage_history(WEEK, with_ids=with_ids) for with_ids in (True, False))

    assert bare.schema == schema.HISTORY
    assert bare["id"].null_count() == 168
    assert_frame_equal(named.drop("id"), bare.drop("id"))


def test_state_follows_from_the_moment_of_the_request_and_the_settle_lag() -> None:
    """At 09:30 the hour from 09 runs; 48 hours later it is complete, and not a minute before."""
    got = client_of(Sandbox(now=NOW)).usage_history(last_hours(60, now=NOW))
    state = dict(zip(got["end_time"], got["state"], strict=True))

    assert state[NOW.replace(hour=10, minute=0)] == "in_progress"
    assert state[NOW.replace(hour=9, minute=0)] == "provisional"
    assert state[datetime(2026, 11, 20, 10, tzinfo=UTC)] == "provisional"
    assert state[datetime(2026, 11, 20, 9, tzinfo=UTC)] == "complete"
    assert got["state"].value_counts().sort("state")["count"].to_list() == [11, 1, 48]


def test_a_range_that_is_long_past_is_complete() -> None:
    """Two days that ended a month ago."""
    end = NOW.replace(hour=0, minute=0) - 30 * DAY
    got = client_of(Sandbox(now=NOW)).usage_history(TimeRange(end - 2 * DAY, end))

    assert got["state"].to_list() == ["complete"] * 48


def test_the_settle_lag_is_a_setting() -> None:
    with serve(Sandbox(now=NOW)) as base_url:
        credentials = Credentials(token=SANDBOX_TOKEN, accounts=SUPPORT)
        with UsageClient(credentials, base_url=base_url, settle_lag=HOUR, now=NOW) as client:
            got = client.usage_history(last_hours(3, now=NOW))

    assert got["state"].to_list() == ["complete", "provisional", "in_progress"]


def test_days_are_utc_days_and_the_running_one_is_a_window_too() -> None:
    sandbox = Sandbox(now=NOW)
    client = client_of(sandbox)
    days = client.usage_history(last_days(3, include_today=True, now=NOW), granularity="day")
    hours = client.usage_history(last_days(3, include_today=True, now=NOW))

    assert (days["end_time"] - days["start_time"]).unique().to_list() == [DAY]
    assert days["state"].to_list() == ["complete", "provisional", "provisional", "in_progress"]
    by_day = hours.group_by(pl.col("start_time").dt.date(), maintain_order=True).agg(
        pl.col("aggregated_value").sum()
    )
    assert days["aggregated_value"].to_list() == pytest.approx(by_day["aggregated_value"].to_list())


def test_left_out_the_range_is_the_last_30_days() -> None:
    got = client_of(Sandbox(now=NOW)).usage_history()

    assert got["start_time"][0] == datetime(2026, 10, 23, tzinfo=UTC)
    assert got["end_time"][-1] == datetime(2026, 11, 22, tzinfo=UTC)


@st.composite
def knobs(draw: st.DrawFn) -> Knobs:
    """Any reading of what nobody knows."""
    return Knobs(
        time_unit=draw(st.sampled_from(["seconds", "milliseconds"])),
        numbers=draw(st.sampled_from(["int", "float"])),
        page_size=draw(st.one_of(st.none(), st.integers(1, 200))),
        drops=draw(st.sampled_from(["oldest", "newest"])),
        result_info=draw(st.sampled_from(["present", "uninformative", "absent"])),
        order=draw(st.sampled_from(["newest_first", "oldest_first", "shuffled"])),
        is_empty_left_out=draw(st.booleans()),
        is_id_stable=draw(st.booleans()),
    )


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    """Return what up to three accounts cost in the week: busy, idle at times, or nothing at all."""
    value = st.floats(-50, 500, allow_nan=False).filter(bool)
    hours = st.one_of(
        st.dictionaries(st.integers(0, 167), value, max_size=40),
        st.builds(lambda first, last: dict.fromkeys(range(first, last), 0.125), *[st.integers(0, 168)] * 2),
    )
    accounts = draw(st.lists(hours, min_size=1, max_size=3))
    return {
        f"{number:032x}": {WEEK.start + hour * HOUR: usd for hour, usd in account.items()}
        for number, account in enumerate(accounts)
    }


@settings(max_examples=120)
@given(knobs=knobs(), usage=usages(), granularity=st.sampled_from(schema.get_args(schema.Granularity)))
def test_whatever_the_knobs_and_the_usage_the_table_is_the_truth(
    knobs: Knobs, usage: Usage, granularity: schema.Granularity
) -> None:
    sandbox = Sandbox(knobs, usage=usage, now=NOW)

    got = client_of(sandbox).usage_history(WEEK, granularity=granularity, accounts=list(usage))

    width = HOUR if granularity == "hour" else DAY
    assert got.height == len(usage) * ((WEEK.end - WEEK.start) // width)
    for account in usage:
        truth = sandbox.truth(account, WEEK.start, WEEK.end, granularity)
        found = got.filter(pl.col("account_id") == account, pl.col("aggregated_value") != 0)
        assert_frame_equal(found.select(truth.columns), truth, check_exact=granularity == "hour")


@pytest.mark.parametrize("page_size", [None, 10, 50, 100])
def test_a_year_costs_as_few_requests_as_the_page_size_allows(page_size: int | None) -> None:
    """At most 1.2 times windows over page size, and a proof of two: both ends of the year are idle."""
    sandbox = Sandbox(Knobs(page_size=page_size, result_info="absent"), now=NOW)
    year = TimeRange(NOW.replace(hour=0, minute=0) - 365 * DAY, NOW.replace(hour=0, minute=0))

    got = client_of(sandbox).usage_history(year)

    truth = sandbox.truth(SUPPORT, year.start, year.end)
    assert got.height == 8_760
    assert fsum(got["aggregated_value"]) == pytest.approx(fsum(truth["aggregated_value"]), abs=1e-9)
    assert len(sandbox.requests) <= 1.2 * -(-8_760 // (page_size or 8_760)) + 2


def test_bounds_are_sent_as_whole_milliseconds_and_always_both() -> None:
    sandbox = Sandbox(now=NOW)
    client_of(sandbox).usage_history(last_hours(2, now=NOW))

    assert dict(sandbox.requests[0].query) == {
        "value_grouping_window": "hour",
        "start_time": "1795334400000",
        "end_time": "1795341600000",
    }


def test_the_official_sdk_gets_the_same_rows_over_a_socket() -> None:
    """A second client, written by others, of the same endpoint."""
    sandbox = Sandbox(Knobs(page_size=None), now=NOW)
    with serve(sandbox) as base_url:
        sdk = cloudflare.Cloudflare(api_token=SANDBOX_TOKEN, base_url=base_url)
        answer = sdk.ai_gateway.billing.usage_history(
            account_id=SUPPORT,
            value_grouping_window="hour",
            start_time=int(WEEK.start.timestamp()) * 1_000,
            end_time=int(WEEK.end.timestamp()) * 1_000,
        )
        sdk.close()
        with UsageClient(Credentials(token=SANDBOX_TOKEN), base_url=base_url, now=NOW) as client:
            ours = client.usage_history(WEEK, accounts=SUPPORT).filter("is_reported")

    theirs = sorted((row.start_time, row.aggregated_value, row.id) for row in answer.history)
    assert len(theirs) > 100
    assert [
        (start.timestamp(), value, name)
        for start, value, name in ours.select("start_time", "aggregated_value", "id").iter_rows()
    ] == theirs


def test_any_account_that_fails_fails_the_call_and_is_named() -> None:
    other = "e" * 32

    with pytest.raises(AuthError, match=other):
        client_of(Sandbox(now=NOW)).usage_history(WEEK, accounts=[SUPPORT, other, BATCH])


@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        (Trouble.empty(), PayloadError),
        (Trouble.null_result(), PayloadError),
        (Trouble.listed(), PayloadError),
        (Trouble.truncated(), PayloadError),
        (Trouble.html(200), PayloadError),
        (Trouble.unsuccessful(), ApiError),
        (Trouble.unauthorized(), AuthError),
        (Trouble.forbidden(), AuthError),
        (Trouble.forbidden(9109), AuthError),
        (Trouble.locked_out(), AuthError),
        (Trouble.throttled(86_400), RateLimitError),
    ],
)
def test_no_answer_of_the_sandbox_ends_in_a_table_that_is_not_whole(
    trouble: Trouble, kind: type[CfUsageError]
) -> None:
    sandbox = Sandbox(Knobs(page_size=50), trouble=[None, None, trouble], now=NOW)

    with pytest.raises(kind, match=SUPPORT):
        client_of(sandbox).usage_history(WEEK)


def test_a_claim_of_more_that_no_request_resolves_is_an_error() -> None:
    body = b'{"success": true, "result": {"history": []}, "result_info": {"has_more": true}}'

    with pytest.raises(PayloadError, match=rf"account {SUPPORT}.*cut"):
        client_of(Sandbox(trouble=[Trouble.body(body)], now=NOW)).usage_history(WEEK)


def test_a_range_that_reaches_past_the_running_window_is_refused() -> None:
    client = client_of(Sandbox(now=NOW))
    late = TimeRange(NOW.replace(minute=0), NOW.replace(minute=0) + 2 * HOUR)

    with pytest.raises(ConfigError, match="past the window that is running, which ends 2026-11-22T10:00Z"):
        client.usage_history(late)


def test_days_that_are_not_utc_days_are_refused_with_what_to_do() -> None:
    berlin = last_days(7, time_zone="Europe/Berlin", now=NOW)

    with pytest.raises(ConfigError, match="granularity='hour'"):
        client_of(Sandbox(now=NOW)).usage_history(berlin, granularity="day")


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"granularity": "week"}, "pass 'hour' or 'day'"),
        ({"accounts": "abc"}, "32 hexadecimal digits"),
        ({"accounts": []}, "accounts is empty"),
    ],
)
def test_a_wrong_argument_is_refused_before_anything_is_sent(arguments: dict[str, object], why: str) -> None:
    sandbox = Sandbox(now=NOW)

    with pytest.raises(ConfigError, match=why):
        client_of(sandbox).usage_history(WEEK, **arguments)  # type: ignore[arg-type]
    assert not sandbox.requests


@pytest.fixture
def base_url() -> Iterator[str]:
    with serve(Sandbox(now=NOW)) as url:
        yield url


def test_without_an_account_id_the_accounts_to_choose_from_are_listed(base_url: str) -> None:
    client = UsageClient(Credentials(token=SANDBOX_TOKEN), base_url=base_url, now=NOW)

    with client, pytest.raises(ConfigError, match=rf"can see 4: Larkspur Support \({SUPPORT}\)"):
        client.usage_history(WEEK)


def test_without_an_account_id_the_only_account_is_meant() -> None:
    only = b'{"success": true, "result": [{"id": "%s", "name": "Only"}], "result_info": {"total_count": 1}}'
    sandbox = Sandbox(trouble=[Trouble.body(only % BATCH.encode())], now=NOW)
    with (
        serve(sandbox) as base_url,
        UsageClient(Credentials(token=SANDBOX_TOKEN), base_url=base_url, now=NOW) as client,
    ):
        assert client.usage_history(today(now=NOW))["account_id"].unique().to_list() == [BATCH]


def test_the_environment_names_account_token_and_address(
    monkeypatch: pytest.MonkeyPatch, base_url: str
) -> None:
    monkeypatch.setenv("CLOUDFLARE_API_TOKEN", SANDBOX_TOKEN)
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", f"{BATCH},{SUPPORT}")
    monkeypatch.setenv("CLOUDFLARE_BASE_URL", base_url)

    with connect(now=NOW) as client:
        assert client.source == "account"
        assert client.label == "Cloudflare account, through 127.0.0.1"
        got = client.usage_history(today(now=NOW))["account_id"].unique().sort()

    assert got.to_list() == sorted([BATCH, SUPPORT])


def test_without_credentials_connect_is_the_sandbox_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """An account id alone is no credential, and the sandbox does not ask about it."""
    monkeypatch.setenv("CLOUDFLARE_ACCOUNT_ID", ONE)

    client = connect(now=NOW)

    assert client.source == "sandbox"
    assert repr(client) == "<UsageClient source='sandbox': Sandbox: made-up data>"
    assert client.usage_history(today(now=NOW))["account_id"].unique().to_list() == [SUPPORT]


def test_without_credentials_a_client_says_what_to_set() -> None:
    with pytest.raises(ConfigError, match=r"CLOUDFLARE_API_TOKEN.*login.*sandbox"):
        UsageClient()


def test_half_a_pair_is_not_taken_for_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDFLARE_EMAIL", "a@example.com")

    with pytest.raises(ConfigError, match="half a pair"):
        connect()


def test_plain_http_to_another_machine_is_refused_when_the_client_is_made() -> None:
    with pytest.raises(ConfigError, match="plain http"):
        UsageClient(Credentials(token=SANDBOX_TOKEN), base_url="http://api.example.com")


def test_accounts_are_listed_page_by_page() -> None:
    """137 accounts in pages of 50."""
    more = {f"{number:032x}": f"Account {number}" for number in range(133)}
    sandbox = Sandbox(accounts=more, now=NOW)

    got = client_of(sandbox).accounts()

    assert got.schema == schema.ACCOUNTS
    assert dict(got.iter_rows()) == more | SANDBOX_ACCOUNTS
    assert len(sandbox.requests) == 3


def test_a_token_that_may_not_list_accounts_gets_those_that_are_configured() -> None:
    sandbox = Sandbox(Knobs(is_token_account_owned=True), now=NOW)

    assert client_of(sandbox).accounts().rows() == [(SUPPORT, None)]
    with (
        serve(sandbox) as base_url,
        UsageClient(Credentials(token=SANDBOX_TOKEN), base_url=base_url) as bare,
        pytest.raises(ApiError, match="account owned"),
    ):
        bare.accounts()


def test_a_balance_of_cents_is_shown_in_dollars() -> None:
    """428.07 cents came as $4.28."""
    body = b'{"success": true, "result": {"balance": 428.07, "has_default_payment_method": true, '
    topped = body + b'"topup_config": {"amount": 2000, "threshold": 500}}}'
    client = client_of(
        Sandbox(trouble=[Trouble.body(topped), Trouble.body(body + b'"topup_config": null}}')])
    )

    got = client.credit_balance([SUPPORT, BATCH])

    assert got.schema == schema.CREDIT_BALANCE
    assert got.rows() == [
        (SUPPORT, pytest.approx(4.2807), True, 20.0, 5.0),
        (BATCH, pytest.approx(4.2807), True, None, None),
    ]


def test_a_client_can_be_used_again_after_it_was_closed(base_url: str) -> None:
    client = UsageClient(Credentials(token=SANDBOX_TOKEN, accounts=SUPPORT), base_url=base_url, now=NOW)
    with client:
        first = client.usage_history(WEEK)
    with client:
        second = client.usage_history(WEEK)

    assert_frame_equal(first, second)


def test_what_one_client_is_told_to_wait_another_of_the_same_token_waits_too() -> None:
    sandbox = Sandbox(now=NOW, trouble=[Trouble.throttled(99_999)])
    with serve(sandbox) as base_url:
        for account in (SUPPORT, BATCH):
            credentials = Credentials(token=SANDBOX_TOKEN, accounts=account)
            with (
                UsageClient(credentials, base_url=base_url, now=NOW) as client,
                pytest.raises(RateLimitError),
            ):
                client.usage_history(WEEK)

    assert len(sandbox.requests) == 1


class Watcher(Quiet):
    """Writes down what it is told, and may cancel."""

    def __init__(self) -> None:
        self.updates: list[tuple[int, int]] = []
        self.waits: list[tuple[str, float]] = []
        self.is_closed = False
        self.is_cancelled = False
        self.waiting = threading.Event()

    def update(self, done: int, total: int) -> None:
        self.updates.append((done, total))

    def wait(self, reason: str, seconds: float) -> None:
        self.waits.append((reason, seconds))
        self.waiting.set()

    def close(self) -> None:
        self.is_closed = True


def test_progress_hears_of_every_request_and_of_the_end() -> None:
    watcher = Watcher()

    client_of(Sandbox(Knobs(page_size=24), now=NOW)).usage_history(WEEK, progress=watcher)

    assert watcher.is_closed
    assert watcher.updates[-1][0] == watcher.updates[-1][1] >= 7
    assert [done for done, _ in watcher.updates] == sorted(done for done, _ in watcher.updates)


@pytest.mark.parametrize("accounts", [[SUPPORT], [SUPPORT, BATCH, RESEARCH]])
def test_a_long_wait_is_announced_and_can_be_cancelled(accounts: list[str]) -> None:
    """300 s asked for by a 429 are over within a second: on the calling thread, and on a worker's."""
    watcher = Watcher()
    sandbox = Sandbox(trouble=[Trouble.throttled(300)] * 9, now=NOW)
    failed: list[BaseException] = []

    def fetch_it() -> None:
        try:
            client_of(sandbox).usage_history(WEEK, accounts=accounts, progress=watcher)
        except CancelledError as exc:
            failed.append(exc)

    thread = threading.Thread(target=fetch_it)
    thread.start()
    assert watcher.waiting.wait(10)
    watcher.is_cancelled = True
    thread.join(1)

    assert not thread.is_alive()
    assert "nothing is returned" in str(failed[0])
    assert watcher.waits[0][1] == pytest.approx(300, abs=1)
    assert watcher.is_closed


def test_an_interrupt_of_the_kernel_ends_the_workers_too() -> None:
    """KeyboardInterrupt reaches the thread that waits for the workers; they stop waiting as well."""

    class Interrupted(Watcher):
        @property
        def is_cancelled(self) -> bool:  # type: ignore[override]
            if self.waiting.is_set() and threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt
            return False

        @is_cancelled.setter
        def is_cancelled(self, _value: bool) -> None: ...

    before = set(threading.enumerate())
    sandbox = Sandbox(Knobs(page_size=50), trouble=[None, None, *[Trouble.throttled(300)] * 9], now=NOW)

    with pytest.raises(KeyboardInterrupt):
        client_of(sandbox).usage_history(WEEK, progress=Interrupted())

    workers = {thread for thread in threading.enumerate() if thread.name.startswith("cfusage_lab fetch")}
    for thread in workers - before:
        thread.join(1)
        assert not thread.is_alive()


def test_settle_lag_and_now_are_checked() -> None:
    credentials = Credentials(token=SANDBOX_TOKEN)
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - what is tried

    with pytest.raises(ConfigError, match="from 0 to 1,830 days"):
        UsageClient(credentials, settle_lag=-HOUR)
    with pytest.raises(ConfigError, match="no time zone"):
        UsageClient(credentials, now=naive)


def test_the_present_is_the_clocks_if_nobody_says() -> None:
    before = datetime.now(UTC)
    got = UsageClient.sandbox().usage_history(last_hours(1))

    assert timedelta(hours=48) == schema.SETTLE_LAG
    assert got["state"].to_list() == ["in_progress"]
    assert before - HOUR < got["start_time"][0] <= datetime.now(UTC)
