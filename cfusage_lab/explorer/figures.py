"""The figures above the charts, with what is awaited of them, as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.daily import total_usage
from cfusage_lab.errors import FrameError
from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.outlook import Course
from cfusage_lab.explorer.same import Same
from cfusage_lab.forecasts import budget_sentence, runway_sentence
from cfusage_lab.headline import NO_FORECAST, Figure, headline_figures, headline_table
from cfusage_lab.headline.sentences import MEAN_DAY, PEAK_HOUR
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.wording import counted, dollars, html_text, round_dollars

__all__ = ["Headline", "credit_figure", "figures_html", "headline"]

_ARROWS: Final = {"up": "▲", "down": "▼", "new": "▲", "stopped": "▼"}
_NOTHING: Final = "\N{EN DASH}"
_MEANS: Final = (MEAN_DAY, PEAK_HOUR)
_AWAITED: Final = "hours of it are still being fetched"
_MONTH_END: Final = "Month end"
_BETWEEN: Final = "\N{EN DASH}"
_HISTORY_AWAITED: Final = "the days that tell it are still being fetched"
_HISTORY_LACKING: Final = "not all days that tell it could be fetched"
_BEING_TOLD: Final = "being worked out"
_FITS: Final = 11
"""Letters of a value that the narrowest card has room for in large type; a longer one is set smaller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """What the figures are made of.

    Attributes
    ----------
    known
        The windows that are known.
    time_zone, months, now
        As for :func:`headline`.
    is_loading
        Whether windows of ``months`` are on their way: what can't be told may be told soon.
    is_stored
        Whether what is on screen was stored, and is newer than that only where it was fetched since.
    beyond
        Holds the prepaid credit.
    course
        Where the month ends; None while nobody has told it yet.
    is_course_awaited, is_course_lacking
        Whether windows that tell it are on their way, or could not be had.
    names
        Account id to name.
    """

    known: Same
    time_zone: str
    months: TimeRange
    now: datetime
    is_loading: bool
    is_stored: bool
    beyond: Beyond
    course: Course | None = None
    is_course_awaited: bool = False
    is_course_lacking: bool = False
    names: tuple[tuple[str, str], ...]

    def figures(self) -> list[Figure]:
        """Put them into words."""
        known = self.known.table
        found = headline(known, time_zone=self.time_zone, months=self.months, now=self.now)
        if self.is_loading:
            found = [self._awaited(one) for one in found]
        credit = credit_figure(
            self.beyond, dict(self.names), None if self.course is None else self.course.runway
        )
        return [*found[:2], self._month_end(), *found[2:], *credit]

    def _month_end(self) -> Figure:
        """Say where the month ends, or why that is not told."""
        if self.course is None:
            note = _HISTORY_AWAITED if self.is_course_awaited else _BEING_TOLD
            return Figure(title=_MONTH_END, value=_NOTHING, note=note)
        figure = month_end_figure(self.course, time_zone=self.time_zone)
        if not self.is_course_lacking:
            return figure
        return replace(figure, note=" · ".join(filter(None, (figure.note, _HISTORY_LACKING))))

    def _awaited(self, figure: Figure) -> Figure:
        """Say of a figure that it is on its way: one that can't be told yet, or would be a mean of a part."""
        if figure.title in _MEANS and not self.is_stored:
            return Figure(title=figure.title, value=_NOTHING, note=_AWAITED)
        is_open = figure.value == _NOTHING or figure.kind == "unknown"
        return replace(figure, note=_AWAITED) if is_open else figure


def headline(history: pl.DataFrame, *, time_zone: str, months: TimeRange, now: datetime) -> list[Figure]:
    """Put the figures into words: today, the month, the mean day, the peak hour.

    Parameters
    ----------
    history
        The windows that are known, of one account or of several; those in ``months`` count, added up.
    time_zone
        The zone whose days and hours these are.
    months
        From the first of the previous month until now.
    now
        The present, to tell today from an older day.
    """
    inside = pl.col("start_time").is_between(months.start, months.end, closed="left")
    windows = history.filter(inside)
    try:
        windows = total_usage(windows) if windows["account_id"].n_unique() > 1 else windows
    except FrameError:
        return _unknown("the accounts do not have the same hours, and can't be added up")
    table = headline_table(windows, time_zone=time_zone)
    if table.is_empty():
        return _unknown("no hour is known here")
    row = table.row(0, named=True)
    found = headline_figures(row, today=now.astimezone(zone(time_zone)).date())
    is_running = "in_progress" in set(windows["state"]) and not found.month.note
    day, month = found.day, found.month
    if is_running:
        month = replace(month, note="without the running hour")
    return [
        one if one.value else replace(one, value=_NOTHING)
        for one in (day, month, found.mean_day, found.peak_hour)
    ]


def month_end_figure(course: Course, *, time_zone: str) -> Figure:
    """Put into words where the month ends, of all accounts together, and how its budget stands."""
    if course.month_end.is_empty():
        return Figure(title=_MONTH_END, value=_NOTHING, note=course.refusal or "no day of it is known here")
    row = course.month_end.row(-1, named=True)
    title, whose = f"End of {row['month']:%B %Y}", row["account_id"]
    checked = [] if course.budget is None else course.budget.filter(account_id=whose).to_dicts()
    budget = budget_sentence(checked[0], time_zone=time_zone) if checked else ""
    lower, upper = row["lower_80_usd"], row["upper_80_usd"]
    if row["forecast_usd"] is None:
        return Figure(title=title, value=_NOTHING, comparison=budget, note=NO_FORECAST)
    forecast = round_dollars(row["forecast_usd"])
    if lower is None or lower == upper:
        is_over = lower is not None and row["forecast_usd"] == row["spent_usd"]
        told = f"by {row['method']}" if lower is not None else "told from a single day"
        note = "" if is_over else told
        return Figure(title=title, value=forecast, comparison=budget, note=note)
    ends = list(dict.fromkeys(map(round_dollars, (lower, upper))))
    note = f"80 % interval, forecast {forecast}, by {row['method']}"
    return Figure(title=title, value=_BETWEEN.join(ends), comparison=budget, note=note)


def credit_figure(
    beyond: Beyond, names: Mapping[str, str], runway: pl.DataFrame | None = None
) -> list[Figure]:
    """Put the prepaid credit into words, and how long it lasts; nothing where the source knows of none."""
    title = "Prepaid credit"
    if beyond.credit is None or beyond.credit.is_empty():
        is_refused = beyond.no_credit and beyond.credit is None and beyond.is_complete
        return [Figure(title=title, value=_NOTHING, note=beyond.no_credit)] if is_refused else []
    credit = beyond.credit
    notes = [
        f"tops up by {dollars(amount)} below {dollars(threshold)}"
        for amount, threshold in credit.select("topup_amount_usd", "topup_threshold_usd").iter_rows()
        if amount is not None and threshold is not None
    ]
    first = None if runway is None else _first_used_up(runway)
    if credit.height > 1:
        lowest = credit.sort("balance_usd").row(0, named=True)
        whose = labels(credit["account_id"], names=names)[lowest["account_id"]]
        notes = [f"of {counted(credit.height, 'account')}; lowest: {whose}, {dollars(lowest['balance_usd'])}"]
    elif first is not None and first["status"] == "topped up":
        notes = []  # the sentence says so
    lasts = ""
    if first is not None:
        lasts = runway_sentence(first).removeprefix(f"Credit of {dollars(first['balance_usd'])}").strip(": ")
        if credit.height > 1:
            lasts = f"first: {names.get(first['account_id'], first['account_id'])} {lasts}"
    total = dollars(float(credit["balance_usd"].sum()))
    return [Figure(title=title, value=total, comparison=lasts, note="".join(notes[:1]))]


def _first_used_up(runway: pl.DataFrame) -> dict[str, Any] | None:
    """Return the account whose credit is used up first; of several without a date, none."""
    known = runway.filter(pl.col("used_up_date").is_not_null() | (pl.col("status") == "used up"))
    order = pl.col("used_up_date").fill_null(pl.date(1, 1, 1))
    rows = known.sort(order, "account_id").to_dicts() if runway.height > 1 else runway.to_dicts()
    return rows[0] if rows else None


def figures_html(shown: Sequence[Figure]) -> str:
    """Write figures as HTML: a list of terms, each with its figure, its comparison and its note."""
    return '<dl class="cfusage-figures" aria-label="Headline figures">' + "".join(map(_card, shown)) + "</dl>"


def _card(figure: Figure) -> str:
    arrow = _ARROWS.get(figure.kind, "")
    sign = f'<span class="cfusage-{figure.kind}" aria-hidden="true">{arrow}</span> ' if arrow else ""
    kind = "cfusage-value" if len(figure.value) <= _FITS else "cfusage-value cfusage-long"
    lines = [f'<dd class="{kind}">{html_text(figure.value)}</dd>']
    lines += [f"<dd>{sign}{html_text(figure.comparison)}</dd>"] if figure.comparison else []
    lines += [f'<dd class="cfusage-quiet">{html_text(figure.note)}</dd>'] if figure.note else []
    return f"<div><dt>{html_text(figure.title)}</dt>{''.join(lines)}</div>"


def _unknown(why: str) -> list[Figure]:
    titles = ("Today", "This month", *_MEANS)
    return [Figure(title=title, value=_NOTHING, note=why) for title in titles]
