"""No connection comes about, or a wrong one: always a typed error, whatever was asked for.

What stands at the other end, or on the way to it, is a server that is no Cloudflare; see ``WAYS``.
"""

import shutil
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
from answers import Fault
from matrix import TOKEN, Cell, Watch, join_threads, look_at, open_files, soon
from moments import MOMENTS, NOW, Moment
from raw_server import Peer, answer, listening
from virtual_time import in_virtual_time

import cfusage_lab as cfu
from cfusage_lab.wire import sockets

pytestmark = pytest.mark.slow

PASSWORD = "a-proxys-password-0123456789"
CALLS = {moment.call: moment for moment in MOMENTS if moment.is_list or len(moment.accounts) > 1}.values()
MAKE = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN={0} -addext subjectAltName=DNS:{0}"
GREETED = b"HTTP/1.1 200 Connection established\r\n\r\n"


@dataclass
class End:
    """What stands there: a server of TLS contexts, with what it was sent in the clear."""

    contexts: dict[str, ssl.SSLContext]
    heard: bytes = b""

    def hear(self, peer: Peer) -> None:
        with suppress(OSError):
            self.heard += peer.connection.recv(65_536)


Act = Callable[[End, Peer], None]


def sends(data: bytes) -> Act:
    def act(end: End, peer: Peer) -> None:
        end.hear(peer)
        peer.send(data)

    return act


def closes(_end: End, _peer: Peer) -> None:
    """Say nothing."""


def resets(_end: End, peer: Peer) -> None:
    peer.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def is_silent(end: End, peer: Peer) -> None:
    end.hear(peer)
    while peer.connection.recv(65_536):
        pass


def greets(name: str, then: bytes = b"") -> Act:
    """Speak TLS in a name; then answer, and break off without TLS's farewell."""

    def act(end: End, peer: Peer) -> None:
        with end.contexts[name].wrap_socket(peer.connection, server_side=True) as secure:
            if secure.recv(65_536):
                secure.sendall(then)
            secure.close()

    return act


WHOLE = answer(b'{"success": true, "result": []}')
OVER_TLS: dict[str, Act] = {
    "another name": greets("elsewhere.example"),
    "a certificate that nobody trusts": greets("untrusted"),
    "closes": closes,
    "resets": resets,
    "is silent": is_silent,
    "no TLS but HTTP": sends(answer(b"{}")),
    "no TLS at all": sends(b"SSH-2.0-OpenSSH_9.2\r\n"),
    "an alert": sends(b"\x15\x03\x03\x00\x02\x02\x28"),
    "half a greeting": sends(b"\x16\x03\x03\x00\x7a\x02\x00\x00"),
    "a connection cut after TLS": greets("localhost"),
    "a connection cut in the head": greets("localhost", WHOLE[:20]),
    "a connection cut in the body": greets("localhost", WHOLE[:-3]),
}
ON_THE_WAY: dict[str, Act] = {
    "closes": closes,
    "resets": resets,
    "is silent": is_silent,
    **{
        f"{status}": sends(answer(b"no", status=f"{status} No"))
        for status in (400, 403, 407, 429, 500, 502, 503, 504)
    },
    "407 asks": sends(answer(b"", 'Proxy-Authenticate: Basic realm="x"', status="407 Who")),
    "a page of HTML": sends(answer(b"<html>", "Content-Type: text/html", status="403 No")),
    "a redirect": sends(answer(b"", "Location: https://elsewhere.example/", status="302 Found")),
    "no HTTP": sends(b"SSH-2.0-OpenSSH_9.2\r\n\r\n"),
    "half a head": sends(GREETED[:12]),
    "agrees, and closes": sends(GREETED),
    "agrees, and speaks no TLS": sends(GREETED + b"HTTP/1.1 200 OK\r\n\r\n"),
    "agrees, and answers itself": sends(GREETED + answer(b'{"success": true, "result": []}')),
}


@pytest.fixture(scope="module")
def contexts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ssl.SSLContext]:
    """Make certificates of one's own; all but one are trusted."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    trusted = b""
    made = {}
    for name in ("localhost", "elsewhere.example", "untrusted"):
        files = folder / f"{name}.pem", folder / f"{name}.key"
        host = "localhost" if name == "untrusted" else name
        arguments = [*MAKE.format(host).split(), "-out", files[0], "-keyout", files[1]]
        subprocess.run([program, *arguments], check=True, capture_output=True)  # noqa: S603 - a certificate
        made[name] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made[name].load_cert_chain(*files)
        trusted += b"" if name == "untrusted" else files[0].read_bytes()
    (folder / "trusted.pem").write_bytes(trusted)
    made["localhost"].trusted = folder / "trusted.pem"  # type: ignore[attr-defined]
    return made


@pytest.fixture(autouse=True)
def _of_ones_own(monkeypatch: pytest.MonkeyPatch, contexts: dict[str, ssl.SSLContext]) -> None:
    """Nothing of a developer's environment; and half a second to connect, in which nothing comes anyway."""
    for name in ("https_proxy", "http_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(contexts["localhost"].trusted))  # type: ignore[attr-defined]


def port_of(base_url: str) -> int:
    return int(base_url.split(":")[2].partition("/")[0])


def tried(moment: Moment, told: str, base_url: str) -> Iterator[str]:
    """Say what is wrong with how a call ends that reaches nobody."""
    cell = Cell(moment, told, Fault(lambda _turn: False, (cfu.TransportError,)), is_lasting=True)
    client = cfu.UsageClient(
        cfu.Credentials(token=TOKEN, accounts=moment.accounts), base_url=base_url, now=NOW
    )
    try:
        moment.call(client, Watch())
    except Exception as error:  # noqa: BLE001 - that is what is looked at
        look_at(error, cell)
        if PASSWORD in str(error):
            cell.wrong.append("shows the proxy's password")
    else:
        cell.wrong.append("brings a table from nobody")
    join_threads(cell)
    client.close()
    yield from (f"{cell}: {one}" for one in cell.wrong)


def all_tried(
    told: str, act: Act, contexts: dict[str, ssl.SSLContext], *, is_proxy: bool = False
) -> list[str]:
    """Try every call against an end, or a proxy, and say what is wrong."""
    wrong: list[str] = []
    end = End(contexts)
    with in_virtual_time() as clock, pytest.MonkeyPatch.context() as patch:
        patch.setattr("cfusage_lab.wire.addresses._is_loopback", lambda _host: False)
        if act is is_silent:
            patch.setattr(sockets, "CONNECT", 0.3)  # real seconds, where nothing comes in twenty either
        for moment in CALLS:
            clock.begin()
            files = open_files()

            def talk(peer: Peer) -> None:
                with clock.passing(peer.port):
                    act(end, peer)

            with listening(talk) as address:
                base_url = f"https://localhost:{port_of(address)}/client/v4"
                if is_proxy:
                    patch.setenv("https_proxy", f"http://user:{PASSWORD}@127.0.0.1:{port_of(address)}")
                wrong += tried(moment, told, base_url)
            if not soon(lambda files=files: open_files() <= files):  # type: ignore[misc]
                wrong.append(f"{moment.name} / {told}: leaves files open")
    if TOKEN.encode() in end.heard:
        wrong.append(f"{told}: was sent the token")
    return wrong


@pytest.mark.parametrize("told", OVER_TLS)
def test_who_does_not_prove_its_name_is_asked_nothing(told: str, contexts: dict[str, ssl.SSLContext]) -> None:
    wrong = all_tried(told, OVER_TLS[told], contexts)

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("told", ON_THE_WAY)
def test_a_proxy_that_does_not_let_through_is_told_no_token(
    told: str, contexts: dict[str, ssl.SSLContext]
) -> None:
    wrong = all_tried(told, ON_THE_WAY[told], contexts, is_proxy=True)

    assert not wrong, "\n".join(wrong)


def test_where_nobody_listens_every_call_says_so() -> None:
    with listening(lambda _peer: None) as gone:
        pass
    with in_virtual_time():
        wrong = [one for moment in CALLS for one in tried(moment, "nobody listens", gone)]

    assert not wrong, "\n".join(wrong)
