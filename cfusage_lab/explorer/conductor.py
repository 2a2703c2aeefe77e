"""What happens between a hand on a control and the screen: asking, showing, selecting, exporting."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl

from cfusage_lab.credentials import Secret
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.explorer.beside import Beside, Request
from cfusage_lab.explorer.beyond import Beyond, fetched_beyond, stored_beyond
from cfusage_lab.explorer.code import Recipe
from cfusage_lab.explorer.desk import Desk
from cfusage_lab.explorer.export_box import ExportBox
from cfusage_lab.explorer.exports import Shown, made
from cfusage_lab.explorer.figures import Headline
from cfusage_lab.explorer.hands import Hands
from cfusage_lab.explorer.opening import Origin, with_accounts
from cfusage_lab.explorer.questions import Question, beside, dates_of, days_before
from cfusage_lab.explorer.same import Same
from cfusage_lab.explorer.scene import VIEWS, Scene
from cfusage_lab.explorer.screen import Screen
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.tables import Alone, Answer, Opened, Tables, first_fetched
from cfusage_lab.explorer.telling import Telling
from cfusage_lab.source import SANDBOX_ACCOUNTS, Source

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
    desk, telling
        The controls, and what is told beside the charts.
    login
        Turns a token into a source.

    Attributes
    ----------
    question, answer, selection
        What was asked, what came of it, what is selected of that.
    screen, exporter
        The charts with all that follows them, and the buttons that make files.
    turn
        Held by whoever changes any of this.
    """

    def __init__(
        self, origin: Origin, opened: Opened, *, desk: Desk, telling: Telling, login: Login | None
    ) -> None:
        self._tables: Tables = origin.tables
        self._whose, self._now = origin.whose, origin.now
        self._desk, self._telling, self._login = desk, telling, login
        self.question, self.answer, self._names = opened.question, opened.answer, opened.names
        self.selection = EVERYTHING
        self._is_before_chosen = False
        self._beyond = stored_beyond(self._tables, self.question)
        self._known = self._beyond.around(self.answer.history)
        self._pending: Question | None = None

        self._fetching = Beside(listener=telling.waiting, ended=self._end)
        self.turn = self._fetching.turn
        self._drawing = Beside(ended=telling.complain, turn=self.turn)
        self._exporting = Beside(ended=telling.complain, turn=self.turn)
        self._hands = Hands(self.turn, failed=self._fail)
        self._tell()
        desk.show_days(dates_of(self.question.time_range, self.question.time_zone))
        self.screen = Screen(self.scene(), hands=self._hands, select=self.select)
        self.exporter = ExportBox(self._hands.on(self._export))
        self._listen()
        self._draw()

    def begin(self) -> None:
        """Ask for what the first table lacks."""
        self._fetch(self.question if self.answer.newest_stored is not None else None)

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
            where = selection.words(time_zone=self.question.time_zone)
            raise ConfigError(f"no window on screen lies in {where}")
        self.selection = near
        self.screen.first_page()
        self.exporter.clear()
        self._draw()
        return near

    def recipe(self) -> Recipe:
        """Return what it takes to come by the selected windows."""
        question = self.question
        return Recipe(
            whose=self._whose,
            accounts=question.accounts or (),
            time_range=question.time_range,
            selection=self.selection,
            time_zone=question.time_zone,
            now=self._now,
        )

    def scene(self) -> Scene:
        """Return what the charts are drawn from."""
        return self._scene(self.question, self.answer, self._known, self.selection)

    def shown(self) -> Shown:
        """Return what is on screen, to be taken along."""
        with self.turn:
            scene, status = self.scene(), self.answer.status(self.question)
            line = scene.time_line(note=status)
            others = [draw(scene) for name, draw in VIEWS.items() if name != "time_line"]
            is_made_up = not SANDBOX_ACCOUNTS.keys().isdisjoint(scene.history["account_id"].unique())
            return Shown(
                history=self.selection.of(scene.history, time_zone=scene.time_zone),
                charts=[line, *others],
                title="AI Gateway cost",
                note=status,
                stamp="Sandbox: made-up data" if is_made_up else None,
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
            control.observe(on(lambda _change: self._draw()), names="value")
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
        self._fetch(self._compared(self._desk.question(now=self._now)))

    def _follow_days(self, change: dict[str, Any]) -> None:
        with self._hands.off():
            change["owner"].value = change["new"]  # another table may have come in between
            self._desk.choose_days()
        self._follow(change)

    def _choose_before(self, change: object) -> None:
        self._is_before_chosen = True
        self._compare(change)

    def _compare(self, _change: object) -> None:
        """Compare otherwise; other days may have to be fetched first."""
        self._telling.forgive()
        self.question = self._compared(self.question)
        self._draw()
        is_pending = self._pending is not None and not self._fetching.is_idle
        self._fetch(self._compared(self._pending) if is_pending and self._pending else None)

    def _compared(self, question: Question) -> Question:
        """Let a range be compared with the days that are chosen, or with as many right before."""
        if not self._desk.is_custom:
            return replace(question, before=None)
        if question.time_range != self.question.time_range or not self._is_before_chosen:
            self._is_before_chosen = False
            return beside(question, days_before(dates_of(question.time_range, question.time_zone)))
        return beside(question, self._desk.before)

    def _refresh(self, change: object) -> None:
        self._beyond = replace(self._beyond, accounts=None)  # to be asked for anew, too
        self._follow(change)

    def _give_up(self, _button: object) -> None:
        """Keep what is on screen."""
        if self._fetching.cancel():
            self._telling.end("cancelled")

    def _log_in(self, _change: object) -> None:
        """Take a token over, and empty its field before anything else."""
        with self._hands.off():
            secret = self._desk.token.taken() if self._desk.token is not None else None
        if secret is None:
            return
        self._fetching.cancel()
        self._telling.forgive()
        question = self._desk.question(now=self._now, is_own=True)
        self._telling.begin()
        self._fetching.start(lambda request: self._switch(secret, question, request))

    def _export(self, form: str) -> None:
        """Make a file beside the notebook: pictures take a while."""
        self.exporter.begin(form)
        first, last = dates_of(self.question.time_range, self.question.time_zone)
        name, shown = f"ai-gateway-cost-{first}-{last}.{form}", self.shown()

        def make(request: Request) -> None:
            content = made(shown, form)
            request.put(lambda: self.exporter.show(name, content))

        self._exporting.start(make)

    # Beside the notebook

    def _fetch(self, question: Question | None) -> None:
        """Have another question answered beside this thread; None asks for what else this one needs."""
        self._pending = question
        if question is not None:
            self._telling.begin()
            self._fetching.start(lambda request: self._carry_out(question, request))
        elif not self._is_all_known():
            tables, same = self._tables, self.question
            self._telling.begin()
            self._fetching.start(lambda request: self._fetch_beyond(tables, same, request))

    def _carry_out(self, question: Question, request: Request) -> None:
        """Show what is held, then what is fetched."""
        stored = None if question.is_of_the_windows_of(self.question) else self._tables.stored(question)
        if stored is not None and stored.is_from_start:
            request.put(lambda: self._show(question, stored, {}))
        try:
            fresh = self._tables.fresh(question, request)
        except CfUsageError:
            if stored is not None and not stored.is_from_start:
                request.put(lambda: self._show(question, stored, {}))
            raise
        names = self._tables.more_names()
        request.put(lambda: self._show(question, fresh, names, is_fresh=True))
        self._fetch_beyond(self._tables, question, request)

    def _switch(self, secret: Secret, question: Question, request: Request) -> None:
        """Begin anew with the source that a token opens."""
        assert self._login is not None  # noqa: S101 - there is a field for it
        source = self._login(secret.reveal())
        tables = Alone(source)
        opened = with_accounts(first_fetched(tables, question, tables.names(), request))

        def adopt() -> None:
            self._tables, self._whose = tables, getattr(source, "source", "other")
            self._names, self._beyond = {}, Beyond(accounts=opened.question.accounts)
            self._show(opened.question, opened.answer, opened.names, is_fresh=True)
            with self._hands.off():
                self._desk.accounts.value = opened.question.accounts or ()

        request.put(adopt)
        self._fetch_beyond(tables, opened.question, request)

    def _fetch_beyond(self, tables: Tables, question: Question, request: Request) -> None:
        """Fetch what figures and comparisons need beside the range."""
        is_same = self._beyond.accounts == question.accounts
        known = self._beyond if is_same else Beyond(accounts=question.accounts)
        beyond = fetched_beyond(known, tables, question, request)
        request.put(lambda: self._take_beyond(beyond))

    def _is_all_known(self) -> bool:
        """Whether nothing has to be asked for beside the range."""
        return self._beyond.is_complete and all(map(self._beyond.has, self.question.beyond))

    def _take_beyond(self, beyond: Beyond) -> None:
        self._beyond = beyond
        self._known = beyond.around(self.answer.history)
        self._draw()

    def _show(
        self, question: Question, answer: Answer, names: dict[str, str], *, is_fresh: bool = False
    ) -> None:
        """Take another table to the screen, the time line first."""
        if names:
            self._names = {**self._names, **names}
            with self._hands.off():
                self._desk.accounts.offer(self._names)
        beyond = self._beyond
        if beyond.accounts not in (None, question.accounts):
            beyond = Beyond(accounts=question.accounts)
        known = beyond.around(answer.history)
        is_kept = question.is_of_the_windows_of(self.question) or _hours(answer) == _hours(self.answer)
        selection = self.selection if is_kept else EVERYTHING
        self.screen.draw("time_line", self._scene(question, answer, known, selection))
        self.question, self.answer = question, answer
        self._beyond, self._known, self.selection = beyond, known, selection
        if is_fresh:
            self._pending = None
        with self._hands.off():
            self._desk.show_days(dates_of(question.time_range, question.time_zone))
        self.exporter.clear()
        if not is_kept:
            self.screen.mark(EVERYTHING)
        self._draw()
        self._tell()
        self._telling.say("fetching …")

    def _draw(self) -> None:
        """Have the screen drawn beside this thread; of hasty changes, the last is drawn."""
        scene = self.scene()
        if not self._is_before_chosen:
            with self._hands.off():
                self._desk.show_before(scene.before or (None, None))
        steps = self.screen.steps(scene, self._headline())

        def draw(request: Request) -> None:
            for step in steps:
                if request.is_cancelled:
                    return
                request.put(step)

        self._drawing.start(draw)

    # State

    def _scene(self, question: Question, answer: Answer, known: pl.DataFrame, selection: Selection) -> Scene:
        chosen = question.before if self._is_before_chosen else None
        return Scene(
            history=answer.history,
            known=known,
            selection=selection,
            time_zone=question.time_zone,
            names=self._names,
            granularity=self._desk.granularity.value,
            statistic=self._desk.statistic.value,
            comparison=self._desk.comparison.value,
            chosen_before=dates_of(chosen, question.time_zone) if chosen else None,
            is_off_the_hour=bool(question.notes),
        )

    def _headline(self) -> Headline:
        question, beyond = self.question, self._beyond
        return Headline(
            known=Same(self._known),
            time_zone=question.time_zone,
            months=question.months,
            now=question.asked_at,
            is_known=question.months not in question.beyond or beyond.has_some_of(question.months),
            beyond=beyond,
            names=tuple(self._names.items()),
        )

    # Words

    def _tell(self) -> None:
        self._telling.about(
            self.answer.status(self.question),
            details=self.answer.details(self.question),
            notes=self.question.notes + self.answer.notes,
        )

    def _fail(self, error: Exception) -> None:
        """Show what a hand could not do; what is under way goes on."""
        self._telling.complain(error)
        if self._fetching.is_idle:
            self._telling.end()

    def _end(self, error: Exception | None) -> None:
        """Leave the screen to the reader, with what went wrong."""
        self._telling.complain(error)
        self._telling.end()


def _hours(answer: Answer) -> tuple[object, object]:
    """Return the first and the last start of a window."""
    return answer.history["start_time"].min(), answer.history["start_time"].max()
