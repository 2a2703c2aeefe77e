"""Where to ask: which addresses may be sent a token, and the proxy on the way to them."""

import ipaddress
import urllib.request
from typing import Final

import httpx

from cfusage_lab.errors import ConfigError

__all__ = ["CLOUDFLARE", "address", "proxy_of"]

CLOUDFLARE: Final = "https://api.cloudflare.com/client/v4"


def address(base_url: str) -> str:
    """Return a base URL that may be sent a token, or refuse it.

    Raises
    ------
    ConfigError
        If it is no address, holds a password, or would show the token to the network.
    """
    try:
        url = httpx.URL(base_url.rstrip("/"))
    except (httpx.InvalidURL, ValueError) as exc:
        raise ConfigError(f"base_url is not an address: {exc}") from None
    if url.userinfo:
        raise ConfigError("base_url holds a user name or password: leave them out")
    if url.scheme not in {"http", "https"} or not url.host:
        raise ConfigError(f"base_url {url} is not an address like {CLOUDFLARE}")
    if url.scheme == "http" and not _is_loopback(url.host):
        raise ConfigError(f"base_url {url}: plain http would show the token to the network; use https")
    return str(url)


def proxy_of(base_url: str) -> str | None:
    """Return the proxy that the environment names for an address: httpx asks only without a transport."""
    url = httpx.URL(base_url)
    if _is_loopback(url.host) or urllib.request.proxy_bypass(url.host):
        return None
    proxies = urllib.request.getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
