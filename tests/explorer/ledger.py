"""A source to count on, which answers when a test wants it to."""

import html
import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
from histories import hours

from cfusage_lab.charts.page import heading_of
from cfusage_lab.errors import ConfigError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.explorer.figures import Card
from cfusage_lab.explorer.worker import THREADS
from cfusage_lab.progress import Progress
from cfusage_lab.ranges import TimeRange
from cfusage_lab.schema import ACCOUNTS, Granularity

A, B, C = "a" * 32, "b" * 32, "c" * 32
NOW = datetime(2026, 11, 15, 9, 30, tzinfo=UTC)
PATIENCE = 30
PRICES = {A: 1.0, B: 0.25, C: 0.0}


@dataclass
class Held:
    """A question that is not answered before it is released."""

    begun: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)
    progress: Progress | None = None

    def has_begun(self) -> bool:
        """Wait until it was asked."""
        return self.begun.wait(PATIENCE)


class Ledger:
    """A source whose accounts cost the same every hour; it writes down what it is asked."""

    label = "Ledger <of> tests"

    def __init__(
        self, *, own: Sequence[str] | None = (A,), names: dict[str, str | None] | None = None
    ) -> None:
        self.own = own
        self.names = {A: "Alpha", B: "Beta", C: None} if names is None else names
        self.asked: list[tuple[TimeRange | None, Sequence[str] | str | None, bool]] = []
        self.trouble: Exception | None = None
        self.cannot_list: Exception | None = None
        self.is_odd = False
        self.held: list[Held] = []

    def hold(self) -> Held:
        """Leave the next question that nobody holds yet without an answer."""
        self.held.append(Held())
        return self.held[-1]

    def accounts(self) -> pl.DataFrame:
        """List them."""
        if self.cannot_list:
            raise self.cannot_list
        return pl.DataFrame(list(self.names.items()), schema=ACCOUNTS, orient="row")

    def usage_history(
        self,
        time_range: TimeRange | None = None,
        *,
        granularity: Granularity = "hour",
        accounts: Sequence[str] | str | None = None,
        with_ids: bool = True,
        progress: Progress | None = None,
    ) -> pl.DataFrame:
        """Answer, or be in trouble."""
        self.asked.append((time_range, accounts, with_ids))
        trouble = self.trouble
        if progress:
            progress.update(1, 2)
        if self.held:
            held = self.held.pop(0)
            held.progress = progress
            held.begun.set()
            assert held.released.wait(PATIENCE)
        if trouble:
            raise trouble
        if accounts is None and self.own is None:
            raise ConfigError("several accounts: say which")
        assert time_range
        assert granularity == "hour"
        asked = accounts if accounts is not None else self.own
        history = pl.concat(
            hours(time_range.start, [PRICES.get(one, 1.0)] * time_range.hours, account_id=one)
            for one in asked or ()
        )
        return history.drop("state") if self.is_odd else history


def title(explorer: UsageExplorer) -> str:
    """Tell the heading of the time line."""
    return heading(explorer, "time_line")


def facts(explorer: UsageExplorer, chart: str = "time_line") -> str:
    """Tell the lines under the heading of a chart."""
    return " · ".join(heading_of(explorer.charts[chart].chart)["subtitle"])


def heading(explorer: UsageExplorer, chart: str) -> str:
    """Tell the heading of a chart."""
    return str(heading_of(explorer.charts[chart].chart)["text"])


def card(explorer: UsageExplorer, name: str) -> Card:
    """Return the figure whose title begins so."""
    return next(one for one in explorer.figures if one.figure.title.startswith(name))


def account_labels(explorer: UsageExplorer) -> list[str]:
    """Tell the accounts that can be chosen."""
    return [str(row["cells"][0]) for row in explorer.accounts.rows.rows]


def cost(explorer: UsageExplorer) -> float:
    """Tell the figure that is set largest: what is selected cost."""
    figure = explorer.figures[0].figure
    assert explorer.figures[0].is_main
    assert figure.number is not None
    return figure.number


def chip(explorer: UsageExplorer) -> str:
    """Tell what is said of the selection."""
    return seen(explorer.widget.bar.chip.value)


def details(explorer: UsageExplorer) -> str:
    """Tell all of the line of the status, with its notes."""
    return seen(explorer.widget.status.value)


def seen(page: str) -> str:
    """Tell what is read of HTML."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


def is_busy(explorer: UsageExplorer) -> bool:
    """Whether a reader sees that something is being fetched, and can give it up."""
    is_seen = explorer.widget.waiting.layout.visibility == "visible"
    assert is_seen is not explorer.cancel.disabled
    return is_seen


def comes_true(condition: Callable[[], bool]) -> bool:
    """Wait for what is drawn while a question is held: then nothing ends by itself."""
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def join_threads() -> None:
    """Wait until every thread of an explorer has ended, those that were given up too."""
    for thread in threading.enumerate():
        if thread.name == THREADS:
            thread.join(PATIENCE)
            assert not thread.is_alive()
