"""What is seen of a state: each view says what it reads, and how it is drawn."""

from collections.abc import Mapping
from typing import Any, Final

import polars as pl

from cfusage_lab.changes.account_ranking import rank_accounts
from cfusage_lab.changes.range_comparison import range_before
from cfusage_lab.explorer.billed import billed_html
from cfusage_lab.explorer.chart_views import CHARTS, View
from cfusage_lab.explorer.data import Part, Same
from cfusage_lab.explorer.figures import cards, cards_html
from cfusage_lab.explorer.listed_accounts import AWAITED, NOT_FETCHED, ranked_accounts, why_not_ranked
from cfusage_lab.explorer.state import State

__all__ = ["VIEWS"]


def _names(state: State) -> tuple[tuple[str, str], ...]:
    return tuple(state.names.items())


def _figures(state: State) -> str:
    return cards_html(cards(state))


def _figures_read(state: State) -> tuple[Any, ...]:
    return (
        Same(state.known),
        state.selection,
        state.query,
        state.course,
        state.aside,
        state.is_busy and not state.is_complete,
        _names(state),
    )


def _ranked(state: State) -> tuple[pl.DataFrame, dict[str, str]]:
    """Rank the accounts whose windows are here, chosen or not, and say of the others why they are not.

    Shares are told once no account's cost is still to come; of one that could not be had, the table says so.
    """
    accounts, zone, others = ranked_accounts(state), state.time_zone, why_not_ranked(state)
    history = state.selection.days.of(state.data.part(Part(accounts, state.part.ranges)), time_zone=zone)
    before = None
    if state.dates is not None:
        days = state.compared_dates
        before = range_before(history, dates=state.dates, previous_dates=days, time_zone=zone)
    previous = None if before is None else state.data.part(Part(accounts, (before,)))
    ranked = rank_accounts(history, previous, names=state.names, time_zone=zone, previous_range=before)
    if {AWAITED, NOT_FETCHED}.intersection(others.values()):
        ranked = ranked.with_columns(share=pl.lit(None, pl.Float64))
    return ranked, others


def _ranked_reads(state: State) -> tuple[Any, ...]:
    accounts = ranked_accounts(state)
    known = Same(state.data.part(Part(accounts, state.compared_part.ranges)))
    return (
        known,
        accounts,
        why_not_ranked(state),
        state.selection,
        state.compared_dates,
        state.time_zone,
        state.partners,
        _names(state),
    )


def _billed_reads(state: State) -> tuple[Any, ...]:
    return (Same(state.known), state.aside, state.partners, _names(state))


def _days_read(state: State) -> tuple[Any, ...]:
    return (
        Same(state.known),
        state.selection,
        state.display,
        state.time_zone,
        state.is_added_up,
        _names(state),
    )


def _events_read(state: State) -> tuple[Any, ...]:
    return (
        state.events,
        state.part,
        state.time_zone,
        state.is_lacking(state.query.judged),
        state.is_busy,
        _names(state),
    )


VIEWS: Final[Mapping[str, View]] = {
    "time_line": CHARTS["time_line"],
    "figures": View(_figures, _figures_read),
    "heatmap": CHARTS["heatmap"],
    "profile": CHARTS["profile"],
    "compared": CHARTS["compared"],
    "ranked": View(_ranked, _ranked_reads),
    "days": View(lambda state: state, _days_read),
    "billed": View(billed_html, _billed_reads),
    "events": View(lambda state: state, _events_read),
}
"""The views, in the order in which they are drawn: a browser draws charts while tables are computed."""
