"""The hours of the day: what they cost, by the hour of the local clock."""

from collections.abc import Mapping
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import cost_axis, cost_scale, hour_x, key, legend_columns, share_axis
from cfusage_lab.charts.colours import FRAME, PALETTE
from cfusage_lab.charts.headings import Heading, check_heading
from cfusage_lab.charts.hour_patterns import (
    COLUMNS,
    SPREAD,
    STEPS,
    Statistic,
    check_pattern,
    figure_text,
    hour_facts,
    hover_hours,
    peak_of,
    whole_day,
)
from cfusage_lab.charts.marks import Part, zero_line
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import pick_accounts, zeros_of
from cfusage_lab.schema import HOURLY_PROFILE
from cfusage_lab.wording import clock_hour

__all__ = ["hour_profile_chart"]

_USUAL: Final = PALETTE[0]
_COLOURS: Final = {"mean": PALETTE[4], "median": _USUAL, "middle half": _USUAL}
_BAR: Final = "M-1,-0.3H1V0.3H-1Z"
_SHAPES: Final = {"mean": "circle", "median": _BAR, "middle half": FRAME}
_UNITS: Final = {
    "mean": "US dollars an hour: mean",
    "median": "US dollars an hour: median, middle half",
    "total": "US dollars in all",
    "share": "Share of all cost",
}
_WITH_SPREAD: Final = ", median, middle half"


def hour_profile_chart(
    profile: pl.DataFrame,
    *,
    time_zone: str,
    statistic: Statistic = "mean",
    heading: Heading = "full",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what an hour costs, by the hour of the local clock.

    The line with points is the mean, the bar across each hour the median, and the shaded band holds the
    middle half of the hours, from quartile to quartile. A total or a share is a bar up from zero. An hour
    that nobody saw is a gap. Several accounts stand under each other, on one scale; those
    without cost are named in the heading, and of more than five, the costliest are drawn.

    Parameters
    ----------
    profile
        What :func:`cfusage_lab.hourly_profile` returns (``schema.HOURLY_PROFILE``); without medians,
        only the mean is drawn.
    time_zone
        The IANA name of the zone whose clock that is.
    statistic
        Which figure is drawn: ``mean`` with the median and quartiles beside it, ``median`` with the
        quartiles, ``total`` or ``share``. The pointer is told all.
    heading
        ``short`` leaves account and zone to what stands around the chart.
    names, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing, medians are asked for that were not computed, or an hour of an account is a
        duplicate.
    ConfigError
        If there is no such zone or statistic.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(28, now=now))
    >>> profile = cfu.hourly_profile(history, time_zone="Europe/Berlin")
    >>> chart = cfu.hour_profile_chart(profile, time_zone="Europe/Berlin", statistic="share")
    >>> chart.title.text
    'Peak hour 10:00 to 11:00: 10.2% of all cost'
    """
    slot = ("account_id", "hour")
    profile, is_spread = check_pattern(
        profile, HOURLY_PROFILE, statistic=statistic, table="hourly profile", key=slot
    )
    found = pick_accounts(profile, size="total_usd", names=names, is_short=check_heading(heading))
    has_band = is_spread and statistic in {"mean", "median"}
    shown = (COLUMNS[statistic], *(SPREAD[1:] if has_band else ()))
    unit = _UNITS[statistic] + (_WITH_SPREAD if statistic == "mean" and is_spread else "")
    return fill_page(
        _PAGE.of(found.labels, zeros_of(found.tables, *shown), statistic=statistic, is_spread=is_spread),
        [whole_day(one) for one in found.tables],
        title=_title(profile, statistic),
        facts=hour_facts(found, unit, time_zone),
        note=note,
    )


def _title(profile: pl.DataFrame, statistic: Statistic) -> str:
    """State the hour with the highest figure, of one account; the earliest of several."""
    if profile.is_empty():
        return "Cost by hour of the day: no hours"
    peak = peak_of(profile, statistic)
    if peak is None:
        return "Cost by hour of the day"
    return f"Peak hour {clock_hour(peak['hour'])}: {figure_text(peak, statistic)}"


# The picture


def _layers(row: Row, *, statistic: Statistic, is_spread: bool) -> list[Part]:
    """Draw what adds up as bars, what is usual as bands and lines."""
    base = alt.Chart().encode(x=hour_x(is_labelled=row.is_last), x2="next:Q")
    axis = share_axis() if statistic == "share" else cost_axis()
    y = {"axis": axis, "scale": cost_scale(is_zero=row.is_zero)}
    columns = hover_hours(row, base, is_spread=is_spread, is_week=False)
    if statistic in {"total", "share"}:
        return [*_bars(base, COLUMNS[statistic], y), columns]
    return [*_usual(base, statistic, y, is_spread=is_spread), columns]


def _bars(base: Part, column: str, y: dict[str, Any]) -> list[Part]:
    """Draw bars from zero."""
    bars = base.mark_rect(color=_USUAL, x2Offset=-3).encode(y=alt.Y(f"{column}:Q", **y), y2=alt.datum(0))
    return [bars.transform_filter(f"isValid(datum.{column})"), zero_line()]


def _usual(base: Part, statistic: Statistic, y: dict[str, Any], *, is_spread: bool) -> list[Part]:
    """Draw quartiles as boxes, the median across them, the mean as a line."""
    shown = [name for name in _COLOURS if name != "mean" or statistic == "mean"] if is_spread else ["mean"]
    legend = key(symbolSize=80, columns=legend_columns(shown)) if is_spread else None
    colours = alt.Scale(domain=shown, range=[_COLOURS[name] for name in shown])
    shapes = alt.Scale(domain=shown, range=[_SHAPES[name] for name in shown])
    colour = alt.Color("what:N", scale=colours, legend=legend)
    shape = alt.Shape("what:N", scale=shapes, legend=legend)
    boxes = (
        base.mark_rect(fillOpacity=0.25, strokeWidth=1, stroke=_USUAL)
        .encode(y=alt.Y("q25_usd:Q", **y), y2="q75_usd:Q", color=colour)
        .transform_calculate(what="'middle half'")
    )
    medians = (
        base.mark_rule(strokeWidth=3)
        .encode(y=alt.Y("median_usd:Q", **y), color=colour)
        .transform_calculate(what="'median'")
    )
    mean = (
        alt.Chart()
        .encode(x="middle:Q", y=alt.Y("mean_usd:Q", **y), color=colour)
        .transform_calculate(what="'mean'")
    )
    line = mean.mark_line(strokeWidth=2, invalid="break-paths-show-path-domains")
    size = 36 if statistic == "mean" else 0  # then it is there for the key alone
    points = mean.mark_point(size=size).encode(shape=shape).transform_filter("isValid(datum.mean_usd)")
    return [*([boxes, medians] if is_spread else []), *([line] if statistic == "mean" else []), points]


_PAGE: Final = AccountPage(_layers, heights=(240, 110), what="hour", steps=STEPS)
