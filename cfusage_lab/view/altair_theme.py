"""Our charts' look as a theme of altair: for charts of one's own that are to stand beside them."""

import copy
from contextlib import AbstractContextManager
from typing import Any, Final, cast

import altair as alt

from cfusage_lab.argument_checks import check_choice
from cfusage_lab.charts.axes import COMMON
from cfusage_lab.charts.colours import DOWN, PALETTE, RAMP, UP
from cfusage_lab.charts.page import WIDTH
from cfusage_lab.view.themes import THEMES, merged

__all__ = ["theme"]

_NAME: Final = "cfusage_lab"
_HEIGHT: Final = 240
_LOOK: Final[dict[str, Any]] = {
    "axis": {"titleFontSize": 11, "titleFontWeight": "normal", "titlePadding": 8},
    "legend": {"titleFontSize": 11, "titleFontWeight": "normal"},
    "title": {"anchor": "start", "fontSize": 15, "subtitleFontSize": 12, "subtitlePadding": 5, "offset": 12},
    "header": {"titleFontSize": 12, "labelFontSize": 12, "labelFontWeight": "bold"},
    "arc": {"fill": PALETTE[0]},
    "area": {"fill": PALETTE[0], "fillOpacity": 0.25},
    "bar": {"fill": PALETTE[0]},
    "boxplot": {"box": {"fill": PALETTE[0]}},
    "line": {"stroke": PALETTE[0], "strokeWidth": 2},
    "point": {"color": PALETTE[0]},
    "circle": {"fill": PALETTE[0]},
    "square": {"fill": PALETTE[0]},
    "tick": {"fill": PALETTE[0]},
    "range": {
        "category": list(PALETTE),
        "ordinal": list(RAMP),
        "ramp": list(RAMP),
        "heatmap": list(RAMP),
        "diverging": [DOWN, "#c9c9c9", UP],
    },
    "view": {"continuousWidth": WIDTH, "continuousHeight": _HEIGHT},
}
"""What is not in every chart of ours already."""


def theme(ground: str = "auto") -> AbstractContextManager[object]:
    """Let charts of altair look like those of this package: sizes, colours, palette, key, lines.

    From here on, or in a ``with`` block alone. What a chart sets itself, wins; charts of this package look as
    before. It is an altair theme, and altair's own names work, too: ``alt.theme.enable("cfusage_lab",
    ground="dark")`` once this was called, ``alt.theme.enable("default")`` to end it.

    Parameters
    ----------
    ground
        ``light`` or ``dark``, with the text that belongs to it, wherever the chart is drawn; ``auto`` leaves
        both to what draws it: in :func:`cfusage_lab.show`, to the notebook's theme.

    Returns
    -------
    AbstractContextManager
        Ends the theme where a ``with`` block ends; nothing has to be done with it.

    Raises
    ------
    ConfigError
        If there is no such theme.

    Examples
    --------
    >>> import altair as alt, polars as pl
    >>> import cfusage_lab as cfu
    >>> days = pl.DataFrame({"day": ["Mon", "Tue"], "cost_usd": [1.5, 2.0]})
    >>> bars = alt.Chart(days).mark_bar().encode(x="day", y="cost_usd")
    >>> with cfu.theme("dark"):
    ...     spec = bars.to_dict()
    >>> spec["config"]["background"], spec["config"]["range"]["category"][0]
    ('#111111', '#1560e2')
    """
    check_choice(ground, "ground", ("auto", *THEMES))
    alt.theme.register(_NAME, enable=False)(_config)
    return cast("AbstractContextManager[object]", alt.theme.enable(_NAME, ground=ground))


def _config(ground: str = "auto") -> alt.theme.ThemeConfig:
    """Write the theme as altair takes it."""
    common = copy.deepcopy(COMMON)
    del common["axis"]["title"], common["legend"]["title"]  # ours say in the heading what is drawn
    colours = {} if ground == "auto" else THEMES[ground]
    return cast("alt.theme.ThemeConfig", {"config": merged(merged(colours, common), _LOOK)})
