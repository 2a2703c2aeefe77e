"""Fetching beside the notebook: what is on screen meanwhile, and what reaches it in the end."""

from datetime import date

import pytest
from ledger import NOW, PATIENCE, Ledger, is_busy, join_threads, title

from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer

TODAY, SINCE_JULY = 10, 137 * 24 + 10


def ask(explorer: UsageExplorer, month: int = 7) -> None:
    """Change the range to one that begins before all that is known."""
    explorer.first_day.value = date(2026, month, 1)


@pytest.fixture
def ledger() -> Ledger:
    """Be asked by the explorer below."""
    return Ledger()


@pytest.fixture
def explorer(ledger: Ledger) -> UsageExplorer:
    """Show ten windows of today, ten dollars."""
    explorer = UsageExplorer(ledger, time_range="Today", now=NOW)
    assert explorer.wait(PATIENCE)
    return explorer


def test_a_change_returns_at_once_and_the_last_view_stays_until_the_next(
    explorer: UsageExplorer, ledger: Ledger
) -> None:
    """The bar, the count of requests and Cancel are seen for as long as it takes."""
    assert not is_busy(explorer)
    held = ledger.hold()

    ask(explorer)

    assert held.has_begun()
    assert not explorer.wait(0)
    assert (explorer.history.height, title(explorer)) == (TODAY, "AI Gateway cost: $10.00")
    assert is_busy(explorer)
    assert (explorer.widget.waiting.bar.value, explorer.widget.waiting.bar.max) == (1, 2)
    assert "1 of 2 requests answered" in explorer.widget.status.value
    assert held.progress
    held.progress.wait("the limit is reached", 3.2)
    assert "waiting 3 s: the limit is reached" in explorer.widget.status.value

    held.released.set()

    assert explorer.wait(PATIENCE)
    assert (explorer.history.height, title(explorer)) == (SINCE_JULY, "AI Gateway cost: $3,298.00")
    assert not is_busy(explorer)
    assert "answered" not in explorer.widget.status.value
    assert "fetching" not in explorer.widget.status.value


def test_cancel_ends_it_at_once_and_what_comes_late_is_dropped(
    explorer: UsageExplorer, ledger: Ledger
) -> None:
    """Even if the source does not listen."""
    held = ledger.hold()
    ask(explorer)
    assert held.has_begun()
    assert held.progress
    assert not held.progress.is_cancelled

    explorer.cancel.click()

    assert explorer.wait(PATIENCE / 2), "what is not answered is not waited for"
    assert held.progress.is_cancelled
    assert "cancelled" in explorer.widget.status.value
    assert not is_busy(explorer)

    held.released.set()
    held.progress.update(2, 2)
    held.progress.wait("nobody", 9)
    join_threads()

    assert (explorer.history.height, title(explorer)) == (TODAY, "AI Gateway cost: $10.00")
    assert explorer.widget.waiting.bar.value == 1
    assert "nobody" not in explorer.widget.status.value
    assert explorer.banner == ""

    assert explorer.first_day.value == date(2026, 11, 15), "the controls say what is on screen"
    ask(explorer)
    assert explorer.wait(PATIENCE)
    assert explorer.history.height == SINCE_JULY


def test_of_hasty_changes_only_the_last_is_shown(explorer: UsageExplorer, ledger: Ledger) -> None:
    """Three questions under way: the first is answered last, the second fails, the third counts."""
    first, second, third = ledger.hold(), ledger.hold(), ledger.hold()
    ask(explorer)
    assert first.has_begun()
    ledger.trouble = TransportError("of the second")
    ask(explorer, 6)
    assert second.has_begun()
    ledger.trouble = None
    ask(explorer, 5)
    assert third.has_begun()
    assert [held.progress.is_cancelled for held in (first, second, third) if held.progress] == [
        True,
        True,
        False,
    ]

    second.released.set()
    third.released.set()
    assert explorer.wait(PATIENCE)
    first.released.set()
    join_threads()

    assert explorer.history.height == SINCE_JULY + 61 * 24
    assert title(explorer) == "AI Gateway cost: $4,762.00"
    assert explorer.banner == ""


def test_what_cannot_be_asked_is_said_and_leaves_what_is_under_way(
    explorer: UsageExplorer, ledger: Ledger
) -> None:
    """The range that was asked for comes, on the clock there was."""
    held = ledger.hold()
    ask(explorer)
    assert held.has_begun()

    explorer.time_zone.value = "Middle/Earth"

    assert is_busy(explorer)
    assert (explorer.time_zone.value, explorer.first_day.value) == ("UTC", date(2026, 7, 1))
    assert "there is no time zone" in explorer.banner
    held.released.set()
    assert explorer.wait(PATIENCE)
    assert explorer.history.height == SINCE_JULY
    assert "there is no time zone" in explorer.banner


def test_cancel_with_nothing_under_way_says_nothing(explorer: UsageExplorer) -> None:
    """A click that comes a moment too late."""
    explorer.cancel.click()

    assert "cancelled" not in explorer.widget.status.value
