"""The page that a cell is run from: whether it is JupyterLab or Notebook 7, and what these show meanwhile."""

import sys
import threading
from importlib.resources import files
from typing import Any, Final

__all__ = ["is_jupyterlab", "show_skeleton"]

_DRAWN: Final = 4.0
"""Seconds after a cell's end in which a page has drawn what the skeleton stood for."""


def is_jupyterlab() -> bool:
    """Whether JupyterLab or Notebook 7 runs this cell, by what only they tell of a cell.

    They take what comes for an output after its cell has ended. Others may not, nor does what executes a
    notebook without a page.
    """
    kernel: Any = getattr(_shell(), "kernel", None)
    parent = kernel.get_parent("shell") if hasattr(kernel, "get_parent") else None
    return "deletedCells" in (parent or {}).get("metadata", {})


def show_skeleton() -> None:
    """Show grey blocks where the explorer will stand, until it does, or the cell ends without it.

    Does nothing but in JupyterLab and Notebook 7: whoever else hears of it may keep it.
    """
    if not is_jupyterlab():
        return
    from IPython.display import display  # noqa: PLC0415 - there, where there is a kernel

    blocks = files("cfusage_lab").joinpath("skeleton.html").read_text("utf-8")
    place: Any = display({"text/html": blocks}, raw=True, display_id=True)  # type: ignore[no-untyped-call]
    events = _shell().events

    def take_away(result: Any) -> None:  # noqa: ANN401 - IPython's own
        events.unregister("post_run_cell", take_away)
        if result.result is None:
            place.update({}, raw=True)
            return
        later = threading.Timer(_DRAWN, place.update, ({},), {"raw": True})
        later.daemon = True
        later.start()

    events.register("post_run_cell", take_away)


def _shell() -> Any:  # noqa: ANN401 - IPython's own
    """Return the shell that runs this, if there is one; without a kernel, IPython is not even imported."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython else None
