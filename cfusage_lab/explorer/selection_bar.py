"""What is selected, in words that stay in sight, and the controls that select without a mouse."""

from datetime import datetime, tzinfo
from typing import Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.controls import button, date_picker, dropdown, moment_picker, unfold
from cfusage_lab.explorer.state import State
from cfusage_lab.frames.expressions import net
from cfusage_lab.ranges import zone
from cfusage_lab.ranges.zones import day_start
from cfusage_lab.time_units import DAY, WEEKDAYS
from cfusage_lab.wording import counted, dollars, hour_text, html_text, share_text, short_days_text

__all__ = ["ANY", "SelectionBar"]

ANY: Final = -1
"""Stands for any weekday and any hour."""
_WHOLE: Final = "Whole range. Drag on the chart to zoom in."


class SelectionBar(ipywidgets.VBox):  # type: ignore[misc]
    """A chip that says what is selected, with a way to leave it, and the controls to select by hand.

    Attributes
    ----------
    chip
        The words.
    leave
        Takes the selection back.
    select_from, select_until
        The span, as readings of the zone's clock.
    weekday, hour, day
        The hours of the week and the day.
    """

    def __init__(self) -> None:
        self.chip = ipywidgets.HTML()
        self.leave = button("Leave the selection", icon="times", tooltip="Leave the selection (Esc)")
        self.leave.add_class("cfusage-leave")
        self.more = ipywidgets.ToggleButton(
            description="Choose hours", icon="sliders", tooltip="Choose hours"
        )
        self.select_from, self.select_until = moment_picker("Select from"), moment_picker("Select until")
        weekdays = [("Any weekday", ANY), *((name, nth) for nth, name in enumerate(WEEKDAYS, start=1))]
        hours = [("Any hour", ANY), *((hour_text(hour), hour) for hour in range(24))]
        self.weekday = dropdown("Weekday", weekdays, ANY)
        self.hour = dropdown("Hour", hours, ANY, "cfusage-narrow")
        self.day = date_picker("Day")
        fields = ipywidgets.Box([self.select_from, self.select_until, self.weekday, self.hour, self.day])
        unfold(self.more, fields)
        line = ipywidgets.Box([self.chip, self.leave, self.more])
        super().__init__([line.add_class("cfusage-chip-line"), fields.add_class("cfusage-row")])
        self.add_class("cfusage-selection-bar")

    def show(self, state: State) -> None:
        """Say what is selected, and set the controls to it."""
        selection, info = state.selection, zone(state.time_zone)
        text = _WHOLE if selection.is_empty else _words(state)
        kind = "cfusage-whole" if selection.is_empty else "cfusage-chip"
        chip = f'<div class="{kind}" aria-live="polite">{html_text(text)}</div>'
        chosen = {
            self.chip: chip,
            self.select_from: _reading(selection.start, info),
            self.select_until: _reading(selection.end, info),
            self.weekday: ANY if selection.weekday is None else selection.weekday,
            self.hour: ANY if selection.hour is None else selection.hour,
            self.day: selection.day,
        }
        for widget, value in chosen.items():
            if widget.value != value:
                widget.value = value
        self.leave.layout.display = "none" if selection.is_empty else None
        (self.remove_class if selection.is_empty else self.add_class)("cfusage-is-selected")


def _words(state: State) -> str:
    """Say what is selected, what it costs, and how much of the range that is."""
    found = state.selected
    cost, whole = net(found["aggregated_value"]), net(state.history["aggregated_value"])
    texts = [_when(state), dollars(cost)]
    if whole > 0:
        texts.append(f"{share_text(cost / whole)} of the range")
    texts.append(counted(found["start_time"].n_unique(), "hour"))
    return " · ".join(texts)


def _when(state: State) -> str:
    """Name the selected days in short, where whole days are all that is selected."""
    selection, dates, info = state.selection, state.dates, zone(state.time_zone)
    is_days = selection.is_brushed and selection == selection.brush
    if dates is not None and is_days:
        ends = day_start(dates[0], info), day_start(dates[1] + DAY, info)
        if (selection.start, selection.end) == ends:
            return short_days_text(*dates, with_year=False)
    return selection.words(time_zone=state.time_zone)


def _reading(instant: datetime | None, info: tzinfo) -> datetime | None:
    """Return what a clock shows then; of autumn's two hours both show the same."""
    return None if instant is None else instant.astimezone(info).replace(tzinfo=None)
