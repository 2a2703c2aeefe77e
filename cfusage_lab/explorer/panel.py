"""The explorer itself: a source, the controls, what is on screen."""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast

import altair as alt
import ipywidgets  # type: ignore[import-untyped]
import polars as pl

from cfusage_lab import ranges
from cfusage_lab.charts import usage_chart
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.explorer.controls import (
    Waiting,
    account_choices,
    banner,
    button,
    dropdown,
    status_line,
    zone_meant,
    zone_picker,
)
from cfusage_lab.explorer.fetching import Fetching, Request
from cfusage_lab.explorer.questions import PRESETS, Question, asked
from cfusage_lab.explorer.table_source import TableSource
from cfusage_lab.explorer.tables import Alone, Answer, Archive, Kept, Tables
from cfusage_lab.source import Source
from cfusage_lab.view import ChartView, with_picture

__all__ = ["UsageExplorer"]

_WHOLE_TABLE: Final = "Whole table"
_FETCHING: Final = "fetching …"
_log = logging.getLogger(__name__)


class UsageExplorer:
    """Cost over time, with controls.

    Show it by making it the last line of a cell. The first table is there before anything is shown. After
    a control was changed the next one is fetched beside the notebook, which stays free: what is on screen
    stays until then, or until somebody cancels. An error stands in a banner above the last good view.

    Parameters
    ----------
    source
        Anything that hands out usage history (:class:`cfusage_lab.source.Source`), or a history table.
    client
        Whom an archive as the source is kept up to date from. What is held is shown at once, and
        refreshed beside the notebook; what is not held is fetched first. Without a network the stored
        windows stay on screen, and the status line says how new they are.
    time_range
        A preset as it stands on screen; the last 28 days if not given, or the whole of a table. Days are
        local days, and the running one comes on top.
    time_zone
        An IANA name.
    now
        The moment to take for the present, if it is not the clock's.

    Attributes
    ----------
    history
        The table on screen (``schema.HISTORY``, without ids).
    account, time_range, time_zone, refresh, cancel
        The controls; setting a ``value`` is as good as a hand on them, and :meth:`wait` waits for the
        table.
    view
        The chart (:class:`cfusage_lab.view.ChartView`); ``view.selections`` tells the zoom.
    widget
        All of it, to be put into a layout of one's own.

    Raises
    ------
    ConfigError
        If there is no such preset or time zone, or a client comes with a source that is no archive.
    CfUsageError
        Whatever else the source raises for the first table.
    """

    def __init__(
        self,
        source: Source | pl.DataFrame,
        *,
        client: Source | None = None,
        time_range: str | None = None,
        time_zone: str = "UTC",
        now: datetime | str | None = None,
    ) -> None:
        ranges.zone(time_zone)
        self._presets = dict(PRESETS)
        if isinstance(source, pl.DataFrame):
            source = TableSource(source)
            whole = source.whole
            self._presets = {_WHOLE_TABLE: lambda _zone, _now: whole, **PRESETS}
            now = now or whole.end
        self._tables = _tables(source, client)
        self._now = None if now is None else ranges.moment(now)
        preset = time_range or ("Last 28 days" if _WHOLE_TABLE not in self._presets else _WHOLE_TABLE)
        if preset not in self._presets:
            raise ConfigError(f"there is no time range {preset!r}: take one of {', '.join(self._presets)}")

        self._status = ipywidgets.HTML(layout={"flex": "1 1 auto"})
        self._banner = ipywidgets.HTML()
        self._waiting = Waiting(self._say)
        self.cancel = self._waiting.cancel
        self._fetching = Fetching(self._waiting, ended=self._end)
        self._is_offering = False
        self._names = self._tables.names()
        self._question, self._answer = self._open(preset, time_zone)
        self._say()
        first = tuple(self.history["account_id"].unique().sort())
        self.account = dropdown("Account", account_choices(self._names, first), first)
        self.time_range = dropdown("Time range", [(name, name) for name in self._presets], preset)
        self.time_zone = zone_picker(time_zone)
        self.refresh = button("Refresh", icon="refresh", tooltip="Fetch again")
        self.view = ChartView(self.chart())
        self.widget = _Panel(self)
        for control in (self.account, self.time_range, self.time_zone):
            control.observe(self._follow, names="value")
        self.refresh.on_click(self._follow)
        self.cancel.on_click(self._give_up)
        if self._answer.newest_stored is not None and not self._banner.value:
            self._fetch(self._question)

    @property
    def history(self) -> pl.DataFrame:
        """The table on screen."""
        return self._answer.history

    @property
    def status(self) -> str:
        """Say where the numbers come from and how new they are, as it stands on screen."""
        return self._answer.status(self._question)

    def chart(self, *, note: str | None = None) -> alt.VConcatChart:
        """Draw the table on screen, as :func:`cfusage_lab.usage_chart` does."""
        return self._draw(self._question, self._answer, note=note)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing is being fetched any more, and all of it is on screen.

        Parameters
        ----------
        timeout
            Most seconds to wait; None waits for as long as it takes.

        Returns
        -------
        bool
            Whether it came to an end in that time.
        """
        return self._fetching.wait(timeout)

    def __repr__(self) -> str:
        return f"<UsageExplorer: {self.status}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return self.widget._repr_mimebundle_(**kwargs)

    def _open(self, preset: str, time_zone: str) -> tuple[Question, Answer]:
        """Take what is held, else fetch; a part of it, or what is older, is better than an error."""
        question = asked(
            self._presets[preset], self._tables.own_accounts(), time_zone=time_zone, now=self._now
        )
        stored = self._tables.stored(question)
        if stored is not None and stored.is_from_start:
            return question, stored
        try:
            question, answer = self._take_first(question)
        except CfUsageError as error:
            stored = stored or self._tables.newest(question)
            if stored is None:
                raise
            self._banner.value = banner(str(error))
            return question, stored
        self._names |= self._tables.more_names()
        return question, answer

    def _take_first(self, question: Question) -> tuple[Question, Answer]:
        """Fetch the accounts that the source itself would take, or the first one that it lists."""
        try:
            return question, self._tables.fresh(question, None)
        except ConfigError:
            self._names |= self._tables.more_names()
            if question.accounts or not self._names:
                raise
            question = replace(question, accounts=(next(iter(self._names)),))
            return question, self._tables.fresh(question, None)

    def _draw(self, question: Question, answer: Answer, *, note: str | None = None) -> alt.VConcatChart:
        return usage_chart(answer.history, time_zone=question.time_zone, names=self._names, note=note)

    def _follow(self, _change: object) -> None:
        """Do what the controls say. Nobody would see an error raised in here, so it is shown."""
        with self._fetching.turn:
            if self._is_offering:
                return
            self._fetching.cancel()
            self._banner.value = ""
            try:
                time_zone = zone_meant(self.time_zone.value, self.time_zone.options)
                if time_zone == self.time_zone.value:
                    preset = self._presets[self.time_range.value]
                    self._fetch(asked(preset, self.account.value, time_zone=time_zone, now=self._now))
                else:
                    self.time_zone.value = time_zone  # and follow that
            except Exception as error:  # noqa: BLE001 - whatever it is
                self._end(error)

    def _give_up(self, _button: object) -> None:
        """Keep what is on screen."""
        with self._fetching.turn:
            if self._fetching.cancel():
                self._waiting.end()
                self._say("cancelled")

    def _fetch(self, question: Question) -> None:
        """Have the table of another question fetched beside this thread."""
        self._waiting.begin()
        self._say(_FETCHING)
        self._fetching.start(lambda request: self._carry_out(question, request))

    def _carry_out(self, question: Question, request: Request) -> None:
        """Show what is held, then what is fetched."""
        stored = None if question.is_of_the_windows_of(self._question) else self._tables.stored(question)
        if stored is not None and stored.is_from_start:
            request.put(lambda: self._show(question, stored, {}))
        try:
            fresh = self._tables.fresh(question, request)
        except CfUsageError:
            if stored is not None and not stored.is_from_start:
                request.put(lambda: self._show(question, stored, {}))
            raise
        names = self._tables.more_names()
        request.put(lambda: self._show(question, fresh, names))

    def _show(self, question: Question, answer: Answer, names: dict[str, str]) -> None:
        """Take another table to the screen."""
        if names:
            self._names |= names
            self._offer()
        chart = self._draw(question, answer)
        is_zoom_kept = question.is_of_the_windows_of(self._question) or _hours(answer) == _hours(self._answer)
        self._question, self._answer = question, answer
        self.view.draw(chart, clear=[] if is_zoom_kept else ["brush"])
        self._say(_FETCHING)

    def _end(self, error: Exception | None) -> None:
        """Leave the screen to the reader, with what went wrong."""
        if isinstance(error, CfUsageError):
            self._banner.value = banner(str(error))
        elif error is not None:
            self._banner.value = banner(
                f"{type(error).__name__}: a fault in this program; the log says where"
            )
            _log.error("a fault in this program", exc_info=error)
        self._waiting.end()
        self._say()

    def _say(self, doing: str = "") -> None:
        """Write the status line."""
        text = f"{self.status} · {doing}" if doing else self.status
        self._status.value = status_line(text, self._question.notes + self._answer.notes)

    def _offer(self) -> None:
        """Put the names that are known by now into the control; nobody has chosen anything by that."""
        self._is_offering = True  # other options choose the first of them
        chosen = self.account.value
        self.account.options = account_choices(self._names, chosen)
        self.account.value = chosen
        self._is_offering = False


class _Panel(ipywidgets.VBox):  # type: ignore[misc]
    """The explorer's widgets, with a picture for readers who have no kernel."""

    def __init__(self, explorer: UsageExplorer) -> None:
        self._explorer = explorer
        controls = ipywidgets.Box(
            [explorer.account, explorer.time_range, explorer.time_zone, explorer.refresh],
            layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 8px"},
        )
        state = ipywidgets.HBox([explorer._status, explorer._waiting])  # noqa: SLF001 - its own parts
        super().__init__([controls, state, explorer._banner, explorer.view])  # noqa: SLF001 - likewise

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        bundle = {**super()._repr_mimebundle_(**kwargs), "text/plain": repr(self._explorer)}
        with self._explorer._fetching.turn:  # noqa: SLF001 - so that the status is that of the chart
            chart = self._explorer.chart(note=self._explorer.status)
        return with_picture(bundle, chart)


def _tables(source: Source, client: Source | None) -> Tables:
    if client is None:
        return Alone(source)
    if not (hasattr(source, "held") and hasattr(source, "update")):
        raise ConfigError(f"client= goes with an archive, and {source.label} is none: leave the client out")
    return Kept(cast("Archive", source), client)


def _hours(answer: Answer) -> tuple[object, object]:
    """Return the first and the last start of a window."""
    return answer.history["start_time"].min(), answer.history["start_time"].max()
