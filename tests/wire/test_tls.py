"""TLS, and proxies on the way, over real sockets; a greeting that never comes can be left, too."""

import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from raw_server import Peer, listening

from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import CancelledError, TransportError
from cfusage_lab.fetch import UsageClient
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import last_days
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, serve
from cfusage_lab.source import SANDBOX_ACCOUNTS

ACCOUNTS = list(SANDBOX_ACCOUNTS)
MAKE = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a certificate of one's own."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not here to make a certificate")
    folder = tmp_path_factory.mktemp("tls")
    files = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(  # noqa: S603 - to make a certificate
        [program, *MAKE.split(), "-out", files[0], "-keyout", files[1]], check=True, capture_output=True
    )
    return files


def pump(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way, until one end is closed."""
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


def joined(one: socket.socket, other: socket.socket) -> None:
    threading.Thread(target=pump, args=(one, other), daemon=True).start()
    pump(other, one)


def port_of(base_url: str) -> int:
    return int(base_url.split(":")[2].partition("/")[0])


@pytest.fixture
def secure(certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the base URL of a sandbox behind TLS, whose certificate is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)

    def talk(peer: Peer) -> None:
        with (
            context.wrap_socket(peer.connection, server_side=True) as plain,
            socket.create_connection(("127.0.0.1", port_of(inner))) as sandbox,
        ):
            joined(plain, sandbox)

    with serve(Sandbox()) as inner, listening(talk) as base_url:
        yield f"https://localhost:{port_of(base_url)}/client/v4"


def client_of(base_url: str) -> UsageClient:
    return UsageClient(Credentials(token=SANDBOX_TOKEN, accounts=ACCOUNTS), base_url=base_url)


def test_over_tls_everything_comes_as_without(secure: str) -> None:
    with client_of(secure) as client:
        assert client.usage_history(last_days(5), progress=Quiet()).height == 4 * 120


def test_a_certificate_that_is_not_trusted_is_a_transport_error(
    secure: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)

    with pytest.raises(TransportError, match="certificate verify failed"):
        client_of(secure).usage_history(last_days(5), accounts=ACCOUNTS[0], progress=Quiet())


def test_a_proxy_is_told_its_password_and_nothing_else(secure: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback has no proxy; for the test it is taken for somewhere else."""
    monkeypatch.setattr("cfusage_lab.wire.addresses._is_loopback", lambda _host: False)
    heads = []

    def talk(peer: Peer) -> None:
        heads.append(peer.request())
        with socket.create_connection(("127.0.0.1", port_of(secure))) as there:
            peer.send(b"HTTP/1.1 200 Connection established\r\n\r\n")
            joined(peer.connection, there)

    with listening(talk) as proxy:
        monkeypatch.setenv("https_proxy", f"http://user:p%40ss@127.0.0.1:{port_of(proxy)}")
        with client_of(secure) as client:
            assert client.usage_history(last_days(5), progress=Quiet()).height == 4 * 120

    assert b"Proxy-Authorization: Basic dXNlcjpwQHNz\r\n" in heads[0]
    assert SANDBOX_TOKEN.encode() not in b"".join(heads)


def test_a_greeting_that_never_comes_can_be_left(
    certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))
    is_connected = threading.Event()

    class Impatient(Quiet):
        @property
        def is_cancelled(self) -> bool:  # type: ignore[override]
            return is_connected.is_set()

    def talk(peer: Peer) -> None:
        is_connected.set()
        peer.stopping.wait(60)

    with listening(talk) as base_url:
        began = time.monotonic()
        with pytest.raises(CancelledError):
            client_of(f"https://localhost:{port_of(base_url)}/client/v4").usage_history(
                last_days(5), accounts=ACCOUNTS[0], progress=Impatient()
            )
        assert time.monotonic() - began < 2
        for thread in threading.enumerate():
            if thread.name == "cfusage_lab connection":
                thread.join(1)
                assert not thread.is_alive()
