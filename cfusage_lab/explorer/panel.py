"""The explorer itself: a source, the controls, what is on screen."""

import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import altair as alt
import ipywidgets  # type: ignore[import-untyped]
import polars as pl

from cfusage_lab import ranges
from cfusage_lab.charts import usage_chart
from cfusage_lab.drawing import short
from cfusage_lab.errors import CfUsageError, ConfigError
from cfusage_lab.explorer.controls import Words, banner, dropdown, status_line, zone_meant, zone_picker
from cfusage_lab.explorer.table_source import TableSource
from cfusage_lab.schema import HISTORY, require
from cfusage_lab.source import Progress, Source
from cfusage_lab.view import ChartView, with_picture

__all__ = ["UsageExplorer"]

_PRESETS: Final[Mapping[str, Callable[[str, datetime], ranges.TimeRange]]] = {
    "Today": lambda zone, now: ranges.today(time_zone=zone, now=now),
    "Last 7 days": lambda zone, now: ranges.last_days(7, time_zone=zone, include_today=True, now=now),
    "Last 28 days": lambda zone, now: ranges.last_days(28, time_zone=zone, include_today=True, now=now),
    "Last 90 days": lambda zone, now: ranges.last_days(90, time_zone=zone, include_today=True, now=now),
    "This week": lambda zone, now: ranges.this_week(time_zone=zone, now=now),
    "Month to date": lambda zone, now: ranges.month_to_date(time_zone=zone, now=now),
    "Previous month": lambda zone, now: ranges.previous_month(time_zone=zone, now=now),
}
_WHOLE_TABLE: Final = "Whole table"


class UsageExplorer:
    """Cost over time, with controls.

    Show it by making it the last line of a cell. The first table is fetched before anything is shown. An
    error after a control was changed stands in a banner, and the last good view stays under it.

    Parameters
    ----------
    source
        Anything that hands out usage history (:class:`cfusage_lab.source.Source`), or a history table.
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
    account, time_range, time_zone, refresh
        The controls; setting a ``value`` is as good as a hand on them.
    view
        The chart (:class:`cfusage_lab.view.ChartView`); ``view.selections`` tells the zoom.
    widget
        All of it, to be put into a layout of one's own.

    Raises
    ------
    ConfigError
        If there is no such preset or time zone.
    CfUsageError
        Whatever else the source raises for the first table.
    """

    def __init__(
        self,
        source: Source | pl.DataFrame,
        *,
        time_range: str | None = None,
        time_zone: str = "UTC",
        now: datetime | str | None = None,
    ) -> None:
        ranges.zone(time_zone)
        self._presets = dict(_PRESETS)
        if isinstance(source, pl.DataFrame):
            source = TableSource(source)
            whole = source.whole
            self._presets = {_WHOLE_TABLE: lambda _zone, _now: whole, **_PRESETS}
            now = now or whole.end
        self._source: Source = source
        self._now = None if now is None else ranges.moment(now)
        preset = time_range or ("Last 28 days" if _WHOLE_TABLE not in self._presets else _WHOLE_TABLE)
        if preset not in self._presets:
            raise ConfigError(f"there is no time range {preset!r}: take one of {', '.join(self._presets)}")

        self._status = ipywidgets.HTML()
        self._banner = ipywidgets.HTML()
        self._names = _names(source)
        self._shown = self._take_first(preset, time_zone)
        self._say()
        self.account = dropdown("Account", self._choices(), tuple(self.history["account_id"].unique().sort()))
        self.time_range = dropdown("Time range", [(name, name) for name in self._presets], preset)
        self.time_zone = zone_picker(time_zone)
        self.refresh = ipywidgets.Button(
            description="Refresh", icon="refresh", tooltip="Fetch again", layout={"width": "90px"}
        )
        self.view = ChartView(self.chart())
        self.widget = _Panel(self)
        for control in (self.account, self.time_range, self.time_zone):
            control.observe(self._follow, names="value")
        self.refresh.on_click(self._follow)

    @property
    def history(self) -> pl.DataFrame:
        """The table on screen."""
        return self._shown.history

    @property
    def status(self) -> str:
        """Say where the numbers come from and when they were asked for, as it stands on screen."""
        local = self._shown.fetched_at.astimezone(ranges.zone(self._shown.time_zone))
        moment = f"{local:%a} {local.day} {local:%b %Y, %H:%M} {self._shown.time_zone} time"
        return f"{self._source.label} · data as of {moment}"

    def chart(self, *, note: str | None = None) -> alt.VConcatChart:
        """Draw the table on screen, as :func:`cfusage_lab.usage_chart` does."""
        return self._draw(self._shown, note=note)

    def __repr__(self) -> str:
        return f"<UsageExplorer: {self.status}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return self.widget._repr_mimebundle_(**kwargs)

    def _take_first(self, preset: str, time_zone: str) -> "_Shown":
        """Fetch the accounts that the source itself would take, or the first one that it lists."""
        try:
            return self._take(None, preset, time_zone, None)
        except ConfigError:
            if not self._names:
                raise
            return self._take([next(iter(self._names))], preset, time_zone, None)

    def _take(
        self, accounts: Sequence[str] | None, preset: str, time_zone: str, progress: Progress | None
    ) -> "_Shown":
        """Fetch; what is on screen stays as it is."""
        now = self._now or datetime.now(UTC)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ranges.OffTheHourWarning)
            time_range = self._presets[preset](time_zone, now)
        history = self._source.usage_history(time_range, accounts=accounts, with_ids=False, progress=progress)
        require(history.columns, HISTORY.names(), table="history")
        return _Shown(history, time_zone, now, tuple(str(warning.message) for warning in caught))

    def _draw(self, shown: "_Shown", *, note: str | None = None) -> alt.VConcatChart:
        return usage_chart(shown.history, time_zone=shown.time_zone, names=self._names, note=note)

    def _follow(self, _change: object) -> None:
        """Do what the controls say. Nobody would see an error raised in here, so it is shown."""
        before = self._shown
        self._banner.value = ""
        self._say("fetching …")
        try:
            time_zone = zone_meant(self.time_zone.value, self.time_zone.options)
            if time_zone != self.time_zone.value:
                self.time_zone.value = time_zone  # and follow that
                return
            now_shown = self._take(self.account.value, self.time_range.value, time_zone, Words(self._say))
            chart = self._draw(now_shown)
            self._shown = now_shown
            self.view.draw(chart, clear=[] if now_shown.hours == before.hours else ["brush"])
        except CfUsageError as error:
            self._banner.value = banner(str(error))
        except Exception as error:
            fault = f"{type(error).__name__}: a fault in this program; the log says where"
            self._banner.value = banner(fault)
            raise
        finally:
            self._say()

    def _say(self, doing: str = "") -> None:
        """Write the status line."""
        text = f"{self.status} · {doing}" if doing else self.status
        self._status.value = status_line(text, self._shown.notes)

    def _choices(self) -> list[tuple[str, tuple[str, ...]]]:
        """List what can be chosen: each account, all of them, and whatever the first table holds."""
        first = tuple(self.history["account_id"].unique().sort())
        names = self._names | {one: short(one) for one in first if one not in self._names}
        self._names = names
        counts = Counter(names.values())
        choices: list[tuple[str, tuple[str, ...]]] = [
            (name if counts[name] == 1 else f"{name} ({short(one)})", (one,)) for one, name in names.items()
        ]
        if len(names) > 1:
            choices.append((f"All {len(names):,} accounts", tuple(sorted(names))))
        if first not in [ids for _, ids in choices]:
            choices.append((f"{len(first):,} accounts", first))
        return choices


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is on screen, and how it came there."""

    history: pl.DataFrame
    time_zone: str
    fetched_at: datetime
    notes: tuple[str, ...]

    @property
    def hours(self) -> tuple[object, object]:
        """The first and the last start of a window."""
        return self.history["start_time"].min(), self.history["start_time"].max()


class _Panel(ipywidgets.VBox):  # type: ignore[misc]
    """The explorer's widgets, with a picture for readers who have no kernel."""

    def __init__(self, explorer: UsageExplorer) -> None:
        self._explorer = explorer
        controls = ipywidgets.Box(
            [explorer.account, explorer.time_range, explorer.time_zone, explorer.refresh],
            layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "2px 8px"},
        )
        super().__init__([controls, explorer._status, explorer._banner, explorer.view])  # noqa: SLF001

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        bundle = {**super()._repr_mimebundle_(**kwargs), "text/plain": repr(self._explorer)}
        return with_picture(bundle, self._explorer.chart(note=self._explorer.status))


def _names(source: Source) -> dict[str, str]:
    """Return id to name of the accounts that can be asked for; none where they cannot be listed."""
    try:
        return {one: name or short(one) for one, name in source.accounts().iter_rows()}
    except CfUsageError:  # a token may read usage and still not list accounts
        return {}
