"""All controls of the explorer, and what they ask for."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer.accounts import AccountPicker
from cfusage_lab.explorer.controls import (
    TokenField,
    button,
    date_picker,
    dropdown,
    zone_meant,
    zone_picker,
)
from cfusage_lab.explorer.presets import Preset
from cfusage_lab.explorer.questions import Question, asked, days
from cfusage_lab.explorer.scene import COMPARISONS, GRANULARITIES, STATISTICS

__all__ = ["Desk"]

_CUSTOM: Final = "Custom days"
Dates = tuple[date | None, date | None]


class Desk:
    """The controls, in the order in which they stand on the page.

    Parameters
    ----------
    presets
        What a time range is called, and what it is.
    preset
        The one to begin with.
    names, chosen
        Account id to name, and the accounts to begin with.
    time_zone
        The zone to begin with.
    has_token
        Whether there is a field for a token.
    """

    def __init__(
        self,
        presets: Mapping[str, Preset],
        preset: str,
        *,
        names: Mapping[str, str],
        chosen: tuple[str, ...],
        time_zone: str,
        has_token: bool,
    ) -> None:
        self._presets = presets
        self.accounts = AccountPicker(names, chosen)
        self.time_range = dropdown("Time range", [*presets, _CUSTOM], preset)
        self.first_day, self.last_day = date_picker("First day"), date_picker("Last day")
        self.granularity = dropdown("Show", list(GRANULARITIES.items()), "hour", "cfusage-narrow")
        self.time_zone = zone_picker(time_zone)
        self.statistic = dropdown("Statistic", list(STATISTICS.items()), "mean", "cfusage-narrow")
        self.comparison = dropdown("Compare", list(COMPARISONS.items()), "day")
        self.before_first, self.before_last = date_picker("Against from"), date_picker("Against to")
        self.refresh = button("Refresh", icon="refresh", tooltip="Fetch again")
        self.token = TokenField() if has_token else None

    @property
    def before(self) -> Dates:
        """The days that are chosen to be compared with."""
        return self.before_first.value, self.before_last.value

    @property
    def is_custom(self) -> bool:
        """Whether other days are to be compared with."""
        return bool(self.comparison.value == "custom")

    def choose_days(self) -> None:
        """Let the range be that of the two pickers."""
        self.time_range.value = _CUSTOM

    def clear_zone(self) -> None:
        """Write out the zone of which a part was written."""
        self.time_zone.value = zone_meant(self.time_zone.value, self.time_zone.options)

    def question(self, *, now: datetime | None, is_own: bool = False) -> Question:
        """Put into hours what the controls say; with ``is_own``, the accounts are left to the source.

        Raises
        ------
        ConfigError
            If no account is chosen, or what is chosen is no range.
        """
        if not (is_own or self.accounts.value):
            raise ConfigError("no account is chosen: choose one or more")
        name = self.time_range.value
        preset = days(self.first_day.value, self.last_day.value) if name == _CUSTOM else self._presets[name]
        accounts = None if is_own else self.accounts.value
        return asked(preset, accounts, time_zone=self.time_zone.value, now=now)

    def show_days(self, dates: Dates, *, today: date) -> None:
        """Set the pickers of the range to what is on screen, unless they say themselves what the range is.

        Somebody may still be typing a date then: each key makes another one, and asks for it. Only a last
        day that is still to come is set to the one that runs.
        """
        last = self.last_day.value
        if self.time_range.value != _CUSTOM:
            self.first_day.value, self.last_day.value = dates
        elif last is not None and last > today:
            self.last_day.value = today

    def show_before(self, dates: Dates | None) -> None:
        """Set the pickers of the days that are compared with, if given; show them where they are of use."""
        if dates is not None:
            self.before_first.value, self.before_last.value = dates
        for one in (self.before_first, self.before_last):
            one.layout.display = None if self.is_custom else "none"
