"""What can go wrong, as one small tree.

::

    CfUsageError             the root: everything this package raises on purpose
    ├── ConfigError          the call was wrong; nothing was asked            (a ValueError)
    ├── TransportError       no answer came back                              retryable
    ├── ApiError             Cloudflare answered, and refused
    │   ├── AuthError        the token, the account or the permission
    │   └── RateLimitError   too many requests; carries retry_after           retryable
    ├── PayloadError         an answer that cannot be the promised table
    ├── FrameError           a table handed to a helper lacks what it needs   (a ValueError)
    └── CancelledError       the caller stopped a fetch; nothing is returned

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

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> try:
    ...     cfu.last_days(0)
    ... except cfu.CfUsageError as error:
    ...     print(type(error).__name__, "·", error)
    ConfigError · 0 days: pass a whole number from 1
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
    """The call was wrong before anything was asked.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> try:
    ...     cfu.yesterday(time_zone="Berlin")
    ... except cfu.ConfigError as error:
    ...     print(error)
    there is no time zone 'Berlin': take an IANA name such as 'Europe/Berlin' or 'UTC'
    """


class TransportError(CfUsageError):
    """No answer came back: a broken connection, a timeout, no network.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient(cfu.Credentials(token="a" * 40), base_url="http://127.0.0.1:9/client/v4")
    >>> try:
    ...     client.usage_history(cfu.last_hours(1), accounts="5a4db0c5000000000000000000000001")
    ... except cfu.TransportError as error:
    ...     print(error.retryable)
    True
    """


class ApiError(CfUsageError):
    """Cloudflare answered, and refused.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> from cfusage_lab.sandbox import Sandbox, Trouble
    >>> client = cfu.UsageClient.sandbox(Sandbox(trouble=[Trouble.refused(400, 1001, "range too long")]))
    >>> try:
    ...     client.usage_history(cfu.last_days(7))
    ... except cfu.ApiError as error:
    ...     print(error.status_code, error.codes)
    400 (1001,)
    """


class AuthError(ApiError):
    """The token, the account id or the permission 'AI Gateway Read' is not right.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> from cfusage_lab.sandbox import Sandbox, Trouble
    >>> client = cfu.UsageClient.sandbox(Sandbox(trouble=[Trouble.forbidden(9109)]))
    >>> try:
    ...     client.usage_history(cfu.last_days(7))
    ... except cfu.AuthError as error:
    ...     print(error.status_code, error.codes)
    403 (9109,)
    """


class RateLimitError(ApiError):
    """Too many requests; ``retry_after`` says how long to wait.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> from cfusage_lab.sandbox import Sandbox, Trouble
    >>> client = cfu.UsageClient.sandbox(Sandbox(trouble=[Trouble.throttled(3_600)]))
    >>> try:
    ...     client.usage_history(cfu.last_days(7))
    ... except cfu.RateLimitError as error:
    ...     print(error.retry_after, error.retryable)
    3600.0 True
    """


class PayloadError(CfUsageError):
    """An answer that cannot be the promised table.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> from cfusage_lab.sandbox import Sandbox, Trouble
    >>> client = cfu.UsageClient.sandbox(Sandbox(trouble=[Trouble.listed()]))
    >>> try:
    ...     client.usage_history(cfu.last_days(7))
    ... except cfu.PayloadError as error:
    ...     print(str(error).partition("is of")[2])
     no use: Expected `object`, got `array`; has the API changed?
    """


class FrameError(CfUsageError, ValueError):
    """A table handed to a helper lacks what it needs.

    Examples
    --------
    >>> import polars as pl
    >>> import cfusage_lab as cfu
    >>> try:
    ...     cfu.rolling_mean(pl.DataFrame({"date": [], "cost_usd": []}))
    ... except cfu.FrameError as error:
    ...     print(error)
    not a daily table: missing 'account_id', 'hours', 'is_whole', 'state'; found date, cost_usd
    """


class CancelledError(CfUsageError):
    """The caller stopped a fetch; nothing partial is returned.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> class Impatient(cfu.Quiet):
    ...     is_cancelled = True
    >>> try:
    ...     cfu.UsageClient.sandbox().usage_history(cfu.last_days(7), progress=Impatient())
    ... except cfu.CancelledError as error:
    ...     print(error)
    the fetch was cancelled: nothing is returned
    """
