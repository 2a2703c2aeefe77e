"""What stood out, as a list of buttons: each selects its span."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.anomaly_detection import event_sentence, what_stood_out
from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.explorer.state import State
from cfusage_lab.headline import Events
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.wording import counted, html_text, moment_text, visible

__all__ = ["EventList"]

_FIRST: Final = 5
"""Events that are seen at once."""
_MOST: Final = 50
"""Events that are listed when the list is unfolded: more are told by :attr:`UsageExplorer.events`."""
_AWAITED: Final = "is told once the six weeks before this range are fetched"
_BEING_TOLD: Final = "is being worked out"
_LACKING: Final = "not all days that tell what is usual could be fetched"


class EventList(ipywidgets.VBox):  # type: ignore[misc]
    """The events of a range, largest dollars first.

    Parameters
    ----------
    on
        Makes a callback, as :class:`cfusage_lab.explorer.page.Page` does.
    select
        Hears of an event that was clicked.

    Attributes
    ----------
    said, rows, more
        The sentence above, the buttons of events, the button that unfolds the rest.
    """

    def __init__(
        self,
        on: Callable[[Callable[[Any], None]], Callable[[Any], None]],
        select: Callable[[Selection], None],
    ) -> None:
        self._on, self._select = on, select
        self._events: list[dict[str, Any]] = []
        self._texts: list[str] = []
        self.said = ipywidgets.HTML()
        self.rows = ipywidgets.VBox()
        self.more = ipywidgets.Button(layout={"display": "none"})
        self.more.on_click(on(lambda _button: self._fill(len(self._texts))))
        super().__init__([self.said, self.rows, self.more])
        for one, name in ((self, "cfusage-events"), (self.more, "cfusage-event")):
            one.add_class(name)

    def show(self, state: State) -> None:
        """List the events of the range, or say why there are none to list."""
        events, is_lacking = state.events, state.is_lacking(state.query.judged)
        if events is None:
            self._events, self._texts = [], []
            is_awaited = is_lacking and state.is_busy
            self.said.value = _said("What stood out", _AWAITED if is_awaited else _BEING_TOLD)
        else:
            order = events.table.sort(pl.col("impact_usd").abs(), descending=True, maintain_order=True)
            self._events = order.head(_MOST).to_dicts()
            names = state.drawn_names
            whose = labels(events.table["account_id"].unique(), names=names) if events.accounts > 1 else {}
            self._texts = [_line(one, whose, state.time_zone) for one in self._events]
            self.said.value = _sentence(
                events, state.part.ranges[0], state.time_zone, is_lacking=is_lacking and not state.is_busy
            )
        self._fill(min(_FIRST, len(self._texts)))

    def _fill(self, count: int) -> None:
        """Show so many events; buttons that are there already are taken again."""
        buttons = list(self.rows.children)
        while len(buttons) < count:
            buttons.append(self._button(len(buttons)))
        for place, button in enumerate(buttons):
            is_used = place < count
            button.description = self._texts[place] if is_used else ""
            button.layout.display = None if is_used else "none"
        self.rows.children = buttons
        rest = len(self._texts) - count
        self.more.description = f"and {rest:,} more" if rest else ""
        self.more.layout.display = None if rest else "none"

    def _button(self, place: int) -> ipywidgets.Button:
        button = ipywidgets.Button(icon="search-plus")
        button.add_class("cfusage-event")
        button.on_click(self._on(lambda _button: self._choose(place)))
        return button

    def _choose(self, place: int) -> None:
        if place < len(self._events):
            event = self._events[place]
            self._select(Selection(start=event["start_time"], end=event["end_time"]))


def _line(event: Mapping[str, Any], whose: Mapping[str, str], time_zone: str) -> str:
    """Say what an event was, and whose, on one line."""
    name = whose.get(event["account_id"])
    text = event_sentence(event, time_zone=time_zone)
    return visible(f"{name}: {text}" if name else text)


def _sentence(events: Events, time_range: TimeRange, time_zone: str, *, is_lacking: bool) -> str:
    """Say how much stood out, and what was not looked at."""
    if events.refusal:
        return _said("What stood out", f"can't be told: {events.refusal}")
    if events.judged_from is None:
        why = f"not enough history, it takes {JUDGED_DAYS} days to know what is usual"
        return _said("What stood out", f"is not told: {why}")
    text = what_stood_out(events.table).removesuffix(".")
    notes = []
    if events.judged < events.accounts:
        notes.append(f"of the {events.judged:,} costliest of {counted(events.accounts, 'account')}")
    if events.judged_from > time_range.start:
        notes.append(
            f"since {moment_text(events.judged_from, zone(time_zone))}: before, there is not enough history"
        )
    if is_lacking:
        notes.append(_LACKING)
    if len(events.table) > _MOST:
        notes.append(f"the {_MOST} largest are listed")
    if events.table.is_empty():
        return _said("", " · ".join([f"{text} in this range", *notes]))
    return _said("What stood out", " · ".join([text, *notes]))


def _said(strong: str, rest: str) -> str:
    title = f"<strong>{strong}</strong>" if strong else ""
    return (
        f'<div class="cfusage-stood-out">{title} <span class="cfusage-quiet">{html_text(rest)}</span></div>'
    )
