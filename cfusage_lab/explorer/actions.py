"""What a reader does on the page, as steps and queries."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.chart_code import recipe_of
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.linked_chart import day_told
from cfusage_lab.explorer.page import Page
from cfusage_lab.explorer.selection import EVERYTHING
from cfusage_lab.explorer.selection_bar import ANY
from cfusage_lab.explorer.store import Store, error_text
from cfusage_lab.ranges import zone
from cfusage_lab.source import Source
from cfusage_lab.wording import moment_text

__all__ = ["Actions", "Login"]

Login = Callable[[str], Source]


class Actions:
    """Hears of a reader, and has the store do what was meant.

    Parameters
    ----------
    store, page
        What is changed, and where it is seen.
    login
        Turns a token into a source; None where there is no field for one.
    export
        Makes a file of a format.
    """

    def __init__(
        self, store: Store, page: Page, *, login: Login | None, export: Callable[[str], None]
    ) -> None:
        self._store, self._page, self._login, self._export = store, page, login, export
        self._ends: dict[str, datetime | None] = {}
        self._listen_to_controls()
        self._listen_to_selections()

    def _listen_to_controls(self) -> None:
        on, controls = self._page.heard, self._page.controls
        for one in (controls.time_range, controls.with_today, controls.time_zone, self._page.accounts):
            one.observe(on(partial(self._choose, self._ask)), names="value")
        for one in (controls.first_day, controls.last_day):
            one.observe(on(partial(self._type, self._ask)), names="value")
        controls.comparison.observe(on(partial(self._choose, self._compare)), names="value")
        for one in (controls.before_first, controls.before_last):
            one.observe(on(partial(self._type, self._compare)), names="value")
        for name in ("granularity", "statistic", "chart"):
            getattr(controls, name).observe(on(partial(self._display, name)), names="value")
        self._page.accounts.observe(on(partial(self._display, "is_together")), names="is_together")
        controls.refresh.on_click(on(lambda _button: self._ask(None, is_refresh=True)))
        controls.local_zone.on_click(on(self._take_local_zone))
        self._page.browser.observe(lambda _change: self._page.show(self._store.state), names="time_zone")
        self._page.waiting.cancel.on_click(on(self._give_up))
        if controls.token is not None:
            controls.token.observe(on(self._log_in), names="value")
        for name, code in self._page.codes.items():
            code.button.observe(on(partial(self._show_code, name)), names="value")
        for form, button in self._page.exports.by_form.items():
            button.on_click(on(partial(self._save, form)))

    def _listen_to_selections(self) -> None:
        page, on = self._page, partial(self._page.heard, failed=self._refuse)
        page.charts["time_line"].observe(on(self._brush), names="selections")
        page.charts["heatmap"].observe(on(self._point_at_cell), names="selections")
        page.charts["compared"].observe(on(self._point_at_day), names="selections")
        for name in ("select_from", "select_until"):
            getattr(page.bar, name).observe(on(partial(self._pick_end, name)), names="value")
        for name in ("weekday", "hour", "day"):
            getattr(page.bar, name).observe(on(partial(self._pick, name)), names="value")
        leave = on(lambda _change: self._store.select(EVERYTHING))
        page.bar.leave.on_click(leave)
        page.browser.on_escape(lambda: leave(None))
        page.browser.on_action(on(self._act))
        page.days.on_day(on(self._select_day))

    # The query

    def _choose(self, ask: Callable[[object], None], change: dict[str, Any]) -> None:
        self._page.is_typing = False
        ask(change["owner"])

    def _type(self, ask: Callable[[object], None], change: dict[str, Any]) -> None:
        """Ask for the days of two fields, once all digits of a year are there."""
        self._page.is_typing = True
        if not self._page.controls.is_still_typed(change["new"]):
            ask(change["owner"])

    def _ask(self, owner: object, *, is_refresh: bool = False) -> None:
        state, page = self._store.state, self._page
        accounts = page.accounts.value
        if state.refusal is None and not accounts:  # nothing chosen stands for all
            accounts = tuple(sorted({*state.names, *state.accounts}))
        before = state.wanted or state.query
        query = page.controls.query(state.source, before, accounts or None, owner)
        self._store.ask(query, is_refresh=is_refresh)

    def _compare(self, owner: object) -> None:
        """Ask for the same of the same accounts, beside other days."""
        state = self._store.state
        before = state.wanted or state.query
        query = self._page.controls.query(state.source, before, before.accounts, owner)
        self._store.ask(query, may_open=False)

    def _take_local_zone(self, _button: object) -> None:
        self._page.controls.time_zone.value = self._page.browser.time_zone

    def _display(self, name: str, change: dict[str, Any]) -> None:
        self._store.display(**{name: change["new"]})

    def _show_code(self, chart: str, change: dict[str, Any]) -> None:
        if change["new"]:
            self._page.show_code(chart, recipe_of(self._store.state).chart_code(chart))
        else:
            self._page.codes[chart].hide()

    def _save(self, form: str, _button: object) -> None:
        self._export(form)

    def _give_up(self, _button: object) -> None:
        self._page.is_typing = False
        self._store.cancel()

    def _log_in(self, _change: object) -> None:
        """Take a token over, and empty its field before anything else."""
        token, login, state = self._page.controls.token, self._login, self._store.state
        assert token is not None  # noqa: S101 - it was heard
        assert login is not None  # noqa: S101 - there is a field for it
        with self._page.writing():
            secret = token.taken()
        if secret is None:
            return
        later = state.source.later
        query = self._page.controls.query(replace(state.source, fixed_now=later), state.query, None)
        self._store.open(lambda: DataSource.of(login(secret.reveal()), client=None, now=later), query)

    # The selection

    def _refuse(self, error: Exception) -> None:
        self._store.change(slip=error_text(error))

    def _brush(self, change: dict[str, Any]) -> None:
        told, state = change["new"].get("brush", {}).get("left"), self._store.state
        span = state.clock.spanned(told) if told else EVERYTHING
        if span != state.selection.brush:
            self._store.select(replace(state.selection, start=span.start, end=span.end))

    def _point_at_cell(self, change: dict[str, Any]) -> None:
        told, now = change["new"].get("cell", {}), self._store.state.selection
        weekday, hour = ((told.get(name) or [None])[0] for name in ("weekday", "hour"))
        if (weekday, hour) != (now.weekday, now.hour) and (told or None not in (now.weekday, now.hour)):
            self._store.select(replace(now, weekday=weekday, hour=hour))

    def _point_at_day(self, change: dict[str, Any]) -> None:
        day, now = day_told(change["new"].get("day", {})), self._store.state.selection
        if day != now.day:
            self._store.select(replace(now, day=day))

    def _select_day(self, day: date) -> None:
        now = self._store.state.selection
        self._store.select(replace(now, day=None if day == now.day else day))

    def _act(self, action: str) -> None:
        """Do what a button in the page's own HTML asks for."""
        verb, _, what = action.partition(" ")
        if verb == "day":
            self._select_day(date.fromisoformat(what))

    def _pick(self, name: str, change: dict[str, Any]) -> None:
        """Select a weekday, an hour or a day beside what is selected already."""
        told = None if change["new"] == ANY else change["new"]
        self._store.select(replace(self._store.state.selection, **{name: told}))

    def _pick_end(self, name: str, change: dict[str, Any]) -> None:
        """Select by the clock what a drag would; one end alone goes to the end of the range.

        The other end is the one that was refused before, or is selected: its control may not say so yet.
        """
        state, info, told = self._store.state, zone(self._store.state.time_zone), change["new"]
        now = state.selection
        selected = {"select_from": now.start, "select_until": now.end}
        known = selected[name]
        is_known = known is not None and known.astimezone(info).replace(tzinfo=None) == told
        picked = known if is_known else None if told is None else told.replace(tzinfo=info)
        self._ends[name] = picked
        start, end = (selected | self._ends).values()
        if start is not None or end is not None:
            windows: Any = state.history
            start = start or windows["start_time"].min()
            end = end or windows["end_time"].max()
            if start and end and end <= start:
                which = " and until ".join(moment_text(one, info) for one in (start, end))
                raise ConfigError(f"nothing lies from {which}: choose a last moment after the first")
        self._store.select(replace(now, start=start, end=end))
        self._ends.clear()
