"""Pictures of charts, made without a browser and without a network."""

import base64
from typing import Any

import altair as alt

from cfusage_lab.view import vega
from cfusage_lab.view.drawing import Drawing
from cfusage_lab.view.themes import apply_theme

__all__ = ["picture", "svg", "with_picture"]


def picture(chart: alt.TopLevelMixin, *, scale: float = 1.0, theme: str = "auto") -> bytes:
    """Draw any altair chart as a PNG, without a browser and without a network.

    Parameters
    ----------
    chart
        Any altair chart.
    scale
        Pixels to a pixel of the chart; 2 for a sharp screen.
    theme
        ``light`` or ``dark``: text and axes in its colours, on its opaque ground. ``auto`` leaves the colours
        to Vega, on white. What the chart sets itself, wins.

    Raises
    ------
    ConfigError
        If there is no such theme, or vl_convert is not there, which draws.
    ValueError
        If Vega cannot draw it.

    Examples
    --------
    >>> import altair as alt, polars as pl
    >>> days = pl.DataFrame({"day": ["Mon", "Tue"], "cost_usd": [1.5, 2.0]})
    >>> bars = alt.Chart(days).mark_bar().encode(x="day", y="cost_usd")
    >>> picture(bars, scale=2, theme="dark")[1:4]
    b'PNG'
    """
    return vega.spec_to_png(apply_theme(Drawing.of(chart).complete(), theme), scale=scale)


def svg(chart: alt.TopLevelMixin, *, theme: str = "auto") -> str:
    """Draw any altair chart as an SVG, without a browser and without a network.

    Themes and errors are those of :func:`picture`.

    Examples
    --------
    >>> import altair as alt, polars as pl
    >>> days = pl.DataFrame({"day": ["Mon", "Tue"], "cost_usd": [1.5, 2.0]})
    >>> svg(alt.Chart(days).mark_bar().encode(x="day", y="cost_usd"))[:5]
    '<svg '
    """
    return vega.spec_to_svg(apply_theme(Drawing.of(chart).complete(), theme))


def with_picture(bundle: dict[str, Any], chart: alt.TopLevelMixin, *, theme: str = "auto") -> dict[str, Any]:
    """Add a PNG of ``chart`` to a MIME bundle, where there is what draws it.

    If the chart cannot be drawn, its view says why in the cell.
    """
    try:
        png = picture(chart, theme=theme)
    except ValueError:
        return bundle
    return {**bundle, "image/png": base64.b64encode(png).decode()}
