"""Each trouble, over the wire that it belongs to."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import httpx
import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox import Sandbox, Trouble
from cfusage_lab.source import SANDBOX_ACCOUNTS

Connect = Callable[[Sandbox], httpx.Client]

SUPPORT = next(iter(SANDBOX_ACCOUNTS))
NOON = datetime(2026, 11, 15, 12, tzinfo=UTC)
USAGE = {SUPPORT: {NOON: 1.25}}


def troubled(*trouble: Trouble | None) -> Sandbox:
    """Open a sandbox with one hour of usage, and trouble ahead."""
    return Sandbox(usage=USAGE, trouble=trouble)


def ask(client: httpx.Client) -> httpx.Response:
    """Ask for that hour."""
    begin = int(NOON.timestamp()) * 1_000
    query = {"value_grouping_window": "hour", "start_time": begin, "end_time": begin + 3_600_000}
    return client.get(f"/accounts/{SUPPORT}/ai-gateway/billing/usage-history", params=query)


def is_true_answer(answer: httpx.Response) -> bool:
    """Whether the hour came as it should."""
    return [row["aggregated_value"] for row in answer.json()["result"]["history"]] == [1.25]


@pytest.mark.parametrize(
    ("trouble", "status", "code"),
    [
        (Trouble.throttled(), 429, 971),
        (Trouble.locked_out(), 429, 10502),
        (Trouble.unauthorized(), 401, 1000),
        (Trouble.forbidden(), 403, 10000),
        (Trouble.forbidden(9109), 403, 9109),
        (Trouble.refused(404, 7003, "Could not route"), 404, 7003),
        (Trouble.unsuccessful(), 200, 10000),
    ],
)
def test_refusals_have_cloudflares_body(inside: Connect, trouble: Trouble, status: int, code: int) -> None:
    """One error with its code, no result, no messages; the request after it is answered."""
    client = inside(troubled(trouble))

    answer = ask(client)

    assert answer.status_code == status
    assert answer.json() == {
        "errors": [{"code": code, "message": answer.json()["errors"][0]["message"]}],
        "result": None,
        "success": False,
    }
    assert is_true_answer(ask(client))


def test_a_chain_nests(inside: Connect) -> None:
    """6003 carries 6111 in its error_chain."""
    chain = ((6111, "Invalid format for Authorization header"),)

    answer = ask(inside(troubled(Trouble.refused(400, 6003, "Invalid request headers", chain=chain))))

    assert answer.status_code == 400
    assert answer.json()["errors"] == [
        {
            "code": 6003,
            "message": "Invalid request headers",
            "error_chain": [{"code": 6111, "message": "Invalid format for Authorization header"}],
        }
    ]


@pytest.mark.parametrize(("seconds", "header"), [(300, "300"), (None, None)])
def test_throttling_says_how_long_or_not(inside: Connect, seconds: int | None, header: str | None) -> None:
    """retry-after is in whole seconds, and may be missing."""
    assert ask(inside(troubled(Trouble.throttled(seconds)))).headers.get("retry-after") == header


@pytest.mark.parametrize("status", [500, 502, 503, 504, 522])
def test_failures(inside: Connect, status: int) -> None:
    """An error body without an error."""
    answer = ask(inside(troubled(Trouble.failed(status))))

    assert answer.status_code == status
    assert answer.json() == {"errors": [], "result": None, "success": False}


@pytest.mark.parametrize("status", [200, 502, 520])
def test_a_page_from_the_edge(inside: Connect, status: int) -> None:
    """HTML, which may even claim success."""
    answer = ask(inside(troubled(Trouble.html(status))))

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html"
    assert answer.text.startswith("<!DOCTYPE html>")


def test_an_empty_body(inside: Connect) -> None:
    """200, and nothing."""
    answer = ask(inside(troubled(Trouble.empty())))

    assert (answer.status_code, answer.content) == (200, b"")


def test_a_null_result(inside: Connect) -> None:
    """Success without a result."""
    answer = ask(inside(troubled(Trouble.null_result())))

    assert answer.json() == {"success": True, "errors": [], "messages": [], "result": None}


def test_a_list(inside: Connect) -> None:
    """JSON, but no envelope."""
    assert ask(inside(troubled(Trouble.listed()))).json() == []


def test_any_body(inside: Connect) -> None:
    """Bytes of the test's own."""
    answer = ask(inside(troubled(Trouble.body(b'{"success":', status=201))))

    assert (answer.status_code, answer.content) == (201, b'{"success":')


def test_a_truncated_body(inside: Connect) -> None:
    """The HTTP answer is whole, the JSON in it is not."""
    client = inside(troubled(Trouble.truncated()))

    cut, whole = ask(client), ask(client)

    assert cut.status_code == 200
    assert cut.content == whole.content[: len(whole.content) // 2]
    assert is_true_answer(whole)


def test_one_entry_a_request_and_more_on_the_way(inside: Connect) -> None:
    """None leaves a request alone; trouble can be appended later."""
    sandbox = troubled(None, Trouble.failed(503))
    client = inside(sandbox)

    first = [ask(client).status_code for _ in range(3)]
    sandbox.trouble.append(Trouble.failed(504))

    assert (first, ask(client).status_code) == ([200, 503, 200], 504)


def test_side_by_side_requests_share_the_trouble(wired: Connect) -> None:
    """Forty requests from eight threads meet ten failures, no more and no less."""
    sandbox = troubled(*[Trouble.failed(503)] * 10)
    client = wired(sandbox)

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: ask(client).status_code, range(40)))

    assert (statuses.count(503), statuses.count(200), len(sandbox.requests)) == (10, 30, 40)


def test_a_slow_answer_is_late_but_true(wired: Connect) -> None:
    """It takes a fifth of a second, and a shorter patience ends in a timeout."""
    client = wired(troubled(Trouble.slow(0.2), Trouble.slow(5)))

    late = ask(client)
    client.timeout = httpx.Timeout(0.2)

    assert late.elapsed.total_seconds() >= 0.2
    assert is_true_answer(late)
    with pytest.raises(httpx.ReadTimeout):
        ask(client)


def test_a_connection_dropped_before_the_headers(wired: Connect) -> None:
    """Nothing comes back; a new connection works."""
    client = wired(troubled(None, Trouble.dropped()))

    assert is_true_answer(ask(client))
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        ask(client)
    assert is_true_answer(ask(client))


def test_a_connection_dropped_in_the_body(wired: Connect) -> None:
    """The headers promise more than comes; a new connection works."""
    client = wired(troubled(Trouble.dropped("in_body")))

    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete message body"):
        ask(client)
    assert is_true_answer(ask(client))


@pytest.mark.parametrize("trouble", [Trouble.slow(0.1), Trouble.dropped(), Trouble.dropped("in_body")])
def test_trouble_of_the_wire_needs_a_wire(inside: Connect, trouble: Trouble) -> None:
    """Inside the process it is an error that says what to do."""
    with pytest.raises(ConfigError, match=r"serve\(\)"):
        ask(inside(troubled(trouble)))
