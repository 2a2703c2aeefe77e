"""Work beside the notebook: the newest job counts, and whatever an older one brings is dropped."""

from collections.abc import Callable
from threading import Condition, RLock, Thread
from typing import Final, Protocol

__all__ = ["THREADS", "Job", "Worker"]

THREADS: Final = "cfusage_lab explorer"
"""The name of every thread that is started here."""


class Listener(Protocol):
    """Who shows the progress of the newest job."""

    def update(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` requests to the endpoint are answered."""

    def pause(self, reason: str, seconds: float) -> None:
        """Hear that a pause begins."""


class Worker:
    """Does one thing at a time for the screen, each in a thread of its own; or at once, where there are none.

    A thread that waits for an answer can't be interrupted. So a job that was cancelled, or followed by
    a newer one, is told to stop and from then on can't reach the screen, however long it takes to end.

    Parameters
    ----------
    ended
        Called with the error of a job that ended by itself, or with None; nothing is under way then.
    listener
        Hears of the newest job's progress.
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
        self._newest: Job | None = None

    def start(self, work: Callable[["Job"], None]) -> None:
        """Begin ``work`` in a thread, in the place of whatever was under way.

        Where no thread can be started, as in a browser's kernel, it has ended when this returns.
        """
        with self.turn:
            job = self._newest = Job(self)
            try:
                Thread(target=self._carry_out, args=(job, work), name=THREADS, daemon=True).start()
            except RuntimeError:
                self._carry_out(job, work)

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

    def _carry_out(self, job: "Job", work: Callable[["Job"], None]) -> None:
        error: Exception | None = None
        try:
            work(job)
        except Exception as caught:  # noqa: BLE001 - whatever it is, it goes on screen
            error = caught
        except BaseException as caught:  # noqa: BLE001 - an engine's panic; nobody would hear of it here
            error = RuntimeError(type(caught).__name__)
            error.__cause__ = caught
        with self.turn:
            if job is self._newest:
                self._newest = None
                try:
                    self._ended(error)
                finally:
                    self.turn.notify_all()


class Job:
    """One job under way, as its own thread sees it: a progress, and the way to the screen."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    @property
    def is_cancelled(self) -> bool:
        """Whether nobody waits for this any more."""
        return self._worker._newest is not self  # noqa: SLF001 - two halves of one thing

    def put(self, change: Callable[[], None]) -> None:
        """Change the screen, unless this job was cancelled."""
        with self._worker.turn:
            if not self.is_cancelled:
                change()

    def update(self, done: int, total: int) -> None:
        """Pass it on."""
        listener = self._worker._listener  # noqa: SLF001 - as above
        if listener:
            self.put(lambda: listener.update(done, total))

    def wait(self, reason: str, seconds: float) -> None:
        """Pass it on."""
        listener = self._worker._listener  # noqa: SLF001 - as above
        if listener:
            self.put(lambda: listener.pause(reason, seconds))

    def close(self) -> None:
        """Take no notice: a job may be several fetches."""
