"""Fetching beside the notebook: the newest request counts, and whatever an older one brings is dropped."""

from collections.abc import Callable
from threading import Condition, RLock, Thread
from typing import Final, Protocol

__all__ = ["THREADS", "Fetching", "Request"]

THREADS: Final = "cfusage_lab explorer"
"""The name of every thread that is started here."""


class Listener(Protocol):
    """Who shows the progress of the newest request."""

    def update(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` requests to the endpoint are answered."""

    def wait(self, reason: str, seconds: float) -> None:
        """Hear that a pause begins."""


class Fetching:
    """Does one thing at a time for the screen, each in a thread of its own.

    A thread that waits for an answer can't be interrupted. So a request that was cancelled, or followed by
    a newer one, is told to stop and from then on can't reach the screen, however long it takes to end.

    Parameters
    ----------
    listener
        Hears of the newest request's progress.
    ended
        Called with the error of a request that ended by itself, or with None.

    Attributes
    ----------
    turn
        Held by whoever changes the screen: a widget's callback may run beside the main thread, too.
    """

    def __init__(self, listener: Listener, *, ended: Callable[[Exception | None], None]) -> None:
        self.turn = Condition(RLock())
        self._listener = listener
        self._ended = ended
        self._newest: Request | None = None

    def start(self, work: Callable[["Request"], None]) -> None:
        """Begin ``work`` in a thread, in the place of whatever was under way."""
        with self.turn:
            request = self._newest = Request(self)
            Thread(target=self._carry_out, args=(request, work), name=THREADS, daemon=True).start()

    def cancel(self) -> bool:
        """Drop what is under way, and return whether there was anything."""
        with self.turn:
            was_under_way = self._newest is not None
            self._newest = None
            self.turn.notify_all()
            return was_under_way

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is under way; return False if that took longer than ``timeout`` seconds."""
        with self.turn:
            return self.turn.wait_for(lambda: self._newest is None, timeout)

    def _carry_out(self, request: "Request", work: Callable[["Request"], None]) -> None:
        error: Exception | None = None
        try:
            work(request)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it goes on screen
            error = caught
        with self.turn:
            if request is self._newest:
                try:
                    self._ended(error)
                finally:
                    self.cancel()


class Request:
    """One request under way, as its own thread sees it: a progress, and the way to the screen."""

    def __init__(self, fetching: Fetching) -> None:
        self._fetching = fetching

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for this any more."""
        return self._fetching._newest is not self  # noqa: SLF001 - two halves of one thing

    def put(self, change: Callable[[], None]) -> None:
        """Change the screen, unless this request was cancelled."""
        with self._fetching.turn:
            if not self.is_cancelled:
                change()

    def update(self, done: int, total: int) -> None:
        """Pass it on."""
        self.put(lambda: self._fetching._listener.update(done, total))  # noqa: SLF001 - as above

    def wait(self, reason: str, seconds: float) -> None:
        """Pass it on."""
        self.put(lambda: self._fetching._listener.wait(reason, seconds))  # noqa: SLF001 - as above

    def close(self) -> None:
        """Take no notice: a request may be several fetches."""
