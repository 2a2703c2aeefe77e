"""The parts of a report, in the order in which an analyst asks."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import polars as pl

from cfusage_lab.charts import (
    calendar_chart,
    hour_profile_chart,
    usage_chart,
    weekly_heatmap_chart,
)
from cfusage_lab.frames.expressions import net
from cfusage_lab.headline import MOST_ACCOUNTS, MonthEnd, StoodOut, headline_figures
from cfusage_lab.ranges import zone
from cfusage_lab.reports.billing import Billed, agreements, billed_by_model, disagreements
from cfusage_lab.reports.changes import account_changes, change_card, ratio_text, what_changed
from cfusage_lab.reports.figures import Figures
from cfusage_lab.reports.markup import (
    Card,
    Column,
    card,
    cards,
    money,
    paragraph,
    part,
    table,
)
from cfusage_lab.reports.methodology import computed, provisional
from cfusage_lab.reports.outlook import events_found, where_it_ends
from cfusage_lab.time_units import WEEK_DAYS
from cfusage_lab.view.pages import Block, Section
from cfusage_lab.wording import (
    counted,
    days_text,
    hour_text,
    hour_window_text,
    html_text,
    span_text,
    state_text,
)

__all__ = ["sections"]

_FEWEST_DAYS_OF_A_CALENDAR: Final = WEEK_DAYS + 1
"""Fewer are one column, and what they are compared with shows them already."""


def sections(
    figures: Figures,
    *,
    end: MonthEnd | None,
    found: StoodOut | None,
    invoice: Billed | None,
    label: str | None,
    made_at: datetime,
    note: str,
) -> list[Section]:
    """Return all parts; ``note`` is what has to be said about the time zone."""
    by_model = () if invoice is None else billed_by_model(figures, invoice, made_at)
    ahead = Section("Where does the month end?", list(where_it_ends(figures, end)))
    of_the_range = [
        Section("What changed?", what_changed(figures)),
        Section("What stood out?", list(events_found(figures, found))),
    ]
    return [
        Section("How much does it cost?", [*disagreements(figures, invoice), *_how_much(figures)]),
        *([ahead, *of_the_range] if figures.before is None else [*of_the_range, ahead]),
        Section("When does it cost?", _when(figures, None if found is None else found.each)),
        Section("Which hours and days cost the most?", _highest(figures)),
        *([] if invoice is None else [Section("Billed, by model", list(by_model))]),
        Section("What may still change?", list(provisional(figures))),
        Section(
            "How was it computed?",
            [
                *disagreements(figures, invoice),
                *computed(figures, label, made_at, note, agreements(figures, invoice)),
            ],
        ),
    ]


# How much


def _how_much(figures: Figures) -> Iterator[Block]:
    yield cards(_headline(figures))
    if not figures.is_alone:
        yield _accounts(figures)


def _headline(figures: Figures) -> list[Card]:
    before, found = figures.before, headline_figures(figures.overall)
    return [
        Card("Total cost", money(figures.cost_usd), html_text(_span(figures))),
        *([card(found.day), card(found.month)] if before is None else [change_card(figures, before)]),
        card(found.mean_day),
    ]


def _span(figures: Figures) -> str:
    return span_text(*figures.span, zone(figures.time_zone))


def _accounts(figures: Figures) -> Block:
    """Give the costliest accounts a row each, all others one together, and all of them one."""
    shown, others = figures.accounts.head(MOST_ACCOUNTS), figures.accounts.slice(MOST_ACCOUNTS)
    before = figures.before
    changes = {} if before is None else account_changes(figures, before)
    rows = [
        [
            html_text(figures.names[row["account_id"]]),
            money(row["cost_usd"]),
            part(row["share"]),
            money(row["mean_day_usd"]),
            changes.get(row["account_id"]) or ratio_text(row["month_change_ratio"], row["month_kind"]),
            "none" if row["peak_hour"] is None else hour_text(row["peak_hour"]),
            part(row["load_factor"]),
        ]
        for row in shown.iter_rows(named=True)
    ]
    if others.height:
        cost = net(others["cost_usd"])
        share = float(others["share"].sum()) if others["share"].count() else None
        rows.append([counted(others.height, "other account"), money(cost), part(share), "", "", "", ""])
    caption = (
        "Accounts"
        if not others.height
        else f"The costliest {shown.height} of {counted(figures.accounts.height, 'account')}"
    )
    return table(
        caption,
        [
            Column("Account", "name"),
            Column("Cost", "number"),
            Column("Share", "number"),
            Column("Mean day", "number"),
            Column("Month, change" if before is None else f"Against {before.partner}", "number"),
            Column("Peak hour", "number"),
            Column("Load factor", "number"),
        ],
        rows,
    )


# When


def _when(figures: Figures, events: pl.DataFrame | None) -> list[Block]:
    common: dict[str, Any] = {"time_zone": figures.time_zone, "names": figures.names}
    is_compared = figures.before is not None and figures.total_daily.height < _FEWEST_DAYS_OF_A_CALENDAR
    return [
        cards(_habits(figures)),
        usage_chart(figures.history, anomalies=events, **common),
        *([] if is_compared else [calendar_chart(figures.total_daily, **common)]),
        weekly_heatmap_chart(figures.heatmap(), **common),
        hour_profile_chart(figures.profile(), **common),
    ]


def _habits(figures: Figures) -> list[Card]:
    found, shares = headline_figures(figures.overall), figures.shares()
    return [
        card(found.peak_hour),
        card(found.load_factor),
        Card("On weekends", part(shares["weekend_share"]), "of all cost"),
        Card("Off hours", part(shares["off_hours_share"]), "of all cost"),
        Card("Costliest 24 hours", part(shares["top_share"]), "of all cost"),
    ]


# The highest


def _highest(figures: Figures) -> list[Block]:
    info = zone(figures.time_zone)
    common = [Column("Cost", "number"), Column("Share", "number")]
    whose = [] if figures.is_alone else [Column("Most of it", "name"), Column("Its cost", "number")]
    hours = [
        [
            html_text(hour_window_text(row["start_time"], info)),
            f"{row['start_time']:%Y-%m-%d %H:%MZ}",
            money(row["aggregated_value"]),
            part(row["share"]),
            *_most(figures, row),
            html_text(state_text(row["state"])),
        ]
        for row in figures.top_hours().iter_rows(named=True)
    ]
    days = [
        [
            html_text(days_text(row["date"], row["date"])),
            f"{row['hours']}",
            money(row["cost_usd"]),
            part(row["share"]),
            *_most(figures, row),
            html_text(state_text(row["state"]) + ("" if row["is_whole"] else ", hours missing")),
        ]
        for row in figures.top_days().iter_rows(named=True)
    ]
    if not hours:
        return [paragraph("No hour cost anything.")]
    return [
        table(
            "Hours with the highest cost",
            [
                Column(f"Hour, {figures.time_zone} time"),
                Column("Start, UTC"),
                *common,
                *whose,
                Column("State"),
            ],
            hours,
        ),
        table(
            "Days with the highest cost",
            [Column("Day"), Column("Hours", "number"), *common, *whose, Column("State")],
            days,
        ),
    ]


def _most(figures: Figures, row: dict[str, Any]) -> list[str]:
    if figures.is_alone:
        return []
    return [html_text(figures.names[row["top_account_id"]]), money(row["top_usd"])]
