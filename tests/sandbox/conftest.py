"""Clients that reach a sandbox, inside the process and over a loopback socket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest

from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox, serve

AUTHORIZED = {"Authorization": f"Bearer {SANDBOX_TOKEN}"}


@pytest.fixture
def inside() -> Iterator[Callable[[Sandbox], httpx.Client]]:
    """Open clients that call the sandbox without a socket, with its token."""
    with ExitStack() as stack:

        def connect(sandbox: Sandbox) -> httpx.Client:
            transport = httpx.WSGITransport(app=sandbox)
            base_url = "http://sandbox/client/v4"
            return stack.enter_context(
                httpx.Client(transport=transport, base_url=base_url, headers=AUTHORIZED)
            )

        yield connect


@pytest.fixture
def wired() -> Iterator[Callable[[Sandbox], httpx.Client]]:
    """Open clients that reach the sandbox over a loopback socket, with its token."""
    with ExitStack() as stack:

        def connect(sandbox: Sandbox) -> httpx.Client:
            base_url = stack.enter_context(serve(sandbox))
            return stack.enter_context(httpx.Client(base_url=base_url, headers=AUTHORIZED, timeout=10))

        yield connect
