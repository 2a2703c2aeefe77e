"""Time zones as people look for them: by the name of a place, or by a part of it."""

from collections.abc import Sequence
from typing import Final

from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges.zones import packaged_names, zone

__all__ = ["place_meant", "places"]

_MOST_SUGGESTIONS: Final = 6
_NO_REGIONS: Final = frozenset({"Brazil", "Canada", "Chile", "Etc", "Mexico", "US"})
"""Zones called after these are other names of zones that are called after a region."""


def places() -> list[str]:
    """Return the zones that are called after a place in a region, such as ``Europe/Berlin``, in order."""
    return sorted(
        name for name in packaged_names() if "/" in name and name.partition("/")[0] not in _NO_REGIONS
    )


def place_meant(written: str, among: Sequence[str]) -> str:
    """Return the name of the zone that somebody wrote, or wrote a part of.

    Parameters
    ----------
    written
        An IANA name, a city, or a part of one of the names ``among`` which it is looked for.
    among
        Names of zones.

    Raises
    ------
    ConfigError
        If that is no zone, or a part of several; the message lists them.

    Examples
    --------
    >>> place_meant("new york", places())
    'America/New_York'
    """
    try:
        return zone(written).key
    except ConfigError:
        part = written.strip().replace(" ", "_").casefold()
        matches = [place for place in among if part in place.casefold()] if part else []
        cities = [place for place in matches if place.casefold().rpartition("/")[2] == part]
        for found in (cities, matches):
            if len(found) == 1:
                return found[0]
        if not matches:
            raise
    names = ", ".join(matches[:_MOST_SUGGESTIONS]) + (", …" if len(matches) > _MOST_SUGGESTIONS else "")
    raise ConfigError(f"{written!r} is a part of {len(matches)} time zones: {names}")
