"""Where the numbers on screen come from, how new they are, and which hours they are: in words."""

from typing import Any

import polars as pl

from cfusage_lab.explorer.data import span_of
from cfusage_lab.explorer.state import State
from cfusage_lab.ranges import zone
from cfusage_lab.wording import counted, moment_text, span_text

__all__ = ["details", "status"]


def status(state: State) -> str:
    """Say where the numbers come from and how new they are."""
    told = state.told
    if state.refusal is not None:
        return f"{told.label} · nothing fetched yet"
    moment = moment_text(told.newest_stored or told.as_of, zone(state.time_zone))
    how_new = "data as of" if told.newest_stored is None else "as stored, newest window from"
    return f"{state.label} · {how_new} {moment} {state.time_zone} time"


def details(state: State) -> str:
    """Say whose hours these are, which, and how many of them may still change."""
    if state.refusal is not None:
        return ""
    if state.history.is_empty():
        return "no windows"
    span, count = span_of(state.history), len(state.accounts)
    hours = state.history.group_by("start_time").agg(is_final=(pl.col("state") == "complete").all())
    name = "" if count > 1 else f"{state.accounts_text} · "
    whose = f" of {counted(count, 'account')}" if count > 1 else ""
    when = span_text(span.start, span.end, zone(state.time_zone))
    return f"{name}{when} · {counted(hours.height, 'hour')}{whose}, {_settled(hours)}"


def _settled(hours: pl.DataFrame) -> str:
    """Say how many hours are not final, and whether these are the last ones."""
    final, others = hours.filter("is_final")["start_time"], hours.filter(~pl.col("is_final"))["start_time"]
    if others.is_empty():
        return "all final"
    last_final: Any = final.max()
    first: Any = others.min()
    is_last = last_final is None or first > last_final
    return f"{'the last ' if is_last and not final.is_empty() else ''}{others.len():,} not final"
