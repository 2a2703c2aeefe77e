"""Show a widget at once, and its picture after it: charts do not wait for readers without a kernel."""

from collections.abc import Callable
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]
from IPython.display import display

__all__ = ["show_first"]

Bundle = dict[str, Any]

_VIEW: Final = "application/vnd.jupyter.widget-view+json"
_unseen: Final[list[ipywidgets.Widget]] = []


def show_first(bundle: Bundle, metadata: Bundle, *, with_picture: Callable[[Bundle], Bundle]) -> None:
    """Display a widget's MIME bundle, then another with its picture, which a live page shows as nothing.

    One bundle for both would reach the page when the picture is drawn, which takes a second.

    Parameters
    ----------
    bundle, metadata
        The widget's own, without a picture.
    with_picture
        Adds the picture to a bundle, or leaves it as it is where nothing can be drawn.
    """
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
    pictured = with_picture(bundle)
    if "image/png" in pictured:
        display({**pictured, _VIEW: _nothing()}, raw=True)  # type: ignore[no-untyped-call]


def _nothing() -> Bundle:
    """Return the view of a widget that takes no place on the page."""
    if not _unseen or _unseen[0].comm is None:
        _unseen[:] = [ipywidgets.HTML(layout={"display": "none"})]
    view: Bundle = _unseen[0]._repr_mimebundle_()[_VIEW]
    return view
