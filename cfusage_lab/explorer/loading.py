"""How data are come by: jobs that yield the pure steps which take them to the screen."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final

from cfusage_lab.errors import CancelledError, CfUsageError, ConfigError, RateLimitError
from cfusage_lab.explorer.data import Data, span_of
from cfusage_lab.explorer.data_source import DataSource
from cfusage_lab.explorer.listed_accounts import MOST_TOGETHER, lacking
from cfusage_lab.explorer.loader import Answer, Loader, reason_of
from cfusage_lab.explorer.period import Period
from cfusage_lab.explorer.query import Query
from cfusage_lab.explorer.state import State, Told
from cfusage_lab.explorer.steps import show_range, told_by
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange

__all__ = ["Step", "fetch", "fetch_rest", "first_state", "is_outdated", "may_pass", "open_source"]

Step = Callable[[State], State]
_OTHERS: Final = "fetching the other accounts …"


def is_outdated(state: State, query: Query) -> bool:
    """Whether an hour has begun since the data were asked for: the window that ran then has ended."""
    return _hour(state.told.as_of) != _hour(query.now)


def fetch(state: State, query: Query, progress: Progress | None) -> Iterator[Step]:
    """Show what is held of a query, then what is fetched, then what its answers need beside the range."""
    loader, data = state.source.loader, state.data
    accounts, wanted = query.accounts or (), query.time_range
    is_held, stored = data.holds(accounts, [wanted]), loader.stored(accounts, wanted)
    if is_held and (accounts, wanted) != (state.accounts, state.query.time_range):
        how = state.told if stored is None else told_by(stored, as_of=query.now, asked=wanted)
        yield _show(query, data, replace(how, span=None))
    elif not is_held and stored is not None and stored.is_from_start:
        data = _with_stored(data, loader, query, stored)
        yield _show(query, data, told_by(stored, as_of=query.now, asked=wanted))
    as_of = query.now if not data.fetched else state.told.as_of
    answer: Answer | None = None
    try:
        for members, piece in data.lacking(accounts, [wanted]):
            answer = loader.fresh(members, piece, progress)
            data = data.with_windows(members, piece, answer.history)
    except Exception:
        if not is_held and stored is not None and not stored.is_from_start:
            data = _with_stored(data, loader, query, stored)
            yield _show(query, data, told_by(stored, as_of=query.now, asked=wanted))
        raise
    told = replace(state.told, as_of=as_of) if answer is None else told_by(answer, as_of=as_of, asked=wanted)
    names = loader.more_names()
    yield _show(query, data, told, names)
    shown = replace(state, query=query, data=data, names={**state.names, **names})
    yield from fetch_rest(shown, progress)


def fetch_rest(state: State, progress: Progress | None) -> Iterator[Step]:
    """Fetch what answers need beside the range, then credit and invoice, then the other accounts."""
    loader, data, query, accounts = state.source.loader, state.data, state.query, state.accounts
    for members, piece in data.lacking(accounts, query.needed):
        data = data.with_windows(members, piece, loader.fresh(members, piece, progress).history)
        yield _keep(data)
    if not data.knows_aside_of(accounts):
        data = data.with_aside(loader.aside(accounts))
        yield _keep(data)
    yield from _fetch_others(replace(state, data=data), progress)


def _fetch_others(state: State, progress: Progress | None) -> Iterator[Step]:
    """Fetch what ranks the accounts that nobody chose: together, or each alone once that has failed."""
    is_alone = False
    while found := lacking(state):
        yield lambda now: replace(now, activity=now.activity and _OTHERS)
        members, piece = found[0]
        members = members[:1] if is_alone else members
        data = state.data
        try:
            data = data.with_windows(
                members, piece, state.source.loader.beside(members, piece, progress).history
            )
        except CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 - it is told in the account's row
            if len(members) == 1 or isinstance(error, RateLimitError):
                why = reason_of(error, "the cost of an account")
                data = data.with_refusal(members, state.query.time_range, why)
            is_alone = True  # one account may be in the way of the others
        state = replace(state, data=data)
        yield _keep(data)


def open_source(find: Callable[[], DataSource], query: Query, progress: Progress | None) -> Iterator[Step]:
    """Begin anew with a source, of which nothing is on screen yet."""
    source = find()
    loader = source.loader
    query, answer, names = _first_answer(loader, query, loader.names(), progress)
    data = Data().with_windows(query.accounts or (), query.time_range, answer.history)
    shown = _opened(source, query, data, answer, names)
    yield lambda state: show_range(replace(state, source=source, names={}), query, data, shown.told, names)
    yield from fetch_rest(shown, progress)


def first_state(
    source: DataSource,
    period: Period,
    *,
    accounts: tuple[str, ...] | None = None,
    time_zone: str,
    may_lack: bool,
) -> tuple[State, Exception | None]:
    """Take what is held, else fetch; a part of it, or what is older, is better than an error.

    Parameters
    ----------
    source, period, accounts, time_zone
        What is asked for; accounts are left to the source if none are named.
    may_lack
        Whether a state that holds the error, and no windows, is better than raising it.

    Returns
    -------
    tuple
        The state, and what went wrong on the way to it.
    """
    loader = source.loader
    names = loader.names()
    chosen = accounts or loader.own_accounts()
    query = Query.of(period, source.presets, accounts=chosen, time_zone=time_zone, now=source.now)
    stored, trouble = loader.stored(query.accounts, query.time_range), None
    if stored is None or not stored.is_from_start:
        try:
            query, answer, names = _first_answer(loader, query, names, None)
        except Exception as error:
            trouble = error
            stored = stored or loader.newest(query.accounts, query.time_range)
            if stored is None:
                if not may_lack:
                    raise
                return _refused(source, query, names, error), error
        else:
            data = Data().with_windows(query.accounts or (), query.time_range, answer.history)
            return _opened(source, query, data, answer, names), None
    query = _with_accounts(query, stored, names)
    data = _with_stored(Data(), loader, query, stored)
    return _opened(source, query, data, stored, names), trouble


def may_pass(error: Exception) -> bool:
    """Whether an error may go by itself, and is no matter of the token; nor is one of somebody's own."""
    return error.retryable if isinstance(error, CfUsageError) else True


def _opened(source: DataSource, query: Query, data: Data, answer: Answer, names: dict[str, str]) -> State:
    told = told_by(answer, as_of=query.now, asked=query.time_range)
    return State(source=source, query=query, data=data, told=told, names=names)


def _refused(source: DataSource, query: Query, names: dict[str, str], error: Exception) -> State:
    others = {} if may_pass(error) else source.loader.more_names()
    label = source.loader.label
    told = Told(label=label, made_up_label=label, as_of=query.now)
    refusal = error.with_traceback(None)
    return State(source=source, query=query, data=Data(), told=told, names=names | others, refusal=refusal)


def _first_answer(
    loader: Loader, query: Query, names: dict[str, str], progress: Progress | None
) -> tuple[Query, Answer, dict[str, str]]:
    """Fetch the accounts that the source itself would take; where it takes none, those that it lists."""
    try:
        answer = loader.fresh(query.accounts, query.time_range, progress)
    except ConfigError:
        names = names | loader.more_names()
        if query.accounts or not names:
            raise
        chosen = tuple(sorted(names)) if len(names) <= MOST_TOGETHER else (next(iter(names)),)
        query = replace(query, accounts=chosen)
        answer = loader.fresh(chosen, query.time_range, progress)
    names = names | loader.more_names()
    return _with_accounts(query, answer, names), answer, names


def _with_accounts(query: Query, answer: Answer, names: dict[str, str]) -> Query:
    """Let the query name the accounts in the answer; where it has no windows, those that are known."""
    found = tuple(answer.history["account_id"].unique().sort())
    return replace(query, accounts=found or query.accounts or tuple(sorted(names)))


def _with_stored(data: Data, loader: Loader, query: Query, stored: Answer) -> Data:
    """Add what is held of a range, and what is held beside it."""
    accounts = query.accounts or ()
    if stored.history.is_empty():
        return data
    data = data.with_windows(accounts, span_of(stored.history), stored.history, is_fetched=False)
    for piece in _unheld(data, accounts, query.needed):
        found = loader.stored(accounts, piece)
        if found is not None and found.history.height:
            data = data.with_windows(accounts, span_of(found.history), found.history, is_fetched=False)
    return data


def _unheld(data: Data, accounts: tuple[str, ...], needed: Iterable[TimeRange]) -> list[TimeRange]:
    pieces = replace(data, fetched=data.held).lacking(accounts, needed)
    return [piece for _, piece in pieces]


def _show(query: Query, data: Data, told: Told, names: dict[str, str] | None = None) -> Step:
    return lambda state: show_range(state, query, data, told, names or {})


def _keep(data: Data) -> Step:
    return lambda state: replace(state, data=data)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
