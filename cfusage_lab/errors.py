"""What can go wrong, as one small tree.

::

    CfUsageError                    the root: everything this package raises on purpose
    ├── ConfigError                 the call was wrong; nothing was asked            (a ValueError)
    ├── TransportError              no answer came back                              retryable
    ├── ApiError                    Cloudflare answered, and refused
    │   ├── AuthError               the token, the account or the permission
    │   └── RateLimitError          too many requests; carries ``retry_after``       retryable
    ├── PayloadError                an answer that cannot be the promised table
    ├── FrameError                  a table handed to a helper lacks what it needs   (a ValueError)
    └── CancelledError              the caller stopped a fetch; nothing is returned

Every error carries ``status_code``, ``codes``, ``retry_after`` and ``retryable``, so a caller can
branch on the root without importing the leaves. No message holds a token.
"""

__all__ = [
    "ApiError",
    "AuthError",
    "CancelledError",
    "CfUsageError",
    "ConfigError",
    "FrameError",
    "PayloadError",
    "RateLimitError",
    "TransportError",
]


class CfUsageError(Exception):
    """Everything this package raises on purpose.

    Attributes
    ----------
    status_code
        The HTTP status of the answer, or None where no answer was read.
    codes
        Cloudflare's own error codes in that answer, outermost first.
    retry_after
        Seconds that Cloudflare asked to wait, or None.
    retryable
        Whether the same call may succeed later without being changed.
    """

    def __init__(
        self,
        message: str,
        *,
        status_code: int | None = None,
        codes: tuple[int, ...] = (),
        retry_after: float | None = None,
        retryable: bool = False,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.codes = codes
        self.retry_after = retry_after
        self.retryable = retryable


class ConfigError(CfUsageError, ValueError):
    """The call was wrong before anything was asked."""


class TransportError(CfUsageError):
    """No answer came back: a broken connection, a timeout, no network."""


class ApiError(CfUsageError):
    """Cloudflare answered, and refused."""


class AuthError(ApiError):
    """The token, the account id or the permission 'AI Gateway Read' is not right."""


class RateLimitError(ApiError):
    """Too many requests; ``retry_after`` says how long to wait."""


class PayloadError(CfUsageError):
    """An answer that cannot be the promised table."""


class FrameError(CfUsageError, ValueError):
    """A table handed to a helper lacks what it needs."""


class CancelledError(CfUsageError):
    """The caller stopped a fetch; nothing partial is returned."""
