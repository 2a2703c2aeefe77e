"""No frame, message or chained error of ours holds a secret, whichever way a public call fails.

IPython's verbose tracebacks, rich, cgitb and pytest print the variables of every frame.
"""

import gzip
import logging
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import nbformat
import pytest
from IPython.core.ultratb import VerboseTB
from nbclient import NotebookClient
from raw_server import Peer, answer, listening

import cfusage_lab as cfu
from cfusage_lab import credentials as told
from cfusage_lab.wire import exchange

TOKEN = "v1.0-token-that-nobody-may-see-0123456789"
KEY = "0123456789abcdef-a-key-nobody-may-see"
ONE, TWO = "1" * 32, "2" * 32
TOKENS = {"CLOUDFLARE_API_TOKEN": TOKEN, "CLOUDFLARE_ACCOUNT_ID": ONE}
PAIR = {"CLOUDFLARE_EMAIL": "a@example.com", "CLOUDFLARE_API_KEY": KEY, "CLOUDFLARE_ACCOUNT_ID": ONE}
TWO_ACCOUNTS = TOKENS | {"CLOUDFLARE_ACCOUNT_ID": f"{ONE},{TWO}"}
SECRETS = (TOKEN, KEY)


def links(error: BaseException) -> Iterator[BaseException]:
    """Return an error and all that hang on it, suppressed ones too."""
    todo, seen = [error], set()
    while todo:
        link = todo.pop()
        if link is not None and id(link) not in seen:
            seen.add(id(link))
            yield link
            todo += [link.__cause__, link.__context__]


def shown(error: BaseException) -> str:
    """Return everything that could be printed of an error: its frames' variables, and what those hold."""
    verbose = VerboseTB(theme_name="nocolor", include_vars=True)
    parts = []
    for link in links(error):
        parts += [str(link), repr(vars(link))]
        stack = link.__traceback__
        while stack is not None:
            if stack.tb_frame.f_code.co_filename != __file__:  # this file's own frames know the secret
                parts += [repr(stack.tb_frame.f_locals), *map(inside, stack.tb_frame.f_locals.values())]
            stack = stack.tb_next
    ours = error.__traceback__
    while ours is not None and ours.tb_frame.f_code.co_filename == __file__:
        ours = ours.tb_next
    parts.append(verbose.text(type(error), error, ours))
    return "".join([*parts, *traceback.format_exception(error)])


def inside(value: object) -> str:
    """Return what an object holds that a careless repr would print."""
    if isinstance(value, httpx.Request | httpx.Response):
        return repr(value.headers.raw)
    return repr(getattr(value, "__dict__", ""))


def check(error: BaseException) -> None:
    text = shown(error)
    for secret in SECRETS:
        assert secret not in text


def typed(_prompt: str) -> str:
    return TOKEN


BEFORE_ANYTHING_IS_ASKED: dict[str, tuple[dict[str, str], Callable[[], object]]] = {
    "connect": (TOKENS | {"CLOUDFLARE_ACCOUNT_ID": "12"}, cfu.connect),
    "connect, swapped": ({"CLOUDFLARE_API_TOKEN": ONE, "CLOUDFLARE_ACCOUNT_ID": TOKEN}, cfu.connect),
    "connect, pair": (PAIR | {"CLOUDFLARE_ACCOUNT_ID": "12"}, cfu.connect),
    "connect, half a pair": ({"CLOUDFLARE_API_KEY": KEY}, cfu.connect),
    "client": (TOKENS | {"CLOUDFLARE_ACCOUNT_ID": "12"}, cfu.UsageClient),
    "client, quoted": ({"CLOUDFLARE_API_TOKEN": f"'{TOKEN}'"}, cfu.UsageClient),
    "client, Bearer": ({"CLOUDFLARE_API_TOKEN": f"Bearer {TOKEN}"}, cfu.UsageClient),
    "client, address": (TOKENS | {"CLOUDFLARE_BASE_URL": f"https://u:{KEY}@h.example"}, cfu.UsageClient),
    "client, plain http": (TOKENS | {"CLOUDFLARE_BASE_URL": "http://h.example"}, cfu.UsageClient),
    "client, base_url": (TOKENS, lambda: cfu.UsageClient(base_url=f"https://u:{KEY}@h.example")),
    "client, now": (TOKENS, lambda: cfu.UsageClient(now="never")),
    "credentials": ({}, lambda: cfu.Credentials(token=TOKEN, accounts="12")),
    "credentials, key": ({}, lambda: cfu.Credentials(email="a@example.com\n", key=KEY)),
    "credentials, no email": ({}, lambda: cfu.Credentials(key=KEY)),
    "login": ({}, lambda: cfu.login(account_id="12")),
    "range": (TOKENS, lambda: cfu.UsageClient().usage_history(cfu.last_days(0))),
    "accounts": (TOKENS, lambda: cfu.UsageClient().usage_history(accounts=["12"])),
    "granularity": (TOKENS, lambda: cfu.UsageClient().usage_history(granularity="week")),  # type: ignore[arg-type]
    "balance": (TOKENS, lambda: cfu.UsageClient().credit_balance("12")),
    "preview": (TOKENS, lambda: cfu.UsageClient().invoice_preview("12")),
    "explore": (TOKENS, lambda: cfu.explore(time_range="Eternity")),
}


@pytest.mark.parametrize(
    ("settings", "call"), BEFORE_ANYTHING_IS_ASKED.values(), ids=BEFORE_ANYTHING_IS_ASKED
)
def test_a_wrong_setting_shows_no_secret(
    monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], call: Callable[[], object]
) -> None:
    monkeypatch.setattr(told, "getpass", typed)
    monkeypatch.setattr("cfusage_lab.app.find_spec", lambda _name: None)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(cfu.ConfigError) as caught:
        call()

    check(caught.value)


def test_a_token_in_the_place_of_an_account_id_is_not_repeated() -> None:
    with pytest.raises(cfu.ConfigError, match=r"'v1\.0…' is not an account id"):
        cfu.Credentials(token=ONE, accounts=TOKEN)


ECHO = f"you sent {TOKEN} and {KEY}"
ESCAPED = "".join(f"\\u{ord(character):04x}" for character in TOKEN).encode()
HALVES = f'"{TOKEN[:20]}", "and": "{TOKEN[20:]}"'

ANSWERS = {
    "403": answer(b'{"errors": [{"code": 10000, "message": "%b"}]}' % ECHO.encode(), status="403 No"),
    "403, escaped": answer(b'{"errors": [{"code": 1, "message": "%b"}]}' % ESCAPED, status="403 No"),
    "403, halves": answer(
        f'{{"errors": [{{"message": "{TOKEN[:20]}"}}, {{"message": "{TOKEN[20:]}"}}]}}'.encode(),
        status="403 No",
    ),
    "401, HTML": answer(f"<html>{ECHO}".encode(), status="401 No"),
    "500": answer(ECHO.encode(), status="500 No"),
    "200, refused": answer(b'{"success": false, "errors": [{"code": 1, "message": "%b"}]}' % ECHO.encode()),
    "200, HTML": answer(f"<html>{ECHO}".encode()),
    "200, text": answer(ECHO.encode()),
    "200, percent": answer(TOKEN.replace("-", "%2D").encode()),
    "200, a string": answer(f'"{ECHO}"'.encode()),
    "200, a wrong row": answer(
        f'{{"success": true, "result": {{"history": [{{"aggregated_value": "{TOKEN}"}}]}}}}'.encode()
    ),
    "200, twice": answer(
        f'{{"success": true, "x":"\\n","{TOKEN}": 1, "{TOKEN}": 2, "result": {{"history": []}}}}'.encode()
    ),
    "200, no UTF-8": answer(
        b'{"success": true, "errors": "\xff%b", "result": {"history": 1}}' % TOKEN.encode()
    ),
    "status line": f"HTTP/1.1 2000 {ECHO}\r\n\r\n".encode(),
    "no HTTP": f"{ECHO}\r\n\r\n".encode(),
    "reason": answer(b"", status=f"403 {TOKEN}"),
    "header": f"HTTP/1.1 200 OK\r\n{TOKEN} is: bad\r\n\r\n".encode(),
    "length": f"HTTP/1.1 200 OK\r\nContent-Length: {TOKEN}\r\n\r\n".encode(),
    "coding": f"HTTP/1.1 200 OK\r\nTransfer-Encoding: {TOKEN}\r\n\r\n".encode(),
    "encoding": answer(b"{}", f"Content-Encoding: {TOKEN}"),
    "a header": answer(b"{}", f"X-Echo: {ECHO}"),
    "a header of a refusal": answer(b"", f"WWW-Authenticate: Bearer {ECHO}", status="403 No"),
    "a cookie": answer(b"{}", f"Set-Cookie: session={TOKEN}"),
    "a redirect": answer(b"", f"Location: http://127.0.0.1:9/?token={TOKEN}", status="302 Found"),
    "a limit": answer(b"{}", f'Ratelimit: "{TOKEN}";r=0;t=1'),
    "403, HTML entities": answer(
        "".join(f"&#{code};" for code in ECHO.encode()).encode(), "Content-Type: text/html", status="403 No"
    ),
    "403, percent": answer(
        b'{"errors": [{"code": 1, "message": "%b"}]}' % "".join(f"%{c:02x}" for c in TOKEN.encode()).encode(),
        status="403 No",
    ),
    "403, Base64": answer(
        b'{"errors": [{"code": 1, "message": "%b"}]}' % b64encode(f"x: {TOKEN}".encode()), status="403 No"
    ),
    "403, a chain": answer(
        b'{"errors": [{"code": 1, "error_chain": [{"code": 2, "message": "%b"}]}]}' % ECHO.encode(),
        status="403 No",
    ),
    "gzip": answer(gzip.compress(ECHO.encode()), "Content-Encoding: gzip"),
    "nothing": b"",
}
CALLS: dict[str, Callable[[cfu.UsageClient], object]] = {
    "usage_history": lambda client: client.usage_history(cfu.last_hours(3), progress=cfu.Quiet()),
    "credit_balance": lambda client: client.credit_balance(),
    "invoice_preview": lambda client: client.invoice_preview(),
    "invoices": lambda client: client.invoices(),
    "accounts": lambda client: client.accounts(),
}


@contextmanager
def saying(sent: bytes) -> Iterator[str]:
    def talk(peer: Peer) -> None:
        if peer.request():
            peer.send(sent)

    with listening(talk) as base_url:
        yield base_url


def failure(call: Callable[[cfu.UsageClient], object], client: cfu.UsageClient) -> cfu.CfUsageError | None:
    try:
        call(client)
    except cfu.CfUsageError as error:
        return error
    return None


class _Hurried(exchange.RetryPolicy):
    """Tries once: what is tried here is what comes of a failure."""

    def is_retryable_exception(self, exception: Exception) -> bool:  # noqa: ARG002
        return False


@pytest.mark.slow
@pytest.mark.parametrize("settings", [TOKENS, PAIR, TWO_ACCOUNTS], ids=["token", "pair", "two accounts"])
@pytest.mark.parametrize("sent", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_gets_a_secret_into_an_error_or_a_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, sent: bytes, settings: dict[str, str]
) -> None:
    """Logs at DEBUG, those of httpx and httpcore too, which log every header as it came."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(exchange, "RetryPolicy", _Hurried)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with saying(sent) as base_url:
        monkeypatch.setenv("CLOUDFLARE_BASE_URL", base_url)
        for name, call in CALLS.items():
            with cfu.UsageClient() as client:
                error = failure(call, client)
            assert name == "accounts" or error is not None  # the ids that are set serve as a list
            if error is not None:
                check(error)
                for part in (TOKEN[:20], TOKEN[20:], TOKEN[10:30]):
                    assert settings is PAIR or part not in str(error)
    logs = [*caplog.messages, *(str(record.args) for record in caplog.records)]
    assert any("receive_response_headers" in line for line in logs)
    assert not [line for line in logs for secret in SECRETS if secret in line]


@pytest.mark.parametrize(
    "bug", [TypeError, UnicodeDecodeError, RecursionError, OverflowError, KeyboardInterrupt, MemoryError]
)
def test_no_bug_on_the_way_shows_a_secret(monkeypatch: pytest.MonkeyPatch, bug: type[BaseException]) -> None:
    """Whatever a transport raises, with the headers it was handed in its frame."""

    class Faulty(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            headers = request.headers.raw
            if bug is UnicodeDecodeError:
                raise UnicodeDecodeError("utf-8", headers[-1][1], 0, 1, "bad")
            raise bug(str(headers))

    monkeypatch.setattr("cfusage_lab.fetch.client.wsgi_transport", lambda _sandbox: Faulty())
    client = cfu.UsageClient.sandbox()
    client._credentials = cfu.Credentials(token=TOKEN, accounts=ONE)

    with pytest.raises((cfu.TransportError, KeyboardInterrupt, MemoryError)) as caught:
        client.usage_history(cfu.last_hours(3), progress=cfu.Quiet())

    if isinstance(caught.value, cfu.CfUsageError):
        assert bug.__name__ in str(caught.value)
        check(caught.value)
    else:
        frames = [repr(entry.frame.f_locals) for entry in caught.traceback if "cfusage" in str(entry.path)]
        assert TOKEN not in "".join(frames)


def test_a_name_that_repeats_the_token_is_a_name_without_it() -> None:
    body = f'{{"success": true, "result": [{{"id": "{ONE}", "name": "a {TOKEN} b"}}]}}'.encode()
    with saying(answer(body)) as base_url:
        client = cfu.UsageClient(cfu.Credentials(token=TOKEN), base_url=base_url)
        assert client.accounts()["name"].to_list() == ["a (hidden) b"]


NOTEBOOK = """
import cfusage_lab as cfu
try:
    cfu.connect()
except cfu.ConfigError:
    pass
get_ipython().run_line_magic("xmode", "Verbose")
"""


def test_a_saved_notebook_with_verbose_tracebacks_holds_no_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real kernel: a typo in the account id, then a server that repeats what it was sent."""
    for name, value in (TOKENS | {"CLOUDFLARE_ACCOUNT_ID": "12"}).items():
        monkeypatch.setenv(name, value)
    with saying(answer(f"<html>{ECHO}".encode(), status="403 No")) as base_url:
        cells = [
            NOTEBOOK,
            "client = cfu.connect()",
            "client = cfu.UsageClient()",
            f"import os; os.environ['CLOUDFLARE_ACCOUNT_ID'] = '{ONE}'",
            f"os.environ['CLOUDFLARE_BASE_URL'] = '{base_url}'; client = cfu.connect()",
            "client.usage_history(cfu.last_hours(3))",
            "client.credit_balance()",
            "client.accounts().height",
        ]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
        NotebookClient(notebook, allow_errors=True, timeout=120, kernel_name="python3").execute()

    saved = nbformat.writes(notebook)
    assert saved.count('"output_type": "error"') == 4
    assert "ConfigError" in saved
    assert "AuthError" in saved
    assert TOKEN not in saved


OPTIONS = {
    "AWS_ACCESS_KEY_ID": "an-id-that-nobody-may-see",
    "AWS_SECRET_ACCESS_KEY": TOKEN,
    "AWS_SESSION_TOKEN": KEY,
    "AWS_REGION": "eu-central-1",
    "AWS_ALLOW_HTTP": "true",
    "timeout": "1s",
    "connect_timeout": "1s",
    "max_retries": "0",
    "retry_timeout": "1s",
}
OF_AN_ARCHIVE: dict[str, Callable[[cfu.UsageArchive], object]] = {
    "source": lambda archive: archive.source,
    "default_accounts": lambda archive: archive.default_accounts,
    "update": lambda archive: archive.update(
        cfu.UsageClient.sandbox(), cfu.last_hours(3), progress=cfu.Quiet()
    ),
    "update_invoice_previews": lambda archive: archive.update_invoice_previews(cfu.UsageClient.sandbox()),
    "invoice_previews": lambda archive: archive.invoice_previews(),
    "invoice_lines": lambda archive: archive.invoice_lines(),
    "scan": lambda archive: archive.scan(),
    "usage_history": lambda archive: archive.usage_history(cfu.last_hours(3)),
    "accounts": lambda archive: archive.accounts(),
    "held": lambda archive: archive.held(),
    "coverage": lambda archive: archive.coverage(),
    "revisions": lambda archive: archive.revisions(),
    "verify": lambda archive: archive.verify(),
    "compact": lambda archive: archive.compact(),
    "export": lambda archive: archive.export("usage.csv"),
}


def test_every_call_of_an_archive_is_among_those_that_are_tried() -> None:
    """Those without a table to reach aside."""
    reached = {name for name in dir(cfu.UsageArchive) if not name.startswith("_")}

    assert reached - {"label", "location"} == OF_AN_ARCHIVE.keys()


@pytest.mark.parametrize("call", OF_AN_ARCHIVE.values(), ids=OF_AN_ARCHIVE)
def test_no_storage_option_gets_into_an_error_of_an_archive(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, call: Callable[[cfu.UsageArchive], object]
) -> None:
    """An object store that repeats what it was sent, secrets and all."""
    monkeypatch.chdir(tmp_path)
    with saying(answer(f"<Error><Message>{ECHO}</Message></Error>".encode(), status="403 No")) as address:
        store = "/".join(address.split("/")[:3])
        options = OPTIONS | {"AWS_ENDPOINT_URL": store}
        archive = cfu.UsageArchive("s3://bucket/usage", storage_options=options)
        del options
        assert TOKEN not in repr(archive) + repr(vars(archive))
        with pytest.raises(cfu.CfUsageError) as caught:
            call(archive)

    check(caught.value)
    assert OPTIONS["AWS_ACCESS_KEY_ID"] not in shown(caught.value)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: cfu.UsageArchive("s3://b/c", storage_options={"AWS_SECRET_ACCESS_KEY": TOKEN.encode()}),  # type: ignore[dict-item]
        lambda: cfu.UsageArchive("s3://b/c", storage_options=f"AWS_SECRET_ACCESS_KEY={TOKEN}"),  # type: ignore[arg-type]
        lambda: cfu.UsageArchive("", storage_options={"AWS_SECRET_ACCESS_KEY": TOKEN}),
        lambda: cfu.UsageArchive("s3://b/c", source="x", storage_options={"key": TOKEN}),  # type: ignore[arg-type]
        lambda: cfu.UsageArchive("s3://b/c", now="never", storage_options={"key": TOKEN}),
        lambda: cfu.UsageArchive(f"s3://id:{TOKEN}@b/c"),
        lambda: cfu.UsageArchive(f"az://b/c?sig={TOKEN}"),
        lambda: cfu.UsageClient(TOKEN),  # type: ignore[arg-type]
        lambda: cfu.Credentials(token=TOKEN.encode()),  # type: ignore[arg-type]
        lambda: cfu.Credentials(token=[TOKEN]),  # type: ignore[arg-type]
        lambda: cfu.Credentials(email="a@example.com", key=KEY.encode()),  # type: ignore[arg-type]
    ],
)
def test_a_secret_of_the_wrong_kind_or_in_the_wrong_place_is_not_repeated(
    wrong: Callable[[], object],
) -> None:
    with pytest.raises(cfu.ConfigError) as caught:
        wrong()

    check(caught.value)
