"""The explorer on an archive with its client: what is held at once, the rest behind it."""

import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from ledger import (
    NOW,
    PATIENCE,
    A,
    B,
    C,
    Held,
    Ledger,
    account_labels,
    card,
    details,
    join_threads,
    title,
)
from polars.testing import assert_frame_equal

from cfusage_lab.archive import UsageArchive
from cfusage_lab.errors import ConfigError, TransportError
from cfusage_lab.explorer import UsageExplorer
from cfusage_lab.fetch import UsageClient
from cfusage_lab.ranges import TimeRange
from cfusage_lab.sandbox import Sandbox

EARLIER = NOW - timedelta(hours=12)
"""Saturday, 21:30: the archive was updated then, and holds 28 days and 22 hours."""
STORED_STATUS = "Archive of Cloudflare · as stored, newest window from Sat 14 Nov 2026, 21:00 UTC time"
FRESH_STATUS = "Archive of Cloudflare · data as of Sun 15 Nov 2026, 09:30 UTC time"


class Door(Sandbox):
    """A sandbox that answers nobody before its door is open."""

    def __init__(self) -> None:
        super().__init__(now=NOW)
        self.opened = threading.Event()

    def __call__(self, *arguments: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's own
        assert self.opened.wait(PATIENCE)
        return super().__call__(*arguments)


@pytest.fixture
def ledger() -> Ledger:
    """Be the client."""
    return Ledger()


@pytest.fixture
def archive(ledger: Ledger, tmp_path: Path) -> UsageArchive:
    """Hold Alpha from 17 October until Saturday evening."""
    first = datetime(2026, 10, 17, tzinfo=UTC)
    UsageArchive(tmp_path / "usage", now=EARLIER).update(
        ledger, TimeRange(first, EARLIER.replace(hour=22, minute=0)), accounts=[A]
    )
    ledger.asked.clear()
    return UsageArchive(tmp_path / "usage", now=NOW)


def held_back(ledger: Ledger, archive: UsageArchive, **options: str) -> tuple[UsageExplorer, Held]:
    """Open while the client does not answer."""
    held = ledger.hold()
    explorer = UsageExplorer(archive, client=ledger, now=NOW, **options)
    assert held.has_begun()
    return explorer, held


def test_what_is_held_is_shown_before_anybody_is_asked(tmp_path: Path) -> None:
    """The first look costs no request; then one for the tail, one for the names, and the rest."""
    sandbox = Sandbox(now=EARLIER)
    UsageArchive(tmp_path, now=EARLIER).update(UsageClient.sandbox(sandbox, now=EARLIER))
    door = Door()
    archive = UsageArchive(tmp_path, now=NOW)

    explorer = UsageExplorer(archive, client=UsageClient.sandbox(door, now=NOW), now=NOW)

    assert door.requests == ()
    assert explorer.history.height == 27 * 24 + 22
    assert explorer.status == (
        "Archive of the sandbox: made-up data · as stored, newest window from Sat 14 Nov 2026, 21:00 UTC time"
    )

    door.opened.set()
    assert explorer.wait(PATIENCE)

    asked = [request.path.rpartition("/")[2] for request in door.requests]
    assert asked[:2] == ["usage-history", "accounts"]
    rest = {"usage-history", "credit-balance", "invoice-preview"}
    assert set(asked[2:]) == rest, "the month before, for the figures"
    assert explorer.status == (
        "Archive of the sandbox: made-up data · data as of Sun 15 Nov 2026, 09:30 UTC time"
    )
    whole = TimeRange(datetime(2026, 10, 18, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC))
    direct = UsageClient.sandbox(now=NOW).usage_history(whole, with_ids=False)
    assert_frame_equal(explorer.history, direct)


def test_the_status_tells_stored_from_fetched(archive: UsageArchive, ledger: Ledger) -> None:
    """670 dollars until Saturday evening, 672 after the refresh; names come with it."""
    explorer, held = held_back(ledger, archive)

    assert (title(explorer), explorer.status) == ("AI Gateway cost: $670.00", STORED_STATUS)
    assert account_labels(explorer) == ["aaaa…aaaa"]

    held.released.set()
    assert explorer.wait(PATIENCE)

    assert (title(explorer), explorer.status) == ("AI Gateway cost: $672.00", FRESH_STATUS)
    assert ">Alpha · " in explorer.widget.status.value
    assert account_labels(explorer)[:2] == ["Alpha", "Beta"]
    assert explorer.accounts.value == (A,)
    assert [asked and asked.start for asked, *_ in ledger.asked] == [
        datetime(2026, 11, 14, 21, tzinfo=UTC),
        datetime(2026, 11, 15, tzinfo=UTC),
        datetime(2026, 8, 17, tzinfo=UTC),
        datetime(2026, 9, 1, tzinfo=UTC),
    ], "the tail, today, the days before, other accounts; a name that comes later is no change of the account"
    assert archive.default_accounts == (A,), "to be listed is not to be kept"


def test_accounts_that_are_held_are_kept_up_to_date_though_nobody_chose_them(
    archive: UsageArchive, ledger: Ledger
) -> None:
    archive.update(ledger, TimeRange(NOW.replace(day=14, minute=0), NOW.replace(minute=0)), accounts=[B])
    ledger.names = {A: "Alpha", B: "Beta"}

    explorer = UsageExplorer(archive, client=ledger, now=NOW)
    assert explorer.wait(PATIENCE)

    assert [row["cells"][1] for row in explorer.accounts.rows.rows] == ["$672.00", "$168.00"]
    held = archive.held(accounts=[B])
    assert held is not None
    assert held.start < NOW - timedelta(days=28)


def test_without_a_network_the_archive_is_seen_with_the_error_above(
    archive: UsageArchive, ledger: Ledger
) -> None:
    """The error is not met twice, and the status stays that of the stored windows."""
    ledger.trouble = TransportError("no network here")

    explorer = UsageExplorer(archive, client=ledger, now=NOW)
    assert explorer.wait(PATIENCE)

    assert (title(explorer), explorer.status) == ("AI Gateway cost: $670.00", STORED_STATUS)
    assert "no network here" in explorer.banner
    assert len(ledger.asked) == 1


def test_without_a_network_the_figures_are_those_of_what_is_held(
    archive: UsageArchive, ledger: Ledger
) -> None:
    """22 hours of Saturday, which is not today; 13 days and 22 hours of November, October only in part."""
    ledger.trouble = TransportError("no network here")

    explorer = UsageExplorer(archive, client=ledger, now=NOW)
    assert explorer.wait(PATIENCE)

    whole, day, month = (
        card(explorer, one).figure for one in ("Cost", "Yesterday until 22:00", "November 2026 so far")
    )
    assert (whole.title, whole.value) == ("Cost, 18 Oct \N{EN DASH} 14 Nov 2026", "$670.00")
    assert whole.note == "not compared with 20 Sep \N{EN DASH} 17 Oct 2026 by 22:00: 648 hours are missing"
    assert (day.value, day.comparison) == ("$22.00", "the same as the day before by 22:00")
    assert month.value == "$334.00"
    assert month.note == "not compared with 1\N{EN DASH}14 Oct by 22:00: hours are missing"


def test_without_a_network_the_controls_still_show_what_is_held(
    archive: UsageArchive, ledger: Ledger
) -> None:
    """A week without its last twelve hours; of 90 days the 29 that are there; of Beta nothing."""
    ledger.trouble = TransportError("no network here")
    explorer = UsageExplorer(archive, client=ledger, now=NOW)
    assert explorer.wait(PATIENCE)

    explorer.time_range.value = "Last 7 days"
    assert explorer.wait(PATIENCE)
    assert (explorer.history.height, explorer.status) == (6 * 24 + 22, STORED_STATUS)
    assert "no network here" in explorer.banner

    explorer.time_range.value = "Last 90 days"
    assert explorer.wait(PATIENCE)
    assert (explorer.history.height, explorer.status) == (28 * 24 + 22, STORED_STATUS)

    explorer.accounts.value = (B,)
    assert explorer.wait(PATIENCE)
    assert explorer.history["account_id"].unique().to_list() == [A]
    assert (explorer.accounts.value, explorer.time_range.value) == ((A,), "Last 90 days"), "what is on screen"
    assert "no network here" in explorer.banner


class Provisional(Ledger):
    """A ledger whose windows of the last 48 hours may change."""

    def usage_history(self, time_range: TimeRange | None = None, **options: Any) -> pl.DataFrame:  # noqa: ANN401 - passed on
        """Answer."""
        is_settled = pl.col("end_time") <= NOW - timedelta(hours=48)
        history = super().usage_history(time_range, **options)
        return history.with_columns(state=pl.when(is_settled).then("state").otherwise(pl.lit("provisional")))


def test_without_a_network_all_that_is_held_can_be_seen_though_it_may_change(tmp_path: Path) -> None:
    """Windows of yesterday are asked for again where that can be done; nothing less is on screen if not."""
    ledger = Provisional()
    held = TimeRange(datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 11, 15, 9, tzinfo=UTC))
    UsageArchive(tmp_path / "usage", now=NOW).update(ledger, held, accounts=[A])
    ledger.trouble = TransportError("no network here")
    explorer = UsageExplorer(UsageArchive(tmp_path / "usage", now=NOW), client=ledger, now=NOW)
    assert explorer.wait(PATIENCE)

    for preset, height, newest in (
        ("Last 7 days", 7 * 24, "Sat 14 Nov 2026, 23:00"),
        ("This week", 6 * 24 + 9, "Sun 15 Nov 2026, 08:00"),
        ("Last 28 days", 28 * 24, "Sat 14 Nov 2026, 23:00"),
    ):
        explorer.time_range.value = preset
        assert explorer.wait(PATIENCE)
        assert (explorer.time_range.value, explorer.history.height) == (preset, height)
        assert explorer.status == f"Archive of Cloudflare · as stored, newest window from {newest} UTC time"
        assert explorer.banner == "no network here"
    explorer.time_zone.value = "Europe/Berlin"
    assert explorer.wait(PATIENCE)
    assert explorer.time_zone.value == explorer.state.time_zone == "Europe/Berlin"


def test_a_change_shows_what_is_held_first(archive: UsageArchive, ledger: Ledger) -> None:
    """Of another range, while its tail is fetched."""
    explorer, first = held_back(ledger, archive)
    second = ledger.hold()

    explorer.time_range.value = "Last 7 days"

    assert second.has_begun()
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $166.00", STORED_STATUS)
    for held in (first, second):
        held.released.set()
    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $168.00", FRESH_STATUS)
    join_threads()


def test_with_nothing_held_the_first_table_comes_by_an_update(tmp_path: Path, ledger: Ledger) -> None:
    """It is there before anything is shown, and is kept."""
    archive = UsageArchive(tmp_path / "new", now=NOW)

    explorer = UsageExplorer(archive, client=ledger, now=NOW)

    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $672.00", FRESH_STATUS)
    assert explorer.accounts.value == (A,)
    assert archive.held(accounts=[A]) == TimeRange(
        datetime(2026, 8, 17, tzinfo=UTC), datetime(2026, 11, 15, 10, tzinfo=UTC)
    ), "with the 90 days that tell where the month ends"


def test_with_nothing_held_and_several_accounts_all_are_taken(tmp_path: Path) -> None:
    """As without an archive."""
    archive = UsageArchive(tmp_path / "new", now=NOW)

    explorer = UsageExplorer(archive, client=Ledger(own=None), time_range="Today", now=NOW)

    assert explorer.state.accounts == (A, B, C)
    assert title(explorer) == "AI Gateway cost: $12.50"


def test_a_range_that_begins_before_what_is_held_is_fetched_first(
    archive: UsageArchive, ledger: Ledger
) -> None:
    """90 days and ten hours; without a network the part that is held, and the error."""
    ledger.trouble = TransportError("no network here")
    explorer = UsageExplorer(archive, client=ledger, time_range="Last 90 days", now=NOW)
    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $694.00", STORED_STATUS)
    assert "no network here" in explorer.banner
    ledger.trouble = None

    explorer = UsageExplorer(archive, client=ledger, time_range="Last 90 days", now=NOW)

    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $2,160.00", FRESH_STATUS)


def test_without_a_network_what_was_held_before_the_range_is_better_than_nothing(
    archive: UsageArchive, ledger: Ledger
) -> None:
    """On Sunday morning, of today nothing is held: ten hours up to Saturday evening are shown."""
    ledger.trouble = TransportError("no network here")

    explorer = UsageExplorer(archive, client=ledger, time_range="Today", now=NOW)

    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.status) == ("AI Gateway cost: $10.00", STORED_STATUS)
    assert "no network here" in explorer.banner
    assert explorer.history["end_time"].max() == EARLIER.replace(hour=22, minute=0)


def test_nothing_held_and_no_network_is_an_error(tmp_path: Path, ledger: Ledger) -> None:
    """There is nothing to show."""
    ledger.trouble = TransportError("no network here")

    with pytest.raises(TransportError, match="no network here"):
        UsageExplorer(UsageArchive(tmp_path / "new", now=NOW), client=ledger, now=NOW)


def test_an_archive_that_cannot_be_used_does_not_stand_in_the_way(tmp_path: Path, ledger: Ledger) -> None:
    """The client is asked, its label is on screen, and a note says why."""
    (tmp_path / "file").write_text("no folder")

    explorer = UsageExplorer(UsageArchive(tmp_path / "file", now=NOW), client=ledger, now=NOW)

    assert title(explorer) == "AI Gateway cost: $672.00"
    assert explorer.status == "Ledger <of> tests · data as of Sun 15 Nov 2026, 09:30 UTC time"
    assert "not through the archive, which is of no use now" in details(explorer)
    assert str(tmp_path / "file") in details(explorer)
    assert account_labels(explorer)[:2] == ["Alpha", "Beta"]

    explorer.time_range.value = "Today"
    assert explorer.wait(PATIENCE)
    assert (title(explorer), explorer.banner) == ("AI Gateway cost: $10.00", "")


def test_an_archive_that_breaks_later_does_not_either(archive: UsageArchive, ledger: Ledger) -> None:
    """What was read stays until the client has answered."""
    explorer, held = held_back(ledger, archive)
    for log in Path(archive.location).rglob("*.json"):
        log.write_text("{ damaged")
    held.released.set()

    assert explorer.wait(PATIENCE)

    assert title(explorer) == "AI Gateway cost: $672.00"
    assert "not through the archive" in details(explorer)
    assert explorer.banner == ""


def test_cancelling_the_refresh_keeps_what_is_held(archive: UsageArchive, ledger: Ledger) -> None:
    """The status does not claim more than that."""
    explorer, held = held_back(ledger, archive)

    explorer.cancel.click()
    held.released.set()
    join_threads()

    assert (title(explorer), explorer.status) == ("AI Gateway cost: $670.00", STORED_STATUS)
    assert "cancelled" in details(explorer)


def test_a_client_goes_with_an_archive_alone(ledger: Ledger) -> None:
    """A source of another kind would not know what to do with it."""
    with pytest.raises(ConfigError, match="client= goes with an archive, and Ledger <of> tests is none"):
        UsageExplorer(ledger, client=ledger)
    assert ledger.asked == []
