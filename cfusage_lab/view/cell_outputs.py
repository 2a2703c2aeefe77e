"""What a cell shows: what is live, and behind it a picture, for whoever opens the notebook without a kernel.

A live page shows the picture as nothing, and nobody waits for it: it takes a second. JupyterLab and Notebook
7 take it when the cell has long ended, into a place that was kept for it. Reopened without a kernel, they say
of a widget only that it is gone; a style sheet beside the picture shows that instead. Other front ends, and
what executes a notebook without any, get the picture at once, under a widget that nobody sees.
"""

import contextlib
import os
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import Any, Final

import ipywidgets  # type: ignore[import-untyped]
from IPython.display import display

from cfusage_lab.front_end import is_jupyterlab

__all__ = ["show_first"]

_Bundle = dict[str, Any]
_VIEW: Final = "application/vnd.jupyter.widget-view+json"
_PNG: Final = "image/png"
_LATER: Final = 2.0
"""Seconds in which a page has drawn what is live, and the kernel is through with the next cells."""


def show_first(
    bundle: _Bundle,
    metadata: _Bundle,
    *,
    with_picture: Callable[[_Bundle], _Bundle],
    follows_page: bool = True,
) -> None:
    """Display a widget's MIME bundle at once, and its picture later, for readers without a kernel.

    Parameters
    ----------
    bundle, metadata
        The widget's own, without a picture.
    with_picture
        Adds the picture to a bundle, or leaves it as it is where nothing can be drawn; called from a thread
        of its own where there is a page that takes the picture later.
    follows_page
        Whether the picture, which is light, is to be dark on a dark page.
    """
    display(bundle, metadata=metadata, raw=True)  # type: ignore[no-untyped-call]
    if find_spec("vl_convert") is None or os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return  # nothing draws it, or nobody could ever see it
    if is_jupyterlab():
        display({"text/html": _notice(follows_page=follows_page)}, raw=True)  # type: ignore[no-untyped-call]
        place: Any = display({}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        later = threading.Timer(_LATER, _put, (place, bundle, with_picture))
        later.daemon = True
        later.start()
        return
    pictured = with_picture(bundle)
    if _PNG in pictured:
        display({**pictured, _VIEW: _nothing()}, raw=True)  # type: ignore[no-untyped-call]


_one_at_a_time: Final = threading.Lock()


def _put(place: Any, bundle: _Bundle, with_picture: Callable[[_Bundle], _Bundle]) -> None:  # noqa: ANN401 - IPython's
    """Draw the picture, and put it into its place."""
    with _one_at_a_time, contextlib.suppress(Exception):  # a cell that has ended is no place for errors
        pictured = with_picture(bundle)
        if _PNG not in pictured:
            return
        place.update({name: data for name, data in pictured.items() if name != _VIEW}, raw=True)


def _notice(*, follows_page: bool) -> str:
    """Return what stands between the widget and its picture, and shows but one of the two."""
    template = Path(__file__).with_name("kept_picture.html").read_text(encoding="utf-8")
    return Template(template).substitute(classes="cfusage-kept" + " cfusage-kept-auto" * follows_page)


_unseen: Final[list[ipywidgets.Widget]] = []


def _nothing() -> _Bundle:
    """Return the view of a widget that takes no place on the page."""
    if not _unseen or _unseen[0].comm is None:
        _unseen[:] = [ipywidgets.HTML(layout={"display": "none"})]
    view: _Bundle = _unseen[0]._repr_mimebundle_()[_VIEW]
    return view
