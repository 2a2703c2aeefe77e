"""The widgets of the explorer, and the words around them."""

from collections.abc import Sequence
from typing import Final

import ipywidgets  # type: ignore[import-untyped]
import traitlets

from cfusage_lab.credentials import Secret
from cfusage_lab.ranges.places import places
from cfusage_lab.wording import html_text

__all__ = [
    "TokenField",
    "Waiting",
    "banner",
    "button",
    "date_picker",
    "dropdown",
    "field",
    "moment_picker",
    "status_line",
    "unfold",
    "zone_picker",
]


_QUIET: Final = "color: var(--jp-ui-font-color2, #616161)"
_FONT: Final = "font: 13px/1.4 var(--jp-ui-font-family, sans-serif); color: var(--jp-ui-font-color1, #1f1f1f)"
_BADGE: Final = (
    "font-weight: 600; padding: 2px 8px; border-radius: 3px; background: var(--jp-layout-color2, #eee)"
)
_BANNER: Final = (
    f'<div role="alert" style="{_FONT}; border-left: 4px solid #d5404e; padding: 8px 12px; '
    'background: var(--jp-layout-color2, #f4f4f4); white-space: pre-wrap">{}<br>'
    f'<span style="{_QUIET}">{{}}</span></div>'
)


class Waiting(ipywidgets.HBox):  # type: ignore[misc]
    """A bar and a button to cancel, in their place but unseen while nothing is under way.

    Attributes
    ----------
    bar
        How many of the requests to the endpoint are answered.
    cancel
        Ends what is under way.
    """

    def __init__(self) -> None:
        self.bar = ipywidgets.IntProgress(min=0, max=1, layout={"width": "64px"})
        self.cancel = button("Cancel", icon="times", tooltip="Keep what is on screen")
        super().__init__([self.bar, self.cancel], layout={"align_items": "center"})
        self.show(is_busy=False, done=0, total=1)

    def show(self, *, is_busy: bool, done: int, total: int) -> None:
        """Show both while something is under way, with the requests that are answered."""
        self.bar.max, self.bar.value = max(total, 1), done
        self.cancel.disabled = not is_busy
        self.layout.visibility = "visible" if is_busy else "hidden"
        (self.remove_class if is_busy else self.add_class)("cfusage-idle")


def banner(message: str, below: str) -> str:
    """Write an error as HTML, with what is below it, or how to get there."""
    lines = "\n".join(map(html_text, message.splitlines()))
    return _BANNER.format(lines, html_text(below))


def status_line(status: str, *, details: str = "", notes: Sequence[str] = ()) -> str:
    """Write the status as HTML: where the numbers come from stands out, the rest gets a line each."""
    source, _, rest = status.partition(" · ")
    extra = "".join(f"<div>{html_text(note)}</div>" for note in (details, *notes) if note)
    return (
        f'<div role="status" style="{_FONT}"><span style="{_BADGE}">{html_text(source)}</span> '
        f'<span style="{_QUIET}; padding-left: 6px">{html_text(rest)}</span>'
        f"{extra}</div>"
    )


def button(name: str, *, icon: str = "", tooltip: str = "") -> ipywidgets.Button:
    """Make a button."""
    return ipywidgets.Button(description=name, icon=icon, tooltip=tooltip or name)


def field(widget: ipywidgets.DOMWidget, *more: str) -> ipywidgets.DOMWidget:
    """Set a control's label above it, with an empty tooltip: without one, its tooltip says "null"."""
    widget.tooltip = widget.tooltip or ""
    for name in ("cfusage-field", *more):
        widget.add_class(name)
    return widget


def dropdown(name: str, options: Sequence[object], value: object, *more: str) -> ipywidgets.Dropdown:
    """Make a control of labels, perhaps with what they stand for."""
    return field(ipywidgets.Dropdown(description=name, options=options, value=value), *more)


def unfold(toggle: ipywidgets.ToggleButton, body: ipywidgets.Widget) -> None:
    """Let a widget be seen for as long as a button is down."""
    traitlets.dlink((toggle, "value"), (body.layout, "display"), lambda is_down: None if is_down else "none")


def date_picker(name: str) -> ipywidgets.DatePicker:
    """Make a control for a local day."""
    return field(ipywidgets.DatePicker(description=name))


def moment_picker(name: str) -> ipywidgets.NaiveDatetimePicker:
    """Make a control for a reading of the zone's clock."""
    return field(ipywidgets.NaiveDatetimePicker(description=name), "cfusage-moment")


class TokenField(ipywidgets.Password):  # type: ignore[misc]
    """A field for a token. What is typed is taken out at once, and never sent back to a browser."""

    value = traitlets.Unicode().tag(sync=True, echo_update=False)

    def __init__(self) -> None:
        super().__init__(
            description="API token", placeholder="Paste it, then press Enter", continuous_update=False
        )
        field(self)

    def taken(self) -> Secret | None:
        """Empty the field, and return what stood in it."""
        typed, self.value = self.value.strip(), ""
        return Secret(typed) if typed else None


def zone_picker(chosen: str) -> ipywidgets.Combobox:
    """Make a control that suggests time zones while a name is written, UTC first."""
    picker = ipywidgets.Combobox(
        description="Time zone",
        options=["UTC", *sorted({*places(), chosen} - {"UTC"})],
        value=chosen,
        placeholder="Europe/Berlin",
        continuous_update=False,
    )
    return field(picker, "cfusage-zone")
