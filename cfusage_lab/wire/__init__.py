"""The way to Cloudflare and back. Only this package, beside the sandbox, reaches httpx.

``addresses`` says where a token may go, ``exchange`` sends a request, ``retries`` says whether to try again
and ``pacing`` when the next may go; ``limits`` has every bound, the cap on ``Retry-After`` among them.
``refusals`` says what a refusal means; ``answers`` and ``invoices`` turn the bytes of an answer, which
``envelope`` opens, into checked values.
"""

from cfusage_lab.wire.addresses import CLOUDFLARE, address
from cfusage_lab.wire.exchange import Wire, wsgi_transport

__all__ = ["CLOUDFLARE", "Wire", "address", "wsgi_transport"]
