"""The way to Cloudflare and back. Only this package, beside the sandbox, reaches httpx.

``exchange`` sends requests and tries them again, ``pacing`` says when the next may go, ``refusals`` what a
refusal means, ``answers`` turns the bytes of an answer into checked values.
"""

from cfusage_lab.wire.exchange import CLOUDFLARE, Wire, address, inside

__all__ = ["CLOUDFLARE", "Wire", "address", "inside"]
