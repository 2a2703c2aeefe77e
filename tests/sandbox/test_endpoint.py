"""What the sandbox answers when all is as documented."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from wsgiref.validate import validator

import httpx
import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox import SANDBOX_EMAIL, SANDBOX_KEY, SANDBOX_TOKEN, Knobs, Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS

Connect = Callable[[Sandbox], httpx.Client]

SUPPORT, RESEARCH, BATCH, PILOT = SANDBOX_ACCOUNTS
ELSE = "f" * 32
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HISTORY = f"/accounts/{SUPPORT}/ai-gateway/billing/usage-history"
PAIR = {"X-Auth-Email": SANDBOX_EMAIL, "X-Auth-Key": SANDBOX_KEY}
THREE_HOURS = {SUPPORT: {NOON: 1.5, NOON + timedelta(hours=1): 0.0, NOON + timedelta(hours=2): 0.25}}


def milliseconds(moment: datetime) -> int:
    """Write a moment as the endpoint wants it."""
    return int(moment.timestamp()) * 1_000


def asked(start: datetime, hours: float, window: str = "hour") -> dict[str, str | int]:
    """Write the query for some hours."""
    end = start + timedelta(hours=hours)
    return {
        "value_grouping_window": window,
        "start_time": milliseconds(start),
        "end_time": milliseconds(end),
    }


def test_hours_come_newest_first_without_those_that_cost_nothing(inside: Connect) -> None:
    """Three hours asked, two with usage: times in seconds, money in dollars."""
    answer = inside(Sandbox(usage=THREE_HOURS, now=NOW)).get(HISTORY, params=asked(NOON, 3)).json()

    noon = int(NOON.timestamp())
    names = ("start_time", "end_time", "aggregated_value")
    assert [tuple(row[name] for name in names) for row in answer["result"]["history"]] == [
        (noon + 7_200, noon + 10_800, 0.25),
        (noon, noon + 3_600, 1.5),
    ]
    assert answer["result_info"] == {"has_more": False, "page": 1, "per_page": 100, "total_count": 2}
    assert (answer["success"], answer["errors"], answer["messages"]) == (True, [], [])


def test_it_keeps_to_wsgi() -> None:
    """The standard library's checker finds nothing in answers and refusals."""
    transport = httpx.WSGITransport(app=validator(Sandbox(now=NOW)))
    with httpx.Client(transport=transport, base_url="http://sandbox/client/v4") as client:
        refused = client.get(HISTORY)
        answered = client.get(HISTORY, params=asked(NOON, 3), headers=PAIR)

    assert (refused.status_code, answered.status_code) == (400, 200)


def test_the_end_is_exclusive(inside: Connect) -> None:
    """The window that starts at end_time is not in the answer."""
    client = inside(Sandbox(usage=THREE_HOURS, now=NOW))

    history = client.get(HISTORY, params=asked(NOON, 2)).json()["result"]["history"]

    assert [row["aggregated_value"] for row in history] == [1.5]


def test_a_day_is_the_sum_of_its_hours_on_utc_midnights(inside: Connect) -> None:
    """1.50 and 0.25 dollars around noon are one day of 1.75."""
    midnight = NOON.replace(hour=0)

    answer = inside(Sandbox(usage=THREE_HOURS, now=NOW)).get(HISTORY, params=asked(midnight, 48, "day"))

    (day,) = answer.json()["result"]["history"]
    assert day["aggregated_value"] == 1.75
    assert (day["start_time"], day["end_time"]) == (midnight.timestamp(), midnight.timestamp() + 86_400)


def test_bounds_may_be_written_as_floats(inside: Connect) -> None:
    """The official SDK sends 1795132800000.0."""
    query = {name: f"{value}.0" if name != "value_grouping_window" else value
             for name, value in asked(NOON, 3).items()}  # fmt: skip

    history = (
        inside(Sandbox(usage=THREE_HOURS, now=NOW)).get(HISTORY, params=query).json()["result"]["history"]
    )

    assert len(history) == 2


def test_ids_are_long_and_all_different(inside: Connect) -> None:
    """An id has 180 to 200 characters, and differs between windows, accounts and granularities."""
    client = inside(Sandbox(Knobs(is_empty_left_out=False), now=NOW))
    midnight = NOON.replace(hour=0)

    ids = [
        row["id"]
        for account_id in (SUPPORT, PILOT)
        for window in ("hour", "day")
        for row in client.get(
            HISTORY.replace(SUPPORT, account_id), params=asked(midnight, 24, window)
        ).json()["result"]["history"]
    ]  # fmt: skip

    assert len(ids) == len(set(ids)) == 50
    assert all(one.startswith("mtrusg_") and 180 <= len(one) <= 200 for one in ids)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"value_grouping_window": None}, 400),
        ({"value_grouping_window": "week"}, 400),
        ({"start_time": "yesterday"}, 400),
        ({"end_time": "nan"}, 400),
        ({"end_time": -3_600_000}, 400),
        ({"start_time": None}, 400),
        ({"start_time": milliseconds(NOON) + 60_000}, 500),
        ({"end_time": milliseconds(NOON) + 3_600_001}, 500),
        ({"end_time": milliseconds(NOON)}, 400),
        ({"value_grouping_window": "day"}, 500),
    ],
)
def test_a_bad_query_is_refused(inside: Connect, change: dict[str, object], status: int) -> None:
    """Missing or unreadable parameters get 400, bounds off the grid 500."""
    query = {name: value for name, value in {**asked(NOON, 3), **change}.items() if value is not None}

    answer = inside(Sandbox(now=NOW)).get(HISTORY, params=query)

    assert answer.status_code == status
    body = answer.json()
    assert body["success"] is False
    assert body["result"] is None
    assert "messages" not in body


def codes(answer: httpx.Response) -> list[int]:
    """List the codes of a refusal, those of the first error's chain included."""
    errors = answer.json()["errors"]
    return [error["code"] for error in [*errors, *errors[0].get("error_chain", [])]]


@pytest.mark.parametrize(
    ("headers", "status", "expected"),
    [
        ({"Authorization": f'Bearer "{SANDBOX_TOKEN}"'}, 400, [6003, 6111]),
        ({"Authorization": f"Bearer Bearer {SANDBOX_TOKEN}"}, 400, [6003, 6111]),
        ({"Authorization": SANDBOX_TOKEN}, 400, [6003, 6111]),
        ({"Authorization": f"Bearer {SANDBOX_TOKEN}x"}, 403, [10000]),
        ({}, 400, [9106]),
        ({"X-Auth-Email": SANDBOX_EMAIL}, 400, [6003, 6103]),
        ({"X-Auth-Key": SANDBOX_KEY}, 400, [6003, 6102]),
        ({"X-Auth-Email": "analyst", "X-Auth-Key": SANDBOX_TOKEN}, 400, [6003, 6102, 6103]),
        ({"X-Auth-Email": SANDBOX_EMAIL, "X-Auth-Key": "0" * 37}, 403, [9103]),
        ({"Authorization": "Bearer wrong", **PAIR}, 403, [10000]),
    ],
)
def test_bad_credentials_are_refused(
    inside: Connect, headers: dict[str, str], status: int, expected: list[int]
) -> None:
    """Malformed headers get 400 with a chain, wrong ones 403; a token is judged first."""
    client = inside(Sandbox(now=NOW))
    del client.headers["Authorization"]

    answer = client.get(HISTORY, params=asked(NOON, 3), headers=headers)

    assert (answer.status_code, codes(answer)) == (status, expected)
    assert set(answer.json()) == {"errors", "result", "success"}


@pytest.mark.parametrize(
    "headers",
    [
        PAIR,
        {"Authorization": f"Bearer {SANDBOX_TOKEN}", "X-Auth-Email": "someone@example.com"},
    ],
)
def test_good_credentials_are_accepted(inside: Connect, headers: dict[str, str]) -> None:
    """The pair will do, and a good token beside a stray email."""
    client = inside(Sandbox(now=NOW))
    del client.headers["Authorization"]

    assert client.get(HISTORY, params=asked(NOON, 3), headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/accounts/abc/ai-gateway/billing/usage-history", 404, [7003, 7000]),
        (f"/accounts/{SUPPORT.upper()}/ai-gateway/billing/usage-history", 404, [7003, 7000]),
        (f"/accounts/{ELSE}/ai-gateway/billing/usage-history", 403, [10000]),
        (f"/accounts/{ELSE}/ai-gateway/billing/credit-balance", 403, [10000]),
        (f"/accounts/{SUPPORT}/ai-gateway/billing/invoices", 404, [7003, 7000]),
        ("/zones", 404, [7003, 7000]),
        ("http://sandbox/accounts", 404, [7003, 7000]),
    ],
)
def test_unknown_addresses_are_refused(inside: Connect, path: str, status: int, expected: list[int]) -> None:
    """A malformed id and an unknown route look the same; a foreign account looks like a bad token."""
    answer = inside(Sandbox(now=NOW)).get(path, params=asked(NOON, 3))

    assert (answer.status_code, codes(answer)) == (status, expected)


def test_only_get_is_allowed(inside: Connect) -> None:
    """Nothing can be changed through the sandbox."""
    answer = inside(Sandbox()).post(HISTORY)

    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET")
    assert codes(answer) == [7001]


def test_accounts_come_in_pages(inside: Connect) -> None:
    """120 accounts, 50 at most a page; a page beyond the last is empty."""
    more = {f"{number:032x}": f"Number {number}" for number in range(116)}
    client = inside(Sandbox(accounts=more))

    pages = [client.get("/accounts", params={"page": page, "per_page": 50}).json() for page in (1, 2, 3, 4)]

    assert [len(page["result"]) for page in pages] == [50, 50, 20, 0]
    found = {row["id"]: row["name"] for page in pages for row in page["result"]}
    assert found == {**SANDBOX_ACCOUNTS, **more}
    assert pages[2]["result_info"] == {
        "page": 3,
        "per_page": 50,
        "count": 20,
        "total_count": 120,
        "total_pages": 3,
    }
    assert len(client.get("/accounts").json()["result"]) == 20


@pytest.mark.parametrize("query", [{"per_page": 51}, {"per_page": 0}, {"page": 0}, {"page": "two"}])
def test_impossible_pages_are_refused(inside: Connect, query: dict[str, object]) -> None:
    """A page holds 1 to 50 accounts, and the first is number 1."""
    assert inside(Sandbox()).get("/accounts", params=query).status_code == 400


def test_accounts_with_supplied_usage_are_listed(inside: Connect) -> None:
    """An account that only the usage names can be asked for, and is listed after the published ones."""
    client = inside(Sandbox(usage={ELSE: {NOON: 2.0}}, now=NOW))

    listed = [row["id"] for row in client.get("/accounts").json()["result"]]
    history = client.get(HISTORY.replace(SUPPORT, ELSE), params=asked(NOON, 1)).json()["result"]["history"]

    assert listed == [*SANDBOX_ACCOUNTS, ELSE]
    assert [row["aggregated_value"] for row in history] == [2]


def test_credit_is_in_cents(inside: Connect) -> None:
    """428.0731 dollars come as 42807.31; Batch owes; Pilot has no card, and nobody else tops up."""
    client = inside(Sandbox())

    balances = {
        account_id: client.get(f"/accounts/{account_id}/ai-gateway/billing/credit-balance").json()
        for account_id in SANDBOX_ACCOUNTS
    }

    assert [balances[one]["result"]["balance"] for one in SANDBOX_ACCOUNTS] == [42807.31, 1160.5, -213.94, 0]
    assert balances[PILOT]["result"]["payment_method"] is None
    assert balances[PILOT]["result"]["has_default_payment_method"] is False
    topups = [balances[one]["result"]["topup_config"]["amount"] for one in SANDBOX_ACCOUNTS]
    assert topups == [20_000, None, None, None]
    assert balances[SUPPORT]["result_info"] == {
        "has_more": False,
        "page": 1,
        "per_page": 100,
        "total_count": 1,
    }


def test_every_answer_tells_the_rate_limit(inside: Connect) -> None:
    """Successes and refusals carry the two headers; only throttling has retry-after."""
    client = inside(Sandbox())

    for answer in (client.get("/accounts"), client.get("/zones")):
        assert answer.headers["Ratelimit"] == '"default";r=1199;t=300'
        assert answer.headers["Ratelimit-Policy"] == '"default";q=1200;w=300'
        assert "retry-after" not in answer.headers


def test_requests_are_remembered(inside: Connect) -> None:
    """What was asked, in order, refusals included, with the clock's reading."""
    ticks = iter([10.0, 12.5])
    sandbox = Sandbox(clock=lambda: next(ticks))
    client = inside(sandbox)

    client.get("/accounts", params={"page": 2})
    client.get("/zones")

    assert [(one.method, one.path, one.query, one.time) for one in sandbox.requests] == [
        ("GET", "/client/v4/accounts", {"page": "2"}, 10.0),
        ("GET", "/client/v4/zones", {}, 12.5),
    ]


def test_the_future_has_no_usage_and_the_running_hour_has_its_share(inside: Connect) -> None:
    """At a quarter past, a quarter of the hour's dollar is there, and nothing of the next hour."""
    usage = {SUPPORT: {NOON + timedelta(hours=number): 1.0 for number in range(3)}}
    sandbox = Sandbox(usage=usage, now=NOON + timedelta(hours=1, minutes=15))

    answer = inside(sandbox).get(HISTORY, params=asked(NOON, 3))

    assert [row["aggregated_value"] for row in answer.json()["result"]["history"]] == [0.25, 1]


def test_now_may_be_a_clock(inside: Connect) -> None:
    """Usage appears as the clock moves on."""
    moments = iter([NOON, NOON + timedelta(hours=1)])
    current = [next(moments)]
    client = inside(Sandbox(usage={SUPPORT: {NOON: 1.0}}, now=lambda: current[0]))

    before = client.get(HISTORY, params=asked(NOON, 1)).json()["result"]["history"]
    current[0] = next(moments)
    after = client.get(HISTORY, params=asked(NOON, 1)).json()["result"]["history"]

    assert (before, [row["aggregated_value"] for row in after]) == ([], [1])


def test_the_truth_is_what_a_complete_answer_would_hold(inside: Connect) -> None:
    """Pages of 7 cut the answer; the truth has every window with usage, oldest first."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    cut, whole = Sandbox(Knobs(page_size=7), now=NOW), Sandbox(Knobs(page_size=None), now=NOW)
    query = asked(start, 14 * 24)

    truth = cut.truth(SUPPORT, start, start + timedelta(days=14))
    history = inside(whole).get(HISTORY, params=query).json()["result"]["history"]
    days = cut.truth(SUPPORT, start, start + timedelta(days=14), "day")

    assert len(inside(cut).get(HISTORY, params=query).json()["result"]["history"]) == 7
    assert truth["aggregated_value"].to_list() == [row["aggregated_value"] for row in reversed(history)]
    assert [int(moment.timestamp()) for moment in truth["start_time"]] == [
        row["start_time"] for row in reversed(history)
    ]
    assert days.height == 14
    assert days["aggregated_value"].sum() == pytest.approx(truth["aggregated_value"].sum())
    assert all(b - a == timedelta(days=1) for a, b in pairwise(days["start_time"]))


def test_the_truth_of_an_unused_account_is_an_empty_table() -> None:
    """No window, but all columns."""
    truth = Sandbox().truth(PILOT, NOON, NOW.replace(minute=0))

    assert truth.is_empty()
    assert truth.columns == ["start_time", "end_time", "aggregated_value"]


@pytest.mark.parametrize(
    "arguments",
    [
        {"now": datetime(2026, 11, 20)},  # noqa: DTZ001 - the mistake under test
        {"usage": {SUPPORT: {datetime(2026, 11, 20): 1.0}}},  # noqa: DTZ001 - likewise
        {"usage": {SUPPORT: {NOON + timedelta(minutes=30): 1.0}}},
        {"usage": {SUPPORT: {NOON + timedelta(microseconds=1): 1.0}}},
        {"usage": {SUPPORT: {1_800: 1.0}}},
        {"usage": {SUPPORT: {NOON: float("nan")}}},
        {"usage": {"support": {NOON: 1.0}}},
        {"accounts": {"F" * 32: "upper case"}},
    ],
)
def test_an_impossible_truth_is_refused(arguments: dict[str, object]) -> None:
    """Naive moments, hours off the grid, costs that are no number and malformed ids."""
    with pytest.raises(ConfigError):
        Sandbox(**arguments)  # type: ignore[arg-type]


def test_the_truth_wants_whole_windows() -> None:
    """Noon is no start of a day."""
    with pytest.raises(ConfigError, match="not whole UTC days"):
        Sandbox().truth(SUPPORT, NOON, NOON + timedelta(days=1), "day")


def test_the_present_may_be_a_text_and_what_is_none_is_refused_at_the_door(inside: Connect) -> None:
    texts = ("2026-11-18T15:30Z", datetime(2026, 11, 18, 15, 30, tzinfo=UTC))
    answers = [
        inside(Sandbox(usage={SUPPORT: {NOON: 2.0}}, now=now)).get(HISTORY, params=asked(NOON, 3)).json()
        for now in texts
    ]

    assert answers[0]["result"] == answers[1]["result"]
    for wrong in ("noon", "2026-11-18T15:30", 5, datetime(2026, 11, 18)):  # noqa: DTZ001
        with pytest.raises(ConfigError, match=r"^now "):
            Sandbox(now=wrong)  # type: ignore[arg-type]
