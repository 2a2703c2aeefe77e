"""What of some ranges lies in others, or in none."""

from collections.abc import Iterable

from cfusage_lab.ranges.presets import LONGEST, TimeRange

__all__ = ["is_inside", "joined", "missing"]


def is_inside(part: TimeRange, whole: TimeRange) -> bool:
    """Whether a range holds no moment that another does not."""
    return whole.start <= part.start and part.end <= whole.end


def missing(needed: Iterable[TimeRange], known: Iterable[TimeRange]) -> list[TimeRange]:
    """Return what of some ranges lies in none of others: as few ranges as that takes, the newest first."""
    rest = list(needed)
    for one in known:
        rest = [piece for wanted in rest for piece in _outside(wanted, one)]
    found: list[TimeRange] = []
    for one in sorted(rest, key=lambda piece: (piece.start, piece.end)):
        if found and one.start <= found[-1].end and one.end - found[-1].start <= LONGEST:
            one = TimeRange(found[-1].start, max(found.pop().end, one.end))  # noqa: PLW2901 - as it grows
        found.append(one)
    return found[::-1]


def joined(ranges: tuple[TimeRange, ...], added: TimeRange) -> tuple[TimeRange, ...]:
    """Return ranges with one more, grown together with what it touches, unless that would be too long."""
    start, end = added.start, added.end
    apart = []
    for one in ranges:
        is_too_long = max(end, one.end) - min(start, one.start) > LONGEST
        if one.end < start or end < one.start or is_too_long:
            apart.append(one)
        else:
            start, end = min(start, one.start), max(end, one.end)
    return (TimeRange(start, end), *apart)


def _outside(wanted: TimeRange, known: TimeRange) -> list[TimeRange]:
    """Return what of a range lies before another, and what lies after it."""
    sides = ((wanted.start, min(wanted.end, known.start)), (max(wanted.start, known.end), wanted.end))
    return [TimeRange(start, end) for start, end in sides if start < end]
