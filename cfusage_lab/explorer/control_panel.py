"""The controls above the charts: what they ask for, and how they are set to what is on screen."""

from datetime import date
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.chart_views import GRANULARITIES, STATISTICS
from cfusage_lab.explorer.compared_chart import COMPARED
from cfusage_lab.explorer.controls import (
    TokenField,
    button,
    date_picker,
    dropdown,
    zone_picker,
)
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.period import COMPARISONS, CUSTOM, Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges.places import place_meant

__all__ = ["ControlPanel"]

_STILL_TYPED: Final = 2000
"""A year below is one whose digits are still being typed: a browser tells a date after each key."""


class ControlPanel:
    """The controls, in the order in which they stand on the page.

    Attributes
    ----------
    time_range, with_today, first_day, last_day
        The period.
    comparison, before_first, before_last
        What it is compared with.
    time_zone, local_zone
        The clock, and a button for the reader's own.
    granularity, statistic, chart
        How charts are drawn.
    refresh, token
        Ask again; a field for a token, or None.
    """

    def __init__(self, state: State, *, has_token: bool) -> None:
        periods = [*state.source.presets, CUSTOM]
        self.time_range = ipywidgets.ToggleButtons(
            description="Period", options=periods, value=state.query.period.preset, tooltip=""
        )
        self.time_range.add_class("cfusage-periods")
        self.with_today = ipywidgets.Checkbox(
            description="With today so far", indent=False, value=state.query.period.is_with_today
        )
        self.with_today.add_class("cfusage-check")
        self.first_day, self.last_day = date_picker("First day"), date_picker("Last day")
        self.comparison = dropdown("Compare with", list(COMPARISONS.items()), state.query.comparison)
        self.before_first, self.before_last = date_picker("Compared from"), date_picker("Compared to")
        self.time_zone = zone_picker(state.time_zone)
        self.local_zone = button("Use this zone", icon="globe")
        self.local_zone.layout.display = "none"
        self.granularity = dropdown("Bars", list(GRANULARITIES.items()), "auto", "cfusage-narrow")
        self.statistic = dropdown("Statistic", list(STATISTICS.items()), "mean", "cfusage-narrow")
        self.chart = dropdown("Compare", list(COMPARED.items()), state.display.chart)
        self.refresh = button("Refresh", icon="refresh", tooltip="Fetch again")
        self.token = TokenField() if has_token else None

    # What they ask for

    def period(self, shown: Period, owner: ipywidgets.Widget | None = None) -> Period:
        """Return the period that is chosen; a date that was changed last makes it that of the two dates.

        Dates that were not changed count as they are shown: what was typed and is no range holds up nothing.
        """
        is_typed = owner in (self.first_day, self.last_day)
        preset = CUSTOM if is_typed else self.time_range.value
        days = (self.first_day.value, self.last_day.value)
        if not is_typed and shown.preset == CUSTOM:
            days = shown.days
        return Period(
            preset=preset,
            days=days if preset == CUSTOM else (None, None),
            is_with_today=self.with_today.value,
        )

    def query(
        self,
        source: DataSource,
        before: Query,
        accounts: tuple[str, ...] | None,
        owner: ipywidgets.Widget | None = None,
    ) -> Query:
        """Put into hours what is chosen, in the place of a query of before.

        Raises
        ------
        ConfigError
            If what is chosen is no range, or no zone.
        """
        is_typed = owner in (self.before_first, self.before_last)
        other = (self.before_first.value, self.before_last.value) if is_typed else before.other_days
        return Query.of(
            self.period(before.period, owner),
            source.presets,
            accounts=accounts,
            time_zone=place_meant(self.time_zone.value, self.time_zone.options),
            now=source.now,
            comparison=self.comparison.value,
            other_days=other,
        )

    @staticmethod
    def is_still_typed(day: date | None) -> bool:
        """Whether a date has not got all digits of its year yet."""
        return day is not None and day.year < _STILL_TYPED

    # What is on screen

    def show(self, state: State, *, is_typing: bool) -> None:
        """Set all controls to what is on its way, or else on screen; typed dates once that is there.

        A browser tells a date after each key: to set it back would take the cursor away.
        """
        query = state.wanted or state.query
        _set(self.time_range, options=(*state.source.presets, CUSTOM), value=query.period.preset)
        _set(self.with_today, value=query.period.is_with_today)
        self.with_today.layout.display = None if query.period.preset.startswith("Last ") else "none"
        is_answered = query.period.days == (self.first_day.value, self.last_day.value) and not state.is_busy
        if is_answered or not is_typing:
            first, last = query.dates
            _set(self.first_day, value=first)
            _set(self.last_day, value=last)
        if not is_typing:
            before = query.other_days or query.compared_days() or (None, None)
            _set(self.before_first, value=before[0])
            _set(self.before_last, value=before[1])
        for one in (self.before_first, self.before_last):
            one.layout.display = None if query.comparison == "custom" else "none"
        _set(self.comparison, value=query.comparison)
        _set(self.time_zone, value=query.time_zone)
        bars = "hours" if state.refusal is None and state.granularity == "hour" else "days"
        options = [
            (f"Auto: {bars}" if value == "auto" else label, value) for label, value in GRANULARITIES.items()
        ]
        _set(self.granularity, options=tuple(options), value=state.display.granularity)
        _set(self.statistic, value=state.display.statistic)
        _set(self.chart, value=state.display.chart)

    def offer_zone(self, local: str, shown: str, *, is_unasked: bool) -> None:
        """Offer the reader's zone, where nobody chose one and it is another than that on screen."""
        is_offered = bool(local) and is_unasked and local != shown
        self.local_zone.description = f"Use {local}" if is_offered else "Use this zone"
        self.local_zone.layout.display = None if is_offered else "none"


def _set(widget: ipywidgets.Widget, **values: Any) -> None:  # noqa: ANN401 - the widget's own
    """Set what differs: each thing that is set is sent to the browser."""
    for name, value in values.items():
        if getattr(widget, name) != value:
            setattr(widget, name, value)
