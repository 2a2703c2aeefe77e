"""The lines of Python that come by what is on screen. They hold no token, ever."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Final

from cfusage_lab.daily import TOTAL
from cfusage_lab.downsampling import MOST_SERIES
from cfusage_lab.explorer.selection import Selection
from cfusage_lab.ranges import TimeRange, zone
from cfusage_lab.ranges.zones import day_start
from cfusage_lab.time_units import DAY

__all__ = ["Recipe", "bracketed", "literal", "with_imports"]

_ROOM: Final = 80
"""Letters that fit beside a name and brackets, in a line of 120."""

_SOURCES: Final = {
    "sandbox": "client = cfu.UsageClient.sandbox({now})",
    "account": "client = cfu.connect({now})  # the token of the environment, or of cfu.login() before",
    "table": "# `history` is the table that the explorer was handed",
    "other": "client = source  # the source that the explorer was handed",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What it takes to come by the table on screen, and to draw its charts.

    Attributes
    ----------
    whose
        ``sandbox``, ``account``, ``table`` (one that the explorer was handed) or ``other``.
    accounts, time_range
        What was asked for.
    selection, time_zone
        What is selected of it, on whose clock.
    now
        The moment that was taken for the present, if it was not the clock's.
    names
        Account id to name, as charts are given it; ``all`` is what all accounts added up are called.
    is_added_up
        Whether there are several accounts, and they are added up.
    granularity, statistic
        ``hour`` or ``day``, of the time line; which figure colours the heatmap.
    compared
        What the comparison sets beside the days: ``day``, ``week``, ``month`` or ``range``; or ``month_end``,
        the month that runs with what is to come of it.
    dates, previous_dates
        The first and the last local date that is compared, and of the days that stand beside them in a
        ``range``.
    sides
        What both are called there.
    judged_from
        From when on windows tell what is usual, so that what stood out is marked; None for no marks.
    season_from
        From when on windows tell where the month ends.
    budgets, is_credit_known
        US dollars a month by account id, and whether credit is drawn, beside the ``month_end``.
    note
        The last line in the heading of the comparison, if there is one.
    """

    whose: str
    accounts: Sequence[str]
    time_range: TimeRange
    selection: Selection
    time_zone: str
    now: datetime | None
    names: Mapping[str, str] = field(default_factory=dict)
    is_added_up: bool = False
    granularity: str = "hour"
    statistic: str = "mean"
    compared: str = "day"
    dates: tuple[date, date] | None = None
    previous_dates: tuple[date, date] | None = None
    sides: tuple[str, str] = ("This range", "the range before")
    judged_from: datetime | None = None
    season_from: datetime | None = None
    budgets: Mapping[str, float] = field(default_factory=dict)
    is_credit_known: bool = False
    note: str | None = None

    def code(self) -> str:
        """Write it as Python; the table's name is ``history``."""
        return with_imports([*self.asked(), *self.fetched("history", "time_range"), *self.selected()])

    def asked(self) -> list[str]:
        """Write the source, the accounts and the time range."""
        now = "" if self.now is None else f"now={_iso(self.now)}"
        return [
            _SOURCES[self.whose].format(now=now),
            f"accounts = {bracketed('[]', [*map(literal, self.accounts)])}",
            self.between("time_range", self.time_range.start, self.time_range.end),
        ]

    def fetched(self, name: str, span: str) -> list[str]:
        """Write how the windows of a span, which has a name, are come by."""
        if self.whose != "table":
            return [f"{name} = client.usage_history({span}, accounts=accounts, with_ids=False)"]
        return [
            f'{name} = history.filter(pl.col("account_id").is_in(accounts))',
            f'{name} = {name}.filter(pl.col("start_time") >= {span}.start)',
            f'{name} = {name}.filter(pl.col("end_time") <= {span}.end)',
            f"{name} = {name}.with_columns(id=pl.lit(None, pl.String))",
        ]

    def between(self, name: str, start: datetime, end: datetime) -> str:
        """Write a time range, and give it a name."""
        now = "" if self.now is None else f", now={_iso(self.now)}"
        return f"{name} = cfu.between({_iso(start)}, {_iso(end)}{now})"

    def selected(self) -> list[str]:
        """Write the selection, each part of it as a line."""
        one, lines = self.selection, []
        if one.start is not None and one.end is not None:
            lines = [
                self.between("selected", one.start, one.end),
                'history = history.filter(pl.col("start_time") >= selected.start)',
                'history = history.filter(pl.col("start_time") < selected.end)',
            ]
        wanted = [
            *([] if one.weekday is None else [f"start.isoweekday() == {one.weekday}"]),
            *([] if one.hour is None else [f"start.hour == {one.hour}"]),
            *([] if one.day is None else [f'str(start.date()) == "{one.day}"']),
        ]
        if wanted:
            clock = f"ZoneInfo({literal(self.time_zone)})"
            lines += [
                f'local = [start.astimezone({clock}) for start in history["start_time"]]',
                f"wanted = [{' and '.join(wanted)} for start in local]",
                "history = history.filter(pl.Series(wanted, dtype=pl.Boolean))",
            ]
        return lines

    def named(self, *, is_of_each: bool) -> list[tuple[str, str]]:
        """Return the names that a chart needs: colours go by the place among all, where these are few.

        With ``is_of_each``, accounts are drawn besides what they are added up to.
        """
        if len(self.names) <= MOST_SERIES:
            return [*self.names.items()]
        ids = {TOTAL, *(self.accounts if is_of_each or not self.is_added_up else ())}
        return [(one, name) for one, name in self.names.items() if one in ids]

    def in_range(self) -> list[str]:
        """Write how the windows in the selected span are come by, as they are drawn."""
        brushed = replace(self, selection=self.selection.brush)
        return [*self.fetched("history", "time_range"), *brushed.selected(), *self.added_up("history")]

    def since(self, start: datetime, end: datetime | None = None) -> list[str]:
        """Write how the windows of the range and others are come by, as they are drawn."""
        span = self.between("span", min(start, self.time_range.start), max(end or start, self.time_range.end))
        return [span, *self.fetched("known", "span"), *self.added_up("known")]

    def added_up(self, name: str) -> list[str]:
        """Write how accounts are added up: in a table, the hours that all of them have."""
        if not self.is_added_up:
            return []
        every = f'{name} = {name}.filter(pl.len().over("start_time") == len(accounts))'
        return [*([every] if self.whose == "table" else []), f"{name} = cfu.total_usage({name})"]

    def start_of(self, day: date, *, before: int = 0) -> datetime:
        """Return when a local day starts, or one so many days before it."""
        return day_start(day - before * DAY, zone(self.time_zone))

    def note_option(self) -> list[str]:
        """Write the note of the comparison, where there is one."""
        return [] if self.note is None else [f"note={literal(self.note)}"]


def bracketed(brackets: str, items: Sequence[str]) -> str:
    """Write items between two brackets, one a line where they have no room in one."""
    left, right = brackets[0], brackets[1]
    line = ", ".join(items)
    if len(line) <= _ROOM:
        return left + line + right
    return "\n".join([left, *(f"    {item}," for item in items), right])


def with_imports(body: Sequence[str]) -> str:
    """Write lines under the imports that they take."""
    text = "\n".join(body)
    imports = ["from zoneinfo import ZoneInfo", ""] if "ZoneInfo(" in text else []
    imports += ["import cfusage_lab as cfu"]
    imports += ["import polars as pl"] if "pl." in text else []
    return "\n".join([*imports, "", text]) + "\n"


def literal(text: str) -> str:
    """Write any text as Python's own: none of it becomes code, or ends the line."""
    written = repr(text)
    return f'"{text}"' if written == f"'{text}'" and '"' not in text else written


def _iso(moment: datetime) -> str:
    """Write a moment to the minute, or as far as it goes."""
    exact = moment.astimezone(UTC)
    written = exact.isoformat(timespec="auto" if exact.second or exact.microsecond else "minutes")
    return f'"{written.replace("+00:00", "Z")}"'
