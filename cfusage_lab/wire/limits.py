"""What one exchange may take, and how long a call waits: every bound on the other end, in one place."""

from typing import Final

__all__ = [
    "ALL_WAITS",
    "CONNECT",
    "DEEPEST",
    "EXCHANGE",
    "LONGEST_WAIT",
    "MOST_BYTES",
    "MOST_PAGES",
    "POLL",
    "SILENCE",
    "TRIES",
    "TRIES_AFTER_500",
    "TRIES_TO_CONNECT",
]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one body, unpacked: twenty years of hours with ids come to 45 million."""

DEEPEST: Final = 64
"""Levels of JSON inside each other, where the answers have five."""

CONNECT: Final = 20.0
"""Seconds to find an address and to connect, or to greet in TLS; one of several addresses has half of it."""

SILENCE: Final = 60.0
"""Seconds without a byte after which an answer is given up."""

EXCHANGE: Final = 120.0
"""Seconds from the request to the last byte; once tries have come to as much, there is no further one."""

LONGEST_WAIT: Final = 300.0
"""Seconds: the longest single wait that is obeyed, as long as Cloudflare's block lasts."""

ALL_WAITS: Final = 900.0
"""Seconds: all waits that Cloudflare asks of one call, beside what its requests take at the usual pace."""

TRIES: Final = 6
"""How often a request is tried again; likewise after a 500, which stays, and where nobody listens."""
TRIES_AFTER_500: Final = 2
TRIES_TO_CONNECT: Final = 2

MOST_PAGES: Final = 1_000
"""Pages of the list of accounts, 50 on each."""

POLL: Final = 0.2
"""Seconds between two looks at whether the caller still waits."""
