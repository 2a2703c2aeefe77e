"""Days as a calendar: a column a week, a row a weekday."""

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.accounts import Picked, picked
from cfusage_lab.charts.days import changing, when
from cfusage_lab.charts.parts import (
    blank_axis,
    choosable,
    chosen,
    drawn,
    is_zero,
    page,
    pointed,
    row,
    weekday_y,
    words,
    zeros_of,
)
from cfusage_lab.charts.shades import CROSS, NEUTRAL, ramped
from cfusage_lab.charts.style import exact_text
from cfusage_lab.charts.texts import quoted, titled
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import DAILY
from cfusage_lab.wording import days_text, dollars

__all__ = ["MOST_WEEKS", "calendar_chart"]

MOST_WEEKS: Final = 160
"""Weeks that can be told apart, on a narrow screen."""

_IS_THERE: Final = "isValid(datum.cost_usd)"
_WEEK_LABEL: Final = """
length(domain('x')) <= 16 ? utcFormat(datum.value, '%-d %b')
: utcdate(datum.value) > 7 ? ''
: utcmonth(datum.value) === 0 ? utcFormat(datum.value, '%b %Y')
: utcFormat(datum.value, '%b')
"""


def calendar_chart(
    daily: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw what each day costs as a calendar: a column a week, Monday above.

    The colour rises by equal steps of lightness; where cells are wide, the amount stands in them. A corner
    marks a day with hours missing, as the running one has. A cross is a day without a row, while zero has the
    colour of zero. Several accounts stand under each other, each on its own scale; of more than five, the
    costliest are drawn. Of more than 160 weeks, the last are drawn.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``).
    names
        Account id to name; an account without one is called by the ends of its id. The order is kept.
    time_zone
        The IANA name of the zone whose days these are, to be said in the heading.
    note
        A last line of the heading: where the numbers come from, for a picture that travels alone.

    Returns
    -------
    VConcatChart
        640 pixels wide; in :func:`cfusage_lab.show` as wide as the cell. A click frames a day, and its
        selection ``day`` tells which by the field ``day``: the day's midnight in milliseconds, as a reading
        on a UTC scale whatever the zone. A double click takes it back.

    Raises
    ------
    FrameError
        If a column is missing, or a day of an account is a duplicate.
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(56, now=now))
    >>> chart = cfu.calendar_chart(cfu.daily_usage(history, time_zone="UTC"), time_zone="UTC")
    >>> chart.title.text
    'Costliest day: Mon 12 Oct 2026, $224.36'
    """
    daily = polars_table(daily, DAILY, table="daily", key=("account_id", "date"))
    days, left_out = _last_weeks(daily)
    found = picked(days, size="cost_usd", names=names)
    return drawn(
        _page(found.labels, zero_rows=zeros_of(found.tables, "cost_usd")),
        [_cells(one, found.table) for one in found.tables],
        title=_title(days),
        facts=_facts(found, left_out, when(found.table, time_zone)),
        note=note,
    )


# The rows


def _last_weeks(daily: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Return the days of the last weeks that can be told apart, and how many rows are older."""
    if daily.is_empty():
        return daily, 0
    last: Any = daily["date"].max()
    start = last - timedelta(days=last.weekday() + 7 * (MOST_WEEKS - 1))
    days = daily.filter(pl.col("date") >= start)
    return days, daily.height - days.height


def _cells(table: pl.DataFrame, days: pl.DataFrame) -> pl.DataFrame:
    """Give each date of the whole table a row: ``day`` and ``week`` as milliseconds, readings marked UTC."""
    dates = pl.date_range(days["date"].min(), days["date"].max(), eager=True)  # type: ignore[arg-type]
    grid = pl.DataFrame({"date": dates}).join(table.drop("account_id"), on="date", how="left").sort("date")
    day = pl.col("date").cast(pl.Datetime("ms")).dt.epoch("ms")
    weekday = pl.col("date").dt.weekday().cast(pl.Int64)
    return grid.select(
        "cost_usd",
        "hours",
        "is_whole",
        "state",
        day=day,
        weekday=weekday,
        week=day - (weekday - 1) * 86_400_000,
    )


# The heading


def _title(days: pl.DataFrame) -> str:
    """State the costliest day, of one account; the earliest of several."""
    if days.is_empty():
        return "Cost by day: no days"
    if days["account_id"].n_unique() > 1 or is_zero(days.select("cost_usd")):
        return "Cost by day"
    top = days.sort("cost_usd", "date", descending=[True, False], nulls_last=True).row(0, named=True)
    return f"Costliest day: {days_text(top['date'], top['date'])}, {dollars(top['cost_usd'])}"


def _facts(found: Picked, left_out: int, when: list[str]) -> list[str]:
    """Say whose days these are and when, and what is marked."""
    days = found.table
    if days.is_empty():
        return when
    lines = [f"{found.whose} · US dollars a day", " · ".join(when)]
    if left_out:
        lines.append(f"The last {MOST_WEEKS} weeks; {left_out:,} older rows are not drawn")
    partial = days.filter(~pl.col("is_whole")).height
    notes = [f"Corners mark days with hours missing: {partial:,}"] if partial else []
    notes += [f"May still change: {changing(days)}"] if changing(days) else []
    return [*lines, *([" · ".join(notes)] if notes else []), *found.facts]


# The page without its tables and its heading: made once, because altair takes long over it.


@lru_cache(maxsize=64)
def _page(labels: tuple[str, ...], *, zero_rows: tuple[bool, ...]) -> Any:  # noqa: ANN401 - altair's own
    if not labels:
        return page([words("There is no day in this table")])
    rows = [_row(nth, labels, is_nothing=is_nothing) for nth, is_nothing in enumerate(zero_rows)]
    whole = page(rows).resolve_scale(x="shared", fill="independent", stroke="independent")
    return choosable(whole, "day", fields=["day"])


def _row(nth: int, labels: tuple[str, ...], *, is_nothing: bool) -> Any:  # noqa: ANN401 - altair's own
    of, fill = len(labels), f"row_{nth}_fill"
    base = alt.Chart().encode(x=_week_x(is_labelled=nth == of - 1), y=weekday_y(of=of))
    width = alt.ExprRef("max(bandwidth('x') - 3, bandwidth('x') * 0.8)")
    rectangles = base.mark_rect(aria=False, strokeWidth=1.5, width=width)
    cells = ramped(rectangles, "cost_usd", scale=fill, is_zero=is_nothing)
    absent = base.mark_point(
        aria=False,
        filled=True,
        opacity=1,
        shape=CROSS,
        size=alt.ExprRef("bandwidth('x') > 12 ? 40 : 10"),
        color=NEUTRAL,
    ).transform_filter(f"!{_IS_THERE}")
    ink = alt.ExprRef(f"luminance(scale('{fill}', datum.cost_usd)) > 0.18 ? '#000000' : '#ffffff'")
    amounts = [_amounts(base, ink)] if of == 1 else []
    titles = titled({"date": "Day", "cost": "Cost", "count": "Hours", "status": "State"}, of=of)
    columns = pointed(nth, base, ["day"], titles).transform_calculate(**_texts(labels[nth]))
    frames = chosen(base, "day", width=width)
    layers = [cells, *amounts, _corners(base, f"row_{nth}_y", ink), absent, *frames, columns]
    return row(layers, nth, labels, heights=(7 * 26, 7 * 16))


def _corners(base: Any, weekdays: str, ink: alt.ExprRef) -> Any:  # noqa: ANN401 - altair's own
    """Mark the days with hours missing in the corner of their cells."""
    is_wide = "bandwidth('x') > 12"
    return base.mark_point(
        aria=False,
        filled=True,
        opacity=1,
        shape="M1,1H-1L1,-1Z",
        size=alt.ExprRef(f"{is_wide} ? 60 : 14"),
        xOffset=alt.ExprRef(f"bandwidth('x') / 2 - ({is_wide} ? 7 : 3)"),
        yOffset=alt.ExprRef(f"bandwidth('{weekdays}') / 2 - ({is_wide} ? 5 : 3)"),
        color=ink,
    ).transform_filter(f"{_IS_THERE} && !datum.is_whole")


def _amounts(base: Any, ink: alt.ExprRef) -> Any:  # noqa: ANN401 - altair's own
    """Write the amounts into the cells where the longest of them has room: all of them, or none."""
    has_room = "bandwidth('x') > 8 + 7 * datum.longest"
    return (
        base.mark_text(aria=False, fontSize=11, color=ink, opacity=alt.ExprRef(f"{has_room} ? 1 : 0"))
        .encode(text="amount:N")
        .transform_filter(_IS_THERE)
        .transform_calculate(amount=exact_text("datum.cost_usd"), letters="length(datum.amount)")
        .transform_joinaggregate(longest="max(letters)")
    )


def _week_x(*, is_labelled: bool) -> alt.X:
    """Give weeks a column each, labelled by their Monday, or many of them by month."""
    axis = alt.Axis(
        labelExpr=" ".join(_WEEK_LABEL.split()),
        labelAngle=0,
        labelFontSize=11,
        labelFlush=False,
        labelOverlap="parity",
        labelSeparation=6,
        labelPadding=6,
        ticks=False,
        domain=False,
        title=None,
    )
    return alt.X("week:O", axis=axis if is_labelled else blank_axis(), scale=alt.Scale(padding=0))


def _texts(account: str) -> dict[str, str]:
    told = {
        "cost": exact_text("datum.cost_usd"),
        "count": "format(datum.hours, 'd') + (datum.is_whole ? '' : ', not the whole day')",
        "status": "replace(datum.state, '_', ' ')",
    }
    return {
        "account": quoted(account),
        "date": "utcFormat(datum.day, '%a %-d %b %Y')",
        **{name: f"{_IS_THERE} ? ({text}) : 'no row'" for name, text in told.items()},
    }
