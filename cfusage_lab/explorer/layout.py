"""Where everything stands on the page."""

from collections.abc import Callable, Sequence
from importlib.resources import files
from typing import Any

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.desk import Desk
from cfusage_lab.explorer.export_box import ExportBox
from cfusage_lab.explorer.screen import Screen
from cfusage_lab.explorer.telling import Telling
from cfusage_lab.view import show_first

__all__ = ["Panel"]


class Panel(ipywidgets.VBox):  # type: ignore[misc]
    """The explorer's widgets, with a picture for readers who have no kernel.

    Parameters
    ----------
    desk, telling, screen, exporter
        What stands on the page.
    name
        Says what this is, where no widget can be shown.
    with_picture
        Adds the picture to a MIME bundle.
    ended
        Hears that the page is closed.
    has_view
        Whether there is something to show; if not, the charts follow with :meth:`reveal`.
    """

    def __init__(
        self,
        desk: Desk,
        telling: Telling,
        screen: Screen,
        exporter: ExportBox,
        *,
        name: Callable[[], str],
        with_picture: Callable[[dict[str, Any]], dict[str, Any]],
        ended: Callable[[], None],
        has_view: bool,
    ) -> None:
        self._name, self._with_picture, self._ended = name, with_picture, ended
        style = files("cfusage_lab.explorer").joinpath("panel.css").read_text("utf-8")
        self._toggles, folded = _folded(desk, exporter)
        self._head = (
            _said(f"<style>{style}</style>", is_shown=False),
            _row([telling.status, telling.waiting]),
            telling.banner,
            _controls(desk, list(self._toggles.values())),
            *folded,
        )
        self._views = (
            screen.figures,
            _part([screen.charts["time_line"], *_selection(screen), screen.events]),
            _part([screen.charts["compared"]]),
            _part([_pair([screen.charts["heatmap"], screen.charts["profile"]])]),
            screen.billed,
            _part(_windows(screen)),
        )
        super().__init__([*self._head, *(self._views if has_view else ())])
        self.add_class("cfusage-explorer")

    def reveal(self) -> None:
        """Show the figures, the charts and the windows, too."""
        self.children = (*self._head, *self._views)

    def close(self) -> None:
        """Close every widget on the page, too: each would be kept, with all that hears of it."""
        if self.comm is None:
            return
        self._ended()
        todo: list[ipywidgets.Widget] = [*self._head, *self._views, self.layout]
        super().close()
        while todo:
            one = todo.pop()
            todo += [*getattr(one, "children", ())]
            todo += [part for name in ("layout", "style") if (part := getattr(one, name, None)) is not None]
            one.unobserve_all()
            one.close()

    def ask_for_token(self) -> None:
        """Unfold the field for a token, if there is one."""
        if "Token" in self._toggles:
            self._toggles["Token"].value = True

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return self._with_picture(self._bundle(**kwargs))

    def _ipython_display_(self) -> None:
        show_first(self._bundle(), {}, with_picture=self._with_picture)

    def _bundle(self, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - IPython's own
        return {**super()._repr_mimebundle_(**kwargs), "text/plain": self._name()}


def _controls(desk: Desk, toggles: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    others = _row(
        [
            desk.time_range,
            desk.first_day,
            desk.last_day,
            desk.granularity,
            desk.time_zone,
            desk.statistic,
            desk.comparison,
            desk.before_first,
            desk.before_last,
            _classed(_row([desk.refresh, *toggles]), "cfusage-together"),
        ]
    )
    return _classed(_row([desk.accounts, others]), "cfusage-controls")


def _folded(desk: Desk, exporter: ExportBox) -> tuple[dict[str, ipywidgets.Widget], list[ipywidgets.Widget]]:
    """Fold away what is seldom needed: the buttons that unfold it, and what they unfold."""
    folded = [("Export", "download", [exporter.buttons, exporter.result])]
    if desk.token is not None:
        about = (
            '<span class="cfusage-quiet">A token with the permission <em>AI Gateway Read</em>. It stays in '
            "this kernel's memory, and is not saved.</span>"
        )
        folded.append(("Token", "key", [_row([desk.token, _said(about)])]))
    toggles, bodies = {}, []
    for title, icon, children in folded:
        toggle = ipywidgets.ToggleButton(description=title, icon=icon, tooltip=title)
        body = ipywidgets.VBox(children, layout={"display": "none", "overflow": "visible"})
        toggle.observe(_unfolds(body), names="value")
        toggles[title] = toggle
        bodies.append(body)
    return toggles, bodies


def _unfolds(body: ipywidgets.Widget) -> Any:  # noqa: ANN401 - a callback
    def follow(change: dict[str, Any]) -> None:
        body.layout.display = None if change["new"] else "none"

    return follow


def _selection(screen: Screen) -> list[ipywidgets.Widget]:
    return [screen.said, _row([screen.select_from, screen.select_until, screen.clear])]


def _windows(screen: Screen) -> list[ipywidgets.Widget]:
    return [
        _row([screen.weekday, screen.hour, screen.day, screen.order]),
        screen.table,
        _row([screen.previous_page, screen.next_page]),
    ]


def _row(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.Box(list(children)), "cfusage-row")


def _pair(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.Box(list(children)), "cfusage-pair")


def _part(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.VBox(list(children)), "cfusage-part")


def _said(text: str, *, is_shown: bool = True) -> ipywidgets.Widget:
    return ipywidgets.HTML(text, layout={} if is_shown else {"display": "none"})


def _classed(widget: ipywidgets.DOMWidget, name: str) -> ipywidgets.DOMWidget:
    widget.add_class(name)
    return widget
