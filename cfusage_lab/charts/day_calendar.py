"""Days as a calendar: a column a week, a row a weekday."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.charts.axes import hidden_axis, weekday_y
from cfusage_lab.charts.colours import CROSS, NEUTRAL, colour_by_amount, inks
from cfusage_lab.charts.headings import day_facts, final_fact, one_line
from cfusage_lab.charts.marks import Part, choice_frames, hover_columns
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import PickedAccounts, is_zero, pick_accounts, zeros_of
from cfusage_lab.charts.tooltips import DAY_TEXT, STATE_TEXT, add_account_title, exact_text, quote
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import DAILY
from cfusage_lab.wording import days_text, dollars

__all__ = ["MOST_WEEKS", "calendar_chart"]

MOST_WEEKS: Final = 160
"""Weeks, three years of them: cells of two pixels in half a screen."""

_IS_THERE: Final = "isValid(datum.cost_usd)"
_IS_WIDE: Final = "bandwidth('x') > 12"
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

    The deeper the colour, the costlier; where cells are wide, the amount stands in them. A corner marks a day
    with hours missing, as the running one has. A cross is a day without a row, while zero has the colour of
    zero. Several accounts stand under each other, on one scale; those without cost are named in the heading,
    and of more than five, the costliest are drawn. Of more than 160 weeks, the last are drawn.

    Parameters
    ----------
    daily
        Local days (``schema.DAILY``).
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`; a click frames a day, as in :func:`day_over_day_chart`.

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
    found = pick_accounts(days, size="cost_usd", names=names)
    return fill_page(
        _PAGE.of(found.labels, zeros_of(found.tables, "cost_usd")),
        [_cells(one, found.table) for one in found.tables],
        title=_title(days),
        facts=_facts(found, left_out, day_facts(found.table, time_zone)),
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


def _facts(found: PickedAccounts, left_out: int, when: list[str]) -> list[str]:
    """Say whose days these are and when, and what is marked."""
    days = found.table
    if days.is_empty():
        return when
    lines = [*one_line([found.whose, "US dollars a day"]), *one_line(when)]
    if left_out:
        lines.append(f"The last {MOST_WEEKS} weeks; {left_out:,} older rows are not drawn")
    partial = days.filter(~pl.col("is_whole")).height
    notes = [f"Corners mark days with hours missing: {partial:,}"] if partial else []
    notes += final_fact(days, "day", by="date", is_paler=False)
    return [*lines, *one_line(notes), *found.facts]


# The picture


def _layers(row: Row) -> list[Part]:
    """Colour a cell a day, and mark what is not whole or not there."""
    base = alt.Chart().encode(x=_week_x(is_labelled=row.is_last), y=weekday_y(is_alone=row.is_alone))
    width = alt.ExprRef("max(bandwidth('x') - 3, bandwidth('x') * 0.8)")
    cells = colour_by_amount(base.mark_rect(width=width), "cost_usd", is_zero=row.is_zero)
    size = alt.ExprRef(f"{_IS_WIDE} ? 40 : 10")
    absent = base.mark_point(shape=CROSS, size=size, color=NEUTRAL).transform_filter(f"!{_IS_THERE}")
    titles = add_account_title(
        {"date": "Day", "cost": "Cost", "count": "Hours", "status": "State"}, of=len(row.labels)
    )
    return [
        cells,
        *(_amounts(base) if row.is_alone else []),
        *_corners(base),
        absent,
        *choice_frames(base, "day", width=width),
        hover_columns(base, ["day"], titles, _texts(row.label), nth=row.nth),
    ]


def _corners(base: Part) -> list[Part]:
    """Mark the days with hours missing in the corner of their cells."""
    return [
        base.mark_point(
            shape="M1,1H-1L1,-1Z",
            size=alt.ExprRef(f"{_IS_WIDE} ? 60 : 14"),
            xOffset=alt.ExprRef(f"bandwidth('x') / 2 - ({_IS_WIDE} ? 7 : 3)"),
            yOffset=alt.ExprRef(f"bandwidth('y') / 2 - ({_IS_WIDE} ? 5 : 3)"),
            opacity=alt.ExprRef(f"{which} ? 1 : 0"),
            **ink,
        ).transform_filter(f"{_IS_THERE} && !datum.is_whole")
        for which, ink in inks("cost_usd")
    ]


def _amounts(base: Part) -> list[Part]:
    """Write the amounts into the cells where the longest of them has room: all of them, or none."""
    has_room = "bandwidth('x') > 8 + 7 * datum.longest"
    return [
        base.mark_text(fontSize=11, opacity=alt.ExprRef(f"{has_room} && {which} ? 1 : 0"), **ink)
        .encode(text="amount:N")
        .transform_filter(_IS_THERE)
        .transform_calculate(amount=exact_text("datum.cost_usd"), letters="length(datum.amount)")
        .transform_joinaggregate(longest="max(letters)")
        for which, ink in inks("cost_usd")
    ]


def _week_x(*, is_labelled: bool) -> alt.X:
    """Give weeks a column each, labelled by their Monday, or many of them by month."""
    axis = alt.Axis(labelExpr=" ".join(_WEEK_LABEL.split()), labelAngle=0)
    return alt.X("week:O", axis=axis if is_labelled else hidden_axis(), scale=alt.Scale(padding=0))


def _texts(account: str) -> dict[str, str]:
    told = {
        "cost": exact_text("datum.cost_usd"),
        "count": "format(datum.hours, 'd') + (datum.is_whole ? '' : ', not the whole day')",
        "status": STATE_TEXT,
    }
    return {
        "account": quote(account),
        "date": DAY_TEXT,
        **{name: f"{_IS_THERE} ? ({text}) : 'no row'" for name, text in told.items()},
    }


_PAGE: Final = AccountPage(_layers, heights=(7 * 26, 7 * 16), what="day", choice=("day", ["day"]))
