"""Windows that were fetched, and what is computed of them: once, and for as long as they are the same."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple, TypeVar

import polars as pl

from cfusage_lab.ranges import TimeRange, joined, missing
from cfusage_lab.schema import HISTORY

__all__ = ["Aside", "Data", "Part", "Same", "span_of"]

T = TypeVar("T")
Accounts = tuple[str, ...]
_MOST_MADE: Final = 60
"""Results to keep: all views of two or three clocks and ranges, so that going back is quick."""


class Same:
    """A table by identity: to compare its rows would take longer than to draw them."""

    __slots__ = ("table",)

    def __init__(self, table: pl.DataFrame) -> None:
        self.table = table

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and self.table is other.table

    def __hash__(self) -> int:
        return id(self.table)


class Part(NamedTuple):
    """A part of the windows: those of some accounts in some ranges."""

    accounts: Accounts
    ranges: tuple[TimeRange, ...]

    def overlaps(self, other: "Part") -> bool:
        """Whether a window may lie in both."""
        return not set(self.accounts).isdisjoint(other.accounts) and any(
            one.start < two.end and two.start < one.end for one in self.ranges for two in other.ranges
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Aside:
    """What is told beside the windows.

    Attributes
    ----------
    accounts
        Whose it is.
    credit, invoice
        Prepaid credit (``schema.CREDIT_BALANCE``), lines of the running invoice (``schema.INVOICE_LINES``);
        None where nobody could tell.
    no_credit, no_invoice
        Why nobody could, in a few words; empty where the source has none.
    """

    accounts: Accounts = ()
    credit: pl.DataFrame | None = None
    no_credit: str = ""
    invoice: pl.DataFrame | None = None
    no_invoice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # tables can't be asked whether they are equal
class Data:
    """All windows that are known of a source.

    Attributes
    ----------
    windows
        Each window once (``schema.HISTORY``, without ids), by account and time.
    held
        Account to the ranges whose windows are here, from wherever.
    fetched
        Account to the ranges that were asked for since the hour began: they need not be asked for again.
    refused
        Account and range to why it could not be had: of accounts that nobody chose, and not asked for again.
    aside, is_aside_fetched
        Credit and invoice, None while nobody was asked for them; whether they need not be asked for again.
    """

    windows: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=HISTORY))
    held: Mapping[str, tuple[TimeRange, ...]] = field(default_factory=dict)
    fetched: Mapping[str, tuple[TimeRange, ...]] = field(default_factory=dict)
    refused: Mapping[tuple[str, TimeRange], str] = field(default_factory=dict)
    aside: Aside | None = None
    is_aside_fetched: bool = False
    _made: dict[tuple[Any, ...], Any] = field(default_factory=dict, repr=False)

    # What follows

    def with_windows(
        self, accounts: Accounts, time_range: TimeRange, history: pl.DataFrame, *, is_fetched: bool = True
    ) -> "Data":
        """Return this with what was told of a range, in the place of whatever was known of it."""
        part = Part(accounts, (time_range,))
        told = history.select(HISTORY.names()).filter(_inside(part))  # a source may tell more than was asked
        told = told.unique(["account_id", "start_time"], keep="first").sort("account_id", "start_time")
        data = replace(
            self,
            held=_with_range(self.held, accounts, time_range),
            fetched=_with_range(self.fetched, accounts, time_range) if is_fetched else self.fetched,
        )
        if self.holds(accounts, [time_range]) and told.equals(self._slice(part)):
            return data  # nothing is new: what was computed stays, and nothing is drawn again
        windows = pl.concat([told, self.windows.filter(~_inside(part))])
        until_now = [*self._made.items()]  # another thread may be adding to it
        return replace(
            data,
            windows=windows.sort("account_id", "start_time"),
            _made={key: made for key, made in until_now if not key[1].overlaps(part)},
        )

    def with_refusal(self, accounts: Accounts, time_range: TimeRange, why: str) -> "Data":
        """Return this with why some accounts could not be had."""
        return replace(self, refused={**self.refused, **{(one, time_range): why for one in accounts}})

    def with_aside(self, aside: Aside) -> "Data":
        """Return this with credit and invoice."""
        return replace(self, aside=aside, is_aside_fetched=True)

    def outdated(self) -> "Data":
        """Return this as what is to be asked for anew."""
        return replace(self, fetched={}, refused={}, is_aside_fetched=False)

    # What is known

    def lacking(self, accounts: Accounts, ranges: Iterable[TimeRange]) -> list[tuple[Accounts, TimeRange]]:
        """Return what has to be asked for, in as few requests as that takes; the range itself comes first."""
        wanted = list(ranges)
        groups: dict[tuple[TimeRange, ...], list[str]] = {}
        for one in accounts:
            groups.setdefault(self.fetched.get(one, ()), []).append(one)
        return [
            (tuple(members), piece) for known, members in groups.items() for piece in missing(wanted, known)
        ]

    def knows_aside_of(self, accounts: Accounts) -> bool:
        """Whether credit and invoice of some accounts need not be asked for."""
        return self.is_aside_fetched and self.aside is not None and self.aside.accounts == accounts

    def holds(self, accounts: Accounts, ranges: Iterable[TimeRange]) -> bool:
        """Whether all windows of some ranges are here, from wherever."""
        return len(self.holders(accounts, ranges)) == len(set(accounts))

    def holders(self, accounts: Collection[str], ranges: Iterable[TimeRange]) -> list[str]:
        """Return the accounts of which all windows of some ranges are here."""
        wanted = list(ranges)
        held = {one: self.held.get(one, ()) for one in accounts}
        is_here = {known: not missing(wanted, known) for known in set(held.values())}
        return [one for one, known in held.items() if is_here[known]]

    def part(self, part: Part) -> pl.DataFrame:
        """Return the windows of a part; the very same table each time."""
        return self.made(_same, part)

    def made(self, compute: Callable[..., T], part: Part, /, **options: Any) -> T:  # noqa: ANN401 - compute's own
        """Return ``compute(windows, **options)`` of a part: the very same, if it was computed before."""
        key = (compute, part, *options.items())
        if key in self._made:
            found: T = self._made[key]
            return found
        windows = self._slice(part) if compute is _same else self.part(part)
        made = compute(windows, **options)
        for oldest in [*self._made][: max(0, len(self._made) + 1 - _MOST_MADE)]:
            self._made.pop(oldest, None)
        return self._made.setdefault(key, made)  # type: ignore[no-any-return]

    def known(self, compute: Callable[..., T], part: Part, /, **options: Any) -> T | None:  # noqa: ANN401 - as above
        """Return what :meth:`made` returns if that was computed before, and None if not."""
        return self._made.get((compute, part, *options.items()))

    def _slice(self, part: Part) -> pl.DataFrame:
        return self.windows.filter(_inside(part))


def span_of(history: pl.DataFrame) -> TimeRange:
    """Return what a table really covers: what is held may be a part of what was wanted."""
    return TimeRange(history["start_time"].min(), history["end_time"].max())  # type: ignore[arg-type]


def _same(windows: pl.DataFrame) -> pl.DataFrame:
    return windows


def _inside(part: Part) -> pl.Expr:
    start = pl.col("start_time")
    in_range = [(start >= one.start) & (start < one.end) for one in part.ranges]
    return pl.col("account_id").is_in(part.accounts) & pl.any_horizontal(in_range)


def _with_range(
    known: Mapping[str, tuple[TimeRange, ...]], accounts: Accounts, time_range: TimeRange
) -> dict[str, tuple[TimeRange, ...]]:
    """Add a range to those of some accounts, grown together with what it touches."""
    grown = {ranges: joined(ranges, time_range) for ranges in {known.get(one, ()) for one in accounts}}
    return {**known, **{one: grown[known.get(one, ())] for one in accounts}}
