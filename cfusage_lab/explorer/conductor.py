"""What happens between a hand on a control and the screen: asking, showing, selecting, exporting."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.against import Against
from cfusage_lab.explorer.beside import Beside, Request
from cfusage_lab.explorer.beyond import Beyond, fetched_beyond, stored_beyond
from cfusage_lab.explorer.code import Recipe
from cfusage_lab.explorer.desk import Desk
from cfusage_lab.explorer.export_box import ExportBox
from cfusage_lab.explorer.exports import Shown, made, name_of
from cfusage_lab.explorer.hands import Hands
from cfusage_lab.explorer.opening import Origin, with_accounts
from cfusage_lab.explorer.outlook import Budget, Course, Events, Outlook
from cfusage_lab.explorer.questions import Question, dates_of
from cfusage_lab.explorer.same import Memo
from cfusage_lab.explorer.scene import VIEWS, Scene
from cfusage_lab.explorer.screen import Screen
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.tables import Answer, Opened, Tables, first_fetched
from cfusage_lab.explorer.telling import Telling
from cfusage_lab.source import MADE_UP, Source, are_made_up

__all__ = ["Conductor", "Login"]

Login = Callable[[str], Source]


class Conductor:
    """Holds what is on screen, and changes it in turn with everybody else.

    Parameters
    ----------
    origin
        Where tables come from.
    opened
        The first of them.
    is_to_begin
        Whether :meth:`begin` follows, so that what is not known yet is on its way.
    desk, telling
        The controls, and what is told beside the charts.
    login
        Turns a token into a source.
    budget
        US dollars a month, of all accounts or of each by its id.
    reveal
        Hears that there is something to show, where there was nothing before.

    Attributes
    ----------
    state
        What was asked, what came of it, what is selected of that.
    screen, exporter
        The charts with all that follows them, and the buttons that make files.
    turn
        Held by whoever changes any of this.
    """

    def __init__(
        self,
        origin: Origin,
        opened: Opened,
        *,
        is_to_begin: bool,
        desk: Desk,
        telling: Telling,
        login: Login | None,
        budget: Budget,
        reveal: Callable[[], None],
    ) -> None:
        self._origin, self._budget = origin, budget
        self._desk, self._telling, self._login, self._reveal = desk, telling, login, reveal
        self.state = State(
            question=opened.question,
            answer=opened.answer,
            names=opened.names,
            beyond=stored_beyond(Beyond(accounts=opened.question.accounts), origin.tables, opened.question),
        )
        self._is_to_begin = is_to_begin
        self._against = Against(desk)
        self._memo = Memo()
        self._pending: Question | None = None
        self._is_switching = False

        self._fetching = Beside(listener=telling.waiting, ended=self._end)
        self.turn = self._fetching.turn
        self._drawing = Beside(ended=telling.complain, turn=self.turn)
        self._exporting = Beside(ended=telling.complain, turn=self.turn)
        self._hands = Hands(self.turn, failed=self._fail)
        self._tell()
        desk.show_days(self.state.question.dates, today=self.state.question.today)
        selecting = Hands(self.turn, failed=telling.refuse)
        self.screen = Screen(self.scene(), hands=selecting, select=self.select)
        self.exporter = ExportBox(self._hands.on(self._export))
        self._listen()
        self._draw()

    def begin(self) -> None:
        """Ask for what the first table lacks."""
        self._is_to_begin = False
        self._fetch(self.state.question if self.state.answer.newest_stored is not None else None)

    def close(self) -> None:
        """Give up whatever is under way."""
        for work in (self._fetching, self._drawing, self._exporting):
            work.cancel()

    def wait(self, timeout: float | None) -> bool:
        """Wait until nothing is under way; return whether that came in time."""
        work = (self._fetching, self._drawing, self._exporting)
        with self.turn:
            return self.turn.wait_for(lambda: all(one.is_idle for one in work), timeout)

    def select(self, selection: Selection) -> Selection:
        """Select of the windows on screen what a selection covers, and return that.

        Raises
        ------
        ConfigError
            If it covers none.
        """
        near = self.screen.nearest(selection)
        if selection.is_brushed and not near.is_brushed:
            where = selection.words(time_zone=self.state.question.time_zone)
            raise ConfigError(f"no window on screen lies in {where}")
        self.state = replace(self.state, selection=near)
        self._telling.refuse(None)
        self.screen.first_page()
        self._redraw()
        return near

    def held(self) -> State:
        """Return what is on screen; where nothing came yet, raise why: no table is not no cost."""
        if self.state.refusal is not None:
            raise self.state.refusal.with_traceback(None) from None
        return self.state

    def recipe(self) -> Recipe:
        """Return what it takes to come by the selected windows."""
        question = self.held().question
        return Recipe(
            whose=self._origin.whose,
            accounts=question.accounts or (),
            time_range=question.time_range,
            selection=self.state.selection,
            time_zone=question.time_zone,
            now=self._origin.now,
        )

    def scene(self) -> Scene:
        """Return what the charts are drawn from."""
        return self._scene(self.state)

    def course(self) -> Course:
        """Return the month's end, once all that tells it is there or given up."""
        scene, outlook = self._settled()
        return scene.tell_course(outlook)

    def events(self) -> Events:
        """Return what stood out, once all that tells it is there or given up."""
        scene, outlook = self._settled()
        return scene.tell_events(outlook)

    def _settled(self) -> tuple[Scene, Outlook]:
        self.held()
        self.wait(None)
        with self.turn:
            return self.scene(), self.held().outlook(self._budget, is_loading=False)

    def shown(self) -> Shown:
        """Return what is on screen, to be taken along."""
        with self.turn:
            scene, status = self._scene(self.held()), self.state.answer.status(self.state.question)
            line = scene.time_line()
            others = [draw(scene) for name, draw in VIEWS.items() if name != "time_line"]
            return Shown(
                history=scene.selection.of(scene.history, time_zone=scene.time_zone),
                time_zone=scene.time_zone,
                names=scene.names,
                selection=""
                if scene.selection.is_empty
                else scene.selection.words(time_zone=scene.time_zone),
                charts=[line, *others],
                title="AI Gateway cost",
                note=status,
                stamp=MADE_UP if are_made_up(scene.history["account_id"].unique()) else None,
                code=self.recipe().code(),
            )

    # Hands

    def _listen(self) -> None:
        on, desk = self._hands.on, self._desk
        for control in (desk.accounts, desk.time_range, desk.time_zone):
            control.observe(on(self._follow), names="value")
        for control in (desk.first_day, desk.last_day):
            control.observe(on(self._follow_days), names="value")
        for control in (desk.granularity, desk.statistic):
            control.observe(on(lambda _change: self._redraw()), names="value")
        desk.comparison.observe(on(self._compare), names="value")
        for control in (desk.before_first, desk.before_last):
            control.observe(on(self._choose_before), names="value")
        desk.refresh.on_click(on(self._refresh))
        self._telling.waiting.cancel.on_click(on(self._give_up))
        if desk.token is not None:
            desk.token.observe(on(self._log_in), names="value")

    def _follow(self, _change: object) -> None:
        """Do what the controls say."""
        self._fetching.cancel()
        self._telling.forgive()
        with self._hands.off():
            self._desk.clear_zone()
        is_own = self.state.refusal is not None and not self._desk.accounts.value
        self._fetch(self._compared(self._desk.question(now=self._origin.now, is_own=is_own)))

    def _follow_days(self, change: dict[str, Any]) -> None:
        with self._hands.off():
            change["owner"].value = change["new"]  # another table may have come in between
            self._desk.choose_days()
        self._follow(change)

    def _choose_before(self, _change: object) -> None:
        """Compare with the days of the two pickers."""
        self._set_beside(self._against.chosen)

    def _compare(self, _change: object) -> None:
        """Compare otherwise."""
        self._set_beside(self._compared)

    def _set_beside(self, compared: Callable[[Question], Question]) -> None:
        """Compare with other days; these may have to be fetched first."""
        self._telling.forgive()
        before, pending = self.state.question, None if self._fetching.is_idle else self._pending
        self.state = replace(self.state, question=compared(before))
        self._tell()
        if self._fetching.is_idle:
            self._fetch(None)
        elif self._is_switching or (self.state.question == before and pending is None):
            self._telling.go_on()  # another source must not be lost, nor what is asked for already
        else:
            self._fetch(None if pending is None else compared(pending))
        self._redraw()

    def _compared(self, question: Question) -> Question:
        return self._against.kept(question, self.state.question)

    def _refresh(self, change: object) -> None:
        self.state = replace(self.state, beyond=replace(self.state.beyond, is_outdated=True))
        self._follow(change)

    def _give_up(self, _button: object) -> None:
        """Keep what is on screen."""
        if self._fetching.cancel():
            self._telling.end("cancelled")
            self._telling.complain(self.state.refusal)
            self._draw_lacking()

    def _log_in(self, _change: object) -> None:
        """Take a token over, and empty its field before anything else."""
        with self._hands.off():
            secret = self._desk.token.taken() if self._desk.token is not None else None
        if secret is None:
            return
        self._fetching.cancel()
        self._telling.forgive()
        login, now = self._login, self._origin.later
        assert login is not None  # noqa: S101 - there is a field for it
        question = self._compared(self._desk.question(now=now, is_own=True))
        self._begin_anew(lambda: Origin.of(login(secret.reveal()), client=None, now=now), question)

    def _export(self, form: str) -> None:
        """Make a file beside the notebook: pictures take a while."""
        shown = self.shown()
        self.exporter.begin(form)
        name = name_of(shown, form)

        def make(request: Request) -> None:
            content = made(shown, form)
            request.put(lambda: self.exporter.show(name, content))

        self._exporting.start(make)

    # Beside the notebook

    def _fetch(self, question: Question | None) -> None:
        """Have another question answered beside this thread; None asks for what else this one needs."""
        self._pending, self._is_switching = question, False
        origin, tables, same = self._origin, self._origin.tables, self.state.question
        if self.state.refusal is not None:
            if question is None:
                self._telling.complain(self.state.refusal)
            else:
                self._begin_anew(lambda: origin, question)
        elif question is not None:
            self._begin()
            self._fetching.start(lambda request: self._carry_out(tables, question, request))
        elif not self.state.is_all_known:
            self._begin()
            self._fetching.start(lambda request: self._fetch_beyond(tables, same, request))

    def _begin(self) -> None:
        """Say that something is fetched; a table has it before anybody could read that."""
        if self._origin.whose != "table":
            self._telling.begin()

    def _carry_out(self, tables: Tables, question: Question, request: Request) -> None:
        """Show what is held, then what is fetched."""
        is_shown = question.is_of_the_windows_of(self.state.question)
        stored = None if is_shown else tables.stored(question)
        if stored is not None and stored.is_from_start:
            self._show_stored(tables, question, stored, request)
        try:
            fresh = tables.fresh(question, request)
        except Exception:
            if stored is not None and not stored.is_from_start:
                self._show_stored(tables, question, stored, request)
            raise
        names = tables.more_names()

        def finish() -> None:
            self._show(self.state.with_answer(question, fresh, names))
            self._pending = None

        request.put(finish)
        self._fetch_beyond(tables, question, request)

    def _show_stored(self, tables: Tables, question: Question, stored: Answer, request: Request) -> None:
        """Show what is held of a range, then with what is held beside it."""
        request.put(lambda: self._show(self.state.with_answer(question, stored, {})))
        beyond = stored_beyond(self.state.beyond, tables, question)
        request.put(lambda: self._take_beyond(beyond))

    def _begin_anew(self, find: Callable[[], Origin], question: Question) -> None:
        """Have a source asked of which nothing is on screen yet."""
        self._is_switching = True
        self._telling.begin()
        self._fetching.start(lambda request: self._switch(find, question, request))

    def _switch(self, find: Callable[[], Origin], question: Question, request: Request) -> None:
        """Begin anew with a source."""
        origin = find()
        tables = origin.tables
        opened = with_accounts(first_fetched(tables, question, tables.names(), request))

        def adopt() -> None:
            is_first = self.state.refusal is not None
            self._show(self.state.of_another_source(opened.question, opened.answer, opened.names))
            self._origin, self._pending, self._is_switching = origin, None, False
            with self._hands.off():
                self._desk.accounts.value = opened.question.accounts or ()
                self._desk.accounts.offer(opened.names)
            if is_first:
                self._reveal()

        request.put(adopt)
        self._fetch_beyond(tables, opened.question, request)

    def _fetch_beyond(self, tables: Tables, question: Question, request: Request) -> None:
        """Fetch what figures and comparisons need beside the range."""
        known = self.state.beyond
        if known.accounts != question.accounts:
            known = Beyond(accounts=question.accounts)
        try:
            for more in fetched_beyond(known, tables, question, request):
                known = more
        finally:
            request.put(lambda: self._take_beyond(known))

    def _take_beyond(self, beyond: Beyond) -> None:
        if beyond is not self.state.beyond:
            self.state = replace(self.state, beyond=beyond)
            self._draw()

    # The screen

    def _show(self, state: State) -> None:
        """Take another state to the screen, the time line first; one that can't be drawn is not taken."""
        is_kept = state.selection == self.state.selection
        self.screen.draw("time_line", self._scene(state), clear=() if is_kept else ("brush",))
        if state.names != self.state.names:
            with self._hands.off():
                self._desk.accounts.offer(state.names)
        if not state.question.is_of_the_windows_of(self.state.question):
            self.screen.fade()
        self.state = state
        question = state.question
        with self._hands.off():
            self._desk.show_days(question.dates, today=question.today)
        if not is_kept:
            self.screen.mark(EVERYTHING)
        self._redraw()
        self._tell()
        self._telling.go_on()

    def _redraw(self) -> None:
        """Draw what a hand or another table changed: files of what was on screen are not of this."""
        self._exporting.cancel()
        self.exporter.clear()
        self._draw()

    def _draw_lacking(self) -> None:
        """Say of what did not come that it is not on its way any more."""
        if self.state.refusal is None and self.state.lacking:
            self._draw()

    def _draw(self) -> None:
        """Have the screen drawn beside this thread; of hasty changes, the last is drawn."""
        scene = self.scene()
        with self._hands.off():
            self._against.show(scene.before)
        state, is_loading = self.state, scene.partners == "loading"
        headline = partial(state.headline, scene, is_loading=is_loading)
        steps = self.screen.steps(scene, headline)

        def draw(request: Request) -> None:
            """Take all steps, whatever becomes of one: none may leave older numbers in the others."""
            trouble = _taken(request, steps)
            if scene.look_ahead(is_wanted=lambda: not request.is_cancelled):
                trouble = _taken(request, steps) or trouble
            if trouble:
                raise trouble
            if not request.is_cancelled and scene.partners != "loading":
                self.screen.prepare(scene)

        self._drawing.start(draw)

    def _scene(self, state: State) -> Scene:
        question = state.question
        is_under_way = self._is_to_begin or not self._fetching.is_idle
        chosen = question.before if question.is_before_chosen else None
        return Scene(
            history=state.answer.history,
            known=state.known,
            partners="known" if state.is_compared else "loading" if is_under_way else "absent",
            selection=state.selection,
            time_zone=question.time_zone,
            names=state.names,
            granularity=self._desk.granularity.value,
            statistic=self._desk.statistic.value,
            comparison=self._desk.comparison.value,
            chosen_before=dates_of(chosen, question.time_zone) if chosen else None,
            today=question.today,
            outlook=state.outlook(self._budget, is_loading=is_under_way),
            is_running_month=question.is_running_month,
            memo=self._memo,
        )

    # Words

    def _tell(self) -> None:
        question, answer = self.state.question, self.state.answer
        about_before = (question.about_before,) if question.about_before else ()
        self._telling.about(
            answer.status(question),
            details=answer.details(question),
            notes=question.notes + answer.notes + about_before,
            has_view=answer.refusal is None,
        )

    def _fail(self, error: Exception) -> None:
        """Show what a hand could not do; what is under way goes on."""
        self._telling.complain(error)
        if self._fetching.is_idle:
            self._telling.end()
            if self.state.refusal is None:
                self._fetch(None)  # what was under way was dropped for a change that could not be made

    def _end(self, error: Exception | None) -> None:
        """Leave the screen to the reader, with what went wrong."""
        self._is_switching = False
        if self.state.refusal is not None and error is not None:
            self.state = replace(self.state, answer=replace(self.state.answer, refusal=error))
        self._telling.complain(error)
        self._telling.end()
        self._draw_lacking()


def _taken(request: Request, steps: Sequence[Callable[[], None]]) -> Exception | None:
    """Take steps to the screen, for as long as anybody waits for them; return what first went wrong."""
    trouble: Exception | None = None
    for step in steps:
        if request.is_cancelled:
            break
        try:
            request.put(step)
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
            trouble = trouble or error
    return trouble
