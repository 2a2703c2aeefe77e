"""The hours of the day: mean, median and quartiles by the hour of the local clock."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.accounts import picked
from cfusage_lab.charts.hours import (
    SPREAD,
    hour_facts,
    hour_text,
    is_with_spread,
    refuse_repeats,
    slot_texts,
    slot_titles,
    whole_day,
)
from cfusage_lab.charts.parts import cost_scale, drawn, hour_x, is_zero, page, pointed, row, words
from cfusage_lab.charts.shades import FRAME
from cfusage_lab.charts.style import PALETTE, cost_axis, dollars
from cfusage_lab.charts.texts import titled
from cfusage_lab.schema import HOURLY_PROFILE, require

__all__ = ["hour_profile_chart"]

_USUAL: Final = PALETTE[0]
_COLOURS: Final = {"mean": PALETTE[4], "median": _USUAL, "quartile to quartile": _USUAL}
_BAR: Final = "M-1,-0.3H1V0.3H-1Z"


def hour_profile_chart(
    profile: pl.DataFrame,
    *,
    time_zone: str,
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what an hour costs, by the hour of the local clock.

    The line with points is the mean, the bar across each hour the median, and the shaded band holds the
    middle half of the hours, from quartile to quartile. An hour that nobody saw is a gap. Several accounts
    stand under each other, each on its own scale; of more than five, the costliest are drawn.

    Parameters
    ----------
    profile
        What :func:`cfusage_lab.patterns.hourly_profile` returns (``schema.HOURLY_PROFILE``); without medians,
        only the mean is drawn.
    time_zone
        The IANA name of the zone whose clock that is.
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
        If a column is missing, or an hour of an account stands there twice.
    ConfigError
        If there is no such zone.
    """
    is_spread = is_with_spread(profile)
    require(profile.columns, [name for name in HOURLY_PROFILE if name not in SPREAD], table="hourly profile")
    refuse_repeats(profile, ["account_id", "hour"])
    found = picked(profile, size="total_usd", names=names)
    is_nothing = is_zero(profile.select("mean_usd", *(SPREAD if is_spread else ())))
    unit = f"US dollars an hour: mean{', median and the middle half of the hours' if is_spread else ''}"
    return drawn(
        _page(found.labels, is_spread=is_spread, is_nothing=is_nothing),
        [whole_day(one) for one in found.tables],
        title=_title(profile),
        facts=[*hour_facts(profile, found, unit, time_zone), *([note] if note else [])],
    )


def _title(profile: pl.DataFrame) -> str:
    """State the hour with the highest mean, of one account; the earliest of several."""
    if profile.is_empty():
        return "Cost by hour of the day: no hours"
    if profile["account_id"].n_unique() > 1 or is_zero(profile.select("mean_usd")):
        return "Cost by hour of the day"
    peak = profile.sort("mean_usd", "hour", descending=[True, False], nulls_last=True).row(0, named=True)
    return f"Peak hour {hour_text(peak['hour'])}: {dollars(peak['mean_usd'])} on average"


# The page without its tables and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _page(labels: tuple[str, ...], *, is_spread: bool, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    if not labels:
        return page([words("There is no hour in this table")])
    return page([_row(nth, labels, is_spread=is_spread, is_nothing=is_nothing) for nth in range(len(labels))])


def _row(nth: int, labels: tuple[str, ...], *, is_spread: bool, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    base = alt.Chart().encode(x=hour_x(is_labelled=nth == len(labels) - 1), x2="next:Q")
    y = {"axis": cost_axis(f"row_{nth}"), "scale": cost_scale(is_zero=is_nothing)}
    titles = slot_titles(is_spread=is_spread, is_week=False)
    columns = pointed(nth, base, ["hour"], titled(titles, of=len(labels))).transform_calculate(
        **slot_texts(labels[nth])
    )
    layers = [*(_spread(base, y) if is_spread else []), *_mean(y, is_spread=is_spread), columns]
    steps = {"next": "datum.hour + 1", "middle": "datum.hour + 0.5"}
    return row(layers, nth, labels, heights=(240, 110)).transform_calculate(**steps)


def _spread(base: Any, y: dict[str, Any]) -> list[Any]:  # noqa: ANN401 - altair's own
    """Draw a box from quartile to quartile for each hour, and the median across it."""
    colour = _colour(is_spread=True)
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
    return [boxes, medians]


def _mean(y: dict[str, Any], *, is_spread: bool) -> list[Any]:
    """Draw the mean as a line through the middle of the hours."""
    base = (
        alt.Chart()
        .encode(x="middle:Q", y=alt.Y("mean_usd:Q", **y), color=_colour(is_spread=is_spread))
        .transform_calculate(what="'mean'")
    )
    line = base.mark_line(aria=False, strokeWidth=2, invalid="break-paths-show-path-domains")
    points = base.mark_point(aria=False, filled=True, opacity=1, size=36).transform_filter(
        "isValid(datum.mean_usd)"
    )
    shapes = alt.Scale(domain=list(_COLOURS), range=["circle", _BAR, FRAME])
    shape = alt.Shape("what:N", scale=shapes, legend=_legend(is_spread=is_spread))
    return [line, points.encode(shape=shape)]


def _colour(*, is_spread: bool) -> alt.Color:
    scale = alt.Scale(domain=list(_COLOURS), range=list(_COLOURS.values()))
    return alt.Color("what:N", scale=scale, legend=_legend(is_spread=is_spread))


def _legend(*, is_spread: bool) -> alt.Legend | None:
    return alt.Legend(orient="top", title=None, labelFontSize=12, symbolSize=80) if is_spread else None
