"""The headline: a few figures with what they are compared with, as data and as HTML."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.account_names import labels
from cfusage_lab.changes import month_over_month, same_time_yesterday
from cfusage_lab.daily import daily_usage, total_usage
from cfusage_lab.errors import FrameError
from cfusage_lab.explorer.beyond import Beyond
from cfusage_lab.explorer.outlook import Course
from cfusage_lab.explorer.same import Same
from cfusage_lab.forecasts import budget_sentence, runway_sentence
from cfusage_lab.frames.expressions import net
from cfusage_lab.patterns import peak_hours
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.time_units import DAY
from cfusage_lab.wording import day_text, dollars, html_text, more_or_less, round_dollars

__all__ = ["Figure", "Headline", "credit_figure", "figures_html", "headline"]

_MIDNIGHT: Final = "24:00"
_ARROWS: Final = {"up": "▲", "down": "▼", "new": "▲", "stopped": "▼"}
_NOTHING: Final = "\N{EN DASH}"
_MEANS: Final = ("Mean day", "Peak hour")
_AWAITED: Final = "hours of it are still being fetched"
_MONTH_END: Final = "Month end"
_BETWEEN: Final = "\N{EN DASH}"
_HISTORY_AWAITED: Final = "the days that tell it are still being fetched"
_HISTORY_LACKING: Final = "not all days that tell it could be fetched"
_BEING_TOLD: Final = "being worked out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure, in words.

    Attributes
    ----------
    title, value
        What it is, and how much; a dash where it can't be told.
    kind
        How it compares, one of ``schema.KINDS``; empty where it is compared with nothing.
    comparison
        That comparison, in words.
    note
        What else the reader has to know, such as why something can't be told.
    """

    title: str
    value: str
    kind: str = ""
    comparison: str = ""
    note: str = ""


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
    today = now.astimezone(zone(time_zone)).date()
    return [
        _day(windows, today, time_zone),
        _month(windows, time_zone),
        _mean_day(windows, time_zone),
        _peak_hour(windows, time_zone),
    ]


def month_end_figure(course: Course, *, time_zone: str) -> Figure:
    """Put into words where the month ends, of all accounts together, and how its budget stands."""
    if course.month_end.is_empty():
        return Figure(title=_MONTH_END, value=_NOTHING, note=course.refusal or "no day of it is known here")
    row = course.month_end.row(-1, named=True)
    title, whose = f"End of {row['month']:%B}", row["account_id"]
    checked = [] if course.budget is None else course.budget.filter(account_id=whose).to_dicts()
    budget = budget_sentence(checked[0], time_zone=time_zone) if checked else ""
    lower, upper = row["lower_80_usd"], row["upper_80_usd"]
    if row["forecast_usd"] is None:
        return Figure(
            title=title, value=_NOTHING, comparison=budget, note="not enough history for a forecast"
        )
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
    title = "Credit balance"
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
        notes = [f"of {credit.height:,} accounts; lowest: {whose}, {dollars(lowest['balance_usd'])}"]
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


def figures_html(figures: Sequence[Figure]) -> str:
    """Write figures as HTML: a list of terms, each with its figure, its comparison and its note."""
    return (
        '<dl class="cfusage-figures" aria-label="Headline figures">' + "".join(map(_card, figures)) + "</dl>"
    )


def _card(figure: Figure) -> str:
    arrow = _ARROWS.get(figure.kind, "")
    sign = f'<span class="cfusage-{figure.kind}" aria-hidden="true">{arrow}</span> ' if arrow else ""
    kind = "cfusage-value cfusage-range" if f"{_BETWEEN}$" in figure.value else "cfusage-value"
    lines = [f'<dd class="{kind}">{html_text(figure.value)}</dd>']
    lines += [f"<dd>{sign}{html_text(figure.comparison)}</dd>"] if figure.comparison else []
    lines += [f'<dd class="cfusage-quiet">{html_text(figure.note)}</dd>'] if figure.note else []
    return f"<div><dt>{html_text(figure.title)}</dt>{''.join(lines)}</div>"


def _unknown(why: str) -> list[Figure]:
    titles = ("Today", "This month", *_MEANS)
    return [Figure(title=title, value=_NOTHING, note=why) for title in titles]


def _day(windows: pl.DataFrame, today: date, time_zone: str) -> Figure:
    """Set the day so far beside the day before until the same time."""
    rows = same_time_yesterday(windows, time_zone=time_zone).filter(pl.col("against") == "yesterday")
    if rows.is_empty():
        return Figure(title="Today", value=_NOTHING, note="no hour of it has ended yet")
    row = rows.row(0, named=True)
    day: date = row["date"]
    name = {today: "Today", today - DAY: "Yesterday"}.get(day, day_text(day))
    before = "yesterday" if day == today else "the day before"
    if row["until"] == _MIDNIGHT:
        return _compared(f"{name}, the whole day", row, before)
    return _compared(f"{name} until {row['until']}", row, before, until=" until then")


def _month(windows: pl.DataFrame, time_zone: str) -> Figure:
    """Set the month so far beside the same days of the month before."""
    rows = month_over_month(windows, time_zone=time_zone).sort("date")
    if rows.is_empty():
        return Figure(title="This month", value=_NOTHING, note="no hour of it has ended yet")
    row = rows.row(-1, named=True)
    day: date = row["date"]
    before = day.replace(day=1) - DAY
    found = _compared(f"{day:%B} so far", row, f"{before:%B}", until=" until then")
    is_running = "in_progress" in set(windows["state"]) and not found.note
    return replace(found, note="without the running hour") if is_running else found


def _compared(title: str, row: Mapping[str, Any], partner: str, *, until: str = "") -> Figure:
    """Word a comparison; a sum that lacks hours is not told as if it were one."""
    if not row["is_whole"]:
        return Figure(title=title, value=_NOTHING, kind="unknown", note="hours of it are not known here")
    value = dollars(row["current_usd"])
    if row["kind"] == "unknown":
        note = f"not compared: hours of {partner} are not known here"
        return Figure(title=title, value=value, kind="unknown", note=note)
    if row["change_usd"] == 0:
        text = f"the same as {partner}{until}"
    else:
        text = f"{more_or_less(row['change_usd'], row['change_ratio'])} than {partner}{until}"
    return Figure(title=title, value=value, kind=row["kind"], comparison=text)


def _mean_day(windows: pl.DataFrame, time_zone: str) -> Figure:
    """Average the whole days."""
    days = daily_usage(windows, time_zone=time_zone)
    whole = days.filter(pl.col("is_whole") & (pl.col("state") != "in_progress"))
    if whole.is_empty():
        return Figure(title="Mean day", value=_NOTHING, note="no whole day is known here")
    count = f"{whole.height:,} whole {'day' if whole.height == 1 else 'days'}"
    mean = net(whole["cost_usd"]) / whole.height
    return Figure(title="Mean day", value=dollars(mean), note=f"of {count} {_since(whole['date'].min())}")


def _peak_hour(windows: pl.DataFrame, time_zone: str) -> Figure:
    """Name the hour of the clock with the highest mean, the earliest of several."""
    peaks, first = peak_hours(windows, time_zone=time_zone), windows["start_time"].min()
    if peaks.is_empty() or not isinstance(first, datetime):
        return Figure(title="Peak hour", value=_NOTHING, note="no hour is known here")
    row = peaks.row(0, named=True)
    if row["mean_usd"] <= 0:
        return Figure(title="Peak hour", value=_NOTHING, note="no hour has a cost above zero on average")
    since = _since(first.astimezone(zone(time_zone)).date())
    ties = f", one of {peaks.height} alike" if peaks.height > 1 else ""
    return Figure(
        title="Peak hour",
        value=f"{row['hour']:02d}:00\N{EN DASH}{row['hour'] + 1:02d}:00",
        note=f"{dollars(row['mean_usd'])} on average {since}{ties}",
    )


def _since(day: object) -> str:
    return f"since {day_text(day)}" if isinstance(day, date) else ""
