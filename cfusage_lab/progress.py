"""Who hears how far a long fetch is: a bar in a notebook or a terminal, nobody elsewhere."""

import os
import sys
import time
from typing import Any, Final, Protocol

from tqdm.auto import tqdm

from cfusage_lab.argument_checks import said
from cfusage_lab.errors import ConfigError
from cfusage_lab.terminal import is_terminal
from cfusage_lab.wording import visible

__all__ = ["Progress", "ProgressBar", "Quiet", "default_progress", "listener_of"]

_QUICK: Final = 0.5
"""Seconds in which a fetch is over before a bar could be read."""
_HEARD: Final = ("is_cancelled", "update", "wait", "close")


class Progress(Protocol):
    """What a long fetch tells its caller.

    The methods may be called from another thread than the one that asked.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> class Counting(cfu.Quiet):
    ...     answered = 0
    ...     def update(self, done, total):
    ...         self.answered = done
    >>> counting = Counting()
    >>> client = cfu.UsageClient.sandbox()
    >>> history = client.usage_history(accounts=list(cfu.SANDBOX_ACCOUNTS)[:2], progress=counting)
    >>> counting.answered > 1
    True
    """

    @property
    def is_cancelled(self) -> bool:
        """Whether the caller wants the fetch to stop; read several times a second."""

    def update(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` requests are answered; ``total`` may grow."""

    def wait(self, reason: str, seconds: float) -> None:
        """Hear that a pause of ``seconds`` begins, because of ``reason``."""

    def close(self) -> None:
        """Hear that the fetch is over, whichever way it ended."""


class Quiet:
    """Shows nothing.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> day = cfu.last_hours(24, now="2026-11-18T09:30Z")
    >>> history = client.usage_history(day, progress=cfu.Quiet())
    >>> history.height
    24
    """

    is_cancelled = False

    def update(self, done: int, total: int) -> None:
        """Take no notice."""

    def wait(self, reason: str, seconds: float) -> None:
        """Take no notice."""

    def close(self) -> None:
        """Take no notice."""


class ProgressBar:
    """A tqdm bar of requests, there after half a second or from the first long wait, gone at the end.

    Examples
    --------
    >>> import cfusage_lab as cfu
    >>> client = cfu.UsageClient.sandbox(now="2026-11-18T09:30Z")
    >>> day = cfu.last_hours(24, now="2026-11-18T09:30Z")
    >>> history = client.usage_history(day, progress=cfu.ProgressBar())
    >>> history.height
    24
    """

    is_cancelled = False

    def __init__(self) -> None:
        self._bar: Any = None
        self._output: Any = None
        self._began: float | None = None

    def update(self, done: int, total: int) -> None:
        """Move the bar."""
        if self._began is None:
            self._began = time.time()
        if self._bar is None and (total == 1 or time.time() - self._began < _QUICK):
            return
        bar = self._shown()
        bar.total = total
        bar.set_postfix_str("", refresh=False)
        bar.update(done - bar.n)

    def wait(self, reason: str, seconds: float) -> None:
        """Say on the bar what is waited for, and how long."""
        self._shown().set_postfix_str(f"waiting {seconds:.0f} s: {visible(reason)}")

    def close(self) -> None:
        """Take the bar away, however the fetch has ended."""
        bar, self._bar, self._began = self._bar, None, None
        if bar is None:
            return
        bar.total = bar.n  # a bar that ends below its total turns red in a notebook, and stays
        bar.close()
        if self._output is not None:
            for part in bar.container.children:
                part.close()
            self._output.update({}, raw=True)  # no text of it in the saved notebook either

    def _shown(self) -> Any:  # noqa: ANN401 - tqdm's, of one kind or another
        if self._bar is None:
            look: dict[str, Any] = {"desc": "Usage history", "unit": " requests", "leave": False}
            if any(kind.__name__ == "tqdm_notebook" for kind in tqdm.__mro__):
                from IPython.display import display  # noqa: PLC0415 - a terminal does without

                self._bar = tqdm(display=False, **look)
                self._output = display(self._bar.container, display_id=True)  # type: ignore[no-untyped-call]
            else:
                self._bar = tqdm(**look)
            self._bar.start_t = self._began or self._bar.start_t
        return self._bar


def default_progress() -> Progress:
    """Return a bar where somebody can see it."""
    if os.environ.get("SERVER_SOFTWARE", "").startswith("voila"):
        return Quiet()  # it shows outputs when all is done, and would miss a bar that is gone by then
    is_notebook = "ipykernel" in sys.modules
    return ProgressBar() if is_notebook or is_terminal(sys.stderr) else Quiet()


def listener_of(progress: Progress | None) -> Progress:
    """Return who is told how far a fetch is, or refuse what could not listen."""
    if progress is None:
        return default_progress()
    if isinstance(progress, type) or not all(hasattr(progress, name) for name in _HEARD):
        raise ConfigError(f"progress {said(progress)}: pass what has {', '.join(_HEARD)}, as cfu.Quiet() has")
    return progress
