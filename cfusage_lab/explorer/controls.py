"""The widgets of the explorer, and the words around them."""

import html
import importlib.resources
from collections.abc import Callable, Sequence
from typing import Final

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.errors import ConfigError
from cfusage_lab.ranges import zone

__all__ = ["Words", "banner", "dropdown", "status_line", "zone_meant", "zone_picker"]


class Words:
    """Progress, in the words of the status line."""

    is_cancelled = False

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def update(self, done: int, total: int) -> None:
        """Count the requests, where there are several."""
        if total > 1:
            self._say(f"{done:,} of {total:,} requests answered")

    def wait(self, reason: str, seconds: float) -> None:
        """Say what is waited for."""
        self._say(f"waiting {seconds:.0f} s: {reason}")

    def close(self) -> None:
        """Leave the line to whoever writes it next."""


_MOST_SUGGESTIONS: Final = 6
_REGIONS: Final = frozenset(
    {
        "Africa",
        "America",
        "Antarctica",
        "Arctic",
        "Asia",
        "Atlantic",
        "Australia",
        "Europe",
        "Indian",
        "Pacific",
    }
)
_QUIET: Final = "color: var(--jp-ui-font-color2, #616161)"
_FONT: Final = "font: 13px/1.4 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #1f1f1f)"
_BADGE: Final = (
    "font-weight: 600; padding: 2px 8px; border-radius: 3px; background: var(--jp-layout-color2, #eee)"
)
_BANNER: Final = (
    f'<div role="alert" style="{_FONT}; border-left: 4px solid #d5404e; padding: 8px 12px; '
    'background: var(--jp-layout-color2, #f4f4f4); white-space: pre-wrap">{}<br>'
    f'<span style="{_QUIET}">Below is the last good view.</span></div>'
)


def banner(message: str) -> str:
    """Write an error as HTML."""
    return _BANNER.format(html.escape(message))


def status_line(status: str, notes: Sequence[str] = ()) -> str:
    """Write the status as HTML: where the numbers come from stands out, ``notes`` get a line each."""
    source, _, rest = status.partition(" · ")
    extra = "".join(f"<div>{html.escape(note)}</div>" for note in notes)
    return (
        f'<div role="status" style="{_FONT}"><span style="{_BADGE}">{html.escape(source)}</span> '
        f'<span style="{_QUIET}; padding-left: 6px">{html.escape(rest)}</span>'
        f"{extra}</div>"
    )


def dropdown(name: str, options: Sequence[tuple[str, object]], value: object) -> ipywidgets.Dropdown:
    """Make a control of labels and what they stand for."""
    return ipywidgets.Dropdown(
        description=name,
        options=options,
        value=value,
        style={"description_width": "initial"},
        layout={"width": "220px"},
    )


def zone_picker(chosen: str) -> ipywidgets.Combobox:
    """Make a control that suggests time zones while a name is written."""
    return ipywidgets.Combobox(
        description="Time zone",
        options=_zones(chosen),
        value=chosen,
        placeholder="Europe/Berlin",
        continuous_update=False,
        style={"description_width": "initial"},
        layout={"width": "230px"},
    )


def zone_meant(written: str, places: Sequence[str]) -> str:
    """Return the zone that somebody wrote, or wrote a part of.

    Raises
    ------
    ConfigError
        If that is no zone, or a part of several; the message lists them.
    """
    try:
        return zone(written).key
    except ConfigError:
        part = written.strip().replace(" ", "_").casefold()
        matches = [place for place in places if part in place.casefold()] if part else []
        cities = [place for place in matches if place.casefold().rpartition("/")[2] == part]
        for found in (cities, matches):
            if len(found) == 1:
                return found[0]
        if not matches:
            raise
    names = ", ".join(matches[:_MOST_SUGGESTIONS]) + (", …" if len(matches) > _MOST_SUGGESTIONS else "")
    raise ConfigError(f"{written!r} is a part of {len(matches)} time zones: {names}")


def _zones(*more: str) -> list[str]:
    """List the places of the IANA database, UTC first."""
    listed = importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    places = {name for name in listed if name.partition("/")[0] in _REGIONS and "/" in name}
    return ["UTC", *sorted(places | set(more) - {"UTC"})]
