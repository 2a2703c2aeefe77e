"""The sandbox over a socket: the official SDK, the server itself and the command line."""

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import cloudflare
import httpx
import pytest

from cfusage_lab.sandbox import SANDBOX_EMAIL, SANDBOX_TOKEN, Knobs, Sandbox, Trouble, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

Connect = Callable[[Sandbox], httpx.Client]

SUPPORT, RESEARCH, _, PILOT = SANDBOX_ACCOUNTS
MONTH = datetime(2026, 11, 1, tzinfo=UTC)
START = datetime(2026, 11, 15, tzinfo=UTC)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
HISTORY = f"/accounts/{SUPPORT}/ai-gateway/billing/usage-history"


@contextmanager
def official_sdk(sandbox: Sandbox, **options: object) -> Iterator[cloudflare.Cloudflare]:
    """Point the official SDK at a sandbox."""
    with serve(sandbox) as base_url:
        settings = {"api_token": SANDBOX_TOKEN, "base_url": base_url, "max_retries": 0, **options}
        with cloudflare.Cloudflare(**settings) as sdk:  # type: ignore[arg-type]
            yield sdk


def milliseconds(moment: datetime) -> int:
    """Write a moment as the endpoint wants it."""
    return int(moment.timestamp()) * 1_000


def test_the_official_sdk_reads_the_history() -> None:
    """Four days of hours: every window of the truth, newest first."""
    sandbox = Sandbox(now=NOW)
    end = START + timedelta(days=4)

    with official_sdk(sandbox) as sdk:
        answer = sdk.ai_gateway.billing.usage_history(
            account_id=SUPPORT,
            value_grouping_window="hour",
            start_time=milliseconds(START),
            end_time=milliseconds(end),
        )

    truth = sandbox.truth(SUPPORT, START, end)
    assert truth.height > 80
    assert [row.aggregated_value for row in reversed(answer.history)] == truth["aggregated_value"].to_list()
    assert [row.start_time for row in reversed(answer.history)] == [
        moment.timestamp() for moment in truth["start_time"]
    ]


def test_the_official_sdk_reads_credit_and_accounts() -> None:
    """Cents, and all names over several pages."""
    with official_sdk(Sandbox()) as sdk:
        credit = sdk.ai_gateway.billing.credit_balance(account_id=SUPPORT)
        names = [account.name for account in sdk.accounts.list(per_page=3)]

    assert (credit.balance, credit.topup_config.amount) == (42807.31, 20_000)
    assert names == list(SANDBOX_ACCOUNTS.values())


@pytest.mark.parametrize("account_id", SANDBOX_ACCOUNTS)
def test_the_official_sdk_reads_an_invoice_preview_that_is_the_usage_of_the_month(account_id: str) -> None:
    """Lines in cents, which come to the truth of the month so far, and what of it is due."""
    sandbox = Sandbox(now=NOW)

    with official_sdk(sandbox) as sdk:
        preview = sdk.ai_gateway.billing.invoice_preview(account_id=account_id)

    truth = sandbox.truth(account_id, MONTH, NOW.replace(minute=0) + timedelta(hours=1))
    lines = preview.invoice_lines
    credit = sum(paid.amount for line in lines for paid in line.pretax_credit_amounts or [])
    cents = round(truth["aggregated_value"].sum() * 100)
    assert (cents == 0) == (account_id == PILOT)
    assert sum(line.amount for line in lines) == cents
    assert cents - credit == preview.amount_due == preview.amount_remaining
    assert (preview.status, preview.period_start) == ("draft", MONTH.timestamp())
    assert {line.period.end for line in lines} <= {preview.period_end}


def test_the_official_sdk_reads_past_invoices() -> None:
    """Those of October, September and August, which credit paid, and a purchase of credit."""
    sandbox = Sandbox(now=NOW)

    with official_sdk(sandbox) as sdk:
        ask = sdk.ai_gateway.billing.invoice_history
        everything, top_ups = ask(account_id=SUPPORT), ask(account_id=SUPPORT, type="manual")
        research = ask(account_id=RESEARCH, type="auto").invoices

    october = sandbox.truth(RESEARCH, datetime(2026, 10, 1, tzinfo=UTC), MONTH)["aggregated_value"].sum()
    assert [invoice.amount_due for invoice in everything.invoices] == [0, 0, 0, 20_000]
    assert [invoice.invoice_origin for invoice in top_ups.invoices] == ["manual"]
    assert (research[0].amount_due, research[0].created) == (round(october * 100), MONTH.timestamp())
    assert not everything.pagination.has_more


def test_the_official_sdk_is_refused_as_by_cloudflare() -> None:
    """A wrong token is 403, a foreign account too, no window 400, and bounds off the grid 500."""
    day = {"start_time": milliseconds(START), "end_time": milliseconds(START + timedelta(days=1))}
    with official_sdk(Sandbox()) as sdk:
        ask = sdk.ai_gateway.billing.usage_history
        with pytest.raises(cloudflare.PermissionDeniedError, match="10000"):
            ask(account_id="f" * 32, value_grouping_window="day", **day)
        with pytest.raises(cloudflare.InternalServerError):
            ask(account_id=SUPPORT, value_grouping_window="day", **{**day, "end_time": day["end_time"] + 1})
        with pytest.raises(cloudflare.BadRequestError):
            ask(account_id=SUPPORT, value_grouping_window="week", **day)  # type: ignore[arg-type]
    with (
        official_sdk(Sandbox(), api_token="wrong") as sdk,
        pytest.raises(cloudflare.PermissionDeniedError, match="Authentication error"),
    ):
        sdk.ai_gateway.billing.credit_balance(account_id=SUPPORT)


def test_the_official_sdk_with_a_stray_email_is_refused() -> None:
    """It then sends the email alone, and its good token never arrives."""
    with (
        official_sdk(Sandbox(), api_email=SANDBOX_EMAIL) as sdk,
        pytest.raises(cloudflare.BadRequestError, match="X-Auth-Key"),
    ):
        sdk.ai_gateway.billing.credit_balance(account_id=SUPPORT)


def test_the_official_sdk_gets_none_for_a_null_result() -> None:
    """As an account that never used the feature may."""
    bounds = {"start_time": milliseconds(START), "end_time": milliseconds(START + timedelta(days=1))}

    with official_sdk(Sandbox(Knobs(never_used="null"))) as sdk:
        answer = sdk.ai_gateway.billing.usage_history(account_id=PILOT, value_grouping_window="day", **bounds)

    assert answer is None


def test_a_connection_is_kept_for_many_requests() -> None:
    """Two requests on one socket, one of them with a body that nobody reads."""
    head = f"Host: x\r\nAuthorization: Bearer {SANDBOX_TOKEN}\r\n".encode()
    with serve(Sandbox()) as base_url:
        address = httpx.URL(base_url)
        with socket.create_connection((address.host, address.port), timeout=10) as connection:
            connection.sendall(
                b"POST /client/v4/accounts HTTP/1.1\r\nContent-Length: 5\r\n" + head + b"\r\nhello"
                b"GET /client/v4/accounts HTTP/1.1\r\nConnection: close\r\n" + head + b"\r\n"
            )
            with connection.makefile("rb") as answers:
                text = answers.read()

    assert text.startswith(b"HTTP/1.1 405 Method Not Allowed\r\n")
    assert text.count(b"HTTP/1.1 ") == 2
    assert b"HTTP/1.1 200 OK\r\n" in text


def test_a_head_request_has_no_body(wired: Connect) -> None:
    """The connection stays usable after it."""
    client = wired(Sandbox())

    assert (client.head("/accounts").status_code, client.head("/accounts").content) == (405, b"")
    assert client.get("/accounts").status_code == 200


def test_leaving_ends_every_thread_and_slow_answer() -> None:
    """An idle connection and an answer that would take an hour do not hold up the end."""
    before = set(threading.enumerate())
    sandbox = Sandbox(trouble=[None, Trouble.slow(3_600)])
    outcome: list[type[Exception]] = []

    with httpx.Client(headers={"Authorization": f"Bearer {SANDBOX_TOKEN}"}, timeout=60) as client:
        with serve(sandbox) as base_url:
            client.get(f"{base_url}/accounts")

            def wait() -> None:
                try:
                    client.get(f"{base_url}/accounts")
                except httpx.TransportError as error:
                    outcome.append(type(error))

            waiting = threading.Thread(target=wait)
            waiting.start()
            while len(sandbox.requests) < 2:
                waiting.join(0.01)
        waiting.join(10)
        started = {
            thread for thread in threading.enumerate() if not isinstance(thread, threading._DummyThread)
        }
        assert started <= before  # a dummy is a library's own thread, which may come and go
        assert len(outcome) == 1
        with pytest.raises(httpx.ConnectError):
            client.get(f"{base_url}/accounts")


def test_the_server_is_quiet_when_clients_go_away(capfd: pytest.CaptureFixture[str]) -> None:
    """Neither answers, nor refusals, nor a client that hangs up leave a trace on stderr."""
    with serve(Sandbox(Knobs(latency_seconds=0.05))) as base_url:
        address = httpx.URL(base_url)
        httpx.get(f"{base_url}/accounts")
        with socket.create_connection((address.host, address.port)) as connection:
            connection.sendall(b"GET /client/v4/accounts HTTP/1.1\r\n\r\n")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    assert capfd.readouterr() == ("", "")


def test_a_port_can_be_chosen_once() -> None:
    """The second server on it is told so."""
    with serve(Sandbox()) as base_url:
        port = httpx.URL(base_url).port
        assert base_url == f"http://127.0.0.1:{port}/client/v4"
        with pytest.raises(OSError, match="in use"), serve(Sandbox(), port=port or 0):
            pass


@contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the command line."""
    words = [sys.executable, "-W", "error", "-m", "cfusage_lab.sandbox", *arguments]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own words
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.skipif(os.name == "nt", reason="signals are sent otherwise there")
def test_the_command_serves_until_it_is_told_to_end(number: signal.Signals) -> None:
    """It prints how to reach it, obeys its knobs, and ends with 0 and a clean stderr."""
    with command("--page-size", "3", "--time-unit", "milliseconds", "--limit", "2,60") as process:
        assert process.stdout is not None
        printed = ""
        while "Ctrl-C" not in printed:
            line = process.stdout.readline()
            assert line, process.stderr and process.stderr.read()
            printed += line
        settings = dict(
            line.removeprefix("export ").strip().split("=") for line in printed.splitlines() if "=" in line
        )
        query = {
            "value_grouping_window": "hour",
            "start_time": milliseconds(START),
            "end_time": milliseconds(START + timedelta(days=1)),
        }
        answers = [
            httpx.get(
                settings["CLOUDFLARE_BASE_URL"] + HISTORY,
                params=query,
                headers={"Authorization": f"Bearer {settings['CLOUDFLARE_API_TOKEN']}"},
            )
            for _ in range(3)
        ]
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    history = answers[0].json()["result"]["history"]
    assert len(history) == 3
    assert history[0]["end_time"] <= milliseconds(START + timedelta(days=1))
    assert history[0]["end_time"] > 1e12
    assert settings["CLOUDFLARE_ACCOUNT_ID"] == SUPPORT
    assert all(account_id in printed and name in printed for account_id, name in SANDBOX_ACCOUNTS.items())
    assert (process.returncode, errors) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--order", "oldest"], "--order oldest"),
        (["--page-size", "0"], "page_size"),
        (["--limit", "2"], "--limit 2"),
    ],
)
def test_the_command_names_a_bad_knob(arguments: list[str], told: str) -> None:
    """It ends with 2 before it serves."""
    with command(*arguments) as process:
        printed, errors = process.communicate(timeout=30)

    assert (process.returncode, printed) == (2, "")
    assert told in errors
