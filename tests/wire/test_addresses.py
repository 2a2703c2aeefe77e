"""Where a token may be sent, and by which way."""

import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.wire.addresses import CLOUDFLARE, address, proxy_of
from cfusage_lab.wire.transport import SocketTransport


@pytest.mark.parametrize(
    "fine", [CLOUDFLARE, "http://127.0.0.1:8000/", "http://localhost/v4", "http://[::1]:1"]
)
def test_https_and_loopback_are_addresses_that_a_token_may_be_sent_to(fine: str) -> None:
    assert address(fine) == fine.rstrip("/")


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ("http://api.cloudflare.com/client/v4", "plain http"),
        ("http://127.0.0.1.evil.example/", "plain http"),
        ("ftp://api.cloudflare.com", "not an address"),
        ("api.cloudflare.com", "not an address"),
        ("https://", "not an address"),
        ("https://me:secret@api.cloudflare.com", "password"),
        ("https://example:port", "not an address"),
    ],
)
def test_an_address_that_would_show_the_token_is_refused(wrong: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why) as caught:
        address(wrong)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"https_proxy": "proxy.example:3128"}, "http://proxy.example:3128/"),
        ({"https_proxy": "http://proxy.example:3128", "no_proxy": "cloudflare.com"}, None),
        ({}, None),
    ],
)
def test_the_proxy_that_the_environment_names_is_used(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: str | None
) -> None:
    """A transport of one's own makes httpx forget the environment's proxies."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)

    proxy = proxy_of(CLOUDFLARE)

    assert (proxy and proxy.url) == expected
    assert proxy_of("https://127.0.0.1:8000") is None


BAD_PROXIES = {
    "http://user:a-password@proxy.example:99999": "a port that is none",
    "http://user:a-password@:3128": "names no host",
    "ftp://user:a-password@proxy.example": "speaks 'ftp'",
    "user:a-password:3128": "not an address",
    "http://[::1": "not an address",
    "socks5://user:a-password@proxy.example": "socksio is missing",
}


@pytest.mark.parametrize(("proxy", "why"), BAD_PROXIES.items())
def test_a_proxy_that_cannot_be_used_is_refused_without_its_password(
    monkeypatch: pytest.MonkeyPatch, proxy: str, why: str
) -> None:
    for name in ("https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    monkeypatch.setattr("cfusage_lab.wire.addresses.find_spec", lambda _name: None)

    with pytest.raises(ConfigError, match=why) as caught:
        proxy_of(CLOUDFLARE)

    frames = [str(entry.frame.f_locals) for entry in caught.traceback[1:]]
    assert "a-password" not in str(caught.value) + "".join(frames)


def test_a_proxys_password_is_kept_out_of_sight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.setenv("https_proxy", "http://us%65r:p%40ss@proxy.example:3128/x?y")

    proxy = proxy_of(CLOUDFLARE)

    assert proxy is not None
    assert proxy.url == "http://proxy.example:3128/"
    assert proxy.user is not None
    assert (proxy.user.reveal(), proxy.password.reveal()) == ("user", "p@ss")
    assert "p@ss" not in repr(proxy)


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"])
def test_certificates_that_are_not_there_are_named(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Conda sets such; only who speaks TLS needs them."""
    for other in ("SSL_CERT_FILE", "SSL_CERT_DIR", "SSLKEYLOGFILE"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(name, "/no/where/at/all")

    with pytest.raises(ConfigError, match=f"{name} in the environment can't be used"):
        SocketTransport(is_secure=True, proxy=None, connections=1)
    SocketTransport(is_secure=False, proxy=None, connections=1).close()
