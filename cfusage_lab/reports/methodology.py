"""What a report says of itself: what in it may still change, and how it was computed."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from importlib.metadata import version
from typing import Any, Final

import polars as pl

from cfusage_lab.anomaly_detection import SENSITIVITY
from cfusage_lab.anomaly_detection.series import JUDGED_DAYS
from cfusage_lab.headline import MOST_ACCOUNTS
from cfusage_lab.ranges import zone
from cfusage_lab.reports.changes import compared_with
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.markup import Card, cards, definitions, money, paragraph
from cfusage_lab.schema import SETTLE_LAG, STATES
from cfusage_lab.time_units import HOUR
from cfusage_lab.view.pages import Block
from cfusage_lab.wording import counted, days_text, moment_text, state_text

__all__ = ["computed", "provisional"]

_MOST_PARTIAL: Final = 12
"""Days without all hours that are named; of more, how many there are."""

_TERMS: Final = {
    "Cost": "US dollars charged to Cloudflare's Unified Billing, as the API reports them under "
    "ai-gateway/billing/usage-history. Traffic paid with keys of a provider's own is not in it; Workers AI "
    "is, where a gateway bills it through Unified Billing. Inference is passed on without markup, and the "
    "5 % fee on buying credit is no usage. The estimate in the dashboard's analytics is another number.",
    "Window": "One UTC hour. It is in progress while it runs, provisional for "
    f"{SETTLE_LAG // HOUR} hours after its end unless "
    "the fetch was told otherwise, and complete from then on: figures reach the API late. The running window "
    "counts in total cost and in days; comparisons, means and shares leave it out.",
    "Day": "A calendar day of the time zone below, made of the hours that start in it: 24, or 23 or 25 where "
    "clocks change. A day that lacks hours is compared with nothing.",
    "Change": "A day less the day before it, found by its date. The change ratio is that as a part of the "
    "day before, where that is above zero. Largest changes are those in dollars, not in percent.",
    "Month to date": "The days of the month so far, beside the same days of the month before; a last day "
    "that is unfinished stands beside the same day until the same time. It is not a forecast.",
    "Forecast": "What is spent since the first of the month, and what its remaining days are expected to "
    "cost. An account is forecast from its own days; all accounts together are forecast as one.",
    "Interval": "With the stated chance, the sum of the whole month lies in it. It is never below what is "
    "spent. Provisional days count as they stand, and may still rise.",
    "Method": "How the remaining days are told. Several methods forecast earlier days from the days before "
    "these; the one with the smallest mean absolute error is taken.",
    "What stood out": "Neighbouring hours that cost far more or less than those before let expect, by the "
    "same clock time on days of the same kind. The impact is the cost less what was expected. Nothing is "
    f"judged in the first {JUDGED_DAYS} days.",
    "Sensitivity": f"How many false alarms are accepted: {SENSITIVITY:g} a month for each account.",
    "Mean day": "The mean of all whole days that have ended.",
    "Hour of the day, of the week": "By the local clock at the start of the window. The peak hour is the one "
    "with the highest mean.",
    "Load factor": "The mean hour over the highest one: 100% is even, near 0% is a spike.",
    "Weekend": "The part of all cost that arises on Saturdays and Sundays.",
    "Off hours": "The part of all cost that arises outside 09:00 to 18:00, Monday to Friday.",
    "Costliest 24 hours": "The part of all cost that falls into the 24 windows with the highest cost.",
}
"""What the words of the report mean."""

_TERMS_OF_WEEKDAYS: Final = {
    **{term: meaning for term, meaning in _TERMS.items() if term != "Month to date"},
    "Change": "A day less the same weekday before, and the time range less the same weekdays before it. The "
    "change ratio is that as a part of what was before, where that is above zero. Largest changes are those "
    "in dollars, not in percent.",
}
"""The same of a report whose time range is compared with the same weekdays before."""


# What may still change


def provisional(figures: Figures) -> Iterator[Block]:
    """Say which windows may still change and until when, which were left out, and which days lack hours."""
    info = zone(figures.time_zone)
    windows = figures.history
    open_ones = windows.select("start_time", "end_time", "state").filter(pl.col("state") != "complete")
    if open_ones.is_empty():
        yield paragraph(
            f"Nothing: all {counted(windows.height, 'window')} were past the time in which they may change."
        )
    else:
        first: Any = open_ones["start_time"].min()
        last: Any = open_ones["end_time"].max()
        yield paragraph(
            f"{open_ones.height:,} of {counted(windows.height, 'window')} may still change: from "
            f"{moment_text(first, info)} to {moment_text(last, info)}; they are paler in the charts. With "
            f"the usual {SETTLE_LAG // HOUR} hours, all of them are complete after "
            f"{moment_text(last + SETTLE_LAG, info)}: a report from a later fetch has their final figures."
        )
        yield _states(figures)
    unreported = int((~windows["is_reported"]).sum())
    if unreported:
        yield paragraph(
            f"The API left out {counted(unreported, 'window')} in which nothing was charged: counted as $0."
        )
    yield from _partial(figures)


def _states(figures: Figures) -> Block:
    found = figures.history.lazy().group_by("state").agg(pl.len(), pl.col("aggregated_value").sum())
    by_state = {row[0]: row[1:] for row in found.collect(engine="streaming").iter_rows()}
    shown = [(state, *by_state[state]) for state in STATES if state in by_state]
    return cards(
        Card(
            state_text(state).capitalize(),
            money(cost),
            f'in <data value="{count}">{counted(count, "window")}</data>',
        )
        for state, count, cost in shown
    )


def _partial(figures: Figures) -> Iterator[Block]:
    """List the days that lack hours."""
    partial = figures.total_daily.filter(~pl.col("is_whole")).sort("date", descending=True)
    if partial.is_empty():
        yield paragraph("No day lacks hours.")
        return
    shown = partial.head(_MOST_PARTIAL)
    listed = "; ".join(
        f"{days_text(row['date'], row['date'])} ({_hours(row)})" for row in shown.iter_rows(named=True)
    )
    more = f"; and {partial.height - shown.height:,} more" if partial.height > shown.height else ""
    yield paragraph(
        f"{counted(partial.height, 'day')} without all hours, and compared with nothing: {listed}{more}."
    )


def _hours(row: dict[str, Any]) -> str:
    return counted(row["hours"], "hour") + (", still running" if row["state"] == "in_progress" else "")


# How it was computed


def computed(
    figures: Figures, label: str | None, made_at: datetime, note: str, checks: Mapping[str, str]
) -> list[Block]:
    """Say what the words mean, and what was asked for; ``note`` is about the time zone."""
    info = zone(figures.time_zone)
    start, end = figures.span
    ids = figures.accounts["account_id"]
    accounts = [f"{figures.names[one]} ({one})" for one in ids.head(MOST_ACCOUNTS)]
    if ids.len() > MOST_ACCOUNTS:
        accounts.append(f"and {ids.len() - MOST_ACCOUNTS:,} more")
    facts = {
        "Time range": f"{start:%Y-%m-%d %H:%MZ} to {end:%Y-%m-%d %H:%MZ}, the end not included",
        **_learned(figures),
        "Time zone": f"{figures.time_zone} ({note})" if note else figures.time_zone,
        "Accounts": "; ".join(accounts),
        "Source": label or "not said",
        **checks,
        "Made": f"{moment_text(made_at, info)} ({made_at:%Y-%m-%d %H:%MZ})",
        "With": f"cfusage_lab {version('cfusage-lab')}",
    }
    is_by_weekday = figures.before is not None and not figures.before.is_month
    return [definitions(_TERMS_OF_WEEKDAYS if is_by_weekday else _TERMS), definitions(facts)]


def _learned(figures: Figures) -> dict[str, str]:
    """Say what else than the time range is behind the figures, where there is more than that."""
    before = figures.before
    if before is None:
        return {}
    since: Any = figures.known.total["start_time"].min()
    until: Any = figures.known.total["end_time"].max()
    return {
        "Compared with": f"{before.partner}, {compared_with(figures, before)}",
        "Learned from": f"hours since {since:%Y-%m-%d %H:%MZ}: what is usual, and where the month ends "
        f"as of {until:%Y-%m-%d %H:%MZ}",
    }
