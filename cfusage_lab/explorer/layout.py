"""Where the widgets of an explorer stand on the page, from the top to the bottom."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import ipywidgets  # type: ignore[import-untyped]

from cfusage_lab.explorer.controls import unfold

if TYPE_CHECKING:
    from cfusage_lab.explorer.page import Page

__all__ = ["arrange"]

Widgets = Sequence[ipywidgets.Widget]


def arrange(page: "Page", style: str) -> tuple[Widgets, Widgets, dict[str, ipywidgets.Widget]]:
    """Return what is always seen, what is seen once there are windows, and the buttons that unfold more."""
    controls = page.controls
    toggles, folded = _folded(page)
    actions = _row([page.waiting, controls.refresh, *toggles.values()]).add_class("cfusage-together")
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
    head = (
        ipywidgets.HTML(f"<style>{style}</style>", layout={"display": "none"}),
        page.browser,
        _row([page.status, actions]).add_class("cfusage-head"),
        page.banner,
        _column([controls.time_range, days], "cfusage-controls"),
        *folded,
        page.accounts,
    )
    pair = [
        _column(_chart(page, "heatmap", controls.statistic), "cfusage-box"),
        _column(_chart(page, "profile"), "cfusage-box"),
    ]
    views = (
        page.figures,
        page.bar,
        _column([*_chart(page, "time_line", controls.granularity), page.events], "cfusage-part"),
        _column(_chart(page, "compared", controls.chart), "cfusage-part"),
        _column([ipywidgets.Box(pair).add_class("cfusage-pair")], "cfusage-part"),
        page.billed.add_class("cfusage-part"),
        _column([page.days], "cfusage-part"),
    )
    page.billed.layout.display = "none"
    return head, views, toggles


def _folded(page: "Page") -> tuple[dict[str, ipywidgets.Widget], list[ipywidgets.Widget]]:
    """Fold away what is seldom needed: the buttons that unfold it, and what they unfold."""
    folded = [("Export", "download", [page.exports.buttons, page.exports.result])]
    if page.controls.token is not None:
        about = (
            '<span class="cfusage-quiet">A token with the permission <em>AI Gateway Read</em>. It stays in '
            "this kernel's memory, and is not saved.</span>"
        )
        folded.append(("Token", "key", [_row([page.controls.token, ipywidgets.HTML(about)])]))
    toggles, bodies = {}, []
    for title, icon, children in folded:
        toggles[title] = ipywidgets.ToggleButton(description=title, icon=icon, tooltip=title)
        bodies.append(ipywidgets.VBox(children, layout={"overflow": "visible"}))
        unfold(toggles[title], bodies[-1])
    return toggles, bodies


def _row(children: Widgets) -> ipywidgets.Widget:
    return ipywidgets.Box(children).add_class("cfusage-row")


def _column(children: Widgets, name: str) -> ipywidgets.Widget:
    return ipywidgets.VBox(children).add_class(name)


def _chart(page: "Page", name: str, *controls: ipywidgets.Widget) -> Widgets:
    """Set what belongs to a chart into its corner, and the code behind it below."""
    code = page.codes[name]
    return [_row([*controls, code.button]).add_class("cfusage-tool"), page.charts[name], code.lines]
