"""An imitation of Cloudflare's AI Gateway billing endpoint, for trying out and for tests.

It is a WSGI application: ``httpx.Client(transport=httpx.WSGITransport(app=Sandbox()))`` reaches it within
the process, ``with serve(Sandbox()) as base_url`` over a loopback socket, and
``python -m cfusage_lab.sandbox`` from another program.
"""

from cfusage_lab.sandbox.access import SANDBOX_EMAIL, SANDBOX_KEY, SANDBOX_TOKEN
from cfusage_lab.sandbox.endpoint import API_PATH, Request, Sandbox
from cfusage_lab.sandbox.knobs import Knobs
from cfusage_lab.sandbox.server import serve
from cfusage_lab.sandbox.trouble import Trouble

__all__ = [
    "API_PATH",
    "SANDBOX_EMAIL",
    "SANDBOX_KEY",
    "SANDBOX_TOKEN",
    "Knobs",
    "Request",
    "Sandbox",
    "Trouble",
    "serve",
]
