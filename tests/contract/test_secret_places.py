"""Where a token could come to lie: files, tables, exports, pickles, logs of retries, what other tools print.

The answers are right ones, but every text in them repeats the token, in one of its spellings.
"""

import copy
import json
import logging
import os
import pickle
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import polars as pl
import pytest
from raw_server import Peer, answer, listening

import cfusage_lab as cfu
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox
from cfusage_lab.wire import pacing

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
ONE = "5a4db0c5000000000000000000000001"
NOW = "2026-11-18T09:30Z"
WEEK = cfu.last_days(7, now=NOW)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(character):04x}" for character in text)


def echoing(value: object) -> object:
    """Return an answer of the sandbox with the token in every text that Cloudflare could choose."""
    fixed = {"currency", "start_time", "end_time", "type"}
    if isinstance(value, dict):
        return {
            name: f"{text} {TOKEN} x"
            if isinstance(text, str) and name not in fixed and text not in cfu.SANDBOX_ACCOUNTS
            else echoing(text)
            for name, text in value.items()
        }
    return [echoing(one) for one in value] if isinstance(value, list) else value


SPELLINGS = {
    "plain": TOKEN,
    "escaped": escaped(TOKEN),
    "in Base64": b64encode(TOKEN.encode()).decode(),
    "in hexadecimal": TOKEN.encode().hex(),
    "percent-encoded": "".join(f"%{code:02X}" for code in TOKEN.encode()),
}


@contextmanager
def repeating(spelling: str) -> Iterator[str]:
    """Answer as the sandbox does, with the token in every text; give the base URL."""
    headers = {"Authorization": f"Bearer {SANDBOX_TOKEN}"}
    transport = httpx.WSGITransport(app=Sandbox(now=NOW))
    inside = httpx.Client(transport=transport, base_url="http://inside", headers=headers)

    def talk(peer: Peer) -> None:
        while head := peer.request():
            assert TOKEN.encode() in head
            body = json.dumps(echoing(inside.get(head.split(b" ")[1].decode()).json()))
            peer.send(answer(body.replace(TOKEN, spelling).encode()))

    with listening(talk) as base_url:
        yield base_url


def client_of(base_url: str) -> cfu.UsageClient:
    return cfu.UsageClient(cfu.Credentials(token=TOKEN, accounts=ONE), base_url=base_url, now=NOW)


def holding(folder: Path) -> list[Path]:
    """Return the files of a folder that hold the token, in any spelling."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert files
    forms = (TOKEN.encode("utf-16-le"), *(spelling.encode() for spelling in SPELLINGS.values()))
    return [path for path in files if any(form in path.read_bytes() for form in forms)]


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_no_table_and_no_file_repeats_what_answers_repeat(tmp_path: Path, spelling: str) -> None:
    """Tables, a report, exports, FOCUS, and all files of an archive, uncompressed where that can be."""
    with repeating(spelling) as base_url, client_of(base_url) as client:
        history = client.usage_history(WEEK, progress=cfu.Quiet())
        lines, invoices = client.invoice_preview(), client.invoices()
        tables = [history, lines, invoices, client.accounts(), client.credit_balance()]
        archive = cfu.UsageArchive(tmp_path / "archive", now=NOW)
        archive.update(client, WEEK, progress=cfu.Quiet())
        archive.update_invoice_previews(client)
    archive.export(tmp_path / "archived.csv")
    cfu.report(history, path=tmp_path / "report.html", time_zone="UTC", invoice_lines=lines)
    cfu.to_focus(history, billing="prepaid", allow_sandbox=True).write_csv(tmp_path / "focus.csv")
    for number, table in enumerate(tables):
        table.write_csv(tmp_path / f"{number}.csv")
        table.write_parquet(tmp_path / f"{number}.parquet", compression="uncompressed")

    assert history["id"].drop_nulls().str.contains(r"\(hidden\)[\w=]{0,3} x$").all()
    assert lines["description"].str.contains(r"\(hidden\)[\w=]{0,3} x$").all()
    for table in tables:
        texts = table.select(pl.selectors.string())
        assert not any(spelling in str(row) for row in texts.rows())
    assert holding(tmp_path) == []


def test_nothing_that_holds_a_token_can_be_pickled_or_copied_apart() -> None:
    credentials = cfu.Credentials(token=TOKEN, accounts=ONE)
    client = cfu.UsageClient(credentials, base_url="http://127.0.0.1:9/client/v4")

    for thing in (client, credentials, credentials.token):
        with pytest.raises(TypeError):
            pickle.dumps(thing)
        with pytest.raises(TypeError):
            copy.deepcopy(thing)
        assert TOKEN not in repr(thing) + str(thing) + f"{thing!r:>1}"


def test_an_error_that_is_pickled_holds_no_token() -> None:
    """As joblib and multiprocessing hand errors on."""

    def talk(peer: Peer) -> None:
        head = peer.request()
        peer.send(
            answer(json.dumps({"errors": [{"code": 1, "message": repr(head)}]}).encode(), status="403 No")
        )

    with listening(talk) as base_url, pytest.raises(cfu.AuthError) as caught:
        client_of(base_url).credit_balance()

    pickled = pickle.dumps(caught.value)
    again = pickle.loads(pickled)  # noqa: S301 - of this test's own
    assert TOKEN.encode() not in pickled
    assert (type(again), str(again), again.status_code) == (cfu.AuthError, str(caught.value), 403)


def test_no_log_of_a_further_try_repeats_the_token(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """httpx-retries logs each error, and an error may quote a line of the answer."""
    caplog.set_level(logging.DEBUG)

    class Leaping:
        now = 0.0

        def monotonic(self) -> float:
            return self.now

        def sleep(self, seconds: float) -> None:
            self.now += seconds

    monkeypatch.setitem(pacing.Waiter.__init__.__kwdefaults__, "clock", Leaping())

    def talk(peer: Peer) -> None:
        if peer.request():
            peer.send(f"HTTP/1.1 200 OK\r\n{TOKEN} is: bad\r\n\r\n".encode())

    with listening(talk) as base_url, pytest.raises(cfu.TransportError):
        client_of(base_url).credit_balance()

    assert any(record.name.startswith("httpx_retries") for record in caplog.records)
    assert any("(hidden)" in line for line in caplog.messages)
    assert TOKEN not in caplog.text


PROGRAM = """
import logging, os
import pytest
import cfusage_lab as cfu

pytestmark = pytest.mark.slow

def test_one():
    client = cfu.connect()
    client.usage_history(cfu.last_hours(3), progress=cfu.Quiet())

def test_two():
    client = cfu.UsageClient()
    client.credit_balance("12")

def test_three():
    credentials = cfu.credentials_that_do_not_exist
"""


def test_pytests_own_output_shows_no_token(tmp_path: Path) -> None:
    """With every variable of every frame, and all logs."""

    def talk(peer: Peer) -> None:
        head = peer.request()
        peer.send(answer(b"<html>" + head, f"X: {TOKEN}", status="403 No"))

    (tmp_path / "test_program.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    with listening(talk) as base_url:
        environ = os.environ | {
            "CLOUDFLARE_API_TOKEN": TOKEN,
            "CLOUDFLARE_ACCOUNT_ID": ONE,
            "CLOUDFLARE_BASE_URL": base_url,
        }
        options = ["--showlocals", "--tb=long", "-vv", "--log-level=DEBUG", "-p", "no:cacheprovider"]
        done = subprocess.run(  # noqa: S603 - this Python
            [sys.executable, "-m", "pytest", *options, "--full-trace", str(tmp_path)],
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )

    assert "3 failed" in done.stdout
    assert "AuthError" in done.stdout
    assert "receive_response_headers" in done.stdout
    assert TOKEN not in done.stdout + done.stderr
