"""The charts of the explorer, each drawn from the state: no widget, no fetching."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import altair as alt

from cfusage_lab.changes import rolling_mean
from cfusage_lab.charts import hour_profile_chart, usage_chart, weekly_heatmap_chart
from cfusage_lab.daily import daily_usage
from cfusage_lab.explorer.compared_chart import compared, compared_reads, shared_reads
from cfusage_lab.explorer.data import Same
from cfusage_lab.explorer.state import State
from cfusage_lab.patterns import hourly_profile, weekly_heatmap
from cfusage_lab.ranges import no_zone_warning

__all__ = ["CHARTS", "GRANULARITIES", "STATISTICS", "View"]

GRANULARITIES: Final = {"Auto": "auto", "Hours": "hour", "Days": "day"}
STATISTICS: Final = {"Mean": "mean", "Median": "median", "Total": "total", "Share": "share"}


def time_line(state: State, *, note: str | None = None) -> alt.VConcatChart:
    """Draw the whole range over time; the brush is the browser's."""
    usage, rolling = state.drawn, None
    if state.granularity == "day":
        with no_zone_warning():
            usage = daily_usage(usage, time_zone=state.time_zone)
            means = state.changes(rolling_mean)
        rolling = means.join(usage, on=["account_id", "date"], how="semi")
        if state.partners == "loading" and rolling["rolling_mean_usd"].has_nulls():
            rolling = None
    return usage_chart(
        usage,
        rolling=rolling,
        anomalies=None if state.events is None else state.events.table,
        time_zone=state.time_zone,
        names=state.drawn_names,
        marked=state.marked,
        heading=state.display.heading,
        note=note,
    )


def heatmap(state: State) -> alt.VConcatChart:
    """Draw the selected span by weekday and hour."""
    with no_zone_warning():
        table = weekly_heatmap(state.brushed, time_zone=state.time_zone)
    return weekly_heatmap_chart(
        table,
        time_zone=state.time_zone,
        statistic=state.display.statistic,  # type: ignore[arg-type]
        history=state.brushed,
        names=state.drawn_names,
        heading=state.display.heading,
    )


def profile(state: State) -> alt.VConcatChart:
    """Draw the selected span by hour of the day."""
    with no_zone_warning():
        table = hourly_profile(state.brushed, time_zone=state.time_zone)
    return hour_profile_chart(
        table, time_zone=state.time_zone, names=state.drawn_names, heading=state.display.heading
    )


def _marks(state: State) -> tuple[Any, ...]:
    return (state.selection.weekday, state.selection.hour, state.selection.day)


def _days_known(state: State) -> tuple[Any, ...]:
    return (Same(state.known), state.partners) if state.granularity == "day" else ()


class View(NamedTuple):
    """A view.

    Attributes
    ----------
    draw
        Makes of a state what its widget shows.
    reads
        All of the state that decides it, its windows first: what reads the same is not drawn again.
    """

    draw: Callable[[State], Any]
    reads: Callable[[State], tuple[Any, ...]]


CHARTS: Final[Mapping[str, View]] = {
    "time_line": View(
        time_line,
        lambda s: (*shared_reads(s), s.granularity, s.events, _marks(s), *_days_known(s)),
    ),
    "compared": View(compared, compared_reads),
    "heatmap": View(heatmap, lambda s: (*shared_reads(s), s.selection.brush, s.display.statistic)),
    "profile": View(profile, lambda s: (*shared_reads(s), s.selection.brush)),
}
"""The charts by name."""
