"""One widget that shows an altair chart in a notebook: offline, updated in place, readable from Python.

None of altair's own ways draws without the internet in a current JupyterLab. Here the Vega library
reaches the page once, tables travel as binary columns, and a changed chart keeps its place and zoom.
"""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import altair as alt
import anywidget
import traitlets

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.view import vega_bundle
from cfusage_lab.view.cell_outputs import show_first
from cfusage_lab.view.drawing import Drawing
from cfusage_lab.view.pictures import with_picture
from cfusage_lab.view.themes import check_theme

__all__ = ["ChartView", "prepare", "show"]


def show(chart: alt.TopLevelMixin, *, theme: str = "auto") -> "ChartView":
    """Show any altair chart in this notebook, offline.

    Layers, concatenations, facets and data of any length are drawn; polars tables travel as binary
    columns, anything else as altair would send it. ``width="container"`` fills the cell.

    Parameters
    ----------
    chart
        Any altair chart.
    theme
        ``light`` or ``dark``, on a ground of its own; ``auto`` follows the notebook, also when that changes.

    Returns
    -------
    ChartView
        The widget, to be the last line of a cell. Its :meth:`~cfusage_lab.view.ChartView.draw` takes a
        changed chart, its ``selections`` tell what is selected in the browser.

    Raises
    ------
    ConfigError
        If it is no chart, or there is no such theme.

    Examples
    --------
    >>> import altair as alt, polars as pl
    >>> import cfusage_lab as cfu
    >>> days = pl.DataFrame({"day": ["Mon", "Tue"], "cost_usd": [1.5, 2.0]})
    >>> bars = alt.Chart(days, description="Two days").mark_bar().encode(x="day", y="cost_usd")
    >>> cfu.show(bars, theme="dark")
    <ChartView: Two days>
    """
    if not isinstance(chart, alt.TopLevelMixin):
        raise ConfigError(f"chart {said(chart)}: pass an altair chart")
    return ChartView(chart, theme=theme)


def prepare(chart: alt.TopLevelMixin) -> None:
    """Make a chart ready that may be shown later: altair takes long to write the first of its kind."""
    Drawing.of(chart)


class _Library(anywidget.AnyWidget):
    """The Vega library on its way to the page: one for all charts of a kernel.

    It is sent when the first chart is made, not when the browser asks: a kernel that is busy with the
    next cell would answer late.
    """

    _esm = "export default {};"
    name = traitlets.Unicode().tag(sync=True)
    source = traitlets.Bytes().tag(sync=True)


class ChartView(anywidget.AnyWidget):
    """An altair chart as a widget.

    Attributes
    ----------
    chart
        The chart that is shown.
    theme
        ``auto``, ``light`` or ``dark``; it can be set.
    selections
        What is selected in the browser, selection name to value; without those in which nothing is. An
        interval is ``{field: [from, to]}`` (the categories in it, where there are no numbers), points are
        ``{field: [one, another, …]}``; times are milliseconds since 1970 UTC. It can be observed. A point
        selection that names neither fields nor encodings tells nothing: Vega knows its points by row numbers.
    error
        Why the browser could not draw the chart, as it also stands in the cell; empty if it could.

    Examples
    --------
    >>> import altair as alt, polars as pl
    >>> from cfusage_lab.view import ChartView
    >>> days = pl.DataFrame({"day": ["Mon", "Tue"], "cost_usd": [1.5, 2.0]})
    >>> chosen = alt.selection_point(name="chosen", fields=["day"])
    >>> bars = alt.Chart(days).mark_bar().encode(x="day", y="cost_usd").add_params(chosen)
    >>> view = ChartView(bars)
    >>> view.observe(lambda change: print(change["new"]), names="selections")
    >>> view.select("chosen", {"day": ["Tue"]})
    {'chosen': {'day': ['Tue']}}
    """

    _esm = vega_bundle.drawing_source() + Path(__file__).with_name("view.js").read_text(encoding="utf-8")
    _css = vega_bundle.drawing_style() + vega_bundle.surroundings_style()

    _library = anywidget.WidgetTrait().tag(sync=True)
    _spec = traitlets.Dict().tag(sync=True)
    _values = traitlets.Dict().tag(sync=True)
    _tables = traitlets.Dict().tag(sync=True)
    _description = traitlets.Unicode().tag(sync=True)
    theme = traitlets.Unicode("auto").tag(sync=True)
    selections = traitlets.Dict().tag(sync=True)
    error = traitlets.Unicode().tag(sync=True)

    def __init__(self, chart: alt.TopLevelMixin, *, theme: str = "auto") -> None:
        self.chart = chart
        super().__init__(theme=check_theme(theme), _library=_library(), **Drawing.of(chart).traits())

    @traitlets.validate("theme")
    def _valid_theme(self, proposal: dict[str, Any]) -> str:
        return check_theme(proposal["value"])

    def draw(self, chart: alt.TopLevelMixin, *, clear: Sequence[str] = ()) -> None:
        """Show ``chart`` instead.

        Where it differs from the one on screen in nothing but data, parameter values and description, the
        drawing stays and takes those in. Selections stay in any case, except those named in ``clear`` and
        those that the new chart does not have.
        """
        drawing = Drawing.of(chart)
        self.chart = chart
        with self.hold_sync():
            for name, value in drawing.traits().items():
                setattr(self, name, value)
            self.selections = {
                name: value
                for name, value in self.selections.items()
                if name in drawing.selections and name not in clear
            }
        if clear:
            self.send({"kind": "clear", "names": list(clear)})

    def select(self, name: str, value: Mapping[str, Sequence[Any]] | None) -> None:
        """Select in the browser, as if by hand; ``selections`` tells it at once.

        Parameters
        ----------
        name
            A selection of the chart.
        value
            In the shape in which ``selections`` tells it; None selects nothing.

        Raises
        ------
        ConfigError
            If the chart has no such selection, or the value is of another shape.
        """
        known = Drawing.selections_of(self._spec)
        if name not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise ConfigError(f"this chart has no selection {name!r}: {has}")
        rest = {other: chosen for other, chosen in self.selections.items() if other != name}
        self.selections = rest if value is None else {**rest, name: _checked(value, known[name])}

    def __repr__(self) -> str:
        return f"<ChartView: {self._description or 'a chart'}>"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:  # noqa: ANN401 - IPython's own
        """Add a picture, for readers without a kernel."""
        data, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return self._with_picture(data), metadata

    def _ipython_display_(self) -> None:
        bundle, metadata = super()._repr_mimebundle_() or ({}, {})
        show_first(bundle, metadata, with_picture=self._with_picture, follows_page=self.theme == "auto")

    def _with_picture(self, bundle: dict[str, Any]) -> dict[str, Any]:
        return with_picture(bundle, self.chart, theme=self.theme)


def _checked(value: object, kind: str) -> dict[str, list[Any]]:
    """Return the value of a selection as the browser takes it."""
    fields = value if isinstance(value, Mapping) else {}
    lengths = {len(one) if isinstance(one, list | tuple) else 0 for one in fields.values()}
    if not lengths or 0 in lengths or (kind == "point" and len(lengths) > 1):
        shape = "[from, to]" if kind == "interval" else "[one, another, ...]"
        raise ConfigError(f"{kind}s are selected as {{field: {shape}}} or None, not {value!r}")
    return {field: list(one) for field, one in fields.items()}


_libraries: Final[list[_Library]] = []


def _library() -> _Library:
    """Return this kernel's library; a new one where somebody closed all widgets.

    In marimo a widget ends with the run of the cell that made it, and readers of an app share a process:
    there each chart has its own.
    """
    if _is_in_marimo() or not _libraries or _libraries[0].comm is None:
        _libraries[:] = [_Library(name=vega_bundle.bundle_name(), source=vega_bundle.bundle())]
    return _libraries[0]


def _is_in_marimo() -> bool:
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())
