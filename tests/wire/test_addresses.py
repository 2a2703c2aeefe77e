"""Where a token may be sent, and by which way."""

import pytest

from cfusage_lab.errors import ConfigError
from cfusage_lab.wire.addresses import CLOUDFLARE, address, proxy_of


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
