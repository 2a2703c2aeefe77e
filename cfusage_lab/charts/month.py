"""Month-to-date: this month's cost as it adds up, beside the same days of the month before."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import altair as alt
import polars as pl

from cfusage_lab.argument_checks import said
from cfusage_lab.charts.axes import columns_of, cost_axis, cost_scale, day_x, line_key
from cfusage_lab.charts.colours import PALETTE, REST
from cfusage_lab.charts.headings import Heading, check_heading, day_facts, final_fact, one_line
from cfusage_lab.charts.marks import Part, hover_columns
from cfusage_lab.charts.page import AccountPage, Row, fill_page
from cfusage_lab.charts.rows import PickedAccounts, pick_accounts, place_days, zeros_of
from cfusage_lab.charts.tooltips import add_account_title, compared_texts, compared_titles
from cfusage_lab.errors import ConfigError, FrameError
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import COMPARISON
from cfusage_lab.time_units import DAY
from cfusage_lab.wording import days_text, dollars, more_or_less

__all__ = ["DAY_MINUTES", "clock_minutes", "month_of_days", "month_over_month_chart"]

DAY_MINUTES: Final = 24 * 60
_DASHES: Final = {"current": [], "previous": [5, 3]}
_COLOURS: Final = {"current": PALETTE[0], "previous": REST}
_MONTH_PIXELS: Final = 160
"""What September and its year take in the key."""


def month_over_month_chart(
    month_so_far: pl.DataFrame,
    *,
    until: str | None = None,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    heading: Heading = "full",
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw how cost adds up from the first of the month, beside the same days of the month before.

    The solid line is this month, the dashed one the same days of the month before; a line breaks where it is
    not known. The last day is shaded: it is the month so far, not a forecast. Several accounts stand under
    each other, on one scale; those without cost are named in the heading, and of more than five, the
    costliest are drawn.

    Parameters
    ----------
    month_so_far
        What :func:`cfusage_lab.month_over_month` returns (``schema.COMPARISON``).
    until
        The local clock time until which the last day is counted, such as ``"14:00"``, as in
        ``schema.SAME_TIME`` and ``schema.SUMMARY``: if it is not ``"24:00"``, the day is marked as running.
    heading
        ``short`` leaves account, range and zone to what stands around the chart.
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        A whole month, as wide as the chart of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing, or the days are of several months.
    ConfigError
        If there is no such zone, or ``until`` is not a clock time.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(56, now=now))
    >>> chart = cfu.month_over_month_chart(cfu.month_over_month(history, time_zone="UTC"), time_zone="UTC")
    >>> print(*chart.title.text)
    Month to date: $1,685.26, $63.85 more (+3.9%) than in October
    """
    month_so_far = polars_table(month_so_far, COMPARISON, table="comparison", key=("account_id", "date"))
    passed = clock_minutes(until)
    first = month_of_days(month_so_far)
    if first is None:
        days = day_facts(month_so_far, time_zone)
        return fill_page(_PAGE.of(()), [], title="Month to date: no days", facts=days, note=note)
    found = pick_accounts(month_so_far, size="current_usd", names=names, is_short=check_heading(heading))
    before = (first - DAY).replace(day=1)
    return fill_page(
        _PAGE.of(found.labels, zeros_of(found.tables, "current_usd", "previous_usd")),
        [_rows(one, first, passed) for one in found.tables],
        title=_title(month_so_far, before),
        facts=[*_facts(found, before, found.when(time_zone)), *found.facts],
        note=note,
        values={
            "month_labels": {"current": f"{first:%B %Y}", "previous": f"{before:%B %Y}"},
            "month_until": f"until {until}" if until else "so far",
        },
    )


# The rows


def month_of_days(table: pl.DataFrame) -> date | None:
    """Return the first of the month that the days are of."""
    months = table["date"].dt.truncate("1mo").unique().sort().to_list()
    if len(months) > 1:
        found = ", ".join(f"{month:%B %Y}" for month in months)
        raise FrameError(f"a month-to-date table has the days of one month, found {found}: draw one of them")
    return months[0] if months else None


def clock_minutes(until: object) -> int:
    """Return how many minutes of the last day have passed; all of them, if nobody says."""
    if until is None:
        return DAY_MINUTES
    if not isinstance(until, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]|24:00", until):
        raise ConfigError(f"until {said(until)}: pass a clock time from '00:00' to '24:00'")
    hours, minutes = map(int, until.split(":"))
    return hours * 60 + minutes


def _rows(table: pl.DataFrame, first: date, passed: int) -> pl.DataFrame:
    """Give each day of the month a row, and the month's first midnight, where both lines start.

    ``at`` is the end of the day, or of what has passed of the last one: where its sum so far stands.
    """
    grid = pl.DataFrame(
        {"date": pl.date_range(first, pl.select(pl.lit(first).dt.month_end()).item(), eager=True)}
    )
    last = table["date"].max()
    days = grid.join(table.drop("account_id"), on="date", how="left").sort("date")
    length = pl.when("is_last").then(pl.lit(passed))
    days = place_days(days.with_columns(is_last=pl.col("date") == last)).with_columns(
        at=pl.col("left") + pl.duration(minutes=length.otherwise(DAY_MINUTES))
    )
    start = days.head(1).select(
        at=pl.col("left"), current_usd=pl.lit(0.0), previous_usd=pl.lit(0.0), is_last=pl.lit(value=False)
    )
    return pl.concat([start, days], how="diagonal").select(days.columns)


# The heading


def _title(table: pl.DataFrame, before: date) -> str:
    """State the month so far, of one account."""
    if table["account_id"].n_unique() > 1:
        return "Month to date against the month before"
    last = table.sort("date").row(-1, named=True)
    cost, change = dollars(last["current_usd"]), last["change_usd"]
    if change is None:
        return f"Month to date: {cost}, not comparable with {before:%B}"
    if change == 0:
        return f"Month to date: {cost}, the same as in {before:%B}"
    return f"Month to date: {cost}, {more_or_less(change, last['change_ratio'])} than in {before:%B}"


def _facts(found: PickedAccounts, before: date, days: list[str]) -> list[str]:
    """Say whose month it is, how far it goes, what may still change and what is not known."""
    table = found.table
    lines = [
        *one_line([found.whose, f"US dollars since the 1st, beside the same days of {before:%B}"]),
        *one_line(days),
        *final_fact(table, "day", by="date", is_paler=False),
    ]
    partial = table.filter(~pl.col("is_whole"))
    for rows, month in (
        (partial, "this month"),
        (table.filter(pl.col("kind") == "unknown", pl.col("is_whole")), f"{before:%B}"),
    ):
        since: Any = rows["date"].min()
        lines += [f"From {days_text(since, since)} on, hours of {month} are missing"] if since else []
    return lines


# The picture


def _layers(row: Row) -> list[Part]:
    """Draw a line a month, and how far the last day goes."""
    base = alt.Chart().encode(x=day_x(is_labelled=row.is_last), x2="right:T")
    shade = base.mark_rect(fill="#808080", fillOpacity=0.14).transform_filter("datum.is_last")
    titles = compared_titles(date="Until the end of", cost="This month", before="Month before")
    texts = compared_texts(row.label)
    texts |= {name: f"isValid(datum.kind) ? ({texts[name]}) : 'no row'" for name in titles if name != "date"}
    texts["date"] += " + (datum.is_last ? ', ' + month_until : '')"
    columns = hover_columns(base, ["left"], add_account_title(titles, of=len(row.labels)), texts, nth=row.nth)
    y = {"axis": cost_axis(), "scale": cost_scale(is_zero=row.is_zero)}
    lines = [mark for month in ("previous", "current") for mark in (_line(month, y), _points(month))]
    return [shade, _how_far(), *lines, columns.transform_filter("isValid(datum.left)")]


def _how_far() -> Part:
    """Say over the last day how far it goes."""
    side = alt.ExprRef("datum.is_early ? 'left' : 'right'")
    return (
        alt.Chart()
        .mark_text(align=side, baseline="bottom", fontSize=11, text=alt.ExprRef("month_until"))
        .encode(x="edge:T", y=alt.value(-3))
        .transform_filter("datum.is_last")
        .transform_calculate(
            is_early="utcdate(datum.left) < 16", edge="datum.is_early ? datum.left : datum.right"
        )
    )


def _line(month: str, y: dict[str, Any]) -> Part:
    order = list(_COLOURS)
    colours = alt.Scale(domain=order, range=[_COLOURS[one] for one in order])
    dashes = alt.Scale(domain=order, range=[_DASHES[one] for one in order])
    legend = line_key("month_labels", columns=columns_of(_MONTH_PIXELS))
    return (
        alt.Chart()
        .mark_line(strokeWidth=2.5 if month == "current" else 2, invalid="break-paths-show-path-domains")
        .encode(
            x="at:T",
            y=alt.Y(f"{month}_usd:Q", **y),
            color=alt.Color("month:N", scale=colours, legend=legend),
            strokeDash=alt.StrokeDash("month:N", scale=dashes, legend=legend),
        )
        .transform_calculate(month=f"'{month}'")
    )


def _points(month: str) -> Part:
    """Mark the days, so that one between two unknown ones is seen, too."""
    points = alt.Chart().mark_point(size=28, color=_COLOURS[month]).encode(x="at:T", y=f"{month}_usd:Q")
    return points.transform_filter(f"isValid(datum.left) && isValid(datum.{month}_usd)")


_PAGE: Final = AccountPage(_layers, heights=(260, 120), what="day")
