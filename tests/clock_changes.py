"""Every kind of clock change that the time zone database has for 2000 to 2037, found without our own code."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib.resources import files
from zoneinfo import ZoneInfo

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STEP = 5 * DAY


@cache
def clock_changes() -> list[tuple[str, datetime]]:
    """List a zone and the UTC hour before or in which its clock changes, one of each kind.

    A kind is how far the clock jumps, and from which to which time of the day.
    """
    kinds: dict[tuple[object, ...], tuple[str, datetime]] = {}
    for name in _rules():
        info = ZoneInfo(name)
        moments = [datetime(2000, 1, 1, tzinfo=UTC) + n * STEP for n in range(38 * 365 // STEP.days)]
        offsets = [moment.astimezone(info).utcoffset() for moment in moments]
        for moment, before, after in zip(moments, offsets, offsets[1:], strict=False):
            jump = (before, after)
            if before == after or sum(kind[:2] == jump for kind in kinds) > 3:  # thousands are alike
                continue
            last = _last_minute(moment, info)
            times = [(last + n * timedelta(minutes=1)).astimezone(info).time() for n in (0, 1)]
            kinds.setdefault((*jump, *times), (name, last.replace(minute=0)))
    return list(kinds.values())


def dates(hours: list[datetime], zone: str) -> list[date]:
    """Return the local date to which each of some hours in a row counts: a date that has begun goes on."""
    info = ZoneInfo(zone)
    found: list[date] = []
    for hour in hours:
        day = hour.astimezone(info).date()
        found.append(max(day, found[-1]) if found else day)
    return found


def _rules() -> list[str]:
    """List the zones, of those with the same rules only the first."""
    root = files("tzdata")
    names = sorted(set((root / "zones").read_text().split()) - {"Factory"})
    return sorted({(root / "zoneinfo" / name).read_bytes(): name for name in reversed(names)}.values())


def _last_minute(moment: datetime, info: ZoneInfo) -> datetime:
    """Return the last minute before the offset changes, within a step from a moment on."""
    low, high = moment, moment + STEP
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
        is_before = middle.astimezone(info).utcoffset() == moment.astimezone(info).utcoffset()
        low, high = (middle, high) if is_before else (low, middle)
    return low
