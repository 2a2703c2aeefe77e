"""Hours or days: what there is room for."""

from typing import Final

__all__ = ["granularity_for"]

_ROOM: Final = 1020
"""Pixels that the bars of a time line have in a notebook on a common laptop."""
_LEAST_PIXELS: Final = 1.25
"""What a bar needs for the shape of days and weeks to be seen: a month of hours fits."""
_LEAST_STACKED: Final = 3.0
"""What a bar of several colours needs for them to be told apart: a fortnight of hours fits."""


def granularity_for(hours: int, accounts: int) -> str:
    """Return ``"hour"`` if so many hours have room to be bars in a time line, else ``"day"``.

    ``accounts`` is how many are stacked in a bar: at one pixel, their colours are noise.
    """
    least = _LEAST_PIXELS if accounts <= 1 else _LEAST_STACKED
    return "hour" if hours * least <= _ROOM else "day"
