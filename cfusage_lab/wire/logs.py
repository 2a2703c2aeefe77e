"""What the network's libraries log of an exchange, without the secret that an answer may repeat.

At DEBUG, httpcore logs every header and status line as it came, and httpx-retries each error.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from cfusage_lab.redaction import Redactor

__all__ = ["redacted_logs"]

_LOGGERS: Final = (
    *(f"httpcore.{part}" for part in ("connection", "http11", "proxy", "socks")),
    *("httpx", "httpx_retries.transport"),
)
_redactor: "ContextVar[Redactor | None]" = ContextVar("redactor", default=None)


class _Redacting(logging.Filter):
    """Lets every line pass; one that is logged during an exchange of ours, without the secret."""

    def filter(self, record: logging.LogRecord) -> bool:
        redact = _redactor.get()
        if redact is not None:
            record.msg, record.args = redact(record.getMessage()), ()
        return True


_filter: Final = _Redacting()
for _name in _LOGGERS:
    logging.getLogger(_name).addFilter(_filter)


@contextmanager
def redacted_logs(redactor: Redactor) -> Iterator[None]:
    """Take secrets out of what is logged in this thread."""
    token = _redactor.set(redactor)
    try:
        yield
    finally:
        _redactor.reset(token)
