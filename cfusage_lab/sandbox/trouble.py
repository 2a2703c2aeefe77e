"""Trouble on order: refusals, broken bodies and broken connections for tests."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Event
from typing import Final, Literal, Self

from cfusage_lab.errors import ConfigError
from cfusage_lab.sandbox.answers import Answer, refuse

__all__ = ["CONNECTION", "Connection", "Drop", "Trouble"]

Drop = Literal["before_headers", "in_body"]

CONNECTION: Final = "cfusage_lab.sandbox.connection"
"""Key of the request's environment under which a server puts the :class:`Connection`, if it has one."""

_EDGE_PAGE = b"<!DOCTYPE html>\n<html><head><title>%d</title></head><body><h1>Error %d</h1></body></html>\n"


@dataclass(slots=True)
class Connection:
    """What only a real connection can do: take its time, and break."""

    stopping: Event
    drop: Drop | None = field(default=None, init=False)

    def pause(self, seconds: float) -> None:
        """Take this long over the answer, unless the server is being shut down."""
        self.stopping.wait(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """What happens to one request instead of, or on top of, the true answer.

    Attributes
    ----------
    answer
        Sent instead of the true answer; None: the true one.
    is_truncated
        Whether the body ends half-way, with headers that agree; what arrives is no JSON.
    delay_seconds
        Seconds that the answer takes; needs :func:`serve`.
    drop
        Where the connection breaks; needs :func:`serve`.
    """

    answer: Answer | None = None
    is_truncated: bool = False
    delay_seconds: float = 0.0
    drop: Drop | None = None

    @classmethod
    def refused(
        cls, status: int, code: int, message: str, *, chain: tuple[tuple[int, str], ...] = ()
    ) -> Self:
        """Refuse with a status, a code, a message and perhaps an ``error_chain`` of codes and messages."""
        return cls(answer=refuse(status, (code, message), chain=chain))

    @classmethod
    def throttled(cls, retry_after: int | None = 1) -> Self:
        """429 with code 971, and the seconds to wait (None: it does not say)."""
        headers = () if retry_after is None else (("retry-after", str(retry_after)),)
        message = "Please wait and consider throttling your request speed"
        return cls(answer=refuse(429, (971, message), headers=headers))

    @classmethod
    def locked_out(cls) -> Self:
        """429 with code 10502: too many authentication failures."""
        return cls.refused(429, 10502, "Too many authentication failures")

    @classmethod
    def unauthorized(cls) -> Self:
        """401 with code 1000."""
        return cls.refused(401, 1000, "Invalid API Token")

    @classmethod
    def forbidden(cls, code: Literal[10000, 9109] = 10000) -> Self:
        """403: a bad token (10000), or one that lacks the permission (9109)."""
        messages = {10000: "Authentication error", 9109: "Unauthorized to access requested resource"}
        return cls.refused(403, code, messages[code])

    @classmethod
    def failed(cls, status: int = 500) -> Self:
        """Answer with a status of 500 and above, and an error body without any error."""
        return cls(answer=refuse(status))

    @classmethod
    def html(cls, status: int = 502) -> Self:
        """Answer with a page from the edge; a status of 200 is possible too."""
        return cls(answer=Answer(status=status, body=_EDGE_PAGE % (status, status), content_type="text/html"))

    @classmethod
    def body(cls, body: bytes, *, status: int = 200) -> Self:
        """Answer with any bytes, said to be JSON: an empty body, a list, ``result: null``."""
        return cls(answer=Answer(status=status, body=body))

    @classmethod
    def empty(cls) -> Self:
        """200 with an empty body."""
        return cls.body(b"")

    @classmethod
    def null_result(cls) -> Self:
        """200 that claims success, with ``result: null``."""
        return cls.body(b'{"success":true,"errors":[],"messages":[],"result":null}')

    @classmethod
    def unsuccessful(cls) -> Self:
        """200 with ``success: false``."""
        return cls.refused(200, 10000, "Authentication error")

    @classmethod
    def listed(cls) -> Self:
        """200 with a JSON list instead of an envelope."""
        return cls.body(b"[]")

    @classmethod
    def truncated(cls) -> Self:
        """200 with the first half of the true body."""
        return cls(is_truncated=True)

    @classmethod
    def slow(cls, seconds: float) -> Self:
        """Send the true answer, late; needs :func:`serve`."""
        return cls(delay_seconds=seconds)

    @classmethod
    def dropped(cls, where: Drop = "before_headers") -> Self:
        """Break the connection; needs :func:`serve`."""
        return cls(drop=where)

    def wait(self, connection: Connection | None) -> None:
        """Delay the answer, or prepare to break the connection; see :meth:`apply`."""
        if not (self.delay_seconds or self.drop):
            return
        if connection is None:
            raise ConfigError(
                "slow answers and dropped connections need a real connection, and this request came "
                "from inside the process; reach the sandbox through cfusage_lab.sandbox.serve()"
            )
        connection.drop = self.drop
        connection.pause(self.delay_seconds)

    def apply(self, connection: Connection | None, true_answer: Callable[[], Answer]) -> Answer:
        """Return what is sent.

        Raises
        ------
        ConfigError
            If the trouble needs a connection and there is none.
        """
        self.wait(connection)
        answer = self.answer or true_answer()
        if not self.is_truncated:
            return answer
        half = answer.body[: len(answer.body) // 2]
        return replace(answer, body=half)
