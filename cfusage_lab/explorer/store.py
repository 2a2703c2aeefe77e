"""Holds the state of an explorer: steps change it, jobs bring what it lacks, and every change is rendered."""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Protocol

from cfusage_lab.errors import CfUsageError
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.listed_accounts import is_fetched
from cfusage_lab.explorer.loading import Step, fetch, fetch_rest, is_outdated, open_source
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.steps import select, show_range
from cfusage_lab.explorer.views import VIEWS
from cfusage_lab.explorer.worker import Job, Worker

__all__ = ["Screen", "Store", "error_text"]

_log = logging.getLogger(__name__)
_FETCHING = "fetching …"


class Screen(Protocol):
    """Where a state is seen."""

    def show(self, state: State) -> None:
        """Write all that is quick: the controls, the status, the banner, what is selected."""

    def draw(self, view: str, state: State) -> None:
        """Draw a view, unless it reads the same; where that fails, leave nothing old on screen."""

    def prepare(self, state: State) -> Iterator[None]:
        """Make ready what is likely to be asked for next, a part at a time."""


class Store:
    """Holds the state, and is the one place where it changes.

    Parameters
    ----------
    state
        What to begin with.

    Attributes
    ----------
    state
        What is on screen.
    turn
        Held by whoever changes it: a widget's callback may run beside the main thread.
    """

    def __init__(self, state: State) -> None:
        self.state = state
        self._screen: Screen | None = None
        self._opening: Callable[[], DataSource] | None = None
        self._rendered: tuple[Any, ...] = ()
        self._fetching = Worker(listener=self, ended=self._end)
        self.turn = self._fetching.turn
        self._drawing = Worker(ended=self._complain, turn=self.turn)
        self.saving = Worker(ended=self._complain, turn=self.turn)
        self._preparing = Worker(ended=lambda _error: None, turn=self.turn)

    def render_on(self, screen: Screen) -> None:
        """Show this state, and all that follow, on a screen."""
        self._screen = screen
        self.render()

    # Steps

    def set(self, step: Step) -> None:
        """Take a step, and render what came of it."""
        with self.turn:
            self.state = step(self.state)
            self.render()

    def change(self, **fields: Any) -> None:  # noqa: ANN401 - the state's own
        """Change fields of the state."""
        self.set(lambda state: replace(state, **fields))

    def display(self, **fields: Any) -> None:  # noqa: ANN401 - the display's own
        """Draw the same windows otherwise."""
        self.set(lambda state: state.displayed(**fields))

    def select(self, selection: Selection) -> None:
        """Select of the windows on screen what a selection covers.

        Raises
        ------
        ConfigError
            If it covers none.
        """
        self.set(lambda state: select(state, selection))

    # Jobs

    def ask(self, query: Query, *, is_refresh: bool = False, may_open: bool = True) -> None:
        """Have a query answered: at once where its windows are here, else beside this thread.

        Where nothing could be had yet, that is tried again, unless ``may_open`` is false.
        """
        with self.turn:
            state = replace(self.state, error="", slip="", outcome="")
            if state.refusal is not None and not may_open and self._opening is None:
                self.change(query=query, outcome="")
                return
            if self._opening is not None or state.refusal is not None:
                self._open(self._opening or (lambda: state.source), query)
                return
            if is_refresh or is_outdated(state, query):
                state = replace(state, data=state.data.outdated())
            if state.data.lacking(query.accounts or (), [query.time_range]):
                self._start(state, query, lambda job: fetch(state, query, job))
                return
            shown = show_range(state, query, state.data, state.told, {})
            if is_fetched(shown):
                self._fetching.cancel()
                self.set(lambda _state: replace(shown, is_busy=False, activity="", wanted=None))
            else:
                self._start_rest(shown)

    def open(self, find: Callable[[], DataSource], query: Query) -> None:
        """Begin anew with another source."""
        with self.turn:
            self._open(find, query)

    def fetch_rest(self) -> None:
        """Ask for what is known by storage alone, and for what the answers need beside the range."""
        with self.turn:
            state = self.state
            if state.told.newest_stored is not None:
                self._start(state, state.query, lambda job: fetch(state, state.query, job))
            elif not is_fetched(state):
                self._start_rest(state)

    def cancel(self) -> None:
        """Keep what is on screen."""
        with self.turn:
            if self._fetching.cancel():
                self._opening = None
                refusal = "" if self.state.refusal is None else error_text(self.state.refusal)
                ended = replace(self.state, is_busy=False, activity="", wanted=None, outcome="cancelled")
                self.set(lambda _state: replace(ended, error=refusal or ended.error))

    def close(self) -> None:
        """Give up whatever is under way."""
        for worker in (self._fetching, self._drawing, self.saving, self._preparing):
            worker.cancel()

    def wait(self, timeout: float | None) -> bool:
        """Wait until nothing is under way; return whether that came in time."""
        workers = (self._fetching, self._drawing, self.saving)
        with self.turn:
            return self.turn.wait_for(lambda: all(one.is_idle for one in workers), timeout)

    def _open(self, find: Callable[[], DataSource], query: Query) -> None:
        self._opening = find

        def steps(job: Job) -> Iterator[Step]:
            opened = open_source(find, query, job)
            first = next(opened)
            yield lambda state: self._adopted(first(state))
            yield from opened

        self._start(replace(self.state, error="", slip="", outcome=""), query, steps)

    def _adopted(self, state: State) -> State:
        """Show another source: nothing is being opened any more."""
        self._opening = None
        return state

    def _start_rest(self, state: State) -> None:
        """Fetch what the answers on screen need beside the range, and the other accounts."""
        self._start(state, None, lambda job: fetch_rest(state, job))

    def _start(self, state: State, wanted: Query | None, steps: Callable[[Job], Iterator[Step]]) -> None:
        """Carry out a job whose steps reach the screen for as long as no other is begun."""

        def work(job: Job) -> None:
            for step in steps(job):
                if job.is_cancelled:
                    return
                job.put(lambda step=step: self.set(step))  # type: ignore[misc]

        is_quick = state.source.whose == "table"  # it is there before anybody could read that
        doing = "" if is_quick else _FETCHING
        shown = replace(state, wanted=wanted, is_busy=True, activity=doing, answered=0, requests=1)
        self.set(lambda _state: shown)
        self._fetching.start(work)

    def update(self, done: int, total: int) -> None:
        """Hear how many requests are answered."""
        activity = f"{done:,} of {total:,} requests answered" if total > 1 else self.state.activity
        self.change(answered=done, requests=total, activity=activity)

    def pause(self, reason: str, seconds: float) -> None:
        """Hear that a pause begins."""
        self.change(activity=f"waiting {seconds:.0f} s: {reason}")

    def _end(self, error: Exception | None) -> None:
        """Leave the screen to the reader, with what went wrong."""
        self._opening = None
        state = replace(self.state, is_busy=False, activity="", wanted=None)
        if error is not None:
            refusal = state.refusal if state.refusal is None else error
            state = replace(state, error=error_text(error), refusal=refusal)
        self.set(lambda _state: state)

    # The screen

    def _complain(self, error: Exception | None) -> None:
        if error is not None:
            self.change(error=error_text(error))

    def fail(self, error: Exception) -> None:
        """Show what a hand could not do; what is under way goes on."""
        self.change(error=error_text(error), wanted=None if self._fetching.is_idle else self.state.wanted)

    def render(self) -> None:
        """Show the state; views are drawn beside this thread, and of hasty changes the last."""
        if self._screen is None:
            return
        self._screen.show(self.state)
        wanted = _drawn_of(self.state)
        if wanted == self._rendered or self.state.refusal is not None:
            return
        self._rendered = wanted
        self._preparing.cancel()
        self._drawing.start(self._draw)

    def _draw_view(self, screen: Screen, view: str) -> None:
        screen.draw(view, self.state)

    def _draw(self, job: Job) -> None:
        """Draw all views, whatever becomes of one: none may leave older numbers in the others."""
        screen, state = self._screen, self.state
        assert screen is not None  # noqa: S101 - it is there before anything is drawn
        steps = [partial(self._draw_view, screen, view) for view in VIEWS]
        told = state.course, state.events
        trouble = _taken(job, steps)
        _look_ahead(state, job)
        if state.course is not told[0] or state.events is not told[1]:  # by this job, or by one before it
            trouble = _taken(job, steps) or trouble
        if trouble:
            raise trouble
        if not job.is_cancelled and not state.is_busy:
            self._preparing.start(lambda later: self._prepare(later, state))

    def _prepare(self, job: Job, state: State) -> None:
        """Make ready what may be asked for, for as long as nothing is."""
        assert self._screen is not None  # noqa: S101 - it has just been drawn on
        for _ in self._screen.prepare(state):
            if job.is_cancelled:
                break


def _drawn_of(state: State) -> tuple[Any, ...]:
    """Return all of the state that a view may read."""
    what = (state.query, state.data, state.told, state.names)
    return (*what, state.display, state.selection, state.is_busy)


def _look_ahead(state: State, job: Job) -> None:
    """Tell the month's end and what stood out, once all is there."""
    tasks = (
        (state.query.season, lambda: state.course, state.tell_course),
        (state.query.usual, lambda: state.events, state.tell_events),
    )
    for needed, known, tell in tasks:
        is_awaited = state.is_busy and state.is_lacking([needed])
        if not is_awaited and known() is None and not job.is_cancelled:
            tell()


def _taken(job: Job, steps: Sequence[Callable[[], None]]) -> Exception | None:
    """Take steps to the screen, for as long as anybody waits for them; return what first went wrong."""
    trouble: Exception | None = None
    for step in steps:
        if job.is_cancelled:
            break
        try:
            job.put(step)
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
            trouble = trouble or error
    return trouble


def error_text(error: Exception) -> str:
    """Say what went wrong; a fault of this program is told in the log."""
    if isinstance(error, CfUsageError):
        return str(error)
    _log.error("a fault in this program", exc_info=error)
    return f"{type(error).__name__}: a fault in this program; the log says where"
