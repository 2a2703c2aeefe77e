"""Movers: the largest changes, one bar each."""

from collections.abc import Mapping
from typing import Final

import altair as alt
import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.charts.bar_list import MOST_ROWS, bar_list_page, list_letters
from cfusage_lab.charts.headings import day_facts, one_line, unsettled_fact
from cfusage_lab.charts.page import fill_page
from cfusage_lab.charts.tooltips import compared_texts
from cfusage_lab.frames import polars_table
from cfusage_lab.schema import MOVERS
from cfusage_lab.wording import days_text, dollars, percent

__all__ = ["movers_chart"]


def movers_chart(
    movers: pl.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    time_zone: str | None = None,
    note: str | None = None,
) -> alt.VConcatChart:
    """Draw the largest changes as bars, in the order of the table, with the amount and the ratio beside them.

    Bars go right from zero where cost rose and left where it fell. Paler bars may still change; a dashed
    outline is a day with hours missing. A bar is named by its day, by its account, or by both, whatever
    tells it from the others; in a narrow cell, without the weekday. Of more than 40 rows, the first are
    drawn.

    Parameters
    ----------
    movers
        What :func:`cfusage_lab.movers` returns (``schema.MOVERS``).
    names, time_zone, note
        As in :func:`usage_chart`.

    Returns
    -------
    VConcatChart
        As wide as that of :func:`usage_chart`.

    Raises
    ------
    FrameError
        If a column is missing.
    ConfigError
        If there is no such zone.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> now = "2026-11-20T09:00Z"
    >>> with cfu.UsageClient.sandbox(now=now) as client:
    ...     history = client.usage_history(cfu.last_days(56, now=now))
    >>> changes = cfu.day_over_day(cfu.daily_usage(history, time_zone="UTC"))
    >>> chart = cfu.movers_chart(cfu.movers(changes, top=3), time_zone="UTC")
    >>> print(*chart.title.text)
    Largest change: Mon 12 Oct, +$166.26 (+286.2%)
    """
    movers = polars_table(movers, MOVERS, table="movers")
    rows = _rows(movers.head(MOST_ROWS), names)
    return fill_page(
        bar_list_page(rows.height, _TITLES, _TEXTS, empty="There is no known change in this table"),
        [rows] if rows.height else [],
        title=_title(rows),
        facts=_facts(movers, rows, day_facts(movers, time_zone)),
        note=note,
        values=list_letters(rows),
    )


# The rows


def _rows(movers: pl.DataFrame, names: Mapping[str, str] | None) -> pl.DataFrame:
    """Give each row its place, from 1, and a name: ``who`` and ``on``, of which one may be empty."""
    known = labels(dict.fromkeys(movers["account_id"]), names=names)
    texts = [days_text(day, day) for day in movers["date"]]
    is_one_year = movers["date"].dt.year().n_unique() == 1
    days = [text.rpartition(" ")[0] for text in texts] if is_one_year else texts
    accounts = [known[one] for one in movers["account_id"]]
    is_one_account = movers["account_id"].n_unique() <= 1
    is_one_day = not is_one_account and movers["date"].n_unique() == 1
    nothing = [""] * movers.height
    return movers.with_columns(
        place=pl.int_range(1, pl.len() + 1),
        who=pl.Series(nothing if is_one_account else accounts, dtype=pl.String),
        on=pl.Series(nothing if is_one_day else days, dtype=pl.String),
        account=pl.Series(accounts, dtype=pl.String),
        day=pl.Series(texts, dtype=pl.String),
    ).drop("account_id", "date")


# The heading


def _title(rows: pl.DataFrame) -> str:
    """State the first row: the largest change."""
    if rows.is_empty():
        return "Largest changes: no known change"
    row = rows.row(0, named=True)
    ratio = "" if row["change_ratio"] is None else f" ({percent(row['change_ratio'])})"
    if row["change_usd"] == 0:
        return "Largest changes: nothing changed"
    sign = "+" if row["change_usd"] > 0 else ""
    named = ", ".join(filter(None, (row["who"], row["on"])))
    return f"Largest change: {named}, {sign}{dollars(row['change_usd'])}{ratio}"


def _facts(movers: pl.DataFrame, rows: pl.DataFrame, days: list[str]) -> list[str]:
    """Say whose changes these are, in what unit, and how many are not drawn."""
    if rows.is_empty():
        return days
    whose = [rows["account"][0]] if rows["account"].n_unique() == 1 else []
    lines = [*one_line([*whose, "Change in US dollars"]), *one_line(days)]
    if movers.height > rows.height:
        lines.append(f"The first {rows.height} of {movers.height:,} rows")
    return lines + unsettled_fact(rows)


_TITLES: Final = {
    "account": "Account",
    "day": "Day",
    "cost": "Cost",
    "before": "Before",
    "change": "Change",
    "ratio": "Change ratio",
    "part": "Share of the whole change",
    "what": "Kind",
    "status": "State",
}
_FROM_THE_TABLE: Final = ("account", "date")
_TEXTS: Final = {
    **{name: text for name, text in compared_texts().items() if name not in _FROM_THE_TABLE},
    "aside": (
        "isValid(datum.change_ratio)"
        " ? format(datum.change_ratio, abs(datum.change_ratio) < 10 ? '+,.1%' : '+,.0%') : datum.kind"
    ),
    "part": "isValid(datum.share) ? format(datum.share, ',.1%') : 'none: the whole did not change'",
}
