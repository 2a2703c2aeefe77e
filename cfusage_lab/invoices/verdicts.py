"""What it means that another sum of a billing period differs from its hours, and how that is said."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from cfusage_lab.wording import dollars

__all__ = ["HourSums", "agreement", "is_alarming", "outcome_of", "verdict_of"]

_UNIT: Final = 100.0
"""Cents in a dollar: the factor to expect where one of two amounts is not in the unit that was believed."""
_UNIT_SLACK: Final = 0.01
"""A factor of 99 to 101 is taken for one of 100: nothing else makes one."""
_TELLING: Final = 20
"""A sum must be this many times what rounding may have done to it, for a factor to be read off it."""

_SURGE: Final = 2
"""How many times the costliest hour so far an open hour may become: it may well be the new costliest."""

_WORDS: Final = {
    "agrees": "agrees",
    "pending": "hours are still coming in",
    "factor_100": "off by a factor of 100: the unit is not what was believed",
}
_NO_ALARM: Final = frozenset({None, _WORDS["agrees"], _WORDS["pending"]})


@dataclass(frozen=True, slots=True, kw_only=True)
class HourSums:
    """What the hours of a billing period add up to, in US dollars.

    Attributes
    ----------
    total_usd, settled_usd
        All of them, and those that are complete.
    hours, open_hours
        How many there are, and how many of them are not complete.
    costliest_usd
        The costliest hour of the account's history.
    """

    total_usd: float
    settled_usd: float
    hours: int
    open_hours: int
    costliest_usd: float


def outcome_of(amount: float, sums: HourSums, *, slack: float) -> str:
    """Judge what another sum of the same period says; what open hours explain comes first.

    ``slack`` is what rounding may do to either, in US dollars.
    """
    total, settled = sums.total_usd, sums.settled_usd
    if abs(amount - total) <= slack:
        return "agrees"
    reach = settled + sums.open_hours * _SURGE * sums.costliest_usd
    low, high = min(settled, total), max(settled, total, reach)
    is_all_open = sums.open_hours == sums.hours
    if sums.open_hours and (is_all_open or low - slack <= amount <= high + slack):
        return "pending"
    for scale in (_UNIT, 1 / _UNIT):
        rounding = slack * max(scale, 1.0)
        is_near = abs(amount * scale - total) <= _UNIT_SLACK * abs(total) + abs(total - settled)
        is_telling = abs(total) > _TELLING * rounding and 2 * abs(total - settled) <= abs(total)
        if is_near and is_telling:
            return "factor_100"
    return "differs"


def verdict_of(outcome: str, difference: float) -> str:
    """Return an outcome in words."""
    size = abs(difference)
    return _WORDS.get(outcome) or f"differs by {dollars(round(size, 2) or size)}"


def agreement(row: Mapping[str, Any]) -> str:
    """Say in one line what a row of :func:`reconcile` came to.

    Examples
    --------
    >>> sums = {"hours_usd": 1511.66, "billed_usd": 1511.64, "difference_usd": 0.02}
    >>> agreement({**sums, "outcome": "agrees", "verdict": "agrees", "days_verdict": None})
    'agrees with the invoice preview to $0.02'
    """
    said = row["verdict"]
    if row["outcome"] == "agrees":
        said = f"agrees with the invoice preview to {dollars(round(abs(row['difference_usd']), 2))}"
    elif row["outcome"] != "unknown":
        sums = f"the hours add up to {dollars(row['hours_usd'])}, the invoice preview to "
        said = f"{said} ({sums}{dollars(row['billed_usd'])})"
    is_expected = row["days_verdict"] in _NO_ALARM
    return said if is_expected else f"{said}; days against hours: {row['days_verdict']}"


def is_alarming(row: Mapping[str, Any]) -> bool:
    """Whether a row of :func:`reconcile` says that a figure is not what it is taken for.

    What is still coming in, or can't be told, is no reason for alarm.
    """
    by_day = row["days_verdict"]
    is_told = by_day not in _NO_ALARM and not by_day.startswith("unknown")
    return row["outcome"] in {"factor_100", "differs"} or is_told
