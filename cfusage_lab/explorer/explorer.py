"""The explorer itself: a source, its state, the page."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from threading import TIMEOUT_MAX
from typing import Any

import altair as alt
import polars as pl

from cfusage_lab import ranges
from cfusage_lab.argument_checks import said
from cfusage_lab.daily import daily_usage
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.actions import Actions, Login
from cfusage_lab.explorer.chart_code import recipe_of
from cfusage_lab.explorer.chart_views import time_line
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.exports import DRAWN, FORMATS, form_of, made, name_of, picture_of, shown_of
from cfusage_lab.explorer.figures import Card, cards
from cfusage_lab.explorer.listed_accounts import is_fetched
from cfusage_lab.explorer.loading import first_state, may_pass
from cfusage_lab.explorer.page import Page
from cfusage_lab.explorer.period import Period
from cfusage_lab.explorer.selection import EVERYTHING, Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.explorer.status import status
from cfusage_lab.explorer.store import Store, error_text
from cfusage_lab.explorer.worker import Job
from cfusage_lab.files import checked_path, write_file
from cfusage_lab.headline import budget_of, require_accounts
from cfusage_lab.ranges.moments import instant_of
from cfusage_lab.source import Source

__all__ = ["UsageExplorer"]


class UsageExplorer:
    """Cost over time, with controls and linked charts.

    Show it by making it the last line of a cell. The first windows are there before anything is shown. After
    a control was changed others are fetched beside the notebook, which stays free: what is on screen stays
    until then, or until somebody cancels. An error stands in a banner above the last good view. Windows of
    this hour that are here are not asked for again; Refresh asks for all of them.

    A drag on the time line selects days or hours, and every figure and chart follows; a click on a cell of
    the heatmap, on a day or on what stood out selects that, too.

    Parameters
    ----------
    source
        Anything that hands out usage history (:class:`cfusage_lab.Source`), or a history table of any
        engine that analytics take.
    client
        Whom an archive as the source is kept up to date from. What is held is shown at once, and
        refreshed beside the notebook; what is not held is fetched first. Without a network the stored
        windows stay on screen, and the status line says how new they are.
    login
        Turns an API token into a source. Given one, the explorer has a field for a token, which is emptied
        at once; the token is handed on, and kept nowhere here. And it opens without a first table, where
        that could not be had: with the error in the banner, and nothing else to see until a token was typed
        or Refresh pressed. Until then, what reads the table raises that error.
    accounts
        The ids to open with, all others can be chosen on screen. If not given, those that the source itself
        takes; where it takes none, all that it lists, up to 20, and the first one of more. Up to 20 that it
        lists have figures in the table of accounts, chosen or not; of more, those that were chosen, unless
        a history table is the source.
    time_range
        A preset as it stands on screen; the last 28 days if not given, or the whole of a table. Days are
        whole local days; today so far can be added to the last days.
    time_zone
        An IANA name.
    now
        The moment to take for the present, if it is not the clock's.
    budget_usd
        US dollars a month: one number for all accounts on screen together, or a number by account id; several
        accounts then have the sum of theirs, if each has one, or what is given for ``all``.

    Attributes
    ----------
    accounts, time_range, with_today, first_day, last_day, comparison, before_first, before_last, time_zone, \
granularity, chart_days, statistic, refresh, cancel, token
        The controls; setting a ``value`` is as good as a hand on them, and :meth:`wait` waits for the
        result. ``accounts.value`` holds ids, none of them standing for all, and ``accounts.is_together``
        says whether several are added up. ``comparison`` says which days the range is compared with:
        ``previous``, ``weekdays``, ``month`` or ``custom``, which are those of ``before_first`` and
        ``before_last``. ``chart_days`` is what the comparison chart sets beside each day: ``range``, ``day``,
        ``week`` or ``month``. ``granularity`` is ``auto``, ``hour`` or ``day``. ``token`` is None without
        ``login``.
    charts
        The chart widgets (:class:`cfusage_lab.view.ChartView`): ``time_line``, ``compared``, ``heatmap``,
        ``profile``.
    view
        The time line among them.
    widget
        All of it, to be put into a layout of one's own.

    Raises
    ------
    ConfigError
        If there is no such preset or time zone, ``accounts`` are no ids, a client comes with a source that
        is no archive, or ``budget_usd`` is no number above 0.
    FrameError
        If a table is no history of hours.
    Exception
        Whatever else the source raises for the first table, if there is no ``login``. With one, nothing of
        it is raised.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> explorer = cfu.UsageExplorer(client, time_zone="Europe/Berlin", now="2026-11-18T09:30Z")
    >>> explorer
    <UsageExplorer: Sandbox: made-up data · data as of Wed 18 Nov 2026, 10:30 Europe/Berlin time>
    >>> explorer.history.height
    673
    >>> explorer.select("2026-11-02T09:00", "2026-11-03T18:00")
    >>> explorer.history.height, explorer.daily.height
    (33, 2)
    """

    def __init__(
        self,
        source: object,
        *,
        client: Source | None = None,
        login: Login | None = None,
        accounts: Sequence[str] | str | None = None,
        time_range: str | None = None,
        time_zone: str = "UTC",
        now: datetime | str | None = None,
        budget_usd: float | Mapping[str, float] | None = None,
    ) -> None:
        ranges.zone(time_zone)
        budget = budget_of(budget_usd)
        if login is not None and not callable(login):
            raise ConfigError(f"login {said(login)} can't be called: pass what turns a token into a source")
        origin = DataSource.of(source, client=client, now=now)
        period = Period(preset=origin.preset(time_range))
        state, trouble = first_state(
            origin,
            period,
            accounts=_ids(accounts),
            time_zone=time_zone,
            may_lack=login is not None and origin.whose != "table",
        )
        require_accounts(budget, state.names)
        error = "" if trouble is None else error_text(trouble)
        is_to_fetch = trouble is None and not is_fetched(state)
        self._store = store = Store(replace(state, budget=budget, error=error, is_busy=is_to_fetch))
        self.widget = page = Page(
            store, has_token=login is not None, name=self.__repr__, with_picture=self._with_picture
        )
        Actions(store, page, login=login, export=self._save)
        self._name_controls(page)
        if page.trouble is not None:
            if login is None or origin.whose == "table":
                raise page.trouble
            store.fail(page.trouble)
        if trouble is None:
            store.fetch_rest()
        elif not may_pass(trouble):
            page.ask_for_token()  # what failed just now is not tried again unasked
        store.render_on(page)

    def _name_controls(self, page: Page) -> None:
        """Hand out the controls that a program may set as a hand would."""
        controls = page.controls
        self.accounts, self.cancel = page.accounts, page.waiting.cancel
        self.time_range, self.with_today = controls.time_range, controls.with_today
        self.first_day, self.last_day = controls.first_day, controls.last_day
        self.comparison, self.chart_days = controls.comparison, controls.chart
        self.before_first, self.before_last = controls.before_first, controls.before_last
        self.time_zone, self.granularity, self.statistic = (
            controls.time_zone,
            controls.granularity,
            controls.statistic,
        )
        self.refresh, self.token = controls.refresh, controls.token
        self.charts, self.view = page.charts, page.charts["time_line"]

    @property
    def state(self) -> State:
        """Everything that is on screen, as one value."""
        return self._store.state

    @property
    def fetched(self) -> pl.DataFrame:
        """All windows of the range (``schema.HISTORY``, without ids), whatever is selected."""
        return self._held().history

    @property
    def history(self) -> pl.DataFrame:
        """The selected windows (``schema.HISTORY``, without ids): all of the range if nothing is selected."""
        return self._held().selected

    @property
    def daily(self) -> pl.DataFrame:
        """The local days of :attr:`history` (``schema.DAILY``); one that the selection cuts is not whole."""
        state = self._held()
        with ranges.no_zone_warning():
            return daily_usage(state.selected, time_zone=state.time_zone)

    @property
    def events(self) -> pl.DataFrame:
        """What stood out in the range, whatever is selected of it (``schema.ANOMALIES``).

        Of more than 20 accounts, the 20 costliest are judged. What is usual is told by the six weeks before
        the range; this waits for them, if they are being fetched.
        """
        return self._settled().tell_events().table

    @property
    def month_end(self) -> pl.DataFrame:
        """Where the running month ends (:func:`cfusage_lab.forecast_month_end`), told of the last 90 days.

        One row an account of those on screen, and a last one for ``all`` of several. It is the same for every
        range; it waits for these days, if they are being fetched.
        """
        return self._settled().tell_course().month_end

    @property
    def selection(self) -> Selection:
        """What is selected (:class:`cfusage_lab.explorer.Selection`); it can be set, None for nothing."""
        return self.state.selection

    @selection.setter
    def selection(self, selection: Selection | None) -> None:
        if not isinstance(selection, Selection | None):
            raise ConfigError(f"{said(selection)} is no selection: pass a Selection, or None for everything")
        self._store.select(selection or EVERYTHING)

    def select(
        self,
        start: datetime | date | str | None = None,
        end: datetime | date | str | None = None,
        *,
        weekday: int | None = None,
        hour: int | None = None,
        day: date | str | None = None,
    ) -> None:
        """Select windows on the zone's clock, as a hand would; without arguments, everything.

        Parameters
        ----------
        start, end
            The half-open span, as :func:`cfusage_lab.between` takes it: dates, datetimes, or ISO 8601 texts.
        weekday, hour
            1 (Monday) to 7, and 0 to 23.
        day
            A local date, or its ISO 8601 text.

        Raises
        ------
        ConfigError
            If one end is missing, no window on screen lies in the span, or there is no such weekday, hour
            or day.
        """
        span: dict[str, datetime] = {}
        if start is not None and end is not None:
            zone = self.state.time_zone
            with ranges.no_zone_warning():  # the status line has the note
                span = {"start": instant_of(start, "start", zone), "end": instant_of(end, "end", zone)}
        elif start is not None or end is not None:
            raise ConfigError("a selected span has a start and an end: pass both, or neither")
        self.selection = Selection(**span, weekday=weekday, hour=hour, day=_date(day))

    @property
    def figures(self) -> list[Card]:
        """The figures above the charts, of what is selected: each a ``figure`` and perhaps its ``day``.

        They wait for the windows that tell them, if these are being fetched.
        """
        state = self._settled()
        state.tell_course()
        return cards(state)

    @property
    def banner(self) -> str:
        """What went wrong last, as it stands on screen; empty if nothing did."""
        return self.state.slip or self.state.error

    @property
    def status(self) -> str:
        """Say where the numbers come from and how new they are, as it stands on screen."""
        return status(self.state)

    def chart(self, *, note: str | None = None) -> alt.VConcatChart:
        """Draw the time line, as :func:`cfusage_lab.usage_chart` does."""
        return time_line(self._held().displayed(heading="full"), note=note)

    def code(self) -> str:
        """Return the lines of Python that give :attr:`history`. They hold no token."""
        return recipe_of(self._held()).code()

    def export(self, path: Path | str) -> Path:
        """Write what is selected to a file; its suffix says as what.

        Parameters
        ----------
        path
            Ends in ``.csv`` or ``.parquet`` for :attr:`history`, which :func:`cfusage_lab.read_table` reads
            back; in ``.png``, ``.svg`` or ``.html`` for the charts, in ``.py`` for the code behind them. A
            text that a spreadsheet would take for a formula has an apostrophe before it in the CSV.

        Returns
        -------
        Path
            The file.

        Raises
        ------
        ConfigError
            If it ends in something else, or the file can't be written there.
        TransportError
            If there is no room.
        """
        target = checked_path(path)
        form = form_of(target.suffix)
        return write_file(target, made(shown_of(self._held(), is_drawn=form in DRAWN), form))

    def close(self) -> None:
        """Give up whatever is under way, and let go of the widgets; nothing of the explorer stays behind."""
        self.widget.close()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being fetched or drawn any more, and all of it is on screen.

        Parameters
        ----------
        timeout
            Most seconds to wait; None waits for as long as it takes.

        Returns
        -------
        bool
            Whether it came to an end in that time.

        Raises
        ------
        ConfigError
            If ``timeout`` is no number of seconds.
        """
        if timeout is not None and (type(timeout) not in {int, float} or not 0 <= timeout <= TIMEOUT_MAX):
            raise ConfigError(f"timeout {said(timeout)}: pass seconds from 0, or None")
        return self._store.wait(timeout)

    def _held(self) -> State:
        """Return what is on screen; where nothing came yet, raise why: no table is not no cost."""
        state = self.state
        if state.refusal is not None:
            raise state.refusal.with_traceback(None) from None
        return state

    def _settled(self) -> State:
        state = self._held()
        if state.wanted is not None or not state.is_complete:
            self.wait()
        return self._held()

    def _save(self, form: str) -> None:
        """Make a file beside the notebook, and let the browser save it: pictures take a while."""
        state, page = self._held(), self.widget
        page.exports.begin(form)

        def work(job: Job) -> None:
            shown = shown_of(state, is_drawn=form in DRAWN)
            content = made(shown, form)
            job.put(lambda: page.hand_over(name_of(shown, form), content, FORMATS[form].mime))

        self._store.saving.start(work)

    def __repr__(self) -> str:
        refusal = self.state.refusal
        return f"<UsageExplorer: {self.status}{f': {refusal}' if refusal else ''}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        bundle: dict[str, Any] = self.widget._repr_mimebundle_(**kwargs)
        return bundle

    def _ipython_display_(self) -> None:
        self.widget._ipython_display_()

    def _with_picture(self, bundle: dict[str, Any]) -> dict[str, Any]:
        """Add a picture of the charts, for readers without a kernel."""
        try:
            png = picture_of(shown_of(self._held()))
        except Exception:  # noqa: BLE001 - what can't be drawn, or had, says so in its place
            return bundle
        return {**bundle, "image/png": base64.b64encode(png).decode()}


def _ids(accounts: object) -> tuple[str, ...] | None:
    if accounts is None:
        return None
    ids = [accounts] if isinstance(accounts, str) else accounts
    if not isinstance(ids, Sequence) or not ids or not all(isinstance(one, str) for one in ids):
        raise ConfigError(f"accounts {said(accounts)}: pass an account id, or a list of them")
    return tuple(sorted(dict.fromkeys(ids)))


def _date(day: object) -> date | None:
    if isinstance(day, str):
        try:
            return date.fromisoformat(day)
        except ValueError:
            pass
    elif day is None or (isinstance(day, date) and not isinstance(day, datetime)):
        return day
    raise ConfigError(f"day {said(day)} is no date: pass one, or its ISO 8601 text such as '2026-11-18'")
