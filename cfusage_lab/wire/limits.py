"""What one exchange may take, and how long a call waits: every bound on the other end, in one place."""

from typing import Final

__all__ = [
    "ALL_WAITS",
    "CONNECT",
    "DEEPEST",
    "EXCHANGE",
    "FIRST_WAIT",
    "LONGEST_BACKOFF",
    "LONGEST_RETRY_AFTER",
    "MOST_BYTES",
    "MOST_PAGES",
    "POLL",
    "RETRIES",
    "RETRIES_AFTER_500",
    "RETRIES_TO_CONNECT",
    "SILENCE",
]

MOST_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one body, unpacked: twenty years of hours with ids come to 45 million."""

DEEPEST: Final = 64
"""Levels of JSON inside each other. The answers have five; a parser that recurses ends at some hundreds."""

CONNECT: Final = 20.0
"""Seconds to find an address and to connect, or to greet in TLS; one of several addresses has half of it."""

SILENCE: Final = 60.0
"""Seconds without a byte after which an answer is given up: a busy endpoint thinks for some, never for a
minute."""

EXCHANGE: Final = 120.0
"""Seconds from the request to the last byte; once tries have come to as much, there is no further one."""

LONGEST_RETRY_AFTER: Final = 300.0
"""Seconds: the cap on ``Retry-After``. Cloudflare blocks for five minutes whoever asks too often; where it
asks for more than that, the call fails at once and says how long."""

ALL_WAITS: Final = 900.0
"""Seconds: all waits that Cloudflare asks of one call, beside what its requests take at the usual pace.
Three of its blocks: who is blocked more often is not helped by waiting on."""

RETRIES: Final = 6
"""How often a request is tried again: with waits that double from half a second, up to half a minute in all,
which a restart at the other end takes."""

FIRST_WAIT: Final = 0.5
LONGEST_BACKOFF: Final = 30.0
"""Seconds before the first further try, doubled before each next one up to the second; up to half of each
is left to chance, so that many clients do not come back at once."""

RETRIES_AFTER_500: Final = 2
"""The same after a 500: the range may be its cause, and then it stays."""

RETRIES_TO_CONNECT: Final = 2
"""The same where no connection comes about: nobody waits a minute to hear that there is no network."""

MOST_PAGES: Final = 1_000
"""Pages of the list of accounts, 50 on each: nobody sees 50,000 accounts, and a list that goes on never
ends."""

POLL: Final = 0.2
"""Seconds between two looks at whether the caller still waits: a cancelled call ends within a second."""
