"""Where to ask: which addresses may be sent a token, and the proxy on the way to them.

Addresses may hold a password. So what is wrong with one is found out by functions that return it, and said
by functions that no longer hold the address: neither message nor frame shows it.
"""

import ipaddress
import urllib.request
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final

import httpx

from cfusage_lab.credentials import Secret
from cfusage_lab.errors import ConfigError

__all__ = ["CLOUDFLARE", "Proxy", "address", "proxy_of"]

CLOUDFLARE: Final = "https://api.cloudflare.com/client/v4"

_PORTS: Final = range(1, 65_536)
_SOCKS: Final = frozenset({"socks5", "socks5h"})


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy: its address, and what it is told of who asks."""

    url: str
    user: Secret | None
    password: Secret

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, and not HTTP."""
        return self.url.partition(":")[0] in _SOCKS

    @property
    def secrets(self) -> tuple[str, ...]:
        """What nobody may see, in the clear."""
        return tuple(filter(None, [self.password.reveal()]))


def address(base_url: str) -> str:
    """Return a base URL that may be sent a token, or refuse it.

    Raises
    ------
    ConfigError
        If it is no address, holds a password, or would show the token to the network.
    """
    url, complaint = _address(base_url)
    del base_url
    if complaint:
        raise ConfigError(complaint)
    return url


def _address(base_url: str) -> tuple[str, str]:
    """Return an address, or what is wrong with it."""
    if "@" in base_url.partition("?")[0]:
        return "", "base_url holds a user name or password: leave them out"
    try:
        url = httpx.URL(base_url.rstrip("/"))
    except (httpx.InvalidURL, ValueError) as exc:
        return "", f"base_url is not an address: {exc}"
    if url.scheme not in {"http", "https"} or not url.host:
        return "", f"base_url {url} is not an address like {CLOUDFLARE}"
    if url.query or url.fragment or (url.port is not None and url.port not in _PORTS):
        return "", f"base_url {url} is not an address like {CLOUDFLARE}: it has a query, or an odd port"
    if url.scheme == "http" and not _is_loopback(url.host):
        return "", f"base_url {url}: plain http would show the token to the network; use https"
    return str(url), ""


def proxy_of(base_url: str) -> Proxy | None:
    """Return the proxy that the environment names for an address: httpx asks only without a transport.

    Raises
    ------
    ConfigError
        If what is named can't be used.
    """
    proxy, complaint = _proxy(httpx.URL(base_url))
    if complaint:
        raise ConfigError(
            f"the proxy that the environment names (HTTPS_PROXY, ALL_PROXY) {complaint}; take one like "
            "http://proxy.example:3128, or unset it"
        )
    return proxy


def _proxy(url: httpx.URL) -> tuple[Proxy | None, str]:
    """Return the proxy for an address, and what is wrong with it."""
    if _is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None, ""
    proxies = urllib.request.getproxies()
    text = (proxies.get(url.scheme) or proxies.get("all") or "").strip()
    if not text:
        return None, ""
    try:
        named = httpx.URL(text if "://" in text else f"http://{text}")
        user, password = named.username, named.password
        plain = str(named.copy_with(username=None, password=None, path="/", query=None, fragment=None))
    except (httpx.InvalidURL, ValueError, TypeError):
        return None, "is not an address"
    if not named.host or (named.port is not None and named.port not in _PORTS):
        return None, "names no host, or a port that is none"
    return Proxy(plain, Secret(user) if user or password else None, Secret(password)), _unspoken(named.scheme)


def _unspoken(scheme: str) -> str:
    """Say why a proxy can't be spoken to, if it can't."""
    if scheme not in {"http", "https", *_SOCKS}:
        return f"speaks {scheme!r}, which is not known here"
    if scheme in _SOCKS and find_spec("socksio") is None:
        return "speaks SOCKS, for which the package socksio is missing: pip install socksio"
    return ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
