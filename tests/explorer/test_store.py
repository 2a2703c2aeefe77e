"""What holds the state: every change reaches the screen, and the last one stays on it."""

from collections.abc import Iterator

import pytest
from ledger import NOW, PATIENCE, Ledger

from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.loading import first_state
from cfusage_lab.explorer.period import Period
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.store import Store
from cfusage_lab.explorer.views import VIEWS


class Screen:
    """Writes down what it is to show."""

    def __init__(self) -> None:
        self.shown: list[State] = []
        self.drawn: dict[str, list[State]] = {view: [] for view in VIEWS}
        self.events: list[bool] = []
        self.is_told_beside = False
        self.broken = ""

    def show(self, state: State) -> None:
        """Hear of a state."""
        self.shown.append(state)

    def draw(self, view: str, state: State) -> None:
        """Hear of a view to draw; perhaps all is told beside it, as by a job that is no longer wanted."""
        if view == self.broken:
            raise ValueError(view)
        self.drawn[view].append(state)
        if view == "time_line":
            self.events.append(state.events is not None)
            if self.is_told_beside:
                state.tell_course()
                state.tell_events()

    def prepare(self, _state: State) -> Iterator[None]:
        """Have nothing to make ready."""
        return iter(())


@pytest.fixture
def store() -> Store:
    """Hold today, with all that its answers need."""
    source = DataSource.of(Ledger(), client=None, now=NOW)
    store = Store(first_state(source, Period(preset="Today"), time_zone="UTC", may_lack=False)[0])
    store.fetch_rest()
    assert store.wait(PATIENCE)
    return store


@pytest.mark.parametrize("is_told_beside", [False, True])
def test_what_stood_out_is_drawn_whoever_told_it(store: Store, *, is_told_beside: bool) -> None:
    """A job that was followed by another may still be telling it when the other draws."""
    screen = Screen()
    screen.is_told_beside = is_told_beside

    store.render_on(screen)
    assert store.wait(PATIENCE)

    assert screen.events == [False, True]


def test_what_is_drawn_is_what_was_set_last(store: Store) -> None:
    screen = Screen()
    store.render_on(screen)
    for statistic in ("median", "total", "share", "mean", "total"):
        store.display(statistic=statistic)
    assert store.wait(PATIENCE)

    assert screen.shown[-1] is store.state
    assert all(states[-1] is store.state for states in screen.drawn.values())
    assert store.state.display.statistic == "total"


def test_nothing_is_drawn_again_where_nothing_was_set(store: Store) -> None:
    screen = Screen()
    store.render_on(screen)
    assert store.wait(PATIENCE)
    before = {view: len(states) for view, states in screen.drawn.items()}

    store.display(statistic="mean")
    store.change(slip="no window on screen lies in 2026")
    assert store.wait(PATIENCE)

    assert {view: len(states) for view, states in screen.drawn.items()} == before
    assert screen.shown[-1].slip == "no window on screen lies in 2026"


@pytest.mark.parametrize("broken", VIEWS)
def test_a_view_that_cannot_be_drawn_is_said_and_the_others_are_drawn(store: Store, broken: str) -> None:
    screen = Screen()
    screen.broken = broken
    store.render_on(screen)
    assert store.wait(PATIENCE)

    assert store.state.error == "ValueError: a fault in this program; the log says where"
    assert all(states[-1] is not None for view, states in screen.drawn.items() if view != broken)
    assert not screen.drawn[broken]
