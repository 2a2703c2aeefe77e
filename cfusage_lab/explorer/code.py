"""The lines of Python that give the table on screen. They hold no token, ever."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cfusage_lab.explorer.selection import Selection
from cfusage_lab.ranges import TimeRange

__all__ = ["Recipe", "bracketed", "literal", "quoted", "with_imports"]

_ROOM: Final = 80
"""Letters that fit beside a name and brackets, in a line of 120."""

_SOURCES: Final = {
    "sandbox": ("client = cfu.UsageClient.sandbox({now})",),
    "account": ("client = cfu.connect({now})  # the token of the environment, or of cfu.login() before",),
    "table": ("# `history` is the table that the explorer was handed",),
    "other": ("client = source  # the source that the explorer was handed",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What it takes to come by the table on screen.

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
    """

    whose: str
    accounts: Sequence[str]
    time_range: TimeRange
    selection: Selection
    time_zone: str
    now: datetime | None

    def code(self) -> str:
        """Write it as Python; the table's name is ``history``."""
        return with_imports([*self.asked(), *self.fetched("history", "time_range"), *self.selected()])

    def asked(self) -> list[str]:
        """Write the source, the accounts and the time range."""
        source = [line.format(now=self._now(alone=True)) for line in _SOURCES[self.whose]]
        accounts = f"accounts = {quoted(self.accounts)}"
        return [*source, accounts, self.between("time_range", self.time_range.start, self.time_range.end)]

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
        now = self._now(alone=False)
        return f"{name} = cfu.between({_iso(start)}, {_iso(end)}{now})"

    def _now(self, *, alone: bool) -> str:
        if self.now is None:
            return ""
        return f"{'' if alone else ', '}now={_iso(self.now)}"

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


def quoted(texts: Sequence[str]) -> str:
    """Write texts as a list, one a line where they have no room in one."""
    return bracketed("[]", [*map(literal, texts)])


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
