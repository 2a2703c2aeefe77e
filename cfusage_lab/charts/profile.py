"""The hours of the day: what they cost, by the hour of the local clock."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.accounts import picked
from cfusage_lab.charts.hours import (
    COLUMNS,
    SPREAD,
    STEPS,
    Statistic,
    checked,
    figure_text,
    hour_facts,
    peak_of,
    pointed_hours,
    whole_day,
)
from cfusage_lab.charts.parts import (
    cost_scale,
    drawn,
    hour_x,
    page,
    row,
    words,
    zero_line,
    zeros_of,
)
from cfusage_lab.charts.shades import FRAME
from cfusage_lab.charts.style import PALETTE, cost_axis, share_axis
from cfusage_lab.schema import HOURLY_PROFILE
from cfusage_lab.wording import clock_hour

__all__ = ["hour_profile_chart"]

_USUAL: Final = PALETTE[0]
_COLOURS: Final = {"mean": PALETTE[4], "median": _USUAL, "quartile to quartile": _USUAL}
_BAR: Final = "M-1,-0.3H1V0.3H-1Z"
_SHAPES: Final = {"mean": "circle", "median": _BAR, "quartile to quartile": FRAME}
_UNITS: Final = {
    "mean": "US dollars an hour: mean",
    "median": "US dollars an hour: median, quartiles",
    "total": "US dollars in all",
    "share": "Share of all cost",
}
_WITH_SPREAD: Final = ", median, quartiles"


def hour_profile_chart(
    profile: pl.DataFrame,
    *,
    time_zone: str,
    statistic: Statistic = "mean",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what an hour costs, by the hour of the local clock.

    The line with points is the mean, the bar across each hour the median, and the shaded band holds the
    middle half of the hours, from quartile to quartile. A total or a share is a bar up from zero. An hour
    that nobody saw is a gap. Several accounts stand under each other, each on its own scale; of more than
    five, the costliest are drawn.

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
    names
        Account id to name; an account without one is called by the ends of its id. The order is kept.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell.

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
    key = ("account_id", "hour")
    profile, is_spread = checked(
        profile, HOURLY_PROFILE, statistic=statistic, table="hourly profile", key=key
    )
    found = picked(profile, size="total_usd", names=names)
    has_band = is_spread and statistic in {"mean", "median"}
    drawn_columns = (COLUMNS[statistic], *(SPREAD[1:] if has_band else ()))
    unit = _UNITS[statistic] + (_WITH_SPREAD if statistic == "mean" and is_spread else "")
    return drawn(
        _page(found.labels, statistic, is_spread=is_spread, zero_rows=zeros_of(found.tables, *drawn_columns)),
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


# The page without its tables and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _page(
    labels: tuple[str, ...], statistic: Statistic, *, is_spread: bool, zero_rows: tuple[bool, ...]
) -> Any:  # noqa: ANN401 - altair's own
    if not labels:
        return page([words("There is no hour in this table")])
    return page(
        [
            _row(nth, labels, statistic, is_spread=is_spread, is_nothing=is_nothing)
            for nth, is_nothing in enumerate(zero_rows)
        ]
    )


def _row(
    nth: int, labels: tuple[str, ...], statistic: Statistic, *, is_spread: bool, is_nothing: bool
) -> Any:  # noqa: ANN401 - altair's own
    base = alt.Chart().encode(x=hour_x(is_labelled=nth == len(labels) - 1), x2="next:Q")
    axis = share_axis() if statistic == "share" else cost_axis(f"row_{nth}")
    y = {"axis": axis, "scale": cost_scale(is_zero=is_nothing)}
    columns = pointed_hours(nth, base, labels, is_spread=is_spread, is_week=False)
    if statistic in {"total", "share"}:
        marks = _bars(base, COLUMNS[statistic], y)
    else:
        marks = _usual(base, statistic, y, is_spread=is_spread)
    return row([*marks, columns], nth, labels, heights=(240, 110)).transform_calculate(**STEPS)


def _bars(base: Any, column: str, y: dict[str, Any]) -> list[Any]:  # noqa: ANN401 - altair's own
    """Draw what adds up as bars from zero."""
    bars = (
        base.mark_rect(aria=False, color=_USUAL, x2Offset=-3)
        .encode(y=alt.Y(f"{column}:Q", **y), y2=alt.datum(0))
        .transform_filter(f"isValid(datum.{column})")
    )
    return [bars, zero_line()]


def _usual(base: Any, statistic: Statistic, y: dict[str, Any], *, is_spread: bool) -> list[Any]:  # noqa: ANN401 - altair's own
    """Draw what is usual in an hour: quartiles as boxes, the median across them, the mean as a line."""
    shown = [name for name in _COLOURS if name != "mean" or statistic == "mean"] if is_spread else ["mean"]
    legend = alt.Legend(orient="top", title=None, labelFontSize=12, symbolSize=80) if is_spread else None
    colours = alt.Scale(domain=shown, range=[_COLOURS[name] for name in shown])
    shapes = alt.Scale(domain=shown, range=[_SHAPES[name] for name in shown])
    colour = alt.Color("what:N", scale=colours, legend=legend)
    shape = alt.Shape("what:N", scale=shapes, legend=legend)
    boxes = (
        base.mark_rect(aria=False, fillOpacity=0.25, strokeWidth=1, stroke=_USUAL)
        .encode(y=alt.Y("q25_usd:Q", **y), y2="q75_usd:Q", color=colour)
        .transform_calculate(what="'quartile to quartile'")
    )
    medians = (
        base.mark_rule(aria=False, strokeWidth=3)
        .encode(y=alt.Y("median_usd:Q", **y), color=colour)
        .transform_calculate(what="'median'")
    )
    mean = (
        alt.Chart()
        .encode(x="middle:Q", y=alt.Y("mean_usd:Q", **y), color=colour)
        .transform_calculate(what="'mean'")
    )
    line = mean.mark_line(aria=False, strokeWidth=2, invalid="break-paths-show-path-domains")
    size = 36 if statistic == "mean" else 0  # then it is there for the key alone
    points = (
        mean.mark_point(aria=False, filled=True, opacity=1, size=size)
        .encode(shape=shape)
        .transform_filter("isValid(datum.mean_usd)")
    )
    return [*([boxes, medians] if is_spread else []), *([line] if statistic == "mean" else []), points]
