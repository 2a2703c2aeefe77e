"""Where the widgets of an explorer stand on the page, from the top to the bottom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import ipywidgets  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from cfusage_lab.explorer.page import Page

__all__ = ["arrange"]

Widgets = tuple[ipywidgets.Widget, ...]


def arrange(page: "Page", style: str) -> tuple[Widgets, Widgets, dict[str, ipywidgets.Widget]]:
    """Return what is always seen, what is seen once there are windows, and the buttons that unfold more."""
    toggles, folded = _folded(page)
    head = (
        _html(f"<style>{style}</style>", is_shown=False),
        page.browser,
        _classed(_row([page.status, _actions(page, list(toggles.values()))]), "cfusage-head"),
        page.banner,
        _period(page),
        *folded,
        page.accounts,
    )
    controls = page.controls
    views = (
        page.figures,
        page.bar,
        _part([*_chart(page, "time_line", controls.granularity), page.events]),
        _part(_chart(page, "compared", controls.chart)),
        _pair([_box(_chart(page, "heatmap", controls.statistic)), _box(_chart(page, "profile"))]),
        page.billed,
        _part([page.days]),
    )
    page.billed.add_class("cfusage-part")
    page.billed.layout.display = "none"
    return head, views, toggles


def _actions(page: "Page", toggles: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(_row([page.waiting, page.controls.refresh, *toggles]), "cfusage-together")


def _period(page: "Page") -> ipywidgets.Widget:
    controls = page.controls
    days = _row(
        [
            controls.first_day,
            controls.last_day,
            controls.with_today,
            controls.comparison,
            controls.before_first,
            controls.before_last,
            controls.time_zone,
            controls.local_zone,
        ]
    )
    return _classed(ipywidgets.VBox([controls.time_range, days]), "cfusage-controls")


def _folded(page: "Page") -> tuple[dict[str, ipywidgets.Widget], list[ipywidgets.Widget]]:
    """Fold away what is seldom needed: the buttons that unfold it, and what they unfold."""
    folded: list[tuple[str, str, list[ipywidgets.Widget]]] = [
        ("Export", "download", [page.exports.buttons, page.exports.result])
    ]
    if page.controls.token is not None:
        about = (
            '<span class="cfusage-quiet">A token with the permission <em>AI Gateway Read</em>. It stays in '
            "this kernel's memory, and is not saved.</span>"
        )
        folded.append(("Token", "key", [_row([page.controls.token, _html(about)])]))
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


def _row(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.Box(list(children)), "cfusage-row")


def _chart(page: "Page", name: str, *controls: ipywidgets.Widget) -> list[ipywidgets.Widget]:
    """Set what belongs to a chart into its corner, and the code behind it below."""
    code = page.codes[name]
    return [_classed(_row([*controls, code.button]), "cfusage-tool"), page.charts[name], code.lines]


def _box(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.VBox(list(children)), "cfusage-box")


def _pair(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(_part([_classed(ipywidgets.Box(list(children)), "cfusage-pair")]), "cfusage-part")


def _part(children: Sequence[ipywidgets.Widget]) -> ipywidgets.Widget:
    return _classed(ipywidgets.VBox(list(children)), "cfusage-part")


def _html(text: str, *, is_shown: bool = True) -> ipywidgets.Widget:
    return ipywidgets.HTML(text, layout={} if is_shown else {"display": "none"})


def _classed(widget: ipywidgets.DOMWidget, name: str) -> ipywidgets.DOMWidget:
    widget.add_class(name)
    return widget
