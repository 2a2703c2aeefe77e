"""What is seen, and selected: charts, figures, the selection in words, the table of windows."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.billed import billed_html
from cfusage_lab.explorer.controls import button, date_picker, dropdown, moment_picker
from cfusage_lab.explorer.event_list import EventList
from cfusage_lab.explorer.figures import Headline, figures_html
from cfusage_lab.explorer.hands import Hands
from cfusage_lab.explorer.scene import GRANULARITIES, VIEWS, Scene, nothing
from cfusage_lab.explorer.selection import EVERYTHING, Clock, Selection
from cfusage_lab.explorer.windows_table import ORDERS, Page, windows_html
from cfusage_lab.ranges import no_zone_warning, zone
from cfusage_lab.time_units import EPOCH, WEEKDAYS
from cfusage_lab.view import ChartView, prepare
from cfusage_lab.wording import hour_text, moment_text

__all__ = ["Screen"]

_ANY: Final = -1
_OLD: Final = "cfusage-old"
_NOTHING_YET: Final = (
    "<strong>Everything</strong> <span class='cfusage-quiet'>is selected. Drag on the strip above, or choose "
    "a first and a last moment:</span>"
)


class Screen:
    """Shows a scene, and tells what a person selects in it.

    Parameters
    ----------
    scene
        What to show first.
    hands
        Makes the callbacks.
    select
        Hears what was selected by hand, and returns what that selects of the windows there are.

    Attributes
    ----------
    charts
        The chart widgets, by their names in :data:`cfusage_lab.explorer.scene.VIEWS`.
    figures, said, events, table, billed
        The headline, the selection in words, what stood out, the page of windows, what each model was billed.
    trouble
        Why a chart of the first scene could not be drawn, if so: it is not seen then.
    """

    def __init__(self, scene: Scene, *, hands: Hands, select: Callable[[Selection], Selection]) -> None:
        self._scene = scene
        self._select = select
        self._hands = hands
        self._page = 0
        self._headline: Headline | None = None
        self._is_prepared = False
        self._refused: dict[ipywidgets.Widget, datetime | None] = {}
        self.trouble: Exception | None = None
        self._drawn: dict[str, tuple[Any, ...]] = {}
        self.charts = {name: self._first(name, scene) for name in VIEWS}
        self._clock = self._clock_of(scene)
        self.figures, self.said, self.table = (ipywidgets.HTML() for _ in range(3))
        self.events = EventList(hands.on, lambda selection: self.mark(select(selection)))
        self.billed = ipywidgets.HTML(layout={"display": "none"})
        self.billed.add_class("cfusage-part")
        self.select_from, self.select_until = moment_picker("Select from"), moment_picker("Select until")
        self.clear = button("Clear selection", icon="times")
        self.order = dropdown("Order", list(ORDERS), next(iter(ORDERS)))
        weekdays = [("Any weekday", _ANY), *((name, nth) for nth, name in enumerate(WEEKDAYS, start=1))]
        hours = [("Any hour", _ANY), *((hour_text(hour), hour) for hour in range(24))]
        self.weekday = dropdown("Weekday", weekdays, _ANY)
        self.hour = dropdown("Hour", hours, _ANY, "cfusage-narrow")
        self.day = date_picker("Day")
        self.previous_page = button("Previous page", icon="chevron-left")
        self.next_page = button("Next page", icon="chevron-right")
        self._listen()
        self._say()
        self._tabulate()

    def _first(self, name: str, scene: Scene) -> ChartView:
        """Draw a chart of the first scene; one that can't be drawn may be in the next."""
        try:
            view = self._hands.chart(VIEWS[name](scene))
            self._drawn[name] = scene.depends_on(name)
        except Exception as error:  # noqa: BLE001 - whatever it is, it goes on screen
            self.trouble = self.trouble or error
            view = self._hands.chart(nothing())
            self._drawn[name], view.layout.display = (), "none"
        return view

    def steps(self, scene: Scene, headline: Callable[[], Headline]) -> list[Callable[[], None]]:
        """Return what is to be done for another scene, the quickest and most looked at first."""
        self._scene = scene
        return [
            lambda: self._draw_or_hide("time_line", scene),
            self._say,
            self._tabulate,
            lambda: self._draw_or_hide("heatmap", scene),
            lambda: self._draw_or_hide("profile", scene),
            lambda: self._draw_or_hide("compared", scene),
            lambda: self._head(headline()),
            lambda: self._list_events(scene),
        ]

    def draw(self, name: str, scene: Scene, *, clear: Sequence[str] = ()) -> None:
        """Draw a chart, unless it would stay the same, and mark in it what is selected.

        ``clear`` names what is not selected any more, even where the browser has not told it yet.
        """
        wanted = scene.depends_on(name)
        if wanted == self._drawn[name]:
            return
        chart = VIEWS[name](scene)
        with self._hands.off():  # a chart may not have the selection of the one before it
            self.charts[name].draw(chart, clear=clear)
        self._drawn[name] = wanted
        if name == "time_line":
            self._clock = self._clock_of(scene)
        _MARKS[name](self, scene.selection)

    def prepare(self, scene: Scene) -> None:
        """Make days ready once where hours are on screen, or hours where days are: it saves 0.1 seconds."""
        if self._is_prepared:
            return
        self._is_prepared = True
        other = next(one for one in GRANULARITIES.values() if one != scene.granularity)
        with suppress(Exception):  # whoever asks for it will hear of it
            prepare(replace(scene, granularity=other).time_line())

    def fade(self) -> None:
        """Let what was drawn of other windows look like it, until it is drawn anew."""
        for one in (*self.charts.values(), self.figures, self.events, self.billed):
            one.add_class(_OLD)

    def _draw_or_hide(self, name: str, scene: Scene) -> None:
        """Draw a chart; where that fails, don't leave on screen what is not true any more."""
        layout = self.charts[name].layout
        self.charts[name].remove_class(_OLD)
        try:
            self.draw(name, scene)
        except Exception:
            self._drawn[name], layout.display = (), "none"
            raise
        if layout.display == "none":
            layout.display = None

    def nearest(self, selection: Selection) -> Selection:
        """Return the windows on screen that a selected span covers."""
        near = self._clock.nearest(selection)
        return replace(selection, start=near.start, end=near.end)

    def mark(self, selection: Selection) -> None:
        """Move what marks the selection in the charts: the brush, the cell, the day."""
        for mark in _MARKS.values():
            mark(self, selection)

    def _mark_brush(self, selection: Selection) -> None:
        readings = self._clock.readings(selection)
        self._mark("time_line", "brush", {"left": list(readings)} if readings else None)

    def _mark_cell(self, selection: Selection) -> None:
        cell = {"weekday": [selection.weekday], "hour": [selection.hour]}
        self._mark("heatmap", "cell", None if [None] in cell.values() else cell)

    def _mark_day(self, selection: Selection) -> None:
        day = None if selection.day is None else {"day": [_milliseconds(selection.day)]}
        self._mark("compared", "day", day)

    def _mark(self, chart: str, name: str, value: dict[str, list[Any]] | None) -> None:
        """Select in a chart, if it has such a selection and another value of it."""
        view = self.charts[chart]
        if view.selections.get(name) != value:
            with self._hands.off(), suppress(ConfigError):
                view.select(name, value)

    def first_page(self) -> None:
        """Turn the table back to its beginning."""
        self._page = 0

    @staticmethod
    def _clock_of(scene: Scene) -> Clock:
        return Clock(scene.history, time_zone=scene.time_zone, is_daily=scene.granularity == "day")

    # Hands

    def _listen(self) -> None:
        on = self._hands.on
        self.charts["time_line"].observe(on(self._brush), names="selections")
        self.charts["heatmap"].observe(on(self._point_at_cell), names="selections")
        self.charts["compared"].observe(on(self._point_at_day), names="selections")
        for one in (self.select_from, self.select_until):
            one.observe(on(self._choose_moments), names="value")
        for one in (self.weekday, self.hour, self.day):
            one.observe(on(self._choose_slot), names="value")
        self.clear.on_click(on(lambda _button: self.mark(self._select(EVERYTHING))))
        self.order.observe(on(lambda _change: self._turn_to(0)), names="value")
        self.previous_page.on_click(on(lambda _button: self._turn_to(self._page - 1)))
        self.next_page.on_click(on(lambda _button: self._turn_to(self._page + 1)))

    def _brush(self, change: Mapping[str, Any]) -> None:
        told = change["new"].get("brush", {}).get("left")
        now, marked = self._scene.selection, self._clock.readings(self._scene.selection)
        span = self._clock.spanned(told) if told else EVERYTHING
        if span != (self._clock.spanned(marked) if marked else EVERYTHING):
            self._select(replace(now, start=span.start, end=span.end))

    def _point_at_cell(self, change: Mapping[str, Any]) -> None:
        told = change["new"].get("cell", {})
        weekday, hour = (_only(told.get(name)) for name in ("weekday", "hour"))
        now = self._scene.selection
        if (weekday, hour) != (now.weekday, now.hour) and (told or None not in (now.weekday, now.hour)):
            self._select(replace(now, weekday=weekday, hour=hour))

    def _point_at_day(self, change: Mapping[str, Any]) -> None:
        told = _only(change["new"].get("day", {}).get("day"))
        day = None if told is None else (EPOCH + timedelta(milliseconds=told)).date()
        if day != self._scene.selection.day:
            self._select(replace(self._scene.selection, day=day))

    def _choose_moments(self, change: Mapping[str, Any]) -> None:
        """Select by the clock what a brush would; one end alone goes to the end of the range.

        The other end is the one that was refused before, or is selected: its control may not say so yet.
        """
        info, history, now = zone(self._scene.time_zone), self._scene.history, self._scene.selection
        selected = {self.select_from: now.start, self.select_until: now.end}
        known, told = selected[change["owner"]], change["new"]
        if known is not None and _reading(known, info) == told:
            self._refused[change["owner"]] = known
        else:
            self._refused[change["owner"]] = None if told is None else told.replace(tzinfo=info)
        start, end = (selected | self._refused).values()
        if start is None and end is None:
            self._select_span(None, None)
            return
        first = _moment(history["start_time"].min()) if start is None else start
        last = _moment(history["end_time"].max()) if end is None else end
        if first is not None and last is not None and last <= first:
            which = " and until ".join(moment_text(one, info) for one in (first, last))
            raise ConfigError(f"nothing lies from {which}: choose a last moment after the first")
        self._select_span(first, last)

    def _select_span(self, start: datetime | None, end: datetime | None) -> None:
        selection = self._select(replace(self._scene.selection, start=start, end=end))
        self._refused.clear()
        self.mark(selection)

    def _choose_slot(self, change: Mapping[str, Any]) -> None:
        """Select a weekday, an hour or a day beside what is selected already."""
        names = {self.weekday: "weekday", self.hour: "hour", self.day: "day"}
        told = None if change["new"] == _ANY else change["new"]
        chosen = replace(self._scene.selection, **{names[change["owner"]]: told})
        if chosen != self._scene.selection:
            self.mark(self._select(chosen))

    def _turn_to(self, page: int) -> None:
        self._page = page
        self._tabulate()

    # Words

    def _say(self) -> None:
        """Say what is selected, and set the controls to it."""
        scene, selection = self._scene, self._scene.selection
        info = zone(scene.time_zone)
        sentence = selection.sentence(scene.history, time_zone=scene.time_zone)
        what, _, rest = sentence.partition(" · ") if not selection.is_empty else ("", "", "")
        text = f"<strong>{what}</strong> · {rest}" if what else _NOTHING_YET
        self.said.value = f'<div class="cfusage-selection" aria-live="polite">{text}</div>'
        moments = (None if one is None else _reading(one, info) for one in (selection.start, selection.end))
        with self._hands.off():
            self._refused.clear()
            self.select_from.value, self.select_until.value = moments
            self.weekday.value = _ANY if selection.weekday is None else selection.weekday
            self.hour.value = _ANY if selection.hour is None else selection.hour
            self.day.value = selection.day
        self.clear.disabled = selection.is_empty

    def _tabulate(self) -> None:
        """Write a page of the selected windows."""
        scene = self._scene
        windows = scene.selection.of(scene.history, time_zone=scene.time_zone)
        page = Page.of(windows, order=self.order.value, number=self._page)
        self._page = page.number
        self.previous_page.disabled, self.next_page.disabled = page.number == 0, page.is_last
        which = scene.selection.words(time_zone=scene.time_zone)
        self.table.value = windows_html(page, which=which, time_zone=scene.time_zone, names=scene.names)

    def _list_events(self, scene: Scene) -> None:
        """List what stood out, unless it would stay the same."""
        outlook = scene.outlook
        if outlook is None:
            return
        self.events.remove_class(_OLD)
        self.events.show(
            scene.events,
            time_range=outlook.time_range,
            time_zone=scene.time_zone,
            names=scene.names,
            is_awaited=outlook.is_usual_loading,
            is_lacking=outlook.is_lacking,
        )

    def _head(self, headline: Headline) -> None:
        """Write the figures, unless they would stay the same."""
        for one in (self.figures, self.billed):
            one.remove_class(_OLD)
        if headline == self._headline:
            return
        try:
            with no_zone_warning():
                self.figures.value = figures_html(headline.figures())
                self.billed.value = billed_html(headline)
        except Exception:
            self._headline, self.figures.value, self.billed.value = None, "", ""
            raise
        self.billed.layout.display = None if self.billed.value else "none"
        self._headline = headline


_MARKS: Final[Mapping[str, Callable[[Screen, Selection], None]]] = {
    "time_line": Screen._mark_brush,  # noqa: SLF001 - its own
    "heatmap": Screen._mark_cell,  # noqa: SLF001 - its own
    "profile": lambda _screen, _selection: None,
    "compared": Screen._mark_day,  # noqa: SLF001 - its own
}
"""How what is selected is marked in each chart."""


def _moment(value: object) -> datetime | None:
    """Return an end of a range; None where it has no windows."""
    return value if isinstance(value, datetime) else None


def _reading(instant: datetime, info: tzinfo) -> datetime:
    """Return what a clock shows then; of autumn's two hours both show the same."""
    return instant.astimezone(info).replace(tzinfo=None)


def _only(values: list[Any] | None) -> Any:  # noqa: ANN401 - a field's own
    return values[0] if values else None


def _milliseconds(day: date) -> int:
    """Return a date's midnight as a reading marked UTC, as charts tell it."""
    return int((datetime(day.year, day.month, day.day, tzinfo=UTC) - EPOCH) / timedelta(milliseconds=1))
