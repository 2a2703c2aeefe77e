"""An update asks for what is absent or open, and for nothing else; all of it is stored, or nothing."""

from datetime import UTC, datetime, timedelta
from math import ceil
from pathlib import Path

import polars as pl
import pytest
from nights import BATCH, DAY, HOUR, NOW, ONE, PILOT, RESEARCH, SUPPORT, TWO, Nights, costs, used
from polars.testing import assert_frame_equal

from cfusage_lab.archive import UsageArchive
from cfusage_lab.archive.update import UpdateProgress
from cfusage_lab.credentials import Credentials
from cfusage_lab.errors import CancelledError, CfUsageError, ConfigError
from cfusage_lab.fetch import UsageClient
from cfusage_lab.progress import Quiet
from cfusage_lab.ranges import TimeRange, last_days, yesterday
from cfusage_lab.sandbox import SANDBOX_TOKEN, Knobs, Trouble, serve

MONTH = last_days(30, now=NOW)
DONE = TimeRange(MONTH.start, NOW.replace(hour=0, minute=0) - 3 * DAY)


@pytest.fixture
def nights(tmp_path: Path) -> Nights:
    return Nights(tmp_path / "usage")


def test_what_is_stored_is_what_the_client_returns(nights: Nights) -> None:
    nights.update(MONTH, accounts=[SUPPORT, BATCH, PILOT])

    got = nights.archive.usage_history(MONTH)

    expected = nights.client.usage_history(MONTH, accounts=[SUPPORT, BATCH, PILOT], with_ids=False)
    assert_frame_equal(got, expected)
    assert got.height == 3 * 720


def test_a_range_that_is_complete_costs_no_request(nights: Nights) -> None:
    assert nights.update(DONE) == ["hour"] * ceil(27 * 24 / 100)

    assert nights.update(DONE) == []
    assert nights.update(TimeRange(DONE.start + 5 * DAY, DONE.end - DAY)) == []


def test_the_next_day_asks_for_the_open_windows_alone(nights: Nights) -> None:
    """At 09:30, 48 hours and the running one are open; a day later, 24 more: 73 windows, one request."""
    nights.update(with_recheck=False)
    nights.now += DAY
    before = len(nights.sandbox.requests)

    assert nights.update(with_recheck=False) == ["hour"]

    query = nights.sandbox.requests[before].query
    asked = [int(query[name]) // 3_600_000 for name in ("start_time", "end_time")]
    assert asked[1] - asked[0] == 48 + 24 + 1
    assert asked[1] * 3_600 == (NOW + DAY + HOUR / 2).timestamp()


def test_an_update_without_a_range_rechecks_with_one_request_of_days(nights: Nights) -> None:
    nights.update()
    nights.now += DAY

    assert nights.update() == ["day", "hour"]


def test_the_first_update_takes_thirty_days_and_the_running_window(nights: Nights) -> None:
    nights.update()

    held = nights.archive.held()

    assert held == TimeRange(datetime(2026, 10, 23, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC))
    last = nights.archive.usage_history(held).row(-1, named=True)
    assert last["state"] == "in_progress"


def test_a_gap_is_filled_and_nothing_else(tmp_path: Path) -> None:
    """Days 1 to 3 and 6 to 8 are held: the two days between them are asked for.

    One window more on either side, which is known to have had cost, proves that the answer is whole though
    the gap's own first and last hours had none.
    """
    start = DONE.start
    nights = Nights(
        tmp_path, usage={ONE: costs(*([1.0] * 72 + [0.0, 2.0, 0.0] * 16 + [1.0] * 72), start=start)}
    )
    for first, last in ((0, 3), (5, 8)):
        nights.update(TimeRange(start + first * DAY, start + last * DAY), accounts=ONE)
    before = len(nights.sandbox.requests)

    assert nights.update(TimeRange(start, start + 8 * DAY), accounts=ONE) == ["hour"]

    query = nights.sandbox.requests[before].query
    assert int(query["start_time"]) == (start + 3 * DAY - HOUR).timestamp() * 1_000
    assert int(query["end_time"]) == (start + 5 * DAY + HOUR).timestamp() * 1_000
    assert nights.archive.coverage()["missing"].sum() == 0
    assert nights.archive.scan().select(pl.col("aggregated_value").sum()).collect().item() == 144 + 32


def test_accounts_that_share_a_span_are_asked_for_side_by_side(nights: Nights) -> None:
    """A new account gets all its windows, an old one none."""
    nights.update(DONE, accounts=[SUPPORT, RESEARCH])
    before = len(nights.sandbox.requests)

    nights.update(DONE, accounts=[SUPPORT, RESEARCH, BATCH])

    asked = {one.path.split("/")[4] for one in nights.sandbox.requests[before:]}
    assert asked == {BATCH}
    assert nights.archive.accounts()["account_id"].to_list() == [SUPPORT, RESEARCH, BATCH]


def test_days_lie_in_a_table_of_their_own(nights: Nights) -> None:
    """No scan counts money twice, and a day is what its hours are."""
    nights.update(MONTH)
    hours = nights.archive.scan().select(pl.col("aggregated_value").sum()).collect().item()

    nights.update(MONTH, granularity="day")

    assert nights.archive.scan().select(pl.col("aggregated_value").sum()).collect().item() == hours
    days = nights.archive.usage_history(MONTH, granularity="day")
    assert days.height == 30
    assert days["aggregated_value"].sum() == pytest.approx(hours, rel=1e-12)
    assert nights.archive.verify()["granularity"].to_list() == ["hour", "day"]


def test_the_running_day_is_updated_like_the_running_hour(nights: Nights) -> None:
    nights.update(granularity="day")
    nights.now += 12 * HOUR
    today = TimeRange(NOW.replace(hour=0, minute=0), NOW.replace(hour=22, minute=0))

    nights.update(granularity="day")

    got = nights.archive.usage_history(today, granularity="day")
    until = TimeRange(today.start, today.start + DAY)
    assert_frame_equal(used(got), nights.truth(SUPPORT, until, "day"))
    assert got["state"].to_list() == ["in_progress"]


def test_one_update_is_one_commit(nights: Nights) -> None:
    """The table begins with version 0, empty; an update that spans two months makes version 1."""
    nights.update(MONTH, accounts=[SUPPORT, BATCH])

    assert nights.archive.verify().select("version", "files", "rows").row(0) == (1, 2, 1_440)


def test_an_update_that_fails_half_way_leaves_the_archive_as_it_was(nights: Nights) -> None:
    """The third of many requests is refused for good."""
    nights.update(DONE, accounts=SUPPORT)
    before = nights.archive.verify()
    nights.sandbox.trouble.extend([None, None, Trouble.forbidden()])

    with pytest.raises(CfUsageError, match="403"):
        nights.update(DONE, accounts=[SUPPORT, BATCH])

    assert_frame_equal(nights.archive.verify(), before)
    assert nights.archive.accounts()["account_id"].to_list() == [SUPPORT]


class Impatient(Quiet):
    """Gives up at once."""

    is_cancelled = True

    def __init__(self) -> None:
        self.is_closed = False

    def close(self) -> None:
        self.is_closed = True


def test_a_cancelled_update_leaves_the_archive_as_it_was(nights: Nights) -> None:
    progress = Impatient()

    with nights.client as client, pytest.raises(CancelledError):
        nights.archive.update(client, MONTH, accounts=SUPPORT, progress=progress)

    assert progress.is_closed
    assert nights.archive.verify().height == 0


class Counting(Quiet):
    """Remembers what it heard."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, int]] = []
        self.closed = 0

    def update(self, done: int, total: int) -> None:
        self.heard.append((done, total))

    def close(self) -> None:
        self.closed += 1


def test_progress_shows_several_fetches_as_one() -> None:
    """Two requests, then three: one count from 1 to 5, closed by the update and not by a fetch."""
    progress = Counting()
    steps = UpdateProgress(progress)

    for total in (2, 3):
        for done in range(1, total + 1):
            steps.update(done, total)
        steps.close()

    assert progress.heard == [(1, 2), (2, 2), (3, 5), (4, 5), (5, 5)]
    assert progress.closed == 0


def test_an_update_closes_the_progress_once(nights: Nights) -> None:
    progress = Counting()

    with nights.client as client:
        nights.archive.update(client, accounts=[SUPPORT, BATCH], progress=progress)

    assert progress.closed == 1
    assert progress.heard[-1][0] == progress.heard[-1][1]


def test_the_sandbox_and_real_accounts_never_mix(tmp_path: Path) -> None:
    """Whoever is real comes first, made-up accounts are known by their ids however they are reached."""
    nights = Nights(tmp_path, usage={ONE: costs(1.0, 2.0), SUPPORT: costs(8.0)})
    with serve(nights.sandbox) as base_url:
        credentials = Credentials(token=SANDBOX_TOKEN, accounts=ONE)
        with UsageClient(credentials, base_url=base_url, now=NOW) as client:
            nights.archive.update(client, MONTH, accounts=ONE, progress=Quiet())
            nights.archive.update(client, MONTH, accounts=SUPPORT, progress=Quiet())
            with pytest.raises(ConfigError, match="one after the other"):
                nights.archive.update(client, MONTH, accounts=[ONE, SUPPORT], progress=Quiet())
            with pytest.raises(ConfigError, match="source='sandbox'"):
                UsageArchive(tmp_path, source="sandbox", now=NOW).update(client, MONTH, accounts=ONE)

    real, made_up = nights.archive, UsageArchive(tmp_path, source="sandbox", now=NOW)
    assert real.source == "account"
    assert real.usage_history(MONTH)["aggregated_value"].sum() == 3.0
    assert made_up.usage_history(MONTH)["aggregated_value"].sum() == 8.0
    assert "made-up" in made_up.label
    assert "made-up" not in real.label
    assert real.verify()["source"].to_list() == ["account", "sandbox"]


class OfTwo:
    """A source of two accounts that takes the second by itself."""

    default_accounts = (TWO,)
    label = "of two"

    def __init__(self, client: UsageClient) -> None:
        self.accounts = client.accounts
        self.usage_history = client.usage_history


def test_left_out_the_accounts_are_those_that_the_client_takes(tmp_path: Path) -> None:
    nights = Nights(tmp_path, usage={ONE: costs(1.0), TWO: costs(2.0)})

    nights.archive.update(OfTwo(nights.client), MONTH, progress=Quiet())

    assert nights.archive.accounts()["account_id"].to_list() == [TWO]


def test_left_out_a_client_that_keeps_them_to_itself_is_asked(nights: Nights) -> None:
    """The sandbox's client takes the first of its accounts."""
    nights.archive.update(nights.client, DONE, progress=Quiet())

    assert nights.archive.accounts()["account_id"].to_list() == [SUPPORT]
    assert_frame_equal(nights.archive.usage_history(DONE), nights.client.usage_history(DONE, with_ids=False))


def test_an_archive_is_a_source_for_another_one(nights: Nights, tmp_path: Path) -> None:
    nights.update(MONTH, accounts=[SUPPORT, BATCH])
    copy = UsageArchive(tmp_path / "copy", now=NOW)

    copy.update(nights.archive, MONTH, progress=Quiet())

    assert_frame_equal(copy.usage_history(MONTH), nights.archive.usage_history(MONTH))
    assert copy.source == "sandbox"


@pytest.mark.parametrize(
    ("time_range", "granularity", "message"),
    [
        (TimeRange(NOW.replace(minute=0), NOW.replace(minute=0) + 2 * HOUR), "hour", "past the window"),
        (TimeRange(NOW.replace(minute=0) - 9 * HOUR, NOW.replace(minute=0)), "day", "whole UTC days"),
        (MONTH, "week", "'hour' or 'day'"),
    ],
)
def test_a_range_that_cannot_be_is_refused_before_anything_is_asked(
    nights: Nights, time_range: TimeRange, granularity: str, message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        nights.update(time_range, granularity=granularity)

    assert nights.sandbox.requests == ()


def test_more_than_five_years_are_asked_for_in_parts(tmp_path: Path) -> None:
    """What was first stored long ago is kept up to date without a range."""
    then = datetime(2019, 3, 1, 5, tzinfo=UTC)
    nights = Nights(tmp_path, knobs=Knobs(page_size=None), now=then)
    nights.update(yesterday(now=then))
    nights.now = NOW

    nights.update(with_recheck=False)

    assert nights.archive.coverage()["missing"].sum() == 0
    assert nights.archive.coverage()["windows"].sum() == (
        NOW + HOUR / 2 - datetime(2019, 2, 28, tzinfo=UTC)
    ) // timedelta(hours=1)
