"""Work beside the notebook: the newest request counts, and whatever an older one brings is dropped."""

from collections.abc import Callable
from threading import Condition, RLock, Thread
from typing import Final, Protocol

__all__ = ["THREADS", "Beside", "Request"]

THREADS: Final = "cfusage_lab explorer"
"""The name of every thread that is started here."""


class Listener(Protocol):
    """Who shows the progress of the newest request."""

    def update(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` requests to the endpoint are answered."""

    def wait(self, reason: str, seconds: float) -> None:
        """Hear that a pause begins."""


class Beside:
    """Does one thing at a time for the screen, each in a thread of its own; or at once, where there are none.

    A thread that waits for an answer can't be interrupted. So a request that was cancelled, or followed by
    a newer one, is told to stop and from then on can't reach the screen, however long it takes to end.

    Parameters
    ----------
    ended
        Called with the error of a request that ended by itself, or with None; nothing is under way then.
    listener
        Hears of the newest request's progress.
    turn
        Whose turn is waited for, where several of these change one screen.

    Attributes
    ----------
    turn
        Held by whoever changes the screen: a widget's callback may run beside the main thread, too.
    """

    def __init__(
        self,
        *,
        ended: Callable[[Exception | None], None],
        listener: Listener | None = None,
        turn: Condition | None = None,
    ) -> None:
        self.turn = turn or Condition(RLock())
        self._listener = listener
        self._ended = ended
        self._newest: Request | None = None

    def start(self, work: Callable[["Request"], None]) -> None:
        """Begin ``work`` in a thread, in the place of whatever was under way.

        Where no thread can be started, as in a browser's kernel, it has ended when this returns.
        """
        with self.turn:
            request = self._newest = Request(self)
            try:
                Thread(target=self._carry_out, args=(request, work), name=THREADS, daemon=True).start()
            except RuntimeError:
                self._carry_out(request, work)

    def cancel(self) -> bool:
        """Drop what is under way, and return whether there was anything."""
        with self.turn:
            was_under_way = self._newest is not None
            self._newest = None
            self.turn.notify_all()
            return was_under_way

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way; ``turn`` is notified when that becomes true."""
        return self._newest is None

    def _carry_out(self, request: "Request", work: Callable[["Request"], None]) -> None:
        error: Exception | None = None
        try:
            work(request)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it goes on screen
            error = caught
        except BaseException as caught:  # noqa: BLE001 - an engine's panic; nobody would hear of it here
            error = RuntimeError(type(caught).__name__)
            error.__cause__ = caught
        with self.turn:
            if request is self._newest:
                self._newest = None
                try:
                    self._ended(error)
                finally:
                    self.turn.notify_all()


class Request:
    """One request under way, as its own thread sees it: a progress, and the way to the screen."""

    def __init__(self, beside: Beside) -> None:
        self._beside = beside

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for this any more."""
        return self._beside._newest is not self  # noqa: SLF001 - two halves of one thing

    def put(self, change: Callable[[], None]) -> None:
        """Change the screen, unless this request was cancelled."""
        with self._beside.turn:
            if not self.is_cancelled:
                change()

    def update(self, done: int, total: int) -> None:
        """Pass it on."""
        listener = self._beside._listener  # noqa: SLF001 - as above
        if listener:
            self.put(lambda: listener.update(done, total))

    def wait(self, reason: str, seconds: float) -> None:
        """Pass it on."""
        listener = self._beside._listener  # noqa: SLF001 - as above
        if listener:
            self.put(lambda: listener.wait(reason, seconds))

    def close(self) -> None:
        """Take no notice: a request may be several fetches."""
