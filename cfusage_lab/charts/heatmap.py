"""The hours of the week: a cell for each weekday and hour of the local clock."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import hour_x, weekday_y
from cfusage_lab.charts.colours import CROSS, NEUTRAL, colour_by_amount
from cfusage_lab.charts.hour_patterns import (
    COLUMNS,
    STEPS,
    Statistic,
    check_pattern,
    figure_text,
    hour_facts,
    hover_hours,
    peak_of,
    whole_week,
)
from cfusage_lab.charts.marks import Part, choice_frames
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import pick_accounts, zeros_of
from cfusage_lab.schema import WEEKLY_HEATMAP
from cfusage_lab.time_units import WEEKDAYS
from cfusage_lab.wording import clock_hour

__all__ = ["weekly_heatmap_chart"]

_UNITS: Final = {
    "mean": "mean US dollars an hour",
    "median": "median US dollars an hour",
    "total": "US dollars in all",
    "share": "share of all cost",
}


def weekly_heatmap_chart(
    heatmap: pl.DataFrame,
    *,
    time_zone: str,
    statistic: Statistic = "mean",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what an hour costs, by weekday and hour of the local clock.

    The colour rises by equal steps of lightness. A cell without colour is an hour of the week that nobody
    saw, while zero has the colour of zero. Several accounts stand under each other, each on its own scale;
    of more than five, the costliest are drawn.

    Parameters
    ----------
    heatmap
        What :func:`cfusage_lab.weekly_heatmap` returns (``schema.WEEKLY_HEATMAP``).
    time_zone
        The IANA name of the zone whose clock that is.
    statistic
        Which figure gives the colour: ``mean``, ``median``, ``total`` or ``share``. The pointer is told all.
    names, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`. A click frames a cell, and its
        selection ``cell`` tells which by the fields ``weekday`` (1 to 7, Monday is 1) and ``hour`` (0 to 23).
        A double click takes it back.

    Raises
    ------
    FrameError
        If a column is missing, medians are asked for that were not computed, or an hour of an account's week
        is a duplicate.
    ConfigError
        If there is no such zone or statistic.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(28, now=now))
    >>> heatmap = cfu.weekly_heatmap(history, time_zone="Europe/Berlin")
    >>> chart = cfu.weekly_heatmap_chart(heatmap, time_zone="Europe/Berlin")
    >>> print(*chart.title.text)
    Peak of the week: Monday 10:00 to 11:00, $12.51 on average
    """
    key = ("account_id", "weekday", "hour")
    heatmap, is_spread = check_pattern(
        heatmap, WEEKLY_HEATMAP, statistic=statistic, table="weekly heatmap", key=key
    )
    column = COLUMNS[statistic]
    found = pick_accounts(heatmap, size="total_usd", names=names)
    cells = [whole_week(one) for one in found.tables]
    facts = hour_facts(found, f"Colour: {_UNITS[statistic]}", time_zone)
    unseen = sum(one[column].null_count() for one in cells)
    if unseen:
        facts.append(f"Crosses mark hours of the week without a figure: {unseen:,}")
    return fill_page(
        _PAGE.of(found.labels, zeros_of(cells, column), statistic=statistic, is_spread=is_spread),
        cells,
        title=_title(heatmap, statistic),
        facts=facts,
        note=note,
    )


def _title(heatmap: pl.DataFrame, statistic: Statistic) -> str:
    """State the hour of the week with the highest figure, of one account; the earliest of several."""
    if heatmap.is_empty():
        return "Cost by hour of the week: no hours"
    peak = peak_of(heatmap, statistic)
    if peak is None:
        return "Cost by hour of the week"
    hour = f"{WEEKDAYS[peak['weekday'] - 1]} {clock_hour(peak['hour'])}"
    return f"Peak of the week: {hour}, {figure_text(peak, statistic)}"


# The picture


def _layers(row: Row, *, statistic: Statistic, is_spread: bool) -> list[Part]:
    """Colour a cell an hour of the week, and cross out what nobody saw."""
    column, days = COLUMNS[statistic], weekday_y(is_alone=row.is_alone)
    base = alt.Chart().encode(x=hour_x(is_labelled=row.is_last), x2="next:Q", y=days)
    cells = colour_by_amount(
        base.mark_rect(strokeWidth=1.5, x2Offset=-3),
        column,
        scale=f"{row.name}_fill",
        is_zero=row.is_zero,
        is_share=statistic == "share",
    )
    crosses = alt.Chart().mark_point(shape=CROSS, size=40, color=NEUTRAL).encode(x="middle:Q", y=days)
    unseen = crosses.transform_filter(f"!isValid(datum.{column})")
    columns = hover_hours(row, base, is_spread=is_spread, is_week=True)
    return [cells, unseen, *choice_frames(base, "cell", x2Offset=-3), columns]


_PAGE: Final = AccountPage(
    _layers,
    heights=(7 * 26, 7 * 16),
    what="hour",
    steps=STEPS,
    choice=("cell", ["weekday", "hour"]),
    has_own_fills=True,
)
