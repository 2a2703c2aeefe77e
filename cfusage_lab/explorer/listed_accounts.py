"""The accounts that a source lists, chosen or not: which have figures in the table, which lack them, why."""

from typing import Final

from cfusage_lab.explorer.data import Accounts
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges import TimeRange

__all__ = [
    "AWAITED",
    "MOST_TOGETHER",
    "NOT_FETCHED",
    "is_fetched",
    "lacking",
    "ranked_accounts",
    "why_not_ranked",
]

MOST_TOGETHER: Final = 20
"""Listed accounts of which all are fetched, chosen or not: each takes a request for each range."""
AWAITED: Final = "still being fetched"
NOT_FETCHED: Final = "not fetched: click to fetch"


def ranked_accounts(state: State) -> tuple[str, ...]:
    """Return the accounts whose windows of the range are here, chosen or not."""
    refused = _refused(state)
    listed = [one for one in (*state.names, *state.accounts) if one not in refused]
    return tuple(sorted(state.data.holders(listed, state.part.ranges)))


def lacking(state: State) -> list[tuple[Accounts, TimeRange]]:
    """Return what is to be asked for of accounts that nobody chose: nothing where that is many requests."""
    others = state.names.keys() - {*state.accounts}
    if len(others) + len(state.accounts) > MOST_TOGETHER and state.source.whose != "table":
        return []
    return state.data.lacking(tuple(sorted(others - _refused(state).keys())), state.query.ranked)


def is_fetched(state: State) -> bool:
    """Whether nothing is to be asked for any more, of the accounts on screen and of others."""
    return state.is_complete and not lacking(state)


def why_not_ranked(state: State) -> dict[str, str]:
    """Say of each account without figures why it has none, by its id."""
    refused, awaited = _refused(state), [(state.accounts, None), *lacking(state)] if state.is_busy else []
    why = dict.fromkeys((*state.names, *state.accounts), NOT_FETCHED)
    why |= {one: AWAITED for members, _ in awaited for one in members} | refused
    return {one: why[one] for one in why.keys() - {*ranked_accounts(state)}}


def _refused(state: State) -> dict[str, str]:
    """Return why accounts that nobody chose could not be had, where they still can't."""
    query, data = state.query, state.data
    return {
        one: why
        for (one, time_range), why in data.refused.items()
        if time_range == query.time_range and one not in state.accounts and data.lacking((one,), query.ranked)
    }
