"""What the other end can do to the program: every answer, however odd, is a table or an error of ours."""

import gzip
import json
import threading
import time
import zlib
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial

import pytest
from raw_server import Peer, answer, listening

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import (
    ApiError,
    CancelledError,
    CfUsageError,
    ConfigError,
    PayloadError,
    TransportError,
)
from cfusage_lab.fetch import UsageClient
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import between, last_hours
from cfusage_lab.wire import Wire, answers, limits, sockets
from cfusage_lab.wire.pacing import Pacer, Waiter

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
PATH = "/accounts"
ONE, TWO = "1" * 32, "2" * 32
DAY = between("2026-01-05T00:00Z", "2026-01-05T03:00Z")
START = 1_767_571_200


class Impatience:
    """A clock that jumps over every wait."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


def asked(base_url: str, decode: Callable[[bytearray], object] = bytes) -> object:
    """Ask once, without real waits between tries."""
    clock = Impatience()
    pacer = Pacer(monotonic=clock.monotonic)
    wire = Wire(Credentials(token=TOKEN), base_url=base_url, pacer=pacer, connections=2)
    try:
        return wire.get(PATH, decode, waiter=Waiter(Quiet(), clock=clock))
    finally:
        wire.close()


def saying(*answers: bytes) -> Callable[[Peer], None]:
    """Answer the nth request on a connection with the nth answer; the last one repeats."""

    def talk(peer: Peer) -> None:
        queue = list(answers)
        while peer.request():
            peer.send(queue.pop(0) if len(queue) > 1 else queue[0])

    return talk


def hours(*values: float, extra: str = "") -> bytes:
    rows = [
        {
            "id": f"i{n}",
            "aggregated_value": v,
            "start_time": START + n * 3600,
            "end_time": START + n * 3600 + 3600,
        }
        for n, v in enumerate(values)
    ]
    return json.dumps({"success": True, "errors": [], "result": {"history": rows}}).encode() + extra.encode()


def fetched(base_url: str, **arguments: object) -> object:
    client = UsageClient(Credentials(token=TOKEN, accounts=ONE), base_url=base_url)
    with client:
        return client.usage_history(DAY, progress=Quiet(), **arguments)  # type: ignore[arg-type]


DEEP = b"[" * 100_000 + b"]" * 100_000
GOOD = hours(1.0, 2.0, 3.0)

ODD = {
    "no UTF-8 in an id": GOOD.replace(b'"i0"', b'"\xff"'),
    "no UTF-8 at all": b"\xff\xfe\x00",
    "deep": DEEP,
    "deep beside the rows": GOOD.replace(b'"errors": []', b'"errors": ' + DEEP),
    "65 levels beside the rows": GOOD.replace(b'"errors": []', b'"errors": ' + b"[" * 65 + b"]" * 65),
    "deep inside a row": GOOD.replace(b'"id": "i0"', b'"id": "i0", "more": ' + DEEP),
    "a huge integer": GOOD.replace(b"1.0", b"9" * 5_000),
    "beyond a float": GOOD.replace(b"1.0", b"1e400"),
    "NaN": GOOD.replace(b"1.0", b"NaN"),
    "infinity": GOOD.replace(b"1.0", b"Infinity"),
    "sums to infinity": GOOD.replace(b"1.0", b"1e308"),
    "a value twice": GOOD.replace(
        b'"aggregated_value": 1.0', b'"aggregated_value": 1.0, "aggregated_value": 5'
    ),
    "a value twice, once escaped": GOOD.replace(
        b'"aggregated_value": 1.0', b'"aggregated_value": 1.0, "aggregated_valu\\u0065": 5'
    ),
    "a start twice": GOOD.replace(b'"start_time"', b'"start_time": 5, "start_time"', 1),
    "an end twice": GOOD.replace(b'"end_time"', b'"end_time": 5, "end_time"', 1),
    "an id twice": GOOD.replace(b'"id"', b'"id": "x", "id"', 1),
    "two results": GOOD.replace(b'"result"', b'"result": {"history": []}, "result"'),
    "two histories": GOOD.replace(b'"history"', b'"history": [], "history"'),
    "two successes": GOOD.replace(b'"success": true', b'"success": false, "success": true'),
    "a second result after the rows": GOOD[:-1] + b', "result": {"history": []}}',
    "nothing": b"",
    "null": b"null",
}


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_odd_answer_is_a_payload_error(body: bytes) -> None:
    with listening(saying(answer(body))) as base_url, pytest.raises(PayloadError) as caught:
        fetched(base_url)

    assert "is of no use" in str(caught.value)
    assert len(str(caught.value)) < 2_200


@pytest.mark.parametrize("key", ["aggregated_value", "start_time"])
def test_a_duplicate_key_in_a_large_answer_is_found_too(key: str) -> None:
    row = b'{"id": "%b", "aggregated_value": 1, "start_time": %d, "end_time": %d}'
    rows = [row % (b"x" * 90_000, START + n * 3600, START + n * 3600 + 3600) for n in range(3)]
    rows[1] = rows[1].replace(b'"%b"' % key.encode(), b'"%b": 7, "%b"' % (key.encode(), key.encode()))
    body = b'{"success": true, "result": {"history": [%b]}}' % b", ".join(rows)

    with (
        listening(saying(answer(body))) as base_url,
        pytest.raises(PayloadError, match=f"`{key}` is a duplicate"),
    ):
        fetched(base_url)


def test_keys_of_the_same_name_elsewhere_are_no_duplicates() -> None:
    """Where counting can't tell, the answer is read once more; ids may hold anything, too."""
    body = GOOD.replace(b'"errors": []', b'"errors": [], "messages": [{"id": 1}, {"id": 2, "start_time": 3}]')
    body = body.replace(b'"i0"', b'"\\"aggregated_value\\": [[[{{{"')

    with listening(saying(answer(body))) as base_url:
        table = fetched(base_url)

    assert table["aggregated_value"].to_list() == [1.0, 2.0, 3.0]  # type: ignore[index]


@pytest.mark.parametrize(("hours_ahead", "is_refused"), [(3, True), (-3, False), (0, False)])
def test_a_clock_that_is_hours_ahead_makes_no_hour_over_that_still_runs(
    hours_ahead: int,
    is_refused: bool,  # noqa: FBT001
) -> None:
    """Whoever names the present, or asks for what is long over, is not concerned."""
    told = format_datetime(datetime.now(UTC) - timedelta(hours=hours_ahead), usegmt=True)

    with (
        listening(saying(answer(hours(), f"Date: {told}"))) as base_url,
        UsageClient(Credentials(token=TOKEN, accounts=ONE), base_url=base_url) as client,
    ):
        with (
            pytest.raises(ConfigError, match="180 minutes ahead of Cloudflare's")
            if is_refused
            else nullcontext()
        ):
            client.usage_history(last_hours(2), progress=Quiet())
        assert client.usage_history(DAY, progress=Quiet()).height == 3


def test_a_zero_has_no_sign() -> None:
    with listening(saying(answer(hours(-0.0, 2.0, 3.0)))) as base_url:
        table = fetched(base_url)

    assert str(table["aggregated_value"][0]) == "0.0"  # type: ignore[index]


HEADS = {
    "a cookie that is no ASCII": ("Set-Cookie: a=\u00fc\u2028",),
    "huge numbers": (f'Ratelimit: "a";r={"9" * 5_000};t={"9" * 5_000}',),
    "a limit without numbers": ('Ratelimit: "a";r=-1;t=nan, ;;, "b";t=3',),
    "an odd Retry-After": ("Retry-After: \u00fc",),
    "a header of no encoding": ("X-Odd: \u00fc",),
}


@pytest.mark.parametrize("headers", HEADS.values(), ids=HEADS)
def test_odd_headers_do_no_harm(headers: tuple[str, ...]) -> None:
    """Also on the second request, which would send a cookie back."""
    with listening(saying(answer(GOOD, *headers))) as base_url:
        client = UsageClient(Credentials(token=TOKEN), base_url=base_url)
        with client:
            for account in (ONE, TWO):
                assert client.usage_history(DAY, accounts=account, progress=Quiet()).height == 3


BROKEN = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "a flood of headers": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 400_000,
    "two lengths": answer(b"{}", "Content-Length: 7"),
    "a length that is none": b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
    "a body that ends early": answer(b"{}").replace(b"2\r\n", b"200\r\n"),
    "gzip that is none": answer(b"{}", "Content-Encoding: gzip"),
    "gzip that ends early": answer(gzip.compress(GOOD)[:-12], "Content-Encoding: gzip"),
    "gzip with more behind": answer(gzip.compress(GOOD) + b"{}", "Content-Encoding: gzip"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
def test_what_is_no_http_is_a_transport_error_after_some_tries(sent: bytes) -> None:
    def talk(peer: Peer) -> None:
        if peer.request():
            peer.send(sent)

    with listening(talk) as base_url, pytest.raises(TransportError) as caught:
        asked(base_url)

    assert caught.value.retryable


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "100 Continue", "307 Elsewhere"])
def test_statuses_without_a_body_are_errors(status: str) -> None:
    def talk(peer: Peer) -> None:
        if peer.request():
            peer.send(f"HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:1/\r\n\r\n".encode())

    with listening(talk) as base_url, pytest.raises(CfUsageError):
        asked(base_url, partial(answers.account_page, path=PATH))


def test_gzip_is_unpacked() -> None:
    with listening(saying(answer(gzip.compress(GOOD), "Content-Encoding: gzip"))) as base_url:
        assert fetched(base_url)["aggregated_value"].sum() == 6.0  # type: ignore[index]


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd", "gzip, identity"])
def test_only_one_layer_of_gzip_is_taken(encoding: str) -> None:
    packed = answer(gzip.compress(gzip.compress(GOOD)), f"Content-Encoding: {encoding}")

    with listening(saying(packed)) as base_url, pytest.raises(PayloadError, match="packed as"):
        fetched(base_url)


def test_a_body_that_unpacks_without_end_is_left_at_the_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten megabytes from ten kilobytes; the bound is set to one for the test."""
    monkeypatch.setattr("cfusage_lab.wire.bodies.MOST_BYTES", 1 << 20)
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(b" " * (10 << 20)) + packer.flush()

    with (
        listening(saying(answer(packed, "Content-Encoding: gzip"))) as base_url,
        pytest.raises(PayloadError, match="larger than 1 MiB"),
    ):
        fetched(base_url)


@pytest.mark.parametrize("status", ["200 OK", "403 Forbidden"])
def test_a_plain_body_without_end_is_left_at_the_bound(monkeypatch: pytest.MonkeyPatch, status: str) -> None:
    monkeypatch.setattr("cfusage_lab.wire.bodies.MOST_BYTES", 1 << 20)

    def talk(peer: Peer) -> None:
        if peer.request():
            peer.send(f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode())
            while not peer.stopping.is_set():
                peer.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")

    with listening(talk) as base_url, pytest.raises(PayloadError, match="larger than 1 MiB"):
        fetched(base_url)


def test_a_refusal_with_200_000_errors_is_read_at_once() -> None:
    errors = [{"code": 1000 + n, "message": "no"} for n in range(200_000)]
    body = json.dumps({"success": False, "errors": errors}).encode()
    began = time.process_time()

    with (
        listening(saying(answer(body, status="403 Forbidden"))) as base_url,
        pytest.raises(ApiError) as caught,
    ):
        fetched(base_url)

    assert caught.value.codes[:2] == (1000, 1001)
    assert len(str(caught.value)) < 1_000
    assert time.process_time() - began < 5


def test_a_chain_of_errors_without_end_is_no_recursion() -> None:
    body = b'{"errors": [' + b'{"code": 1, "error_chain": [' * 5_000 + b"]}" * 5_000 + b"]}"

    with listening(saying(answer(body, status="400 Bad"))) as base_url, pytest.raises(ApiError):
        fetched(base_url)


def test_one_byte_at_a_time_is_not_listened_to_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound of one exchange, set to half a second for the test; there is no second try after it."""
    monkeypatch.setattr(sockets, "EXCHANGE", 0.5)
    monkeypatch.setattr("cfusage_lab.wire.retries.EXCHANGE", 0.5)
    connections = []

    def talk(peer: Peer) -> None:
        connections.append(peer)
        if peer.request():
            peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not peer.stopping.wait(0.02):
                peer.send(b" ")

    began = time.monotonic()
    with listening(talk) as base_url, pytest.raises(TransportError, match="no whole answer"):
        fetched(base_url)

    assert len(connections) == 1
    assert time.monotonic() - began < 5


def silent(peer: Peer) -> None:
    if peer.request():
        peer.stopping.wait(60)


def trickling(peer: Peer) -> None:
    if peer.request():
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not peer.stopping.wait(0.02):
            peer.send(b" ")


def informing(peer: Peer) -> None:
    if peer.request():
        while not peer.stopping.wait(0.02):
            peer.send(b"HTTP/1.1 103 Early Hints\r\n\r\n")


@pytest.mark.parametrize("accounts", [[ONE], [ONE, TWO]])
@pytest.mark.parametrize("talk", [silent, trickling, informing])
def test_a_cancel_ends_a_call_within_a_second_whatever_the_server_does(
    talk: Callable[[Peer], None], accounts: list[str]
) -> None:
    """No thread is left behind, either."""
    asked_at = threading.Event()

    class Impatient(Quiet):
        @property
        def is_cancelled(self) -> bool:  # type: ignore[override]
            return asked_at.is_set()

    def hear(peer: Peer) -> None:
        threading.Timer(0.1, asked_at.set).start()
        talk(peer)

    with listening(hear) as base_url:
        began = time.monotonic()
        with pytest.raises(CancelledError):
            UsageClient(Credentials(token=TOKEN), base_url=base_url).usage_history(
                DAY, accounts=accounts, progress=Impatient()
            )
        assert time.monotonic() - began < 2
        for thread in threading.enumerate():
            if thread.name.startswith("cfusage_lab fetch"):
                thread.join(1)
                assert not thread.is_alive()


SECOND = hours(100.0, 100.0, 100.0)


def chunked(body: bytes) -> bytes:
    return (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"%x\r\n%b\r\n" % (len(body) // 2, body[: len(body) // 2])
        + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body) - len(body) // 2, body[len(body) // 2 :])
    )


@pytest.mark.parametrize("form", [answer, chunked])
@pytest.mark.parametrize("cut", [None, 20, -20])
def test_a_second_answer_to_one_request_is_never_another_accounts(
    form: Callable[[bytes], bytes], cut: int | None
) -> None:
    """A broken proxy sends two answers at once; the second account must get its own all the same."""
    connections = []

    def talk(peer: Peer) -> None:
        connections.append(peer)
        while request := peer.request():
            body = GOOD if ONE.encode() in request else hours(7.0, 7.0, 7.0)
            peer.send(form(body) + form(SECOND)[:cut])

    with listening(talk) as base_url, UsageClient(Credentials(token=TOKEN), base_url=base_url) as client:
        first = client.usage_history(DAY, accounts=ONE, progress=Quiet())
        second = client.usage_history(DAY, accounts=TWO, progress=Quiet())

    assert first["aggregated_value"].sum() == 6.0
    assert second["aggregated_value"].sum() == 21.0
    assert len(connections) == 2


@pytest.mark.parametrize("second", [TWO, ONE], ids=["another account", "other hours"])
def test_an_answer_that_comes_when_something_else_is_asked_is_not_taken_for_its_own(second: str) -> None:
    """A broken proxy holds the second answer to a request back until the next request is here."""

    def talk(peer: Peer) -> None:
        held = b""
        while request := peer.request():
            body = hours(7.0, 7.0, 7.0, 7.0) if TWO.encode() in request else hours(1.0, 2.0, 3.0, 4.0)
            peer.send(held or answer(GOOD if b"end_time=1767582000000" in request else body))
            held = answer(hours())

    longer = between("2026-01-05T00:00Z", "2026-01-05T04:00Z")
    with listening(talk) as base_url, UsageClient(Credentials(token=TOKEN), base_url=base_url) as client:
        client.usage_history(DAY, accounts=ONE, progress=Quiet())
        table = client.usage_history(longer, accounts=second, progress=Quiet())

    assert table["aggregated_value"].sum() == (28.0 if second == TWO else 10.0)


@pytest.mark.parametrize("form", [answer, chunked])
def test_a_connection_with_one_answer_to_each_request_is_used_again(form: Callable[[bytes], bytes]) -> None:
    connections = []

    def talk(peer: Peer) -> None:
        connections.append(peer)
        saying(form(GOOD))(peer)

    with listening(talk) as base_url, UsageClient(Credentials(token=TOKEN), base_url=base_url) as client:
        for _ in range(3):
            client.usage_history(DAY, accounts=ONE, progress=Quiet())

    assert len(connections) == 1


def test_a_list_of_accounts_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cfusage_lab.fetch.requests.MOST_PAGES", 5)
    number = iter(range(10**9))

    def talk(peer: Peer) -> None:
        while peer.request():
            accounts = [{"id": f"{next(number):032x}", "name": "x"} for _ in range(50)]
            peer.send(answer(json.dumps({"success": True, "result": accounts}).encode()))

    with listening(talk) as base_url, pytest.raises(PayloadError, match="does not end after 5 pages"):
        UsageClient(Credentials(token=TOKEN), base_url=base_url).accounts()


def test_a_list_of_accounts_that_ends_before_it_is_whole_is_an_error() -> None:
    """The second page says nothing new, and the first said that there are three."""
    accounts = [{"id": one, "name": "x"} for one in (ONE, TWO)]
    body = {"success": True, "result": accounts, "result_info": {"total_count": 3}}

    with (
        listening(saying(answer(json.dumps(body).encode()))) as base_url,
        pytest.raises(PayloadError, match="ends after 2 of 3") as caught,
    ):
        UsageClient(Credentials(token=TOKEN), base_url=base_url).accounts()

    assert caught.value.retryable


@pytest.mark.parametrize("account_id", ["../../user", "x" * 10_000_000, "", "A" * 32])
def test_an_id_that_is_none_is_asked_for_nothing(account_id: str) -> None:
    body = json.dumps({"success": True, "result": [{"id": account_id, "name": "x"}]}).encode()

    with listening(saying(answer(body))) as base_url, pytest.raises(PayloadError, match="32 hexadecimal"):
        UsageClient(Credentials(token=TOKEN), base_url=base_url).accounts()


def test_a_bug_of_the_callers_progress_comes_up_as_it_is() -> None:
    class Faulty(Quiet):
        @property
        def is_cancelled(self) -> bool:  # type: ignore[override]
            raise ZeroDivisionError("mine")

    with (
        listening(saying(answer(GOOD))) as base_url,
        pytest.raises(ZeroDivisionError, match="mine") as caught,
    ):
        UsageClient(Credentials(token=TOKEN, accounts=ONE), base_url=base_url).usage_history(
            DAY, progress=Faulty()
        )

    assert caught.traceback[-1].name == "is_cancelled"


def test_the_bounds_are_told_to_the_reader() -> None:
    told = " ".join((UsageClient.__doc__ or "").split())

    assert f"{limits.CONNECT:.0f} s to connect" in told
    assert f"{limits.SILENCE:.0f} s without a byte" in told
    assert f"{limits.EXCHANGE:.0f} s in all" in told
    assert f"{limits.MOST_BYTES >> 20} MiB" in told
    assert f"{limits.DEEPEST} levels" in told
    assert (
        f"{limits.LONGEST_RETRY_AFTER:.0f} s at a time and {limits.ALL_WAITS / 60:.0f} minutes a call" in told
    )
