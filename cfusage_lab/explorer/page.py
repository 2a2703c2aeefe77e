"""The page: all widgets, where they stand, and the only place that writes them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.resources import files
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.account_table import AccountTable
from cfusage_lab.explorer.browser import Browser
from cfusage_lab.explorer.chart_views import CHARTS
from cfusage_lab.explorer.code_box import ChartCode
from cfusage_lab.explorer.compared_chart import nothing
from cfusage_lab.explorer.control_panel import ControlPanel
from cfusage_lab.explorer.controls import Waiting, banner, status_line
from cfusage_lab.explorer.days_table import DaysTable
from cfusage_lab.explorer.event_list import EventList
from cfusage_lab.explorer.export_box import ExportBox
from cfusage_lab.explorer.layout import arrange
from cfusage_lab.explorer.linked_chart import LinkedChart, is_brushed, marks_of
from cfusage_lab.explorer.selection_bar import SelectionBar
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.status import details, status
from cfusage_lab.explorer.store import Store
from cfusage_lab.explorer.views import VIEWS
from cfusage_lab.ranges import no_zone_warning
from cfusage_lab.view import prepare, show_first

__all__ = ["Page"]

_OLD: Final = "cfusage-old"
_LAST_VIEW: Final = "Below is the last good view."
_NO_VIEW: Final = (
    "There is nothing to show yet. Refresh asks again; under Token, another token can be pasted."
)
_CHARTS: Final = tuple(CHARTS)


class Page(ipywidgets.VBox):  # type: ignore[misc]
    """All widgets of an explorer.

    Parameters
    ----------
    store
        Holds the state; whatever changes it waits for its turn.
    has_token
        Whether there is a field for a token.
    name
        Says what this is, where no widget can be shown.
    with_picture
        Adds a picture of the charts to a MIME bundle.

    Attributes
    ----------
    controls, accounts, bar, days, events, exports, waiting, browser
        The parts that hear of a reader.
    charts, codes
        The chart widgets and the code behind each, by name.
    status, banner, figures, billed
        What is only read.
    is_writing
        Whether the program sets controls: then no reader is heard.
    """

    def __init__(
        self,
        store: Store,
        *,
        has_token: bool,
        name: Callable[[], str],
        with_picture: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        state = store.state
        self._store, self._name, self._with_picture = store, name, with_picture
        self.is_writing = self.is_typing = False
        self._drawn: dict[str, tuple[Any, ...]] = {}
        self._prepared: set[tuple[str, str]] = set()
        self._asked_zone = state.time_zone
        self._awaited = state.wanted
        self.trouble: Exception | None = None
        self.controls = ControlPanel(state, has_token=has_token)
        self.accounts = AccountTable(state.names, state.accounts)
        self.days, self.bar = DaysTable(), SelectionBar()
        self.browser, self.waiting = Browser(), Waiting()
        self.exports = ExportBox()
        self.codes = {one: ChartCode() for one in _CHARTS}
        self._say_copied: Callable[[bool], None] = lambda _is_copied: None
        self.browser.on_copied(self._copied)
        self.events = EventList(self.heard, self._select_event)
        self.status = ipywidgets.HTML(layout={"flex": "1 1 460px"})
        self.banner, self.figures, self.billed = (ipywidgets.HTML() for _ in range(3))
        self.charts = {one: self._first_chart(one, state) for one in _CHARTS}
        style = files("cfusage_lab.explorer").joinpath("page.css").read_text("utf-8")
        self._head, self._views, self.toggles = arrange(self, style)
        self._is_revealed = state.refusal is None
        super().__init__([*self._head, *(self._views if self._is_revealed else ())])
        self.add_class("cfusage-explorer")

    # The reader

    def heard(
        self, handler: Callable[[Any], None], failed: Callable[[Exception], None] | None = None
    ) -> Callable[[Any], None]:
        """Return a callback that does what a handler does, when it is a reader who acts.

        Jupyter would show nobody what it raises, so that goes on screen.
        """

        def callback(change: Any = None) -> None:  # noqa: ANN401 - ipywidgets' own
            with self._store.turn:
                if self.is_writing:
                    return
                try:
                    self._take(change)
                    handler(change)
                except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
                    (failed or self._store.fail)(error)

        return callback

    def _take(self, change: Any) -> None:  # noqa: ANN401 - ipywidgets' own
        """Let a control say what a reader chose: another state may have been shown in between."""
        if isinstance(change, dict) and change.get("name") == "value":
            with self.writing():
                change["owner"].value = change["new"]

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Let the program set controls, in its turn: nobody takes it for a reader's hand."""
        with self._store.turn:
            was_writing, self.is_writing = self.is_writing, True
            try:
                yield
            finally:
                self.is_writing = was_writing

    def _select_event(self, selection: Any) -> None:  # noqa: ANN401 - a Selection
        self._store.select(selection)

    # The screen

    def show(self, state: State) -> None:
        """Write all that is quick, and mark what is selected in the charts."""
        if self._awaited is not None and state.wanted is None and state.error:
            self.is_typing = False  # it could not be had: the dates are those on screen again
        self._awaited = state.wanted
        with self.writing():
            (self.add_class if state.activity else self.remove_class)("cfusage-busy")
            doing = state.activity or state.outcome
            told = " · ".join(filter(None, (status(state), doing)))
            notes = (*state.query.about, *state.told.notes)
            self.status.value = status_line(told, details=details(state), notes=notes)
            self.waiting.show(is_busy=bool(state.activity), done=state.answered, total=state.requests)
            text = state.slip or state.error
            below = _LAST_VIEW if state.refusal is None else _NO_VIEW
            self.banner.value = banner(text, below) if text else ""
            self.controls.show(state, is_typing=self.is_typing)
            self._offer_zone(state)
            self.exports.show(state)
            if state.refusal is not None:
                self.accounts.offer(state.names)
                return
            if not self._is_revealed:
                self._is_revealed = True
                self.children = (*self._head, *self._views)
            self.accounts.value = (state.wanted or state.query).accounts or ()
            self.bar.show(state)
            self._fade(state)
            if self._drawn.get("time_line"):
                self._mark(state)

    def _offer_zone(self, state: State) -> None:
        """Offer the reader's zone where UTC is shown because nobody said another."""
        self.controls.offer_zone(
            self.browser.time_zone, state.time_zone, is_unasked=self._asked_zone == "UTC"
        )

    def _mark(self, state: State) -> None:
        for chart, (name, value) in marks_of(state).items():
            told = self.charts[chart].selections.get(name)
            if chart == "time_line" and told and is_brushed(state, told):
                continue  # it need not snap to the bars under a reader's hand
            self.charts[chart].mark(name, value)

    def _fade(self, state: State) -> None:
        """Let what was drawn of other windows look like it, until it is drawn anew."""
        for name, read in self._drawn.items():
            if name in _CHARTS or name == "figures":
                is_old = bool(read) and read[0] != VIEWS[name].reads(state)[0]
                (self._widget(name).add_class if is_old else self._widget(name).remove_class)(_OLD)

    def draw(self, view: str, state: State) -> None:
        """Draw a view, unless it reads the same as before; where that fails, leave nothing old on screen."""
        reads = VIEWS[view].reads(state)
        if self._drawn.get(view) == reads:
            return
        with self.writing():
            widget = self._widget(view)
            try:
                drawn = VIEWS[view].draw(state)
                if self._drawn.get(view) == ():
                    widget.layout.display = None  # it could not be drawn before
                last = self._drawn.get(view, ())
                self._put(view, drawn, state, is_other=last[:1] != reads[:1])
            except Exception:
                self._drawn[view], widget.layout.display = (), "none"
                raise
            finally:
                widget.remove_class(_OLD)
            self._drawn[view] = reads

    def _put(self, view: str, drawn: Any, state: State, *, is_other: bool) -> None:  # noqa: ANN401 - the view's own
        """Hand what was drawn to its widget; ``is_other`` says whether it is of other windows than before."""
        if view in _CHARTS:
            self.codes[view].hide()
            is_left = is_other and not state.selection.is_brushed
            self.charts[view].draw(drawn, clear=("brush",) if is_left else ())
            mark = marks_of(state).get(view)
            if mark:
                self.charts[view].mark(*mark)
        elif view == "figures":
            self.figures.value = drawn
        elif view == "billed":
            self.billed.value = drawn
            self.billed.layout.display = None if drawn else "none"
        elif view == "ranked":
            self.accounts.offer(state.names)
            self.accounts.show(*drawn)
        elif view == "days":
            with no_zone_warning():
                self.days.show(
                    state.selected,
                    state.known,
                    time_zone=state.time_zone,
                    names=state.names,
                    by_account=not state.is_added_up,
                    chosen=state.selection.day,
                )
        else:
            self.events.show(state)

    def _widget(self, view: str) -> ipywidgets.DOMWidget:
        others = {"ranked": self.accounts, "days": self.days}
        return self.charts.get(view) or others.get(view) or getattr(self, view)

    def _first_chart(self, name: str, state: State) -> LinkedChart:
        """Draw a chart of the first state; one that can't be drawn may be in the next."""
        view = CHARTS[name]
        if state.refusal is None:
            try:
                chart = LinkedChart(view.draw(state), self._store.turn)
                self._drawn[name] = view.reads(state)
            except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
                self.trouble = self.trouble or error
                self._drawn[name] = ()
            else:
                return chart
        chart = LinkedChart(nothing(), self._store.turn)
        if name in self._drawn:
            chart.layout.display = "none"
        return chart

    def prepare(self, state: State) -> Iterator[None]:
        """Make ready, once and a chart at a time, what is likely to be asked for next.

        Days where hours are on screen saves 0.1 seconds, several accounts by themselves more than one.
        """
        other_bars = state.displayed(granularity="day" if state.granularity == "hour" else "hour")
        likely: list[tuple[str, State, tuple[str, ...]]] = [("bars", other_bars, ("time_line",))]
        if len(state.accounts) > 1:
            likely.append(("accounts", state.displayed(is_together=not state.display.is_together), _CHARTS))
        for kind, other, charts in likely:
            for chart in charts:
                if (kind, chart) not in self._prepared:
                    self._prepared.add((kind, chart))
                    with suppress(Exception):  # whoever asks for it will hear of it
                        prepare(CHARTS[chart].draw(other))
                    yield

    def ask_for_token(self) -> None:
        """Unfold the field for a token, if there is one."""
        if "Token" in self.toggles:
            self.toggles["Token"].value = True

    def hand_over(self, name: str, content: bytes, mime: str) -> None:
        """Let the browser save a file, or copy code."""
        if name.endswith(".py"):
            code = content.decode()
            self.exports.copied(code, is_copied=None)
            self._say_copied = lambda is_copied: self.exports.copied(code, is_copied=is_copied)
            self.browser.copy(code)
        else:
            self.browser.save(name, content, mime)
            self.exports.saved(name, content)

    def _copied(self, is_copied: bool) -> None:  # noqa: FBT001 - as a browser tells it
        self._say_copied(is_copied)

    def show_code(self, chart: str, code: str) -> None:
        """Show the code behind a chart below it, and copy it."""
        box = self.codes[chart]
        box.show(code)
        self._say_copied = lambda is_copied: box.copied(is_copied=is_copied)
        self.browser.copy(code)

    # The cell

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return self._with_picture(self._bundle(**kwargs))

    def _ipython_display_(self) -> None:
        show_first(self._bundle(), {}, with_picture=self._with_picture)

    def _bundle(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return {**super()._repr_mimebundle_(**kwargs), "text/plain": self._name()}

    def close(self) -> None:
        """Close every widget on the page, too: each would be kept, with all that hears of it."""
        if self.comm is None:
            return
        self._store.close()
        todo: list[ipywidgets.Widget] = [*self._head, *self._views, self.layout]
        super().close()
        while todo:
            one = todo.pop()
            todo += [*getattr(one, "children", ())]
            todo += [part for name in ("layout", "style") if (part := getattr(one, name, None)) is not None]
            one.unobserve_all()
            one.close()
