"""The hours of the week: a cell for each weekday and hour of the local clock."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import hidden_axis, weekday_y
from cfusage_lab.charts.colours import CROSS, NEUTRAL, colour_by_amount, inks
from cfusage_lab.charts.headings import Heading, check_heading
from cfusage_lab.charts.heatmap_weeks import WEEK_TEXTS, week_texts
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
from cfusage_lab.charts.page import ROW_HEIGHT, AccountPage, Row, fill_page
from cfusage_lab.charts.rows import pick_accounts, zeros_of
from cfusage_lab.charts.tooltips import exact_text, tooltip
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
    history: pl.DataFrame | None = None,
    heading: Heading = "full",
    names: Mapping[str, str] | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what an hour costs, by weekday and hour of the local clock.

    The deeper the colour, the costlier; the costliest cell is labelled. A cross is an hour of the week that
    nobody saw, while zero has the colour of zero. On the right stands what a weekday comes to, above what an
    hour of the day does. Several accounts stand under each other, on one scale; those without cost are named
    in the heading, and of more than five, the costliest are drawn.

    Parameters
    ----------
    heatmap
        What :func:`cfusage_lab.weekly_heatmap` returns (``schema.WEEKLY_HEATMAP``).
    time_zone
        The IANA name of the zone whose clock that is.
    statistic
        Which figure gives the colour: ``mean``, ``median``, ``total`` or ``share``. The pointer is told all.
        Of medians no sums are drawn.
    history
        The hours that the heatmap was made of (``schema.HISTORY``): the pointer is told what each week cost,
        so that a one-off is seen.
    heading
        ``short`` leaves account and zone to what stands around the chart.
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
        If a column is missing, medians are asked for that were not computed, an hour of an account's week
        is a duplicate, or ``history`` is of other hours.
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
    found = pick_accounts(heatmap, size="total_usd", names=names, is_short=check_heading(heading))
    if history is not None:
        weeks = week_texts(history, found.table, time_zone=time_zone)
        found = found.joined(weeks, on=key)
    cells = [_with_sums(whole_week(one), column) for one in found.tables]
    facts = hour_facts(found, f"Colour: {_UNITS[statistic]}", time_zone)
    unseen = sum(one[column].null_count() for one in cells)
    if unseen:
        facts.append(f"Crosses mark hours of the week without a figure: {unseen:,}")
    return fill_page(
        _PAGE.of(
            found.labels,
            zeros_of(cells, column),
            statistic=statistic,
            is_spread=is_spread,
            has_weeks=history is not None,
        ),
        cells,
        title=_title(heatmap, statistic),
        facts=facts,
        note=note,
        values={"hour_most": max((float(one["hour_sum"].max() or 0.0) for one in cells), default=0.0)},  # type: ignore[arg-type]
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


def _with_sums(cells: pl.DataFrame, column: str) -> pl.DataFrame:
    """Add what a weekday and an hour of the day come to, on one row of each; null where a cell is not known.

    ``is_peak`` is true on the first of the highest cells, unless that is zero.
    """
    whole = pl.when(pl.col(column).is_not_null().all()).then(pl.col(column).sum())
    top = pl.col(column).max()
    return cells.with_columns(
        pl.when(pl.col("hour") == 0).then(whole.over("weekday")).alias("day_sum"),
        pl.when(pl.col("weekday") == 1).then(whole.over("hour")).alias("hour_sum"),
        is_peak=(pl.int_range(pl.len()) == pl.col(column).arg_max()) & (top > 0),
    ).with_columns(is_peak=pl.col("is_peak").fill_null(value=False))


# The picture


def _layers(row: Row, *, statistic: Statistic, is_spread: bool, has_weeks: bool) -> list[Part]:
    """Colour a cell an hour of the week, cross out what nobody saw, and add up."""
    column, has_sums = COLUMNS[statistic], statistic in _SUMS
    base = alt.Chart().encode(
        x=_hours(row, has_sums=has_sums), x2="next:Q", y=_weekdays(row, has_sums=has_sums)
    )
    cells = colour_by_amount(
        base.mark_rect(x2Offset=-2), column, is_zero=row.is_zero, is_share=statistic == "share"
    )
    middle = alt.Chart().encode(x="middle:Q", y="weekday:O")
    unseen = middle.mark_point(shape=CROSS, size=40, color=NEUTRAL).transform_filter(
        f"!isValid(datum.{column})"
    )
    columns = hover_hours(row, base, is_spread=is_spread, is_week=True, also=WEEK_TEXTS if has_weeks else {})
    sums = [_day_sums(statistic), *_hour_sums(row, statistic)] if has_sums else []
    frames = choice_frames(base, "cell", x2Offset=-2)
    return [cells, unseen, *_peak(row, base, middle, column, statistic), *sums, *frames, columns]


def _hours(row: Row, *, has_sums: bool) -> alt.X:
    """Place the hours, and keep room on the right for the sums of weekdays."""
    axis = alt.Axis(values=list(range(0, 25, 3)), labelExpr="format(datum.value, '02d') + ':00'")
    end = alt.ExprRef(f"width - {_RIGHT if has_sums else 0}")
    scale = alt.Scale(domain=[0, 24], nice=False, zero=False, range=[0, end])
    return alt.X("hour:Q", axis=axis if row.is_last else hidden_axis(), scale=scale)


def _weekdays(row: Row, *, has_sums: bool) -> alt.Y:
    """Place the weekdays, and keep room above for the sums of hours."""
    start = _top(row) if has_sums else 0
    return weekday_y(is_alone=row.is_alone, range=[start, alt.ExprRef(ROW_HEIGHT)])


def _top(row: Row) -> int:
    return 30 if row.is_alone else 18


def _peak(row: Row, base: Part, middle: Part, column: str, statistic: Statistic) -> list[Part]:
    """Write the highest figure into its cell; where that is too narrow, its colour covers more."""
    texts = _FORMATS[statistic] if statistic in _FORMATS else _FORMATS["mean"]
    exact, short = (one.format(cost=f"datum.{column}") for one in texts)
    cell = "(scale('x', 1) - scale('x', 0))"
    lacking = f"max(0, length({short}) * {_LETTER} + 6 - {cell}) / 2"
    aside = f"(datum.hour === 0 ? {lacking} : datum.hour === 23 ? -{lacking} : 0)"
    left, right = (alt.ExprRef(f"{aside} {end}") for end in (f"- {lacking}", f"+ {lacking} - 2"))
    text = f"length({exact}) * {_LETTER} < {cell} - 4 ? {exact} : {short}"
    wide = base.mark_rect(xOffset=left, x2Offset=right)
    parts = [colour_by_amount(wide, column, is_zero=row.is_zero, is_share=statistic == "share")]
    parts += [
        middle.mark_text(
            fontSize=11,
            fontWeight="bold",
            text=alt.ExprRef(f"{which} ? ({text}) : ''"),
            xOffset=alt.ExprRef(f"{aside} - 1"),
            **ink,
        )
        for which, ink in inks(column)
    ]
    return [one.transform_filter("datum.is_peak") for one in parts]


def _day_sums(statistic: Statistic) -> Part:
    """Write what a weekday comes to beside its cells."""
    text = f"isValid(datum.day_sum) ? {_FORMATS[statistic][0].format(cost='datum.day_sum')} : 'unknown'"
    return (
        alt.Chart()
        .mark_text(align="right", fontSize=11)
        .encode(x=alt.value(alt.ExprRef("width")), y="weekday:O", text="day_text:N")
        .transform_calculate(day_text=text)
        .transform_filter("datum.hour === 0")
    )


def _hour_sums(row: Row, statistic: Statistic) -> list[Part]:
    """Draw what an hour of the day comes to above its cells; beside it, what the numbers below are."""
    room = _top(row) - 8
    bars = (
        alt.Chart()
        .mark_rect(color="#8c8c8c", x2Offset=-2)
        .encode(
            x="hour:Q",
            x2="next:Q",
            y=alt.value(alt.ExprRef(f"{room + 3} - max(0, datum.hour_sum) / hour_most * {room}")),
            y2=alt.value(room + 3),
            tooltip=tooltip({"clock": "Local time", "told": _SUMS[statistic][1]}),
        )
        .transform_filter("isValid(datum.hour_sum) && hour_most > 0")
        .transform_calculate(
            clock="format(datum.hour, '02d') + ':00 to ' + format(datum.hour + 1, '02d') + ':00'",
            told=_FORMATS[statistic][0].format(cost="datum.hour_sum"),
        )
    )
    head = (
        alt.Chart()
        .mark_text(align="right", baseline="bottom", fontSize=10, text=_SUMS[statistic][0])
        .encode(x=alt.value(alt.ExprRef("width")), y=alt.value(room + 5))
        .transform_filter("datum.hour === 0 && datum.weekday === 1")
    )
    return [bars, head]


_LETTER: Final = 6.4
"""Pixels of a letter that is written into a cell."""
_RIGHT: Final = 66
"""Pixels for what a weekday comes to, ``$12,345`` and shorter."""
_DOLLARS: Final = f"(abs({{cost}}) >= 1000 ? format({{cost}}, '$,.0f') : {exact_text('{cost}')})"
_SHORT: Final = "format({cost}, {cost} >= 1 ? '$,.0f' : '$,.2f')"
_FORMATS: Final[dict[str, tuple[str, str]]] = {
    "mean": (_DOLLARS, _SHORT),
    "total": (_DOLLARS, _SHORT),
    "share": ("format({cost}, '.1%')", "format({cost}, '.0%')"),
}
"""How a figure is written, and how where there is less room."""
_SUMS: Final = {
    "mean": ("Average day", "In an average week"),
    "total": ("In all", "In all"),
    "share": ("Share", "Share"),
}
"""What weekdays and hours come to; medians add up to nothing."""
_PAGE: Final = AccountPage(
    _layers,
    heights=(30 + 7 * 26, 18 + 7 * 16),
    what="hour",
    steps=STEPS,
    choice=("cell", ["weekday", "hour"]),
)
