"""Fetching beside the notebook: what is on screen meanwhile, and what reaches it in the end."""

import pytest
from ledger import NOW, PATIENCE, Ledger, join_threads, title

from cfusage_lab.errors import TransportError
from cfusage_lab.explorer import UsageExplorer

TODAY, WEEK = 10, 7 * 24 + 10


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
    assert (explorer._telling.waiting.layout.visibility, explorer.cancel.disabled) == ("hidden", True)
    held = ledger.hold()

    explorer.time_range.value = "Last 7 days"

    assert held.has_begun()
    assert not explorer.wait(0)
    assert (explorer.history.height, title(explorer)) == (TODAY, "AI Gateway cost: $10.00")
    assert (explorer._telling.waiting.layout.visibility, explorer.cancel.disabled) == ("visible", False)
    assert (explorer._telling.waiting.bar.value, explorer._telling.waiting.bar.max) == (1, 2)
    assert "1 of 2 requests answered" in explorer._telling.status.value
    assert held.progress
    held.progress.wait("the limit is reached", 3.2)
    assert "waiting 3 s: the limit is reached" in explorer._telling.status.value

    held.released.set()

    assert explorer.wait(PATIENCE)
    assert (explorer.history.height, title(explorer)) == (WEEK, "AI Gateway cost: $178.00")
    assert (explorer._telling.waiting.layout.visibility, explorer.cancel.disabled) == ("hidden", True)
    assert "answered" not in explorer._telling.status.value
    assert "fetching" not in explorer._telling.status.value


def test_cancel_ends_it_at_once_and_what_comes_late_is_dropped(
    explorer: UsageExplorer, ledger: Ledger
) -> None:
    """Even if the source does not listen."""
    held = ledger.hold()
    explorer.time_range.value = "Last 7 days"
    assert held.has_begun()
    assert held.progress
    assert not held.progress.is_cancelled

    explorer.cancel.click()

    assert explorer.wait(0)
    assert held.progress.is_cancelled
    assert "cancelled" in explorer._telling.status.value
    assert (explorer._telling.waiting.layout.visibility, explorer.cancel.disabled) == ("hidden", True)

    held.released.set()
    held.progress.update(2, 2)
    held.progress.wait("nobody", 9)
    join_threads()

    assert (explorer.history.height, title(explorer)) == (TODAY, "AI Gateway cost: $10.00")
    assert explorer._telling.waiting.bar.value == 1
    assert "nobody" not in explorer._telling.status.value
    assert explorer._telling.banner.value == ""

    explorer.refresh.click()
    assert explorer.wait(PATIENCE)
    assert explorer.history.height == WEEK


def test_of_hasty_changes_only_the_last_is_shown(explorer: UsageExplorer, ledger: Ledger) -> None:
    """Three questions under way: the first is answered last, the second fails, the third counts."""
    first, second, third = ledger.hold(), ledger.hold(), ledger.hold()
    explorer.time_range.value = "Last 7 days"
    assert first.has_begun()
    ledger.trouble = TransportError("of the second")
    explorer.time_range.value = "Last 90 days"
    assert second.has_begun()
    ledger.trouble = None
    explorer.time_range.value = "This week"
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

    assert explorer.history.height == 6 * 24 + 10
    assert title(explorer) == "AI Gateway cost: $154.00"
    assert explorer._telling.banner.value == ""


def test_what_cannot_be_asked_ends_what_was_under_way(explorer: UsageExplorer, ledger: Ledger) -> None:
    """The banner speaks of the last change."""
    held = ledger.hold()
    explorer.time_range.value = "Last 7 days"
    assert held.has_begun()

    explorer.time_zone.value = "Middle/Earth"

    assert explorer.wait(0)
    assert explorer._telling.waiting.layout.visibility == "hidden"
    held.released.set()
    join_threads()
    assert explorer.history.height == TODAY
    assert "there is no time zone" in explorer._telling.banner.value


def test_cancel_with_nothing_under_way_says_nothing(explorer: UsageExplorer) -> None:
    """A click that comes a moment too late."""
    explorer.cancel.click()

    assert "cancelled" not in explorer._telling.status.value
