"""Each open question about the endpoint, seen from outside."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox import Knobs, Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS

Connect = Callable[[Sandbox], httpx.Client]
Row = dict[str, float]

SUPPORT, *_, PILOT = SANDBOX_ACCOUNTS
START = datetime(2026, 11, 15, 12, tzinfo=UTC)
SECONDS = int(START.timestamp())
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
NULL = Knobs(never_used="null")
FIVE = {SUPPORT: {START + timedelta(hours=number): number + 1.0 for number in range(5)}}


def ask(
    client: httpx.Client,
    *,
    start: datetime = START,
    hours: int = 5,
    account_id: str = SUPPORT,
    **more: object,
) -> httpx.Response:
    """Ask for some hours."""
    begin = int(start.timestamp()) * 1_000
    query = {"value_grouping_window": "hour", "start_time": begin, "end_time": begin + hours * 3_600_000}
    params = {name: value for name, value in {**query, **more}.items() if value is not None}
    return client.get(f"/accounts/{account_id}/ai-gateway/billing/usage-history", params=params)


def shown(answer: httpx.Response) -> list[float]:
    """List the values of an answer, in its order."""
    return [row["aggregated_value"] for row in answer.json()["result"]["history"]]


@pytest.fixture
def client_of(inside: Connect) -> Callable[..., httpx.Client]:
    """Open a client of a sandbox with five hours of 1 to 5 dollars and some knobs."""
    return lambda **knobs: inside(Sandbox(Knobs(**knobs), usage=FIVE, now=NOW))


Opens = Callable[..., httpx.Client]


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 1), ("milliseconds", 1_000)])
def test_time_unit(client_of: Opens, unit: str, factor: int) -> None:
    """The answer speaks seconds or milliseconds; the request is the same."""
    first = ask(client_of(time_unit=unit)).json()["result"]["history"][-1]

    assert (first["start_time"], first["end_time"]) == (SECONDS * factor, (SECONDS + 3_600) * factor)


@pytest.mark.parametrize(("numbers", "text"), [("int", f":{SECONDS},"), ("float", f":{SECONDS}.0,")])
def test_numbers(client_of: Opens, numbers: str, text: str) -> None:
    """Whole numbers are written without or with a point, money included."""
    body = ask(client_of(numbers=numbers), hours=1).text

    assert f'"start_time"{text}' in body
    assert f'"aggregated_value":{"1" if numbers == "int" else "1.0"},' in body


@pytest.mark.parametrize(
    ("knobs", "values"),
    [
        ({"page_size": 2}, [5, 4]),
        ({"page_size": 2, "drops": "newest"}, [2, 1]),
        ({"page_size": 5}, [5, 4, 3, 2, 1]),
        ({"page_size": None}, [5, 4, 3, 2, 1]),
        ({"page_size": 2, "order": "oldest_first"}, [4, 5]),
        ({"page_size": 2, "drops": "newest", "order": "oldest_first"}, [1, 2]),
    ],
)
def test_page_size_drops_and_order(client_of: Opens, knobs: dict[str, object], values: list[int]) -> None:
    """The page keeps one end of the range, whatever the order within it."""
    assert shown(ask(client_of(**knobs))) == values


def test_no_page_size_means_everything(inside: Connect) -> None:
    """150 hours with usage come at once, and 100 of them by default."""
    usage = {SUPPORT: {START - timedelta(hours=number): 1.0 for number in range(150)}}
    earliest = START - timedelta(hours=149)

    sandboxes = [Sandbox(Knobs(page_size=size), usage=usage, now=NOW) for size in (None, 100)]

    counts = [len(shown(ask(inside(sandbox), start=earliest, hours=150))) for sandbox in sandboxes]

    assert counts == [150, 100]
    assert Knobs().page_size == 100


def test_shuffled_order(inside: Connect) -> None:
    """All windows are there, neither way sorted."""
    usage = {SUPPORT: {START - timedelta(hours=number): float(number + 1) for number in range(50)}}
    client = inside(Sandbox(Knobs(order="shuffled"), usage=usage, now=NOW))

    values = shown(ask(client, start=START - timedelta(hours=49), hours=50))

    assert sorted(values) == list(range(1, 51))
    assert values not in (list(range(1, 51)), list(range(50, 0, -1)))


@pytest.mark.parametrize(
    ("result_info", "block"),
    [
        ("present", {"has_more": True, "page": 1, "per_page": 2, "total_count": 5}),
        ("uninformative", {"has_more": False, "page": 1, "per_page": 2, "total_count": 2}),
        ("absent", None),
    ],
)
def test_result_info_of_a_cut_answer(client_of: Opens, result_info: str, block: object) -> None:
    """The block tells the truth, says nothing, or is missing from every answer."""
    client = client_of(result_info=result_info, page_size=2)

    assert ask(client).json().get("result_info") == block
    balance = client.get(f"/accounts/{SUPPORT}/ai-gateway/billing/credit-balance").json()
    assert ("result_info" in balance) == (result_info != "absent")


def test_empty_windows_may_come_as_zeros(client_of: Opens) -> None:
    """Seven hours asked, five with usage."""
    assert shown(ask(client_of(is_empty_left_out=False), hours=7)) == [0, 0, 5, 4, 3, 2, 1]
    assert shown(ask(client_of(), hours=7)) == [5, 4, 3, 2, 1]


@pytest.mark.parametrize("is_stable", [True, False])
def test_ids_may_change_between_answers(client_of: Opens, is_stable: bool) -> None:  # noqa: FBT001
    """The same question twice."""
    client = client_of(is_id_stable=is_stable)

    first, second = ([row["id"] for row in ask(client).json()["result"]["history"]] for _ in range(2))

    assert (first == second) is is_stable
    assert len({*first, *second}) == (5 if is_stable else 10)


def test_bounds_may_be_optional(client_of: Opens, inside: Connect) -> None:
    """Omitted, they mean the 366 days up to the end of the running hour."""
    assert ask(client_of(), start_time=None).status_code == 400
    long_ago = NOW.replace(minute=0) + timedelta(hours=1) - timedelta(days=366)
    usage = {SUPPORT: {long_ago - timedelta(hours=1): 1.0, long_ago: 2.0, NOW.replace(minute=0): 4.0}}
    client = inside(Sandbox(Knobs(is_bounds_optional=True), usage=usage, now=NOW))

    assert shown(ask(client, start_time=None, end_time=None)) == [2, 2]  # half of the running hour's 4


@pytest.mark.parametrize(("future_end", "statuses"), [("accepted", [200, 200]), ("refused", [200, 400])])
def test_future_end(client_of: Opens, future_end: str, statuses: list[int]) -> None:
    """The end of the running hour is never in the future; an hour later is."""
    client = client_of(future_end=future_end)
    running = NOW.replace(minute=0)

    assert [ask(client, start=running, hours=hours).status_code for hours in (1, 2)] == statuses


def test_longest_days(client_of: Opens) -> None:
    """Two days are answered, two days and an hour refused."""
    client = client_of(longest_days=2)

    assert [ask(client, hours=hours).status_code for hours in (48, 49)] == [200, 400]
    assert ask(client_of(), hours=24 * 4_000).status_code == 200


@pytest.mark.parametrize("supplied", [None, {**FIVE, PILOT: {START: 0.0}}])
def test_an_account_without_any_usage_may_get_null(inside: Connect, supplied: object) -> None:
    """The Pilot never used anything; Support did, even where the answer is empty."""
    sandbox = Sandbox(Knobs(never_used="null"), usage=supplied, now=NOW)  # type: ignore[arg-type]
    client = inside(sandbox)
    plain = inside(Sandbox(usage=supplied, now=NOW))  # type: ignore[arg-type]
    future = NOW.replace(minute=0) + timedelta(days=1)

    assert ask(client, account_id=PILOT).json()["result"] is None
    assert ask(client, account_id=PILOT).json()["success"] is True
    assert ask(plain, account_id=PILOT).json()["result"] == {"history": []}
    assert ask(client, start=future).json()["result"] == {"history": []}


def test_recent_windows_settle_slowly(inside: Connect) -> None:
    """With three hours to settle, an hour takes four until all of its cost is there."""
    usage = {SUPPORT: {START + timedelta(hours=number): 8.0 for number in range(5)}}
    sandbox = Sandbox(Knobs(settling_hours=3), usage=usage, now=START + timedelta(hours=5))

    assert shown(ask(inside(sandbox))) == [2, 4, 6, 8, 8]


def test_a_token_of_an_account_may_not_list_accounts(client_of: Opens) -> None:
    """It is refused with 1001, but may read usage."""
    client = client_of(is_token_account_owned=True)

    answer = client.get("/accounts")

    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, 1001)
    assert ask(client).status_code == 200


def test_ratelimit(client_of: Opens) -> None:
    """The header says what the knob says, or is missing."""
    nearly_gone = ask(client_of(ratelimit=(2, 7)))
    silent = ask(client_of(ratelimit=None))

    assert nearly_gone.headers["Ratelimit"] == '"default";r=2;t=7'
    assert not {"ratelimit", "ratelimit-policy"} & set(silent.headers)


def test_limit(inside: Connect) -> None:
    """Three requests in ten seconds; the fourth shuts the door for ten more."""
    clock = [100.0]
    sandbox = Sandbox(Knobs(limit=(3, 10)), now=NOW, clock=lambda: clock[0])
    client = inside(sandbox)

    def ask_at(moment: float) -> tuple[int, str, str | None]:
        clock[0] = moment
        answer = ask(client)
        return answer.status_code, answer.headers["Ratelimit"], answer.headers.get("retry-after")

    assert ask_at(100.0) == (200, '"default";r=2;t=10', None)
    assert ask_at(104.5) == (200, '"default";r=1;t=6', None)
    assert ask_at(105.0) == (200, '"default";r=0;t=5', None)
    assert ask_at(106.0) == (429, '"default";r=0;t=10', "10")
    assert ask_at(115.5) == (429, '"default";r=0;t=1', "1")
    assert ask_at(116.0) == (200, '"default";r=2;t=10', None)
    clock[0] = 117.0
    assert ask(client).headers["Ratelimit-Policy"] == '"default";q=3;w=10'


def test_throttling_says_so(inside: Connect) -> None:
    """The refusal is code 971, without messages."""
    client = inside(Sandbox(Knobs(limit=(1, 60)), now=NOW))
    ask(client)

    assert ask(client).json() == {
        "errors": [{"code": 971, "message": "Please wait and consider throttling your request speed"}],
        "result": None,
        "success": False,
    }


def invoice_answer(client: httpx.Client, name: str = "invoice-preview", **query: str) -> dict[str, Any]:
    """Ask about invoices."""
    path = f"/accounts/{SUPPORT}/ai-gateway/billing/{name}"
    result: dict[str, Any] = client.get(path, params=query).json()["result"]
    return result


@pytest.mark.parametrize(("unit", "one_dollar"), [("cents", 100), ("dollars", 1)])
def test_invoice_unit(client_of: Opens, unit: str, one_dollar: int) -> None:
    """Five hours of 15 dollars, all of which credit pays, and a purchase of 200 before."""
    client = client_of(invoice_unit=unit, invoice_lines="one")
    preview = invoice_answer(client)
    past = invoice_answer(client, "invoice-history")["invoices"]

    assert preview["invoice_lines"][0]["amount"] == 15 * one_dollar
    assert preview["invoice_lines"][0]["pretax_credit_amounts"][0]["amount"] == 15 * one_dollar
    assert preview["amount_due"] == 0
    assert [invoice["amount_due"] for invoice in past] == [200 * one_dollar]


@pytest.mark.parametrize(
    ("lines", "described"),
    [
        ("by_model", ["openai/gpt-5.5", "anthropic/claude-haiku-4-5", "google/gemini-3-flash"]),
        ("one", ["AI Gateway usage"]),
        ("without_model", [f"AI Gateway usage, part {number}" for number in range(3)]),
        ("empty", []),
    ],
)
def test_invoice_lines(client_of: Opens, lines: str, described: list[str]) -> None:
    """However many there are, they come to the 15 dollars of the month."""
    found = invoice_answer(client_of(invoice_lines=lines))["invoice_lines"]

    assert [line["description"] for line in found] == described
    assert sum(line["amount"] for line in found) == (1_500 if described else 0)


@pytest.mark.parametrize("status", ["draft", "open"])
def test_invoice_status(client_of: Opens, status: str) -> None:
    assert invoice_answer(client_of(invoice_status=status))["status"] == status


@pytest.mark.parametrize(("unit", "factor"), [("seconds", 1), ("milliseconds", 1_000)])
def test_invoices_have_the_time_unit_and_the_numbers_of_all_answers(
    inside: Connect, unit: str, factor: int
) -> None:
    """November of 2026, of an account whose cost is paid by invoice."""
    knobs = Knobs(time_unit=unit, numbers="float")  # type: ignore[arg-type]
    client = inside(Sandbox(knobs, usage={PILOT: {START: 1.0}}, now=NOW))
    text = client.get(f"/accounts/{PILOT}/ai-gateway/billing/invoice-preview").text

    assert f'"period_start":{1_793_491_200 * factor}.0,"period_end":{1_796_083_200 * factor}.0' in text
    assert '"amount_due":100.0,' in text


def test_past_invoices_are_cut_at_the_page_size(inside: Connect) -> None:
    """Three months and a purchase of credit, of which a page of two holds half, and says so, if it may."""
    whole, cut, silent, bare = (
        invoice_answer(inside(Sandbox(Knobs(**knobs), now=NOW)), "invoice-history")  # type: ignore[arg-type]
        for knobs in (
            {},
            {"page_size": 2},
            {"page_size": 2, "result_info": "uninformative"},
            {"page_size": 2, "result_info": "absent"},
        )
    )

    assert [len(answer["invoices"]) for answer in (whole, cut, silent, bare)] == [4, 2, 2, 2]
    assert [answer["pagination"]["has_more"] for answer in (whole, cut, silent, bare)] == [
        False,
        True,
        False,
        True,
    ]
    assert cut["pagination"]["total_count"] == 4


def test_past_invoices_are_of_the_kind_that_is_asked_for(inside: Connect) -> None:
    client = inside(Sandbox(now=NOW))
    origins = {
        kind: [
            invoice["invoice_origin"]
            for invoice in invoice_answer(client, "invoice-history", type=kind)["invoices"]
        ]
        for kind in ("auto", "manual", "all")
    }

    assert origins == {"auto": ["auto"] * 3, "manual": ["manual"], "all": ["auto"] * 3 + ["manual"]}
    assert client.get(f"/accounts/{SUPPORT}/ai-gateway/billing/invoice-history?type=x").status_code == 400


@pytest.mark.parametrize("name", ["invoice-preview", "invoice-history"])
def test_an_account_without_any_usage_may_get_null_for_its_invoices(inside: Connect, name: str) -> None:
    path = f"/accounts/{PILOT}/ai-gateway/billing/{name}"
    plain, null = (inside(Sandbox(knobs, now=NOW)).get(path).json() for knobs in (Knobs(), NULL))

    assert null["result"] is None
    assert plain["result"].get("invoice_lines", plain["result"].get("invoices")) == []


def test_latency(wired: Connect, inside: Connect) -> None:
    """Over a socket an answer takes its time; inside the process that cannot be imitated."""
    sandbox = Sandbox(Knobs(latency_seconds=0.2), usage=FIVE, now=NOW)

    answer = ask(wired(sandbox))

    assert answer.elapsed.total_seconds() >= 0.2
    assert shown(answer) == [5, 4, 3, 2, 1]
    with pytest.raises(ConfigError, match="serve"):
        ask(inside(sandbox))


@pytest.mark.parametrize(
    "knobs",
    [
        {"order": "oldest"},
        {"time_unit": "minutes"},
        {"page_size": 0},
        {"longest_days": 0},
        {"settling_hours": -1.0},
        {"latency_seconds": float("inf")},
        {"limit": (0, 10.0)},
        {"limit": (5, 0.0)},
        {"invoice_unit": "euros"},
        {"invoice_lines": "none"},
    ],
)
def test_impossible_knobs_are_refused(knobs: dict[str, object]) -> None:
    """A misspelt knob must not pass for the default."""
    with pytest.raises(ConfigError, match=next(iter(knobs))):
        Knobs(**knobs)  # type: ignore[arg-type]
