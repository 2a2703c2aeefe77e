"""Servers of a test, on ports of their own."""

import socket
import subprocess
import time
import urllib.request
from urllib.error import URLError

import pytest


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answering(url: str, server: subprocess.Popen[bytes], path: str = "api") -> str:
    """Wait until the server answers."""
    for _ in range(600):
        if server.poll() is not None:
            break
        try:
            urllib.request.urlopen(f"{url}/{path}").close()  # noqa: S310 - loopback
        except URLError:
            time.sleep(0.1)
        else:
            return url
    pytest.fail(f"the server did not answer at {url}; it ended with {server.poll()}")
