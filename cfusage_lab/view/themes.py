"""How charts look in a light and in a dark surrounding, said once for the browser and for pictures."""

import copy
from typing import Any, Final

from cfusage_lab.argument_checks import check_choice
from cfusage_lab.charts.colours import ON_CELLS

__all__ = ["THEMES", "apply_theme", "check_theme", "merged"]


def _theme(*, background: str, text: str, pure: str, faint: str, line: str, frame: str) -> dict[str, Any]:
    """Write a Vega-Lite config of these colours; ``pure`` is read on cells of any colour."""
    return {
        "background": background,
        "axis": {
            "labelColor": faint,
            "titleColor": faint,
            "domainColor": line,
            "tickColor": line,
            "gridColor": line,
        },
        "header": {"labelColor": text, "titleColor": text},
        "legend": {"labelColor": text, "titleColor": faint},
        "mark": {},
        "style": {ON_CELLS: {"color": pure}},
        "text": {"color": text},
        "title": {"color": text, "subtitleColor": faint},
        "view": {"stroke": frame},
    }


THEMES: Final = {
    "light": _theme(
        background="#ffffff",
        text="#1f1f1f",
        pure="#000000",
        faint="#616161",
        line="#e4e4e4",
        frame="#dddddd",
    ),
    "dark": _theme(
        background="#111111",
        text="#e6e6e6",
        pure="#ffffff",
        faint="#a8a8a8",
        line="#3d3d3d",
        frame="#3d3d3d",
    ),
}
"""Theme name to config; the backgrounds are those of JupyterLab's notebooks."""


def check_theme(theme: str) -> str:
    """Return the name of a theme, or ``auto``, as it is.

    Raises
    ------
    ConfigError
        If it is something else.
    """
    check_choice(theme, "theme", ("auto", *THEMES))
    return theme


def apply_theme(spec: dict[str, Any], theme: str) -> dict[str, Any]:
    """Return a Vega-Lite ``spec`` in a theme, where it sets nothing itself; ``auto`` leaves it as it is."""
    if check_theme(theme) == "auto":
        return spec
    return {**spec, "config": merged(THEMES[theme], spec.get("config", {}))}


def merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    """Lay one config over another, part by part."""
    both = copy.deepcopy(under)
    for key, value in over.items():
        are_parts = isinstance(value, dict) and isinstance(both.get(key), dict)
        both[key] = merged(both[key], value) if are_parts else value
    return both
